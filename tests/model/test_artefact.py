"""The model that ships: whole, small, and judging as it did when it was made."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from panah.scoring.classifier import Classifier, calibrated, read_config
from panah.scoring.policy import LABELS, Policy
from panah.scoring.text import has_words, language_group, normalise
from panah_model.config import load
from panah_model.rows import CORPUS, corpus, read_lines

ARTEFACT = Path("model/artefacts/v2")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(ARTEFACT)


def corpus_rows() -> dict[str, dict[str, Any]]:
    return {row["id"]: row for path in CORPUS.glob("*.jsonl") for row in read_lines(path)}


def action(classifier: Classifier, policy: Policy, text: str, raw: list[float]) -> str:
    """What the service would do at balanced, from the graph's scores."""
    group = language_group(text)
    found = calibrated(np.array(raw, np.float32), classifier.config.temperatures[group]).tolist()
    return policy.decide(dict(zip(LABELS, found, strict=True)), group=group, sensitivity="balanced")[0]


def test_the_artefact_is_whole_and_fits_into_a_wheel() -> None:
    names = {path.name for path in ARTEFACT.iterdir()}
    files = {"model.onnx", "tokenizer.json", "config.json", "curves.json", "metrics.json", "reference.json"}
    assert names == files | {"examples.json", "report.md", "report"}
    assert (ARTEFACT / "model.onnx").stat().st_size <= 28_000_000
    assert sum(path.stat().st_size for path in ARTEFACT.rglob("*")) < 32_000_000
    assert read_config(ARTEFACT).labels == LABELS


def test_reference_replies_get_the_scores_and_the_action_they_got_when_it_was_made(classifier: Classifier) -> None:
    rows = corpus_rows()
    reference = json.loads((ARTEFACT / "reference.json").read_text(encoding="utf-8"))
    assert len(reference) >= 200
    policy = Policy("v2-0", classifier.config.thresholds)
    changed, distances = [], []
    for one in reference:
        text, context = normalise(rows[one["id"]]["text"]), normalise(rows[one["id"]]["context"])
        (found,) = classifier.score(classifier.encoder.encode([(text, context)])).tolist()
        distances.append(np.abs(np.array(found) - one["scores"]).mean())
        actions = [action(classifier, policy, text, scores) for scores in (found, one["scores"])]
        if actions[0] != actions[1]:
            changed.append(one["id"])
    # int8 kernels round differently on processors without VNNI.
    assert np.mean(distances) < 0.02
    assert len(changed) <= len(reference) // 20, changed


def test_the_test_replies_have_the_scores_that_the_shipped_model_gives_them(classifier: Classifier) -> None:
    rows = corpus_rows()
    found = json.loads((ARTEFACT / "examples.json").read_text(encoding="utf-8"))
    assert (ARTEFACT / "examples.json").stat().st_size < 1_500_000
    assert tuple(found["labels"]) == LABELS
    config = load(Path("model/configs/v2.toml"))
    assert [one["id"] for one in found["rows"]] == [row.id for row in corpus(config, "test")]
    distances = []
    for one in found["rows"][::8]:
        row, context = rows[one["id"]], found["contexts"][one["context"]]
        written = (row["text"], row["context"], row["labels"], row["kind"])
        assert (one["text"], context, one["labels"], one["kind"]) == written
        assert one["language"] == language_group(normalise(one["text"]))
        pair = normalise(one["text"]), normalise(context)
        (raw,) = classifier.score(classifier.encoder.encode([pair]))
        wanted = calibrated(raw, classifier.config.temperatures[one["language"]])
        distances.append(np.abs(wanted - np.array(one["scores"])).mean())
    assert np.mean(distances) < 0.02  # as above: kernels round differently


def test_the_sums_are_never_below_what_they_sum_up(classifier: Classifier) -> None:
    texts = ["you asked for it", "liar", "i will find you", "so proud of you", "تم جھوٹ بول رہی ہو"]
    scores = classifier.score(classifier.encoder.encode([(text, "") for text in texts]))
    blaming, hostile = LABELS.index("victim_blaming"), LABELS.index("hostile")
    assert (scores[:, blaming] >= scores[:, :6].max(axis=1)).all()
    assert (scores[:, hostile] >= scores[:, :9].max(axis=1)).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_pair_is_reply_then_post_and_long_ones_are_cut_at_the_end(classifier: Classifier) -> None:
    encoder = classifier.encoder
    (alone,), (both,) = encoder.encode([("why", "")]), encoder.encode([("why", "a post")])
    assert both.ids[: alone.reply_tokens] == alone.ids
    assert both.reply_tokens == alone.reply_tokens == len(alone.ids)
    (long,) = encoder.encode([("word " * 1000, "post " * 1000)])
    config = classifier.config
    assert long.truncated
    assert len(long.ids) == config.max_reply_tokens + config.max_context_tokens + 3


def test_the_shipped_thresholds_were_measured_and_not_all_the_same(classifier: Classifier) -> None:
    table = classifier.config.thresholds.root
    hides = {one.hide for groups in table.values() for labels in groups.values() for one in labels.values()}
    assert len(hides) >= 6
    for group in table["balanced"]:
        for label in LABELS:
            strict, balanced, gentle = (table[name][group][label].hide for name in ("strict", "balanced", "gentle"))
            assert strict <= balanced <= gentle


def test_the_curves_tell_what_the_shipped_thresholds_do(classifier: Classifier) -> None:
    curves = json.loads((ARTEFACT / "curves.json").read_text(encoding="utf-8"))
    steps = curves["thresholds"]
    for group, labels in classifier.config.thresholds.root["balanced"].items():
        assert list(curves["groups"][group]) == list(LABELS)
        for label, threshold in labels.items():
            curve = curves["groups"][group][label]
            assert curve["innocent"] > 200
            assert len(curve["recall"]) == len(curve["false_hides"]) == len(steps)
            # No single label may hide more innocent dev replies than all of them together were allowed to.
            above = [
                share for step, share in zip(steps, curve["false_hides"], strict=True) if step >= threshold.hide
            ]
            assert max(above, default=0) <= 0.02, (group, label)


def test_plain_words_without_a_victim_are_not_hidden(classifier: Classifier) -> None:
    policy = Policy("v2-0", classifier.config.thresholds)
    texts = (
        "good morning",
        "pakistan zindabad",
        "I believe you",
        "so sorry this happened",
        "I'm so sorry this happened to you",
        "stay strong",
        "bohat afsos hua",
        "آپ بہت بہادر ہیں",
    )
    for text in texts:
        assert has_words(text)
        (row,) = classifier.score(classifier.encoder.encode([(normalise(text), "")])).tolist()
        assert action(classifier, policy, normalise(text), row) != "hide", text
