"""Rows to learn from and to measure on: the project's corpus and the public sets."""

import gzip
import hashlib
import json
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from panah.scoring.policy import LABELS, Label
from panah.scoring.text import LanguageGroup, language_group, normalise
from panah_model.config import MODEL, Config

CORPUS = MODEL / "corpus" / "rows"
EIGHT = LABELS[:-2]
SIX = LABELS[:6]
Split = Literal["train", "dev", "test"]


@dataclass(frozen=True, slots=True)
class Row:
    """A reply with its targets. `known` masks the labels that somebody decided."""

    id: str
    text: str  # normalised
    context: str  # normalised; empty when there is none
    lang: LanguageGroup
    kind: str
    source: str  # brief or public set
    targets: NDArray[np.float32]  # (labels,), 0 or 1
    known: NDArray[np.float32]  # (labels,), 0 or 1


def targets(labels: set[Label]) -> NDArray[np.float32]:
    """The eight labels and the two sums that follow from them."""
    whole = labels | ({"victim_blaming"} if labels & set(SIX) else set()) | ({"hostile"} if labels else set())
    return np.array([label in whole for label in LABELS], np.float32)


def split_of(row: dict[str, str], config: Config) -> Split:
    """Whole briefs are held out; of the others every tenth thread chooses and calibrates."""
    if row["brief"] in config.test_briefs:
        return "test"
    if row["brief"] in config.dev_briefs or zlib.crc32(row["thread"].encode()) % 10 == 0:
        return "dev"
    return "train"


def read_lines(path: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def corpus(config: Config, split: Split) -> list[Row]:
    """The corpus rows of one split, in file order."""
    return [
        Row(
            id=row["id"],
            text=normalise(row["text"]),
            context=normalise(row["context"]),
            lang=row["lang"],  # type: ignore[arg-type]
            kind=row["kind"],
            source=row["brief"],
            targets=targets(set(row["labels"])),  # type: ignore[arg-type]
            known=np.ones(len(LABELS), np.float32),
        )
        for path in sorted(CORPUS.glob("*.jsonl"))
        for row in read_lines(path)
        if split_of(row, config) == split
    ]


def refuse_another(path: Path) -> None:
    """Raises ValueError for a file that is not the one sources.toml names."""
    sources = tomllib.loads((MODEL / "data" / "sources.toml").read_text(encoding="utf-8"))
    known = {one["name"]: one["sha256"] for one in sources["file"]}
    with path.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != known.get(path.name):
            raise ValueError(f"{path.name} is not the file that model/data/sources.toml names")


def public(path: Path, *, weights: dict[str, float] | None = None) -> list[Row]:
    """Public rows with a hostility label; the other labels are unknown, a null is unknown too.
    `weights` is the share of each set's rows to keep, 1 where it names none; which ones is fixed.
    """
    refuse_another(path)
    only_hostile = np.array([label == "hostile" for label in LABELS], np.float32)
    found = []
    for at, row in enumerate(read_lines(path)):
        share = (weights or {}).get(row["set"], 1.0)
        if row["hostile"] is None or zlib.crc32(row["text"].encode()) % 1000 >= share * 1000:
            continue
        text = normalise(row["text"])
        found.append(
            Row(
                id=f"{row['set']}-{at}",
                text=text,
                context=normalise(row.get("context") or ""),
                lang=language_group(text, row["lang"]),
                kind=str(row["hostile"]),
                source=row["set"],
                targets=only_hostile * float(row["hostile"]),
                known=only_hostile,
            )
        )
    return found
