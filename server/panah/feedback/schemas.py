"""What /v1/feedback takes and gives."""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from panah.feedback.service import BUCKETS, COUNT_KEPT, TEXT_KEPT, Kind, State
from panah.scoring.policy import Action, Label, Sensitivity
from panah.scoring.schemas import Text, not_blank
from panah.scoring.text import MAX_CHARACTERS, LanguageGroup

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Words = Annotated[Text, AfterValidator(not_blank), Field(max_length=MAX_CHARACTERS)]

VERDICT: JsonDict = {
    "kind": "not-harmful",
    "label": "blame",
    "language": "ur-Latn",
    "bucket": 14,
    "action": "hide",
    "sensitivity": "balanced",
    "model": "v2",
    "policy": "v2-defaults",
}
SAID: JsonDict = {"text": "Kisi ne yeh nahi kaha ke ghalti tumhari thi.", "context": "I told them at last."}


class FeedbackIn(BaseModel):
    """What a reader says about one verdict. Nothing in it says who they are, or whose reply it was."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{**VERDICT, "consent": False}, {**VERDICT, "consent": True, **SAID}]},
    )

    kind: Annotated[Kind, Field(description="Hidden or flagged without harm, or hostile and not hidden.")]
    label: Annotated[
        Label, Field(description="The verdict's reason; what was missed: as the reader says, or the likeliest.")
    ]
    language: LanguageGroup
    bucket: Annotated[int, Field(ge=0, lt=BUCKETS, description="floor(20 P) of that label, 19 at most.")]
    action: Annotated[Action, Field(description="What the reader got.")]
    sensitivity: Sensitivity
    model: Name
    policy: Name
    consent: Annotated[bool, Field(strict=True, description="Whether the text may be kept and read by people.")]
    text: Annotated[Words | None, Field(description="The reply. Only with consent.")] = None
    context: Annotated[Words | None, Field(description="The post that it answers. Only with the reply.")] = None

    receipt: Annotated[
        str | None,
        Field(
            pattern="^[0-9a-f]{32}$",
            description="128 random bits in hex, chosen by the sender, so that what is sent again is kept once. "
            "Left out, the server chooses.",
        ),
    ] = None

    @model_validator(mode="after")
    def agrees(self) -> Self:
        if self.action == ("show" if self.kind == "not-harmful" else "hide"):
            raise ValueError(f"{self.kind} does not go with the action {self.action}")
        if self.consent and self.text is None:
            raise ValueError("consent goes with a text")
        return self


class ToldOut(BaseModel):
    """What is left to whoever told something: with the receipt it can be looked up, and deleted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"receipt": "8f14e45fceea167a5a36dedd4bea2543", "keep_until": "2027-05-19", "with_text": True}
            ]
        }
    )

    receipt: Annotated[str, Field(description="32 hex digits. The server keeps a digest of it only.")]
    keep_until: Annotated[
        date, Field(description=f"Deleted then: {TEXT_KEPT.days} days with a text, {COUNT_KEPT.days} without.")
    ]
    with_text: Annotated[
        bool, Field(description="Whether a text is kept. What is sent again with a receipt changes nothing.")
    ]


class FeedbackOut(BaseModel):
    """How far it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state": "labelled", "keep_until": "2027-05-19", "with_text": True}]}
    )

    state: Annotated[State, Field(description="Whether people have looked at it. Without a text it stays waiting.")]
    keep_until: date
    with_text: bool
