"""Juries by lot: who is drawn is nobody's choice, and jurors see neither counts nor each other."""

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from panah.blocklists import events, looks, panel
from panah.blocklists.contributors import tag_of
from panah.blocklists.lists import all_lists, lock
from panah.blocklists.policy import Rules
from panah.blocklists.standing import is_qualified
from panah.blocklists.tables import Blocklist, Case, Contribution, Contributor, Participant, ReviewTask
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.keys import Keys

DAY = timedelta(days=1)
CHOICES = ("list", "keep", "unsure", "recuse")


class TaskNotFound(AppError):
    status = 404
    code = "task-not-found"


class TaskClosed(AppError):
    status = 409
    code = "task-closed"


class BadVote(AppError):
    status = 422
    code = "bad-vote"


class Pool:
    """Who may be drawn on a list now. Made once a tick, since it reads everybody."""

    def __init__(self, turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
        today = turn.now.date()
        everybody = turn.session.exec(select(Participant).where(Participant.blocklist_id == blocklist.id))
        self.people = {one.tag: one for one in everybody}
        recent = (
            select_columns(col(ReviewTask.tag), func.count())
            .where(col(ReviewTask.blocklist_id) == blocklist.id, col(ReviewTask.drawn_at) > turn.now - 7 * DAY)
            .group_by(col(ReviewTask.tag))
        )
        self.load: Counter[str] = Counter({tag: count for tag, count in turn.session.execute(recent)})  # noqa: C416
        self.rules = rules
        self.qualified = sorted(tag for tag, one in self.people.items() if is_qualified(one, rules, today))

    def draw(self, turn: Turn, size: int, *, without: Iterable[str], already: Iterable[str]) -> list[Participant]:
        """`size` people by lot, half from each stratum as far as it goes; fewer where there are not so many.

        Without those named, whoever belongs to their clusters or branches, or has had enough this week; one of
        each cluster and branch at most, those already drawn included.
        """
        named = [self.people[tag] for tag in without if tag in self.people]
        drawn = [self.people[tag] for tag in already if tag in self.people]
        clusters = {one.cluster for one in (*named, *drawn)}
        branches = {one.branch_tag for one in (*named, *drawn)}
        candidates = [tag for tag in self.qualified if self.load[tag] < self.rules.juror_week]
        turn.lot.shuffle(candidates)
        free: tuple[list[Participant], list[Participant]] = ([], [])
        for tag in candidates:
            one = self.people[tag]
            if one.cluster in clusters or one.branch_tag in branches:
                continue
            clusters.add(one.cluster)
            branches.add(one.branch_tag)
            free[one.stratum].append(one)
        first = free[0][: max((size + 1) // 2, size - len(free[1]))]
        return first + free[1][: size - len(first)]


def reporters(turn: Turn, blocklist: Blocklist, case: Case) -> set[str]:
    named = select(Contribution.tag).where(
        Contribution.blocklist_id == blocklist.id, Contribution.subject == case.subject
    )
    return set(turn.session.exec(named))


def draw(turn: Turn, blocklist: Blocklist, case: Case, pool: Pool) -> bool:
    """Draws a jury for a case in "drawing". False where there are too few people: the case waits."""
    rules = pool.rules
    asked = set(turn.session.exec(select(ReviewTask.tag).where(ReviewTask.case_id == case.id)))
    chosen = pool.draw(turn, rules.jury_size, without=reporters(turn, blocklist, case) | asked, already=())
    if len(chosen) < rules.jury_size:
        return False
    due = turn.now + rules.jury_days * DAY
    summon(turn, blocklist, case, pool, chosen, due)
    events.step(turn, blocklist, case, "jury_drawn", status="jury", due_at=due)
    return True


def summon(
    turn: Turn, blocklist: Blocklist, case: Case, pool: Pool, chosen: list[Participant], due: datetime
) -> None:
    for one in chosen:
        pool.load[one.tag] += 1
        turn.session.add(
            ReviewTask(
                id=UUID(int=turn.lot.getrandbits(128)),
                blocklist_id=blocklist.id,
                case_id=case.id,
                round=case.round,
                tag=one.tag,
                stratum=one.stratum,
                drawn_at=turn.now,
                due_at=due,
            )
        )


def tasks_of(session: Session, keys: Keys, contributor: Contributor, now: datetime) -> list[ReviewTask]:
    """A contributor's open turns on all lists, the most urgent first."""
    tags = {tag_of(keys, blocklist, contributor.id) for blocklist in all_lists(session)}
    chosen = select(ReviewTask).where(
        col(ReviewTask.tag).in_(tags), col(ReviewTask.vote).is_(None), ReviewTask.due_at > now
    )
    return list(session.exec(chosen.order_by(col(ReviewTask.due_at))))


def vote(turn: Turn, contributor: Contributor, task_id: UUID, choice: str, disclosure: bool = False) -> None:
    """Answers one's turn. Raises TaskNotFound for somebody else's, TaskClosed when it was answered or is over."""
    if choice not in CHOICES:
        raise BadVote("Answer with list, keep, unsure or recuse.")
    task = turn.session.get(ReviewTask, task_id)
    blocklist = None if task is None else turn.session.get(Blocklist, task.blocklist_id)
    if task is None or blocklist is None or task.tag != tag_of(turn.keys, blocklist, contributor.id):
        raise TaskNotFound("There is no such turn of yours.")
    turn, blocklist = lock(turn, blocklist)
    turn.session.refresh(task)
    case = turn.session.get(Case, task.case_id, populate_existing=True)
    assert case is not None  # noqa: S101  (a task goes with its case)
    if task.vote is not None or task.round != case.round or case.status != "jury" or task.due_at <= turn.now:
        raise TaskClosed("This was answered, or is decided already. Thank you all the same.")
    task.vote, task.disclosure, task.answered_on = choice, disclosure, turn.now.date()
    events.append(turn, blocklist, "voted", role="juror", body={"task": str(task.id), "vote": choice})


def answers(turn: Turn, case: Case) -> list[ReviewTask]:
    """The votes that count: cast in this round, for or against, by people who may still vote."""
    suspended = (
        select(Participant.tag)
        .where(Participant.blocklist_id == case.blocklist_id, col(Participant.suspended).is_(True))
        .scalar_subquery()
    )
    chosen = select(ReviewTask).where(
        ReviewTask.case_id == case.id,
        ReviewTask.round == case.round,
        col(ReviewTask.vote).in_(("list", "keep")),
        col(ReviewTask.tag).not_in(suspended),
    )
    return list(turn.session.exec(chosen))


def close(turn: Turn, blocklist: Blocklist, case: Case, pool: Pool) -> None:
    """Ends or extends a jury whose time is up, or which has answered in full."""
    rules = pool.rules
    tasks = list(
        turn.session.exec(select(ReviewTask).where(ReviewTask.case_id == case.id, ReviewTask.round == case.round))
    )
    if any(task.vote is None for task in tasks) and case.due_at is not None and turn.now < case.due_at:
        return
    for task in tasks:
        if task.vote is None:
            task.vote = "late"
    turn.session.flush()
    given = answers(turn, case)
    listing = sum(task.vote == "list" for task in given)
    extended = len(tasks) > rules.jury_size
    if len(given) < rules.jury_least:
        events.step(turn, blocklist, case, "jury_failed", status="drawing", due_at=None)
        return
    if not extended and 0 < listing < len(given) and rules.jury_extra:
        already = [task.tag for task in tasks]
        more = pool.draw(turn, rules.jury_extra, without=reporters(turn, blocklist, case), already=already)
        if len(more) == rules.jury_extra:
            due = turn.now + rules.jury_days * DAY
            summon(turn, blocklist, case, pool, more, due)
            events.step(turn, blocklist, case, "jury_extended", due_at=due)
            return
    speak(turn, blocklist, case, rules, given)


def speak(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, given: list[ReviewTask]) -> None:
    """What the jury's votes lead to: a lane of curators, or a rejection."""
    share = sum(task.vote == "list" for task in given) / len(given)
    disclosed = sum(task.disclosure for task in given) >= rules.disclosure_votes
    if disclosed:
        # No more than that: jurors who only say so must not be able to shield somebody.
        events.step(turn, blocklist, case, "disclosed", strict=True)
    lane = lane_for(rules, share, given, protected=case.protected)
    if lane == "":
        looks.reject(turn, blocklist, case, rules, "jury_spoke", lane="jury", share=share)
        return
    events.step(turn, blocklist, case, "jury_spoke", status="looks", lane=lane, share=share, due_at=None)
    panel.draw(turn, blocklist, case, rules, "first")


def lane_for(rules: Rules, share: float, given: list[ReviewTask], *, protected: bool) -> str:
    """clear, approve, contested or protected; empty where the jury said no."""
    low = any(
        len(votes) >= rules.stratum_least and math.fsum(votes) / len(votes) < rules.stratum_floor
        for votes in (
            [float(task.vote == "list") for task in given if task.stratum == stratum] for stratum in (0, 1)
        )
    )
    if protected:
        return "protected" if share >= rules.protected_share and not low else ""
    if share >= rules.approve_share and not low:
        return "clear" if share >= rules.clear_share else "approve"
    return "contested" if share >= rules.contested_share else ""
