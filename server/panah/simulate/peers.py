"""What counting reporters would have listed, from the same reports: the rule of the peers in docs/simulation.md."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from panah.simulate.actors import Report

COUNTS = (1, 3, 5, 10)


def reached(reports: Iterable[Report], counts: Sequence[int] = COUNTS) -> dict[int, dict[int, float]]:
    """For each K: subjects that K different people reported, with the day on which the Kth did."""
    reporters: defaultdict[int, set[int]] = defaultdict(set)
    found: dict[int, dict[int, float]] = {count: {} for count in counts}
    for one in sorted(reports, key=lambda one: one.at):
        who = reporters[one.subject]
        if one.contributor in who:
            continue
        who.add(one.contributor)
        if len(who) in found:
            found[len(who)][one.subject] = one.at
    return found
