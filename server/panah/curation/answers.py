"""A curator's answer: it counts ten seconds after it was given, and later it can still be turned round."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import col, select

from panah.blocklists import events, looks, panel, standings
from panah.blocklists.lists import lock, rules_of, seats_of
from panah.blocklists.looks import LookNotFound, check_open, lock_look
from panah.blocklists.panel import GIVEN, LISTING, STAGES
from panah.blocklists.policy import Rules
from panah.blocklists.states import BESIDE, ON_LIST
from panah.blocklists.tables import Blocklist, Case, Decision, Event, Look
from panah.blocklists.turn import Turn, begin
from panah.curation.care import check_cap
from panah.errors import AppError, frames
from panah.keys import Keys
from panah.operations.switches import check_writable

log = logging.getLogger("panah")

UNDO = timedelta(seconds=10)
RECONSIDERED_WITHIN = timedelta(days=7)

# What became of an answer that was turned round: others are asked, the account was taken off the list, or a
# rejection is looked at anew.
Reversed = Literal["others", "removed", "reconsidered"]


class AlreadyCounts(AppError):
    status = 409
    code = "already-counts"


class CannotReverse(AppError):
    status = 409
    code = "cannot-reverse"


class NobodyElse(CannotReverse):
    code = "nobody-else"


@dataclass(frozen=True)
class Settled:
    """What came of answers whose seconds were over. `closed`: decided by others meanwhile."""

    done: int
    closed: int


def say(turn: Turn, member_id: UUID, look_id: UUID, choice: str, reason_code: str = "", note: str = "") -> datetime:
    """Writes an answer down; returns when it counts. Another one within the seconds replaces it, and they begin
    anew, unless it is long overdue.

    Raises what looks.answer_look raises, ReadOnly, DailyCapReached, and AlreadyCounts when an earlier one counts.
    Handing a case to others is always possible.
    """
    if choice not in looks.CHOICES:
        raise looks.BadLook("Answer with hide, flag, keep or recuse.")
    looks.check_goes_on(turn, member_id, look_id, choice)
    _, _, look, case = lock_look(turn, member_id, look_id)
    check_open(look, case)
    if look.said_at is not None and look.said_at <= turn.now - UNDO:
        raise AlreadyCounts("Your first answer counts already.")
    if choice in GIVEN and look.said not in GIVEN:  # whoever changes an answer has been counted
        check_cap(turn.session, member_id, turn.now)
    said_at = turn.now
    if look.said_at is not None and look.due_at <= turn.now - panel.LONGEST_AT_IT:
        said_at = look.said_at  # or an answer that is changed for ever would hold the case up
    look.said, look.said_reason, look.said_note, look.said_at = choice, reason_code, note, said_at
    turn.session.flush()
    return said_at + UNDO


def take_back(turn: Turn, member_id: UUID, look_id: UUID) -> None:
    """Forgets an answer that does not count yet; again changes nothing. Raises LookNotFound or AlreadyCounts."""
    _, _, look, _ = lock_look(turn, member_id, look_id)
    if look.vote in looks.CHOICES or (look.said_at is not None and look.said_at <= turn.now - UNDO):
        raise AlreadyCounts("The ten seconds are over, and your answer counts.")
    looks.unsay(look)
    turn.session.flush()


def settle(engine: Engine, keys: Keys, *, member_id: UUID | None = None, now: datetime | None = None) -> Settled:
    """Lets all answers count whose seconds are over, or those of one member: each in a transaction of its own.

    What others decided meanwhile is forgotten; a fault is logged without what it was about, and the answer is
    tried again by the next call.
    """
    with begin(engine, keys, now=now) as turn:
        chosen = select(Look.id).where(col(Look.said_at) <= turn.now - UNDO)
        if member_id is not None:
            chosen = chosen.where(Look.member_id == member_id)
        due = turn.session.exec(chosen.order_by(col(Look.said_at), col(Look.id))).all()
    done = closed = 0
    for look_id in due:
        try:
            with begin(engine, keys, now=now) as turn:
                done += settle_one(turn, look_id)
        except AppError:
            with begin(engine, keys, now=now) as turn:
                closed += forget(turn, look_id)
        except Exception as error:
            log.error("an answer was not settled: %s\n%s", type(error).__name__, frames(error))
    return Settled(done, closed)


def settle_one(turn: Turn, look_id: UUID) -> bool:
    """Lets one answer count; False where another process was faster, or it was taken back or changed."""
    look = lock_due(turn, look_id)
    if look is None:
        return False
    said_at = look.said_at
    looks.answer_look(turn, look.member_id, look.id, look.said or "", look.said_reason, look.said_note)
    look.answered_at = said_at  # as late as it may be settled, it belongs to the day on which it was given
    return True


def forget(turn: Turn, look_id: UUID) -> bool:
    look = lock_due(turn, look_id)
    if look is not None:
        looks.unsay(look)
    return look is not None


def lock_due(turn: Turn, look_id: UUID) -> Look | None:
    """A look whose answer is due, its list locked. The time is the clock's, not the list's: so it was written."""
    look = turn.session.get(Look, look_id)
    if look is None:
        return None
    lock(turn, turn.session.get_one(Blocklist, look.blocklist_id))
    turn.session.refresh(look)
    return look if look.said_at is not None and look.said_at <= turn.now - UNDO else None


# When it counts already


def reverse(turn: Turn, member_id: UUID, look_id: UUID, reason_code: str) -> Reversed:
    """Turns one's own answer round, with an event: the history says both.

    While the stage is open the answer is withdrawn, and somebody else is asked: nobody votes twice in a stage. A
    listing that one sided with is taken off as remove_entry does, with its limits; a rejection of the last days is
    looked at anew by others, once a round. Raises LookNotFound, CannotReverse, NobodyElse and TooManyRemovals, and
    ReadOnly for all but the taking off while the server is.
    """
    turn, blocklist, look, case = lock_look(turn, member_id, look_id)
    if member_id not in seats_of(turn.session, blocklist, appeals=True):
        raise LookNotFound("There is no such case of yours.")
    if look.vote not in GIVEN or look.round != case.round:
        raise CannotReverse("This is no answer of yours that counts now.")
    if blocklist.archived:
        raise CannotReverse("The list is closed. What is on it expires.")
    if case.protected or is_erased(turn, blocklist, case):
        raise CannotReverse("This account is under special care, and its decisions are not turned round here.")
    rules = rules_of(turn.session, blocklist, turn.now)
    stage = look.stage.rstrip("0123456789")
    if look.stage == stage and case.status == STAGES[stage]:
        check_writable(turn.session)
        return withdraw(turn, blocklist, case, rules, look, reason_code)
    if stage in ("first", "review") and look.vote in LISTING and case.entry in ON_LIST and case.status in BESIDE:
        looks.remove_entry(turn, blocklist, member_id, case.subject, reason_code)
        return "removed"
    if look.stage == "first" and look.vote == "keep" and case.status == "rejected":
        check_writable(turn.session)
        return reconsider(turn, blocklist, case, rules, look, reason_code)
    raise CannotReverse("What came of this answer cannot be turned round. You can still remove an entry.")


def withdraw(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, look: Look, reason_code: str) -> Reversed:
    """Takes a vote out of an open stage, and asks somebody in its place. Nobody's standing has changed by it. It
    stays one of the day's answers.
    """
    if case.status == "appeal" and case.entry not in ON_LIST:
        raise CannotReverse("The account came off the list by this answer. It comes back only by new reports.")
    if not any(panel.askable(turn.session, blocklist, case, look.stage)):
        raise NobodyElse("Nobody else of this list could be asked in your place, so your vote stands.")
    look.vote, look.reason_code, look.note = "withdrawn", "", ""
    events.append(turn, blocklist, "unlooked", role="curator", body={"look": str(look.id), "reason": reason_code})
    panel.draw(turn, blocklist, case, rules, look.stage)
    return "others"


def reconsider(
    turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, look: Look, reason_code: str
) -> Reversed:
    """Opens a rejection for three others, who must all agree to list. It counts as a rejection no more, and what it
    did to anybody's standing is undone.
    """
    made = select(Decision).where(Decision.case_id == case.id, Decision.round == case.round)
    found = turn.session.exec(made).all()
    # A second decision of the round: it was listed and came off, or was looked at anew already.
    if len(found) != 1 or found[0].outcome != "keep":
        raise CannotReverse("This was looked at again already. What comes next needs new reports.")
    if found[0].made_on <= turn.now.date() - RECONSIDERED_WITHIN:
        raise CannotReverse("This was decided more than a week ago. What comes next needs new reports.")
    panel.end_stage(turn, case, "first")
    turn.session.flush()
    if len(panel.uninvolved(turn.session, blocklist, case, "first")) < rules.curators:
        raise NobodyElse("Too few others of this list are left to look at it. What comes next needs new reports.")
    events.append(turn, blocklist, "unlooked", role="curator", body={"look": str(look.id), "reason": reason_code})
    standings.unsettle_rejection(turn, blocklist, case, rules)
    events.step(
        turn,
        blocklist,
        case,
        "reconsidered",
        role="curator",
        status="looks",
        strict=True,
        rejections=max(0, case.rejections - 1),
    )
    panel.draw(turn, blocklist, case, rules, "first")
    return "reconsidered"


def is_erased(turn: Turn, blocklist: Blocklist, case: Case) -> bool:
    """Whether the history has forgotten what it said about the account: nothing can follow it then."""
    newest = select(Event.seq).where(
        Event.blocklist_id == blocklist.id, Event.subject == case.subject, Event.number == case.number
    )
    return turn.session.exec(newest).first() is None
