"""What the distribution keeps: keys, versions, and the files themselves: several servers give out the same."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from panah.db import UtcDateTime


class SigningKey(SQLModel, table=True):
    """A root's public key, or an online key with its sealed private half. Rows are added, never changed."""

    __tablename__ = "signing_key"
    __table_args__ = (UniqueConstraint("role", "number", name="signing_key_once"),)

    id: int | None = Field(default=None, primary_key=True)
    role: str = Field(max_length=8)  # root | online
    number: int  # from 1 in each role: two processes cannot both make the next
    public: str = Field(max_length=44)  # base64
    signature: str = Field(
        default="", max_length=88
    )  # by the root before, or by the root; empty for the first root
    sealed_private: str | None = Field(default=None, max_length=300)  # of online keys only
    not_before: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    not_after: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class ListVersion(SQLModel, table=True):
    """One published state of a list. Its files are in list_file."""

    __tablename__ = "list_version"

    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE", primary_key=True)
    epoch: int = Field(primary_key=True)
    version: int = Field(primary_key=True)  # goes on from epoch to epoch
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    salt: str = Field(max_length=32)
    count: int
    result_sha256: str = Field(max_length=64)
    full: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))  # the file's part of the catalogue
    deltas: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))  # their parts, newest start first
    # encode.Changes that lead back to the version before; None for the first of an epoch.
    back: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class ListDetails(SQLModel, table=True):
    """What a list's newest version answers to "why?": details.py packs it."""

    __tablename__ = "list_details"

    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE", primary_key=True)
    epoch: int
    version: int
    sha256: str = Field(max_length=64)
    rows: int  # in every bucket, made-up ones among them
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ListFile(SQLModel, table=True):
    """A static file under /lists/. Kept for 21 days after the last catalogue that named it."""

    __tablename__ = "list_file"

    name: str = Field(primary_key=True, max_length=120)  # relative to /lists/
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sha256: str = Field(max_length=64)
    size: int
    dropped_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class Catalogue(SQLModel, table=True):
    """A signed catalogue as it was given out."""

    __tablename__ = "catalogue"

    version: int = Field(primary_key=True)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    signed_sha256: str = Field(max_length=64)
    content_sha256: str = Field(max_length=64)  # of all but version and dates: the same content is not signed again
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CatalogueLock(SQLModel, table=True):
    """One row, id 1. Whoever makes a catalogue or a key changes it first, so that the others wait."""

    __tablename__ = "catalogue_lock"

    id: int = Field(primary_key=True)
    turns: int = 0
