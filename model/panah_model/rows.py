"""Rows to learn from and to measure on: the project's corpus and the public sets."""

import gzip
import hashlib
import json
import shutil
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from panah.scoring.policy import LABELS, Label
from panah.scoring.text import LanguageGroup, language_group, normalise
from panah_model.config import MODEL, Config

CORPUS = MODEL / "corpus" / "rows"
SIX = LABELS[:6]
OUTPUTS = (
    *LABELS,
    "misogyny",
)  # the last one learns and measures only: the public sets know it, the policy does not
PUBLIC = ("hostile", "misogyny")  # what public rows are labelled with
Split = Literal["train", "dev", "test"]


@dataclass(frozen=True, slots=True)
class Row:
    """A reply with its targets. `known` masks the labels that somebody decided."""

    id: str
    thread: str
    text: str  # normalised
    context: str  # normalised; empty when there is none
    lang: LanguageGroup
    kind: str
    source: str  # brief or public set
    targets: NDArray[np.float32]  # (outputs,), 0 or 1
    known: NDArray[np.float32]  # (outputs,), 0 or 1


def targets(labels: set[Label]) -> NDArray[np.float32]:
    """The eight labels and the two sums that follow from them."""
    whole = labels | ({"victim_blaming"} if labels & set(SIX) else set()) | ({"hostile"} if labels else set())
    return np.array([label in whole for label in OUTPUTS], np.float32)


def split_of(row: dict[str, str], config: Config) -> Split:
    """Whole briefs are held out; of the others every tenth thread chooses and calibrates."""
    if row["brief"] in config.test_briefs:
        return "test"
    if row["brief"] in config.dev_briefs or zlib.crc32(row["thread"].encode()) % 10 == 0:
        return "dev"
    return "train"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def corpus(config: Config, split: Split) -> list[Row]:
    """The corpus rows of one split, in file order."""
    return [
        Row(
            id=row["id"],
            thread=row["thread"],
            text=normalise(row["text"]),
            context=normalise(row["context"]),
            lang=row["lang"],
            kind=row["kind"],
            source=row["brief"],
            targets=targets(set(row["labels"])),
            known=np.array([label in LABELS for label in OUTPUTS], np.float32),
        )
        for path in sorted(CORPUS.glob("*.jsonl"))
        for row in read_lines(path)
        if split_of(row, config) == split
    ]


def named() -> dict[str, str]:
    """The public files that sources.toml names, with their SHA-256."""
    sources = tomllib.loads((MODEL / "data" / "sources.toml").read_text(encoding="utf-8"))
    return {one["name"]: one["sha256"] for one in sources["file"]}


def refuse_another(path: Path) -> None:
    """Raises FileNotFoundError or ValueError for a file that is missing or is not the one sources.toml names."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; python -m panah_model fetch --source FOLDER brings it")
    with path.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != named().get(path.name):
            raise ValueError(f"{path} is not the file that model/data/sources.toml names")


def fetch(source: Path, folder: Path) -> list[str]:
    """Copies the public files from `source` to `folder`, those that are not there yet, and returns their names.
    Raises FileNotFoundError or ValueError, and then leaves no wrong file behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    brought = []
    for name in named():
        try:
            refuse_another(folder / name)
        except (FileNotFoundError, ValueError):
            refuse_another(source / name)
            shutil.copy(source / name, folder / name)
            brought.append(name)
    return brought


def public(path: Path, *, weights: dict[str, float] | None = None, unlabelled: bool = False) -> list[Row]:
    """Public rows with a hostility label; the other labels are unknown. A null is unknown too: such rows come only
    with `unlabelled`. `weights` is the share of each set's rows to keep, 1 where none is named; always the same.
    """
    refuse_another(path)
    found = []
    for at, row in enumerate(read_lines(path)):
        share = (weights or {}).get(row["set"], 1.0)
        own = [row.get(label) if label in PUBLIC else None for label in OUTPUTS]
        if (row["hostile"] is None and not unlabelled) or zlib.crc32(row["text"].encode()) % 1000 >= share * 1000:
            continue
        text = normalise(row["text"])
        found.append(
            Row(
                id=f"{row['set']}-{at}",
                thread=f"{row['set']}-{at}",
                text=text,
                context=normalise(row.get("context") or ""),
                lang=language_group(text, row["lang"]),
                kind=str(row["hostile"]),
                source=row["set"],
                targets=np.array([one or 0 for one in own], np.float32),
                known=np.array([one is not None for one in own], np.float32),
            )
        )
    return found
