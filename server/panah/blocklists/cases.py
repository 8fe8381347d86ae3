"""When an account is looked at: triggers and holds."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from panah.blocklists import events
from panah.blocklists.policy import Rules
from panah.blocklists.states import UNDECIDED
from panah.blocklists.tables import Blocklist, Case, Category, Contribution, Participant, Protected
from panah.blocklists.turn import Turn

DAY = timedelta(days=1)
FIND = select(Case).where(col(Case.blocklist_id) == bindparam("list_id"), col(Case.subject) == bindparam("subject"))


def find_case(turn: Turn, blocklist: Blocklist, subject: str) -> Case | None:
    return turn.session.exec(FIND, params={"list_id": blocklist.id, "subject": subject}).first()


def reported(
    turn: Turn, blocklist: Blocklist, rules: Rules, subject: str, category: Category, *, arrival: bool = True
) -> None:
    """Takes note of one more report of an account on a locked list, and opens its case where that is due.

    `arrival`: it was sent by somebody just now, and counts for a burst.
    """
    case = find_case(turn, blocklist, subject)
    if case is None:
        case = Case(
            id=UUID(int=turn.lot.getrandbits(128)),
            blocklist_id=blocklist.id,
            subject=subject,
            category=None,
        )
        turn.session.add(case)
    case.reports += 1
    if arrival:
        count_arrival(case, turn.now)
    if case.status in UNDECIDED or case.entry == "waiting":
        hold_back(turn, blocklist, case, rules)
    consider(turn, blocklist, case, rules)


def unreported(turn: Turn, blocklist: Blocklist, subject: str) -> None:
    """Takes note that a report about which nothing was decided was taken back."""
    case = find_case(turn, blocklist, subject)
    if case is not None:
        case.reports = max(0, case.reports - 1)


def count_arrival(case: Case, now: datetime) -> None:
    """Counts reports by the hour for a day, for bursts: when somebody reported is kept nowhere else."""
    hour = int(now.timestamp() // 3600)
    counts = {at: count for at, count in case.arrivals if at > hour - 24}
    counts[hour] = counts.get(hour, 0) + 1
    case.arrivals = [[at, count] for at, count in sorted(counts.items())]
    case.arrived_on = now.date()


def is_held(case: Case, now: datetime) -> bool:
    return case.hold_until is not None and case.hold_until > now


def hold_back(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules) -> None:
    """Holds a case, or an entry that is not yet published, when the reports that come look wrong. The longest hold
    counts: no crowd shortens one.
    """
    held = is_held(case, turn.now)
    if is_burst(case, turn.now, rules):
        since = case.hold_since if held and case.hold_since else turn.now
        until = min(turn.now + rules.burst_days * DAY, since + rules.burst_longest_days * DAY)
        # Not one event for each report of a mob: the hold moves on when an hour of it has passed.
        if not held or (case.hold_until and until - case.hold_until >= timedelta(hours=1)):
            events.step(
                turn, blocklist, case, "held", hold="burst", hold_since=since, hold_until=until, strict=True
            )
    elif not held and case.hold is None and case.status != "gathering":
        hold, ends = hold_for(turn.now, rules, *evidence_of(turn, blocklist, case, rules))
        if hold is not None:
            events.step(turn, blocklist, case, "held", hold=hold, hold_since=turn.now, hold_until=ends, strict=True)


def is_burst(case: Case, now: datetime, rules: Rules) -> bool:
    """Whether many report at once. Whole hours are counted, so "an hour" is one to two."""
    hour = int(now.timestamp() // 3600)
    last_hour = sum(count for at, count in case.arrivals if at >= hour - 1)
    return last_hour >= rules.burst_hour or sum(count for _, count in case.arrivals) >= rules.burst_day


def consider(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules) -> None:
    """Opens a case, or opens it again, when enough independent people have reported the account."""
    again = case.status == "rejected"
    if again and (case.rejections > rules.reopen_times or case.reports < rules.reopen_reports):
        return
    if not again and case.status != "gathering":
        return
    if independent(turn, blocklist, case, rules) < rules.trigger_clusters:
        return
    # What was decided once is decided again only when as many others have come since.
    if again and independent(turn, blocklist, case, rules, since=True) < rules.reopen_reports:
        return
    hold, until = hold_for(turn.now, rules, *evidence_of(turn, blocklist, case, rules))
    if is_held(case, turn.now) and (until is None or (case.hold_until and case.hold_until > until)):
        hold, until = case.hold, case.hold_until
    protected = case.protected or is_protected(turn, case.subject)
    begun = max(turn.now, until or turn.now)
    events.step(
        turn,
        blocklist,
        case,
        "opened",
        status="drawing",
        round=case.round + 1,
        lane="",
        share=None,
        strict=hold is not None,
        protected=protected,
        category=category_of(turn, blocklist, case),
        hold=hold,
        hold_since=hold and (case.hold_since or turn.now),
        hold_until=until,
        fallback_at=begun + rules.fallback_days * DAY,
        due_at=None,
    )


def independent(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, *, since: bool = False) -> int:
    """How many independent voices report the account; `since` the last decision only."""
    voices = voices_of(turn, blocklist, case, rules, since=since)
    # All imports together are one voice: many bring the same public list, and none of them shows anything.
    clusters = {"import" if post is None else cluster for cluster, _, post, _ in voices}
    branches = {"import" if post is None else branch for _, branch, post, _ in voices}
    return min(len(clusters), len(branches))


def voices_of(
    turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, *, since: bool = False
) -> list[tuple[str, str, str | None, date]]:
    """(cluster, branch, cited post, joined on) of each report that still counts."""
    joined = (
        select_columns(
            col(Participant.cluster),
            col(Participant.branch_tag),
            col(Contribution.evidence_post_id),
            col(Participant.joined_on),
        )
        .join(
            Participant,
            (col(Participant.blocklist_id) == col(Contribution.blocklist_id))
            & (col(Participant.tag) == col(Contribution.tag)),
        )
        .where(
            col(Contribution.blocklist_id) == blocklist.id,
            col(Contribution.subject) == case.subject,
            col(Contribution.reported_on) > turn.now.date() - rules.evidence_days * DAY,
            col(Participant.suspended).is_(False),
            col(Contribution.withdrawn).is_(False),
        )
    )
    if since:
        joined = joined.where(col(Contribution.settled).is_(False))
    return [(cluster, branch, post, on) for cluster, branch, post, on in turn.session.execute(joined)]


def evidence_of(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules) -> tuple[list[str | None], list[date]]:
    """The posts that reports cite, and when their reporters joined."""
    voices = voices_of(turn, blocklist, case, rules)
    return [post for _, _, post, _ in voices], [on for *_, on in voices]


def hold_for(
    now: datetime, rules: Rules, posts: list[str | None], joined: list[date]
) -> tuple[str | None, datetime | None]:
    """Why and until when a case waits before a jury is drawn; (None, None) when it need not."""
    young = sum((now.date() - on).days < rules.young_days for on in joined)
    if len(joined) >= rules.young_reports and young > rules.young_share * len(joined):
        return "young", now + rules.young_hold_days * DAY
    cited = {post for post in posts if post is not None}
    if len(joined) >= rules.one_post_reports and len(cited) == 1:
        return "one-post", now + rules.one_post_days * DAY
    return None, None


def category_of(turn: Turn, blocklist: Blocklist, case: Case) -> str:
    """The category that most reports name; the first in the order of the labels where several do."""
    named = select(Contribution.category).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.subject == case.subject,
        col(Contribution.withdrawn).is_(False),
    )
    found = [str(Category(one)) for one in turn.session.exec(named)]
    return max((str(one) for one in Category), key=found.count)


def digest_subject(turn: Turn, subject: str) -> str:
    return turn.keys.digest("protected", subject)


def is_protected(turn: Turn, subject: str) -> bool:
    """Whether the account's owner asked for protection and two members saw that it is theirs."""
    return owner_of(turn, subject) is not None


def owner_of(turn: Turn, subject: str) -> Protected | None:
    """The protection of an account that two members have confirmed."""
    active = select(Protected).where(
        Protected.subject_digest == digest_subject(turn, subject), Protected.status == "active"
    )
    return turn.session.exec(active).first()


def review_holds(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules) -> bool:
    """Whether a case in "drawing" may go on now. Ends a hold that is over, or whose reason has passed."""
    if case.hold is None:
        return True
    assert case.hold_until is not None  # noqa: S101  (a hold has an end)
    if case.hold != "burst" and turn.now < case.hold_until:
        hold, _ = hold_for(turn.now, rules, *evidence_of(turn, blocklist, case, rules))
        if hold is None:  # others, or other posts, have come since
            events.step(turn, blocklist, case, "released", hold=None, hold_until=None, strict=False)
            return True
    if turn.now < case.hold_until:
        return False
    # It stays strict: waiting has not made the reports better.
    events.step(turn, blocklist, case, "released", hold=None, hold_until=None)
    return True
