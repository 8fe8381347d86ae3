"""The lanes that judge: order, company, turns between clients, refusals, faults, leaving, ending."""

import asyncio
import gc
import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panah.errors import AppError, Overloaded, ScoringFailed
from panah.metrics import Metrics
from panah.scoring.classifier import MOST_TOGETHER, Encoded, Scores
from panah.scoring.cost import LONGEST_CALL, Cost, Model
from panah.scoring.engine import NEAR, NOBODY, Engine, Job, Order
from panah.scoring.policy import LABELS
from tests.server.conftest import run_apart

COST = Cost(0.003, 0.00005, 0.0)  # a reply of 40 tokens takes 5 ms, and in a call of eight 2.375
ALONE = Cost(0.0, 0.000125, 0.0)  # the same, and company saves nothing where there is no post
PAIRWISE = Cost(0.003, 0.00005, 0.0, together=False)  # of a graph that reads pair by pair
POST = (9,) * 20


def pair(number: int, length: int = 40, post: Sequence[int] = ()) -> Encoded:
    """A reply of so many tokens, all of them its number, to a post of these tokens."""
    return Encoded([number] * length + [*post], length, False)


def replies(lengths: Sequence[int], post: Sequence[int] = ()) -> list[Encoded]:
    """Replies to one post, of these lengths, numbered from 1."""
    return [pair(at, length, post) for at, length in enumerate(lengths, 1)]


class Echo:
    """A model that answers with the pair's first token, and can be held."""

    def __init__(self, *, held: bool = False) -> None:
        self.calls: list[list[int]] = []
        self.gate = threading.Event()
        self.running = threading.Event()
        if not held:
            self.gate.set()

    def __call__(self, batch: Sequence[Encoded]) -> Scores:
        self.running.set()
        assert self.gate.wait(20)
        self.calls.append([one.ids[0] for one in batch])
        return np.array([[one.ids[0]] * len(LABELS) for one in batch], np.float32)

    @property
    def computed(self) -> list[int]:
        return [number for call in self.calls for number in call]


def engine(
    model: Model, *, lanes: int = 1, cost: Cost = COST, patience: float = 60, capacity: int = 2048
) -> Engine:
    return Engine(model, lanes=lanes, cost=cost, patience=patience, capacity=capacity, metrics=Metrics())


class Result(asyncio.Future[Any]):
    """The row of a pair. Cancelling it drops the pair."""

    job: Job


def submit(made: Engine, pairs: Sequence[Encoded], *, client: str = "") -> list[Result]:
    """Queues pairs; a result for each, in order."""
    results = [Result() for _ in pairs]

    def landed(places: list[int], scores: Scores) -> None:
        assert len(places) == len(scores) > 0
        for place, row in zip(places, scores, strict=True):
            if not results[place].cancelled():
                results[place].set_result(row)  # raises where one is told twice

    def failed(places: list[int], error: AppError) -> None:
        for place in places:
            if not results[place].cancelled():
                results[place].set_exception(error)
                results[place].exception()

    for result, job in zip(results, made.submit(pairs, Order(landed, failed), client=client), strict=True):
        result.job = job
        result.add_done_callback(lambda one: made.drop(one.job) if one.cancelled() else None)
    return results


def hurry(made: Engine, result: Result, *, client: str) -> None:
    made.hurry(result.job, client=client)


def shown(made: Engine) -> tuple[float, float]:
    """What /metrics says of the queue: replies, seconds."""
    samples = {one.name: one.value for family in made.metrics.registry.collect() for one in family.samples}
    return samples["panah_replies_waiting"], samples["panah_work_waiting_seconds"]


async def until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 20)


async def occupied(made: Engine, model: Echo) -> asyncio.Future[Any]:
    """One pair, numbered 0, is in the only lane, which is held there: what comes now waits."""
    (first,) = submit(made, [pair(0, 7)], client="first")
    await until(model.running)
    return first


