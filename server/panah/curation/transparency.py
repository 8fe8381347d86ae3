"""What a list did in a month, for everybody to read: signed, and of nobody in particular.

Counts are given in steps of five, rounded down, and below five as "<5"; no total is given beside its parts. Several
tables over the same decisions could still be set against each other, so a table is withheld where what is published
would leave any of its counts fewer values than the step itself does: `hides` says so, and tests try it out.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from panah.blocklists import lists, states
from panah.blocklists.schemas import REASONS
from panah.blocklists.states import CaseState
from panah.blocklists.tables import Appeal, Blocklist, Case, Category, Decision, Entry, Event, ListPolicy, Tier
from panah.blocklists.turn import Turn
from panah.curation.tables import TransparencyReport
from panah.distribution.keyring import signer_for
from panah.distribution.outlet import Outlet
from panah.distribution.publish import lock_catalogue
from panah.distribution.signing import Refused, envelope, fingerprint, from_moment, open_envelope
from panah.errors import AppError

FORMAT = 1
HEADING = "panah-transparency-report\n"  # signed with it, so that a report is never taken for a catalogue
STEP = 5
FEW = f"<{STEP}"
MONTHS_BACK = 12  # that are made up for, after a server was away or was brought up to date
DAY = timedelta(days=1)

LANES = ("clear", "approve", "contested", "protected", "no-jury")
OUTCOMES = ("hide", "flag", "keep")
STOPS = ("admin", "unattended", "overturned", "growth", "too-many-additions")
BANDS = ((0, "0"), (2, "1-2"), (5, "3-5"), (10, "6-10"), (20, "11-20"))
MANY = "21+"

Count = int | str
Table = dict[str, Count]


class ReportNotFound(AppError):
    status = 404
    code = "report-not-found"


@dataclass(frozen=True)
class Month:
    """A calendar month in UTC: its first day, and the first of the next."""

    first: date
    after: date

    @property
    def name(self) -> str:
        return self.first.strftime("%Y-%m")

    @property
    def begins(self) -> datetime:
        return datetime(self.first.year, self.first.month, 1, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        return datetime(self.after.year, self.after.month, 1, tzinfo=UTC)


def month_of(day: date) -> Month:
    first = day.replace(day=1)
    return Month(first, (first + 31 * DAY).replace(day=1))


def read_month(name: str) -> Month:
    """Raises ReportNotFound for what is no month."""
    try:
        found = month_of(date.fromisoformat(f"{name}-01"))
    except ValueError:
        raise ReportNotFound("There is no report for that month.") from None
    if found.name != name:
        raise ReportNotFound("There is no report for that month.")
    return found


# Counts that tell of nobody


def floor(count: int) -> int:
    return count - count % STEP


def coarse(count: int) -> Count:
    return FEW if count < STEP else floor(count)


def table(counts: Mapping[str, int], keys: Iterable[str]) -> Table:
    return {key: coarse(counts.get(key, 0)) for key in keys}


def hides(counts: Sequence[int], known_least: int, known_most: int) -> bool:
    """Whether each of these counts could still have any value of its step, for a reader who knows from elsewhere
    that their sum is in [known_least, known_most].
    """
    least = sum(floor(count) for count in counts)
    most = least + (STEP - 1) * len(counts)
    # The one count is lowest when all others are highest, and the other way round.
    return known_least <= most - (STEP - 1) and known_most >= least + (STEP - 1)


def withhold(tables: Mapping[str, Mapping[str, int]], least: int = 0, most: int | None = None) -> set[str]:
    """Names of the tables over the same things that may not be published together. The first always may, and each
    further one where neither it nor those before it tell more than their steps. [least, most] is what else is
    published about their sum.
    """
    kept: list[Sequence[int]] = []
    gone = set()
    for name, counts in tables.items():
        tried = [*kept, list(counts.values())]
        bounds = [(sum(map(floor, one)), sum(floor(n) + STEP - 1 for n in one)) for one in tried]
        low = max([least, *(one for one, _ in bounds)])
        high = min([most if most is not None else bounds[0][1], *(one for _, one in bounds)])
        if not kept or all(hides(one, low, high) for one in tried):
            kept = tried
        else:
            gone.add(name)
    return gone


def band(count: int) -> str:
    return next((name for most, name in BANDS if count <= most), MANY)


# What a month held


def make_report(turn: Turn, blocklist: Blocklist, month: Month) -> dict[str, Any]:
    """All of a list's report but who signs it. Reads only; the month must be over on the list's own clock."""
    session = turn.session
    decided, median = _decisions(session, blocklist, month)
    return {
        "list": {"id": str(blocklist.id), "slug": blocklist.slug, "name": blocklist.name},
        "month": month.name,
        "cases_opened": coarse(_events(session, blocklist, month, "opened")),
        "decided": decided,
        "median_days": median,
        "overturned": coarse(_overturned(session, blocklist, month)),
        "appeals": _appeals(turn, blocklist, month),
        "entries": _entries(session, blocklist, month),
        "stops": _stops(session, blocklist, month),
        "rules": _rule_changes(session, blocklist, month),
        "curators": band(_curators(session, blocklist, month)),
    }


def _events(session: Session, blocklist: Blocklist, month: Month, kind: str) -> int:
    return session.exec(select(func.count()).select_from(Event).where(*_in(blocklist, month, kind))).one()


def _in(blocklist: Blocklist, month: Month, *kinds: str) -> tuple[Any, ...]:
    return (
        Event.blocklist_id == blocklist.id,
        col(Event.kind).in_(kinds),
        Event.made_on >= month.first,
        Event.made_on < month.after,
    )


def _decisions(session: Session, blocklist: Blocklist, month: Month) -> tuple[dict[str, Any], int | None]:
    """(what was decided, median of whole days from opening to decision; None for fewer than five)."""
    of_it = (Decision.outcome, Decision.reason_code, Decision.lane, Decision.made_on, Decision.round)
    made = session.execute(
        select_columns(*map(col, of_it), col(Case.subject))
        .join(Case, col(Case.id) == Decision.case_id)
        .where(*_decided(blocklist, month))
    ).all()
    together = [one for one in made if one[2] in LANES]
    outcomes = Counter(one[0] for one in together)
    reasons = Counter(one[1] if one[1] in REASONS else "other" for one in together)
    lanes = Counter(one[2] for one in together)
    opened = _opened(session, blocklist, month)
    days = [
        (made_on - opened[subject, number]).days
        for *_, made_on, number, subject in together
        if (subject, number) in opened
    ]
    median = round(statistics.median(days)) if len(days) >= STEP else None
    tables: dict[str, dict[str, int]] = {
        "outcome": {key: outcomes[key] for key in OUTCOMES},
        "reason": {key: reasons[key] for key in REASONS},
        "lane": {key: lanes[key] for key in LANES},
    }
    # Whether a median is given says whether there were five.
    gone = withhold(tables, least=STEP if median is not None else 0)
    found: dict[str, Any] = {
        name: None if name in gone else table(counts, counts) for name, counts in tables.items()
    }
    found["kept_by_juries"] = coarse(sum(lane == "jury" for _, _, lane, *_ in made))
    found["removed_by_one"] = coarse(sum(lane.startswith("by:") for _, _, lane, *_ in made))
    return found, median


def _decided(blocklist: Blocklist, month: Month) -> tuple[Any, ...]:
    return (
        Decision.blocklist_id == blocklist.id,
        Decision.made_on >= month.first,
        Decision.made_on < month.after,
    )


def _opened(session: Session, blocklist: Blocklist, month: Month) -> dict[tuple[str, int], date]:
    """When each round began of the cases that were decided in the month."""
    subjects = (
        select(Case.subject)
        .join(Decision, col(Decision.case_id) == Case.id)
        .where(*_decided(blocklist, month))
        .scalar_subquery()
    )
    rows = session.execute(
        select_columns(*map(col, (Event.subject, Event.made_on, Event.body))).where(
            col(Event.blocklist_id) == blocklist.id, col(Event.kind) == "opened", col(Event.subject).in_(subjects)
        )
    )
    return {(subject or "", int((body or {}).get("round", 0))): made_on for subject, made_on, body in rows}


def _overturned(session: Session, blocklist: Blocklist, month: Month) -> int:
    return session.exec(
        select(func.count())
        .select_from(Decision)
        .where(
            Decision.blocklist_id == blocklist.id,
            col(Decision.overturned_on) >= month.first,
            col(Decision.overturned_on) < month.after,
        )
    ).one()


def _appeals(turn: Turn, blocklist: Blocklist, month: Month) -> dict[str, Any]:
    """Appeals filed in the month, and those that curators answered in it."""
    session = turn.session
    filed = session.exec(
        select(func.count())
        .select_from(Appeal)
        .where(Appeal.blocklist_id == blocklist.id, Appeal.filed_at >= month.begins, Appeal.filed_at < month.ends)
    ).one()
    ended = {
        (subject, made_on)
        for subject, made_on, kind, role in session.execute(
            select_columns(*map(col, (Event.subject, Event.made_on, Event.kind, Event.role))).where(
                *_in(blocklist, month, "removed", "expired")
            )
        )
        if kind == "expired" or role == "panah"
    }
    rows = session.execute(
        select_columns(*map(col, (Appeal.subject, Appeal.status, Appeal.filed_at, Appeal.answered_on))).where(
            col(Appeal.blocklist_id) == blocklist.id,
            col(Appeal.status).in_(("kept", "removed")),
            col(Appeal.answered_on) >= month.first,
            col(Appeal.answered_on) < month.after,
        )
    )
    answered = [one for one in rows if one[1] == "kept" or (one[0], one[3]) not in ended]
    target = lists.rules_of(session, blocklist, month.ends).appeal_target_days * DAY
    in_time = sum(on is not None and on <= (filed_at + target).date() for _, _, filed_at, on in answered)
    answers = Counter(status for _, status, _, _ in answered)
    tables = {
        "answered": {"kept": answers["kept"], "removed": answers["removed"]},
        "time": {"in_time": in_time, "late": len(answered) - in_time},
    }
    gone = withhold(tables)
    lapsed = session.exec(
        select(func.count()).select_from(Event).where(*_in(blocklist, month, "removed"), Event.role == "panah")
    ).one()
    return {
        "filed": coarse(filed),
        **{name: None if name in gone else table(counts, counts) for name, counts in tables.items()},
        "lapsed": coarse(lapsed),
    }


def _entries(session: Session, blocklist: Blocklist, month: Month) -> dict[str, Any]:
    """Published entries at the month's end by tier, and by category where that tells of none of them."""
    later = (
        select(Event.subject)
        .where(
            Event.blocklist_id == blocklist.id,
            Event.made_on >= month.after,
            col(Event.number).is_not(None),
            col(Event.subject).is_not(None),
        )
        .scalar_subquery()
    )
    counts: Counter[tuple[str, str]] = Counter()
    untouched = (
        select(Entry.tier, Entry.category, func.count())
        .where(
            Entry.blocklist_id == blocklist.id,
            Entry.status == "published",
            col(Entry.subject).not_in(later),
        )
        .group_by(col(Entry.tier), col(Entry.category))
    )
    for tier, category, count in session.exec(untouched):
        counts[str(tier), str(category)] += count
    for state in _states(session, blocklist, month, later):
        if state.entry == "published":
            counts[str(state.tier), str(state.category)] += 1
    found = {}
    for tier in (str(one) for one in reversed(Tier)):
        each = {str(one): counts[tier, str(one)] for one in Category}
        total = sum(each.values())
        # How many there are of a tier can be counted in the published list itself.
        open_ = hides(list(each.values()), total, total) or total < STEP
        found[tier] = {"all": coarse(total), "category": table(each, each) if open_ else None}
    return found


