"""Survivors' own accounts: harder to list, and nothing about them is published before they were asked."""

from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from panah.blocklists import appeals, events, panel
from panah.blocklists.cases import digest_subject, find_case
from panah.blocklists.lists import in_lock_order, lock, rules_of
from panah.blocklists.looks import ask_owner, dates, record
from panah.blocklists.policy import Rules
from panah.blocklists.standings import settle_standing
from panah.blocklists.states import ON_LIST
from panah.blocklists.subjects import check_subject
from panah.blocklists.tables import Blocklist, Case, Contributor, OwnerNotice, Protected
from panah.blocklists.turn import Turn
from panah.db import insert_once
from panah.errors import AppError
from panah.operations.switches import READ_ONLY, is_on, off_since

DAY = timedelta(days=1)
SEEN_BY = 2  # members who must see the code on the profile: one alone could be deceived, or lie


class NoticeNotFound(AppError):
    status = 404
    code = "notice-not-found"


class NoticeClosed(AppError):
    status = 409
    code = "notice-closed"


class ProtectionNotFound(AppError):
    status = 404
    code = "protection-not-found"


def ask_protection(turn: Turn, contributor: Contributor, subject: str) -> Protected:
    """Asks for protection of one's own account: the code goes on the profile until two members have seen it.

    A repeat returns the first. Raises BadSubject. The answer is the same for an account that is
    protected with another key: who is protected is nobody's business.
    """
    digest = digest_subject(turn, check_subject(subject))
    insert_once(
        turn.session,
        Protected,
        subject_digest=digest,
        contributor_id=contributor.id,
        code=f"panah-{turn.lot.getrandbits(40):010x}",
        status="pending",
        seen_by=[],
        asked_on=turn.now.date(),
    )
    return turn.session.get_one(Protected, (digest, contributor.id))


def protections_of(session: Session, contributor: Contributor) -> list[Protected]:
    chosen = select(Protected).where(Protected.contributor_id == contributor.id)
    return list(session.exec(chosen.order_by(col(Protected.subject_digest))))


def end_protection(turn: Turn, contributor: Contributor, subject: str) -> None:
    """Gives one's protection up. For an account that is not one's own nothing happens."""
    row = turn.session.get(Protected, (digest_subject(turn, check_subject(subject)), contributor.id))
    if row is not None:
        turn.session.delete(row)
        turn.session.flush()


def see_protection(turn: Turn, member_id: UUID, subject: str, code: str) -> Protected:
    """A member has seen this code on the account's profile. The second one makes the protection active.

    An entry that stands already is then looked at anew, as by an appeal. Raises ProtectionNotFound.
    """
    digest = digest_subject(turn, check_subject(subject))
    found = in_lock_order(turn.session)
    for blocklist in found:  # lists first, as everywhere
        lock(turn, blocklist)
    # Makes other members who look at the same account wait: two at once must both count.
    write = update(Protected).where(col(Protected.subject_digest) == digest).values(code=Protected.code)
    turn.session.execute(write.execution_options(synchronize_session=False))
    asked = select(Protected).where(Protected.subject_digest == digest).execution_options(populate_existing=True)
    rows = turn.session.exec(asked).all()
    row = next((one for one in rows if compare_digest(one.code.encode(), code.strip().lower().encode())), None)
    if row is None:
        raise ProtectionNotFound("Nobody waits for protection of that account with that code. Compare both again.")
    if any(one.status == "active" for one in rows) or str(member_id) in row.seen_by:
        return row
    row.seen_by = [*row.seen_by, str(member_id)]
    if len(row.seen_by) >= SEEN_BY:
        row.status = "active"
        turn.session.flush()
        for blocklist in found:
            protect_on(turn, blocklist, subject)
    turn.session.flush()
    return row


def protect_on(turn: Turn, blocklist: Blocklist, subject: str) -> None:
    turn, blocklist = lock(turn, blocklist)
    case = find_case(turn, blocklist, subject)
    if case is None or case.protected:
        return
    events.step(turn, blocklist, case, "protected", protected=True)
    if case.entry == "waiting":
        ask_owner(turn, blocklist, case, rules_of(turn.session, blocklist, turn.now))
    elif case.entry in ON_LIST and case.status != "appeal":
        appeals.open_for_owner(turn, blocklist, case)


def notices_of(session: Session, contributor: Contributor) -> list[OwnerNotice]:
    """Notices that wait for an answer."""
    chosen = select(OwnerNotice).where(
        OwnerNotice.contributor_id == contributor.id, col(OwnerNotice.answer).is_(None)
    )
    return list(session.exec(chosen.order_by(col(OwnerNotice.due_at))))


def answer_notice(turn: Turn, contributor: Contributor, notice_id: UUID, answer: str) -> None:
    """The owner's answer: "doubt" has three others look afresh, "accept" lets it be.

    Raises NoticeNotFound for somebody else's and NoticeClosed after the time was up.
    """
    notice = turn.session.get(OwnerNotice, notice_id)
    if notice is None or notice.contributor_id != contributor.id or answer not in ("doubt", "accept"):
        raise NoticeNotFound("There is no such notice of yours. Answer with doubt or accept.")
    case = turn.session.get(Case, notice.case_id)
    assert case is not None  # noqa: S101  (a notice goes with its case)
    blocklist = turn.session.get(Blocklist, case.blocklist_id)
    assert blocklist is not None  # noqa: S101
    turn, blocklist = lock(turn, blocklist)
    turn.session.refresh(case)
    turn.session.refresh(notice)
    if notice.answer is not None or case.status != "notice" or case.round != notice.round:
        raise NoticeClosed("This was answered, or its time is over. You can appeal.")
    notice.answer = answer
    rules = rules_of(turn.session, blocklist, turn.now)
    if answer == "accept":
        accept(turn, blocklist, case, rules, role="owner")
        return
    events.step(turn, blocklist, case, "doubted", role="owner", status="fresh", due_at=None)
    panel.draw(turn, blocklist, case, rules, "fresh")


def accept(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, *, role: str = "panah") -> None:
    """Lists an account whose owner had nothing to say against it, or said nothing in time."""
    tier = case.tier or "flag"
    record(turn, blocklist, case, tier, "")
    case.reports = 0
    changes = dates(tier, rules, turn.now.date())
    events.step(
        turn, blocklist, case, "accepted", role=role, status="listed", entry="waiting", due_at=None, **changes
    )
    settle_standing(turn, blocklist, case, rules, good=True, human=True)


def deadlines(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Goes on where an owner did not answer in time. While the server is read-only nobody's silence means anything,
    and whose time ran out meanwhile gets as much of it again.
    """
    if is_on(turn.session, READ_ONLY):
        return
    overdue = select(Case).where(
        Case.blocklist_id == blocklist.id, Case.status == "notice", col(Case.due_at) <= turn.now
    )
    writable_since = off_since(turn.session, READ_ONLY)
    for case in turn.session.exec(overdue).all():
        if writable_since is not None and case.due_at is not None and case.due_at <= writable_since:
            ask_again(turn, blocklist, case, max(turn.now, writable_since) + rules.notice_days * DAY)
        else:
            accept(turn, blocklist, case, rules)


def ask_again(turn: Turn, blocklist: Blocklist, case: Case, due: datetime) -> None:
    """Gives the owner of an account that is to be listed until `due`."""
    events.step(turn, blocklist, case, "asked_again", due_at=due)
    turn.session.execute(
        update(OwnerNotice)
        .where(col(OwnerNotice.case_id) == case.id, col(OwnerNotice.round) == case.round)
        .values(due_at=due)
    )
