"""A list that people bring accounts to, on SQLite and on PostgreSQL, with a clock that tests turn."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, col, select

from panah.blocklists import contributors, lists
from panah.blocklists.policy import Rules
from panah.blocklists.tables import Blocklist, Category, Contribution, Contributor, Entry, ImportRow, Tier
from panah.blocklists.turn import Turn, begin
from panah.db import make_engine
from panah.interchange import service
from panah.interchange.parsing import parse
from panah.interchange.service import Drained, Preview
from panah.keys import Keys

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = Keys(b"k" * 32)
A_DAY = 3  # imports


class Desk:
    """One list and one person who brings files in."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = BEGIN
        self.lot = Random(1)
        with self.turn() as turn:
            rules = Rules(import_day=A_DAY)
            self.blocklist = lists.create_list(turn, slug="calm", name="Calm", rules=rules)
        self.person = self.join()

    def turn(self) -> AbstractContextManager[Turn]:
        return begin(self.engine, KEYS, lot=self.lot, now=self.now)

    def join(self) -> Contributor:
        with self.turn() as turn:
            made = contributors.register(turn, f"{self.lot.getrandbits(100):043d}")
            contributors.join(turn, self.blocklist, made)
            return made

    def preview(self, content: str, form: str = "auto", who: Contributor | None = None) -> Preview:
        with self.turn() as turn:
            return service.preview(turn, self.blocklist, who or self.person, parse(content, form), Category.BLAME)

    def bring_in(self, content: str, form: str = "auto", who: Contributor | None = None):  # type: ignore[no-untyped-def]
        with self.turn() as turn:
            return service.bring_in(turn, self.blocklist, who or self.person, parse(content, form), Category.BLAME)

    def pass_day(self) -> int:
        """What a day's tick does to imports; how many became reports."""
        self.now += timedelta(days=1)
        return self.drain()

    def drain(self) -> int:
        made, more = 0, True
        while more:
            drained = self.drain_some()
            made, more = made + drained.made, drained.more
        return made

    def drain_some(self, limit: int = service.AT_A_TIME) -> Drained:
        """One transaction of it."""
        with self.turn() as turn:
            turn, blocklist = lists.lock(turn, self.blocklist)
            blocklist.clock_at = turn.now
            return service.drain_imports(turn, blocklist, limit=limit)

    def reports(self) -> list[str]:
        with Session(self.engine) as session:
            standing = select(Contribution.subject).where(col(Contribution.withdrawn).is_(False))
            return sorted(session.exec(standing))

    def waiting(self) -> list[str]:
        with Session(self.engine) as session:
            return list(session.exec(select(ImportRow.subject).order_by(col(ImportRow.id))))


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'panah.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("fresh_database")
    made = make_engine(url)
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def entry(blocklist: Blocklist, subject: str, status: str = "published") -> Entry:
    return Entry(
        blocklist_id=blocklist.id,
        subject=subject,
        tier=Tier.HIDE,
        category=Category.ABUSE,
        status=status,
        listed_on=date(2026, 3, 14),
        review_on=date(2026, 9, 1),
        expires_on=date(2027, 3, 14),
    )
