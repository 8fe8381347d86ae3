"""How the service is doing, for admins and auditors: health, figures, switches, jobs, history, keys."""

import asyncio
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session, col, select

from panah import __version__
from panah.accounts.audit import events_before, kinds_of_events, record_account_event, verify_account_events
from panah.accounts.dependencies import Form, SignedIn, turn_of
from panah.accounts.members import acting
from panah.accounts.permissions import Permission, Role
from panah.accounts.rendering import go
from panah.accounts.tables import AccountEvent
from panah.blocklists.events import ChainBroken
from panah.blocklists.tables import Blocklist
from panah.blocklists.turn import wall_clock
from panah.consoles.console import Console, Who
from panah.consoles.rendering import names_of, show
from panah.db import revision
from panah.distribution import keyring
from panah.distribution.outlet import make_outlet
from panah.distribution.publish import catalogue_expiry, lock_catalogue, renew
from panah.distribution.signing import fingerprint
from panah.errors import AppError
from panah.health import database_state, model_state, redis_state
from panah.keys import load_keys
from panah.metrics import TIMES
from panah.operations import jobs, retention, switches
from panah.operations.figures import GROUP_NAMES, Figures, path_of
from panah.settings import Settings

EVENTS_SHOWN = 50
WIDTH, HEIGHT = 240.0, 44.0  # of a sparkline, in its own units


# The live part


@dataclass(frozen=True)
class Line:
    """One sparkline: its name in the strings, its path, its newest and its highest value."""

    name: str
    path: str
    now: float
    most: float


def lines(figures: Figures) -> list[Line]:
    course = figures.course()
    drawn = []
    for name, at in (("requests", 1), ("slow", 2), ("waiting", 3)):
        values = [float(point[at]) for point in course]  # type: ignore[arg-type]
        most = max(values, default=0.0)
        path = path_of(values, width=WIDTH, height=HEIGHT, most=most)
        drawn.append(Line(name, path, values[-1] if values else 0.0, most))
    return drawn


def show_seconds(seconds: float | None) -> str:
    """A time as people read it; empty for none, and open above what the histogram tells apart."""
    if seconds is None:
        return ""
    if seconds > TIMES[-1]:
        return f"> {TIMES[-1]} s"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


async def live(request: Request) -> dict[str, Any]:
    """What changes by itself: health, figures, jobs, and lists that are stopped."""
    state = request.app.state
    database, model, redis = await asyncio.gather(
        database_state(state.engine), model_state(state.serving.running), redis_state(state.redis)
    )
    figures: Figures = state.figures
    parts: dict[str, Any] = {
        "health": {"database": database, "model": model, "redis": redis},
        "figures": figures,
        "recent": figures.recent(),
        "whole": figures.since_start(),
        "groups": GROUP_NAMES,
        "waiting": len(figures.readings) and figures.readings[-1].waiting,
        "capacity": state.settings.queue_capacity,
        "lines": lines(figures),
        "seconds": show_seconds,
        "now": wall_clock(),
        "jobs": [],
        "lists": [],
    }
    if database.startswith("down"):
        return parts
    return parts | await run_in_threadpool(kept_in_database, request)


def kept_in_database(request: Request) -> dict[str, Any]:
    state = request.app.state
    with Session(state.engine) as session:
        return {
            "jobs": jobs.reports(session, wall_clock(), state.figures.started),
            "lists": session.exec(
                select(Blocklist.slug, Blocklist.name, Blocklist.stopped, Blocklist.archived).order_by(
                    col(Blocklist.stopped).is_(None), Blocklist.slug
                )
            ).all(),
        }


# The whole page


def settled_parts(request: Request) -> dict[str, Any]:
    """What stays as it is while somebody reads: switches, versions, what is kept."""
    state = request.app.state
    running = state.serving.running
    with Session(state.engine) as session:
        found = switches.states(session)
        names = names_of(session, {one.row.by for one in found if one.row})
        schema = revision(session.connection())
        runs = {one.job.name: one.run for one in jobs.reports(session, wall_clock(), state.figures.started)}
    return {
        "switches": found,
        "names": names,
        "versions": {
            "app": __version__,
            "model": running.config.name,
            "policy": running.policy.name,
            "schema": schema,
        },
        "kept": retention.kept(state.settings),
        "runs": runs,
    }


async def page(request: Request, who: SignedIn, *, error: AppError | None = None) -> Response:
    parts = await live(request) | await run_in_threadpool(settled_parts, request)
    paused = request.query_params.get("pause") == "yes"
    return show(request, "console/operations.html", who, path="/admin", error=error, paused=paused, **parts)


# Keys


@dataclass(frozen=True)
class KeyFile:
    """The file with the secret that seals, as it lies on this machine."""

    present: bool
    private: bool  # only its user can read it
    same: bool  # it holds the secret that this process works with
    mark: str  # the same on every machine that has the same secret; says nothing about it


def key_file(path: Path, request: Request) -> KeyFile:
    mark = request.app.state.keys.digest("compare")[:16]
    mark = " ".join(mark[at : at + 4] for at in range(0, len(mark), 4))
    try:
        private = not stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
        same = load_keys(path, needed=True).master == request.app.state.keys.master
    except (OSError, ValueError):
        return KeyFile(path.exists(), private=False, same=False, mark=mark)
    return KeyFile(True, private, same, mark)


