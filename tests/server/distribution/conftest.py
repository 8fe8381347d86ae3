"""A database of each kind with two lists, and the means to put entries on them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import orjson
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, col, delete, select

from panah.blocklists import lists
from panah.blocklists.tables import Blocklist, Category, Entry, Tier
from panah.blocklists.turn import Turn, begin
from panah.db import make_engine
from panah.distribution.catalogue import Part
from panah.distribution.outlet import Outlet
from panah.distribution.publish import newest_catalogue, publish
from panah.distribution.signing import Opened, open_catalogue
from panah.distribution.tables import ListFile, ListVersion
from panah.keys import Keys

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Place:
    """One server: its database, keys and clock."""

    engine: Engine
    keys: Keys
    outlet: Outlet
    now: datetime = START
    lot: Random = field(default_factory=lambda: Random(1))

    def turn(self) -> AbstractContextManager[Turn]:
        return begin(self.engine, self.keys, lot=self.lot, now=self.now)

    def make(self, slug: str, **parts: object) -> Blocklist:
        with self.turn() as turn:
            return lists.create_list(turn, slug=slug, name=slug.title(), **parts)  # type: ignore[arg-type]

    def find(self, slug: str) -> Blocklist:
        with Session(self.engine) as session:
            return lists.find_list(session, slug)

    def put(self, blocklist: Blocklist, *subjects: str, tier: Tier = Tier.HIDE, status: str = "published") -> None:
        """Puts accounts on a list without its pipeline."""
        with self.turn() as turn:
            for subject in subjects:
                entry = Entry(
                    blocklist_id=blocklist.id,
                    subject=subject,
                    tier=tier,
                    category=Category.BLAME,
                    status=status,
                    listed_on=date(2026, 11, 2),
                    review_on=date(2027, 5, 1),
                    expires_on=date(2027, 11, 2),
                )
                turn.session.merge(entry)

    def remove(self, blocklist: Blocklist, *subjects: str) -> None:
        with self.turn() as turn:
            chosen = delete(Entry).where(col(Entry.blocklist_id) == blocklist.id, col(Entry.subject).in_(subjects))
            turn.session.execute(chosen)

    def publish(
        self, blocklist: Blocklist, *, after: timedelta = timedelta(), max_growth: float | None = 0.1
    ) -> int:
        """The number of the newest version."""
        self.now += after
        with self.turn() as turn:
            newest = publish(turn, blocklist, self.outlet, max_growth=max_growth)
            return newest.version if newest else 0

    def opened(self, *, pinned: str | None = None, newest: int = 0) -> Opened:
        """The catalogue as a reader opens it now."""
        with Session(self.engine) as session:
            found = newest_catalogue(session)
        assert found is not None
        return open_catalogue(found.body, now=self.now, pinned=pinned, newest=newest)

    def part(self, slug: str) -> Part:
        """A list in the catalogue."""
        (found,) = [one for one in self.opened().signed["lists"] if one["slug"] == slug]
        return dict(found)

    def file(self, name: str) -> bytes:
        with Session(self.engine) as session:
            return session.exec(select(ListFile.body).where(ListFile.name == name)).one()

    def files(self) -> set[str]:
        with Session(self.engine) as session:
            return set(session.exec(select(ListFile.name)))

    def versions(self, blocklist: Blocklist) -> list[tuple[int, int, int]]:
        """(epoch, version, count), oldest first."""
        with Session(self.engine) as session:
            found = session.exec(
                select(ListVersion.epoch, ListVersion.version, ListVersion.count)
                .where(ListVersion.blocklist_id == blocklist.id)
                .order_by(col(ListVersion.version))
            )
            return list(found)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Each kind of database that Panah runs on."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
    else:
        made = make_engine(request.getfixturevalue("fresh_database"))
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def place(engine: Engine, tmp_path: Path) -> Place:
    return Place(engine, Keys(b"m" * 32), Outlet(tmp_path / "panah.root", "Panah of the tests"))


def numbered(count: int, *, start: int = 1) -> list[str]:
    return [f"x:{number}" for number in range(start, start + count)]


def as_json(body: bytes) -> Part:
    return dict(orjson.loads(body))