def fill(made: Engine, pairs: list[Encoded], *, most: int) -> list[Result]:
    """Asks as one client after another until one is refused; that has to come before the `most`th."""
    taken: list[Result] = []
    for n in range(most):
        try:
            taken += submit(made, pairs, client=f"filler {n}")
        except Overloaded:
            return taken
    raise AssertionError("nobody was refused")


# Order and company


@pytest.mark.parametrize("lanes", [1, 2, 64])
def test_answers_come_in_order_whatever_the_lengths(lanes: int) -> None:
    async def run() -> list[float]:
        made = engine(Echo(), lanes=lanes)
        rows = await made.score([pair(n, length=3 + (n * 37) % 120) for n in range(90)])
        await made.close()
        return [float(row[0]) for row in rows]

    assert run_apart(run()) == list(range(90))


def calls_for(pairs: Sequence[Encoded], cost: Cost = COST) -> list[list[int]]:
    """The calls of one lane for pairs that all wait when it comes to them."""

    async def run() -> list[list[int]]:
        echo = Echo(held=True)
        made = engine(echo, cost=cost)
        await occupied(made, echo)
        waiting = submit(made, pairs)
        echo.gate.set()
        await asyncio.gather(*waiting)
        await made.close()
        return echo.calls[1:]

    return run_apart(run())


@pytest.mark.parametrize("post", [(), POST])
def test_replies_to_one_post_share_a_call_whatever_their_lengths_the_nearest_first(post: Sequence[int]) -> None:
    assert calls_for(replies([30, 50, 31, 12, 28], post)) == [[1, 3, 5, 4, 2]]


def test_replies_to_different_posts_never_share_a_call() -> None:
    posts: list[Sequence[int]] = [POST, (), (8,) * 20, POST[1:]]  # other words, and others that begin alike
    pairs = [pair(at, 40, posts[at % 4]) for at in range(1, 9)]
    assert calls_for(pairs) == [[1, 5], [2, 6], [3, 7], [4, 8]]
    assert calls_for(pairs, cost=Cost(0.001, 0.0, 0.0)) == [[1, 5], [2, 6], [3, 7], [4, 8]]


def test_a_call_has_eight_replies_at_most_and_they_are_the_nearest() -> None:
    assert MOST_TOGETHER == 8
    assert calls_for(replies([20] + [60] * 4 + [21] * 7, POST)) == [[1, 6, 7, 8, 9, 10, 11, 12], [2, 3, 4, 5]]
    assert [len(call) for call in calls_for(replies([8] * 20))] == [8, 8, 4]


def test_a_much_longer_reply_is_called_for_itself() -> None:
    cost = Cost(0.001, 0.00001, 0.0000002)
    assert cost.seconds([10, 120, 12, 14], 20) < LONGEST_CALL  # it stays out for what it would cost the others
    assert calls_for(replies([10, 120, 12, 14], POST), cost) == [[1, 3, 4], [2]]


def test_a_call_of_several_replies_is_never_long() -> None:
    assert COST.seconds([200] * 2, 0) < LONGEST_CALL < COST.seconds([200] * 3, 0)
    assert COST.seconds([600], 0) > LONGEST_CALL
    assert calls_for(replies([200] * 3)) == [[1, 2], [3]]
    assert calls_for(replies([600] * 2)) == [[1], [2]]


def test_where_company_saves_nothing_each_pair_is_called_alone() -> None:
    assert calls_for(replies([8, 8, 8]), cost=ALONE) == [[1], [2], [3]]
    assert calls_for(replies([8, 8, 8], POST), cost=ALONE) == [[1, 2, 3]]  # here it saves reading the post


def test_a_graph_that_reads_pair_by_pair_is_called_with_one_pair_each() -> None:
    assert calls_for(replies([8, 8, 8], POST), cost=PAIRWISE) == [[1], [2], [3]]


