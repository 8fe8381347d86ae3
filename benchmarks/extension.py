"""Does the extension stay within its goals in a real browser? `make bench-extension`

Chromium with the built extension, a made-up page with the bulk of X's, and the real service on this machine, warm.
Prints each figure beside its goal, writes all of them as JSON, and ends with 1 when a goal is missed. Anything else
that runs on the machine makes the times longer: run it alone.
"""

import argparse
import gzip
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, Route, sync_playwright

from benchmarks.extension_page import Growing, Texts, choose_texts, growing, judge
from benchmarks.extension_profile import SAMPLING, Work, join, read_profile
from tests.harness.chromium import Chromium, running_chromium
from tests.harness.panah_server import running_panah
from tests.harness.processes import wait_until
from tests.harness.x_page import CONTENT_SECURITY_POLICY
from tests.journeys.conftest import set_up
from tests.journeys.thread import PATH, VIEWER

ROOT = Path(__file__).parents[1]
SIZE = (1300, 1150)  # CSS pixels: the list and both bars
PAGE_BYTES = 690_000  # a saved page of X's
KB = 1000  # bytes, as stores count them
READING = (150,)  # pixels a frame
RUSHING = (600,)
PAUSING = (150, 450, 600, 0, 0)
LONG_TASK = 50  # ms
BUSY = 0.3  # load for each processor, before we begin
METRICS = {"TaskDuration": "all", "ScriptDuration": "script", "LayoutDuration": "layout"}
METRICS["RecalcStyleDuration"] = "style"


@dataclass(frozen=True)
class Amount:
    """How much is measured."""

    read: int  # times that a post is read alone
    segments: int  # parts of the profiled scrolling, so that the median is of several
    posts: int  # new posts in each
    scrolled: int  # posts scrolled through while jumps are looked for
    back: int  # posts of the way back
    arrivals: int  # replies that come one at a time
    cold: int  # of them after the worker was stopped
    remembered: int  # posts of the long reading

    @property
    def shows_leaks(self) -> bool:
        # What is remembered of 1500 posts is still being gathered before that.
        return self.remembered >= 3 * 2000


FULL = Amount(2000, 5, 150, 2000, 300, 45, 5, 9000)
QUICK = Amount(400, 2, 40, 120, 30, 6, 1, 360)


@dataclass(frozen=True)
class Figure:
    """One line of the table. `goal` is the most it may be; None where it only explains another one."""

    part: str
    name: str
    value: float
    unit: str = ""
    goal: float | None = None

    @property
    def is_met(self) -> bool:
        return self.goal is None or self.value <= self.goal

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"<= {self.goal:g}"
        verdict = "" if self.goal is None else "met" if self.is_met else "MISSED"
        return f"{self.name:72} {_written(self.value):>9} {self.unit:5} {goal:>8}  {verdict}"


@dataclass
class Report:
    """What was found, in the order in which it was measured."""

    figures: list[Figure] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def add(self, part: str, name: str, value: float, unit: str = "", goal: float | None = None) -> None:
        if not any(figure.part == part for figure in self.figures):
            print(f"\n{part}", flush=True)
        self.figures.append(Figure(part, name, value, unit, goal))
        print(self.figures[-1], flush=True)


@dataclass(frozen=True)
class Bench:
    """What every measurement uses."""

    chromium: Chromium
    server: str
    texts: Texts
    report: Report
    amount: Amount

    @contextmanager
    def reading(self, scene: Growing, *, total: int = 0, **settings: bool) -> Iterator[tuple[Page, CDPSession]]:
        """The conversation in a new tab, with the extension as after installing but for these settings.

        The tab has no accessibility tree and no inspected document: both would cost time of the page's.
        """
        set_up(self.chromium, self.server, **settings)
        self.chromium.show(scene)
        page = self.chromium.context.new_page()
        page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
        page.goto(f"https://x.com{PATH}")
        wait_until(lambda: page.evaluate("document.querySelector('article') !== null"), "the conversation is there")
        time.sleep(0.3)  # It draws itself twice.
        blames = json.dumps(scene.texts.blames(scene.distinct) if scene.distinct <= 10_000 else [])
        page.evaluate(f"bench.total = {total}; bench.blames = new Set({blames}); null")
        debugger = page.context.new_cdp_session(page)
        try:
            yield page, debugger
        finally:
            page.close()