def _states(session: Session, blocklist: Blocklist, month: Month, subjects: Any) -> list[CaseState]:
    """How the cases stood at the month's end that have gone on since."""
    rows = session.execute(
        select_columns(*map(col, (Event.subject, Event.number, Event.kind, Event.body))).where(
            col(Event.blocklist_id) == blocklist.id,
            col(Event.made_on) < month.after,
            col(Event.number).is_not(None),
            col(Event.subject).in_(subjects),
        )
    )
    return list(states.replay((s or "", n or 0, kind, dict(body or {})) for s, n, kind, body in rows).values())


def _stops(session: Session, blocklist: Blocklist, month: Month) -> dict[str, int]:
    """How often additions stopped, by why. Exact: it is about the list, and everybody could see it then."""
    rows = session.exec(select(Event.body).where(*_in(blocklist, month, "stopped")))
    why = Counter(str((body or {}).get("why", "")) for body in rows)
    return {key: why[key] for key in STOPS}


def _rule_changes(session: Session, blocklist: Blocklist, month: Month) -> list[dict[str, list[Any]]]:
    """What changed with each set of rules that came into force: [before, after] by name. Notes and names are not
    told.
    """
    rows = session.exec(
        select(ListPolicy)
        .where(ListPolicy.blocklist_id == blocklist.id, col(ListPolicy.in_force_at) < month.ends)
        .order_by(col(ListPolicy.in_force_at), col(ListPolicy.id))
    ).all()
    changes = []
    for before, row in pairwise(rows):
        if row.in_force_at is not None and row.in_force_at >= month.begins:
            names = sorted({*before.numbers, *row.numbers})
            pairs = {name: [before.numbers.get(name), row.numbers.get(name)] for name in names}
            changes.append({name: pair for name, pair in pairs.items() if pair[0] != pair[1]})
    return changes


