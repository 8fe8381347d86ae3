"""Styles, scripts and the mark, under addresses that change when their bytes do."""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

OURS = Path(__file__).parent / "static"
SWAGGER_UI = Path(str(files("fastapi_swagger") / "resources"))  # the package is used as a carrier of these files
FOLDERS = {"/static/swagger-ui": SWAGGER_UI, "/static": OURS}  # the longer first: the first match serves
FOR_GOOD = "public, max-age=31536000, immutable"


class VersionedFiles(StaticFiles):
    """Files that browsers may keep for good when the address names their version, else ask about each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = FOR_GOOD if scope["query_string"].startswith(b"v=") else "no-cache"
        return response


@cache
def asset(address: str) -> str:
    """The address of a file, such as /static/panah.css, with its version. Raises FileNotFoundError."""
    prefix = next(prefix for prefix in FOLDERS if address.startswith(prefix + "/"))
    content = (FOLDERS[prefix] / address.removeprefix(prefix + "/")).read_bytes()
    return f"{address}?v={hashlib.sha256(content).hexdigest()[:12]}"


def mount(app: FastAPI) -> None:
    """Serves the files."""
    for prefix, folder in FOLDERS.items():
        app.mount(prefix, VersionedFiles(directory=folder))
