"""What is due on a list: run every few minutes, by whichever process comes first."""

import statistics
from datetime import date, timedelta

from sqlalchemy import select as select_columns
from sqlalchemy import update
from sqlmodel import col, func, select

from panah.blocklists import appeals, cases, events, juries, looks, panel, protection
from panah.blocklists.contributors import TAG_KEY_DAYS, rotate_tags
from panah.blocklists.lists import LONGEST_STEP, delete_rows, lock, rules_of, seats_of, stop_locked
from panah.blocklists.policy import Rules
from panah.blocklists.standing import find_clusters, is_qualified
from panah.blocklists.tables import (
    Blocklist,
    Case,
    Contribution,
    Decision,
    Event,
    Look,
    Participant,
    ReviewTask,
)
from panah.blocklists.turn import Turn

DAY = timedelta(days=1)
KEEP_REPORTS = 365  # days after which a report that was decided on is deleted


def tick(turn: Turn, blocklist: Blocklist, *, longest: timedelta = LONGEST_STEP) -> None:
    """Does everything that is due on one list. Again at once changes nothing.

    The list's clock goes forward by `longest` at most, and never back.
    """
    turn, blocklist = lock(turn, blocklist, longest=longest)
    blocklist.clock_at = turn.now
    rules = rules_of(turn.session, blocklist, turn.now)
    attend(turn, blocklist, rules)
    if not blocklist.archived:
        if renew_clusters(turn, blocklist, rules):
            reconsider(turn, blocklist, rules)
        go_on(turn, blocklist, rules)
    panel.replace_late(turn, blocklist, rules)
    protection.deadlines(turn, blocklist, rules)
    appeals.deadlines(turn, blocklist, rules)
    expire(turn, blocklist)
    begin_reviews(turn, blocklist, rules)
    begin_upgrades(turn, blocklist, rules)
    check_overturned(turn, blocklist, rules)
    publish_due(turn, blocklist, rules)
    if turn.now.date() - blocklist.tag_key_on >= TAG_KEY_DAYS * DAY:
        rotate_tags(turn, blocklist)
    turn.session.flush()


def attend(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """A list that nobody has curated for long gets nothing new; what is on it goes on to expire."""
    if seats_of(turn.session, blocklist):
        blocklist.attended_on = turn.now.date()
        if blocklist.stopped == "unattended":
            blocklist.stopped = None
            events.append(turn, blocklist, "resumed", role="panah")
    elif turn.now.date() - blocklist.attended_on >= rules.unattended_days * DAY:
        stop_locked(turn, blocklist, "unattended")


def renew_clusters(turn: Turn, blocklist: Blocklist, rules: Rules) -> bool:
    """Looks once a day for people who report in step, and deletes what is old. Whether it did."""
    today = turn.now.date()
    if blocklist.clusters_on == today:
        return False
    blocklist.clusters_on = today
    session = turn.session
    chosen = select(col(Contribution.tag), col(Contribution.subject), col(Contribution.reported_on)).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.reported_on > today - rules.evidence_days * DAY,
        Contribution.source != "import",  # people import the same public lists, and that says nothing about them
    )
    people = session.exec(select(Participant).where(Participant.blocklist_id == blocklist.id)).all()
    suspended = {one.tag for one in people if one.suspended}
    known = {one.tag for one in people if is_qualified(one, rules, today)}
    told = (row for row in session.exec(chosen) if row[0] not in suspended)
    clusters = find_clusters(told, rules, known=known)
    for one in people:
        found = clusters.get(one.tag, one.tag)
        if one.cluster != found:
            one.cluster = found
    forget_reports(turn, blocklist, rules)
    return True


