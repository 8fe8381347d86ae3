"""The answer to "why is this hidden?": a bucket of 1/4096 of a list, as long as every other bucket of that list."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from panah.blocklists.tables import Category, Tier
from panah.distribution.golomb import Numbers

PREFIX_BITS = 12
REST_BITS = 36
BUCKETS = 1 << PREFIX_BITS
STEP = 8  # buckets have a multiple of so many rows
CATEGORIES = tuple(Category)
TIERS = (Tier.FLAG, Tier.HIDE)
LONGEST = max(len(category) for category in Category)
EPOCH_YEAR = 2000

# One published entry; months are counted from January 2000.
ROW = np.dtype([("hash", "<u8"), ("tier", "u1"), ("category", "u1"), ("listed", "<u2"), ("review", "<u2")])
Rows = NDArray[np.void]


def months(day: date) -> int:
    return (day.year - EPOCH_YEAR) * 12 + day.month - 1


def month(number: int) -> str:
    """ "2026-11" """
    return f"{EPOCH_YEAR + number // 12}-{number % 12 + 1:02}"


def rows_in_each(hashes: Numbers) -> int:
    """How many rows every bucket of a list gets: the fullest one's, rounded up."""
    fullest = int(np.bincount(hashes >> REST_BITS, minlength=1).max()) if hashes.size else 0
    return max(1, -(-fullest // STEP)) * STEP


@dataclass(frozen=True)
class Details:
    """A list's rows, ascending by hash, and how many rows each bucket is padded to."""

    rows: Rows
    each: int

    def bucket(self, prefix: int, key: bytes) -> bytes:
        """The bucket as JSON. The same version always gives the same bytes, and all buckets are equally long.

        Made-up rows come from `key`; who has the list can tell them apart, who sees only the wire cannot.
        """
        span = np.array([prefix << REST_BITS, (prefix + 1) << REST_BITS], np.uint64)
        first, last = np.searchsorted(self.rows["hash"], span)
        found = [_entry(row) for row in self.rows[first:last].tolist()]
        taken = {entry["rest"] for entry in found}
        at = 0
        while len(found) < self.each:
            made_up = self._made_up(key, prefix, at)
            at += 1
            if made_up["rest"] not in taken:
                taken.add(made_up["rest"])
                found.append(made_up)
        found.sort(key=lambda entry: str(entry["rest"]))
        short = sum(LONGEST - len(entry["category"]) for entry in found)
        return orjson.dumps({"prefix": f"{prefix:03x}", "entries": found, "padding": " " * short})

    def _made_up(self, key: bytes, prefix: int, at: int) -> dict[str, Any]:
        """A row with dates and kind of some real row of the list."""
        noise = hmac.digest(key, f"{prefix} {at}".encode(), hashlib.sha256)
        rest = int.from_bytes(noise[:5]) >> (40 - REST_BITS)
        if not self.rows.size:
            return _entry((rest, 1, 0, months(date(2026, 1, 1)), months(date(2026, 7, 1))))
        _, *others = self.rows[int.from_bytes(noise[8:16]) % self.rows.size].tolist()
        return _entry((rest, *others))


def _entry(row: tuple[int, ...]) -> dict[str, Any]:
    found, tier, category, listed, review = row
    return {
        "rest": f"{found & ((1 << REST_BITS) - 1):09x}",
        "tier": TIERS[tier],
        "category": CATEGORIES[category],
        "listed_month": month(listed),
        "review_month": month(review),
    }
