"""How large are published lists, and how fast are they made? `python -m benchmarks.lists`

Made-up lists of 10 thousand, 100 thousand and a million entries, 90 % of them to hide: the full file, the delta of
a day (+0.3 %, -0.1 %), and a whole publication out of a SQLite database: reading, hashing, coding, signing.
Ends with 1 when a goal is missed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, delete, insert
from sqlmodel import Session, SQLModel, col

from panah.blocklists import lists
from panah.blocklists.tables import Blocklist, Category, Entry, Tier
from panah.blocklists.turn import begin
from panah.db import make_engine
from panah.distribution.encode import apply_delta, changes, decode_full, encode_delta, encode_full
from panah.distribution.hashes import hash_all
from panah.distribution.outlet import Outlet
from panah.distribution.publish import newest_version, publish, read_listed, read_snapshot
from panah.keys import Keys

T = TypeVar("T")
SIZES = (10_000, 100_000, 1_000_000)
GOALS = {"full 100000": 420_000, "delta 100000": 3_000, "publish 1000000": 5.0}  # bytes, bytes, seconds
START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def rows(blocklist: Blocklist, first: int, last: int) -> list[dict[str, Any]]:
    """Entries with ids as X gives them."""
    shared = {
        "blocklist_id": blocklist.id,
        "category": Category.BLAME,
        "status": "published",
        "listed_on": date(2026, 11, 2),
        "review_on": date(2027, 5, 1),
        "expires_on": date(2027, 11, 2),
    }
    subjects = ((at, f"x:{1_500_000_000_000_000_000 + at * 3_000_000_019}") for at in range(first, last))
    return [shared | {"subject": subject, "tier": Tier.HIDE if at % 10 else Tier.FLAG} for at, subject in subjects]


def measure(engine: Engine, outlet: Outlet, size: int) -> dict[str, float]:
    """Bytes, and seconds."""
    keys = Keys(bytes(32))
    with begin(engine, keys, now=START) as turn:
        blocklist = lists.create_list(turn, slug=f"list-{size}", name="Measured")
        turn.session.execute(insert(Entry), rows(blocklist, 0, size))

    def publication(now: datetime) -> None:
        with begin(engine, keys, now=now) as turn:
            publish(turn, blocklist, outlet, max_growth=None)

    first, _ = timed(lambda: publication(START))
    with Session(engine) as session:
        newest = newest_version(session, blocklist.id)
        assert newest
        old = read_snapshot(session, newest)
    gone, come = size // 1000, 3 * size // 1000
    with begin(engine, keys, now=START) as turn:
        leaving = [row["subject"] for row in rows(blocklist, 0, size)[:: size // gone]]
        for at in range(0, len(leaving), 500):
            chosen = col(Entry.subject).in_(leaving[at : at + 500])
            turn.session.execute(delete(Entry).where(col(Entry.blocklist_id) == blocklist.id, chosen))
        turn.session.execute(insert(Entry), rows(blocklist, size, size + come))
    second, _ = timed(lambda: publication(START + timedelta(days=1)))
    with Session(engine) as session:
        reading, listed = timed(lambda: read_listed(session, blocklist))
    new = listed.snapshot()
    hashing, _ = timed(lambda: hash_all(bytes.fromhex(blocklist.salt), listed.subjects))
    coding, full = timed(lambda: encode_full(new))
    decoding, _ = timed(lambda: decode_full(full))
    differing, delta = timed(lambda: encode_delta(changes(old, new), new))
    assert apply_delta(delta, old) == new
    return {
        "full": len(encode_full(old)),
        "delta": len(delta),
        "read": reading,
        "of it hash": hashing,
        "encode": coding,
        "decode": decoding,
        "make delta": differing,
        "publish first": first,
        "publish": second,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="leave larger lists out")
    most = parser.parse_args().most
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        outlet = Outlet(Path(name, "panah.root"))
        engine = make_engine(f"sqlite:///{Path(name, 'panah.db')}")
        SQLModel.metadata.create_all(engine)
        for size in (one for one in SIZES if one <= most):
            found = measure(engine, outlet, size)
            print(f"\n{size:,} entries")
            for what, value in found.items():
                goal = GOALS.get(f"{what} {size}")
                shown = f"{value:>10,} bytes" if isinstance(value, int) else f"{value:>10.3f} s"
                print(f"  {what:14}{shown}" + (f"   goal {goal:,}" if goal else ""))
                missed += bool(goal and value > goal)
        engine.dispose()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
