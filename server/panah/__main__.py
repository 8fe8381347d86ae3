"""The commands of `panah`, also as `python -m panah`: serve, score, create-admin, demo, lists and more."""

import ctypes
import gc
import logging
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperGroup
from typer.main import get_group

from panah import __version__
from panah.command import fail, keys_or_fail, ready, settings_or_fail, station
from panah.db import make_engine
from panah.db import migrate as migrate_database
from panah.scoring.classifier import read_config
from panah.scoring.policy import Sensitivity


class Commands(TyperGroup):
    """The commands of this module, and those of panah.commands, which are imported when one of them is called or
    all are listed: what simulates, imports and draws tables is not to lie in the memory of what serves.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            self._bring_others()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        self._bring_others()
        return super().list_commands(ctx)

    def _bring_others(self) -> None:
        from panah.commands import others

        self.commands.update(get_group(others).commands)


app = typer.Typer(
    name="panah",
    cls=Commands,
    help="Scores replies against the disclosure they answer, and keeps shared lists.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
) -> None:
    """Serve the API and the pages. Settings come from PANAH_… variables (docs/self-hosting.md)."""
    # What is imported stays: looking through it for garbage, as it grows, takes a sixth of the start.
    gc.disable()
    # A lane that has ended a call needs Python's lock to begin the next. With Python's own 5 ms it would wait as
    # long as a call takes while the loop is busy: with stretches of 10 ms, lanes did half of what they could.
    sys.setswitchinterval(0.0005)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = settings_or_fail()
    from panah.scoring.registry import load

    # The model is read and measured on one core while the rest is imported on another.
    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(load, settings.model_dir)
        import uvicorn

        from panah.accounts.members import has_members
        from panah.app import create_app

        engine = make_engine(settings.database_url)
        try:
            ready(engine)
            keys_or_fail(engine, settings)
            empty = not has_members(engine)
            service = create_app(settings, loading.result())
        except SQLAlchemyError as error:
            fail(f"the database cannot be used ({type(error).__name__}); check PANAH_DATABASE_URL")
        except (FileNotFoundError, ValueError) as error:
            fail(f"the model cannot be used: {error}; check PANAH_MODEL_DIR")
        finally:
            engine.dispose()
            del loading  # it would keep the model in memory when another one is served
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        fail(f"cannot listen on {host} port {port}: {error.strerror}; choose another --host or --port")
    shown = f"[{host}]" if ":" in host else host
    port = listening.getsockname()[1]
    typer.echo(f"Panah {__version__} is at http://{shown}:{port}  (try it there; API at /docs; stop with Ctrl-C)")
    if empty:
        typer.echo("Nobody is a member yet: `panah create-admin` makes the first, `panah demo` a made-up instance.")
    config = uvicorn.Config(
        service,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        access_log=False,  # an access log would tell who reads, and when
        server_header=False,
        log_level="warning",
        forwarded_allow_ips=settings.forwarded_allow_ips,
        # What has begun may wait for its turn for as long as the engine's patience, and is then computed and sent.
        timeout_graceful_shutdown=ceil(settings.patience) + 5,
    )
    settle()
    # uvicorn ends in order when it is asked to, and then raises the signal again: that must not be the status.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.Server(config).run(sockets=[listening])


def settle() -> None:
    """Ends the start: no look for garbage goes again through what is there to stay, which would hold all requests
    for 0.1 s; and what reading the model took, some 7 MB, goes back to the machine.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    if sys.platform == "linux":
        c = ctypes.CDLL(None)
        if hasattr(c, "malloc_trim"):  # glibc has it, musl does not
            c.malloc_trim(0)


@app.command()
def score(
    source: Annotated[
        Path | None, typer.Argument(help="JSON lines {text, id?, context?, lang?}; stdin when left out.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Verdicts go here; else to stdout.")] = None,
    sensitivity: Annotated[Sensitivity, typer.Option(help="How readily replies are hidden.")] = "balanced",
    model_dir: Annotated[Path | None, typer.Option(help="Another model artefact.")] = None,
) -> None:
    """Judge replies from a file or stdin, one JSON object a line in, one verdict a line out, in order.

    Bad lines are named on stderr with their number, the rest goes on, and the exit status is 1.
    """
    from panah.scoring import cli  # here, as `serve` needs none of it

    settings = settings_or_fail(model_dir)
    try:
        judge = cli.Judge(settings.model_dir, sensitivity=sensitivity)
    except (FileNotFoundError, ValueError) as error:
        fail(f"the model cannot be used: {error}")
    if source and output and output.exists() and source.samefile(output):
        fail("the verdicts would overwrite the replies; name another --output")
    with ExitStack() as files:
        try:
            lines = files.enter_context(source.open("rb")) if source else sys.stdin.buffer
            sink = files.enter_context(output.open("wb")) if output else sys.stdout.buffer
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}")
        size = source.stat().st_size if source and source.is_file() else None
        try:
            bad = cli.run(judge, lines, sink, size=size)
        except BrokenPipeError:  # `panah score … | head` has seen enough
            sys.stderr.close()
            raise typer.Exit(0) from None
    raise typer.Exit(1 if bad else 0)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    settings = settings_or_fail()
    engine = make_engine(settings.database_url)
    try:
        migrate_database(engine)
    except SQLAlchemyError as error:
        fail(f"the database cannot be used ({type(error).__name__}); check PANAH_DATABASE_URL")
    finally:
        engine.dispose()
    typer.echo("The database has the newest schema.")


@app.command()
def create_admin() -> None:
    """Print a link with which one person becomes an admin."""
    from panah.accounts import cli as accounts  # here, for the commands that need no members

    with station() as here:
        link = accounts.create_admin(here.engine, here.keys, public_url=here.settings.public_url)
        typer.echo(accounts.instructions(link))


@app.command()
def version() -> None:
    """Print the versions of Panah and of its model."""
    settings = settings_or_fail()
    try:
        model = read_config(settings.model_dir).name
    except (FileNotFoundError, ValueError) as error:
        fail(f"the model cannot be used: {error}")
    typer.echo(f"panah {__version__}, model {model}")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
