"""Panah's own JSON lines: {platform, id, tier, category, listed_month, expires}.

`"retracted": true` takes an account back.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from panah.blocklists.tables import Category, Tier
from panah.interchange.files import DECODER, MAX_ROWS, too_many
from panah.interchange.rows import PLATFORMS, BadAccount, ImportedAccount, Refused, Row, Why

NEEDED = {"platform", "id"}
KNOWN = {*NEEDED, "tier", "category", "listed_month", "expires", "retracted"}
MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")


def fits(first: Any) -> bool:
    return isinstance(first, dict) and first.keys() >= NEEDED


def read(text: str) -> Iterator[Row]:
    count = 0
    # Not splitlines(): JSON texts may hold U+2028, which it takes for the end of a line.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        count += 1
        if count > MAX_ROWS:
            raise too_many(number, MAX_ROWS)
        try:
            found = DECODER.decode(line.strip())
        except (ValueError, RecursionError):
            yield Refused(number, Why.NOT_JSON)
            continue
        try:
            yield account(found, number)
        except BadAccount as error:
            yield Refused(number, error.why)


def account(found: Any, line: int) -> ImportedAccount:
    """The account in one line. Its tier and dates are checked and not used: they are for this list to decide.

    Raises BadAccount.
    """
    if not isinstance(found, dict) or not found.keys() >= NEEDED or not found.keys() <= KNOWN:
        raise BadAccount(Why.FIELDS)
    to_subject = PLATFORMS.get(str(found["platform"]))
    if to_subject is None:
        raise BadAccount(Why.PLATFORM)
    subject = to_subject(found["id"])
    said = found.get("category")
    if said is not None and said not in list(Category):
        raise BadAccount(Why.CATEGORY)
    tier, month, expires = found.get("tier"), found.get("listed_month"), found.get("expires")
    retracted = found.get("retracted", False)
    if (
        (tier is not None and tier not in list(Tier))
        or (month is not None and not (isinstance(month, str) and MONTH.fullmatch(month)))
        or (expires is not None and not is_day(expires))
        or not isinstance(retracted, bool)
    ):
        raise BadAccount(Why.FIELDS)
    return ImportedAccount(subject, Category(said) if said is not None else None, retracted, line)


def is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False
