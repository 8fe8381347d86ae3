"""Forgetting what a list wrote about one account, for whoever has a right to be forgotten."""

from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, func, select

from panah.blocklists import events
from panah.blocklists.cases import find_case
from panah.blocklists.lists import delete_rows, lock
from panah.blocklists.states import STATE_FIELDS, CaseState
from panah.blocklists.subjects import check_subject
from panah.blocklists.tables import Appeal, Blocklist, Case, Contribution, Event, ImportRow, Look
from panah.blocklists.turn import Turn
from panah.errors import AppError

IDLE = ("gathering", "rejected")


class ErasureRefused(AppError):
    status = 409
    code = "erasure-refused"


def erase_account(turn: Turn, blocklist: Blocklist, subject: str, *, by: UUID) -> int:
    """Makes a list forget an account: what its events say, reports, appeals, notes. How many events were erased.

    What was decided stays as a number of nobody, so that the breaker and later reports do not change, and the chain
    of events still holds. Raises BadSubject, and ErasureRefused while a case of the account is open, while it is
    on the list, or where nothing is known about it.
    """
    check_subject(subject)
    turn, blocklist = lock(turn, blocklist)
    session = turn.session
    case = find_case(turn, blocklist, subject)
    of_account = (Event.blocklist_id == blocklist.id, Event.subject == subject)
    count = session.exec(select(func.count()).select_from(Event).where(*of_account)).one()
    appealed = session.exec(
        select(Appeal.status).where(Appeal.blocklist_id == blocklist.id, Appeal.subject == subject)
    ).all()
    if case is None and not count and not appealed:
        raise ErasureRefused("This list knows nothing about that account.")
    if (case is not None and (case.status not in IDLE or case.entry in ("waiting", "published"))) or any(
        status in ("waiting", "open") for status in appealed
    ):
        raise ErasureRefused("The account is on the list, or something about it is still open.")
    events.erase_subject(turn, blocklist, subject)
    nobody = f"erased:{UUID(int=turn.lot.getrandbits(128))}"
    if case is not None:
        forget_case(turn, case, nobody)
    session.execute(
        update(Appeal)
        .where(col(Appeal.blocklist_id) == blocklist.id, col(Appeal.subject) == subject)
        .values(subject=nobody, sealed_statement=None)
    )
    for table in (Contribution, ImportRow):
        delete_rows(session, table, col(table.blocklist_id) == blocklist.id, col(table.subject) == subject)
    events.append(turn, blocklist, "history_erased", role="admin", body={"events": count, "by": str(by)})
    session.flush()
    return count


def forget_case(turn: Turn, case: Case, nobody: str) -> None:
    """Leaves of a case what its decisions hang on: it is as if nothing had happened, to nobody."""
    begin = CaseState()
    for name in STATE_FIELDS:
        setattr(case, name, getattr(begin, name))
    case.subject, case.reports, case.arrivals, case.arrived_on = nobody, 0, [], None
    turn.session.execute(update(Look).where(col(Look.case_id) == case.id).values(note="", said_note=""))
    turn.session.flush()
