"""Curators' looks: drawn by lot, two or three must agree, and the decision that follows from them."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from panah.blocklists import appeals, events, panel, standings
from panah.blocklists.cases import find_case, owner_of
from panah.blocklists.lists import lock, policy_of, rules_of, seats_of
from panah.blocklists.panel import GIVEN, LISTING, STAGES
from panah.blocklists.policy import Rules
from panah.blocklists.tables import (
    Blocklist,
    Case,
    Decision,
    Look,
    OwnerNotice,
    Tier,
)
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.operations.switches import READ_ONLY, ReadOnly, is_on

DAY = timedelta(days=1)
CHOICES = ("hide", "flag", "keep", "recuse")


class LookNotFound(AppError):
    status = 404
    code = "look-not-found"


class LookClosed(AppError):
    status = 409
    code = "look-closed"


class BadLook(AppError):
    status = 422
    code = "bad-look"


class TooManyRemovals(AppError):
    status = 409
    code = "too-many-removals"


def looks_of(session: Session, member_id: UUID) -> list[Look]:
    """A member's open looks on all lists, the most urgent first."""
    chosen = select(Look).where(Look.member_id == member_id, col(Look.vote).is_(None))
    return list(session.exec(chosen.order_by(col(Look.due_at))))


def answer_look(
    turn: Turn, member_id: UUID, look_id: UUID, choice: str, reason_code: str = "", note: str = ""
) -> None:
    """Answers one's look, and decides the case when that settles it.

    Raises LookNotFound for somebody else's, LookClosed when it was answered or is not needed any more.
    """
    if choice not in CHOICES:
        raise BadLook("Answer with hide, flag, keep or recuse.")
    answered_at = turn.now  # by the clock: a day's limit is not the list's, whose time may lag behind
    turn, blocklist, look, case = lock_look(turn, member_id, look_id)
    check_open(look, case)
    look.vote, look.reason_code, look.note, look.answered_at = choice, reason_code, note, answered_at
    unsay(look)
    events.append(turn, blocklist, "looked", role="curator", body={"look": str(look.id), "vote": choice})
    rules = rules_of(turn.session, blocklist, turn.now)
    if choice == "recuse":
        panel.draw(turn, blocklist, case, rules, look.stage)
        return
    turn.session.flush()
    settle_stage(turn, blocklist, case, rules, look.stage)


def check_goes_on(turn: Turn, member_id: UUID, look_id: UUID, choice: str) -> None:
    """Raises ReadOnly while the server is, for all but the votes that help an account off its list."""
    if not is_on(turn.session, READ_ONLY):
        return
    turn, blocklist, look, case = lock_look(turn, member_id, look_id)
    rules = rules_of(turn.session, blocklist, turn.now)
    helps_off = choice == "keep" and look.stage in ("appeal", "review")
    if not helps_off or would_list(turn, case, rules, look.stage, choice):
        raise ReadOnly


def lock_look(turn: Turn, member_id: UUID, look_id: UUID) -> tuple[Turn, Blocklist, Look, Case]:
    """One's look and its case as they are once the list is locked; the time is the list's in this turn.

    Raises LookNotFound for somebody else's.
    """
    look = turn.session.get(Look, look_id)
    if look is None or look.member_id != member_id:
        raise LookNotFound("There is no such case of yours.")
    turn, blocklist = lock(turn, turn.session.get_one(Blocklist, look.blocklist_id))
    turn.session.refresh(look)
    return turn, blocklist, look, turn.session.get_one(Case, look.case_id, populate_existing=True)


def check_open(look: Look, case: Case) -> None:
    """Raises LookClosed."""
    if look.vote is not None or look.round != case.round or case.status != STAGES[look.stage]:
        raise LookClosed("This was answered, or is decided already. Thank you all the same.")


def unsay(look: Look) -> None:
    """Forgets an answer that could still be taken back."""
    look.said, look.said_reason, look.said_note, look.said_at = None, "", "", None


