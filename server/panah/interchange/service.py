"""Imports: accounts of a file become one contributor's reports, so many a day, and can be taken back whole."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, func, select

from panah.blocklists import contributions
from panah.blocklists.contributors import participant_of, tag_of
from panah.blocklists.lists import delete_rows, lock, lock_open, rules_of
from panah.blocklists.tables import (
    Blocklist,
    Category,
    Contribution,
    Contributor,
    ImportRow,
    Participant,
    Source,
)
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.interchange.rows import ImportedAccount, Parsed, Refused, refuse_lines

SAMPLE = 20
WAITING_DAYS = 365  # nobody's file keeps a list busy for longer
AT_ONCE = 1000  # rows of one INSERT
AT_A_TIME = 20  # reports of one transaction, in which nobody else can report


class TooManyWaiting(AppError):
    status = 409
    code = "import-too-many"


@dataclass(frozen=True)
class Preview:
    """What bringing a file in would do. `days`: until the last of its accounts has become a report."""

    format: str
    new: int
    known: int  # reported by the same person before, or waiting
    refused: list[Refused]
    days: int
    sample: list[str]  # subjects
    retractions: int  # of earlier imported reports and of accounts that wait


@dataclass(frozen=True)
class Drained:
    """How many accounts became reports, and whether more of them may today."""

    made: int
    more: bool


@dataclass(frozen=True)
class Difference:
    """A file against what its contributor reported before."""

    new: list[ImportedAccount]
    known: int
    reports: list[Contribution]  # imported ones that the file takes back
    waiting: list[str]  # subjects that wait and that it takes back


def preview(
    turn: Turn, blocklist: Blocklist, contributor: Contributor, parsed: Parsed, category: Category
) -> Preview:
    """What `bring_in` would do; changes nothing. Raises TooManyWaiting."""
    tag = tag_of(turn.keys, blocklist, contributor.id)
    found = compare(turn, blocklist, tag, parsed)
    return Preview(
        format=parsed.format,
        new=len(found.new),
        known=found.known,
        refused=parsed.refused,
        days=days_of(turn, blocklist, tag, found),
        sample=[row.subject for row in found.new[:SAMPLE]],
        retractions=len(found.reports) + len(found.waiting),
    )


def compare(turn: Turn, blocklist: Blocklist, tag: str, parsed: Parsed) -> Difference:
    """The file's accounts, by what is known of them from the same contributor."""
    mine = select(Contribution).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.tag == tag,
        col(Contribution.withdrawn).is_(False),
    )
    reports = {report.subject: report for report in turn.session.exec(mine)}
    rows = select(ImportRow.subject).where(ImportRow.blocklist_id == blocklist.id, ImportRow.tag == tag)
    waiting = set(turn.session.exec(rows))
    back = [row.subject for row in parsed.rows if row.retracted]
    added = [row for row in parsed.rows if not row.retracted]
    new = [row for row in added if row.subject not in reports and row.subject not in waiting]
    return Difference(
        new=new,
        known=len(added) - len(new),
        # A report that cites a post was made by hand; a file does not undo it.
        reports=[reports[one] for one in back if one in reports and reports[one].source == Source.IMPORT],
        waiting=[one for one in back if one in waiting],
    )


