"""What /v1/score takes and gives."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

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

    id: Annotated[str, Field(min_length=1, max_length=64)]
    text: Annotated[
        str, Field(description=f"Beyond {MAX_CHARACTERS} characters it is cut for scoring.", examples=["Why now?"])
    ]
    context: Annotated[str | None, Field(description="The post that the reply answers.")] = None
    lang: Annotated[
        str | None, Field(max_length=35, description="BCP 47; a hint that breaks ties only.", examples=["ur"])
    ] = None


def wrong_texts(replies: Sequence[ReplyIn]) -> Iterator[InitErrorDetails]:
    """What is wrong with the texts of replies, each with its place."""
    for at, reply in enumerate(replies):
        for field in ("id", "text", "context", "lang"):
            text = getattr(reply, field)
            try:
                if text is not None:
                    well_formed(text)
                if field == "text":
                    not_blank(text)
            except ValueError as error:
                kind = PydanticCustomError("value_error", "{what}", {"what": str(error)})
                yield InitErrorDetails(type=kind, loc=(at, field), input=None)


def readable(replies: list[ReplyIn]) -> list[ReplyIn]:
    """Raises ValidationError for texts that cannot be read. One look for all of them: a validator of its own for
    each text takes as long as all else that is done for a reply whose scores are known.
    """
    for reply in replies:
        text, context, lang = reply.text, reply.context or "", reply.lang or ""
        together = f"{reply.id}{text}{context}{lang}"
        if "\0" in together or not text.strip() or not (together.isascii() or encodes(together)):
            raise ValidationError.from_exception_data("replies", list(wrong_texts(replies)))
    return replies


def encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


Replies = Annotated[list[ReplyIn], AfterValidator(readable)]


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

    replies: Annotated[Replies, Field(min_length=1, max_length=64)]
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