def settle_stage(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, stage: str) -> None:
    """Ends a stage as soon as the votes still open cannot change what it comes to."""
    given = panel.stage_looks(turn.session, case, stage)
    votes = [look.vote or "" for look in given if look.vote in GIVEN]
    if stage == "appeal":
        appeals.settle(turn, blocklist, case, rules, given)
        return
    if stage == "review":
        review(turn, blocklist, case, rules, votes)
        return
    if stage == "upgrade":
        if any(vote != "hide" for vote in votes):
            panel.end_stage(turn, case, stage)
            events.step(turn, blocklist, case, "upgrade_ended", status="listed")
        elif len(votes) >= rules.curators:
            panel.end_stage(turn, case, stage)
            # It is hidden with the next batch, as if it were new: nobody sees when this was decided.
            events.step(turn, blocklist, case, "upgrade_ended", status="listed", next_tier="hide")
        return
    outcome = outcome_of(votes, rules, lenient=is_lenient(case, stage))
    if outcome is None:
        return
    panel.close_stage(turn, case, stage)
    sided = [look for look in given if (look.vote in LISTING) == (outcome != "keep") and look.vote in GIVEN]
    reason = next((look.reason_code for look in sided if look.reason_code), "")
    if blocklist.tier_cap == Tier.FLAG and outcome == "hide":
        outcome = "flag"
    if stage == "fresh":
        finish(turn, blocklist, case, rules, outcome, reason, "looked_again")
    elif case.protected and outcome != "keep" and notify_owner(turn, blocklist, case, rules, outcome):
        return
    else:
        finish(turn, blocklist, case, rules, outcome, reason, "decided")


def review(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, votes: list[str]) -> None:
    """Gives an entry another term, at the tier that a majority still wants, or takes it off. A protected account
    needs everybody.
    """
    outcome = review_outcome(votes, rules, protected=case.protected)
    if outcome == "keep":
        appeals.take_off(turn, blocklist, case, rules, role="curator", wrong=False)
    elif outcome is not None:
        panel.end_stage(turn, case, "review")
        tier = case.tier if outcome == "hide" else "flag"
        changes = dates(tier or "flag", rules, turn.now.date())
        events.step(turn, blocklist, case, "reviewed", status="listed", tier=tier, **changes)


def review_outcome(votes: list[str], rules: Rules, *, protected: bool) -> str | None:
    """hide (another term as it is), flag (another one as a flag), keep (it comes off), or None while it is open."""
    needed = rules.curators if protected else rules.curators // 2 + 1
    listing = sum(vote in LISTING for vote in votes)
    if len(votes) - listing > rules.curators - needed:
        return "keep"
    if votes.count("hide") >= needed:
        return "hide"
    return "flag" if listing >= needed and len(votes) >= rules.curators else None


def would_list(turn: Turn, case: Case, rules: Rules, stage: str, choice: str) -> bool:
    """Whether one more vote would end a stage with a listing, or give an entry another term."""
    votes = [look.vote or "" for look in panel.stage_looks(turn.session, case, stage) if look.vote in GIVEN]
    votes.append(choice)
    if stage == "review":
        return review_outcome(votes, rules, protected=case.protected) in LISTING
    return stage in ("first", "fresh") and outcome_of(votes, rules, lenient=is_lenient(case, stage)) in LISTING


def is_lenient(case: Case, stage: str) -> bool:
    """Whether most curators are enough for a flag."""
    return stage == "first" and case.lane == "clear" and not case.strict


def ask_owner(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules) -> None:
    """Takes back an entry that waits for its batch: the owner, who is protected now, is asked first."""
    if notify_owner(turn, blocklist, case, rules, case.tier or "flag", kind="asked"):
        panel.close_stage(turn, case, case.status)


def outcome_of(votes: list[str], rules: Rules, *, lenient: bool) -> str | None:
    """hide, flag, keep, or None while it is open. hide takes all; flag takes all, or a majority where lenient."""
    everybody = rules.curators
    majority = everybody // 2 + 1
    listing = sum(vote in LISTING for vote in votes)
    against = votes.count("keep")
    if lenient:
        if against >= majority:
            return "keep"
        if listing < majority:
            return None
        # Enough for a flag. Hiding takes everybody, so the last is waited for only while all said hide.
        if votes.count("hide") == len(votes) and len(votes) < everybody:
            return None
    else:
        if against:
            return "keep"
        if len(votes) < everybody:
            return None
    return "hide" if votes.count("hide") >= everybody else "flag"


