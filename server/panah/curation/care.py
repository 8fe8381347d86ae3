"""Working without burning out: a limit a day, a reminder to rest, what is covered, and one's own keys."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unicodedata import category
from uuid import UUID

from sqlmodel import Session, col, func, select

from panah.accounts.audit import lock_accounts, record_account_event
from panah.blocklists.panel import GIVEN
from panah.blocklists.tables import Look
from panah.blocklists.turn import Turn
from panah.curation.tables import Care
from panah.errors import AppError

CAPS = range(5, 101)  # answers a day
BREAKS = range(10, 91)  # minutes
PAUSE = timedelta(minutes=10)  # without an answer: a rest
LOOKED_BACK = timedelta(hours=3)  # longer than the longest time before a reminder

# What keys do, and which they are as long as nobody chooses others.
KEYS = {
    "next": "j",
    "previous": "k",
    "hide": "f",
    "flag": "g",
    "keep": "d",
    "recuse": "r",
    "open": "o",
    "veil": "b",
    "zen": "z",
    "undo": "u",
    "help": "?",
}


class BadCare(AppError):
    status = 422
    code = "bad-care"


class DailyCapReached(AppError):
    status = 409
    code = "daily-cap"


@dataclass(frozen=True)
class CareOut:
    """How somebody works today; `next_cap` comes into force on `next_cap_on`."""

    daily_cap: int = 40
    next_cap: int | None = None
    next_cap_on: date | None = None
    break_after: int = 30  # minutes
    text_only: bool = False
    blurred: bool = True
    keys: dict[str, str] | None = None  # what was chosen; `key_map` has all

    @property
    def key_map(self) -> dict[str, str]:
        """The key of every action."""
        return KEYS | (self.keys or {})


def care_of(session: Session, member_id: UUID, now: datetime) -> CareOut:
    """How a member works; the defaults without a row."""
    row = session.get(Care, member_id)
    if row is None:
        return CareOut()
    due = row.next_cap is not None and row.next_cap_on is not None and row.next_cap_on <= now.date()
    return CareOut(
        daily_cap=row.next_cap if due and row.next_cap is not None else row.daily_cap,
        next_cap=None if due else row.next_cap,
        next_cap_on=None if due else row.next_cap_on,
        break_after=row.break_after,
        text_only=row.text_only,
        blurred=row.blurred,
        keys=dict(row.keys),
    )


def set_care(turn: Turn, member_id: UUID, **changes: Any) -> CareOut:
    """Changes daily_cap, break_after, text_only, blurred or keys. Raises BadCare.

    A lower limit holds at once. A higher one holds from tomorrow, so that nobody raises it when it is reached.
    """
    if unknown := changes.keys() - {"daily_cap", "break_after", "text_only", "blurred", "keys"}:
        raise TypeError(f"no such setting: {unknown}")
    check(changes)
    lock_accounts(turn)
    before = care_of(turn.session, member_id, turn.now)
    values: dict[str, Any] = {
        "daily_cap": before.daily_cap,
        "next_cap": before.next_cap,
        "next_cap_on": before.next_cap_on,
        "break_after": changes.get("break_after", before.break_after),
        "text_only": changes.get("text_only", before.text_only),
        "blurred": changes.get("blurred", before.blurred),
        "keys": changes.get("keys", before.keys or {}),
    }
    cap = changes.get("daily_cap", before.daily_cap)
    if cap > before.daily_cap:
        values |= {"next_cap": cap, "next_cap_on": turn.now.date() + timedelta(days=1)}
    elif "daily_cap" in changes:
        values |= {"daily_cap": cap, "next_cap": None, "next_cap_on": None}
    row = turn.session.get(Care, member_id) or Care(member_id=member_id, **values)
    for name, value in values.items():
        setattr(row, name, value)
    turn.session.add(row)
    turn.session.flush()
    # That there was a change, and not which: how somebody bears this work is nobody's business.
    record_account_event(turn, "care_set", "member", {"member": str(member_id)})
    return care_of(turn.session, member_id, turn.now)


def check(changes: dict[str, Any]) -> None:
    """Raises BadCare."""
    if changes.get("daily_cap", CAPS[0]) not in CAPS:
        raise BadCare(f"Choose {CAPS[0]} to {CAPS[-1]} answers a day.")
    if changes.get("break_after", BREAKS[0]) not in BREAKS:
        raise BadCare(f"Choose {BREAKS[0]} to {BREAKS[-1]} minutes before a reminder to rest.")
    keys = changes.get("keys", {})
    if keys.keys() - KEYS.keys() or not all(is_key(key) for key in keys.values()):
        raise BadCare("Each action takes one key that writes a letter, a digit or a sign.")
    chosen = [key.lower() for key in (KEYS | keys).values()]
    if len(set(chosen)) < len(chosen):
        raise BadCare("Two actions cannot have the same key.")


def is_key(key: Any) -> bool:
    """Whether it is one character that a key writes; marks that are put onto another one are not."""
    return isinstance(key, str) and len(key) == 1 and key.isprintable() and category(key)[0] not in "MZ"


def answered_today(session: Session, member_id: UUID, day: date) -> int:
    """How many looks somebody has answered that day (UTC), those included that can still be taken back, or were
    withdrawn since.
    """
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    counted = (
        select(func.count())
        .select_from(Look)
        .where(
            Look.member_id == member_id,
            col(Look.answered_at) >= begin,
            col(Look.answered_at) < end,
            col(Look.vote).in_((*GIVEN, "withdrawn")),
        )
    )
    said = (
        select(func.count())
        .select_from(Look)
        .where(
            Look.member_id == member_id,
            col(Look.said_at) >= begin,
            col(Look.said_at) < end,
            col(Look.said).in_(GIVEN),
        )
    )
    return session.exec(counted).one() + session.exec(said).one()


def cap_left(session: Session, member_id: UUID, now: datetime) -> int:
    """How many answers are left of today's limit."""
    cap = care_of(session, member_id, now).daily_cap
    return max(0, cap - answered_today(session, member_id, now.date()))


def check_cap(session: Session, member_id: UUID, now: datetime) -> None:
    """Raises DailyCapReached."""
    if cap_left(session, member_id, now) == 0:
        raise DailyCapReached(
            "That is all you wanted to answer today. Thank you. The rest waits, or goes to others."
        )


def break_due(session: Session, member_id: UUID, now: datetime) -> bool:
    """Whether somebody has answered for `break_after` minutes without a rest of ten, and has not stopped since."""
    since = now - LOOKED_BACK
    answered = select(Look.answered_at).where(Look.member_id == member_id, col(Look.answered_at) > since)
    said = select(Look.said_at).where(Look.member_id == member_id, col(Look.said_at) > since)
    times = sorted((at for at in (*session.exec(answered), *session.exec(said)) if at is not None), reverse=True)
    begun = now
    for at in times:
        if begun - at >= PAUSE:
            break
        begun = at
    return now - begun >= timedelta(minutes=care_of(session, member_id, now).break_after)
