"""The pipeline from rows to a published artefact, on a few rows: does it run, go on after a cut, and learn?"""

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
from tokenizers import Tokenizer

from panah.scoring.classifier import Classifier, Scores, apart
from panah.scoring.policy import LABELS
from panah.scoring.text import language_group
from panah_model import __main__ as pipeline
from panah_model import config as configs
from panah_model import fit as fitting
from panah_model import vocabulary
from panah_model.augment import gloss, vary
from panah_model.network import BASE
from panah_model.ngrams import NGrams, opinions
from panah_model.rows import Row, fetch, targets

# torch and onnx announce what they will drop some day; filterwarnings = error is for our own code.
pytestmark = pytest.mark.filterwarnings("ignore")


def row(number: int, text: str, *labels: str) -> Row:
    return Row(
        id=str(number),
        thread=str(number // 4),
        text=text,
        context="he followed me home",
        lang=language_group(text),
        kind="blunt" if labels else "support",
        source="tiny",
        targets=targets(set(labels)),  # type: ignore[arg-type]
        known=np.array([1.0] * len(LABELS) + [0.0], np.float32),
    )


BLAMING = ["what were you wearing", "tum gayi kyun thi", "you asked for it", "تم جھوٹ بول رہی ہو"]
KIND = ["i believe you", "himmat rakho behen", "so sorry this happened", "ہم آپ کے ساتھ ہیں"]
ROWS = [
    row(
        number,
        f"{text} {number // 8}",
        *(LABELS[:8] if text in BLAMING and number > 30 else ["blame"] * (text in BLAMING)),
    )
    for number, text in enumerate((BLAMING + KIND) * 6)
]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config whose phases take seconds, on rows of this file, in a folder of the test's own."""
    monkeypatch.setattr(configs, "MODEL", tmp_path)
    monkeypatch.setattr(pipeline, "CORPUS", tmp_path)  # test_corpus checks the real one
    monkeypatch.setattr(pipeline, "corpus", lambda *_: ROWS)
    monkeypatch.setattr(pipeline, "public_rows", lambda *_, **__: [])
    monkeypatch.setattr("panah_model.publish.corpus", lambda *_: ROWS)
    written = tmp_path / "corpus"  # the rows before they were normalised
    written.mkdir()
    lines = [
        json.dumps({"id": one.id, "text": one.text.upper(), "context": one.context, "labels": ["blame"]})
        for one in ROWS
    ]
    (written / "tiny.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr("panah_model.publish.CORPUS", written)
    text = Path("model/configs/v2.toml").read_text(encoding="utf-8")
    for old, new in (
        ('name = "v2"', 'name = "tiny"'),
        ("epochs = 2", "epochs = 1"),
        ("batch_size = 32", "batch_size = 8"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
    return tmp_path / "tiny.toml"


def graph(folder: Path, path: Path) -> Scores:
    """What another graph says of all rows, read as the artefact's own is."""
    classifier = Classifier(folder)
    classifier.session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return classifier.score(classifier.encoder.encode([(one.text, one.context) for one in ROWS]))


def test_the_steps_lead_from_rows_to_an_artefact_that_tells_blame_from_support(tiny: Path) -> None:
    for step in (
        pipeline.prepare_step,
        pipeline.pretrain_step,
        pipeline.train_step,
        pipeline.mix_step,
        pipeline.quantise_step,
        pipeline.publish_step,
    ):
        step(tiny)
    runs, folder = tiny.parent / "runs" / "tiny", tiny.parent / "artefacts" / "tiny"
    whole, small = (graph(folder, runs / f"{name}.onnx") for name in ("fp32", "int8"))
    assert np.abs(whole - small).max() < 0.05
    assert (runs / "int8.onnx").stat().st_size < 0.35 * (runs / "fp32.onnx").stat().st_size
    classifier = Classifier(folder)
    pairs = classifier.encoder.encode([(text, "") for text in BLAMING + KIND])
    blame = classifier.score(pairs)[:, LABELS.index("victim_blaming")]
    assert blame[:4].mean() > blame[4:].mean() + 0.1
    reference = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
    assert len(reference) == len(ROWS)
    examples = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
    assert [one["text"] for one in examples["rows"]] == [one.text.upper() for one in ROWS]
    curves = json.loads((folder / "curves.json").read_text(encoding="utf-8"))
    recall = curves["groups"]["en"]["hostile"]["recall"]
    assert recall == sorted(recall, reverse=True)


def test_a_run_that_was_cut_ends_with_the_weights_of_one_that_was_not(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.prepare_step(tiny)
    chosen = configs.load(tiny)
    monkeypatch.setattr(fitting, "SAVE_EVERY", 2)
    pipeline.learn(chosen, chosen.pretrain, start="start", end="whole", seed=1)

    real, calls = fitting.loss_of, 0

    def cut(*arguments: object, **named: object) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(fitting, "loss_of", cut)
    with pytest.raises(KeyboardInterrupt):
        pipeline.learn(chosen, chosen.pretrain, start="start", end="cut", seed=1)
    pipeline.learn(chosen, chosen.pretrain, start="start", end="cut", seed=1)
    whole, resumed = (
        torch.load(chosen.runs / f"{name}.pt", weights_only=True)["network"] for name in ("whole", "cut")
    )
    for name, weights in whole.items():
        torch.testing.assert_close(resumed[name], weights, rtol=0, atol=1e-5)


def test_the_graph_computes_what_the_n_grams_were_fitted_to(tiny: Path) -> None:
    pipeline.prepare_step(tiny)
    encoder = pipeline.encoder_of(configs.load(tiny))
    ngrams = NGrams(encoder.tokenizer.get_vocab_size())
    ngrams.learn(ROWS, encoder)
    found = opinions(ngrams, ROWS, encoder)[:, LABELS.index("blame")]
    blaming = np.array([bool(one.targets[0]) for one in ROWS])
    assert found[blaming].min() > found[~blaming].max()
    (pair,) = encoder.encode([(BLAMING[0], "")])
    padded = torch.tensor([[*pair.ids, 0, 0]])
    reply = torch.tensor([[1] * len(pair.ids) + [0, 0]])
    alone = ngrams(torch.tensor([pair.ids]), torch.ones(1, len(pair.ids), dtype=torch.long))
    torch.testing.assert_close(ngrams(padded, reply), alone)


def test_a_checkpoint_of_other_rows_is_refused(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.prepare_step(tiny)
    pipeline.pretrain_step(tiny)
    monkeypatch.setattr(pipeline, "corpus", lambda *_: ROWS[:-1])
    with pytest.raises(ValueError, match="made from other rows"):
        pipeline.pretrain_step(tiny)


def test_words_of_roman_urdu_and_emoji_become_tokens_that_start_from_their_meaning() -> None:
    base = Tokenizer.from_file(str(BASE / "tokenizer.json"))
    base.no_padding()
    base.no_truncation()
    counts = vocabulary.words(ROWS) + vocabulary.words([row(0, "😂😂 ok😂")])
    tokenizer, pieces = vocabulary.extend(base, counts, least=3)
    read = tokenizer.encode(apart("Himmat rakho ok😂 unbelievable"), add_special_tokens=False).tokens
    assert read == ["himmat", "rakho", "ok", "😂", "unbelievable"]
    old = torch.randn(base.get_vocab_size(), 4)
    rows = vocabulary.embeddings(base, old, pieces, {"himmat": "courage"})
    courage, shreds = old[base.token_to_id("courage")], old[base.encode("himmat", add_special_tokens=False).ids]
    expected = vocabulary.GLOSS_SHARE * courage + (1 - vocabulary.GLOSS_SHARE) * shreds.mean(0)
    torch.testing.assert_close(rows[pieces.index("himmat")], expected)
    torch.testing.assert_close(rows[pieces.index("the")], old[base.token_to_id("the")])


def test_the_glossary_is_well_formed_and_says_which_line_is_not(tmp_path: Path) -> None:
    assert vocabulary.glossary()["nahi"] == "not"
    assert len(vocabulary.glossary()) > 5000
    broken = tmp_path / "glossary.tsv"
    broken.write_text("nahi\tnot\nkyun why\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        vocabulary.glossary(broken)


def test_another_spelling_keeps_the_words_in_their_places() -> None:
    rng = random.Random(3)
    text = "tumhari ghalti nahi hai, please report him"
    found = {vary(text, 0.5, rng, roman_urdu=True) for _ in range(20)}
    assert len(found) > 10
    assert all(len(other.split()) == len(text.split()) for other in found)
    assert vary(text, 0.0, rng, roman_urdu=True) == text
    assert gloss("tumhari ghalti", {"ghalti": "mistake"}, 1.0, rng) == "tumhari mistake"


def test_public_rows_are_brought_once_and_a_wrong_file_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = tmp_path / "source", tmp_path / "public"
    source.mkdir()
    with pytest.raises(FileNotFoundError, match="fetch --source"):
        fetch(source, folder)
    digest = hashlib.sha256(b"right").hexdigest()
    monkeypatch.setattr("panah_model.rows.named", lambda: {"train.jsonl.gz": digest})
    (source / "train.jsonl.gz").write_bytes(b"wrong")
    with pytest.raises(ValueError, match="not the file"):
        fetch(source, folder)
    assert list(folder.iterdir()) == []
    (source / "train.jsonl.gz").write_bytes(b"right")
    assert fetch(source, folder) == ["train.jsonl.gz"]
    assert fetch(source, folder) == []
