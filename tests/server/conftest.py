"""The real app around a stub model where a test needs to say what a reply scores, else around the real one."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from fastapi.testclient import TestClient

from panah.app import create_app
from panah.db import make_engine, migrate
from panah.scoring import registry
from panah.scoring.classifier import Classifier, Encoded, Scores
from panah.scoring.cost import Cost
from panah.scoring.policy import LABELS
from panah.settings import Settings
from tests.harness.servers import fresh_database as new_database

T = TypeVar("T")


class StubModel:
    """Stands in for the ONNX session: says the scores it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[list[Encoded]] = []
        self.scores: dict[str, float] = {}
        self.fault: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    def score(self, batch: Sequence[Encoded]) -> Scores:
        self.before()
        self.calls.append(list(batch))
        if self.fault:
            raise self.fault
        return np.array([[self.scores.get(label, 0.0) for label in LABELS]] * len(batch), np.float32)

    @property
    def seen(self) -> int:
        """Replies that reached the model."""
        return sum(len(batch) for batch in self.calls)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the newest form, to be copied: migrating takes longer than most tests."""
    made = tmp_path_factory.mktemp("migrated") / "panah.db"
    engine = make_engine(f"sqlite:///{made}")
    migrate(engine)
    engine.dispose()
    return made


def settings_in(folder: Path, migrated: Path) -> Settings:
    """Embedded defaults with an empty database in that folder."""
    shutil.copy(migrated, folder / "panah.db")
    return Settings(
        database_url=f"sqlite:///{folder / 'panah.db'}",
        keys_file=folder / "panah.keys",
        model_threads=1,
        allowed_hosts=frozenset({"testserver"}),
    )


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    """Embedded defaults with a database of the test's own, already migrated."""
    return settings_in(tmp_path, migrated)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> StubModel:
    """Puts a stub in place of the session; tokeniser, config and everything around stay real."""
    stub = StubModel()
    monkeypatch.setattr(Classifier, "score", lambda _, batch: stub.score(batch))
    monkeypatch.setattr(registry, "try_out", lambda _: Cost(0.0004, 0.00007, 0.0))  # that asks, too
    return stub


@pytest.fixture
def client(settings: Settings, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """The app with the real model, or with the stub where a test also asks for `model`."""
    if "model" in request.fixturenames:
        request.getfixturevalue("model")  # before the app takes the real one
    with TestClient(create_app(settings), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def fresh_database(postgres_url: str) -> Iterator[str]:
    """An empty PostgreSQL database of the test's own."""
    with new_database(postgres_url) as url:
        yield url


MakeClient = Callable[..., TestClient]


@pytest.fixture
def make_client(settings: Settings) -> Iterator[MakeClient]:
    """Makes clients of apps with other settings."""
    made: list[TestClient] = []

    def make(**changes: Any) -> TestClient:
        client = TestClient(create_app(settings.model_copy(update=changes)), raise_server_exceptions=False)
        client.__enter__()
        made.append(client)
        return client

    yield make
    for client in made:
        client.__exit__(None, None, None)


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in a thread of its own: where browsers were driven before, Playwright's loop still turns
    in the main one.
    """
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


def replies(*texts: str, **shared: str) -> dict[str, Any]:
    """A body for /v1/score with ids "0", "1", …"""
    return {"replies": [{"id": str(at), "text": text, **shared} for at, text in enumerate(texts)]}
