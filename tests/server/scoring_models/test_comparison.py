"""How two models differ, from counts."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from panah.intervals import wilson
from panah.scoring.comparison import EXACT_ENOUGH, Day, Difference, compare, pairs
from panah.scoring.shadow import Cell, add_counts
from tests.server.scoring_models.conftest import both_databases

TODAY = date(2026, 11, 20)


def cell(active: str, shadow: str, *, language: str = "en", ago: int = 0, other: str = "v3-0") -> Cell:
    return Cell(TODAY - timedelta(days=ago), "v2-0", other, language, active, shadow)


COUNTS = Counter(
    {
        cell("show:", "show:"): 90,
        cell("show:", "hide:blame"): 4,
        cell("show:", "flag:blame", ago=1): 1,
        cell("hide:blame", "show:"): 3,
        cell("hide:blame", "hide:blame"): 10,
        cell("hide:blame", "flag:blame"): 2,
        cell("hide:blame", "hide:threat"): 5,
        cell("show:", "show:", language="ur"): 7,
        cell("show:", "hide:abuse", ago=40): 1000,
        cell("show:", "show:", other="v4-0", ago=3): 8,
    }
)


@both_databases
def test_counts_are_told_by_language_label_and_day(engine: Engine) -> None:
    add_counts(engine, COUNTS)
    with Session(engine) as session:
        found = compare(session, "v2-0", "v3-0", today=TODAY, days=30)
    english = found.languages["en"]
    assert english == Difference(replies=115, same=100, newly=5, no_longer=3, otherwise=7)
    assert english.different == 15
    assert found.languages["ur"] == Difference(replies=7, same=7)
    assert found.languages["ur-Latn"] == Difference()
    assert found.total == Difference(replies=122, same=107, newly=5, no_longer=3, otherwise=7)
    blame, threat = found.labels["blame"], found.labels["threat"]
    assert (blame.active, blame.shadow, blame.both) == (20, 17, 12)
    assert (threat.active, threat.shadow, threat.both) == (0, 5, 0)
    assert found.days == [Day(TODAY, 121, 107), Day(TODAY - timedelta(days=1), 1, 0)]


@both_databases
def test_what_was_counted_last_comes_first(engine: Engine) -> None:
    add_counts(engine, COUNTS)
    with Session(engine) as session:
        found = pairs(session)
    assert [(one.active, one.shadow, one.replies) for one in found] == [("v2-0", "v3-0", 1122), ("v2-0", "v4-0", 8)]
    assert (found[0].first, found[0].last) == (TODAY - timedelta(days=40), TODAY)


def test_a_comparison_asks_twice_however_much_was_counted(engine: Engine) -> None:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    numbers = []
    for counts in (Counter({cell("show:", "show:"): 1}), COUNTS):
        add_counts(engine, counts)
        asked.clear()
        with Session(engine) as session:
            compare(session, "v2-0", "v3-0", today=TODAY, days=90)
        numbers.append(len([one for one in asked if "SELECT" in one]))
    assert numbers == [2, 2]


@pytest.mark.parametrize(("different", "replies"), [(0, 0), (0, 50), (5, 100), (150, 1000), (500, 1000)])
def test_so_many_replies_more_are_enough(different: int, replies: int) -> None:
    now = Difference(replies=replies, same=replies - different)
    assert now.missing > 0
    after = replies + now.missing
    share = different / replies if replies else 0.5
    low, high = wilson(round(share * after), after)
    assert after >= 400
    assert high - low <= 2 * EXACT_ENOUGH + 1e-4


def test_a_difference_that_is_known_well_enough_takes_no_more() -> None:
    assert Difference(replies=400, same=400).missing == 0
    assert Difference(replies=20_000, same=18_000).missing == 0
