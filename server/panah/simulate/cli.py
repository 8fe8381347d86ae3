"""`panah simulate`: plays the worlds, prints tables, writes JSON and a plot, and says whether the goals are met."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Annotated

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from panah.blocklists.policy import Rules
from panah.command import fail
from panah.simulate import adaptive, report
from panah.simulate.goals import judge_all
from panah.simulate.plan import STEPS, Playable, full_jobs, play_all, small_jobs
from panah.simulate.plot import draw
from panah.simulate.tally import Outcome
from panah.simulate.world import ATTACKS

REPS = 8
TABLE_WIDTH = 160  # wide enough for every column where the output is no terminal


def read_rules(path: Path | None) -> Rules | None:
    """The rules in a JSON file; what it does not name stays as it is."""
    if path is None:
        return None
    try:
        return Rules.model_validate_json(path.read_bytes())
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    except ValidationError as error:
        wrong = error.errors()[0]
        name = ".".join(str(part) for part in wrong["loc"]) or "the rules"
        fail(f"{path}: {name}: {wrong['msg'].removeprefix('Value error, ')}")


def play_with_progress(jobs: Sequence[Playable], processes: int) -> list[Outcome]:
    """Plays all jobs. A bar on a terminal; elsewhere a line on stderr for each tenth."""
    total = STEPS * len(jobs)
    terminal = sys.stderr.isatty()
    tenth = 0
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not terminal, transient=True) as bar:
        task = bar.add_task(f"{len(jobs)} worlds", total=total)

        def progress(steps: int) -> None:
            nonlocal tenth
            bar.update(task, completed=steps)
            if not terminal and steps * 10 // total > tenth:
                tenth = steps * 10 // total
                typer.echo(f"simulate: {tenth * 10} % of {len(jobs)} worlds", err=True)

        return list(play_all(jobs, processes, progress))


def planned(
    small: bool, reps: int, rules: Rules | None, attacks: Sequence[str], shares: Sequence[float]
) -> list[Playable]:
    """The worlds that are asked for: of the small set or of both generators, some attacks and shares or all."""
    if small:
        every: list[Playable] = [*small_jobs(rules)]
    else:
        every = [*full_jobs(reps, rules=rules), *adaptive.trials(reps=reps, rules=rules)]
    names = list(dict.fromkeys(one.attack for one in every))
    unknown = next((one for one in attacks if one not in names), None)
    if unknown is not None:
        fail(f"there is no attack {unknown}; there are {', '.join(names)}")
    chosen = [one for one in every if not attacks or one.attack in attacks]
    # Without attackers there is one share only, whatever is asked for.
    chosen = [one for one in chosen if not shares or one.share in (0.0, *shares)]
    if not chosen:
        known = sorted({one.share for one in every})
        fail(f"no attack is planned with that share; there are {', '.join(f'{one:g}' for one in known)}")
    return chosen


def simulate(
    small: Annotated[bool, typer.Option("--small", help="Few worlds of the first generator: two minutes.")] = False,
    reps: Annotated[int, typer.Option(help="Worlds of each attack and share (full set).", min=1)] = REPS,
    jobs: Annotated[int, typer.Option(help="Processes; 0: one a core.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for simulation.json and simulation.svg.")] = None,
    rule: Annotated[Path | None, typer.Option(help="JSON file with other numbers for the rules.")] = None,
    attack: Annotated[list[str] | None, typer.Option(help="Only this attack; can be repeated.")] = None,
    share: Annotated[
        list[float] | None, typer.Option(help="Only this share of attackers; can be repeated.")
    ] = None,
) -> None:
    """Attack the shared lists with made-up people, and compare with counting reporters.

    Ends with one line such as `simulate: 12/12 goals met`; the exit status is 1 when a goal is missed.
    """
    started = perf_counter()
    rules = read_rules(rule)
    plan = planned(small, reps, rules, attack or (), share or ())
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)  # now, and not after an hour
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}")
    outcomes = play_with_progress(plan, min(jobs or os.cpu_count() or 1, len(plan)))
    first = [one for one in outcomes if one.attack in ATTACKS]
    second = [one for one in outcomes if one.attack not in ATTACKS]
    cells = report.cells_of(outcomes)
    goals = judge_all(first, strict=not small) if first else []
    if second:
        judged = adaptive.judge(second, strict=not small)
        goals += [replace(goal, name=f"second generator: {goal.name}") for goal in judged]
    console = Console() if sys.stdout.isatty() else Console(width=TABLE_WIDTH)
    console.print(report.tables(cells, goals, adaptive.open_risks(second)))
    if out is not None:
        about = {
            "set": "small" if small else "full",
            "rules": (rules or Rules()).model_dump(),
            "seeds": [one.seed for one in plan],
            "seconds": round(perf_counter() - started, 1),
        }
        found = report.as_json(outcomes, cells, goals, **about)
        options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
        try:
            (out / "simulation.json").write_bytes(orjson.dumps(found, option=options))
            (out / "simulation.svg").write_text(draw(cells), encoding="utf-8")
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}")
    typer.echo(report.summary(goals))
    raise typer.Exit(1 if any(goal.verdict == "missed" for goal in goals) else 0)
