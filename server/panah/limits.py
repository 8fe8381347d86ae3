"""Who is asking, and how often they may."""

import hashlib
import hmac
import ipaddress
import logging
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
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False).network_address)
        address = address.ipv4_mapped
    return str(address)


def given_token(request: Request) -> bytes:
    """The bearer token as it came, empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip().encode("latin-1") if scheme.lower() == "bearer" else b""  # as Starlette decodes headers


def is_known(token: bytes, settings: Settings) -> bool:
    """Whether the operator gave out this token. Takes the same time for every wrong one."""
    known = [one.get_secret_value().encode() for one in settings.client_tokens]
    return sum(hmac.compare_digest(token, one) for one in known) > 0


def client_key(request: Request) -> str:
    """The bucket that slowapi counts in: a known token's own, else the address's. An unknown token counts for
    its address, so that nobody escapes with made-up ones. An empty key would limit nothing: there is always one.
    """
    token = given_token(request)
    if token and is_known(token, request.app.state.settings):
        return f"token:{hashlib.sha256(token).hexdigest()[:32]}"  # Redis must not hold tokens
    return f"address:{client_address(request)}"


def refuse_unknown_token(request: Request) -> None:
    """Raises UnknownToken for a token that nobody gave out: its owner believes to have a bucket of their own."""
    token = given_token(request)
    if token and not is_known(token, request.app.state.settings):
        raise UnknownToken("This server does not know that token. Remove it, or ask whoever runs the server.")


def make_limiter(settings: Settings) -> Limiter:
    """Counts in memory, or in Redis when it is set, falling back to memory while Redis is down."""
    # Its warnings name the client that went over the limit: nobody's address belongs in a log.
    logging.getLogger("slowapi").setLevel(logging.CRITICAL)
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
