"""The curves of one label as SVG paths: recall and precision above, false hides below, over one axis of thresholds.

Two panels, since a share of harmless replies that matters is far too small to be seen beside recall.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from panah.scoring.evidence import Curve
from panah.scoring.policy import Threshold

WIDTH, HEIGHT = 340, 200
LEFT, RIGHT = 36, 332  # where thresholds 0 and 1 lie
UPPER = (20, 112)  # where 100 % and 0 % lie
LOWER = (130, 176)  # where MOST and 0 % lie
MOST = 0.10  # of the lower panel; what lies above it is cut
TABLE_STEP = 5  # every fifth threshold stands in the table


@dataclass(frozen=True, slots=True)
class Mark:
    """A threshold's vertical line. `new` ones are as asked for, the others as they are in force."""

    which: str  # flag | hide
    x: float
    new: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    recall: str
    precision: str
    false_hides: str
    marks: list[Mark]
    rows: list[tuple[float, float, float | None, float]]  # threshold, recall, precision, false hides


def x_of(threshold: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * threshold, 1)


def path(thresholds: Sequence[float], shares: Sequence[float | None], panel: tuple[int, int], most: float) -> str:
    """A line through the shares; it is broken where there is none."""
    top, bottom = panel
    parts, pen = [], "M"
    for threshold, share in zip(thresholds, shares, strict=True):
        if share is None:
            pen = "M"
            continue
        y = round(bottom - (bottom - top) * min(share / most, 1.0), 1)
        parts.append(f"{pen}{x_of(threshold)} {y}")
        pen = "L"
    return "".join(parts)


def marks(old: Threshold, new: Threshold) -> list[Mark]:
    """The asked thresholds, and those in force where they differ. What is off has none."""
    found = []
    for which in ("flag", "hide"):
        before, after = getattr(old, which), getattr(new, which)
        if before != after and before < 1:
            found.append(Mark(which, x_of(before), new=False))
        if after < 1:
            found.append(Mark(which, x_of(after), new=True))
    return found


def draw(curve: Curve, old: Threshold, new: Threshold) -> Chart:
    every = curve.thresholds
    rows = list(zip(every, curve.recall, curve.precision, curve.false_hides, strict=True))
    return Chart(
        recall=path(every, curve.recall, UPPER, 1.0),
        precision=path(every, curve.precision, UPPER, 1.0),
        false_hides=path(every, curve.false_hides, LOWER, MOST),
        marks=marks(old, new),
        rows=rows[TABLE_STEP - 1 :: TABLE_STEP],
    )
