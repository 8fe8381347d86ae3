"""What the preview of a threshold takes: `python -m benchmarks.previews`.

Measured is all that the page works out while a slider moves. Baseline: Policy.decide for each English test reply.
"""

import time
from collections.abc import Callable
from statistics import median

from panah.consoles import thresholds as pages
from panah.scoring.classifier import read_config
from panah.scoring.evidence import evidence_of
from panah.scoring.policies import shipped
from panah.scoring.policy import LABELS
from panah.scoring.tuning import InForce
from panah.settings import Settings

GOAL = 0.050  # seconds
ROUNDS = 25


def seconds(work: Callable[[], object]) -> float:
    """Median of some rounds."""
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return median(took)


def main() -> None:
    folder = Settings().model_dir
    config, evidence = read_config(folder), evidence_of(folder)
    current = InForce(shipped(config), None)

    def preview() -> None:
        one = pages.asked({"blame-hide": "0.6"}, config, evidence, current)
        whole = pages.whole(one, [])
        pages.row_of(one, "blame", [], whole["shown_faults"])

    replies = [dict(zip(LABELS, evidence.scores[at].tolist(), strict=True)) for at in evidence.places["en"]]

    def one_by_one() -> None:
        for scores in replies:
            current.policy.decide(scores, group="en", sensitivity="balanced")

    mine, base = seconds(preview), seconds(one_by_one)
    print(f"a preview: {1000 * mine:.1f} ms, {mine / base:.2f}x of deciding {len(replies)} replies one by one")
    print(f"goal {1000 * GOAL:.0f} ms: {'met' if mine <= GOAL else 'missed'}")


if __name__ == "__main__":
    main()
