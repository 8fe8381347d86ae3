"""Curators at work: the queue, a case, appeals, and what is done without a case."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response

from panah.accounts.dependencies import Form, SignedIn, turn_of
from panah.accounts.permissions import Permission
from panah.accounts.rendering import go
from panah.blocklists import contributors, looks, protection, schemas, views
from panah.blocklists.cases import digest_subject
from panah.blocklists.lists import find_list
from panah.blocklists.member_routes import check_seat, check_stage
from panah.blocklists.pages import FormIncomplete, read_lines, words
from panah.blocklists.policy import Rules
from panah.blocklists.turn import Turn
from panah.consoles.console import Console, Who
from panah.consoles.lists import check, subject_in
from panah.consoles.rendering import show
from panah.curation import answers, bulk, care, desk, leases, queue
from panah.errors import AppError
from panah.pages.languages import asked_for, known

Where = dict[str, str]
DECIDING = (Permission.ENTRY_DECIDE, Permission.APPEAL_DECIDE)
BULK = {
    "keep": Permission.ENTRY_DECIDE,
    "expire": Permission.ENTRY_DECIDE,
    "recuse": Permission.LIST_SEE,
}


def add(console: Console) -> None:
    """Adds the pages."""
    add_queue(console)
    add_case(console)
    add_tools(console)


# What all these pages take


def links(request: Request) -> Callable[..., str]:
    """Makes addresses in the language that the visitor chose; what is empty is left out."""
    chosen = known(request.query_params.get("lang", ""))

    def at(path: str, **asked: str | None) -> str:
        query = {name: value for name, value in ({**asked, "lang": chosen}).items() if value}
        return f"{path}?{urlencode(query)}" if query else path

    return at


def place(request: Request) -> Where:
    """Which part of the queue one works through: its lane, list and order."""
    asked = request.query_params
    lane, slug = asked.get("lane", ""), asked.get("list", "")
    return {
        "lane": lane if lane in queue.LANES else "",
        "list": slug[:40],
        "sort": "age" if asked.get("sort") == "age" else "",
    }


def filters(where: Where) -> dict[str, Any]:
    """The same as the queue's functions take it."""
    return {
        "lane": where["lane"] or None,
        "list_slug": where["list"] or None,
        "sort": where["sort"] or "due",
    }


def settle(request: Request, who: SignedIn) -> None:
    """Lets one's answers count whose seconds are over, before a page says what waits."""
    answers.settle(request.app.state.engine, request.app.state.keys, member_id=who.member_id)


def around(request: Request, turn: Turn, who: SignedIn) -> dict[str, Any]:
    """What every page of curators has: keys, care, and the answers that can be taken back."""
    wanted = care.care_of(turn.session, who.member_id, turn.now)
    return {
        "care": wanted,
        "keys": wanted.key_map,
        "waiting": desk.unsettled(turn.session, who.member_id, turn.now),
        "rest": care.break_due(turn.session, who.member_id, turn.now),
        "at": links(request),
        "now": turn.now,
    }


def reasons_in(request: Request) -> list[tuple[str, str]]:
    said = words(asked_for(request))["reasons"]
    return [(code, said[code]) for code in schemas.REASONS]


# The queue


def queue_page(request: Request, who: SignedIn, *, error: AppError | None = None) -> Response:
    where = place(request)
    decides = any(who.may(one) for one in DECIDING)
    after = request.query_params.get("after", "")
    settle(request, who)
    with turn_of(request) as turn:
        session, now = turn.session, turn.now
        slug = where["list"] or None
        lanes = queue.lanes(session, who.member_id, now, everywhere=not decides, list_slug=slug)
        page = queue.page(session, who.member_id, now, after=after, **filters(where))
        parts = around(request, turn, who)
        seated = [(one.slug, one.name) for one in views.lists_seated(session, who.member_id)]
        left = care.cap_left(session, who.member_id, now)
    counts = request.query_params
    values = {name: counts[name] for name in ("done_count", "skipped") if counts.get(name, "").isdecimal()}
    return show(
        request,
        "console/curate_queue.html",
        who,
        path="/curate",
        error=error,
        values={"done": values.get("done_count", "0"), "skipped": values.get("skipped", "0")},
        **parts,
        **where,
        decides=decides,
        lanes=lanes,
        total=sum(one.count for one in lanes.values()),
        mine=sum(one.mine for one in lanes.values()),
        oldest=max((one.oldest_days or 0 for one in lanes.values()), default=0),
        rows=page.rows,
        more=page.next,
        after=after,
        lists=seated,
        cap_left=left,
    )


