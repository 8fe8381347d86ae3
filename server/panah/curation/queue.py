"""What waits for curators, counted honestly: all that is open, what of it is one's own, and how old it is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true, tuple_
from sqlalchemy import case as case_when
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from panah.blocklists import appeals, panel
from panah.blocklists.lists import rules_by_list
from panah.blocklists.tables import Appeal, Blocklist, Case, Look, Seat
from panah.curation.answers import UNDO

# In the order of the page. Of cases that are looked at first: clear takes a majority, the three others take all;
# strict is what was held, came without a jury, or is looked at anew.
LANES = ("clear", "approve", "contested", "strict", "fresh", "appeal", "review", "upgrade")
Sort = Literal["due", "age"]
SORTS = {"due": "due_at", "age": "drawn_at"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Which stage a case is at now, from its status.
STAGE_NOW = case_when((col(Case.status) == panel.STAGES["first"], "first"), else_=col(Case.status))


@dataclass(frozen=True)
class Lane:
    """`count` cases are open, for all curators together; `mine` wait for the member; the oldest is `oldest_days` at
    its stage, whoever was asked since; `overdue` are there longer than a curator may take.
    """

    count: int = 0
    mine: int = 0
    oldest_days: int | None = None
    overdue: int = 0


@dataclass(frozen=True)
class Row:
    """One open look of a member."""

    look_id: UUID
    blocklist_id: UUID
    slug: str
    list_name: str
    stage: str
    lane: str
    drawn_at: datetime
    due_at: datetime
    age_days: int  # since the member was asked
    overdue: bool
    said: str | None
    counts_at: datetime | None  # of an answer that can still be taken back


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    next: str | None  # pass it as `after`


@dataclass(frozen=True)
class AppealRow:
    """All appeals for one account on one list that wait for an answer."""

    blocklist_id: UUID
    slug: str
    list_name: str
    subject: str
    state: str  # open | waiting (for room)
    own: bool  # its owner is among those who ask
    filed_at: datetime  # the first one
    age_days: int
    target_at: datetime  # answered by then, if all goes well
    target_missed: bool
    off_at: datetime | None  # the account comes off by itself then; None while it waits
    look_id: UUID | None  # the member's own look, where they were drawn
    answered: bool  # by the member


def seated(member_id: UUID, everywhere: bool) -> ColumnElement[bool]:
    """Which open cases a member's curators' seats are for; all of them for who looks after all lists."""
    if everywhere:
        return true()
    held = select(Seat.blocklist_id).where(Seat.member_id == member_id)
    curating = held.where(col(Seat.appeals_only).is_(False))
    return and_(
        col(Case.blocklist_id).in_(held.scalar_subquery()),
        or_(col(Case.status) == panel.STAGES["appeal"], col(Case.blocklist_id).in_(curating.scalar_subquery())),
    )


def lanes(
    session: Session, member_id: UUID, now: datetime, *, everywhere: bool = False, list_slug: str | None = None
) -> dict[str, Lane]:
    """What waits in each lane, on the lists that the member curates, or on all of them, or on one of these."""
    mine = aliased(Look)
    lane = lane_of(STAGE_NOW).label("lane_now")
    late = case_when((is_late(session, now), 1), else_=0)
    counted = (
        select_columns(
            lane,
            func.count(),
            func.count(col(mine.id)),
            func.min(col(Case.since)),
            func.coalesce(func.sum(late), 0),
        )
        .select_from(Case)
        .outerjoin(
            mine,
            and_(
                col(mine.case_id) == col(Case.id),
                col(mine.round) == col(Case.round),
                col(mine.stage) == STAGE_NOW,
                col(mine.member_id) == member_id,
                col(mine.vote).is_(None),
            ),
        )
        .where(col(Case.status).in_(panel.STAGES.values()), seated(member_id, everywhere))
        .group_by(lane)
    )
    if list_slug is not None:
        chosen = select(Blocklist.id).where(Blocklist.slug == list_slug)
        counted = counted.where(col(Case.blocklist_id) == chosen.scalar_subquery())
    found = {
        name: Lane(count, own, None if since is None else (now - since).days, int(overdue))
        for name, count, own, since, overdue in session.execute(counted)
    }
    return {name: found.get(name, Lane()) for name in LANES}


def is_late(session: Session, now: datetime) -> ColumnElement[bool]:
    """Whether a case has waited longer at its stage than its list gives a curator."""
    by_days: dict[int, list[UUID]] = {}
    for list_id, rules in rules_by_list(session, now).items():
        by_days.setdefault(rules.look_days, []).append(list_id)
    return or_(
        false(),
        *(
            and_(col(Case.blocklist_id).in_(ids), col(Case.since) <= now - timedelta(days=days))
            for days, ids in by_days.items()
        ),
    )


def page(
    session: Session,
    member_id: UUID,
    now: datetime,
    *,
    lane: str | None = None,
    list_slug: str | None = None,
    sort: Sort = "due",
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """A member's open looks, the most urgent or the oldest first. A cursor that cannot be read begins anew."""
    at: Any = getattr(Look, SORTS[sort])
    chosen = open_looks(member_id, lane, list_slug).order_by(at, col(Look.id)).limit(limit + 1)
    if start := read_cursor(after):
        chosen = chosen.where(tuple_(at, col(Look.id)) > start)
    found = session.execute(chosen).all()
    rows = [row_out(look, case_lane, slug, name, now) for look, case_lane, slug, name in found[:limit]]
    more = len(found) > limit
    last = found[limit - 1][0] if more else None
    return Page(rows, None if last is None else write_cursor(getattr(last, SORTS[sort]), last.id))