def test_replies_of_several_clients_to_one_post_share_a_call() -> None:
    async def run() -> list[list[int]]:
        echo = Echo(held=True)
        made = engine(echo)
        await occupied(made, echo)
        waiting = [one for n in (1, 2, 3) for one in submit(made, [pair(n, post=POST)], client=f"client {n}")]
        echo.gate.set()
        assert [int(row[0]) for row in await asyncio.gather(*waiting)] == [1, 2, 3]
        assert shown(made) == (0, 0)
        await made.close()
        return echo.calls[1:]

    assert run_apart(run()) == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("cost", "expected"), [(COST, COST.seconds([40] * 8, 20)), (PAIRWISE, 8 * COST.seconds([40], 20))]
)
def test_work_that_waits_counts_a_post_once_a_call(cost: Cost, expected: float) -> None:
    async def run() -> None:
        echo = Echo(held=True)
        made = engine(echo, cost=cost)
        await occupied(made, echo)
        waiting = submit(made, [pair(n, post=POST) for n in range(16)])
        assert shown(made) == pytest.approx((16, 2 * expected))
        echo.gate.set()
        await asyncio.gather(*waiting)
        await made.close()

    run_apart(run())


def test_other_lanes_are_left_their_share_of_the_replies_to_one_post() -> None:
    async def run() -> list[int]:
        begun, gate = threading.Semaphore(0), threading.Event()
        sizes = []

        def model(batch: Sequence[Encoded]) -> Scores:
            sizes.append(len(batch))
            begun.release()
            assert gate.wait(20)
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model, lanes=3)
        waiting = submit(made, [pair(0, post=(at,)) for at in range(3)])
        for _ in range(3):
            assert await asyncio.to_thread(begun.acquire, timeout=20)
        waiting += submit(made, replies([40] * 7, POST))
        gate.set()
        await asyncio.gather(*waiting)
        await made.close()
        return sizes[3:]

    # A third of 7 that wait, a third of 4, a third of 2: which lane comes first does not matter.
    assert sorted(run_apart(run()), reverse=True) == [3, 2, 1, 1]


@pytest.mark.parametrize("lanes", [2, 64])
def test_idle_lanes_share_a_request(lanes: int) -> None:
    async def run() -> list[int]:
        barrier = threading.Barrier(lanes, timeout=20)  # no lane is done before all have begun
        sizes = []

        def model(batch: Sequence[Encoded]) -> Scores:
            sizes.append(len(batch))
            barrier.wait()
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model, lanes=lanes)
        await made.score([pair(n, post=POST) for n in range(lanes)])
        await made.close()
        return sizes

    assert run_apart(run()) == [1] * lanes


# Turns


def order_of(*requests: tuple[str, Sequence[Encoded]], cost: Cost = COST) -> list[int]:
    """The order in which one lane computes what waits of these clients, who asked in this order."""

    async def run() -> list[int]:
        echo = Echo(held=True)
        made = engine(echo, cost=cost)
        await occupied(made, echo)
        waiting = [one for client, pairs in requests for one in submit(made, pairs, client=client)]
        echo.gate.set()
        await asyncio.gather(*waiting)
        await made.close()
        return echo.computed[1:]

    return run_apart(run())


def test_a_single_reply_does_not_wait_behind_another_clients_many() -> None:
    many = [pair(n) for n in range(1, 65)]
    order = order_of(("many", many), ("many", many), ("one", [pair(99, 12, POST)]))
    assert order.index(99) <= 24  # behind what takes 50 ms, of 304, and what shares the last call of these
    order = order_of(("many", many), ("many", many), ("one", [pair(99, 12, POST)]), cost=PAIRWISE)
    assert order.index(99) <= 12  # of 640


def test_one_clients_second_request_waits_behind_its_first() -> None:
    order = order_of(("a", [pair(n) for n in range(1, 21)]), ("a", [pair(99, 12, POST)]))
    assert order[-1] == 99


