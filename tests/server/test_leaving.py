"""Leaving, over a real socket: what a client asked for before is not computed for nobody, and a server that is
stopped answers what it has begun.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import uvicorn

from panah.app import create_app
from panah.settings import Settings
from tests.harness.panah_server import running_panah
from tests.harness.processes import wait_until
from tests.server.conftest import StubModel, replies


@pytest.fixture
def address(settings: Settings, model: StubModel) -> Iterator[tuple[str, int]]:
    """The app with a stub model behind a real uvicorn in a thread."""
    app = create_app(settings.model_copy(update={"allowed_hosts": frozenset({"*"})}))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join(20)
    listening.close()


def test_what_a_client_asked_before_leaving_is_not_computed(address: tuple[str, int], model: StubModel) -> None:
    entered, gate = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        gate.wait(10)

    model.before = hold
    body = json.dumps(replies(*(f"reply number {at}" for at in range(40)))).encode()
    head = f"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    with socket.create_connection(address) as client:
        client.sendall(head.encode() + b"\r\n\r\n" + body)
        assert entered.wait(10)
    time.sleep(0.3)  # for the server to notice; there is no event to wait for
    gate.set()
    time.sleep(0.3)
    assert model.seen <= 8  # the call that ran when it left, and at most one that had begun


def test_a_server_that_is_stopped_answers_what_it_has_begun(tmp_path: Path) -> None:
    with running_panah(tmp_path, database_url=f"sqlite:///{tmp_path / 'panah.db'}", model_threads="1") as server:

        def ask(name: str) -> int:
            texts = [f"{name} said in the {at}th place that she should have known better" for at in range(64)]
            return httpx.post(f"{server.url}/v1/score", json=replies(*texts), timeout=30).status_code

        def all_are_in() -> bool:
            shown = httpx.get(f"{server.url}/metrics").text.splitlines()
            read = [line for line in shown if line.startswith('panah_cache_total{result="miss"}')]
            return bool(read) and float(read[0].split()[1]) == 6 * 64

        with ThreadPoolExecutor(6) as readers:
            answers = [readers.submit(ask, name) for name in ("Asma", "Bano", "Cyra", "Dua", "Esha", "Fiza")]
            wait_until(all_are_in, "all 384 replies are read, and most still wait")
            status = server.stop()
            assert [one.result() for one in answers] == [200] * 6
        assert status == 0