def bulk_page(
    request: Request, who: SignedIn, what: str, ids: list[UUID], *, error: AppError | None = None
) -> Response:
    with turn_of(request) as turn:
        rows = desk.chosen_among(turn.session, who.member_id, ids, what)
    return show(
        request,
        "console/curate_bulk.html",
        who,
        path="/curate",
        error=error,
        at=links(request),
        what=what,
        rows=rows,
        asked=bool(ids),
        reasons=reasons_in(request),
    )


def ids_in(texts: list[str]) -> list[UUID]:
    """Raises FormIncomplete for what is no id, and BadBulk for too many."""
    try:
        found = [UUID(text) for text in texts]
    except ValueError:
        raise FormIncomplete("Something is missing.") from None
    if len(found) > bulk.MOST:
        raise bulk.BadBulk("So many cannot be answered at once.")
    return found


def add_queue(console: Console) -> None:
    @console.get("/curate", Permission.LIST_SEE)
    def all_mine(request: Request, who: Who) -> Response:
        return queue_page(request, who)

    @console.get("/curate/toast", Permission.LIST_SEE)
    def toast(request: Request, who: Who) -> Response:
        """Answers that can be taken back, for pages that stay open while one counts."""
        settle(request, who)
        with turn_of(request) as turn:
            parts = around(request, turn, who)
        return show(request, "console/curate_toast.html", who, **parts)

    @console.get("/curate/bulk", Permission.LIST_SEE)
    def choose(request: Request, who: Who) -> Response:
        """Asks before several cases are answered at once."""
        what = request.query_params.get("what", "")
        try:
            if not who.may(BULK.get(what, Permission.LIST_SEE)) or what not in BULK:
                raise bulk.BadBulk("This cannot be done for several cases at once.")
            return bulk_page(request, who, what, ids_in(request.query_params.getlist("id")))
        except AppError as error:
            return queue_page(request, who, error=error)

    for what, permission in BULK.items():
        console.post(f"/curate/bulk/{what}", permission)(bulk_route(what))

    @console.get("/curate/appeals", Permission.LIST_SEE)
    def appeals(request: Request, who: Who) -> Response:
        settle(request, who)
        with turn_of(request) as turn:
            everywhere = not any(who.may(one) for one in DECIDING)
            rows = queue.appeals_waiting(turn.session, who.member_id, turn.now, everywhere=everywhere)
            parts = around(request, turn, who)
        hours = 24 * Rules().appeal_target_days
        return show(request, "console/curate_appeals.html", who, **parts, rows=rows, hours=hours)


def bulk_route(what: str) -> Callable[..., Response]:
    def answer(request: Request, who: Who, fields: Form) -> Response:
        ids: list[UUID] = []
        try:
            ids = ids_in(fields.get("ids", "").split())
            reason = fields.get("reason", "")
            if what != "recuse" and reason not in schemas.REASONS:
                raise FormIncomplete("Choose a reason.")
            state = request.app.state
            told = bulk.answer_many(state.engine, state.keys, who.member_id, ids, what, reason_code=reason)
        except AppError as error:
            return bulk_page(request, who, what, ids, error=error)
        done = "curate.bulk_some" if told.skipped else "curate.bulk"
        return go(request, f"/curate?done={done}&done_count={told.done}&skipped={told.skipped}")

    answer.__name__ = f"answer_{what}"  # each has a limit of its own
    return answer


# One case


