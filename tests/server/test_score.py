"""POST /v1/score: what a caller sees."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from panah.app import create_app
from panah.db import make_engine, migrate
from panah.scoring.classifier import calibrated
from panah.scoring.policy import LABELS
from panah.settings import Settings
from tests.server.conftest import StubModel, replies


def score(client: TestClient, body: Any) -> Any:
    answer = client.post("/v1/score", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_verdict_has_all_scores_and_comes_in_request_order(client: TestClient) -> None:
    body = {"replies": [{"id": name, "text": f"reply {name}"} for name in ("z", "a", "m")]}
    answer = score(client, body)
    assert [one["id"] for one in answer["verdicts"]] == ["z", "a", "m"]
    for one in answer["verdicts"]:
        assert list(one["scores"]) == list(LABELS)
        assert all(0 <= p <= 1 for p in one["scores"].values())
        assert (one["reason"] is None) == (one["action"] == "show")
    assert answer["model"] == "v2"
    assert answer["policy"] == "v2-0"


def test_what_stands_together_in_a_batch_does_not_change_a_score(client: TestClient) -> None:
    texts = ["ok", "why did you go there at that hour of the night, alone, and with him of all people?", "سچ بتاؤ"]
    together = score(client, replies(*texts))["verdicts"]
    for text, one in zip(texts, together, strict=True):
        (alone,) = score(client, replies(text + " "))[
            "verdicts"
        ]  # a new key for the cache, and the same reply for the model
        assert alone["scores"] == one["scores"]


@pytest.mark.parametrize(
    "text",
    [
        "🙂🙂",
        "https://example.org/a?b=c",
        "pic.twitter.com/AbC123 youtu.be/xyz en.wikipedia.org/wiki/X",
        "@someone @other",
        "❤️",
        "1️⃣2️⃣ ™️",
        "\u200b\u202e",
        "!!! …",
        "#",
        "ـــ",
    ],
)
def test_a_reply_without_words_is_shown_unjudged(client: TestClient, model: StubModel, text: str) -> None:
    model.scores = dict.fromkeys(LABELS, 1.0)
    (one,) = score(client, replies(text))["verdicts"]
    assert (one["action"], one["reason"], model.seen) == ("show", None, 0)


def test_the_strongest_label_that_crossed_is_the_reason(client: TestClient, model: StubModel) -> None:
    model.scores = {"blame": 0.97, "shaming": 0.99, "victim_blaming": 1.0, "hostile": 1.0}
    (one,) = score(client, replies("words"))["verdicts"]
    assert (one["action"], one["reason"]) == ("hide", "shaming")


def test_a_known_reply_is_not_scored_again(client: TestClient, model: StubModel) -> None:
    for _ in range(2):
        score(client, replies("her own fault", "her own fault", context="a post"))
    assert model.seen == 1
    score(client, replies("her own fault", context="another post"))
    assert model.seen == 2


def test_the_context_reaches_the_model_in_segment_one(client: TestClient, model: StubModel) -> None:
    score(client, replies("why?", context="he was my teacher"))
    (pair,) = model.calls[0]
    assert len(pair.ids) > pair.reply_tokens > 2


def test_a_longer_text_is_cut_and_says_so(client: TestClient) -> None:
    long, short = score(client, replies("a " * 2001, "a b"))["verdicts"]
    assert (long["truncated"], short["truncated"]) == (True, False)


def test_a_context_with_ten_thousand_characters_is_no_error(client: TestClient) -> None:
    score(client, replies("why now?", context="x y " * 2500))


def test_a_stricter_sensitivity_never_hides_less(client: TestClient) -> None:
    texts = ["you ruined his life", "why were you there", "so sorry", "liar", "delete this beta", "I believe you"]
    order = ["show", "flag", "hide"]
    done = [
        [order.index(one["action"]) for one in score(client, {**replies(*texts), "sensitivity": name})["verdicts"]]
        for name in ("gentle", "balanced", "strict")
    ]
    assert all(a <= b <= c for a, b, c in zip(*done, strict=True))


REFUSED = [
    (b"not json", 400),
    (b"\xff\xfe", 400),
    (b'{"replies": [{"id": "0", "text": "caf\xe9"}]}', 400),
    (b"[" * 100_000, 400),
    (b"", 400),
    (b"null", 422),
    (b"[]", 422),
    (b"{}", 422),
    (b'{"replies": []}', 422),
    (b'{"replies": "secretword"}', 422),
    (b'{"replies": [7]}', 422),
    (b'{"replies": [{"id": "0", "text": ""}]}', 422),
    (b'{"replies": [{"id": "0", "text": " \\n\\t "}]}', 422),
    (b'{"replies": [{"id": "0", "text": "secretword\\u0000"}]}', 422),
    (b'{"replies": [{"id": "0", "text": "secretword\\ud800"}]}', 400),
    (b'{"replies": [{"id": "0", "text": "a", "context": "\\udfff"}]}', 400),
    (b'{"replies": [{"id": "\\ud800", "text": "a"}]}', 400),
    (b'{"replies": [{"id": "secretword", "text": "a"}, {"id": "secretword", "text": "b"}]}', 422),
    (b'{"replies": [{"id": 1, "text": "a"}]}', 422),
    (b'{"replies": [{"id": "0", "text": 1}]}', 422),
    (b'{"replies": [{"id": "0", "text": null}]}', 422),
    (b'{"replies": [{"id": "", "text": "a"}]}', 422),
    (b'{"replies": [{"id": "0", "text": "a", "secretword": 1}]}', 422),
    (b'{"replies": [{"id": "0", "text": "a"}], "sensitivity": "secretword"}', 422),
    (b'{"replies": [{"id": "0", "text": "a", "lang": ["secretword"]}]}', 422),
    (json.dumps({"replies": [{"id": str(at), "text": "secretword"} for at in range(65)]}).encode(), 422),
    (b'{"replies": [{"id": "0", "text": "' + b"secretword" * 105_000 + b'"}]}', 413),
]


@pytest.mark.parametrize(("body", "status"), REFUSED, ids=[f"{status}-{body[:50]!r}" for body, status in REFUSED])
def test_bad_input_is_refused_with_what_to_do_and_without_an_echo(
    client: TestClient, model: StubModel, body: bytes, status: int
) -> None:
    answer = client.post("/v1/score", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == status
    assert len(said["detail"]) > 20
    assert "secretword" not in answer.text
    assert model.seen == 0


def test_a_body_that_hides_its_size_is_stopped_while_it_arrives(client: TestClient) -> None:
    def pieces() -> Any:
        for _ in range(64):
            yield b" " * 16384

    answer = client.post("/v1/score", content=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_json_under_another_name_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/score", content=json.dumps(replies("a")), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
ODD_REPLY = st.fixed_dictionaries(
    {"id": ANY_JSON, "text": ANY_JSON}, optional={"context": ANY_JSON, "lang": ANY_JSON}
)


@pytest.fixture(scope="module")
def patient_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The app with the real model and no limit, for many examples in one test."""
    url = f"sqlite:///{tmp_path_factory.mktemp('db') / 'panah.db'}"
    engine = make_engine(url)
    migrate(engine)
    engine.dispose()
    with TestClient(
        create_app(Settings(database_url=url, score_limit="100000/second", allowed_hosts=frozenset({"testserver"})))
    ) as made:
        yield made


