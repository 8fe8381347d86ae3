"""What accepting one report takes with 500 and with 50,000 in the database: `python -m benchmarks.contributing`.

Baseline: the same call at 500. On SQLite in a file, written through to the disk, and on a real PostgreSQL.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from uuid import UUID

from sqlalchemy import Engine, insert, text
from sqlmodel import SQLModel

from panah.blocklists import contributions, contributors, lists
from panah.blocklists.tables import Blocklist, Case, Category, Contribution, Contributor, Source
from panah.blocklists.turn import begin
from panah.db import make_engine
from panah.keys import Keys
from tests.harness.servers import fresh_database, running_postgres

GOAL = 2.0
PEOPLE = 60
ROUNDS = 40  # reports measured at each size
SIZES = (500, 50_000)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEYS = Keys(b"benchmark" * 4)


def settle(engine: Engine, lot: Random) -> tuple[Blocklist, list[Contributor]]:
    SQLModel.metadata.create_all(engine)
    with begin(engine, KEYS, lot=lot, now=NOW - timedelta(days=60)) as turn:
        blocklist = lists.create_list(turn, slug="measured", name="Measured")
        people = [contributors.register(turn, f"{at:043d}") for at in range(PEOPLE)]
        for one in people:
            contributors.join(turn, blocklist, one)
    return blocklist, people


def fill(engine: Engine, blocklist: Blocklist, lot: Random, before: int, size: int) -> None:
    """Reports of others: ten on each account, of which most are undecided."""
    rows, cases = [], []
    for at in range(before, size):
        subject = f"x:{10_000 + at // 10}"
        if at % 10 == 0:
            cases.append({"id": UUID(int=lot.getrandbits(128)), "blocklist_id": blocklist.id, "subject": subject})
        rows.append(
            {
                "id": UUID(int=lot.getrandbits(128)),
                "blocklist_id": blocklist.id,
                "subject": subject,
                "tag": f"{at:064x}",
                "category": Category.BLAME,
                "evidence_post_id": str(at),
                "source": Source.EXTENSION,
                "reported_on": NOW.date() - timedelta(days=at % 150),
            }
        )
    with engine.begin() as connection:
        connection.execute(insert(Contribution), rows)
        defaults = {"reports": 10, "arrivals": [], "lane": "", "entry": "none"}
        connection.execute(insert(Case), [case | defaults for case in cases])


def accept(engine: Engine, blocklist: Blocklist, person: Contributor, at: int) -> float:
    """Seconds for one report, every second one on an account that others have reported."""
    subject = f"x:{10_000 + at}" if at % 2 else f"x:{9_000_000 + at}"
    started = time.perf_counter()
    with begin(engine, KEYS, now=NOW) as turn:
        contributions.contribute(
            turn, blocklist, person, subject=subject, category=Category.BLAME, evidence_post_id=str(at + 1)
        )
    return time.perf_counter() - started


def compare(name: str, engines: list[Engine]) -> float:
    """How many times longer the larger database takes; calls take turns, so that both meet the same noise."""
    places = []
    for engine, size in zip(engines, SIZES, strict=True):
        lot = Random(1)
        blocklist, people = settle(engine, lot)
        fill(engine, blocklist, lot, 0, size)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))  # as the database does by itself after a while
        places.append((engine, blocklist, people))
    taken: list[list[float]] = [[] for _ in SIZES]
    for at in range(ROUNDS):
        for (engine, blocklist, people), found in zip(places, taken, strict=True):
            found.append(accept(engine, blocklist, people[at % PEOPLE], at))
    first, last = (median(found) for found in taken)
    small, large = (f"{1000 * one:.2f} ms" for one in (first, last))
    print(f"{name}: {small} at {SIZES[0]} reports, {large} at {SIZES[1]}: {last / first:.2f}x")
    return last / first


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres(fsync=True) as url,
        fresh_database(url) as small,
        fresh_database(url) as large,
    ):
        engines = [make_engine(f"sqlite:///{Path(folder) / str(size)}") for size in SIZES]
        engines += [make_engine(small), make_engine(large)]
        try:
            worst = max(compare("SQLite", engines[:2]), compare("PostgreSQL", engines[2:]))
        finally:
            for engine in engines:
                engine.dispose()
    print(f"accepting one report at {SIZES[-1]} / at {SIZES[0]} = {worst:.2f} (goal {GOAL})")
    return int(worst > GOAL)


if __name__ == "__main__":
    sys.exit(main())
