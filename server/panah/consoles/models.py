"""/admin/models: which models are here, which one judges, which one runs beside it, and how the two differ."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import FileResponse
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape
from sqlmodel import Session

from panah.accounts.dependencies import Form, SignedIn, turn_of
from panah.accounts.permissions import Permission
from panah.accounts.rendering import go
from panah.consoles.console import Console, Who
from panah.consoles.rendering import names_of, show
from panah.errors import AppError
from panah.pages.documents import Renderer
from panah.scoring import choices, comparison
from panah.scoring.announce import tell
from panah.scoring.policy import LABELS
from panah.scoring.registry import Artefact
from panah.scoring.serving import Serving
from panah.scoring.text import LANGUAGE_GROUPS

PATH = "/admin/models"
SPANS = (7, 30, 90)  # days that a comparison looks back

PICTURE = re.compile(r"^report/([\w-]+\.png)$")


def percent(share: float | None, places: int = 1) -> str:
    """A share as it is shown, with a dash for none."""
    return "–" if share is None else f"{100 * share:.{places}f}\u00a0%"


class ReportRenderer(Renderer):
    """A report on a page with a heading of its own. Pictures come from this server; its links lead nowhere here."""

    def heading_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        lower(tokens[at])
        return super().heading_open(tokens, at, options, env)

    def heading_close(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        lower(tokens[at])
        return self.renderToken(tokens, at, options, env)

    def image(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        found = PICTURE.match(str(tokens[at].attrGet("src") or ""))
        text = tokens[at].content
        if found is None or found[1] not in env["pictures"]:
            return str(escape(text))
        address = f"{PATH}/{quote(env['name'])}/report/{found[1]}"
        return f'<img class="picture" src="{escape(address)}" alt="{escape(text)}" loading="lazy">'

    def link_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return ""

    def link_close(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return ""


def lower(heading: Token) -> None:
    """The page has the heading of the first level; the reports' own are of the first and the third."""
    heading.tag = {"h1": "h2", "h2": "h3"}.get(heading.tag, heading.tag)


@lru_cache(maxsize=16)
def report_html(markdown: str, name: str, pictures: frozenset[str]) -> Markup:
    """A report as HTML. Raw HTML in it stays text."""
    converter = MarkdownIt("commonmark", {"html": False}, renderer_cls=ReportRenderer).enable("table")
    return Markup(converter.render(markdown, {"language": "en", "name": name, "pictures": pictures}))  # noqa: S704


def serving_of(request: Request) -> Serving:
    found: Serving = request.app.state.serving
    return found


def number(text: str) -> int:
    """What a hidden field says; -1, which is no choice's number, for anything else."""
    return int(text) if re.fullmatch(r"\d{1,9}", text) else -1


def author_names(session: Session, authors: set[str]) -> dict[str, str]:
    """Names by what is written as the author."""
    ids = {UUID(one) for one in authors if re.fullmatch(r"[0-9a-f-]{36}", one)}
    return {str(member): name for member, name in names_of(session, ids).items()}


def models_page(request: Request, who: SignedIn, *, error: AppError | None = None) -> Response:
    serving = serving_of(request)
    artefacts = serving.installed()
    with turn_of(request) as turn:
        session = turn.session
        active = choices.actual(choices.chosen(session, "active"), artefacts)
        beside = choices.chosen(session, "shadow")
        seen = {kind: choices.seen_id(session, kind) for kind in ("active", "shadow")}
        earlier = choices.earlier_model(session, artefacts)
        history = choices.history(session)
        names = author_names(session, {one.author for one in history})
    running = serving.running
    return show(
        request,
        "console/models_list.html",
        who,
        path=PATH,
        error=error,
        artefacts=artefacts,
        active=active,
        beside=beside,
        earlier=earlier,
        seen=seen,
        history=history,
        names=names,
        running=running,
        faults=serving.faults,
        groups=LANGUAGE_GROUPS,
        default=artefacts[0].name,
        percent=percent,
    )


def found_artefact(request: Request, name: str) -> Artefact:
    """Raises ModelNotFound. The name is looked up among those that are here, never made a path."""
    return choices.find(serving_of(request).installed(), name)


