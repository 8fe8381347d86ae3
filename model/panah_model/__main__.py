"""`python -m panah_model STEP`: each from what the one before it left, under runs/<name>/.

    fetch     a folder with the public files                -> data/public/
    prepare   corpus, public train, glossary, MiniLM        -> tokenizer.json, start.pt
    pretrain  start.pt, corpus and public train rows        -> pretrain.pt
    train     pretrain.pt, the same rows                    -> train.pt
    mix       train.pt, corpus                              -> mix.pt
    quantise  train.pt, mix.pt, some train rows             -> fp32.onnx, int8.onnx
    publish   int8.onnx, corpus and public dev rows         -> artefacts/<name>/
    evaluate  artefacts/<name>/, corpus test, public test   -> artefacts/<name>/report.md and its plots

`examples` writes artefacts/<name>/examples.json anew, as `publish` does. `variants` prints what other graphs of the
same weights take and give.
A step that was cut goes on from its last checkpoint. `all` runs them in order.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import torch
import typer
from tokenizers import Tokenizer
from torch import nn

from panah.scoring.classifier import Encoded, Encoder, Scores, read_config
from panah.scoring.policies import shipped
from panah.scoring.policy import LABELS
from panah_model import figures
from panah_model.check import check, describe
from panah_model.config import MODEL, Config, Phase, load
from panah_model.evaluate import VICTIM_BLAMING, auc, by_language, calibrate_rows, decided, ranking
from panah_model.evening import evened, extremes
from panah_model.fit import fit, predict
from panah_model.graph import Variant, build, weights_of
from panah_model.network import BASE, PairClassifier, Probabilities
from panah_model.ngrams import Mixed, NGrams, opinions
from panah_model.publish import publish, write_examples
from panah_model.report import evaluate
from panah_model.rows import CORPUS, Row, corpus, fetch, public, read_lines
from panah_model.variants import compare
from panah_model.vocabulary import embeddings, extend, glossary, words

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="What to make.")]
V2 = MODEL / "configs" / "v2.toml"
RANGE_ROWS = 400  # of the train rows, that the ranges of 8 bits are measured on


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


def longest_pair(chosen: Config) -> int:
    """Tokens that a pair has at most, with its three marks."""
    return chosen.max_reply_tokens + chosen.max_context_tokens + 3


def measuring_pairs(chosen: Config) -> list[Encoded]:
    """Train rows, evenly through the corpus, that the ranges of 8 bits are measured on."""
    train = corpus(chosen, "train")
    seen = train[:: max(1, len(train) // RANGE_ROWS)]
    return encoder_of(chosen).encode([(row.text, row.context) for row in seen])


@app.command("quantise")
def quantise_step(config: ConfigOption = V2) -> None:
    """Write the graph in 32 bits, and the one that ships."""
    chosen = load(config)
    weights = weights_of(whole_from(chosen), longest_pair(chosen))
    onnx.save(build(weights, Variant(narrow_table=False)), chosen.runs / "fp32.onnx")
    even, narrowings = evened(weights, extremes(weights, measuring_pairs(chosen)))
    onnx.save(build(even, Variant(narrowings)), chosen.runs / "int8.onnx")


@app.command("variants")
def variants_step(
    config: ConfigOption = V2,
    beside: Annotated[Path | None, typer.Option(help="Another graph of the same weights, to compare.")] = None,
    every: Annotated[int, typer.Option(help="Read every nth thread of the dev rows only.", min=1)] = 1,
) -> None:
    """Compare graphs of the same weights on the dev rows: time, distance from 32 bits, size."""
    chosen = load(config)
    whole, dev, encoder = whole_from(chosen), corpus(chosen, "dev"), encoder_of(chosen)
    threads = {context: at for at, context in enumerate(dict.fromkeys(row.context for row in dev))}
    dev = [row for row in dev if threads[row.context] % every == 0]
    config_of, policy = read_config(chosen.artefact), shipped(read_config(chosen.artefact))
    wanted = np.array([row.targets[VICTIM_BLAMING] for row in dev])

    def told(reference: Scores, own: Scores) -> list[str]:
        gap = np.abs(own - reference)
        acts = [decided(dev, calibrate_rows(dev, one, config_of), policy, "balanced") for one in (reference, own)]
        same = np.mean([a == b for a, b in zip(*acts, strict=True)])
        lost = by_language(
            dev,
            lambda at: {
                "lost": auc(wanted[at], reference[at, VICTIM_BLAMING]) - auc(wanted[at], own[at, VICTIM_BLAMING])
            },
        )
        worst = max(found["lost"] for found in lost.values())
        return [f"{gap.mean():.4f}", f"{gap.max():.3f}", f"{same:.1%}", f"{worst:+.4f}"]

    head = [
        "graph",
        "ms a pair, alone",
        "in threads",
        "times as fast",
        "MB",
        "mean distance",
        "largest",
        "same action",
        "AUC lost, at most",
    ]
    pairs = encoder.encode([(row.text, row.context) for row in dev])
    seen = measuring_pairs(chosen)
    rows = compare(whole, weights_of(whole, longest_pair(chosen)), seen=seen, dev=pairs, told=told, beside=beside)
    typer.echo("\n".join(figures.table(head, list(rows))))


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
