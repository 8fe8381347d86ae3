"""X's own list of blocked accounts as it was until about 2019, and what Block Together wrote: one number a line."""

from collections.abc import Iterator

from panah.interchange.files import csv_rows
from panah.interchange.rows import BadAccount, ImportedAccount, Refused, Row, Why, x_subject

HEADERS = {"id", "user_id", "userid", "user id", "account_id", "accountid", "account id"}


def is_header(cells: list[str]) -> bool:
    return len(cells) == 1 and cells[0].lower() in HEADERS


def fits(first: list[str]) -> bool:
    """One column: a header, numbers, or the names that people put there instead."""
    if len(first) != 1:
        return False
    if is_header(first):
        return True
    try:
        x_subject(first[0])
    except BadAccount as error:
        return error.why in (Why.HANDLE, Why.ROUNDED)
    return True


def read(text: str) -> Iterator[Row]:
    for at, (line, cells) in enumerate(csv_rows(text)):
        if at == 0 and is_header(cells):
            continue
        if len(cells) != 1:
            yield Refused(line, Why.COLUMNS)
            continue
        try:
            yield ImportedAccount(x_subject(cells[0]), None, False, line)
        except BadAccount as error:
            yield Refused(line, error.why)
