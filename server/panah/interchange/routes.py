"""/v1/lists/{slug}/imports and /v1/lists/{slug}/export, and the page that says which formats there are."""

from collections.abc import Callable
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from slowapi import Limiter
from sqlmodel import Session

from panah.accounts.dependencies import NotAllowed, NotSignedIn, SignedIn
from panah.accounts.permissions import Permission
from panah.blocklists.contributors import contributor_of
from panah.blocklists.lists import find_list, seats_of
from panah.blocklists.tables import Blocklist, Category
from panah.blocklists.turn import begin
from panah.errors import AppError
from panah.interchange import exports, service
from panah.interchange.parsing import AUTO, parse
from panah.interchange.rows import SAID, MalformedFile, Refused, refuse_lines
from panah.pages.languages import asked_for
from panah.pages.routes import ASKED, page
from panah.scoring.routes import problems

SHOWN = 100  # refused lines in one answer
ContributorKey = Annotated[str, Header(alias="Panah-Key", description="The contributor's key, 43 characters.")]


class PartNotFound(AppError):
    status = 404
    code = "part-not-found"


class ImportIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(description="The file.")]
    format: Annotated[str, Field(description="auto, or one of those in docs/formats.md.")] = AUTO
    category: Annotated[Category, Field(description="For accounts whose file names none.")] = Category.ABUSE


class RefusedOut(BaseModel):
    """A line that is not taken: a code, and the same in words."""

    line: int
    why: str
    text: str


class ImportOut(BaseModel):
    """What an import does, or would do. `batch` takes it back; a preview has none."""

    format: str
    new: int
    known: int
    retractions: int
    days: Annotated[int, Field(description="Until the last of its accounts has become a report.")]
    sample: list[str]
    refused: Annotated[list[RefusedOut], Field(description=f"The first {SHOWN}.")]
    refused_count: int
    batch: UUID | None


def to_out(found: service.Preview, batch: UUID | None) -> ImportOut:
    return ImportOut(
        format=found.format,
        new=found.new,
        known=found.known,
        retractions=found.retractions,
        days=found.days,
        sample=found.sample,
        refused=[to_refused(one) for one in found.refused[:SHOWN]],
        refused_count=len(found.refused),
        batch=batch,
    )


def to_refused(one: Refused) -> RefusedOut:
    return RefusedOut(line=one.line, why=one.why, text=SAID[one.why])


def unreadable(form: str, error: MalformedFile) -> ImportOut:
    """A preview of a file that cannot be read to its end: the line, as for lines that are refused."""
    line = RefusedOut(line=error.line, why="malformed", text=error.what)
    return ImportOut(
        format=form,
        new=0,
        known=0,
        retractions=0,
        days=0,
        sample=[],
        refused=[line],
        refused_count=1,
        batch=None,
    )


def check_curator(session: Session, blocklist: Blocklist, who: SignedIn | None) -> None:
    """Only who curates this very list sees whom it names. Raises NotSignedIn or NotAllowed."""
    if who is None:
        raise NotSignedIn(
            f"Only {exports.PUBLIC} is for everybody. Curators of this list sign in for other formats."
        )
    if not who.may(Permission.LIST_EXPORT) or who.member_id not in seats_of(session, blocklist):
        raise NotAllowed("Only curators of this list can export it in clear.")


