"""`panah simulate`: plays the worlds, prints tables, writes JSON and a plot, and says whether the goals are met."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Annotated, NoReturn

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from panah.blocklists.policy import Rules
from panah.simulate import report
from panah.simulate.goals import judge_all
from panah.simulate.plan import SHARES, Job, days_of, full_jobs, play_all, small_jobs
from panah.simulate.plot import draw
from panah.simulate.tally import Outcome
from panah.simulate.world import ATTACKS, Attack

REPS = 8
TABLE_WIDTH = 150  # wide enough for every column where the output is no terminal


def refuse(message: str) -> NoReturn:
    """One line on stderr that says what to do, and exit status 2."""
    typer.echo(f"panah: {message}", err=True)
    raise typer.Exit(2)


def read_rules(path: Path | None) -> Rules | None:
    """The rules in a JSON file; what it does not name stays as it is."""
    if path is None:
        return None
    try:
        return Rules.model_validate_json(path.read_bytes())
    except OSError as error:
        refuse(f"{path}: {error.strerror}")
    except ValidationError as error:
        wrong = error.errors()[0]
        name = ".".join(str(part) for part in wrong["loc"]) or "the rules"
        refuse(f"{path}: {name}: {wrong['msg'].removeprefix('Value error, ')}")


def play_with_progress(jobs: Sequence[Job], processes: int) -> list[Outcome]:
    """Plays all jobs. A bar on a terminal; elsewhere a line on stderr for each tenth."""
    total = sum(days_of(job) for job in jobs)
    terminal = sys.stderr.isatty()
    tenth = 0
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not terminal, transient=True) as bar:
        task = bar.add_task(f"{len(jobs)} worlds", total=total)

        def progress(days: int) -> None:
            nonlocal tenth
            bar.update(task, completed=days)
            if not terminal and days * 10 // total > tenth:
                tenth = days * 10 // total
                typer.echo(f"simulate: {tenth * 10} % of {len(jobs)} worlds", err=True)

        return list(play_all(jobs, processes, progress))


def known_attacks(names: Iterable[str]) -> list[Attack]:
    """The attacks of these names, or all."""
    wanted = set(names)
    wrong = sorted(wanted.difference(ATTACKS))
    if wrong:
        refuse(f"there is no attack {wrong[0]}; there are {', '.join(ATTACKS)}")
    return [one for one in ATTACKS if one in wanted or not wanted]


def simulate(
    small: Annotated[
        bool, typer.Option("--small", help="Few worlds with many attacked accounts: two minutes.")
    ] = False,
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
    attacks = known_attacks(attack or ())
    if any(not 0 < one < 1 for one in share or ()):
        refuse("a share lies between 0 and 1, as in --share 0.2")
    plan = small_jobs(rules) if small else full_jobs(reps, attacks, sorted(share or SHARES), rules)
    if small:
        plan = [one for one in plan if one.attack in attacks and (not share or one.share in (0.0, *share))]
    if not plan:
        refuse("the small set has no such share; leave --small out")
    outcomes = play_with_progress(plan, min(jobs or os.cpu_count() or 1, len(plan)))
    cells = report.cells_of(outcomes)
    goals = judge_all(outcomes, strict=not small)
    console = Console() if sys.stdout.isatty() else Console(width=TABLE_WIDTH)
    console.print(report.tables(cells, goals))
    if out is not None:
        about = {
            "set": "small" if small else "full",
            "rules": (rules or Rules()).model_dump(),
            "seeds": [one.seed for one in plan],
            "seconds": round(perf_counter() - started, 1),
        }
        try:
            out.mkdir(parents=True, exist_ok=True)
            found = report.as_json(outcomes, cells, goals, **about)
            options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
            (out / "simulation.json").write_bytes(orjson.dumps(found, option=options))
            (out / "simulation.svg").write_text(draw(cells), encoding="utf-8")
        except OSError as error:
            refuse(f"{error.filename}: {error.strerror}")
    typer.echo(report.summary(goals))
    raise typer.Exit(1 if any(goal.verdict == "missed" for goal in goals) else 0)