def test_small_requests_are_served_one_after_the_other() -> None:
    # Each reply is to a post of its own, so that none joins another's call.
    order = order_of(*((name, [pair(10 * at + n, 20, (at, n)) for n in range(4)]) for at, name in enumerate("abc")))
    assert order == [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]


def test_clients_who_ask_for_much_get_equal_shares() -> None:
    order = order_of(
        ("a", [pair(1, 30 + n) for n in range(40)]), ("b", [pair(2, 71 + n) for n in range(40)]), cost=ALONE
    )
    # b's pairs are longer: in the first half of the time it has fewer of them, but as many seconds.
    seconds = {1: 0.0, 2: 0.0}
    lengths = {1: iter(range(30, 70)), 2: iter(range(71, 111))}
    for client in order:
        seconds[client] += ALONE.seconds([next(lengths[client])], 0)
        if max(seconds.values()) > 0.15:
            break
    assert abs(seconds[1] - seconds[2]) < 0.06  # a quantum of 50 ms, and the pair that crosses it


def test_who_asks_for_much_under_one_post_does_not_pass_others_in_the_calls_of_whoever_answers_it_too() -> None:
    much = [pair(1, 8, POST)] * 1200
    some = [pair(2, 8, POST)] * 200
    elsewhere = [pair(3, 8, (at, *POST)) for at in range(40)]
    order = order_of(("much", much), ("some", some), ("elsewhere", elsewhere))
    before = order[: [at for at, one in enumerate(order) if one == 3][29]]
    had = 30 * COST.seconds([8], 21)  # seconds of work that the third client has got by then
    share = COST.share(8, 20, MOST_TOGETHER)
    assert before.count(2) > 0.8 * had / share
    assert before.count(1) < 1.2 * (had + NEAR) / share


def test_what_was_cancelled_does_not_cost_a_client_its_turn() -> None:
    async def run() -> list[int]:
        echo = Echo(held=True)
        made = engine(echo, cost=ALONE)
        await occupied(made, echo)
        others = submit(made, [pair(n) for n in range(1, 41)], client="other")
        gone = submit(made, [pair(50, 20) for _ in range(40)], client="me")
        stays = submit(made, [pair(60, 21)], client="me")
        for one in gone:
            one.cancel()
        await asyncio.sleep(0)
        again = submit(made, [pair(70, 22)], client="me")
        echo.gate.set()
        await asyncio.gather(*others, *stays, *again)
        await made.close()
        return echo.computed

    computed = run_apart(run())
    assert 50 not in computed
    assert computed.index(70) < 14


def test_clients_who_are_done_are_forgotten_while_others_wait() -> None:
    async def run() -> int:
        steps, stepped = threading.Semaphore(0), threading.Semaphore(0)

        def model(batch: Sequence[Encoded]) -> Scores:
            assert steps.acquire(timeout=20)
            stepped.release()
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model, cost=ALONE)
        waiting = submit(made, [pair(n) for n in range(10)], client="first")
        for n in range(100):
            waiting += submit(made, [pair(n)], client=f"client {n}")
            steps.release()
            assert await asyncio.to_thread(stepped.acquire, timeout=20)
        known = len(made._clients)
        steps.release(100)
        await asyncio.gather(*waiting)
        await made.close()
        return known

    assert run_apart(run()) <= 11  # no more than wait


def test_who_has_waited_is_not_overtaken_by_all_of_a_newcomers() -> None:
    async def run() -> list[int]:
        steps, stepped = threading.Semaphore(0), threading.Semaphore(0)
        computed = []

        def model(batch: Sequence[Encoded]) -> Scores:
            assert steps.acquire(timeout=20)
            computed.append(batch[0].ids[0])
            stepped.release()
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model, cost=ALONE)
        waiting = submit(made, [pair(1)] * 60, client="old")
        steps.release(30)
        for _ in range(30):
            assert await asyncio.to_thread(stepped.acquire, timeout=20)
        waiting += submit(made, [pair(2)] * 60, client="new")
        steps.release(100)
        await asyncio.gather(*waiting)
        await made.close()
        return computed

    assert run_apart(run())[32:52].count(1) >= 8  # they take turns, ten pairs each


