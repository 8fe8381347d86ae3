"""Other ways to type the same reply: spellings, masked letters, and English words in the place of Urdu ones."""

import random
import re
from collections.abc import Mapping

# Spellings that Roman Urdu writers exchange freely; each pair goes both ways.
RESPELLINGS = [
    ("ee", "i"), ("oo", "u"), ("aa", "a"), ("ai", "e"), ("ain", "ein"), ("w", "v"), ("q", "k"), ("ph", "f"),
    ("ay", "e"), ("iy", "y"), ("kh", "k"), ("z", "s"), ("ey", "ay"), ("yu", "iu"), ("ahi", "ai"), ("sh", "s"),
]  # fmt: skip
LOOKALIKES = {"a": "@4", "e": "3", "i": "1!", "o": "0", "s": "$5"}
WORD = re.compile(r"[a-z]{3,}", re.IGNORECASE)


def respell(word: str, rng: random.Random) -> str:
    """Another Roman Urdu spelling of a word, as another writer would type it."""
    options = [(a, b) for pair in RESPELLINGS for a, b in (pair, pair[::-1]) if a in word]
    if options and rng.random() < 0.8:
        a, b = rng.choice(options)
        return word.replace(a, b, 1)
    at = rng.randrange(1, len(word))
    return word[:at] + word[at + 1 :] if word[at] in "aeiou" else word


def mistype(word: str, rng: random.Random) -> str:
    """A slip of the thumb, or a letter disguised from filters."""
    at = rng.randrange(1, len(word))
    way = rng.random()
    if way < 0.25:
        return word[:at] + word[at + 1 :]
    if way < 0.5 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if way < 0.75:
        return word[:at] + word[at] + word[at:]
    signs = LOOKALIKES.get(word[at].lower())
    return word[:at] + rng.choice(signs) + word[at + 1 :] if signs else word


def vary(text: str, chance: float, rng: random.Random, *, roman_urdu: bool) -> str:
    """Some words in another spelling: English ones mistyped, Roman Urdu ones as others spell them, a quarter of
    them mistyped too.
    """

    def other(match: re.Match[str]) -> str:
        word = match[0]
        if rng.random() >= chance:
            return word
        return respell(word, rng) if roman_urdu and rng.random() < 0.75 else mistype(word, rng)

    return WORD.sub(other, text)


def gloss(romanised: str, glosses: Mapping[str, str], chance: float, rng: random.Random) -> str:
    """Some Roman Urdu words in English, as code-mixers write and so that both stand in like company."""
    return WORD.sub(
        lambda match: glosses.get(match[0].lower(), match[0]) if rng.random() < chance else match[0], romanised
    )
