"""How fast are lists read and searched in a real browser? `python -m benchmarks.extension_lists`

The extension's own code, bundled, in an empty page of Chromium; lists of random entries, coded by the service.
Prints each figure beside its goal and ends with 1 when one is missed. Anything else that runs makes times longer.
"""

import base64
import subprocess
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from panah.distribution.encode import Snapshot, changes, encode_delta, encode_full, snapshot
from tests.harness.chromium import find_chromium

EXTENSION = Path(__file__).parents[1] / "extension"
SOURCE = """
import {applyDelta, decodeFull, find, additions} from './src/lists/golomb.ts';
import {sha256} from './src/lists/catalogue.ts';
import {openHasher} from './src/lists/match.ts';
Object.assign(window, {applyDelta, decodeFull, find, additions, sha256, openHasher});
"""
HASHES = 1 << 48
ROUNDS = 15
# (entries, most milliseconds to decode)
SIZES = ((10_000, 10.0), (100_000, 60.0), (1_000_000, 600.0))
LOOKUP = 5.0  # microseconds
MEASURE = """async ([full, next, rounds]) => {
    const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const [file, delta] = [bytes(full), bytes(next)];
    const best = async work => {
        let least = Infinity;
        for (let round = 0; round < rounds; round += 1) {
            const start = performance.now();
            await work();
            least = Math.min(least, performance.now() - start);
        }
        return least;
    };
    const rows = decodeFull(file);
    const after = applyDelta(rows, delta);
    const wanted = Array.from({length: 20000}, () => Math.floor(Math.random() * 2 ** 48));
    let found = 0;
    const lookups = await best(() => {
        for (const hash of wanted) if (find(rows, hash) !== undefined) found += 1;
    });
    const accounts = Array.from({length: 50}, (_, index) => String(1700000000000000000n + BigInt(index)));
    return {
        decode: await best(() => decodeFull(file)),
        delta: await best(() => applyDelta(rows, delta)),
        additions: await best(() => additions(rows, after, 255)),
        digest: await best(() => sha256(rows)),
        lookup: (lookups / wanted.length) * 1000,
        hash50: await best(() => {
            const hash = openHasher();
            return Promise.all(accounts.map(account => hash('00'.repeat(16), account)));
        }),
        found,
    };
}"""


def made(entries: int, seed: int) -> Snapshot:
    chance = np.random.default_rng(seed)
    return snapshot(chance.integers(0, HASHES, entries, np.int64), chance.integers(0, 2, entries).astype(np.uint8))


def a_day_later(old: Snapshot) -> Snapshot:
    """0.3 % more, 0.1 % fewer."""
    fresh = made(len(old) * 3 // 1000, 2)
    stays = np.random.default_rng(3).random(len(old)) > 0.001
    hashes = np.concatenate([old.hashes[stays], fresh.hashes])
    return snapshot(hashes, np.concatenate([old.tiers[stays], fresh.tiers]))


def bundle() -> str:
    """The code as one script."""
    command = ["npx", "esbuild", "--bundle", "--format=iife", "--target=chrome123", "--loader=ts"]
    done = subprocess.run(command, input=SOURCE, cwd=EXTENSION, capture_output=True, text=True, check=True)
    return done.stdout


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def measure(page: Page, entries: int, most: float) -> bool:
    """Prints the figures of one size, and returns whether its goals are reached."""
    old = made(entries, 1)
    new = a_day_later(old)
    full, delta = encode_full(old), encode_delta(changes(old, new), new)
    found = page.evaluate(MEASURE, [text(full), text(delta), ROUNDS])
    print(
        f"{entries:>9,} entries: file {len(full):,} B, a day's delta {len(delta):,} B, in memory {7 * entries:,} B"
    )
    print(f"          decode {found['decode']:.1f} ms (goal {most:g})")
    print(f"          lookup {found['lookup']:.2f} µs (goal {LOOKUP:g})")
    print(
        f"          delta {found['delta']:.1f} ms, additions {found['additions']:.1f} ms,"
        f" digest {found['digest']:.1f} ms, hashing 50 accounts {found['hash50']:.1f} ms"
    )
    return bool(found["decode"] <= most and found["lookup"] <= LOOKUP)


def main() -> int:
    script = bundle()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        page = browser.new_page()
        # A page of its own address: digests are there only for pages that came safely.
        page.route("**/*", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
        page.goto("https://lists.invalid/")
        page.evaluate(script)
        reached = [measure(page, entries, most) for entries, most in SIZES]
        browser.close()
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
