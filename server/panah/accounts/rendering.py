"""Pages for members: the server's own layout, with who is signed in, forms' tokens, and no copy kept anywhere."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from panah.accounts.dependencies import (
    DOOR,
    NotSignedIn,
    SignedIn,
    open_door,
    set_cookie,
)
from panah.errors import AppError, problem
from panah.pages.languages import DIRECTIONS, Language, asked_for, known
from panah.pages.languages import words as pages_words
from panah.pages.routes import templates

HERE = Path(__file__).parent


@cache
def words(language: Language) -> dict[str, dict[str, str]]:
    """What these pages say, by section and key, with what all pages say."""
    own = tomllib.loads((HERE / "strings" / f"{language}.toml").read_text(encoding="utf-8"))
    return pages_words(language) | own


def carry(request: Request) -> str:
    """The visitor's choice of language, for links and forms; empty where they made none."""
    chosen = known(request.query_params.get("lang", ""))
    return f"?lang={chosen}" if chosen else ""


def render(
    request: Request,
    template: str,
    *,
    who: SignedIn | None = None,
    path: str | None = None,
    status: int = 200,
    error: AppError | None = None,
    **parts: Any,
) -> Response:
    """A template as a page. `path` is where its language switch leads, for answers to forms; `error` is told in the
    page's own language where it is known there.
    """
    language = asked_for(request)
    said = words(language)
    csrf, door = open_door(request)
    html = templates.get_template(template).render(
        t=said,
        language=language,
        direction=DIRECTIONS[language],
        carry=carry(request),
        path=path or request.url.path,
        current="",
        who=who,
        csrf=csrf,
        error=said["refusals"].get(error.code, error.detail) if error else "",
        **parts,
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Language": language,
        # With the usual no-referrer, browsers send forms with the origin "null".
        "Referrer-Policy": "same-origin",
    }
    if error is not None and error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    answer = HTMLResponse(html, status, headers=headers)
    if door is not None:
        set_cookie(request, answer, DOOR, door)
    return answer


def go(request: Request, address: str) -> Response:
    """To another page, after a form."""
    chosen = "" if "lang=" in address else carry(request)
    joined = address + (chosen.replace("?", "&") if "?" in address else chosen)
    return RedirectResponse(joined, 303, headers={"Cache-Control": "no-store"})


def refuse(request: Request, error: AppError) -> Response:
    """A refusal as whoever asked can read it: problem+json for programs; a page, or the way to sign in, else."""
    if request.url.path.startswith("/v1/"):
        return problem(error.status, error.code, error.detail, retry_after=error.retry_after)
    if isinstance(error, NotSignedIn) and request.headers.get("hx-request") == "true":
        # The way to sign in must not become a part of the page: the page loads anew, and is taken there.
        return Response(status_code=error.status, headers={"HX-Refresh": "true", "Cache-Control": "no-store"})
    if isinstance(error, NotSignedIn):
        wanted = request.url.path if request.method in {"GET", "HEAD"} else "/account"
        if request.url.query and wanted != "/account":
            wanted += f"?{request.url.query}"
        return go(request, f"/sign-in?next={quote(wanted, safe='/')}")
    return render(request, "account/refused.html", path="/account", status=error.status, error=error)
