"""Thresholds to actions, and policies from the database."""

import asyncio
from typing import Any, cast

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session

from panah.db import make_engine
from panah.metrics import Metrics
from panah.scoring.policy import (
    ACTS,
    LABELS,
    LEVELS,
    PARTS,
    SENSITIVITIES,
    Act,
    Action,
    Label,
    Level,
    Levels,
    Policy,
    Sensitivity,
    Threshold,
    Thresholds,
)
from panah.scoring.registry import load
from panah.scoring.serving import Serving
from panah.scoring.tables import PolicyVersion
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup
from panah.settings import Settings
from tests.server.conftest import MakeClient, StubModel, replies, run_apart


def thresholds(flag: float = 0.5, hide: float = 0.8, **special: tuple[float, float]) -> Thresholds:
    limits = {label: special.get(label, (flag, hide)) for label in LABELS}
    table = {label: Threshold(flag=low, hide=high) for label, (low, high) in limits.items()}
    return Thresholds(dict.fromkeys(SENSITIVITIES, dict.fromkeys(LANGUAGE_GROUPS, table)))


def scores(**known: float) -> dict[Label, float]:
    return {label: known.get(label, 0.0) for label in LABELS}


@pytest.mark.parametrize(
    ("known", "decision"),
    [
        ({}, ("show", None)),
        ({"blame": 0.4999}, ("show", None)),
        ({"blame": 0.5}, ("flag", "blame")),
        ({"blame": 0.8}, ("hide", "blame")),
        ({"blame": 0.85, "threat": 0.9, "hostile": 0.99}, ("hide", "threat")),
        ({"hostile": 0.6, "victim_blaming": 0.7}, ("flag", "victim_blaming")),
        # What hid it is the reason, not a label that would only have flagged.
        ({"blame": 0.79, "abuse": 0.81}, ("hide", "abuse")),
        # A sum hid it; a label that crossed its lower threshold says more.
        ({"blame": 0.6, "excusing": 0.55, "victim_blaming": 0.9, "hostile": 0.9}, ("hide", "blame")),
        ({"blame": 0.4, "victim_blaming": 0.85, "hostile": 0.9}, ("hide", "hostile")),
    ],
)
def test_the_decision_table(known: dict[str, float], decision: tuple[str, str | None]) -> None:
    policy = Policy("test", thresholds())
    assert policy.decide(scores(**known), group="en", sensitivity="balanced") == decision


def test_a_threshold_of_one_switches_a_label_off() -> None:
    policy = Policy("test", thresholds(blame=(1.0, 1.0), abuse=(0.5, 1.0)))
    assert policy.decide(scores(blame=1.0), group="en", sensitivity="strict") == ("show", None)
    assert policy.decide(scores(abuse=1.0), group="en", sensitivity="strict") == ("flag", "abuse")


def test_a_broken_newest_policy_does_not_keep_the_service_from_starting(
    settings: Settings, model: StubModel, make_client: MakeClient
) -> None:
    add_policy(settings, {"balanced": {}})
    assert make_client().get("/v1/policy").json()["policy"] == "v2-0"


def test_a_policy_with_a_hole_or_upside_down_is_refused() -> None:
    whole = thresholds().model_dump()
    del whole["strict"]["ur"]["blame"]
    with pytest.raises(ValidationError, match="strict/ur lacks blame"):
        Thresholds.model_validate(whole)
    with pytest.raises(ValidationError, match="flag must not be above hide"):
        Threshold(flag=0.9, hide=0.5)


def by_hand(
    rules: Policy, scores: dict[Label, float], group: LanguageGroup, sensitivity: Sensitivity, levels: Levels
) -> tuple[Action, Label | None]:
    """The rule as docs/tuning.md tells it, one label after the other."""
    crossed: dict[str, list[Label]] = {"flag": [], "hide": []}
    for label in LABELS:
        parts = PARTS[label] if label == "victim_blaming" or label == "hostile" else (label,)
        level = levels.get(max(parts, key=lambda act: scores[act]), sensitivity)
        for action, labels in crossed.items():
            if level != "off":
                limit = getattr(rules.thresholds.root[level][group][label], action)
                if scores[label] >= limit < 1:
                    labels.append(label)
    if not crossed["flag"]:
        return "show", None
    first = crossed["hide"] or crossed["flag"]
    acts = [label for label in first if label in ACTS] or [label for label in crossed["flag"] if label in ACTS]
    return "hide" if crossed["hide"] else "flag", max(acts or first, key=lambda label: scores[label])


P = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)
ROWS = st.lists(
    st.tuples(st.lists(P, min_size=len(LABELS), max_size=len(LABELS)), st.sampled_from(LANGUAGE_GROUPS)), max_size=5
)
LIMITS = st.lists(st.tuples(P, P).map(sorted), min_size=90, max_size=90)
SOME_LEVELS = st.dictionaries(st.sampled_from(ACTS), st.sampled_from(LEVELS))


@given(ROWS, LIMITS, st.sampled_from(SENSITIVITIES), SOME_LEVELS)
def test_a_whole_request_is_decided_as_each_reply_by_hand(
    rows: list[tuple[list[float], LanguageGroup]],
    limits: list[list[float]],
    sensitivity: Sensitivity,
    levels: dict[Act, Level],
) -> None:
    left = iter(limits)
    table = {
        name: {group: {label: dict(zip(("flag", "hide"), next(left), strict=True)) for label in LABELS}
               for group in LANGUAGE_GROUPS}
        for name in SENSITIVITIES
    }  # fmt: skip
    rules = Policy("test", Thresholds.model_validate(table))
    chosen = cast(Levels, levels)
    found = rules.decide_all(
        np.array([row for row, _ in rows]).reshape(-1, len(LABELS)),
        groups=np.array([LANGUAGE_GROUPS.index(group) for _, group in rows], np.intp),
        sensitivity=sensitivity,
        levels=chosen,
    )
    labelled = [(dict(zip(LABELS, row, strict=True)), group) for row, group in rows]
    assert found == [by_hand(rules, row, group, sensitivity, chosen) for row, group in labelled]
    for (row, group), one in zip(labelled, found, strict=True):
        assert rules.decide(row, group=group, sensitivity=sensitivity, levels=chosen) == one


def add_policy(settings: Settings, found: dict[str, Any], model: str = "v2") -> None:
    engine = make_engine(settings.database_url)
    with Session(engine) as session:
        session.add(PolicyVersion(model=model, thresholds=found))
        session.commit()
    engine.dispose()


def test_the_newest_policy_of_the_model_in_the_database_decides(
    settings: Settings, model: StubModel, make_client: MakeClient
) -> None:
    add_policy(settings, thresholds(0.1, 0.2).model_dump())
    add_policy(settings, thresholds(0.5, 0.9).model_dump())
    add_policy(settings, thresholds(0.0, 0.0).model_dump(), model="another")
    model.scores = {"blame": 0.6}
    client = make_client()
    answer = client.post("/v1/score", json=replies("words")).json()
    assert (answer["policy"], answer["verdicts"][0]["action"]) == ("v2-2", "flag")
    said = client.get("/v1/policy").json()
    assert (said["policy"], said["thresholds"]["balanced"]["en"]["blame"]) == ("v2-2", {"flag": 0.5, "hide": 0.9})


def test_a_new_policy_is_picked_up_without_a_restart_and_a_broken_one_is_not(settings: Settings) -> None:
    async def run() -> None:
        engine = make_engine(settings.database_url)
        often = settings.model_copy(update={"policy_refresh": 0.01})
        serving = Serving(engine, often, Metrics(), load(settings.model_dir))
        task = asyncio.create_task(serving.keep_fresh(None))
        add_policy(settings, thresholds().model_dump())
        while serving.running.policy.name != "v2-1":  # noqa: ASYNC110  (it is what others would see)
            await asyncio.sleep(0.01)
        add_policy(settings, {"balanced": "nonsense"})
        await asyncio.sleep(0.1)
        assert (serving.running.policy.name, task.done()) == ("v2-1", False)
        task.cancel()
        await asyncio.wait({task})
        await serving.close()
        engine.dispose()

    run_apart(asyncio.wait_for(run(), 10))


def test_the_policy_route_names_everything_the_extension_needs(client: TestClient) -> None:
    said = client.get("/v1/policy").json()
    assert said["labels"] == list(LABELS)
    assert said["language_groups"] == list(LANGUAGE_GROUPS)
    assert set(said["thresholds"]) == set(SENSITIVITIES)
