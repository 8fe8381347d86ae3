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
LEAST = 0.5  # nothing hides or flags below this P, however quiet the innocent rows are


def limit(innocent: NDArray[np.float32], bound: float) -> float:
    """The P that at most a share `bound` of innocent replies reaches."""
    found = float(np.quantile(innocent, 1 - bound, method="higher")) + 1e-4
    return round(min(1.0, max(LEAST, found)), 4)


def thresholds(rows: Sequence[Row], scores: Scores, config: Config) -> Thresholds:
    """The shipped policy: one threshold per sensitivity and language, the same for every label.

    The output `hostile` is never below any other, so its threshold decides and the labels' only name the reason.
    One quantile a language holds better on unseen writers than ten that share the bound (model/README.md). As
    the service does, it takes the language that the text looks like. A language's own innocent rows can be few,
    so the higher one of its own limit and that of all languages counts: when unsure, show.
    """
    hostile = scores[:, HOSTILE]
    innocent = np.array([row.targets[HOSTILE] == 0 for row in rows])
    groups = np.array([language_group(row.text) for row in rows])
    policy: dict[str, dict[LanguageGroup, dict[Label, Threshold]]] = {}
    for sensitivity in SENSITIVITIES:
        for group in LANGUAGE_GROUPS:
            own, everybody = hostile[innocent & (groups == group)], hostile[innocent]
            hide, flag = (
                max(limit(own, bound), limit(everybody, bound))
                for bound in (config.false_hides[sensitivity], config.false_flags[sensitivity])
            )
            one = Threshold(flag=min(flag, hide), hide=hide)
            policy.setdefault(sensitivity, {})[group] = dict.fromkeys(LABELS, one)
    return Thresholds.model_validate(policy)