# What is refused


def test_who_asks_for_much_is_refused_while_who_asks_for_little_is_taken() -> None:
    async def run() -> None:
        echo = Echo(held=True)
        made = engine(echo, cost=ALONE, patience=0.2)
        await occupied(made, echo)
        waiting = submit(made, [pair(n) for n in range(64)], client="much")  # 0.32 s: the first is always taken
        before = shown(made)
        with pytest.raises(Overloaded) as refused:
            submit(made, [pair(n) for n in range(20)], client="much")
        assert refused.value.retry_after == 1
        assert shown(made) == before
        waiting += submit(made, [pair(n) for n in range(4)], client="little")
        # Among others with little each, little is too much as well.
        waiting += fill(made, [pair(5)] * 2, most=40)
        echo.gate.set()
        await asyncio.gather(*waiting)
        assert len(echo.computed) == len(waiting) + 1
        await made.close()

    run_apart(run())


def test_a_full_queue_refuses_whole_requests_and_takes_nothing_from_them() -> None:
    async def run() -> None:
        echo = Echo(held=True)
        made = engine(echo, capacity=3)
        await occupied(made, echo)
        waiting = submit(made, [pair(1), pair(2)])
        with pytest.raises(Overloaded):
            submit(made, [pair(3), pair(4)])
        waiting += submit(made, [pair(5)])
        echo.gate.set()
        await asyncio.gather(*waiting)
        await made.close()
        assert sorted(echo.computed) == [0, 1, 2, 5]

    run_apart(run())


def test_an_engine_in_which_nothing_waits_takes_any_request() -> None:
    async def run() -> None:
        made = engine(Echo(), patience=0.001, capacity=1)
        assert len(await made.score([pair(n) for n in range(64)])) == 64
        assert await made.score([]) == []
        await made.close()

    run_apart(run())


def test_the_time_to_come_back_falls_as_work_goes_and_is_never_long() -> None:
    async def run() -> list[int | None]:
        echo = Echo(held=True)
        made = engine(echo, cost=Cost(0.0, 0.01, 0.0), patience=1)
        await occupied(made, echo)
        waiting = submit(made, [pair(n, 50) for n in range(100)])  # half a second each
        found = []
        for left in (100, 40, 8):
            for one in waiting[left:]:
                one.cancel()
            await asyncio.sleep(0)
            with pytest.raises(Overloaded) as refused:
                submit(made, [pair(1, 50)])
            found.append(refused.value.retry_after)
        for one in waiting:
            one.cancel()
        await asyncio.sleep(0)
        waiting = submit(made, [pair(1, 50)])
        echo.gate.set()
        await asyncio.gather(*waiting)
        await made.close()
        return found

    assert run_apart(run()) == [30, 20, 4]  # 49.57, 19.57 and 3.57 s beyond the patience, at most 30


def test_a_machine_slower_than_at_its_start_takes_less() -> None:
    async def run() -> None:
        wall = threading.Event()  # never set: a wait on it is what a slow call is

        def model(batch: Sequence[Encoded]) -> Scores:
            wall.wait(0.005)
            return np.zeros((len(batch), len(LABELS)), np.float32)

        # A pair of 40 is expected to take 0.4 ms, and takes twelve times that.
        made = engine(model, cost=Cost(0.0, 0.00001, 0.0), patience=0.1)
        await made.score([pair(n) for n in range(100)])
        waiting = fill(made, [pair(0)], most=200)  # 80 ms by the first estimate
        assert len(waiting) > 5
        for one in waiting:
            one.cancel()
        await made.close()

    run_apart(run())


# Faults and leaving


