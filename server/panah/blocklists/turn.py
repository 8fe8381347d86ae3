"""What every step of a list is made with: one transaction, the time, chance, and the keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random, SystemRandom

from sqlalchemy import Engine
from sqlmodel import Session

from panah.keys import Keys

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Turn:
    """One transaction and what it takes besides its arguments, so that a simulation can give its own."""

    session: Session
    now: datetime  # in UTC
    lot: Random  # who is drawn; the operating system's randomness where people depend on it
    keys: Keys


@contextmanager
def begin(engine: Engine, keys: Keys, *, lot: Random | None = None, now: datetime | None = None) -> Iterator[Turn]:
    """A turn that commits when the block ends and is undone when it raises."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield Turn(session, now or wall_clock(), lot or SystemRandom(), keys)