def _curators(session: Session, blocklist: Blocklist, month: Month) -> int:
    """How many had a seat that decides, at the month's end."""
    rows = session.exec(
        select(Event.kind, Event.body)
        .where(
            Event.blocklist_id == blocklist.id,
            col(Event.kind).in_(("seated", "unseated")),
            Event.made_on < month.after,
        )
        .order_by(col(Event.seq))
    )
    seated = {}
    for kind, body in rows:
        said = body or {}
        seated[said.get("member")] = kind == "seated" and not said.get("appeals_only")
    return sum(seated.values())


# Publishing


def due_months(session: Session, blocklist: Blocklist) -> list[Month]:
    """Months that are over on the list's clock and have no report, oldest first."""
    newest = month_of(blocklist.clock_at.date())
    months: list[Month] = []
    month = month_of(newest.first - DAY)
    while month.after > blocklist.created_on and len(months) < MONTHS_BACK:
        months.append(month)
        month = month_of(month.first - DAY)
    if not months:
        return []
    chosen = select(TransparencyReport.month).where(
        TransparencyReport.blocklist_id == blocklist.id, TransparencyReport.month >= months[-1].name
    )
    known = set(session.exec(chosen))
    return [month for month in reversed(months) if month.name not in known]


def publish_due_reports(turn: Turn, blocklist: Blocklist, outlet: Outlet) -> list[str]:
    """Makes, signs and keeps the reports of months that are over; their names. Again makes none, and without a key
    that can sign none is made until there is one.
    """
    fresh = turn.session.get(Blocklist, blocklist.id)
    if fresh is None or not due_months(turn.session, fresh):
        return []
    _, blocklist = lists.lock(turn, blocklist)
    due = due_months(turn.session, blocklist)  # another process may have been faster
    if not due:
        return []
    lock_catalogue(turn.session)
    signer = signer_for(turn, outlet.root)
    if signer is None:
        return []
    today = turn.now.date()
    for month in due:
        head = {"format": FORMAT, "server": outlet.server, "made_on": today.isoformat()}
        signed = orjson.dumps(head | make_report(turn, blocklist, month)).decode()
        body = envelope(signed, signer.private, signer.key, signer.roots, heading=HEADING)
        turn.session.add(
            TransparencyReport(blocklist_id=blocklist.id, month=month.name, body=body.decode(), made_on=today)
        )
    turn.session.flush()
    return [month.name for month in due]


