"""What is already known about pairs, under keys that tell nothing about the words they stand for.

Known is what reading and the model gave: ten calibrated scores as they are told, the language group, whether there
were words and whether the middle was left out. Thresholds are applied anew each time.
"""

import hashlib
import logging
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeGuard

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from panah.metrics import Metrics
from panah.scoring.policy import LABELS
from panah.scoring.schemas import ReplyIn
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup, is_urdu

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("panah")

Scores = NDArray[np.float32]  # (pairs, LABELS), P in [0, 1], calibrated
Known = bytes  # one FORM: what is known about one pair

STEPS = 10_000  # in which a P is told and kept
FORM = np.dtype([("scores", "<u2", len(LABELS)), ("flags", "u1")])
GROUP, READABLE, TRUNCATED = 0b0011, 0b0100, 0b1000  # in flags; the group by its place in LANGUAGE_GROUPS
FLAGS = bytes(
    group + more for group in range(len(LANGUAGE_GROUPS)) for more in (0, READABLE, TRUNCATED, READABLE + TRUNCATED)
)


def flag(group: LanguageGroup, *, readable: bool, truncated: bool) -> int:
    """What a FORM has in `flags`."""
    return LANGUAGE_GROUPS.index(group) + (READABLE if readable else 0) + (TRUNCATED if truncated else 0)


def pack(scores: Scores, flags: Sequence[int]) -> list[Known]:
    """What is to be known about pairs, in order: calibrated scores (pairs, labels), none for a reply without words,
    and flags.
    """
    forms = np.empty(len(flags), FORM)
    # In float64 the product is exact, so this is round(p, 4).
    forms["scores"] = np.rint(scores.astype(np.float64) * STEPS)
    forms["flags"] = flags
    every = forms.tobytes()
    return [every[at : at + FORM.itemsize] for at in range(0, len(every), FORM.itemsize)]


def is_whole(known: object) -> TypeGuard[Known]:
    """Whether what a store gave back is something that `pack` made."""
    return (
        isinstance(known, bytes)
        and len(known) == FORM.itemsize
        and known[-1] in FLAGS
        and int(np.frombuffer(known, FORM)["scores"].max()) <= STEPS
    )


READING = "1"  # changes with what normalise, language_group and romanise make of a text


def cache_keys(secret: bytes, model: str, replies: Iterable[ReplyIn]) -> list[bytes]:
    """A keyed BLAKE2b (RFC 7693) of text, context and model for each reply as it came, 20 bytes: without the secret
    nobody can test a guess. Of `lang` it holds whether it can break a tie.
    """
    begun = hashlib.blake2b(sized(READING) + sized(model), key=secret[:64], digest_size=20)
    contexts = {}
    keys = []
    for reply in replies:
        context = reply.context or ""
        if context not in contexts:  # a thread's replies share one
            contexts[context] = begun.copy()
            contexts[context].update(sized(context))
        digest = contexts[context].copy()
        digest.update((b"\1" if is_urdu(reply.lang) else b"\0") + reply.text.encode())
        keys.append(digest.digest())
    return keys


def sized(part: str) -> bytes:
    encoded = part.encode()
    return len(encoded).to_bytes(4, "little") + encoded


class MemoryCache:
    """This process's own. The least recently used go first, and nothing is kept for longer than `ttl` seconds."""

    SWEEPS = 24  # in a ttl: what nobody asks for any more goes then

    def __init__(self, *, entries: int, ttl: float) -> None:
        # Not TTLCache: it takes seven times as long to look up.
        self._entries: LRUCache[bytes, tuple[Known, float]] = LRUCache(entries)
        self._pause = ttl / self.SWEEPS
        self._lives = ttl - self._pause  # a sweep comes at the end of it
        self._sweep_at = time.monotonic() + self._pause

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, keys: Sequence[bytes]) -> list[Known | None]:
        """In order; None where nothing is known."""
        now = time.monotonic()
        look = self._entries.get
        found = [look(key) for key in keys]
        return [entry[0] if entry is not None and entry[1] > now else None for entry in found]

    def put(self, fresh: Sequence[tuple[bytes, Known]]) -> None:
        if not self._entries.maxsize:
            return
        now = time.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + self._pause
            for key in [key for key, (_, until) in self._entries.items() if until <= now]:
                del self._entries[key]
        until = now + self._lives
        for key, known in fresh:
            self._entries[key] = known, until


class RedisCache:
    """Shared between processes. Redis down means scoring without it, never an error."""

    REST = 5.0  # seconds without asking a Redis that has just failed, so that it does not slow each request
    PREFIX = b"known:"  # another one than when rows were 40 bytes under keys of normalised texts

    def __init__(self, redis: "Redis", *, ttl: float, metrics: Metrics) -> None:
        from redis import RedisError  # here, for whoever runs without Redis (app.py)

        self._faults = RedisError, OSError
        self._redis = redis
        self._ttl = max(1, int(ttl))
        self._metrics = metrics
        self._rests_until = 0.0

    async def get(self, keys: Sequence[bytes]) -> list[Known | None]:
        """In order, with one MGET; None where nothing is known, or what is stored is damaged."""
        if self._resting():
            return [None] * len(keys)
        try:
            found = await self._redis.mget([self.PREFIX + key for key in keys])
        except self._faults as error:
            self._failed(error)
            return [None] * len(keys)
        return [known if is_whole(known) else None for known in found]

    async def put(self, fresh: Sequence[tuple[bytes, Known]]) -> None:
        """In one go."""
        if self._resting() or not fresh:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for key, known in fresh:
            pipeline.set(self.PREFIX + key, known, ex=self._ttl)
        try:
            await pipeline.execute()
        except self._faults as error:
            self._failed(error)

    def _resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def _failed(self, error: Exception) -> None:
        self._metrics.faults.labels("redis").inc()
        self._rests_until = time.monotonic() + self.REST
        log.warning("scoring without the cache for %g s: %s", self.REST, type(error).__name__)
