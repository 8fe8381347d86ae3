"""/v1/feedback: what is kept of what readers tell, and what is not."""

import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from panah.db import is_sealed
from panah.errors import install_error_handlers
from panah.feedback import service
from panah.feedback.routes import make_router
from panah.feedback.schemas import FeedbackIn
from panah.limits import install_limiter, make_limiter
from panah.metrics import Metrics
from panah.pages.routes import PROBLEMS
from panah.scoring.text import MAX_CHARACTERS
from panah.settings import Settings
from panah.web import Envelope
from tests.server.feedback.conftest import MISSED, POST, TEXT, VERDICT, Box, Clock, both_databases

WITHOUT = VERDICT | {"consent": False}
WITH = VERDICT | {"consent": True, "text": TEXT, "context": POST}


@pytest.fixture
def client(clock: Clock, box: Box) -> Iterator[TestClient]:
    """The routes inside what every request passes through."""
    app = FastAPI()
    app.state.settings = Settings(allowed_hosts=frozenset({"testserver"}))
    app.state.engine, app.state.keys = box.engine, box.keys
    limiter = make_limiter(app.state.settings)
    install_error_handlers(app)
    install_limiter(app, limiter)
    app.include_router(make_router(limiter))
    app.add_middleware(
        Envelope, metrics=Metrics(), body_limit=512 * 1024, allowed_hosts=app.state.settings.allowed_hosts
    )
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def tell(client: TestClient, body: dict[str, Any]) -> Any:
    return client.post("/v1/feedback", json=body)


def test_without_a_text_only_the_verdict_and_the_day_are_kept(client: TestClient, box: Box) -> None:
    answer = tell(client, WITHOUT)
    assert answer.status_code == 201
    assert answer.json()["keep_until"] == "2027-11-20"
    assert re.fullmatch("[0-9a-f]{32}", answer.json()["receipt"])
    (row,) = box.rows()
    kept = row.model_dump()
    assert {name: kept[name] for name in VERDICT} == VERDICT
    assert (row.sealed_text, row.sealed_context, row.made_on, row.state) == (
        None,
        None,
        date(2026, 11, 20),
        "waiting",
    )
    assert [value for value in kept.values() if isinstance(value, datetime)] == []
    assert answer.json()["receipt"] not in str(kept)


def test_with_consent_the_text_is_kept_sealed_for_180_days(client: TestClient, box: Box) -> None:
    answer = tell(client, WITH)
    assert (answer.status_code, answer.json()["keep_until"]) == (201, "2027-05-19")
    (row,) = box.rows()
    assert service.texts(box.keys, row) == (TEXT, POST)
    assert TEXT not in str(row.model_dump())


def test_what_is_sent_again_with_its_receipt_is_kept_once(client: TestClient, box: Box) -> None:
    chosen = WITH | {"receipt": "0123456789abcdef" * 2}
    answers = [tell(client, chosen).json() for _ in range(2)]
    assert answers == [{"receipt": chosen["receipt"], "keep_until": "2027-05-19", "with_text": True}] * 2
    assert len(box.rows()) == 1
    assert tell(client, WITH | {"receipt": "not-a-receipt"}).status_code == 422


@pytest.mark.parametrize("first", [WITH, WITHOUT])
@both_databases
def test_what_is_sent_again_in_another_way_is_told_how_the_first_is_kept(
    client: TestClient, box: Box, first: dict[str, Any]
) -> None:
    receipt = "0123456789abcdef" * 2
    second = WITHOUT if first is WITH else WITH
    told = [tell(client, one | {"receipt": receipt}).json() for one in (first, second)]
    assert told[0] == told[1]
    assert told[0]["with_text"] == (first is WITH)
    kept = client.get(f"/v1/feedback/{receipt}").json()
    assert {name: kept[name] for name in ("keep_until", "with_text")}.items() <= told[0].items()


@pytest.mark.parametrize("words", [{"text": TEXT}, {"context": POST}, {"text": TEXT, "context": POST}])
def test_a_text_without_consent_is_refused_and_nothing_is_kept(
    client: TestClient, box: Box, words: dict[str, str]
) -> None:
    answer = tell(client, WITHOUT | words)
    assert (answer.status_code, answer.json()["code"]) == (422, "text-without-consent")
    assert box.rows() == []


@pytest.mark.parametrize(
    "body",
    [
        WITHOUT | {"consent": True},
        WITHOUT | {"consent": True, "context": POST},
        WITHOUT | {"consent": "yes"},
        WITH | {"text": "  "},
        WITH | {"text": "x" * (MAX_CHARACTERS + 1)},
        WITH | {"context": "\0"},
        WITHOUT | {"action": "show"},
        MISSED | {"consent": False, "action": "hide"},
        WITHOUT | {"kind": "wrong"},
        WITHOUT | {"label": "rude"},
        WITHOUT | {"language": "de"},
        WITHOUT | {"bucket": 20},
        WITHOUT | {"bucket": -1},
        WITHOUT | {"model": "<b>v2</b>"},
        WITHOUT | {"policy": "x" * 65},
        WITHOUT | {"policy": ""},
        WITHOUT | {"account": "somebody"},
        {name: value for name, value in WITHOUT.items() if name != "consent"},
    ],
)
def test_what_is_not_whole_or_does_not_fit_is_refused(client: TestClient, box: Box, body: dict[str, Any]) -> None:
    answer = tell(client, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert TEXT not in answer.text
    assert box.rows() == []


@pytest.mark.parametrize(
    "body",
    [WITHOUT | {"action": "flag"}, MISSED | {"consent": False}, MISSED | {"consent": False, "action": "flag"}],
)
def test_what_was_flagged_can_be_too_much_and_too_little(client: TestClient, body: dict[str, Any]) -> None:
    assert tell(client, body).status_code == 201


def test_names_and_links_in_a_text_are_masked_before_it_is_kept(client: TestClient, box: Box) -> None:
    tell(client, WITH | {"text": "@hina99 saw it: https://x.com/hina99/status/1 کہاں", "context": "as @omar said"})
    (row,) = box.rows()
    assert service.texts(box.keys, row) == (
        "@user saw it: URL کہاں",
        "as @user said",
    )


def test_what_is_sealed_tells_the_day_and_not_the_time(client: TestClient, box: Box, clock: Clock) -> None:
    tell(client, WITH)
    clock.on(hours=5)
    tell(client, WITH)
    sealed = [text for row in box.rows() for text in (row.sealed_text, row.sealed_context) if text]
    stamps = {int.from_bytes(urlsafe_b64decode(text)[1:9]) for text in sealed}  # Fernet: version, time, …
    assert stamps == {int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())}


