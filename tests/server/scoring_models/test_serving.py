"""Models and policies that change while requests come: nobody is refused, and what is answered belongs together."""

import asyncio
import gc
import logging
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from panah.app import create_app
from panah.db import make_engine
from panah.metrics import Metrics
from panah.scoring import serving as serving_module
from panah.scoring.announce import tell
from panah.scoring.classifier import Classifier
from panah.scoring.registry import Ready, load
from panah.scoring.serving import Running, Serving
from panah.scoring.tables import ModelChoice, PolicyVersion
from panah.settings import Settings
from tests.harness.processes import wait_until
from tests.server.conftest import StubModel, replies, run_apart
from tests.server.scoring_models.conftest import MakeArtefact

CALM = "Thank you for telling us, I am glad that you are safe."  # the shipped model shows it


def choose(settings: Settings, kind: str, model: str | None) -> None:
    """What an admin chose, on whichever server."""
    engine = make_engine(settings.database_url)
    with Session(engine) as session:
        session.add(ModelChoice(kind=kind, model=model, author="test", made_at=datetime.now(UTC)))
        session.commit()
    engine.dispose()


def serving_of(client: TestClient) -> Serving:
    app = client.app
    assert isinstance(app, FastAPI)
    found: Serving = app.state.serving
    return found


@pytest.fixture
def client(with_models: Settings) -> Iterator[TestClient]:
    """The app on one event loop, on which all requests through this client are answered."""
    with TestClient(create_app(with_models.model_copy(update={"score_limit": "100000/second"}))) as made:
        yield made


def ask(client: TestClient, *texts: str) -> Any:
    answer = client.post("/v1/score", json=replies(*texts))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_no_request_fails_during_ten_changes_and_each_answer_is_of_one_piece(
    client: TestClient, with_models: Settings
) -> None:
    over = threading.Event()
    answers: list[tuple[int, Any]] = []

    def keep_asking(name: str) -> None:
        number = 0
        while not over.is_set():
            number += 1
            answer = client.post("/v1/score", json=replies(CALM, f"{CALM} {name} {number}"))
            answers.append((answer.status_code, answer.json()))

    threads = [threading.Thread(target=keep_asking, args=(name,)) for name in ("Asma", "Bano", "Cyra")]
    for one in threads:
        one.start()
    try:
        for turn in range(10):
            before = len(answers)
            choose(with_models, "active", None if turn % 2 else "loose")
            serving_of(client).apply()
            assert serving_of(client).running.config.name == ("v2" if turn % 2 else "loose")
            wait_until(lambda: len(answers) > before + 6, "some more requests are answered", seconds=30)  # noqa: B023
    finally:
        over.set()
        for one in threads:
            one.join(30)
    assert {status for status, _ in answers} == {200}
    found = {(one["model"], one["policy"], verdict["action"]) for _, one in answers for verdict in one["verdicts"]}
    assert found == {("v2", "v2-0", "show"), ("loose", "loose-0", "hide")}


def test_a_request_ends_with_the_model_that_it_began_with(with_models: Settings, model: StubModel) -> None:
    entered, gate = threading.Event(), threading.Event()

    def hold() -> None:
        if not entered.is_set():  # the first call only
            entered.set()
            assert gate.wait(20)

    model.before = hold
    found: list[Any] = []
    app = create_app(with_models)
    with TestClient(app) as client:
        slow = threading.Thread(target=lambda: found.append(ask(client, "slow")))
        slow.start()
        assert entered.wait(10)
        old = serving_of(client).running
        choose(with_models, "active", "loose")
        serving_of(client).apply()
        assert ask(client, "quick")["model"] == "loose"
        assert found == []
        gate.set()
        slow.join(10)
        assert found[0]["model"] == "v2"
        assert found[0]["verdicts"][0]["action"] == "show"
        wait_until(lambda: old.engine._closed, "the old lanes are closed")


def test_a_model_that_was_replaced_leaves_the_memory(
    client: TestClient, with_models: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Classifier]] = []

    def remember(folder: Path) -> Ready:
        loaded = load(folder)
        made.append(weakref.ref(loaded.classifier))
        return loaded

    monkeypatch.setattr(serving_module, "load", remember)
    choose(with_models, "shadow", "loose")
    serving_of(client).apply()
    for name in ("loose", None, "loose", None):
        choose(with_models, "active", name)
        serving_of(client).apply()
        ask(client, CALM)

    def alive() -> int:
        gc.collect()
        return sum(one() is not None for one in made)

    # The one that judges and the one beside it; the model before may just be going.
    wait_until(lambda: alive() == 2, "only what runs is in memory")
    running = serving_of(client).running
    assert (running.config.name, running.beside.config.name if running.beside else "") == ("v2", "loose")


def test_the_choice_is_in_force_when_a_server_starts(with_models: Settings) -> None:
    choose(with_models, "active", "loose")
    choose(with_models, "shadow", "v2")
    app = create_app(with_models)
    with TestClient(app) as client:
        assert client.get("/v1/policy").json()["model"] == "loose"
        assert client.get("/readyz").status_code == 200
        assert serving_of(client).running.beside is not None


