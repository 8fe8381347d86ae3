"""What is asked: pairs from the corpus as each server wants them. Cold, every pair another, thread by thread as
people read; scattered, the same pairs in no order; and viral.
"""

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panah.scoring.classifier import Encoded, Encoder, apart
from panah.scoring.roman_urdu import romanise
from panah.scoring.text import normalise

ROWS = Path(__file__).parent.parent / "model" / "corpus" / "rows"
VIRAL = 300  # replies that everybody reads
EXPONENT = 1.1


@dataclass(frozen=True)
class Pair:
    """A pair as a reader's extension sends it, as the model reads it, and in words that give the peers' own
    tokenisers the same tokens: their texts are normalised and cut before the clock runs, ours while it does.
    """

    text: str
    context: str
    encoded: Encoded
    plain: tuple[str, str]


def read_pairs(encoder: Encoder, count: int, *, seed: int = 7) -> list[Pair]:
    """Different pairs from all of the corpus, thread by thread: all replies to a post stand one after another. The
    order of posts, and of replies within a thread, is drawn by `seed`. Fewer where the corpus has fewer.
    """
    lines = [line for path in sorted(ROWS.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    rows = [json.loads(line) for line in lines]
    threads: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for text, context in sorted({(row["text"], row["context"] or "") for row in rows}):
        threads[context].append((text, context))
    lot = random.Random(seed)
    drawn = lot.sample(list(threads.values()), len(threads))
    given = [pair for thread in drawn for pair in lot.sample(thread, len(thread))][:count]
    clean = [(normalise(text), normalise(context)) for text, context in given]
    encoded = encoder.encode(clean)
    plain = [
        (
            first_tokens(encoder, apart(romanise(text)), encoder.max_reply_tokens),
            first_tokens(encoder, apart(romanise(context)), encoder.max_context_tokens),
        )
        for text, context in clean
    ]
    return [Pair(*one, ids, words) for one, ids, words in zip(given, encoded, plain, strict=True)]


def first_tokens(encoder: Encoder, text: str, count: int) -> str:
    """The beginning of a text that is `count` tokens long; all of it where it is shorter."""
    ends = encoder.tokenizer.encode(text, add_special_tokens=False).offsets
    return text[: ends[count - 1][1]] if len(ends) > count else text


def scattered(pairs: Sequence[Pair], seed: int = 13) -> list[Pair]:
    """The same pairs shuffled: nearly every reply of a request answers another post, and few share a call. The
    worst that readers could ask.
    """
    return random.Random(seed).sample(pairs, len(pairs))


def in_groups(pairs: Sequence[Pair], size: int) -> list[list[Pair]]:
    """Requests of `size`; what is left over is dropped."""
    return [list(pairs[at : at + size]) for at in range(0, len(pairs) - size + 1, size)]


def zipf(count: int, exponent: float) -> list[float]:
    """The chance of each of `count` things, the likeliest first; they sum up to 1."""
    weights = [rank**-exponent for rank in range(1, count + 1)]
    whole = sum(weights)
    return [weight / whole for weight in weights]


def viral(pairs: Sequence[Pair], requests: int, size: int, *, seed: int = 11) -> list[list[Pair]]:
    """Requests of `size` draws from what everybody reads, where few replies are seen by nearly all."""
    lot = random.Random(seed)
    chances = zipf(len(pairs), EXPONENT)
    return [lot.choices(pairs, chances, k=size) for _ in range(requests)]


def for_panah(pairs: Sequence[Pair]) -> dict[str, Any]:
    replies = [{"id": str(at), "text": pair.text, "context": pair.context} for at, pair in enumerate(pairs)]
    return {"replies": [reply if reply["context"] else {**reply, "context": None} for reply in replies]}


def for_peers(pairs: Sequence[Pair]) -> dict[str, Any]:
    return {"pairs": [list(pair.plain) for pair in pairs]}


def for_infinity(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Its classify takes one text: the mark between the two gives it as many tokens."""
    return {"model": "panah", "input": [" [SEP] ".join(filter(None, pair.plain)) for pair in pairs]}


def write(path: Path, bodies: Sequence[dict[str, Any]]) -> str:
    """One body a line. Gives the file's name."""
    path.write_text("".join(json.dumps(body, ensure_ascii=False) + "\n" for body in bodies), encoding="utf-8")
    return str(path)
