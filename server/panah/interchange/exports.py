"""A list's entries as files that other tools read. Each file is no larger than its reader takes."""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

import orjson
from sqlmodel import Session, col, select

from panah.blocklists.tables import Blocklist, Entry
from panah.distribution.publish import newest_version, read_snapshot
from panah.errors import AppError
from panah.interchange.bluesky import ITEM, LIST, MODERATION
from panah.interchange.hash_list import to_hash
from panah.interchange.rows import DID, UnknownFormat

TID_SIGNS = "234567abcdefghijklmnopqrstuvwxyz"


class RepositoryNeeded(AppError):
    status = 422
    code = "repository-needed"


class NotPublished(AppError):
    status = 404
    code = "list-not-published"


@dataclass(frozen=True)
class About:
    """What files tell of the list itself. `repository`: the DID of the Bluesky account that will hold it."""

    slug: str
    name: str
    description: str
    epoch: int
    salt: str  # 16 bytes in hex
    version: int
    created_on: date
    repository: str | None = None


def about(blocklist: Blocklist, *, repository: str | None = None) -> About:
    """The list as it is now; it has a version only where it is published (see `published`)."""
    return About(
        slug=blocklist.slug,
        name=blocklist.name,
        description=blocklist.description,
        epoch=blocklist.epoch,
        salt=blocklist.salt,
        version=0,
        created_on=blocklist.created_on,
        repository=repository,
    )


def entries_of(session: Session, blocklist: Blocklist) -> list[Entry]:
    """What is published of the list, in clear: for its curators."""
    chosen = select(Entry).where(Entry.blocklist_id == blocklist.id, Entry.status == "published")
    return list(session.exec(chosen.order_by(col(Entry.subject))))


def published(session: Session, blocklist: Blocklist) -> bytes:
    """The hash list of the newest version that everybody can fetch. Raises NotPublished.

    Not made of the entries as they are at this moment: that would tell to the second when one of them changed.
    """
    newest = newest_version(session, blocklist.id)
    if newest is None:
        raise NotPublished("This list has not been published yet. Come back in a day.")
    hashes = [f"{one:012x}" for one in read_snapshot(session, newest).hashes.tolist()]
    told = replace(about(blocklist), epoch=newest.epoch, salt=newest.salt, version=newest.version)
    return write_hashes(hashes, told)


@dataclass(frozen=True)
class Format:
    """How a format is written. `platform` None: accounts of all platforms; `rows`: as many go into one file."""

    write: Callable[[Sequence[Entry], About], Iterator[bytes]]
    platform: str | None
    rows: int
    suffix: str


def id_of(entry: Entry) -> str:
    return entry.subject.partition(":")[2]


def x_csv(entries: Sequence[Entry], _told: About) -> Iterator[bytes]:
    yield "".join(f"{id_of(entry)}\n" for entry in entries).encode()


def x_archive(entries: Sequence[Entry], _told: About) -> Iterator[bytes]:
    accounts = [
        {
            "blocking": {
                "accountId": id_of(entry),
                "userLink": f"https://twitter.com/intent/user?user_id={id_of(entry)}",
            }
        }
        for entry in entries
    ]
    yield b"window.YTD.block.part0 = " + orjson.dumps(accounts, option=orjson.OPT_INDENT_2) + b"\n"


def blue_blocker(entries: Sequence[Entry], _told: About) -> Iterator[bytes]:
    """Names are left empty: lists do not know them."""
    queue = [{"user_id": id_of(entry), "user": {"name": "", "screen_name": ""}} for entry in entries]
    yield orjson.dumps(queue) + b"\n"


def mastodon_blocks(entries: Sequence[Entry], _told: About) -> Iterator[bytes]:
    yield "".join(f"{id_of(entry)}\n" for entry in entries).encode()


def mastodon_mutes(entries: Sequence[Entry], _told: About) -> Iterator[bytes]:
    rows = "".join(f"{id_of(entry)},true\n" for entry in entries)
    yield f"Account address,Hide notifications\n{rows}".encode()


def to_tid(micros: int) -> str:
    """A record key of Bluesky: 13 signs for a time in microseconds since 1970, in order of time."""
    number = micros << 10
    return "".join(TID_SIGNS[number >> shift & 31] for shift in range(60, -1, -5))


def cut(text: str, size: int) -> str:
    """The text's beginning, in at most `size` bytes of UTF-8."""
    return text.encode()[:size].decode(errors="ignore")


