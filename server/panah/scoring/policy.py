"""Which score leads to which action. Pure: no model, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self, get_args

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

    def decide(
        self,
        scores: Mapping[Label, float],
        *,
        group: LanguageGroup,
        sensitivity: Sensitivity,
        levels: Levels | None = None,
    ) -> tuple[Action, Label | None]:
        """The action, and its reason: the strongest label that crossed, None when nothing did.

        An act is judged at its own level, where `levels` names one. A sum is judged like its likeliest part: what
        brought it about is what a person has set.
        """
        limits: dict[Label, Threshold] = {}
        for label in LABELS:
            level: Level = levels.get(leading(label, scores), sensitivity) if levels else sensitivity
            if level != "off":
                limits[label] = self.thresholds.root[level][group][label]
        hidden = [label for label, limit in limits.items() if crosses(scores[label], limit.hide)]
        flagged = [label for label, limit in limits.items() if crosses(scores[label], limit.flag)]
        if hidden:
            return "hide", strongest(hidden, flagged, scores)
        if flagged:
            return "flag", strongest(flagged, [], scores)
        return "show", None


def leading(label: Label, scores: Mapping[Label, float]) -> Act:
    """The likeliest part of a sum; an act itself."""
    if label == "victim_blaming" or label == "hostile":
        return max(PARTS[label], key=lambda act: scores[act])
    return label


def crosses(p: float, threshold: float) -> bool:
    return p >= threshold < 1  # a P can round to 1, and a label that is off stays off


def strongest(crossed: Sequence[Label], lower: Sequence[Label], scores: Mapping[Label, float]) -> Label:
    """The likeliest of the acts that crossed; else of those that crossed the lower threshold, since
    "blames" says more than "hostile"; else of the sums.
    """
    for labels in (crossed, lower):
        if named := [label for label in labels if label not in SUMS]:
            return max(named, key=lambda label: scores[label])
    return max(crossed, key=lambda label: scores[label])