def changed(request: Request, done: str) -> Response:
    """Tells all processes, and answers when this one has followed."""
    tell(request.app.state.settings)
    serving_of(request).apply()
    return go(request, f"{PATH}?done=models.{done}")


def add(console: Console) -> None:
    """Adds the pages."""

    @console.get(PATH, Permission.MODEL_SEE)
    def models(request: Request, who: Who) -> Response:
        return models_page(request, who)

    @console.post(f"{PATH}/activate", Permission.MODEL_SWITCH)
    def activate(request: Request, who: Who, fields: Form) -> Response:
        artefacts = serving_of(request).installed()
        try:
            with turn_of(request) as turn:
                choices.activate(turn, artefacts, fields.get("model", ""), **said(who, fields))
        except AppError as error:
            return models_page(request, who, error=error)
        return changed(request, "activated")

    @console.post(f"{PATH}/back", Permission.MODEL_SWITCH)
    def back(request: Request, who: Who, fields: Form) -> Response:
        artefacts = serving_of(request).installed()
        try:
            with turn_of(request) as turn:
                choices.roll_back(turn, artefacts, **said(who, fields))
        except AppError as error:
            return models_page(request, who, error=error)
        return changed(request, "rolled_back")

    @console.post(f"{PATH}/beside", Permission.MODEL_SWITCH)
    def beside(request: Request, who: Who, fields: Form) -> Response:
        artefacts = serving_of(request).installed()
        try:
            with turn_of(request) as turn:
                choices.run_beside(turn, artefacts, fields.get("model", ""), **said(who, fields))
        except AppError as error:
            return models_page(request, who, error=error)
        return changed(request, "beside")

    @console.post(f"{PATH}/stop", Permission.MODEL_SWITCH)
    def stop(request: Request, who: Who, fields: Form) -> Response:
        try:
            with turn_of(request) as turn:
                choices.run_beside(turn, (), None, **said(who, fields))
        except AppError as error:
            return models_page(request, who, error=error)
        return changed(request, "stopped")

    @console.get(f"{PATH}/compare", Permission.MODEL_SEE)
    def compare(request: Request, who: Who) -> Response:
        asked = request.query_params
        days = number(asked.get("days", "30"))
        days = days if days in SPANS else 30
        with turn_of(request) as turn:
            pairs = comparison.pairs(turn.session)
            wanted = asked.get("active", ""), asked.get("shadow", "")
            pair = next((one for one in pairs if (one.active, one.shadow) == wanted), pairs[0] if pairs else None)
            found = None
            if pair is not None:
                today = datetime.now(UTC).date()
                found = comparison.compare(turn.session, pair.active, pair.shadow, today=today, days=days)
        running = serving_of(request).running
        return show(
            request,
            "console/models_compare.html",
            who,
            pairs=pairs,
            pair=pair,
            found=found,
            days=days,
            spans=SPANS,
            beside=running.beside,
            groups=LANGUAGE_GROUPS,
            percent=percent,
            labels=LABELS,
            enough=comparison.EXACT_ENOUGH,
        )

    @console.get(f"{PATH}/{{name}}", Permission.MODEL_SEE)
    def model(request: Request, who: Who, name: str) -> Response:
        try:
            artefact = found_artefact(request, name)
        except choices.ModelNotFound as error:
            return models_page(request, who, error=error)
        pictures = frozenset(artefact.pictures())
        return show(
            request,
            "console/models_report.html",
            who,
            artefact=artefact,
            groups=LANGUAGE_GROUPS,
            percent=percent,
            report=report_html(artefact.report(), artefact.name, pictures) if artefact.has_report else "",
        )

    @console.get(f"{PATH}/{{name}}/report/{{picture}}", Permission.MODEL_SEE)
    def picture(request: Request, name: str, picture: str) -> Response:
        """One picture of a report."""
        found = found_artefact(request, name).pictures().get(picture)
        if found is None:
            raise choices.ModelNotFound("The model's report has no such picture.")
        return FileResponse(found, media_type="image/png", headers={"Cache-Control": "private, no-cache"})


def said(who: SignedIn, fields: dict[str, str]) -> dict[str, Any]:
    """What every change of the models is made with."""
    return {
        "seen": number(fields.get("seen", "")),
        "author": who.member_id,
        "note": fields.get("note", "").strip(),
    }