def notify_owner(
    turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, outcome: str, *, kind: str = "decided"
) -> bool:
    """Tells the owner of a registered account before anything is published; False where it is not registered."""
    row = owner_of(turn, case.subject)
    if row is None:
        return False
    due = turn.now + rules.notice_days * DAY
    turn.session.add(
        OwnerNotice(
            id=UUID(int=turn.lot.getrandbits(128)),
            contributor_id=row.contributor_id,
            case_id=case.id,
            round=case.round,
            due_at=due,
        )
    )
    events.step(turn, blocklist, case, kind, status="notice", tier=outcome, entry="none", due_at=due)
    return True


def dates(tier: str, rules: Rules, today: date) -> dict[str, Any]:
    days = rules.hide_days if tier == "hide" else rules.flag_days
    return {
        "listed_on": today,
        "review_on": today + int(days * rules.review_share) * DAY,
        "expires_on": today + days * DAY,
    }


def finish(
    turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, outcome: str, reason: str, kind: str
) -> None:
    """Ends a round with a listing or a rejection."""
    if outcome == "keep":
        reject(turn, blocklist, case, rules, kind, lane=case.lane, share=case.share, human=True, reason=reason)
        return
    record(turn, blocklist, case, outcome, reason)
    case.reports = 0
    changes = dates(outcome, rules, turn.now.date())
    events.step(turn, blocklist, case, kind, status="listed", tier=outcome, entry="waiting", due_at=None, **changes)
    standings.settle_standing(turn, blocklist, case, rules, good=True, human=True)


def reject(
    turn: Turn,
    blocklist: Blocklist,
    case: Case,
    rules: Rules,
    kind: str,
    *,
    lane: str,
    share: float | None,
    human: bool = False,
    reason: str = "",
) -> None:
    record(turn, blocklist, case, "keep", reason)
    case.reports = 0
    events.step(
        turn,
        blocklist,
        case,
        kind,
        status="rejected",
        rejections=case.rejections + 1,
        lane=lane,
        share=share,
        tier=None,
        due_at=None,
        hold=None,
        hold_since=None,
        hold_until=None,
    )
    standings.settle_standing(turn, blocklist, case, rules, good=False, human=human)


def record(
    turn: Turn, blocklist: Blocklist, case: Case, outcome: str, reason: str, *, lane: str | None = None
) -> None:
    policy_id, _ = policy_of(turn.session, blocklist, turn.now)
    turn.session.add(
        Decision(
            id=UUID(int=turn.lot.getrandbits(128)),
            blocklist_id=blocklist.id,
            case_id=case.id,
            round=case.round,
            lane=lane or case.lane,
            outcome=outcome,
            reason_code=reason,
            policy_id=policy_id,
            made_on=turn.now.date(),
        )
    )


def remove_entry(turn: Turn, blocklist: Blocklist, member_id: UUID, subject: str, reason_code: str) -> None:
    """Takes an account off a list at once: one curator is enough for that, so many times a day.

    Raises LookNotFound for somebody without a seat or an account that is not on the list, and TooManyRemovals.
    """
    turn, blocklist = lock(turn, blocklist)
    case = find_case(turn, blocklist, subject)
    if (
        member_id not in seats_of(turn.session, blocklist)
        or case is None
        or case.entry not in ("waiting", "published")
    ):
        raise LookNotFound("There is no such entry that you could remove.")
    rules = rules_of(turn.session, blocklist, turn.now)
    made = select(col(Decision.made_on)).where(
        Decision.blocklist_id == blocklist.id,
        Decision.lane == f"by:{str(member_id)[:8]}",
        Decision.made_on > turn.now.date() - 30 * DAY,
    )
    days = list(turn.session.exec(made))
    if days.count(turn.now.date()) >= rules.removals_day or len(days) >= rules.removals_month:
        raise TooManyRemovals(
            f"One curator removes {rules.removals_day} accounts a day and {rules.removals_month} a month at most. "
            "Ask another."
        )
    record(turn, blocklist, case, "keep", reason_code, lane=f"by:{str(member_id)[:8]}")
    appeals.take_off(turn, blocklist, case, rules, role="curator", wrong=False)
