"""Imports become reports few in a transaction, so that nobody who reports meanwhile waits for long."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event
from sqlmodel import Session, func, select

from panah import rounds
from panah.blocklists import contributions
from panah.blocklists.tables import Category, Contribution, ImportRow
from panah.interchange.service import AT_A_TIME, Drained
from tests.server.interchange.conftest import A_DAY, KEYS, Desk

FIVE = "1\n2\n3\n4\n5\n"


def test_one_transaction_makes_few_reports_and_tells_whether_more_wait(desk: Desk) -> None:
    desk.bring_in(FIVE)
    assert [desk.drain_some(2) for _ in range(3)] == [Drained(2, True), Drained(1, False), Drained(0, False)]
    assert desk.reports() == ["x:1", "x:2", "x:3"]


def test_one_transaction_takes_from_several_people_up_to_the_same_number(desk: Desk) -> None:
    for who in (desk.person, desk.join(), desk.join()):
        desk.bring_in(FIVE, who=who)
    assert [desk.drain_some(4) for _ in range(3)] == [Drained(4, True), Drained(4, True), Drained(1, False)]
    assert len(desk.waiting()) == 3 * (5 - A_DAY)


def test_who_has_used_up_the_day_keeps_nobody_waiting(desk: Desk) -> None:
    for who in [desk.person, *(desk.join() for _ in range(4))]:
        desk.bring_in(FIVE, who=who)
    assert [desk.drain_some(1).made for _ in range(5 * A_DAY + 1)] == [1] * 5 * A_DAY + [0]


@contextmanager
def commits(engine: Engine) -> Iterator[list[int]]:
    """How many reports had been made at each commit."""
    seen: list[int] = []

    def look(connection: Connection) -> None:
        seen.append(connection.execute(select(func.count()).select_from(Contribution)).scalar_one())

    event.listen(engine, "commit", look)
    yield seen
    event.remove(engine, "commit", look)


@pytest.fixture
def many(desk: Desk) -> int:
    """Accounts of many people that may become reports today."""
    people = 2 * AT_A_TIME // A_DAY
    for _ in range(people):
        desk.bring_in(FIVE, who=desk.join())
    return people * A_DAY


def test_a_round_makes_reports_in_transactions_of_their_own(desk: Desk, many: int) -> None:
    with commits(desk.engine) as seen:
        rounds.drain(desk.engine, KEYS, desk.blocklist, seconds=600, breath=0)
    assert seen == [AT_A_TIME, many]


def test_a_round_whose_time_is_over_leaves_the_rest_to_the_next(desk: Desk, many: int) -> None:
    rounds.drain(desk.engine, KEYS, desk.blocklist, seconds=0)
    with Session(desk.engine) as session:
        assert session.exec(select(func.count()).select_from(Contribution)).one() == AT_A_TIME
    rounds.drain(desk.engine, KEYS, desk.blocklist, seconds=0)
    with Session(desk.engine) as session:
        assert session.exec(select(func.count()).select_from(Contribution)).one() == many
        assert session.exec(select(func.count()).select_from(ImportRow)).one() == many // A_DAY * (5 - A_DAY)


def test_others_report_between_two_transactions_of_a_round(
    desk: Desk, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = desk.join()

    def report(_: float) -> None:
        with desk.turn() as turn:
            contributions.contribute(
                turn, desk.blocklist, reporter, subject="x:99", category=Category.BLAME, evidence_post_id="7"
            )

    monkeypatch.setattr("panah.rounds.time.sleep", report)
    rounds.drain(desk.engine, KEYS, desk.blocklist, seconds=600)
    assert len(desk.reports()) == many + 1
