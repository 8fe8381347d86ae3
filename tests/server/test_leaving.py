"""A client that leaves, over a real socket: what it asked for is not computed for nobody."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from panah.app import create_app
from panah.settings import Settings
from tests.server.conftest import StubModel, replies


@pytest.fixture
def address(settings: Settings, model: StubModel) -> Iterator[tuple[str, int]]:
    """The app with a stub model behind a real uvicorn in a thread."""
    app = create_app(settings.model_copy(update={"batch_size": 4, "allowed_hosts": frozenset({"*"})}))
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
