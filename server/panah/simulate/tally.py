"""What one run came to: who was listed, for how long, what it cost, and what counting reporters would have done."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from panah.simulate.actors import Kind, ListedAs, Report, World
from panah.simulate.peers import reached

STANDS = 14  # days after which a listing that is still there counts as standing
LAST_ONSET = 20  # an abusive account that begins later than so many days before the end is not asked of any rule
SEEN_BY = 2  # honest reporters without whom no rule can be asked to list an account


@dataclass(slots=True)
class Spell:
    """One stretch of days in which a subject was on the list."""

    begin: float
    end: float | None = None
    hidden: float | None = None  # since when at tier hide


class Ledger:
    """Follows the published list from look to look."""

    def __init__(self) -> None:
        self.spells: defaultdict[int, list[Spell]] = defaultdict(list)
        self.listed: Mapping[int, ListedAs] = {}

    def look(self, at: float, listed: Mapping[int, ListedAs]) -> None:
        for subject in self.listed.keys() - listed.keys():
            self.spells[subject][-1].end = at
        for subject, tier in listed.items():
            if subject not in self.listed:
                self.spells[subject].append(Spell(at))
            spell = self.spells[subject][-1]
            if tier == "hide" and spell.hidden is None:
                spell.hidden = at
        self.listed = dict(listed)


@dataclass(frozen=True)
class Fate:
    """How many of one kind there are, and what became of them."""

    count: int = 0
    listed: int = 0  # at flag or more, ever
    hidden: int = 0  # at hide, ever
    standing: int = 0  # listed for STANDS days on end, or still when the run ended
    standing_hidden: int = 0

    def __add__(self, other: "Fate") -> "Fate":
        return Fate(
            self.count + other.count,
            self.listed + other.listed,
            self.hidden + other.hidden,
            self.standing + other.standing,
            self.standing_hidden + other.standing_hidden,
        )


@dataclass(frozen=True)
class Found:
    """Of the abusive accounts that a rule can be asked to list, how many it did; see `eligible`."""

    count: int = 0
    listed: int = 0
    hidden: int = 0

    def __add__(self, other: "Found") -> "Found":
        return Found(self.count + other.count, self.listed + other.listed, self.hidden + other.hidden)


@dataclass
class Outcome:
    """One run. Everything in it is plain, so that it travels between processes and into JSON."""

    attack: str
    share: float
    seed: int
    fates: dict[str, Fate]  # by kind
    recall: Found  # listed by the last day of reports
    recall_late: Found  # listed at any time
    delay: float | None  # median days from onset to listing, abusive accounts
    peers: dict[int, dict[str, Fate]]
    peers_recall: dict[int, Found]
    costs: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def eligible(world: World, reports: Iterable[Report]) -> set[int]:
    """Abusive accounts with SEEN_BY honest reporters whose onset leaves LAST_ONSET days."""
    honest: defaultdict[int, set[int]] = defaultdict(set)
    for one in reports:
        if world.people[one.contributor].honest:
            honest[one.subject].add(one.contributor)
    return {
        subject
        for subject, who in honest.items()
        if len(who) >= SEEN_BY
        and world.subjects[subject].kind is Kind.ABUSIVE
        and world.subjects[subject].onset < world.days - LAST_ONSET
    }


def stood(spell: Spell) -> bool:
    return spell.end is None or spell.end - spell.begin >= STANDS


def tally(
    world: World,
    seed: int,
    reports: Sequence[Report],
    spells: Mapping[int, Sequence[Spell]],
    costs: Mapping[str, int] | None = None,
    seconds: float = 0.0,
) -> Outcome:
    """Measures a finished run. `reports` are those that the service accepted."""
    fates: dict[str, Fate] = {kind.value: Fate() for kind in Kind}
    for subject, one in enumerate(world.subjects):
        mine = spells.get(subject, ())
        fates[one.kind.value] += Fate(
            1,
            bool(mine),
            any(spell.hidden is not None for spell in mine),
            any(stood(spell) for spell in mine),
            any(stood(spell) and spell.hidden is not None for spell in mine),
        )
    asked = eligible(world, reports)

    def found(until: float) -> Found:
        return Found(
            len(asked),
            sum(any(spell.begin < until for spell in spells.get(one, ())) for one in asked),
            sum(
                any(spell.hidden is not None and spell.hidden < until for spell in spells.get(one, ()))
                for one in asked
            ),
        )

    waits = [spells[one][0].begin - world.subjects[one].onset for one in asked if spells.get(one)]
    counted = reached(reports)
    kinds = Counter(one.kind.value for one in world.subjects)
    peers: dict[int, dict[str, Fate]] = {}
    for count, days in counted.items():
        listed = Counter(world.subjects[subject].kind.value for subject in days)
        # A count has one tier and nobody to appeal to: who is listed is hidden, and stays.
        peers[count] = {kind: Fate(n, *[listed[kind]] * 4) for kind, n in kinds.items()}
    return Outcome(
        attack=world.name,
        share=world.share,
        seed=seed,
        fates=fates,
        recall=found(world.days),
        recall_late=found(float("inf")),
        delay=median(waits) if waits else None,
        peers=peers,
        peers_recall={k: Found(len(asked), *[len(asked & days.keys())] * 2) for k, days in counted.items()},
        costs=dict(costs or {}),
        seconds=seconds,
    )
