"""Members: who curates, reviews appeals and looks after the server. Contributors are not among them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, Index, LargeBinary, String, text
from sqlmodel import Field, SQLModel

from panah.accounts.permissions import Role
from panah.db import UtcDateTime


class Member(SQLModel, table=True):
    """Somebody who signs in; `state` is active or suspended. Never deleted, since decisions name their makers."""

    __tablename__ = "member"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(max_length=80)  # as others see it
    sign_in_name: str = Field(max_length=40, unique=True)  # small letters
    password_hash: str = Field(max_length=200)  # argon2id
    sealed_totp: str = Field(max_length=300)
    totp_step: int = 0  # the newest half-minute whose code was used; none before it is taken
    state: str = Field(default="active", max_length=12)
    joined_on: date


class MemberRole(SQLModel, table=True):
    """A role that a member has, or had until `until`."""

    __tablename__ = "member_role"
    __table_args__ = (
        Index(
            "ux_member_role_held",
            "member_id",
            "role",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    member_id: UUID = Field(foreign_key="member.id", ondelete="CASCADE")
    role: Role = Field(sa_column=Column(String(16), nullable=False))
    since: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class RoleGrant(SQLModel, table=True):
    """A role on its slow way to a member: asked -> approved -> in-force, or dropped."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_role_grant_member", "member_id", "state"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    member_id: UUID = Field(foreign_key="member.id", ondelete="CASCADE")
    role: Role = Field(sa_column=Column(String(16), nullable=False))
    asked_by: UUID = Field(foreign_key="member.id", ondelete="CASCADE")
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    approved_by: UUID | None = Field(default=None, foreign_key="member.id", ondelete="CASCADE")
    in_force_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))  # not before
    state: str = Field(default="asked", max_length=12)


class RecoveryCode(SQLModel, table=True):
    """A code that stands in for the authenticator app once. Its row goes when it is used."""

    __tablename__ = "recovery_code"

    code_digest: str = Field(primary_key=True, max_length=64)
    member_id: UUID = Field(foreign_key="member.id", ondelete="CASCADE", index=True)


class Passkey(SQLModel, table=True):
    """A public key that signs a member in by itself."""

    __tablename__ = "passkey"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    credential_id: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    member_id: UUID = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # COSE
    sign_count: int = 0
    name: str = Field(max_length=60)
    added_on: date


class PasskeyChallenge(SQLModel, table=True):
    """What an authenticator is asked to sign: once, soon, and in the browser that asked."""

    __tablename__ = "passkey_challenge"

    digest: str = Field(primary_key=True, max_length=64)
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))


class MemberSession(SQLModel, table=True):
    """A signed-in browser, known by a digest of its cookie."""

    __tablename__ = "member_session"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    token_digest: str = Field(max_length=64, unique=True)
    member_id: UUID = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    method: str = Field(max_length=12)  # password | recovery | passkey
    made_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    seen_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))  # to five minutes


class MemberInvitation(SQLModel, table=True):
    """A link that makes one member with these roles."""

    __tablename__ = "member_invitation"

    code_digest: str = Field(primary_key=True, max_length=64)
    roles: list[str] = Field(sa_column=Column(JSON, nullable=False))
    # None: the operator
    made_by: UUID | None = Field(default=None, foreign_key="member.id", ondelete="CASCADE", index=True)
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    used_by: UUID | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL")
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class SignInBackoff(SQLModel, table=True):
    """Failed sign-ins under one name, whether anybody has it or not. Rows go after a day."""

    __tablename__ = "sign_in_backoff"

    name_digest: str = Field(primary_key=True, max_length=64)
    failures: int
    last_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    until: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class AccountHead(SQLModel, table=True):
    """The end of the chain of account events. One row, and the lock of every change to members."""

    __tablename__ = "account_head"

    id: int = Field(default=1, primary_key=True)
    seq: int = 0
    hash: str = Field(default="", max_length=64)


class AccountEvent(SQLModel, table=True):
    """One change to members, chained by hashes. `body` and `salt` can be erased, the chain still holds."""

    __tablename__ = "account_event"

    seq: int = Field(primary_key=True)
    made_on: date
    kind: str = Field(max_length=24)
    role: str = Field(max_length=16)  # admin | member | panah
    body: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    salt: str | None = Field(default=None, max_length=32)
    commitment: str = Field(max_length=64)
    hash: str = Field(max_length=64)
