"""The tokeniser: MiniLM's English pieces that this project can use, and the words of Roman Urdu.

MiniLM cuts Roman Urdu into English pieces ("kap", "##ray") that say nothing. Each word that the training rows use
often enough becomes a token; its row of the embedding table starts as the mean of the rows of its English gloss
(data/glossary.tsv, written for this project), or of its old pieces where the glossary lacks it. MiniLM has no emoji
either: those start from their Unicode names.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from panah.scoring.classifier import EMOJI
from panah.scoring.roman_urdu import romanise
from panah_model.config import MODEL
from panah_model.rows import Row

GLOSSARY = MODEL / "data" / "glossary.tsv"
WORD = re.compile(r"[a-z]+")
EMOJI_OR_WORD = re.compile(f"[a-z]+|{EMOJI.pattern}")
MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
GLOSS_SHARE = 0.8  # of a new row that comes from the gloss, the rest from the old pieces: words of one gloss differ


def glossary(path: Path = GLOSSARY) -> dict[str, str]:
    """Roman Urdu word to its English gloss. Raises ValueError naming the line that has not two fields."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        word, tab, gloss = line.partition("\t")
        if not tab or not WORD.fullmatch(word) or not gloss.strip():
            raise ValueError(f"{path.name}, line {number}: expected a word, a tab and its English gloss")
        found[word] = gloss.strip()
    return found


def words(rows: Iterable[Row]) -> Counter[str]:
    """How often Roman Urdu rows use each word, and all rows each emoji; Urdu script counts in its Latin letters,
    posts count once.
    """
    texts = {text: row.lang for row in rows for text in (row.text, row.context)}
    return Counter(
        sign
        for text, lang in texts.items()
        for sign in EMOJI_OR_WORD.findall(romanise(text).lower())
        if lang != "en" or not sign.isascii()
    )


def kept(piece: str) -> bool:
    """Of MiniLM's pieces all but the letters of other scripts and the unused ones."""
    sign = piece.removeprefix("##")
    return piece in MARKS or ((sign.isascii() or not sign.isalpha()) and not piece.startswith("[unused"))


def extend(base: Tokenizer, counts: Counter[str], *, least: int) -> tuple[Tokenizer, list[str]]:
    """The new tokeniser, and its pieces in order of their ids. A word needs `least` uses to become a token."""
    blob = json.loads(base.to_str())
    old = blob["model"]["vocab"]
    pieces = [piece for piece in sorted(old, key=old.get) if kept(piece)]
    known = set(pieces)
    # Old spellings of sounds stay reachable: a word that is no token is still cut into the old pieces.
    pieces += sorted(word for word, count in counts.items() if count >= least and word not in known)
    blob["model"]["vocab"] = {piece: at for at, piece in enumerate(pieces)}
    blob["added_tokens"] = [
        {**mark, "id": blob["model"]["vocab"][mark["content"]]}
        for mark in blob["added_tokens"]
        if mark["content"] in known
    ]
    blob["post_processor"] = None  # the encoder joins reply and post itself
    return Tokenizer.from_str(json.dumps(blob)), pieces


def embeddings(base: Tokenizer, old: Tensor, pieces: Sequence[str], glosses: dict[str, str]) -> Tensor:
    """Rows for `pieces`, (pieces, width), from the old table."""

    def mean(text: str) -> Tensor:
        return old[base.encode(text, add_special_tokens=False).ids].mean(0)

    rows = []
    for piece in pieces:
        at = base.token_to_id(piece)
        if at is not None:
            rows.append(old[at])
        elif not piece.isascii():
            rows.append(mean(unicodedata.name(piece, "symbol").lower()))
        elif piece in glosses:
            rows.append(GLOSS_SHARE * mean(glosses[piece]) + (1 - GLOSS_SHARE) * mean(piece))
        else:
            rows.append(mean(piece))
    return torch.stack(rows)
