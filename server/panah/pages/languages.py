"""The two languages of the pages, what they say in each, and which one a request asks for."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from fastapi import Request

Language = Literal["en", "ur"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DIRECTIONS: dict[Language, str] = {"en": "ltr", "ur": "rtl"}
HERE = Path(__file__).parent


@cache
def words(language: Language) -> dict[str, dict[str, str]]:
    """What the pages say, by section and key."""
    return tomllib.loads((HERE / "strings" / f"{language}.toml").read_text(encoding="utf-8"))


@cache
def examples() -> list[dict[str, Any]]:
    """The ready threads of the try-it page."""
    found: list[dict[str, Any]] = tomllib.loads((HERE / "examples.toml").read_text(encoding="utf-8"))["thread"]
    return found


def known(tag: str) -> Language | None:
    """Our language for a BCP 47 tag, by its first part: ur-PK is ur."""
    primary = tag.partition("-")[0].strip().lower()
    return next((language for language in LANGUAGES if language == primary), None)


def preferred(accept_language: str) -> Language:
    """The first of our languages in the header, most wanted first; English when none is there."""
    wanted: list[tuple[float, Language]] = []
    for part in accept_language.split(","):
        tag, _, weight = part.partition(";")
        if language := known(tag):
            try:
                quality = float(weight.strip().removeprefix("q=") or 1)
            except ValueError:
                continue
            if quality > 0:
                wanted.append((quality, language))
    return max(wanted, key=lambda one: one[0], default=(1.0, "en"))[1]


def asked_for(request: Request) -> Language:
    """?lang=… wins over the browser's own wish."""
    return known(request.query_params.get("lang", "")) or preferred(request.headers.get("accept-language", ""))