def make_router(limiter: Limiter, curator_dependency: Callable[..., Any]) -> APIRouter:
    """The routes. `curator_dependency` gives the SignedIn who asks, or None (accounts.dependencies.look_up).

    Needs `app.state.engine` and `app.state.keys`.
    """
    router = APIRouter(tags=["import and export"])

    @router.post(
        "/v1/lists/{slug}/imports",
        response_model=ImportOut,
        responses=problems(
            s401="This server does not know the contributor's key.",
            s403="Not joined, or suspended.",
            s404="There is no such list.",
            s409="The list is closed, or so much would wait that it would take more than a year.",
            s413="Over the server's limit: send the file in parts, or use `panah lists import`.",
            s422="The file cannot be read, or has lines that are not taken; nothing was changed.",
            s429="Too many requests; Retry-After says how many seconds to wait.",
        ),
        summary="Bring accounts in, as one contributor's reports",
    )
    @limiter.limit("60/hour")
    def bring_in(
        request: Request,
        response: Response,
        slug: str,
        body: ImportIn,
        panah_key: ContributorKey = "",
        preview: Annotated[bool, Query(description="Only say what would happen.")] = True,
    ) -> ImportOut:
        """A file comes in whole or not at all. So many accounts a day become reports; entries are never made."""
        with begin(request.app.state.engine, request.app.state.keys) as turn:
            contributor = contributor_of(turn.session, panah_key)
            blocklist = find_list(turn.session, slug)
            try:
                parsed = parse(body.text, body.format)
            except MalformedFile as error:
                if preview:
                    return unreadable(body.format, error)
                raise
            found = service.preview(turn, blocklist, contributor, parsed, body.category)
            if preview:
                return to_out(found, None)
            refuse_lines(parsed.refused)
            batch = service.bring_in(turn, blocklist, contributor, parsed, body.category)
        response.status_code = 201
        return to_out(found, batch)

    @router.delete("/v1/lists/{slug}/imports/{batch}", status_code=204, summary="Take an import back")
    @limiter.limit("60/hour")
    def take_back(request: Request, slug: str, batch: UUID, panah_key: ContributorKey = "") -> None:
        """What waits is dropped, what has become reports is withdrawn. Unknown batches change nothing."""
        with begin(request.app.state.engine, request.app.state.keys) as turn:
            contributor = contributor_of(turn.session, panah_key)
            service.take_back(turn, find_list(turn.session, slug), contributor, batch)

    @router.get(
        "/v1/lists/{slug}/export",
        response_class=Response,
        responses=problems(
            s401="Only curators see other formats than hash-list, and nobody is signed in.",
            s403="Whoever is signed in does not curate this list.",
            s404="There is no such list, or no such part, or it is not published yet.",
            s422="There is no such format, or Bluesky's needs a repository.",
        ),
        summary="A list as a file",
    )
    @limiter.limit("60/minute")
    def export(
        request: Request,
        slug: str,
        who: Annotated[Any, Depends(curator_dependency)],
        format: Annotated[str, Query()] = exports.PUBLIC,  # noqa: A002
        part: Annotated[int, Query(ge=1, le=10_000, description="Formats with small files have several.")] = 1,
        repository: Annotated[str | None, Query(max_length=250, description="For Bluesky: whose list.")] = None,
    ) -> Response:
        """hash-list is for everybody and holds hashes only; what names accounts is for curators of the list."""
        form = exports.format_of(format)
        with begin(request.app.state.engine, request.app.state.keys) as turn:
            blocklist = find_list(turn.session, slug)
            if format == exports.PUBLIC:
                return to_file(exports.published(turn.session, blocklist), f"{slug}.{form.suffix}", {})
            check_curator(turn.session, blocklist, who)
            entries = exports.entries_of(turn.session, blocklist)
            told = exports.about(blocklist, repository=repository)
            kept = len(exports.fitting(entries, format))
            file = next(islice(exports.write(entries, format, told), part - 1, None), None)
        if file is None:
            raise PartNotFound("The list has fewer parts in this format.")
        parts = max(1, -(-kept // form.rows))
        name = f"{slug}-{part}.{form.suffix}" if parts > 1 else f"{slug}.{form.suffix}"
        return to_file(file, name, {"Panah-Parts": str(parts), "Panah-Left-Out": str(len(entries) - kept)})

    @router.api_route("/lists/{slug}/export", methods=ASKED, include_in_schema=False)
    def export_page(request: Request, slug: str) -> Response:
        with begin(request.app.state.engine, request.app.state.keys) as turn:
            blocklist = find_list(turn.session, slug)
        return page(
            request,
            "export.html",
            asked_for(request),
            current="lists",
            name=blocklist.name,
            slug=blocklist.slug,
            public=exports.PUBLIC,
            formats=[name for name in exports.FORMATS if name != exports.PUBLIC],
        )

    return router


def to_file(content: bytes, name: str, headers: dict[str, str]) -> Response:
    """A download: browsers must not show it as a page."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/octet-stream", headers=disposition | headers)
