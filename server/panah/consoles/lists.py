"""Lists, for those who look after them: settings, people, rules, invitations, history."""

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from panah.accounts.dependencies import Form, SignedIn, turn_of
from panah.accounts.members import members_with
from panah.accounts.permissions import Permission
from panah.accounts.rendering import go
from panah.blocklists import contributors, lists, member_routes, schemas, views
from panah.blocklists.lists import all_lists, find_list, rules_of, seats_of
from panah.blocklists.member_routes import STOPPED, check_seat
from panah.blocklists.pages import FormIncomplete, numbers_of, read_lines, read_subject
from panah.blocklists.policy import Rules
from panah.blocklists.subjects import BadSubject
from panah.blocklists.tables import Blocklist, Joining, ListPolicy, Tier
from panah.blocklists.turn import Turn
from panah.consoles.console import Console, Who
from panah.consoles.rendering import names_of, show, words
from panah.curation import bulk, erasure, overview, templates
from panah.errors import AppError
from panah.interchange import exports
from panah.pages.languages import asked_for

HERE = "/curate/lists"
LIST = HERE + "/{slug:slug}"
TEXTS = ("name", "description", "norms", "contact", "joining", "tier_cap")
TAG = re.compile(r"[0-9a-f]{64}")
NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
SEQ = re.compile(r"[0-9]{1,9}")
KIND = re.compile(r"[a-z_]{1,24}")

# The rules by what they are about, in the order of policy.Rules.
SECTIONS: dict[str, tuple[str, ...]] = {
    "trigger": ("trigger_clusters", "cluster_shared", "cluster_share", "cluster_ratio", "branch_matures"),
    "holds": (
        "burst_hour",
        "burst_day",
        "burst_days",
        "burst_longest_days",
        "young_days",
        "young_share",
        "young_reports",
        "young_hold_days",
        "one_post_reports",
        "one_post_days",
    ),
    "jury": (
        "jury_size",
        "jury_extra",
        "jury_days",
        "jury_least",
        "juror_week",
        "fallback_days",
        "disclosure_votes",
        "stratum_floor",
        "stratum_least",
    ),
    "lanes": (
        "clear_share",
        "approve_share",
        "contested_share",
        "protected_share",
        "curators",
        "look_days",
        "notice_days",
        "reopen_reports",
        "reopen_times",
    ),
    "expiry": ("flag_days", "hide_days", "review_share", "evidence_days"),
    "appeals": ("appeal_target_days", "appeal_days", "appeal_again_days", "appeals_open"),
    "breaker": (
        "breaker_window",
        "breaker_least",
        "breaker_overturned",
        "breaker_growth",
        "breaker_floor",
        "unattended_days",
    ),
    "standing": (
        "prior",
        "overturn_weight",
        "juror_agrees",
        "juror_wrong_list",
        "juror_wrong_keep",
        "jury_only",
        "standing_quantile",
        "qualified_days",
        "qualified_items",
        "qualified_score",
        "gold_items",
    ),
    "limits": ("reports_day", "removals_day", "removals_month", "invitations_month", "import_day"),
}

# A list's pages, as their menu shows them, with what it takes to open each.
TABS = (
    ("overview", "", Permission.LIST_SEE),
    ("settings", "/settings", Permission.LIST_SEE),
    ("people", "/people", Permission.LIST_SEE),
    ("rules", "/rules", Permission.LIST_SEE),
    ("invitations", "/invitations", Permission.LIST_INVITE),
    ("templates", "/templates", Permission.ENTRY_DECIDE),
    ("contributors", "/contributors", Permission.CONTRIBUTOR_SUSPEND),
    ("exports", "/exports", Permission.LIST_EXPORT),
    ("reports", "/reports", Permission.LIST_SEE),
    ("history", "/history", Permission.AUDIT_READ),
)

M = TypeVar("M", bound=BaseModel)
Fields = dict[str, str]
Build = Callable[..., Response]


class BadRules(AppError):
    status = 422
    code = "bad-rules"


class NotTheSame(AppError):
    status = 422
    code = "not-the-same"


# Reading forms


def check(model: type[M], values: dict[str, Any]) -> M:
    """Raises FormIncomplete."""
    try:
        return model.model_validate(values)
    except ValidationError:
        raise FormIncomplete("Something is missing or too long.") from None


