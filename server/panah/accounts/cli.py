"""`panah create-admin`: a link with which the first admin, or one more in an emergency, sets themselves up."""

from datetime import datetime

from sqlalchemy import Engine

from panah.accounts.members import INVITATION_LASTS, invite_member
from panah.accounts.permissions import Role
from panah.blocklists.turn import begin
from panah.keys import Keys

# Not 127.0.0.1: browsers bind passkeys to a name, and an address is none.
HERE = "http://localhost:8000"


def create_admin(engine: Engine, keys: Keys, *, public_url: str | None = None, now: datetime | None = None) -> str:
    """The address of a page where one person becomes an admin, for 72 hours. Whoever runs commands on the machine
    needs nobody's approval. The code stands in the fragment, which no server and no log gets to see.
    """
    with begin(engine, keys, now=now) as turn:
        code = invite_member(turn, None, {Role.ADMIN})
    return f"{(public_url or HERE).rstrip('/')}/join#{code}"


def instructions(link: str) -> str:
    """What the command prints."""
    hours = int(INVITATION_LASTS.total_seconds() // 3600)
    return (
        f"Open this page, within {hours} hours, to become an admin:\n\n  {link}\n\n"
        "It works once. Have an authenticator app at hand. Show the link to nobody else."
    )
