"""Mastodon's CSV files: blocks, mutes, and domain blocks of users and admins. Servers are no accounts."""

from collections.abc import Iterator

from panah.interchange.files import csv_rows
from panah.interchange.rows import DOMAIN, BadAccount, ImportedAccount, MalformedFile, Refused, Row, Why
from panah.interchange.rows import mastodon_subject as to_subject

MAX_ROWS = 20_000
ACCOUNT = "Account address"
NOTIFICATIONS = "Hide notifications"
# fediblockhole writes the same names without "#".
ADMIN = {"domain", "severity", "reject_media", "reject_reports", "public_comment", "private_comment", "obfuscate"}


def is_address(cell: str) -> bool:
    return "@" in cell.removeprefix("@")


def fits_blocks(first: list[str]) -> bool:
    return len(first) == 1 and (first[0] == ACCOUNT or is_address(first[0]))


def fits_mutes(first: list[str]) -> bool:
    return first == [ACCOUNT, NOTIFICATIONS] or (
        len(first) == 2 and is_address(first[0]) and first[1].lower() in ("true", "false")
    )


def fits_domains(first: list[str]) -> bool:
    return len(first) == 1 and (first[0].removeprefix("#") == "domain" or is_domain(first[0]))


def fits_admin(first: list[str]) -> bool:
    names = {cell.removeprefix("#") for cell in first}
    return len(names) > 1 and "domain" in names and names <= ADMIN


def is_domain(cell: str) -> bool:
    return DOMAIN.fullmatch(cell.lower()) is not None and any(sign.isalpha() for sign in cell)


def read_blocks(text: str) -> Iterator[Row]:
    return read_accounts(text, [ACCOUNT])


def read_mutes(text: str) -> Iterator[Row]:
    return read_accounts(text, [ACCOUNT, NOTIFICATIONS])


def read_accounts(text: str, columns: list[str]) -> Iterator[Row]:
    count = 0
    for line, cells in csv_rows(text, MAX_ROWS):
        if count == 0 and cells[0] == ACCOUNT:
            # Followed accounts begin with the same column.
            if cells != columns:
                raise MalformedFile(line, f"the columns should be: {', '.join(columns)}")
            continue
        count += 1
        check_rows(line, count)
        if len(cells) != len(columns):
            yield Refused(line, Why.COLUMNS)
            continue
        try:
            yield ImportedAccount(to_subject(cells[0]), None, False, line)
        except BadAccount as error:
            yield Refused(line, error.why)


def read_domains(text: str) -> Iterator[Row]:
    """Every line is refused by its number: a list that hides a server would hide people nobody has looked at."""
    count = 0
    for line, cells in csv_rows(text, MAX_ROWS):
        if count == 0 and cells[0].removeprefix("#") == "domain":
            continue
        count += 1
        check_rows(line, count)
        yield Refused(line, Why.DOMAIN)


def check_rows(line: int, count: int) -> None:
    if count > MAX_ROWS:
        raise MalformedFile(line, f"the file has more than {MAX_ROWS:,} rows, as many as Mastodon takes; split it")
