"""The settled village, whose curators are members: what they do beside the lists points to them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, col, select

from panah.blocklists import events, lists, looks
from panah.blocklists.tables import Case, Look
from panah.curation import answers
from panah.db import make_engine
from tests.server.blocklists.conftest import Village, settled
from tests.server.blocklists.conftest import village as bare_village
from tests.server.blocklists_routes.conftest import add_member

__all__ = ["bare_village", "settled"]

both_databases = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A SQLite file, or what a test asks for with `both_databases`."""
    kind = getattr(request, "param", "sqlite")
    url = f"sqlite:///{tmp_path / 'real.db'}" if kind == "sqlite" else request.getfixturevalue("fresh_database")
    made = make_engine(url)
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def village(bare_village: Village) -> Village:
    for member_id in bare_village.curators:
        add_member(bare_village, member_id=member_id)
    return bare_village


@pytest.fixture
def real_village(engine: Engine) -> Village:
    """A smaller one, on the database that a test asks for."""
    village = Village(engine).settle(people=16, curators=5)
    for member_id in village.curators:
        add_member(village, member_id=member_id)
    return village


def ask(village: Village, subject: str = "x:666") -> list[Look]:
    """Brings an account before three curators, whose looks are open now."""
    first = next(village.turns)
    for who in (first % 7, 7 + first % 9):  # other pairs each time: whoever reports in step is one voice
        village.report(who, subject, post=f"{first}{who}")
    village.pass_days()
    village.vote("list")
    village.pass_days()
    return looks_on(village, subject)


def ask_many(village: Village, count: int) -> list[Look]:
    """Brings so many accounts before curators at once, as x:1000 and on; all their looks."""
    half = len(village.people) // 2
    for at in range(count):
        for who in (at % half, half + (at + at // half) % half):  # nobody twice with the same other
            village.report(who, f"x:{1000 + at}", post=f"{at}{who}")
    village.pass_days()
    village.vote("list")
    village.pass_days()
    with Session(village.engine) as session:
        found = session.exec(select(Look).where(col(Look.vote).is_(None)).order_by(col(Look.id))).all()
    assert len(found) >= 3 * count
    return list(found)


def of_one_curator(found: list[Look]) -> list[Look]:
    """The looks of the one who was drawn most often."""
    by_member: dict[UUID, list[Look]] = {}
    for look in found:
        by_member.setdefault(look.member_id, []).append(look)
    return max(by_member.values(), key=len)


def looks_on(village: Village, subject: str = "x:666") -> list[Look]:
    """The open looks at one account, in the order of curators."""
    with Session(village.engine) as session:
        chosen = select(Look).join(Case).where(Case.subject == subject, col(Look.vote).is_(None))
        return list(session.exec(chosen.order_by(col(Look.member_id))))


def say(village: Village, look: Look, choice: str = "hide", reason: str = "repeated", note: str = "") -> None:
    with village.turn() as turn:
        answers.say(turn, look.member_id, look.id, choice, reason, note)


def answer(village: Village, look: Look, choice: str) -> None:
    with village.turn() as turn:
        looks.answer_look(turn, look.member_id, look.id, choice, "repeated")


def settle(village: Village, member_id: UUID | None = None, *, after: float = 10) -> answers.Settled:
    """So many seconds on, what is due counts."""
    village.now += timedelta(seconds=after)
    return answers.settle(village.engine, village.keys, member_id=member_id, now=village.now)


def look_of(village: Village, look: Look) -> Look:
    with Session(village.engine) as session:
        return session.get_one(Look, look.id)


def chain_holds(village: Village) -> None:
    with Session(village.engine) as session:
        blocklist = lists.find_list(session, "village")
        events.verify(session, blocklist)
        events.check_entries(session, blocklist)
