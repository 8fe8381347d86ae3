"""`panah lists report | verify-report`: a list's transparency reports, as they are and as others check them."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from sqlmodel import Session

from panah.blocklists.lists import find_list
from panah.command import fail, station
from panah.curation.transparency import body_of, months_of, open_report
from panah.distribution.signing import Refused

SAID = {
    "malformed": "it is no transparency report, or not a whole one",
    "roots": "it is not signed by a server with that fingerprint",
    "key": "the key that signed it was not allowed to at that time",
    "signature": "it was changed after it was signed",
    "format": "it is of a newer kind; bring Panah up to date",
}


def report(
    slug: Annotated[str, typer.Argument(help="The list's address.")],
    month: Annotated[str | None, typer.Argument(help="As 2026-11; the newest when left out.")] = None,
) -> None:
    """Write a month's signed report, as everybody can download it."""
    with station() as here, Session(here.engine) as session:
        blocklist = find_list(session, slug)
        known = months_of(session, blocklist)
        if not known:
            fail("there is no report yet: the server makes one when a month is over")
        if month is not None and month not in known:
            fail(f"there is no report for that month; there are: {', '.join(known)}")
        body = body_of(session, blocklist, month or known[0])
    sys.stdout.write(body + "\n")


def verify_report(
    file: Annotated[Path, typer.Argument(help="The report.", exists=True, dir_okay=False, readable=True)],
    fingerprint: Annotated[str, typer.Option(help="Of the server's root key, as its page /lists shows it.")],
) -> None:
    """Check that a downloaded report is as a server signed it, and print what it says."""
    try:
        found = open_report(file.read_bytes(), known_by=fingerprint)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except Refused as refused:
        fail(f"{file}: {SAID[refused.code]}")
    typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    typer.echo(f"The report of {found['list']['slug']} for {found['month']} is as it was signed.", err=True)
