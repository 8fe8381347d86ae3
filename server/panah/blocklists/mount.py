"""Joins the API and the pages of lists to the app."""

from fastapi import FastAPI
from slowapi import Limiter

from panah.blocklists import member_routes, pages, routes


def mount(app: FastAPI, limiter: Limiter) -> None:
    """Adds them to the app, whose state must have `engine`, `keys` and `settings`, after the members and before the
    distribution, which takes all that is left under /lists/.
    """
    app.include_router(routes.make_router(limiter))
    app.include_router(member_routes.make_router(limiter))
    app.include_router(pages.make_router(limiter))
