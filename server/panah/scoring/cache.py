"""Scores already known, under keys that tell nothing about the words they stand for."""

import hashlib
import logging
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from cachetools import TTLCache
from numpy.typing import NDArray
from redis.asyncio import Redis
from redis.exceptions import RedisError

from panah.metrics import Metrics

log = logging.getLogger("panah")

Row = NDArray[np.float32]
STORED = np.dtype("<f4")  # exactly what the graph said: 40 bytes a reply


def cache_key(secret: bytes, *, model: str, reply: str, context: str) -> bytes:
    """A keyed BLAKE2b of the normalised pair (RFC 7693): without the secret nobody can test a guess."""
    digest = hashlib.blake2b(key=secret[:64], digest_size=20)
    for part in (model, reply, context):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "little") + encoded)
    return digest.digest()


class Cache(Protocol):
    """Looks up and keeps rows of scores by key, in order; None where nothing is known."""

    async def get(self, keys: Sequence[bytes]) -> list[Row | None]: ...
    async def put(self, rows: Sequence[tuple[bytes, Row]]) -> None: ...


class MemoryCache:
    """The least recently used go first; nothing outlives the process."""

    def __init__(self, *, entries: int, ttl: float) -> None:
        self._rows: TTLCache[bytes, bytes] = TTLCache(entries, ttl)

    async def get(self, keys: Sequence[bytes]) -> list[Row | None]:
        return [None if (row := self._rows.get(key)) is None else unpack(row) for key in keys]

    async def put(self, rows: Sequence[tuple[bytes, Row]]) -> None:
        if self._rows.maxsize:
            self._rows.update((key, pack(row)) for key, row in rows)


class RedisCache:
    """Shared between processes. Redis down means scoring without a cache, never an error."""

    REST = 5.0  # seconds without asking a Redis that has just failed, so that it does not slow each request

    def __init__(self, redis: Redis, *, ttl: float, metrics: Metrics) -> None:
        self._redis = redis
        self._ttl = max(1, int(ttl))
        self._metrics = metrics
        self._rests_until = 0.0

    async def get(self, keys: Sequence[bytes]) -> list[Row | None]:
        if self._resting():
            return [None] * len(keys)
        try:
            found = await self._redis.mget([b"score:" + key for key in keys])
        except (RedisError, OSError) as error:
            self._failed(error)
            return [None] * len(keys)
        return [None if row is None else unpack(row) for row in found]

    async def put(self, rows: Sequence[tuple[bytes, Row]]) -> None:
        if self._resting() or not rows:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for key, row in rows:
            pipeline.set(b"score:" + key, pack(row), ex=self._ttl)
        try:
            await pipeline.execute()
        except (RedisError, OSError) as error:
            self._failed(error)

    def _resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def _failed(self, error: Exception) -> None:
        self._metrics.faults.labels("redis").inc()
        self._rests_until = time.monotonic() + self.REST
        log.warning("scoring without the cache for %g s: %s", self.REST, type(error).__name__)


def pack(row: Row) -> bytes:
    return row.astype(STORED).tobytes()


def unpack(stored: bytes | str) -> Row:
    assert isinstance(stored, bytes)  # noqa: S101  (the client is made without decode_responses)
    return np.frombuffer(stored, STORED).astype(np.float32)
