"""Is it alive, is it ready, how is it doing."""

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from panah.db import is_current
from panah.errors import AppError
from panah.metrics import Metrics
from panah.scoring.schemas import ReplyIn
from panah.scoring.service import prepare
from panah.scoring.serving import Running

if TYPE_CHECKING:
    from redis.asyncio import Redis

router = APIRouter(tags=["operations"])

PATIENCE = 3.0  # seconds for one check


async def database_state(engine: Engine) -> str:
    try:
        current = await asyncio.wait_for(asyncio.to_thread(is_current, engine), PATIENCE)
    except (SQLAlchemyError, TimeoutError) as error:
        return f"down: {type(error).__name__}"
    return "ok" if current else "down: the schema is old; run `panah migrate`"


async def model_state(running: Running) -> str:
    probe = prepare([ReplyIn(id="0", text="probe")], running.encoder)[0]
    try:
        assert probe.encoded is not None  # noqa: S101  (a word is always encoded)
        with running.model:
            await asyncio.wait_for(running.engine.score([probe.encoded]), PATIENCE)
    except (AppError, TimeoutError) as error:
        return f"down: {type(error).__name__}"
    return "ok"


async def redis_state(redis: "Redis | None") -> str:
    if redis is None:
        return "not used"
    from redis.exceptions import RedisError  # here, for whoever runs without Redis (app.py)

    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        return f"down: {type(error).__name__} (scoring goes on without the cache)"
    return "ok"


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Answers as long as the event loop turns."""
    return {"status": "alive"}


@router.get("/readyz", summary="Can it judge replies?")
async def readyz(request: Request) -> Response:
    """Asks the model, the database and Redis. 503 unless the first two answer."""
    state = request.app.state
    database, model, redis = await asyncio.gather(
        database_state(state.engine), model_state(state.serving.running), redis_state(state.redis)
    )
    ready = database == model == "ok"
    checks = {"database": database, "model": model, "redis": redis}
    return JSONResponse({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)


@router.get("/metrics", summary="Counts and times for Prometheus")
async def metrics(request: Request) -> Response:
    """Prometheus text format. Holds no text, address or client."""
    found: Metrics = request.app.state.metrics
    return Response(generate_latest(found.registry), media_type=CONTENT_TYPE_LATEST)
