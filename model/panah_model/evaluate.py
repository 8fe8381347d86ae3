"""How well a model does, per language and never pooled. Scores come from the shipped code path on the CPU."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.metrics import average_precision_score, roc_auc_score

from panah.scoring.classifier import Classifier, ModelConfig, Scores, calibrated
from panah.scoring.policy import LABELS, SENSITIVITIES, Policy
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup, language_group
from panah_model.rows import Row

HOSTILE = LABELS.index("hostile")
VICTIM_BLAMING = LABELS.index("victim_blaming")
FALSE_HIDES = 0.02  # the share of innocent replies at which recall is told
RESAMPLES = 400
PUBLIC_ROWS = 400
Truth = NDArray[np.float32]  # (rows,), 0 or 1
Measure = Callable[[Truth, NDArray[np.float32]], float]


def score_rows(classifier: Classifier, rows: Sequence[Row], *, context: bool = True) -> Scores:
    """The graph's scores of rows in their order, (rows, labels), before calibration."""
    pairs = classifier.encoder.encode([(row.text, row.context if context else "") for row in rows])
    return np.concatenate([classifier.score([pair]) for pair in track(pairs, "Scoring", transient=True)])


def groups_of(rows: Sequence[Row]) -> list[LanguageGroup]:
    """The language that each text looks like: the service does not know more."""
    return [language_group(row.text) for row in rows]


def calibrate_rows(rows: Sequence[Row], scores: Scores, config: ModelConfig) -> Scores:
    """Scores as the service gives them, (rows, labels)."""
    found = [
        calibrated(one, config.temperatures[group]) for one, group in zip(scores, groups_of(rows), strict=True)
    ]
    return np.stack(found)


def scores_of(classifier: Classifier, rows: Sequence[Row]) -> Scores:
    """Calibrated scores of rows with their posts, (rows, labels)."""
    return calibrate_rows(rows, score_rows(classifier, rows), classifier.config)


def auc(wanted: Truth, scores: NDArray[np.float32]) -> float:
    """Chance that a positive ranks above a negative."""
    return float(roc_auc_score(wanted, scores))


def precision(wanted: Truth, scores: NDArray[np.float32]) -> float:
    """Average precision."""
    return float(average_precision_score(wanted, scores))


def recall_at(share: float, innocent: NDArray[np.float32], guilty: NDArray[np.float32]) -> float:
    """Share of guilty scores above the threshold that a `share` of the innocent ones passes."""
    return float((guilty > np.quantile(innocent, 1 - share, method="higher")).mean())


def recall(wanted: Truth, scores: NDArray[np.float32]) -> float:
    """Recall where two percent of the negatives pass the threshold."""
    return recall_at(FALSE_HIDES, scores[wanted == 0], scores[wanted == 1])


