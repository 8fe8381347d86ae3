"""HTML over the same API: the try-it page, the documents, the API docs. No page sets a cookie."""

from fastapi import FastAPI

from panah.pages import assets, routes


def install(app: FastAPI) -> None:
    """Adds the pages and their files to the app."""
    assets.mount(app)
    app.include_router(routes.router)
