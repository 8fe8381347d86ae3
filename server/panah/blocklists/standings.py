"""What decisions do to the standing of those who reported and voted."""

from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from panah.blocklists.policy import Rules
from panah.blocklists.tables import Blocklist, Case, Contribution, Participant, ReviewTask
from panah.blocklists.turn import Turn


def settle_standing(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, *, good: bool, human: bool) -> None:
    """Lets a decision count for those who reported, and for jurors who voted before it was known."""
    session = turn.session
    open_reports = select(Contribution).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.subject == case.subject,
        col(Contribution.settled).is_(False),
    )
    for report in session.exec(open_reports).all():
        report.settled, report.round = True, case.round
        if report.withdrawn and good:
            continue  # whoever took it back answers for what was wrong, and has no part in what was right
        weight = 1.0 if good or human else rules.jury_only
        credit(turn, blocklist, report.tag, good=good, weight=weight)
    for task in session.exec(votes_of(case)):
        if (task.vote == "list") == good:
            credit(turn, blocklist, task.tag, good=True, weight=rules.juror_agrees)
        else:
            wrong = rules.juror_wrong_keep if good else rules.juror_wrong_list
            credit(turn, blocklist, task.tag, good=False, weight=wrong)


def unsettle_rejection(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules) -> None:
    """Undoes what curators' rejection of this round had counted for: nothing is decided, as it was before.

    With the weights of the rules in force now: where they have changed in between, little is left over.
    """
    reports = select(Contribution).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.subject == case.subject,
        Contribution.round == case.round,
        col(Contribution.settled).is_(True),
    )
    for report in turn.session.exec(reports).all():
        report.settled, report.round = False, 0
        credit(turn, blocklist, report.tag, good=False, weight=-1.0)
    for task in turn.session.exec(votes_of(case)):
        if task.vote == "keep":
            credit(turn, blocklist, task.tag, good=True, weight=-rules.juror_agrees)
        else:
            credit(turn, blocklist, task.tag, good=False, weight=-rules.juror_wrong_list)
    turn.session.flush()
    standing = select(func.count()).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.subject == case.subject,
        col(Contribution.settled).is_(False),
        col(Contribution.withdrawn).is_(False),
    )
    case.reports = turn.session.exec(standing).one()


def votes_of(case: Case) -> SelectOfScalar[ReviewTask]:
    """What the jury of the round voted, but for those who were unsure."""
    return select(ReviewTask).where(
        ReviewTask.case_id == case.id, ReviewTask.round == case.round, col(ReviewTask.vote).in_(("list", "keep"))
    )


def credit(turn: Turn, blocklist: Blocklist, tag: str, *, good: bool, weight: float) -> None:
    participant = turn.session.get(Participant, (blocklist.id, tag))
    if participant is None:  # whoever has left
        return
    if good:
        participant.confirmed = max(0.0, participant.confirmed + weight)
    else:
        participant.overturned = max(0.0, participant.overturned + weight)


def unsettle_standing(turn: Turn, blocklist: Blocklist, case: Case) -> None:
    """Turns around what a listing had counted for, once it was found wrong."""
    reports = select(Contribution).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.subject == case.subject,
        Contribution.round == case.round,
        col(Contribution.settled).is_(True),
    )
    for report in turn.session.exec(reports):
        participant = turn.session.get(Participant, (blocklist.id, report.tag))
        if participant is not None:
            participant.confirmed = max(0.0, participant.confirmed - 1)
            participant.overturned += 1
