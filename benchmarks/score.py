"""Is the service as fast as its model? `make bench`

One run, interleaved: /v1/score with 20 (context, reply) pairs over HTTP, cache off, beside onnxruntime called
directly on the same pairs with the same graph and batching (the limit). Prints p50 and p99 of both and
the ratio, and writes benchmarks/score.json.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from panah.scoring.classifier import Classifier, Encoded
from panah.scoring.schemas import ReplyIn
from panah.scoring.service import prepare
from panah.settings import Settings

HERE = Path(__file__).parent
ROWS = HERE.parent / "model" / "corpus" / "rows"
REPLIES = 20
BATCH = 10  # two sessions share one request of 20


def threads() -> list[list[dict[str, str]]]:
    """Requests of 20 replies as they stand in the corpus, file by file."""
    rows = [json.loads(line) for path in sorted(ROWS.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    pairs = [{"text": row["text"], "context": row["context"]} for row in rows]
    return [pairs[start : start + REPLIES] for start in range(0, len(pairs) - REPLIES, REPLIES)]


def raw(models: Sequence[Classifier], pairs: Sequence[Encoded], pool: ThreadPoolExecutor) -> None:
    """The same pairs straight into the sessions, sorted by length, one part a session."""
    order = sorted(pairs, key=lambda pair: len(pair.ids))
    parts = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    list(pool.map(lambda job: job[0].score(job[1]), zip(models, parts, strict=False)))


def milliseconds(times: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {"p50": round(cuts[49] * 1000, 1), "p99": round(cuts[98] * 1000, 1)}


def start_server(port: int, folder: str) -> subprocess.Popen[bytes]:
    env = os.environ | {
        "PANAH_DATABASE_URL": f"sqlite:///{folder}/panah.db",
        "PANAH_CACHE_ENTRIES": "0",
        "PANAH_SCORE_LIMIT": "1000000/second",
    }
    command = [sys.executable, "-m", "panah", "serve", "--port", str(port)]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


async def wait_until_ready(client: httpx.AsyncClient) -> None:
    for _ in range(600):
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise SystemExit("the server did not become ready within a minute")


async def measure(rounds: int, port: int) -> dict[str, Any]:
    settings = Settings()
    models = [Classifier(settings.model_dir) for _ in range(2)]
    requests = threads()
    times: dict[str, list[float]] = {"http": [], "raw": []}
    base = f"http://127.0.0.1:{port}"
    with ThreadPoolExecutor(2) as pool:
        async with httpx.AsyncClient(base_url=base, timeout=60) as client:
            await wait_until_ready(client)
            for at in range(rounds + 5):
                pairs = requests[at % len(requests)]
                replies = [{"id": str(number), **pair} for number, pair in enumerate(pairs)]
                prepared = prepare([ReplyIn(**reply) for reply in replies], models[0].encoder)
                encoded = [one.encoded for one in prepared if one.encoded]
                started = time.perf_counter()
                answer = await client.post("/v1/score", json={"replies": replies})
                between = time.perf_counter()
                answer.raise_for_status()
                again = time.perf_counter()
                raw(models, encoded, pool)
                ended = time.perf_counter()
                if at >= 5:  # the first ones warm both up
                    times["http"].append(between - started)
                    times["raw"].append(ended - again)
    return {name: milliseconds(found) for name, found in times.items()} | {"requests": rounds, "replies": REPLIES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--port", type=int, default=8791)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(chosen.port, folder)
        try:
            found = asyncio.run(measure(chosen.rounds, chosen.port))
        finally:
            server.terminate()
            server.wait(20)
    (HERE / "score.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{'':24}   p50 ms   p99 ms")
    for name, title in (("http", "POST /v1/score, 20"), ("raw", "raw onnxruntime, same 20")):
        print(f"{title:24} {found[name]['p50']:8.1f} {found[name]['p99']:8.1f}")
    print(f"end-to-end/raw at p50 = {found['http']['p50'] / found['raw']['p50']:.2f}")


if __name__ == "__main__":
    main()
