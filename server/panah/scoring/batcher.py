"""Joins replies from concurrent requests into model calls, off the event loop."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from panah.errors import Overloaded, ScoringFailed, frames
from panah.metrics import Metrics
from panah.scoring.classifier import Encoded, Scores

log = logging.getLogger("panah")

Model = Callable[[Sequence[Encoded]], Scores]
Row = NDArray[np.float32]  # (labels,)

LEAST_SHARE = 4  # replies: fewer are not worth a call of their own while others wait


@dataclass(slots=True, eq=False)
class Job:
    pair: Encoded
    result: asyncio.Future[Row] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class MicroBatcher:
    """One lane a model: each lane is a thread with a single-threaded session of its own.

    An idle lane waits `window` seconds for company; a busy one takes what has queued meanwhile, those that have
    waited longest first, and leaves idle lanes their share. Nobody waits for ever: failure, cancelling and
    shutdown each settle the futures they touch.
    """

    def __init__(
        self, models: Sequence[Model], *, batch_size: int, window: float, capacity: int, metrics: Metrics
    ) -> None:
        self.batch_size = batch_size
        self.window = window
        self.capacity = capacity
        self.metrics = metrics
        self._waiting: list[Job] = []
        self._arrived = asyncio.Event()
        self._closed = False
        self._idle = 0  # lanes that wait for work
        self._threads = ThreadPoolExecutor(len(models), thread_name_prefix="model")
        self._lanes = [asyncio.create_task(self._run(model)) for model in models]

    async def score(self, pairs: Sequence[Encoded]) -> list[Row]:
        """Probabilities per pair, in order. Raises Overloaded (nothing queued) and ScoringFailed."""
        if self._closed or len(self._waiting) + len(pairs) > self.capacity:
            raise Overloaded("Scoring is busy. Try again in a moment.", retry_after=2)
        jobs = [Job(pair) for pair in pairs]
        self._waiting += jobs
        self.metrics.waiting.set(len(self._waiting))
        self._arrived.set()
        try:
            return list(await asyncio.gather(*(job.result for job in jobs)))
        finally:
            # One failed or the client left: the others must not be computed for nobody.
            for job in jobs:
                job.result.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is computed."""
        return not self._waiting and self._idle == len(self._lanes)

    async def close(self) -> None:
        """Refuses new work, finishes what runs, and refuses what still waits."""
        self._closed = True
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        for job in self._waiting:
            if not job.result.done():
                job.result.set_exception(Overloaded("The server is going down.", retry_after=5))
        self._waiting.clear()
        await asyncio.to_thread(self._threads.shutdown)

    async def _run(self, model: Model) -> None:
        while True:
            if not self._waiting:
                await self._rest()
            if batch := self._take():
                # Cancelling the lane lets the call in its thread end and still hands out what it found.
                running = asyncio.ensure_future(self._settle(model, batch))
                try:
                    await asyncio.shield(running)
                except asyncio.CancelledError:
                    with contextlib.suppress(asyncio.CancelledError):
                        await running
                    raise

    async def _rest(self) -> None:
        """Waits for work, and then a little for more of it."""
        self._idle += 1
        try:
            while not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            if len(self._waiting) < self.batch_size:
                await asyncio.sleep(self.window)
        finally:
            self._idle -= 1

    def _take(self) -> list[Job]:
        """The next batch; jobs whose client has gone are dropped on the way. Idle lanes get their share."""
        alive = [job for job in self._waiting if not job.result.done()]
        if not alive:
            self._waiting.clear()
            return []
        share = max(LEAST_SHARE, -(-len(alive) // (self._idle + 1)))
        batch = alive[: min(self.batch_size, share)]
        self._waiting = alive[len(batch) :]
        self.metrics.waiting.set(len(self._waiting))
        return batch

    async def _settle(self, model: Model, batch: list[Job]) -> None:
        loop = asyncio.get_running_loop()
        self.metrics.batch.observe(len(batch))
        try:
            scores = await loop.run_in_executor(self._threads, model, [job.pair for job in batch])
            answers = list(zip(batch, scores, strict=True))
        except Exception as cause:
            log.error("the model failed: %s\n%s", type(cause).__name__, frames(cause))
            self.metrics.faults.labels("model").inc()
            for job in batch:
                if not job.result.done():
                    refusal = ScoringFailed("These replies could not be scored. Try again.", retry_after=5)
                    refusal.__cause__ = cause
                    job.result.set_exception(refusal)
        else:
            for job, row in answers:
                if not job.result.done():
                    job.result.set_result(row)