def bluesky(entries: Sequence[Entry], told: About) -> Iterator[bytes]:
    """One {uri, value} a line: the list's own record, then its items. Raises RepositoryNeeded."""
    if told.repository is None or not DID.fullmatch(told.repository):
        raise RepositoryNeeded("Say which account will hold the list, by its DID: items name it in their address.")
    # Days, not times: when an account was listed is nobody's business.
    created = datetime.combine(told.created_on, time(), UTC)
    first = int(created.timestamp()) * 1_000_000
    at = f"{created:%Y-%m-%dT%H:%M:%S}.000Z"
    address = f"at://{told.repository}/{LIST}/{to_tid(first)}"
    record = {
        "$type": LIST,
        "purpose": MODERATION,
        "name": cut(told.name, 64),
        "description": told.description[:300],
        "createdAt": at,
    }
    yield orjson.dumps({"uri": address, "value": record}) + b"\n"
    for number, entry in enumerate(entries, 1):
        item = {"$type": ITEM, "subject": id_of(entry), "list": address, "createdAt": at}
        uri = f"at://{told.repository}/{ITEM}/{to_tid(first + number)}"
        yield orjson.dumps({"uri": uri, "value": item}) + b"\n"


def hash_list(entries: Sequence[Entry], told: About) -> Iterator[bytes]:
    salt = bytes.fromhex(told.salt)
    yield write_hashes({to_hash(salt, entry.subject) for entry in entries}, told)


def write_hashes(hashes: Collection[str], told: About) -> bytes:
    """A hash list of hashes in any order, each once."""
    lines = (
        f"# list: {told.slug}",
        f"# epoch: {told.epoch}",
        f"# salt: {told.salt}",
        f"# version: {told.version}",
        f"# count: {len(hashes)}",
        *sorted(hashes),
    )
    return "".join(f"{line}\n" for line in lines).encode()


def month_end(day: date) -> date:
    """The last day of its month: the day itself would tell on which one the account was listed."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def jsonl(entries: Sequence[Entry], _told: About) -> Iterator[bytes]:
    for entry in entries:
        platform, _, name = entry.subject.partition(":")
        account = {
            "platform": platform,
            "id": name,
            "tier": entry.tier,
            "category": entry.category,
            "listed_month": f"{entry.listed_on:%Y-%m}",
            "expires": month_end(entry.expires_on).isoformat(),
        }
        yield orjson.dumps(account) + b"\n"


ALL = 2**31
FORMATS = {
    "hash-list": Format(hash_list, None, ALL, "txt"),
    "jsonl": Format(jsonl, None, 40_000, "jsonl"),
    "x-csv": Format(x_csv, "x", 5_000, "csv"),
    "x-archive": Format(x_archive, "x", 100_000, "js"),
    "blue-blocker": Format(blue_blocker, "x", 100_000, "json"),
    "mastodon-blocks": Format(mastodon_blocks, "mastodon", 20_000, "csv"),
    "mastodon-mutes": Format(mastodon_mutes, "mastodon", 20_000, "csv"),
    "bluesky": Format(bluesky, "bluesky", 50_000, "jsonl"),
}
PUBLIC = "hash-list"


def format_of(name: str) -> Format:
    """Raises UnknownFormat."""
    if name not in FORMATS:
        raise UnknownFormat(f"No list is written in that format. Known ones: {', '.join(FORMATS)}.")
    return FORMATS[name]


def fitting(entries: Iterable[Entry], format: str) -> list[Entry]:  # noqa: A002 - the word of the API and the CLI
    """The entries that the format can hold, in order of their accounts; the rest are of other platforms."""
    platform = format_of(format).platform
    kept = [entry for entry in entries if platform is None or entry.subject.startswith(f"{platform}:")]
    return sorted(kept, key=lambda entry: entry.subject)


def write(entries: Iterable[Entry], format: str, told: About) -> Iterator[bytes]:  # noqa: A002
    """The files of a list, each whole: one, or as many as its reader's limit makes. Of no entries one file comes.

    What does not fit (see `fitting`) is left out. Raises UnknownFormat and RepositoryNeeded.
    """
    kept, form = fitting(entries, format), format_of(format)
    for start in range(0, max(len(kept), 1), form.rows):
        yield b"".join(form.write(kept[start : start + form.rows], told))
