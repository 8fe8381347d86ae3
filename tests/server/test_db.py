"""The schema on SQLite and on a real PostgreSQL: up from empty, in step with the tables, down and up again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect
from sqlmodel import Session, select

from panah.db import alembic_config, insert_once, is_current, make_engine, migrate
from panah.operations.tables import JobRun
from panah.scoring.tables import PolicyVersion


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind that Panah runs on."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
    else:
        made = make_engine(request.getfixturevalue("fresh_database"))
    yield made
    made.dispose()


def test_migrations_lead_from_empty_to_the_tables_and_back(engine: Engine) -> None:
    assert not is_current(engine)
    migrate(engine)
    migrate(engine)  # again changes nothing
    assert is_current(engine)
    command.check(alembic_config(engine))  # raises when the tables differ from the migrations
    command.downgrade(alembic_config(engine), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    command.upgrade(alembic_config(engine), "head")
    assert is_current(engine)


def test_a_policy_comes_back_as_it_was_stored(engine: Engine) -> None:
    migrate(engine)
    with Session(engine) as session:
        session.add(PolicyVersion(model="v1", thresholds={"balanced": {"en": [0.5]}}, note="نوٹ"))
        session.commit()
    with Session(engine) as session:
        found = session.exec(select(PolicyVersion)).one()
        assert (found.id, found.thresholds, found.note) == (1, {"balanced": {"en": [0.5]}}, "نوٹ")
        assert found.created_at is not None


def test_sqlite_writes_ahead_and_waits_for_its_turn(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000
    engine.dispose()


def test_a_row_is_added_once_and_who_comes_second_is_told(engine: Engine) -> None:
    migrate(engine)
    with Session(engine) as session:
        row = {"name": "lists", "began_at": datetime.now(UTC), "did": 0, "fault": ""}
        assert [insert_once(session, JobRun, **row) for _ in range(2)] == [True, False]
