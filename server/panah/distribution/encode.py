"""Wire format 1 of lists: full files, deltas between two versions, and the digest that both must lead to.

docs/list-format.md describes the bytes.
"""

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panah.blocklists.tables import Tier
from panah.distribution.golomb import Malformed, Numbers, best_k, decode, encode, from_gaps, gaps
from panah.distribution.hashes import hash_all

MAGIC = b"PNH1"
FULL, DELTA = 0, 1
FLAG, HIDE = 0, 1
HASHES = 1 << 48  # how many there are
NUMBER = {Tier.FLAG: FLAG, Tier.HIDE: HIDE}


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that a published list says: hashes, ascending and distinct, and the tier of each (0 flag, 1 hide)."""

    hashes: Numbers
    tiers: NDArray[np.uint8]

    def __len__(self) -> int:
        return self.hashes.size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]

    def to_bytes(self) -> bytes:
        """7 bytes an entry: the hash, highest byte first, and the tier."""
        rows = np.empty((len(self), 7), np.uint8)
        rows[:, :6] = self.hashes.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
        rows[:, 6] = self.tiers
        return rows.tobytes()

    def sha256(self) -> str:
        """`result_sha256`: what a reader must arrive at, whichever way the list came."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


EMPTY = Snapshot(np.empty(0, np.int64), np.empty(0, np.uint8))


def snapshot(hashes: Numbers, tiers: NDArray[np.uint8]) -> Snapshot:
    """In any order, with repetitions: of two entries with one hash the higher tier stays."""
    together = np.unique(hashes << 1 | tiers)  # ascending by hash, then by tier
    last = np.append(np.diff(together >> 1) != 0, True)[: together.size]
    kept = together[last]
    return Snapshot(kept >> 1, (kept & 1).astype(np.uint8))


def snapshot_of(salt: bytes, entries: Iterable[tuple[str, Tier]]) -> Snapshot:
    """The snapshot of (subject, tier) pairs under a list's salt."""
    pairs = list(entries)
    tiers = np.fromiter((NUMBER[Tier(tier)] for _, tier in pairs), np.uint8, len(pairs))
    return snapshot(hash_all(salt, (subject for subject, _ in pairs)), tiers)


def _tiers(tiers: NDArray[np.uint8]) -> tuple[int, bytes]:
    """(parameter, bytes) of the tiers: the positions of those entries that have the rarer one."""
    hides = int(tiers.sum())
    common = HIDE if hides > tiers.size - hides else FLAG
    places = gaps(np.flatnonzero(tiers != common))
    k = best_k(places)
    coded = encode(places, k)
    return k, struct.pack("<BII", common, places.size, len(coded)) + coded


def encode_full(found: Snapshot) -> bytes:
    """A file that holds the whole list."""
    distances = gaps(found.hashes)
    k = best_k(distances)
    coded = encode(distances, k)
    tier_k, tiers = _tiers(found.tiers)
    return MAGIC + struct.pack("<BBBBII", FULL, k, tier_k, 0, len(found), len(coded)) + coded + tiers


# What an entry was before: its tier, or nothing.
CHANGE = np.dtype([("hash", "<i8"), ("tier", "u1")])
ABSENT = 2
Changes = NDArray[np.void]  # ascending, one for each hash


def changes(old: Snapshot, new: Snapshot) -> Changes:
    """What `new` has to forget to become `old` again: every hash that differs, with what it was in `old`."""
    before, after = (one.hashes << 1 | one.tiers for one in (old, new))
    gone = before[~np.isin(before, after, assume_unique=True)]
    come = after[~np.isin(after, before, assume_unique=True)] >> 1
    fresh = come[~np.isin(come, gone >> 1, assume_unique=True)]
    found = np.empty(gone.size + fresh.size, CHANGE)
    found["hash"] = np.concatenate((gone >> 1, fresh))
    found["tier"] = np.concatenate(((gone & 1).astype(np.uint8), np.full(fresh.size, ABSENT, np.uint8)))
    return np.sort(found, order="hash")


