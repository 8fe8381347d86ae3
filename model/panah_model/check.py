"""What a corpus row must be: whole, known to the guide, and no copy. `prepare` stops at faults."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from panah.scoring.policy import LABELS
from panah.scoring.text import has_words, normalise

FIELDS = {"id", "thread", "setting", "lang", "context", "text", "labels", "kind", "brief"}
EIGHT = set(LABELS[:-2])
BLAMING = {"crude", "blunt", "polite", "sarcastic", "religious", "legalistic", "concerned", "jokey", "questioning"}
INNOCENT = {
    "support", "survivor", "counter", "anger", "question", "help", "news", "process", "disclosure", "smalltalk",
    "otherwise",
}  # fmt: skip
HARD = INNOCENT - {"support", "smalltalk"}  # kinds of innocent replies that share words or tone with blame
FEEDBACK = "feedback"  # brief and kind of what readers gave: nobody says more, and some come without the post
COPY = 0.6  # Jaccard similarity of word 3-grams above which two replies are one


def faults(row: dict[str, Any]) -> list[str]:
    """What is wrong with a row, in words; empty for a good one."""
    if set(row) != FIELDS:
        return [f"has the fields {', '.join(sorted(row))}"]
    found = []
    if unknown := set(row["labels"]) - EIGHT:
        found.append(f"has unknown labels: {', '.join(sorted(unknown))}")
    given = row["brief"] == row["kind"] == FEEDBACK
    if not given and row["kind"] not in (BLAMING if row["labels"] else INNOCENT):
        found.append(f"cannot be of the kind {row['kind']} with the labels {row['labels']}")
    if row["lang"] not in {"en", "ur-Latn", "ur"}:
        found.append(f"has the language {row['lang']}")
    if row["setting"] not in {"disclosure", "ordinary"}:
        found.append(f"has the setting {row['setting']}")
    if not says_something(row["text"]) or not (given or says_something(row["context"])):
        found.append("has no words in its text or its post")
    return found


@cache
def says_something(text: str) -> bool:
    """Whether a text holds words; remembered, since a post stands in many rows."""
    return has_words(normalise(text))


def grams(text: str) -> set[tuple[str, ...]]:
    """Word 3-grams of a text; of a shorter one, all its words as one."""
    words = re.findall(r"\w+", normalise(text).lower())
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)} or {tuple(words)}


def copies(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Ids of pairs of rows that are nearly the same reply."""
    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    found = [grams(row["text"]) for row in rows]
    near = []
    for at, own in enumerate(found):
        shared = Counter(other for gram in own for other in seen[gram])
        near += [
            (rows[other]["id"], rows[at]["id"])
            for other, count in shared.items()
            if count / len(own | found[other]) > COPY
        ]
        for gram in own:
            seen[gram].append(at)
    return near


def check(rows: Sequence[dict[str, Any]]) -> None:
    """Raises ValueError naming rows that are malformed, twice there, or copies of one another."""
    told = [f"{row.get('id', '?')} {fault}" for row in rows for fault in faults(row)]
    if not told:  # these need whole rows
        told += [f"{one} is there twice" for one, count in Counter(row["id"] for row in rows).items() if count > 1]
        told += [f"{two} nearly repeats {one}" for one, two in copies(rows)]
    if told:
        raise ValueError("the corpus has faults:\n" + "\n".join(told[:20]))


def describe(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What is in the corpus, as lines for its datasheet."""
    threads = {row["thread"]: row["setting"] for row in rows}
    settings, langs = Counter(threads.values()), Counter(row["lang"] for row in rows)
    labelled = [row for row in rows if row["labels"]]
    innocent = [row for row in rows if not row["labels"]]
    several = sum(len(row["labels"]) > 1 for row in labelled)
    hard = sum(row["kind"] in HARD for row in innocent)
    labels = Counter(label for row in labelled for label in row["labels"])
    kinds = Counter(row["kind"] for row in rows)
    return [
        f"{len(rows):,} replies in {settings['disclosure']:,} disclosure threads "
        f"and {settings['ordinary']:,} ordinary ones",
        f"{langs['en']:,} English, {langs['ur-Latn']:,} Roman Urdu, {langs['ur']:,} Urdu script",
        f"{len(labelled):,} ({len(labelled) / len(rows):.0%}) carry a label, "
        f"{several / len(labelled):.0%} of those more than one",
        ", ".join(f"{label} {count:,}" for label, count in labels.most_common()),
        f"of the {len(innocent):,} others {hard / len(innocent):.0%} are of the kinds that come close to blame",
        ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common()),
    ]
