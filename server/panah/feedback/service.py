"""What readers tell about verdicts: taken without a trace of who told it, labelled by people, forgotten in time.

A text is kept only with consent, sealed, with mentions and links masked. Of the time only the day is kept.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

import orjson
from sqlalchemy import ColumnElement, Date, Select, Text, Uuid, cast, func, literal, select, tuple_
from sqlmodel import Session, col

from panah.accounts.audit import lock_accounts, record_account_event
from panah.blocklists.lists import delete_rows
from panah.blocklists.turn import Turn
from panah.curation import leases
from panah.curation.tables import Lease
from panah.db import insert_once
from panah.errors import AppError
from panah.feedback.tables import Feedback
from panah.keys import Keys
from panah.scoring.policy import ACTS, LABELS, PARTS, Action, Label, Sensitivity
from panah.scoring.text import LANGUAGE_GROUPS, LINK, MENTION, LanguageGroup

Kind = Literal["not-harmful", "missed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
State = Literal["waiting", "labelled", "dismissed"]

BUCKETS = 20
TEXT_KEPT = timedelta(days=180)
COUNT_KEPT = timedelta(days=365)
LEASE = "feedback"
PAGE = 50


class TextWithoutConsent(AppError):
    status = 422
    code = "text-without-consent"


class UnknownReceipt(AppError):
    status = 404
    code = "unknown-receipt"


class FeedbackNotFound(AppError):
    status = 404
    code = "feedback-not-found"


class FeedbackConflict(AppError):
    status = 409
    code = "feedback-conflict"


class BadLabel(AppError):
    status = 422
    code = "bad-label"


# Telling


@dataclass(frozen=True)
class Told:
    """What whoever told something is left with."""

    receipt: str  # 32 hex digits; only its keyed digest is kept
    keep_until: date
    with_text: bool


def tell(
    turn: Turn,
    *,
    kind: Kind,
    label: Label,
    language: LanguageGroup,
    bucket: int,
    action: Action,
    sensitivity: Sensitivity,
    model: str,
    policy: str,
    consent: bool,
    text: str | None = None,
    context: str | None = None,
    receipt: str | None = None,
) -> Told:
    """Keeps one report until its day. One whose receipt is known already stays as it is, and the answer says how it
    is kept. Raises TextWithoutConsent, and then keeps nothing.
    """
    if not consent and (text or context):
        raise TextWithoutConsent("A text came without the consent to keep it. Nothing was kept.")
    receipt = receipt or f"{turn.lot.getrandbits(128):032x}"
    today = turn.now.date()
    keep_until = today + (TEXT_KEPT if text else COUNT_KEPT)
    made = insert_once(
        turn.session,
        Feedback,
        id=uuid4(),
        receipt_digest=digest(turn.keys, receipt),
        kind=kind,
        label=label,
        language=language,
        bucket=bucket,
        action=action,
        sensitivity=sensitivity,
        model=model,
        policy=policy,
        sealed_text=seal(turn.keys, text, today) if text else None,
        sealed_context=seal(turn.keys, context, today) if context else None,
        made_on=today,
        keep_until=keep_until,
        state="waiting",
    )
    if not made and (kept := _told(turn, receipt)) is not None:
        return Told(receipt, kept.keep_until, kept.sealed_text is not None)
    return Told(receipt, keep_until, bool(text))


def digest(keys: Keys, receipt: str) -> str:
    return keys.digest("feedback", receipt)


def seal(keys: Keys, text: str, day: date) -> str:
    """A text, masked and sealed. What is sealed says in clear when: the day's first second, for all of a day."""
    masked = MENTION.sub("@user", LINK.sub("URL", text))
    return keys.seal(masked, at=int(datetime.combine(day, time(), UTC).timestamp()))


def _told(turn: Turn, receipt: str) -> Feedback | None:
    chosen = select(Feedback).where(col(Feedback.receipt_digest) == digest(turn.keys, receipt))
    return turn.session.scalars(chosen).first()


def find_told(turn: Turn, receipt: str) -> Feedback:
    """What was told with a receipt. Raises UnknownReceipt, also for what is over."""
    found = _told(turn, receipt)
    if found is None or found.keep_until <= turn.now.date():
        raise UnknownReceipt("This receipt is not known here, or what it stood for is gone.")
    return found


def forget(turn: Turn, receipt: str) -> int:
    """Deletes what was told with a receipt, with how it was labelled; how many rows that were."""
    return delete_rows(turn.session, Feedback, col(Feedback.receipt_digest) == digest(turn.keys, receipt))


def forget_for(turn: Turn, member_id: UUID, receipt: str) -> bool:
    """Deletes what was told with a receipt, for whoever asked an admin to; whether there was anything. That it was
    done is noted, not what it was.
    """
    lock_accounts(turn)  # first, as whoever labels does
    gone = bool(forget(turn, receipt))
    if gone:
        record_account_event(turn, "feedback_forgotten", "admin", {"by": str(member_id)})
    return gone


