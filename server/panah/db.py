"""The database: SQLite by default, PostgreSQL by URL."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel, create_engine

from panah.resources import PACKAGE

# Alembic is imported where something is migrated: 8 MB that a server whose schema is the newest does not hold.
if TYPE_CHECKING:
    from alembic.config import Config

# FastAPI runs plain `def` routes in 40 threads: fewer connections would make requests queue unseen.
CONNECTIONS = 40

# A PostgreSQL that accepts and then says nothing must not hold threads for ever: seconds and milliseconds.
PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 5000, "options": "-c lock_timeout=30000"}


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC. SQLite stores no zone, so one is demanded on the way in and given on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        given: datetime = value
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def make_engine(url: str) -> Engine:
    """An engine for a SQLite or PostgreSQL URL. SQLite runs in WAL mode with foreign keys on."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(
            url, pool_size=10, max_overflow=CONNECTIONS - 10, pool_pre_ping=True, connect_args=PATIENCE
        )
    engine = create_engine(
        url, pool_size=10, max_overflow=CONNECTIONS - 10, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def configure(connection, _record) -> None:  # type: ignore[no-untyped-def]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def insert_once(session: Session, table: type[SQLModel], **values: Any) -> bool:
    """Adds a row unless one like it is there; whether it did. The constraint decides: two can come at once."""
    kind = session.get_bind().dialect.name
    insert = sqlite.insert(table) if kind == "sqlite" else postgresql.insert(table)
    # Without the option psycopg's count is gone by then, and -1 would pass for a row.
    made = insert.values(**values).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    done = session.execute(made)
    return bool(done.rowcount)  # type: ignore[attr-defined]


def is_sealed(engine: Engine) -> bool:
    """Whether the database holds lists, members or feedback, and so things that only its own keys open."""
    found = set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        return any(
            connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1")).first() is not None  # noqa: S608
            for table in ("blocklist", "member", "feedback")
            if table in found
        )


def alembic_config(engine: Engine) -> "Config":
    """Alembic's settings for the migrations inside the package; the engine travels as an attribute."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    config.attributes["engine"] = engine
    return config


def migrate(engine: Engine) -> None:
    """Brings the database to the newest schema. Running it twice changes nothing."""
    from alembic import command

    command.upgrade(alembic_config(engine), "head")


def revision(connection: Connection) -> str:
    """The schema that the database has, as Alembic noted it; empty for a database without one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest schema."""
    # Migrations are files named by revision, in one line: 0001_….py, 0002_….py
    newest = max(path.name for path in (PACKAGE / "migrations" / "versions").glob("*.py")).partition("_")[0]
    with engine.connect() as connection:
        return revision(connection) == newest
