"""`panah keys …`, and the published files for a web server of one's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from panah.command import Station, fail, station
from panah.distribution import cli
from panah.distribution.outlet import Outlet, make_outlet
from panah.errors import AppError

keys_app = typer.Typer(
    name="keys",
    help="The keys that sign published lists (docs/self-hosting.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

RootFile = Annotated[Path, typer.Option("--root", help="The file with the root key.")]


def tell(work: Callable[[Station, Outlet], list[str]]) -> None:
    with station() as here:
        settings = here.settings
        outlet = make_outlet(settings.keys_file, settings.server_name, settings.selectors_file)
        for line in work(here, outlet):
            typer.echo(line)


@keys_app.command()
def show() -> None:
    """Show the keys, how long they last, and what is wrong with them."""
    tell(lambda here, outlet: cli.show(here.engine, here.keys, outlet))


@keys_app.command()
def rotate_root() -> None:
    """Replace the root key by a new one that the old one signs."""
    tell(lambda here, outlet: cli.rotate_root(here.engine, here.keys, outlet))


@keys_app.command()
def export_root(target: Annotated[Path, typer.Argument(help="Where it is moved, as on a stick.")]) -> None:
    """Move the root key away from this machine."""
    tell(lambda here, outlet: cli.export_root(here.engine, outlet, target))


@keys_app.command()
def sign_online(root: RootFile) -> None:
    """Make a new online key with a root key that lies elsewhere."""
    tell(lambda here, outlet: cli.sign_online(here.engine, here.keys, outlet, root))


@keys_app.command()
def request_online() -> None:
    """Print a request that a machine with the root key can answer."""
    tell(lambda here, _: cli.request_online(here.engine, here.keys))


@keys_app.command()
def answer_request(root: RootFile, request: Annotated[str, typer.Argument(help="What it printed.")]) -> None:
    """Answer such a request, on the machine with the root key."""
    try:
        for line in cli.answer_request(root, request):
            typer.echo(line)
    except AppError as refusal:
        fail(refusal.detail)
    except (OSError, ValueError) as error:
        fail(str(error))


@keys_app.command()
def accept_online(answer: Annotated[str, typer.Argument(help="The answer.")]) -> None:
    """Take the answer to a request."""
    tell(lambda here, outlet: cli.accept_online(here.engine, here.keys, outlet, answer))


def publish_static(folder: Annotated[Path, typer.Argument(help="A folder that a web server serves.")]) -> None:
    """Write the published files as they stand under /lists/, for a web server or CDN."""
    with station() as here:
        for line in cli.export_static(here.engine, folder):
            typer.echo(line)
