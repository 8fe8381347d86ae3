"""What the lists keep. Nobody's words, no handle, no time of a report, and no reporter but as a tag of one list.

A subject is an account with its platform before it, as "x:1234": what the published hashes are made of.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from panah.db import UtcDateTime

SUBJECT_LENGTH = 320


class Category(StrEnum):
    """What the account's replies do: the labels of the scoring model."""

    BLAME = "blame"
    DISBELIEF = "disbelief"
    SHAMING = "shaming"
    MINIMISING = "minimising"
    EXCUSING = "excusing"
    SILENCING = "silencing"
    THREAT = "threat"
    ABUSE = "abuse"


class Tier(StrEnum):
    FLAG = "flag"
    HIDE = "hide"


class Joining(StrEnum):
    OPEN = "open"
    INVITED = "invited"


class Blocklist(SQLModel, table=True):
    """One list: its public face, the head of its event chain, its clock. Its row is the lock of all writes."""

    __tablename__ = "blocklist"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=80)
    description: str = Field(default="", max_length=1000)
    norms: str = Field(default="", max_length=2000)  # what belongs on it and what does not
    contact: str = Field(default="", max_length=200)
    joining: Joining = Field(default=Joining.OPEN, sa_column=Column(String(16), nullable=False))
    tier_cap: Tier = Field(default=Tier.HIDE, sa_column=Column(String(8), nullable=False))
    archived: bool = False
    epoch: int = 1  # a new salt begins a new epoch
    salt: str = Field(max_length=32)  # 16 bytes in hex, public
    sealed_tag_key: str = Field(max_length=300)  # makes contributors' tags; replaced every year
    tag_key_on: date
    head_seq: int = 0
    head_hash: str = Field(default="", max_length=64)
    clock_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))  # the list's own time never goes back
    batch_on: date | None = None  # day of the newest batch of additions
    clusters_on: date | None = None  # day the clusters were last looked for
    stopped: str | None = Field(default=None, max_length=40)  # why additions stop; None: they run
    resumed_on: date | None = None  # the breaker looks at what came after
    attended_on: date  # last day that somebody had a seat
    created_on: date


class ListPolicy(SQLModel, table=True):
    """The rules of one list, newest row in force. Rows are added, never changed, but for how they are answered."""

    __tablename__ = "list_policy"

    id: int | None = Field(default=None, primary_key=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE", index=True)
    numbers: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))  # policy.Rules as JSON
    note: str = Field(default="", max_length=500)
    author: str = Field(max_length=40)  # member id, or "panah" for the first
    based_on: int | None = None  # the row whose numbers were changed
    approved_by: str | None = Field(default=None, max_length=40)
    refused_by: str | None = Field(default=None, max_length=40)  # its author, where they took it back
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    in_force_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class Seat(SQLModel, table=True):
    """A member who curates a list, or only answers its appeals. Who has left has no seat."""

    __tablename__ = "seat"

    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE", primary_key=True)
    member_id: UUID = Field(primary_key=True, index=True)
    appeals_only: bool = False
    since: date


class Contributor(SQLModel, table=True):
    """Somebody with a key made in the extension. Lists know them by a tag of their own, never by this id."""

    __tablename__ = "contributor"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    key_digest: str = Field(max_length=64, unique=True)  # SHA-256 of the key
    suspended: bool = False
    invited_by: UUID | None = Field(default=None, foreign_key="contributor.id", ondelete="SET NULL", index=True)
    branch: UUID  # the person at the root of the invitations that led here; oneself without one
    joined_on: date


class Invitation(SQLModel, table=True):
    """A code that lets one person in, kept as its digest."""

    __tablename__ = "invitation"

    code_digest: str = Field(primary_key=True, max_length=64)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    made_by: UUID | None = Field(
        default=None, foreign_key="contributor.id", ondelete="CASCADE", index=True
    )  # None: a curator
    expires_on: date
    used_on: date | None = None


class Participant(SQLModel, table=True):
    """One contributor as one list knows them: a tag, how long, and how often decisions agreed with them."""

    __tablename__ = "participant"

    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE", primary_key=True)
    tag: str = Field(primary_key=True, max_length=64)
    branch_tag: str = Field(max_length=64)  # the branch's root under the same key
    joined_on: date
    stratum: int = 0  # 0 or 1: which norms the onboarding answers lean to
    onboarded_on: date | None = None
    confirmed: float = 0.0
    overturned: float = 0.0
    cluster: str = Field(default="", max_length=64)  # the smallest tag of those who report in step; own tag if none
    suspended: bool = False


class Source(StrEnum):
    EXTENSION = "extension"
    IMPORT = "import"
    API = "api"


