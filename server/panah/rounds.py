"""What happens without anybody asking: what is due on lists, imports, and publishing. Every process makes rounds;
a list's lock lets one at a time, and a second round finds nothing to do.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from panah.accounts.sessions import forget_over
from panah.blocklists import steward
from panah.blocklists.lists import all_lists
from panah.blocklists.tables import Blocklist
from panah.blocklists.turn import Turn, begin
from panah.curation import leases
from panah.curation.answers import settle
from panah.curation.transparency import publish_due_reports
from panah.distribution.outlet import Outlet
from panah.distribution.publish import GrowthRefused, publish
from panah.errors import frames
from panah.feedback.service import forget_due
from panah.interchange.service import drain_imports
from panah.keys import Keys
from panah.operations import jobs
from panah.operations.switches import STOP_PUBLISHING, is_on
from panah.scoring import comparison
from panah.squads.service import forget_unused

log = logging.getLogger("panah")

# A list's clock catches up by so much a round: after three days without a server that takes an hour, and after a
# clock that was set a year ahead by mistake it takes days, in which somebody can notice.
LONGEST_STEP = timedelta(hours=1)

DRAINING = 2.0  # seconds of a round for imports, over all lists
BREATH = 0.1  # seconds between two transactions: as long as somebody who waits for SQLite sleeps at most


# Heads of the chains that were published, whether additions were held back, and when, in seconds of the monotonic
# clock: reading a long list to find that nothing has changed takes seconds.
Published = dict[UUID, tuple[int, bool, float]]
PUBLISH_EVERY = 3600.0  # seconds, even when nothing has changed: the catalogue must not grow old


def go_round(engine: Engine, keys: Keys, outlet: Outlet, published: Published) -> None:
    """One round over all lists, and what else is due. What fails stops nothing else."""
    with Session(engine) as session:
        found = all_lists(session)
    broken: set[UUID] = set()
    draining = DRAINING / max(len(found), 1)

    def each(work: Callable[[Blocklist], int]) -> Callable[[], int]:
        return lambda: over_lists(found, broken, work)

    # Before the lists: what was said in time must count before it could be called late.
    jobs.run(engine, keys, "answers", lambda: settle(engine, keys).done)
    jobs.run(engine, keys, "lists", each(lambda one: tend(engine, keys, one)))
    jobs.run(engine, keys, "imports", each(lambda one: drain(engine, keys, one, seconds=draining)))
    jobs.run(engine, keys, "publish", each(lambda one: bring_out(engine, keys, outlet, one, published)))
    jobs.run(engine, keys, "reports", each(lambda one: report(engine, keys, outlet, one)))
    for name, work in CHORES.items():
        jobs.run(engine, keys, name, partial(in_turn, engine, keys, work))


# What is done in one transaction over the whole database; returns how many rows it changed.
Chore = Callable[[Turn], int]
CHORES: dict[str, Chore] = {
    "squads": lambda turn: forget_unused(turn.session, today=turn.now.date()),
    "sessions": forget_over,
    "leases": leases.forget_over,
    "feedback": forget_due,
    "comparisons": lambda turn: comparison.forget_over(turn.session, turn.now.date()),
}


def in_turn(engine: Engine, keys: Keys, work: Chore) -> int:
    with begin(engine, keys) as turn:
        return work(turn)


def over_lists(found: list[Blocklist], broken: set[UUID], work: Callable[[Blocklist], int]) -> int:
    """Does the work for each list but those that are broken, and adds up. A fault in one of them is logged without
    what it was about, stops no other, and is raised when all have had their turn.
    """
    did, fault = 0, None
    for blocklist in found:
        if blocklist.id in broken:
            continue
        try:
            did += work(blocklist)
        except Exception as error:
            log.error("a list was not tended: %s\n%s", type(error).__name__, frames(error))
            broken.add(blocklist.id)
            fault = fault or error
    if fault is not None:
        raise fault
    return did


def tend(engine: Engine, keys: Keys, blocklist: Blocklist) -> int:
    """What is due on one list, in a transaction of its own: what was decided stays when publishing fails.
    Returns how many events that made.
    """
    with begin(engine, keys) as turn:
        before = blocklist.head_seq
        steward.tick(turn, blocklist, longest=LONGEST_STEP)
        return turn.session.get_one(Blocklist, blocklist.id).head_seq - before


def bring_out(engine: Engine, keys: Keys, outlet: Outlet, blocklist: Blocklist, published: Published) -> int:
    """Publishes a list that has changed, or was not published for long; whether it did, as a number."""
    with Session(engine) as session:
        head = session.get_one(Blocklist, blocklist.id).head_seq
        held = is_on(session, STOP_PUBLISHING)
    seq, was_held, at = published.get(blocklist.id, (-1, held, 0.0))
    if (head, held) == (seq, was_held) and time.monotonic() - at < PUBLISH_EVERY:
        return 0
    with begin(engine, keys) as turn:
        try:
            publish(turn, blocklist, outlet)
        except GrowthRefused:
            log.warning("the list %s grew too fast: its additions are stopped", blocklist.slug)
    published[blocklist.id] = (head, held, time.monotonic())
    return 1


def report(engine: Engine, keys: Keys, outlet: Outlet, blocklist: Blocklist) -> int:
    """The transparency reports of months that are over."""
    with begin(engine, keys) as turn:
        return len(publish_due_reports(turn, blocklist, outlet))


def drain(engine: Engine, keys: Keys, blocklist: Blocklist, *, seconds: float, breath: float = BREATH) -> int:
    """Makes reports of what waits, few in a transaction, until the seconds are over; the next round goes on.
    Returns how many.
    """
    ends = time.monotonic() + seconds
    made = 0
    while True:
        with begin(engine, keys) as turn:
            drained = drain_imports(turn, blocklist)
        made += drained.made
        if not drained.more or time.monotonic() >= ends:
            return made
        time.sleep(breath)


async def keep_going(engine: Engine, keys: Keys, outlet: Outlet, *, every: float, stopping: asyncio.Event) -> None:
    """Makes rounds, `every` so many seconds, until `stopping` is set; one that has begun is ended."""
    published: Published = {}
    while not stopping.is_set():
        try:
            await asyncio.to_thread(go_round, engine, keys, outlet, published)
        except SQLAlchemyError as error:
            log.warning("no round was made: %s", type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), every)
