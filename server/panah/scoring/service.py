"""Judges replies: what is known comes from the cache, the rest from the model, the action from the policy.

A reply that many ask for at once is read and scored once: who asks for it while it is on its way waits for the same
flight.
"""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable, Collection, Sequence
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
    cache_keys,
    flag,
)
from panah.scoring.classifier import Encoded, Encoder, ModelConfig, Scores, calibrated
from panah.scoring.engine import Job, Order, Wait
from panah.scoring.policy import LABELS, Levels, Policy, Sensitivity
from panah.scoring.schemas import ReplyIn
from panah.scoring.serving import Running, Serving
from panah.scoring.text import LANGUAGE_GROUPS, MAX_CHARACTERS, LanguageGroup, has_words, language_group, normalise

log = logging.getLogger("panah")

# Characters of replies and posts that are read where they come, in some 2 ms. Waking a thread for them costs more
# than the event loop loses by standing still.
SHORT = 4000
NOTHING: Scores = np.zeros((0, len(LABELS)), np.float32)


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


def pack(replies: Sequence[Prepared], rows: Scores, model: ModelConfig) -> list[Known]:
    """What is to be known about replies, in order, from the graph's scores, (replies with words, labels). Raises
    ScoringFailed for scores that are none.
    """
    worded = [at for at, reply in enumerate(replies) if reply.encoded is not None]
    if not np.isfinite(rows).all():
        raise ScoringFailed("These replies could not be scored. Try again.", retry_after=5)
    temperatures = np.array([model.temperatures[replies[at].group] for at in worded], np.float32)
    scores = np.zeros((len(replies), len(LABELS)), np.float32)
    scores[worded] = calibrated(rows, temperatures[:, None])
    return cache.pack(
        scores,
        [
            flag(
                reply.group,
                readable=reply.encoded is not None,
                truncated=reply.cut or (reply.encoded is not None and reply.encoded.truncated),
            )
            for reply in replies
        ],
    )


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
        self.known: Known | None = None
        self.error: Exception | None = None
        self.is_gone = False
        self.watchers = 0
        self.waits: list[Wait] = []
        self.job: Job | None = None
        self.drop: Callable[[], None] | None = None  # takes its job out of the queue
        self.others: set[str] = set()  # clients who wait for it too

    @property
    def has_ended(self) -> bool:
        return self.known is not None or self.error is not None or self.is_gone

    def tell(self, wait: Wait) -> None:
        """Has `wait` hear of its end, which may have been."""
        if self.known is not None:
            wait.came()
        elif self.error is not None:
            wait.fail(self.error)
        else:
            self.waits.append(wait)

    def land(self, known: Known) -> None:
        if not self.has_ended:
            self.known = known
            for wait in self.waits:
                wait.came()
            self.waits.clear()

    def fail(self, error: Exception) -> None:
        if not self.has_ended:
            self.error = error
            for wait in self.waits:
                wait.fail(error)
            self.waits.clear()

    def leave(self) -> None:
        """One less waits for it."""
        self.watchers -= 1
        if self.watchers:
            return
        self.error = None  # its frames hold the flight, and with it the words
        if not self.has_ended:
            self.is_gone = True
            if self.drop is not None:
                self.drop()


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
                refused = {key: asked.missing[key] for key, flight in watched.items() if flight.error}
                if any(watched[key].client == client for key in refused):
                    raise
                # What was too much for somebody else need not be too much for this client.
                watched |= self._watch(asked.running, refused, client)
                everything += [watched[key] for key in refused]
                await landed(watched.values())
            asked.known |= {key: flight.known for key, flight in watched.items() if flight.known is not None}
        finally:
            for flight in everything:
                flight.leave()

    def _watch(self, running: Running, missing: dict[bytes, ReplyIn], client: str) -> dict[bytes, Flight]:
        """Flights for all that is missing, watched once more; those that are not on their way yet begin."""
        watched = {}
        fresh = []
        for key, reply in missing.items():
            flight = self.flights.get(key)
            if flight is None or flight.is_gone:  # where it failed, who asks from now on tries again
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
        texts = [flight.reply.text for flight in flights]
        if sum(map(len, {*texts, *(flight.reply.context or "" for flight in flights)})) <= SHORT:
            prepared = read_wanted(flights, running.encoder)
        else:
            read = partial(read_wanted, flights, running.encoder)
            prepared = await asyncio.get_running_loop().run_in_executor(self.threads, read)
        wanted = [(flight, one) for flight, one in prepared if flight.watchers]
        labelled(self.metrics.cache, "miss").inc(len(wanted))
        if wordless := [(flight, one) for flight, one in wanted if one.encoded is None]:
            fresh += self._land(running, wordless, NOTHING)
        worded = [(flight, one) for flight, one in wanted if one.encoded is not None]
        wait = Wait(len(worded))

        def landed(places: list[int], rows: Scores) -> None:
            try:
                fresh.extend(self._land(running, [worded[at] for at in places], rows))
            finally:
                wait.came(len(places))

        def failed(places: list[int], error: AppError) -> None:
            for at in places:
                worded[at][0].fail(error)
            wait.came(len(places))

        def drop(job: Job) -> None:
            if running.engine.drop(job):
                wait.came()

        pairs = [one.encoded for _, one in worded if one.encoded is not None]
        jobs = running.engine.submit(pairs, Order(landed, failed), client=client)
        for (flight, _), job in zip(worded, jobs, strict=True):
            flight.job, flight.drop = job, partial(drop, job)
            for other in flight.others:
                running.engine.hurry(job, client=other)
        await wait.over

    def _land(
        self, running: Running, those: list[tuple[Flight, Prepared]], rows: Scores
    ) -> list[tuple[bytes, Known]]:
        """Ends flights with what the graph gave for those of them that have words. Returns what is known now."""
        try:
            known = pack([one for _, one in those], rows, running.config)
        except ScoringFailed as error:
            if len(those) > 1:  # the others need not fail with it
                return [made for at, one in enumerate(those) for made in self._land(running, [one], rows[[at]])]
            those[0][0].fail(error)
            return []
        for (flight, _), one in zip(those, known, strict=True):
            flight.land(one)
        made = [(flight.key, one) for (flight, _), one in zip(those, known, strict=True)]
        self.memory.put(made)
        return made

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


async def landed(flights: Collection[Flight]) -> None:
    """Returns when all have landed; raises as soon as one fails, what it failed of."""
    wait = Wait(len(flights))
    for flight in flights:
        flight.tell(wait)
    try:
        await wait.over
    finally:
        del wait  # it holds the error, whose frames would hold it, and with it all flights


def read_wanted(flights: Sequence[Flight], encoder: Encoder) -> list[tuple[Flight, Prepared]]:
    """Reads the replies that somebody still waits for when a thread comes to them."""
    wanted = [flight for flight in flights if flight.watchers]
    return list(zip(wanted, prepare([flight.reply for flight in wanted], encoder), strict=True))
