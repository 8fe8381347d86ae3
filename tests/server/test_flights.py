"""One reply that many ask for at once: read and judged once, whoever comes, leaves or fails."""

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from redis.asyncio import Redis

from panah.errors import Overloaded, ScoringFailed
from panah.metrics import Metrics
from panah.scoring import policies, service, text
from panah.scoring.cache import Known, MemoryCache, RedisCache
from panah.scoring.classifier import Encoded, Encoder, Scores, read_config, read_tokenizer
from panah.scoring.cost import Cost
from panah.scoring.engine import Engine
from panah.scoring.policy import LABELS
from panah.scoring.schemas import ReplyIn
from panah.scoring.service import Asked, Scorer
from panah.scoring.serving import Loaded, Running
from panah.scoring.text import normalise
from panah.settings import Settings
from tests.server.conftest import run_apart

SECRET = b"0123456789abcdef0123456789abcdef"


class Held:
    """A model that waits at a gate, and fails where it is told to."""

    def __init__(self, *, held: bool = False) -> None:
        self.calls: list[Sequence[Encoded]] = []
        self.ill = 0  # the place, from 1, of the reply in a call that gets scores that are none
        self.running = threading.Event()
        self.gate = threading.Event()
        self.fault: Exception | None = None
        if not held:
            self.gate.set()

    def __call__(self, batch: Sequence[Encoded]) -> Scores:
        self.running.set()
        assert self.gate.wait(20)
        self.calls.append(batch)
        if self.fault:
            raise self.fault
        scores = np.full((len(batch), len(LABELS)), 0.5, np.float32)
        if 0 < self.ill <= len(batch):
            scores[self.ill - 1] = np.nan
        return scores

    @property
    def seen(self) -> list[Encoded]:
        return [pair for call in self.calls for pair in call]


@asynccontextmanager
async def scoring(
    model: Held, *, shared: RedisCache | None = None, cost: Cost | None = None, patience: float = 60
) -> AsyncIterator[Scorer]:
    """A scorer with one lane and the shipped tokeniser; at its end nothing may be on its way any more."""
    folder = Settings().model_dir
    config = read_config(folder)
    encoder = Encoder(
        read_tokenizer(folder),
        max_reply_tokens=config.max_reply_tokens,
        max_context_tokens=config.max_context_tokens,
    )
    engine = Engine(
        model, lanes=1, cost=cost or Cost(0.001, 0, 0), patience=patience, capacity=999, metrics=Metrics()
    )
    scorer = Scorer(
        serving=cast(
            Any,
            SimpleNamespace(running=Running(Loaded(config, encoder, engine, "a model"), policies.shipped(config))),
        ),
        memory=MemoryCache(entries=99, ttl=60),
        shared=shared,
        secret=SECRET,
        metrics=Metrics(),
        offer=lambda _: None,
    )
    try:
        yield scorer
        await until(lambda: not scorer.flights, "no flight is left")
    finally:
        model.gate.set()
        await engine.close()
        scorer.close()


async def until(ask: Callable[[], object], what: str) -> None:
    for _ in range(2000):
        if ask():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError(f"waited in vain until {what}")


def ask(scorer: Scorer, *texts: str, client: str = "") -> tuple[Asked, asyncio.Task[None]]:
    asked = scorer.look_up([ReplyIn(id=str(at), text=typed) for at, typed in enumerate(texts)])
    return asked, asyncio.create_task(scorer.find_out(asked, client=client))


def run(work: Callable[[], Awaitable[None]]) -> None:
    run_apart(asyncio.wait_for(work(), 30))


def counted(scorer: Scorer, result: str) -> float:
    return scorer.metrics.registry.get_sample_value("panah_cache_total", {"result": result}) or 0


def test_what_many_ask_for_at_once_is_judged_once() -> None:
    async def work() -> None:
        model = Held(held=True)
        async with scoring(model) as scorer:
            both = [ask(scorer, "why now?", f"and {name}", client=name) for name in ("one", "two")]
            await asyncio.to_thread(model.running.wait, 20)
            later = ask(scorer, "why now?", client="three")
            model.gate.set()
            for asked, task in [*both, later]:
                await task
                said = scorer.judge(asked, sensitivity="balanced")
                assert [one["id"] for one in said] == [str(at) for at in range(len(asked.replies))]
                assert {p for one in said for p in one["scores"].values()} == {said[0]["scores"]["blame"]}
            assert len(model.seen) == 3
            assert not scorer.look_up(later[0].replies).missing
            assert [counted(scorer, result) for result in ("miss", "joined", "hit")] == [3, 2, 1]

    run(work)