def days_of(turn: Turn, blocklist: Blocklist, tag: str, found: Difference) -> int:
    """Days until all that waits has become reports. Raises TooManyWaiting for more than a year."""
    a_day = rules_of(turn.session, blocklist, turn.now).import_day
    counted = select(func.count()).select_from(ImportRow)
    before = turn.session.exec(counted.where(ImportRow.blocklist_id == blocklist.id, ImportRow.tag == tag)).one()
    waiting = before - len(found.waiting) + len(found.new)
    days = -(-waiting // a_day)
    if found.new and days > WAITING_DAYS:
        raise TooManyWaiting(
            f"{waiting:,} accounts would wait for {days:,} days, since {a_day} a day become reports. "
            f"Bring in at most {a_day * WAITING_DAYS:,}: those that matter most."
        )
    return days if found.new else 0


def bring_in(
    turn: Turn, blocklist: Blocklist, contributor: Contributor, parsed: Parsed, category: Category
) -> UUID:
    """Lets the file's accounts wait for their day, takes back what it takes back, and returns the batch's id.

    A file comes in whole or not at all. Raises LinesRefused, TooManyWaiting, NotJoined, ContributorSuspended,
    ListArchived.
    """
    refuse_lines(parsed.refused)
    turn, blocklist = lock_open(turn, blocklist)
    participant = participant_of(turn, blocklist, contributor)
    found = compare(turn, blocklist, participant.tag, parsed)
    days_of(turn, blocklist, participant.tag, found)
    contributions.remove(turn, blocklist, found.reports)
    for start in range(0, len(found.waiting), AT_ONCE):
        delete_rows(
            turn.session,
            ImportRow,
            col(ImportRow.blocklist_id) == blocklist.id,
            col(ImportRow.tag) == participant.tag,
            col(ImportRow.subject).in_(found.waiting[start : start + AT_ONCE]),
        )
    batch = UUID(int=turn.lot.getrandbits(128))
    for start in range(0, len(found.new), AT_ONCE):
        values = [
            {
                "batch": batch,
                "blocklist_id": blocklist.id,
                "tag": participant.tag,
                "subject": row.subject,
                "category": row.category or category,
            }
            for row in found.new[start : start + AT_ONCE]
        ]
        turn.session.execute(insert(ImportRow), values)
    return batch


def take_back(turn: Turn, blocklist: Blocklist, contributor: Contributor, batch: UUID) -> int:
    """Takes a whole batch back, what waits and what has become reports, and says how much there was.

    What others have decided on stays. For an unknown or foreign batch nothing happens.
    """
    turn, blocklist = lock(turn, blocklist)
    tag = tag_of(turn.keys, blocklist, contributor.id)
    mine = select(Contribution).where(
        Contribution.blocklist_id == blocklist.id,
        Contribution.tag == tag,
        Contribution.import_batch == batch,
        col(Contribution.withdrawn).is_(False),
    )
    reports = list(turn.session.exec(mine))
    contributions.remove(turn, blocklist, reports)
    return len(reports) + delete_rows(
        turn.session,
        ImportRow,
        col(ImportRow.blocklist_id) == blocklist.id,
        col(ImportRow.tag) == tag,
        col(ImportRow.batch) == batch,
    )


def drain_imports(turn: Turn, blocklist: Blocklist, *, limit: int = AT_A_TIME) -> Drained:
    """Makes reports of `limit` accounts that wait, for each contributor up to the day's number, oldest first.

    To be called again, in a transaction of its own, while more wait: others report meanwhile. As often as it is
    called on one day, the day's number stays. What waits under a key that is suspended is dropped. On a closed
    list everything waits on.
    """
    turn, blocklist = lock(turn, blocklist)
    if blocklist.archived:
        return Drained(made=0, more=False)
    a_day = rules_of(turn.session, blocklist, turn.now).import_day
    waiting = in_turn(turn, blocklist, a_day, limit)
    people = people_behind(turn, blocklist, set(waiting))
    made = 0
    for tag, today in waiting.items():
        if made == limit:
            break
        participant = turn.session.get(Participant, (blocklist.id, tag))
        if tag not in people or participant is None or participant.suspended:
            delete_rows(
                turn.session, ImportRow, col(ImportRow.blocklist_id) == blocklist.id, col(ImportRow.tag) == tag
            )
            continue
        made += drain_one(turn, blocklist, people[tag], tag, min(a_day - today, limit - made))
    return Drained(made=made, more=bool(waiting and in_turn(turn, blocklist, a_day, 1)))


def in_turn(turn: Turn, blocklist: Blocklist, a_day: int, limit: int) -> dict[str, int]:
    """Tags under which accounts wait and may become reports today; how many did already."""
    waits = select(ImportRow.id).where(ImportRow.blocklist_id == blocklist.id, ImportRow.tag == Participant.tag)
    today = (
        select(func.count())
        .select_from(Contribution)
        .where(
            Contribution.blocklist_id == blocklist.id,
            Contribution.tag == Participant.tag,
            Contribution.source == Source.IMPORT,
            Contribution.reported_on == turn.now.date(),
        )
        .scalar_subquery()
    )
    chosen = (
        select(Participant.tag, today)
        .where(Participant.blocklist_id == blocklist.id, waits.exists(), today < a_day)
        .order_by(Participant.tag)
        .limit(limit)
    )
    return dict(turn.session.exec(chosen).all())


def people_behind(turn: Turn, blocklist: Blocklist, tags: set[str]) -> dict[str, Contributor]:
    """Who is known by these tags and not suspended. A tag cannot be turned back: all are tried until it fits."""
    found: dict[str, Contributor] = {}
    if not tags:
        return found
    for id in turn.session.exec(select(Contributor.id).where(col(Contributor.suspended).is_(False))):  # noqa: A001
        tag = tag_of(turn.keys, blocklist, id)
        if tag in tags:
            found[tag] = turn.session.get_one(Contributor, id)
        if len(found) == len(tags):
            break
    return found


def drain_one(turn: Turn, blocklist: Blocklist, contributor: Contributor, tag: str, limit: int) -> int:
    """Makes reports of the oldest rows of one contributor."""
    waiting = (
        select(ImportRow)
        .where(ImportRow.blocklist_id == blocklist.id, ImportRow.tag == tag)
        .order_by(col(ImportRow.id))
        .limit(limit)
    )
    rows = list(turn.session.exec(waiting))
    for row in rows:
        contributions.contribute(
            turn,
            blocklist,
            contributor,
            subject=row.subject,
            category=Category(row.category),
            source=Source.IMPORT,
            batch=row.batch,
        )
        turn.session.delete(row)
    turn.session.flush()
    return len(rows)
