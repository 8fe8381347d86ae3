"""The public pages of lists: which there are, how each decides, and how to be taken off. They set no cookie."""

import re
import tomllib
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from slowapi import Limiter
from sqlmodel import col, select
from starlette.convertors import Convertor, register_url_convertor

from panah.accounts.dependencies import Form, own_origin, turn_of
from panah.blocklists import appeals, lists, schemas, views
from panah.blocklists.lists import find_list, rules_of
from panah.blocklists.policy import Rules
from panah.blocklists.subjects import BadSubject, check_subject
from panah.blocklists.tables import ListPolicy
from panah.distribution.keyring import roots_of
from panah.distribution.signing import fingerprint
from panah.errors import AppError
from panah.pages.languages import DIRECTIONS, Language, asked_for, known
from panah.pages.languages import words as site_words
from panah.pages.routes import ASKED, templates

HERE = Path(__file__).parent
X_HOSTS = frozenset({"x.com", "www.x.com", "mobile.x.com", "twitter.com", "www.twitter.com", "mobile.twitter.com"})
NUMBER = re.compile(r"[1-9][0-9]{0,19}")

Words = dict[str, dict[str, str]]


class FormIncomplete(AppError):
    status = 422
    code = "form-incomplete"


class ForeignForm(AppError):
    status = 403
    code = "foreign-form"


class SlugConvertor(Convertor[str]):
    """Addresses of lists only, so that /lists/catalogue.json and other files go to whoever serves them."""

    regex = "[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("slug", SlugConvertor())


@cache
def words(language: Language) -> Words:
    """What these pages say, by section and key."""
    return tomllib.loads((HERE / "strings" / f"{language}.toml").read_text(encoding="utf-8"))


def fill(text: str, values: dict[str, Any]) -> str:
    """A text with its {parts} filled in. Plain replacing: a value may hold curly brackets."""
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), text)


templates.filters["fill"] = fill


def show(request: Request, template: str, *, status: int = 200, path: str | None = None, **parts: Any) -> Response:
    """A public page. `path` is where its language switch leads, for answers to forms."""
    language = asked_for(request)
    chosen = known(request.query_params.get("lang", ""))
    html = templates.get_template(template).render(
        t=site_words(language),
        l=words(language),
        language=language,
        direction=DIRECTIONS[language],
        carry=f"?lang={chosen}" if chosen else "",
        path=path or request.url.path,
        current="lists",
        **parts,
    )
    headers = {
        "Cache-Control": "no-store" if request.method == "POST" or status >= 400 else "no-cache",
        "Content-Language": language,
        "Vary": "Accept-Language",
        # With the usual no-referrer, browsers send forms with the origin "null".
        "Referrer-Policy": "same-origin",
    }
    return HTMLResponse(html, status, headers=headers)


def said(language: Language, error: AppError) -> str:
    """A refusal in the page's language where it is known there."""
    return words(language)["refusals"].get(error.code, error.detail)


def refuse(request: Request, error: AppError) -> Response:
    return show(
        request, "lists/refused.html", status=error.status, path="/lists", error=said(asked_for(request), error)
    )