def test_a_reply_goes_on_for_the_others_when_the_first_who_asked_leaves() -> None:
    async def work() -> None:
        model = Held(held=True)
        async with scoring(model) as scorer:
            (_, first), (asked, second) = ask(scorer, "why now?"), ask(scorer, "why now?")
            await asyncio.to_thread(model.running.wait, 20)
            first.cancel()
            await asyncio.wait({first})
            model.gate.set()
            await second
            assert set(asked.missing) <= set(asked.known)
            assert len(model.seen) == 1

    run(work)


def test_what_nobody_waits_for_any_more_is_not_judged_and_can_be_asked_for_again() -> None:
    async def work() -> None:
        model = Held(held=True)
        async with scoring(model) as scorer:
            _, before = ask(scorer, "it holds the lane")
            await asyncio.to_thread(model.running.wait, 20)
            _, left = ask(scorer, "why now?", "and then?")
            engine = scorer.serving.running.engine
            await until(lambda: engine.metrics.registry.get_sample_value("panah_replies_waiting") == 2, "both wait")
            left.cancel()
            await asyncio.wait({left})
            await until(lambda: len(scorer.flights) == 1, "its flights are forgotten")
            _, again = ask(scorer, "why now?")
            model.gate.set()
            await asyncio.gather(before, again)
            assert len(model.seen) == 2

    run(work)


def test_a_fault_of_the_model_reaches_those_who_wait_and_nobody_later() -> None:
    async def work() -> None:
        model = Held(held=True)
        model.fault = RuntimeError("secretword")
        async with scoring(model) as scorer:
            waiting = [ask(scorer, "why now?")[1] for _ in range(2)]
            await asyncio.to_thread(model.running.wait, 20)
            model.gate.set()
            found = await asyncio.gather(*waiting, return_exceptions=True)
            assert [type(one) for one in found] == [ScoringFailed, ScoringFailed]
            model.fault = None
            asked, task = ask(scorer, "why now?")
            await task
            assert set(asked.keys) == set(asked.known)

    run(work)


@pytest.mark.parametrize("end", ["judged", "left", "failed"])
def test_no_words_stay_in_memory_until_the_collector_comes(end: str) -> None:
    async def work() -> None:
        model = Held(held=True)
        async with scoring(model) as scorer:
            _, first = ask(scorer, "it holds the lane")
            await asyncio.to_thread(model.running.wait, 20)
            _, other = ask(scorer, "why now?", "and where is the proof?")
            await until(lambda: len(scorer.flights) == 3, "all are on their way")
            await until(lambda: all(flight.job for flight in scorer.flights.values()), "all wait for the model")
            flights = [weakref.ref(flight) for flight in scorer.flights.values()]
            if end == "left":
                other.cancel()
            if end == "failed":
                model.fault = RuntimeError("secretword")
            model.gate.set()
            await asyncio.wait({first, other})
            for task in (first, other):
                assert task.cancelled() or (task.exception() is None) == (end != "failed")
            del first, other, task
            await until(lambda: not scorer._trips, "all have ended")
            # The lane's own variables go a moment after it has told.
            await until(lambda: not any(flight() for flight in flights), "none is left")

    gc.collect()
    gc.disable()
    try:
        run(work)
    finally:
        gc.enable()


def test_scores_that_are_none_fail_their_reply_and_no_other() -> None:
    async def work() -> None:
        model = Held(held=True)
        async with scoring(model) as scorer:
            _, first = ask(scorer, "it holds the lane")
            await asyncio.to_thread(model.running.wait, 20)
            model.ill = 2  # the second of the next call
            _, both = ask(scorer, "why now?", "and where is the proof, if I may ask?")
            asked, one = ask(scorer, "why now?", client="other")
            model.gate.set()
            await asyncio.gather(first, one)
            with pytest.raises(ScoringFailed):
                await both
            assert len(asked.known) == 1
            assert [len(call) for call in model.calls] == [1, 2]
            assert not scorer.look_up([ReplyIn(id="0", text="why now?")]).missing
            assert scorer.look_up([ReplyIn(id="0", text="and where is the proof, if I may ask?")]).missing

    run(work)


def test_who_asks_after_a_fault_is_judged_anew_though_the_others_are_still_on_their_way() -> None:
    class Slow:
        written = asyncio.Event()

        async def get(self, keys: Sequence[bytes]) -> list[Known | None]:
            return [None] * len(keys)

        async def put(self, fresh: Sequence[tuple[bytes, Known]]) -> None:
            await self.written.wait()

    async def work() -> None:
        model = Held()
        model.ill = 1
        shared = Slow()
        async with scoring(model, shared=cast(RedisCache, shared)) as scorer:
            _, failing = ask(scorer, "why now?")
            with pytest.raises(ScoringFailed):
                await failing
            model.ill = 0
            asked, again = ask(scorer, "why now?")
            await again
            assert set(asked.keys) == set(asked.known)
            shared.written.set()

    run(work)


