"""The pages of those who curate and look after lists: HTML over the same services as the API."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from slowapi import Limiter
from sqlmodel import col, select

from panah.accounts.dependencies import Form, NotAllowed, SignedIn, turn_of
from panah.accounts.members import members_with
from panah.accounts.permissions import Permission
from panah.accounts.rendering import go, render
from panah.accounts.tables import Member
from panah.blocklists import contributors, lists, looks, member_routes, protection, schemas, views
from panah.blocklists.lists import all_lists, find_list
from panah.blocklists.member_routes import STOPPED, Seeing, check_seat
from panah.blocklists.pages import FormIncomplete, read_lines, read_subject, said, words
from panah.blocklists.subjects import BadSubject
from panah.blocklists.tables import Blocklist, Joining, Tier
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.pages.languages import asked_for

TAG = re.compile(r"[0-9a-f]{64}")
TEXTS = ("name", "description", "norms", "contact", "joining", "tier_cap")

M = TypeVar("M", bound=BaseModel)
Fields = dict[str, str]
Act = Callable[[Turn, Blocklist, SignedIn, Fields], str]


class BadRules(AppError):
    status = 422
    code = "bad-rules"


@dataclass(frozen=True)
class Action:
    """One button of a list's page: who may press it, and what it does. It returns a key of [done]."""

    permission: Permission
    act: Act


def show(
    request: Request,
    template: str,
    who: SignedIn,
    *,
    path: str,
    error: AppError | None = None,
    done: str = "",
    **parts: Any,
) -> Response:
    language = asked_for(request)
    told = words(language)
    return render(
        request,
        template,
        who=who,
        path=path,
        status=error.status if error else 200,
        l=told,
        trouble=said(language, error) if error else "",
        done=told["done"].get(done, ""),
        **parts,
    )


def check(model: type[M], values: dict[str, Any]) -> M:
    """Raises FormIncomplete."""
    try:
        return model.model_validate(values)
    except ValidationError:
        raise FormIncomplete("Something is missing or too long.") from None


def subject_in(fields: Fields) -> str:
    """Raises BadSubject."""
    try:
        return read_subject(fields.get("subject", ""))
    except ValidationError:
        raise BadSubject("Name the account by its number.") from None


def id_in(fields: Fields, name: str) -> UUID:
    """Raises FormIncomplete."""
    try:
        return UUID(fields.get(name, ""))
    except ValueError:
        raise FormIncomplete("Something is missing.") from None


# What the buttons of a list's page do


