"""What is known about pairs, in process and on a real Redis."""

import asyncio
import socket
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from panah.metrics import Metrics
from panah.scoring.cache import FORM, STEPS, MemoryCache, RedisCache, cache_keys, flag, is_whole, pack
from panah.scoring.policy import LABELS
from panah.scoring.schemas import ReplyIn
from panah.scoring.text import LANGUAGE_GROUPS
from tests.server.conftest import run_apart

ROW = np.linspace(0, 1, len(LABELS), dtype=np.float32)
KNOWN, OTHER = pack(
    np.stack([ROW, ROW * 0.5]),
    [flag("en", readable=True, truncated=False), flag("ur", readable=True, truncated=True)],
)
SECRET = b"0123456789abcdef0123456789abcdef"


def key(
    text: str, context: str = "", lang: str | None = None, *, model: str = "v1", secret: bytes = SECRET
) -> bytes:
    (made,) = cache_keys(secret, model, [ReplyIn(id="0", text=text, context=context, lang=lang)])
    return made


def test_a_key_tells_nothing_without_the_secret_and_parts_do_not_run_together() -> None:
    found = {
        key("ab", "c"),
        key("ab", "c", secret=b"x" * 32),
        key("ab", "c", model="v2"),
        key("a", "bc"),
        key("abc"),
        key("ab", "c", "ur"),
        key("\1ab", "c"),
    }
    assert len(found) == 7
    assert {len(one) for one in found} == {20}


def test_of_the_hint_a_key_holds_only_whether_it_can_break_a_tie() -> None:
    assert key("ab", "c", "en") == key("ab", "c") == key("ab", "c", "fr")
    assert key("ab", "c", "in") == key("ab", "c", "ur")


REPLIES = st.builds(
    ReplyIn,
    id=st.just("0"),
    text=st.text(max_size=9),
    context=st.sampled_from([None, "", "a", "b"]),
    lang=st.none() | st.sampled_from(["ur", "en"]),
)


@given(st.lists(REPLIES, max_size=6))
def test_keys_do_not_depend_on_their_company(replies: list[ReplyIn]) -> None:
    assert cache_keys(SECRET, "v1", replies) == [key(one.text, one.context or "", one.lang) for one in replies]


@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(0, 1, width=32), min_size=len(LABELS), max_size=len(LABELS)),
            st.builds(flag, st.sampled_from(LANGUAGE_GROUPS), readable=st.booleans(), truncated=st.booleans()),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_scores_are_kept_to_four_places(pairs: list[tuple[list[float], int]]) -> None:
    rows = np.array([scores for scores, _ in pairs], np.float32)
    known = pack(rows, [flags for _, flags in pairs])
    assert all(map(is_whole, known))
    for one, row, (_, flags) in zip(known, rows.tolist(), pairs, strict=True):
        (form,) = np.frombuffer(one, FORM)
        assert (form["scores"] / STEPS).tolist() == [round(p, 4) for p in row]
        assert form["flags"] == flags


@pytest.mark.parametrize(
    "damaged",
    [None, b"", KNOWN[:-1], KNOWN + b"\0", KNOWN[:-1] + b"\xff", KNOWN[:-1] + b"\3", b"\xff" * 20 + b"\4", "x"],
)
def test_what_is_damaged_is_not_known(damaged: object) -> None:
    assert is_whole(KNOWN)
    assert not is_whole(damaged)


def test_memory_keeps_what_it_gets_and_forgets_what_was_not_asked_for_longest() -> None:
    cache = MemoryCache(entries=2, ttl=60)
    cache.put([(b"a", KNOWN), (b"b", KNOWN)])
    assert cache.get([b"a"]) == [KNOWN]
    cache.put([(b"c", OTHER)])
    assert cache.get([b"c", b"b", b"a"]) == [OTHER, None, KNOWN]


def test_memory_forgets_when_the_time_is_over_and_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    short, off = MemoryCache(entries=9, ttl=10), MemoryCache(entries=0, ttl=10)
    for cache in (short, off):
        cache.put([(b"a", KNOWN)])
    assert off.get([b"a"]) == [None]
    now[0] += 9
    assert short.get([b"a"]) == [KNOWN]
    now[0] += 1
    assert short.get([b"a"]) == [None]
    short.put([(b"b", KNOWN)])
    assert len(short) == 1  # what nobody asks for any more is not kept either


def test_redis_keeps_what_it_gets_in_order_with_a_time_to_live_and_no_damage_comes_back(redis_url: str) -> None:
    async def run() -> None:
        redis = Redis.from_url(redis_url)
        await redis.flushdb()
        cache = RedisCache(redis, ttl=60, metrics=Metrics())
        await cache.put([(b"a", KNOWN), (b"b", OTHER)])
        await redis.set(RedisCache.PREFIX + b"c", b"damaged")
        assert await cache.get([b"b", b"nothing", b"c", b"a"]) == [OTHER, None, None, KNOWN]
        assert 0 < await redis.ttl(RedisCache.PREFIX + b"a") <= 60
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
            await cache.put([(b"a", KNOWN)])
            for _ in range(100):
                assert await cache.get([b"a", b"b"]) == [None, None]
            # One time-out, with redis-py's own retries, not a hundred.
            assert time.monotonic() - started < RedisCache.REST
            assert metrics.registry.get_sample_value("panah_faults_total", {"part": "redis"}) == 1
            await redis.aclose()

        run_apart(asyncio.wait_for(run(), 20))