def test_a_fault_in_reading_reaches_those_who_wait_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = text.normalise

    def normalise(typed: str) -> str:
        if typed == "secretword":
            raise KeyError(typed)
        return real(typed)

    monkeypatch.setattr(service, "normalise", normalise)

    async def work() -> None:
        async with scoring(Held()) as scorer:
            asks = [ask(scorer, typed)[1] for typed in ("secretword", "secretword", "why now?")]
            found = await asyncio.gather(*asks, return_exceptions=True)
            assert [type(one) for one in found] == [KeyError, KeyError, type(None)]

    run(work)
    assert "secretword" not in caplog.text


def test_who_joined_a_flight_that_was_refused_tries_once_itself() -> None:
    async def work() -> None:
        model = Held(held=True)
        # A second a pair: five of the greedy client's wait, more would wait for longer than 5 s.
        async with scoring(model, cost=Cost(1, 0, 0, together=False), patience=5) as scorer:
            _, greedy = ask(scorer, "it holds the lane", client="greedy")
            await asyncio.to_thread(model.running.wait, 20)
            _, more = ask(scorer, *(f"number {at}" for at in range(4)), client="greedy")
            engine = scorer.serving.running.engine
            await until(lambda: engine.metrics.registry.get_sample_value("panah_replies_waiting") == 4, "they wait")
            _, refused = ask(scorer, "why now?", "and then?", client="greedy")
            _, same = ask(scorer, "why now?", client="greedy")
            asked, other = ask(scorer, "why now?", client="other")
            found = await asyncio.gather(refused, same, return_exceptions=True)
            assert [type(one) for one in found] == [Overloaded, Overloaded]
            model.gate.set()
            await asyncio.gather(greedy, more, other)
            assert set(asked.keys) == set(asked.known)

    run(work)


def test_what_another_process_knows_is_not_judged_again(redis_url: str) -> None:
    async def work() -> None:
        redis = Redis.from_url(redis_url)
        await redis.flushdb()
        models = Held(), Held()
        for model in models:
            async with scoring(model, shared=RedisCache(redis, ttl=60, metrics=Metrics())) as scorer:
                asked, task = ask(scorer, "why now?", "🙂")
                await task
                assert [one["action"] for one in scorer.judge(asked, sensitivity="gentle")][1] == "show"
        assert [len(model.seen) for model in models] == [1, 0]
        keys = await redis.keys("*")
        assert len(keys) == 2
        assert b"why" not in repr([*keys, *await redis.mget(keys)]).encode()
        await redis.aclose()

    run(work)


def test_a_cache_that_cannot_be_written_does_not_fail_the_answer() -> None:
    class Broken:
        async def get(self, keys: Sequence[bytes]) -> list[Known | None]:
            return [None] * len(keys)

        async def put(self, fresh: Sequence[tuple[bytes, Known]]) -> None:
            raise RuntimeError("secretword")

    async def work() -> None:
        async with scoring(Held(), shared=cast(RedisCache, Broken())) as scorer:
            asked, task = ask(scorer, "why now?")
            await task
            assert set(asked.keys) == set(asked.known)

    run(work)


def test_the_model_stays_while_a_flight_runs_that_nobody_holds_it_for() -> None:
    async def work() -> None:
        model = Held(held=True)
        async with scoring(model) as scorer:
            asked, task = ask(scorer, "why now?")
            await asyncio.to_thread(model.running.wait, 20)
            leaving = asyncio.create_task(asked.running.model.leave())
            model.gate.set()
            await asyncio.gather(task, leaving)
            assert set(asked.keys) == set(asked.known)

    run(work)


def test_a_reply_that_somebody_busy_asked_for_first_does_not_hold_up_who_asks_for_it_too() -> None:
    async def work() -> None:
        model = Held(held=True)
        # No call is shared: what is wanted must not be judged early only because it joins another's.
        async with scoring(model, cost=Cost(0.001, 0, 0, together=False)) as scorer:
            _, before = ask(scorer, "it holds the lane", client="other")
            await asyncio.to_thread(model.running.wait, 20)
            engine = scorer.serving.running.engine
            wanted = "why did you wait"
            texts = [f"reply number {'again ' * (at % 60)}{at}" for at in range(180)]
            _, many = ask(scorer, *texts, wanted, client="greedy")
            await until(lambda: engine._waiting == 181, "all of it waits")
            asked, joined = ask(scorer, wanted, client="reader")
            await until(lambda: len(engine._turns) == 182, "the reader has a turn for it")
            model.gate.set()
            await asyncio.gather(before, many, joined)
            assert set(asked.known) == set(asked.keys)
            (pair,) = asked.running.encoder.encode([(normalise(wanted), "")])
            assert model.seen.index(pair) < 120
            assert len(model.seen) == 182

    run(work)
