"""What a curator has on the desk: one case, with all there is to know before a vote, and one's own answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from panah.blocklists import schemas, views
from panah.blocklists.looks import CHOICES
from panah.blocklists.tables import Blocklist, Case, Look, Tier
from panah.blocklists.turn import Turn
from panah.curation.answers import UNDO
from panah.curation.bulk import STAGES
from panah.curation.tables import NoteTemplate

LAST_ANSWERS = 20


@dataclass(frozen=True)
class Desk:
    """A case. Nothing in it tells a protected account from one that takes care for another reason."""

    case: schemas.CaseOut
    rule: str  # which votes it takes: clear | strict | fresh | appeal | review | upgrade
    jury: str  # how it went, in a word: clear | approve | contested | none
    flag_only: bool
    curators: int
    majority: int
    off_at: datetime | None  # the account comes off by itself then, without an answer to its appeal
    templates: list[tuple[str, str]]  # titles and texts of the list's notes
    said: str | None  # an answer that does not count yet
    said_reason: str
    said_note: str


@dataclass(frozen=True)
class Said:
    """One's own answer: `counts_at` while it can still be taken back without a trace."""

    id: UUID
    list_name: str
    stage: str
    vote: str
    at: datetime
    counts_at: datetime
    left: int  # seconds


@dataclass(frozen=True)
class Chosen:
    """An open look of one's own, chosen among others."""

    id: UUID
    list_name: str
    subject: str
    stage: str
    due_at: datetime


def desk_of(turn: Turn, member_id: UUID, look_id: UUID) -> Desk:
    """Raises what views.case_of raises."""
    shown = views.case_of(turn, member_id, look_id)
    look = turn.session.get_one(Look, look_id)
    case = turn.session.get_one(Case, look.case_id)
    blocklist = turn.session.get_one(Blocklist, look.blocklist_id)
    curators = int(shown.rules["curators"])
    notes = select(NoteTemplate).where(NoteTemplate.blocklist_id == blocklist.id).order_by(col(NoteTemplate.title))
    rule = shown.stage
    if rule == "first":
        rule = "clear" if case.lane == "clear" and not case.strict else "strict"
    return Desk(
        case=shown,
        rule=rule,
        jury=jury_of(case),
        flag_only=blocklist.tier_cap == Tier.FLAG,
        curators=curators,
        majority=curators // 2 + 1,
        off_at=case.due_at if shown.stage == case.status == "appeal" else None,
        templates=[(one.title, one.text) for one in turn.session.exec(notes)],
        said=look.said,
        said_reason=look.said_reason,
        said_note=look.said_note,
    )


def jury_of(case: Case) -> str:
    """How the jury went, without counts. What a protected account takes is not told apart: who asked for protection
    is nobody's business.
    """
    if case.share is None:
        return "none"
    return case.lane if case.lane in ("clear", "contested") else "approve"


def unsettled(session: Session, member_id: UUID, now: datetime) -> list[Said]:
    """One's answers that do not count yet, the newest first."""
    chosen = (
        select(Look, Blocklist.name)
        .join(Blocklist, col(Blocklist.id) == col(Look.blocklist_id))
        .where(Look.member_id == member_id, col(Look.said_at) > now - UNDO, col(Look.vote).is_(None))
        .order_by(col(Look.said_at).desc(), col(Look.id))
    )
    return [said_of(look, name, look.said or "", look.said_at, now) for look, name in session.exec(chosen)]


def last_answers(session: Session, member_id: UUID, now: datetime) -> list[Said]:
    """One's newest answers that count."""
    chosen = (
        select(Look, Blocklist.name)
        .join(Blocklist, col(Blocklist.id) == col(Look.blocklist_id))
        .where(Look.member_id == member_id, col(Look.vote).in_(CHOICES), col(Look.answered_at).is_not(None))
        .order_by(col(Look.answered_at).desc(), col(Look.id))
        .limit(LAST_ANSWERS)
    )
    return [said_of(look, name, look.vote or "", look.answered_at, now) for look, name in session.exec(chosen)]


def said_of(look: Look, list_name: str, vote: str, at: datetime | None, now: datetime) -> Said:
    assert at is not None  # noqa: S101  (an answer has a time)
    counts_at = at + UNDO
    left = max(0, -(-(counts_at - now) // timedelta(seconds=1)))
    return Said(look.id, list_name, views.stage_of(look), vote, at, counts_at, left)


def chosen_among(session: Session, member_id: UUID, ids: Iterable[UUID], what: str) -> list[Chosen]:
    """Those of the looks that `bulk.answer_many` would take, the most urgent first."""
    rows = (
        select_columns(col(Look.id), col(Blocklist.name), col(Case.subject), col(Look.stage), col(Look.due_at))
        .join(Case, col(Case.id) == col(Look.case_id))
        .join(Blocklist, col(Blocklist.id) == col(Look.blocklist_id))
        .where(
            col(Look.member_id) == member_id,
            col(Look.id).in_(list(ids)),
            col(Look.vote).is_(None),
            col(Look.said).is_(None),
            col(Look.stage).in_(STAGES[what]),
        )
        .order_by(col(Look.due_at), col(Look.id))
    )
    return [Chosen(*row) for row in session.execute(rows)]
