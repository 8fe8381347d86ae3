"""Temperatures and thresholds from dev scores: as much is hidden as a bound on false hides allows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panah.scoring.classifier import Scores
from panah.scoring.policy import LABELS, SENSITIVITIES, Label, Threshold, Thresholds
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup, language_group
from panah_model.config import Config
from panah_model.rows import Row

HOSTILE = LABELS.index("hostile")
SUMS = slice(-2, None)  # the last two columns
LEAST = 0.3  # nothing hides or flags below this P, however quiet the innocent rows are
# Of the bound that the two sums may use. They rank best, so they get most; what is left lets single labels cross
# too, so that a reason can be named. Picked from four values for v1, on briefs that are dev rows since.
SHARE_OF_SUMS = 0.8


def temperatures(rows: Sequence[Row], scores: Scores) -> dict[LanguageGroup, float]:
    """The temperature per language group under which dev scores fit the labels best (least cross-entropy)."""
    wanted = np.stack([row.targets[: len(LABELS)] for row in rows])
    groups = np.array([language_group(row.text) for row in rows])

    p = np.clip(scores.astype(float), 1e-6, 1 - 1e-6)
    logits = np.log(p) - np.log1p(-p)

    def cost(temperature: float, at: NDArray[np.bool_]) -> float:
        own = logits[at] / temperature
        return float((np.logaddexp(0, own) - wanted[at] * own).mean())

    grid = np.geomspace(0.3, 4, 105).round(3)
    return {group: float(min(grid, key=lambda one: cost(float(one), groups == group))) for group in LANGUAGE_GROUPS}


def curves(rows: Sequence[Row], scores: Scores) -> dict[str, Any]:
    """Per language group and label, for thresholds from 0.02 to 0.98: the share of the label's replies and of the
    innocent replies at or above it, on dev rows with calibrated scores. What an admin's sliders move along.
    """
    wanted = np.stack([row.targets for row in rows])
    innocent = wanted[:, HOSTILE] == 0
    groups = np.array([language_group(row.text) for row in rows])
    steps = np.linspace(0.02, 0.98, 49).round(2)
    report: dict[str, Any] = {"thresholds": steps.tolist(), "groups": {}}
    for group in LANGUAGE_GROUPS:
        own = groups == group
        report["groups"][group] = {
            label: {
                "positives": int((wanted[own, at] == 1).sum()),
                "innocent": int((own & innocent).sum()),
                "recall": (scores[own & (wanted[:, at] == 1), at, None] >= steps).mean(0).round(4).tolist(),
                "false_hides": (scores[own & innocent, at, None] >= steps).mean(0).round(4).tolist(),
            }
            for at, label in enumerate(LABELS)
        }
    return report


def limits(innocent: Scores, bound: float) -> NDArray[np.float64]:
    """The P per label that together at most a share `bound` of innocent replies reaches."""
    if not len(innocent):
        raise ValueError("a language without innocent dev rows cannot have thresholds")
    for share in np.geomspace(bound, bound / 100, 80):
        labels = np.quantile(innocent[:, : SUMS.start], 1 - share, axis=0, method="higher")
        sums = np.quantile(innocent[:, SUMS], 1 - min(share * 2, bound * SHARE_OF_SUMS), axis=0, method="higher")
        found = np.maximum(np.concatenate([labels, sums]) + 1e-4, LEAST).astype(float).round(4)
        if (innocent >= found).any(axis=1).mean() <= bound:
            return np.minimum(found, 1.0)
    return np.ones(len(LABELS))  # nothing this strict can be promised: nothing is hidden


def thresholds(rows: Sequence[Row], scores: Scores, config: Config) -> Thresholds:
    """The shipped policy, from dev rows and their calibrated scores.

    As the service does, it takes the language that the text looks like. A language's own innocent rows can be
    few, so the higher one of its own limit and that of all languages counts: when unsure, show.
    """
    innocent = np.array([row.targets[HOSTILE] == 0 for row in rows])
    groups = np.array([language_group(row.text) for row in rows])
    policy: dict[str, dict[LanguageGroup, dict[Label, Threshold]]] = {}
    for sensitivity in SENSITIVITIES:
        for group in LANGUAGE_GROUPS:
            own, everybody = scores[innocent & (groups == group)], scores[innocent]
            hide, flag = (
                np.maximum(limits(own, bound), limits(everybody, bound)).tolist()
                for bound in (config.false_hides[sensitivity], config.false_flags[sensitivity])
            )
            policy.setdefault(sensitivity, {})[group] = {
                label: Threshold(flag=min(low, high), hide=high)
                for label, low, high in zip(LABELS, flag, hide, strict=True)
            }
    return Thresholds.model_validate(policy)
