"""Which score leads to which action. Pure: no model, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator, with_config
from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on

from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup

Act = Literal["blame", "disbelief", "shaming", "minimising", "excusing", "silencing", "threat", "abuse"]
ACTS: tuple[Act, ...] = get_args(Act)
Sum = Literal["victim_blaming", "hostile"]
SUMS: tuple[Sum, ...] = get_args(Sum)  # named as a reason only where no act crossed
PARTS: dict[Sum, tuple[Act, ...]] = {"victim_blaming": ACTS[:6], "hostile": ACTS}
Label = Act | Sum
LABELS: tuple[Label, ...] = (*ACTS, *SUMS)
Sensitivity = Literal["gentle", "balanced", "strict"]
SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)
Level = Literal["off", "gentle", "balanced", "strict"]
LEVELS: tuple[Level, ...] = get_args(Level)
Action = Literal["show", "flag", "hide"]
# Which label names the reason before which: see `strongest`.
CROSSED_RANK = np.array([3] * len(ACTS) + [1] * len(SUMS))
LOWER_RANK = np.array([2] * len(ACTS) + [0] * len(SUMS))

Probability = Annotated[float, Field(ge=0, le=1)]


@with_config(ConfigDict(extra="forbid"))
class Levels(TypedDict, total=False):
    """How readily a reply is covered for one act, where that differs from the sensitivity. "off": not at all."""

    blame: Level
    disbelief: Level
    shaming: Level
    minimising: Level
    excusing: Level
    silencing: Level
    threat: Level
    abuse: Level


class Threshold(BaseModel):
    """P from which a reply is flagged, and from which it is hidden. 1 switches the label off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flag: Probability
    hide: Probability

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if self.flag > self.hide:
            raise ValueError("flag must not be above hide")
        return self


class Thresholds(RootModel[dict[Sensitivity, dict[LanguageGroup, dict[Label, Threshold]]]]):
    """Thresholds by sensitivity, language group and label. All of them: a hole would be a silent default."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def whole(self) -> Self:
        for sensitivity in SENSITIVITIES:
            for group in LANGUAGE_GROUPS:
                missing = set(LABELS) - set(self.root.get(sensitivity, {}).get(group, {}))
                if missing:
                    raise ValueError(f"{sensitivity}/{group} lacks {', '.join(sorted(missing))}")
        return self


@dataclass(frozen=True)
class Policy:
    """Thresholds with the name that verdicts carry."""

    name: str
    thresholds: Thresholds

    @cached_property
    def limits(self) -> NDArray[np.float64]:
        """Thresholds: (flag and hide, LEVELS, LANGUAGE_GROUPS, LABELS). Infinite where a label is off."""
        table = self.thresholds.root
        made = np.full((2, len(LEVELS), len(LANGUAGE_GROUPS), len(LABELS)), np.inf)
        for level in SENSITIVITIES:
            for place, group in enumerate(LANGUAGE_GROUPS):
                limits = [table[level][group][label] for label in LABELS]
                made[:, LEVELS.index(level), place] = [one.flag for one in limits], [one.hide for one in limits]
        made[made >= 1] = np.inf  # a P can round to 1, and a label that is off stays off
        return made

    def decide_all(
        self,
        scores: NDArray[np.float64],
        *,
        groups: NDArray[np.intp],
        sensitivity: Sensitivity,
        levels: Levels | None = None,
    ) -> list[tuple[Action, Label | None]]:
        """For each row of scores, (replies, LABELS), in the group at that place in LANGUAGE_GROUPS: the action, and
        its reason, the strongest label that crossed, None when nothing did.

        An act is judged at its own level, where `levels` names one. A sum is judged like its likeliest part: what
        brought it about is what a person has set.
        """
        flag, hide = self._limits_of(scores, groups, sensitivity, levels)
        flagged, hidden = scores >= flag, scores >= hide
        found: list[tuple[Action, Label | None]] = [("show", None)] * len(scores)
        (covered,) = flagged.any(axis=1).nonzero()
        if len(covered):
            scores, flagged, hidden = scores[covered], flagged[covered], hidden[covered]
            hides = hidden.any(axis=1)
            reasons = strongest(scores, np.where(hides[:, None], hidden, flagged), flagged)
            for at, hide_it, reason in zip(covered.tolist(), hides.tolist(), reasons.tolist(), strict=True):
                found[at] = "hide" if hide_it else "flag", LABELS[reason]
        return found

    def _limits_of(
        self, scores: NDArray[np.float64], groups: NDArray[np.intp], sensitivity: Sensitivity, levels: Levels | None
    ) -> NDArray[np.float64]:
        """What each score is held against: (flag and hide, replies, LABELS)."""
        if not levels:
            return self.limits[:, LEVELS.index(sensitivity), groups]
        acts = np.array([LEVELS.index(levels.get(act, sensitivity)) for act in ACTS])
        chosen = np.empty(scores.shape, np.intp)
        chosen[:, : len(ACTS)] = acts
        for label, parts in PARTS.items():
            chosen[:, LABELS.index(label)] = acts[scores[:, : len(parts)].argmax(axis=1)]
        return self.limits[:, chosen, groups[:, None], np.arange(len(LABELS))]

    def decide(
        self,
        scores: Mapping[Label, float],
        *,
        group: LanguageGroup,
        sensitivity: Sensitivity,
        levels: Levels | None = None,
    ) -> tuple[Action, Label | None]:
        """`decide_all` for one reply."""
        row = np.array([[scores[label] for label in LABELS]])
        groups = np.array([LANGUAGE_GROUPS.index(group)])
        return self.decide_all(row, groups=groups, sensitivity=sensitivity, levels=levels)[0]


def strongest(
    scores: NDArray[np.float64], crossed: NDArray[np.bool_], lower: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """The place in LABELS of the likeliest of the acts that crossed; else of those that crossed the lower
    threshold, since "blames" says more than "hostile"; else of the sums. All arrays: (replies, LABELS).
    """
    rank = np.maximum(crossed * CROSSED_RANK, lower * LOWER_RANK)
    found: NDArray[np.intp] = np.where(rank == rank.max(axis=1, keepdims=True), scores, -1.0).argmax(axis=1)
    return found
