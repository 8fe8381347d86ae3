"""A second model judges some of the same replies, unseen, and how often the two differ is counted.

Answers never wait for it: it takes a sample only when nothing else is to be judged, one at a time, in a thread that
the operating system puts last, and drops it as soon as there is other work. Texts are in memory until they are
judged; what is kept is counts.
"""

import asyncio
import contextlib
import logging
import os
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from panah.errors import frames
from panah.metrics import Metrics
from panah.scoring.schemas import ReplyIn
from panah.scoring.service import NOTHING, Judged, pack, prepare, verdicts
from panah.scoring.serving import Beside
from panah.scoring.tables import ShadowCount

log = logging.getLogger("panah")

SAMPLE_MOST = 16  # replies of one request
BREATH = 0.02  # seconds for an answer to be sent, and the lanes to rest, before its sample is looked at
FLUSH_EVERY = 30.0  # seconds between two writings of the counts


class Cell(NamedTuple):
    """What is counted: see ShadowCount."""

    day: date
    active: str
    shadow: str
    language: str
    active_verdict: str
    shadow_verdict: str


class Shadow:
    """The one lane of the model that runs beside. Made and used in the event loop."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self.engine = engine
        self.metrics = metrics
        self.counts: Counter[Cell] = Counter()
        self._sample: Judged | None = None
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "shadow", initializer=stand_back)
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._write_now_and_then())]

    def offer(self, judged: Judged) -> None:
        """Takes what was judged as the next sample, unless there is one."""
        if self._sample is None:
            self._sample = judged
            self._arrived.set()

    async def close(self) -> None:
        """Ends the lane and writes what was counted."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await asyncio.to_thread(self._thread.shutdown)
        await self.write()

    async def write(self) -> None:
        """Adds the counts to the database. While it is down, or refuses them, they stay here."""
        counts, self.counts = self.counts, Counter()
        if not counts:
            return
        try:
            await asyncio.to_thread(add_counts, self.engine, counts)
        except Exception as error:  # no fault of one writing may be the end of all writing
            self.counts.update(counts)
            log.warning("counts of the model beside were not written: %s", type(error).__name__)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await asyncio.sleep(BREATH)
            try:
                if self._sample is not None:
                    await self._judge(self._sample)
            except Exception as error:  # a model that is tried out may fail; its message could quote a reply
                log.error("the model beside failed: %s\n%s", type(error).__name__, frames(error))
                self.metrics.faults.labels("shadow").inc()
            finally:
                self._sample = None

    async def _judge(self, judged: Judged) -> None:
        running = judged.running
        beside = running.beside
        assert beside is not None  # noqa: S101  (the sample was taken because there is one)
        loop = asyncio.get_running_loop()
        today = datetime.now(UTC).date()
        for reply, said in spread(judged):
            if not running.engine.is_idle:
                return
            found = await loop.run_in_executor(self._thread, judge_beside, beside, judged, reply)
            policies = running.policy.name, beside.policy.name
            self.counts[Cell(today, *policies, said["language"], in_short(said), in_short(found))] += 1

    async def _write_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            await self.write()


def stand_back() -> None:
    """Puts the calling thread behind all others of this machine. Linux counts threads one by one, others do not."""
    with contextlib.suppress(AttributeError, OSError):
        if os.uname().sysname == "Linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def spread(judged: Judged) -> Iterable[tuple[ReplyIn, dict[str, Any]]]:
    """Some of the replies that were judged, from all over the request, with their verdicts."""
    every = zip(judged.replies, judged.readable, judged.verdicts, strict=True)
    read = [(reply, said) for reply, readable, said in every if readable]
    return read[:: -(-len(read) // SAMPLE_MOST) or 1]


def judge_beside(beside: Beside, judged: Judged, reply: ReplyIn) -> dict[str, Any]:
    """What the model beside says to a reply, read by its own tokeniser."""
    (prepared,) = prepare([reply], beside.classifier.encoder)
    rows = beside.classifier.score([prepared.encoded]) if prepared.encoded else NOTHING
    (found,) = verdicts(
        [reply],
        pack([prepared], rows, beside.config),
        policy=beside.policy,
        sensitivity=judged.sensitivity,
        levels=judged.levels,
    )
    return found


def in_short(said: dict[str, Any]) -> str:
    """A verdict as it is counted: "hide:blame", and "show:" without a reason."""
    return f"{said['action']}:{said['reason'] or ''}"


def add_counts(engine: Engine, counts: Counter[Cell]) -> None:
    """Adds to the rows that are there, and makes the others."""
    insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert
    # In one order: two processes that write at once must not wait for each other's rows.
    rows = [cell._asdict() | {"replies": number} for cell, number in sorted(counts.items())]
    with Session(engine) as session, session.begin():
        made = insert(ShadowCount)
        session.execute(
            made.on_conflict_do_update(
                index_elements=list(Cell._fields),
                set_={"replies": ShadowCount.__table__.c.replies + made.excluded.replies},  # type: ignore[attr-defined]
            ),
            rows,
        )