def test_neither_logs_nor_the_database_file_hold_a_text_or_a_receipt(
    client: TestClient, box: Box, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "peregrine lampshade"
    receipt = tell(client, WITH | {"text": f"{canary} one", "context": f"{canary} two"}).json()["receipt"]
    tell(client, WITHOUT | {"text": f"{canary} three"})
    tell(client, WITH | {"text": f"{canary} four", "bucket": f"{canary} five"})
    held = b"".join(path.read_bytes() for path in tmp_path.glob("panah.db*"))
    assert b"v2-defaults" in held  # the row itself is in what was read
    for secret in (canary, receipt):
        assert secret.encode() not in held
        assert secret not in caplog.text


def test_a_receipt_tells_how_far_it_is_and_takes_it_back(client: TestClient) -> None:
    receipt = tell(client, WITH).json()["receipt"]
    other = tell(client, WITHOUT).json()["receipt"]
    found = client.get(f"/v1/feedback/{receipt}").json()
    assert found == {"state": "waiting", "keep_until": "2027-05-19", "with_text": True}
    for _ in range(2):  # sent twice it says the same
        gone = client.delete(f"/v1/feedback/{receipt}")
        assert (gone.status_code, gone.content) == (204, b"")
    unknown = client.get(f"/v1/feedback/{receipt}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-receipt")
    assert client.get(f"/v1/feedback/{other}").json()["with_text"] is False


@pytest.mark.parametrize("receipt", ["0" * 32, "nothing", "%F0%9F%98%80"])
def test_deleting_what_never_was_is_answered_alike(client: TestClient, receipt: str) -> None:
    kept = tell(client, WITH).json()["receipt"]
    real, made_up = client.delete(f"/v1/feedback/{kept}"), client.delete(f"/v1/feedback/{receipt}")
    assert (real.status_code, real.content) == (made_up.status_code, made_up.content) == (204, b"")


def test_each_is_forgotten_on_its_day(client: TestClient, box: Box, clock: Clock) -> None:
    with_text, without = (tell(client, body).json()["receipt"] for body in (WITH, WITHOUT))

    def forgotten() -> int:
        with box.turn() as turn:
            return service.forget_due(turn)

    clock.on(days=179)
    assert forgotten() == 0
    clock.on(days=1)
    assert client.get(f"/v1/feedback/{with_text}").status_code == 404  # also where no round has been made yet
    assert forgotten() == 1
    assert client.get(f"/v1/feedback/{without}").status_code == 200
    clock.on(days=185)
    assert forgotten() == 1
    assert box.rows() == []


def test_so_many_an_hour_and_no_more(client: TestClient) -> None:
    assert [tell(client, WITHOUT).status_code for _ in range(61)] == [201] * 60 + [429]


def test_a_large_body_is_refused_unread(client: TestClient) -> None:
    assert tell(client, WITH | {"text": "x" * 70_000}).json()["code"] == "body-too-large"


def test_a_token_that_nobody_gave_out_is_refused(client: TestClient, box: Box) -> None:
    answer = client.post("/v1/feedback", json=WITHOUT, headers={"Authorization": "Bearer made-up"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown-token")
    assert box.rows() == []


def test_a_database_with_feedback_needs_the_keys_it_was_sealed_with(client: TestClient, box: Box) -> None:
    assert not is_sealed(box.engine)
    tell(client, WITH)
    assert is_sealed(box.engine)


def test_the_examples_of_the_schema_are_taken(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()["components"]["schemas"]["FeedbackIn"]
    assert len(schema["examples"]) == 2
    for example in schema["examples"]:
        assert FeedbackIn.model_validate(example)
        assert tell(client, example).status_code == 201
    assert client.get("/openapi.json").json()["components"]["schemas"]["ToldOut"]["examples"]


def test_every_refusal_is_explained_on_the_page_of_problems() -> None:
    known = {(code, status) for code, status, _ in PROBLEMS}
    errors = (
        service.TextWithoutConsent,
        service.UnknownReceipt,
        service.FeedbackNotFound,
        service.FeedbackConflict,
        service.BadLabel,
    )
    assert {(error.code, str(error.status)) for error in errors} <= known


def test_a_reader_can_say_as_much_as_a_post_on_x_can_hold(client: TestClient, box: Box) -> None:
    longest = "😶" * MAX_CHARACTERS
    assert tell(client, WITH | {"text": longest, "context": longest}).status_code == 201
    (row,) = box.rows()
    assert service.texts(box.keys, row)[0] == longest
    assert row.keep_until - row.made_on == timedelta(days=180)
