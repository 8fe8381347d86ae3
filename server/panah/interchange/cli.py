"""`panah lists import | take-back | export | compare`: files of any size, straight to and from the database."""

import os
import sys
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated
from uuid import UUID

import typer

from panah.blocklists.contributors import UnknownContributor, contributor_of, digest_key, join, register
from panah.blocklists.lists import find_list
from panah.blocklists.tables import Category, Contributor
from panah.blocklists.turn import Turn, begin
from panah.command import fail, station
from panah.errors import AppError
from panah.interchange import exports, service
from panah.interchange.files import MAX_BYTES, to_text
from panah.interchange.hash_list import matching, parse_hashes
from panah.interchange.parsing import AUTO, READERS, parse
from panah.interchange.rows import SAID, Parsed

KEY = "PANAH_CONTRIBUTOR_KEY"
SHOWN = 20

lists_app = typer.Typer(
    name="lists",
    help="Bring accounts of other tools in, and write lists for other tools (docs/formats.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Slug = Annotated[str, typer.Option("--list", help="The list's address, as in /lists/SLUG.")]
File = Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False, readable=True)]
FormatName = Annotated[str, typer.Option("--format", help=f"auto, or one of {', '.join(READERS)}.")]


def read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            fail(f"the file is larger than {MAX_BYTES // 2**20} MB; split it")
        return file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}")


def read_rows(file: Path, form: str) -> Parsed:
    """The file as read; lines that are not taken are named, and end the command."""
    try:
        parsed = parse(read(file), form)
    except AppError as error:
        fail(error.detail)
    for one in parsed.refused[:SHOWN]:
        typer.echo(f"line {one.line}: {SAID[one.why]}", err=True)
    if parsed.refused:
        fail(f"{len(parsed.refused):,} lines of {parsed.format} are not taken; nothing was changed")
    return parsed


def known_contributor(turn: Turn, key: str | None) -> Contributor:
    """Whoever has the key; for a new key somebody without reports, who is not stored."""
    if key is not None:
        digest_key(key)
        try:
            return contributor_of(turn.session, key)
        except UnknownContributor:
            pass
    nobody = UUID(int=0)
    return Contributor(id=nobody, key_digest="", branch=nobody, joined_on=turn.now.date())


def count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def show(found: service.Preview) -> None:
    """The preview, on stdout."""
    typer.echo(f"format: {found.format}")
    typer.echo(
        f"new: {count(found.new, 'account', 'accounts')}; over {count(found.days, 'day', 'days')} as reports"
    )
    typer.echo(f"known: {count(found.known, 'account', 'accounts')} reported before, or waiting")
    typer.echo(f"taken back: {count(found.retractions, 'report', 'reports')}")
    for subject in found.sample:
        typer.echo(f"  {subject}")
    if found.new > len(found.sample):
        typer.echo(f"  and {found.new - len(found.sample):,} more")


@lists_app.command("import")
def import_file(
    file: File,
    slug: Slug,
    form: FormatName = AUTO,
    category: Annotated[Category, typer.Option(help="For accounts whose file names none.")] = Category.ABUSE,
    invitation: Annotated[str | None, typer.Option(help="For a list that one is invited to.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Bring a file in as one contributor's reports: a preview first, then the question whether to go on.

    PANAH_CONTRIBUTOR_KEY says whose reports they are; without it a key is made and shown once.
    """
    parsed = read_rows(file, form)
    key = os.environ.get(KEY) or None
    with station() as here:
        with begin(here.engine, here.keys) as turn:
            blocklist = find_list(turn.session, slug)
            found = service.preview(turn, blocklist, known_contributor(turn, key), parsed, category)
        show(found)
        if not found.new and not found.retractions:
            typer.echo("Nothing to do.")
            return
        if not yes and not typer.confirm("Go on?"):
            typer.echo("Nothing was changed.")
            return
        with begin(here.engine, here.keys) as turn:
            blocklist = find_list(turn.session, slug)
            contributor = register(turn, key or (made := token_urlsafe(32)))
            join(turn, blocklist, contributor, invitation)
            batch = service.bring_in(turn, blocklist, contributor, parsed, category)
    if key is None:
        typer.echo(f"{KEY}={made}")
        typer.echo("This key is shown once. With it these reports can be taken back.")
    typer.echo(f"Batch {batch}: `panah lists take-back {batch} --list {slug}` takes it back.")


@lists_app.command("take-back")
def take_back(
    batch: Annotated[UUID, typer.Argument(help="The batch that the import named.")],
    slug: Slug,
) -> None:
    """Take a whole import back: what waits, and what has become reports. Needs PANAH_CONTRIBUTOR_KEY."""
    key = os.environ.get(KEY)
    if not key:
        fail(f"set {KEY} to the key that the reports were made with")
    with station() as here, begin(here.engine, here.keys) as turn:
        contributor = contributor_of(turn.session, key)
        taken = service.take_back(turn, find_list(turn.session, slug), contributor, batch)
    typer.echo(f"Taken back: {count(taken, 'account', 'accounts')}.")


@lists_app.command("export")
def export(
    slug: Slug,
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(exports.FORMATS)}.")] = exports.PUBLIC,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, or a folder; else stdout.")] = None,
    repository: Annotated[
        str | None, typer.Option(help="For Bluesky: the DID of the account that holds it.")
    ] = None,
) -> None:
    """Write what is published of a list.

    Accounts that the format cannot hold are left out, and counted on stderr.
    """
    with station() as here, begin(here.engine, here.keys) as turn:
        suffix = exports.format_of(form).suffix
        blocklist = find_list(turn.session, slug)
        if form == exports.PUBLIC:
            files, left_out = [exports.published(turn.session, blocklist)], 0
        else:
            entries = exports.entries_of(turn.session, blocklist)
            files = list(exports.write(entries, form, exports.about(blocklist, repository=repository)))
            left_out = len(entries) - len(exports.fitting(entries, form))
    if left_out:
        typer.echo(f"left out: {count(left_out, 'account', 'accounts')} of other platforms", err=True)
    if output is None:
        if len(files) > 1:
            fail(f"these are {len(files)} files; name a folder with -o")
        sys.stdout.buffer.write(files[0])
        return
    for path, content in zip(names(output, slug, suffix, len(files)), files, strict=True):
        try:
            path.write_bytes(content)
        except OSError as error:
            fail(f"{path}: {error.strerror}")
        typer.echo(str(path), err=True)


def names(output: Path, slug: str, suffix: str, how_many: int) -> list[Path]:
    """Where the files go: one by the name given, several numbered from 1."""
    path = output / f"{slug}.{suffix}" if output.is_dir() else output
    if how_many == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, how_many + 1)]


@lists_app.command("compare")
def compare(file: File, slug: Slug) -> None:
    """Say how many of a list's accounts stand in a hash list. Nobody can read accounts out of one."""
    try:
        found = parse_hashes(to_text(read(file)))
    except AppError as error:
        fail(error.detail)
    with station() as here, begin(here.engine, here.keys) as turn:
        entries = exports.entries_of(turn.session, find_list(turn.session, slug))
    shared = matching(found, (entry.subject for entry in entries))
    typer.echo(
        f"{len(shared):,} of {count(len(entries), 'account', 'accounts')} here are among the "
        f"{count(len(found.hashes), 'hash', 'hashes')} of {found.slug}, version {found.version}."
    )
