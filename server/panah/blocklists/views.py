"""What people are shown of a list: enough to judge an account by, and nothing of who or how many reported it."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from panah.blocklists import schemas
from panah.blocklists.appeals import due_of, heard_for
from panah.blocklists.contributions import reports_on
from panah.blocklists.contributors import participant_of, standing_of, tag_of
from panah.blocklists.juries import tasks_of
from panah.blocklists.lists import policy_of, rules_of, seats_of
from panah.blocklists.looks import LookClosed, LookNotFound, looks_of
from panah.blocklists.panel import GIVEN, STAGES
from panah.blocklists.protection import notices_of
from panah.blocklists.tables import (
    Appeal,
    Blocklist,
    Case,
    Category,
    Contribution,
    Contributor,
    Decision,
    Entry,
    Event,
    ListPolicy,
    Look,
    Participant,
    Seat,
)
from panah.blocklists.turn import Turn

POSTS_SHOWN = 3  # more would tell jurors how many have reported
EVENTS_SHOWN = 500  # of one page of the history

OPENS = {"x": "https://x.com/i/user/{}"}  # by X's number; a handle is known to nobody here
OPENS_POST = {"x": "https://x.com/i/status/{}"}


def list_out(blocklist: Blocklist) -> schemas.ListOut:
    return schemas.ListOut.model_validate(blocklist, from_attributes=True)


def list_of(session: Session, blocklist_id: UUID) -> Blocklist:
    found = session.get(Blocklist, blocklist_id)
    assert found is not None  # noqa: S101  (a row goes with its list)
    return found


def standing_out(turn: Turn, blocklist: Blocklist, participant: Participant) -> schemas.StandingOut:
    rules = rules_of(turn.session, blocklist, turn.now)
    return schemas.StandingOut.model_validate(
        {
            "joined_on": participant.joined_on,
            "standing": standing_of(participant, rules, turn.now.date()),
            "onboarded": participant.onboarded_on is not None,
        }
    )


def standing_on(turn: Turn, blocklist: Blocklist, contributor: Contributor) -> schemas.StandingOut:
    """How a list sees somebody, also where it takes no reports from them. Raises NotJoined."""
    found = turn.session.get(Participant, (blocklist.id, tag_of(turn.keys, blocklist, contributor.id)))
    return standing_out(turn, blocklist, found or participant_of(turn, blocklist, contributor))


# What jurors and curators look at


def cited_posts(turn: Turn, blocklist: Blocklist, case: Case, *, most: int | None = POSTS_SHOWN) -> list[str]:
    """Posts cited by those who may report, by number; `most` of them are drawn alike for everybody who looks."""
    rows = [row for row in reports_on(turn, blocklist, case.subject) if not row[0].withdrawn]
    found = {
        report.evidence_post_id
        for report, participant in rows
        if report.evidence_post_id is not None and participant is not None and not participant.suspended
    }
    posts = sorted(found, key=lambda post: (len(post), post))
    if most is not None and len(posts) > most:
        # Otherwise whoever comes first, or last, would choose what everybody sees.
        posts = Random(f"{case.id}:{case.round}").sample(posts, most)  # noqa: S311
    return sorted(posts, key=lambda post: (len(post), post))


def task_list(turn: Turn, contributor: Contributor) -> list[schemas.TaskOut]:
    """A contributor's open turns as a juror, the most urgent first."""
    found = []
    for task in tasks_of(turn.session, turn.keys, contributor, turn.now):
        case = turn.session.get(Case, task.case_id)
        if case is None:
            continue
        blocklist = list_of(turn.session, task.blocklist_id)
        found.append(
            schemas.TaskOut(
                id=task.id,
                slug=blocklist.slug,
                list_name=blocklist.name,
                norms=blocklist.norms,
                subject=case.subject,
                posts=cited_posts(turn, blocklist, case),
                due_on=task.due_at.date(),
            )
        )
    return found


def notice_list(session: Session, contributor: Contributor) -> list[schemas.NoticeOut]:
    found = []
    for notice in notices_of(session, contributor):
        case = session.get(Case, notice.case_id)
        if case is not None:
            name = list_of(session, case.blocklist_id).name
            found.append(schemas.NoticeOut(id=notice.id, list_name=name, due_on=notice.due_at.date()))
    return found


