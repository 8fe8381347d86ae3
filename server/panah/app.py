"""The one place where the parts are built and joined."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi import FastAPI

from panah import __version__, health, pages, rounds
from panah.accounts import mount as members
from panah.accounts.dependencies import look_up
from panah.blocklists import mount as blocklists
from panah.consoles import mount as consoles
from panah.db import is_sealed, make_engine
from panah.distribution import routes as distribution
from panah.distribution.outlet import make_outlet
from panah.errors import install_error_handlers
from panah.feedback import routes as feedback
from panah.interchange import routes as interchange
from panah.keys import load_keys
from panah.limits import close_limiter, install_limiter, make_limiter
from panah.metrics import Metrics
from panah.operations import mount as operations
from panah.scoring import routes as scoring
from panah.scoring.cache import MemoryCache, RedisCache
from panah.scoring.registry import Ready, load
from panah.scoring.service import Scorer
from panah.scoring.serving import Serving
from panah.scoring.shadow import Shadow
from panah.settings import Settings
from panah.squads import routes as squads
from panah.web import Envelope

# redis is imported where one is used: without PANAH_REDIS_URL its 6 MB stay out of memory.
if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("panah")

DESCRIPTION = """
Panah judges replies against the disclosure they answer, so that people who speak about harassment do not
have to read victim-blaming and hostile ones. Texts are judged in memory and are neither stored nor logged.
"""


def make_redis(settings: Settings) -> "Redis | None":
    if settings.redis_url is None:
        return None
    from redis.asyncio import Redis

    return Redis.from_url(
        str(settings.redis_url),
        socket_timeout=settings.redis_timeout,
        socket_connect_timeout=settings.redis_timeout,
    )


def create_app(settings: Settings, model: Ready | None = None) -> FastAPI:
    """The service, with the model of its settings unless one is given that is in memory already. Raises when it is
    missing or broken: without one it must not start.
    """
    metrics = Metrics()
    first = [model or load(settings.model_dir)]  # until it is served: then nothing here may keep it in memory
    engine = make_engine(settings.database_url)
    limiter = make_limiter(settings)
    keys = load_keys(settings.keys_file, needed=is_sealed(engine))
    outlet = make_outlet(settings.keys_file, settings.server_name, settings.selectors_file)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        redis = make_redis(settings)
        serving = Serving(engine, settings, metrics, first.pop() if first else load(settings.model_dir))
        shadow = Shadow(engine, metrics)
        app.state.redis = redis
        app.state.serving = serving
        app.state.shadow = shadow
        app.state.scorer = Scorer(
            serving=serving,
            memory=MemoryCache(entries=settings.cache_entries, ttl=settings.cache_ttl),
            shared=RedisCache(redis, ttl=settings.cache_ttl, metrics=metrics) if redis is not None else None,
            secret=settings.cache_secret.get_secret_value().encode(),
            metrics=metrics,
            offer=shadow.offer,
        )
        await serving.refresh()
        refreshing = asyncio.create_task(serving.keep_fresh(redis))
        reading = asyncio.create_task(app.state.figures.keep_reading())
        stopping = asyncio.Event()
        going = asyncio.create_task(
            rounds.keep_going(engine, keys, outlet, every=settings.rounds, stopping=stopping)
        )
        try:
            yield
        finally:
            refreshing.cancel()
            reading.cancel()
            stopping.set()
            await going
            await asyncio.wait({refreshing})
            await serving.close()
            await shadow.close()
            app.state.scorer.close()
            await asyncio.to_thread(close_limiter, limiter)
            if redis is not None:
                await redis.aclose()
            engine.dispose()

    app = FastAPI(
        title="Panah",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own page loads its scripts from a CDN; panah.pages serves them from here
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.settings = settings
    app.state.metrics = metrics
    app.state.engine = engine
    app.state.keys = keys
    install_error_handlers(app)
    install_limiter(app, limiter)
    operations.mount(app, engine)
    app.include_router(scoring.make_router(limiter, score_limit=settings.score_limit))
    app.include_router(health.router)
    members.mount(app, limiter)
    app.include_router(squads.make_router(limiter))
    app.include_router(feedback.make_router(limiter))
    app.include_router(interchange.make_router(limiter, look_up))
    blocklists.mount(app, limiter)
    consoles.mount(app, limiter)
    pages.install(app)
    app.include_router(distribution.make_router(limiter))  # takes all that is left under /lists/
    app.add_middleware(
        Envelope,
        metrics=metrics,
        body_limit=settings.body_limit,
        allowed_hosts=settings.allowed_hosts,
    )
    return app
