"""Joins the consoles to the app."""

from fastapi import FastAPI
from slowapi import Limiter

from panah.consoles import curate, feedback, lists, members, models, operations, reports, thresholds, work
from panah.consoles.console import Console

AREAS = (curate, lists, reports, work, operations, thresholds, models, feedback, members)


def mount(app: FastAPI, limiter: Limiter) -> None:
    """Adds the consoles to the app, whose state must have `engine`, `keys` and `settings`."""
    console = Console(limiter)
    for area in AREAS:
        area.add(console)
    app.include_router(console.router)
    app.include_router(reports.make_router())
    app.state.console = console
