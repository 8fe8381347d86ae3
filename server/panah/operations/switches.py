"""Two switches of the whole server: nothing is changed from outside (`read-only`), nothing new is published
(`stop-publishing`). What takes an account off a list, or somebody out of the server, is never stopped, nor is what
the owner of a protected account says: silence would list them.
"""

import re
import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from anyio import to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from panah.accounts.audit import lock_accounts, record_account_event
from panah.accounts.members import acting
from panah.accounts.permissions import Permission
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.operations.tables import Switch

READ_ONLY, STOP_PUBLISHING = "read-only", "stop-publishing"
SWITCHES = (READ_ONLY, STOP_PUBLISHING)
NOTE_LENGTH = 200
FRESH = 1.0  # seconds in which a process does not ask the database again
RETRY_AFTER = 600  # seconds

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# What goes on while the server is read-only, by method and address. Whatever is not here is refused, so that a new
# route has to be thought about. [^/]+ is one part of an address.
EXEMPT = tuple(
    (method, re.compile(pattern))
    for method, pattern in (
        # It judges and keeps nothing.
        ("POST", r"/v1/score"),
        # Signing in and out, one's own credentials, and joining: the operator must be able to let an admin in.
        ("POST|DELETE", r"/v1/session(/passkey(/options)?)?"),
        ("POST", r"/sign-in|/sign-out|/join(/finish)?"),
        ("POST|DELETE", r"/v1/account/.+|/account/.+"),
        # Forms that only ask: a receipt must not stand in an address.
        ("POST", r"/appeals|/v1/appeals/status|/curate/lists/[^/]+/history/verify"),
        # Taking off a list, and stopping what would be added.
        ("POST", r"/v1/curator/lists/[^/]+/removals|/curate/tools/remove"),
        ("POST", r"/v1/admin/lists/[^/]+/stop|/curate/lists/[^/]+/stop"),
        # Votes and reversals that can take an account off. The services refuse the others behind these addresses.
        ("POST", r"/v1/curator/looks/[^/]+|/curate/looks/[^/]+/(answer|reverse)|/curate/bulk/expire"),
        # The owners of protected accounts, and the members who confirm them.
        ("POST", r"/v1/me/notices/[^/]+|/v1/curator/protection|/curate/tools/(profile|protection)"),
        ("POST|DELETE", r"/v1/me/protection"),
        # Taking back what one gave.
        ("POST", r"/curate/looks/[^/]+/undo|/admin/feedback/forget"),
        ("DELETE", r"/v1/me(/contributions)?|/v1/lists/[^/]+/(contributions|imports)/[^/]+"),
        ("DELETE", r"/v1/feedback/[^/]+|/v1/squads/[^/]+"),
        # Taking from people what somebody may be misusing, and going back to what was in force before.
        ("POST", r"/v1/members/[^/]+/suspension|/admin/members/[^/]+/(suspend|take)"),
        ("DELETE", r"/v1/members/[^/]+/roles/[^/]+|/v1/members/grants/[^/]+"),
        ("POST", r"/admin/members/(grants|invitations)/[^/]+/drop"),
        ("POST", r"/admin/members/[^/]+/sessions(/[^/]+)?/end"),
        # The service refuses to let somebody back in there.
        ("POST", r"/curate/lists/[^/]+/contributors/suspend|/v1/admin/contributors/[^/]+/[^/]+"),
        ("POST", r"/curate/lists/[^/]+/people/unseat"),
        ("DELETE", r"/v1/admin/lists/[^/]+/seats/[^/]+"),
        ("POST", r"/admin/thresholds/history/[^/]+/roll-back|/admin/models/(back|stop)|/admin/keys/online"),
        # The switches themselves.
        ("POST", r"/admin/switches/[^/]+/(on|off)"),
    )
)


class ReadOnly(AppError):
    status = 503
    code = "read-only"

    def __init__(self) -> None:
        super().__init__(
            "Panah can only be read for a while. Replies are judged, and accounts taken off, as ever.",
            retry_after=RETRY_AFTER,
        )


class BadSwitch(AppError):
    status = 422
    code = "bad-switch"


@dataclass(frozen=True)
class State:
    """A switch as it is now."""

    name: str
    is_on: bool
    row: Switch | None  # who turned it, when and why; None: nobody ever did


def is_on(session: Session, name: str) -> bool:
    """Whether that switch is on, as the database says."""
    return session.exec(select(Switch.is_on).where(Switch.name == name)).first() or False


def check_writable(session: Session) -> None:
    """Raises ReadOnly while that switch is on: for what an address does besides what must go on."""
    if is_on(session, READ_ONLY):
        raise ReadOnly


def off_since(session: Session, name: str) -> datetime | None:
    """When a switch that is off was turned off; None for one that is on, or never was."""
    return session.exec(select(Switch.since).where(Switch.name == name, col(Switch.is_on).is_(False))).first()


def states(session: Session) -> list[State]:
    """All switches, in a steady order."""
    rows = {row.name: row for row in session.exec(select(Switch))}
    return [State(name, name in rows and rows[name].is_on, rows.get(name)) for name in SWITCHES]


def turn_switch(turn: Turn, by: UUID, name: str, *, on: bool, note: str = "") -> bool:
    """Turns a switch; whether that changed anything: the second of two admins who turn it on at once changes
    nothing, and the note of the first stays. Raises BadSwitch or GrantRefused.
    """
    plain = " ".join(note.split())
    if name not in SWITCHES or len(plain) > NOTE_LENGTH or (on and not plain):
        raise BadSwitch(f"Say in at most {NOTE_LENGTH} characters why it is turned on, for the other admins.")
    lock_accounts(turn)
    acting(turn, by, Permission.OPERATIONS_SWITCH)
    row = turn.session.get(Switch, name, populate_existing=True)
    if (row is not None and row.is_on) == on:
        return False
    if row is None:
        row = Switch(name=name, is_on=on, by=by, since=turn.now)
        turn.session.add(row)
    row.is_on, row.note, row.by, row.since = on, plain, by, turn.now
    record_account_event(turn, "switch_on" if on else "switch_off", "admin", {"switch": name, "by": str(by)})
    return True


def goes_on(method: str, path: str) -> bool:
    """Whether a request passes while the server is read-only."""
    if method in SAFE_METHODS:
        return True
    return any(method in methods.split("|") and found.fullmatch(path) for methods, found in EXEMPT)


class ReadOnlyGate:
    """What one process knows of the switch. It asks the database only for changes, once a second at most."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.on = False
        self.known_until = 0.0  # of the monotonic clock

    async def check(self) -> None:
        """Raises ReadOnly."""
        if time.monotonic() >= self.known_until:
            await to_thread.run_sync(self.look)
        if self.on:
            raise ReadOnly

    def look(self) -> None:
        """Asks the database. While that cannot answer, what was known stays: the change itself will fail anyway."""
        try:
            with Session(self.engine) as session:
                self.on = is_on(session, READ_ONLY)
        except SQLAlchemyError:
            pass
        self.known_until = time.monotonic() + FRESH
