"""One TOML file describes one model: model/configs/v1.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One run of the optimiser."""

    epochs: float
    batch_size: int
    learning_rate: float
    warmup: float  # share of the steps
    head_rate: float = 1.0  # the head's learning rate as a multiple of the encoder's
    public_rows: int = 0  # drawn anew each epoch beside the corpus
    public_weight: float = 1.0  # of a public row in the loss; a corpus row has 1
    drop_context: float = 0.5  # share of corpus rows read without their post, as the extension may send them
    respell: float = 0.0  # chance per Roman Urdu word of another spelling


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a model is made from and how."""

    name: str
    seed: int
    max_reply_tokens: int
    max_context_tokens: int
    public_folder: Path  # train.jsonl.gz, dev.jsonl.gz, dev_evaluation_only.jsonl.gz
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


def load(path: Path) -> Config:
    """Reads a config. Raises KeyError or TypeError for a missing or unknown entry."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    phases = {name: Phase(**found.pop(name)) for name in ("pretrain", "train")}
    lists = {name: tuple(found.pop(name)) for name in ("test_briefs", "dev_briefs")}
    folder = (path.resolve().parent / found.pop("public_folder")).resolve()
    return Config(public_folder=folder, **lists, **phases, **found)
