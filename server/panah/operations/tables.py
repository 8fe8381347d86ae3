"""Switches that admins turn, and what the jobs in the background did last."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from panah.db import UtcDateTime


class Switch(SQLModel, table=True):
    """One switch of the whole server. Without a row it is off."""

    __tablename__ = "switch"

    name: str = Field(primary_key=True, max_length=24)  # read-only | stop-publishing
    is_on: bool
    note: str = Field(default="", max_length=200)
    by: UUID
    since: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class JobRun(SQLModel, table=True):
    """The newest run of one job in the background, over all processes."""

    __tablename__ = "job_run"

    name: str = Field(primary_key=True, max_length=32)
    began_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    fault: str = Field(default="", max_length=120)  # the class of the error it ended with
    well_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))  # last without one
    did: int = 0  # how many rows it changed or deleted
