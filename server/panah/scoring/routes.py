"""/v1/score and /v1/policy."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from slowapi import Limiter

from panah.errors import NotJson
from panah.limits import client_key, refuse_unknown_token
from panah.scoring.schemas import PolicyOut, ScoreIn, ScoreOut
from panah.scoring.service import Scorer
from panah.scoring.serving import Running

PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}


def problems(**said: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for `s400="what it means"`."""
    return {
        int(status[1:]): {
            "description": meaning,
            "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}},
        }
        for status, meaning in said.items()
    }


def body_schema() -> dict[str, Any]:
    """ScoreIn for OpenAPI, in one piece: the route reads its body itself, so FastAPI does not see it."""
    schema = ScoreIn.model_json_schema()
    parts = schema.pop("$defs")
    schema["properties"]["replies"]["items"] = parts["ReplyIn"]
    said = schema["properties"]["levels"]
    del said["$ref"]
    schema["properties"]["levels"] = parts["Levels"] | said
    return schema


async def read_body(request: Request) -> ScoreIn:
    """The request's body. Read here and not by FastAPI, which would do so before the limiter has counted.
    Raises NotJson and RequestValidationError.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if not content_type.endswith("json"):
        raise NotJson("Send the body as JSON, with Content-Type: application/json.")
    try:
        return ScoreIn.model_validate_json(await request.body())
    except ValidationError as cause:
        found = cause.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from None


async def unless_gone(request: Request, work: Coroutine[Any, Any, None]) -> bool:
    """Does the work and returns True, or False when the client has left: then the work is cancelled."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    tasks = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[0].done():
            tasks[0].result()
        return tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


def make_router(limiter: Limiter, *, score_limit: str) -> APIRouter:
    """The routes, limited per client."""
    router = APIRouter(prefix="/v1", tags=["scoring"])

    @router.post(
        "/score",
        response_model=ScoreOut,
        responses=problems(
            s400="Not JSON, or not UTF-8.",
            s401="A token that this server does not know.",
            s413="The body is too large.",
            s415="Not sent as JSON.",
            s422="JSON, but not a request for verdicts.",
            s429="Too many requests; Retry-After says how many seconds to wait.",
            s503="Busy or failing; Retry-After says when to come back.",
        ),
        summary="Judge replies",
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/json": {"schema": body_schema()}}}
        },
    )
    @limiter.limit(score_limit)
    async def score(request: Request) -> Response:
        """Says for each reply whether to show, flag or hide it. Texts are neither stored nor logged."""
        refuse_unknown_token(request)
        body = await read_body(request)
        scorer: Scorer = request.app.state.scorer
        asked = scorer.look_up(body.replies)
        running = asked.running
        if asked.missing:
            with running.model:
                finding = scorer.find_out(asked, client=client_key(request))
                if not await unless_gone(request, finding):
                    return Response(status_code=499)  # nginx's word for a client that closed; nobody reads it
        made = scorer.judge(asked, sensitivity=body.sensitivity, levels=body.levels)
        answer = {"model": running.config.name, "policy": running.policy.name, "verdicts": made}
        return Response(orjson.dumps(answer), media_type="application/json")

    @router.get("/policy", summary="The thresholds in force")
    async def policy(request: Request) -> PolicyOut:
        """The model, its labels, and the thresholds by sensitivity, language group and label."""
        running: Running = request.app.state.serving.running
        thresholds = running.policy.thresholds
        return PolicyOut(
            model=running.config.name,
            policy=running.policy.name,
            labels=list(running.config.labels),
            language_groups=list(next(iter(thresholds.root.values()))),
            thresholds=thresholds,
        )

    return router
