"""/v1/score and /v1/policy."""

from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from slowapi import Limiter

from panah.limits import identify
from panah.scoring.classifier import ModelConfig
from panah.scoring.policies import Policies
from panah.scoring.schemas import PolicyOut, ScoreIn, ScoreOut
from panah.scoring.service import Scorer

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
        dependencies=[Depends(identify)],
    )
    @limiter.limit(score_limit)
    async def score(request: Request, body: ScoreIn) -> Response:
        """Says for each reply whether to show, flag or hide it. Texts are neither stored nor logged."""
        scorer: Scorer = request.app.state.scorer
        policies: Policies = request.app.state.policies
        policy = policies.current
        verdicts = await scorer.judge(
            body.replies, policy=policy, labels=policies.config.labels, sensitivity=body.sensitivity
        )
        answer = {"model": policies.config.name, "policy": policy.name, "verdicts": verdicts}
        return Response(orjson.dumps(answer), media_type="application/json")

    @router.get("/policy", summary="The thresholds in force")
    async def policy(request: Request) -> PolicyOut:
        """The model, its labels, and the thresholds by sensitivity, language group and label."""
        policies: Policies = request.app.state.policies
        config: ModelConfig = policies.config
        return PolicyOut(
            model=config.name,
            policy=policies.current.name,
            labels=list(config.labels),
            language_groups=list(next(iter(policies.current.thresholds.root.values()))),
            thresholds=policies.current.thresholds,
        )

    return router