ANY_TEXT = st.text(min_size=1, max_size=300).filter(lambda text: text.strip() and "\0" not in text)


@hypothesis_settings(deadline=None, max_examples=100)
@given(ANY_TEXT)
def test_any_text_gets_a_verdict(patient_client: TestClient, text: str) -> None:
    assert len(score(patient_client, replies(text))["verdicts"]) == 1


@hypothesis_settings(deadline=None, max_examples=150)
@given(ANY_JSON | st.fixed_dictionaries({"replies": st.lists(ODD_REPLY, max_size=3) | ANY_JSON}))
def test_no_json_makes_a_server_error(patient_client: TestClient, body: Any) -> None:
    answer = patient_client.post(
        "/v1/score", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {200, 400, 422}, answer.text


def test_harmless_signs_before_it_do_not_hide_a_reply_from_the_model(client: TestClient, model: StubModel) -> None:
    body = replies(*(noise + " you asked for it" for noise in ("." * 300, "!?" * 150, "😂 " * 200, "ha " * 300)))
    assert not any(one["truncated"] for one in score(client, body)["verdicts"])
    plain = score(client, replies("you asked for it"))
    assert plain["verdicts"][0]["truncated"] is False
    ending = model.calls[-1][0].ids[1:]  # the words and the closing mark
    assert all(pair.ids[-len(ending) :] == ending for batch in model.calls for pair in batch)


def test_the_end_of_a_long_reply_is_read_too(client: TestClient, model: StubModel) -> None:
    words = " ".join(f"word{at}" for at in range(400))
    (one,) = score(client, replies(words + " you asked for it"))["verdicts"]
    score(client, replies("you asked for it"))
    ending = model.calls[-1][0].ids[1:]
    assert one["truncated"]
    assert model.calls[0][0].ids[-len(ending) :] == ending


def test_a_reply_gets_the_same_scores_again(client: TestClient, model: StubModel) -> None:
    model.scores = {"blame": 0.5599}
    first, again = (score(client, replies("words"))["verdicts"] for _ in range(2))
    assert first == again
    assert model.seen == 1


def test_scores_are_set_to_the_temperature_of_the_language(client: TestClient, model: StubModel) -> None:
    model.scores = {"blame": 0.8}
    heat = client.app.state.serving.running.config.temperatures  # type: ignore[attr-defined]
    for text, group in (("plain words", "en"), ("tum jhoot bol rahi ho", "ur-Latn"), ("تم کیوں گئی تھیں", "ur")):
        (one,) = score(client, replies(text))["verdicts"]
        odds = (0.2 / 0.8) ** (1 / heat[group])
        assert one["scores"]["blame"] == pytest.approx(1 / (1 + odds), abs=2e-3)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=10), st.floats(0.3, 4))
def test_a_temperature_keeps_the_order_and_the_side_of_one_half(scores: list[float], temperature: float) -> None:
    given_scores = np.array(scores, np.float32)
    found = calibrated(given_scores, temperature)
    assert (np.diff(found[np.argsort(given_scores, kind="stable")]) >= 0).all()
    assert ((found >= 0.5) == (given_scores >= 0.5)).all() or np.isclose(given_scores, 0.5, atol=1e-5).any()
    assert np.allclose(calibrated(given_scores, 1.0), given_scores, atol=1e-5)
