"""Lanes that judge pairs off the event loop: whose turn it is, what shares a call, and what is refused.

Each lane is a thread that takes its next group straight from the queue, so a busy event loop leaves no core idle.
Turns are those of start-time fair queueing (Goyal, Vin, Cheng 1996) with one weight for all clients, counted in
estimated seconds of work: who asks for much waits behind itself, not others behind it. Replies to one post share a
call, in which the post is read once.
"""

import asyncio
import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count, islice
from math import ceil
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from panah.errors import AppError, Overloaded, ScoringFailed, frames
from panah.metrics import Metrics
from panah.scoring.classifier import MOST_TOGETHER, Encoded, Scores
from panah.scoring.cost import Cost, Model

log = logging.getLogger("panah")

Row = NDArray[np.float32]  # (labels,)

# Seconds of all lanes' time within which the first to come is the first served. Requests of one size (20 replies)
# are then judged one after the other, which is the least mean time, and not all of them at once.
QUANTUM = 0.05
# Seconds of all lanes' time that a reply may be judged before its turn, in the call of another to the same post: it
# costs little there, but who asks for much under one post must not pass everybody else.
NEAR = 5 * QUANTUM
MOST_LOOKED_AT = 64  # replies to one post that may share a call
MEMORY = 0.95  # of what is known about the pace, at each call
WORST_PACE = 10.0  # times the estimate that a call counts as at most: one stall must not refuse everybody
RETRY_MOST = 30  # seconds
KEPT_GONE = 1000  # jobs that wait no more, before the queue is cleared of them
GONE = Encoded([], 0, False)


@dataclass(slots=True, eq=False)
class Client:
    """Somebody of whom something waits."""

    name: str
    finish: float  # virtual time, seconds: when it will have had its share
    work: float = 0.0  # seconds that wait
    jobs: int = 0


@dataclass(slots=True, eq=False)
class Order:
    """Pairs that were asked for together, and who hears of them, in the event loop: places and rows (labels,) of
    those that were judged in one call, or places and why there will be none. Each place is told once.
    """

    landed: Callable[[list[int], Scores], None]
    failed: Callable[[list[int], AppError], None]


NOBODY = Order(lambda *_: None, lambda *_: None)


@dataclass(slots=True, eq=False)
class Job:
    """A pair that waits or is computed."""

    order: Order
    place: int
    pair: Encoded
    post: tuple[int, ...]
    length: int  # tokens of the reply
    seconds: float  # its share of a call
    client: Client
    tag: float  # virtual time, seconds
    waits: bool = True


