"""`python -m panah_model evaluate`: metrics.json, report.md and its pictures, from the test rows."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from sklearn.metrics import f1_score

from panah.scoring.classifier import Classifier, Encoder
from panah.scoring.policies import shipped
from panah_model import baselines, figures, plots, probes
from panah_model.config import Config
from panah_model.evaluate import (
    HOSTILE,
    VICTIM_BLAMING,
    auc,
    by_language,
    corpus_report,
    decided,
    public_report,
    scores_of,
    worst,
)
from panah_model.fit import predict
from panah_model.network import PairClassifier
from panah_model.publish import write_json
from panah_model.reading import kappa
from panah_model.rows import OUTPUTS, Row, corpus, public

MISOGYNY = OUTPUTS.index("misogyny")
# Name, public set, output, and what others published (on the sets' own test splits, so beside it, not against it).
TASKS = (
    ("EDOS task A (sexist)", "edos", MISOGYNY, "0.839 (BERT ensembles); about 0.87 (winner, not verified)"),
    ("RUHSOLD coarse (abusive)", "ruhsold", HOSTILE, "about 0.90 (CNN-gram, not verified)"),
    ("Uli, English posts (gendered abuse)", "uli_en", MISOGYNY, "0.616 (ICON-2023, three languages pooled)"),
    ("Uli, Hindi posts (gendered abuse)", "uli_hi", MISOGYNY, "0.616 (ICON-2023, three languages pooled)"),
)


def published(
    classifier: Classifier, network: PairClassifier, encoder: Encoder, rows: Sequence[Row]
) -> dict[str, Any]:
    """Macro-F1 of the public tasks: `hostile` from the artefact, `misogyny` from the checkpoint, as it is not in
    the shipped graph. The train parts of these sets were trained on.
    """
    report: dict[str, Any] = {}
    for name, source, output, beside in TASKS:
        own = [row for row in rows if row.source == source and row.known[output]]
        wanted = np.array([row.targets[output] for row in own])
        if output == MISOGYNY:
            p = (1 / (1 + np.exp(-predict(network, encoder, own)[:, output]))).astype(np.float32)
        else:
            p = scores_of(classifier, own)[:, output]
        report[name] = {
            "rows": len(own),
            "f1": round(float(f1_score(wanted, p >= 0.5, average="macro")), 3),
            "auc": round(auc(wanted, p), 3),
            "beside": beside,
        }
    return report


def quantised(classifier: Classifier, fp32: Path, rows: Sequence[Row]) -> dict[str, Any]:
    """What int8 costs on the test rows: AUC of victim blaming, scores, and actions at balanced."""
    whole = Classifier(classifier.folder)
    whole.session = ort.InferenceSession(str(fp32), providers=["CPUExecutionProvider"])
    policy = shipped(classifier.config)
    small, large = (scores_of(one, rows) for one in (classifier, whole))
    acts = [decided(rows, scores, policy, "balanced") for scores in (small, large)]
    same = np.array([a == b for a, b in zip(*acts, strict=True)])
    wanted = np.array([row.targets[VICTIM_BLAMING] for row in rows])

    def told(at: list[int]) -> dict[str, Any]:
        gap = np.abs(small[at] - large[at])
        return {
            "auc_fp32": round(auc(wanted[at], large[at][:, VICTIM_BLAMING]), 4),
            "auc_int8": round(auc(wanted[at], small[at][:, VICTIM_BLAMING]), 4),
            "mean": round(float(gap.mean()), 5),
            "largest": round(float(gap.max()), 4),
            "same_action": round(float(same[at].mean()), 4),
        }

    return by_language(rows, told)


def errors(found: dict[str, Any], rows: Sequence[Row]) -> list[str]:
    """The worst errors, with their text: it is the corpus's own."""
    by_id = {row.id: row for row in rows}
    lines = []
    for group, ids in found.items():
        lines += [f"\n#### {figures.NAMES[group]}\n"]
        cells = []
        for one, p in ids.items():
            row = by_id[one]
            meant = ", ".join(OUTPUTS[at] for at in range(8) if row.targets[at]) or "none"
            cells.append([p, f"{meant} ({row.kind})", row.text.replace("|", "/"), row.context.replace("|", "/")])
        lines += figures.table(["P hostile", "labels (kind)", "reply", "post"], cells)
    return lines


def evaluate(config: Config, network: PairClassifier, encoder: Encoder, before: Path | None) -> dict[str, Any]:
    """Writes the report into the artefact's folder and returns its metrics. `before` is an older artefact's."""
    folder = config.artefact
    classifier = Classifier(folder)
    policy = shipped(classifier.config)
    test = corpus(config, "test")
    trained = public(config.public_file("train.jsonl.gz"), weights=config.set_weights)
    dev_sets = public(config.public_file("dev.jsonl.gz"), unlabelled=True)
    models = ({Classifier(before).config.name: Classifier(before)} if before else {}) | {config.name: classifier}
    scores = scores_of(classifier, test)
    langs: dict[str, str] = {row.id: row.lang for split in ("dev", "test") for row in corpus(config, split)}
    metrics: dict[str, Any] = {
        "model": config.name,
        "made": datetime.now(UTC).date().isoformat(),
        "train": {"corpus": len(corpus(config, "train")), "test_briefs": config.test_briefs},
        "test": corpus_report(classifier, test, policy),
        "dev": corpus_report(classifier, corpus(config, "dev"), policy),
        "baselines": baselines.compare(test, corpus=corpus(config, "train"), public=trained, models=models),
        "swaps": probes.swaps(classifier, test, lambda rows, found: decided(rows, found, policy, "balanced")),
        "noise": probes.noise(classifier, test),
        "quantised": quantised(classifier, config.runs / "fp32.onnx", test),
        "kappa": kappa(langs),
        "published": published(classifier, network, encoder, dev_sets),
        "public_dev": public_report(classifier, [row for row in dev_sets if row.known[HOSTILE]], policy),
        "public_evaluation_only": public_report(
            classifier, public(config.public_file("dev_evaluation_only.jsonl.gz")), policy
        ),
        "worst": worst(test, scores),
    }
    write_json(folder / "metrics.json", metrics)
    pictures = folder / "report"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir()
    plots.precision_recall(test, scores, pictures / "precision-recall.png")
    plots.reliability(test, scores, pictures / "reliability.png")
    plots.false_hides(metrics["test"], config.false_hides["balanced"], pictures / "false-hides.png")
    rows = {group: found["rows"] for group, found in metrics["test"].items()}
    told = ", ".join(f"{count:,} {figures.NAMES[group]}" for group, count in rows.items())
    lines = [
        f"# Report: Panah {config.name}, {metrics['made']}",
        "",
        f"Made by `python -m panah_model evaluate` on the test briefs ({', '.join(config.test_briefs)}; {told}),",
        "which no choice was made on. Brackets are 95 % intervals from resampling whole threads. What to make of",
        "it: [the model card](../../README.md).",
        "",
        "![Precision against recall](report/precision-recall.png)",
        "![Reliability](report/reliability.png)",
        "![Innocent replies hidden, by kind](report/false-hides.png)",
        *figures.write(metrics),
        "\n### The ten worst errors per language",
        *errors(metrics["worst"], test),
    ]
    (folder / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return metrics
