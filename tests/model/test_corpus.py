"""The corpus is well formed, varied, split cleanly, and free of copies."""

import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from panah.scoring.policy import LABELS
from panah.scoring.text import has_words, normalise
from panah_model.config import load
from panah_model.rows import CORPUS, read_lines, split_of

EIGHT = set(LABELS[:-2])
POSITIVE = {"crude", "blunt", "polite", "sarcastic", "religious", "legalistic", "concerned", "jokey", "questioning"}
NONE = {
    "support",
    "survivor",
    "counter",
    "anger",
    "question",
    "help",
    "news",
    "process",
    "disclosure",
    "smalltalk",
    "otherwise",
}
FIELDS = {"id", "thread", "setting", "lang", "context", "text", "labels", "kind", "brief"}
CONFIG = load(Path("model/configs/v1.toml"))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [row for path in sorted(CORPUS.glob("*.jsonl")) for row in read_lines(path)]


def test_every_row_has_its_fields_and_known_values(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert set(row) == FIELDS, row["id"]
        assert set(row["labels"]) <= EIGHT, row["id"]
        assert row["kind"] in (POSITIVE if row["labels"] else NONE), row["id"]
        assert row["lang"] in {"en", "ur-Latn", "ur"}, row["id"]
        assert row["setting"] in {"disclosure", "ordinary"}, row["id"]
        assert normalise(row["text"]), row["id"]
        assert has_words(normalise(row["context"])), row["id"]
    assert len({row["id"] for row in rows}) == len(rows)


def test_there_is_enough_of_everything(rows: list[dict[str, Any]]) -> None:
    assert len(rows) >= 1500
    assert len({row["thread"] for row in rows}) >= 120
    assert all(count >= 300 for count in Counter(row["lang"] for row in rows).values())
    assert all(Counter(label for row in rows for label in row["labels"])[label] >= 100 for label in EIGHT)
    assert 0.35 < sum(bool(row["labels"]) for row in rows) / len(rows) < 0.5


def test_a_thread_has_one_post_and_stands_in_one_split(rows: list[dict[str, Any]]) -> None:
    posts, splits = defaultdict(set), defaultdict(set)
    for row in rows:
        posts[row["thread"]].add(row["context"])
        splits[row["thread"]].add(split_of(row, CONFIG))
    assert [thread for thread, found in posts.items() if len(found) > 1] == []
    assert [thread for thread, found in splits.items() if len(found) > 1] == []
    assert set.union(*splits.values()) == {"train", "dev", "test"}


def test_no_reply_is_nearly_another(rows: list[dict[str, Any]]) -> None:
    def grams(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", normalise(text).lower())
        return {tuple(words[at : at + 3]) for at in range(len(words) - 2)} or {tuple(words)}

    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    found = [grams(row["text"]) for row in rows]
    near = []
    for at, own in enumerate(found):
        shared = Counter(other for gram in own for other in seen[gram])
        near += [
            (rows[at]["id"], rows[other]["id"])
            for other, count in shared.items()
            if count / len(own | found[other]) > 0.6
        ]
        for gram in own:
            seen[gram].append(at)
    assert near == []