class Wait:
    """Somebody's wait for a number of things: `over` ends with the last of them, or with the first error."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.came(0)

    def came(self, number: int = 1) -> None:
        self.left -= number
        if not self.left and not self.over.done():
            self.over.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.over.done():
            self.over.set_exception(error)
            # Counts as seen: asyncio would log what nobody looked at, with its message, and that could quote.
            self.over.exception()


Turns = list[tuple[int, int, Job]]  # a heap: quantum, order of arrival; the first two are never equal


class Engine:
    """Judges with `lanes` threads that share one model. Made, asked and closed in one event loop.

    Nobody waits for ever: whoever asked hears of each pair, once, unless they drop it before its turn.
    """

    def __init__(
        self, model: Model, *, lanes: int, cost: Cost, patience: float, capacity: int, metrics: Metrics
    ) -> None:
        self.model = model
        self.lanes = lanes
        self.cost = cost
        self.patience = patience
        self.capacity = capacity
        self.metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()  # guards what follows
        self._turns: Turns = []  # all jobs; those that no longer wait are dropped when they come up
        self._posts: dict[tuple[int, ...], list[Job]] = {}  # those that wait, by post, in order of arrival
        self._clients: dict[str, Client] = {}
        self._arrivals = count()
        self._waiting = 0  # jobs
        self._work = 0.0  # seconds that wait
        self._now = 0.0  # virtual time: the tag of the job whose turn came last
        self._busy = 0  # lanes
        self._computing = 0.0  # seconds, as estimated, of the calls that run
        self._took = self._expected = 0.1  # seconds of the last calls; the first ones count little
        self._closed = False
        self._open_lanes = lanes
        self._ended = asyncio.Event()
        # Daemons, for a start that fails after this: it must end the process and not wait here. close() joins them.
        self._threads = [threading.Thread(target=self._run, name="model", daemon=True) for _ in range(lanes)]
        for thread in self._threads:
            thread.start()

    def submit(self, pairs: Sequence[Encoded], order: Order, *, client: str = "") -> list[Job]:
        """Queues pairs and returns a job for each, in order; all of them, or none and raises Overloaded.

        `order` hears of them: probabilities, ScoringFailed, or Overloaded when the engine closes.
        """
        if not pairs:
            return []
        posts = [pair.post for pair in pairs]
        company = Counter(posts) if self.cost.together else dict.fromkeys(posts, 1)
        costs = [
            self.cost.share(pair.reply_tokens, len(post), min(company[post], MOST_TOGETHER))
            for pair, post in zip(pairs, posts, strict=True)
        ]
        with self._changed:
            self._admit(client, sum(costs), len(pairs))
            # Whoever has nothing waiting is not known: it has had its share, but for a pair or two.
            who = self._clients.setdefault(client, Client(client, self._now))
            start = max(self._now, who.finish)
            quantum = QUANTUM * self.lanes
            ahead = 0.0
            jobs = []
            for place, (pair, post, seconds) in enumerate(zip(pairs, posts, costs, strict=True)):
                job = Job(order, place, pair, post, pair.reply_tokens, seconds, who, start + ahead)
                turn = int(start / quantum) + int(ahead / quantum), next(self._arrivals), job
                heappush(self._turns, turn)
                self._posts.setdefault(post, []).append(job)
                ahead += seconds
                jobs.append(job)
            who.finish = start + ahead
            who.work += ahead
            who.jobs += len(jobs)
            self._work += ahead
            self._waiting += len(jobs)
            self._show()
            self._changed.notify(len(jobs))
        return jobs

    def drop(self, job: Job) -> bool:
        """Nobody wants it any more. Returns whether it still waited: then it is never computed nor told."""
        with self._changed:
            if not job.waits:
                return False
            self._drop(job)
            self._show()
            return True

    def hurry(self, job: Job, *, client: str) -> None:
        """Somebody else waits for it too: its turn comes when theirs would, where that is sooner. It stays charged
        to whoever asked first, so that nobody can put a reply behind all that they ask for.
        """
        with self._changed:
            if not job.waits or job.client.name == client:
                return
            known = self._clients.get(client)
            start = max(self._now, known.finish if known else self._now)
            heappush(self._turns, (int(start / (QUANTUM * self.lanes)), next(self._arrivals), job))

    async def score(self, pairs: Sequence[Encoded], *, client: str = "") -> list[Row]:
        """Probabilities per pair, in order. Raises Overloaded (nothing queued) and ScoringFailed."""
        rows: dict[int, Row] = {}
        wait = Wait(len(pairs))

        def landed(places: list[int], scores: Scores) -> None:
            rows.update(zip(places, scores, strict=True))
            wait.came(len(places))

        jobs = self.submit(pairs, Order(landed, lambda _, error: wait.fail(error)), client=client)
        try:
            await wait.over
            return [rows[place] for place in range(len(pairs))]
        finally:
            # One failed or the client left: the others must not be computed for nobody.
            for job in jobs:
                self.drop(job)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is computed."""
        return not self._waiting and not self._busy

    async def close(self) -> None:
        """Refuses new work, finishes what waits for as long as `patience`, refuses the rest and ends the lanes."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), self.patience)
        with self._changed:
            left = list(dict.fromkeys(job for *_, job in self._turns if job.waits))  # a job may have two turns
            for job in left:
                self._remove(job)
                self._leave(job)
            self._show()
            self._changed.notify_all()
        for order, those in by_order(left).items():
            order.failed([left[at].place for at in those], going_down())
        await self._ended.wait()
        for thread in self._threads:
            thread.join()

    # Whether it is taken

    def _admit(self, client: str, work: float, pairs: int) -> None:
        """Raises Overloaded for what could not be done in time. What comes first is always taken."""
        if self._closed:
            self.metrics.refused.labels("closing").inc()
            raise going_down()
        if not self._waiting:
            return
        pace = self._took / self._expected / self.lanes  # seconds for a second of work
        if (spare := self._waiting + pairs - self.capacity) > 0:
            self.metrics.refused.labels("capacity").inc()
            raise busy(self._work * pace * spare / self._waiting)
        everything = self._computing + self._work + work
        if everything * pace <= self.patience:
            return
        # Others get at most as much as this client before it has all of its own.
        known = self._clients.get(client)
        own = (known.work if known else 0.0) + work
        before = sum(min(one.work, own) for one in self._clients.values() if one is not known)
        late = (self._computing + before + own) * pace - self.patience
        if late > 0:
            self.metrics.refused.labels("patience").inc()
            raise busy(late)

    # The queue. The condition is held in all of these.

    def _take(self) -> list[Job]:
        """The job whose turn it is, and those that share its call. Something waits."""
        while not self._turns[0][-1].waits:
            heappop(self._turns)
        turn, _, head = self._turns[0]
        # One that was hurried comes before its own time, which must not become the others'.
        now = min(head.tag, (turn + 2) * QUANTUM * self.lanes)
        self._now = max(self._now, now)
        group = self._company(head, now)
        for job in group:
            self._remove(job)
            self._leave(job)
        self._clear()
        return group

    def _company(self, head: Job, now: float) -> list[Job]:
        """The job and others to the same post that share its call. Other lanes are left their share."""
        until = now + NEAR * self.lanes
        near = (job for job in self._posts[head.post] if job is not head and job.tag <= until)
        others = list(islice(near, MOST_LOOKED_AT))
        most = min(MOST_TOGETHER, ceil(self._waiting / self.lanes))
        chosen = self.cost.company(head.length, len(head.post), [job.length for job in others], most)
        return [head, *(others[at] for at in chosen)]

    def _remove(self, job: Job) -> None:
        """Takes the job from those that wait for its post."""
        same = self._posts[job.post]
        same.remove(job)
        if not same:
            del self._posts[job.post]

    def _leave(self, job: Job) -> None:
        """The job waits no more."""
        job.waits = False
        job.client.work -= job.seconds
        job.client.jobs -= 1
        if not job.client.jobs:
            del self._clients[job.client.name]
        self._work -= job.seconds
        self._waiting -= 1
        if not self._waiting:  # a new beginning, in which sums of floats are exact again
            self._turns.clear()
            self._work = self._now = 0.0

    def _drop(self, job: Job) -> None:
        """The job waits no more and is charged to nobody. Its text goes now, its place in the queue later."""
        self._remove(job)
        forget([job])
        job.client.finish -= job.seconds
        self._leave(job)
        self._clear()

    def _clear(self) -> None:
        """Takes those that no longer wait out of the queue, where they are many."""
        if len(self._turns) > 2 * self._waiting + KEPT_GONE:
            self._turns = [turn for turn in self._turns if turn[-1].waits]
            heapify(self._turns)

    def _show(self) -> None:
        self.metrics.waiting.set(self._waiting)
        self.metrics.work.set(self._work)

    # In a lane's thread

    def _run(self) -> None:
        try:
            while group := self._next():
                self._compute(group)
        finally:
            self._tell(self._lane_ended)

    def _next(self) -> list[Job]:
        """Waits for work; empty when there will be none any more."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return []
                self._changed.wait()
            group = self._take()
            self._show()
            self._busy += 1
            self._computing += self._expect(group)
            return group

    def _compute(self, group: list[Job]) -> None:
        expected = self._expect(group)
        begun = perf_counter()
        try:
            self.metrics.batch.observe(len(group))
            scores = self.model([job.pair for job in group])
            if len(scores) != len(group):
                raise ValueError(f"{len(scores)} rows for {len(group)} pairs")
        except Exception as cause:
            log.error("the model failed: %s\n%s", type(cause).__name__, frames(cause))
            self.metrics.faults.labels("model").inc()
            self._rest(expected, None)
            orders = by_order(group)
            forget(group)
            # Its frames hold the pairs, and these what will hold it: nothing would be freed for long.
            cause.__traceback__ = None
            for order, those in orders.items():
                refusal = ScoringFailed("These replies could not be scored. Try again.", retry_after=5)
                refusal.__cause__ = cause
                self._tell(order.failed, [group[at].place for at in those], refusal)
        else:
            self._rest(expected, perf_counter() - begun)
            orders = by_order(group)
            forget(group)
            for order, those in orders.items():
                self._tell(order.landed, [group[at].place for at in those], scores[those])

    def _expect(self, group: Sequence[Job]) -> float:
        """The seconds that a call takes, as estimated."""
        return self.cost.seconds([job.length for job in group], len(group[0].post))

    def _rest(self, expected: float, took: float | None) -> None:
        """A call is over; `took` is None for one that failed."""
        with self._changed:
            self._busy -= 1
            self._computing = self._computing - expected if self._busy else 0.0
            if took is not None:
                self._took = MEMORY * self._took + min(took, WORST_PACE * expected)
                self._expected = MEMORY * self._expected + expected

    def _tell(self, what: Callable[..., None], *args: object) -> None:
        """Calls in the event loop; where that has ended, nobody waits."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what, *args)

    # In the event loop again

    def _lane_ended(self) -> None:
        self._open_lanes -= 1
        if not self._open_lanes:
            self._ended.set()


def forget(group: list[Job]) -> None:
    """Their texts go, and who knows them: the jobs may stay in the queue until their turns would have come."""
    for job in group:
        job.pair, job.post, job.order = GONE, (), NOBODY


def by_order(jobs: Sequence[Job]) -> dict[Order, list[int]]:
    """Which of the jobs are of which order."""
    found: dict[Order, list[int]] = {}
    for at, job in enumerate(jobs):
        found.setdefault(job.order, []).append(at)
    return found


def going_down() -> Overloaded:
    return Overloaded("The server is going down.", retry_after=5)


def busy(late: float) -> Overloaded:
    """`late` is in how many seconds it might be taken."""
    return Overloaded("Scoring is busy. Try again in a moment.", retry_after=min(max(ceil(late), 1), RETRY_MOST))
