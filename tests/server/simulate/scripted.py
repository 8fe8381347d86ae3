"""A world in which everything that happens is written down beforehand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from panah.simulate.actors import (
    Appeal,
    CuratorLook,
    CuratorVote,
    JurorTask,
    JurorVote,
    Kind,
    ListedAs,
    OwnerAnswer,
    Person,
    Protection,
    PublicView,
    Removal,
    Report,
    Subject,
    Withdrawal,
)

T = TypeVar("T", Report, Withdrawal, Protection, Appeal, Removal)


def on(day: int, script: Sequence[T]) -> list[T]:
    return [one for one in script if day <= one.at < day + 1]


def honest(count: int, joins: float = -50.0) -> list[Person]:
    """People who have been there for long and may be drawn, half of each norm group."""
    return [Person(joins=joins, honest=True, norms=at % 2, history=12.0) for at in range(count)]


@dataclass
class ScriptedWorld:
    """`juror` and `curator` answer everything; what was observed is in `views` and `standings`."""

    subjects: list[Subject] = field(default_factory=lambda: [Subject(Kind.ABUSIVE)])
    people: list[Person] = field(default_factory=lambda: honest(20))
    name: str = "scripted"
    share: float = 0.0
    days: int = 30
    curators: int = 8
    reports: list[Report] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    protections: list[Protection] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    juror: Callable[[JurorTask], JurorVote | None] = lambda task: "list"
    curator: Callable[[CuratorLook], CuratorVote | None] = lambda look: "hide"
    owner: OwnerAnswer | None = None
    views: list[PublicView] = field(default_factory=list)
    standings: list[list[str]] = field(default_factory=list)
    looks: list[CuratorLook] = field(default_factory=list)

    def reports_on(self, day: int) -> list[Report]:
        return on(day, self.reports)

    def withdrawals_on(self, day: int) -> list[Withdrawal]:
        return on(day, self.withdrawals)

    def protections_on(self, day: int) -> list[Protection]:
        return on(day, self.protections)

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Appeal]:
        return on(day, self.appeals)

    def removals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Removal]:
        return on(day, self.removals)

    def juror_answer(self, task: JurorTask) -> JurorVote | None:
        return self.juror(task)

    def curator_answer(self, look: CuratorLook) -> CuratorVote | None:
        self.looks.append(look)
        return self.curator(look)

    def owner_answer(self, contributor: int, subject: int, day: int) -> OwnerAnswer | None:
        return self.owner

    def observe(self, view: PublicView) -> None:
        self.views.append(view)
        self.standings.append([view.standing(at) for at in range(len(self.people))])
