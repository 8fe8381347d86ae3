"""Who is asking, and how often they may."""

import logging
import socket
import threading
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import RedisDsn, SecretStr, ValidationError
from redis import Redis
from starlette.types import Receive, Scope, Send

from panah.app import create_app
from panah.limits import LocalCounts, SharedCounts
from panah.settings import Settings
from tests.harness.processes import wait_until
from tests.server.conftest import MakeClient, StubModel, replies

BODY = replies("words")


def statuses(client: TestClient, times: int, **headers: str) -> list[int]:
    return [client.post("/v1/score", json=BODY, headers=headers).status_code for _ in range(times)]


def test_one_request_over_the_limit_is_told_when_to_come_back(model: StubModel, make_client: MakeClient) -> None:
    client = make_client(score_limit="3/minute")
    assert statuses(client, 3) == [200] * 3
    refused = client.post("/v1/score", json=BODY)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert client.get("/healthz").status_code == 200


def test_a_known_token_has_a_bucket_of_its_own(model: StubModel, make_client: MakeClient) -> None:
    client = make_client(
        score_limit="2/minute",
        client_tokens=frozenset({SecretStr("token-one"), SecretStr("token-two"), SecretStr("ٹوکن")}),
    )
    assert statuses(client, 3) == [200, 200, 429]
    assert statuses(client, 3, Authorization="Bearer token-one") == [200, 200, 429]
    assert statuses(client, 1, Authorization="bearer token-two") == [200]
    urdu = {b"Authorization": "Bearer ٹوکن".encode()}
    assert client.post("/v1/score", json=BODY, headers=urdu).status_code == 200


def test_made_up_tokens_are_refused_and_do_not_escape_the_limit(model: StubModel, make_client: MakeClient) -> None:
    client = make_client(score_limit="3/minute")
    for guess in ("a", "b", "ü"):
        refused = client.post("/v1/score", json=BODY, headers={b"Authorization": f"Bearer {guess}".encode()})
        assert (refused.status_code, refused.json()["code"]) == (401, "unknown-token")
        assert refused.headers["www-authenticate"] == "Bearer"
    assert statuses(client, 1, Authorization="Bearer c") == [429]
    assert statuses(client, 1) == [429]


def test_refused_requests_count_too(model: StubModel, make_client: MakeClient) -> None:
    client = make_client(score_limit="3/minute")
    wrong_token = client.post("/v1/score", json=BODY, headers={"Authorization": "Bearer guess"}).status_code
    not_json = client.post("/v1/score", content=b"{", headers={"Content-Type": "application/json"}).status_code
    assert [wrong_token, not_json, *statuses(client, 2)] == [401, 400, 200, 429]