def look_list(session: Session, member_id: UUID) -> list[schemas.LookOut]:
    """A member's open looks, the most urgent first."""
    return [
        schemas.LookOut(
            id=look.id,
            slug=blocklist.slug,
            list_name=blocklist.name,
            stage=stage_of(look),
            due_on=look.due_at.date(),
        )
        for look in looks_of(session, member_id)
        for blocklist in [list_of(session, look.blocklist_id)]
    ]


def stage_of(look: Look) -> str:
    """Its stage without the number that ended ones carry."""
    return look.stage.rstrip("0123456789")


def find_look(session: Session, member_id: UUID, look_id: UUID) -> Look:
    """Raises LookNotFound for somebody else's, and for one's own without a seat on that list any more."""
    look = session.get(Look, look_id)
    if (
        look is None
        or look.member_id != member_id
        or member_id not in seats_of(session, list_of(session, look.blocklist_id), appeals=True)
    ):
        raise LookNotFound("There is no such case of yours.")
    return look


def case_of(turn: Turn, member_id: UUID, look_id: UUID) -> schemas.CaseOut:
    """The case behind one's look. Raises LookNotFound, or LookClosed where one did not decide in time."""
    session = turn.session
    look = find_look(session, member_id, look_id)
    if look.vote is not None and look.vote not in GIVEN:
        raise LookClosed("This case went to others.")
    case = session.get(Case, look.case_id)
    assert case is not None  # noqa: S101  (a look goes with its case)
    blocklist = list_of(session, look.blocklist_id)
    rows = [row for row in reports_on(turn, blocklist, case.subject) if not row[0].withdrawn]
    policy_id, rules = policy_of(session, blocklist, turn.now)
    platform, _, account = case.subject.partition(":")
    after = after_of(turn, case, look)
    heard = heard_for(turn, case) if stage_of(look) == "appeal" else []
    return schemas.CaseOut(
        id=look.id,
        slug=blocklist.slug,
        list_name=blocklist.name,
        stage=stage_of(look),
        due_on=look.due_at.date(),
        vote=look.vote,
        subject=case.subject,
        account_url=OPENS[platform].format(account) if platform in OPENS else None,
        categories=sorted({Category(report.category) for report, _ in rows}),
        posts=[
            schemas.PostOut(id=post, url=OPENS_POST["x"].format(post))
            for post in cited_posts(turn, blocklist, case, most=POSTS_SHOWN if after is None else None)
        ],
        norms=blocklist.norms,
        policy_id=policy_id,
        rules=rules.model_dump(),
        decisions=decisions_of(session, case),
        appeal=statement_of(turn, heard) if heard else None,
        after=after,
    )


def decisions_of(session: Session, case: Case) -> list[schemas.DecisionOut]:
    """Earlier decisions, oldest first. Their lanes are left out: some name a curator."""
    made = select(Decision).where(Decision.case_id == case.id).order_by(col(Decision.made_on), col(Decision.round))
    return [schemas.DecisionOut.model_validate(one, from_attributes=True) for one in session.exec(made)]


def statement_of(turn: Turn, heard: list[Appeal]) -> schemas.StatementOut:
    """What everybody said who appeals for an account, the first one's relation and ground before it."""
    said = [turn.keys.unseal(appeal.sealed_statement) for appeal in heard if appeal.sealed_statement]
    first = heard[0]
    return schemas.StatementOut(relation=first.relation, ground=first.ground, statement="\n\n".join(said))


