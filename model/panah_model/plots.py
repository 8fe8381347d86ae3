"""The report's pictures."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from panah.scoring.classifier import Scores
from panah.scoring.policy import LABELS
from panah.scoring.text import LANGUAGE_GROUPS
from panah_model.check import INNOCENT
from panah_model.figures import NAMES
from panah_model.rows import Row

mpl.use("Agg")
COLOURS = {"en": "#1b6ca8", "ur-Latn": "#c0592b", "ur": "#3c7a4e"}
SUMS = ("victim_blaming", "hostile")


def save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def precision_recall(rows: Sequence[Row], scores: Scores, path: Path) -> None:
    """Precision against recall of the two sums, a line per language."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
    for axis, label in zip(axes, SUMS, strict=True):
        at = LABELS.index(label)
        for group in LANGUAGE_GROUPS:
            own = [place for place, row in enumerate(rows) if row.lang == group]
            wanted = [rows[place].targets[at] for place in own]
            right, found, _ = precision_recall_curve(wanted, scores[own, at])
            axis.plot(found, right, color=COLOURS[group], label=NAMES[group])
        axis.set(xlabel="recall", title=label.replace("_", " "), xlim=(0, 1), ylim=(0.3, 1.02))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("precision")
    axes[0].legend(loc="lower left")
    save(figure, path)


def reliability(rows: Sequence[Row], scores: Scores, path: Path) -> None:
    """How often a P comes true, in ten bins, a line per language."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True)
    for axis, label in zip(axes, SUMS, strict=True):
        at = LABELS.index(label)
        axis.plot([0, 1], [0, 1], color="#999999", linestyle=":")
        for group in LANGUAGE_GROUPS:
            own = [place for place, row in enumerate(rows) if row.lang == group]
            p, wanted = scores[own, at], np.array([rows[place].targets[at] for place in own])
            bins = np.minimum((p * 10).astype(int), 9)
            points = [(p[bins == one].mean(), wanted[bins == one].mean()) for one in np.unique(bins)]
            axis.plot(*zip(*points, strict=True), marker="o", color=COLOURS[group], label=NAMES[group])
        axis.set(xlabel="P given", title=label.replace("_", " "), xlim=(0, 1), ylim=(0, 1))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("share that is so")
    axes[0].legend(loc="upper left")
    save(figure, path)


def false_hides(test: dict[str, Any], bound: float, path: Path) -> None:
    """Innocent test replies hidden at balanced, by kind and language."""
    done = {group: found["actions"]["balanced"] for group, found in test.items()}
    kinds = [*sorted({kind for one in done.values() for kind in one} & INNOCENT), "innocent"]
    figure, axis = plt.subplots(figsize=(9, 4.2))
    for step, group in enumerate(group for group in LANGUAGE_GROUPS if group in done):
        heights = [100 * done[group].get(kind, {"hidden": math.nan})["hidden"] for kind in kinds]
        axis.bar(np.arange(len(kinds)) + (step - 1) * 0.27, heights, 0.25, color=COLOURS[group], label=NAMES[group])
    axis.axhline(100 * bound, color="#999999", linestyle=":")
    axis.set_xticks(
        np.arange(len(kinds)), ["all innocent" if kind == "innocent" else kind for kind in kinds], rotation=30
    )
    axis.set(ylabel="hidden wrongly at balanced, %")
    axis.legend()
    save(figure, path)
