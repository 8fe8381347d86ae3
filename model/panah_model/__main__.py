"""`python -m panah_model STEP`: each from what the one before it left, under runs/<name>/.

    fetch     a folder with the public files                -> data/public/
    prepare   corpus, public train, glossary, MiniLM        -> tokenizer.json, start.pt
    pretrain  start.pt, corpus and public train rows        -> pretrain.pt
    train     pretrain.pt, the same rows                    -> train.pt
    mix       train.pt, corpus                              -> mix.pt
    quantise  train.pt, mix.pt                            -> fp32.onnx, int8.onnx
    publish   int8.onnx, corpus and public dev rows         -> artefacts/<name>/
    evaluate  artefacts/<name>/, corpus test, public test   -> artefacts/<name>/report.md and its plots

`examples` writes artefacts/<name>/examples.json anew, as `publish` does.
A step that was cut goes on from its last checkpoint. `all` runs them in order.
"""

from pathlib import Path
from typing import Annotated

import torch
import typer
from tokenizers import Tokenizer
from torch import nn

from panah.scoring.classifier import Encoder, Scores
from panah.scoring.policy import LABELS
from panah_model import figures
from panah_model.check import check, describe
from panah_model.config import MODEL, Config, Phase, load
from panah_model.evaluate import by_language, ranking
from panah_model.fit import fit, predict, tensors
from panah_model.network import BASE, PairClassifier, Probabilities
from panah_model.ngrams import Mixed, NGrams, opinions
from panah_model.publish import publish, write_examples
from panah_model.quantise import export, quantise, smooth
from panah_model.report import evaluate
from panah_model.rows import CORPUS, Row, corpus, fetch, public, read_lines
from panah_model.vocabulary import embeddings, extend, glossary, words

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="What to make.")]
V2 = MODEL / "configs" / "v2.toml"
SMOOTHING_ROWS = 256


def encoder_of(config: Config) -> Encoder:
    return Encoder(
        Tokenizer.from_file(str(config.runs / "tokenizer.json")),
        max_reply_tokens=config.max_reply_tokens,
        max_context_tokens=config.max_context_tokens,
    )


def network_from(checkpoint: Path, *, attention: str = "sdpa") -> PairClassifier:
    """The network with the weights of a checkpoint, on the GPU where there is one."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = PairClassifier(attention=attention)
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    if saved.get("done") != saved.get("steps"):
        raise ValueError(f"{checkpoint} is of a run that was cut; run its step again, it goes on")
    weights = saved["network"]
    network.use(torch.zeros_like(weights["encoder.embeddings.word_embeddings.weight"]))
    network.load_state_dict(weights)
    return network.to(device)


def public_rows(config: Config, *, unlabelled: bool = False) -> list[Row]:
    return public(config.public_file("train.jsonl.gz"), weights=config.set_weights, unlabelled=unlabelled)


@app.command("describe")
def describe_step() -> None:
    """Count the corpus, for its datasheet."""
    typer.echo("\n".join(describe([row for path in sorted(CORPUS.glob("*.jsonl")) for row in read_lines(path)])))


@app.command("fetch")
def fetch_step(
    source: Annotated[Path, typer.Option(help="A folder with the public files.")] = MODEL / "../../shared/data",
    config: ConfigOption = V2,
) -> None:
    """Bring the public rows to where the other steps look for them, and check that they are the right ones."""
    try:
        brought = fetch(source, load(config).public_file("."))
    except (FileNotFoundError, ValueError) as error:
        typer.echo(f"panah_model fetch: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"brought: {', '.join(brought) or 'nothing, all are there'}")


@app.command("prepare")
def prepare_step(config: ConfigOption = V2) -> None:
    """Check the corpus; make the vocabulary, and MiniLM's weights with it."""
    chosen = load(config)
    chosen.runs.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(chosen.seed)
    check([row for path in sorted(CORPUS.glob("*.jsonl")) for row in read_lines(path)])
    base = Tokenizer.from_file(str(BASE / "tokenizer.json"))
    base.no_padding()
    base.no_truncation()
    counts = words([*corpus(chosen, "train"), *public_rows(chosen, unlabelled=True)])
    tokenizer, pieces = extend(base, counts, least=chosen.least_uses)
    network = PairClassifier()
    network.use(embeddings(base, network.table.weight.detach(), pieces, glossary()))
    tokenizer.save(str(chosen.runs / "tokenizer.json"))
    torch.save({"network": network.state_dict()}, chosen.runs / "start.pt")
    typer.echo(f"{len(pieces)} pieces, {sum(base.token_to_id(piece) is None for piece in pieces)} of them new")


def tell(rows: list[Row], scores: Scores, name: str = "") -> None:
    """Prints the AUC of each label by language."""
    for group, found in by_language(rows, lambda at: ranking([rows[place] for place in at], scores[at])).items():
        areas = {label: found[label]["auc"] for label in reversed(LABELS) if label in found}
        typer.echo(f"  {name}dev {group}: {areas}")


