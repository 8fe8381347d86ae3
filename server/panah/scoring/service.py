"""Judges replies: what is known comes from the cache, the rest from the model, the action from the policy.

A reply that many ask for at once is read and scored once: who asks for it while it is on its way waits for the same
flight.
"""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from panah.errors import AppError, Overloaded, ScoringFailed, frames
from panah.metrics import Metrics, labelled
from panah.scoring import cache
from panah.scoring.cache import (
    FORM,
    GROUP,
    READABLE,
    STEPS,
    TRUNCATED,
    Known,
    MemoryCache,
    RedisCache,
    Row,
    cache_keys,
)
from panah.scoring.classifier import Encoded, Encoder, ModelConfig, calibrated
from panah.scoring.policy import LABELS, Levels, Policy, Sensitivity
from panah.scoring.schemas import ReplyIn
from panah.scoring.serving import Running, Serving
from panah.scoring.text import LANGUAGE_GROUPS, MAX_CHARACTERS, LanguageGroup, has_words, language_group, normalise

log = logging.getLogger("panah")

SHORT = 1000  # characters of replies and posts that are read in less time than a thread takes to be woken


@dataclass(frozen=True, slots=True)
class Prepared:
    """A reply in the form that the model reads. `encoded` is None when there is nothing to read."""

    group: LanguageGroup
    cut: bool
    encoded: Encoded | None


def prepare(replies: Sequence[ReplyIn], encoder: Encoder) -> list[Prepared]:
    """Normalises and encodes replies. Pure and slow enough (about 0.1 ms each) to belong in a thread."""
    texts = [normalise(reply.text[:MAX_CHARACTERS]) for reply in replies]
    contexts = {
        given: normalise(given[:MAX_CHARACTERS])
        for given in {reply.context or "" for reply in replies}  # one thread, one disclosure: read it once
    }
    readable = [at for at, text in enumerate(texts) if has_words(text)]
    pairs = [(texts[at], contexts[replies[at].context or ""]) for at in readable]
    encoded = dict(zip(readable, encoder.encode(pairs), strict=True))
    return [
        Prepared(language_group(texts[at], reply.lang), len(reply.text) > MAX_CHARACTERS, encoded.get(at))
        for at, reply in enumerate(replies)
    ]


def pack(reply: Prepared, row: Row | None, model: ModelConfig) -> Known:
    """What is to be known about a reply, from the graph's scores. `row` is None for one without words. Raises
    ScoringFailed for scores that are none.
    """
    truncated = reply.cut or (reply.encoded is not None and reply.encoded.truncated)
    if row is not None:
        if not np.isfinite(row).all():
            raise ScoringFailed("These replies could not be scored. Try again.", retry_after=5)
        row = calibrated(row, model.temperatures[reply.group])
    return cache.pack(row, group=reply.group, truncated=truncated)


def verdicts(
    replies: Sequence[ReplyIn],
    known: Sequence[Known],
    *,
    policy: Policy,
    sensitivity: Sensitivity,
    levels: Levels | None = None,
) -> list[dict[str, Any]]:
    """Verdicts as plain values, in order, from what is known about each reply. One without words is shown."""
    forms = np.frombuffer(b"".join(known), FORM)
    scores = forms["scores"] / STEPS
    groups = (forms["flags"] & GROUP).astype(np.intp)
    decided = policy.decide_all(scores, groups=groups, sensitivity=sensitivity, levels=levels)
    return [
        {
            "id": reply.id,
            "action": action if flags & READABLE else "show",
            "reason": reason if flags & READABLE else None,
            "language": LANGUAGE_GROUPS[flags & GROUP],
            "truncated": flags & TRUNCATED > 0,
            "scores": dict(zip(LABELS, row, strict=True)),
        }
        for reply, flags, row, (action, reason) in zip(
            replies, forms["flags"].tolist(), scores.tolist(), decided, strict=True
        )
    ]


@dataclass(frozen=True, slots=True)
class Judged:
    """A request's replies and verdicts, in its order, and what was in force when it began."""

    running: Running
    replies: Sequence[ReplyIn]
    readable: Sequence[bool]  # which of them have words
    verdicts: list[dict[str, Any]]
    sensitivity: Sensitivity
    levels: Levels | None


