"""Reads a file of any known format, named or found out."""

from collections.abc import Callable, Iterator
from typing import Any

from panah.interchange import blue_blocker, bluesky, hash_list, jsonl, mastodon, x_archive, x_csv
from panah.interchange.files import Cursor, csv_rows, to_text
from panah.interchange.rows import (
    AmbiguousFormat,
    ImportedAccount,
    MalformedFile,
    Parsed,
    Refused,
    Row,
    UnknownFormat,
    Why,
)

AUTO = "auto"
Read = Callable[[str], Iterator[Row]]
BEGINNING = 4096

READERS: dict[str, Read] = {
    "x-csv": x_csv.read,
    "x-archive": x_archive.read,
    "blue-blocker": blue_blocker.read_json,
    "blue-blocker-csv": blue_blocker.read_csv,
    "blue-blocker-safelist": blue_blocker.read_safelist,
    "mastodon-blocks": mastodon.read_blocks,
    "mastodon-mutes": mastodon.read_mutes,
    "mastodon-domains": mastodon.read_domains,
    "mastodon-admin": mastodon.read_domains,
    "bluesky": bluesky.read_records,
    "bluesky-labels": bluesky.read_labels,
    "hash-list": hash_list.read,
    "jsonl": jsonl.read,
}
FROM_START: dict[str, Callable[[str], bool]] = {"x-archive": x_archive.fits, "hash-list": hash_list.fits}
FROM_JSON: dict[str, Callable[[Any], bool]] = {
    "blue-blocker": blue_blocker.fits_json,
    "bluesky": bluesky.fits_records,
    "bluesky-labels": bluesky.fits_labels,
    "jsonl": jsonl.fits,
}
FROM_CELLS: dict[str, Callable[[list[str]], bool]] = {
    "x-csv": x_csv.fits,
    "blue-blocker-csv": blue_blocker.fits_csv,
    "blue-blocker-safelist": blue_blocker.fits_csv,
    "mastodon-blocks": mastodon.fits_blocks,
    "mastodon-mutes": mastodon.fits_mutes,
    "mastodon-domains": mastodon.fits_domains,
    "mastodon-admin": mastodon.fits_admin,
}


def parse(content: bytes | str, format: str = AUTO) -> Parsed:  # noqa: A002 - the word of the API and the CLI
    """Reads a file. Accounts that stand in it twice come once.

    Raises UnknownFormat, AmbiguousFormat, FileTooLarge, and MalformedFile where it cannot be read to its end.
    """
    text = to_text(content)
    if format == AUTO:
        format = detect(text)  # noqa: A001
    elif format not in READERS:
        raise UnknownFormat(f"No such format. Known ones: {', '.join(READERS)}.")
    return collect(format, READERS[format](text))


def collect(format: str, found: Iterator[Row]) -> Parsed:  # noqa: A002
    """The rows with each account once. A second line that says something else of it is refused."""
    rows: dict[str, ImportedAccount] = {}
    refused: list[Refused] = []
    for row in found:
        if isinstance(row, Refused):
            refused.append(row)
            continue
        first = rows.setdefault(row.subject, row)
        if (first.retracted, first.category) != (row.retracted, row.category):
            refused.append(Refused(row.line, Why.CONTRADICTION))
    return Parsed(format, list(rows.values()), refused)


def detect(text: str) -> str:
    """The one format that the file's beginning fits. Raises UnknownFormat and AmbiguousFormat."""
    fitting = fitting_formats(text)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise UnknownFormat(f"The file's format is not known. Known ones: {', '.join(READERS)}.")
    # The same columns stand in lists of people to block and in lists of people never to block.
    raise AmbiguousFormat(f"The file could be any of {', '.join(fitting)}. Say which it is.")


def fitting_formats(text: str) -> list[str]:
    start = text[:BEGINNING].lstrip()
    if not start:
        raise UnknownFormat("The file is empty.")
    if found := [name for name, fits in FROM_START.items() if fits(start)]:
        return found
    if start[0] in "[{":
        first = first_value(text)
        return [name for name, fits in FROM_JSON.items() if fits(first)]
    try:
        _, first_row = next(csv_rows(text))
    except MalformedFile as cause:
        raise UnknownFormat("The file's format is not known, and its first line cannot be read.") from cause
    return [name for name, fits in FROM_CELLS.items() if fits(first_row)]


def first_value(text: str) -> Any:
    """The first item of a list, or the first value by itself. Raises MalformedFile."""
    cursor = Cursor(text)
    if cursor.skip_blank() == "[":
        cursor.move(cursor.at + 1)
        if cursor.skip_blank() == "]":
            raise UnknownFormat("The list in the file is empty.")
    return cursor.value()
