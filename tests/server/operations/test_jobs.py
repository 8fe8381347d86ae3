"""What is written down about the work in the background."""

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, SQLModel, col, select

from panah.accounts.sessions import forget_over, start_session
from panah.accounts.tables import Member, MemberInvitation, MemberSession, PasskeyChallenge, SignInBackoff
from panah.blocklists.turn import begin
from panah.db import make_engine
from panah.distribution.outlet import make_outlet
from panah.keys import Keys
from panah.operations import jobs
from panah.operations.tables import JobRun
from panah.rounds import CHORES, go_round
from panah.scoring.shadow import Cell, add_counts
from panah.scoring.tables import ShadowCount
from tests.server.accounts.conftest import Clock

KEYS = Keys(b"k" * 32)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("panah.blocklists.turn.wall_clock", made)
    return made


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    kind = getattr(request, "param", "sqlite")
    url = f"sqlite:///{tmp_path / 'j.db'}" if kind == "sqlite" else request.getfixturevalue("fresh_database")
    made = make_engine(url)
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


class Work:
    """Counts how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return 0


def row(engine: Engine, name: str) -> JobRun:
    with Session(engine) as session:
        return session.exec(select(JobRun).where(JobRun.name == name)).one()


def test_a_job_that_went_well_says_when_and_how_much(engine: Engine, clock: Clock) -> None:
    assert jobs.run(engine, KEYS, "lists", lambda: 7)
    found = row(engine, "lists")
    assert (found.began_at, found.well_at, found.fault, found.did) == (clock.now, clock.now, "", 7)


def test_a_fault_is_told_by_its_class_only_and_goes_no_further(
    engine: Engine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    jobs.run(engine, KEYS, "lists", lambda: 1)
    well = clock.now
    clock.on(minutes=1)

    def fail() -> int:
        raise RuntimeError("x:1234567")

    with caplog.at_level(logging.ERROR):
        assert jobs.run(engine, KEYS, "lists", fail)
    found = row(engine, "lists")
    assert (found.fault, found.well_at, found.ended_at) == ("RuntimeError", well, clock.now)
    assert "1234567" not in caplog.text + found.fault
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("when", ["claim", "closing"])
def test_a_database_that_fails_a_job_does_not_end_the_round(
    engine: Engine,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    when: str,
) -> None:
    turns = 0

    def begin_or_fail(*args: Any, **more: Any) -> Any:
        nonlocal turns
        turns += 1  # two turns a job, its claim first
        if turns == (3 if when == "claim" else 4):
            raise OperationalError("UPDATE job_run", {}, Exception("x:1234567"))
        return begin(*args, **more)

    monkeypatch.setattr(jobs, "begin", begin_or_fail)
    with caplog.at_level(logging.ERROR):
        go_round(engine, KEYS, make_outlet(tmp_path / "panah.keys", "Panah"), {})
    with Session(engine) as session:
        rows = {one.name: one for one in session.exec(select(JobRun))}
    assert set(jobs.JOBS) - rows.keys() == ({"lists"} if when == "claim" else set())
    assert rows["sessions"].well_at is not None
    assert "OperationalError" in caplog.text
    assert "1234567" not in caplog.text


def test_an_hourly_job_runs_once_an_hour_over_all_processes(engine: Engine, clock: Clock) -> None:
    work = Work()
    for _ in range(3):
        jobs.run(engine, KEYS, "squads", work)
    assert work.times == 1
    clock.on(minutes=61)
    jobs.run(engine, KEYS, "squads", work)
    assert work.times == 2


def test_who_died_at_a_job_keeps_it_from_nobody(engine: Engine, clock: Clock) -> None:
    with begin(engine, KEYS) as turn:
        turn.session.add(JobRun(name="squads", began_at=clock.now))
    clock.on(minutes=30)
    assert not jobs.run(engine, KEYS, "squads", lambda: 0)  # perhaps they are still at it
    clock.on(minutes=31)
    assert jobs.run(engine, KEYS, "squads", lambda: 0)


def test_a_clock_that_was_set_back_stops_no_job(engine: Engine, clock: Clock) -> None:
    jobs.run(engine, KEYS, "squads", lambda: 0)
    clock.on(days=-300)
    assert jobs.run(engine, KEYS, "squads", lambda: 0)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_of_processes_that_come_at_once_one_does_an_hourly_job(engine: Engine) -> None:
    work = Work()
    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(lambda _: jobs.run(engine, KEYS, "squads", work), range(6)))
    assert (sum(done), work.times) == (1, 1)


def test_a_job_is_late_when_it_has_not_gone_well_for_long(engine: Engine, clock: Clock) -> None:
    started = clock.now

    def late() -> set[str]:
        with Session(engine) as session:
            return {one.job.name for one in jobs.reports(session, clock.now, started) if one.late}

    jobs.run(engine, KEYS, "lists", lambda: 0)
    clock.on(minutes=14)
    assert late() == set()
    clock.on(minutes=2)
    assert "lists" in late()
    assert "squads" not in late()
    jobs.run(engine, KEYS, "lists", lambda: 0)
    assert "lists" not in late()


def test_a_round_writes_down_each_of_its_jobs(engine: Engine, tmp_path: Path, clock: Clock) -> None:
    go_round(engine, KEYS, make_outlet(tmp_path / "panah.keys", "Panah"), {})
    with Session(engine) as session:
        rows = session.exec(select(JobRun)).all()
    assert {"lists", "imports", "publish", *CHORES} <= {one.name for one in rows} <= set(jobs.JOBS)
    assert [one.name for one in rows if one.fault or one.well_at is None] == []


def test_what_signing_in_leaves_behind_goes_when_its_time_is_over(engine: Engine, clock: Clock) -> None:
    tables: list[Any] = [MemberSession, MemberInvitation, PasskeyChallenge, SignInBackoff]

    def left() -> list[int]:
        with Session(engine) as session:
            return [len(session.exec(select(table)).all()) for table in tables]

    with begin(engine, KEYS) as turn:
        member = Member(
            id=uuid4(), name="A", sign_in_name="aaa", password_hash="", sealed_totp="", joined_on=turn.now.date()
        )
        turn.session.add(member)
        turn.session.flush()
        start_session(turn, member.id, "password")
        over = turn.now + timedelta(hours=11)
        turn.session.add(MemberInvitation(code_digest="a", roles=[], expires_at=over))
        turn.session.add(PasskeyChallenge(digest="a", expires_at=over))
        turn.session.add(SignInBackoff(name_digest="a", failures=1, last_at=turn.now, until=over))
    clock.on(hours=10)
    with begin(engine, KEYS) as turn:
        assert forget_over(turn) == 0
    clock.on(hours=2)
    with begin(engine, KEYS) as turn:
        assert forget_over(turn) == 3
    assert left() == [0, 0, 0, 1]
    clock.on(hours=13)
    with begin(engine, KEYS) as turn:
        assert forget_over(turn) == 1
    assert left() == [0, 0, 0, 0]


def test_counts_of_two_models_go_after_ninety_days(engine: Engine, clock: Clock) -> None:
    for days in (89, 90, 400):
        cell = Cell(clock.now.date() - timedelta(days=days), "v2-0", "v3-0", "en", "show:", "show:")
        add_counts(engine, Counter({cell: 7}))
    with begin(engine, KEYS) as turn:
        assert CHORES["comparisons"](turn) == 2
    with Session(engine) as session:
        assert [clock.now.date() - one.day for one in session.exec(select(ShadowCount))] == [timedelta(days=89)]


def test_the_newest_run_stands_alone(engine: Engine, clock: Clock) -> None:
    for did in (3, 5):
        clock.on(minutes=1)
        jobs.run(engine, KEYS, "lists", lambda did=did: did)  # type: ignore[misc]
    with Session(engine) as session:
        (found,) = session.exec(select(JobRun).where(col(JobRun.name) == "lists")).all()
    assert (found.did, found.began_at) == (5, clock.now)
