"""Policies that replace the one a model ships with."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime
from sqlmodel import Field, SQLModel


def now() -> datetime:
    return datetime.now(UTC)


class PolicyVersion(SQLModel, table=True):
    """Thresholds for one model, newest row wins. Rows are added, never changed."""

    __tablename__ = "policy_version"

    id: int | None = Field(default=None, primary_key=True)
    model: str = Field(max_length=64, index=True)
    thresholds: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))  # policy.Thresholds as JSON
    note: str = Field(default="", max_length=500)
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))
