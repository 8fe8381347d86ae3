"""The micro-batcher: order, company, faults, leaving, shutdown."""

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from panah.errors import Overloaded, ScoringFailed
from panah.metrics import Metrics
from panah.scoring.batcher import MicroBatcher, Model
from panah.scoring.classifier import Encoded, Scores
from panah.scoring.policy import LABELS
from tests.server.conftest import run_apart


def pair(number: int, length: int = 8) -> Encoded:
    return Encoded([number] * length, length, False)


class Echo:
    """A model that answers with the pair's first token, and can be held."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.running = threading.Event()

    def __call__(self, batch: Sequence[Encoded]) -> Scores:
        self.running.set()
        assert self.gate.wait(10)
        self.batches.append([one.ids[0] for one in batch])
        return np.array([[one.ids[0]] * len(LABELS) for one in batch], np.float32)


def batcher(*models: Model, capacity: int = 100, size: int = 16, window: float = 0.002) -> MicroBatcher:
    return MicroBatcher(models, batch_size=size, window=window, capacity=capacity, metrics=Metrics())


async def until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 10)


def test_answers_come_in_order_whatever_the_lengths() -> None:
    async def run() -> list[float]:
        made = batcher(Echo(), Echo())
        rows = await made.score([pair(n, length=3 + (n * 37) % 120) for n in range(90)])
        await made.close()
        return [float(row[0]) for row in rows]

    assert run_apart(run()) == list(range(90))


def test_requests_that_come_together_share_a_call() -> None:
    async def run() -> list[list[int]]:
        echo = Echo()
        made = batcher(echo, window=0.05)
        await asyncio.gather(*(made.score([pair(n)]) for n in range(8)))
        await made.close()
        return echo.batches

    assert [sorted(batch) for batch in run_apart(run())] == [list(range(8))]


def test_a_batch_holds_those_that_waited_longest_and_no_more_than_its_size() -> None:
    async def run() -> list[list[int]]:
        echo = Echo()
        made = batcher(echo, size=4)
        await made.score([pair(n) for n in range(10)])
        await made.close()
        return echo.batches

    assert run_apart(run()) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_fault_reaches_those_in_the_batch_and_nobody_else() -> None:
    async def run() -> None:
        faults = [RuntimeError("secret words")]

        def model(batch: Sequence[Encoded]) -> Scores:
            if faults:
                raise faults.pop()
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = batcher(model)
        with pytest.raises(ScoringFailed) as refused:
            await made.score([pair(1), pair(2)])
        assert "secret" not in refused.value.detail
        assert len(await made.score([pair(3)])) == 1
        await made.close()

    run_apart(run())


def test_a_full_queue_refuses_whole_requests_and_takes_nothing_from_them() -> None:
    async def run() -> None:
        echo = Echo()
        made = batcher(echo, capacity=3)
        echo.gate.clear()
        first = asyncio.create_task(made.score([pair(1)]))
        await until(echo.running)
        waiting = asyncio.create_task(made.score([pair(2), pair(3)]))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refused:
            await made.score([pair(4), pair(5)])
        assert refused.value.retry_after == 2
        echo.gate.set()
        await asyncio.gather(first, waiting)
        await made.close()
        assert sorted(n for batch in echo.batches for n in batch) == [1, 2, 3]

    run_apart(run())


def test_what_a_client_asked_before_leaving_is_not_computed() -> None:
    async def run() -> None:
        echo = Echo()
        made = batcher(echo)
        echo.gate.clear()
        first = asyncio.create_task(made.score([pair(1)]))
        await until(echo.running)
        gone = asyncio.create_task(made.score([pair(2), pair(3)]))
        await asyncio.sleep(0)
        gone.cancel()
        stays = asyncio.create_task(made.score([pair(4)]))
        echo.gate.set()
        await asyncio.gather(first, stays)
        await made.close()
        assert echo.batches == [[1], [4]]

    run_apart(run())


def test_closing_settles_everybody() -> None:
    async def run() -> None:
        echo = Echo()
        made = batcher(echo)
        echo.gate.clear()
        running = asyncio.create_task(made.score([pair(1)]))
        await until(echo.running)
        waiting = asyncio.create_task(made.score([pair(2)]))
        await asyncio.sleep(0)
        closing = asyncio.create_task(made.close())
        await asyncio.sleep(0)
        echo.gate.set()
        await asyncio.wait_for(closing, 10)
        assert float((await running)[0][0]) == 1
        with pytest.raises(Overloaded):
            await waiting
        with pytest.raises(Overloaded):
            await made.score([pair(3)])

    run_apart(run())


def test_two_lanes_work_at_the_same_time() -> None:
    async def run() -> None:
        barrier = threading.Barrier(2, timeout=10)  # passes only when both lanes are inside their model

        def model(batch: Sequence[Encoded]) -> Scores:
            barrier.wait()
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = batcher(model, model, size=1)
        await made.score([pair(1), pair(2)])
        await made.close()

    run_apart(run())


def test_one_request_is_shared_by_idle_lanes() -> None:
    async def run() -> list[int]:
        barrier = threading.Barrier(2, timeout=10)  # neither lane is done before both have begun
        sizes = []

        def model(batch: Sequence[Encoded]) -> Scores:
            sizes.append(len(batch))
            barrier.wait()
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = batcher(model, model, size=16)
        await asyncio.sleep(0)  # both lanes come to rest
        await made.score([pair(n) for n in range(20)])
        await made.close()
        return sizes

    assert run_apart(run()) == [10, 10]
