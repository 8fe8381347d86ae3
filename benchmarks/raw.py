"""The limit: the same pairs in the same company through the same model, with no service around it."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from math import ceil

import numpy as np

from panah.scoring.classifier import MOST_TOGETHER, Classifier, Encoded
from panah.scoring.cost import Cost


@dataclass(eq=False)
class Request:
    """Its pairs that are not judged yet."""

    left: int


@dataclass(frozen=True, eq=False)
class Waiting:
    """A pair that nobody has taken."""

    number: int  # in order of arrival
    request: Request
    pair: Encoded = field(repr=False)


class Queue:
    """What so many clients have asked for: the oldest pair goes first, with those to the same post that it best
    shares a call with. Other threads are left their share, as in the service. A request that is done is followed by
    the client's next one.
    """

    def __init__(
        self, requests: Sequence[Sequence[Encoded]], clients: int, *, cost: Cost, threads: int = 1
    ) -> None:
        self.lock = threading.Lock()
        self.next: Iterator[Sequence[Encoded]] = cycle(requests)
        self.cost = cost
        self.threads = threads
        self.posts: dict[tuple[int, ...], list[Waiting]] = {}  # by post, in order of arrival
        self.arrived = self.taken = 0
        for _ in range(clients):
            self.ask()

    def ask(self) -> None:
        pairs = next(self.next)
        request = Request(len(pairs))
        for pair in pairs:
            self.posts.setdefault(pair.post, []).append(Waiting(self.arrived, request, pair))
            self.arrived += 1

    def take(self) -> list[Waiting]:
        """Pairs of one post for one call; none where all is being judged."""
        with self.lock:
            if not self.posts:
                return []
            post, (oldest, *others) = min(self.posts.items(), key=lambda line: line[1][0].number)
            most = min(MOST_TOGETHER, ceil((self.arrived - self.taken) / self.threads))
            lengths = [one.pair.reply_tokens for one in others]
            places = self.cost.company(oldest.pair.reply_tokens, len(post), lengths, most)
            group = [oldest, *(others[at] for at in places)]
            self.taken += len(group)
            chosen = set(places)
            left = [one for at, one in enumerate(others) if at not in chosen]
            if left:
                self.posts[post] = left
            else:
                del self.posts[post]
            return group

    def done(self, group: Sequence[Waiting]) -> None:
        with self.lock:
            for one in group:
                one.request.left -= 1
                if not one.request.left:
                    self.ask()


def calls(pairs: Sequence[Encoded], *, cost: Cost) -> list[list[Encoded]]:
    """The calls in which one thread judges a request, when nothing else waits."""
    queue = Queue([pairs], 1, cost=cost)
    return [[one.pair for one in group] for group in iter(queue.take, [])]


def replies_a_second(
    model: Classifier,
    requests: Sequence[Sequence[Encoded]],
    *,
    cost: Cost,
    clients: int,
    threads: int,
    seconds: float,
) -> float:
    """How many pairs the model judges when `threads` do nothing else, in a closed loop of `clients`."""
    queue = Queue(requests, clients, cost=cost, threads=threads)
    judged = [0] * threads
    start = time.perf_counter()

    def work(at: int) -> None:
        while time.perf_counter() - start < seconds:
            group = queue.take()
            if group:
                model.score([one.pair for one in group])
                queue.done(group)
                judged[at] += len(group)
            else:
                time.sleep(0.0001)

    lanes = [threading.Thread(target=work, args=(at,)) for at in range(threads)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    return sum(judged) / (time.perf_counter() - start)


def seconds_alone(model: Classifier, pairs: Sequence[Encoded]) -> list[float]:
    """What each pair takes by itself, one after the other."""
    found = []
    for pair in pairs:
        start = time.perf_counter()
        model.score([pair])
        found.append(time.perf_counter() - start)
    return found


@dataclass(frozen=True)
class Fit:
    """Seconds a call: call + token·n + square·n², and the share of what was measured that it explains."""

    call: float
    token: float
    square: float
    r2: float


def fit(lengths: Sequence[float], seconds: Sequence[float]) -> Fit:
    """Least squares on relative errors, so that short pairs count as much as long ones."""
    n, taken = np.asarray(lengths, float), np.asarray(seconds, float)
    terms = np.stack([np.ones_like(n), n, n**2], 1)
    found, *_ = np.linalg.lstsq(terms / taken[:, None], np.ones_like(taken), rcond=None)
    left = taken - terms @ found
    r2 = 1 - float((left**2).sum() / ((taken - taken.mean()) ** 2).sum())
    return Fit(float(found[0]), float(found[1]), float(found[2]), r2)


def cut(pairs: Sequence[Encoded], *, reply: int, post: int) -> Encoded:
    """A pair of so many tokens: a long one of `pairs`, cut or repeated."""
    long = next(pair for pair in pairs if len(pair.ids) > 40)
    return Encoded((long.ids * (1 + (reply + post) // 40))[: reply + post], reply, False)


def by_length(model: Classifier, pairs: Sequence[Encoded], *, turns: int = 9) -> dict[int, float]:
    """Median seconds of a call with one pair by its tokens, 8, 16 … 192, of which a third are the reply's (at least
    8) and the others the post's, as they are on average. Lengths take turns.
    """
    replies = {n: max(8, n // 3) for n in range(8, 200, 8)}
    some = {n: cut(pairs, reply=reply, post=n - reply) for n, reply in replies.items()}
    found: dict[int, list[float]] = {n: [] for n in some}
    for _ in range(turns):
        for n, pair in some.items():
            found[n] += seconds_alone(model, [pair])
    return {n: statistics.median(times) for n, times in found.items()}


def in_company(
    model: Classifier, pairs: Sequence[Encoded], *, counts: Sequence[int] = (1, 2, 4, 8), turns: int = 15
) -> dict[int, float]:
    """Median seconds a reply by how many share a call. Replies have the mean length, and so has their post."""
    reply, whole = (round(statistics.fmean(of)) for of in zip(*map(lengths, pairs), strict=True))
    pair = cut(pairs, reply=reply, post=whole - reply)
    found: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(turns):
        for count, times in found.items():
            start = time.perf_counter()
            model.score([pair] * count)
            times.append((time.perf_counter() - start) / count)
    return {count: statistics.median(times) for count, times in found.items()}


def lengths(pair: Encoded) -> tuple[int, int]:
    """Tokens of the reply and of the whole pair."""
    return pair.reply_tokens, len(pair.ids)
