"""What thresholds would do: to the model's test replies, along its curves, and to what readers have told.

Figures on the test replies are of that corpus and no promise about X; whoever picks thresholds by looking at them
gets figures that are better than the thresholds are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Text, cast, func, select
from sqlmodel import Session, col

from panah.errors import AppError
from panah.feedback.service import model_was_right
from panah.feedback.tables import Feedback
from panah.intervals import wilson
from panah.scoring.policy import ACTS, LABELS, Action, Label, Threshold
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup

Cell = Mapping[Label, Threshold]  # the thresholds of one language at one sensitivity
Which = Literal["flag", "hide"]
Mask = NDArray[np.bool_]
Levels = NDArray[np.int8]  # per reply: 0 shown, 1 flagged, 2 hidden
ACTIONS: tuple[Action, ...] = ("show", "flag", "hide")

# Replies without a label that stand by the person who is answered, of the kinds in model/corpus/README.md.
SUPPORTIVE = frozenset({"support", "help", "counter", "anger"})
SIDES = ("victim_blaming", "hostile", "innocent", "supportive")
Side = Literal["victim_blaming", "hostile", "innocent", "supportive"]

BUCKETS = 20  # of feedback's P
FEEDBACK_DAYS = 90
NEAR = 3  # replies shown on each side of a threshold


class NoEvidence(AppError):
    status = 409
    code = "no-evidence"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    count: int
    of: int

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.count, self.of)


@dataclass(frozen=True, slots=True)
class Example:
    """A reply of the test corpus; `language` is the group that the service takes it for."""

    id: str
    language: LanguageGroup
    kind: str
    labels: tuple[Label, ...]  # acts, as people labelled it
    context: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cell does to the language's test replies, by side: hidden, and hidden or flagged."""

    hidden: dict[Side, Share]
    covered: dict[Side, Share]


@dataclass(frozen=True, slots=True)
class Alone:
    """What one threshold reaches by itself on the language's test replies."""

    recall: Share  # of the label's replies
    innocent: Share  # of the replies without a label

    @property
    def precision(self) -> Share:
        """Of those of both that it reaches, how many have the label."""
        return Share(self.recall.count, self.recall.count + self.innocent.count)


@dataclass(frozen=True, slots=True)
class Moved:
    """How many test replies new thresholds bring under cover and out of it, and how many of those are innocent."""

    plus: int
    plus_innocent: int
    minus: int
    minus_innocent: int


