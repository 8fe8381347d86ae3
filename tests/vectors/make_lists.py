"""Makes tests/vectors/lists.json: `python -m tests.vectors.make_lists`. A test checks that it is still the same.

docs/list-format.md says what the fields mean.
"""

import hashlib
import json
import struct
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from panah.blocklists.tables import Blocklist, Tier
from panah.distribution import golomb
from panah.distribution.catalogue import (
    contents,
    delta_part,
    file_part,
    full_name,
    list_part,
    make_pack,
    pack_name,
    signed_text,
)
from panah.distribution.details import ROW, Details, rows_in_each
from panah.distribution.encode import Snapshot, changes, encode_delta, encode_full, snapshot_of
from panah.distribution.hashes import hash48
from panah.distribution.signing import (
    OnlineKey,
    Refused,
    Root,
    envelope,
    moment,
    online_statement,
    open_catalogue,
    public_of,
    root_statement,
    sign,
)
from panah.distribution.tables import ListVersion

PLACE = Path(__file__).with_name("lists.json")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SALT = bytes(range(16))
OTHER_SALT = bytes(range(240, 256))
LARGE_RULE = {"prefix": "x:", "start": 1_000_000_007, "step": 7919, "count": 2000, "flag_every": 10}

Pairs = list[tuple[str, Tier]]
Vector = dict[str, Any]


def by_rule(rule: dict[str, Any]) -> Pairs:
    """Entry i is <prefix><start + i * step>; it is flagged where i is a multiple of flag_every, else hidden."""
    numbers = ((at, rule["start"] + at * rule["step"]) for at in range(rule["count"]))
    return [
        (f"{rule['prefix']}{number}", Tier.HIDE if at % rule["flag_every"] else Tier.FLAG) for at, number in numbers
    ]


def fifty() -> Pairs:
    odd = ["mastodon:amna@mastodon.social", "bluesky:did:plc:ewvi7nxzyoun6zhxrhs64oiz", "mastodon:بینا@پناہ.pk"]
    subjects = odd + [f"x:{1_700_000_000_000_000_000 + at * 104_729}" for at in range(47)]
    return [(subject, Tier.FLAG if at % 4 == 1 else Tier.HIDE) for at, subject in enumerate(subjects)]


def changed(pairs: Pairs) -> Pairs:
    """Five go, four come, three change their tier."""
    kept = pairs[5:]
    turned = [(subject, Tier.HIDE if tier == Tier.FLAG else Tier.FLAG) for subject, tier in kept[:3]]
    return turned + kept[3:] + [(f"x:{number}", Tier.FLAG) for number in (12, 783214, 2, 1_900_000_000_000_000_000)]


def sets() -> dict[str, tuple[bytes, Pairs]]:
    large = by_rule(LARGE_RULE)
    day = large[2:] + [(f"x:{at}", Tier.HIDE) for at in range(900_001, 900_007)]
    return {
        "empty": (SALT, []),
        "one": (SALT, [("x:783214", Tier.HIDE)]),
        "one flag": (SALT, [("x:783214", Tier.FLAG)]),
        "fifty": (SALT, fifty()),
        "fifty, next": (SALT, changed(fifty())),
        "fifty, other salt": (OTHER_SALT, fifty()),
        "all flag": (SALT, [(subject, Tier.FLAG) for subject, _ in fifty()]),
        "all hide": (SALT, [(subject, Tier.HIDE) for subject, _ in fifty()]),
        "one twice": (SALT, [("x:12", Tier.HIDE), ("x:12", Tier.FLAG), ("x:13", Tier.FLAG)]),
        "large": (SALT, large),
        "large, next day": (SALT, day),
    }


DELTAS = (
    ("fifty", "fifty, next"),
    ("fifty, next", "fifty"),
    ("fifty", "fifty"),
    ("empty", "fifty"),
    ("fifty", "empty"),
    ("empty", "empty"),
    ("one", "one flag"),
    ("all flag", "all hide"),
    ("large", "large, next day"),
)


def text(data: bytes) -> str:
    return b64encode(data).decode()


def list_vector(name: str, salt: bytes, pairs: Pairs) -> Vector:
    found = snapshot_of(salt, pairs)
    full = encode_full(found)
    large = name.startswith("large")
    entries: Vector = {"entries": [[subject, str(tier)] for subject, tier in pairs]}
    if name == "large":
        entries = {"rule": LARGE_RULE}
    elif large:
        entries = {"rule": {**LARGE_RULE, "skip": 2}, "entries": entries["entries"][-6:]}
    hashes = [f"{one:012x}" for one in found.hashes.tolist()]
    return {
        "name": name,
        "salt": salt.hex(),
        **entries,
        "count": len(found),
        **({} if large else {"hashes": hashes, "tiers": found.tiers.tolist()}),
        "full": text(full),
        "full_sha256": hashlib.sha256(full).hexdigest(),
        "result_sha256": found.sha256(),
    }