def case_page(
    request: Request,
    who: SignedIn,
    look_id: UUID,
    *,
    error: AppError | None = None,
    done: str = "",
    reason: str = "",
    note: str = "",
) -> Response:
    where = place(request)
    path = f"/curate/looks/{look_id}"
    settle(request, who)
    try:
        with turn_of(request) as turn:
            session = turn.session
            one = desk.desk_of(turn, who.member_id, look_id)
            parts = around(request, turn, who)
            answered = care.answered_today(session, who.member_id, turn.now.date())
            open_still = one.case.vote is None
            warn = open_still and not answered and not error and not request.query_params.get("ready") and not done
            held = False
            if open_still and not warn:
                held = leases.take(turn, "look", str(look_id), who.member_id) is None
            beside = {
                name: queue.beside(session, who.member_id, look_id, back=name == "previous", **filters(where))
                for name in ("next", "previous")
            }
            left = parts["care"].daily_cap - answered
    except AppError as gone:
        return queue_page(request, who, error=error or gone)
    stage = one.case.stage
    told = words(asked_for(request))
    may_vote = who.may(Permission.ENTRY_DECIDE) or (stage == "appeal" and who.may(Permission.APPEAL_DECIDE))
    return show(
        request,
        "console/curate_warning.html" if warn else "console/curate_case.html",
        who,
        path=path,
        error=error,
        done=done,
        **parts,
        here=path,
        where=where,
        desk=one,
        case=one.case,
        held=held,
        next=beside["next"],
        previous=beside["previous"],
        open=request.query_params.get("open") == "yes" or not parts["care"].blurred,
        may_vote=may_vote,
        cap_left=left,
        votes=told[f"votes_{stage}"],
        reasons=reasons_in(request),
        reason=reason or one.said_reason,
        note=note or one.said_note,
    )


def on_from(request: Request, following: UUID | None) -> Response:
    """To the next case of the part of the queue that one works through, or back to the queue at its end."""
    query = {name: value for name, value in place(request).items() if value}
    if following is None:
        return go(request, f"/curate?{urlencode(query)}" if query else "/curate")
    return go(request, f"/curate/looks/{following}?{urlencode(query | {'ready': 'yes'})}")


def say(request: Request, who: SignedIn, look_id: UUID, body: schemas.LookIn) -> Response:
    with turn_of(request) as turn:
        look = views.find_look(turn.session, who.member_id, look_id)
        check_stage(who, look, body.vote)
        answers.say(turn, who.member_id, look_id, body.vote, body.reason_code or "", body.note)
        leases.release(turn, "look", str(look_id), who.member_id)
        following = queue.beside(turn.session, who.member_id, look_id, **filters(place(request)))
    return on_from(request, following)


def add_case(console: Console) -> None:
    @console.get("/curate/looks/{look_id}", Permission.LIST_SEE)
    def case(request: Request, look_id: UUID, who: Who) -> Response:
        return case_page(request, who, look_id)

    # Whether it takes a curator or a reviewer depends on the stage: check_stage knows.
    @console.post("/curate/looks/{look_id}/answer", Permission.LIST_SEE)
    def answer(request: Request, look_id: UUID, who: Who, fields: Form) -> Response:
        note, reason = read_lines(fields.get("note", "")), fields.get("reason", "")
        try:
            values = {"vote": fields.get("vote"), "reason_code": reason or None, "note": note}
            return say(request, who, look_id, check(schemas.LookIn, values))
        except AppError as error:
            return case_page(request, who, look_id, error=error, reason=reason, note=note)

    @console.post("/curate/looks/{look_id}/recuse", Permission.LIST_SEE)
    def recuse(request: Request, look_id: UUID, who: Who) -> Response:
        """Hands a case on. Why is not asked and not kept."""
        try:
            return say(request, who, look_id, schemas.LookIn(vote="recuse"))
        except AppError as error:
            return case_page(request, who, look_id, error=error)

    @console.post("/curate/looks/{look_id}/undo", Permission.LIST_SEE)
    def undo(request: Request, look_id: UUID, who: Who) -> Response:
        """Forgets an answer that does not count yet. What was written stays in the form."""
        try:
            with turn_of(request) as turn:
                look = views.find_look(turn.session, who.member_id, look_id)
                reason, note = look.said_reason, look.said_note
                answers.take_back(turn, who.member_id, look_id)
        except AppError as error:
            return case_page(request, who, look_id, error=error)
        return case_page(request, who, look_id, done="curate.undone", reason=reason, note=note)

    @console.post("/curate/looks/{look_id}/reverse", Permission.LIST_SEE)
    def reverse(request: Request, look_id: UUID, who: Who, fields: Form) -> Response:
        reason = fields.get("reason", "")
        try:
            if reason not in schemas.REASONS:
                raise FormIncomplete("Choose a reason.")
            with turn_of(request) as turn:
                look = views.find_look(turn.session, who.member_id, look_id)
                check_stage(who, look, look.vote or "")
                came = answers.reverse(turn, who.member_id, look_id, reason)
        except AppError as error:
            return case_page(request, who, look_id, error=error)
        return go(request, f"/curate?done=curate.reversed_{came}")

    @console.post("/curate/looks/{look_id}/ping", Permission.LIST_SEE)
    def ping(request: Request, look_id: UUID, who: Who) -> Response:
        """Says that somebody is still at it: a look is not given to others meanwhile."""
        with turn_of(request) as turn:
            look = views.find_look(turn.session, who.member_id, look_id)
            held = look.vote is None and leases.take(turn, "look", str(look_id), who.member_id) is None
        return show(request, "console/curate_held.html", who, held=held)


