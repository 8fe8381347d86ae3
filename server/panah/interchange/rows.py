"""What every format is read into: accounts and refused lines; and how accounts of each platform are written."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from panah.blocklists.tables import SUBJECT_LENGTH, Category
from panah.errors import AppError

# Digits are written [0-9]: \d also takes the Urdu and Arabic ones.
X_ID = re.compile(r"[1-9][0-9]{0,18}")
X_HANDLE = re.compile(r"@?[A-Za-z0-9_]{1,20}|@\S+|https?://\S+")
ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+|[0-9]+[.,][0-9]+")
DID = re.compile(r"did:plc:[a-z2-7]{24}|did:web:(?=.{1,200}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+")
USER = r"[a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_]+)?"
SERVER = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
ADDRESS = re.compile(rf"(?=[^@]{{1,100}}@.{{1,192}}$){USER}@{SERVER}")
DOMAIN = re.compile(SERVER)
BIGGEST_ID = 2**63 - 1


class Why(StrEnum):
    """Why a line is refused."""

    HANDLE = "handle"
    NOT_AN_ID = "not-an-id"
    ROUNDED = "rounded"
    NOT_AN_ADDRESS = "not-an-address"
    NO_SERVER = "no-server"
    DOMAIN = "domain"
    NOT_A_DID = "not-a-did"
    PLATFORM = "platform"
    CATEGORY = "category"
    COLUMNS = "columns"
    FIELDS = "fields"
    NOT_JSON = "not-json"
    OTHER_LIST = "other-list"
    CONTRADICTION = "contradiction"
    HASH = "hash"


SAID = {
    Why.HANDLE: "this is a name, and names change hands: give the account's number",
    Why.NOT_AN_ID: "this is not an account's number",
    Why.ROUNDED: "this number has been rounded, as spreadsheets and JavaScript do: export the file again",
    Why.NOT_AN_ADDRESS: "this is not an address like user@server",
    Why.NO_SERVER: "the server is missing: write user@server",
    Why.DOMAIN: "this is a whole server; lists hold accounts only",
    Why.NOT_A_DID: "this is not a DID like did:plc:…; handles change hands",
    Why.PLATFORM: "the platform is none of x, mastodon, bluesky",
    Why.CATEGORY: "the category is not known here",
    Why.COLUMNS: "the number of columns is not that of this format",
    Why.FIELDS: "a field is missing, or not of this format",
    Why.NOT_JSON: "this is not valid JSON",
    Why.OTHER_LIST: "it belongs to a list whose own record is not in the file, so nobody can tell what it is for",
    Why.CONTRADICTION: "an earlier line says something else of the same account",
    Why.HASH: "hashes cannot be turned back into accounts: they can only be compared",
}


class BadAccount(ValueError):
    """A text that names no account; `why` tells the reader what it is instead."""

    def __init__(self, why: Why) -> None:
        super().__init__(SAID[why])
        self.why = why


@dataclass(frozen=True)
class ImportedAccount:
    """One account of a file. `retracted`: the file takes it back. `line` counts from 1."""

    subject: str
    category: Category | None
    retracted: bool
    line: int


@dataclass(frozen=True)
class Refused:
    """A line that is not taken."""

    line: int
    why: Why


Row = ImportedAccount | Refused


@dataclass(frozen=True)
class Parsed:
    """A file as read: each account once, in the order of the file, and what was refused."""

    format: str
    rows: list[ImportedAccount] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class FileTooLarge(AppError):
    status = 413
    code = "import-too-large"


class MalformedFile(AppError):
    """The file cannot be read on from `line`."""

    status = 422
    code = "import-malformed"

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"Line {line}: {what}. Nothing was changed.")
        self.line = line
        self.what = what


class UnknownFormat(AppError):
    status = 422
    code = "import-format-unknown"


class AmbiguousFormat(AppError):
    status = 422
    code = "import-format-ambiguous"


class LinesRefused(AppError):
    status = 422
    code = "import-refused"


def refuse_lines(refused: list[Refused]) -> None:
    """Raises LinesRefused where a file has lines that are not taken: it is brought in whole or not at all."""
    if refused:
        first = refused[0]
        more = f" (and {len(refused) - 1} more lines)" if len(refused) > 1 else ""
        raise LinesRefused(f"Line {first.line}: {SAID[first.why]}{more}. Nothing was changed.")


def x_subject(value: object) -> str:
    """The subject for X's number of an account, a text or a whole JSON number. Raises BadAccount."""
    if isinstance(value, float):  # 1.0 as well: whoever wrote it may have rounded the number before
        raise BadAccount(Why.ROUNDED)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadAccount(Why.NOT_AN_ID)
    text = value.strip()
    if X_ID.fullmatch(text) and int(text) <= BIGGEST_ID:
        return f"x:{text}"
    if ROUNDED.fullmatch(text):
        raise BadAccount(Why.ROUNDED)
    raise BadAccount(Why.HANDLE if X_HANDLE.fullmatch(text) and not text.isdecimal() else Why.NOT_AN_ID)


def mastodon_subject(value: object) -> str:
    """The subject for an address like user@server. Names there cannot be handed on. Raises BadAccount."""
    if not isinstance(value, str):
        raise BadAccount(Why.NOT_AN_ADDRESS)
    address = value.strip().removeprefix("@").lower()
    if ADDRESS.fullmatch(address) and len(address) <= SUBJECT_LENGTH - len("mastodon:"):
        return f"mastodon:{address}"
    if DOMAIN.fullmatch(address):
        raise BadAccount(Why.DOMAIN)
    raise BadAccount(Why.NO_SERVER if re.fullmatch(USER, address) else Why.NOT_AN_ADDRESS)


def bluesky_subject(value: object) -> str:
    """The subject for a DID. Raises BadAccount."""
    if isinstance(value, str) and DID.fullmatch(value) and len(value) <= SUBJECT_LENGTH - len("bluesky:"):
        return f"bluesky:{value}"
    if isinstance(value, str) and DOMAIN.fullmatch(value.removeprefix("@").lower()):
        raise BadAccount(Why.HANDLE)
    raise BadAccount(Why.NOT_A_DID)


PLATFORMS = {"x": x_subject, "mastodon": mastodon_subject, "bluesky": bluesky_subject}
