"""Figures out of the registry that /metrics shows."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from panah.metrics import Metrics
from panah.operations.figures import GROUP_NAMES, KEPT, PAGES, Figures, group_of, path_of, read
from panah.operations.jobs import JOBS
from panah.operations.retention import kept
from panah.settings import Settings
from tests.server.consoles.conftest import stranger

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def answer(metrics: Metrics, route: str, status: int, *seconds: float) -> None:
    """As the envelope counts an answer."""
    for one in seconds:
        metrics.requests.labels(route, status).inc()
        metrics.seconds.labels(route).observe(one)


@pytest.mark.parametrize(
    ("route", "group"),
    [
        ("/v1/score", "score"),
        ("/v1/lists/{slug}", "lists"),
        ("/lists/{slug:slug}/appeal", "lists"),
        ("/v1/me/tasks", "lists"),
        ("/v1/members", "members"),
        ("/sign-in", "members"),
        ("/v1/curator/looks", "consoles"),
        ("/admin/members", "consoles"),
        ("/v1/feedback", "feedback"),
        ("/v1/squads/{squad_id}", "squads"),
        ("/readyz", "health"),
        ("/", "pages"),
        ("other", "pages"),
    ],
)
def test_each_address_belongs_to_one_part(route: str, group: str) -> None:
    assert group_of(route) == group
    assert group in GROUP_NAMES


def test_a_reading_adds_up_what_metrics_shows() -> None:
    metrics = Metrics()
    answer(metrics, "/v1/score", 200, 0.004, 0.02)
    answer(metrics, "/v1/score", 429, 0.001)
    answer(metrics, "/v1/lists", 500, 0.3)
    metrics.verdicts.labels("hide", "blame").inc(2)
    metrics.verdicts.labels("hide", "threat").inc()
    metrics.cache.labels("hit").inc(3)
    metrics.waiting.set(5)
    found = read(metrics, START)
    score = found.groups["score"]
    assert (score.requests, score.limited, score.failed) == (3, 1, 0)
    assert found.groups["lists"].failed == 1
    assert found.groups[PAGES].requests == 0
    assert (found.verdicts, found.cache, found.waiting) == ({"hide": 3}, {"hit": 3}, 5)


def test_a_span_is_the_difference_of_two_readings() -> None:
    metrics = Metrics()
    answer(metrics, "/v1/score", 200, *[0.02] * 7)
    figures = Figures(metrics, now=START)
    answer(metrics, "/v1/score", 200, *[0.004] * 30)
    metrics.cache.labels("hit").inc(1)
    metrics.cache.labels("miss").inc(3)
    figures.note(START + timedelta(minutes=2))
    (point,) = figures.course()
    assert point[1] == 15  # a minute
    assert 0.002 < point[2] <= 0.005  # only what came since the first reading
    assert figures.since_start().hit_rate == 0.25
    assert figures.since_start().groups["score"].requests == 30


@pytest.mark.parametrize(
    ("share", "low", "high"), [(0.5, 0.002, 0.005), (0.95, 0.05, 0.1), (0.99, 5, 10), (1.0, 5, 10)]
)
def test_a_quantile_lies_in_the_bucket_that_holds_it(share: float, low: float, high: float) -> None:
    metrics = Metrics()
    answer(metrics, "/v1/score", 200, *[0.004] * 90, *[0.08] * 8, *[7.0] * 2)
    found = read(metrics, START).groups["score"].quantile(share)
    assert found is not None
    assert low <= found <= high


def test_no_request_has_no_quantile_and_a_very_slow_one_is_beyond_all_buckets() -> None:
    metrics = Metrics()
    assert read(metrics, START).groups["score"].quantile(0.5) is None
    answer(metrics, "/v1/score", 200, 60)
    assert read(metrics, START).groups["score"].quantile(0.5) == float("inf")


def test_readings_are_kept_for_an_hour() -> None:
    figures = Figures(Metrics(), now=START)
    for at in range(KEPT + 10):
        figures.note(START + timedelta(seconds=15 * (at + 1)))
    course = figures.course()
    assert len(course) == KEPT - 1
    assert course[-1][0] - course[0][0] <= timedelta(hours=1)


def test_a_line_ends_at_the_right_and_stays_inside() -> None:
    assert path_of([1.0], width=240, height=44, most=1) == ""
    assert path_of([0.0, 0.0], width=240, height=44, most=0).endswith("L240.0 44.0")
    assert path_of([0.0, 2.0], width=240, height=44, most=2).endswith("L240.0 0.0")
    full = path_of([1.0] * (KEPT - 1), width=240, height=44, most=1)
    assert full.startswith("M0.0 0.0")


def test_every_kind_of_data_has_a_known_job_or_none() -> None:
    found = kept(Settings())
    assert len({one.name for one in found}) == len(found)
    assert {one.job for one in found} - {None} <= set(JOBS)


@pytest.mark.parametrize(
    ("path", "group"),
    [("/v1/lists", "lists"), ("/lists/none", "lists"), ("/v1/admin/lists/none", "consoles"), ("/none", PAGES)],
)
def test_an_answer_counts_for_its_part(app: FastAPI, path: str, group: str) -> None:
    """The API's routes are known by their whole address, whichever router they came in."""
    before = app.state.figures.since_start()
    stranger(app).get(path)
    after = app.state.figures.since_start()
    more = {name: after.groups[name].requests - before.groups[name].requests for name in GROUP_NAMES}
    assert {name for name, count in more.items() if count} == {group}
