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
    rules = rules_of(turn.session, blocklist, turn.now)
    wanted = is_wanted(turn, blocklist, rules, subject, ground, statement)
    add(turn, blocklist, subject, relation, ground, statement if wanted else "", receipt, wanted=wanted)
    turn.session.flush()
    admit(turn, blocklist, rules)
    return receipt


def add(
    turn: Turn,
    blocklist: Blocklist,
    subject: str,
    relation: str,
    ground: str,
    statement: str,
    receipt: str,
    *,
    wanted: bool,
) -> Appeal:
    made = Appeal(
        id=UUID(int=turn.lot.getrandbits(128)),
        blocklist_id=blocklist.id,
        subject=subject,
        receipt_digest=turn.keys.digest("receipt", receipt),
        relation=relation,
        ground=ground,
        sealed_statement=turn.keys.seal(statement) if statement else None,
        status="waiting" if wanted else "moot",
        filed_at=turn.now,
        answered_on=None if wanted else turn.now.date(),
    )
    turn.session.add(made)
    events.append(turn, blocklist, "appeal_filed", role="owner" if relation == "own" else "reader")
    return made


def open_for_owner(turn: Turn, blocklist: Blocklist, case: Case) -> None:
    """Has an entry looked at because its owner is protected now: at once, and whatever others have asked before."""
    rules = rules_of(turn.session, blocklist, turn.now)
    made = add(
        turn, blocklist, case.subject, "own", "survivor", "", f"{turn.lot.getrandbits(128):032x}", wanted=True
    )
    start(turn, blocklist, case, rules, [made])


def is_wanted(turn: Turn, blocklist: Blocklist, rules: Rules, subject: str, ground: str, statement: str) -> bool:
    """Whether an appeal would change anything: the account is listed or may soon be, and was not heard lately.

    After an answer there is one more hearing in `appeal_again_days`, for whoever says something or names another
    ground: anybody can appeal for anybody, and a bad appeal must not keep a good one out.
    """
    case = find_case(turn, blocklist, subject)
    if case is None or (case.entry not in ON_LIST and case.status in ("gathering", "rejected", "appeal")):
        return False
    since = turn.now.date() - rules.appeal_again_days * DAY
    answered = select(Appeal).where(
        Appeal.blocklist_id == blocklist.id,
        Appeal.subject == subject,
        Appeal.status == "kept",
        col(Appeal.answered_on) > since,
    )
    kept = turn.session.exec(answered).all()
    hearings = len({one.opened_at for one in kept})
    return hearings == 0 or (hearings == 1 and (bool(statement) or ground not in {one.ground for one in kept}))


