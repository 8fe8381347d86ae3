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
    # policy.Label: the verdict's reason; for what was missed what the reader takes it for, or the likeliest
    label: str = Field(max_length=16)
    language: str = Field(max_length=8)  # text.LanguageGroup
    bucket: int  # floor(20 P) of that label, 0 to 19
    action: str = Field(max_length=4)  # show | flag | hide: what the reader got
    sensitivity: str = Field(max_length=8)
    model: str = Field(max_length=64)
    policy: str = Field(max_length=64)
    made_on: date
    keep_until: date  # the row goes then
    state: str = Field(default="waiting", max_length=12)  # waiting | labelled | dismissed
    # Acts (policy.Act) in their order, as labelled; none of them is a label too
    labels: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    labelled_by: UUID | None = None
    labelled_on: date | None = None
    exported_on: date | None = None
    # Last, so that SQLite counts rows without reading what is long.
    sealed_text: str | None = Field(default=None, max_length=24_000)  # 4,000 signs of 4 bytes, sealed
    sealed_context: str | None = Field(default=None, max_length=24_000)
