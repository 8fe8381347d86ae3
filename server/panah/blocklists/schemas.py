"""What the routes of lists take and give. Ids of accounts and posts are texts: no JavaScript number holds them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, get_args
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from panah.blocklists.tables import SUBJECT_LENGTH, Category, Joining, Tier
from panah.scoring.schemas import well_formed

# Why a curator hides, flags or keeps. Codes only: a sentence could name somebody.
Reason = Literal[
    "repeated",  # the same kind of reply under several disclosures
    "grave",  # one act is enough: a threat, somebody's address or pictures
    "milder",  # belongs on the list, but rather noted than hidden
    "once",  # one slip, no habit
    "own-words",  # a survivor's own words
    "counter-speech",  # quotes or argues against blame
    "good-faith",  # an honest question, help, law, news
    "not-theirs",  # the cited posts are not by this account
    "gone",  # the cited posts cannot be seen any more
    "elsewhere",  # hostile, but not to anybody who was harmed
    "other",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


def one_line(text: str) -> str:
    """Spaces as one; raises ValueError for an empty text and for what cannot be printed."""
    joined = " ".join(text.split())
    if not joined or not joined.isprintable():
        raise ValueError("must be one line of text that can be read")
    return joined


Text = Annotated[str, AfterValidator(well_formed)]
Subject = Annotated[
    Text,
    Field(max_length=SUBJECT_LENGTH, description="Platform and lasting id.", examples=["x:1234567890"]),
]
PostId = Annotated[str, Field(pattern="^[1-9][0-9]{0,19}$", examples=["1790000000000000001"])]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 in hexadecimal.")]
ListSlug = Annotated[str, Field(serialization_alias="list")]
Name = Annotated[Text, AfterValidator(one_line), Field(min_length=1, max_length=80)]
Description = Annotated[Text, Field(max_length=1000)]
Norms = Annotated[Text, Field(max_length=2000, description="What belongs on it and what does not.")]
Contact = Annotated[Text, Field(max_length=200, description="Where to write to.")]
Number = Annotated[int | float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
ReasonCode = Annotated[Reason, Field(description="Why, by code.")]


class Incoming(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


# Lists, as everybody sees them


class ListOut(BaseModel):
    """The public face of one list."""

    slug: str
    name: str
    description: str
    norms: str
    contact: str
    joining: Joining
    tier_cap: Tier
    archived: bool


class ListsOut(BaseModel):
    lists: list[ListOut]


# Contributors


class ContributorOut(BaseModel):
    joined_on: date


class JoinIn(Incoming):
    invitation: Annotated[Text | None, Field(max_length=64)] = None


class StandingOut(BaseModel):
    """What somebody is told about themselves on one list. There is no number to play for."""

    joined_on: date
    standing: Literal["probation", "trusted", "suspended"]
    onboarded: bool


class ItemText(BaseModel):
    en: str
    ur: str


class ItemOut(BaseModel):
    id: str
    text: ItemText


class ItemsOut(BaseModel):
    items: list[ItemOut]


class AnswersIn(Incoming):
    """An answer for each item that was asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answers": {"item-02": "keep", "item-05": "list"}}]})

    answers: Annotated[dict[Annotated[str, Field(max_length=40)], Literal["list", "keep"]], Field(max_length=64)]


class ContributionIn(Incoming):
    """A report of one account, with one live post by it. No text, no name, no picture."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "6a6f3f8e-52c5-4c57-9c75-0f6a3a3a8f10",
                    "subject": "x:1234567890",
                    "category": "blame",
                    "evidence_post_id": "1790000000000000001",
                    "cited_thread": "1790000000000000000",
                }
            ]
        }
    )

    id: Annotated[UUID, Field(description="Made by the client, so that it can be sent twice and taken back.")]
    subject: Subject
    category: Category
    evidence_post_id: PostId
    evidence_sha256: Digest | None = None
    cited_thread: PostId | None = None


class ContributionOut(BaseModel):
    id: UUID
    reported_on: date


class DeletedOut(BaseModel):
    deleted: int


class InvitationOut(BaseModel):
    code: str
    expires_on: date


# Juries


class TaskOut(BaseModel):
    """An account to look at. `posts` are some that were cited; how many reported it is told to nobody."""

    id: UUID
    slug: ListSlug
    list_name: str
    norms: str
    subject: str
    posts: list[str]
    due_on: date


class TasksOut(BaseModel):
    tasks: list[TaskOut]


class VoteIn(Incoming):
    vote: Literal["list", "keep", "unsure", "recuse"]
    disclosure: Annotated[
        bool, Field(description="The cited post itself tells of harm done to whoever wrote it.")
    ] = False


# Owners of accounts


class NoticeOut(BaseModel):
    id: UUID
    list_name: str
    due_on: date


class NoticesOut(BaseModel):
    notices: list[NoticeOut]


class NoticeAnswerIn(Incoming):
    answer: Literal["doubt", "accept"]


class SubjectIn(Incoming):
    subject: Subject


class SeenIn(Incoming):
    subject: Subject
    code: Annotated[str, Field(max_length=40, description="As the account's profile shows it.")]


class ProtectionOut(BaseModel):
    """The code goes on the account's profile until two members have seen it; then `status` is active."""

    code: str
    status: Literal["pending", "active"]


class ProtectedOut(ProtectionOut):
    subject_digest: str


class ProtectedAccountsOut(BaseModel):
    accounts: list[ProtectedOut]


