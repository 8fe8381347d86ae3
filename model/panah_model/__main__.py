"""`python -m panah_model STEP`: pretrain, train, finish, quantise, publish, each from what the one before it left.

    pretrain  public_folder/train.jsonl.gz                  -> runs/<name>/pretrain.pt
    train     runs/<name>/pretrain.pt, corpus, public rows  -> runs/<name>/train.pt
    finish    runs/<name>/train.pt, the same rows           -> runs/<name>/finish.pt
    quantise  runs/<name>/finish.pt                         -> runs/<name>/fp32.onnx, int8.onnx
    publish   runs/<name>/int8.onnx, corpus, public dev     -> artefacts/<name>/

A step that was cut goes on from its last epoch. `all` runs them in order.
"""

import json
from pathlib import Path
from typing import Annotated

import torch
import typer
from tokenizers import Tokenizer

from panah.scoring.classifier import Encoder
from panah.scoring.policy import LABELS
from panah_model import figures
from panah_model.config import MODEL, Config, Phase, load
from panah_model.evaluate import by_language, ranking
from panah_model.fit import fit, predict
from panah_model.network import BASE, PairClassifier
from panah_model.publish import publish
from panah_model.quantise import export, quantise
from panah_model.rows import corpus, public

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="What to make.")]
V1 = MODEL / "configs" / "v1.toml"


def encoder_of(config: Config) -> Encoder:
    return Encoder(
        Tokenizer.from_file(str(BASE / "tokenizer.json")),
        max_reply_tokens=config.max_reply_tokens,
        max_context_tokens=config.max_context_tokens,
    )


def network_from(checkpoint: Path | None, *, attention: str = "sdpa") -> PairClassifier:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = PairClassifier(attention=attention)
    if checkpoint is not None:
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
        network.load_state_dict(saved["network"])
    return network.to(device)


@app.command("pretrain")
def pretrain_step(config: ConfigOption = V1) -> None:
    """Learn hostility from the public rows."""
    chosen = load(config)
    torch.manual_seed(chosen.seed)
    fit(
        network_from(None),
        encoder_of(chosen),
        chosen.pretrain,
        corpus=[],
        public=public(chosen.public_file("train.jsonl.gz"), weights=chosen.set_weights),
        seed=chosen.seed,
        checkpoint=chosen.runs / "pretrain.pt",
    )


def learn(chosen: Config, phase: Phase, *, start: str, end: str) -> None:
    """One phase on the corpus, from the weights in runs/<name>/<start>.pt to <end>.pt."""
    network, encoder = network_from(chosen.runs / f"{start}.pt"), encoder_of(chosen)
    dev = corpus(chosen, "dev")

    def report() -> None:
        scores = predict(network, encoder, dev)
        for group, found in by_language(dev, lambda at: ranking([dev[place] for place in at], scores[at])).items():
            areas = {label: found[label]["auc"] for label in LABELS if label in found}
            typer.echo(f"  dev {group}: {areas}")

    fit(
        network,
        encoder,
        phase,
        corpus=corpus(chosen, "train"),
        public=public(chosen.public_file("train.jsonl.gz"), weights=chosen.set_weights),
        seed=chosen.seed,
        checkpoint=chosen.runs / f"{end}.pt",
        after_epoch=report,
    )


@app.command("train")
def train_step(config: ConfigOption = V1) -> None:
    """Learn the labels from the corpus, with some public rows beside it."""
    chosen = load(config)
    learn(chosen, chosen.train, start="pretrain", end="train")


@app.command("finish")
def finish_step(config: ConfigOption = V1) -> None:
    """A few more epochs at a low rate."""
    chosen = load(config)
    learn(chosen, chosen.finish, start="train", end="finish")


@app.command("quantise")
def quantise_step(config: ConfigOption = V1) -> None:
    """Export the graph, fuse it, and store it in 8 bits."""
    runs = load(config).runs
    export(network_from(runs / "finish.pt", attention="eager").cpu(), runs / "fp32.onnx")
    quantise(runs / "fp32.onnx", runs / "int8.onnx")


@app.command("publish")
def publish_step(config: ConfigOption = V1) -> None:
    """Calibrate, measure, and write the artefact."""
    chosen = load(config)
    metrics = publish(chosen, chosen.runs / "int8.onnx")
    typer.echo("\n".join(figures.write(metrics)))


@app.command("figures")
def figures_step(config: ConfigOption = V1) -> None:
    """Print the model card's tables from the artefact's metrics.json."""
    metrics = json.loads((load(config).artefact / "metrics.json").read_text(encoding="utf-8"))
    typer.echo("\n".join(figures.write(metrics)))


@app.command("all")
def all_steps(config: ConfigOption = V1) -> None:
    """Everything, in order."""
    for step in (pretrain_step, train_step, finish_step, quantise_step, publish_step):
        step(config)


if __name__ == "__main__":
    app()