class Flight:
    """One pair on its way to its scores. Who waits for it says so; when nobody does any more, it is cancelled."""

    def __init__(self, key: bytes, reply: ReplyIn, client: str) -> None:
        self.key = key
        self.reply = reply
        self.client = client  # whose share of the engine's time it takes
        self.result: asyncio.Future[Known] = asyncio.get_running_loop().create_future()
        self.watchers = 0
        self.job: asyncio.Future[Row] | None = None
        self.others: set[str] = set()  # clients who wait for it too

    @property
    def has_failed(self) -> bool:
        return self.result.done() and not self.result.cancelled() and self.result.exception() is not None

    def land(self, known: Known) -> None:
        if not self.result.done():
            self.result.set_result(known)

    def fail(self, error: BaseException) -> None:
        if not self.result.done():
            self.result.set_exception(error)
            # Counts as seen: asyncio would log what nobody looked at, with its message, and that could quote.
            self.result.exception()

    def leave(self) -> None:
        """One less waits for it."""
        self.watchers -= 1
        if not self.watchers:
            self.result.cancel()
            if self.job is not None:
                self.job.cancel()


class Asked:
    """A request's replies, and what was known about them when it came."""

    def __init__(
        self, running: Running, replies: Sequence[ReplyIn], keys: list[bytes], found: list[Known | None]
    ) -> None:
        self.running = running
        self.replies = replies
        self.keys = keys
        self.known = {key: known for key, known in zip(keys, found, strict=True) if known is not None}
        self.missing = {
            key: reply for key, reply in zip(keys, replies, strict=True) if key not in self.known
        }  # equal pairs once


