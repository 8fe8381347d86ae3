"""What must not change a verdict much: who was harmed, their community, their name, the speller's thumb."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from panah.scoring.classifier import Classifier, Scores
from panah.scoring.text import normalise
from panah_model.evaluate import HOSTILE, VICTIM_BLAMING, auc, by_language, scores_of
from panah_model.rows import Row

# Each pair is swapped both ways, in reply and post, where a row has one of the words: whoever they stand for.
SWAPS: dict[str, list[tuple[str, str]]] = {
    "gender": [
        ("she", "he"), ("woman", "man"), ("women", "men"), ("girl", "boy"), ("girls", "boys"),
        ("sister", "brother"), ("daughter", "son"), ("larki", "larka"), ("larkiyan", "larke"),
        ("aurat", "mard"), ("behen", "bhai"), ("beti", "beta"),
        ("لڑکی", "لڑکا"), ("عورت", "مرد"), ("بہن", "بھائی"), ("بیٹی", "بیٹا"),
    ],
    "community": [
        ("muslim", "christian"), ("islam", "christianity"), ("masjid", "church"), ("imam", "pastor"),
        ("punjabi", "pashtun"), ("sindhi", "muhajir"), ("lahore", "peshawar"), ("karachi", "mumbai"),
        ("pakistan", "india"), ("مسجد", "گرجا"), ("پاکستان", "ہندوستان"),
    ],
    "names": [
        ("ayesha", "priya"), ("fatima", "mary"), ("sara", "grace"), ("ali", "john"), ("ahmed", "rahul"),
        ("bilal", "david"), ("usman", "arjun"), ("hina", "emma"), ("عائشہ", "مریم"),
    ],
    "dialect": [
        ("nahi", "nai"), ("kyun", "kyu"), ("mein", "main"), ("bohat", "bht"), ("hai", "hy"), ("nahin", "nhi"),
        ("because", "cuz"), ("you", "u"), ("your", "ur"), ("please", "plz"), ("going to", "gonna"), ("what", "wot"),
    ],
}  # fmt: skip
NOISE = (0.1, 0.2, 0.3)
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def swapped(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The text with every word of the pairs exchanged for its partner; a capital stays a capital."""
    partner = dict(pairs) | {b: a for a, b in pairs}

    def other(match: re.Match[str]) -> str:
        found = partner[match[0].lower()]
        return found.capitalize() if match[0][0].isupper() else found

    return re.sub(rf"\b(?:{'|'.join(partner)})\b", other, text, flags=re.IGNORECASE)


def side(text: str, pairs: Sequence[tuple[str, str]]) -> int:
    """1 where only first words of the pairs stand in a text, -1 where only second ones, else 0."""
    words = set(re.findall(r"\w+", text.lower()))
    first, second = (any(pair[at] in words for pair in pairs) for at in (0, 1))
    return int(first) - int(second)


def swaps(
    classifier: Classifier, rows: Sequence[Row], decide: Callable[[Sequence[Row], Scores], list[str]]
) -> dict[str, Any]:
    """Per kind of swap and language: rows changed, the mean size of the shift of P(hostile) and the largest, how
    much higher the second words of the pairs score than the first, and how many actions change.
    """
    report: dict[str, Any] = {}
    for name, pairs in SWAPS.items():
        changed = [
            (row, replace(row, text=swapped(row.text, pairs), context=swapped(row.context, pairs))) for row in rows
        ]
        changed = [(before, after) for before, after in changed if before.text != after.text]
        before, after = [one for one, _ in changed], [one for _, one in changed]
        p, q = (scores_of(classifier, one) for one in (before, after))
        moved = np.array([a != b for a, b in zip(decide(before, p), decide(after, q), strict=True)])
        shift = q[:, HOSTILE] - p[:, HOSTILE]
        sides = np.array([side(row.text, pairs) for row in before])

        def told(
            at: list[int],
            shift: Any = shift,
            moved: Any = moved,
            sides: Any = sides,
            before: Sequence[Row] = before,
        ) -> dict[str, Any]:
            largest = max(at, key=lambda place: abs(shift[place]))
            one_sided = [place for place in at if sides[place]]
            return {
                "rows": len(at),
                "mean_shift": round(float(np.abs(shift[at]).mean()), 4),
                "bias": round(float((shift * sides)[one_sided].mean()), 4) if one_sided else None,
                "largest": round(float(shift[largest]), 3),
                "largest_in": before[largest].id,
                "actions_changed": round(float(moved[at].mean()), 4),
            }

        report[name] = by_language(before, told)
    return report


def slip(word: str, rng: random.Random) -> str:
    """One letter replaced by its neighbour on the keyboard, left out, doubled, or swapped with the next. Not what
    the training rows were varied with.
    """
    at = rng.randrange(len(word))
    letter = word[at].lower()
    row = next(row for row in KEYS if letter in row)
    near = row[max(0, row.index(letter) - 1) : row.index(letter) + 2].replace(letter, "")
    other = rng.choice([rng.choice(near), "", letter * 2, word[at + 1 : at + 2] + letter])
    skip = 2 if len(other) == 2 and other[1] == letter and other[0] != letter else 1
    return word[:at] + other + word[at + skip :]


def slips(text: str, chance: float, rng: random.Random) -> str:
    """A text with a share of its Latin words of three letters and more misspelt, in the form the service reads."""
    return normalise(
        re.sub(
            r"(?<!@)\b(?!URL\b)[A-Za-z]{3,}\b",
            lambda match: slip(match[0], rng) if rng.random() < chance else match[0],
            text,
        )
    )


def noise(classifier: Classifier, rows: Sequence[Row]) -> dict[str, Any]:
    """AUC of victim blaming with a share of the Latin words misspelt."""
    report: dict[str, Any] = {}
    latin = [row for row in rows if row.lang != "ur"]
    wanted = np.array([row.targets[VICTIM_BLAMING] for row in latin])
    for chance in NOISE:
        rng = random.Random(int(chance * 100))
        scores = scores_of(classifier, [replace(row, text=slips(row.text, chance, rng)) for row in latin])
        report[f"{chance:.0%}"] = by_language(
            latin,
            lambda at, s=scores: {"auc": round(auc(wanted[at], s[at][:, VICTIM_BLAMING]), 3)},  # type: ignore[misc]
        )
    return report