def subject_in(fields: Fields, name: str) -> str:
    """Raises BadSubject."""
    try:
        return read_subject(fields.get(name, ""))
    except ValidationError:
        raise BadSubject("Name the account by its number.") from None


def id_in(fields: Fields, name: str) -> UUID:
    """Raises FormIncomplete."""
    try:
        return UUID(fields.get(name, ""))
    except ValueError:
        raise FormIncomplete("Something is missing.") from None


def tag_in(fields: Fields) -> str:
    """Raises ContributorNotFound."""
    tag = fields.get("tag", "").strip().lower()
    if not TAG.fullmatch(tag):
        raise member_routes.ContributorNotFound("This list knows nobody by that tag.")
    return tag


def is_percent(name: str) -> bool:
    """Whether pages show the number of that name as a percentage, as pages.numbers_of does."""
    return name.endswith(("_share", "_overturned"))


def number_in(text: str) -> float | int:
    """Raises BadRules."""
    plain = "".join(str(unicodedata.decimal(one, one)) for one in text.strip())
    plain = plain.replace("٫", ".").removesuffix("%").strip()
    if not NUMBER.fullmatch(plain):
        raise BadRules("A rule is a plain number.")
    return float(plain) if "." in plain else int(plain)


def changes_in(fields: Fields, rules: Rules) -> dict[str, float | int]:
    """The numbers of a form that are not as the page showed them. Raises BadRules."""
    shown = numbers_of(rules)
    found: dict[str, float | int] = {}
    for name in Rules.model_fields:
        given = fields.get(name, "").strip()
        if given and given != shown[name]:
            number = number_in(given)
            found[name] = round(number / 100, 12) if is_percent(name) else number
    if not found:
        raise BadRules("Change at least one number.")
    return found


# Pages


def page(
    request: Request,
    who: SignedIn,
    tab: str,
    blocklist: Blocklist,
    *,
    error: AppError | None = None,
    values: dict[str, Any] | None = None,
    **parts: Any,
) -> Response:
    """One page of a list, with the menu of its pages."""
    here = f"{HERE}/{blocklist.slug}"
    tabs = [(name, here + path) for name, path, permission in TABS if who.may(permission)]
    path = dict(tabs).get(tab, f"{here}/{tab}")
    return show(
        request,
        f"console/lists_{tab}.html",
        who,
        path=path,
        error=error,
        values=values,
        blocklist=blocklist,
        here=here,
        tab=tab,
        tabs=tabs,
        **parts,
    )


def all_page(
    request: Request, who: SignedIn, *, error: AppError | None = None, fields: Fields | None = None
) -> Response:
    with turn_of(request) as turn:
        found = overview.standings(turn.session, all_lists(turn.session), turn.now)
    return show(
        request,
        "console/lists_all.html",
        who,
        path=HERE,
        error=error,
        standings=found,
        fields=fields or {},
        joinings=list(Joining),
        tiers=list(Tier),
    )


def overview_page(request: Request, who: SignedIn, slug: str, *, error: AppError | None = None) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
        (standing,) = overview.standings(turn.session, [blocklist], turn.now)
    return page(request, who, "overview", blocklist, error=error, standing=standing)


def settings_page(
    request: Request, who: SignedIn, slug: str, *, error: AppError | None = None, fields: Fields | None = None
) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
    return page(
        request,
        who,
        "settings",
        blocklist,
        error=error,
        fields=fields or {},
        joinings=list(Joining),
        tiers=list(Tier),
    )


def people_page(request: Request, who: SignedIn, slug: str, *, error: AppError | None = None) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
        chairs = overview.chairs(turn.session, blocklist, turn.now)
        seated = {one.member_id for one in chairs}
        able = able_to_curate(turn) - seated if who.may(Permission.LIST_SEAT) else set()
        names = names_of(turn.session, seated | able)
        needed = rules_of(turn.session, blocklist, turn.now).curators
    free = sorted(((one, names.get(one, "")) for one in able), key=lambda pair: pair[1].casefold())
    return page(
        request, who, "people", blocklist, error=error, chairs=chairs, names=names, able=free, needed=needed
    )


def able_to_curate(turn: Turn) -> set[UUID]:
    """Members who may decide or answer appeals."""
    both = (Permission.ENTRY_DECIDE, Permission.APPEAL_DECIDE)
    return {one for permission in both for one in members_with(turn.session, permission)}


