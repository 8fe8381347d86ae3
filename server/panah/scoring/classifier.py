"""The model: (context, reply) pairs in, ten probabilities out. ONNX and tokenizers only, no torch."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator
from tokenizers import Tokenizer

from panah.scoring.policy import Label, Thresholds
from panah.scoring.roman_urdu import romanise
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup
from panah.scoring.words import Words, are_its_words

# Texts of a request are few: threads for them cost a fifth more, and take cores from the lanes.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

EMOJI = re.compile("[\u2600-\u27bf\u2b50\U0001f300-\U0001faff]")

MOST_TOGETHER = 8  # replies a call of the graph: measured, more of them save nothing

Scores = NDArray[np.float32]  # (replies, labels), P in [0, 1]


class ModelConfig(BaseModel):
    """An artefact's config.json: what the graph takes and gives, and the policy it ships with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,31}$")]
    labels: tuple[Label, ...]  # the graph's columns, in order
    max_reply_tokens: Annotated[int, Field(ge=8, le=510)]
    max_context_tokens: Annotated[int, Field(ge=0, le=500)]
    # See calibrated(). An artefact that was never calibrated has none.
    temperatures: dict[LanguageGroup, Annotated[float, Field(gt=0)]] = dict.fromkeys(LANGUAGE_GROUPS, 1.0)
    thresholds: Thresholds

    @field_validator("temperatures")
    @classmethod
    def whole(cls, found: dict[LanguageGroup, float]) -> dict[LanguageGroup, float]:
        if missing := set(LANGUAGE_GROUPS) - set(found):
            raise ValueError(f"temperatures lack {', '.join(sorted(missing))}")
        return found


@dataclass(frozen=True, slots=True)
class Encoded:
    """A pair as token ids: [CLS] reply [SEP] context [SEP], the context in segment 1."""

    ids: list[int]
    reply_tokens: int  # how many of them belong to the reply, both marks included
    truncated: bool  # the model does not see the middle of the reply

    @property
    def post(self) -> tuple[int, ...]:
        """The post's token ids, its mark included; none where the reply stands alone."""
        return tuple(self.ids[self.reply_tokens :])


