"""What every request passes through: id, body limit, security headers, metrics, the last net for faults."""

import logging
import time
from collections.abc import Collection
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from panah.errors import AppError, BodyTooLarge, UnknownHost, frames, problem
from panah.metrics import Metrics

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
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


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
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/v1/"):
                    headers["Cache-Control"] = "no-store"
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
            self.metrics.requests.labels(route, status).inc()
            self.metrics.seconds.labels(route).observe(time.perf_counter() - started)

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