def forget_due(turn: Turn) -> int:
    """Deletes what is kept no longer; how many rows that were."""
    return delete_rows(turn.session, Feedback, col(Feedback.keep_until) <= turn.now.date())


# The queue


@dataclass(frozen=True)
class Which:
    """What of the queue is asked for; an empty text lets all through."""

    kind: str = ""
    language: str = ""
    label: str = ""


@dataclass(frozen=True)
class Count:
    """How many rows are alike."""

    state: str
    kind: str
    language: str
    label: str
    with_text: bool
    exported: bool
    rows: int
    oldest: date


def is_kept(today: date) -> ColumnElement[bool]:
    """True for what may still be used: what is over is deleted by a job, which can be late."""
    return col(Feedback.keep_until) > today


def counts(session: Session, today: date) -> list[Count]:
    """All rows, counted by what the queue's filters and figures ask for."""
    with_text, exported = col(Feedback.sealed_text).is_not(None), col(Feedback.exported_on).is_not(None)
    told = (col(Feedback.state), col(Feedback.kind), col(Feedback.language), col(Feedback.label))
    by = (*told, with_text, exported)
    counted = select(*by, func.count(), func.min(Feedback.made_on)).where(is_kept(today)).group_by(*by)
    found = session.execute(counted)
    return [Count(*row) for row in found]


@dataclass(frozen=True)
class Page:
    rows: list[Feedback]
    next: str  # where the following page begins; empty on the last


def place(row: Feedback) -> str:
    """Where a row stands in the queue, for `after`."""
    return f"{row.made_on.isoformat()}.{row.id.hex}"


def _parse(after: str) -> tuple[date, UUID] | None:
    day, _, ident = after.partition(".")
    try:
        return date.fromisoformat(day), UUID(ident)
    except ValueError:
        return None


def _at(day: date, ident: UUID) -> Any:
    return tuple_(literal(day, Date), literal(ident, Uuid))


_PLACE = tuple_(col(Feedback.made_on), col(Feedback.id))


def _waiting(which: Which, today: date) -> Select[Feedback]:
    """What waits to be labelled: only what has a text can be."""
    with_text = col(Feedback.sealed_text).is_not(None)
    chosen = select(Feedback).where(col(Feedback.state) == "waiting", with_text, is_kept(today))
    for name, wanted in vars(which).items():
        if wanted:
            chosen = chosen.where(getattr(Feedback, name) == wanted)
    return chosen


def waiting(session: Session, which: Which, today: date, *, after: str = "", limit: int = PAGE) -> Page:
    """What waits to be labelled, the oldest day first."""
    chosen = _waiting(which, today).order_by(col(Feedback.made_on), col(Feedback.id)).limit(limit + 1)
    if begin := _parse(after):
        chosen = chosen.where(_at(*begin) < _PLACE)
    return _page(session, chosen, limit)


def done(session: Session, today: date, *, after: str = "", limit: int = PAGE) -> Page:
    """What was labelled or dismissed, the newest day first."""
    when = tuple_(col(Feedback.labelled_on), col(Feedback.id))
    chosen = (
        select(Feedback)
        .where(
            col(Feedback.state).in_(("labelled", "dismissed")),
            col(Feedback.labelled_on).is_not(None),
            is_kept(today),
        )
        .order_by(col(Feedback.labelled_on).desc(), col(Feedback.id).desc())
        .limit(limit + 1)
    )
    if begin := _parse(after):
        chosen = chosen.where(_at(*begin) > when)
    found = _page(session, chosen, limit)
    last = found.rows[-1] if found.next else None
    return Page(found.rows, f"{last.labelled_on}.{last.id.hex}" if last else "")


def _page(session: Session, chosen: Select[Feedback], limit: int) -> Page:
    rows = list(session.scalars(chosen))
    return Page(rows[:limit], place(rows[limit - 1]) if len(rows) > limit else "")


def held_by_others(session: Session, member_id: UUID, now: datetime) -> set[UUID]:
    """What somebody else has open now."""
    held = leases.running(session, LEASE, now)
    return {UUID(ref) for ref, holder in held.items() if holder != member_id}


def neighbours(
    session: Session, row: Feedback, which: Which, member_id: UUID, now: datetime
) -> tuple[Feedback | None, Feedback | None]:
    """The one before and the one after in the queue that nobody else has open; the oldest follows the last."""
    taken = held_by_others(session, member_id, now)
    others = _waiting(which, now.date()).where(col(Feedback.id).not_in([row.id, *taken])).limit(1)
    by, here = (col(Feedback.made_on), col(Feedback.id)), _at(row.made_on, row.id)
    back = others.where(here > _PLACE).order_by(*(one.desc() for one in by))
    on = others.where(here < _PLACE).order_by(*by)
    after = session.scalars(on).first() or session.scalars(others.order_by(*by)).first()
    return session.scalars(back).first(), after