def measure_extraction(bench: Bench, source: Path) -> None:
    """Reads each new post once, in a world of its own like a content script's; nothing else of ours is at work."""
    bundled = [f"{source}/node_modules/.bin/esbuild", f"{source}/src/x/extract.ts", "--bundle"]
    bundle = subprocess.run(
        [*bundled, "--format=iife", "--global-name=panah"], capture_output=True, check=True, text=True
    ).stdout
    once: list[float] = []
    again: list[float] = []
    sizes: list[int] = []
    scene = growing(bench.texts)
    with (
        _finer_clock(bench.chromium, scene),
        bench.reading(scene, total=10_000, enabled=False) as (page, debugger),
    ):
        frame = debugger.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = debugger.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]

        def ask(expression: str) -> Any:
            asked = {"expression": expression, "contextId": world, "returnByValue": True}
            answer = debugger.send("Runtime.evaluate", asked)
            assert "exceptionDetails" not in answer, answer
            return answer["result"].get("value")

        ask(f"{bundle}; globalThis.panah = panah; globalThis.seen = new Set(); {READ_ALL}")
        assert page.evaluate("crossOriginIsolated"), "the clock is too coarse"
        page.evaluate("bench.loadMore().then(() => bench.rest(5))")
        ask(f"readAll({json.dumps(VIEWER.handle)}, 20)")  # The compiler is at it.
        while len(again) < bench.amount.read:
            page.evaluate(f"bench.scroll({{posts: 12, steps: {list(READING)}}})")
            found = ask(f"readAll({json.dumps(VIEWER.handle)}, 3)")
            once += found["once"]
            again += found["all"]
            sizes.append(page.evaluate("bench.size()"))
            assert found["unread"] == 0, "extract() could not read every post"
        articles = page.evaluate("[...document.querySelectorAll('article')].map(one => one.outerHTML.length)")
    part = f"1. Reading posts out of {min(sizes) / KB:.0f} kB of page ({len(again)} times, no script counted)"
    report = bench.report
    report.add(
        part, "extract(), all posts on the page, again and again: median", statistics.median(again), "ms", 0.2
    )
    report.add(part, "extract(), all posts on the page, again and again: p95", percentile(again, 95), "ms", 0.2)
    report.add(part, f"extract(), first reading of {len(once)} new posts: median", statistics.median(once), "ms")
    report.add(part, "extract(), first reading of a new post: p95", percentile(once, 95), "ms")
    report.add(part, "markup of one post, median", statistics.median(articles) / KB, "kB")
    if min(sizes) < PAGE_BYTES:
        raise RuntimeError(f"The page has only {min(sizes)} bytes.")


READ_ALL = """
globalThis.readAll = (viewer, rounds) => {
	const found = {once: [], all: [], unread: 0};
	const articles = [...document.querySelectorAll('article[data-testid=tweet]')];
	for (let round = 0; round < rounds; round += 1) {
		for (const article of articles) {
			// New with each post, also where the article is an old one.
			const name = article.getAttribute('aria-labelledby');
			const start = performance.now();
			const {state} = panah.extract(article, viewer);
			const took = performance.now() - start;
			found.all.push(took);
			if (!seen.has(name)) found.once.push(took);
			if (state !== 'ok') found.unread += 1;
			seen.add(name);
		}
	}
	return found;
}"""


@dataclass(frozen=True)
class Scrolling:
    """What scrolling cost, part by part. Times are milliseconds of the page's main thread."""

    new_posts: list[int]
    works: list[Work]
    threads: list[dict[str, float]]  # processor time by kind
    long_tasks: list[tuple[float, float]]  # length, and our part of it
    calls: dict[str, float] = field(default_factory=dict)  # of our functions per new post, on any machine

    @property
    def ours(self) -> float:
        """Of our scripts per new post, in processor time: the median over the parts.

        The profiler sees what went by on the clock, also while something else had the processor. So it only
        tells our share, and the browser tells how much processor time the thread had.
        """
        shares = [work.total / work.active for work in self.works]
        return self._median([share * times["all"] for share, times in zip(shares, self.threads, strict=True)])

    @property
    def ours_by_clock(self) -> float:
        return self._median([work.total for work in self.works])

    def thread(self, kind: str) -> float:
        """Of that kind per new post, the median over the parts."""
        return self._median([times[kind] for times in self.threads])

    def _median(self, times: Sequence[float]) -> float:
        return statistics.median(took / count for took, count in zip(times, self.new_posts, strict=True))


