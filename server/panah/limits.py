"""Who is asking, and how often they may."""

import hashlib
import hmac
import ipaddress
import math
import time

from fastapi import FastAPI, Request, Response
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded

from panah.errors import UnknownToken, problem
from panah.settings import Settings


def client_address(request: Request) -> str:
    """The caller's address; of IPv6 the /64, since one household holds that many."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)


def identify(request: Request) -> None:
    """A dependency: who this request is counted for. Raises UnknownToken for a token nobody gave out,
    since counting it by itself would let anybody escape the limits with made-up tokens.
    """
    settings: Settings = request.app.state.settings
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        request.state.client = f"address:{client_address(request)}"
        return
    given = token.strip().encode()
    if not any(hmac.compare_digest(given, known.get_secret_value().encode()) for known in settings.client_tokens):
        raise UnknownToken("This server does not know that token. Remove it, or ask whoever runs the server.")
    request.state.client = f"token:{hashlib.sha256(given).hexdigest()[:32]}"  # Redis must not hold tokens


def client_key(request: Request) -> str:
    """The bucket that slowapi counts in. An empty key would limit nothing, so there is always one."""
    return str(request.state.client)


def make_limiter(settings: Settings) -> Limiter:
    """Counts in memory, or in Redis when it is set, falling back to memory while Redis is down."""
    if settings.redis_url is None:
        return Limiter(key_func=client_key, storage_uri="memory://", key_style="endpoint")
    return Limiter(
        key_func=client_key,
        storage_uri=str(settings.redis_url),
        storage_options={
            # slowapi asks Redis on the event loop.
            "socket_timeout": settings.redis_timeout,  # type: ignore[dict-item]
            "socket_connect_timeout": settings.redis_timeout,  # type: ignore[dict-item]
        },
        key_style="endpoint",
        in_memory_fallback_enabled=True,
    )


def install_limiter(app: FastAPI, limiter: Limiter) -> None:
    """Makes the app's limited routes answer 429 as problem+json with Retry-After."""
    app.state.limiter = limiter

    @app.exception_handler(RateLimitExceeded)
    async def too_many(request: Request, error: RateLimitExceeded) -> Response:
        item, parts = request.state.view_rate_limit
        reset = limiter.limiter.get_window_stats(item, *parts).reset_time
        wait = max(1, math.ceil(reset - time.time()))
        detail = f"Too many requests from this client: the limit is {error.detail}. Try again in {wait} s."
        return problem(429, "too-many-requests", detail, retry_after=wait)
