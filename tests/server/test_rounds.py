"""What happens without anybody asking, and the secret that must not be lost."""

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from panah.app import create_app
from panah.blocklists import lists, steward
from panah.blocklists.turn import begin
from panah.db import make_engine, migrate
from panah.distribution.outlet import make_outlet
from panah.distribution.tables import ListVersion
from panah.keys import Keys, load_keys
from panah.rounds import Published, go_round
from panah.settings import Settings


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    made = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
    migrate(made)
    yield made
    made.dispose()


def make_lists(engine: Engine, keys: Keys) -> None:
    for slug in ("first", "second"):
        with begin(engine, keys) as turn:
            lists.create_list(turn, slug=slug, name=slug)


def test_a_round_publishes_new_lists_and_one_that_fails_stops_no_other(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keys = load_keys(tmp_path / "panah.keys")
    outlet = make_outlet(tmp_path / "panah.keys", "Panah")
    make_lists(engine, keys)
    tick = steward.tick

    def fail_first(turn: Any, blocklist: Any, **how: Any) -> None:
        if blocklist.slug == "first":
            raise RuntimeError("x:1234567")
        tick(turn, blocklist, **how)

    monkeypatch.setattr(steward, "tick", fail_first)
    with caplog.at_level(logging.ERROR):
        go_round(engine, keys, outlet, {})
    assert "RuntimeError" in caplog.text
    assert "1234567" not in caplog.text  # a fault's message can name an account
    with Session(engine) as session:
        second = lists.find_list(session, "second")
        assert list(session.exec(select(ListVersion.blocklist_id))) == [second.id]


def test_a_round_after_nothing_has_changed_publishes_nothing(engine: Engine, tmp_path: Path) -> None:
    keys = load_keys(tmp_path / "panah.keys")
    outlet = make_outlet(tmp_path / "panah.keys", "Panah")
    make_lists(engine, keys)
    published: Published = {}
    go_round(engine, keys, outlet, published)
    go_round(engine, keys, outlet, published)
    before = dict(published)
    go_round(engine, keys, outlet, published)
    assert published == before


def test_the_service_does_not_start_without_the_secret_its_database_was_sealed_with(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    made = settings.model_copy(update={"database_url": str(engine.url)})
    make_lists(engine, load_keys(made.keys_file))
    made.keys_file.unlink()
    with pytest.raises(ValueError, match="restore it"):
        create_app(made)
    assert not made.keys_file.exists()