def calibration_error(wanted: Truth, scores: NDArray[np.float32]) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al. 2017)."""
    bins = np.minimum((scores * 10).astype(int), 9)
    gaps = [
        abs(scores[bins == at].mean() - wanted[bins == at].mean()) * (bins == at).mean() for at in np.unique(bins)
    ]
    return float(sum(gaps))


def measured(measure: Measure, wanted: Truth, scores: NDArray[np.float32], threads: Sequence[str]) -> list[float]:
    """A figure and its 95 % interval, resampling whole threads: replies to one post resemble one another."""
    of: dict[str, list[int]] = {}
    for at, thread in enumerate(threads):
        of.setdefault(thread, []).append(at)
    places = [np.array(found) for found in of.values()]
    rng = np.random.default_rng(1)
    found = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([places[pick] for pick in rng.integers(0, len(places), len(places))])
        if 0 < wanted[drawn].sum() < len(drawn):
            found.append(measure(wanted[drawn], scores[drawn]))
    low, high = np.quantile(found, [0.025, 0.975])
    return [round(float(value), 3) for value in (measure(wanted, scores), low, high)]


def ranking(rows: Sequence[Row], scores: Scores) -> dict[str, Any]:
    """AUC and average precision of each label, with the number of positives."""
    wanted = np.stack([row.targets for row in rows])
    report: dict[str, Any] = {"rows": len(rows)}
    for at, label in enumerate(LABELS):
        positives = int(wanted[:, at].sum())
        if 0 < positives < len(rows):
            own = wanted[:, at], scores[:, at]
            report[label] = {"auc": round(auc(*own), 3), "ap": round(precision(*own), 3), "positives": positives}
    return report


def quality(rows: Sequence[Row], scores: Scores) -> dict[str, Any]:
    """The main table's figures with their intervals, for the two sums. Recall is told at a share of the innocent
    replies, so threats and insults that blame nobody are no negatives there.
    """
    wanted = np.stack([row.targets for row in rows])
    threads = np.array([row.thread for row in rows])
    report: dict[str, Any] = {}
    for at in (VICTIM_BLAMING, HOSTILE):
        plain = (wanted[:, at] == 1) | (wanted[:, HOSTILE] == 0)
        everything = np.ones(len(rows), bool)
        report[LABELS[at]] = {
            name: measured(measure, wanted[own, at], scores[own, at], threads[own].tolist())
            for name, measure, own in (
                ("auc", auc, everything),
                ("ap", precision, everything),
                ("recall", recall, plain),
                ("ece", calibration_error, everything),
            )
        }
    return report


def decided(rows: Sequence[Row], scores: Scores, policy: Policy, sensitivity: str) -> list[str]:
    """The action for each row, from calibrated scores, as the service would decide."""
    return [
        policy.decide(dict(zip(LABELS, found, strict=True)), group=group, sensitivity=sensitivity)[0]  # type: ignore[arg-type]
        for found, group in zip(scores.tolist(), groups_of(rows), strict=True)
    ]


def actions(rows: Sequence[Row], scores: Scores, policy: Policy) -> dict[str, Any]:
    """Share of replies hidden and flagged, by sensitivity: hostile and innocent ones, and by kind."""
    report: dict[str, Any] = {}
    for sensitivity in SENSITIVITIES:
        done: dict[str, Counter[str]] = {}
        for row, action in zip(rows, decided(rows, scores, policy, sensitivity), strict=True):
            sides = ("hostile", "victim_blaming") if row.targets[VICTIM_BLAMING] else ("hostile",)
            for name in (row.kind, *(sides if row.targets[HOSTILE] else ("innocent",))):
                done.setdefault(name, Counter())[action] += 1
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
    scores = scores_of(classifier, rows)
    alone = calibrate_rows(rows, score_rows(classifier, rows, context=False), classifier.config)

    def report(at: list[int]) -> dict[str, Any]:
        chosen = [rows[place] for place in at]
        return {
            **ranking(chosen, scores[at]),
            "quality": quality(chosen, scores[at]),
            "without_context": {
                name: ranking(chosen, alone[at])[name]["auc"] for name in ("victim_blaming", "hostile")
            },
            "actions": actions(chosen, scores[at], policy),
        }

    return by_language(rows, report)


def worst(rows: Sequence[Row], scores: Scores, count: int = 10) -> dict[str, Any]:
    """The innocent replies with the highest P of hostile and the hostile ones with the lowest, per language."""
    wanted = np.array([row.targets[HOSTILE] for row in rows])
    error = np.abs(wanted - scores[:, HOSTILE])

    def report(at: list[int]) -> dict[str, Any]:
        found = sorted(at, key=lambda place: -error[place])[:count]
        return {rows[place].id: round(float(scores[place, HOSTILE]), 3) for place in found}

    return by_language(rows, report)


def public_report(classifier: Classifier, rows: Sequence[Row], policy: Policy) -> dict[str, Any]:
    """Per public set: how hostility ranks, and what the balanced policy would hide wrongly. Of each set the first
    PUBLIC_ROWS rows, whose order is by chance.
    """
    seen: Counter[str] = Counter()
    rows = [row for row in rows if seen.update([row.source]) or seen[row.source] <= PUBLIC_ROWS]
    scores = scores_of(classifier, rows)
    report: dict[str, Any] = {}
    for name in sorted({row.source for row in rows}):
        at = [place for place, row in enumerate(rows) if row.source == name]
        chosen = [rows[place] for place in at]
        wanted = np.array([row.targets[HOSTILE] for row in chosen])
        done = actions(chosen, scores[at], policy)["balanced"]
        both = 0 < wanted.sum() < len(wanted)
        report[name] = {
            "rows": len(at),
            "auc": round(auc(wanted, scores[at][:, HOSTILE]), 3) if both else None,
            "hostile_hidden": done.get("hostile", {}).get("hidden"),
            "innocent_hidden": done.get("innocent", {}).get("hidden"),
        }
    return report
