"""How well a graph does, per language and per kind, never pooled. Runs the shipped code path on the CPU."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.metrics import average_precision_score, roc_auc_score

from panah.scoring.classifier import Classifier, Scores
from panah.scoring.policy import LABELS, SENSITIVITIES, Policy
from panah.scoring.text import LANGUAGE_GROUPS, language_group
from panah_model.rows import Row

HOSTILE = LABELS.index("hostile")
VICTIM_BLAMING = LABELS.index("victim_blaming")


def score_rows(classifier: Classifier, rows: Sequence[Row], *, context: bool = True) -> Scores:
    """Scores of rows in their order, (rows, labels)."""
    pairs = classifier.encoder.encode([(row.text, row.context if context else "") for row in rows])
    return np.concatenate([classifier.score_one(pair) for pair in track(pairs, "Scoring", transient=True)])


def auc(wanted: NDArray[np.float32], scores: NDArray[np.float32]) -> float | None:
    """Chance that a positive ranks above a negative; None where one of them is missing."""
    return round(float(roc_auc_score(wanted, scores)), 3) if 0 < wanted.sum() < len(wanted) else None


def ranking(rows: Sequence[Row], scores: Scores) -> dict[str, Any]:
    """AUC and average precision of each output, with the numbers of rows behind them."""
    wanted = np.stack([row.targets for row in rows])
    report: dict[str, Any] = {"rows": len(rows)}
    for at, label in enumerate(LABELS):
        if (area := auc(wanted[:, at], scores[:, at])) is not None:
            precision = round(float(average_precision_score(wanted[:, at], scores[:, at])), 3)
            report[label] = {"auc": area, "ap": precision, "positives": int(wanted[:, at].sum())}
    return report


def actions(rows: Sequence[Row], scores: Scores, policy: Policy) -> dict[str, Any]:
    """Share of hostile replies hidden and flagged, of innocent ones hidden and flagged by kind."""
    report: dict[str, Any] = {}
    for sensitivity in SENSITIVITIES:
        done: dict[str, Counter[str]] = {}
        for row, found in zip(rows, scores.tolist(), strict=True):
            # As the service would decide: it does not know the row's language, it guesses.
            group = language_group(row.text)
            action, _ = policy.decide(dict(zip(LABELS, found, strict=True)), group=group, sensitivity=sensitivity)
            name = "hostile" if row.targets[HOSTILE] else row.kind
            for key in (name,) if row.targets[HOSTILE] else (name, "innocent"):
                done.setdefault(key, Counter())[action] += 1
        report[sensitivity] = {
            name: {
                "rows": counts.total(),
                "hidden": round(counts["hide"] / counts.total(), 4),
                "flagged": round(counts["flag"] / counts.total(), 4),
            }
            for name, counts in sorted(done.items())
        }
    return report


def by_language(rows: Sequence[Row], report: Callable[[list[int]], dict[str, Any]]) -> dict[str, Any]:
    """A report for each language group that has rows; it gets the rows' positions."""
    found: dict[str, Any] = {}
    for group in LANGUAGE_GROUPS:
        if at := [place for place, row in enumerate(rows) if row.lang == group]:
            found[group] = report(at)
    return found


def corpus_report(classifier: Classifier, rows: Sequence[Row], policy: Policy) -> dict[str, Any]:
    """Everything about one corpus split: with its post and without, ranking and actions, by language."""
    scores, alone = score_rows(classifier, rows), score_rows(classifier, rows, context=False)

    def report(at: list[int]) -> dict[str, Any]:
        chosen = [rows[place] for place in at]
        return {
            **ranking(chosen, scores[at]),
            "without_context": {
                name: ranking(chosen, alone[at])[name]["auc"] for name in ("victim_blaming", "hostile")
            },
            "actions": actions(chosen, scores[at], policy),
        }

    return by_language(rows, report)


def public_report(classifier: Classifier, rows: Sequence[Row], policy: Policy) -> dict[str, Any]:
    """Per public set and language: how hostility ranks, and what the balanced policy would hide wrongly."""
    scores = score_rows(classifier, rows)
    report: dict[str, Any] = {}
    for name in sorted({row.source for row in rows}):
        at = [place for place, row in enumerate(rows) if row.source == name]
        chosen = [rows[place] for place in at]
        wanted = np.array([row.targets[HOSTILE] for row in chosen])
        done = actions(chosen, scores[at], policy)["balanced"]
        report[name] = {
            "rows": len(at),
            "auc": auc(wanted, scores[at][:, HOSTILE]),
            "hostile_hidden": done.get("hostile", {}).get("hidden"),
            "innocent_hidden": done.get("innocent", {}).get("hidden"),
        }
    return report
