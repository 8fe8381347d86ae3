"""Members of the demo, one for each role and curators enough for a list. They join as everybody does."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import Engine

from panah.accounts.members import find_invitation, invitation_purpose, invite_member, join, offer_setup
from panah.accounts.permissions import Role
from panah.blocklists.turn import begin
from panah.keys import Keys

ROLES = {
    "demo-admin": (Role.ADMIN,),
    "demo-admin-2": (Role.ADMIN,),  # who approves what the first proposes
    "demo-curator": (Role.CURATOR,),
    "demo-curator-2": (Role.CURATOR,),
    "demo-curator-3": (Role.CURATOR,),
    "demo-curator-4": (Role.CURATOR,),
    "demo-reviewer": (Role.REVIEWER,),
    "demo-reviewer-2": (Role.REVIEWER,),
    "demo-reviewer-3": (Role.REVIEWER,),
    "demo-auditor": (Role.AUDITOR,),
}


@dataclass(frozen=True)
class Account:
    """What one needs to sign in as a member of the demo."""

    id: UUID
    sign_in_name: str
    roles: tuple[Role, ...]
    codes: list[str]  # each works once, in place of an authenticator app


def add_members(engine: Engine, keys: Keys, *, password: str, now: datetime) -> list[Account]:
    """All of them, with one password. Raises NameTaken where the demo was made before."""
    return [add_member(engine, keys, name, roles, password=password, now=now) for name, roles in ROLES.items()]


def add_member(
    engine: Engine, keys: Keys, name: str, roles: tuple[Role, ...], *, password: str, now: datetime
) -> Account:
    with begin(engine, keys, now=now) as turn:
        code = invite_member(turn, None, roles)
        purpose = invitation_purpose(find_invitation(turn, code))
        setup = offer_setup(turn, purpose, server_name="Panah", name=name)
        joined = join(
            turn,
            code,
            name=name.replace("-", " ").capitalize(),
            sign_in_name=name,
            password=password,
            sealed=setup.sealed,
            totp=pyotp.TOTP(setup.secret).at(now),
        )
        return Account(joined.member.id, name, roles, joined.recovery_codes)
