"""Who is asking, and how often they may."""

import hashlib
import hmac
import inspect
import ipaddress
import logging
import math
import threading
import time
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from limits.storage import Storage
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded

from panah.errors import UnknownToken, problem
from panah.settings import Settings

log = logging.getLogger("panah")


@dataclass(slots=True)
class Window:
    """How often one client came since its window began."""

    until: float  # when it ends, in seconds since 1970
    own: int = 0  # times in this process
    told: int = 0  # of those, how many Redis has been told
    others: int = 0  # times in other processes, as far as is known


class LocalCounts(Storage):
    """Counts for slowapi, answered from memory at once: slowapi asks on the event loop. Fixed windows, each from a
    client's first request on. Registered with `limits` for addresses that begin with panah://.
    """

    STORAGE_SCHEME = ["panah"]  # noqa: RUF012  (as `limits` declares it)
    SWEEP_EVERY = 10.0  # seconds after which windows that are over are forgotten, so that memory stays bounded

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._windows: dict[str, Window] = {}
        self._lock = threading.Lock()  # routes that use the database count in threads of their own
        self._sweep_at = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Counts, in a window of `expiry` seconds, and returns how often that client came in it."""
        now = time.time()
        with self._lock:
            if now >= self._sweep_at:
                self._sweep(now)
            window = self._windows.get(key)
            # A clock that was set back must not make a window last for hours.
            if window is None or not now < window.until <= now + expiry + 1:
                window = self._windows[key] = Window(now + expiry)
            window.own += amount
            self._counted(key, window)
            return window.own + window.others

    def _counted(self, key: str, window: Window) -> None:
        """Called for each that is counted, while the lock is held."""

    def get(self, key: str) -> int:
        window = self._windows.get(key)
        return 0 if window is None or window.until <= time.time() else window.own + window.others

    def get_expiry(self, key: str) -> float:
        window = self._windows.get(key)
        return time.time() if window is None else window.until

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def close(self) -> None:
        """Nothing is to be ended here."""

    def _sweep(self, now: float) -> None:
        self._sweep_at = now + self.SWEEP_EVERY
        for key in [key for key, window in self._windows.items() if window.until <= now]:
            del self._windows[key]


class SharedCounts(LocalCounts):
    """Counts that several processes share through Redis, and still answers from memory at once.

    A thread tells Redis twice a second what was counted here, and learns what was counted elsewhere; whoever asks
    never waits for it. Over k processes a client may so pass its limit by what it sends to all of them within EVERY
    and the time that Redis takes: at a steady r requests a second by about r x EVERY. Never more than k times the
    limit gets through in a window, and that only where all of it comes within half a second or while Redis does not
    answer: then each process counts by itself. Nobody is counted for more than came.
    """

    STORAGE_SCHEME = ["panah+redis", "panah+rediss"]  # noqa: RUF012
    EVERY = 0.5  # seconds
    REST = 5.0  # seconds without telling a Redis that has just failed
    PREFIX = "LIMITS:"

    def __init__(self, uri: str, wrap_exceptions: bool = False, *, timeout: float) -> None:
        from redis import Redis  # here, for whoever runs without Redis (app.py)
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._redis = Redis.from_url(
            uri.removeprefix("panah+"),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),  # what has timed out may have been counted
        )
        self._changed: dict[str, Window] = {}  # that have something to tell
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def _counted(self, key: str, window: Window) -> None:
        self._changed[key] = window
        if self._thread is None:
            thread = threading.Thread(target=self._keep_telling, name="limits", daemon=True)
            thread.start()
            self._thread = thread

    def close(self) -> None:
        """Ends the thread, until somebody is counted again. What it has not told counts in no other process."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            thread.join()
            self._stopping.clear()
        self._redis.close()

    def _keep_telling(self) -> None:
        pause = self.EVERY
        while not self._stopping.wait(pause):
            try:
                self._tell()
                pause = self.EVERY
            except Exception as error:  # whatever it is, the next time may go well
                pause = self.REST
                log.warning("limits count in this process alone for %g s: %s", pause, type(error).__name__)

    def _tell(self) -> None:
        now = time.time()
        with self._lock:
            changed, self._changed = self._changed, {}
            news = [(key, one, one.own - one.told) for key, one in changed.items() if one.until > now]
            for _, window, more in news:
                # Even if this fails: Redis may have counted it, and nobody is to be counted twice.
                window.told += more
        if not news:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for key, window, more in news:
            name = self.PREFIX + key
            # A key that is there keeps its end: the window began where the client came first.
            pipeline.set(name, 0, px=max(1, int((window.until - now) * 1000)), nx=True)
            pipeline.incrby(name, more)
            pipeline.pttl(name)
        answers = pipeline.execute()
        now = time.time()
        endless = []
        with self._lock:
            for (key, window, _), total, left in zip(news, answers[1::3], answers[2::3], strict=True):
                window.others = max(0, total - window.told)
                window.until = now + max(0, left) / 1000
                if left < 0:  # the window ended between two of the commands
                    endless.append(self.PREFIX + key)
        if endless:
            self._redis.delete(*endless)


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


# slowapi asks for it at each request, and to work it out takes longer than to count.
client_key.__signature__ = inspect.signature(client_key)  # type: ignore[attr-defined]


def refuse_unknown_token(request: Request) -> None:
    """Raises UnknownToken for a token that nobody gave out: its owner believes to have a bucket of their own."""
    token = given_token(request)
    if token and not is_known(token, request.app.state.settings):
        raise UnknownToken("This server does not know that token. Remove it, or ask whoever runs the server.")


def make_limiter(settings: Settings) -> Limiter:
    """Counts in memory; with Redis, together with the other processes."""
    # Its warnings name the client that went over the limit: nobody's address belongs in a log.
    logging.getLogger("slowapi").setLevel(logging.CRITICAL)
    if settings.redis_url is None:
        return Limiter(key_func=client_key, storage_uri="panah://", key_style="endpoint")
    return Limiter(
        key_func=client_key,
        storage_uri=f"panah+{settings.redis_url}",
        storage_options={"timeout": settings.redis_timeout},  # type: ignore[dict-item]
        key_style="endpoint",
    )


def close_limiter(limiter: Limiter) -> None:
    """Ends what counts in the background."""
    storage = limiter.limiter.storage
    if isinstance(storage, LocalCounts):
        storage.close()


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
