"""How long until the first verdict is on the screen? `python -m benchmarks.first_verdict`

A conversation of X's bulk is open in Chromium with the built extension, its 20 first replies arrive, and the real
service on this machine judges them. Three ways: the worker was stopped and nobody knows the replies (cold); the
same with a worker at work (awake); the same replies again (warm). Prints median and p90 of each stage, in
milliseconds after the replies appeared, and writes all of them as JSON. Other programs make times longer.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.extension import ROOT, SIZE, percentile
from benchmarks.extension_page import Texts, choose_texts, growing
from tests.harness.browser import Tab
from tests.harness.chromium import Chromium, ChromiumTab, running_chromium
from tests.harness.marks import Course, wait_for_course, watch_pages, with_marks
from tests.harness.panah_server import running_panah
from tests.harness.processes import wait_until
from tests.journeys.conftest import set_up
from tests.journeys.thread import FOCAL, PATH

REPLIES = 20
FIRST_NUMBER = 200_000  # of replies that nobody was asked about before
WAYS = ("cold", "awake", "warm")
ARRIVE = """([first, count]) => {
    const now = performance.timeOrigin + performance.now();
    void bench.load(first, count);
    return now;
}"""


@dataclass(frozen=True)
class Stages:
    """Milliseconds after the replies appeared in the page."""

    asked: float  # the worker has the page's first question
    sent: float  # the first request leaves it; warm, there is none, and this is `asked`
    answered: float  # the service's first answer is there
    told: float  # the page has it
    hidden: float  # the first hostile reply is hidden
    last_told: float  # every reply is decided
    last_hidden: float
    messages: int  # from the page to the worker
    requests: list[int]  # replies in each request

    @classmethod
    def of(cls, course: Course) -> "Stages":
        start = min(course.shown.values())
        asked = course.first("asked") - start
        told = course.first("told")
        # Warm, what comes into reach later may still be sent.
        is_sent = any(mark.stage == "answered" and mark.at <= told for mark in course.marks)
        return cls(
            asked=asked,
            sent=course.first("sent") - start if is_sent else asked,
            answered=course.first("answered") - start if is_sent else asked,
            told=told - start,
            hidden=min(course.hidden.values()) - start,
            last_told=course.last("told") - start,
            last_hidden=max(course.hidden.values()) - start,
            messages=len(course.replies("asked")),
            requests=course.replies("sent"),
        )


TIMES = ("asked", "sent", "answered", "told", "hidden", "last_hidden", "last_told")


@dataclass(frozen=True)
class Reading:
    """A browser that notes stages, and replies that the service agrees about."""

    chromium: Chromium
    texts: Texts
    notes: Tab

    @contextmanager
    def conversation(self) -> Iterator[tuple[Page, ChromiumTab]]:
        """The focal post alone in a new tab, once the extension is at rest there."""
        self.chromium.show(growing(self.texts, distinct=1_000_000_000))
        page = self.chromium.context.new_page()
        page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
        page.goto(f"https://x.com{PATH}")
        wait_until(lambda: page.evaluate(f"{FOCAL.id!r} in window.marks.shown"), "the conversation is there")
        time.sleep(0.5)  # Until everything that opening a page sets off is done.
        try:
            yield page, ChromiumTab(page, Path())
        finally:
            page.close()

    def arrive(self, first: int, *, cold: bool = False) -> Stages:
        """Lets the replies from that number on arrive in a conversation that was just opened."""
        with self.conversation() as (page, tab):
            if cold:
                self.chromium.kill_worker()
                page.bring_to_front()
            posts = {self.texts.at(number, 1_000_000_000).id for number in range(first, first + REPLIES)}
            since = page.evaluate(ARRIVE, [first, REPLIES])
            wait_until(lambda: page.evaluate("Object.keys(window.marks.hidden).length > 0"), "one is hidden")
            near = set(page.evaluate("Object.keys(window.marks.shown)")) & posts
            wait_for_course(tab, self.notes, near, since=since)
            page.evaluate("bench.rest(3)")
            return Stages.of(wait_for_course(tab, self.notes, near, since=since))


def measure(extension: Path, folder: Path, runs: int) -> dict[str, list[Stages]]:
    """All turns in one browser with one service of two lanes, the three ways in turn."""
    found: dict[str, list[Stages]] = {way: [] for way in WAYS}
    settings = {"model_threads": "2", "score_limit": "1000000/second"}
    with (
        running_panah(folder, database_url=f"sqlite:///{folder}/panah.db", **settings) as server,
        sync_playwright() as playwright,
        running_chromium(playwright, with_marks(extension, folder / "marked"), folder / "profile") as chromium,
    ):
        watch_pages(chromium.context)
        set_up(chromium, server.url)
        reading = Reading(chromium, choose_texts(server.url), chromium.open_extension("about.html"))
        # The first turn only warms: compilers, connections and the model have just started.
        for turn in range(runs + 1):
            first = FIRST_NUMBER + 2 * turn * REPLIES
            stages = {
                "cold": reading.arrive(first, cold=True),
                "awake": reading.arrive(first + REPLIES),
                "warm": reading.arrive(first + REPLIES),
            }
            for way, one in stages.items() if turn > 0 else ():
                found[way].append(one)
    return found


def table(found: Mapping[str, Sequence[Stages]]) -> str:
    """The medians, with p90 behind, as lines of Markdown."""
    lines = ["| | " + " | ".join(name.replace("_", " ") for name in TIMES) + " | messages | requests |"]
    lines.append("|---" * (len(TIMES) + 3) + "|")
    for way, stages in found.items():
        cells = []
        for name in TIMES:
            times = [getattr(one, name) for one in stages]
            cells.append(f"{statistics.median(times):.0f} ({percentile(times, 90):.0f})")
        cells.append(str(statistics.median_low([one.messages for one in stages])))
        cells.append("+".join(map(str, stages[-1].requests)) or "none")
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "extension" / "dist", help="the built extension")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()), help="where the JSON goes")
    parser.add_argument("--runs", type=int, default=12, help="how often each way, one more to warm up")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(chosen.extension.resolve(), Path(folder), chosen.runs)
    print(table(found))
    path = chosen.out / "panah-first-verdict.json"
    path.write_text(json.dumps({way: [vars(one) for one in stages] for way, stages in found.items()}, indent=1))


if __name__ == "__main__":
    main()
