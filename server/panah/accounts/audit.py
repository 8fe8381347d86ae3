"""The history of members: every change is an event, and each event's hash covers the one before it."""

from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from panah.accounts.tables import AccountEvent, AccountHead
from panah.blocklists.events import ChainBroken, commit_to, link
from panah.blocklists.turn import Turn


def lock_accounts(turn: Turn) -> AccountHead:
    """Makes everybody else who would change members wait until this turn ends.

    The first statement of a write, so that SQLite takes its lock here and not half-way; and before any list's
    lock, so that two turns cannot wait for each other.
    """
    dialect = sqlite if turn.session.get_bind().dialect.name == "sqlite" else postgresql
    turn.session.execute(dialect.insert(AccountHead).values(id=1, seq=0, hash="").on_conflict_do_nothing())
    touch = update(AccountHead).values(seq=AccountHead.seq).execution_options(synchronize_session=False)
    turn.session.execute(touch)
    head = turn.session.get(AccountHead, 1, populate_existing=True)
    assert head is not None  # noqa: S101  (it was put there above)
    return head


def record_account_event(turn: Turn, kind: str, role: str, body: dict[str, Any] | None = None) -> None:
    """Adds one event to the chain. `role` is admin, member or panah; `body` holds ids and roles, never names."""
    head = lock_accounts(turn)
    made_on = turn.now.date()
    salt = f"{turn.lot.getrandbits(128):032x}"
    commitment = commit_to(salt, None, body or {})
    seq = head.seq + 1
    this = link(head.hash, seq, made_on.isoformat(), kind, role, None, commitment)
    turn.session.execute(
        insert(AccountEvent).values(
            seq=seq,
            made_on=made_on,
            kind=kind,
            role=role,
            body=body or {},
            salt=salt,
            commitment=commitment,
            hash=this,
        )
    )
    head.seq, head.hash = seq, this
    turn.session.flush()


def events_before(
    session: Session, *, kind: str = "", before: int | None = None, limit: int = 50
) -> list[AccountEvent]:
    """Events of one kind or all, the newest first, older than number `before`."""
    chosen = select(AccountEvent).order_by(col(AccountEvent.seq).desc()).limit(limit)
    if kind:
        chosen = chosen.where(AccountEvent.kind == kind)
    if before is not None:
        chosen = chosen.where(AccountEvent.seq < before)
    return list(session.exec(chosen))


def kinds_of_events(session: Session) -> list[str]:
    """Those that ever happened."""
    return sorted(session.exec(select(AccountEvent.kind).distinct()))


def verify_account_events(session: Session) -> int:
    """Checks the whole chain and what is not erased of it; returns the number of events. Raises ChainBroken."""
    before, count = "", 0
    for event in session.exec(select(AccountEvent).order_by(col(AccountEvent.seq))).yield_per(1000):
        count += 1
        if event.seq != count:
            raise ChainBroken(count, "it is missing")
        if event.salt is not None and event.commitment != commit_to(event.salt, None, event.body or {}):
            raise ChainBroken(event.seq, "what it says was changed")
        made_on = event.made_on.isoformat()
        this = link(before, event.seq, made_on, event.kind, event.role, None, event.commitment)
        if this != event.hash:
            raise ChainBroken(event.seq, "its hash does not follow from the one before it")
        before = this
    head = session.get(AccountHead, 1)
    if (count, before) != ((head.seq, head.hash) if head else (0, "")):
        raise ChainBroken(count + 1, "the end was cut off")
    return count
