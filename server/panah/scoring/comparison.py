"""How the model beside differs from the one that judges, from what was counted."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil

from sqlalchemy import case, delete, func, select
from sqlmodel import Session, col

from panah.intervals import wilson
from panah.scoring.policy import LABELS, Label
from panah.scoring.tables import ShadowCount
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup

# A share is known well enough when its 95 % interval reaches no further than this to either side: one reply in a
# hundred.
EXACT_ENOUGH = 0.01
LEAST = 400  # replies, before which even a difference of none says little: its interval reaches 1 %
Z = 1.96


COUNTS_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Pair:
    """Two policies that were compared; their names tell the models too."""

    active: str
    shadow: str
    replies: int
    first: date
    last: date


@dataclass
class Difference:
    """What the two models did with the same replies of one language, or of all."""

    replies: int = 0
    same: int = 0  # action and reason
    newly: int = 0  # shown now, and covered by the other
    no_longer: int = 0  # covered now, and shown by the other
    otherwise: int = 0  # covered by both, in another way or for another reason

    @property
    def different(self) -> int:
        return self.replies - self.same

    @property
    def interval(self) -> tuple[float, float]:
        """Between which shares of all replies the two differ, in 95 of 100 such samples."""
        return wilson(self.different, self.replies)

    @property
    def missing(self) -> int:
        """How many replies more it takes to know the share well enough, in full hundreds; 0 when it is."""
        low, high = self.interval
        if self.replies >= LEAST and high - low <= 2 * EXACT_ENOUGH:
            return 0
        # Nearer to one half than anything that the interval still allows, so that the number seldom grows.
        share = min(0.5, high) if self.replies else 0.5
        needed = max(LEAST, Z * Z * share * (1 - share) / EXACT_ENOUGH**2)
        return max(1, ceil((needed - self.replies) / 100)) * 100

    def share(self, part: int) -> float:
        return part / self.replies if self.replies else 0.0

    def add(self, active: str, shadow: str, replies: int) -> None:
        self.replies += replies
        if active == shadow:
            self.same += replies
        elif active.startswith("show"):
            self.newly += replies
        elif shadow.startswith("show"):
            self.no_longer += replies
        else:
            self.otherwise += replies


@dataclass
class Covered:
    """For how many replies a label was the reason."""

    active: int = 0
    shadow: int = 0
    both: int = 0


@dataclass(frozen=True)
class Day:
    day: date
    replies: int
    same: int


@dataclass
class Comparison:
    """Two models side by side."""

    languages: dict[LanguageGroup, Difference] = field(default_factory=dict)
    labels: dict[Label, Covered] = field(default_factory=dict)
    days: list[Day] = field(default_factory=list)  # newest first

    @property
    def total(self) -> Difference:
        made = Difference()
        for one in self.languages.values():
            made.replies += one.replies
            made.same += one.same
            made.newly += one.newly
            made.no_longer += one.no_longer
            made.otherwise += one.otherwise
        return made


def pairs(session: Session, most: int = 12) -> list[Pair]:
    """What was compared, what was counted last first."""
    active, shadow, day = col(ShadowCount.active), col(ShadowCount.shadow), col(ShadowCount.day)
    last = func.max(day)
    asked = (
        select(active, shadow, func.sum(col(ShadowCount.replies)), func.min(day), last)
        .group_by(active, shadow)
        .order_by(last.desc(), shadow.desc(), active.desc())
        .limit(most)
    )
    return [Pair(*row) for row in session.execute(asked).all()]


def compare(session: Session, active: str, shadow: str, *, today: date, days: int) -> Comparison:
    """What the two did in the last so many days, today included."""
    language, day, number = col(ShadowCount.language), col(ShadowCount.day), func.sum(col(ShadowCount.replies))
    one, other = col(ShadowCount.active_verdict), col(ShadowCount.shadow_verdict)
    wanted = (
        col(ShadowCount.active) == active,
        col(ShadowCount.shadow) == shadow,
        day > today - timedelta(days=days),
    )
    by_kind = select(language, one, other, number).where(*wanted).group_by(language, one, other)
    found = tally(session.execute(by_kind).all())
    same = func.sum(case((one == other, col(ShadowCount.replies)), else_=0))
    by_day = select(day, number, same).where(*wanted).group_by(day).order_by(day.desc())
    found.days = [Day(*row) for row in session.execute(by_day).all()]
    return found


def forget_over(session: Session, today: date) -> int:
    """Deletes counts that are kept no longer; how many rows that were."""
    gone = delete(ShadowCount).where(col(ShadowCount.day) <= today - COUNTS_KEPT)
    return int(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def tally(rows: Iterable[tuple[str, str, str, int]]) -> Comparison:
    """Counts of (language, verdict, verdict of the model beside) by language and by label."""
    languages: dict[str, Difference] = {group: Difference() for group in LANGUAGE_GROUPS}
    labels: dict[str, Covered] = {label: Covered() for label in LABELS}
    for language, active, shadow, replies in rows:
        if language in languages:
            languages[language].add(active, shadow, replies)
        # A version of Panah with other labels may have counted on the same database.
        one, other = (labels.get(verdict.partition(":")[2]) for verdict in (active, shadow))
        if one is not None:
            one.active += replies
        if other is not None:
            other.shadow += replies
        if one is not None and one is other:
            one.both += replies
    return Comparison(
        {group: languages[group] for group in LANGUAGE_GROUPS}, {label: labels[label] for label in LABELS}
    )
