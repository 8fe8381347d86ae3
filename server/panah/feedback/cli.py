"""`panah feedback export | forget | stats`: what readers told, on the machine itself."""

import os
from pathlib import Path
from typing import Annotated

import typer

from panah.blocklists.turn import begin
from panah.command import station
from panah.feedback import service
from panah.feedback.export import export

feedback_app = typer.Typer(
    name="feedback",
    help="What readers told about verdicts, with their consent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@feedback_app.command("export")
def export_file(
    file: Annotated[Path, typer.Argument(help="A new file for JSON lines as in model/corpus/README.md.")],
    again: Annotated[bool, typer.Option("--again", help="Also what was exported before.")] = False,
) -> None:
    """Write what was labelled as corpus rows.

    They are people's own words. Keep the file where you train, and out of every repository.
    """
    with station() as here, begin(here.engine, here.keys) as turn:
        made = export(turn, None, again=again)
        # Written before the rows count as exported; for this user only, and never over another file.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(made.lines)
    typer.echo(f"{made.rows:,} rows. They are people's own words: keep them out of every repository.")


@feedback_app.command("forget")
def forget(receipt: Annotated[str, typer.Argument(help="32 hex digits, as whoever told it has them.")]) -> None:
    """Delete what was told with a receipt."""
    with station() as here, begin(here.engine, here.keys) as turn:
        gone = service.forget(turn, receipt.strip().lower())
    typer.echo("It is deleted." if gone else "Nothing is kept under that receipt.")


@feedback_app.command("stats")
def stats() -> None:
    """Count what is kept, by state, kind, language and label."""
    with station() as here, begin(here.engine, here.keys) as turn:
        found = service.counts(turn.session, turn.now.date())
    for one in sorted(found, key=lambda one: (one.state, one.kind, one.language, one.label)):
        text = "with text" if one.with_text else "without text"
        typer.echo(f"{one.rows:>7,}  {one.state}  {one.kind}  {one.language}  {one.label}  {text}")
    typer.echo(f"{sum(one.rows for one in found):>7,}  in all")
