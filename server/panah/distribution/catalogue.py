"""What a catalogue says: every list with its files, the pack of the small ones. Dicts as they go into the JSON."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from panah.blocklists.tables import Blocklist
from panah.distribution.signing import FORMAT, moment
from panah.distribution.tables import ListVersion

MIN_CLIENT = 1
MAX_GROWTH = 0.1  # of a list in a day; a reader refuses more
LEAST_GROWTH = 50  # entries that a small list may grow by
PACKED = 10_000  # entries; lists up to here travel in the pack only

Part = dict[str, Any]


def file_part(name: str, body: bytes) -> Part:
    """A file by its name under /lists/."""
    return {"url": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}


def delta_part(list_id: UUID, epoch: int, start: int, end: int, body: bytes) -> Part:
    """A way from an older version to a newer one."""
    return {"from": start, "to": end, **file_part(delta_name(list_id, epoch, start, end), body)}


def full_name(list_id: UUID, epoch: int, version: int) -> str:
    return f"{list_id}/{epoch}-{version}.full"


def delta_name(list_id: UUID, epoch: int, start: int, end: int) -> str:
    return f"{list_id}/{epoch}-{start}-{end}.delta"


def pack_name(version: int) -> str:
    return f"pack-{version}.bin"


def list_part(blocklist: Blocklist, newest: ListVersion, *, unattended: bool) -> Part:
    """One list in the catalogue. A list of the pack has no deltas: nobody fetches it alone."""
    packed = newest.count <= PACKED
    return {
        "list_id": str(blocklist.id),
        "slug": blocklist.slug,
        "name": blocklist.name,
        "description": blocklist.description,
        "norms": blocklist.norms,
        "contact": blocklist.contact,
        "tier_cap": str(blocklist.tier_cap),
        "epoch": newest.epoch,
        "salt": newest.salt,
        "version": newest.version,
        "count": newest.count,
        "unattended": unattended,
        "full": newest.full,
        "result_sha256": newest.result_sha256,
        "deltas": [] if packed else [one | {"result_sha256": newest.result_sha256} for one in newest.deltas],
        "packed": packed,
        "min_client": MIN_CLIENT,
        "max_growth": MAX_GROWTH,
    }


def make_pack(name: str, files: Sequence[tuple[str, bytes]]) -> tuple[Part, bytes]:
    """(its part of the catalogue, its bytes) for (list id, full file) pairs, one after the other."""
    parts: list[Part] = []
    offset = 0
    for list_id, body in files:
        parts.append({"list_id": list_id, "offset": offset, "size": len(body)})
        offset += len(body)
    body = b"".join(body for _, body in files)
    return file_part(name, body) | {"parts": parts}, body


def signed_text(content: Part, *, created: datetime, expires: datetime, version: int, prev_sha256: str) -> str:
    """The JSON text that is signed. `content` is what `contents` makes."""
    head = {"format": FORMAT, "created": moment(created), "expires": moment(expires)}
    return orjson.dumps(head | {"version": version, "prev_sha256": prev_sha256} | content).decode()


def contents(server: str, lists: Sequence[Part], pack: Part, selectors: Mapping[str, str]) -> Part:
    """All of a catalogue but its version and dates."""
    found: Part = {"server": server, "lists": list(lists), "pack": pack}
    return found | {"selectors": dict(selectors)} if selectors else found
