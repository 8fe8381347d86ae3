"""Addresses of the distribution: files that are the same for everybody, and the padded answer to "why?"."""

from collections import OrderedDict
from threading import Lock
from typing import Annotated
from uuid import UUID

import numpy as np
from fastapi import APIRouter, Path, Request, Response
from slowapi import Limiter
from sqlmodel import Session, select

from panah.blocklists.lists import BlocklistNotFound, find_list
from panah.distribution.details import ROW, Details
from panah.distribution.publish import newest_catalogue
from panah.distribution.tables import ListDetails, ListFile
from panah.errors import AppError
from panah.keys import Keys

# No ETag: what a server chooses for each reader and the reader sends back is a cookie.
CATALOGUE = {"Cache-Control": "public, max-age=600"}
VERSIONED = {"Cache-Control": "public, max-age=1814400, immutable"}  # 21 days, as long as they are kept
REMEMBERED = 8  # lists whose details stay in memory, 14 bytes an entry

Prefix = Annotated[str, Path(pattern="^[0-9a-f]{3}$", description="The first 12 bits of the account's hash48.")]


class ListFileNotFound(AppError):
    status = 404
    code = "list-file-not-found"


class NoCatalogue(AppError):
    status = 404
    code = "no-catalogue"


class DetailsCache:
    """Details of the lists that were last asked about: reading a large list for each question would be slow."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[UUID, str], Details] = OrderedDict()
        self._lock = Lock()  # routes run in threads

    def details(self, session: Session, blocklist_id: UUID) -> tuple[Details, str] | None:
        """(details, their digest), or None for a list that was never published."""
        state = session.exec(
            select(ListDetails.sha256, ListDetails.rows).where(ListDetails.blocklist_id == blocklist_id)
        ).first()
        if state is None:
            return None
        digest, rows = state
        with self._lock:
            if found := self._known.get((blocklist_id, digest)):
                self._known.move_to_end((blocklist_id, digest))
                return found, digest
        body = session.exec(select(ListDetails.body).where(ListDetails.blocklist_id == blocklist_id)).one()
        found = Details(np.frombuffer(body, ROW), rows)
        with self._lock:
            self._known[blocklist_id, digest] = found
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found, digest


def make_router(limiter: Limiter, *, why_limit: str = "120/minute") -> APIRouter:
    """Uses app.state.engine and app.state.keys."""
    router = APIRouter(tags=["lists"])
    cache = DetailsCache()

    # Once more without a place in the API's description, which would know both by one name.
    @router.head("/lists/catalogue.json", include_in_schema=False)
    @router.get("/lists/catalogue.json", summary="The signed catalogue of all lists")
    def catalogue(request: Request) -> Response:
        """What there is, in which version, under which signature. docs/list-format.md describes it."""
        with Session(request.app.state.engine) as session:
            found = newest_catalogue(session)
        if found is None:
            raise NoCatalogue("This server has not published any list yet.")
        return Response(found.body, headers=CATALOGUE, media_type="application/json")

    @router.head("/lists/{name:path}", include_in_schema=False)
    @router.get("/lists/{name:path}", summary="A file of the catalogue")
    def file(request: Request, name: str) -> Response:
        """A full list, a delta or the pack, by the address in the catalogue. Never changes."""
        with Session(request.app.state.engine) as session:
            body = session.exec(select(ListFile.body).where(ListFile.name == name)).first()
        if body is None:
            raise ListFileNotFound(
                "There is no such file. Read the catalogue again: it names those that there are."
            )
        return Response(body, headers=VERSIONED, media_type="application/octet-stream")

    @router.get("/v1/lists/{slug}/why/{prefix}", summary="Why are these accounts on a list?")
    @limiter.limit(why_limit)
    def why(request: Request, slug: str, prefix: Prefix) -> Response:
        """All entries whose hash begins with these 12 bits, among made-up ones. Every answer about a list is as
        long as every other, so that neither this server nor the network learns which account was meant.
        """
        keys: Keys = request.app.state.keys
        with Session(request.app.state.engine) as session:
            blocklist = find_list(session, slug)
            found = None if blocklist.archived else cache.details(session, blocklist.id)
        if found is None:
            raise BlocklistNotFound("There is no such list here.")
        details, digest = found
        secret = bytes.fromhex(keys.digest("why", str(blocklist.id), digest))
        return Response(details.bucket(int(prefix, 16), secret), media_type="application/json")

    return router
