"""The model beside: what it counts, what it never keeps, and that nobody waits for it."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from panah.app import create_app
from panah.db import make_engine
from panah.metrics import Metrics
from panah.scoring import shadow as shadow_module
from panah.scoring.classifier import Classifier, Encoded, Scores
from panah.scoring.schemas import ReplyIn
from panah.scoring.service import Judged
from panah.scoring.shadow import Cell, Shadow, add_counts, spread
from panah.scoring.tables import ModelChoice, ShadowCount
from panah.scoring.text import has_words
from panah.settings import Settings
from tests.harness.processes import wait_until
from tests.server.conftest import replies, run_apart
from tests.server.scoring_models.conftest import both_databases

CALM = "Thank you for telling us, I am glad that you are safe."
CANARY = "zebracanary"
TODAY = date(2026, 11, 20)


def cell(**changes: Any) -> Cell:
    made = Cell(TODAY, "v2-0", "loose-0", "en", "show:", "hide:blame")
    return made._replace(**changes)


def rows(engine: Engine) -> dict[tuple[str, str, str], int]:
    with Session(engine) as session:
        found = session.exec(select(ShadowCount)).all()
    return {(one.language, one.active_verdict, one.shadow_verdict): one.replies for one in found}


@both_databases
def test_counts_are_added_to_what_was_counted(engine: Engine) -> None:
    add_counts(engine, Counter({cell(): 3}))
    add_counts(engine, Counter({cell(): 2, cell(language="ur"): 1}))
    assert rows(engine) == {("en", "show:", "hide:blame"): 5, ("ur", "show:", "hide:blame"): 1}


@both_databases
def test_two_processes_that_write_at_once_lose_nothing(engine: Engine) -> None:
    cells = [cell(active_verdict=f"hide:{name}") for name in ("abuse", "blame", "threat", "excusing")]
    both = threading.Barrier(2)
    faults: list[Exception] = []

    def write(order: list[Cell]) -> None:
        both.wait(10)
        try:
            for _ in range(10):
                add_counts(engine, Counter(dict.fromkeys(order, 1)))
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=write, args=(order,)) for order in (cells, cells[::-1])]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert faults == []
    assert set(rows(engine).values()) == {20}


# Around the real app


@pytest.fixture
def beside(with_models: Settings) -> Iterator[TestClient]:
    """The app with the model "loose", which hides everything, beside the shipped one."""
    engine = make_engine(with_models.database_url)
    with Session(engine) as session:
        session.add(ModelChoice(kind="shadow", model="loose", author="test", made_at=datetime.now(UTC)))
        session.commit()
    engine.dispose()
    with TestClient(create_app(with_models)) as made:
        yield made


def state_of(client: TestClient) -> Any:
    app = client.app
    assert isinstance(app, FastAPI)
    return app.state


def counted(client: TestClient) -> int:
    shadow: Shadow = state_of(client).shadow
    return sum(shadow.counts.values())


def test_differences_are_counted_and_written_when_the_server_ends(
    beside: TestClient, with_models: Settings
) -> None:
    answer = beside.post("/v1/score", json=replies(CALM, "🙂🙂", "ایک جواب، شکریہ"))
    assert [one["action"] for one in answer.json()["verdicts"]] == ["show", "show", "show"]
    wait_until(lambda: counted(beside) == 2, "both replies with words are counted")
    beside.__exit__(None, None, None)
    engine = make_engine(with_models.database_url)
    found = rows(engine)
    with Session(engine) as session:
        (names,) = {(one.active, one.shadow, one.day) for one in session.exec(select(ShadowCount)).all()}
    engine.dispose()
    beside.__enter__()  # the fixture ends it
    assert {language for language, _, _ in found} == {"en", "ur"}
    assert {active for _, active, _ in found} == {"show:"}
    assert all(verdict.startswith("hide:") for _, _, verdict in found)
    assert names == ("v2-0", "loose-0", datetime.now(UTC).date())


def test_what_a_reader_asks_for_holds_for_both(beside: TestClient) -> None:
    off = dict.fromkeys(
        ["blame", "disbelief", "shaming", "minimising", "excusing", "silencing", "threat", "abuse"], "off"
    )
    beside.post("/v1/score", json=replies(CALM) | {"levels": off})
    wait_until(lambda: counted(beside) == 1, "the reply is counted")
    (found,) = state_of(beside).shadow.counts
    assert (found.active_verdict, found.shadow_verdict) == ("show:", "show:")


def test_no_word_of_a_reply_is_kept_or_logged(
    beside: TestClient, with_models: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        beside.post("/v1/score", json=replies(f"{CANARY} {CALM}", context=f"{CANARY} again"))
        wait_until(lambda: counted(beside) == 1, "the reply is counted")
        metrics = beside.get("/metrics").text
        beside.__exit__(None, None, None)
    written = b"".join(path.read_bytes() for path in tmp_path.glob("panah.db*"))
    assert b"loose-0" in written  # it is the file that counts are written to
    assert CANARY.encode() not in written
    assert CANARY not in metrics + caplog.text
    assert state_of(beside).shadow._sample is None
    beside.__enter__()


def test_a_model_beside_that_fails_disturbs_nobody_and_quotes_nobody(
    beside: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = Classifier.score

    def fail(self: Classifier, batch: list[Encoded]) -> Scores:
        if self.config.name == "loose":
            raise RuntimeError(CANARY)
        return real(self, batch)

    monkeypatch.setattr(Classifier, "score", fail)
    for _ in range(2):
        assert beside.post("/v1/score", json=replies(f"{CANARY} {CALM}")).status_code == 200
        wait_until(lambda: "the model beside failed: RuntimeError" in caplog.text, "the fault is logged")
        caplog_text = caplog.text
        caplog.clear()
        assert CANARY not in caplog_text
    assert 'panah_faults_total{part="shadow"} 2.0' in beside.get("/metrics").text
    assert counted(beside) == 0


# The lane alone


def judged(*texts: str, idle: bool = True, beside: Any = None) -> Judged:
    """What a request leaves, with lanes that are idle or not."""
    found = [ReplyIn(id=str(at), text=text) for at, text in enumerate(texts)]
    readable = [has_words(text) for text in texts]
    verdicts: list[dict[str, Any]] = [{"action": "show", "reason": None, "language": "en"}] * len(found)
    running = SimpleNamespace(
        engine=SimpleNamespace(is_idle=idle),
        beside=beside or SimpleNamespace(policy=SimpleNamespace(name="loose-0")),
        policy=SimpleNamespace(name="v2-0"),
    )
    return Judged(cast(Any, running), found, readable, verdicts, "balanced", None)


def test_a_sample_comes_from_all_over_a_request() -> None:
    taken = [reply.id for reply, _ in spread(judged(*(f"word {at}" for at in range(64))))]
    assert taken == [str(at) for at in range(0, 64, 4)]
    assert [reply.id for reply, _ in spread(judged("🙂", "one", "!!", "two"))] == ["1", "3"]
    assert list(spread(judged("🙂"))) == []


def test_while_others_are_judged_nothing_is_tried(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def judge(_: Any, __: Any, reply: Any) -> dict[str, Any]:
        tried.append(reply.text)
        return {"action": "hide", "reason": "blame"}

    monkeypatch.setattr(shadow_module, "judge_beside", judge)

    async def run() -> None:
        shadow = Shadow(engine, Metrics())
        for one in (judged("busy", idle=False), judged("calm")):
            shadow.offer(one)
            while shadow._sample is not None:  # noqa: ASYNC110  (there is no event for its end)
                await asyncio.sleep(0.01)
        await shadow.close()

    run_apart(asyncio.wait_for(run(), 20))
    assert tried == ["calm"]
    assert rows(engine) == {("en", "show:", "hide:blame"): 1}


def test_one_sample_waits_at_most(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def judge(_: Any, __: Any, reply: Any) -> dict[str, Any]:
        tried.append(reply.text)
        return {"action": "show", "reason": None}

    monkeypatch.setattr(shadow_module, "judge_beside", judge)

    async def run() -> None:
        shadow = Shadow(engine, Metrics())
        for text in ("first", "second", "third"):
            shadow.offer(judged(text))
        while shadow._sample is not None:  # noqa: ASYNC110  (there is no event for its end)
            await asyncio.sleep(0.01)
        await shadow.close()

    run_apart(asyncio.wait_for(run(), 20))
    assert tried == ["first"]


def test_counts_that_cannot_be_written_wait_whatever_the_fault(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults: list[Exception] = [OperationalError("secretword", {}, Exception()), ValueError("secretword")]

    def down(written: Engine, counts: Any) -> None:
        if faults:
            raise faults.pop(0)
        add_counts(written, counts)

    monkeypatch.setattr(shadow_module, "add_counts", down)
    monkeypatch.setattr(shadow_module, "FLUSH_EVERY", 0.01)

    async def run() -> None:
        shadow = Shadow(engine, Metrics())
        shadow.counts[cell()] += 2
        while not await asyncio.to_thread(rows, engine):  # noqa: ASYNC110  (it is what others would see)
            await asyncio.sleep(0.01)
        shadow.counts[cell()] += 1
        await shadow.close()

    run_apart(asyncio.wait_for(run(), 20))
    assert rows(engine) == {("en", "show:", "hide:blame"): 3}
    for fault in ("OperationalError", "ValueError"):
        assert f"counts of the model beside were not written: {fault}" in caplog.text
    assert "secretword" not in caplog.text
