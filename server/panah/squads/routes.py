"""/v1/squads: opaque boxes, which are neither opened nor logged."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from slowapi import Limiter
from sqlmodel import Session

from panah.limits import client_address
from panah.scoring.routes import problems
from panah.squads import service
from panah.squads.service import MOST_BOX, SquadRefused

SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"


class BoxIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=0, lt=2**31 - 1, description="The version that was read; 0 makes the squad.")]
    box: Annotated[str, Field(min_length=4, max_length=MOST_BOX, pattern=BASE64, description="Base64.")]


class BoxOut(BaseModel):
    version: int
    box: str


class VersionOut(BaseModel):
    version: int


def today() -> date:
    return datetime.now(UTC).date()


def get_session(request: Request) -> Iterator[Session]:
    """One request, one transaction: commits when the route returns, rolls back when it raises."""
    with Session(request.app.state.engine) as session, session.begin():
        yield session


def get_secret(panah_squad: Annotated[str, Header(description="43 characters.")] = "") -> str:
    """The secret as it came. Raises SquadRefused for what can be none."""
    if SECRET.fullmatch(panah_squad) is None:
        raise SquadRefused("Send the squad's secret in the header Panah-Squad.")
    return panah_squad


def note_new(request: Request, body: BoxIn) -> None:
    """Tells the limiter, which sees no bodies, whether a squad is to be made."""
    request.state.makes_squad = body.version == 0


def makes_none(request: Request) -> bool:
    return not request.state.makes_squad


# Committed before the answer leaves: a fault at that point must not stand behind a 200.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
Secret = Annotated[str, Depends(get_secret)]
SquadId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="32 hex digits.")]

SAID = problems(
    s403="The secret does not fit.",
    s404="There is no such squad, or not any more.",
    s422="Not a squad's id or box.",
    s429="Too many requests; Retry-After says how many seconds to wait.",
)


def make_router(
    limiter: Limiter,
    *,
    squad_limit: str = "60/minute",
    new_limit: str = "10/day",
    clock: Callable[[], date] = today,
) -> APIRouter:
    """The routes, limited per client; how many squads are made, per address. Needs `app.state.engine`."""
    router = APIRouter(prefix="/v1/squads", tags=["squads"])

    @router.get("/{squad_id}", response_model=BoxOut, responses=SAID, summary="Read a box")
    @limiter.limit(squad_limit)
    def read(request: Request, squad_id: SquadId, secret: Secret, session: SessionDep) -> BoxOut:
        """The newest version. Only whoever holds the invitation can open it."""
        found = service.read(session, squad_id, secret, today=clock())
        return BoxOut(version=found.version, box=found.box)

    @router.put(
        "/{squad_id}",
        response_model=VersionOut,
        responses={
            **SAID,
            **problems(
                s409="Another version is there by now: read it, and try again.",
                s507="There is no room for another squad.",
            ),
        },
        summary="Replace a box",
        dependencies=[Depends(note_new)],
    )
    @limiter.limit(squad_limit)
    @limiter.limit(new_limit, key_func=client_address, exempt_when=makes_none)
    def write(request: Request, squad_id: SquadId, body: BoxIn, secret: Secret, session: SessionDep) -> VersionOut:
        """Replaces the version that was read. Nothing is changed where somebody else was faster."""
        version = service.write(session, squad_id, secret, version=body.version, box=body.box, today=clock())
        return VersionOut(version=version)

    @router.delete("/{squad_id}", status_code=204, responses=SAID, summary="End a squad")
    @limiter.limit(squad_limit)
    def end(request: Request, squad_id: SquadId, secret: Secret, session: SessionDep) -> Response:
        """Forgets the box for everybody who holds the invitation."""
        service.end(session, squad_id, secret)
        return Response(status_code=204)

    return router
