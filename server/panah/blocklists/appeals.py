"""Appeals: anybody may ask, others than those who decided look again, and one doubt takes the account off."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, func, select

from panah.blocklists import events, panel, standings
from panah.blocklists.cases import find_case
from panah.blocklists.lists import lock, rules_of
from panah.blocklists.panel import GIVEN
from panah.blocklists.policy import Rules
from panah.blocklists.states import ON_LIST
from panah.blocklists.subjects import check_subject
from panah.blocklists.tables import Appeal, Blocklist, Case, Decision, Look
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.keys import Keys

DAY = timedelta(days=1)
RELATIONS = ("own", "behalf")
GROUNDS = ("not-me", "context", "retracted", "survivor", "other")
OPEN = ("waiting", "open")
STATEMENT_LENGTH = 2000
STATEMENT_DAYS = 90


class BadAppeal(AppError):
    status = 422
    code = "bad-appeal"


class UnknownReceipt(AppError):
    status = 404
    code = "unknown-receipt"


def file_appeal(
    turn: Turn, blocklist: Blocklist, *, subject: str, relation: str, ground: str, statement: str = ""
) -> str:
    """Takes an appeal and returns the receipt that tells later how it went. The answer is the same for an account
    that is not on the list. Raises BadSubject or BadAppeal.
    """
    check_subject(subject)
    if relation not in RELATIONS or ground not in GROUNDS or len(statement) > STATEMENT_LENGTH:
        raise BadAppeal(f"Say for whom and on what ground, in {STATEMENT_LENGTH} characters at most.")
    turn, blocklist = lock(turn, blocklist)
    receipt = f"{turn.lot.getrandbits(128):032x}"
    turn.session.add(
        Appeal(
            id=UUID(int=turn.lot.getrandbits(128)),
            blocklist_id=blocklist.id,
            subject=subject,
            receipt_digest=turn.keys.digest("receipt", receipt),
            relation=relation,
            ground=ground,
            sealed_statement=turn.keys.seal(statement) if statement else None,
            status="waiting" if is_wanted(turn, blocklist, subject, relation) else "moot",
            filed_at=turn.now,
        )
    )
    events.append(turn, blocklist, "appeal_filed", role="owner" if relation == "own" else "reader")
    turn.session.flush()
    admit(turn, blocklist, rules_of(turn.session, blocklist, turn.now))
    return receipt


def is_wanted(turn: Turn, blocklist: Blocklist, subject: str, relation: str) -> bool:
    """Whether an appeal would change anything: the account is listed or may soon be, nobody appeals for it
    already, and the last answer is not too fresh. What others ask never stands in the owner's way.
    """
    case = find_case(turn, blocklist, subject)
    if case is None or (case.entry not in ON_LIST and case.status in ("gathering", "rejected")):
        return False
    rules = rules_of(turn.session, blocklist, turn.now)
    since = turn.now.date() - rules.appeal_again_days * DAY
    other = select(Appeal.id).where(
        Appeal.blocklist_id == blocklist.id,
        Appeal.subject == subject,
        col(Appeal.relation).in_((relation, "own")),
        col(Appeal.status).in_(OPEN) | ((col(Appeal.status) == "kept") & (col(Appeal.answered_on) > since)),
    )
    return turn.session.exec(other).first() is None


def admit(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Opens waiting appeals as far as curators can answer so many. Which come first is drawn by lot, so that a
    flood of them does not keep everybody else out; what the owner says is drawn before what others say.
    """
    session = turn.session
    opened = (
        select(func.count()).select_from(Appeal).where(Appeal.blocklist_id == blocklist.id, Appeal.status == "open")
    )
    room = rules.appeals_open - session.exec(opened).one()
    if room <= 0:
        return
    waiting = list(
        session.exec(
            select(Appeal)
            .where(Appeal.blocklist_id == blocklist.id, Appeal.status == "waiting")
            .order_by(col(Appeal.filed_at), col(Appeal.id))
        )
    )
    turn.lot.shuffle(waiting)
    waiting.sort(key=lambda appeal: appeal.relation != "own")
    for appeal in waiting:
        if room <= 0:
            return
        case = find_case(turn, blocklist, appeal.subject)
        if case is None or case.entry not in ON_LIST:
            if case is None or case.status in ("gathering", "rejected"):
                appeal.status, appeal.answered_on = "moot", turn.now.date()
            continue
        appeal.status, appeal.opened_at = "open", turn.now
        if case.status in ("review", "upgrade"):
            panel.end_stage(turn, case, case.status)
        due = turn.now + rules.appeal_days * DAY
        events.step(turn, blocklist, case, "appealed", role="owner", status="appeal", due_at=due)
        panel.draw(turn, blocklist, case, rules, "appeal")
        room -= 1


