"""Two panels as SVG: how often attacked survivors are listed, and how many abusers are found."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import log10

from panah.intervals import wilson
from panah.simulate.actors import Kind
from panah.simulate.peers import COUNTS
from panah.simulate.report import Cell

WIDTH, HEIGHT = 980, 470
PANEL = (390, 300)  # inner width and height
LEFT, TOP, GAP = 70, 80, 110
FLOOR = 0.0005  # of the logarithmic axis; nothing at all is drawn there
ROLE = 'role="img" aria-label="Panah compared with counting reporters"'
STYLE = (
    "<style>text{font:13px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:15px}"
    ".grid{stroke:#e3e3e3}.axis{stroke:#555;fill:none}</style>"
)
MARKS = {
    "circle": "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
    "square": "M-4,-4h8v8h-8z",
    "up": "M0,-5L5,4H-5z",
    "down": "M0,5L5,-4H-5z",
}

Ratio = tuple[int, int]  # hits, trials


@dataclass(frozen=True)
class Line:
    name: str
    colour: str
    dash: str
    mark: str
    survivors: Callable[[Cell], Ratio]
    found: Callable[[Cell], Ratio]


def peer_line(count: int, colour: str, dash: str, mark: str) -> Line:
    def survivors(cell: Cell) -> Ratio:
        fate = cell.peers[count][Kind.SURVIVOR]
        return fate.listed, fate.count

    def found(cell: Cell) -> Ratio:
        return cell.peers_recall[count].listed, cell.peers_recall[count].count

    return Line(f"K={count}", colour, dash, mark, survivors, found)


LINES = (
    Line(
        "Panah, flag or hide",
        "#0b7a75",
        "",
        "circle",
        lambda cell: (cell.fates[Kind.SURVIVOR].listed, cell.fates[Kind.SURVIVOR].count),
        lambda cell: (cell.recall_late.listed, cell.recall_late.count),
    ),
    Line(
        "Panah, hide",
        "#123a6b",
        "",
        "square",
        lambda cell: (cell.fates[Kind.SURVIVOR].hidden, cell.fates[Kind.SURVIVOR].count),
        lambda cell: (cell.recall_late.hidden, cell.recall_late.count),
    ),
    *(
        peer_line(count, colour, dash, mark)
        for count, colour, dash, mark in zip(
            COUNTS,
            ("#b8860b", "#b3541e", "#8a3b6b", "#6b6b6b"),
            ("2 3", "6 3", "9 3 2 3", "1 2"),
            ("up", "down", "up", "down"),
            strict=True,
        )
    ),
)


def across(share: float, most: float) -> float:
    return PANEL[0] * (share / most if most else 0)


def log_height(value: float) -> float:
    """From the panel's top, for 100 % to FLOOR."""
    return PANEL[1] * log10(max(value, FLOOR)) / log10(FLOOR)


def linear_height(value: float) -> float:
    return PANEL[1] * (1 - value)


def axes(title: str, ticks: Sequence[tuple[float, str]], shares: Sequence[float], most: float) -> list[str]:
    width, height = PANEL
    made = [f'<text class="title" x="0" y="-24">{escape(title)}</text>']
    for y, label in ticks:
        made.append(f'<path class="grid" d="M0,{y:.1f}H{width}"/>')
        made.append(f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for share in shares:
        x = across(share, most)
        made.append(f'<path class="axis" d="M{x:.1f},{height}v5"/>')
        made.append(f'<text x="{x:.1f}" y="{height + 20}" text-anchor="middle">{share:g}</text>')
    made.append(f'<path class="axis" d="M0,0V{height}H{width}"/>')
    made.append(
        f'<text x="{width / 2}" y="{height + 42}" text-anchor="middle">share of attackers among contributors</text>'
    )
    return made


def series(
    line: Line,
    points: Sequence[tuple[float, Ratio]],
    height: Callable[[float], float],
    most: float,
    *,
    whiskers: bool,
) -> list[str]:
    """A line with its marks and, where wanted, the 95 % intervals."""
    placed = [(across(share, most), hits, trials) for share, (hits, trials) in points if trials]
    if not placed:
        return []
    path = "L".join(f"{x:.1f},{height(hits / trials):.1f}" for x, hits, trials in placed)
    made = [
        f'<path d="M{path}" fill="none" stroke="{line.colour}" stroke-width="2" stroke-dasharray="{line.dash}"/>'
    ]
    for x, hits, trials in placed:
        low, high = wilson(hits, trials)
        if whiskers:
            made.append(
                f'<path d="M{x:.1f},{height(low):.1f}V{height(high):.1f}" stroke="{line.colour}" stroke-width="1"/>'
            )
        y = height(hits / trials)
        made.append(f'<path d="{MARKS[line.mark]}" transform="translate({x:.1f},{y:.1f})" fill="{line.colour}"/>')
    return made


def legend() -> list[str]:
    made: list[str] = []
    x = 0
    for line in LINES:
        made += [
            f'<g transform="translate({x},0)">',
            f'<path d="M0,0H26" stroke="{line.colour}" stroke-width="2" stroke-dasharray="{line.dash}"/>',
            f'<path d="{MARKS[line.mark]}" transform="translate(13,0)" fill="{line.colour}"/>',
            f'<text x="33" y="4">{escape(line.name)}</text></g>',
        ]
        x += 55 + round(7.3 * len(line.name))
    return made


def draw(cells: Iterable[Cell], *, attack: str = "rotate", shield: str = "shield") -> str:
    """The plot as an SVG document: `attack` on the left, `shield` on the right, peace at share 0 on both."""
    known = list(cells)
    peace = [cell for cell in known if cell.attack == "none"]
    attacked = sorted(peace + [cell for cell in known if cell.attack == attack], key=lambda cell: cell.share)
    shielded = sorted(peace + [cell for cell in known if cell.attack == shield], key=lambda cell: cell.share)
    shares = sorted({cell.share for cell in (*attacked, *shielded)})
    most = max(shares, default=0.0)
    tick_shares = [share for at, share in enumerate(shares) if at == 0 or across(share - shares[at - 1], most) > 30]
    logs = [(log_height(value), f"{100 * value:g} %") for value in (1, 0.1, 0.01, 0.001)]
    left = axes(f"Attacked survivors ever listed ({attack})", [*logs, (PANEL[1], "none")], tick_shares, most)
    tens = [(linear_height(value), f"{100 * value:g} %") for value in (0, 0.25, 0.5, 0.75, 1)]
    right = axes(f"Abusers found ({shield})", tens, tick_shares, most)
    for line in reversed(LINES):  # Panah's on top
        ours = line.name.startswith("Panah")
        left += series(
            line, [(cell.share, line.survivors(cell)) for cell in attacked], log_height, most, whiskers=ours
        )
        right += series(
            line, [(cell.share, line.found(cell)) for cell in shielded], linear_height, most, whiskers=ours
        )
    second = LEFT + PANEL[0] + GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {ROLE}>',
            STYLE,
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<g transform="translate({LEFT},24)">',
            *legend(),
            "</g>",
            f'<g transform="translate({LEFT},{TOP})">',
            *left,
            "</g>",
            f'<g transform="translate({second},{TOP})">',
            *right,
            "</g>",
            "</svg>",
            "",
        ]
    )
