"""The model: (context, reply) pairs in, ten probabilities out. ONNX and tokenizers only, no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
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


class Encoder:
    """Normalised text to token ids. Safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, *, max_reply_tokens: int, max_context_tokens: int) -> None:
        self.tokenizer = tokenizer
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.max_reply_tokens = max_reply_tokens
        self.max_context_tokens = max_context_tokens
        self.cls = required(tokenizer, "[CLS]")
        self.sep = required(tokenizer, "[SEP]")

    def encode(self, pairs: Sequence[tuple[str, str]]) -> list[Encoded]:
        """Encodes (reply, context) pairs; an empty context means the reply stands alone."""
        texts = [romanise(text) for pair in pairs for text in pair]
        found = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        return [self.join(reply, context) for reply, context in zip(found[::2], found[1::2], strict=True)]

    def join(self, reply: list[int], context: list[int]) -> Encoded:
        spare = len(reply) - self.max_reply_tokens
        if spare > 0:  # beginning and end: a harmless beginning must not hide what follows
            tail = self.max_reply_tokens // 3
            reply = reply[: self.max_reply_tokens - tail] + reply[-tail:]
        first = [self.cls, *reply, self.sep]
        second = [*context[: self.max_context_tokens], self.sep] if context else []
        return Encoded(first + second, len(first), spare > 0)


def calibrated(scores: Scores, temperature: float) -> Scores:
    """Scores whose size tells how often they are right: logits divided by the language's temperature
    (Guo et al. 2017). Keeps the order and the shape. Thresholds are set on these.
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
    """One ONNX session with one thread. Raises FileNotFoundError or ValueError for a broken artefact."""

    def __init__(self, model_dir: Path) -> None:
        self.folder = model_dir
        self.config = read_config(model_dir)
        self.encoder = Encoder(
            read_tokenizer(model_dir),
            max_reply_tokens=self.config.max_reply_tokens,
            max_context_tokens=self.config.max_context_tokens,
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        path = model_dir / "model.onnx"
        try:
            self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as cause:  # onnxruntime raises classes of its own, one for each way of being broken
            raise ValueError(f"{path} is missing or broken") from cause
        columns = self.session.get_outputs()[0].shape[-1]
        if columns != len(self.config.labels):
            raise ValueError(f"model.onnx has {columns} outputs, config.json names {len(self.config.labels)}")

    def score(self, batch: Sequence[Encoded]) -> Scores:
        """Probabilities for encoded pairs, in order.

        One call of the graph a pair: dynamic int8 takes the scale of its activations from all that is in a call,
        so a pair's score would depend on its company (by up to 0.34 on 120 dev rows with v1). Nor is it slower:
        those rows took 1.4 s one by one and 1.7 s in padded tens.
        """
        return np.concatenate([self.score_one(pair) for pair in batch])

    def score_one(self, pair: Encoded) -> Scores:
        """Probabilities for one pair, shape (1, labels)."""
        ids = np.array([pair.ids], np.int64)
        segments = np.zeros_like(ids)
        segments[0, pair.reply_tokens :] = 1
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": segments}
        (scores,) = self.session.run(None, inputs)
        return np.asarray(scores, np.float32)


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