class Encoder:
    """Normalised text to token ids. Safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, *, max_reply_tokens: int, max_context_tokens: int) -> None:
        self.tokenizer = tokenizer
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.tokenizer.encode_special_tokens = True  # who types "[SEP]" types five signs, and makes no mark
        self.words = Words(tokenizer) if are_its_words(tokenizer) else None
        self.max_reply_tokens = max_reply_tokens
        self.max_context_tokens = max_context_tokens
        self.cls = required(tokenizer, "[CLS]")
        self.sep = required(tokenizer, "[SEP]")

    def encode(self, pairs: Sequence[tuple[str, str]]) -> list[Encoded]:
        """Encodes (reply, context) pairs; an empty context means the reply stands alone."""
        texts = {text for pair in pairs for text in pair}  # a thread's replies share their post
        ids: dict[str, list[int]] = {}
        others: dict[str, str] = {}
        for text in texts:
            spelt = apart(romanise(text))
            if self.words and spelt.isascii():
                ids[text] = self.words.encode(spelt)
            else:
                others[text] = spelt
        found = self.tokenizer.encode_batch_fast(list(others.values()), add_special_tokens=False)
        ids |= {text: encoding.ids for text, encoding in zip(others, found, strict=True)}
        return [self.join(ids[reply], ids[context]) for reply, context in pairs]

    def join(self, reply: list[int], context: list[int]) -> Encoded:
        spare = len(reply) - self.max_reply_tokens
        if spare > 0:  # beginning and end: a harmless beginning must not hide what follows
            tail = self.max_reply_tokens // 3
            reply = reply[: self.max_reply_tokens - tail] + reply[-tail:]
        first = [self.cls, *reply, self.sep]
        second = [*context[: self.max_context_tokens], self.sep] if context else []
        return Encoded(first + second, len(first), spare > 0)


def apart(text: str) -> str:
    """The text with its emoji as words of their own: "lol😂" is a word and an emoji. The tokeniser's own way of
    splitting at a pattern takes longer than all the rest that it does.
    """
    return text if text.isascii() else EMOJI.sub(r" \g<0> ", text)


def calibrated(scores: Scores, temperature: float | NDArray[np.float32]) -> Scores:
    """Scores whose size tells how often they are right: logits divided by the language's temperature
    (Guo et al. 2017), one for all or (replies, 1). Keeps the order and the shape. Thresholds are set on these.
    """
    p = np.clip(scores, 1e-6, 1 - 1e-6)
    odds = ((1 - p) / p) ** (1 / temperature)
    return (1 / (1 + odds)).astype(np.float32)


def required(tokenizer: Tokenizer, mark: str) -> int:
    """The id of a special token. Raises ValueError for a tokeniser that lacks it."""
    found = tokenizer.token_to_id(mark)
    if found is None:
        raise ValueError(f"tokenizer.json has no {mark}")
    return found


class Classifier:
    """One ONNX session that computes in the thread that calls it, for any number of them at once: two threads on
    one session are as fast as with a session each, and one holds the weights once. Raises FileNotFoundError or
    ValueError for a broken artefact.
    """

    def __init__(self, model_dir: Path) -> None:
        self.folder = model_dir
        self.config = read_config(model_dir)
        self.encoder = Encoder(
            read_tokenizer(model_dir),
            max_reply_tokens=self.config.max_reply_tokens,
            max_context_tokens=self.config.max_context_tokens,
        )
        path = model_dir / "model.onnx"
        try:
            self.session = make_session(path)
        except Exception as cause:  # onnxruntime raises classes of its own, one for each way of being broken
            raise ValueError(f"{path} is missing or broken") from cause
        self.names = [one.name for one in self.session.get_inputs()]
        self.together = "replies" in self.names
        columns = self.session.get_outputs()[0].shape[-1]
        if columns != len(self.config.labels):
            raise ValueError(f"model.onnx has {columns} outputs, config.json names {len(self.config.labels)}")

    def score(self, batch: Sequence[Encoded]) -> Scores:
        """Probabilities for encoded pairs, in order, (pairs, labels). Replies to one post are one call of the
        graph, which reads the post once; their scores are the same bit by bit as one by one.
        """
        if not self.together:
            return np.concatenate([self._run(alone(pair)) for pair in batch])
        if len(batch) <= MOST_TOGETHER and len({pair.post for pair in batch}) == 1:
            return self._run(inputs(batch))
        found = np.empty((len(batch), len(self.config.labels)), np.float32)
        order = sorted(range(len(batch)), key=lambda at: (batch[at].post, batch[at].reply_tokens))
        for _, same in groupby(order, key=lambda at: batch[at].post):
            places = list(same)
            for start in range(0, len(places), MOST_TOGETHER):
                part = places[start : start + MOST_TOGETHER]
                found[part] = self._run(inputs([batch[at] for at in part]))
        return found

    def _run(self, given: Mapping[str, NDArray[np.int64]]) -> Scores:
        (scores,) = self.session.run(None, {name: given[name] for name in self.names})
        return np.asarray(scores, np.float32)


def inputs(batch: Sequence[Encoded]) -> dict[str, NDArray[np.int64]]:
    """Replies to one post as a graph takes them that reads the post once: `post` (tokens,), a single 0 for none,
    and `replies` (replies, longest) with zeros after the shorter ones; `longest` is a multiple of four
    (panah_model.graph says why).
    """
    longest = max(pair.reply_tokens for pair in batch)
    replies = np.zeros((len(batch), -(-longest // 4) * 4), np.int64)
    for row, pair in zip(replies, batch, strict=True):
        row[: pair.reply_tokens] = pair.ids[: pair.reply_tokens]
    return {"post": np.array(batch[0].post or (0,), np.int64), "replies": replies}


def alone(pair: Encoded) -> dict[str, NDArray[np.int64]]:
    """One pair as a graph takes it that reads post and reply as one text, all (1, tokens)."""
    ids = np.array([pair.ids], np.int64)
    segments = np.zeros_like(ids)
    segments[0, pair.reply_tokens :] = 1
    return {"input_ids": ids, "token_type_ids": segments, "attention_mask": np.ones_like(ids)}


def make_session(model: Path | bytes) -> ort.InferenceSession:
    """A session of a graph, from its file or its bytes, without threads of its own."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Plans of memory are made for shapes that repeat; pairs have hundreds. Without plans calls take as long, and
    # two lanes 6 MB less. The arena stays: without it memory grows twice as far, and calls take longer.
    options.enable_mem_pattern = False
    given = model if isinstance(model, bytes) else str(model)
    return ort.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def read_tokenizer(model_dir: Path) -> Tokenizer:
    """The artefact's tokeniser. Raises ValueError that names the file."""
    path = model_dir / "tokenizer.json"
    try:
        return Tokenizer.from_file(str(path))
    except Exception as cause:  # the library raises no narrower class
        raise ValueError(f"{path} is missing or broken") from cause


def read_config(model_dir: Path) -> ModelConfig:
    """The artefact's config.json. Raises FileNotFoundError or ValueError that names the folder."""
    path = model_dir / "config.json"
    if not path.is_file():
        raise FileNotFoundError(f"no model in {model_dir}: config.json is missing")
    return ModelConfig.model_validate_json(path.read_bytes())
