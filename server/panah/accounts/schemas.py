"""What the members' API takes and gives."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from panah.accounts.permissions import Role

Text = Annotated[str, Field(max_length=200)]
Secret = Annotated[SecretStr, Field(max_length=1000)]


class Incoming(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SignInIn(Incoming):
    name: Text
    password: Secret
    code: Annotated[str, Field(max_length=40, description="From the authenticator app, or a recovery code.")]


class MemberOut(BaseModel):
    id: UUID
    name: str
    roles: list[str]
    permissions: list[str]


class SessionOut(BaseModel):
    """Who is signed in; `csrf` goes into the header X-CSRF-Token of every change."""

    member: MemberOut | None
    csrf: str


class PasskeyIn(Incoming):
    credential: dict[str, Any] = Field(description="A PublicKeyCredential's toJSON().")


class NewPasskeyIn(PasskeyIn):
    name: Annotated[str, Field(min_length=1, max_length=60)]


class PasswordIn(Incoming):
    password: Secret


class PasskeyOut(BaseModel):
    id: UUID
    name: str
    added_on: date


class KnownMember(BaseModel):
    id: UUID
    name: str
    roles: list[str]
    state: str
    joined_on: date


class MembersOut(BaseModel):
    members: list[KnownMember]


class InvitationIn(Incoming):
    roles: Annotated[list[Role], Field(max_length=len(Role))]


class InvitationOut(BaseModel):
    code: str
    link: str
    expires_at: datetime


class RoleIn(Incoming):
    role: Role


class GrantOut(BaseModel):
    """A role on its way: `asked` waits for a second admin, `approved` for its time."""

    id: UUID
    member_id: UUID
    role: str
    state: str
    asked_by: UUID
    in_force_at: datetime


class GrantedOut(BaseModel):
    roles: list[str]
    waiting: GrantOut | None


class GrantsOut(BaseModel):
    grants: list[GrantOut]


class EventOut(BaseModel):
    seq: int
    made_on: date
    kind: str
    role: str
    body: dict[str, Any] | None
    hash: str


class EventsOut(BaseModel):
    """The newest events first; `intact` says whether the whole chain fits."""

    intact: bool
    events: list[EventOut]
