"""A small proxy in front of the service that remembers every request as it arrived at the edge."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import httpx

PER_HOP = {"connection", "content-encoding", "content-length", "date", "host", "keep-alive", "server"}
PER_HOP.add("transfer-encoding")

RETRY_AFTER = 2  # more than the extension waits by itself


@dataclass(frozen=True)
class Seen:
    """One request as the service's machine received it, and what it answered."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    status: int | None = None  # None: no answer, the service was down
    answer: bytes = b""

    @property
    def replies(self) -> list[dict[str, Any]]:
        """The replies that a scoring request carries; none for another request."""
        found: list[dict[str, Any]] = json.loads(self.body)["replies"] if self._is_scoring else []
        return found

    @property
    def _is_scoring(self) -> bool:
        return (self.method, self.path) == ("POST", "/v1/score")

    @property
    def verdicts(self) -> dict[str, dict[str, Any]]:
        """The verdict on each text that was answered."""
        if self.status != httpx.codes.OK or not self.replies:
            return {}
        verdicts = json.loads(self.answer)["verdicts"]
        return {reply["text"]: verdict for reply, verdict in zip(self.replies, verdicts, strict=True)}


class Recorder:
    """Forwards to the service at `upstream` and keeps what passed in `seen`, oldest first.

    While the service is down, connections end without an answer, much as they do where nothing listens.
    Answers wait while `open` is not set; with `only_later` none but those to a second scoring request and all after
    it. `arrived` counts scoring requests, also those that still wait.
    The next `refusals` of them are refused as by a service with too much to do, for RETRY_AFTER seconds.
    """

    def __init__(self, upstream: str) -> None:
        self.seen: list[Seen] = []
        self.arrived = 0
        self.refusals = 0
        self.only_later = False
        self.open = Event()
        self.open.set()
        self._client = httpx.Client(base_url=upstream, timeout=30)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._client.close()

    def clear(self) -> None:
        """Forgets all that passed."""
        self.seen.clear()
        self.arrived = 0
        self.refusals = 0
        self.only_later = False

    @property
    def texts(self) -> list[str]:
        """The text of every reply that was sent for a score."""
        return [reply["text"] for request in self.seen for reply in request.replies]

    @property
    def verdicts(self) -> dict[str, dict[str, Any]]:
        """The newest verdict on each text."""
        return {text: verdict for request in self.seen for text, verdict in request.verdicts.items()}

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response | None:
        """The service's answer; None while it is down."""
        scoring = path == "/v1/score" and method == "POST"
        self.arrived += scoring
        if not self.only_later or (scoring and self.arrived > 1):
            self.open.wait()
        if self.refusals > 0 and path == "/v1/score":
            self.refusals -= 1
            return httpx.Response(503, headers={"Retry-After": str(RETRY_AFTER)})
        sent = {name: value for name, value in headers.items() if name not in PER_HOP}
        try:
            answer = self._client.request(method, path, content=body, headers=sent)
        except httpx.TransportError:
            self.seen.append(Seen(method, path, headers, body))
            return None
        self.seen.append(Seen(method, path, headers, body, answer.status_code, answer.content))
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        forward = self.forward

        class Edge(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = forward(self.command, self.path, headers, body)
                if answer is None:
                    return
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name not in PER_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                # A browser that was closed meanwhile does not matter here.
                try:
                    self.wfile.write(answer.content)
                except ConnectionError:
                    self.close_connection = True

            def log_request(self, *_: object) -> None:
                """Keeps the run's output for the tests."""

        for method in ("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"):
            setattr(Edge, f"do_{method}", Edge.handle_any)
        return Edge


@contextmanager
def recording(upstream: str) -> Iterator[Recorder]:
    """A recorder that listens on a port of its own, and no longer afterwards."""
    recorder = Recorder(upstream)
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop()
