"""The curators who look at a case at one stage: drawn by lot, replaced when late, never twice the same."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import case as case_when
from sqlalchemy import select as select_columns
from sqlalchemy import update
from sqlmodel import Session, col, func, select

from panah.blocklists.lists import seats_of
from panah.blocklists.policy import Rules
from panah.blocklists.tables import Blocklist, Case, Look
from panah.blocklists.turn import Turn
from panah.curation import leases

DAY = timedelta(days=1)
LONGEST_AT_IT = timedelta(hours=1)  # after which a window that stays open holds a case up no more
GIVEN = ("hide", "flag", "keep")
LISTING = frozenset({"hide", "flag"})
# Which status a case has while curators look at it, by stage.
STAGES = {"first": "looks", "fresh": "fresh", "appeal": "appeal", "review": "review", "upgrade": "upgrade"}
# Whoever looked at one of these is not asked at a later stage of the round.
OTHERS_AFTER: dict[str, tuple[str, ...]] = {
    "first": (),
    "fresh": ("first",),
    "appeal": ("first", "fresh", "upgrade"),
    "review": (),
    "upgrade": ("first",),
}


def stage_looks(session: Session, case: Case, stage: str) -> list[Look]:
    """All looks of a case's round at one stage."""
    chosen = select(Look).where(Look.case_id == case.id, Look.round == case.round, Look.stage == stage)
    return list(session.exec(chosen))


def draw(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, stage: str) -> int:
    """Asks curators by lot until `curators` of them have been asked; how many looks are open or answered.

    Nobody looks again at what they decided: after a doubt, and for an appeal, others are asked. Somebody who was
    late is asked again only when nobody else is left; somebody who withdrew a vote, never.
    """
    session = turn.session
    session.flush()
    mine = stage_looks(session, case, stage)
    asked = [look for look in mine if look.vote is None or look.vote in GIVEN]
    missing = rules.curators - len(asked)
    if missing <= 0:
        return len(asked)
    known = {look.member_id: look for look in mine}
    fresh, late = askable(session, blocklist, case, stage)
    before = seen_before(session, case, stage)
    turn.lot.shuffle(fresh)
    turn.lot.shuffle(late)
    fresh.sort(key=lambda one: one in before)  # others first, where there are others
    due = turn.now + rules.look_days * DAY
    for member_id in (fresh + late)[:missing]:
        look = known.get(member_id)
        if look is None:
            look = Look(
                id=UUID(int=turn.lot.getrandbits(128)),
                blocklist_id=blocklist.id,
                case_id=case.id,
                round=case.round,
                stage=stage,
                member_id=member_id,
                drawn_at=turn.now,
                due_at=due,
            )
            session.add(look)
        look.vote, look.drawn_at, look.due_at = None, turn.now, due
        asked.append(look)
    session.flush()
    return len(asked)


def askable(session: Session, blocklist: Blocklist, case: Case, stage: str) -> tuple[list[UUID], list[UUID]]:
    """Curators who could be asked at a stage: those who were not yet, and those who were and did not answer."""
    known = {look.member_id: look.vote for look in stage_looks(session, case, stage)}
    free = uninvolved(session, blocklist, case, stage)
    return [one for one in free if one not in known], [one for one in free if known.get(one) == "late"]


def close_stage(turn: Turn, case: Case, stage: str) -> None:
    """Looks that are still open are not needed any more."""
    turn.session.execute(
        update(Look)
        .where(
            col(Look.case_id) == case.id,
            col(Look.round) == case.round,
            col(Look.stage) == stage,
            col(Look.vote).is_(None),
        )
        .values(vote="moot")
    )


def replace_late(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Gives looks whose time is up to others, and asks those who came since where too few could be asked."""
    session = turn.session
    late = select(Look).where(
        Look.blocklist_id == blocklist.id, col(Look.vote).is_(None), col(Look.due_at) <= turn.now
    )
    overdue = session.exec(late).all()
    at_it = leases.running(session, "look", turn.now) if overdue else {}
    for look in overdue:
        if look.said is not None:
            continue  # an answer was given: it counts in a moment
        # Whoever is reading it gets some time to end.
        busy = at_it.get(str(look.id)) == look.member_id
        if not busy or look.due_at <= turn.now - LONGEST_AT_IT:
            look.vote = "late"
    session.flush()
    stages = {status: stage for stage, status in STAGES.items()}
    asked = (
        select_columns(col(Look.case_id), func.count().label("asked"))
        .join(Case, (col(Case.id) == col(Look.case_id)) & (col(Case.round) == col(Look.round)))
        .where(
            col(Look.blocklist_id) == blocklist.id,
            col(Look.stage) == case_when((col(Case.status) == STAGES["first"], "first"), else_=col(Case.status)),
            col(Look.vote).is_(None) | col(Look.vote).in_(GIVEN),
        )
        .group_by(col(Look.case_id))
        .subquery()
    )
    short = (
        select(Case)
        .outerjoin(asked, asked.c.case_id == Case.id)
        .where(
            col(Case.blocklist_id) == blocklist.id,
            col(Case.status).in_(stages),
            # What has come off waits for nobody; what was reported again since then is a case like others.
            (col(Case.status) != STAGES["appeal"]) | (col(Case.entry) != "removed"),
            func.coalesce(asked.c.asked, 0) < rules.curators,
        )
    )
    for case in session.exec(short).all():
        draw(turn, blocklist, case, rules, stages[case.status])


def seen_before(session: Session, case: Case, stage: str) -> set[UUID]:
    """Who has decided about the account at this stage before, or given it another term: asked again only where
    nobody else is left.
    """
    chosen = select(Look.member_id, Look.round, Look.stage).where(
        Look.case_id == case.id, col(Look.vote).in_(GIVEN)
    )
    return {
        member_id
        for member_id, number, at in session.exec(chosen)
        if number != case.round or at.rstrip("0123456789") in {stage, "review"} or stage == "review"
    }


def uninvolved(session: Session, blocklist: Blocklist, case: Case, stage: str) -> list[UUID]:
    """Curators of the list who have not decided this round at a stage that bars them from this one."""
    chosen = select(Look.member_id, Look.stage, Look.vote).where(
        Look.case_id == case.id, Look.round == case.round, col(Look.vote).in_((*GIVEN, "recuse", "withdrawn"))
    )
    # Ended stages carry a number, as "upgrade1". A first one has ended only where a rejection is looked at anew,
    # and is no new case for those who handed it on or have seen what it came to.
    barred = {
        one
        for one, at, vote in session.exec(chosen)
        for base in [at.rstrip("0123456789")]
        if (vote in GIVEN and base in OTHERS_AFTER[stage]) or (base == stage == "first" and at != base)
    }
    return [one for one in seats_of(session, blocklist, appeals=stage == "appeal") if one not in barred]


def end_stage(turn: Turn, case: Case, stage: str) -> None:
    """Puts a stage that may come again behind us: its open looks are not needed, and it gets a number."""
    close_stage(turn, case, stage)
    ended = select(Look.stage).where(
        Look.case_id == case.id, Look.round == case.round, col(Look.stage).like(f"{stage}%")
    )
    count = len({at for at in turn.session.exec(ended) if at != stage})
    turn.session.execute(
        update(Look)
        .where(col(Look.case_id) == case.id, col(Look.round) == case.round, col(Look.stage) == stage)
        .values(stage=f"{stage}{count + 1}")
    )
