"""The second attack generator: worlds with other people and other attackers than the first, by other assumptions.

`SCENARIOS` are what `panah simulate` runs of it; docs/simulation.md says what is assumed and why.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from panah.blocklists.policy import Rules
from panah.simulate import adaptive_attacks as attacks
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
    World,
)
from panah.simulate.adaptive_society import FULL, TINY, Load, Size, Society
from panah.simulate.goals import FEW, Goal, ratio, total, total_found, worst
from panah.simulate.tally import Fate, Outcome

# Attacks on what belongs on the list, of which recall is asked as under the first generator's "shield".
DEFENDED = ("disclosers", "protection", "protection-inside", "hold-flood", "hold-churn", "jury-flood", "bridges")

Strategy = Callable[[Society, float], attacks.Attackers]


class AdaptiveWorld:
    """One society and those who attack it."""

    def __init__(self, name: str, seed: int, share: float, size: Size, strategy: Strategy) -> None:
        self.name = name
        self.share = share
        self.size = size
        self.days = size.days
        self.curators = size.curators
        self.society = Society(seed, size)
        self.honest = len(self.society.people)
        self.attackers = strategy(self.society, share)

    @property
    def subjects(self) -> Sequence[Subject]:
        return self.society.subjects

    @property
    def people(self) -> Sequence[Person]:
        return self.society.people

    @property
    def load(self) -> Load:
        """What the honest curators and jurors have done so far."""
        return self.society.load

    def reports_on(self, day: int) -> Sequence[Report]:
        sent = self.society.reports_on(day) + self.attackers.reports_on(day)
        return sorted(sent, key=lambda one: one.at)

    def withdrawals_on(self, day: int) -> Sequence[Withdrawal]:
        return self.society.withdrawals_on(day) + self.attackers.withdrawals_on(day)

    def protections_on(self, day: int) -> Sequence[Protection]:
        return self.society.protections_on(day) + self.attackers.protections_on(day)

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> Sequence[Appeal]:
        sent = self.society.appeals_on(day, listed) + self.attackers.appeals_on(day, listed)
        return sorted(sent, key=lambda one: one.at)

    def removals_on(self, day: int, listed: Mapping[int, ListedAs]) -> Sequence[Removal]:
        return self.attackers.removals_on(day, listed)

    def juror_answer(self, task: JurorTask) -> JurorVote | None:
        if task.contributor >= self.honest:
            return self.attackers.juror(task)
        return self.attackers.honest_juror(task, lambda: self.society.juror_answer(task))

    def curator_answer(self, look: CuratorLook) -> CuratorVote | None:
        return self.attackers.curator(look, lambda: self.society.curator_answer(look))

    def owner_answer(self, contributor: int, subject: int, day: int) -> OwnerAnswer | None:
        if contributor >= self.honest:
            return self.attackers.owner(contributor, subject, day)
        return self.society.owner_answer(contributor, subject, day)

    def observe(self, view: PublicView) -> None:
        self.attackers.observe(view)


@dataclass(frozen=True)
class Scenario:
    """One attack. `goals`: the goals for survivors are asked of it; else `remains` says what an attacker keeps."""

    name: str
    description: str
    strategy: Strategy
    shares: tuple[float, ...] = (0.1, 0.2)
    size: Size | None = None  # a size of its own, whatever is asked for
    at_least_days: int = 0
    goals: bool = True
    remains: str = ""

    def build(self, seed: int, share: float, size: Size = FULL) -> World:
        """The world of one run; the same arguments give the same world."""
        chosen = self.size or size
        if chosen.days < self.at_least_days:
            chosen = dataclasses.replace(chosen, days=self.at_least_days)
        return AdaptiveWorld(self.name, seed, share, chosen, self.strategy)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "calm", "nobody attacks; communities, conversations, honest pile-ons", attacks.Attackers, shares=(0.0,)
    ),
    Scenario("adaptive", "Sybils who watch the list, rest after a rejection and come back", attacks.Adaptive),
    Scenario("hit-and-run", "the same, and reports are taken back once a jury sits", attacks.HitAndRun),
    Scenario("burners", "new keys report, and aged Sybils who never report are drawn as jurors", attacks.Burners),
    Scenario(
        "fabricated",
        "a third of the survivors are baited into a post that looks bad alone",
        attacks.Fabricated,
        goals=False,
        remains="a real, angry post out of context persuades some jurors and curators; the appeal is what is left",
    ),
    Scenario(
        "removal-spam",
        "an appeal a day against every true entry, with baited survivors in the same line",
        attacks.RemovalSpam,
        goals=False,
        remains="appeals need no identity; they cost curators time, and true entries fall when nobody answers",
    ),
    Scenario(
        "curator",
        "one curator is theirs: lists survivors, keeps abusers, tells what is open",
        attacks.CompromisedCurator,
        goals=False,
        remains="one vote of three is theirs wherever that curator is drawn",
    ),
    Scenario(
        "curator-delists",
        "the same curator takes true entries off, as many as the rules allow, and friends appeal for the rest",
        attacks.CuratorDelists,
        goals=False,
        remains="removal is made easy on purpose: one curator alone can take some entries off every month",
    ),
    Scenario(
        "preempt",
        "baited survivors, and a bad appeal for each by those who listed them",
        attacks.Preempt,
        goals=False,
        remains="as fabricated; and who appeals first decides what the curators hear",
    ),
    Scenario("disclosers", "jurors call abusers' posts disclosures, to reach the strict lane", attacks.Disclosers),
    Scenario(
        "bribed-10",
        "each honest juror on a survivor's case is bought with probability 0.1",
        attacks.Bribed,
        goals=False,
        remains="a bought juror looks like an honest one; only the curators stand behind the jury",
    ),
    Scenario(
        "bribed-20",
        "each honest juror on a survivor's case is bought with probability 0.2",
        attacks.BribedMore,
        goals=False,
        remains="a bought juror looks like an honest one; only the curators stand behind the jury",
    ),
    Scenario("dormant", "Sybils sleep for 60 days, then all attack within ten", attacks.Dormant, at_least_days=90),
    Scenario("protection", "abusive accounts ask for protection and doubt every notice", attacks.ProtectionAbuse),
    Scenario(
        "protection-inside", "the same, with one curator who lets everybody through", attacks.ProtectionInside
    ),
    Scenario("hold-flood", "true reports in bursts, so that holds keep abusers off the list", attacks.HoldFlood),
    Scenario(
        "hold-churn", "one account reports and withdraws, again and again, to prolong holds", attacks.HoldChurn
    ),
    Scenario("jury-flood", "more pairs report bystanders than the jurors can judge", attacks.JuryFlood),
    Scenario("bridges", "three report everything, so that honest reporters become one cluster", attacks.Bridges),
    Scenario(
        "abandoned",
        "the curators fall silent, while every entry is appealed",
        attacks.Abandoned,
        goals=False,
        remains="without curators nothing is added and what is appealed falls: the list ends empty",
    ),
    Scenario("tiny", "three contributors and three curators", attacks.Adaptive, shares=(0.4,), size=TINY),
)


@dataclass(frozen=True)
class Trial:
    """One world to play; has what `plan.play_job` asks of a job."""

    scenario: Scenario
    share: float
    rep: int
    size: Size = FULL
    rules: Rules | None = None
    ticks: int = 1  # a day

    @property
    def attack(self) -> str:
        return self.scenario.name

    @property
    def seed(self) -> int:
        """Different for every scenario, share and repetition, and always the same."""
        return 100_000_000 + 1_000_000 * SCENARIOS.index(self.scenario) + 1000 * round(100 * self.share) + self.rep

    def world(self) -> World:
        return self.scenario.build(self.seed, self.share, self.size)


def trials(size: Size = FULL, reps: int = 1, rules: Rules | None = None) -> list[Trial]:
    """Every scenario at each of its shares, `reps` times."""
    return [Trial(one, share, rep, size, rules) for one in SCENARIOS for share in one.shares for rep in range(reps)]


def judge(outcomes: Iterable[Outcome], *, strict: bool) -> list[Goal]:
    """The goals of the lists, in the scenarios that they are asked of. `strict` is meant for enough trials."""
    asked = {one.name for one in SCENARIOS if one.goals}
    runs = [one for one in outcomes if one.attack in asked]
    few = [one for one in runs if one.share <= FEW]
    calm = total_found(one.recall for one in runs if one.attack == "calm")
    registered = total(one.fates[Kind.REGISTERED] for one in runs)

    def survivors(pick: Callable[[Fate], int]) -> Callable[[Outcome], tuple[int, int]]:
        return lambda one: (pick(one.fates[Kind.SURVIVOR]), one.fates[Kind.SURVIVOR].count)

    def at_least(hits: int, trials: int, name: str, bound: float, where: str = "") -> Goal:
        return ratio(hits, trials, name, bound, at_least=True, strict=strict, where=where)

    shielded: list[Goal] = []
    for attack in DEFENDED:
        found = total_found(one.recall for one in few if one.attack == attack)
        if found.count:
            shielded.append(at_least(found.listed, found.count, "abuser listed, under attack", 0.85, attack))
    return [
        worst(few, "survivor ever hidden", 0.0075, count=survivors(lambda fate: fate.hidden), strict=strict),
        worst(few, "survivor ever listed", 0.015, count=survivors(lambda fate: fate.listed), strict=strict),
        worst(
            few,
            "survivor still listed after 14 days",
            0.005,
            count=survivors(lambda fate: fate.standing),
            strict=strict,
        ),
        ratio(
            registered.listed,
            registered.count,
            "registered survivor ever listed",
            0.002,
            at_least=False,
            strict=strict,
        ),
        at_least(calm.hidden, calm.count, "abuser hidden, no attack", 0.85),
        at_least(calm.listed, calm.count, "abuser listed, no attack", 0.93),
        *shielded,
    ]


def open_risks(outcomes: Iterable[Outcome]) -> list[tuple[str, float, str, str]]:
    """(scenario, share, figures, what remains) of the scenarios that no goal is asked of."""
    rows: list[tuple[str, float, str, str]] = []
    runs = list(outcomes)
    for scenario in SCENARIOS:
        if scenario.goals:
            continue
        for share in sorted({one.share for one in runs if one.attack == scenario.name}):
            mine = [one for one in runs if one.attack == scenario.name and one.share == share]
            fate = total(one.fates[Kind.SURVIVOR] for one in mine)
            abusive = total(one.fates[Kind.ABUSIVE] for one in mine)
            found = total_found(one.recall for one in mine)
            figures = (
                f"survivors: {fate.listed} of {fate.count} listed, {fate.hidden} hidden, {fate.standing} for long; "
                f"abusers: {found.listed} of {found.count} found, {abusive.standing} stayed"
            )
            rows.append((scenario.name, share, figures, scenario.remains))
    return rows
