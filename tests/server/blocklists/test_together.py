"""Two people at once: on SQLite and on a real PostgreSQL, with real threads."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

from panah.blocklists import appeals, contributions, contributors, events, juries, lists, looks, protection
from panah.blocklists.tables import Appeal, Case, Contribution, Contributor, Event, Look, Participant, ReviewTask
from panah.db import make_engine
from panah.errors import AppError
from tests.server.blocklists.conftest import Village


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
    else:
        made = make_engine(request.getfixturevalue("fresh_database"))
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def village(engine: Engine) -> Village:
    return Village(engine).settle(people=16, curators=6)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Runs all of them at the same moment; each one's answer, or the refusal it got."""
    start = threading.Barrier(len(works))
    answers: list[Any] = [None] * len(works)

    def run(at: int, work: Callable[[], Any]) -> None:
        start.wait()
        try:
            answers[at] = work()
        except AppError as refusal:
            answers[at] = refusal

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def chain_holds(village: Village) -> bool:
    with Session(village.engine) as session:
        blocklist = lists.find_list(session, "village")
        for case in village.rows(Case):
            if case.number:
                assert events.replay(session, blocklist)[case.subject] == events.state_of(case)
        return events.verify(session, blocklist) == blocklist.head_seq


def test_one_person_who_reports_twice_at_once_reports_once(village: Village) -> None:
    first, second = at_once(lambda: village.report(0), lambda: village.report(0))
    assert first == second
    assert len(village.rows(Contribution)) == 1
    assert village.case().reports == 1
    assert chain_holds(village)


def test_many_who_report_at_once_open_one_case_and_no_event_is_lost(village: Village) -> None:
    before = len(village.rows(Event))
    at_once(*(lambda who=who: village.report(who, post=str(who)) for who in range(8)))
    assert len(village.rows(Contribution)) == 8
    assert village.case().round == 1
    kinds = [event.kind for event in sorted(village.rows(Event), key=lambda one: one.seq)[before:]]
    assert kinds.count("contributed") == 8
    assert kinds.count("opened") == 1
    assert chain_holds(village)


def test_two_ticks_at_once_draw_one_jury(village: Village) -> None:
    village.report(0)
    village.report(1)
    at_once(village.tick, village.tick, village.tick)
    assert len(village.rows(ReviewTask)) == 5
    assert chain_holds(village)


def test_one_juror_who_votes_twice_at_once_votes_once(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    task = village.rows(ReviewTask)[0]
    with Session(village.engine) as session:
        blocklist = lists.find_list(session, "village")
    juror = next(one for one in village.people if contributors.tag_of(village.keys, blocklist, one.id) == task.tag)

    def vote(choice: str) -> None:
        with village.turn() as turn:
            juries.vote(turn, juror, task.id, choice)

    answers = at_once(lambda: vote("list"), lambda: vote("keep"))
    assert sorted(type(one).__name__ for one in answers) == ["NoneType", "TaskClosed"]
    assert sum(event.kind == "voted" for event in village.rows(Event)) == 1


def test_three_curators_at_once_make_one_decision(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    found = village.rows(Look)
    assert len(found) == 3

    def answer(look: Look) -> None:
        with village.turn() as turn:
            looks.answer_look(turn, look.member_id, look.id, "hide")

    at_once(*(lambda look=look: answer(look) for look in found))
    assert village.entries() == {"x:666": ("hide", "waiting")}
    assert sum(event.kind == "decided" for event in village.rows(Event)) == 1
    assert chain_holds(village)


def test_a_doubt_and_a_yes_at_once_end_an_appeal_once(village: Village) -> None:
    village.list_it()
    with village.turn() as turn:
        appeals.file_appeal(turn, village.blocklist, subject="x:666", relation="own", ground="context")
    found = [look for look in village.rows(Look) if look.stage == "appeal"]

    def answer(look: Look, choice: str) -> None:
        with village.turn() as turn:
            looks.answer_look(turn, look.member_id, look.id, choice)

    at_once(
        *(lambda look=look, c=c: answer(look, c) for look, c in zip(found, ("hide", "keep", "keep"), strict=True))
    )
    assert village.entries() == {}
    assert sum(event.kind == "removed" for event in village.rows(Event)) == 1
    assert [one.status for one in village.rows(Appeal)] == ["removed"]
    assert chain_holds(village)


def test_two_appeals_at_once_are_heard_together(village: Village) -> None:
    village.list_it()

    def file() -> str:
        with village.turn() as turn:
            return appeals.file_appeal(turn, village.blocklist, subject="x:666", relation="own", ground="context")

    at_once(file, file)
    assert [one.status for one in village.rows(Appeal)] == ["open", "open"]
    assert sum(event.kind == "appealed" for event in village.rows(Event)) == 1
    assert sum(look.stage == "appeal" for look in village.rows(Look)) == 3


def test_one_key_that_signs_up_and_joins_twice_at_once_is_one_contributor(village: Village) -> None:
    def sign_up() -> None:
        with village.turn() as turn:
            made = contributors.register(turn, "q" * 43)
            contributors.join(turn, village.blocklist, made)

    answers = at_once(sign_up, sign_up)
    assert answers == [None, None]
    assert len(village.rows(Contributor)) == 17
    assert len(village.rows(Participant)) == 17


def test_one_invitation_lets_one_of_two_in(village: Village) -> None:
    with village.turn() as turn:
        lists.change_list(turn, village.blocklist, joining="invited")
        code, _ = contributors.invite(turn, village.blocklist, None)

    def join(key: str) -> None:
        with village.turn() as turn:
            made = contributors.register(turn, key * 43)
            contributors.join(turn, village.blocklist, made, code)

    answers = at_once(lambda: join("q"), lambda: join("r"))
    assert sorted(type(one).__name__ for one in answers) == ["InvitationNeeded", "NoneType"]
    assert len(village.rows(Participant)) == 17


def test_two_members_who_see_a_code_at_once_both_count(village: Village) -> None:
    with village.turn() as turn:
        code = protection.ask_protection(turn, village.people[5], "x:7").code

    def see(member: int) -> None:
        with village.turn() as turn:
            protection.see_protection(turn, village.curators[member], "x:7", code)

    at_once(lambda: see(0), lambda: see(1))
    with village.turn() as turn:
        (row,) = protection.protections_of(turn.session, village.people[5])
        assert (row.status, len(row.seen_by)) == ("active", 2)


def test_whoever_deletes_everything_while_reporting_leaves_a_whole_list(village: Village) -> None:
    for number in range(5):
        village.report(0, f"x:{number + 1}")

    def delete() -> int:
        with village.turn() as turn:
            return contributions.delete_mine(turn, village.people[0])

    at_once(delete, lambda: village.report(0, "x:9"), lambda: village.report(1, "x:1"))
    standing = {one.subject for one in village.rows(Contribution) if not one.withdrawn}
    assert standing <= {"x:9", "x:1"}
    assert chain_holds(village)