class Contribution(SQLModel, table=True):
    """One contributor's report of one account on one list. Its day, never its time."""

    __tablename__ = "contribution"
    __table_args__ = (
        UniqueConstraint("blocklist_id", "subject", "tag", name="contribution_once"),
        Index("ix_contribution_tag", "blocklist_id", "tag", "reported_on"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    subject: str = Field(max_length=SUBJECT_LENGTH)
    tag: str = Field(max_length=64)
    category: Category = Field(sa_column=Column(String(16), nullable=False))
    evidence_post_id: str | None = Field(default=None, max_length=20)
    evidence_sha256: str | None = Field(default=None, max_length=64)
    cited_thread: str | None = Field(default=None, max_length=20)
    reported_on: date
    source: Source = Field(default=Source.EXTENSION, sa_column=Column(String(16), nullable=False))
    import_batch: UUID | None = Field(default=None, index=True)
    round: int = 0  # the case's round in which it was settled; 0: not yet
    # Taken back: it triggers nothing and shows nothing. What is left of it keeps its maker from sitting on that
    # jury, from reporting in step with others unseen, and from what a wrong report costs; it goes when it is old.
    withdrawn: bool = False
    settled: bool = False  # a decision was made about it, and its reporter's standing has changed


class ImportRow(SQLModel, table=True):
    """An imported account that waits for its day: so many a day become contributions."""

    __tablename__ = "import_row"
    __table_args__ = (UniqueConstraint("blocklist_id", "tag", "subject", name="import_row_once"),)

    id: int | None = Field(default=None, primary_key=True)
    batch: UUID = Field(index=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    tag: str = Field(max_length=64)
    subject: str = Field(max_length=SUBJECT_LENGTH)
    category: Category = Field(sa_column=Column(String(16), nullable=False))


class Case(SQLModel, table=True):
    """All that happens to one account on one list, as far as its events have brought it (see rules.CaseState)."""

    __tablename__ = "review_case"
    __table_args__ = (
        UniqueConstraint("blocklist_id", "subject", name="case_once"),
        Index("ix_review_case_due", "blocklist_id", "status", "due_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    subject: str = Field(max_length=SUBJECT_LENGTH)
    number: int = 0  # of its newest event
    status: str = Field(default="gathering", max_length=16)
    round: int = 0
    lane: str = Field(default="", max_length=16)
    strict: bool = False  # after a hold, or without a jury: all three curators must agree
    protected: bool = False
    share: float | None = None  # of the jury that would list
    rejections: int = 0
    hold: str | None = Field(default=None, max_length=16)  # why nothing goes on before `hold_until`
    hold_since: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    hold_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    # Without a jury by then, three curators decide.
    fallback_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    tier: str | None = Field(default=None, max_length=8)
    next_tier: str | None = Field(default=None, max_length=8)  # decided, and waits for the next batch
    category: str | None = Field(default=None, max_length=16)
    entry: str = Field(default="none", max_length=12)  # none | waiting | published | removed | expired
    listed_on: date | None = None
    review_on: date | None = None
    expires_on: date | None = None
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    # Not part of the state that events give: since when it has its status, and what new reports are measured by,
    # for a day or until a decision.
    since: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    reports: int = 0  # that stand and no decision was made about
    arrived_on: date | None = None  # the last day of `arrivals`; whatever is older is deleted
    arrivals: list[list[int]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # [hour, count]


class ReviewTask(SQLModel, table=True):
    """A juror's turn, drawn by lot. Jurors see neither counts nor each other."""

    __tablename__ = "review_task"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "tag", name="review_task_once"),
        Index("ix_review_task_juror", "blocklist_id", "tag", "drawn_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    case_id: UUID = Field(foreign_key="review_case.id", ondelete="CASCADE")
    round: int
    tag: str = Field(max_length=64)
    stratum: int
    drawn_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    vote: str | None = Field(default=None, max_length=12)  # list | keep | unsure | recuse | late
    disclosure: bool = False  # the juror says that the cited post tells of harm done to its author
    answered_on: date | None = None


class Look(SQLModel, table=True):
    """A curator's turn, drawn by lot, at one stage of a case."""

    __tablename__ = "look"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "stage", "member_id", name="look_once"),
        # Open ones, in both orders in which a member is shown them: closed ones are many more after a while.
        *(
            Index(
                name,
                "member_id",
                order,
                "id",
                sqlite_where=text("vote IS NULL"),
                postgresql_where=text("vote IS NULL"),
            )
            for name, order in (("ix_look_due", "due_at"), ("ix_look_drawn", "drawn_at"))
        ),
        Index("ix_look_answered", "member_id", "answered_at"),
        Index(
            "ix_look_said",
            "said_at",
            sqlite_where=text("said_at IS NOT NULL"),
            postgresql_where=text("said_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    case_id: UUID = Field(foreign_key="review_case.id", ondelete="CASCADE")
    round: int
    stage: str = Field(max_length=12)  # panel.STAGES; ended ones that may come again carry a number
    member_id: UUID
    drawn_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    vote: str | None = Field(default=None, max_length=12)  # hide | flag | keep | recuse | late | moot | withdrawn
    reason_code: str = Field(default="", max_length=40)
    note: str = Field(default="", max_length=500)  # private, for curators of this case
    answered_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    # An answer that can still be taken back: it counts some seconds after it was given.
    said: str | None = Field(default=None, max_length=12)
    said_reason: str = Field(default="", max_length=40)
    said_note: str = Field(default="", max_length=500)
    said_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class Decision(SQLModel, table=True):
    """What a case's round ended with, under which policy. Rows are added; `overturned_on` is set once."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_made", "blocklist_id", "made_on"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    case_id: UUID = Field(foreign_key="review_case.id", ondelete="CASCADE", index=True)
    round: int
    lane: str = Field(max_length=16)
    outcome: str = Field(max_length=8)  # hide | flag | keep
    reason_code: str = Field(default="", max_length=40)
    policy_id: int
    supersedes: UUID | None = None
    made_on: date
    overturned_on: date | None = None


class Entry(SQLModel, table=True):
    """An account that is on a list now, or waits for the next batch. Gone rows are gone; events remember."""

    __tablename__ = "entry"
    __table_args__ = (CheckConstraint("status IN ('waiting', 'published')", name="entry_status"),)

    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE", primary_key=True)
    subject: str = Field(primary_key=True, max_length=SUBJECT_LENGTH)
    tier: Tier = Field(sa_column=Column(String(8), nullable=False))
    category: Category = Field(sa_column=Column(String(16), nullable=False))
    status: str = Field(max_length=12)
    listed_on: date
    review_on: date
    expires_on: date


class Appeal(SQLModel, table=True):
    """A request to take an account off a list, by its owner or on their behalf. Seen again with a receipt code."""

    __tablename__ = "appeal"
    __table_args__ = (Index("ix_appeal_state", "blocklist_id", "status", "filed_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE")
    subject: str = Field(max_length=SUBJECT_LENGTH, index=True)
    receipt_digest: str = Field(max_length=64, unique=True)
    relation: str = Field(max_length=8)  # own | behalf
    ground: str = Field(max_length=16)  # not-me | context | retracted | survivor | other
    sealed_statement: str | None = Field(default=None, max_length=12_000)  # deleted 90 days after the answer
    status: str = Field(default="waiting", max_length=12)  # waiting | open | kept | removed | moot
    filed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    opened_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    answered_on: date | None = None


class Protected(SQLModel, table=True):
    """A survivor's account that asked for protection. The account is kept as a keyed digest only."""

    __tablename__ = "protected"

    subject_digest: str = Field(primary_key=True, max_length=64)
    # Anybody can ask for anybody's account: each asks with a code of their own, and only the owner can show theirs.
    contributor_id: UUID = Field(foreign_key="contributor.id", ondelete="CASCADE", primary_key=True, index=True)
    code: str = Field(max_length=20)  # what the owner shows on the profile, so that two members can see it
    status: str = Field(default="pending", max_length=8)  # pending | active
    seen_by: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # member ids
    asked_on: date


class OwnerNotice(SQLModel, table=True):
    """What the owner of a protected account is told privately before anything is published."""

    __tablename__ = "owner_notice"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    contributor_id: UUID = Field(foreign_key="contributor.id", ondelete="CASCADE", index=True)
    case_id: UUID = Field(foreign_key="review_case.id", ondelete="CASCADE")
    round: int
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    answer: str | None = Field(default=None, max_length=8)  # doubt | accept


class Event(SQLModel, table=True):
    """One step in the history of a list, chained by hashes that hold when `body` and `salt` are erased."""

    __tablename__ = "list_event"
    __table_args__ = (
        Index("ix_list_event_subject", "blocklist_id", "subject", "number"),
        Index("ix_list_event_kind", "blocklist_id", "kind", "made_on"),
    )

    blocklist_id: UUID = Field(foreign_key="blocklist.id", ondelete="CASCADE", primary_key=True)
    seq: int = Field(primary_key=True)
    made_on: date
    kind: str = Field(max_length=24)
    role: str = Field(max_length=16)  # contributor | juror | curator | admin | owner | panah
    subject: str | None = Field(default=None, max_length=SUBJECT_LENGTH)
    number: int | None = None  # in the subject's own history, from 1
    body: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    salt: str | None = Field(default=None, max_length=32)
    commitment: str = Field(max_length=64)
    hash: str = Field(max_length=64)
