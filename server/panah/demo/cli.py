"""`panah demo`: fills an empty instance, so that whoever is new can click through everything."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from secrets import choice

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from panah.accounts.permissions import Role
from panah.accounts.tables import Member
from panah.blocklists.tables import Blocklist
from panah.command import Station, fail, station
from panah.demo.judging import compare, tell_all, tune
from panah.demo.members import Account, add_members
from panah.demo.village import DAY, HISTORY, Village

TEXTS = Path(__file__).parent / "texts.toml"
WORDS = (
    "amber basil cedar delta ember fennel ginger hazel indigo jasper kiwi lemon maple nutmeg olive pepper".split()
)
SEED = 8
PEOPLE, ACCOUNTS = 26, 45  # of each list


def fresh_password() -> str:
    return " ".join(choice(WORDS) for _ in range(5))


def refuse_used(engine: Engine) -> None:
    """Ends the command where somebody's work could be: made-up accounts must not end up on a real list."""
    with Session(engine) as session:
        used = [session.exec(select(func.count()).select_from(table)).one() for table in (Member, Blocklist)]
    if any(used):
        fail(
            "the database has members or lists; the demo fills an empty one, as with "
            "PANAH_DATABASE_URL=sqlite:///demo.db panah demo"
        )


def demo() -> None:
    """Fill an empty database with a made-up instance: members of every role, lists, cases, feedback."""
    with station() as here:
        refuse_used(here.engine)
        console = Console(stderr=True)
        bars = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*bars, console=console, disable=not console.is_terminal, transient=True) as progress:
            password, accounts = fill(here, progress)
        tell(Console(), password, accounts)


def fill(here: Station, progress: Progress) -> tuple[str, list[Account]]:
    """Everything, and how to sign in to it."""
    texts = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    now = datetime.now(UTC)
    password = fresh_password()
    lot = Random(SEED)  # noqa: S311  (who is drawn in a made-up past)
    task = progress.add_task("Living through a made-up past", total=len(texts["list"]) * HISTORY)
    accounts = add_members(here.engine, here.keys, password=password, now=now - (HISTORY + 1) * DAY)
    admins = [one.id for one in accounts if Role.ADMIN in one.roles]
    curators = [one.id for one in accounts if Role.CURATOR in one.roles]
    reviewers = [one.id for one in accounts if Role.REVIEWER in one.roles]
    for number, described in enumerate(texts["list"]):
        village = Village(here.engine, here.keys, lot, now - HISTORY * DAY, curators, reviewers, texts, number)
        village.found(described, people=PEOPLE)
        village.live(now, accounts=ACCOUNTS, progress=lambda: progress.advance(task))
        village.furnish(admins)
    tell_all(here.engine, here.keys, here.settings.model_dir, admin=admins[0], lot=lot, now=now)
    tune(here.engine, here.keys, here.settings.model_dir, texts["policies"], admin=admins[0], now=now)
    compare(here.engine, here.settings.model_dir, lot=lot, now=now)
    return password, accounts


def tell(console: Console, password: str, accounts: list[Account]) -> None:
    """How to sign in, once: nothing of it can be read again."""
    table = Table(
        title="A made-up instance is ready", caption="Each code works once, in place of an authenticator app."
    )
    table.add_column("Name to sign in with")
    table.add_column("Role")
    table.add_column("Codes")
    for one in accounts:
        table.add_row(one.sign_in_name, ", ".join(one.roles), "  ".join(one.codes[:3]))
    console.print(table)
    console.print(f"Password of all of them: [bold]{password}[/bold]", highlight=False)
    console.print("Start the server with `make run` or `panah serve`, and open http://127.0.0.1:8000/sign-in")
    typer.echo("To begin again, delete the database file and its key file (panah.db and panah.keys).")
