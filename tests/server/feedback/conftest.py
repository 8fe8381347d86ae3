"""What readers tell, straight into a database; and a clock that tests turn."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, select

from panah.accounts.tables import Member
from panah.blocklists.turn import begin
from panah.db import make_engine
from panah.feedback import service
from panah.feedback.service import Told
from panah.feedback.tables import Feedback
from panah.keys import Keys

VERDICT: dict[str, Any] = {
    "kind": "not-harmful",
    "label": "blame",
    "language": "en",
    "bucket": 14,
    "action": "hide",
    "sensitivity": "balanced",
    "model": "v2",
    "policy": "v2-defaults",
}
MISSED = VERDICT | {"kind": "missed", "action": "show"}
TEXT = "It was never about her clothes."
POST = "He waited for me after the lecture."


@dataclass
class Clock:
    """The time that every turn begins with."""

    now: datetime = datetime(2026, 11, 20, 10, 41, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("panah.blocklists.turn.wall_clock", made)
    return made


@dataclass
class Box:
    """A database that readers tell something."""

    engine: Engine
    keys: Keys = field(default_factory=lambda: Keys(b"k" * 32))

    def turn(self) -> Any:
        return begin(self.engine, self.keys)

    def tell(self, *, text: str | None = TEXT, context: str | None = POST, **said: Any) -> Told:
        with self.turn() as turn:
            given = {"consent": text is not None, "text": text, "context": context if text else None}
            return service.tell(turn, **(VERDICT | given | said))

    def rows(self) -> list[Feedback]:
        with Session(self.engine) as session:
            return list(session.exec(select(Feedback)))

    def row_of(self, told: Told) -> Feedback:
        with self.turn() as turn:
            return service.find_told(turn, told.receipt)

    def member(self, name: str = "Sana") -> UUID:
        with self.turn() as turn:
            made = Member(
                name=name,
                sign_in_name=name.lower(),
                password_hash="",
                sealed_totp="",
                joined_on=turn.now.date(),
            )
            turn.session.add(made)
            turn.session.flush()
            return made.id

    def label(self, by: UUID, row: Feedback, *acts: str, was: str = "waiting") -> Feedback:
        with self.turn() as turn:
            return service.label(turn, by, row.id, acts, none=not acts, was=was)


@pytest.fixture
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    """On a SQLite file, or what a test asks for with `both_databases`."""
    sqlite = getattr(request, "param", "sqlite") == "sqlite"
    url = f"sqlite:///{tmp_path / 'panah.db'}" if sqlite else request.getfixturevalue("fresh_database")
    engine = make_engine(url)
    SQLModel.metadata.create_all(engine)
    yield Box(engine)
    engine.dispose()


both_databases = pytest.mark.parametrize("box", ["sqlite", "postgresql"], indirect=True)
