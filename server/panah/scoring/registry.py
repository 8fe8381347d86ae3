"""The model artefacts on this machine: what each is called, how good it is, and what is wrong with it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson

from panah.scoring.classifier import Classifier, Encoded, ModelConfig, read_config
from panah.scoring.cost import Cost, measure
from panah.scoring.policy import LABELS
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup

FILES = ("config.json", "tokenizer.json", "model.onnx")

# What keeps an artefact from judging: config.json cannot be read, a file is missing, its labels are not ours, or
# another one has its name.
Unfit = Literal["config", "files", "labels", "twice"]
Stamp = tuple[tuple[int, int], ...]  # size in bytes and time of change of each file

known_costs: dict[tuple[Path, int, int], Cost] = {}  # by graph, its size, its time of change


@dataclass(frozen=True)
class Quality:
    """How a model did on the test rows of one language; None for what its metrics.json does not say."""

    rows: int
    auc: float | None  # of victim blaming
    recall: float | None  # of victim blaming, where 2 % of innocent replies are hidden
    hidden: float | None  # share of victim blaming that its own policy hides at balanced
    false_hides: float | None  # share of innocent replies that it hides then


@dataclass(frozen=True)
class Artefact:
    """A folder with a model. `config` is None where it cannot be read; the folder's name then stands for it."""

    name: str
    folder: Path
    config: ModelConfig | None
    unfit: Unfit | None
    is_default: bool  # what the server was started with
    made: str  # the day that its metrics name; empty where they do not
    quality: dict[LanguageGroup, Quality]
    stamp: Stamp

    @property
    def size(self) -> int:
        """In bytes: what has to be held in memory and brought to another machine."""
        return sum(size for size, _ in self.stamp)

    @property
    def has_report(self) -> bool:
        return (self.folder / "report.md").is_file()

    @property
    def sha256(self) -> str:
        """Of model.onnx; empty without one."""
        path = self.folder / "model.onnx"
        return digest(path, self.stamp) if path.is_file() else ""

    def report(self) -> str:
        """Its report as Markdown; empty without one."""
        return (self.folder / "report.md").read_text(encoding="utf-8", errors="replace") if self.has_report else ""

    def pictures(self) -> dict[str, Path]:
        """The report's pictures by name."""
        return {path.name: path for path in (self.folder / "report").glob("*.png") if path.is_file()}


def installed(models_dir: Path, model_dir: Path) -> list[Artefact]:
    """The artefacts in the folders of `models_dir`, and the one the server was started with, which comes first."""
    folders = [model_dir.resolve()]
    if models_dir.is_dir():
        folders += sorted(
            path for path in models_dir.resolve().iterdir() if holds_model(path) and path != folders[0]
        )
    found: list[Artefact] = []
    for folder in folders:
        taken = {one.name for one in found}
        found.append(look_at(folder, taken, is_default=folder == folders[0]))
    return found


def holds_model(path: Path) -> bool:
    return path.is_dir() and any((path / name).is_file() for name in ("config.json", "model.onnx"))


def look_at(folder: Path, taken: set[str], *, is_default: bool) -> Artefact:
    """What is in a folder. Nothing that lies in it makes this fail."""
    config: ModelConfig | None
    try:
        config = read_config(folder)
    except (OSError, ValueError):
        config = None
    name = config.name if config else folder.name
    unfit: Unfit | None = None
    if config is None:
        unfit = "config"
    elif not all((folder / file).is_file() for file in FILES):
        unfit = "files"
    elif config.labels != LABELS:
        unfit = "labels"
    if name in taken:
        unfit = "twice"
    metrics = read_metrics(folder)
    quality = {group: one for group in LANGUAGE_GROUPS if (one := quality_of(metrics, group))}
    made = metrics.get("made")
    return Artefact(
        name=name,
        folder=folder,
        config=config,
        unfit=unfit,
        is_default=is_default,
        made=made if isinstance(made, str) else "",
        quality=quality,
        stamp=stamp_of(folder),
    )


def stamp_of(folder: Path) -> Stamp:
    """Changes when the artefact's files do."""
    found = []
    for name in FILES:
        try:
            state = (folder / name).stat()
        except OSError:
            found.append((0, 0))
        else:
            found.append((state.st_size, state.st_mtime_ns))
    return tuple(found)


def read_metrics(folder: Path) -> dict[str, Any]:
    """metrics.json as panah_model.evaluate writes it; empty where there is none that can be read."""
    try:
        found = orjson.loads((folder / "metrics.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def quality_of(metrics: dict[str, Any], group: LanguageGroup) -> Quality | None:
    """What metrics.json says about one language; None where it says nothing."""
    rows = number(metrics, "test", group, "rows")
    if not rows:
        return None
    blaming = ("test", group, "quality", "victim_blaming")
    balanced = ("test", group, "actions", "balanced")
    return Quality(
        rows=int(rows),
        auc=number(metrics, *blaming, "auc", 0),
        recall=number(metrics, *blaming, "recall", 0),
        hidden=number(metrics, *balanced, "victim_blaming", "hidden"),
        false_hides=number(metrics, *balanced, "innocent", "hidden"),
    )


def number(found: Any, *path: str | int) -> float | None:
    """The number at the end of a path of keys and places; None where something else is there, or nothing."""
    for step in path:
        if isinstance(step, int) and isinstance(found, list) and step < len(found):
            found = found[step]
        elif isinstance(found, dict):
            found = found.get(step)
        else:
            return None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


@lru_cache(maxsize=32)
def digest(path: Path, stamp: Stamp) -> str:  # `stamp` makes a changed file another question
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, eq=False)
class Ready:
    """A model in memory that has judged once, and what its calls cost on this machine."""

    classifier: Classifier
    cost: Cost
    identity: str  # its name, and a digest of all that scores come from


def load(folder: Path) -> Ready:
    """The model, warm and measured. Raises FileNotFoundError or ValueError for one that cannot judge.
    Takes about half a second, so it belongs in a thread.
    """
    made = Classifier(folder)
    return Ready(made, try_out(made), identity_of(made))


def identity_of(made: Classifier) -> str:
    """What scores are remembered under: a model that changes under its old name must not be given the old ones."""
    found = hashlib.blake2b(digest_size=8)
    for name in FILES:
        found.update((made.folder / name).read_bytes())
    return f"{made.config.name} {found.hexdigest()}"


def try_out(made: Classifier) -> Cost:
    """Judges a pair, and says what calls cost: measured once in the life of this process for each graph. Raises
    ValueError for a model that cannot judge.
    """
    graph = made.folder / "model.onnx"
    state = graph.stat()
    key = graph.resolve(), state.st_size, state.st_mtime_ns
    # With their marks.
    reply, post = made.config.max_reply_tokens + 2, made.config.max_context_tokens + 1
    try:
        made.score([Encoded([1] * (reply + post), reply, False)])  # as long as config.json says that texts may be
        scores = made.score(made.encoder.encode([("one word", "another")]))
        cost = known_costs.get(key) or measure(made.score, reply=reply, post=post, together=made.together)
    except Exception as cause:  # as many classes as ways for a graph not to be what config.json says
        raise ValueError(f"{graph} does not take what the tokeniser gives") from cause
    if scores.shape != (1, len(made.config.labels)) or not np.isfinite(scores).all():
        raise ValueError(f"{graph} gives no probabilities")
    known_costs[key] = cost
    return cost


def by_name(artefacts: Sequence[Artefact], name: str) -> Artefact | None:
    """The artefact of that name: the usable one, where two have it."""
    return next((one for one in artefacts if one.name == name), None)