@dataclass(frozen=True, slots=True)
class Told:
    """What readers told about one label: how many of the reports would now come out right, and how many wrong.

    Feedback holds P in steps of 0.05; each report is judged by the middle of its step. `near` of them lie in the
    step of a threshold, so that they could come out either way. `confirmed` of all were looked at by people.
    """

    missed: int = 0
    missed_covered: int = 0  # that would now be covered
    missed_lost: int = 0  # that would no longer be
    harmless: int = 0
    harmless_freed: int = 0  # that would no longer be covered
    harmless_covered: int = 0  # that would now be
    near: int = 0
    confirmed: int = 0

    def __add__(self, other: "Told") -> "Told":
        return Told(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Near:
    """A test reply beside a threshold."""

    example: Example
    score: float
    before: Action
    after: Action


@dataclass(frozen=True, slots=True)
class Curve:
    """Of one label in one language, on the replies that the thresholds were chosen on (dev split), by threshold."""

    thresholds: list[float]
    recall: list[float]
    false_hides: list[float]
    precision: list[float | None]  # TP / (TP + FP) among the label's and the innocent replies; None: neither
    positives: int
    innocent: int


class Evidence:
    """An artefact's examples.json and curves.json. Raises NoEvidence where they are missing or of another form."""

    def __init__(self, folder: Path) -> None:
        try:
            found = orjson.loads((folder / "examples.json").read_bytes())
            self.curves: dict[str, Any] = orjson.loads((folder / "curves.json").read_bytes())
            self.examples = [
                Example(
                    row["id"],
                    row["language"],
                    row["kind"],
                    tuple(row["labels"]),
                    found["contexts"][row["context"]],
                    row["text"],
                )
                for row in found["rows"]
            ]
            order = [found["labels"].index(label) for label in LABELS]
            self.scores = np.array([row["scores"] for row in found["rows"]])[:, order]  # (replies, labels)
        except (OSError, LookupError, TypeError, ValueError):
            raise NoEvidence(
                "This model came without test replies and curves, so nothing can be checked."
            ) from None
        languages = np.array([one.language for one in self.examples])
        self.places = {group: np.flatnonzero(languages == group) for group in LANGUAGE_GROUPS}
        self.has = {label: np.array([self.labelled(one, label) for one in self.examples]) for label in LABELS}
        self.sides: dict[Side, Mask] = {
            "victim_blaming": self.has["victim_blaming"],
            "hostile": self.has["hostile"],
            "innocent": ~self.has["hostile"],
            "supportive": np.array([not one.labels and one.kind in SUPPORTIVE for one in self.examples]),
        }

    @staticmethod
    def labelled(example: Example, label: Label) -> bool:
        """Whether a reply has a label; it has a sum where it has a part of it."""
        if label == "hostile":
            return bool(example.labels)
        if label == "victim_blaming":
            return any(one in ACTS[:6] for one in example.labels)
        return label in example.labels

    def highest(self, language: LanguageGroup, label: Label) -> float:
        """The highest P of the label that the model gives any of the language's test replies."""
        return float(self.scores[self.places[language], LABELS.index(label)].max(initial=0.0))

    def levels(self, language: LanguageGroup, cell: Cell) -> Levels:
        """What Policy.decide would do with each of the language's test replies, all at once."""
        own = self.scores[self.places[language]]
        hide, flag = (np.array([getattr(cell[label], which) for label in LABELS]) for which in ("hide", "flag"))
        hidden = ((own >= hide) & (hide < 1)).any(axis=1)
        flagged = ((own >= flag) & (flag < 1)).any(axis=1)
        return np.where(hidden, 2, np.where(flagged, 1, 0)).astype(np.int8)

    def outcome(self, language: LanguageGroup, cell: Cell) -> Outcome:
        found, at = self.levels(language, cell), self.places[language]
        sides = {side: found[mask[at]] for side, mask in self.sides.items()}
        return Outcome(
            {side: Share(int((one == 2).sum()), len(one)) for side, one in sides.items()},
            {side: Share(int((one > 0).sum()), len(one)) for side, one in sides.items()},
        )

    def alone(self, language: LanguageGroup, label: Label, threshold: float) -> Alone:
        at = self.places[language]
        reached = (self.scores[at, LABELS.index(label)] >= threshold) & (threshold < 1)
        positive, innocent = self.has[label][at], self.sides["innocent"][at]
        return Alone(
            Share(int((reached & positive).sum()), int(positive.sum())),
            Share(int((reached & innocent).sum()), int(innocent.sum())),
        )

    def moved(self, language: LanguageGroup, old: Cell, new: Cell) -> dict[Which, Moved]:
        """What other thresholds change: under "hide" what is hidden, under "flag" what is hidden or flagged."""
        before, after = self.levels(language, old), self.levels(language, new)
        innocent = self.sides["innocent"][self.places[language]]
        found: dict[Which, Moved] = {}
        least: dict[Which, int] = {"flag": 1, "hide": 2}
        for which, level in least.items():
            plus, minus = (after >= level) & (before < level), (after < level) & (before >= level)
            found[which] = Moved(
                int(plus.sum()), int((plus & innocent).sum()), int(minus.sum()), int((minus & innocent).sum())
            )
        return found

    def shut(self, language: LanguageGroup, cell: Cell) -> list[Label]:
        """The labels whose thresholds reach no test reply at all: nothing is covered because of them."""
        return [
            label for label in LABELS if cell[label].flag == 1 or self.highest(language, label) < cell[label].flag
        ]

    def near(
        self, language: LanguageGroup, label: Label, threshold: float, *, old: Cell, new: Cell
    ) -> tuple[list[Near], list[Near]]:
        """The test replies next below a threshold and next above it, nearest first."""
        at = self.places[language]
        own = self.scores[at, LABELS.index(label)]
        before, after = self.levels(language, old), self.levels(language, new)
        order = np.argsort(own, kind="stable")
        first_above = int(np.searchsorted(own[order], threshold, side="left"))
        below, above = order[max(0, first_above - NEAR) : first_above][::-1], order[first_above:][:NEAR]

        def told(places: NDArray[np.int64]) -> list[Near]:
            return [
                Near(
                    self.examples[at[place]],
                    float(own[place]),
                    ACTIONS[before[place]],
                    ACTIONS[after[place]],
                )
                for place in places
            ]

        return told(below), told(above)

    def curve(self, language: LanguageGroup, label: Label) -> Curve:
        found = self.curves["groups"][language][label]
        hits = [share * found["positives"] for share in found["recall"]]
        wrong = [share * found["innocent"] for share in found["false_hides"]]
        return Curve(
            thresholds=self.curves["thresholds"],
            recall=found["recall"],
            false_hides=found["false_hides"],
            precision=[tp / (tp + fp) if tp + fp else None for tp, fp in zip(hits, wrong, strict=True)],
            positives=found["positives"],
            innocent=found["innocent"],
        )


@lru_cache(maxsize=4)
def _load(folder: Path, changed: int) -> Evidence:
    return Evidence(folder)


def evidence_of(folder: Path) -> Evidence:
    """The evidence of the artefact in that folder, read once. Raises NoEvidence."""
    try:
        changed = (folder / "examples.json").stat().st_mtime_ns
    except OSError:
        changed = 0
    return _load(folder, changed)


# Feedback


@dataclass(frozen=True, slots=True)
class Report:
    """So many readers' reports of one kind about one label, whose P was in that step."""

    language: str
    sensitivity: str
    kind: str  # not-harmful | missed
    label: str
    bucket: int
    count: int
    confirmed: int = 0  # of those, the ones whose text people labelled as the report says


def reports(session: Session, model: str, today: date) -> list[Report]:
    """What readers have told about this model's verdicts in the last 90 days, but what people who have
    looked at the text refuted, or could make nothing of.
    """
    by = (
        col(Feedback.language),
        col(Feedback.sensitivity),
        col(Feedback.kind),
        col(Feedback.label),
        col(Feedback.bucket),
    )
    since = today - timedelta(days=FEEDBACK_DAYS)
    labelled, acts = col(Feedback.state) == "labelled", cast(Feedback.labels, Text)  # PostgreSQL groups no JSON
    found = (
        select(*by, labelled, acts, func.count())
        .where(col(Feedback.model) == model, col(Feedback.made_on) > since, col(Feedback.state) != "dismissed")
        .group_by(*by, labelled, acts)
    )
    counted: dict[tuple[str, str, str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for language, sensitivity, kind, label, bucket, is_labelled, said, count in session.execute(found):
        if is_labelled and model_was_right(kind, label, orjson.loads(said or "[]")):
            continue
        both = counted[language, sensitivity, kind, label, bucket]
        both[0] += count
        both[1] += count if is_labelled else 0
    return [Report(*key, *both) for key, both in counted.items()]


def told(found: Sequence[Report], label: Label, old: Threshold, new: Threshold) -> Told:
    """What the new thresholds of a label change for the reports about it. Only the threshold from which a reply
    is covered counts, and only this label's: feedback holds no other P.
    """
    total = Told()
    for report in found:
        if report.label != label:
            continue
        middle = (report.bucket + 0.5) / BUCKETS
        before, after = (middle >= one.flag < 1 for one in (old, new))
        unsure = any(int(one.flag * BUCKETS) == report.bucket for one in (old, new))
        on, off = (report.count if after and not before else 0), (report.count if before and not after else 0)
        near = report.count if unsure else 0
        if report.kind == "missed":
            total += Told(missed=report.count, missed_covered=on, missed_lost=off)
        else:
            total += Told(harmless=report.count, harmless_freed=off, harmless_covered=on)
        total += Told(near=near, confirmed=report.confirmed)
    return total
