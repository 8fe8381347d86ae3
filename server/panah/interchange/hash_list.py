"""The published hashes as plain text. It names no accounts; those that one knows can be compared with it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from panah.distribution.hashes import hash48
from panah.interchange.files import MAX_ROWS, too_many
from panah.interchange.rows import MalformedFile, Refused, Row, Why

HEADER = re.compile(r"#\s*(list|epoch|salt|version|count):\s*(.*)")
HASH = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class HashList:
    """Hashes of one version of one list, in order. `salt` has 16 bytes."""

    slug: str
    epoch: int
    salt: bytes
    version: int
    hashes: list[str] = field(default_factory=list)


def to_hash(salt: bytes, subject: str) -> str:
    """The first 48 bits of SHA-256(salt ‖ subject), as 12 hex digits."""
    return f"{hash48(salt, subject):012x}"


def fits(start: str) -> bool:
    return HEADER.match(start) is not None


def read(text: str) -> Iterator[Row]:
    """One refusal: no line of it names an account."""
    parse_hashes(text)
    yield Refused(1, Why.HASH)


def parse_hashes(text: str) -> HashList:
    """Raises MalformedFile for headers that are missing, hashes out of order, and a count that is not theirs."""
    said: dict[str, str] = {}
    hashes: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if header := HEADER.fullmatch(line.strip()):
            if hashes or header[1] in said:
                raise MalformedFile(number, "a header stands twice, or among the hashes")
            said[header[1]] = header[2].strip()
            continue
        if not HASH.fullmatch(line.strip()):
            raise MalformedFile(number, "this is neither a header nor a hash of 12 hex digits in small letters")
        if hashes and line.strip() <= hashes[-1]:
            raise MalformedFile(number, "the hashes are not in order, or one stands twice")
        hashes.append(line.strip())
        if len(hashes) > 10 * MAX_ROWS:
            raise too_many(number, 10 * MAX_ROWS)
    try:
        made = HashList(said["list"], int(said["epoch"]), bytes.fromhex(said["salt"]), int(said["version"]), hashes)
        count = int(said["count"])
    except (KeyError, ValueError):
        raise MalformedFile(1, "its headers (list, epoch, salt, version, count) are missing or wrong") from None
    if len(made.salt) != 16 or count != len(hashes):
        raise MalformedFile(
            1, "the salt has not 16 bytes, or the count is not that of the hashes; it may be cut off"
        )
    return made


def matching(found: HashList, subjects: Iterable[str]) -> set[str]:
    """Those of the accounts that are on the list."""
    hashes = set(found.hashes)
    return {subject for subject in subjects if to_hash(found.salt, subject) in hashes}