def keys_page(request: Request, who: SignedIn, *, error: AppError | None = None) -> Response:
    """Which keys there are, how long they last, and what to do."""
    settings: Settings = request.app.state.settings
    now = wall_clock()
    with Session(request.app.state.engine) as session:
        found = keyring.report(session, request.app.state.keys, keyring.root_beside(settings.keys_file), now)
        expiry = catalogue_expiry(session)
    due: datetime | None = None
    if found.online_ends is not None:
        due = found.online_ends - keyring.ROTATION + keyring.RENEWAL
    return show(
        request,
        "console/operations_keys.html",
        who,
        path="/admin/keys",
        error=error,
        report=found,
        fingerprints=[fingerprint(root) for root in found.roots],
        due=due,
        is_due=due is not None and now >= due,
        days_left=(found.online_ends - now) // timedelta(days=1) if found.online_ends else 0,
        expiry=expiry,
        file=key_file(settings.keys_file, request),
    )


def renew_online_key(request: Request, who: SignedIn) -> None:
    """Makes another online key and signs a catalogue with it. Raises RootMissing or GrantRefused."""
    settings: Settings = request.app.state.settings
    outlet = make_outlet(settings.keys_file, settings.server_name, settings.selectors_file)
    with turn_of(request) as turn:
        record_account_event(turn, "online_key_made", "admin", {"by": str(who.member_id)})
        acting(turn, who.member_id, Permission.OPERATIONS_SWITCH)
        lock_catalogue(turn.session)
        keyring.renew_online(turn, outlet.root)
        renew(turn, outlet, again=True)


# History


def is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def ids_in(events: list[AccountEvent]) -> set[UUID]:
    return {UUID(str(value)) for one in events for value in (one.body or {}).values() if is_id(value)}


def parts_of(value: object) -> list[str]:
    """What a value of an event holds, as texts; of an id its beginning, which is enough to tell two apart."""
    several = value if isinstance(value, list) else [value]
    return [str(one)[:8] if is_id(one) else orjson.dumps(one).decode().strip('"') for one in several]


def readable(event: AccountEvent, names: dict[UUID, str]) -> list[tuple[str, str | None, list[str]]] | None:
    """(key, the member's name that it stands for if any, else its parts) of an event; None where it was erased."""
    if event.body is None:
        return None
    return [
        (key, names.get(UUID(str(value))) if is_id(value) else None, parts_of(value))
        for key, value in event.body.items()
    ]


def audit_page(request: Request, who: SignedIn) -> Response:
    """What was done, with who did it; and, when asked, whether the chain of it is whole."""
    kind = request.query_params.get("kind", "")[:24]
    text = request.query_params.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    with Session(request.app.state.engine) as session:
        events = events_before(session, kind=kind, before=before, limit=EVENTS_SHOWN + 1)
        kinds = kinds_of_events(session)
        names = names_of(session, ids_in(events))
        verified: int | None = None
        broken: int | None = None
        if request.query_params.get("check") == "yes":
            try:
                verified = verify_account_events(session)
            except ChainBroken as fault:
                broken = fault.seq
    shown = events[:EVENTS_SHOWN]
    return show(
        request,
        "console/operations_audit.html",
        who,
        path="/admin/audit",
        events=[(one, readable(one, names)) for one in shown],
        kinds=kinds,
        kind=kind,
        older=shown[-1].seq if len(events) > EVENTS_SHOWN else None,
        newest=before is None,
        roles=set(Role),
        verified=verified,
        broken=broken,
    )


def add(console: Console) -> None:
    """Adds the pages."""

    @console.get("/admin", Permission.OPERATIONS_SEE)
    async def operations(request: Request, who: Who) -> Response:
        return await page(request, who)

    @console.get("/admin/live", Permission.OPERATIONS_SEE)
    async def live_part(request: Request, who: Who) -> Response:
        """What the page asks for again and again."""
        parts = await live(request)
        return show(request, "console/operations_live.html", who, path="/admin", **parts)

    @console.get("/admin/audit", Permission.AUDIT_READ)
    def audit(request: Request, who: Who) -> Response:
        return audit_page(request, who)

    @console.get("/admin/keys", Permission.OPERATIONS_SEE)
    def keys(request: Request, who: Who) -> Response:
        return keys_page(request, who)

    add_switches(console)

    @console.post("/admin/keys/online", Permission.OPERATIONS_SEE, Permission.OPERATIONS_SWITCH, limit="10/hour")
    def another_online_key(request: Request, who: Who) -> Response:
        try:
            renew_online_key(request, who)
        except AppError as error:
            return keys_page(request, who, error=error)
        return go(request, "/admin/keys?done=operations.online_key")


def add_switches(console: Console) -> None:
    async def turn(request: Request, who: SignedIn, name: str, *, on: bool, note: str, sure: bool) -> Response:
        def work() -> None:
            if not sure:
                raise switches.BadSwitch("Tick that you are sure.")
            with turn_of(request) as turn:
                switches.turn_switch(turn, who.member_id, name, on=on, note=note)

        try:
            await run_in_threadpool(work)
        except AppError as error:
            return await page(request, who, error=error)
        return go(request, f"/admin?done=operations.{'on' if on else 'off'}#switches")

    @console.post("/admin/switches/{name}/on", Permission.OPERATIONS_SEE, Permission.OPERATIONS_SWITCH)
    async def turn_on(request: Request, name: str, who: Who, fields: Form) -> Response:
        return await turn(request, who, name, on=True, note=fields.get("note", ""), sure="sure" in fields)

    @console.post("/admin/switches/{name}/off", Permission.OPERATIONS_SEE, Permission.OPERATIONS_SWITCH)
    async def turn_off(request: Request, name: str, who: Who) -> Response:
        return await turn(request, who, name, on=False, note="", sure=True)
