"""The tables of the report and the model card, from an artefact's metrics.json."""

from collections.abc import Iterator, Sequence
from typing import Any

from panah.scoring.policy import LABELS

NAMES = {"en": "English", "ur-Latn": "Roman Urdu", "ur": "Urdu"}
SUMS = {"hostile", "victim_blaming", "innocent"}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join("–" if cell is None else str(cell) for cell in row) + " |"


def percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def interval(found: Sequence[float]) -> str:
    """A figure with its 95 % interval."""
    value, low, high = found
    return f"{value:.3f} ({low:.2f}–{high:.2f})"


def headline(test: dict[str, Any]) -> Iterator[str]:
    """What a reader of the README wants: how it ranks, what it finds, what it hides wrongly."""
    head = ["language", "rows", "AUC", "average precision", "recall at 2 % false hides", "calibration error"]
    head += ["blame hidden", "… or flagged", "innocent hidden", "innocent flagged"]
    rows = []
    for group, found in test.items():
        done, quality = found["actions"]["balanced"], found["quality"]["victim_blaming"]
        blame, innocent = done["victim_blaming"], done["innocent"]
        rows.append(
            [
                NAMES[group],
                found["rows"],
                *(interval(quality[name]) for name in ("auc", "ap", "recall")),
                f"{quality['ece'][0]:.3f}",
                percent(blame["hidden"]),
                percent(blame["hidden"] + blame["flagged"]),
                percent(innocent["hidden"]),
                percent(innocent["flagged"]),
            ]
        )
    yield from table(head, rows)


def hostility(test: dict[str, Any]) -> Iterator[str]:
    """The same for any of the eight labels, and what is left without the post."""
    head = ["language", "AUC", "average precision", "recall at 2 % false hides", "calibration error"]
    head += ["AUC victim blaming, blind to the post", "AUC hostile, blind"]
    rows = []
    for group, found in test.items():
        quality, blind = found["quality"]["hostile"], found["without_context"]
        cells = [interval(quality[name]) for name in ("auc", "ap", "recall")]
        rows.append([NAMES[group], *cells, f"{quality['ece'][0]:.3f}", blind["victim_blaming"], blind["hostile"]])
    yield from table(head, rows)


def labels(test: dict[str, Any]) -> Iterator[str]:
    def cell(found: dict[str, Any], label: str) -> str | None:
        if label not in found:
            return None
        one = found[label]
        return f"{one['auc']:.3f}, {one['ap']:.3f} ({one['positives']})"

    rows = [[label, *(cell(found, label) for found in test.values())] for label in LABELS]
    yield from table(["AUC, average precision (positives)", *(NAMES[group] for group in test)], rows)


def kinds(test: dict[str, Any]) -> Iterator[str]:
    """What is hidden at balanced, by what it is."""
    names = {kind for found in test.values() for kind in found["actions"]["balanced"]} - SUMS
    rows = []
    for kind in sorted(names):
        cells = [found["actions"]["balanced"].get(kind) for found in test.values()]
        rows.append([kind, *(f"{percent(cell['hidden'])} of {cell['rows']}" if cell else None for cell in cells)])
    yield from table(["hidden", *(NAMES[group] for group in test)], rows)


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


def published(report: dict[str, Any]) -> Iterator[str]:
    rows = [
        [name, found["rows"], f"{found['f1']:.3f}", f"{found['auc']:.3f}", found["beside"]]
        for name, found in report.items()
    ]
    yield from table(["task", "rows", "macro-F1 at P 0.5", "AUC", "published, on other splits"], rows)


def baselines(report: dict[str, Any]) -> Iterator[str]:
    groups = list(next(iter(report.values())))
    rows = [
        [name, *(f"{interval(found[group]['auc'])}; {found[group]['recall'][0]:.2f}" for group in groups)]
        for name, found in report.items()
    ]
    yield from table(["AUC victim blaming; recall at 2 %", *(NAMES[group] for group in groups)], rows)


def swaps(report: dict[str, Any]) -> Iterator[str]:
    rows = [
        [
            name,
            NAMES[group],
            found["rows"],
            found["mean_shift"],
            found["bias"],
            found["largest"],
            found["largest_in"],
            percent(found["actions_changed"]),
        ]
        for name, groups in report.items()
        for group, found in groups.items()
    ]
    head = [
        "swapped",
        "language",
        "rows",
        "mean shift of P",
        "second over first",
        "largest",
        "in",
        "actions changed",
    ]
    yield from table(head, rows)


def noise(report: dict[str, Any], test: dict[str, Any]) -> Iterator[str]:
    groups = list(next(iter(report.values())))
    clean = [f"{test[group]['victim_blaming']['auc']:.3f}" for group in groups]
    rows = [[chance, *(f"{found[group]['auc']:.3f}" for group in groups)] for chance, found in report.items()]
    yield from table(["words misspelt", *(NAMES[group] for group in groups)], [["none", *clean], *rows])


def kappa(report: dict[str, Any]) -> Iterator[str]:
    sides = [name for name in ("all", "en", "ur-Latn", "ur") if name in report]
    rows = [
        [
            label,
            *(f"{report[side][label]['kappa']:.2f}" for side in sides),
            report["all"][label]["first"],
            report["all"][label]["second"],
        ]
        for label in LABELS
    ]
    yield from table(["kappa", *(NAMES.get(side, side) for side in sides), "first reader", "second"], rows)


def quantisation(report: dict[str, Any]) -> Iterator[str]:
    rows = [
        [
            NAMES[group],
            f"{found['auc_fp32']:.4f}",
            f"{found['auc_int8']:.4f}",
            f"{found['mean']:.4f}",
            f"{found['largest']:.3f}",
            percent(found["same_action"]),
        ]
        for group, found in report.items()
    ]
    yield from table(["language", "AUC fp32", "AUC int8", "mean difference", "largest", "same action"], rows)


def write(metrics: dict[str, Any]) -> Iterator[str]:
    """All tables as Markdown lines."""
    test = metrics["test"]
    parts = [
        ("Victim blaming", headline(test)),
        ("Any hostility, and without the post", hostility(test)),
        ("By label", labels(test)),
        ("By sensitivity", sensitivities(test)),
        ("By kind, at balanced", kinds(test)),
        ("Beside simpler programs and the model before", baselines(metrics["baselines"])),
        ("Swaps", swaps(metrics["swaps"])),
        ("Misspelt words", noise(metrics["noise"], test)),
        ("Quantised and not", quantisation(metrics["quantised"])),
        ("Two readers", kappa(metrics["kappa"])),
        ("Public tasks: dev parts of sets whose train parts were trained on", published(metrics["published"])),
        ("Public dev sets, balanced", public(metrics["public_dev"])),
        ("Public sets for evaluation only, balanced", public(metrics["public_evaluation_only"])),
    ]
    for title, lines in parts:
        yield f"\n### {title}\n"
        yield from lines
