"""What a call of the model costs in time, as a function of its shape, measured on the machine that serves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import combinations
from time import perf_counter, thread_time

import numpy as np

from panah.scoring.classifier import MOST_TOGETHER, Encoded, Scores

Model = Callable[[Sequence[Encoded]], Scores]  # replies to one post in, a row for each out

# (replies, tokens of each, tokens of the post). Those of four tell what company saves, the long one what attention
# costs.
SHAPES = ((1, 16, 1), (4, 16, 1), (1, 24, 48), (4, 24, 48), (1, 128, 1))
LONGEST_CALL = 0.03  # seconds that replies are joined up to: nobody's turn comes sooner than a call ends
LEAST_SAVING = 0.2  # of its time alone that joining a reply must save: one much longer pads all the others
ROUNDS = 6  # the fastest of them counts: what disturbs a run only ever makes it longer
BUDGET = 0.25  # seconds after which no further round begins, for machines that are slow
MOST_PATIENCE = 4  # times as many by the clock, for those that are busy


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one thread: for a call, for a token of it, and for each two tokens of which one hears the other.
    `together` says whether replies to one post share a call, in which the post is read once and all of them are
    padded to the longest for attention.
    """

    call: float
    token: float
    square: float
    together: bool = True

    def seconds(self, replies: Sequence[int], post: int) -> float:
        """The time of one call with replies of so many tokens to a post of `post` tokens."""
        return self._seconds(len(replies), sum(replies), max(replies), post)

    def share(self, reply: int, post: int, company: int) -> float:
        """The time that a reply of `reply` tokens takes where `company` of them, or as many as fit, share a call
        with a post of `post` tokens.
        """
        while (whole := self._seconds(company, company * reply, reply, post)) > LONGEST_CALL and company > 1:
            company -= 1
        return whole / company

    def company(self, reply: int, post: int, others: Sequence[int], most: int = MOST_TOGETHER) -> list[int]:
        """Which of `others`, the tokens of replies to the same post, are best judged in one call with a reply of
        `reply` tokens: their places, those of like length first. `most` replies share a call.
        """
        chosen: list[int] = []
        total = longest = reply
        seconds = self._seconds(1, reply, reply, post)
        nearest = nsmallest(most - 1, range(len(others)), key=lambda at: abs(others[at] - reply))
        for at in nearest if self.together else ():
            more = others[at]
            longer = self._seconds(len(chosen) + 2, total + more, max(longest, more), post)
            saved = 1 - (longer - seconds) / self._seconds(1, more, more, post)
            if longer > LONGEST_CALL or saved < LEAST_SAVING:
                break
            chosen.append(at)
            total, longest, seconds = total + more, max(longest, more), longer
        return chosen

    def _seconds(self, count: int, total: int, longest: int, post: int) -> float:
        tokens, squares = parts(count, total, longest, post)
        return self.call + self.token * tokens + self.square * squares


def parts(count: int, total: int, longest: int, post: int) -> tuple[int, int]:
    """A call's tokens, and its pairs of tokens of which one hears the other; `count` replies have `total`."""
    return post + total, post * post + count * longest * (post + longest)


def fit(measured: Sequence[tuple[int, int, int, float]], *, together: bool = True) -> Cost:
    """The cost that is nearest to (replies, tokens of each, tokens of the post, seconds), by relative error, with
    no part below zero.

    Every choice of parts that may differ from zero is tried: for three parts that is the exact answer, in seven
    small problems.
    """
    seconds = np.array([took for *_, took in measured])
    shapes = [(1, *parts(count, count * each, each, post)) for count, each, post, _ in measured]
    terms = np.array(shapes, np.float64) / seconds[:, None]
    best, least = np.zeros(3), np.inf
    for chosen in (list(one) for size in (1, 2, 3) for one in combinations(range(3), size)):
        found = np.zeros(3)
        found[chosen] = np.linalg.lstsq(terms[:, chosen], np.ones(len(terms)), rcond=None)[0]
        error = float(np.sum((terms @ found - 1) ** 2))
        if found.min() >= 0 and error < least:
            best, least = found, error
    call, token, square = best.tolist()
    return Cost(call, token, square, together)


def measure(model: Model, *, reply: int, post: int, together: bool = True) -> Cost:
    """Times a few calls of pairs of at most so many tokens, by the processor's time of this thread: a server that
    starts while the machine is busy must not take its model for slow ever after. Takes 0.2 s where a token costs
    70 µs. Raises what the model raises.
    """
    shapes = [
        (count, min(each, reply), min(above, post)) for count, each, above in SHAPES if together or count == 1
    ]
    fastest = dict.fromkeys(shapes, np.inf)
    by_clock = dict.fromkeys(shapes, np.inf)
    end, latest = thread_time() + BUDGET, perf_counter() + MOST_PATIENCE * BUDGET
    for turn in range(1 + ROUNDS):  # the first one only warms up
        for count, each, above in fastest:
            batch = [Encoded([1] * (each + above), each, False)] * count
            begun, begun_by_clock = thread_time(), perf_counter()
            model(batch)
            if turn:
                shape = count, each, above
                fastest[shape] = min(thread_time() - begun, fastest[shape])
                by_clock[shape] = min(perf_counter() - begun_by_clock, by_clock[shape])
        if turn and (thread_time() > end or perf_counter() > latest):
            break
    if min(fastest.values()) <= 0:  # the system counts in ticks that are longer than a call
        fastest = {shape: max(took, 1e-9) for shape, took in by_clock.items()}
    return fit([(*shape, took) for shape, took in fastest.items()], together=together)
