"""What curators' work takes beside the lists themselves."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, ForeignKey, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

import panah.accounts.tables  # noqa: F401  (keys point to members)
from panah.db import UtcDateTime


class Lease(SQLModel, table=True):
    """Somebody is at a piece of work for some minutes, so that nobody else begins the same."""

    __tablename__ = "lease"

    kind: str = Field(primary_key=True, max_length=16)  # look | feedback | protection
    ref: str = Field(primary_key=True, max_length=64)
    member_id: UUID = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    until: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))


class Care(SQLModel, table=True):
    """How a member wants to work. Without a row, the defaults of `curation.care`."""

    __tablename__ = "care"

    member_id: UUID = Field(foreign_key="member.id", ondelete="CASCADE", primary_key=True)
    daily_cap: int
    next_cap: int | None = None  # a higher cap comes into force tomorrow
    next_cap_on: date | None = None
    break_after: int  # minutes
    text_only: bool
    blurred: bool
    keys: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))  # action -> key


class NoteTemplate(SQLModel, table=True):
    """A text that curators of a list put into their private notes again and again."""

    __tablename__ = "note_template"
    __table_args__ = (UniqueConstraint("blocklist_id", "title", name="note_template_once"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    title: str = Field(max_length=60)
    text: str = Field(max_length=500)


class TransparencyReport(SQLModel, table=True):
    """What a list did in a month, signed as it was published. Rows are added, never changed."""

    __tablename__ = "transparency_report"

    blocklist_id: UUID = Field(
        sa_column=Column(ForeignKey("blocklist.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    month: str = Field(primary_key=True, max_length=7)  # 2026-11
    body: str = Field(sa_column=Column(Text, nullable=False))  # the signed JSON text
    made_on: date
