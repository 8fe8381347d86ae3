"""Levels per act: what a person turned up, down or off."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from panah.scoring.policy import (
    ACTS,
    LABELS,
    LEVELS,
    PARTS,
    SENSITIVITIES,
    Label,
    Levels,
    Policy,
    Sensitivity,
    Threshold,
    Thresholds,
)
from panah.scoring.text import LANGUAGE_GROUPS
from tests.server.conftest import StubModel, replies

ORDER = ["show", "flag", "hide"]


def policy(**limits: tuple[float, float]) -> Policy:
    """Flag and hide thresholds by sensitivity, the same for all labels and language groups."""
    known = {"gentle": (0.8, 0.9), "balanced": (0.5, 0.7), "strict": (0.2, 0.4)} | limits
    table = {
        name: dict.fromkeys(LANGUAGE_GROUPS, dict.fromkeys(LABELS, Threshold(flag=low, hide=high)))
        for name, (low, high) in known.items()
    }
    return Policy("test", Thresholds.model_validate(table))


def scores(**known: float) -> dict[Label, float]:
    return {label: known.get(label, 0.0) for label in LABELS}


def decide(known: dict[str, float], levels: Levels) -> tuple[str, str | None]:
    return policy().decide(scores(**known), group="en", sensitivity="balanced", levels=levels)


@pytest.mark.parametrize(
    ("known", "levels", "decision"),
    [
        ({"blame": 0.6}, {}, ("flag", "blame")),
        ({"blame": 0.6}, {"blame": "strict"}, ("hide", "blame")),
        ({"blame": 0.6}, {"blame": "gentle"}, ("show", None)),
        ({"blame": 1.0}, {"blame": "off"}, ("show", None)),
        ({"blame": 0.6}, {"threat": "off"}, ("flag", "blame")),
        # One act that is off leaves the others as they are, and names none of its own.
        ({"blame": 0.95, "threat": 0.75}, {"blame": "off"}, ("hide", "threat")),
        # A sum follows its likeliest part.
        ({"blame": 0.6, "victim_blaming": 0.75}, {"blame": "off"}, ("show", None)),
        ({"blame": 0.6, "victim_blaming": 0.75}, {"disbelief": "off"}, ("hide", "blame")),
        ({"blame": 0.3, "victim_blaming": 0.75}, {"blame": "gentle"}, ("show", None)),
        ({"blame": 0.1, "victim_blaming": 0.3}, {"blame": "strict"}, ("flag", "victim_blaming")),
        # Threat is a part of "hostile" and not of "victim_blaming".
        ({"threat": 0.6, "blame": 0.1, "victim_blaming": 0.75}, {"threat": "off"}, ("hide", "victim_blaming")),
        ({"threat": 0.6, "blame": 0.1, "hostile": 0.75}, {"threat": "off"}, ("show", None)),
    ],
)
def test_each_act_is_judged_at_its_own_level(
    known: dict[str, float], levels: Levels, decision: tuple[str, str | None]
) -> None:
    assert decide(known, levels) == decision


def test_the_sums_are_over_the_acts_of_the_label_guide() -> None:
    assert set(PARTS["hostile"]) == set(ACTS)
    assert set(PARTS["hostile"]) - set(PARTS["victim_blaming"]) == {"threat", "abuse"}
    assert set(Levels.__annotations__) == set(ACTS)


P = st.floats(0, 1, width=32)
SCORES = st.fixed_dictionaries(dict.fromkeys(LABELS, P))
LIMITS = st.lists(P, min_size=6, max_size=6).map(sorted)
SOME_LEVELS = st.dictionaries(st.sampled_from(ACTS), st.sampled_from(LEVELS))
SENSITIVITY = st.sampled_from(SENSITIVITIES)


def any_policy(limits: list[float]) -> Policy:
    """Thresholds that never rise from gentle to strict, flag or hide."""
    a, b, c, d, e, f = limits
    return policy(strict=(a, d), balanced=(b, e), gentle=(c, f))


def rank(rules: Policy, found: dict[Label, float], sensitivity: Sensitivity, levels: Any) -> int:
    return ORDER.index(rules.decide(found, group="ur", sensitivity=sensitivity, levels=levels)[0])


@given(SCORES, LIMITS, SENSITIVITY)
def test_all_levels_at_the_sensitivity_are_no_levels(
    found: dict[Label, float], limits: list[float], sensitivity: Sensitivity
) -> None:
    rules = any_policy(limits)
    same = dict.fromkeys(ACTS, sensitivity)
    plain = rules.decide(found, group="en", sensitivity=sensitivity)
    for levels in ({}, same):
        assert rules.decide(found, group="en", sensitivity=sensitivity, levels=levels) == plain  # type: ignore[arg-type]


@given(SCORES, LIMITS, SENSITIVITY, SOME_LEVELS, st.sampled_from(ACTS))
def test_a_higher_level_never_covers_less(
    found: dict[Label, float], limits: list[float], sensitivity: Sensitivity, levels: dict[str, str], act: str
) -> None:
    rules = any_policy(limits)
    done = [rank(rules, found, sensitivity, {**levels, act: level}) for level in LEVELS]
    assert done == sorted(done)


@given(SCORES, LIMITS, SENSITIVITY, SOME_LEVELS, st.sampled_from(ACTS))
def test_turning_an_act_off_never_covers_more(
    found: dict[Label, float], limits: list[float], sensitivity: Sensitivity, levels: dict[str, str], act: str
) -> None:
    rules = any_policy(limits)
    before = rank(rules, found, sensitivity, levels)
    assert rank(rules, found, sensitivity, {**levels, act: "off"}) <= before


@given(SCORES, LIMITS)
def test_with_every_act_off_everything_is_shown(found: dict[Label, float], limits: list[float]) -> None:
    assert rank(any_policy(limits), found, "strict", dict.fromkeys(ACTS, "off")) == 0


def score(client: TestClient, **more: Any) -> Any:
    answer = client.post("/v1/score", json=replies("words") | more)
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["verdicts"]
    return one["action"], one["reason"]


def test_levels_come_with_the_request_and_need_no_new_scores(client: TestClient, model: StubModel) -> None:
    model.scores = {"blame": 0.999, "victim_blaming": 0.999, "hostile": 0.999}
    assert score(client) == ("hide", "blame")
    assert score(client, levels={}) == ("hide", "blame")
    assert score(client, levels={"blame": "off"}) == ("show", None)
    assert score(client, levels={"threat": "off", "blame": "strict"}, sensitivity="gentle") == ("hide", "blame")
    assert model.seen == 1


@pytest.mark.parametrize(
    ("levels", "where"),
    [
        ({"secretword": "off"}, "levels"),
        ({"hostile": "off"}, "levels"),
        ({"victim_blaming": "gentle"}, "levels"),
        ({"blame": "secretword"}, "levels.blame"),
        ({"blame": None}, "levels.blame"),
        ({"blame": ["off"]}, "levels.blame"),
        (None, "levels"),
        (["blame"], "levels"),
        ("off", "levels"),
    ],
)
def test_unknown_labels_and_levels_are_refused_without_an_echo(
    client: TestClient, model: StubModel, levels: Any, where: str
) -> None:
    answer = client.post("/v1/score", json=replies("words") | {"levels": levels})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["where"] for one in answer.json()["errors"]] == [where]
    assert "secretword" not in answer.text
    assert model.seen == 0


def test_the_api_description_shows_levels_and_its_example_is_taken(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    schema = described["paths"]["/v1/score"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    levels = schema["properties"]["levels"]
    assert (set(levels["properties"]), levels["additionalProperties"]) == (set(ACTS), False)
    assert "$ref" not in str(schema)
    (example,) = schema["examples"]
    assert example["levels"]
    assert client.post("/v1/score", json=example).status_code == 200