# Labelling


def find(session: Session, feedback_id: UUID, today: date) -> Feedback:
    """A row that can be labelled. Raises FeedbackNotFound, also for what has no text, or is over."""
    found = session.get(Feedback, feedback_id, populate_existing=True)
    if found is None or found.sealed_text is None or found.keep_until <= today:
        raise FeedbackNotFound("This is gone: its time was over, or whoever gave it has taken it back.")
    return found


def texts(keys: Keys, row: Feedback) -> tuple[str, str]:
    """The reply, and the post that it answers, empty where it came without."""
    return keys.unseal(row.sealed_text or ""), keys.unseal(row.sealed_context) if row.sealed_context else ""


def sit_down(turn: Turn, member_id: UUID, feedback_id: UUID) -> datetime | None:
    """Keeps others from a row for some minutes and lets go of the one before it; None if somebody else is at it."""
    mine = (col(Lease.kind) == LEASE, col(Lease.member_id) == member_id, col(Lease.ref) != feedback_id.hex)
    delete_rows(turn.session, Lease, *mine)
    return leases.take(turn, LEASE, feedback_id.hex, member_id)


def label(
    turn: Turn, member_id: UUID, feedback_id: UUID, acts: Collection[str], *, none: bool, was: str
) -> Feedback:
    """Says what a reply does: some acts, or `none` of them. Saying it again replaces it, and has the row exported
    again. `was` is the state that the member saw.

    Raises BadLabel, FeedbackNotFound, or FeedbackConflict where somebody else is at it or was faster.
    """
    if none == bool(acts) or not set(acts) <= set(ACTS):
        raise BadLabel("Choose what the reply does, or that it is none of these.")
    row = _settle(turn, member_id, feedback_id, "labelled", was)
    row.labels = [act for act in ACTS if act in acts]
    row.exported_on = None
    return row


def dismiss(turn: Turn, member_id: UUID, feedback_id: UUID, *, was: str) -> Feedback:
    """Leaves a row unlabelled, since nobody can tell what it is. Raises as `label` does."""
    row = _settle(turn, member_id, feedback_id, "dismissed", was)
    row.labels = None
    return row


def _settle(turn: Turn, member_id: UUID, feedback_id: UUID, state: State, was: str) -> Feedback:
    lock_accounts(turn)  # two who answer at once come here one after the other
    row = find(turn.session, feedback_id, turn.now.date())
    if row.state != was or leases.take(turn, LEASE, row.id.hex, member_id) is None:
        raise FeedbackConflict("Somebody else is at this one, or was faster. Nothing was changed.")
    leases.release(turn, LEASE, row.id.hex, member_id)
    row.state, row.labelled_by, row.labelled_on = state, member_id, turn.now.date()
    body = {"by": str(member_id), "feedback": str(row.id)}
    record_account_event(turn, f"feedback_{state}", "admin", body)
    return row


# What the labels tell about the model


@dataclass(frozen=True)
class Agreement:
    """How often the model was right in the eyes of those who labelled, of what readers told with a text."""

    language: str
    label: str
    covered: int  # told to be harmless, and labelled
    rightly: int  # of those, the ones that do what the model said
    shown: int  # told to be missed, and labelled
    missed: int  # of those, the ones that do harm


def model_was_right(kind: str, label: str, acts: Iterable[str]) -> bool:
    """Whether what the model said of a reply holds: that it does what the label says, or that it does no harm."""
    done_by = set(acts)
    if kind == "missed":
        return not done_by
    parts: Sequence[str] = PARTS.get(label, (label,))  # type: ignore[call-overload]
    return not done_by.isdisjoint(parts)


def agreement(session: Session, today: date) -> list[Agreement]:
    """By language and label, those with anything labelled only."""
    acts = cast(Feedback.labels, Text)  # PostgreSQL groups texts, and no JSON
    by = (col(Feedback.language), col(Feedback.label), col(Feedback.kind), acts)
    counted: dict[tuple[str, str], dict[str, list[int]]] = {}
    labelled = (col(Feedback.state) == "labelled", is_kept(today))
    chosen = select(*by, func.count()).where(*labelled).group_by(*by)
    for language, named, kind, said, rows in session.execute(chosen):
        both = counted.setdefault((language, named), {one: [0, 0] for one in KINDS})[kind]
        both[0] += rows
        both[1] += rows * model_was_right(kind, named, orjson.loads(said or "[]"))
    order = sorted(counted, key=lambda one: (LANGUAGE_GROUPS.index(one[0]), LABELS.index(one[1])))
    return [
        Agreement(
            language,
            named,
            covered=(told := counted[language, named])["not-harmful"][0],
            rightly=told["not-harmful"][1],
            shown=told["missed"][0],
            missed=told["missed"][0] - told["missed"][1],
        )
        for language, named in order
    ]
