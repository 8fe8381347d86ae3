"""Reports: one a contributor, account and list, with one live post as evidence."""

from uuid import UUID, uuid4

from sqlalchemy import insert, update
from sqlalchemy import select as select_columns
from sqlmodel import col, func, select

from panah.blocklists import cases, events
from panah.blocklists.contributors import participant_of, tag_of
from panah.blocklists.lists import delete_rows, in_lock_order, lock, lock_open, rules_of
from panah.blocklists.subjects import check_subject
from panah.blocklists.tables import (
    Blocklist,
    Category,
    Contribution,
    Contributor,
    ImportRow,
    Participant,
    ReviewTask,
    Source,
)
from panah.blocklists.turn import Turn
from panah.errors import AppError


class EvidenceNeeded(AppError):
    status = 422
    code = "evidence-needed"


class TooManyReports(AppError):
    status = 429
    code = "too-many-reports"


def contribute(
    turn: Turn,
    blocklist: Blocklist,
    contributor: Contributor,
    *,
    subject: str,
    category: Category,
    evidence_post_id: str | None = None,
    evidence_sha256: str | None = None,
    cited_thread: str | None = None,
    source: Source = Source.EXTENSION,
    id: UUID | None = None,  # noqa: A002  (the row's own name)
    batch: UUID | None = None,
) -> Contribution:
    """Records a report. A repeat returns the first one unchanged.

    Raises BadSubject, EvidenceNeeded (only imports come without a post), NotJoined, ContributorSuspended,
    ListArchived, TooManyReports.
    """
    check_subject(subject)
    if evidence_post_id is None and source != Source.IMPORT:
        raise EvidenceNeeded("Cite one post by this account that can still be seen.")
    turn, blocklist = lock_open(turn, blocklist)
    session = turn.session
    participant = participant_of(turn, blocklist, contributor)
    first = select(Contribution).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.subject == subject,
        Contribution.tag == participant.tag,
    )
    found = session.exec(first).first()
    if found is not None:
        if found.withdrawn:
            found.withdrawn = False
            found.evidence_post_id, found.evidence_sha256 = evidence_post_id, evidence_sha256
            found.source, found.import_batch = Source(source), batch
            events.append(turn, blocklist, "contributed", role="contributor")
            if not found.settled:
                cases.reported(
                    turn, blocklist, rules_of(session, blocklist, turn.now), subject, found.category, arrival=False
                )
        return found
    rules = rules_of(session, blocklist, turn.now)
    today = turn.now.date()
    if source != Source.IMPORT and reported_today(turn, participant) >= rules.reports_day:
        raise TooManyReports(
            f"{rules.reports_day} reports a day are all that one person can make.", retry_after=86_400
        )
    values = {
        "id": id or UUID(int=turn.lot.getrandbits(128)),
        "blocklist_id": blocklist.id,
        "subject": subject,
        "tag": participant.tag,
        "category": Category(category),
        "evidence_post_id": evidence_post_id,
        "evidence_sha256": evidence_sha256,
        "cited_thread": cited_thread,
        "reported_on": today,
        "source": Source(source),
        "import_batch": batch,
        "round": 0,
        "withdrawn": False,
        "settled": False,
    }
    if id is not None and session.get(Contribution, id) is not None:
        values["id"] = uuid4()  # somebody else's; whose must not be told
    session.execute(insert(Contribution), [values])
    events.append(turn, blocklist, "contributed", role="contributor", body={"contribution": str(values["id"])})
    cases.reported(turn, blocklist, rules, subject, Category(category), arrival=source != Source.IMPORT)
    return session.exec(first).one()


def reported_today(turn: Turn, participant: Participant) -> int:
    """Reports made today, as far as they still stand."""
    counted = (
        select(func.count())
        .select_from(Contribution)
        .where(
            Contribution.blocklist_id == participant.blocklist_id,
            Contribution.tag == participant.tag,
            Contribution.reported_on == turn.now.date(),
            Contribution.source != Source.IMPORT,
        )
    )
    return turn.session.exec(counted).one()


