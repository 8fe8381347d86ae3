"""What thresholds would do, on the shipped model's own test replies."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from panah.feedback.tables import Feedback
from panah.scoring import evidence as measured
from panah.scoring.classifier import ModelConfig
from panah.scoring.evidence import ACTIONS, Evidence, NoEvidence, Report, Share, evidence_of, reports, told
from panah.scoring.policies import shipped
from panah.scoring.policy import LABELS, SENSITIVITIES, Label, Threshold
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup
from tests.server.scoring_tuning.conftest import ARTEFACT, both_databases

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("language", LANGUAGE_GROUPS)
@pytest.mark.parametrize("sensitivity", SENSITIVITIES)
def test_a_preview_decides_as_the_policy_itself_would(
    evidence: Evidence, config: ModelConfig, language: LanguageGroup, sensitivity: str
) -> None:
    policy = shipped(config)
    own = evidence.places[language]
    wanted = [
        policy.decide(dict(zip(LABELS, row, strict=True)), group=language, sensitivity=sensitivity)[0]  # type: ignore[arg-type]
        for row in evidence.scores[own].tolist()
    ]
    cell = config.thresholds.root[sensitivity][language]  # type: ignore[index]
    assert [ACTIONS[level] for level in evidence.levels(language, cell)] == wanted
    assert len(wanted) > 400
    assert len(set(wanted)) == 3


def test_a_label_that_is_off_covers_nothing_even_at_certainty(evidence: Evidence, config: ModelConfig) -> None:
    off = dict.fromkeys(LABELS, Threshold(flag=1, hide=1))
    assert not evidence.levels("en", off).any()
    assert evidence.highest("en", "hostile") == 1.0  # there is a reply that would cross 1
    assert evidence.alone("en", "hostile", 1.0).recall.count == 0
    assert evidence.shut("en", off) == list(LABELS)


def test_what_moves_is_counted_in_both_directions_and_harmless_ones_apart(
    evidence: Evidence, config: ModelConfig
) -> None:
    old = config.thresholds.root["balanced"]["en"]
    new = {**old, "blame": Threshold(flag=0.05, hide=0.05), "excusing": Threshold(flag=0.95, hide=0.99)}
    found = evidence.moved("en", old, new)["hide"]
    before, after = (evidence.levels("en", cell) == 2 for cell in (old, new))
    innocent = evidence.sides["innocent"][evidence.places["en"]]
    assert (found.plus, found.minus) == (int((after & ~before).sum()), int((before & ~after).sum()))
    assert found.plus_innocent == int((after & ~before & innocent).sum()) > 0
    assert found.plus > found.plus_innocent
    assert found.minus > 0
    back = evidence.moved("en", new, old)["hide"]
    assert (back.plus, back.minus) == (found.minus, found.plus)


def test_nearest_replies_stand_on_their_sides_of_the_threshold_and_say_what_changes(
    evidence: Evidence, config: ModelConfig
) -> None:
    old = config.thresholds.root["balanced"]["en"]
    new = {**old, "blame": Threshold(flag=0.3, hide=0.4)}
    below, above = evidence.near("en", "blame", 0.4, old=old, new=new)
    assert [len(below), len(above)] == [3, 3]
    assert [one.score for one in below] == sorted((one.score for one in below), reverse=True)
    assert max(one.score for one in below) < 0.4 <= min(one.score for one in above)
    column = evidence.scores[evidence.places["en"], LABELS.index("blame")]
    assert not ((column > below[0].score) & (column < above[0].score)).any()
    assert any((one.before, one.after) == ("flag", "hide") for one in above)
    assert evidence.near("en", "blame", 1.0, old=old, new=new)[1] == []


def test_the_curves_fall_and_precision_is_of_what_is_reached(evidence: Evidence) -> None:
    for language in LANGUAGE_GROUPS:
        for label in LABELS:
            curve = evidence.curve(language, label)
            assert (np.diff(curve.recall) <= 0).all()
            assert (np.diff(curve.false_hides) <= 0).all()
            at = curve.thresholds.index(0.5)
            hits, wrong = curve.recall[at] * curve.positives, curve.false_hides[at] * curve.innocent
            precision = curve.precision[at]
            if precision is not None:
                assert precision == pytest.approx(hits / (hits + wrong))


def test_the_test_replies_hold_all_three_languages_and_every_label(evidence: Evidence) -> None:
    assert len(evidence.examples) > 1500
    assert (ARTEFACT / "examples.json").stat().st_size < 1_500_000
    for language in LANGUAGE_GROUPS:
        outcome = evidence.outcome(language, dict.fromkeys(LABELS, Threshold(flag=1, hide=1)))
        assert all(share.of > 100 for share in outcome.hidden.values())
        assert all(evidence.alone(language, label, 0.5).recall.of > 5 for label in LABELS)


@pytest.mark.parametrize("damage", ["missing", "broken", "other", "ragged"])
def test_an_artefact_without_whole_evidence_says_so(tmp_path: Path, damage: str) -> None:
    found = json.loads((ARTEFACT / "examples.json").read_text(encoding="utf-8"))
    (tmp_path / "curves.json").write_bytes((ARTEFACT / "curves.json").read_bytes())
    if damage == "broken":
        (tmp_path / "examples.json").write_text("{")
    elif damage == "other":
        (tmp_path / "examples.json").write_text(json.dumps(found | {"labels": ["spam"]}))
    elif damage == "ragged":
        found["rows"][3]["scores"] = [0.1]
        (tmp_path / "examples.json").write_text(json.dumps(found))
    with pytest.raises(NoEvidence):
        evidence_of(tmp_path)


def test_evidence_is_read_once_and_again_when_it_was_written_anew(tmp_path: Path) -> None:
    for name in ("examples.json", "curves.json"):
        (tmp_path / name).write_bytes((ARTEFACT / name).read_bytes())
    first = evidence_of(tmp_path)
    assert evidence_of(tmp_path) is first
    found = json.loads((tmp_path / "examples.json").read_text(encoding="utf-8"))
    (tmp_path / "examples.json").write_text(json.dumps(found | {"rows": found["rows"][:700]}))
    assert len(evidence_of(tmp_path).examples) == 700


def test_a_share_of_nothing_is_not_known_and_one_of_few_is_wide() -> None:
    assert (Share(0, 0).share, Share(0, 0).interval) == (0.0, (0.0, 1.0))
    low, high = Share(0, 10).interval
    assert low == 0
    assert 0.25 < high < 0.31  # never "certainly none"


# Feedback


def report(kind: str, bucket: int, count: int = 1, label: Label = "blame") -> Report:
    return Report("en", "balanced", kind, label, bucket, count)


def test_feedback_tells_what_would_come_out_right_and_what_wrong() -> None:
    found = [
        report("missed", 9, 3),  # P about 0.475
        report("missed", 5, 2),
        report("not-harmful", 9, 4),
        report("not-harmful", 18, 5),
        report("missed", 9, 50, label="threat"),
    ]
    lower = told(found, "blame", Threshold(flag=0.6, hide=0.8), Threshold(flag=0.4, hide=0.8))
    assert (lower.missed, lower.missed_covered, lower.missed_lost) == (5, 3, 0)
    assert (lower.harmless, lower.harmless_covered, lower.harmless_freed, lower.near) == (9, 4, 0, 0)
    higher = told(found, "blame", Threshold(flag=0.4, hide=0.8), Threshold(flag=0.6, hide=0.8))
    assert (higher.missed_covered, higher.missed_lost) == (0, 3)
    assert (higher.harmless_covered, higher.harmless_freed) == (0, 4)


def test_reports_in_the_step_of_a_threshold_are_said_to_be_unsure() -> None:
    found = [report("missed", 9, 3), report("missed", 12, 2)]
    same = Threshold(flag=0.47, hide=0.8)
    assert told(found, "blame", same, same).near == 3


def test_a_label_that_is_switched_off_covers_no_report() -> None:
    off = told([report("not-harmful", 19, 2)], "blame", Threshold(flag=0.5, hide=0.8), Threshold(flag=1, hide=1))
    assert (off.harmless_freed, off.near) == (2, 0)


def feedback(**changes: Any) -> Feedback:
    said: dict[str, Any] = {"kind": "missed", "label": "blame", "language": "en", "bucket": 7, "action": "show"}
    made = {"sensitivity": "balanced", "model": "v2", "policy": "v2-0", "made_on": TODAY}
    kept = {"receipt_digest": uuid4().hex, "keep_until": TODAY + timedelta(days=365)}
    return Feedback(**(said | made | kept | changes))


def test_only_this_models_last_90_days_are_looked_at_and_in_one_query(engine: Engine) -> None:
    rows = [("v2", 0, 7), ("v2", 0, 7), ("v2", 89, 7), ("v2", 90, 7), ("v1", 0, 7), ("v2", 0, 8)]
    with Session(engine) as session:
        for model, days, bucket in rows:
            session.add(feedback(model=model, made_on=TODAY - timedelta(days=days), bucket=bucket))
        session.commit()
        asked: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *parts: asked.append(parts[2]))
        found = reports(session, "v2", TODAY)
    assert sorted((one.bucket, one.count) for one in found) == [(7, 3), (8, 1)]
    assert len(asked) == 1
    assert measured.FEEDBACK_DAYS == 90


@both_databases
def test_reports_that_people_have_refuted_do_not_count_and_those_they_confirmed_are_told_apart(
    engine: Engine,
) -> None:
    rows: list[tuple[str, str, list[str] | None]] = [
        ("missed", "waiting", None),
        ("missed", "labelled", ["blame"]),
        ("missed", "labelled", ["threat"]),  # it does harm, though another than the reader said
        ("missed", "labelled", []),  # it does none
        ("missed", "dismissed", None),
        ("not-harmful", "waiting", None),
        ("not-harmful", "labelled", []),
        ("not-harmful", "labelled", ["abuse"]),  # not what the model said
        ("not-harmful", "labelled", ["abuse", "blame"]),
        ("not-harmful", "dismissed", None),
    ]
    with Session(engine) as session:
        session.add_all(feedback(kind=kind, state=state, labels=labels) for kind, state, labels in rows)
        session.commit()
        found = reports(session, "v2", TODAY)
    assert sorted((one.kind, one.count, one.confirmed) for one in found) == [
        ("missed", 3, 2),
        ("not-harmful", 3, 2),
    ]
    limit = Threshold(flag=0.6, hide=0.8)
    assert told(found, "blame", limit, limit).confirmed == 4
