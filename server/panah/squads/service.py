"""Reads, replaces and forgets boxes. Of two who replace the same version at once, one is told to read it again."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from hmac import compare_digest

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, func, select

from panah.errors import AppError
from panah.squads.tables import Squad

MOST_BOX = 262_144  # characters of base64
MOST_SQUADS = 20_000  # with boxes of the largest size, 5 GB
UNUSED_DAYS = 400  # so many days after anybody asked for it, a box is forgotten


class SquadNotFound(AppError):
    status = 404
    code = "squad-not-found"


class SquadRefused(AppError):
    status = 403
    code = "squad-refused"


class SquadChanged(AppError):
    status = 409
    code = "squad-changed"


class SquadsFull(AppError):
    status = 507
    code = "squads-full"


@dataclass(frozen=True)
class Box:
    """What lies in a squad, and which version of it."""

    version: int
    box: str


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def read(session: Session, squad_id: str, secret: str, *, today: date) -> Box:
    """The box. Raises SquadNotFound and SquadRefused."""
    squad = find(session, squad_id, secret)
    if squad.touched_on != today:
        squad.touched_on = today
    return Box(squad.version, squad.box)


def write(session: Session, squad_id: str, secret: str, *, version: int, box: str, today: date) -> int:
    """Replaces that version of the box and returns the number of the new one; version 0 makes the squad.

    Raises SquadChanged where another version is there by now, SquadNotFound where none is, SquadRefused, and
    SquadsFull where there is no room for a new one.
    """
    # No look before the change: two can arrive together, and the row decides.
    replaced = session.exec(
        update(Squad)
        .where(
            col(Squad.id) == squad_id,
            col(Squad.secret_digest) == digest(secret),
            col(Squad.version) == version,
        )
        .values(version=version + 1, box=box, touched_on=today)
    )
    if replaced.rowcount:
        return version + 1
    if version == 0:
        forget_unused(session, today)
        if make(session, Squad(id=squad_id, secret_digest=digest(secret), version=1, box=box, touched_on=today)):
            check_room(session)
            return 1
    find(session, squad_id, secret)
    raise SquadChanged("Somebody else has changed this squad meanwhile. Read it again, then send your change.")


def make(session: Session, squad: Squad) -> bool:
    """Adds the row unless there is one with its id; whether it did."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = insert(Squad).values(**squad.model_dump()).on_conflict_do_nothing().returning(col(Squad.id))
    return session.exec(made).first() is not None


def check_room(session: Session) -> None:
    """Raises SquadsFull when one squad too many has just been made."""
    if session.exec(select(func.count()).select_from(Squad)).one() > MOST_SQUADS:
        raise SquadsFull(
            "This server has no room for another squad. Join one that is there, use another server, or ask whoever "
            "runs this one."
        )


def end(session: Session, squad_id: str, secret: str) -> None:
    """Forgets the box, for everybody. Ending it twice is ending it once. Raises SquadRefused."""
    try:
        session.delete(find(session, squad_id, secret))
    except SquadNotFound:
        return


def forget_unused(session: Session, today: date) -> int:
    """Forgets the boxes that nobody has asked for in UNUSED_DAYS; how many. To be called every day."""
    oldest = today - timedelta(days=UNUSED_DAYS)
    return session.exec(delete(Squad).where(col(Squad.touched_on) < oldest)).rowcount


def find(session: Session, squad_id: str, secret: str) -> Squad:
    squad = session.get(Squad, squad_id)
    if squad is None:
        raise SquadNotFound("There is no such squad on this server. It may have been ended, or not used for long.")
    if not compare_digest(squad.secret_digest, digest(secret)):
        raise SquadRefused("The invitation does not fit this squad.")
    return squad
