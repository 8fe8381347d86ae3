"""Which worlds are played: the small set and the full one, and how they are spread over processes."""

import itertools
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from panah.blocklists.policy import Rules
from panah.simulate.actors import World
from panah.simulate.tally import Outcome
from panah.simulate.world import ATTACKS, Attack, AttackedWorld, Population

STEPS = 100  # of progress that a world is divided into
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)

# The small set: many attacked accounts among few people where that is what is asked, so that few fast worlds tell
# enough. Juries need people: how many abusers are found is measured in worlds of the full set.
SIEGE = Population(
    honest=100, abusive=60, bystanders=200, survivors=80, registered=40, feud=30, pile_on=30, camouflage=12
)
# Where every attacker reports every survivor, so many reports take long.
MOB = replace(SIEGE, survivors=20, registered=10)
# (attack, share, worlds, population, ticks of the service a day)
SMALL_SET: tuple[tuple[Attack, float, int, Population, int], ...] = (
    ("none", 0.0, 1, Population(), 2),
    ("naive", 0.2, 1, MOB, 1),
    ("lockstep", 0.2, 1, MOB, 1),
    ("rotate", 0.1, 1, SIEGE, 1),
    ("rotate", 0.2, 2, SIEGE, 1),
    ("shield", 0.2, 1, Population(), 2),
)


@dataclass(frozen=True)
class Job:
    """One world to play."""

    attack: Attack
    share: float
    rep: int
    population: Population = field(default_factory=Population)
    rules: Rules | None = None
    ticks: int = 2  # a day

    @property
    def seed(self) -> int:
        """Different for every attack, share and repetition, and always the same."""
        return 1_000_000 * (ATTACKS.index(self.attack) + 1) + 1000 * round(100 * self.share) + self.rep

    def world(self) -> World:
        return AttackedWorld(self.attack, self.share, self.seed, self.population)


def small_jobs(rules: Rules | None = None) -> list[Job]:
    return [
        Job(attack, share, rep, who, rules, ticks)
        for attack, share, reps, who, ticks in SMALL_SET
        for rep in range(reps)
    ]


def full_jobs(
    reps: int, attacks: Sequence[Attack] = ATTACKS, shares: Sequence[float] = SHARES, rules: Rules | None = None
) -> list[Job]:
    cells = [(attack, share) for attack in attacks for share in ((0.0,) if attack == "none" else shares)]
    return [Job(attack, share, rep, rules=rules) for attack, share in cells for rep in range(reps)]


class Playable(Protocol):
    """What a process is given: one world to make, and how to play it."""

    @property
    def attack(self) -> str: ...

    @property
    def share(self) -> float: ...

    @property
    def seed(self) -> int: ...

    @property
    def rules(self) -> Rules | None: ...

    @property
    def ticks(self) -> int: ...

    def world(self) -> World: ...


# Set in each process that plays: how many steps all of them have taken.
_taken: Any = None


def _begin(taken: Any) -> None:
    global _taken
    _taken = taken


def _count_step() -> None:
    if _taken is not None:
        with _taken.get_lock():
            _taken.value += 1


def play_job(job: Playable, step: Callable[[], None] = _count_step) -> Outcome:
    """Plays one world. `step` is called STEPS times."""
    from panah.simulate.driver import play

    taken = 0

    def progress(done: float) -> None:
        nonlocal taken
        while taken < int(done * STEPS):
            taken += 1
            step()

    return play(job.world(), job.seed, rules=job.rules, ticks=job.ticks, progress=progress)


def play_all(jobs: Sequence[Playable], processes: int, progress: Callable[[int], None]) -> Iterator[Outcome]:
    """Plays jobs and gives their outcomes in the order of the jobs. `progress` hears how many steps are done, of
    STEPS a job.

    With one process everything happens in this one.
    """
    if processes <= 1:
        taken = itertools.count(1)
        for job in jobs:
            yield play_job(job, lambda: progress(next(taken)))
        return
    context = multiprocessing.get_context("spawn")
    total = context.Value("q", 0)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(total,)) as pool:
        futures = [pool.submit(play_job, job) for job in jobs]
        try:
            open_futures = set(futures)
            while open_futures:
                _, open_futures = wait(open_futures, timeout=0.25, return_when=FIRST_COMPLETED)
                progress(total.value)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        yield from (future.result() for future in futures)
