"""What lists did in a month: for those who look after them, and for everybody."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from panah.accounts.dependencies import turn_of
from panah.accounts.permissions import Permission
from panah.blocklists.lists import BlocklistNotFound, find_list
from panah.blocklists.pages import refuse
from panah.blocklists.pages import show as show_public
from panah.blocklists.tables import Blocklist
from panah.consoles import lists
from panah.consoles.console import Console, Who
from panah.consoles.rendering import words
from panah.curation.transparency import STEP, body_of, content_of, months_of, read_month
from panah.distribution.keyring import roots_of
from panah.distribution.signing import fingerprint
from panah.errors import AppError
from panah.pages.languages import asked_for
from panah.pages.routes import ASKED

# A report never changes; a day, so that a page whose list is gone does not last.
KEPT = {"Cache-Control": "public, max-age=86400"}


def newest(session: Session, blocklist: Blocklist, month: str) -> dict[str, Any]:
    """What a page of reports shows: which months there are, and what one of them says, if there is any."""
    months = months_of(session, blocklist)
    chosen = month or (months[0] if months else "")
    return {"months": months, "report": content_of(body_of(session, blocklist, chosen)) if chosen else None}


def add(console: Console) -> None:
    """The page beside the others of a list."""

    @console.get(lists.LIST + "/reports", Permission.LIST_SEE)
    def reports(request: Request, slug: str, who: Who, month: str = "") -> Response:
        try:
            with turn_of(request) as turn:
                blocklist = find_list(turn.session, slug)
                parts = newest(turn.session, blocklist, month)
        except BlocklistNotFound as gone:
            return lists.all_page(request, who, error=gone)
        return lists.page(request, who, "reports", blocklist, step=STEP, **parts)


def make_router() -> APIRouter:
    """The public pages and files. To be included before what takes all of /lists/."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/lists/{slug:slug}/reports/{month}.json", methods=ASKED)
    def file(request: Request, slug: str, month: str) -> Response:
        """A report as it was signed."""
        try:
            with turn_of(request) as turn:
                body = body_of(turn.session, find_list(turn.session, slug), read_month(month).name)
        except AppError as error:
            return refuse(request, error)
        name = f'attachment; filename="{slug}-{month}.json"'
        return Response(body, headers=KEPT | {"Content-Disposition": name}, media_type="application/json")

    @router.api_route("/lists/{slug:slug}/reports", methods=ASKED)
    @router.api_route("/lists/{slug:slug}/reports/{month}", methods=ASKED)
    def page(request: Request, slug: str, month: str = "") -> Response:
        try:
            with turn_of(request) as turn:
                blocklist = find_list(turn.session, slug)
                parts = newest(turn.session, blocklist, read_month(month).name if month else "")
                roots = roots_of(turn.session)
        except AppError as error:
            return refuse(request, error)
        return show_public(
            request,
            "lists/reports.html",
            blocklist=blocklist,
            c=words(asked_for(request)),
            step=STEP,
            fingerprint=fingerprint(roots[-1].public) if roots else "",
            **parts,
        )

    return router
