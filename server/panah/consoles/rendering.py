"""Pages of the consoles: the members' rendering, with the consoles' own words, menu and notices.

Templates extend "console/layout.html" and get, besides what accounts.rendering gives:
`c` the consoles' words by area, section and key (strings/<language>/<area>.toml), `l` the words of lists,
`trouble` a refusal in the page's language, `done` what was just done.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlmodel import Session, col, select

from panah.accounts.dependencies import SignedIn
from panah.accounts.rendering import render
from panah.accounts.rendering import words as member_words
from panah.accounts.tables import Member
from panah.blocklists.pages import fill
from panah.blocklists.pages import words as list_words
from panah.consoles.nav import menus, part_of
from panah.errors import AppError
from panah.operations.switches import READ_ONLY, is_on
from panah.pages.languages import Language, asked_for

HERE = Path(__file__).parent

Words = dict[str, dict[str, dict[str, str]]]


@cache
def words(language: Language) -> Words:
    """What the consoles say, by area, section and key."""
    folder = HERE / "strings" / language
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))}


def told(language: Language, error: AppError) -> str:
    """A refusal in the page's language where it is known there."""
    own = {code: text for area in words(language).values() for code, text in area.get("refusals", {}).items()}
    known = member_words(language)["refusals"] | list_words(language)["refusals"] | own
    return known.get(error.code, error.detail)


def said(language: Language, done: str, values: dict[str, Any]) -> str:
    """What `?done=thresholds.saved` stands for: the key `saved` of [done] in thresholds.toml; empty if unknown."""
    area, _, key = done.partition(".")
    return fill(words(language).get(area, {}).get("done", {}).get(key, ""), values)


def show(
    request: Request,
    template: str,
    who: SignedIn,
    *,
    path: str | None = None,
    error: AppError | None = None,
    done: str = "",
    values: dict[str, Any] | None = None,
    **parts: Any,
) -> Response:
    """A template as a page of a console. `path` is the page's own address in an answer to a form; `values` fill the
    text that `done` stands for.
    """
    language = asked_for(request)
    here = path or request.url.path
    return render(
        request,
        template,
        who=who,
        path=here,
        status=error.status if error else 200,
        c=words(language),
        l=list_words(language),
        menus=menus(who),
        part=part_of(here),
        read_only=is_read_only(request),
        trouble=told(language, error) if error else "",
        done=said(language, done or request.query_params.get("done", ""), values or {}),
        **parts,
    )


def is_read_only(request: Request) -> bool:
    with Session(request.app.state.engine) as session:
        return is_on(session, READ_ONLY)


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page. The route then renders the part's own template."""
    return request.headers.get("hx-request") == "true"


def names_of(session: Session, members: set[UUID]) -> dict[UUID, str]:
    """Names by member, in one query."""
    if not members:
        return {}
    return dict(session.exec(select(Member.id, Member.name).where(col(Member.id).in_(members))).all())