def save(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> str:
    values: dict[str, Any] = {name: read_lines(fields.get(name, "")) for name in TEXTS}
    changes = check(schemas.ListChangesIn, {**values, "archived": "archived" in fields})
    lists.change_list(turn, blocklist, **changes.model_dump(exclude_none=True))
    return "settings"


def seat(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> str:
    member_routes.seat_member(turn, blocklist, id_in(fields, "member"))
    return "seated"


def unseat(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> str:
    lists.unseat(turn, blocklist, id_in(fields, "member"))
    return "unseated"


def stop(turn: Turn, blocklist: Blocklist, _: SignedIn, __: Fields) -> str:
    lists.stop(turn, blocklist, STOPPED)
    return "stopped"


def resume(turn: Turn, blocklist: Blocklist, _: SignedIn, __: Fields) -> str:
    lists.resume(turn, blocklist)
    return "resumed"


def propose(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> str:
    """Raises BadRules."""
    try:
        given = orjson.loads(fields.get("rules", ""))
        body = schemas.PolicyIn.model_validate({"rules": given, "note": read_lines(fields.get("note", ""))})
        member_routes.propose(turn, blocklist, who, body)
    except (ValueError, RequestValidationError):  # pydantic's and orjson's errors are ValueErrors
        raise BadRules("These rules cannot be.") from None
    return "proposed"


def approve(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> str:
    given = fields.get("policy", "")
    policy_id = int(given) if re.fullmatch("[0-9]{1,9}", given) else 0
    lists.approve_policy(turn, blocklist, policy_id, approver=who.member_id)
    return "approved"


def suspend(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> str:
    tag = fields.get("tag", "").strip().lower()
    if not TAG.fullmatch(tag):
        raise member_routes.ContributorNotFound("This list knows nobody by that tag.")
    member_routes.suspend(turn, blocklist, tag, suspended=True)
    return "suspended"


def reinstate(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> str:
    tag = fields.get("tag", "").strip().lower()
    if not TAG.fullmatch(tag):
        raise member_routes.ContributorNotFound("This list knows nobody by that tag.")
    member_routes.suspend(turn, blocklist, tag, suspended=False)
    return "reinstated"


ACTIONS = {
    "save": Action(Permission.LIST_SETTINGS, save),
    "seat": Action(Permission.LIST_SEAT, seat),
    "unseat": Action(Permission.LIST_SEAT, unseat),
    "stop": Action(Permission.LIST_STOP, stop),
    "resume": Action(Permission.LIST_STOP, resume),
    "propose": Action(Permission.POLICY_SET, propose),
    "approve": Action(Permission.POLICY_SET, approve),
    "suspend": Action(Permission.CONTRIBUTOR_SUSPEND, suspend),
    "reinstate": Action(Permission.CONTRIBUTOR_SUSPEND, reinstate),
}


def must(who: SignedIn, permission: Permission) -> None:
    """Raises NotAllowed."""
    if not who.may(permission):
        raise NotAllowed("Your roles do not allow this.")


# Pages


def looks_page(request: Request, who: SignedIn, *, error: AppError | None = None, **parts: Any) -> Response:
    with turn_of(request) as turn:
        mine = views.look_list(turn.session, who.member_id)
        seated = [(one.slug, one.name) for one in views.lists_seated(turn.session, who.member_id)]
    known = {"code": "", "code_for": "", "invitation": "", **parts}
    return show(
        request,
        "lists/looks.html",
        who,
        path="/curate",
        error=error,
        looks=mine,
        seated=seated,
        reasons=[(code, words(asked_for(request))["reasons"][code]) for code in schemas.REASONS],
        **known,
    )


def case_page(
    request: Request, who: SignedIn, look_id: UUID, *, error: AppError | None = None, note: str = ""
) -> Response:
    try:
        with turn_of(request) as turn:
            case = views.case_of(turn, who.member_id, look_id)
    except AppError as gone:
        return looks_page(request, who, error=gone)
    told = words(asked_for(request))
    return show(
        request,
        "lists/case.html",
        who,
        path=f"/curate/looks/{look_id}",
        error=error,
        case=case,
        note=note,
        votes=told[f"votes_{case.stage}"],
        reasons=[(code, told["reasons"][code]) for code in schemas.REASONS],
    )


def lists_page(
    request: Request, who: SignedIn, *, error: AppError | None = None, fields: Fields | None = None
) -> Response:
    with turn_of(request) as turn:
        found = [(views.list_out(one), one.stopped) for one in all_lists(turn.session)]
    return show(
        request,
        "lists/manage.html",
        who,
        path="/curate/lists",
        error=error,
        lists=found,
        fields=fields or {},
        joinings=list(Joining),
        tiers=list(Tier),
    )


def list_page(
    request: Request,
    who: SignedIn,
    slug: str,
    *,
    error: AppError | None = None,
    done: str = "",
    fields: Fields | None = None,
    chain: schemas.ChainOut | None = None,
) -> Response:
    try:
        with turn_of(request) as turn:
            blocklist = find_list(turn.session, slug)
            managed = views.managed_out(turn, blocklist)
            seated = {one.member_id for one in managed.seats}
            fit = {
                one
                for permission in (Permission.ENTRY_DECIDE, Permission.APPEAL_DECIDE)
                for one in members_with(turn.session, permission)
            }
            able = sorted(fit - seated)
            everybody = select(Member.id, Member.name).where(col(Member.id).in_([*seated, *able]))
            names = dict(turn.session.exec(everybody).all())
            now = turn.now
            authors = {row.id: row.author for row in views.policies_of(turn.session, blocklist)}
    except AppError as gone:
        return lists_page(request, who, error=gone)
    return show(
        request,
        "lists/managed.html",
        who,
        path=f"/curate/lists/{slug}",
        error=error,
        done=done,
        blocklist=managed,
        able=able,
        names=names,
        fields=fields or {},
        chain=chain,
        proposals=[one for one in managed.policies if one.in_force_at is None or one.in_force_at > now],
        mine={one for one, author in authors.items() if author == str(who.member_id)},
        in_force=orjson.dumps(managed.rules, option=orjson.OPT_INDENT_2).decode(),
        joinings=list(Joining),
        tiers=list(Tier),
    )


def make_router(limiter: Limiter, *, form_limit: str = "60/minute") -> APIRouter:
    """The pages. Every form carries a token that accounts.dependencies checks."""
    router = APIRouter(include_in_schema=False)

    @router.get("/curate")
    def curate(request: Request, who: Seeing, done: str = "") -> Response:
        return looks_page(request, who, done=done)

    @router.post("/curate")
    @limiter.limit(form_limit)
    def without_case(request: Request, who: Seeing, fields: Form) -> Response:
        """Removals, codes of protected accounts, and invitations."""
        do = fields.get("do", "")
        try:
            with turn_of(request) as turn:
                if do == "remove":
                    must(who, Permission.ENTRY_DECIDE)
                    body = check(
                        schemas.RemovalIn, {"subject": subject_in(fields), "reason_code": fields.get("reason")}
                    )
                    blocklist = find_list(turn.session, fields.get("list", "")[:40])
                    looks.remove_entry(turn, blocklist, who.member_id, body.subject, body.reason_code)
                    parts: dict[str, Any] = {"done": "removed"}
                elif do == "seen":
                    must(who, Permission.PROTECTION_SEE)
                    row = protection.see_protection(turn, who.member_id, subject_in(fields), fields.get("code", ""))
                    parts = {"done": "protected" if row.status == "active" else "seen"}
                elif do == "invite":
                    must(who, Permission.LIST_INVITE)
                    blocklist = find_list(turn.session, fields.get("list", "")[:40])
                    check_seat(turn, blocklist, who)
                    parts = {"invitation": contributors.invite(turn, blocklist, None)[0]}
                else:
                    raise FormIncomplete("Something is missing.")
        except AppError as error:
            return looks_page(request, who, error=error)
        # A removal or a confirmation is not repeated by loading the page again; codes are shown this once.
        if "done" in parts:
            return go(request, f"/curate?done={parts['done']}")
        return looks_page(request, who, error=None, **parts)

    @router.get("/curate/looks/{look_id}")
    def case(request: Request, look_id: UUID, who: Seeing) -> Response:
        return case_page(request, who, look_id)

    @router.post("/curate/looks/{look_id}")
    @limiter.limit(form_limit)
    def decide(request: Request, look_id: UUID, who: Seeing, fields: Form) -> Response:
        note = read_lines(fields.get("note", ""))
        try:
            body = check(
                schemas.LookIn,
                {"vote": fields.get("vote"), "reason_code": fields.get("reason") or None, "note": note},
            )
            with turn_of(request) as turn:
                member_routes.answer_look(turn, who, look_id, body)
        except AppError as error:
            return case_page(request, who, look_id, error=error, note=note)
        return go(request, "/curate?done=voted")

    @router.get("/curate/lists")
    def manage(request: Request, who: Seeing) -> Response:
        return lists_page(request, who)

    @router.post("/curate/lists")
    @limiter.limit(form_limit)
    def create(request: Request, who: Seeing, fields: Form) -> Response:
        try:
            must(who, Permission.LIST_CREATE)
            values = {name: read_lines(fields.get(name, "")) for name in (*TEXTS, "slug")}
            body = check(schemas.ListIn, values)
            with turn_of(request) as turn:
                made = lists.create_list(turn, **body.model_dump())
        except AppError as error:
            return lists_page(request, who, error=error, fields=fields)
        return go(request, f"/curate/lists/{made.slug}?done=created")

    @router.get("/curate/lists/{slug:slug}")
    def managed(request: Request, slug: str, who: Seeing, done: str = "") -> Response:
        return list_page(request, who, slug, done=done)

    @router.post("/curate/lists/{slug:slug}")
    @limiter.limit(form_limit)
    def change(request: Request, slug: str, who: Seeing, fields: Form) -> Response:
        try:
            do = fields.get("do", "")
            if do == "verify":
                must(who, Permission.AUDIT_READ)
                with turn_of(request) as turn:
                    chain = member_routes.verified(turn, find_list(turn.session, slug))
                return list_page(request, who, slug, chain=chain)
            action = ACTIONS.get(do)
            if action is None:
                raise FormIncomplete("Something is missing.")
            must(who, action.permission)
            with turn_of(request) as turn:
                done = action.act(turn, find_list(turn.session, slug), who, fields)
        except AppError as error:
            return list_page(request, who, slug, error=error, fields=fields)
        return go(request, f"/curate/lists/{slug}?done={done}")

    return router
