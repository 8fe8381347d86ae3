"""Blue Blocker's queue and block list (JSON or CSV), and its safelist: the same CSV with the opposite meaning."""

from collections.abc import Iterator
from typing import Any

from panah.interchange.files import csv_rows, json_items
from panah.interchange.rows import BadAccount, ImportedAccount, MalformedFile, Refused, Row, Why, x_subject

IDS = ("user_id", "id")
COLUMNS = {*IDS, "screen_name", "name"}


def fits_json(first: Any) -> bool:
    return isinstance(first, dict) and "user_id" in first


def fits_csv(first: list[str]) -> bool:
    """A header with an id and nothing that Blue Blocker does not write."""
    header = set(first)
    return bool(header.intersection(IDS)) and header <= COLUMNS


def read_json(text: str) -> Iterator[Row]:
    if text.strip() and not text.lstrip().startswith("["):
        raise MalformedFile(1, "a list in square brackets should begin here")
    for line, item in json_items(text):
        key = next((name for name in IDS if isinstance(item, dict) and name in item), None)
        if key is None:
            yield Refused(line, Why.FIELDS)
            continue
        try:
            yield ImportedAccount(x_subject(item[key]), None, False, line)
        except BadAccount as error:
            yield Refused(line, error.why)


def read_csv(text: str) -> Iterator[Row]:
    return read_columns(text, retracted=False)


def read_safelist(text: str) -> Iterator[Row]:
    """Accounts that somebody never wants blocked: their own earlier imported reports of these are taken back."""
    return read_columns(text, retracted=True)


def read_columns(text: str, *, retracted: bool) -> Iterator[Row]:
    rows = csv_rows(text)
    line, header = next(rows, (1, []))
    if not header:
        return
    if not fits_csv(header):
        raise MalformedFile(line, "the first line should name the columns: user_id or id, then screen_name or name")
    at = next(header.index(name) for name in IDS if name in header)
    for line, cells in rows:
        if len(cells) != len(header):
            yield Refused(line, Why.COLUMNS)
            continue
        try:
            yield ImportedAccount(x_subject(cells[at]), None, retracted, line)
        except BadAccount as error:
            yield Refused(line, error.why)
