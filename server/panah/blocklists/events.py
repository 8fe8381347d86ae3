"""The history of a list: every write is an event, and each event's hash covers the one before it."""

import hashlib
from typing import Any

import orjson
from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from panah.blocklists import states
from panah.blocklists.states import STATE_FIELDS, CaseState, advance, to_state, written
from panah.blocklists.tables import Blocklist, Case, Category, Entry, Event, Tier
from panah.blocklists.turn import Turn

ADD = insert(Event)


class ChainBroken(Exception):
    """The history of a list was changed after it was written. `seq` is the first event that does not fit."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"event {seq}: {why}")
        self.seq = seq


def commit_to(salt: str, subject: str | None, body: dict[str, Any]) -> str:
    """SHA-256 over what an event says; the salt keeps a guess from being tested once it is erased."""
    said = orjson.dumps({"subject": subject, "body": body}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(bytes.fromhex(salt) + said).hexdigest()


def link(before: str, seq: int, made_on: str, kind: str, role: str, number: int | None, commitment: str) -> str:
    said = orjson.dumps([before, seq, made_on, kind, role, number, commitment])
    return hashlib.sha256(said).hexdigest()


def append(
    turn: Turn,
    blocklist: Blocklist,
    kind: str,
    *,
    role: str,
    subject: str | None = None,
    number: int | None = None,
    body: dict[str, Any] | None = None,
) -> None:
    """Adds one event to the chain. The list must be locked (lists.lock)."""
    made_on = turn.now.date()
    salt = f"{turn.lot.getrandbits(128):032x}"
    commitment = commit_to(salt, subject, body or {})
    seq = blocklist.head_seq + 1
    this = link(blocklist.head_hash, seq, made_on.isoformat(), kind, role, number, commitment)
    row = {
        "blocklist_id": blocklist.id,
        "seq": seq,
        "made_on": made_on,
        "kind": kind,
        "role": role,
        "subject": subject,
        "number": number,
        "body": body or {},
        "salt": salt,
        "commitment": commitment,
        "hash": this,
    }
    # As parameters, not as values of the statement: it is the hottest write, and so it is compiled once.
    turn.session.execute(ADD, [row])
    blocklist.head_seq, blocklist.head_hash = seq, this


def state_of(case: Case) -> CaseState:
    return to_state({name: getattr(case, name) for name in STATE_FIELDS})


def step(
    turn: Turn, blocklist: Blocklist, case: Case, kind: str, *, role: str = "panah", **changes: Any
) -> CaseState:
    """Takes a case one event further: event, case and entry change together. Raises CaseConflict."""
    after = advance(state_of(case), kind, changes)
    for name in (*changes, "number"):
        setattr(case, name, getattr(after, name))
    if "status" in changes:
        case.since = turn.now
    append(turn, blocklist, kind, role=role, subject=case.subject, number=after.number, body=written(changes))
    if changes.keys() & {"entry", "tier", "expires_on"}:
        project(turn.session, blocklist, case.subject, after)
    return after


def project(session: Session, blocklist: Blocklist, subject: str, state: CaseState) -> None:
    """Makes the entry what the state says, or lets it go."""
    entry = session.get(Entry, (blocklist.id, subject))
    if state.entry not in states.ON_LIST:
        if entry is not None:
            session.delete(entry)
        return
    if not (state.tier and state.category and state.listed_on and state.review_on and state.expires_on):
        raise ValueError("an entry without tier, category or dates")
    values: dict[str, Any] = {
        "tier": Tier(state.tier),
        "category": Category(state.category),
        "status": state.entry,
        "listed_on": state.listed_on,
        "review_on": state.review_on,
        "expires_on": state.expires_on,
    }
    if entry is None:
        session.add(Entry(blocklist_id=blocklist.id, subject=subject, **values))
        return
    for name, value in values.items():
        setattr(entry, name, value)


def replay(session: Session, blocklist: Blocklist) -> dict[str, CaseState]:
    """Every case's state by subject, from events alone. Raises ValueError where one is missing."""
    found = session.exec(
        select(Event.subject, Event.number, Event.kind, Event.body).where(
            Event.blocklist_id == blocklist.id, col(Event.number).is_not(None), col(Event.subject).is_not(None)
        )
    )
    return states.replay((s or "", n or 0, kind, dict(body or {})) for s, n, kind, body in found)


def verify(session: Session, blocklist: Blocklist) -> int:
    """Checks the whole chain and what is not erased of it; the number of events. Raises ChainBroken."""
    before, count = "", 0
    chain = select(Event).where(Event.blocklist_id == blocklist.id).order_by(col(Event.seq))
    for event in session.exec(chain).yield_per(1000):
        count += 1
        if event.seq != count:
            raise ChainBroken(count, "it is missing")
        if event.salt is not None and event.commitment != commit_to(event.salt, event.subject, event.body or {}):
            raise ChainBroken(event.seq, "what it says was changed")
        made_on = event.made_on.isoformat()
        this = link(before, event.seq, made_on, event.kind, event.role, event.number, event.commitment)
        if this != event.hash:
            raise ChainBroken(event.seq, "its hash does not follow from the one before it")
        before = this
        session.expunge(event)
    if (count, before) != (blocklist.head_seq, blocklist.head_hash):
        raise ChainBroken(count + 1, "the end was cut off")
    return count


def erase_subject(turn: Turn, blocklist: Blocklist, subject: str) -> None:
    """Forgets what events say about an account; the chain over their commitments still holds."""
    turn.session.execute(
        update(Event)
        .where(col(Event.blocklist_id) == blocklist.id, col(Event.subject) == subject)
        .values(subject=None, body=None, salt=None)
    )


def check_entries(session: Session, blocklist: Blocklist) -> None:
    """Raises ChainBroken where cases or entries are not what the events say, as after a change by hand."""
    try:
        found = replay(session, blocklist)
    except ValueError as fault:
        raise ChainBroken(blocklist.head_seq, str(fault)) from fault
    for case in session.exec(select(Case).where(Case.blocklist_id == blocklist.id)):
        if state_of(case) != found.get(case.subject, CaseState()):
            raise ChainBroken(blocklist.head_seq, "a case is not what its events say")
    entries = session.exec(select(Entry).where(Entry.blocklist_id == blocklist.id)).all()
    listed = {(one.subject, str(one.tier), one.status) for one in entries}
    said = {(subject, s.tier, s.entry) for subject, s in found.items() if s.entry in states.ON_LIST}
    if listed != said:
        raise ChainBroken(blocklist.head_seq, "the entries are not those that the events say")