def scroll_profiled(bench: Bench, **settings: bool) -> tuple[Scrolling, Work]:
    """Scrolls the bulky page under the profiler; also what the first screens cost."""
    found = Scrolling([], [], [], [])
    amount = bench.amount
    # As many texts as are in memory after the first ones: verdicts come while the posts are there.
    with bench.reading(growing(bench.texts, distinct=240), total=10_000, **settings) as (page, debugger):
        debugger.send("Performance.enable", {"timeDomain": "threadTicks"})
        debugger.send("Profiler.enable")
        debugger.send("Profiler.setSamplingInterval", {"interval": SAMPLING})
        opening = _profile_one(page, debugger, found, "bench.loadMore().then(() => bench.rest(30))")
        page.evaluate(f"bench.scroll({{posts: {3 * amount.posts}, steps: {list(READING)}}})")
        for _ in range(amount.segments):
            before = _read_metrics(debugger)
            count: list[int] = []
            expression = f"bench.scroll({{posts: {amount.posts}, steps: {list(READING)}}})"
            found.works.append(_profile_one(page, debugger, found, expression, count))
            after = _read_metrics(debugger)
            found.new_posts.append(count[0])
            found.threads.append({METRICS[name]: (after[name] - before[name]) * 1000 for name in METRICS})
        debugger.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": False})
        new_posts = page.evaluate(f"bench.scroll({{posts: {amount.posts}, steps: {list(READING)}}})")
        scripts = debugger.send("Profiler.takePreciseCoverage")["result"]
        found.calls.update(_count_calls(scripts, new_posts))
    return found, opening


def _profile_one(
    page: Page, debugger: CDPSession, found: Scrolling, expression: str, result: list[int] | None = None
) -> Work:
    """Our part while the expression runs; long tasks in that time go into `found`."""
    page.evaluate("bench.longTasks.length = 0; null")
    debugger.send("Profiler.start")
    value = page.evaluate(expression)
    profile = debugger.send("Profiler.stop")["profile"]
    work = read_profile(profile)
    if result is not None:
        result.append(value)
    page.evaluate("bench.rest(2)")
    origin = _read_metrics(debugger)["NavigationStart"] * 1e6
    for task in page.evaluate("bench.longTasks"):
        start = origin + task["startTime"] * 1000
        end = start + task["duration"] * 1000
        if start >= profile["startTime"] and end <= profile["endTime"]:
            found.long_tasks.append((task["duration"], work.within(start, end)))
    return work