def joined(older: Changes, newer: Changes) -> Changes:
    """Two steps back as one: where both know a hash, the older step says what it was."""
    both = np.concatenate((newer, older))
    both = both[np.argsort(both["hash"], kind="stable")]
    last = np.append(np.diff(both["hash"]) != 0, True)[: both.size]
    return np.asarray(both[last])


def encode_delta(back: Changes, new: Snapshot) -> bytes:
    """A file that leads to `new` from what `back` makes of it. A changed tier is a removal and an addition.

    Needs as much time as there are changes: the old list itself is not looked at.
    """
    places = np.searchsorted(new.hashes, back["hash"])
    present = np.isin(back["hash"], new.hashes, assume_unique=True)
    now = np.full(back.size, ABSENT, np.uint8)
    now[present] = new.tiers[places[present]]
    differs = now != back["tier"]  # a chain of steps may have come back to where it began
    added, added_tiers = (column[differs & present] for column in (back["hash"], now))
    left = differs & (back["tier"] != ABSENT)
    gone = back["hash"][left]
    # Where they stood: as many places further as then stood before them and do no longer.
    removed = gaps(places[left] - np.searchsorted(added, gone) + np.arange(gone.size))
    removed_k, added_k = best_k(removed), best_k(gaps(added))
    tier_k, tiers = _tiers(added_tiers)
    parts = [MAGIC, struct.pack("<BBBB", DELTA, removed_k, added_k, tier_k)]
    for numbers, k in ((removed, removed_k), (gaps(added), added_k)):
        coded = encode(numbers, k)
        parts += [struct.pack("<II", numbers.size, len(coded)), coded]
    return b"".join([*parts, tiers])


class _Reader:
    """Takes bytes from the front. Raises Malformed where there are too few."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise Malformed("the file ends too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def counts(self) -> tuple[int, int]:
        """(numbers, bytes) of what follows."""
        numbers, size = struct.unpack("<II", self.take(8))
        return numbers, size

    def ascending(self, k: int, below: int) -> Numbers:
        numbers, size = self.counts()
        return from_gaps(decode(self.take(size), numbers, k), below)

    def tiers(self, k: int, count: int) -> NDArray[np.uint8]:
        common = self.take(1)[0]
        if common not in (FLAG, HIDE):
            raise Malformed("an unknown tier")
        found = np.full(count, common, np.uint8)
        found[self.ascending(k, count)] = FLAG if common == HIDE else HIDE
        return found

    def end(self) -> None:
        if self.at != len(self.data):
            raise Malformed("there is something after the end")


def decode_full(data: bytes) -> Snapshot:
    """The list in a full file. Raises Malformed."""
    reader = _Reader(data)
    k, tier_k, reserved = _head(reader, FULL)
    if reserved:
        raise Malformed("a reserved byte is set")
    hashes = reader.ascending(k, HASHES)
    tiers = reader.tiers(tier_k, hashes.size)
    reader.end()
    return Snapshot(hashes, tiers)


def apply_delta(data: bytes, old: Snapshot) -> Snapshot:
    """The list that a delta leads to from `old`. Raises Malformed; whether `old` was the right one only the
    digest of the result can tell.
    """
    reader = _Reader(data)
    removed_k, added_k, tier_k = _head(reader, DELTA)
    removed = reader.ascending(removed_k, len(old))
    added = reader.ascending(added_k, HASHES)
    tiers = reader.tiers(tier_k, added.size)
    reader.end()
    left = np.delete(old.hashes, removed)
    places = np.searchsorted(left, added)
    if np.isin(added, left, assume_unique=True).any():
        raise Malformed("an addition is on the list already")
    return Snapshot(np.insert(left, places, added), np.insert(np.delete(old.tiers, removed), places, tiers))


def _head(reader: _Reader, kind: int) -> tuple[int, int, int]:
    if reader.take(4) != MAGIC:
        raise Malformed("not a list of this format")
    found, *rest = reader.take(4)
    if found != kind:
        raise Malformed("another kind of file")
    return rest[0], rest[1], rest[2]