def rules_page(
    request: Request, who: SignedIn, slug: str, *, error: AppError | None = None, fields: Fields | None = None
) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
        rows = views.policies_of(turn.session, blocklist)
        newest = lists.newest_approved(turn.session, blocklist)
        now = turn.now
    if isinstance(error, lists.PolicyOutdated) and fields:
        # With the numbers of the old page, pressing again would propose to undo what was approved.
        fields = {name: fields[name] for name in ("section", "note") if name in fields}
    by_id = {row.id: row for row in rows}
    rules = Rules(**newest.numbers)
    open_ = [row for row in rows if row.refused_by is None and (row.in_force_at is None or row.in_force_at > now)]
    past = sorted(
        (row for row in rows if row.in_force_at is not None and row.in_force_at <= now),
        key=lambda row: (row.in_force_at, row.id),
        reverse=True,
    )
    return page(
        request,
        who,
        "rules",
        blocklist,
        error=error,
        fields=fields or {},
        sections=SECTIONS,
        numbers=numbers_of(rules),
        percents=[name for name in Rules.model_fields if is_percent(name)],
        based_on=newest.id,
        coming=newest.in_force_at is not None and newest.in_force_at > now,
        proposals=[
            (
                row,
                differences(row, base.numbers),
                row.author == str(who.member_id),
                row.in_force_at is None and row.based_on != newest.id,
            )
            for row in open_
            for base in [by_id.get(row.based_on, newest)]
        ],
        past=[(row, differences(row, before.numbers)) for row, before in pairwise(past)],
    )


