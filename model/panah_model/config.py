"""One TOML file describes one model: model/configs/v2.toml."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

MODEL = Path(__file__).resolve().parents[1]


class Phase(BaseModel):
    """One run of the optimiser."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: float  # share of the steps
    head_rate: float = 1.0  # the head's learning rate as a multiple of the encoder's
    public_rows: int = 0  # drawn anew each epoch beside the corpus
    public_weight: float = 1.0  # of a public row in the loss; a corpus row has 1
    drop_context: float = 0.5  # share of rows read without their post, as the extension may send them
    vary: float = 0.0  # chance per word of another spelling
    gloss: float = 0.0  # share of the Roman Urdu and Urdu rows with English words in it
    masked: float = 0.0  # share of the words hidden
    words_weight: float = 0.0  # of guessing the hidden words in the loss
    smooth: float = 0.0  # labels become smooth / 2 and 1 - smooth / 2


class Config(BaseModel):
    """What a model is made from and how. Raises ValidationError for a missing or unknown entry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    seed: int
    max_reply_tokens: int
    max_context_tokens: int
    least_uses: int  # of a Roman Urdu word in the training rows to become a token
    public_folder: Path  # train.jsonl.gz, dev.jsonl.gz, dev_evaluation_only.jsonl.gz; relative to model/
    set_weights: dict[str, float]  # share of a public set's rows that is used
    test_briefs: tuple[str, ...]
    dev_briefs: tuple[str, ...]
    false_hides: dict[str, float]  # share of innocent dev replies hidden at most, by sensitivity
    false_flags: dict[str, float]
    pretrain: Phase
    train: Phase

    @property
    def runs(self) -> Path:
        """Checkpoints and exports on their way; ignored by git."""
        return MODEL / "runs" / self.name

    @property
    def artefact(self) -> Path:
        return MODEL / "artefacts" / self.name

    def public_file(self, name: str) -> Path:
        """One of the public files; see model/data/sources.toml."""
        return MODEL / self.public_folder / name


def load(path: Path) -> Config:
    """Reads a config."""
    return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
