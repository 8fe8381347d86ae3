"""How lists stand, for those who look after them: in numbers, and never who reported whom."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from panah.blocklists.lists import rules_by_list
from panah.blocklists.panel import STAGES
from panah.blocklists.tables import Blocklist, Case, Entry, Event, Invitation, Look, Seat

OPEN = ("drawing", "jury", "looks", "notice", "fresh", "appeal", "review", "upgrade")
HISTORY = 50  # events of one page
DAY = timedelta(days=1)


@dataclass
class Standing:
    """One list. `overdue` of the open cases have waited for curators longer than a look may take; `entries` are the
    published ones by tier, `waiting` those that come with the next batch.
    """

    blocklist: Blocklist
    state: str = "running"  # running | stopped | archived | unattended
    cases: Counter[str] = field(default_factory=Counter)  # open ones by status
    overdue: int = 0
    entries: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    curators: int = 0

    @property
    def open(self) -> int:
        return sum(self.cases.values())


def standings(session: Session, chosen: Iterable[Blocklist], now: datetime) -> list[Standing]:
    """How these lists stand, in as many queries for one as for all."""
    found = {one.id: Standing(one) for one in chosen}
    mine = list(found)
    statuses = (
        select_columns(col(Case.blocklist_id), col(Case.status), func.count())
        .where(col(Case.blocklist_id).in_(mine), col(Case.status).in_(OPEN))
        .group_by(col(Case.blocklist_id), col(Case.status))
    )
    for list_id, status, count in session.execute(statuses):
        found[list_id].cases[status] = count
    tiers = (
        select_columns(col(Entry.blocklist_id), col(Entry.tier), col(Entry.status), func.count())
        .where(col(Entry.blocklist_id).in_(mine))
        .group_by(col(Entry.blocklist_id), col(Entry.tier), col(Entry.status))
    )
    for list_id, tier, status, count in session.execute(tiers):
        if status == "published":
            found[list_id].entries[str(tier)] += count
        else:
            found[list_id].waiting += count
    seats = (
        select_columns(col(Seat.blocklist_id), func.count())
        .where(col(Seat.blocklist_id).in_(mine), col(Seat.appeals_only).is_(False))
        .group_by(col(Seat.blocklist_id))
    )
    for list_id, count in session.execute(seats):
        found[list_id].curators = count
    for list_id, count in late(session, mine, now):
        found[list_id].overdue = count
    for one in found.values():
        one.state = state_of(one)
    return list(found.values())


def state_of(one: Standing) -> str:
    if one.blocklist.archived:
        return "archived"
    if one.blocklist.stopped is not None:
        return "stopped"
    return "running" if one.curators else "unattended"


def late(session: Session, lists: list[UUID], now: datetime) -> list[tuple[UUID, int]]:
    """Cases whose curators were first asked longer ago than a look may take, by list."""
    days = {one: rules.look_days for one, rules in rules_by_list(session, now).items()}
    if not lists:
        return []
    at = or_(
        *(and_(col(Case.status) == status, col(Look.stage) == stage) for stage, status in STAGES.items()),
    )
    asked = (
        select_columns(col(Case.blocklist_id), func.min(col(Look.drawn_at)).label("since"))
        .join(Look, (col(Look.case_id) == col(Case.id)) & (col(Look.round) == col(Case.round)))
        .where(col(Case.blocklist_id).in_(lists), col(Case.entry) != "removed", at)
        .group_by(col(Case.blocklist_id), col(Case.id))
        .subquery()
    )
    overdue = or_(*(and_(asked.c.blocklist_id == one, asked.c.since < now - days[one] * DAY) for one in lists))
    counted = select_columns(asked.c.blocklist_id, func.count()).where(overdue).group_by(asked.c.blocklist_id)
    return [(list_id, count) for list_id, count in session.execute(counted)]


# People


@dataclass(frozen=True)
class Chair:
    """Somebody's seat, with what waits for them."""

    member_id: UUID
    appeals_only: bool
    since: date
    open: int
    overdue: int
    answered_on: date | None  # their last answer on this list


def chairs(session: Session, blocklist: Blocklist, now: datetime) -> list[Chair]:
    """Who curates a list and whether they are away, longest there first."""
    work = (
        select_columns(
            col(Look.member_id),
            func.count().filter(col(Look.vote).is_(None)),
            func.count().filter(col(Look.vote).is_(None), col(Look.due_at) <= now),
            func.max(col(Look.answered_at)),
        )
        .where(col(Look.blocklist_id) == blocklist.id)
        .group_by(col(Look.member_id))
    )
    known = {member_id: rest for member_id, *rest in session.execute(work)}
    rows = session.exec(
        select(Seat).where(Seat.blocklist_id == blocklist.id).order_by(col(Seat.since), col(Seat.member_id))
    )
    made = []
    for one in rows:
        waiting, overdue, answered = known.get(one.member_id, (0, 0, None))
        on = answered.date() if answered else None
        made.append(Chair(one.member_id, one.appeals_only, one.since, waiting, overdue, on))
    return made


@dataclass(frozen=True)
class Codes:
    """Invitations that members of a list made: how many, and never for whom."""

    made: int
    used: int
    waiting: int


def codes_of(session: Session, blocklist: Blocklist, today: date) -> Codes:
    rows = session.execute(
        select_columns(col(Invitation.used_on).is_not(None), col(Invitation.expires_on) >= today, func.count())
        .where(col(Invitation.blocklist_id) == blocklist.id, col(Invitation.made_by).is_(None))
        .group_by(col(Invitation.used_on).is_not(None), col(Invitation.expires_on) >= today)
    ).all()
    return Codes(
        made=sum(count for *_, count in rows),
        used=sum(count for used, _, count in rows if used),
        waiting=sum(count for used, lasts, count in rows if lasts and not used),
    )


# History


@dataclass(frozen=True)
class History:
    """Some events of a list, the newest first; `before` leads to those before them, None at the end."""

    events: list[Event]
    before: int | None


def history(session: Session, blocklist: Blocklist, *, kind: str = "", before: int | None = None) -> History:
    chosen = select(Event).where(Event.blocklist_id == blocklist.id)
    if kind:
        chosen = chosen.where(Event.kind == kind)
    if before is not None:
        chosen = chosen.where(Event.seq < before)
    rows = list(session.exec(chosen.order_by(col(Event.seq).desc()).limit(HISTORY + 1)))
    more = len(rows) > HISTORY
    return History(rows[:HISTORY], rows[HISTORY - 1].seq if more else None)


def members_in(events: Iterable[Event]) -> set[UUID]:
    """Members whom events name by id, in `member` or `by`."""
    named: dict[str, set[UUID]] = defaultdict(set)
    for event in events:
        for name in ("member", "by"):
            given: Any = (event.body or {}).get(name)
            if isinstance(given, str):
                named[name].add(UUID(given))
    return named["member"] | named["by"]