def rice_vectors() -> list[Vector]:
    cases: list[tuple[int, list[int]]] = [
        (0, []), (0, [0]), (0, [0, 1, 2, 9]), (3, [0, 7, 8, 64, 5]), (8, [255, 256, 65_535]),
        (47, [(1 << 48) - 1, 0]), (31, [1 << 31, (1 << 40) - 1, 12345]), (1, [200, 0, 1]),
    ]  # fmt: skip
    return [
        {"k": k, "numbers": numbers, "bytes": text(golomb.encode(np.array(numbers, np.int64), k))}
        for k, numbers in cases
    ]


def broken_files(snapshots: dict[str, Snapshot]) -> list[Vector]:
    """Files that a reader must refuse: by their form, or since `result_sha256` is another."""
    found = snapshots["fifty"]
    full, digest = encode_full(found), found.sha256()
    after = snapshots["fifty, next"]
    delta, after_digest = encode_delta(changes(found, after), after), after.sha256()

    shorter = snapshot_of(SALT, fifty()[1:])

    def with_byte(data: bytes, at: int, value: int) -> bytes:
        return data[:at] + bytes([value]) + data[at + 1 :]

    def head(kind: int, *rest: int) -> bytes:
        return b"PNH1" + struct.pack("<BBBB", kind, *rest)

    none = struct.pack("<II", 0, 0)
    tiers = struct.pack("<BII", 0, 0, 0)
    beyond = golomb.encode(np.array([len(found)], np.int64), 3)
    two = golomb.encode(np.array([(1 << 48) - 1, 0], np.int64), 47)
    fulls: list[tuple[str, bytes]] = [
        ("no bytes", b""),
        ("another magic", b"PNH2" + full[4:]),
        ("a delta where a full file is due", delta),
        ("the reserved byte is set", with_byte(full, 7, 1)),
        ("cut in the header", full[:10]),
        ("cut in the hashes", full[:100]),
        ("cut in the tiers", full[:-1]),
        ("a byte too many", full + b"\0"),
        ("one entry more than there are", with_byte(full, 8, full[8] + 1)),
        ("one entry fewer than there are", with_byte(full, 8, full[8] - 1)),
        ("4,294,967,295 entries in no bytes", head(0, 0, 0, 0) + b"\xff\xff\xff\xff" + bytes(4) + tiers),
        ("4,294,967,295 bytes of hashes", head(0, 0, 0, 0) + bytes(4) + b"\xff\xff\xff\xff" + tiers),
        ("a run of ones without an end", head(0, 2, 0, 0) + struct.pack("<II", 1, 4) + b"\xff" * 4 + tiers),
        ("k is 48", head(0, 48, 0, 0) + none + tiers),
        ("a hash beyond 48 bits", head(0, 47, 0, 0) + struct.pack("<II", 2, len(two)) + two + tiers),
        ("a position beyond the list", head(0, 0, 3, 0) + none + struct.pack("<BII", 0, 1, len(beyond)) + beyond),
        ("an unknown tier", head(0, 0, 0, 0) + none + struct.pack("<BII", 2, 0, 0)),
        ("one bit of a hash turned", with_byte(full, 40, full[40] ^ 1)),
        ("flag and hide exchanged", full.replace(*_tier_heads(found))),
    ]
    deltas: list[tuple[str, bytes]] = [
        ("a full file where a delta is due", full),
        ("cut in the removals", delta[:18]),
        ("cut in the additions", delta[:40]),
        ("a byte too many", delta + b"\0"),
        (
            "a removal beyond the list",
            head(1, 3, 0, 0) + struct.pack("<II", 1, len(beyond)) + beyond + none + tiers,
        ),
        ("an addition that is on the list", encode_delta(changes(snapshots["empty"], found), found)),
        ("made for a list of one account less", encode_delta(changes(shorter, after), after)),
        ("made for the next version", encode_delta(changes(after, found), found)),
    ]
    return [{"why": why, "kind": "full", "file": text(data), "result_sha256": digest} for why, data in fulls] + [
        {"why": why, "kind": "delta", "base": "fifty", "file": text(data), "result_sha256": after_digest}
        for why, data in deltas
    ]


def _tier_heads(found: Snapshot) -> tuple[bytes, bytes]:
    """The bytes that begin a file's tiers, and the same with the common tier exchanged."""
    rare = min(int(found.tiers.sum()), len(found) - int(found.tiers.sum()))
    return struct.pack("<BI", 1, rare), struct.pack("<BI", 0, rare)


