"""What a catalogue needs to know beside the database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from panah.distribution.keyring import root_beside

SELECTOR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
SELECTOR_LENGTH = 500
MOST_SELECTORS = 100


@dataclass(frozen=True)
class Outlet:
    """Where the root's file is looked for, the server's name, and selectors for readers' extensions."""

    root: Path
    server: str = "Panah"
    selectors: Mapping[str, str] = field(default_factory=dict)


def make_outlet(keys_file: Path, server: str, selectors_file: Path | None = None) -> Outlet:
    """Raises OSError or ValueError for a file of selectors that cannot be used."""
    selectors = read_selectors(selectors_file.read_bytes()) if selectors_file else {}
    return Outlet(root_beside(keys_file), server, selectors)


def read_selectors(data: bytes) -> dict[str, str]:
    """Selectors by name, from a JSON object. Raises ValueError for anything that could be more than a selector:
    readers put it into querySelector and nowhere else, but a rule or a comment has no business here.
    """
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as cause:
        raise ValueError("the file of selectors is not JSON in UTF-8") from cause
    if not isinstance(found, dict) or len(found) > MOST_SELECTORS:
        raise ValueError(f"selectors are one JSON object of at most {MOST_SELECTORS} names")
    for name, selector in found.items():
        if not SELECTOR_NAME.fullmatch(name):
            raise ValueError("a selector's name has 1 to 40 letters, digits, hyphens and underscores")
        if not isinstance(selector, str) or not 0 < len(selector) <= SELECTOR_LENGTH:
            raise ValueError(f"the selector {name} is not a text of 1 to {SELECTOR_LENGTH} characters")
        if re.search(r"[{};<@\x00-\x1f\x7f]|/\*", selector):
            raise ValueError(f"the selector {name} holds more than a selector")
    return found