Relation = Literal["own", "behalf"]
Ground = Literal["not-me", "context", "retracted", "survivor", "other"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
GROUNDS: tuple[Ground, ...] = get_args(Ground)


class AppealIn(Incoming):
    """Asks that an account is taken off a list."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"subject": "x:1234567890", "relation": "own", "ground": "context"}]}
    )

    subject: Subject
    relation: Annotated[Relation, Field(description="One's own account, or on somebody's behalf.")]
    ground: Ground
    statement: Annotated[Text, Field(max_length=2000, description="Read by curators only, then deleted.")] = ""


class ReceiptOut(BaseModel):
    """The same whether the account is on the list or not."""

    receipt: str


class ReceiptIn(Incoming):
    receipt: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class AppealOut(BaseModel):
    """`due_on` is the last day of an open appeal: without an answer by then the account is taken off."""

    status: Literal["waiting", "open", "kept", "removed", "moot"]
    due_on: date | None


# Curators


class LookOut(BaseModel):
    id: UUID
    slug: ListSlug
    list_name: str
    stage: str
    due_on: date


class LooksOut(BaseModel):
    looks: list[LookOut]


class LookIn(Incoming):
    vote: Literal["hide", "flag", "keep", "recuse"]
    reason_code: Annotated[Reason | None, Field(description="Why, by code; not needed to recuse oneself.")] = None
    note: Annotated[Text, Field(max_length=500, description="For curators of this case only.")] = ""

    @model_validator(mode="after")
    def reason_given(self) -> Self:
        if self.vote != "recuse" and self.reason_code is None:
            raise ValueError("a reason_code is needed")
        return self


class PostOut(BaseModel):
    id: str
    url: Annotated[str, Field(description="Opens the post on its platform.")]


class DecisionOut(BaseModel):
    """An earlier decision about the account on this list."""

    outcome: str
    reason_code: str
    made_on: date
    overturned_on: date | None


class StatementOut(BaseModel):
    """What an appeal says."""

    relation: str
    ground: str
    statement: str


class PeerOut(BaseModel):
    """How another curator of the same stage voted; who it was is not told."""

    vote: str
    reason_code: str
    note: str


class AfterOut(BaseModel):
    """What a curator sees who has voted, once the stage is decided."""

    share: Annotated[float | None, Field(description="Of the jury that would list, in [0, 1].")]
    lane: str
    peers: list[PeerOut]
    tags: Annotated[list[str], Field(description="Those who reported what was decided, as this list knows them.")]


class CaseOut(BaseModel):
    """One account to decide on, without who or how many reported it. `after` is null until it is decided."""

    id: UUID
    slug: ListSlug
    list_name: str
    stage: str
    due_on: date
    vote: str | None
    subject: str
    account_url: str | None
    categories: list[Category]
    posts: list[PostOut]
    norms: str
    policy_id: int
    rules: dict[str, Any]
    decisions: list[DecisionOut]
    appeal: StatementOut | None
    after: AfterOut | None


class RemovalIn(Incoming):
    subject: Subject
    reason_code: ReasonCode


class SeenOut(BaseModel):
    status: Literal["pending", "active"]


# Admins


class ListIn(Incoming):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"slug": "no-blame", "name": "No blame", "joining": "invited"}]}
    )

    slug: Annotated[str, Field(max_length=40, pattern="^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    name: Name
    description: Description = ""
    norms: Norms = ""
    contact: Contact = ""
    joining: Joining = Joining.OPEN
    tier_cap: Tier = Tier.HIDE


class ListChangesIn(Incoming):
    """Only what is to change."""

    name: Name | None = None
    description: Description | None = None
    norms: Norms | None = None
    contact: Contact | None = None
    joining: Joining | None = None
    tier_cap: Tier | None = None
    archived: bool | None = None


class PolicyIn(Incoming):
    """Only the numbers that are to change; the others stay as they were approved last."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rules": {"trigger_clusters": 3}, "note": "After the spam of May."}]}
    )

    rules: Annotated[dict[Annotated[str, Field(max_length=40)], Number], Field(min_length=1, max_length=100)]
    note: Annotated[Text, Field(max_length=500)] = ""


class PolicyOut(BaseModel):
    """Rules of a list. `changes` are [before, after] by name, against the rules in force now."""

    id: int
    note: str
    created_at: datetime
    approved: bool
    refused: bool
    in_force_at: datetime | None
    changes: dict[str, list[Any]]


class SeatOut(BaseModel):
    member_id: UUID
    since: date


class ManagedOut(ListOut):
    """A list as members see it who look after it."""

    id: UUID
    stopped: str | None
    seats: list[SeatOut]
    rules: dict[str, Any]
    policies: Annotated[list[PolicyOut], Field(description="Newest first.")]


class SuspensionIn(Incoming):
    suspended: bool


class EventOut(BaseModel):
    """One step of a list's history. `hash` covers the one before it, and `commitment` what this one says."""

    seq: int
    made_on: date
    kind: str
    role: str
    subject: str | None
    number: int | None
    body: dict[str, Any] | None
    salt: str | None
    commitment: str
    hash: str


class EventsOut(BaseModel):
    """Oldest first. `next` goes into `after` for those that follow; null at the end."""

    events: list[EventOut]
    next: int | None


class ChainOut(BaseModel):
    """Whether the whole history fits together; `broken_at` is the first event that does not."""

    intact: bool
    events: int
    broken_at: int | None
