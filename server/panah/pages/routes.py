"""The pages' addresses."""

from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from panah.pages import documents
from panah.pages.assets import OURS, asset
from panah.pages.languages import DIRECTIONS, Language, asked_for, examples, known, words
from panah.scoring.policy import LABELS, SENSITIVITIES

router = APIRouter(include_in_schema=False)
templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.globals["asset"] = asset
# For data attributes: the usual `tojson` marks its output as safe, and quotes would end the attribute.
templates.filters["as_json"] = lambda value: orjson.dumps(value).decode()


def page(request: Request, template: str, language: Language, **parts: Any) -> Response:
    """A template as a page in `language`. Links carry the language on only where the visitor chose one."""
    chosen = known(request.query_params.get("lang", "")) is not None
    html = templates.get_template(template).render(
        t=words(language),
        language=language,
        direction=DIRECTIONS[language],
        carry=f"?lang={language}" if chosen else "",
        path=request.url.path,
        **parts,
    )
    headers = {"Cache-Control": "no-cache", "Content-Language": language, "Vary": "Accept-Language"}
    return HTMLResponse(html, headers=headers)


@router.get("/")
async def try_it(request: Request) -> Response:
    return page(
        request,
        "try.html",
        asked_for(request),
        current="try",
        examples=examples(),
        labels=LABELS,
        sensitivities=SENSITIVITIES,
    )


@router.get("/install")
async def install(request: Request) -> Response:
    language = asked_for(request)
    return page(
        request, "document.html", language, current="install", body=Markup(documents.render("install", language))
    )


@router.get("/privacy")
async def privacy(request: Request) -> Response:
    language = asked_for(request)
    return page(
        request, "document.html", language, current="privacy", body=Markup(documents.render("privacy", language))
    )


@router.get("/problems")
async def problems(request: Request) -> Response:
    return page(request, "problems.html", "en", current="problems")


@router.get("/docs")
async def api_docs(request: Request) -> Response:
    return page(request, "api.html", "en", current="api")


@router.get("/robots.txt")
async def robots() -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Browsers ask for this name on answers that are no pages, such as /openapi.json."""
    return FileResponse(OURS / "mark.svg", media_type="image/svg+xml")