def current(turn: Turn, case: Case) -> Appeal | None:
    chosen = select(Appeal).where(
        Appeal.blocklist_id == case.blocklist_id, Appeal.subject == case.subject, Appeal.status == "open"
    )
    return turn.session.exec(chosen).first()


def settle(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, given: list[Look]) -> None:
    """Takes the account off at the first doubt; keeps it when everybody who could be asked says so."""
    votes = [look.vote for look in given if look.vote in GIVEN]
    if "keep" in votes:
        # What most of those who answered find wrong counts against the list (see breaker); one doubt only delists.
        wrong = 2 * votes.count("keep") > len(votes)
        take_off(turn, blocklist, case, rules, role="curator", wrong=wrong)
        return
    if any(look.vote is None for look in given):
        return
    recused = {look.member_id for look in given if look.vote == "recuse"}
    askable = set(panel.uninvolved(turn.session, blocklist, case, "appeal")) - recused
    needed = min(rules.curators, len(askable))
    if not votes or len(votes) < needed:
        return  # too few could be asked so far; without an answer in time the account comes off
    appeal = current(turn, case)
    tier = "flag" if "flag" in votes else case.tier
    changes = {"tier": tier} if tier != case.tier else {}
    events.step(turn, blocklist, case, "kept", role="curator", status="listed", due_at=None, **changes)
    if appeal is not None:
        appeal.status, appeal.answered_on = "kept", turn.now.date()
    panel.end_stage(turn, case, "appeal")


def take_off(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, *, role: str, wrong: bool) -> None:
    """Takes an account off the list. What most found wrong is not opened again before its reports are old; what was
    only doubted can be, once more, by new ones.
    """
    for stage in ("appeal", "review", "upgrade"):
        panel.close_stage(turn, case, stage)
    appeal = current(turn, case)
    if appeal is not None:
        appeal.status, appeal.answered_on = "removed", turn.now.date()
    if wrong:
        newest = select(Decision).where(Decision.case_id == case.id, Decision.round == case.round)
        for decision in turn.session.exec(newest):
            decision.overturned_on = turn.now.date()
        standings.unsettle_standing(turn, blocklist, case)
    case.reports_before = case.reports
    events.step(
        turn,
        blocklist,
        case,
        "removed",
        role=role,
        status="rejected",
        entry="removed",
        tier=None,
        rejections=rules.reopen_times + int(wrong),
        due_at=None,
    )


def deadlines(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Takes off what nobody answered for in time, and forgets old statements."""
    overdue = select(Case).where(
        Case.blocklist_id == blocklist.id, Case.status == "appeal", col(Case.due_at) <= turn.now
    )
    for case in turn.session.exec(overdue).all():
        take_off(turn, blocklist, case, rules, role="panah", wrong=False)
    old = select(Appeal).where(
        Appeal.blocklist_id == blocklist.id,
        col(Appeal.sealed_statement).is_not(None),
        col(Appeal.answered_on) <= turn.now.date() - STATEMENT_DAYS * DAY,
    )
    for appeal in turn.session.exec(old):
        appeal.sealed_statement = None
    admit(turn, blocklist, rules)


def appeal_status(session: Session, keys: Keys, receipt: str) -> Appeal:
    """Raises UnknownReceipt."""
    found = session.exec(select(Appeal).where(Appeal.receipt_digest == keys.digest("receipt", receipt))).first()
    if found is None:
        raise UnknownReceipt("That receipt is not known here. Look whether it was copied whole.")
    return found


def due_of(appeal: Appeal, rules: Rules) -> datetime | None:
    """When an open appeal is answered at the latest."""
    return None if appeal.opened_at is None else appeal.opened_at + rules.appeal_days * DAY
