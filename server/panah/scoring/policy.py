"""Which score leads to which action. Pure: no model, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup

Label = Literal[
    "blame",
    "disbelief",
    "shaming",
    "minimising",
    "excusing",
    "silencing",
    "threat",
    "abuse",
    "victim_blaming",
    "hostile",
]
LABELS: tuple[Label, ...] = get_args(Label)
SUMS: tuple[Label, ...] = (
    "victim_blaming",
    "hostile",
)  # named as a reason only where no label of the eight crossed
Sensitivity = Literal["gentle", "balanced", "strict"]
SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)
Action = Literal["show", "flag", "hide"]

Probability = Annotated[float, Field(ge=0, le=1)]


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
        self, scores: Mapping[Label, float], *, group: LanguageGroup, sensitivity: Sensitivity
    ) -> tuple[Action, Label | None]:
        """The action, and its reason: the strongest label that crossed, None when nothing did."""
        limits = self.thresholds.root[sensitivity][group]
        hidden = [label for label in LABELS if crosses(scores[label], limits[label].hide)]
        flagged = [label for label in LABELS if crosses(scores[label], limits[label].flag)]
        if hidden:
            return "hide", strongest(hidden, flagged, scores)
        if flagged:
            return "flag", strongest(flagged, [], scores)
        return "show", None


def crosses(p: float, threshold: float) -> bool:
    return p >= threshold < 1  # a P can round to 1, and a label that is off stays off


def strongest(crossed: Sequence[Label], lower: Sequence[Label], scores: Mapping[Label, float]) -> Label:
    """The likeliest of the eight labels that crossed; else of those that crossed the lower threshold, since
    "blames" says more than "hostile"; else of the sums.
    """
    for labels in (crossed, lower):
        if named := [label for label in labels if label not in SUMS]:
            return max(named, key=lambda label: scores[label])
    return max(crossed, key=lambda label: scores[label])
