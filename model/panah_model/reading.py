"""The second reading: how far a reader who did not see the writer's labels agrees with them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import cohen_kappa_score

from panah.scoring.policy import LABELS
from panah_model.config import MODEL
from panah_model.rows import read_lines, targets

READINGS = MODEL / "corpus" / "second_reading.jsonl"  # id; first (the writer), second, settled: lists of labels


def agreement(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Cohen's kappa per label with how often each reader gave it, both lists in the same order of rows."""
    one, two = (np.stack([targets(set(labels)) for labels in side]) for side in (first, second))  # type: ignore[arg-type]
    return {
        label: {
            "kappa": round(float(cohen_kappa_score(one[:, at], two[:, at])), 3),
            "first": int(one[:, at].sum()),
            "second": int(two[:, at].sum()),
        }
        for at, label in enumerate(LABELS)
    }


def kappa(langs: dict[str, str], path: Path = READINGS) -> dict[str, Any]:
    """Agreement over all readings and by language; `langs` is the language of each row's id."""
    readings = list(read_lines(path))
    report: dict[str, Any] = {"rows": len(readings)}
    for lang in ("all", *sorted(set(langs.values()))):
        own = [one for one in readings if lang in ("all", langs[one["id"]])]
        report[lang] = agreement([one["first"] for one in own], [one["second"] for one in own])
    changed = [one for one in readings if sorted(one["first"]) != sorted(one["settled"])]
    return report | {"changed_by_settling": len(changed)}