def beside(
    session: Session,
    member_id: UUID,
    look_id: UUID,
    *,
    lane: str | None = None,
    list_slug: str | None = None,
    sort: Sort = "due",
    back: bool = False,
) -> UUID | None:
    """The member's next open look after this one, or the one before it, in the order of the page; those with an
    answer that can still be taken back are passed over. After the last comes the first.
    """
    here = session.get(Look, look_id)
    at: Any = getattr(Look, SORTS[sort])
    order = (at.desc(), col(Look.id).desc()) if back else (at, col(Look.id))
    chosen = open_looks(member_id, lane, list_slug).where(col(Look.said).is_(None), col(Look.id) != look_id)
    chosen = chosen.with_only_columns(col(Look.id)).order_by(*order).limit(1)
    place = tuple_(at, col(Look.id))
    if here is not None:
        start = (getattr(here, SORTS[sort]), here.id)
        found: UUID | None = session.execute(chosen.where(place < start if back else place > start)).scalar()
        if found is not None:
            return found
    return session.execute(chosen).scalar()


def open_looks(member_id: UUID, lane: str | None, list_slug: str | None) -> Any:
    """Looks with their lane and their list's address and name."""
    lane_now = lane_of(col(Look.stage))
    chosen = (
        select_columns(Look, lane_now, col(Blocklist.slug), col(Blocklist.name))
        .join(Case, col(Case.id) == col(Look.case_id))
        .join(Blocklist, col(Blocklist.id) == col(Look.blocklist_id))
        .where(col(Look.member_id) == member_id, col(Look.vote).is_(None))
    )
    if lane is not None:  # a stage is known without the case
        chosen = chosen.where(col(Look.stage) == lane if lane in panel.STAGES else lane_now == lane)
    if list_slug is not None:
        chosen = chosen.where(col(Blocklist.slug) == list_slug)
    return chosen


def lane_of(stage: Any) -> ColumnElement[str]:
    """The lane of a case at a stage. That an owner is protected must not show: such a case is in the strict one."""
    strict = col(Case.strict) | col(Case.lane).not_in(("clear", "approve", "contested"))
    return case_when((stage != "first", stage), (strict, "strict"), else_=col(Case.lane))


def row_out(look: Look, lane: str, slug: str, list_name: str, now: datetime) -> Row:
    return Row(
        look_id=look.id,
        blocklist_id=look.blocklist_id,
        slug=slug,
        list_name=list_name,
        stage=look.stage,
        lane=lane,
        drawn_at=look.drawn_at,
        due_at=look.due_at,
        age_days=(now - look.drawn_at).days,
        overdue=look.due_at <= now,
        said=look.said,
        counts_at=None if look.said_at is None else look.said_at + UNDO,
    )


def write_cursor(at: datetime, look_id: UUID) -> str:
    return f"{(at - EPOCH) // timedelta(microseconds=1)}~{look_id.hex}"


def read_cursor(after: str | None) -> tuple[datetime, UUID] | None:
    at, _, look_id = (after or "").partition("~")
    try:
        return EPOCH + timedelta(microseconds=int(at)), UUID(look_id)
    except (ValueError, OverflowError):
        return None


def appeals_waiting(
    session: Session, member_id: UUID, now: datetime, *, everywhere: bool = False
) -> list[AppealRow]:
    """Appeals that wait for an answer on the member's lists, or on all: what is overdue first, then the oldest."""
    chosen = (
        select_columns(Appeal, Blocklist, Case)
        .join(Blocklist, col(Blocklist.id) == col(Appeal.blocklist_id))
        .join(
            Case, and_(col(Case.blocklist_id) == col(Appeal.blocklist_id), col(Case.subject) == col(Appeal.subject))
        )
        .where(col(Appeal.status).in_(appeals.OPEN))
        .order_by(col(Appeal.filed_at), col(Appeal.id))
    )
    if not everywhere:
        mine = select(Seat.blocklist_id).where(Seat.member_id == member_id)
        chosen = chosen.where(col(Appeal.blocklist_id).in_(mine.scalar_subquery()))
    heard: dict[UUID, list[tuple[Appeal, Blocklist, Case]]] = {}
    for appeal, blocklist, case in session.execute(chosen):
        heard.setdefault(case.id, []).append((appeal, blocklist, case))
    rules = rules_by_list(session, now)
    drawn = select(Look).where(
        Look.member_id == member_id,
        Look.stage == "appeal",
        col(Look.vote).is_(None) | col(Look.vote).in_(panel.GIVEN),
    )
    mine_by_case = {(look.case_id, look.round): look for look in session.exec(drawn)}
    rows = []
    for found in heard.values():
        first, blocklist, case = found[0]
        is_open = case.status == panel.STAGES["appeal"]
        target_at = first.filed_at + timedelta(days=rules[blocklist.id].appeal_target_days)
        look = mine_by_case.get((case.id, case.round)) if is_open else None
        rows.append(
            AppealRow(
                blocklist_id=blocklist.id,
                slug=blocklist.slug,
                list_name=blocklist.name,
                subject=case.subject,
                state="open" if is_open else "waiting",
                own=any(appeal.relation == "own" for appeal, _, _ in found),
                filed_at=first.filed_at,
                age_days=(now - first.filed_at).days,
                target_at=target_at,
                target_missed=target_at <= now,
                off_at=case.due_at if is_open else None,
                look_id=None if look is None else look.id,
                answered=look is not None and look.vote is not None,
            )
        )
    return sorted(rows, key=lambda row: (not row.target_missed, row.filed_at))
