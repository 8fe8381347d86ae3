"""What happens without anybody asking: what is due on lists, imports, and publishing. Every process makes rounds;
a list's lock lets one at a time, and a second round finds nothing to do.
"""

import asyncio
import contextlib
import logging
import time
from datetime import timedelta
from uuid import UUID

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

# A list's clock catches up by so much a round: after three days without a server that takes an hour, and after a
# clock that was set a year ahead by mistake it takes days, in which somebody can notice.
LONGEST_STEP = timedelta(hours=1)

DRAINING = 2.0  # seconds of a round for imports, over all lists
BREATH = 0.1  # seconds between two transactions: as long as somebody who waits for SQLite sleeps at most


# Heads of the chains that were published, and when, in seconds of the monotonic clock: reading a long list to find
# that nothing has changed takes seconds.
Published = dict[UUID, tuple[int, float]]
PUBLISH_EVERY = 3600.0  # seconds, even when nothing has changed: the catalogue must not grow old


def go_round(engine: Engine, keys: Keys, outlet: Outlet, published: Published) -> None:
    """One round over all lists. A fault in one of them is logged without what it was about, and stops no other."""
    with Session(engine) as session:
        found = all_lists(session)
    for blocklist in found:
        try:
            tend(engine, keys, outlet, blocklist, published, draining=DRAINING / len(found))
        except Exception as error:
            log.error("a list was not tended: %s\n%s", type(error).__name__, frames(error))
    with begin(engine, keys) as turn:
        forget_unused(turn.session, today=turn.now.date())


def tend(
    engine: Engine,
    keys: Keys,
    outlet: Outlet,
    blocklist: Blocklist,
    published: Published,
    *,
    draining: float = DRAINING,
) -> None:
    """What is due on one list, in transactions of their own: what was decided stays when publishing fails."""
    with begin(engine, keys) as turn:
        steward.tick(turn, blocklist, longest=LONGEST_STEP)
    drain(engine, keys, blocklist, seconds=draining)
    with Session(engine) as session:
        head = session.get_one(Blocklist, blocklist.id).head_seq
    seq, at = published.get(blocklist.id, (-1, 0.0))
    if head == seq and time.monotonic() - at < PUBLISH_EVERY:
        return
    with begin(engine, keys) as turn:
        try:
            publish(turn, blocklist, outlet)
        except GrowthRefused:
            log.warning("the list %s grew too fast: its additions are stopped", blocklist.slug)
    published[blocklist.id] = (head, time.monotonic())


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
    published: Published = {}
    while not stopping.is_set():
        try:
            await asyncio.to_thread(go_round, engine, keys, outlet, published)
        except SQLAlchemyError as error:
            log.warning("no round was made: %s", type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), every)
