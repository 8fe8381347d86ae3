"""A text that was sent for a score is nowhere afterwards: no database, cache, log, page of numbers or error."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from tests.harness.chromium import Chromium
from tests.harness.panah_server import PanahServer, running_panah
from tests.harness.recorder import Recorder
from tests.harness.servers import fresh_database, postgres_files, redis_dump
from tests.harness.x_page import Post, Scene, conversation
from tests.journeys.reading import wait_for_verdicts
from tests.journeys.thread import VIEWER


@dataclass
class Stack:
    """A service and the stores that only it writes to."""

    server: PanahServer
    database: str
    redis_url: str | None
    folder: Path

    def remains(self) -> Iterator[tuple[str, bytes]]:
        """All that is left of what happened, by the name of its place, once the service has ended."""
        metrics = httpx.get(f"{self.server.url}/metrics").content
        yield "metrics", metrics
        self.server.stop()
        yield "log", self.server.log.read_bytes()
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield path.name, path.read_bytes()
        if self.redis_url:
            yield "redis", redis_dump(self.redis_url)
        if self.database.startswith("postgresql"):
            for content in postgres_files(self.database):
                yield "postgres", content


@pytest.fixture(params=["sqlite", "postgres and redis"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    if request.param == "sqlite":
        database = f"sqlite:///{tmp_path / 'panah.db'}"
        with running_panah(tmp_path, database_url=database) as server:
            yield Stack(server, database, None, tmp_path)
        return
    postgres, redis_url = request.getfixturevalue("postgres_url"), request.getfixturevalue("redis_url")
    with (
        fresh_database(postgres) as database,
        running_panah(tmp_path, database_url=database, redis_url=redis_url) as server,
    ):
        yield Stack(server, database, redis_url, tmp_path)


def test_a_text_leaves_no_trace(stack: Stack) -> None:
    canary = f"canary{uuid4().hex}"
    url = f"{stack.server.url}/v1/score"
    words = f"you brought this on yourself {canary}"
    with httpx.Client(timeout=30) as client:
        good = client.post(url, json={"replies": [{"id": "0", "text": words, "context": f"I told HR {canary}"}]})
        assert good.status_code == httpx.codes.OK
        assert canary not in good.text
        refused = [
            client.post(url, content=f'{{"replies": [{{"id": "0", "text": "{words}"'.encode()),
            client.post(url, content=words.encode("utf-16"), headers={"Content-Type": "application/json"}),
            client.post(url, content=b"\xff\xfe" + words.encode(), headers={"Content-Type": "application/json"}),
            client.post(url, json={"replies": [{"id": "0", "text": [words]}]}),
            client.post(url, json={"replies": words}),
            client.post(url, json={"replies": [{"id": canary * 9, "text": words}]}),
            client.post(url, json={"replies": [{"id": canary, "text": words}] * 2}),
            client.post(url, json={"replies": [{"id": "0", "text": words}], "sensitivity": canary}),
            client.post(url, json={"replies": [{"id": "0", "text": words}] * 9000}),
            client.post(url, content=f'{{"replies":[{{"id":"0","text":["\\ud800 {words}"]}}]}}'.encode()),
            client.post(url, json={"replies": []}, headers={"Authorization": f"Bearer {canary}"}),
            client.put(url, json={"replies": [{"id": "0", "text": words}]}),
            client.get(f"{stack.server.url}/{canary}", params={"text": words}),
        ]
    for answer in refused:
        assert 400 <= answer.status_code < 500, answer.text
        assert canary not in answer.text, answer.request.content[:200]
    if stack.redis_url:
        with Redis.from_url(stack.redis_url) as redis:
            assert redis.dbsize() > 0  # The cache did work, so there is something to look into.
    remains = list(stack.remains())
    assert {"metrics", "log"} < {place for place, _ in remains}
    for place, content in remains:
        assert canary.encode() not in content, place
        assert canary.encode("utf-16-le") not in content, place


def test_a_reply_read_in_a_browser_leaves_no_trace_on_the_server(
    chromium: Chromium, panah: PanahServer, edge: Recorder, postgres_url: str, redis_url: str
) -> None:
    canary = f"canary{uuid4().hex}"
    focal = Post("1989000000000002001", "paper_lantern", "Paper Lantern", f"He followed me home. {canary}")
    reply = Post("1989000000000002002", "night_bus_42", "Night Bus 42", f"You wanted it, it is your fault {canary}")
    chromium.show(Scene({focal.id: conversation(focal, [reply])}, VIEWER))
    chromium.open(f"/{focal.handle}/status/{focal.id}")
    wait_for_verdicts(edge, [reply])
    assert any(request.body.count(canary.encode()) == 2 for request in edge.seen)  # The post it answers too.
    panah.stop()
    assert canary.encode() not in panah.log.read_bytes()
    assert canary.encode() not in redis_dump(redis_url)
    assert not any(canary.encode() in content for content in postgres_files(postgres_url))
