"""What the simulation's people are and do. A world makes them up; the driver acts for them on the real service.

A world is written without knowing the service, the driver without knowing who is honest. Days are counted from 0,
when reports begin; day d is the time [d, d + 1), and people may have joined before day 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

JurorVote = Literal["list", "keep", "unsure", "recuse", "disclosure"]  # the last: keep, and says why
CuratorVote = Literal["hide", "flag", "keep", "recuse"]
OwnerAnswer = Literal["doubt", "accept"]
ListedAs = Literal["flag", "hide"]


class Kind(StrEnum):
    """What an account truly is. Only the abusive ones belong on a list."""

    ABUSIVE = "abusive"
    BYSTANDER = "bystander"
    SURVIVOR = "survivor"  # attacked
    REGISTERED = "registered"  # attacked, and asked for protection before
    FEUD = "feud"  # one norm group dislikes them
    PILE_ON = "pile-on"  # honest people report one post of theirs together


@dataclass(frozen=True, slots=True)
class Subject:
    """An account that may be reported; its index in the world is its name."""

    kind: Kind
    onset: float = 0.0  # the day its replies begin


@dataclass(frozen=True, slots=True)
class Person:
    """A contributor; the index in the world is their name. An owner of an account need not contribute."""

    joins: float  # day, may be negative
    honest: bool  # for the report only
    contributes: bool = True  # False: has a key, but joins no list (owners of protected accounts)
    onboards: bool = True  # answers the gold items right; who does not stays on probation
    norms: int = 0  # 0 or 1: the norm group that their onboarding answers lean to
    history: float | None = None  # items confirmed before day 0; None: came new
    invited_by: int | None = None  # index of somebody who joined before


@dataclass(frozen=True, slots=True)
class Report:
    at: float  # day with its fraction: holds look at hours
    contributor: int
    subject: int
    post: int = 0  # which post of the subject is cited, from 0; equal numbers are the same post


@dataclass(frozen=True, slots=True)
class Withdrawal:
    at: float
    contributor: int
    subject: int


@dataclass(frozen=True, slots=True)
class Appeal:
    """A request to take a subject off the list; nobody's identity is asked."""

    at: float
    subject: int
    own: bool = True  # False: on behalf of the owner
    ground: Literal["not-me", "context", "retracted", "survivor", "other"] = "context"


@dataclass(frozen=True, slots=True)
class Removal:
    """A curator takes an entry off the list alone."""

    at: float
    member: int
    subject: int


@dataclass(frozen=True, slots=True)
class Protection:
    """Somebody asks protection for an account that they own: they can show the code on its profile."""

    at: float
    contributor: int
    subject: int
    seen_by: tuple[int, ...] = (0, 1)  # curators who see the code and say so


@dataclass(frozen=True, slots=True)
class JurorTask:
    """One juror's open task, asked every day until it is answered or too late."""

    contributor: int
    subject: int
    day: int
    age: int  # days since it was drawn, from 0


@dataclass(frozen=True, slots=True)
class CuratorLook:
    """One curator's open look, asked every day until it is answered or too late."""

    member: int  # 0 … curators - 1
    subject: int
    stage: str  # first | fresh | appeal, as the service names it
    day: int
    age: int


@dataclass(frozen=True, slots=True)
class PublicView:
    """What anybody can see in the evening of a day: who is on the list, and to people their own standing."""

    day: int
    listed: Mapping[int, ListedAs]  # subject: tier, published ones only (a hash of a known id can be looked up)
    standing: Callable[[int], str]  # contributor: probation | trusted | suspended | none


class World(Protocol):
    """One made-up population and what it does. A day runs so: `people` who join that day join; reports,
    withdrawals, protections and appeals happen in order of time; curators and jurors are asked; the service ticks;
    `observe` is called. After the last day the service runs on for a while without new reports.
    """

    name: str  # of the attack
    share: float  # of attackers among contributors
    days: int
    curators: int

    @property
    def subjects(self) -> Sequence[Subject]: ...

    @property
    def people(self) -> Sequence[Person]:
        """May grow, by people who join on a later day."""

    def reports_on(self, day: int) -> Sequence[Report]:
        """Reports with day <= at < day + 1, for days 0 … days - 1. A repeat of a report changes nothing."""

    def withdrawals_on(self, day: int) -> Sequence[Withdrawal]: ...

    def protections_on(self, day: int) -> Sequence[Protection]:
        """Also asked for the days before 0. The curators of `seen_by` see the code right away."""

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> Sequence[Appeal]:
        """`listed`: what is published in the morning of that day. Asked after the last day, too."""

    def removals_on(self, day: int, listed: Mapping[int, ListedAs]) -> Sequence[Removal]:
        """What curators take off that day by themselves."""

    def juror_answer(self, task: JurorTask) -> JurorVote | None:
        """None: not today. An answer is given once."""

    def curator_answer(self, look: CuratorLook) -> CuratorVote | None:
        """None: not today."""

    def owner_answer(self, contributor: int, subject: int, day: int) -> OwnerAnswer | None:
        """The owner of a protected account answers the private notice. None: not today."""

    def observe(self, view: PublicView) -> None: ...