def forget_reports(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Deletes what is left of reports that were taken back, those that nobody joined, those that were decided on
    long ago, old jury turns, and the hours of arrivals.
    """
    session = turn.session
    today = turn.now.date()
    mine = col(Contribution.blocklist_id) == blocklist.id
    old = col(Contribution.reported_on) < today - rules.evidence_days * DAY
    open_cases = (
        select(Case.subject)
        .where(Case.blocklist_id == blocklist.id, col(Case.status).not_in(("gathering", "rejected")))
        .scalar_subquery()
    )
    delete_rows(session, Contribution, mine, old, col(Contribution.withdrawn).is_(True))
    delete_rows(
        session,
        Contribution,
        mine,
        old,
        col(Contribution.settled).is_(False),
        col(Contribution.subject).not_in(open_cases),
    )
    delete_rows(
        session,
        Contribution,
        mine,
        col(Contribution.settled).is_(True),
        col(Contribution.reported_on) < today - KEEP_REPORTS * DAY,
    )
    delete_rows(
        session,
        ReviewTask,
        col(ReviewTask.blocklist_id) == blocklist.id,
        col(ReviewTask.due_at) < turn.now - KEEP_REPORTS * DAY,
    )
    session.execute(
        update(Case)
        .where(col(Case.blocklist_id) == blocklist.id, col(Case.arrived_on) < today - DAY)
        .values(arrivals=[], arrived_on=None)
    )


def reconsider(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Opens what waited for people to be told apart."""
    waiting = select(Case).where(
        Case.blocklist_id == blocklist.id,
        col(Case.status).in_(("gathering", "rejected")),
        Case.reports >= rules.trigger_clusters,
        Case.rejections <= rules.reopen_times,
    )
    for case in turn.session.exec(waiting).all():
        cases.consider(turn, blocklist, case, rules)


def go_on(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Draws juries, and ends those that are done."""
    unanswered = (
        select(ReviewTask.case_id)
        .where(
            ReviewTask.blocklist_id == blocklist.id, col(ReviewTask.vote).is_(None), ReviewTask.due_at > turn.now
        )
        .scalar_subquery()
    )
    done = (col(Case.status) == "jury") & col(Case.id).not_in(unanswered)
    chosen = select(Case).where(Case.blocklist_id == blocklist.id, (col(Case.status) == "drawing") | done)
    active = turn.session.exec(chosen.order_by(col(Case.round), col(Case.id))).all()
    if not active:
        return
    pool = juries.Pool(turn, blocklist, rules)
    for case in active:
        if case.status == "jury":
            juries.close(turn, blocklist, case, pool)
        if case.status == "drawing" and cases.review_holds(turn, blocklist, case, rules):
            if juries.draw(turn, blocklist, case, pool):
                continue
            if case.fallback_at is not None and turn.now >= case.fallback_at:
                events.step(
                    turn, blocklist, case, "jury_missing", status="looks", lane="no-jury", strict=True, due_at=None
                )
                panel.draw(turn, blocklist, case, rules, "first")


def expire(turn: Turn, blocklist: Blocklist) -> None:
    """Takes off what has stood its time. New reports may open the case afresh; the old ones count no more."""
    chosen = select(Case).where(
        Case.blocklist_id == blocklist.id,
        col(Case.entry).in_(("waiting", "published")),
        col(Case.expires_on) <= turn.now.date(),
    )
    for case in turn.session.exec(chosen).all():
        for stage in ("appeal", "review", "upgrade"):
            panel.close_stage(turn, case, stage)
        appeals.answer_all(turn, case, "removed")
        case.reports = 0
        delete_rows(
            turn.session,
            Contribution,
            col(Contribution.blocklist_id) == blocklist.id,
            col(Contribution.subject) == case.subject,
            col(Contribution.settled).is_(True),
        )
        events.step(
            turn,
            blocklist,
            case,
            "expired",
            status="gathering",
            entry="expired",
            tier=None,
            rejections=0,
            due_at=None,
        )
    forget_old(turn, blocklist)


def forget_old(turn: Turn, blocklist: Blocklist) -> None:
    """Lets what was taken off, or rejected for good, be reported afresh once its reports are old."""
    rules = rules_of(turn.session, blocklist, turn.now)
    recent = (
        select(Decision.case_id)
        .where(
            Decision.blocklist_id == blocklist.id,
            Decision.made_on > turn.now.date() - rules.evidence_days * DAY,
        )
        .scalar_subquery()
    )
    old = select(Case).where(
        Case.blocklist_id == blocklist.id,
        Case.status == "rejected",
        Case.rejections > rules.reopen_times,
        col(Case.id).not_in(recent),
    )
    for case in turn.session.exec(old).all():
        forget_rejections(turn, blocklist, case)


def forget_rejections(turn: Turn, blocklist: Blocklist, case: Case) -> None:
    case.reports = 0
    delete_rows(
        turn.session,
        Contribution,
        col(Contribution.blocklist_id) == blocklist.id,
        col(Contribution.subject) == case.subject,
        col(Contribution.settled).is_(True),
    )
    events.step(turn, blocklist, case, "forgotten", status="gathering", rejections=0)


def begin_reviews(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Asks curators whether an entry should stand longer, when three quarters of its time are over."""
    chosen = select(Case).where(
        Case.blocklist_id == blocklist.id, Case.status == "listed", col(Case.review_on) <= turn.now.date()
    )
    for case in turn.session.exec(chosen).all():
        events.step(turn, blocklist, case, "review_begun", status="review")
        panel.draw(turn, blocklist, case, rules, "review")


def begin_upgrades(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Has three others look once whether a flagged account should be hidden, after enough new reports."""
    if blocklist.tier_cap == "flag" or blocklist.stopped is not None:
        return
    chosen = select(Case).where(
        Case.blocklist_id == blocklist.id,
        Case.status == "listed",
        Case.tier == "flag",
        Case.entry == "published",
        col(Case.next_tier).is_(None),
        col(Case.protected).is_(False),
        Case.reports >= rules.reopen_reports,
    )
    for case in turn.session.exec(chosen).all():
        looked = select(Look.id).where(
            Look.case_id == case.id, Look.round == case.round, col(Look.stage).like("upgrade%")
        )
        if cases.is_held(case, turn.now) or turn.session.exec(looked).first() is not None:
            continue
        if cases.independent(turn, blocklist, case, rules, since=True) >= rules.reopen_reports:
            events.step(turn, blocklist, case, "upgrade_begun", status="upgrade")
            panel.draw(turn, blocklist, case, rules, "upgrade")


def check_overturned(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Stops additions when too many of the last listings were found wrong."""
    since = blocklist.resumed_on or date.min
    newest = (
        select(Decision)
        .where(
            Decision.blocklist_id == blocklist.id,
            col(Decision.outcome).in_(("hide", "flag")),
            Decision.made_on >= since,
        )
        .order_by(col(Decision.made_on).desc(), col(Decision.id))
        .limit(rules.breaker_window)
    )
    found = list(turn.session.exec(newest))
    overturned = sum(decision.overturned_on is not None for decision in found)
    if len(found) >= rules.breaker_least and overturned > rules.breaker_overturned * len(found):
        stop_locked(turn, blocklist, "overturned")


def batch_second(turn: Turn, blocklist: Blocklist, day: date) -> int:
    """When in the day additions are published, in seconds from midnight UTC: another time every day, and not to be
    foreseen, so that nobody sees from an entry when somebody reported or decided.
    """
    return int(turn.keys.digest("batch", str(blocklist.id), day.isoformat())[:8], 16) % 86_400


def publish_due(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Publishes what was decided, once a day at that day's time, unless something holds it back."""
    today = turn.now.date()
    midnight = turn.now.replace(hour=0, minute=0, second=0, microsecond=0)
    if turn.now < midnight + timedelta(seconds=batch_second(turn, blocklist, today)):
        # Yesterday's batch is still due where nobody was there to make it.
        today -= DAY
    if blocklist.batch_on is not None and blocklist.batch_on >= today:
        return
    if blocklist.stopped is not None or blocklist.archived:
        return
    decided = (col(Case.entry) == "waiting") | ((col(Case.entry) == "published") & col(Case.next_tier).is_not(None))
    chosen = select(Case).where(Case.blocklist_id == blocklist.id, decided, Case.status != "appeal")
    found = turn.session.exec(chosen.order_by(col(Case.listed_on), col(Case.id))).all()
    ready = [case for case in found if not cases.is_held(case, turn.now)]
    looked_at = blocklist.resumed_on is not None and blocklist.resumed_on >= today - DAY
    if not looked_at and len(ready) > most_additions(turn, blocklist, rules):
        stop_locked(turn, blocklist, "too-many-additions")
        return
    blocklist.batch_on = today
    for case in ready:
        if case.entry == "waiting":
            events.step(turn, blocklist, case, "published", entry="published")
        else:
            changes = looks.dates("hide", rules, turn.now.date()) | {"listed_on": case.listed_on}
            events.step(turn, blocklist, case, "raised", tier="hide", next_tier=None, **changes)


def most_additions(turn: Turn, blocklist: Blocklist, rules: Rules) -> float:
    """How many additions a day are not out of the ordinary: `breaker_growth` times the median of 28 days."""
    counted = (
        select_columns(col(Event.made_on), func.count())
        .where(
            col(Event.blocklist_id) == blocklist.id,
            col(Event.kind).in_(("published", "raised")),
            col(Event.made_on) > turn.now.date() - 28 * DAY,
        )
        .group_by(col(Event.made_on))
    )
    days = [count for _, count in turn.session.execute(counted)]
    usual: float = statistics.median([*days, *[0] * (28 - len(days))][:28])
    return max(rules.breaker_floor, rules.breaker_growth * usual)
