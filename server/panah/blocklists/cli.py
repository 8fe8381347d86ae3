"""`panah lists create | verify`."""

from typing import Annotated

import typer
from sqlmodel import Session

from panah.blocklists import events
from panah.blocklists.events import ChainBroken
from panah.blocklists.lists import all_lists, create_list, find_list
from panah.blocklists.turn import begin
from panah.command import fail, station


def create(
    slug: Annotated[str, typer.Argument(help="The list's address: small letters, digits, hyphens.")],
    name: Annotated[str, typer.Argument(help="Its name as people read it.")],
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    norms: Annotated[str, typer.Option(help="What belongs on it, and what does not.")] = "",
    contact: Annotated[str, typer.Option(help="Where its curators can be reached.")] = "",
) -> None:
    """Make a list. Admins then give members seats as its curators."""
    with station() as here, begin(here.engine, here.keys) as turn:
        create_list(turn, slug=slug, name=name, description=description, norms=norms, contact=contact)
    typer.echo(f"The list is there, under /lists/{slug}. An admin can now give curators seats.")


def verify(
    slug: Annotated[str | None, typer.Argument(help="The list's address; all lists when left out.")] = None,
) -> None:
    """Check that the history of a list was not changed, and that what is on it follows from it."""
    with station() as here, Session(here.engine) as session:
        found = all_lists(session) if slug is None else [find_list(session, slug)]
        for blocklist in found:
            try:
                count = events.verify(session, blocklist)
                events.check_entries(session, blocklist)
            except ChainBroken as broken:
                fail(f"{blocklist.slug}: {broken}")
            typer.echo(f"{blocklist.slug}: {count} events, whole, up to {blocklist.head_hash[:16]}")
