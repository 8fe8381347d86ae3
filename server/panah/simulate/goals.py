"""The goals of the lists, and whether runs meet them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from math import inf
from operator import add
from typing import Literal

from panah.intervals import wilson
from panah.simulate.actors import Kind
from panah.simulate.tally import Fate, Found, Outcome

Verdict = Literal["met", "missed", "undecided"]

FEW = 0.2  # the share of attackers up to which the goals for unregistered survivors hold
MANY = 0.5  # and for registered ones
PEER = 3  # reporters: the count that the margins are measured against
PEER_SHARE = 0.1


@dataclass(frozen=True)
class Goal:
    """One goal, and how the runs stand to it. `value` is None where no run tells anything about it."""

    name: str
    bound: float
    at_least: bool
    value: float | None
    hits: int
    trials: int
    low: float
    high: float
    verdict: Verdict
    unit: Literal["share", "times"] = "share"
    where: str = ""  # the attack that is worst, where there are several


def judge(value: float, low: float, high: float, bound: float, *, at_least: bool, strict: bool) -> Verdict:
    """Strictly, the measured value decides. Else a value on the wrong side whose interval reaches over to the right
    one is undecided: so few trials cannot tell.
    """
    if value >= bound if at_least else value <= bound:
        return "met"
    reaches = high >= bound if at_least else low <= bound
    return "undecided" if reaches and not strict else "missed"


def total(fates: Iterable[Fate]) -> Fate:
    return reduce(add, fates, Fate())


def total_found(found: Iterable[Found]) -> Found:
    return reduce(add, found, Found())


def ratio(
    hits: int, trials: int, name: str, bound: float, *, at_least: bool, strict: bool, where: str = ""
) -> Goal:
    if not trials:
        return Goal(name, bound, at_least, None, 0, 0, 0.0, 1.0, "undecided", where=where)
    low, high = wilson(hits, trials)
    verdict = judge(hits / trials, low, high, bound, at_least=at_least, strict=strict)
    return Goal(name, bound, at_least, hits / trials, hits, trials, low, high, verdict, where=where)


def worst(
    outcomes: Sequence[Outcome],
    name: str,
    bound: float,
    *,
    count: Callable[[Outcome], tuple[int, int]],
    strict: bool,
) -> Goal:
    """The goal for a share that may not be exceeded, in the attack under which it is highest."""
    groups: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in outcomes:
        groups[one.attack].append(count(one))
    goals = [
        ratio(
            sum(h for h, _ in found),
            sum(n for _, n in found),
            name,
            bound,
            at_least=False,
            strict=strict,
            where=attack,
        )
        for attack, found in sorted(groups.items())
    ]
    found = [goal for goal in goals if goal.value is not None]
    if not found:
        return ratio(0, 0, name, bound, at_least=False, strict=strict)
    return max(found, key=lambda goal: (goal.value or 0.0, goal.high))


def margin(outcomes: Sequence[Outcome], name: str, bound: float, *, hidden: bool, strict: bool) -> Goal:
    """How many times rarer a survivor is listed than by counting PEER reporters, in all that attack one."""
    ours = total(one.fates[Kind.SURVIVOR] for one in outcomes)
    theirs = total(one.peers[PEER][Kind.SURVIVOR] for one in outcomes)
    hits = ours.hidden if hidden else ours.listed
    if not ours.count or not theirs.listed:
        return Goal(name, bound, True, None, 0, 0, 0.0, inf, "undecided", "times")
    rate = theirs.listed / theirs.count
    low, high = wilson(hits, ours.count)
    value, least, most = (rate / share if share else inf for share in (hits / ours.count, high, low))
    verdict = judge(value, least, most, bound, at_least=True, strict=strict)
    return Goal(name, bound, True, value, hits, ours.count, least, most, verdict, "times")


def judge_all(outcomes: Iterable[Outcome], *, strict: bool) -> list[Goal]:
    """All goals, in the order of the issue's list. `strict` is meant for runs with enough trials."""
    runs = list(outcomes)
    attacked = [one for one in runs if one.attack not in ("none", "shield")]
    few = [one for one in attacked if one.share <= FEW]
    peaceful = [one for one in runs if one.attack == "none"]
    shield = total_found(one.recall_late for one in runs if one.attack == "shield" and one.share <= FEW)
    quiet = total_found(one.recall_late for one in peaceful)
    registered = total(one.fates[Kind.REGISTERED] for one in attacked if one.share <= MANY)
    usual = [one for one in runs if one.share <= FEW]
    feud = total(one.fates[Kind.FEUD] for one in usual)
    pile_on = total(one.fates[Kind.PILE_ON] for one in usual)
    close = [one for one in attacked if one.attack == "rotate" and one.share == PEER_SHARE]

    def survivors(pick: Callable[[Fate], int]) -> Callable[[Outcome], tuple[int, int]]:
        return lambda one: (pick(one.fates[Kind.SURVIVOR]), one.fates[Kind.SURVIVOR].count)

    def at_most(hits: int, trials: int, name: str, bound: float) -> Goal:
        return ratio(hits, trials, name, bound, at_least=False, strict=strict)

    def at_least(hits: int, trials: int, name: str, bound: float) -> Goal:
        return ratio(hits, trials, name, bound, at_least=True, strict=strict)

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
        at_most(registered.listed, registered.count, "registered survivor ever listed", 0.002),
        at_least(quiet.hidden, quiet.count, "abuser hidden, no attack", 0.85),
        at_least(quiet.listed, quiet.count, "abuser listed, no attack", 0.93),
        at_least(shield.hidden, shield.count, "abuser hidden, shielded", 0.85),
        at_least(shield.listed, shield.count, "abuser listed, shielded", 0.85),
        at_most(feud.listed, feud.count, "feud ever listed", 0.01),
        at_most(pile_on.listed, pile_on.count, "pile-on ever listed", 0.01),
        margin(close, f"fewer hidden than K={PEER} lists", 100, hidden=True, strict=strict),
        margin(close, f"fewer listed than K={PEER} lists", 60, hidden=False, strict=strict),
    ]
