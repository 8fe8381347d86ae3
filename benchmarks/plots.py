"""Draws benchmarks/results/service.json: `.venv-peers/bin/python -m benchmarks.plots`, as `make bench` does."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

RESULTS = Path(__file__).parent / "results"
COLOURS = ("#0b6e4f", "#c2410c", "#1d4ed8", "#7c3aed", "#a16207", "#be185d", "#475569")
GREY = "#64748b"
Found = dict[str, Any]


def throughput(axes: Axes, found: Found) -> None:
    """p99 against what was answered, open loop; the service's own requests of 20 and the best peer's."""
    lines: dict[str, list[Found]] = {}
    for row in found["open"]:
        if row["size"] == 20 and row["p99"] is not None:
            lines.setdefault(row["system"], []).append(row)
    for (name, rows), colour in zip(lines.items(), COLOURS, strict=False):
        axes.plot([row["replies/s"] for row in rows], [row["p99"] for row in rows], "o-", color=colour, label=name)
        for row in rows:
            said = f"{row['share']:.0%}" + (f", {row['refused']:.0%} refused" if row["refused"] > 0.005 else "")
            place = (row["replies/s"], row["p99"])
            axes.annotate(said, place, (6, -10), textcoords="offset points", fontsize=8, color=colour)
    limit = next(
        row["replies/s"] for row in found["closed"] if row["system"].startswith("raw") and row["clients"] == 32
    )
    axes.axvline(limit, color=GREY, linestyle="--", linewidth=1)
    axes.text(
        limit, 0.98, " raw onnxruntime", color=GREY, fontsize=9, transform=axes.get_xaxis_transform(), va="top"
    )
    axes.set(
        yscale="log", xlim=(0, limit * 1.25), xlabel="replies answered a second", ylabel="p99 in ms, logarithmic"
    )
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title("Requests of 20 replies, open loop: percentages are of each server's own capacity")
    axes.legend(loc="lower right", frameon=False)


def length(axes: Axes, found: Found) -> None:
    """What a call takes by tokens, and the curve through it."""
    cost = found["cost"]
    points = {int(n): 1000 * seconds for n, seconds in cost["seconds"].items()}
    call, token, square = (1000 * cost["fit"][name] for name in ("call", "token", "square"))
    curve = range(0, max(points) + 1)
    axes.plot(list(points), list(points.values()), "o", color=COLOURS[0], label="measured, median")
    words = (
        f"{call:.2f} ms + {1000 * token:.0f} µs · n + {1e6 * square:.0f} ns · n²  (R² = {cost['fit']['r2']:.4f})"
    )
    axes.plot(curve, [call + token * n + square * n * n for n in curve], color=COLOURS[1], label=words)
    mean = cost["mean tokens of a pair"]
    axes.axvline(mean, color=GREY, linestyle="--", linewidth=1)
    axes.text(mean + 2, 0, f"mean pair: {mean:.0f} tokens", color=GREY, fontsize=9, va="bottom")
    axes.set(xlabel="tokens of a pair, a third of them the reply's", ylabel="ms on one core")
    axes.set(xlim=(0, None), ylim=(0, None))
    axes.set_title("The model's time for a pair alone against its length")
    axes.legend(frameon=False)


def cores(axes: Axes, found: Found) -> None:
    """Replies a second by cores, beside what as many single cores would give."""
    rows = found["lanes"]
    counts = [row["cores"] for row in rows]
    for name, colour in (("service", COLOURS[0]), ("raw", GREY)):
        axes.plot(counts, [row[name] for row in rows], "o-", color=colour, label=name)
        axes.plot(counts, [count * rows[0][name] for count in counts], ":", color=colour, linewidth=1)
        for row in rows[1:]:
            place, up = (row["cores"], row[name]), 8 if name == "raw" else -16
            said = f"{row[f'{name} efficiency']:.0%}"
            axes.annotate(said, place, (-6, up), textcoords="offset points", color=colour, ha="right")
    most = 1.15 * max(row["raw"] for row in rows)
    axes.set(xlabel="cores", ylabel="replies a second", ylim=(0, most), xticks=counts)
    axes.set_title("Requests of 20 replies, 8 clients; dotted: as many times one core")
    axes.legend(frameon=False, loc="upper left")


def main() -> None:
    found = json.loads((RESULTS / "service.json").read_text(encoding="utf-8"))
    mpl.rcParams.update(
        {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 11}
    )
    for name, draw in (("throughput", throughput), ("length", length), ("cores", cores)):
        figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
        axes.grid(color="#e2e8f0", linewidth=0.8)
        axes.set_axisbelow(True)
        draw(axes, found)
        figure.savefig(RESULTS / f"{name}.png", dpi=110)
        plt.close(figure)
        print(RESULTS / f"{name}.png")


if __name__ == "__main__":
    main()