def learn(chosen: Config, phase: Phase, *, start: str, end: str, seed: int) -> None:
    """One phase, from the weights in runs/<name>/<start>.pt to <end>.pt."""
    network, encoder = network_from(chosen.runs / f"{start}.pt"), encoder_of(chosen)
    dev = corpus(chosen, "dev")

    def report(averaged: nn.Module) -> None:
        tell(dev, predict(averaged, encoder, dev))

    fit(
        network,
        encoder,
        phase,
        corpus=corpus(chosen, "train"),
        public=public_rows(chosen, unlabelled=phase.words_weight > 0),  # only words can be learnt from the others
        glosses=glossary(),
        seed=seed,
        checkpoint=chosen.runs / f"{end}.pt",
        after_epoch=report,
    )


@app.command("pretrain")
def pretrain_step(config: ConfigOption = V2) -> None:
    """Learn the new words from their company, and hostility from the public rows."""
    chosen = load(config)
    learn(chosen, chosen.pretrain, start="start", end="pretrain", seed=chosen.seed)


@app.command("train")
def train_step(config: ConfigOption = V2) -> None:
    """Learn the labels from the corpus, with some public rows beside it."""
    chosen = load(config)
    learn(chosen, chosen.train, start="pretrain", end="train", seed=chosen.seed + 1)


@app.command("mix")
def mix_step(config: ConfigOption = V2) -> None:
    """Fit the n-grams on the train rows, and the weights of both opinions on the dev rows."""
    chosen = load(config)
    encoder, dev = encoder_of(chosen), corpus(chosen, "dev")
    network = network_from(chosen.runs / "train.pt")
    ngrams, mixed = NGrams(network.table.num_embeddings), Mixed()
    ngrams.learn(corpus(chosen, "train"), encoder)
    deep, wide = predict(network, encoder, dev), opinions(ngrams, dev, encoder)
    mixed.learn(dev, deep, wide)
    both = mixed(torch.from_numpy(deep[:, : len(LABELS)]), torch.from_numpy(wide)).numpy()
    for name, scores in (("network", deep), ("n-grams", wide), ("both", both)):
        tell(dev, scores, f"{name} ")
    torch.save({"ngrams": ngrams.state_dict(), "mixed": mixed.state_dict()}, chosen.runs / "mix.pt")


def whole_from(chosen: Config) -> Probabilities:
    """What is exported, from the checkpoints."""
    network = network_from(chosen.runs / "train.pt", attention="eager").cpu()
    saved = torch.load(chosen.runs / "mix.pt", weights_only=True)
    ngrams, mixed = NGrams(network.table.num_embeddings), Mixed()
    ngrams.load_state_dict(saved["ngrams"])
    mixed.load_state_dict(saved["mixed"])
    return Probabilities(network, ngrams, mixed)


@app.command("quantise")
def quantise_step(config: ConfigOption = V2) -> None:
    """Export the graph, and once more with even channels for 8 bits."""
    chosen = load(config)
    whole, train = whole_from(chosen), corpus(chosen, "train")
    export(whole, chosen.runs / "fp32.onnx")
    seen = [(row.text, row.context) for row in train[:: max(1, len(train) // SMOOTHING_ROWS)]]
    pairs = encoder_of(chosen).encode(seen)
    # Without the padding that tensors() adds: the service pads nothing.
    batches = (
        {name: found[:, : len(pair.ids)] for name, found in tensors([pair], torch.device("cpu")).items()}
        for pair in pairs
    )
    smooth(whole.network, batches)
    export(whole, chosen.runs / "smooth.onnx")
    quantise(chosen.runs / "smooth.onnx", chosen.runs / "int8.onnx")


@app.command("publish")
def publish_step(config: ConfigOption = V2) -> None:
    """Calibrate on the dev rows and write the artefact."""
    chosen = load(config)
    publish(chosen, chosen.runs / "int8.onnx")


@app.command("examples")
def examples_step(config: ConfigOption = V2) -> None:
    """Score the test replies for the console for thresholds."""
    chosen = load(config)
    write_examples(chosen, chosen.artefact)


@app.command("evaluate")
def evaluate_step(
    config: ConfigOption = V2,
    before: Annotated[Path | None, typer.Option(help="An older artefact's folder, for the comparison.")] = None,
) -> None:
    """Measure the artefact on the test rows and write its report."""
    chosen = load(config)
    network = network_from(chosen.runs / "train.pt")
    typer.echo("\n".join(figures.write(evaluate(chosen, network, encoder_of(chosen), before))))


@app.command("all")
def all_steps(config: ConfigOption = V2) -> None:
    """Everything, in order."""
    fetch_step(config=config)
    for step in (
        prepare_step,
        pretrain_step,
        train_step,
        mix_step,
        quantise_step,
        publish_step,
        evaluate_step,
    ):
        step(config)


if __name__ == "__main__":
    app()