def check_origin(request: Request) -> None:
    """Raises ForeignForm for a form that another site's page sends. There is no session that could be misused: this
    keeps other sites from filing appeals through their visitors.
    """
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    here = {own_origin(request), f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if origin in here or (origin in {None, "null"} and site in {None, "same-origin"}):
        return
    raise ForeignForm("This form was sent from another site. Load the page here and fill it in.")


def read_subject(text: str) -> str:
    """The account that somebody means by a number, a link that holds it, or a whole subject. Raises BadSubject."""
    # Digits of any script; and without the marks of direction that come with text copied from an Urdu page.
    shown = (one for one in text.strip() if unicodedata.category(one) != "Cf")
    plain = "".join(str(unicodedata.decimal(one, one)) for one in shown)
    if NUMBER.fullmatch(plain):
        return f"x:{plain}"
    try:
        link = urlsplit(plain if "//" in plain else f"//{plain}")
        host = link.hostname or ""
    except ValueError:
        host = ""
    if host in X_HOSTS:
        if found := re.fullmatch(r"/i/user/([1-9][0-9]{0,19})/?", link.path):
            return f"x:{found[1]}"
        numbers = parse_qs(link.query).get("user_id", [])
        if link.path.startswith("/intent/") and len(numbers) == 1 and NUMBER.fullmatch(numbers[0]):
            return f"x:{numbers[0]}"
        raise BadSubject("That link does not hold the account's number.")
    schemas.SubjectIn.model_validate({"subject": plain})  # what no database can hold is refused here
    return check_subject(plain)


def read_lines(text: str) -> str:
    """A text area's text with the line ends that it was written with: browsers send two characters for each."""
    return text.replace("\r\n", "\n").strip()


def numbers_of(rules: Rules) -> dict[str, str]:
    """The rules' numbers as texts, shares as percentages."""
    return {
        name: f"{round(100 * value, 1):g}" if name.endswith(("_share", "_overturned")) else f"{value:g}"
        for name, value in rules.model_dump().items()
    }


def governance(rules: Rules, told: Words) -> dict[str, list[str]]:
    """How a list decides, in sentences by section, with the numbers of its rules."""
    numbers = numbers_of(rules)
    sections = {
        "steps": ("trigger", "holds", "jury", "share", "curators", "publish"),
        "ends": ("appeals", "remove", "expiry"),
        "safety": ("protected", "breaker", "admins", "history"),
    }
    return {name: [fill(told["rules"][key], numbers) for key in keys] for name, keys in sections.items()}


def read_appeal(fields: dict[str, str]) -> schemas.AppealIn:
    """Raises BadSubject or FormIncomplete."""
    try:
        subject = read_subject(fields.get("subject", ""))
    except ValidationError:
        raise BadSubject("Name the account by its number.") from None
    try:
        return schemas.AppealIn.model_validate(
            {
                "subject": subject,
                "relation": fields.get("relation"),
                "ground": fields.get("ground"),
                "statement": read_lines(fields.get("statement", "")),
            }
        )
    except ValidationError:
        raise FormIncomplete("Something is missing or too long.") from None


def make_router(limiter: Limiter, *, form_limit: str = "20/hour", look_limit: str = "30/minute") -> APIRouter:
    """The pages; forms are limited per client. To be included before what takes all of /lists/."""
    router = APIRouter(include_in_schema=False)

    def with_list(request: Request, slug: str, build: Callable[..., Response], **parts: Any) -> Response:
        try:
            with turn_of(request) as turn:
                blocklist = find_list(turn.session, slug)
                return build(turn, blocklist, **parts)
        except AppError as error:
            return refuse(request, error)

    @router.api_route("/lists", methods=ASKED)
    def all_lists(request: Request) -> Response:
        with turn_of(request) as turn:
            found = [(views.list_out(one), one.stopped) for one in lists.all_lists(turn.session)]
            roots = roots_of(turn.session)
        known_by = fingerprint(roots[-1].public) if roots else ""
        return show(request, "lists/lists.html", lists=found, fingerprint=known_by)

    @router.api_route("/lists/{slug:slug}", methods=ASKED)
    def one_list(request: Request, slug: str) -> Response:
        """Its governance: what belongs on it, and how it decides by the rules in force."""

        def build(turn: Any, blocklist: Any) -> Response:
            rules = rules_of(turn.session, blocklist, turn.now)
            since = select(ListPolicy.in_force_at).where(
                ListPolicy.blocklist_id == blocklist.id, col(ListPolicy.in_force_at) <= turn.now
            )
            newest = turn.session.exec(since.order_by(col(ListPolicy.in_force_at).desc())).first()
            return show(
                request,
                "lists/list.html",
                blocklist=views.list_out(blocklist),
                stopped=blocklist.stopped,
                since=newest.date().isoformat(),
                sections=governance(rules, words(asked_for(request))),
            )

        return with_list(request, slug, build)

    def appeal_form(
        request: Request, slug: str, fields: dict[str, str] | None = None, error: AppError | None = None
    ) -> Response:
        def build(_: Any, blocklist: Any) -> Response:
            return show(
                request,
                "lists/appeal.html",
                status=error.status if error else 200,
                blocklist=views.list_out(blocklist),
                relations=schemas.RELATIONS,
                grounds=schemas.GROUNDS,
                fields=fields or {},
                error=said(asked_for(request), error) if error else "",
            )

        return with_list(request, slug, build)

    @router.api_route("/lists/{slug:slug}/appeal", methods=ASKED)
    def appeal_page(request: Request, slug: str) -> Response:
        return appeal_form(request, slug)

    @router.post("/lists/{slug:slug}/appeal")
    @limiter.limit(form_limit)
    def send_appeal(request: Request, slug: str, fields: Form) -> Response:
        """Answers alike whether the account is on the list or not."""
        try:
            check_origin(request)
            read = read_appeal(fields)
            with turn_of(request) as turn:
                receipt = appeals.file_appeal(turn, find_list(turn.session, slug), **read.model_dump())
        except lists.BlocklistNotFound as error:
            return refuse(request, error)
        except AppError as error:
            return appeal_form(request, slug, fields, error)
        return show(request, "lists/receipt.html", receipt=receipt)

    def receipt_form(request: Request, *, error: AppError | None = None, **parts: Any) -> Response:
        known_parts = {"receipt": "", "answer": "", **parts}
        return show(
            request,
            "lists/status.html",
            status=error.status if error else 200,
            error=said(asked_for(request), error) if error else "",
            **known_parts,
        )

    @router.api_route("/appeals", methods=ASKED)
    def status_page(request: Request) -> Response:
        return receipt_form(request)

    @router.post("/appeals")
    @limiter.limit(look_limit)
    def show_status(request: Request, fields: Form) -> Response:
        receipt = fields.get("receipt", "").strip().lower()
        try:
            check_origin(request)
            with turn_of(request) as turn:
                if not re.fullmatch(r"[0-9a-f]{32}", receipt):
                    raise appeals.UnknownReceipt("That receipt is not known here.")
                found = appeals.appeal_status(turn.session, turn.keys, receipt)
                told = views.told(turn.session, found, turn.now)
        except AppError as error:
            return receipt_form(request, error=error, receipt=receipt[:64])
        date = told.due_on.isoformat() if told.due_on else ""
        answer = fill(words(asked_for(request))["receipt"][told.status], {"date": date})
        return receipt_form(request, receipt=receipt, answer=answer)

    return router
