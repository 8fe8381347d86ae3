"""A list with people around it, on a database in memory, driven day by day."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from copy import copy
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, select

from panah.blocklists import contributions, contributors, juries, lists, looks, onboarding, steward
from panah.blocklists.policy import Rules
from panah.blocklists.tables import Case, Contributor, Entry
from panah.blocklists.turn import Turn, begin
from panah.db import make_engine
from panah.keys import Keys

Row = TypeVar("Row", bound=SQLModel)
BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Village:
    """One list, its curators and contributors, and a clock that tests turn."""

    def __init__(self, engine: Engine, *, rules: Rules | None = None, seed: int = 1) -> None:
        self.engine = engine
        self.lot = Random(seed)
        self.keys = Keys(b"k" * 32)
        self.now = BEGIN
        self.people: list[Contributor] = []
        self.curators: list[UUID] = []
        self.turns = count()
        with self.turn() as turn:
            self.blocklist = lists.create_list(turn, slug="village", name="Village", rules=rules)

    def turn(self) -> AbstractContextManager[Turn]:
        return begin(self.engine, self.keys, lot=self.lot, now=self.now)

    def settle(self, people: int = 30, curators: int = 6) -> "Village":
        """So many trusted contributors and curators, three weeks on."""
        for _ in range(people):
            self.join()
        for _ in range(curators):
            self.curators.append(UUID(int=self.lot.getrandbits(128)))
            with self.turn() as turn:
                lists.seat(turn, self.blocklist, self.curators[-1])
        self.pass_days(40)
        return self

    def join(self, *, onboard: bool = True, invitation: str | None = None) -> Contributor:
        with self.turn() as turn:
            key = f"{len(self.people):043d}"
            made = contributors.register(turn, key)
            contributors.join(turn, self.blocklist, made, invitation)
            if onboard:
                items = onboarding.items_for(turn, self.blocklist, made)
                leaning = "list" if len(self.people) % 2 else "keep"
                given = {item.id: leaning if item.answer == "norm" else item.answer for item in items}
                onboarding.answer(turn, self.blocklist, made, given)
        self.people.append(made)
        return made

    def pass_days(self, days: int = 1) -> None:
        for _ in range(days):
            self.now += DAY
            self.tick()

    def tick(self) -> None:
        with self.turn() as turn:
            steward.tick(turn, self.blocklist)

    def report(self, who: int, subject: str = "x:666", post: str | None = None, category: str = "blame") -> UUID:
        with self.turn() as turn:
            made = contributions.contribute(
                turn,
                self.blocklist,
                self.people[who],
                subject=subject,
                category=category,  # type: ignore[arg-type]
                evidence_post_id=post or str(900 + who),
            )
            return made.id

    def vote(self, choice: str = "list", *, disclosure: bool = False, only: int | None = None) -> int:
        """Every juror who was drawn answers the same; how many did."""
        given = 0
        for person in self.people[:only]:
            with self.turn() as turn:
                for task in juries.tasks_of(turn.session, self.keys, person, self.now):
                    juries.vote(turn, person, task.id, choice, disclosure)
                    given += 1
        return given

    def look(self, *choices: str) -> int:
        """Curators who are asked answer in turn, the last answer for all that follow."""
        given = 0
        for member in self.curators:
            with self.turn() as turn:
                for look in looks.looks_of(turn.session, member):
                    looks.answer_look(turn, member, look.id, choices[min(given, len(choices) - 1)], "test")
                    given += 1
        return given

    def case(self, subject: str = "x:666") -> Case:
        with Session(self.engine) as session:
            return session.exec(select(Case).where(Case.subject == subject)).one()

    def entries(self) -> dict[str, tuple[str, str]]:
        """Subject to (tier, status)."""
        with Session(self.engine) as session:
            return {one.subject: (str(one.tier), one.status) for one in session.exec(select(Entry))}

    def list_it(self, subject: str = "x:666", choice: str = "hide") -> None:
        """The whole way to a published entry, without anything unusual."""
        first = next(self.turns)
        for who in (first % 11, 11 + first % 13):  # other pairs each time: whoever reports in step is one voice
            self.report(who, subject, post=f"{first}{who}")
        self.pass_days()
        self.vote("list")
        self.pass_days()
        self.look(choice)
        self.pass_days(2)

    def rows(self, table: type[Row]) -> list[Row]:
        with Session(self.engine) as session:
            return list(session.exec(select(table)))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Village, Path]:
    """A village that has settled, and the file it is in: made once, since it takes a second."""
    path = tmp_path_factory.mktemp("village") / "panah.db"
    made = make_engine(f"sqlite:///{path}")
    SQLModel.metadata.create_all(made)
    village = Village(made).settle()
    made.dispose()  # with the last connection SQLite writes everything into the one file
    return village, path


@pytest.fixture
def village(settled: tuple[Village, Path], tmp_path: Path) -> Iterator[Village]:
    """The settled village in a database of the test's own."""
    first, path = settled
    shutil.copy(path, tmp_path / "panah.db")
    village = copy(first)
    village.engine = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
    village.people, village.curators = list(first.people), list(first.curators)
    village.lot, village.turns = Random(2), count()
    yield village
    village.engine.dispose()
