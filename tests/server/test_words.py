"""Token ids looked up word by word: the same as the tokeniser's own."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

from panah.scoring.classifier import Encoder, apart, read_tokenizer
from panah.scoring.roman_urdu import romanise
from panah.scoring.text import normalise
from panah.scoring.words import Words, are_its_words
from panah.settings import Settings

ROWS = Path(__file__).parents[2] / "model/corpus/rows"
PLAIN = "".join(map(chr, range(32, 127)))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(read_tokenizer(Settings().model_dir), max_reply_tokens=128, max_context_tokens=64)


def own(encoder: Encoder, text: str) -> list[int]:
    found: list[int] = encoder.tokenizer.encode(text, add_special_tokens=False).ids
    return found


def test_the_corpus_gets_the_ids_that_the_tokeniser_gives(encoder: Encoder) -> None:
    assert encoder.words
    lines = [line for path in sorted(ROWS.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    texts = [apart(romanise(normalise(json.loads(line)["text"]))) for line in lines[::7]]
    plain = [text for text in texts if text.isascii()]
    assert len(plain) > 500
    assert [encoder.words.encode(text) for text in plain] == [own(encoder, text) for text in plain]


@given(
    text=st.text(PLAIN)
    | st.lists(st.sampled_from(["[SEP]", "[unk]", "why", "x" * 101, "_", "kyun", "q9z"])).map(" ".join)
)
def test_any_plain_text_gets_them(encoder: Encoder, text: str) -> None:
    assert encoder.words
    assert encoder.words.encode(normalise(text)) == own(encoder, normalise(text))


def test_a_mark_that_is_typed_is_no_mark(encoder: Encoder) -> None:
    for typed in ("why [SEP] now [PAD]", "why [SEP] now [PAD] \U0001f602"):  # looked up, and through the tokeniser
        ((pair),) = encoder.encode([(typed, "")])
        assert pair.ids.count(encoder.sep) == 1
        assert 0 not in pair.ids


def tokeniser(**changed: Any) -> Tokenizer:
    """A small one as ours is, but for what is changed."""
    words = {"[UNK]": 0, "why": 1, "now": 2}
    made = Tokenizer(changed.get("model", models.WordPiece(words, unk_token="[UNK]")))
    made.normalizer = changed.get("normalizer", normalizers.BertNormalizer(lowercase=True))
    made.pre_tokenizer = changed.get("pre_tokenizer", pre_tokenizers.BertPreTokenizer())
    made.add_special_tokens(["[UNK]"])
    made.encode_special_tokens = True
    return made


def test_a_tokeniser_as_ours_is_looked_up() -> None:
    assert are_its_words(tokeniser())
    assert Words(tokeniser()).encode("Why nowhere") == tokeniser().encode("Why nowhere").ids == [1, 0]


@pytest.mark.parametrize(
    "changed",
    [
        {"model": models.BPE()},
        {"normalizer": normalizers.BertNormalizer(lowercase=False)},
        {"normalizer": normalizers.NFC()},
        {"pre_tokenizer": pre_tokenizers.Whitespace()},
    ],
)
def test_one_that_splits_otherwise_is_not(changed: dict[str, Any]) -> None:
    assert not are_its_words(tokeniser(**changed))


def test_one_with_words_of_its_own_beside_the_vocabulary_is_not() -> None:
    made = tokeniser()
    made.add_tokens([AddedToken("why now", normalized=False)])
    assert not are_its_words(made)
