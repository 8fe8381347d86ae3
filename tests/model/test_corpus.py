"""The corpus is well formed, varied, split cleanly, and free of copies."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from panah_model.check import EIGHT, HARD, check
from panah_model.config import load
from panah_model.rows import CORPUS, read_lines, split_of

CONFIG = load(Path("model/configs/v2.toml"))
READINGS = Path("model/corpus/second_reading.jsonl")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [row for path in sorted(CORPUS.glob("*.jsonl")) for row in read_lines(path)]


def test_every_row_is_well_formed_and_no_reply_is_nearly_another(rows: list[dict[str, Any]]) -> None:
    check(rows)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"labels": ["blaming"]}, "unknown labels: blaming"),
        ({"labels": ["blame"], "kind": "support"}, "cannot be of the kind support"),
        ({"text": "🙂"}, "no words"),
        ({"id": "01-01-02"}, "01-01-02 is there twice"),
        (
            {"text": "You did right, sister, and NOBODY here doubts a word of that"},
            "01-01-01 nearly repeats 01-01-02",
        ),
    ],
)
def test_a_fault_is_named_with_its_row(rows: list[dict[str, Any]], change: dict[str, Any], told: str) -> None:
    good = rows[0] | {"id": "01-01-02", "text": "you did right sister and nobody here doubts a word of it"}
    bad = rows[0] | {"id": "01-01-01", "labels": [], "kind": "support"} | change
    with pytest.raises(ValueError, match=told):
        check([good | {"labels": [], "kind": "support"}, bad])


def test_there_is_enough_of_everything(rows: list[dict[str, Any]]) -> None:
    assert len(rows) >= 12_000
    threads = Counter({row["thread"]: row["setting"] for row in rows}.values())
    assert threads["disclosure"] >= 800
    assert threads["ordinary"] >= 150
    langs = Counter(row["lang"] for row in rows)
    assert all(langs[lang] >= share * len(rows) for lang, share in (("en", 0.35), ("ur-Latn", 0.35), ("ur", 0.17)))
    assert all(Counter(label for row in rows for label in row["labels"])[label] >= 300 for label in EIGHT)
    assert 0.35 < sum(bool(row["labels"]) for row in rows) / len(rows) < 0.5
    innocent = [row["kind"] for row in rows if not row["labels"]]
    assert sum(kind in HARD for kind in innocent) >= 0.6 * len(innocent)


def test_what_two_readers_settled_stands_in_the_rows(
    rows: list[dict[str, Any]],
) -> None:
    labels = {row["id"]: row["labels"] for row in rows}
    splits = {row["id"]: split_of(row, CONFIG) for row in rows}
    readings = list(read_lines(READINGS))
    assert len(readings) >= 1200
    for one in readings:
        assert splits[one["id"]] in {"dev", "test"}, one["id"]
        assert labels[one["id"]] == one["settled"], one["id"]
        if one["first"] == one["second"]:
            assert one["settled"] == one["first"], one["id"]


def test_a_thread_has_one_post_and_stands_in_one_split(rows: list[dict[str, Any]]) -> None:
    posts, splits = defaultdict(set), defaultdict(set)
    for row in rows:
        posts[row["thread"]].add(row["context"])
        splits[row["thread"]].add(split_of(row, CONFIG))
    assert [thread for thread, found in posts.items() if len(found) > 1] == []
    assert [thread for thread, found in splits.items() if len(found) > 1] == []
    assert set.union(*splits.values()) == {"train", "dev", "test"}
