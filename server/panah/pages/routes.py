"""The pages' addresses."""

from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.staticfiles import NotModifiedResponse

from panah import __version__
from panah.pages import documents
from panah.pages.assets import OURS, asset
from panah.pages.extension import find_package, find_packages
from panah.pages.languages import DIRECTIONS, Language, asked_for, examples, known, words
from panah.scoring.policy import LABELS, SENSITIVITIES

router = APIRouter(include_in_schema=False)
ASKED = ["GET", "HEAD"]  # FastAPI adds no HEAD by itself, and link previews and monitors ask that way
templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.globals["asset"] = asset
templates.filters["to_html"] = documents.to_html
# For data attributes: the usual `tojson` marks its output as safe, and quotes would end the attribute.
templates.filters["as_json"] = lambda value: orjson.dumps(value).decode()

# Code, status, what to do about it: the targets of the `type` that errors.problem() writes.
PROBLEMS = (
    ("not-json", "400, 415", "The body is not JSON in UTF-8, or was not sent as application/json."),
    ("unknown-token", "401", "The server does not know the token that was sent. Remove or correct it."),
    ("not-found", "404", "There is nothing at this address."),
    ("package-not-found", "404", "The server has no such file of the extension; /extension says which it has."),
    ("method-not-allowed", "405", "The address does not take that method; the Allow header says which it takes."),
    ("unknown-host", "421", "The server does not answer under that name; its operator can allow it."),
    ("body-too-large", "413", "The body is over the server's limit, 512 KiB unless its operator set another."),
    ("invalid-request", "422", "JSON, but not a request for verdicts. Its errors say where and what."),
    ("too-many-requests", "429", "This client asked too often. Wait as many seconds as Retry-After says."),
    ("internal", "500", "Something broke. The server logged it under the X-Request-ID, without your text."),
    ("overloaded", "503", "Too many replies wait to be judged. Come back after Retry-After seconds."),
    ("scoring-failed", "503", "The model failed on these replies. Come back after Retry-After seconds."),
    ("http-error", "other", "The server refused the request; the status says why."),
)


def page(request: Request, template: str, language: Language, **parts: Any) -> Response:
    """A template as a page in `language`. Links carry the language on only where the visitor chose one."""
    chosen = known(request.query_params.get("lang", ""))
    html = templates.get_template(template).render(
        t=words(language),
        language=language,
        direction=DIRECTIONS[language],
        carry=f"?lang={chosen}" if chosen else "",
        path=request.url.path,
        **parts,
    )
    headers = {"Cache-Control": "no-cache", "Content-Language": language, "Vary": "Accept-Language"}
    return HTMLResponse(html, headers=headers)


@router.api_route("/", methods=ASKED)
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


@router.api_route("/extension", methods=ASKED)
def extension(request: Request) -> Response:
    packages = find_packages(request.app.state.settings.extension_dir)
    return page(
        request,
        "extension.html",
        asked_for(request),
        current="extension",
        version=__version__,
        packages=packages,
    )


@router.api_route("/extension/{name}", methods=ASKED)
def download(request: Request, name: str) -> Response:
    """One of the zips, as bytes: what the browser already has by its hash is not sent again."""
    package = find_package(request.app.state.settings.extension_dir, name)
    headers = {"Cache-Control": "no-cache", "ETag": f'"{package.sha256}"'}
    answer = FileResponse(package.path, media_type="application/zip", filename=name, headers=headers)
    if StaticFiles().is_not_modified(answer.headers, request.headers):
        return NotModifiedResponse(answer.headers)
    return answer


@router.api_route("/install", methods=ASKED)
async def install(request: Request) -> Response:
    language = asked_for(request)
    return page(request, "document.html", language, current="install", body=documents.render("install", language))


@router.api_route("/privacy", methods=ASKED)
async def privacy(request: Request) -> Response:
    language = asked_for(request)
    return page(request, "document.html", language, current="privacy", body=documents.render("privacy", language))


@router.api_route("/problems", methods=ASKED)
async def problems(request: Request) -> Response:
    return page(request, "problems.html", "en", current="problems", problems=PROBLEMS)


@router.api_route("/docs", methods=ASKED)
async def api_docs(request: Request) -> Response:
    return page(request, "api.html", "en", current="api")


@router.api_route("/robots.txt", methods=ASKED)
async def robots() -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


@router.api_route("/favicon.ico", methods=ASKED)
async def favicon() -> Response:
    """Browsers ask for this name on answers that are no pages, such as /openapi.json."""
    return FileResponse(OURS / "mark.svg", media_type="image/svg+xml")
