"""Who is at which piece of work now. A lease ends by itself, and is in no history."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from panah.blocklists.lists import delete_rows
from panah.blocklists.turn import Turn
from panah.curation.tables import Lease


def take(turn: Turn, kind: str, ref: str, member_id: UUID, *, minutes: int = 10) -> datetime | None:
    """Until when the member has the work for themselves, or None while somebody else has it.

    One's own is prolonged. The primary key decides when two come at once.
    """
    until = turn.now + timedelta(minutes=minutes)
    insert = (sqlite if turn.session.get_bind().dialect.name == "sqlite" else postgresql).insert(Lease)
    made = insert.values(kind=kind, ref=ref, member_id=member_id, until=until)
    free = (col(Lease.member_id) == member_id) | (col(Lease.until) <= turn.now)
    changes = {"member_id": member_id, "until": until}
    written = made.on_conflict_do_update(index_elements=["kind", "ref"], set_=changes, where=free)
    # Without the option psycopg's count is gone by then, and -1 would pass for a row.
    done = turn.session.execute(written.execution_options(preserve_rowcount=True))
    return until if done.rowcount else None  # type: ignore[attr-defined]


def release(turn: Turn, kind: str, ref: str, member_id: UUID) -> None:
    """Ends one's own lease; somebody else's stays."""
    mine = (col(Lease.kind) == kind, col(Lease.ref) == ref, col(Lease.member_id) == member_id)
    delete_rows(turn.session, Lease, *mine)


def running(session: Session, kind: str, now: datetime) -> dict[str, UUID]:
    """Who has what of a kind now: as many rows as people are at work."""
    chosen = select(Lease.ref, Lease.member_id).where(Lease.kind == kind, Lease.until > now)
    return dict(session.exec(chosen).all())


def forget_over(turn: Turn) -> int:
    """Deletes leases that are over; how many there were."""
    return delete_rows(turn.session, Lease, col(Lease.until) <= turn.now)
