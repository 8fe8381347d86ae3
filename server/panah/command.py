"""What all commands share: one line on stderr when something is wrong, settings, and the operator's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from panah.db import is_current, is_sealed, make_engine, migrate
from panah.errors import AppError
from panah.keys import Keys, load_keys
from panah.settings import Settings, load_settings


def fail(message: str) -> NoReturn:
    """One line on stderr that says what to do, and exit status 2."""
    typer.echo(f"panah: {message}", err=True)
    raise typer.Exit(2)


def settings_or_fail(model_dir: Path | None = None) -> Settings:
    try:
        return load_settings(model_dir)
    except SettingsError as error:
        fail(f"a PANAH_… variable that takes a list is not JSON ({str(error).partition(' from ')[0]})")
    except ValidationError as error:
        wrong = error.errors()[0]
        name = "PANAH_" + "_".join(str(part) for part in wrong["loc"][:1]).upper()
        fail(f"{name}: {wrong['msg'].removeprefix('Value error, ')}")


@dataclass(frozen=True)
class Station:
    """What a command works with."""

    settings: Settings
    engine: Engine
    keys: Keys


@contextmanager
def station() -> Iterator[Station]:
    """The operator's settings, database and keys. Faults of theirs, and refusals, end the command with one line."""
    settings = settings_or_fail()
    engine = make_engine(settings.database_url)
    try:
        ready(engine)
        yield Station(settings, engine, keys_or_fail(engine, settings))
    except SQLAlchemyError as error:
        fail(f"the database cannot be used ({type(error).__name__}); check PANAH_DATABASE_URL")
    except AppError as refusal:
        fail(refusal.detail)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    except ValueError as error:
        fail(str(error))
    finally:
        engine.dispose()


def keys_or_fail(engine: Engine, settings: Settings) -> Keys:
    try:
        return load_keys(settings.keys_file, needed=is_sealed(engine))
    except ValueError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}; check PANAH_KEYS_FILE")


def ready(engine: Engine) -> None:
    """Brings a SQLite file, which one process owns, to the newest schema. A PostgreSQL is shared, and changing it
    is the operator's decision.
    """
    if is_current(engine):
        return
    if engine.dialect.name == "sqlite":
        migrate(engine)
    else:
        fail("the database schema is not the newest; run `panah migrate` first")
