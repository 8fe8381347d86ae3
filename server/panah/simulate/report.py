"""What the runs came to, as tables for people and as JSON for machines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isinf
from statistics import mean
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from panah.intervals import wilson
from panah.simulate.actors import Kind
from panah.simulate.goals import PEER, Goal, total, total_found
from panah.simulate.peers import COUNTS
from panah.simulate.tally import Fate, Found, Outcome


@dataclass(frozen=True)
class Cell:
    """All runs of one attack at one share of attackers, together."""

    attack: str
    share: float
    runs: int
    fates: Mapping[str, Fate]
    recall: Found
    recall_late: Found
    delay: float | None  # mean of the runs' medians, days
    peers: Mapping[int, Mapping[str, Fate]]
    peers_recall: Mapping[int, Found]
    costs: Mapping[str, float]  # a run


def cells_of(outcomes: Iterable[Outcome]) -> list[Cell]:
    """In the order in which the attacks come first, then by share."""
    groups: defaultdict[tuple[str, float], list[Outcome]] = defaultdict(list)
    order: dict[str, int] = {}
    for one in outcomes:
        order.setdefault(one.attack, len(order))
        groups[one.attack, one.share].append(one)
    return [
        together(attack, share, runs)
        for (attack, share), runs in sorted(groups.items(), key=lambda group: (order[group[0][0]], group[0][1]))
    ]


def together(attack: str, share: float, runs: Sequence[Outcome]) -> Cell:
    delays = [one.delay for one in runs if one.delay is not None]
    names = {name for one in runs for name in one.costs}
    return Cell(
        attack=attack,
        share=share,
        runs=len(runs),
        fates={kind: total(one.fates[kind] for one in runs) for kind in runs[0].fates},
        recall=total_found(one.recall for one in runs),
        recall_late=total_found(one.recall_late for one in runs),
        delay=mean(delays) if delays else None,
        peers={k: {kind: total(one.peers[k][kind] for one in runs) for kind in runs[0].fates} for k in COUNTS},
        peers_recall={k: total_found(one.peers_recall[k] for one in runs) for k in COUNTS},
        costs={name: mean(one.costs.get(name, 0) for one in runs) for name in sorted(names)},
    )


def percent(hits: int, trials: int, *, upper: bool = False) -> str:
    """As "0.50 ≤1.82": the share and, where asked for, the upper end of its 95 % interval, in percent."""
    if not trials:
        return "-"
    share = 100 * hits / trials
    shown = f"{share:.2f}" if share < 10 else f"{share:.1f}"
    return f"{shown} ≤{100 * wilson(hits, trials)[1]:.2f}" if upper else shown


def main_table(cells: Iterable[Cell]) -> Table:
    table = Table(title="Panah's rules, in percent (≤: upper end of the 95 % interval)", title_justify="left")
    table.add_column("attack")
    for name in (
        "share", "survivors", "listed", "hidden", "stands", "registered", "feud", "pile-on", "others",
        "abusers listed", "hidden", "days", "votes", "looks",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for cell in cells:
        survivor, registered = cell.fates[Kind.SURVIVOR], cell.fates[Kind.REGISTERED]
        table.add_row(
            cell.attack,
            f"{cell.share:.2f}",
            str(survivor.count),
            percent(survivor.listed, survivor.count, upper=True),
            percent(survivor.hidden, survivor.count, upper=True),
            percent(survivor.standing, survivor.count),
            percent(registered.listed, registered.count),
            *(
                percent(cell.fates[kind].listed, cell.fates[kind].count)
                for kind in (Kind.FEUD, Kind.PILE_ON, Kind.BYSTANDER)
            ),
            percent(cell.recall_late.listed, cell.recall_late.count),
            percent(cell.recall_late.hidden, cell.recall_late.count),
            "-" if cell.delay is None else f"{cell.delay:.1f}",
            f"{cell.costs.get('votes', 0):.0f}",
            f"{cell.costs.get('looks', 0):.0f}",
        )
    return table


def peers_table(cells: Iterable[Cell]) -> Table:
    table = Table(
        title="The same reports, counted as the peers do (K reporters list), in percent", title_justify="left"
    )
    table.add_column("attack")
    table.add_column("share", justify="right")
    columns = [
        (f"{name} K={count}" if count == COUNTS[0] else f"K={count}")
        for name in ("survivors", "abusers")
        for count in COUNTS
    ]
    for name in (*columns, f"feud K={PEER}", f"pile-on K={PEER}"):
        table.add_column(name, justify="right")
    for cell in cells:
        survivors = [cell.peers[count][Kind.SURVIVOR] for count in COUNTS]
        others = [cell.peers[PEER][kind] for kind in (Kind.FEUD, Kind.PILE_ON)]
        found = [percent(cell.peers_recall[count].listed, cell.peers_recall[count].count) for count in COUNTS]
        wrong, rest = ([percent(fate.listed, fate.count) for fate in fates] for fates in (survivors, others))
        table.add_row(cell.attack, f"{cell.share:.2f}", *wrong, *found, *rest)
    return table


def shown(goal: Goal, value: float | None) -> str:
    if value is None:
        return "-"
    if goal.unit == "times":
        return "no case" if isinf(value) else f"{value:.0f}×"
    return f"{100 * value:.2f} %"


def goals_table(goals: Iterable[Goal]) -> Table:
    table = Table(title="Goals", title_justify="left")
    for name in ("goal", "bound", "measured", "95 % interval", "cases", ""):
        table.add_column(name, justify="left" if name in ("goal", "") else "right")
    for goal in goals:
        style = {"met": "", "undecided": "dim", "missed": "bold"}[goal.verdict]
        name = f"{goal.name} ({goal.where})" if goal.where else goal.name
        bound = ("≥ " if goal.at_least else "≤ ") + shown(goal, goal.bound)
        interval = f"{shown(goal, goal.low)} - {shown(goal, goal.high)}" if goal.value is not None else "-"
        cases = f"{goal.hits} of {goal.trials}"
        table.add_row(name, bound, shown(goal, goal.value), interval, cases, Text(goal.verdict), style=style)
    return table


def risks_table(risks: Iterable[tuple[str, float, str, str]]) -> Table:
    """What no goal is asked of: attacks that keep something, whatever the rules."""
    table = Table(title="What attackers keep", title_justify="left")
    for name in ("attack", "share", "what happened", "what remains"):
        table.add_column(name, justify="right" if name == "share" else "left")
    for attack, share, figures, remains in risks:
        table.add_row(attack, f"{share:.2f}", figures, remains)
    return table


def tables(
    cells: Sequence[Cell], goals: Sequence[Goal], risks: Sequence[tuple[str, float, str, str]] = ()
) -> RenderableType:
    parts = [main_table(cells), peers_table(cells), goals_table(goals)]
    if risks:
        parts.append(risks_table(risks))
    return Group(*(line for part in parts for line in (part, Text())))


def summary(goals: Sequence[Goal]) -> str:
    """The last line: `simulate: 12/12 goals met`, and what else there is to say."""
    met = sum(goal.verdict == "met" for goal in goals)
    line = f"simulate: {met}/{len(goals)} goals met"
    untried = sum(goal.verdict == "undecided" and goal.value is None for goal in goals)
    unclear = sum(goal.verdict == "undecided" for goal in goals) - untried
    if unclear:
        line += f", {unclear} not decided by so few trials"
    if untried:
        line += f", {untried} not tried"
    missed = [goal.name for goal in goals if goal.verdict == "missed"]
    return f"{line}; missed: {', '.join(missed)}" if missed else line


def as_json(
    outcomes: Sequence[Outcome], cells: Sequence[Cell], goals: Sequence[Goal], **about: Any
) -> dict[str, Any]:
    """Everything measured. Infinite numbers are None, since JSON has none."""

    def plain(goal: Goal) -> dict[str, Any]:
        found = asdict(goal)
        return {name: None if isinstance(value, float) and isinf(value) else value for name, value in found.items()}

    return {
        **about,
        "goals": [plain(goal) for goal in goals],
        "cells": [asdict(cell) for cell in cells],
        "runs": [asdict(one) for one in outcomes],
    }