# Without a case


def tools_page(request: Request, who: SignedIn, *, error: AppError | None = None, **parts: Any) -> Response:
    with turn_of(request) as turn:
        seated = [(one.slug, one.name) for one in views.lists_seated(turn.session, who.member_id)]
        shared = around(request, turn, who)
    known_parts = {"removing": "", "subject": "", "looking": "", "profile": "", "invitation": "", **parts}
    return show(
        request,
        "console/curate_tools.html",
        who,
        path="/curate/tools",
        error=error,
        **shared,
        lists=seated,
        reasons=reasons_in(request),
        **known_parts,
    )


def add_tools(console: Console) -> None:
    @console.get("/curate/tools", Permission.LIST_SEE)
    def tools(request: Request, who: Who) -> Response:
        return tools_page(request, who)

    @console.post("/curate/tools/remove", Permission.ENTRY_DECIDE)
    def remove(request: Request, who: Who, fields: Form) -> Response:
        try:
            body = check(
                schemas.RemovalIn, {"subject": subject_in(fields, "subject"), "reason_code": fields.get("reason")}
            )
            with turn_of(request) as turn:
                blocklist = find_list(turn.session, fields.get("list", "")[:40])
                looks.remove_entry(turn, blocklist, who.member_id, body.subject, body.reason_code)
        except AppError as error:
            return tools_page(request, who, error=error, removing=fields.get("subject", "")[:200])
        return go(request, "/curate/tools?done=curate.removed")

    @console.post("/curate/tools/profile", Permission.PROTECTION_SEE)
    def profile(request: Request, who: Who, fields: Form) -> Response:
        """Opens an account that asked for protection, and tells others for a while that somebody looks at it. The
        page is the answer itself: no address holds which account it is.
        """
        try:
            subject = subject_in(fields, "subject")
            with turn_of(request) as turn:
                mine = leases.take(turn, "protection", digest_subject(turn, subject), who.member_id)
        except AppError as error:
            return tools_page(request, who, error=error)
        platform, _, account = subject.partition(":")
        address = views.OPENS[platform].format(account) if platform in views.OPENS else ""
        looking = "yours" if mine else "held"
        return tools_page(request, who, subject=subject, looking=looking, profile=address)

    @console.post("/curate/tools/protection", Permission.PROTECTION_SEE)
    def seen(request: Request, who: Who, fields: Form) -> Response:
        subject = ""
        try:
            subject = subject_in(fields, "subject")
            with turn_of(request) as turn:
                row = protection.see_protection(turn, who.member_id, subject, fields.get("code", ""))
                leases.release(turn, "protection", digest_subject(turn, subject), who.member_id)
        except AppError as error:
            return tools_page(request, who, error=error, subject=subject, looking="yours" if subject else "")
        return go(request, f"/curate/tools?done=curate.{'protected' if row.status == 'active' else 'seen'}")

    @console.post("/curate/tools/invite", Permission.LIST_INVITE)
    def invite(request: Request, who: Who, fields: Form) -> Response:
        try:
            with turn_of(request) as turn:
                blocklist = find_list(turn.session, fields.get("list", "")[:40])
                check_seat(turn, blocklist, who)
                code, _ = contributors.invite(turn, blocklist, None)
        except AppError as error:
            return tools_page(request, who, error=error)
        return tools_page(request, who, invitation=code)  # shown this once, so there is no way back to it
