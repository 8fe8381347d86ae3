"""Joins to the app what keeps it going: the read-only gate before all routes, and this process's figures."""

from fastapi import FastAPI, Request, Response
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from panah.accounts.rendering import render
from panah.errors import problem
from panah.operations.figures import Figures
from panah.operations.switches import ReadOnly, ReadOnlyGate, goes_on


class Gate:
    """ASGI middleware that refuses changes while the server is read-only. Not a dependency: some routes look at who
    asks before those.
    """

    def __init__(self, app: ASGIApp, *, engine: Engine) -> None:
        self.app = app
        self.gate = ReadOnlyGate(engine)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not goes_on(scope["method"], scope["path"]):
            try:
                await self.gate.check()
            except ReadOnly as error:
                await refuse(Request(scope), error)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def refuse(request: Request, error: ReadOnly) -> Response:
    """problem+json for programs, a page for people, part of one for a form that changes a part of its page."""
    if request.url.path.startswith("/v1/"):
        return problem(error.status, error.code, error.detail, retry_after=error.retry_after)
    part = request.headers.get("hx-request") == "true"
    template = "console/operations_refused.html" if part else "console/operations_wait.html"
    return render(request, template, path="/", status=error.status, error=error)


def mount(app: FastAPI, engine: Engine) -> None:
    """Adds the gate, and keeps figures. The app's state must have `metrics`."""
    app.state.figures = Figures(app.state.metrics)
    app.add_middleware(Gate, engine=engine)