def withdraw(turn: Turn, blocklist: Blocklist, contributor: Contributor, contribution_id: UUID) -> None:
    """Takes a report back. What others have decided on stays. For an unknown or foreign id nothing happens."""
    turn, blocklist = lock(turn, blocklist)
    row = turn.session.get(Contribution, contribution_id)
    if row is None or row.blocklist_id != blocklist.id or row.withdrawn:
        return
    if row.tag != tag_of(turn.keys, blocklist, contributor.id):
        return
    remove(turn, blocklist, [row])


def remove(turn: Turn, blocklist: Blocklist, rows: list[Contribution]) -> None:
    """Takes reports of a locked list back. What is left of them counts for nothing and goes when it is old: the
    tag, the account and the day, so that nobody comes and goes to stay unseen.
    """
    for row in rows:
        row.withdrawn = True
        row.evidence_post_id = row.evidence_sha256 = row.cited_thread = None
        if not row.settled:
            cases.unreported(turn, blocklist, row.subject)
        events.append(turn, blocklist, "withdrawn", role="contributor")
    turn.session.flush()


def delete_mine(turn: Turn, contributor: Contributor) -> int:
    """Takes back all reports by one contributor, imports that wait included. Decisions by others stay."""
    deleted = 0
    for blocklist in in_lock_order(turn.session):
        tag = tag_of(turn.keys, blocklist, contributor.id)
        turn_here, blocklist = lock(turn, blocklist)
        mine = select(Contribution).where(
            Contribution.blocklist_id == blocklist.id,
            Contribution.tag == tag,
            col(Contribution.withdrawn).is_(False),
        )
        rows = list(turn.session.exec(mine))
        remove(turn_here, blocklist, rows)
        deleted += len(rows)
        deleted += delete_rows(
            turn.session, ImportRow, col(ImportRow.blocklist_id) == blocklist.id, col(ImportRow.tag) == tag
        )
    return deleted


def forget(turn: Turn, contributor: Contributor) -> None:
    """Forgets a contributor: reports, tags, open jury turns, key. Votes given stay, under a tag of nobody."""
    delete_mine(turn, contributor)
    for blocklist in in_lock_order(turn.session):
        tag = tag_of(turn.keys, blocklist, contributor.id)
        delete_rows(
            turn.session, Contribution, col(Contribution.blocklist_id) == blocklist.id, col(Contribution.tag) == tag
        )
        delete_rows(
            turn.session,
            ReviewTask,
            col(ReviewTask.blocklist_id) == blocklist.id,
            col(ReviewTask.tag) == tag,
            col(ReviewTask.vote).is_(None),
        )
        delete_rows(
            turn.session, Participant, col(Participant.blocklist_id) == blocklist.id, col(Participant.tag) == tag
        )
    # People whom they invited stay one branch, under a number that leads to nobody.
    turn.session.execute(
        update(Contributor)
        .where(col(Contributor.branch) == contributor.id, col(Contributor.id) != contributor.id)
        .values(branch=UUID(int=turn.lot.getrandbits(128)))
    )
    turn.session.delete(contributor)
    turn.session.flush()


def reports_on(turn: Turn, blocklist: Blocklist, subject: str) -> list[tuple[Contribution, Participant | None]]:
    """All reports of an account on a list, each with who is behind it as far as the list knows."""
    joined = (
        select_columns(Contribution, Participant)
        .outerjoin(
            Participant,
            (col(Participant.blocklist_id) == col(Contribution.blocklist_id))
            & (col(Participant.tag) == col(Contribution.tag)),
        )
        .where(col(Contribution.blocklist_id) == blocklist.id, col(Contribution.subject) == subject)
    )
    return [(one, other) for one, other in turn.session.execute(joined)]