def admit(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Opens waiting appeals as far as curators can answer so many. Which come first is drawn by lot, so that a
    flood of them does not keep everybody else out; what the owner says is drawn before what others say.
    """
    session = turn.session
    busy = select(func.count()).select_from(Case).where(Case.blocklist_id == blocklist.id, Case.status == "appeal")
    room = rules.appeals_open - session.exec(busy).one()
    waiting: dict[str, list[Appeal]] = {}
    chosen = select(Appeal).where(Appeal.blocklist_id == blocklist.id, Appeal.status == "waiting")
    for appeal in session.exec(chosen.order_by(col(Appeal.filed_at), col(Appeal.id))):
        waiting.setdefault(appeal.subject, []).append(appeal)
    # Half of the room goes to those who have waited longest, half by lot; what owners say comes first.
    oldest = list(waiting)
    lot = list(waiting)
    turn.lot.shuffle(lot)
    order = [subject for pair in zip(oldest, lot, strict=True) for subject in pair]
    order.sort(key=lambda subject: all(appeal.relation != "own" for appeal in waiting[subject]))
    for subject in dict.fromkeys(order):
        case = find_case(turn, blocklist, subject)
        if case is None or case.entry not in ON_LIST:
            if case is None or case.status in ("gathering", "rejected"):
                for appeal in waiting[subject]:
                    appeal.status, appeal.answered_on = "moot", turn.now.date()
        elif case.status == "appeal":  # it is being heard: what was said since belongs to it
            for appeal in waiting[subject]:
                appeal.status, appeal.opened_at = "open", turn.now
        elif room > 0 or case.protected:
            start(turn, blocklist, case, rules, waiting[subject])
            room -= 1


def start(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, heard: list[Appeal]) -> None:
    """Opens the hearing of one account."""
    for appeal in heard:
        appeal.status, appeal.opened_at = "open", turn.now
    if case.status in ("review", "upgrade"):
        panel.end_stage(turn, case, case.status)
    due = turn.now + rules.appeal_days * DAY
    events.step(turn, blocklist, case, "appealed", role="owner", status="appeal", due_at=due)
    panel.draw(turn, blocklist, case, rules, "appeal")


def heard_for(turn: Turn, case: Case) -> list[Appeal]:
    """All appeals that are open for an account."""
    chosen = select(Appeal).where(
        Appeal.blocklist_id == case.blocklist_id, Appeal.subject == case.subject, Appeal.status == "open"
    )
    return list(turn.session.exec(chosen))


def answer_all(turn: Turn, case: Case, status: str) -> None:
    for appeal in heard_for(turn, case):
        appeal.status, appeal.answered_on = status, turn.now.date()


def settle(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, given: list[Look]) -> None:
    """Takes the account off at the first doubt; keeps it when everybody who could be asked says so."""
    votes = [look.vote for look in given if look.vote in GIVEN]
    if "keep" in votes:
        if case.entry in ON_LIST:
            answer_all(turn, case, "removed")
            events.step(turn, blocklist, case, "taken_off", role="curator", entry="removed")
        # The others still say what they think: what most find wrong counts against those who listed it.
        if all(look.vote is not None for look in given):
            conclude(turn, blocklist, case, rules)
        return
    if any(look.vote is None for look in given):
        return
    recused = {look.member_id for look in given if look.vote in ("recuse", "withdrawn")}
    askable = set(panel.uninvolved(turn.session, blocklist, case, "appeal")) - recused
    needed = min(rules.curators, len(askable))
    if not votes or len(votes) < needed:
        return  # too few could be asked so far; without an answer in time the account comes off
    tier = "flag" if "flag" in votes else case.tier
    changes = {"tier": tier} if tier != case.tier else {}
    events.step(turn, blocklist, case, "kept", role="curator", status="listed", due_at=None, **changes)
    answer_all(turn, case, "kept")
    panel.end_stage(turn, case, "appeal")


def conclude(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules) -> None:
    """Ends an appeal after which the account has come off."""
    votes = [look.vote for look in panel.stage_looks(turn.session, case, "appeal") if look.vote in GIVEN]
    take_off(turn, blocklist, case, rules, role="curator", wrong=2 * votes.count("keep") > len(votes))


def take_off(turn: Turn, blocklist: Blocklist, case: Case, rules: Rules, *, role: str, wrong: bool) -> None:
    """Takes an account off the list. What most found wrong is not opened again before its reports are old; what was
    only doubted can be, once more, by new ones.
    """
    for stage in ("appeal", "review", "upgrade"):
        panel.close_stage(turn, case, stage)
    answer_all(turn, case, "removed")
    if wrong:
        newest = select(Decision).where(Decision.case_id == case.id, Decision.round == case.round)
        for decision in turn.session.exec(newest):
            decision.overturned_on = turn.now.date()
        standings.unsettle_standing(turn, blocklist, case)
    case.reports = 0
    events.step(
        turn,
        blocklist,
        case,
        "removed",
        role=role,
        status="rejected",
        entry="removed",
        tier=None,
        next_tier=None,
        rejections=max(case.rejections + 1, (rules.reopen_times + 1) * int(wrong)),
        due_at=None,
    )


def deadlines(turn: Turn, blocklist: Blocklist, rules: Rules) -> None:
    """Takes off what nobody answered for in time, and forgets old statements."""
    overdue = select(Case).where(
        Case.blocklist_id == blocklist.id, Case.status == "appeal", col(Case.due_at) <= turn.now
    )
    for case in turn.session.exec(overdue).all():
        take_off(turn, blocklist, case, rules, role="panah", wrong=False)
    ended = select(Case).where(Case.blocklist_id == blocklist.id, Case.status == "appeal", Case.entry == "removed")
    for case in turn.session.exec(ended).all():
        if all(look.vote is not None for look in panel.stage_looks(turn.session, case, "appeal")):
            conclude(turn, blocklist, case, rules)
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