def test_a_fault_reaches_those_in_the_call_and_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        def model(batch: Sequence[Encoded]) -> Scores:
            if batch[0].ids[0] == 13:
                raise RuntimeError("secret words")
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model, lanes=2)
        well, ill = submit(made, [pair(1), pair(13)])
        assert len(await well) == len(LABELS)
        with pytest.raises(ScoringFailed) as refused:
            await ill
        assert "secret" not in refused.value.detail
        assert isinstance(refused.value.__cause__, RuntimeError)
        assert refused.value.__cause__.__traceback__ is None  # whose frames hold the pairs
        # Nobody looks: asyncio would log it with all that it knows, as soon as it is freed.
        submit(made, [pair(13)])
        with pytest.raises(ScoringFailed):
            await made.score([pair(1), pair(13), pair(13)])
        assert len(await made.score([pair(3)])) == 1
        await made.close()  # until then the other lane may have one of the pairs that nobody waits for
        assert made.is_idle
        gc.collect()

    with caplog.at_level(logging.DEBUG):
        run_apart(run())
    assert "the model failed: RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_a_fault_in_a_call_that_is_shared_reaches_all_that_share_it() -> None:
    async def run() -> None:
        gate, running = threading.Event(), threading.Event()

        def model(batch: Sequence[Encoded]) -> Scores:
            running.set()
            assert gate.wait(20)
            if 13 in {one.ids[0] for one in batch}:
                raise RuntimeError
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model)
        before = submit(made, [pair(0, 7)])
        await until(running)
        ill = submit(made, [pair(1, post=POST), pair(13, post=POST)]) + submit(
            made, [pair(2, post=POST)], client="other"
        )
        well = submit(made, [pair(3, post=POST[1:])])
        gate.set()
        found = await asyncio.gather(*before, *ill, *well, return_exceptions=True)
        assert [isinstance(one, ScoringFailed) for one in found] == [False, True, True, True, False]
        await made.close()

    run_apart(run())


def test_a_model_that_gives_too_few_rows_fails() -> None:
    async def run() -> None:
        made = engine(lambda _: np.zeros((0, len(LABELS)), np.float32))
        with pytest.raises(ScoringFailed):
            await made.score([pair(1)])
        await made.close()

    run_apart(run())


def test_what_a_client_asked_before_leaving_is_not_computed() -> None:
    async def run() -> None:
        echo = Echo(held=True)
        made = engine(echo)
        await occupied(made, echo)
        gone = asyncio.create_task(made.score([pair(2), pair(3)]))
        await asyncio.sleep(0)
        gone.cancel()
        stays = asyncio.create_task(made.score([pair(4)]))
        await asyncio.wait({gone})
        await asyncio.sleep(0)
        assert shown(made) == pytest.approx((1, COST.seconds([40], 0)))
        echo.gate.set()
        await stays
        await made.close()
        assert echo.calls == [[0], [4]]

    run_apart(run())


def test_a_reply_that_was_dropped_is_neither_computed_nor_joined() -> None:
    async def run() -> None:
        steps, begun = threading.Semaphore(0), threading.Semaphore(0)
        calls = []

        def model(batch: Sequence[Encoded]) -> Scores:
            calls.append([one.ids[0] for one in batch])
            begun.release()
            assert steps.acquire(timeout=20)
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model)
        submit(made, [pair(0)])
        assert await asyncio.to_thread(begun.acquire, timeout=20)
        gone, stays, also_gone, joins = submit(made, replies([9, 40, 40, 50], POST))
        assert made.drop(gone.job)
        assert made.drop(also_gone.job)
        assert not made.drop(gone.job)
        steps.release(2)
        assert begun.acquire(timeout=20)
        assert calls == [[0], [2, 4]]
        await asyncio.gather(stays, joins)
        assert shown(made) == (0, 0)
        await made.close()

    run_apart(run())