def measure_work(bench: Bench) -> None:
    """Our share of the main thread while a reader scrolls, and the same with the extension switched off."""
    on, opening = scroll_profiled(bench)
    off, _ = scroll_profiled(bench, enabled=False)
    report = bench.report
    part = f"2. Our work while scrolling that page (median of {len(on.works)} times {bench.amount.posts} new posts)"
    whole = join(on.works)
    posts = sum(on.new_posts)
    report.add(part, "ours per new post", on.ours, "ms", 1)
    for script in ("content.js", "tap.js"):
        share = whole.by_script.get(script, 0) / whole.total
        report.add(part, f"  of it {script}", on.ours * share, "ms")
    report.add(part, "ours per new post by the clock, other programs included", on.ours_by_clock, "ms")
    report.add(part, "ours per new post, switched off", off.ours, "ms")
    for function in ("look", "visit", "extract"):
        report.add(part, f"calls of {function}() per new post", on.calls.get(function, 0))
    for name in METRICS.values():
        report.add(part, f"main thread per new post, {name}: on", on.thread(name), "ms")
        report.add(part, f"main thread per new post, {name}: switched off", off.thread(name), "ms")
    report.add(part, "ours from opening to 30 frames later, by the clock", opening.total, "ms")
    ours = [(length, own) for length, own in on.long_tasks if own > 0]
    # Where the page alone takes so long, on a slow machine, its long tasks say nothing about us.
    goal = None if off.long_tasks else 0
    report.add(
        part, "tasks over 50 ms with a part of ours (judged if the page alone has none)", len(ours), "", goal
    )
    report.add(part, "  the same tasks, switched off: the page alone", len(off.long_tasks))
    report.add(part, "  longest part of ours in one", max((own for _, own in ours), default=0), "ms", LONG_TASK)
    report.details["long tasks: length, ours"] = on.long_tasks
    report.details["long tasks switched off"] = [length for length, _ in off.long_tasks]
    report.details["ours per new post, by part"] = [
        work.total / count for work, count in zip(on.works, on.new_posts, strict=True)
    ]
    report.details["own time per new post"] = _per_post(whole.own, posts)
    report.details["whole time per new post"] = _per_post(whole.whole, posts)
    report.details["calls per new post"] = dict(list(on.calls.items())[:60])
    report.details["opening: own time"] = _per_post(opening.own, 1)


