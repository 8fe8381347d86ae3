"""Thresholds from dev scores: as much hidden as a bound on wrongly hidden innocent replies allows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from panah.scoring.classifier import Scores
from panah.scoring.policy import LABELS, SENSITIVITIES, Label, Threshold, Thresholds
from panah.scoring.text import LANGUAGE_GROUPS, language_group
from panah_model.config import Config
from panah_model.rows import Row

LEAST = 0.3  # no label hides or flags below this P, however quiet the innocent rows are
OFF = 1.0


def limits(innocent: Scores, bound: float) -> NDArray[np.float64]:
    """One threshold per label, so that together they cross on at most `bound` of the innocent rows.

    All labels get the same share of the bound: the quantile is the one where the union fits.
    """
    candidates = 1 - np.geomspace(bound, bound / 50, 60)
    for quantile in candidates:
        found = np.maximum(np.quantile(innocent, quantile, axis=0) + 1e-4, LEAST)
        if (innocent >= found).any(axis=1).mean() <= bound:
            return found
    return np.maximum(innocent.max(axis=0) + 1e-4, LEAST)


def thresholds(rows: Sequence[Row], scores: Scores, config: Config) -> Thresholds:
    """The shipped policy. As the service does, it takes the language that the text looks like. A language's own
    innocent rows can be few, so each threshold is the higher one of the language's and of all rows' together:
    when unsure, show.
    """
    innocent = np.array([row.targets[LABELS.index("hostile")] == 0 for row in rows])
    policy: dict[str, dict[str, dict[Label, Threshold]]] = {}
    for sensitivity in SENSITIVITIES:
        for group in LANGUAGE_GROUPS:
            own = innocent & np.array([language_group(row.text) == group for row in rows])
            hide, flag = (
                np.maximum(limits(scores[own], bound), limits(scores[innocent], bound))
                for bound in (config.false_hides[sensitivity], config.false_flags[sensitivity])
            )
            policy.setdefault(sensitivity, {})[group] = {
                label: Threshold(flag=min(OFF, round(float(f), 4)), hide=min(OFF, round(float(max(f, h)), 4)))
                for label, f, h in zip(LABELS, flag, hide, strict=True)
            }
    return Thresholds.model_validate(policy)
