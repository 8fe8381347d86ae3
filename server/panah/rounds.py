"""What happens without anybody asking: what is due on lists, imports, and publishing. Every process makes rounds;
a list's lock lets one at a time, and a second round finds nothing to do.
"""

import asyncio
import contextlib
import logging
import time

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from panah.blocklists import steward
from panah.blocklists.lists import all_lists
from panah.blocklists.tables import Blocklist
from panah.blocklists.turn import begin
from panah.distribution.outlet import Outlet
from panah.distribution.publish import GrowthRefused, publish
from panah.errors import frames
from panah.interchange.service import drain_imports
from panah.keys import Keys
from panah.squads.service import forget_unused

log = logging.getLogger("panah")

DRAINING = 2.0  # seconds of a round for imports, over all lists
BREATH = 0.1  # seconds between two transactions: as long as somebody who waits for SQLite sleeps at most


def go_round(engine: Engine, keys: Keys, outlet: Outlet) -> None:
    """One round over all lists. A fault in one of them is logged without what it was about, and stops no other."""
    with Session(engine) as session:
        found = all_lists(session)
    for blocklist in found:
        try:
            tend(engine, keys, outlet, blocklist, draining=DRAINING / len(found))
        except Exception as error:
            log.error("a list was not tended: %s\n%s", type(error).__name__, frames(error))
    with begin(engine, keys) as turn:
        forget_unused(turn.session, today=turn.now.date())


def tend(engine: Engine, keys: Keys, outlet: Outlet, blocklist: Blocklist, *, draining: float = DRAINING) -> None:
    """What is due on one list, in transactions of their own: what was decided stays when publishing fails."""
    with begin(engine, keys) as turn:
        steward.tick(turn, blocklist)
    drain(engine, keys, blocklist, seconds=draining)
    with begin(engine, keys) as turn:
        try:
            publish(turn, blocklist, outlet)
        except GrowthRefused:
            log.warning("the list %s grew too fast: its additions are stopped", blocklist.slug)


def drain(engine: Engine, keys: Keys, blocklist: Blocklist, *, seconds: float, breath: float = BREATH) -> None:
    """Makes reports of what waits, few in a transaction, until the seconds are over; the next round goes on."""
    ends = time.monotonic() + seconds
    while True:
        with begin(engine, keys) as turn:
            drained = drain_imports(turn, blocklist)
        if not drained.more or time.monotonic() >= ends:
            return
        time.sleep(breath)


async def keep_going(engine: Engine, keys: Keys, outlet: Outlet, *, every: float, stopping: asyncio.Event) -> None:
    """Makes rounds, `every` so many seconds, until `stopping` is set; one that has begun is ended."""
    while not stopping.is_set():
        try:
            await asyncio.to_thread(go_round, engine, keys, outlet)
        except SQLAlchemyError as error:
            log.warning("no round was made: %s", type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), every)
