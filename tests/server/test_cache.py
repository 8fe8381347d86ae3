"""The verdict cache, in process and on a real Redis."""

import asyncio
import socket
import time

import numpy as np
import pytest
from redis.asyncio import Redis

from panah.metrics import Metrics
from panah.scoring.cache import MemoryCache, RedisCache, cache_key
from tests.server.conftest import run_apart

ROW = np.linspace(0, 1, 10, dtype=np.float32)
SECRET = b"0123456789abcdef0123456789abcdef"


def test_a_key_tells_nothing_without_the_secret_and_parts_do_not_run_together() -> None:
    key = cache_key(SECRET, model="v1", reply="ab", context="c")
    assert len(key) == 20
    others = {
        cache_key(b"x" * 32, model="v1", reply="ab", context="c"),
        cache_key(SECRET, model="v2", reply="ab", context="c"),
        cache_key(SECRET, model="v1", reply="a", context="bc"),
        cache_key(SECRET, model="v1", reply="abc", context=""),
    }
    assert len(others | {key}) == 5
    assert key == cache_key(SECRET, model="v1", reply="ab", context="c")


def test_memory_keeps_rows_as_they_were_and_forgets_the_oldest() -> None:
    async def run() -> None:
        cache = MemoryCache(entries=2, ttl=60)
        await cache.put([(b"a", ROW), (b"b", ROW), (b"c", ROW)])
        found = await cache.get([b"c", b"a", b"b"])
        assert found[1] is None
        assert found[0] is not None
        assert (found[0] == ROW).all()
        assert found[2] is not None

    run_apart(run())


def test_memory_forgets_when_the_time_is_over_and_can_be_switched_off() -> None:
    async def run() -> None:
        short, off = MemoryCache(entries=9, ttl=0.01), MemoryCache(entries=0, ttl=60)
        for cache in (short, off):
            await cache.put([(b"a", ROW)])
        await asyncio.sleep(0.02)
        assert await short.get([b"a"]) == [None]
        assert await off.get([b"a"]) == [None]

    run_apart(run())


def test_redis_keeps_rows_in_order_with_a_time_to_live(redis_url: str) -> None:
    async def run() -> None:
        redis = Redis.from_url(redis_url)
        await redis.flushdb()
        cache = RedisCache(redis, ttl=60, metrics=Metrics())
        await cache.put([(b"a", ROW), (b"b", ROW * 0.5)])
        found = await cache.get([b"b", b"nothing", b"a"])
        assert found[1] is None
        assert found[0] == pytest.approx(ROW * 0.5, abs=0.0005)
        assert found[2] == pytest.approx(ROW, abs=0.0005)
        assert 0 < await redis.ttl(b"score:a") <= 60
        await redis.aclose()

    run_apart(run())


def test_a_dead_redis_is_a_miss_and_is_left_alone_for_a_while() -> None:
    with socket.socket() as listening:  # accepts and never answers: the worst kind of dead
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]

        async def run() -> None:
            metrics = Metrics()
            redis = Redis.from_url(f"redis://127.0.0.1:{port}", socket_timeout=0.1, socket_connect_timeout=0.1)
            cache = RedisCache(redis, ttl=60, metrics=metrics)
            started = time.monotonic()
            assert await cache.get([b"a"]) == [None]
            await cache.put([(b"a", ROW)])
            for _ in range(100):
                assert await cache.get([b"a", b"b"]) == [None, None]
            # One time-out, with redis-py's own retries, not a hundred.
            assert time.monotonic() - started < RedisCache.REST
            assert metrics.registry.get_sample_value("panah_faults_total", {"part": "redis"}) == 1
            await redis.aclose()

        run_apart(run())