def test_an_app_that_is_started_again_serves_again(with_models: Settings) -> None:
    app = create_app(with_models)
    for _ in range(2):
        with TestClient(app) as client:
            assert ask(client, CALM)["model"] == "v2"


def test_a_model_judges_with_its_own_newest_policy(client: TestClient, with_models: Settings) -> None:
    running: Running = serving_of(client).running
    with Session(serving_of(client).engine) as session:
        session.add(PolicyVersion(model="loose", thresholds=running.policy.thresholds.model_dump()))
        session.commit()
    choose(with_models, "active", "loose")
    serving_of(client).apply()
    answer = ask(client, CALM)
    assert (answer["model"], answer["policy"], answer["verdicts"][0]["action"]) == ("loose", "loose-1", "show")


@pytest.mark.parametrize(("folder", "why"), [("missing", "missing"), ("unfit", "files"), ("broken", "broken")])
def test_a_choice_that_cannot_run_here_changes_nothing_and_is_told_once(
    client: TestClient,
    with_models: Settings,
    make_artefact: MakeArtefact,
    caplog: pytest.LogCaptureFixture,
    folder: str,
    why: str,
) -> None:
    if folder != "missing":
        graph = make_artefact(folder) / "model.onnx"
        graph.unlink()
        if folder == "broken":
            graph.write_bytes(b"no graph")
    for kind in ("active", "shadow"):
        choose(with_models, kind, folder)
    for _ in range(3):
        serving_of(client).apply()
    assert ask(client, CALM)["model"] == "v2"
    assert {kind: (one.model, one.why) for kind, one in serving_of(client).faults.items()} == {
        "active": (folder, why),
        "shadow": (folder, why),
    }
    assert caplog.text.count(f"the chosen model {folder} (active) does not run here: {why}") == 1


def test_a_broken_artefact_is_not_read_again_until_it_changes(
    client: TestClient, with_models: Settings, make_artefact: MakeArtefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []

    def count(folder: Path) -> Ready:
        calls.append(folder)
        return load(folder)

    monkeypatch.setattr(serving_module, "load", count)
    place = make_artefact("late")
    graph = place / "model.onnx"
    whole = graph.resolve()
    graph.unlink()
    graph.write_bytes(b"half of it has arrived")
    choose(with_models, "active", "late")
    for _ in range(3):
        serving_of(client).apply()
    assert calls == [place.resolve()]
    graph.unlink()
    graph.symlink_to(whole)
    serving_of(client).apply()
    assert ask(client, CALM)["model"] == "late"
    assert serving_of(client).faults == {}


def test_a_database_that_is_down_keeps_what_runs(
    client: TestClient, caplog: pytest.LogCaptureFixture, with_models: Settings
) -> None:
    with serving_of(client).engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE model_choice RENAME TO elsewhere")
    with caplog.at_level(logging.WARNING):
        serving_of(client).apply()
    assert "what was chosen could not be read: OperationalError" in caplog.text
    assert ask(client, CALM)["model"] == "v2"


def test_a_fault_nobody_thought_of_does_not_end_the_looking(
    with_models: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = Serving.refresh
    faults = iter([KeyError("secretword")])

    async def refresh(self: Serving) -> None:
        for fault in faults:
            raise fault
        await real(self)

    monkeypatch.setattr(Serving, "refresh", refresh)

    async def run() -> None:
        engine = make_engine(with_models.database_url)
        often = with_models.model_copy(update={"policy_refresh": 0.01})
        serving = Serving(engine, often, Metrics(), load(with_models.model_dir))
        task = asyncio.create_task(serving.keep_fresh(None))
        choose(with_models, "active", "loose")
        while serving.running.config.name != "loose":  # noqa: ASYNC110  (it is what others would see)
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        await serving.close()
        engine.dispose()

    run_apart(asyncio.wait_for(run(), 20))
    assert "what was chosen could not be applied: KeyError" in caplog.text
    assert "secretword" not in caplog.text


def test_a_server_ends_though_a_change_is_announced_in_that_moment(with_models: Settings) -> None:
    async def run() -> None:
        engine = make_engine(with_models.database_url)
        serving = Serving(engine, with_models, Metrics(), load(with_models.model_dir))
        task = asyncio.create_task(serving.keep_fresh(None))
        await asyncio.sleep(0.05)
        serving._wake.set()
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()
        await serving.close()
        engine.dispose()

    run_apart(asyncio.wait_for(run(), 20))


def test_a_change_is_in_force_at_once_when_it_is_announced(with_models: Settings, redis_url: str) -> None:
    shared = with_models.model_copy(update={"redis_url": redis_url, "redis_timeout": 2.0})
    app = create_app(shared)
    with TestClient(app) as client:
        choose(with_models, "active", "loose")

        def told() -> bool:
            tell(shared)
            return serving_of(client).running.config.name == "loose"

        wait_until(told, "the announced model judges", seconds=10)
