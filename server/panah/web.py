"""What every request passes through: id, body limit, security headers, metrics, the last net for faults."""

import logging
import time
from collections.abc import Collection
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from panah.errors import AppError, BodyTooLarge, UnknownHost, frames, problem
from panah.metrics import Metrics, labelled, labelled_times

log = logging.getLogger("panah")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = (  # as ASGI takes them
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), browsing-topics=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class Envelope:
    """ASGI middleware around everything else. Written bare: Starlette's BaseHTTPMiddleware costs more than
    the answer from the cache does, and an error that passes it is logged with its message.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, body_limit: int, allowed_hosts: Collection[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.body_limit = body_limit
        self.allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid4().hex
        started = time.perf_counter()
        status = 0
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.body_limit:
                raise self.too_large()
            return message

        async def unless_too_large(message: Message) -> None:
            # FastAPI turns any fault while reading the body into a 400 of its own.
            if received <= self.body_limit:
                await answer(message)

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                is_api = scope["path"].startswith("/v1/")
                # Bare tuples, not MutableHeaders: that looks through all of them for each one it sets.
                headers = [one for one in message["headers"] if not (is_api and one[0] == b"cache-control")]
                given = {name for name, _ in headers}
                headers.append((b"x-request-id", request_id.encode()))
                headers += [one for one in SECURITY_HEADERS if one[0] not in given]
                if is_api:
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        try:
            headers = dict(scope["headers"])
            self.check_host(headers.get(b"host", b"").decode("latin-1"))
            length = headers.get(b"content-length", b"0")
            if length.isdigit() and int(length) > self.body_limit:
                raise self.too_large()
            await self.app(scope, limited, unless_too_large)
            if received > self.body_limit and status == 0:
                raise self.too_large()
        except AppError as error:
            refusal = problem(error.status, error.code, error.detail, retry_after=error.retry_after)
            await refusal(scope, receive, answer)
        except Exception as error:
            log.error("request %s failed: %s\n%s", request_id, type(error).__name__, frames(error))
            if status == 0:
                detail = "Something broke on this server. It has been logged without your text."
                await problem(500, "internal", detail, request_id=request_id)(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            if scope["path"].startswith("/v1/") and route.startswith("/") and not route.startswith("/v1/"):
                route = "/v1" + route  # FastAPI forgets the prefix of a router that is in another one
            labelled(self.metrics.requests, route, status).inc()
            labelled_times(self.metrics.seconds, route).observe(time.perf_counter() - started)

    def check_host(self, host: str) -> None:
        """Raises UnknownHost. A page elsewhere can point its own name at 127.0.0.1 (DNS rebinding) and would
        then read this server's answers as its own.
        """
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if "*" not in self.allowed_hosts and name.lower() not in self.allowed_hosts:
            raise UnknownHost("This server does not answer under that name. Add the name to PANAH_ALLOWED_HOSTS.")

    def too_large(self) -> BodyTooLarge:
        limit = self.body_limit // 1024
        return BodyTooLarge(f"The body is larger than {limit} KiB. Send fewer replies at once, or a file in parts.")