def measure_scrolling(bench: Bench) -> None:
    """What a reader sees move, and covers that belong to another post, over a long way down and some way back."""
    amount = bench.amount
    # Half of the texts were never asked about, so their covers come when they are in view or above.
    scene = growing(bench.texts, distinct=amount.scrolled // 2 + 1)
    with bench.reading(scene, total=amount.scrolled) as (page, _):
        page.evaluate("bench.loadMore().then(() => bench.rest(30)).then(() => { watched = bench.watch(); })")
        watching = "onFrame: watched.onFrame"
        down = page.evaluate(f"bench.scroll({{posts: 1e9, steps: {list(PAUSING)}, {watching}}})")
        up = [-step for step in PAUSING]
        page.evaluate(f"bench.scroll({{posts: {amount.back}, steps: {up}, {watching}}})")
        page.evaluate("bench.rest(20).then(() => watched.onFrame(0))")
        seen = page.evaluate("watched.seen")
    report = bench.report
    part = f"3. Scrolling through {down} posts and {amount.back} back"
    report.add(part, "largest jump of the post being read", seen["jump"], "px", 2)
    report.add(part, "covers that were not about their post", len(seen["stale"]), "", 0)
    report.add(part, "covers put above the window", seen["above"])
    report.add(part, "covers put in the window", seen["inView"])
    report.add(part, "covers put below it", seen["below"])
    report.details["jumps"] = sorted(seen["jumps"], key=lambda one: -one["jump"])[:20]
    report.details["stale"] = seen["stale"][:20]
    if not seen["above"] + seen["inView"] or not seen["below"]:
        raise RuntimeError("No cover came above and below, so nothing was measured.")


def measure_arrivals(bench: Bench) -> None:
    """From a new reply in the page until it is hidden, one at a time, none of which was asked about before."""
    amount = bench.amount
    scene = growing(bench.texts, distinct=1_000_000_000)
    numbers = iter(range(100_002, 10**9, 5))  # every one of them blames
    warm: list[tuple[int, float]] = []
    cold: list[float] = []
    with bench.reading(scene) as (page, _):

        def arrive() -> tuple[int, float]:
            number = next(numbers)
            took = page.evaluate(f"bench.arrive({number}, 8000)")
            return number, math.inf if took is None else float(took)

        for _ in range(3):
            arrive()
        for turn in range(amount.arrivals):
            time.sleep(0.1 + 0.01 * (turn % 17))
            warm.append(arrive())
        for _ in range(amount.cold):
            bench.chromium.kill_worker()
            page.bring_to_front()
            cold.append(arrive()[1])
            time.sleep(0.5)
    # A reply that the model would show never gets a cover, and tells nothing.
    texts = [scene.texts.at(number, scene.distinct).text for number, _ in warm]
    hides = [action == "hide" for text in texts for action in judge(bench.server, [text])]
    times = [took for (_, took), hide in zip(warm, hides, strict=True) if hide or not math.isinf(took)]
    report = bench.report
    part = f"4. From a new reply to its cover ({len(times)} replies, local service)"
    report.add(part, "median, everything warm", statistics.median(times), "ms", 400)
    report.add(part, "p95", percentile(times, 95), "ms")
    report.add(part, "fastest", min(times), "ms")
    report.add(part, f"after the worker was stopped, median of {len(cold)}", statistics.median(cold), "ms")
    report.details["arrivals, ms"] = [round(took, 1) for took in times]
    report.details["cold arrivals, ms"] = [round(took, 1) for took in cold]


def read_long(bench: Bench, *, enabled: bool) -> list[dict[str, float]]:
    """What the tab holds after each third of a long reading, once its rubbish is collected."""
    found = []
    total = bench.amount.remembered
    scene = growing(bench.texts, distinct=240, bulky=False)
    # Some more than are read: at the end of the list fewer posts would stand on the page.
    with bench.reading(scene, total=total + 200, enabled=enabled) as (page, debugger):
        # The page's own list is there from the beginning; it grows by the heights of its cells alone.
        page.evaluate("bench.part = 500; null")
        while page.evaluate("bench.loaded < bench.total"):
            page.evaluate("bench.loadMore()")
        for _ in range(3):
            page.evaluate(f"bench.scroll({{posts: {total // 3}, steps: {list(RUSHING)}}})")
            page.evaluate("bench.rest(40)")
            found.append(_read_heap(debugger))
    return found


def measure_memory(bench: Bench) -> None:
    on, off = read_long(bench, enabled=True), read_long(bench, enabled=False)
    report = bench.report
    goal = 5 if bench.amount.shows_leaks else None
    part = f"5. Memory over {bench.amount.remembered} posts, half an hour of reading"
    grown, grown_off = on[2]["heap"] - on[0]["heap"], off[2]["heap"] - off[0]["heap"]
    report.add(part, "heap after the first third", on[0]["heap"] / 1e6, "MB")
    report.add(part, "heap at the end", on[2]["heap"] / 1e6, "MB")
    report.add(part, "growth, the page's own taken off", 100 * (grown - grown_off) / on[0]["heap"], "%", goal)
    report.add(part, "growth, the page's own included", 100 * grown / on[0]["heap"], "%")
    script = on[2]["script"] - on[0]["script"]
    report.add(part, "growth of JavaScript's part alone, the page's own included", script / KB, "kB")
    report.add(part, "the page's own (its map of heights), extension switched off", grown_off / KB, "kB")
    report.add(part, "ours: heap at the end above that with the extension off",
               (on[2]["heap"] - off[2]["heap"]) / 1e6, "MB")  # fmt: skip
    report.add(part, "nodes more at the end than after the first third", on[2]["nodes"] - on[0]["nodes"])
    report.add(part, "listeners more", on[2]["listeners"] - on[0]["listeners"])
    report.details["memory on"] = on
    report.details["memory switched off"] = off


def measure_sizes(report: Report, extension: Path) -> None:
    part = "6. Sizes"
    packed = gzip.compress((extension / "content.js").read_bytes(), 9, mtime=0)
    report.add(part, "content.js, gzip", len(packed) / KB, "kB", 25)
    for script in ("tap.js", "background.js"):
        if (extension / script).exists():
            report.add(part, f"{script}, gzip", len(gzip.compress((extension / script).read_bytes(), 9)) / KB, "kB")
    zips = sorted(extension.parent.glob("panah-*.zip"))
    if not zips:
        raise FileNotFoundError(f"No panah-*.zip beside {extension}: build the extension first.")
    for path in zips:
        report.add(part, path.name, path.stat().st_size / KB, "kB", 300)


@contextmanager
def _finer_clock(chromium: Chromium, scene: Growing) -> Iterator[None]:
    """Serves the page isolated from others: its clock then has steps of 5 microseconds, not of 100."""
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }

    def answer(route: Route) -> None:
        if route.request.resource_type == "document":
            route.fulfill(content_type="text/html; charset=utf-8", headers=headers, body=scene.html())
        else:
            route.fallback()

    chromium.context.route("https://x.com/**", answer)
    try:
        yield
    finally:
        chromium.context.unroute("https://x.com/**", answer)


