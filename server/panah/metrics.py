"""What /metrics shows: counts and times, never a text, an address or a client."""

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

TIMES = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One registry per app, so that two apps in one process do not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "panah_requests", "Answers by route and status.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "panah_request_seconds", "Time to answer.", ["route"], buckets=TIMES, registry=self.registry
        )
        self.verdicts = Counter(
            "panah_verdicts", "Verdicts by action and reason.", ["action", "reason"], registry=self.registry
        )
        self.cache = Counter("panah_cache", "Cache look-ups.", ["result"], registry=self.registry)
        self.faults = Counter("panah_faults", "Parts that failed a call.", ["part"], registry=self.registry)
        self.batch = Histogram(
            "panah_batch_replies",
            "Replies in one call of the model.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self.waiting = Gauge("panah_replies_waiting", "Replies in the queue.", registry=self.registry)
        self.work = Gauge(
            "panah_work_waiting_seconds", "Estimated time of one lane for the queue.", registry=self.registry
        )
        self.refused = Counter(
            "panah_refused",
            "Work not taken: patience, capacity, closing.",
            ["why"],
            registry=self.registry,
        )


@lru_cache(maxsize=1024)
def labelled(metric: Counter, *labels: object) -> Counter:
    """`metric.labels(...)`, remembered: it makes texts of its labels and takes a lock each time."""
    return metric.labels(*labels)


@lru_cache(maxsize=1024)
def labelled_times(metric: Histogram, *labels: object) -> Histogram:
    return metric.labels(*labels)
