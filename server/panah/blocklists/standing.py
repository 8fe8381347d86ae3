"""Whose word may count: Beta reputation with a lower bound, and who counts as one voice."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from datetime import date
from functools import lru_cache

from panah.blocklists.policy import Rules
from panah.blocklists.tables import Participant

# In a crowd that reports one account on one day, pairs within this many tags in order are compared. Those who
# report in step stand near each other every time, so their pairs add up, and a mob of thousands costs no millions.
NEAR = 50


@lru_cache(maxsize=65_536)
def beta_quantile(q: float, a: float, b: float) -> float:
    """The q-quantile of Beta(a, b), to 1e-9: bisection over the regularised incomplete beta function.

    The same as scipy.stats.beta.ppf, without the 100 MB that scipy takes.
    """
    low, high = 0.0, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if beta_share(middle, a, b) < q else (low, middle)
    return (low + high) / 2


def beta_share(x: float, a: float, b: float) -> float:
    """P(X <= x) for X ~ Beta(a, b), by Lentz's continued fraction (Abramowitz and Stegun 26.5.8)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - beta_share(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    fraction = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / ((1 + term * d) or tiny)
            c = (1 + term / c) or tiny
            fraction *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return front * fraction / a


def score(confirmed: float, overturned: float, rules: Rules) -> float:
    """The share of somebody's reports and votes that decisions agree with, as a cautious lower bound in (0, 1)."""
    a = rules.prior + confirmed
    b = rules.prior + rules.overturn_weight * overturned
    return beta_quantile(rules.standing_quantile, round(a, 4), round(b, 4))


def is_qualified(participant: Participant, rules: Rules, today: date) -> bool:
    """Whether somebody may be drawn as a juror."""
    return (
        not participant.suspended
        and participant.onboarded_on is not None
        and (today - participant.joined_on).days >= rules.qualified_days
        and participant.confirmed + participant.overturned >= rules.qualified_items
        and score(participant.confirmed, participant.overturned, rules) > rules.qualified_score
    )


def find_clusters(
    reports: Iterable[tuple[str, str, date]], rules: Rules, *, known: Container[str] = ()
) -> Mapping[str, str]:
    """Tags mapped to the smallest tag of those who report in step with them, from (tag, subject, day).

    Two belong together who reported the same accounts on the same day `cluster_shared` times or more, for
    `cluster_share` of the shorter history, where the longer is at most `cluster_ratio` times as long (Community
    Notes' post selection similarity, made safe against somebody who reports everything). So do those between
    them; but people in good standing (`known`) are never joined by somebody who is not.
    """
    crowds: dict[tuple[str, date], list[str]] = {}
    history: Counter[str] = Counter()
    for tag, subject, day in reports:
        crowds.setdefault((subject, day), []).append(tag)
        history[tag] += 1
    together: Counter[tuple[str, str]] = Counter()
    for crowd in crowds.values():
        crowd.sort()
        for at, tag in enumerate(crowd):
            for other in crowd[at + 1 : at + 1 + NEAR]:
                together[tag, other] += 1
    links = [
        pair for pair, shared in together.items() if in_step(shared, history[pair[0]], history[pair[1]], rules)
    ]
    parent = {tag: tag for tag in history}

    def root(tag: str) -> str:
        while parent[tag] != tag:
            parent[tag] = parent[parent[tag]]
            tag = parent[tag]
        return tag

    def unite(one: str, other: str) -> None:
        first, second = sorted((root(one), root(other)))
        parent[second] = first

    mixed = []
    for one, other in links:
        if (one in known) == (other in known):
            unite(one, other)
        else:
            mixed.append((one, other) if one in known else (other, one))
    clusters = {tag: root(tag) for tag in history}
    # Whoever has no standing yet belongs to the first of those they report in step with, and joins them to nobody.
    taken: dict[str, str] = {}
    for good, new in sorted(mixed):
        taken.setdefault(clusters[new], clusters[good])
    return {tag: taken.get(cluster, cluster) if tag not in known else cluster for tag, cluster in clusters.items()}


def in_step(shared: int, one: int, other: int, rules: Rules) -> bool:
    """Whether so many reports in common are more than chance for histories of these lengths."""
    shorter, longer = sorted((one, other))
    # Two more, so that three reports in common by chance do not join two beginners.
    return (
        shared >= rules.cluster_shared
        and shared / (shorter + 2) >= rules.cluster_share
        and longer <= rules.cluster_ratio * shorter
    )
