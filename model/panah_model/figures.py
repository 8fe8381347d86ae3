"""The tables of the model card, from an artefact's metrics.json."""

from collections.abc import Iterator, Sequence
from typing import Any

from panah.scoring.policy import LABELS

NAMES = {"en": "English", "ur-Latn": "Roman Urdu", "ur": "Urdu"}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join("–" if cell is None else str(cell) for cell in row) + " |"


def percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def headline(test: dict[str, Any]) -> Iterator[str]:
    """What a reader of the README wants: how it ranks, what it hides, what it hides wrongly."""
    head = ["language", "rows", "AUC victim blaming", "AUC hostile", "blind to the post"]
    head += ["hostile hidden", "… or flagged", "innocent hidden", "innocent flagged"]
    rows = []
    for group, found in test.items():
        done = found["actions"]["balanced"]
        hostile, innocent = done["hostile"], done["innocent"]
        rows.append(
            [
                NAMES[group],
                found["rows"],
                found["victim_blaming"]["auc"],
                found["hostile"]["auc"],
                found["without_context"]["victim_blaming"],
                percent(hostile["hidden"]),
                percent(hostile["hidden"] + hostile["flagged"]),
                percent(innocent["hidden"]),
                percent(innocent["flagged"]),
            ]
        )
    yield from table(head, rows)


def labels(test: dict[str, Any]) -> Iterator[str]:
    rows = [
        [
            label,
            *(
                f"{found[label]['auc']} ({found[label]['positives']})" if label in found else None
                for found in test.values()
            ),
        ]
        for label in LABELS
    ]
    yield from table(["AUC (positives)", *(NAMES[group] for group in test)], rows)


def kinds(test: dict[str, Any]) -> Iterator[str]:
    """Innocent replies hidden at balanced, by what they are."""
    names = sorted(
        {kind for found in test.values() for kind in found["actions"]["balanced"]} - {"hostile", "innocent"}
    )
    rows = []
    for kind in names:
        cells = [found["actions"]["balanced"].get(kind) for found in test.values()]
        rows.append([kind, *(f"{percent(cell['hidden'])} of {cell['rows']}" if cell else None for cell in cells)])
    yield from table(["hidden wrongly", *(NAMES[group] for group in test)], rows)


def sensitivities(test: dict[str, Any]) -> Iterator[str]:
    rows = []
    for group, found in test.items():
        for name, done in found["actions"].items():
            hostile, innocent = done["hostile"], done["innocent"]
            cells = [hostile["hidden"], hostile["flagged"], innocent["hidden"], innocent["flagged"]]
            rows.append([NAMES[group], name, *map(percent, cells)])
    head = ["language", "sensitivity", "hostile hidden", "hostile flagged", "innocent hidden", "innocent flagged"]
    yield from table(head, rows)


def public(report: dict[str, Any]) -> Iterator[str]:
    rows = [
        [name, found["rows"], found["auc"], percent(found["hostile_hidden"]), percent(found["innocent_hidden"])]
        for name, found in report.items()
    ]
    yield from table(["public set", "rows", "AUC hostile", "hostile hidden", "innocent hidden"], rows)


def write(metrics: dict[str, Any]) -> Iterator[str]:
    """All tables as Markdown lines."""
    parts = [
        ("Test: whole briefs that nothing was trained on", headline(metrics["test"])),
        ("Test, by label", labels(metrics["test"])),
        ("Test, by sensitivity", sensitivities(metrics["test"])),
        ("Test, innocent replies by kind, balanced", kinds(metrics["test"])),
        ("Public dev sets, balanced", public(metrics["public_dev"])),
        ("Public sets for evaluation only, balanced", public(metrics["public_evaluation_only"])),
    ]
    for title, lines in parts:
        yield f"\n### {title}\n"
        yield from lines
