"""What readers have told about verdicts. A text is there only with the reader's consent, sealed, and for a time."""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel


class Feedback(SQLModel, table=True):
    """One report about one verdict. Nothing in it says who sent it; its day, never its time."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_queue", "state", "made_on", "id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    receipt_digest: str = Field(max_length=64, unique=True)
    kind: str = Field(max_length=12)  # not-harmful | missed
    label: str = Field(max_length=16)  # policy.Label: the verdict's reason, or the likeliest for what was shown
    language: str = Field(max_length=8)  # text.LanguageGroup
    bucket: int  # floor(20 P) of that label, 0 to 19
    action: str = Field(max_length=4)  # show | flag | hide: what the reader got
    sensitivity: str = Field(max_length=8)
    model: str = Field(max_length=64)
    policy: str = Field(max_length=64)
    sealed_text: str | None = Field(default=None, max_length=20_000)
    sealed_context: str | None = Field(default=None, max_length=20_000)
    made_on: date
    keep_until: date  # the row goes then
    state: str = Field(default="waiting", max_length=12)  # waiting | labelled | dismissed
    labels: list[str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))  # policy.Act, as labelled
    labelled_by: UUID | None = None
    labelled_on: date | None = None
    exported_on: date | None = None