def differences(row: ListPolicy, before: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(name, before, after) of the numbers that rules change, as pages show numbers."""
    known = [name for name in Rules.model_fields if row.numbers.get(name) != before.get(name)]
    return [(name, told(name, before.get(name)), told(name, row.numbers.get(name))) for name in known]


def told(name: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return ""
    return f"{round(100 * value, 1):g} %" if is_percent(name) else f"{value:g}"


def invitations_page(
    request: Request, who: SignedIn, slug: str, *, error: AppError | None = None, code: str = "", until: Any = None
) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
        codes = overview.codes_of(turn.session, blocklist, turn.now.date())
        may = who.may(Permission.LIST_SEAT) or who.member_id in seats_of(turn.session, blocklist)
    return page(request, who, "invitations", blocklist, error=error, codes=codes, code=code, until=until, may=may)


def templates_page(
    request: Request, who: SignedIn, slug: str, *, error: AppError | None = None, fields: Fields | None = None
) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
        known = templates.templates_of(turn.session, blocklist.id)
        may = who.member_id in seats_of(turn.session, blocklist)
    return page(request, who, "templates", blocklist, error=error, templates=known, may=may, fields=fields or {})


def contributors_page(
    request: Request, who: SignedIn, slug: str, *, error: AppError | None = None, fields: Fields | None = None
) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
    return page(request, who, "contributors", blocklist, error=error, fields=fields or {})


def exports_page(request: Request, who: SignedIn, slug: str) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
        may = who.member_id in seats_of(turn.session, blocklist)
    named = [name for name in exports.FORMATS if name != exports.PUBLIC]
    return page(request, who, "exports", blocklist, may=may, public=exports.PUBLIC, formats=named)


def history_page(
    request: Request,
    who: SignedIn,
    slug: str,
    *,
    error: AppError | None = None,
    chain: schemas.ChainOut | None = None,
) -> Response:
    asked = request.query_params
    kind = asked.get("kind", "") if KIND.fullmatch(asked.get("kind", "")) else ""
    before = int(asked["before"]) if SEQ.fullmatch(asked.get("before", "")) else None
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
        found = overview.history(turn.session, blocklist, kind=kind, before=before)
        names = names_of(turn.session, overview.members_in(found.events))
    kinds = words(asked_for(request))["lists"]["kinds"]
    return page(
        request,
        who,
        "history",
        blocklist,
        error=error,
        found=found,
        names={str(one): name for one, name in names.items()},
        kind=kind,
        kinds=sorted(kinds.items(), key=lambda pair: pair[1].casefold()),
        chain=chain,
        newest=before is None,
    )


def erase_page(
    request: Request, who: SignedIn, slug: str, *, error: AppError | None = None, fields: Fields | None = None
) -> Response:
    with turn_of(request) as turn:
        blocklist = find_list(turn.session, slug)
    return page(request, who, "erase", blocklist, error=error, fields=fields or {})


def add(console: Console) -> None:
    """Lists and their pages."""

    def guarded(build: Build) -> Build:
        """A page of a list that is not there leads to all lists, with the refusal."""

        def open_page(request: Request, who: SignedIn, slug: str, **more: Any) -> Response:
            try:
                return build(request, who, slug, **more)
            except lists.BlocklistNotFound as gone:
                return all_page(request, who, error=gone)

        return open_page

    def reader(path: str, build: Build, *permissions: Permission) -> None:
        shown = guarded(build)

        @console.get(path, *permissions)
        def read(request: Request, slug: str, who: Who) -> Response:
            return shown(request, who, slug)

    def changer(
        path: str,
        permission: Permission,
        build: Build,
        back: str,
        done: str,
        act: Callable[[Turn, Blocklist, SignedIn, Fields], None],
        *,
        keep: bool = False,
    ) -> None:
        """A button: it changes the list in one turn and leads back; a refusal shows the page again, with what was
        written where `keep` says so.
        """
        shown = guarded(build)

        def change(request: Request, slug: str, who: Who, fields: Form) -> Response:
            try:
                with turn_of(request) as turn:
                    act(turn, find_list(turn.session, slug), who, fields)
            except AppError as error:
                more = {"fields": fields} if keep else {}
                return shown(request, who, slug, error=error, **more)
            return go(request, f"{HERE}/{slug}{back}?done=lists.{done}")

        # The limiter knows routes by their functions' names: under one name each press would count once per button.
        change.__name__ = f"change{path.replace('/', '_')}"
        console.post(LIST + path, permission)(change)

    # All lists

    @console.get(HERE, Permission.LIST_SEE)
    def manage(request: Request, who: Who) -> Response:
        return all_page(request, who)

    @console.post(HERE, Permission.LIST_CREATE)
    def create(request: Request, who: Who, fields: Form) -> Response:
        try:
            values = {name: read_lines(fields.get(name, "")) for name in (*TEXTS, "slug")}
            body = check(schemas.ListIn, values)
            with turn_of(request) as turn:
                made = lists.create_list(turn, **body.model_dump())
        except AppError as error:
            return all_page(request, who, error=error, fields=fields)
        return go(request, f"{HERE}/{made.slug}?done=lists.created")

    # One list

    reader(LIST, overview_page, Permission.LIST_SEE)
    reader(LIST + "/settings", settings_page, Permission.LIST_SEE)
    reader(LIST + "/people", people_page, Permission.LIST_SEE)
    reader(LIST + "/rules", rules_page, Permission.LIST_SEE)
    reader(LIST + "/invitations", invitations_page, Permission.LIST_INVITE)
    reader(LIST + "/templates", templates_page, Permission.ENTRY_DECIDE)
    reader(LIST + "/contributors", contributors_page, Permission.CONTRIBUTOR_SUSPEND)
    reader(LIST + "/exports", exports_page, Permission.LIST_EXPORT)
    reader(LIST + "/history", history_page, Permission.AUDIT_READ)
    reader(LIST + "/erase", erase_page, Permission.LIST_SETTINGS)

    def stop(turn: Turn, blocklist: Blocklist, _: SignedIn, __: Fields) -> None:
        lists.stop(turn, blocklist, STOPPED)

    def resume(turn: Turn, blocklist: Blocklist, _: SignedIn, __: Fields) -> None:
        lists.resume(turn, blocklist)

    changer("/stop", Permission.LIST_STOP, overview_page, "", "stopped", stop)
    changer("/resume", Permission.LIST_STOP, overview_page, "", "resumed", resume)

    def save(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> None:
        values: dict[str, Any] = {name: read_lines(fields.get(name, "")) for name in TEXTS}
        changes = check(schemas.ListChangesIn, {**values, "archived": "archived" in fields})
        lists.change_list(turn, blocklist, **changes.model_dump(exclude_none=True))

    changer("/settings", Permission.LIST_SETTINGS, settings_page, "/settings", "settings", save, keep=True)

    def seat(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> None:
        member_routes.seat_member(turn, blocklist, id_in(fields, "member"))

    def unseat(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> None:
        lists.unseat(turn, blocklist, id_in(fields, "member"))

    def hand_over(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> None:
        bulk.reassign(turn, blocklist, id_in(fields, "member"), who.member_id)

    changer("/people/seat", Permission.LIST_SEAT, people_page, "/people", "seated", seat)
    changer("/people/unseat", Permission.LIST_SEAT, people_page, "/people", "unseated", unseat)
    changer("/people/away", Permission.LIST_SEAT, people_page, "/people", "handed_over", hand_over)

    def propose(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> None:
        base = lists.newest_approved(turn.session, blocklist)
        based_on = fields.get("based_on", str(base.id))
        if based_on != str(base.id):
            # What the form did not change would be read as a change back.
            raise lists.PolicyOutdated("Other rules were approved meanwhile. Look at them, and propose yours anew.")
        try:
            body = schemas.PolicyIn.model_validate(
                {"rules": changes_in(fields, Rules(**base.numbers)), "note": read_lines(fields.get("note", ""))}
            )
            member_routes.propose(turn, blocklist, who, body, based_on=base.id)
        except (ValidationError, RequestValidationError):
            raise BadRules("These rules cannot be.") from None

    def policy_in(fields: Fields) -> int:
        given = fields.get("policy", "")
        return int(given) if SEQ.fullmatch(given) else 0

    def approve(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> None:
        lists.approve_policy(turn, blocklist, policy_in(fields), approver=who.member_id)

    def refuse(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> None:
        lists.refuse_policy(turn, blocklist, policy_in(fields), by=who.member_id)

    changer("/rules/propose", Permission.POLICY_SET, rules_page, "/rules", "proposed", propose, keep=True)
    changer("/rules/approve", Permission.POLICY_SET, rules_page, "/rules", "approved", approve)
    changer("/rules/refuse", Permission.POLICY_SET, rules_page, "/rules", "refused", refuse)

    invited = guarded(invitations_page)

    @console.post(LIST + "/invitations", Permission.LIST_INVITE)
    def invite(request: Request, slug: str, who: Who) -> Response:
        """Shows the code this once: it is not repeated by loading a page again."""
        try:
            with turn_of(request) as turn:
                blocklist = find_list(turn.session, slug)
                check_seat(turn, blocklist, who)
                code, until = contributors.invite(turn, blocklist, None)
        except AppError as error:
            return invited(request, who, slug, error=error)
        return invited(request, who, slug, code=code, until=until)

    def save_template(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> None:
        title, text = fields.get("title", ""), read_lines(fields.get("text", ""))
        templates.save_template(turn, blocklist, who.member_id, title, text)

    def drop_template(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> None:
        templates.drop_template(turn, blocklist, who.member_id, id_in(fields, "template"))

    saved = ("/templates", "template_saved")
    changer("/templates", Permission.ENTRY_DECIDE, templates_page, *saved, save_template, keep=True)
    dropped = ("/templates", "template_dropped")
    changer("/templates/drop", Permission.ENTRY_DECIDE, templates_page, *dropped, drop_template)

    def suspend(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> None:
        member_routes.suspend(turn, blocklist, tag_in(fields), suspended=True)

    def reinstate(turn: Turn, blocklist: Blocklist, _: SignedIn, fields: Fields) -> None:
        member_routes.suspend(turn, blocklist, tag_in(fields), suspended=False)

    by_tag = (Permission.CONTRIBUTOR_SUSPEND, contributors_page, "/contributors")
    changer("/contributors/suspend", *by_tag, "suspended", suspend, keep=True)
    changer("/contributors/reinstate", *by_tag, "reinstated", reinstate, keep=True)

    opened = guarded(history_page)

    @console.post(LIST + "/history/verify", Permission.AUDIT_READ, limit="12/minute")
    def verify(request: Request, slug: str, who: Who) -> Response:
        """Reads the whole history, and changes nothing."""
        try:
            with turn_of(request) as turn:
                chain = member_routes.verified(turn, find_list(turn.session, slug))
        except AppError as error:
            return opened(request, who, slug, error=error)
        return opened(request, who, slug, chain=chain)

    def erase(turn: Turn, blocklist: Blocklist, who: SignedIn, fields: Fields) -> None:
        subject = subject_in(fields, "subject")
        if subject != subject_in(fields, "again"):
            raise NotTheSame("The account was typed differently the second time.")
        erasure.erase_account(turn, blocklist, subject, by=who.member_id)

    changer("/erase", Permission.LIST_SETTINGS, erase_page, "/erase", "erased", erase, keep=True)