def after_of(turn: Turn, case: Case, look: Look) -> schemas.AfterOut | None:
    """What would sway a vote, for those who have voted in this round and are not asked again; nothing while the
    stage is open.
    """
    if case.status == STAGES.get(look.stage):
        return None
    mine = select(Look.id).where(
        Look.case_id == case.id, Look.member_id == look.member_id, col(Look.vote).is_(None)
    )
    if look.vote not in GIVEN or look.round != case.round or turn.session.exec(mine).first():
        return None
    peers = select(Look).where(Look.case_id == case.id, Look.round == look.round, Look.stage == look.stage)
    tags = select(Contribution.tag).where(
        Contribution.blocklist_id == case.blocklist_id,
        Contribution.subject == case.subject,
        Contribution.round == case.round,
        col(Contribution.settled).is_(True),
    )
    return schemas.AfterOut(
        share=case.share,
        lane="" if case.lane.startswith("by:") else case.lane,  # a removal's names a curator
        peers=[
            schemas.PeerOut(vote=one.vote, reason_code=one.reason_code, note=one.note)
            for one in turn.session.exec(peers.order_by(col(Look.id)))
            if one.id != look.id and one.vote in GIVEN
        ],
        tags=sorted(turn.session.exec(tags)),
    )


# Appeals


def told(session: Session, appeal: Appeal, now: datetime) -> schemas.AppealOut:
    """An appeal as its receipt tells it. Where nothing is public, it waits for as long as an answer may take and is
    then moot, so that nobody learns by an appeal whether an account is being looked at.
    """
    blocklist = list_of(session, appeal.blocklist_id)
    rules = rules_of(session, blocklist, now)
    status = appeal.status
    entry = session.get(Entry, (blocklist.id, appeal.subject))
    public = entry is not None and entry.status == "published"
    if status in ("waiting", "moot") or (status == "open" and not public):
        public = public and status == "waiting"
        over = now - appeal.filed_at >= timedelta(days=rules.appeal_days)
        status = "moot" if over and not public else "waiting"
    due_at = due_of(appeal, rules) if status == "open" else None
    return schemas.AppealOut.model_validate({"status": status, "due_on": due_at.date() if due_at else None})


# What admins and auditors see


def policy_out(row: ListPolicy, in_force: dict[str, Any]) -> schemas.PolicyOut:
    assert row.id is not None  # noqa: S101  (it came from the database)
    changes = {
        name: [in_force.get(name), value] for name, value in row.numbers.items() if in_force.get(name) != value
    }
    return schemas.PolicyOut(
        id=row.id,
        note=row.note,
        created_at=row.created_at,
        approved=row.approved_by is not None,
        refused=row.refused_by is not None,
        in_force_at=row.in_force_at,
        changes=changes,
    )


def policies_of(session: Session, blocklist: Blocklist) -> list[ListPolicy]:
    """All rules of a list, the newest first."""
    chosen = select(ListPolicy).where(ListPolicy.blocklist_id == blocklist.id)
    return list(session.exec(chosen.order_by(col(ListPolicy.id).desc())))


def managed_out(turn: Turn, blocklist: Blocklist) -> schemas.ManagedOut:
    session = turn.session
    rules = rules_of(session, blocklist, turn.now).model_dump()
    seats = select(Seat).where(Seat.blocklist_id == blocklist.id).order_by(col(Seat.since), col(Seat.member_id))
    return schemas.ManagedOut(
        **list_out(blocklist).model_dump(),
        id=blocklist.id,
        stopped=blocklist.stopped,
        seats=[schemas.SeatOut(member_id=one.member_id, since=one.since) for one in session.exec(seats)],
        rules=rules,
        policies=[policy_out(row, rules) for row in policies_of(session, blocklist)],
    )


def lists_seated(session: Session, member_id: UUID) -> list[Blocklist]:
    """Lists that somebody curates."""
    held = select(Seat.blocklist_id).where(Seat.member_id == member_id)
    return list(session.exec(select(Blocklist).where(col(Blocklist.id).in_(held)).order_by(Blocklist.slug)))


def events_after(session: Session, blocklist: Blocklist, after: int) -> schemas.EventsOut:
    """One page of a list's history."""
    chosen = select(Event).where(Event.blocklist_id == blocklist.id, Event.seq > after).order_by(col(Event.seq))
    rows = session.exec(chosen.limit(EVENTS_SHOWN)).all()
    more = len(rows) == EVENTS_SHOWN and rows[-1].seq < blocklist.head_seq
    return schemas.EventsOut(
        events=[schemas.EventOut.model_validate(row, from_attributes=True) for row in rows],
        next=rows[-1].seq if more else None,
    )