def _read_metrics(debugger: CDPSession) -> dict[str, float]:
    return {one["name"]: one["value"] for one in debugger.send("Performance.getMetrics")["metrics"]}


def _read_heap(debugger: CDPSession) -> dict[str, float]:
    """Bytes of JavaScript's and the document's objects together, and how many nodes and listeners there are.

    The least of five: what lies on the stack or was just freed by the last one is not seen at once.
    """
    found = []
    for _ in range(5):
        debugger.send("HeapProfiler.collectGarbage")
        time.sleep(0.2)
        usage = debugger.send("Runtime.getHeapUsage")
        counters = debugger.send("Memory.getDOMCounters")
        document = usage.get("embedderHeapUsedSize", 0)
        sizes = {"heap": usage["usedSize"] + document, "script": usage["usedSize"], "document": document}
        found.append({**sizes, "nodes": counters["nodes"], "listeners": counters["jsEventListeners"]})
    return min(found, key=lambda one: one["heap"])


def _count_calls(scripts: Sequence[dict[str, Any]], new_posts: int) -> dict[str, float]:
    """How often each named function of our content script ran for each new post, the busiest first."""
    calls: Counter[str] = Counter()
    for script in scripts:
        if script["url"].startswith("chrome-extension:") and script["url"].endswith("/content.js"):
            for function in script["functions"]:
                calls[function["functionName"]] += function["ranges"][0]["count"]
    del calls[""]
    return {name: round(count / new_posts, 2) for name, count in calls.most_common()}


def _per_post(times: Counter[str], posts: int) -> dict[str, float]:
    return {name: round(took / posts, 4) for name, took in times.most_common(15)}


def percentile(times: Sequence[float], which: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[which - 1]


def _written(value: float) -> str:
    if math.isinf(value):
        return "never"
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.3g}"


def measure(extension: Path, source: Path, amount: Amount, folder: Path) -> Report:
    """All measurements, one after the other, in one browser with one service."""
    report = Report()
    measure_sizes(report, extension)
    with (
        running_panah(folder, database_url=f"sqlite:///{folder}/panah.db", score_limit="1000000/second") as server,
        sync_playwright() as playwright,
        running_chromium(playwright, extension, folder / "profile") as chromium,
    ):
        bench = Bench(chromium, server.url, choose_texts(server.url), report, amount)
        measure_extraction(bench, source)
        measure_work(bench)
        measure_scrolling(bench)
        measure_arrivals(bench)
        measure_memory(bench)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "extension" / "dist", help="the built extension")
    parser.add_argument("--source", type=Path, default=ROOT / "extension", help="what it was built from")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()), help="where the JSON goes")
    parser.add_argument("--quick", action="store_true", help="less of everything; too little to show a leak")
    chosen = parser.parse_args()
    started = time.monotonic()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        amount = QUICK if chosen.quick else FULL
        report = measure(chosen.extension.resolve(), chosen.source.resolve(), amount, Path(folder))
    missed = [figure for figure in report.figures if not figure.is_met]
    found = {
        "missed": [figure.name for figure in missed],
        "seconds": round(time.monotonic() - started),
        "processors": os.cpu_count(),
        "load before and after": [load, os.getloadavg()[0]],
        "amount": asdict(amount),
        "figures": [asdict(figure) for figure in report.figures],
        "details": report.details,
    }
    path = chosen.out / "panah-extension.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"\n{found['seconds']} s on {os.cpu_count()} processors; load {load:.1f} before. All figures: {path}")
    if load > BUSY * (os.cpu_count() or 1):
        print("Other programs were at work: times are longer than they are on this machine alone.")
    if missed:
        print(f"{len(missed)} of {sum(one.goal is not None for one in report.figures)} goals missed:")
        for figure in missed:
            print(f"  {figure.part[:2]} {figure.name.strip()}: {_written(figure.value)} {figure.unit}")
        sys.exit(1)


if __name__ == "__main__":
    main()
