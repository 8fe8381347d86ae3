"""The one form in which Panah says no: application/problem+json (RFC 9457)."""

import traceback
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

PROBLEM = "application/problem+json"


class AppError(Exception):
    """A refusal meant for the person reading it: its text holds no input, name or internal."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after  # seconds


class UnknownHost(AppError):
    status = 421
    code = "unknown-host"


class NotJson(AppError):
    status = 415
    code = "not-json"


class BodyTooLarge(AppError):
    status = 413
    code = "body-too-large"


class UnknownToken(AppError):
    status = 401
    code = "unknown-token"


class Overloaded(AppError):
    status = 503
    code = "overloaded"


class ScoringFailed(AppError):
    status = 503
    code = "scoring-failed"


def frames(error: BaseException) -> str:
    """Where an error came from, one call a line, without its message: that could quote somebody's words."""
    calls = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"  {call.filename}:{call.lineno} {call.name}" for call in calls)


def problem(status: int, code: str, detail: str, *, retry_after: int | None = None, **members: Any) -> Response:
    """A problem+json response. `members` are added to the body as they are."""
    body = {
        "type": f"/problems#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **members,
    }
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(body), status, headers=headers, media_type=PROBLEM)


def where(location: tuple[int | str, ...], *, hide_last: bool) -> str:
    """A path like `replies[3].text` for a validation error; an unknown field's name is input, so it goes."""
    path = ""
    for part in location[1:-1] if hide_last else location[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or "body"


def explain(error: dict[str, Any]) -> dict[str, str]:
    """One pydantic error as {where, what}, without the input it quotes."""
    kind = error["type"]
    what = {
        "missing": "is required",
        "extra_forbidden": "has a field that is not known here",
    }.get(kind) or str(error["msg"]).removeprefix("Value error, ")
    return {"where": where(tuple(error["loc"]), hide_last=kind == "extra_forbidden"), "what": what}


def install_error_handlers(app: FastAPI) -> None:
    """Makes every refusal of the framework and of Panah a problem+json that echoes no input."""

    @app.exception_handler(AppError)
    async def refused(_: Request, error: AppError) -> Response:
        return problem(error.status, error.code, error.detail, retry_after=error.retry_after)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        if any(one["type"] == "json_invalid" for one in found):
            return problem(400, "not-json", "The body is not valid JSON in UTF-8.")
        errors = [explain(one) for one in found[:8]]
        said = "; ".join(f"{one['where']} {one['what']}" for one in errors[:3])
        return problem(422, "invalid-request", f"The request could not be read: {said}.", errors=errors)

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> Response:
        known = {
            400: ("not-json", "The body could not be read. Send JSON encoded as UTF-8."),
            404: ("not-found", "There is nothing at this address. The API is described at /docs."),
            405: ("method-not-allowed", "This address does not take that method. See /docs."),
        }
        code, detail = known.get(error.status_code, ("http-error", HTTPStatus(error.status_code).phrase))
        response = problem(error.status_code, code, detail)
        response.headers.update({k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"})
        return response
