"""What /v1/score takes and gives."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from panah.scoring.policy import Action, Label, Levels, Probability, Sensitivity, Thresholds
from panah.scoring.text import MAX_CHARACTERS, LanguageGroup


def well_formed(text: str) -> str:
    """Text that UTF-8, PostgreSQL and the tokeniser can hold; JSON's escapes can smuggle in other."""
    if "\0" in text:
        raise ValueError("must not hold NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError as cause:
        raise ValueError("holds half of a surrogate pair; send valid Unicode") from cause
    return text


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty or blank")
    return text


Text = Annotated[str, AfterValidator(well_formed)]


class ReplyIn(BaseModel):
    """A reply to judge. `id` is the caller's own and comes back with the verdict; it is not stored."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(well_formed)]
    text: Annotated[
        Text,
        AfterValidator(not_blank),
        Field(description=f"Beyond {MAX_CHARACTERS} characters it is cut for scoring.", examples=["Why now?"]),
    ]
    context: Annotated[Text | None, Field(description="The post that the reply answers.")] = None
    lang: Annotated[
        Text | None, Field(max_length=35, description="BCP 47; a hint that breaks ties only.", examples=["ur"])
    ] = None


class ScoreIn(BaseModel):
    """Replies to judge together."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "replies": [
                        {
                            "id": "0",
                            "text": "Itne saal chup kyun thi? Ab yaad aya?",
                            "context": "He was my teacher. I was sixteen and I told nobody.",
                        },
                        {"id": "1", "text": "I believe you. None of this was your fault."},
                    ],
                    "sensitivity": "balanced",
                    "levels": {"threat": "strict", "minimising": "off"},
                }
            ]
        },
    )

    replies: Annotated[list[ReplyIn], Field(min_length=1, max_length=64)]
    sensitivity: Annotated[Sensitivity, Field(description="How readily replies are flagged and hidden.")] = (
        "balanced"
    )
    levels: Annotated[
        Levels,
        Field(
            default_factory=Levels,
            description="Acts that are judged otherwise than `sensitivity` says. `victim_blaming` and `hostile` are"
            " judged like the likeliest act in them.",
        ),
    ]

    @model_validator(mode="after")
    def ids_differ(self) -> Self:
        if len({reply.id for reply in self.replies}) < len(self.replies):
            raise ValueError("replies must have different ids")
        return self


class Verdict(BaseModel):
    """What to do with one reply, and why. `reason` is null when the action is show."""

    id: str
    action: Action
    reason: Label | None
    language: Annotated[LanguageGroup, Field(description="The group whose thresholds were applied.")]
    truncated: Annotated[bool, Field(description="The reply is too long to be read whole.")]
    scores: dict[Label, Probability]


class ScoreOut(BaseModel):
    """Verdicts in the order of the request, and what made them."""

    model: str
    policy: str
    verdicts: list[Verdict]


class PolicyOut(BaseModel):
    """The policy in force: thresholds by sensitivity, language group and label."""

    model: str
    policy: str
    labels: list[Label]
    language_groups: list[LanguageGroup]
    thresholds: Thresholds
