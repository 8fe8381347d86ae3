"""How this process is doing: what /metrics counts, read every few seconds and kept for an hour, in memory only.

Nothing is counted a second time: a reading is the registry's own numbers, and a rate is the difference of two.
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from prometheus_client.samples import Sample

from panah.blocklists.turn import wall_clock
from panah.metrics import TIMES, Metrics

EVERY = 15.0  # seconds between readings
KEPT = 240  # readings: an hour
RECENT = 20  # readings: the last five minutes

# Which part of the service answers an address; the first that fits.
GROUPS = (
    ("score", ("/v1/score", "/v1/policy")),
    ("feedback", ("/v1/feedback",)),
    ("squads", ("/v1/squads",)),
    ("members", ("/v1/session", "/v1/account", "/v1/members", "/sign-", "/join", "/account")),
    ("consoles", ("/v1/curator", "/v1/admin", "/curate", "/admin")),
    ("lists", ("/v1/", "/lists", "/appeals")),
    ("health", ("/healthz", "/readyz", "/metrics")),
)
PAGES = "pages"  # all else
GROUP_NAMES = (*(name for name, _ in GROUPS), PAGES)


def group_of(route: str) -> str:
    return next((name for name, begins in GROUPS if route.startswith(begins)), PAGES)


@dataclass
class Tally:
    """Requests of one group. `buckets`: how many took at most as long as metrics.TIMES says, and all."""

    requests: float = 0
    limited: float = 0  # answered with 429
    failed: float = 0  # answered with 5xx
    buckets: list[float] = field(default_factory=lambda: [0.0] * (len(TIMES) + 1))

    def less(self, before: "Tally") -> "Tally":
        return Tally(
            self.requests - before.requests,
            self.limited - before.limited,
            self.failed - before.failed,
            [now - then for now, then in zip(self.buckets, before.buckets, strict=True)],
        )

    def quantile(self, share: float) -> float | None:
        """The time in seconds in which that share was answered, as Prometheus's histogram_quantile estimates it;
        infinite above the longest bucket, None without any request.
        """
        total = self.buckets[-1]
        if total <= 0:
            return None
        wanted = share * total
        low, below = 0.0, 0.0
        for high, within in zip(TIMES, self.buckets, strict=False):
            if within >= wanted:
                return low + (high - low) * (wanted - below) / (within - below)
            low, below = high, within
        return float("inf")


@dataclass
class Reading:
    """The registry's numbers at one moment."""

    at: datetime
    groups: dict[str, Tally]
    verdicts: dict[str, float]  # by action
    cache: dict[str, float]  # by result: hit | miss | …
    faults: dict[str, float]  # by part
    waiting: float


def _by(samples: Iterable[Sample], name: str, label: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for sample in samples:
        if sample.name == name:
            found[sample.labels[label]] = found.get(sample.labels[label], 0) + sample.value
    return found


def _samples(metric: object) -> list[Sample]:
    return [sample for family in metric.collect() for sample in family.samples]  # type: ignore[attr-defined]


def read(metrics: Metrics, now: datetime) -> Reading:
    groups = {name: Tally() for name in GROUP_NAMES}
    for sample in _samples(metrics.requests):
        if sample.name == "panah_requests_total":
            tally, status = groups[group_of(sample.labels["route"])], sample.labels["status"]
            tally.requests += sample.value
            tally.limited += sample.value if status == "429" else 0
            tally.failed += sample.value if status.startswith("5") else 0
    places = {**{float(limit): at for at, limit in enumerate(TIMES)}, float("inf"): len(TIMES)}
    for sample in _samples(metrics.seconds):
        if sample.name == "panah_request_seconds_bucket":
            groups[group_of(sample.labels["route"])].buckets[places[float(sample.labels["le"])]] += sample.value
    return Reading(
        at=now,
        groups=groups,
        verdicts=_by(_samples(metrics.verdicts), "panah_verdicts_total", "action"),
        cache=_by(_samples(metrics.cache), "panah_cache_total", "result"),
        faults=_by(_samples(metrics.faults), "panah_faults_total", "part"),
        waiting=sum(sample.value for sample in _samples(metrics.waiting)),
    )


def less(now: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0) for name, value in now.items()}


@dataclass(frozen=True)
class Span:
    """What happened between two readings."""

    since: datetime
    minutes: float
    groups: dict[str, Tally]
    verdicts: dict[str, float]
    cache: dict[str, float]
    faults: dict[str, float]

    @property
    def total(self) -> Tally:
        made = Tally()
        for tally in self.groups.values():
            made = Tally(
                made.requests + tally.requests,
                made.limited + tally.limited,
                made.failed + tally.failed,
                [a + b for a, b in zip(made.buckets, tally.buckets, strict=True)],
            )
        return made

    def per_minute(self, group: str) -> float:
        return self.groups[group].requests / self.minutes

    @property
    def hit_rate(self) -> float | None:
        """The share of look-ups that the cache answered."""
        asked = sum(self.cache.values())
        return self.cache.get("hit", 0) / asked if asked else None


def between(before: Reading, now: Reading) -> Span:
    return Span(
        since=before.at,
        minutes=max((now.at - before.at).total_seconds(), 1) / 60,
        groups={name: tally.less(before.groups[name]) for name, tally in now.groups.items()},
        verdicts=less(now.verdicts, before.verdicts),
        cache=less(now.cache, before.cache),
        faults=less(now.faults, before.faults),
    )


class Figures:
    """Readings of one process, the newest last."""

    def __init__(self, metrics: Metrics, *, now: datetime | None = None) -> None:
        self.metrics = metrics
        self.process = f"{socket.gethostname()}:{os.getpid()}"
        self.first = read(metrics, now or wall_clock())
        self.readings: deque[Reading] = deque([self.first], maxlen=KEPT)

    @property
    def started(self) -> datetime:
        return self.first.at

    def note(self, now: datetime | None = None) -> None:
        """Takes a reading."""
        self.readings.append(read(self.metrics, now or wall_clock()))

    async def keep_reading(self) -> None:
        """Runs until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            self.note()

    def since_start(self) -> Span:
        return between(self.first, read(self.metrics, wall_clock()))

    def recent(self) -> Span:
        """The last five minutes, or since the start."""
        before = self.readings[max(0, len(self.readings) - RECENT)]
        return between(before, read(self.metrics, wall_clock()))

    def course(self) -> list[tuple[datetime, float, float, float]]:
        """(time, requests a minute, 95th percentile of scoring in seconds, replies waiting) over the last hour."""
        found = []
        readings = list(self.readings)
        for before, now in pairwise(readings):
            span = between(before, now)
            slow = span.groups["score"].quantile(0.95)
            found.append(
                (now.at, span.total.requests / span.minutes, min(slow or 0.0, float(TIMES[-1])), now.waiting)
            )
        return found


def path_of(values: list[float], *, width: float, height: float, most: float) -> str:
    """An SVG path over evenly spaced values, the newest at the right end. Empty for fewer than two."""
    if len(values) < 2:
        return ""
    step = width / (KEPT - 2)
    left = width - step * (len(values) - 1)
    points = [
        f"{left + step * at:.1f} {height - height * value / (most or 1):.1f}" for at, value in enumerate(values)
    ]
    return "M" + "L".join(points)