class Scorer:
    """What judging takes, put together once by the app. `offer` gets what was judged while a model runs beside."""

    def __init__(
        self,
        *,
        serving: Serving,
        memory: MemoryCache,
        shared: RedisCache | None,
        secret: bytes,
        metrics: Metrics,
        offer: Callable[[Judged], None],
    ) -> None:
        self.serving = serving
        self.memory = memory
        self.shared = shared
        self.secret = secret
        self.metrics = metrics
        self.offer = offer
        self.flights: dict[bytes, Flight] = {}
        self._trips: set[asyncio.Task[None]] = set()
        # Its own: a stuck database check must not take the threads that reading texts needs.
        self.threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="prepare")

    def close(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)

    def look_up(self, replies: Sequence[ReplyIn]) -> Asked:
        """What this process knows about replies, by what is in force now. Reads no text."""
        running = self.serving.running
        keys = cache_keys(self.secret, running.model.identity, replies)
        asked = Asked(running, replies, keys, self.memory.get(keys))
        if asked.known:
            labelled(self.metrics.cache, "hit").inc(len(asked.known))
        return asked

    async def find_out(self, asked: Asked, *, client: str = "") -> None:
        """Learns what is missing; meanwhile the caller holds the model. When it is cancelled, what nobody else
        waits for is not computed. Raises Overloaded and ScoringFailed.
        """
        watched = self._watch(asked.running, asked.missing, client)
        everything = list(watched.values())
        try:
            try:
                await landed(watched.values())
            except Overloaded:
                refused = {key: asked.missing[key] for key, flight in watched.items() if flight.has_failed}
                if any(watched[key].client == client for key in refused):
                    raise
                # What was too much for somebody else need not be too much for this client.
                watched |= self._watch(asked.running, refused, client)
                everything += [watched[key] for key in refused]
                await landed(watched.values())
            asked.known |= {key: flight.result.result() for key, flight in watched.items()}
        finally:
            for flight in everything:
                flight.leave()

    def _watch(self, running: Running, missing: dict[bytes, ReplyIn], client: str) -> dict[bytes, Flight]:
        """Flights for all that is missing, watched once more; those that are not on their way yet begin."""
        watched = {}
        fresh = []
        for key, reply in missing.items():
            flight = self.flights.get(key)
            if flight is None or flight.result.cancelled():
                flight = self.flights[key] = Flight(key, reply, client)
                fresh.append(flight)
            flight.watchers += 1
            watched[key] = flight
            if flight.client != client:
                flight.others.add(client)
                if flight.job is not None:
                    running.engine.hurry(flight.job, client=client)
        if fresh:
            trip = asyncio.create_task(self._fly(running, fresh, client))
            self._trips.add(trip)
            trip.add_done_callback(self._trips.discard)
        if joined := len(watched) - len(fresh):
            labelled(self.metrics.cache, "joined").inc(joined)
        return watched

    async def _fly(self, running: Running, flights: list[Flight], client: str) -> None:
        """Brings new flights to their end: from the shared cache, or through the model."""
        fresh: list[tuple[bytes, Known]] = []
        try:
            with running.model:
                left = await self._from_shared(flights)
                if left:
                    await self._through_model(running, left, client, fresh)
            for flight in flights:
                flight.fail(ScoringFailed("These replies could not be scored. Try again.", retry_after=5))
            if self.shared is not None:
                await self.shared.put(fresh)
        except asyncio.CancelledError:
            for flight in flights:
                flight.fail(Overloaded("The server is going down.", retry_after=5))
            raise
        except Exception as error:  # it belongs to those who wait
            if not any(flight.watchers for flight in flights) and not isinstance(error, AppError):
                log.error("what nobody waits for failed: %s\n%s", type(error).__name__, frames(error))
            for flight in flights:
                flight.fail(error)
        finally:
            for flight in flights:
                self._forget(flight)

    async def _from_shared(self, flights: list[Flight]) -> list[Flight]:
        """Lands what other processes know. Returns the rest."""
        if self.shared is None:
            return flights
        found = list(zip(flights, await self.shared.get([flight.key for flight in flights]), strict=True))
        known = [(flight.key, one) for flight, one in found if one is not None]
        self.memory.put(known)
        labelled(self.metrics.cache, "hit").inc(len(known))
        for flight, one in found:
            if one is not None:
                flight.land(one)
        return [flight for flight, one in found if one is None]

    async def _through_model(
        self, running: Running, flights: list[Flight], client: str, fresh: list[tuple[bytes, Known]]
    ) -> None:
        """Reads and scores. Adds to `fresh` what came of it. Raises Overloaded."""
        if sum(len(flight.reply.text) + len(flight.reply.context or "") for flight in flights) <= SHORT:
            prepared = read_wanted(flights, running.encoder)
        else:
            read = partial(read_wanted, flights, running.encoder)
            prepared = await asyncio.get_running_loop().run_in_executor(self.threads, read)
        wanted = [(flight, one) for flight, one in prepared if flight.watchers]
        labelled(self.metrics.cache, "miss").inc(len(wanted))

        def land(flight: Flight, known: Known) -> None:
            flight.land(known)
            fresh.append((flight.key, known))
            self.memory.put(fresh[-1:])

        def ended(flight: Flight, one: Prepared, job: asyncio.Future[Row]) -> None:
            if job.cancelled():
                return
            try:
                land(flight, pack(one, job.result(), running.config))
            except AppError as error:
                self._forget(flight)  # who asks from now on tries again
                flight.fail(error)

        for flight, one in wanted:
            if one.encoded is None:
                land(flight, pack(one, None, running.config))
        worded = [(flight, one, one.encoded) for flight, one in wanted if one.encoded is not None]
        jobs = running.engine.submit([encoded for *_, encoded in worded], client=client)
        for (flight, one, _), job in zip(worded, jobs, strict=True):
            flight.job = job
            for other in flight.others:
                running.engine.hurry(job, client=other)
            job.add_done_callback(partial(ended, flight, one))
        if jobs:
            await asyncio.wait(jobs)

    def _forget(self, flight: Flight) -> None:
        if self.flights.get(flight.key) is flight:
            del self.flights[flight.key]

    def judge(
        self, asked: Asked, *, sensitivity: Sensitivity, levels: Levels | None = None
    ) -> list[dict[str, Any]]:
        """Verdicts in the order of the replies. Nothing may be missing any more."""
        running = asked.running
        known = [asked.known[key] for key in asked.keys]
        made = verdicts(asked.replies, known, policy=running.policy, sensitivity=sensitivity, levels=levels)
        for (action, reason), number in Counter(map(itemgetter("action", "reason"), made)).items():
            labelled(self.metrics.verdicts, action, reason or "none").inc(number)
        if running.beside is not None:
            readable = [one[-1] & READABLE > 0 for one in known]
            self.offer(Judged(running, asked.replies, readable, made, sensitivity, levels))
        return made


async def landed(flights: Iterable[Flight]) -> None:
    """Returns when all have landed; raises as soon as one fails, what it failed of."""
    # Not gather: who stops waiting must not cancel what others wait for.
    done, _ = await asyncio.wait([flight.result for flight in flights], return_when=asyncio.FIRST_EXCEPTION)
    for result in done:
        result.result()


def read_wanted(flights: Sequence[Flight], encoder: Encoder) -> list[tuple[Flight, Prepared]]:
    """Reads the replies that somebody still waits for when a thread comes to them."""
    wanted = [flight for flight in flights if flight.watchers]
    return list(zip(wanted, prepare([flight.reply for flight in wanted], encoder), strict=True))