def test_a_reply_that_was_hurried_does_not_set_those_back_who_come_later() -> None:
    async def run() -> list[int]:
        steps = threading.Semaphore(0)
        calls: list[int] = []

        def model(batch: Sequence[Encoded]) -> Scores:
            assert steps.acquire(timeout=20)
            calls.extend(one.ids[0] for one in batch)
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model, cost=ALONE)
        many = submit(made, [pair(1)] * 200 + [pair(2)], client="many")  # a second of work
        hurry(made, many[-1], client="reader")
        steps.release(30)
        await many[-1]
        late = submit(made, [pair(3)], client="late")
        steps.release(200)
        await asyncio.gather(*many, *late)
        await made.close()
        return calls

    assert run_apart(run()).index(3) < 60


def test_the_texts_of_what_was_judged_before_its_turn_go_at_once() -> None:
    async def run() -> None:
        steps = threading.Semaphore(1)

        def model(batch: Sequence[Encoded]) -> Scores:
            assert steps.acquire(timeout=20)
            return np.zeros((len(batch), len(LABELS)), np.float32)

        made = engine(model)
        between = [pair(9, 40, (at,)) for at in range(20)]
        first, *others, last = submit(made, [pair(1, 40, POST), *between, pair(2, 40, POST)])
        await asyncio.gather(first, last)
        assert not any(one.done() for one in others)
        judged = [job for *_, job in made._turns if job in (first.job, last.job)]
        assert judged
        assert not any(job.pair.ids or job.post or job.order is not NOBODY for job in judged)
        steps.release(50)
        await asyncio.gather(*others)
        await made.close()

    run_apart(run())


posts = st.sampled_from([(), POST, POST[1:], (8,) * 20])
asks = st.lists(st.tuples(st.integers(3, 6), posts), min_size=1, max_size=8)  # length and post of each reply
steps = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from("abc"), asks),
    st.tuples(st.just("leave"), st.integers(0, 50), st.just(None)),
    st.tuples(st.just("fail"), st.integers(1, 3), st.just(None)),
    st.tuples(st.just("turn"), st.just(0), st.just(None)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, max_size=25), st.sampled_from([1, 3]), st.sampled_from([COST, ALONE, PAIRWISE]))
def test_whoever_asks_leaves_or_fails_nobody_waits_for_ever_and_no_work_is_left(
    what: list[tuple[str, Any, Any]], lanes: int, cost: Cost
) -> None:
    async def run() -> None:
        faults = threading.Semaphore(0)

        wrong = []

        def model(batch: Sequence[Encoded]) -> Scores:
            # Told below: what this raises would be taken for a fault of the model.
            if len({one.post for one in batch}) != 1 or len(batch) > (MOST_TOGETHER if cost.together else 1):
                wrong.append(batch)
            if faults.acquire(blocking=False):
                raise RuntimeError
            return np.array([[one.ids[0]] * len(LABELS) for one in batch], np.float32)

        made = engine(model, lanes=lanes, cost=cost, patience=0.05, capacity=20)
        asked: list[tuple[int, asyncio.Future[Any]]] = []
        for kind, first, second in what:
            if kind == "ask":
                numbers = range(len(asked), len(asked) + len(second))
                try:
                    found = submit(
                        made,
                        [pair(n, length, post) for n, (length, post) in zip(numbers, second, strict=True)],
                        client=first,
                    )
                except Overloaded:
                    continue
                asked += zip(numbers, found, strict=True)
            elif kind == "leave":
                for _, one in asked[-first:]:
                    one.cancel()
            elif kind == "fail":
                faults.release(first)
            else:
                await asyncio.sleep(0.0005)
        await asyncio.wait_for(asyncio.gather(*(one for _, one in asked), return_exceptions=True), 20)
        await asyncio.sleep(0)
        assert shown(made) == (0, 0)
        assert (made._turns, made._posts, made._clients) == ([], {}, {})
        assert not wrong
        for number, one in asked:
            if not one.cancelled() and one.exception() is None:
                assert one.result()[0] == number
        await made.close()
        assert made.is_idle

    run_apart(run())


