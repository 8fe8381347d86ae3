"""How much of a page's main thread is ours, out of what Chromium's sampling profiler saw."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

OURS = ("/content.js", "/tap.js")  # the ends of our scripts' addresses
SAMPLING = 100  # microseconds


@dataclass(frozen=True)
class Work:
    """Milliseconds of our scripts, what they call included. A function is named with its script and line."""

    total: float
    active: float  # of the whole thread, all but its idle time
    by_script: dict[str, float]
    own: Counter[str]  # a function's own time, and the browser's on its behalf
    whole: Counter[str]  # with the functions of ours that it calls
    spans: Sequence[tuple[float, float]]  # beginning and length of each sample, in microseconds of Chromium's clock

    def within(self, start: float, end: float) -> float:
        """Milliseconds of ours between two moments of Chromium's clock, in microseconds."""
        return sum(max(0, min(end, at + lasts) - max(start, at)) for at, lasts in self.spans) / 1000


def read_profile(profile: dict[str, Any]) -> Work:
    """Our part of a CDP profile."""
    nodes = {node["id"]: node for node in profile["nodes"]}
    parents = {child: node["id"] for node in nodes.values() for child in node.get("children", ())}

    def frames(node_id: int | None) -> Iterator[str]:
        """Our functions on the stack, innermost first."""
        while node_id is not None:
            frame = nodes[node_id]["callFrame"]
            if frame["url"].startswith("chrome-extension:") and frame["url"].endswith(OURS):
                script = frame["url"].rpartition("/")[2]
                yield f"{frame['functionName'] or '(anonymous)'} {script}:{frame['lineNumber'] + 1}"
            node_id = parents.get(node_id)

    stacks = {node_id: list(frames(node_id)) for node_id in nodes}
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    by_script: Counter[str] = Counter()
    spans = []
    active = 0.0
    at = profile["startTime"]
    # A sample stands for the time until the next one.
    lengths = [*profile["timeDeltas"][1:], 0]
    for sample, before, lasts in zip(profile["samples"], profile["timeDeltas"], lengths, strict=True):
        at += before
        if nodes[sample]["callFrame"]["functionName"] != "(idle)":
            active += lasts / 1000
        stack = stacks[sample]
        if not stack:
            continue
        spans.append((at, lasts))
        own[stack[0]] += lasts / 1000
        by_script[stack[0].rpartition(" ")[2].partition(":")[0]] += lasts / 1000
        for function in set(stack):
            whole[function] += lasts / 1000
    return Work(sum(own.values()), active, dict(by_script), own, whole, spans)


def join(works: Sequence[Work]) -> Work:
    """Several of them as one."""
    by_script: Counter[str] = Counter()
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for work in works:
        by_script.update(work.by_script)
        own.update(work.own)
        whole.update(work.whole)
    spans = [span for work in works for span in work.spans]
    active = sum(work.active for work in works)
    return Work(sum(own.values()), active, dict(by_script), own, whole, spans)