def test_nobody_who_goes_over_the_limit_is_named_in_a_log(
    model: StubModel, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(score_limit="1/minute")
    with caplog.at_level(logging.DEBUG):
        assert statuses(client, 2) == [200, 429]
    assert "address" not in caplog.text
    assert "testclient" not in caplog.text


def test_addresses_are_counted_apart_but_one_ipv6_household_together(settings: Settings, model: StubModel) -> None:
    app = create_app(settings.model_copy(update={"score_limit": "1/minute"}))

    async def from_anywhere(scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope.get("headers", []):
            if name == b"x-test-address":
                scope["client"] = (value.decode(), 1)
        await app(scope, receive, send)

    with TestClient(from_anywhere) as client:

        def ask(address: str) -> int:
            return statuses(client, 1, **{"X-Test-Address": address})[0]

        assert [ask("192.0.2.1"), ask("192.0.2.1"), ask("192.0.2.2")] == [200, 429, 200]
        assert [ask("::ffff:192.0.2.1"), ask("::ffff:192.0.2.3"), ask("::ffff:192.0.2.4")] == [429, 200, 200]
        assert [ask("2001:db8::1"), ask("2001:db8::2"), ask("2001:db8:0:1::1")] == [200, 429, 200]


def counts_of(client: TestClient) -> SharedCounts:
    found: SharedCounts = client.app.state.limiter.limiter.storage  # type: ignore[attr-defined]
    return found


def test_the_limit_is_shared_through_redis(model: StubModel, make_client: MakeClient, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    redis.flushdb()
    one, two = (make_client(score_limit="3/minute", redis_url=RedisDsn(redis_url)) for _ in range(2))
    assert statuses(one, 2) + statuses(two, 1) == [200, 200, 200]
    (key,) = counts_of(one)._windows
    wait_until(lambda: counts_of(two).get(key) == 3, "it knows what the other one counted")
    assert statuses(two, 1) == [429]
    (name,) = redis.keys("LIMITS:*")
    assert 0 < redis.ttl(name) <= 60


def test_what_redis_counts_ends_with_the_window(redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    redis.flushdb()
    one, two = (SharedCounts(f"panah+{redis_url}", timeout=1) for _ in range(2))
    assert one.incr("a", 30, 2) == 2
    one._tell()
    assert two.incr("a", 60) == 1
    two._tell()
    assert two.get("a") == 3
    assert two.get_expiry("a") == pytest.approx(one.get_expiry("a"), abs=1)  # it began with the first request
    redis.delete("LIMITS:a")
    two.incr("a", 60)
    two._tell()
    assert two.get("a") == 2  # nobody is counted for more than came
    for storage in (one, two):
        storage.close()


def test_a_redis_that_hangs_is_met_by_the_thread_alone(
    model: StubModel, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: set[str] = set()
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if address == listening.getsockname():
            met.add(threading.current_thread().name)
        real(self, address)

    with socket.create_server(("127.0.0.1", 0)) as listening:  # accepts and never answers
        monkeypatch.setattr(socket.socket, "connect", connect)
        storage = SharedCounts("panah+redis://{}:{}".format(*listening.getsockname()), timeout=0.05)
        assert [storage.incr("a", 60) for _ in range(3)] == [1, 2, 3]
        wait_until(lambda: met, "Redis was asked")
        assert [storage.incr("a", 60) for _ in range(3)] == [4, 5, 6]
        assert storage.get("a") == 6
        storage.close()
    assert met == {"limits"}
    assert "limits" not in {thread.name for thread in threading.enumerate()}


def test_windows_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    storage = LocalCounts()
    for at in range(50):
        storage.incr(f"client {at}", 1)
    now[0] += LocalCounts.SWEEP_EVERY
    assert [storage.incr("client 0", 60), storage.incr("client 0", 60)] == [1, 2]
    assert (list(storage._windows), storage.get_expiry("client 0")) == (["client 0"], now[0] + 60)
    now[0] += 60
    assert storage.get("client 0") == 0
    assert storage.incr("client 0", 60) == 1


def test_with_redis_down_replies_are_judged_and_limits_go_on_in_memory(
    model: StubModel, make_client: MakeClient
) -> None:
    client = make_client(score_limit="3/minute", redis_url=RedisDsn("redis://127.0.0.1:1"))
    assert statuses(client, 4) == [200, 200, 200, 429]
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["checks"]["redis"].startswith("down")


@pytest.mark.parametrize("limit", ["often", "10 per", "", "ten/minute"])
def test_a_limit_that_slowapi_would_ignore_is_refused_at_start(limit: str) -> None:
    with pytest.raises(ValidationError, match="120/minute"):
        Settings(score_limit=limit)


def test_a_clock_that_is_set_back_does_not_make_a_window_last(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = LocalCounts()
    monkeypatch.setattr("panah.limits.time.time", lambda: 10_000.0)
    assert [counts.incr("somebody", 60), counts.incr("somebody", 60)] == [1, 2]
    monkeypatch.setattr("panah.limits.time.time", lambda: 6_400.0)
    assert counts.incr("somebody", 60) == 1
    assert counts.get_expiry("somebody") == 6_460.0