def test_many_lanes_and_clients_at_once_lose_and_repeat_nothing() -> None:
    async def run() -> None:
        echo = Echo()
        made = engine(echo, lanes=16)

        async def reader(name: int) -> None:
            for turn in range(10):
                numbers = [1000 * name + 10 * turn + at for at in range(8)]
                rows = await made.score([pair(n, 3 + n % 5, POST[n % 3 :]) for n in numbers], client=str(name))
                assert [int(row[0]) for row in rows] == numbers

        await asyncio.gather(*(reader(name) for name in range(1, 41)))
        await made.close()
        assert len(echo.computed) == len(set(echo.computed)) == 40 * 10 * 8

    run_apart(run())


# Ending


def test_closing_finishes_what_waits_and_takes_nothing_more() -> None:
    async def run() -> None:
        echo = Echo(held=True)
        made = engine(echo)
        first = await occupied(made, echo)
        waiting = submit(made, [pair(n) for n in range(1, 20)])
        closing = asyncio.gather(made.close(), made.close())
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refused:
            await made.score([pair(30)])
        assert refused.value.retry_after == 5
        await asyncio.sleep(0.05)  # a call may be slow: closing is patient
        echo.gate.set()
        await asyncio.wait_for(closing, 20)
        assert [float(one.result()[0]) for one in (first, *waiting)] == list(range(20))
        assert all(not thread.is_alive() for thread in made._threads)

    run_apart(run())


def test_closing_refuses_what_takes_longer_than_the_patience() -> None:
    async def run() -> None:
        echo = Echo(held=True)
        made = engine(echo, patience=0.05)
        first = await occupied(made, echo)
        (waiting,) = submit(made, [pair(1)])
        closing = asyncio.create_task(made.close())
        with pytest.raises(Overloaded):
            await waiting
        assert not closing.done()
        echo.gate.set()
        await asyncio.wait_for(closing, 20)
        assert float((await first)[0]) == 0
        assert echo.calls == [[0]]

    run_apart(run())


@pytest.mark.parametrize("cost", [COST, ALONE])
def test_who_joins_a_reply_that_another_client_asked_for_does_not_wait_behind_all_that_client_asks_for(
    cost: Cost,
) -> None:
    async def run() -> list[int]:
        echo = Echo(held=True)
        made = engine(echo, cost=cost)
        first = submit(made, [pair(0)], client="other")
        await until(echo.running)
        many = submit(made, [pair(n, length=40 + n) for n in range(1, 60)], client="greedy")
        hurry(made, many[-1], client="reader")  # the last of theirs
        echo.gate.set()
        await asyncio.gather(*first, *many)
        assert made.is_idle
        await made.close()
        return echo.computed

    order = run_apart(run())
    assert sorted(order) == list(range(60))
    assert order.index(59) < 30  # with what takes 50 ms before it, and what shares a call with that


def test_replies_that_nobody_waits_for_do_not_pile_up_while_one_waits() -> None:
    async def run() -> int:
        echo = Echo(held=True)
        made = engine(echo)
        first = submit(made, [pair(0)])
        await until(echo.running)
        stays = submit(made, [pair(1)])
        for at in range(3000):
            submit(made, [pair(2, length=60 + at % 50)])[0].cancel()
            await asyncio.sleep(0)
        left = len(made._turns)
        echo.gate.set()
        await asyncio.gather(*first, *stays)
        await made.close()
        assert sorted(echo.computed) == [0, 1]
        return left

    assert run_apart(run()) < 1500


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_closing_ends_even_where_a_lane_has_died(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        made = engine(Echo(), patience=0.05)
        monkeypatch.setattr(made, "_take", lambda: 1 / 0)
        waiting = submit(made, [pair(1)])
        await asyncio.wait_for(made.close(), 20)
        with pytest.raises(Overloaded):
            await waiting[0]

    run_apart(run())
