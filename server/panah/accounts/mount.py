"""Joins the members' API and pages to the app."""

from fastapi import FastAPI, Request, Response
from slowapi import Limiter

from panah.accounts import pages, routes
from panah.accounts.dependencies import BadForm, Forged, NotAllowed, NotSignedIn
from panah.accounts.rendering import refuse
from panah.errors import AppError


def mount(app: FastAPI, limiter: Limiter) -> None:
    """Adds them to the app, whose state must have `engine`, `keys` and `settings`."""
    for kind in (NotSignedIn, NotAllowed, Forged, BadForm):

        @app.exception_handler(kind)
        def refused(request: Request, error: AppError) -> Response:
            return refuse(request, error)

    app.include_router(routes.make_router(limiter))
    app.include_router(pages.make_router(limiter))
