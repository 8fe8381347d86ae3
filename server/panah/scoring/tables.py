"""Policies that replace the one a model ships with, and which model is in force."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, UniqueConstraint
from sqlmodel import Field, SQLModel

from panah.db import UtcDateTime


def now() -> datetime:
    return datetime.now(UTC)


class PolicyVersion(SQLModel, table=True):
    """Thresholds for one model. Rows are added, never changed, but for the approval or refusal of a proposal.
    The row that came into force last wins.
    """

    __tablename__ = "policy_version"

    id: int | None = Field(default=None, primary_key=True)
    model: str = Field(max_length=64, index=True)
    thresholds: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))  # policy.Thresholds as JSON
    note: str = Field(default="", max_length=500)
    author: str = Field(default="panah", max_length=40)  # member id, or "panah"
    approved_by: str | None = Field(default=None, max_length=40)
    refused_by: str | None = Field(default=None, max_length=40)
    based_on: int | None = None  # the version in force when it was made; None: the model's own
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))
    # None while it waits for a second person
    in_force_at: datetime | None = Field(
        default_factory=now, sa_column=Column(UtcDateTime, nullable=True, index=True)
    )


class ModelChoice(SQLModel, table=True):
    """Which installed model judges ("active"), or runs beside it unseen ("shadow"). The newest of a kind wins."""

    __tablename__ = "model_choice"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=8)
    model: str | None = Field(default=None, max_length=64)  # None: what the server was started with, or no shadow
    note: str = Field(default="", max_length=500)
    author: str = Field(max_length=40)
    made_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class ShadowCount(SQLModel, table=True):
    """On one day, how many replies of a language the two models treated in these two ways. No text, no reader."""

    __tablename__ = "shadow_count"
    __table_args__ = (
        UniqueConstraint(
            "day", "active", "shadow", "language", "active_verdict", "shadow_verdict", name="shadow_count_once"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    day: date
    active: str = Field(max_length=64)  # the policy's name, which tells the model too
    shadow: str = Field(max_length=64)
    language: str = Field(max_length=8)  # text.LanguageGroup
    active_verdict: str = Field(max_length=24)  # action:reason, as "hide:blame"; "show:" without one
    shadow_verdict: str = Field(max_length=24)
    replies: int