def private(name: str) -> Ed25519PrivateKey:
    """A key that is the same every time: these sign nothing but vectors."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"panah vectors: {name}".encode()).digest())


ROOTS = [private(f"root {number}") for number in (1, 2, 3)]
ONLINE, STRANGER = private("online"), private("stranger")


def chain(keys: Sequence[Ed25519PrivateKey]) -> list[Root]:
    first = [Root(public_of(keys[0]))]
    return first + [Root(public_of(new), sign(old, root_statement(public_of(new)))) for old, new in pairwise(keys)]


def online(root: Ed25519PrivateKey, begins: datetime = NOW - timedelta(30), days: int = 90) -> OnlineKey:
    dates = moment(begins), moment(begins + timedelta(days))
    return OnlineKey(public_of(ONLINE), *dates, sign(root, online_statement(public_of(ONLINE), *dates)))


def catalogue_content(snapshots: dict[str, Snapshot]) -> tuple[Vector, dict[str, str]]:
    """(the content of a catalogue, its files in base64): two lists in the pack, one empty."""
    lists: list[Vector] = []
    files: dict[str, str] = {}
    packed: list[tuple[str, bytes]] = []
    for number, (name, slug) in enumerate((("fifty, next", "fifty"), ("empty", "nobody"), ("large", "large")), 1):
        blocklist = Blocklist(
            id=UUID(int=number), slug=slug, name=f"List {slug}", description="فہرست", norms="No politics.",
            contact="lists@example.org", tier_cap=Tier.FLAG if number == 2 else Tier.HIDE, salt=SALT.hex(),
            sealed_tag_key="", tag_key_on=NOW.date(), clock_at=NOW, attended_on=NOW.date(),
            created_on=date(2026, 1, 1),
        )  # fmt: skip
        found = snapshots[name]
        body = encode_full(found)
        deltas = []
        if name == "large":
            delta = encode_delta(changes(snapshots["empty"], found), found)
            deltas = [delta_part(blocklist.id, 1, 6, 7, delta)]
            files |= {full_name(blocklist.id, 1, 7): text(body), deltas[0]["url"]: text(delta)}
        else:
            packed.append((str(blocklist.id), body))
        newest = ListVersion(
            blocklist_id=blocklist.id, epoch=1, version=7, created_at=NOW, salt=SALT.hex(), count=len(found),
            result_sha256=found.sha256(), full=file_part(full_name(blocklist.id, 1, 7), body), deltas=deltas,
        )  # fmt: skip
        part = list_part(blocklist, newest, unattended=number == 2)
        if deltas:  # as if it were too large for the pack
            part |= {"packed": False, "deltas": [deltas[0] | {"result_sha256": newest.result_sha256}]}
        lists.append(part)
    pack, pack_body = make_pack(pack_name(12), packed)
    files[pack_name(12)] = text(pack_body)
    return contents("Panah of the vectors", lists, pack, {"reply": 'article[data-testid="tweet"]'}), files


def catalogues(content: Vector) -> list[Vector]:
    """Catalogues with what a reader answers at `now` who remembers `pinned` and `newest`."""

    def signed(created: datetime = NOW - timedelta(hours=6), days: float = 14, version: int = 12) -> str:
        dates = {"created": created, "expires": created + timedelta(days)}
        return signed_text(content, **dates, version=version, prev_sha256="0" * 64)

    one, three = chain(ROOTS[:1]), chain(ROOTS)
    key, key3 = online(ROOTS[0]), online(ROOTS[2])
    first, second, third = (root.public for root in three)
    good, good3 = envelope(signed(), ONLINE, key, one), envelope(signed(), ONLINE, key3, three)
    parts = json.loads(good)
    unsigned = [three[0], replace(three[1], signature=three[2].signature), three[2]]
    skipped = [three[0], three[2]]
    later = online(ROOTS[0], NOW + timedelta(1))
    over = online(ROOTS[0], NOW - timedelta(100), 90)
    short = online(ROOTS[0], NOW - timedelta(80), 90)
    other = parts["signed"].replace("List fifty", "List 50")
    future = signed().replace('"format":1', '"format":2')
    cases: list[tuple[str, bytes, str | None, int]] = [
        ("a server met for the first time", good, None, 0),
        ("the root is the remembered one", good, first, 11),
        ("the same version again", good, first, 12),
        ("three roots, the first remembered", good3, first, 3),
        ("three roots, the second remembered", good3, second, 3),
        ("three roots, the last remembered", good3, third, 3),
        ("three roots, met for the first time", good3, None, 0),
        ("an older version", good, first, 13),
        ("expired", envelope(signed(NOW - timedelta(15)), ONLINE, key, one), first, 3),
        ("another root", good, public_of(STRANGER), 3),
        ("the remembered root is newer than the server's", good, third, 3),
        ("a chain with a wrong signature", envelope(signed(), ONLINE, key3, unsigned), first, 3),
        ("a wrong chain, met for the first time", envelope(signed(), ONLINE, key3, unsigned), None, 0),
        ("a chain that leaves one out", envelope(signed(), ONLINE, key3, skipped), first, 3),
        ("an online key signed by an older root of the chain", envelope(signed(), ONLINE, key, three), first, 3),
        ("an online key signed by a stranger", envelope(signed(), ONLINE, online(STRANGER), one), first, 3),
        ("an online key whose end was changed",
         envelope(signed(), ONLINE, replace(key, not_after="2030-01-01T00:00:00Z"), one), first, 3),
        ("made before its key was valid", envelope(signed(), ONLINE, later, one), first, 3),
        ("made after its key had ended", envelope(signed(), ONLINE, over, one), first, 3),
        ("lasts beyond its key", envelope(signed(), ONLINE, short, one), first, 3),
        ("signed by another key", envelope(signed(), STRANGER, key, one), first, 3),
        ("the text was changed", json.dumps(parts | {"signed": other}).encode(), first, 3),
        ("an unknown format", envelope(future, ONLINE, key, one), first, 3),
        ("the signed text is no JSON", envelope("{", ONLINE, key, one), first, 3),
        ("no roots", json.dumps(parts | {"roots": []}).encode(), first, 3),
        ("no key", json.dumps({name: part for name, part in parts.items() if name != "key"}).encode(), first, 3),
        ("no JSON", b"<html>", first, 3),
    ]  # fmt: skip
    return [answered(name, body, pinned, newest) for name, body, pinned, newest in cases]


def answered(name: str, body: bytes, pinned: str | None, newest: int) -> Vector:
    case: Vector = {"name": name, "now": moment(NOW), "pinned": pinned, "newest": newest, "body": body.decode()}
    try:
        opened = open_catalogue(body, now=NOW, pinned=pinned, newest=newest)
    except Refused as refused:
        return case | {"refused": refused.code}
    return case | {"root": opened.root, "version": opened.signed["version"]}


def why_vector(found: Snapshot) -> Vector:
    """A bucket with one real entry, and what a reader looks for in it."""
    rows = np.zeros(len(found), ROW)
    rows["hash"], rows["tier"], rows["category"] = found.hashes, found.tiers, np.arange(len(found)) % 8
    rows["listed"], rows["review"] = 322, 328
    subject, salt = "x:1700000000000000000", SALT
    own = hash48(salt, subject)
    body = Details(rows, rows_in_each(found.hashes)).bucket(own >> 36, b"vectors")
    rest = f"{own & ((1 << 36) - 1):09x}"
    entry = next(one for one in json.loads(body)["entries"] if one["rest"] == rest)
    return {
        "salt": salt.hex(), "subject": subject, "prefix": f"{own >> 36:03x}", "body": body.decode(), "entry": entry,
    }  # fmt: skip


def growth_vectors() -> list[Vector]:
    """Whether a list of `old` entries may have `new` ones within a day, with max_growth 0.1."""
    cases = [(0, 50), (0, 51), (100, 150), (100, 151), (500, 550), (1000, 1100), (1000, 1101), (1000, 10), (10, 10)]
    return [{"old": old, "new": new, "allowed": new <= old + max(50, int(old * 0.1))} for old, new in cases]


def build() -> Vector:
    """All vectors. The same each time: nothing in them is drawn by chance."""
    made = sets()
    snapshots = {name: snapshot_of(salt, pairs) for name, (salt, pairs) in made.items()}
    subjects = ["x:12", "x:1700000000000000000", "mastodon:بینا@پناہ.pk", ""]
    content, files = catalogue_content(snapshots)
    return {
        "format": 1,
        "hash48": [
            {"salt": salt.hex(), "subject": subject, "hash": f"{hash48(salt, subject):012x}"}
            for salt in (SALT, OTHER_SALT)
            for subject in subjects
        ],
        "rice": rice_vectors(),
        "lists": [list_vector(name, *one) for name, one in made.items()],
        "deltas": [
            {
                "from": old,
                "to": new,
                "delta": text(encode_delta(changes(snapshots[old], snapshots[new]), snapshots[new])),
                "result_sha256": snapshots[new].sha256(),
            }
            for old, new in DELTAS
        ],
        "broken_files": broken_files(snapshots),
        "growth": growth_vectors(),
        "catalogues": catalogues(content),
        "files": files,  # of those catalogues, by their url
        "why": why_vector(snapshots["fifty"]),
    }


def as_json(vectors: Vector) -> str:
    return json.dumps(vectors, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(as_json(build()), encoding="utf-8")