# Reading


def months_of(session: Session, blocklist: Blocklist) -> list[str]:
    """Months with a report, the newest first."""
    chosen = select(TransparencyReport.month).where(TransparencyReport.blocklist_id == blocklist.id)
    return list(session.exec(chosen.order_by(col(TransparencyReport.month).desc())))


def body_of(session: Session, blocklist: Blocklist, month: str) -> str:
    """The signed text as it was published. Raises ReportNotFound."""
    found = session.get(TransparencyReport, (blocklist.id, month))
    if found is None:
        raise ReportNotFound("There is no report for that month.")
    return found.body


def content_of(body: str) -> dict[str, Any]:
    """What a report says, without checking who signed it: for this server's own."""
    found: dict[str, Any] = orjson.loads(orjson.loads(body)["signed"])
    return found


def open_report(body: bytes, *, known_by: str) -> dict[str, Any]:
    """What a downloaded report says, once it is sure that a server with that root key's fingerprint signed it.
    Raises Refused.
    """
    text, key, roots = open_envelope(body, heading=HEADING)
    if plain(known_by) not in {plain(fingerprint(root.public)) for root in roots}:
        raise Refused("roots")
    try:
        found: dict[str, Any] = orjson.loads(text)
        if found["format"] != FORMAT:
            raise Refused("format")
        made_on = date.fromisoformat(found["made_on"])
        begins, ends = from_moment(key.not_before).date(), from_moment(key.not_after).date()
    except Refused:
        raise
    except (ValueError, TypeError, KeyError) as cause:
        raise Refused("malformed") from cause
    if not begins <= made_on <= ends:
        raise Refused("key")
    return found


def plain(known_by: str) -> str:
    """A fingerprint without the spaces that make it easy to compare."""
    return "".join(known_by.split()).lower()
