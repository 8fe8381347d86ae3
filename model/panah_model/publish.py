"""Puts an artefact together: graph, tokeniser, policy, figures, and reference scores for the tests."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from panah.scoring.classifier import Classifier, ModelConfig
from panah.scoring.policies import shipped
from panah.scoring.policy import LABELS
from panah_model.calibrate import thresholds
from panah_model.config import Config
from panah_model.evaluate import corpus_report, public_report, score_rows
from panah_model.network import BASE
from panah_model.rows import corpus, public

REFERENCE_ROWS = 60


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_config(config: Config, folder: Path, policy: Any) -> None:
    write_json(
        folder / "config.json",
        {
            "name": config.name,
            "labels": LABELS,
            "max_reply_tokens": config.max_reply_tokens,
            "max_context_tokens": config.max_context_tokens,
            "thresholds": policy,
        },
    )


def assemble(config: Config, graph: Path, folder: Path) -> Classifier:
    """Writes the artefact around a graph, with thresholds calibrated on the dev split."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(BASE / "tokenizer.json", folder / "tokenizer.json")
    if graph != folder / "model.onnx":
        shutil.copy(graph, folder / "model.onnx")
    off = {label: {"flag": 1.0, "hide": 1.0} for label in LABELS}
    groups = dict.fromkeys(("en", "ur-Latn", "ur"), off)
    write_config(config, folder, dict.fromkeys(("gentle", "balanced", "strict"), groups))
    dev = corpus(config, "dev")
    policy = thresholds(dev, score_rows(Classifier(folder), dev), config)
    write_config(config, folder, policy.model_dump(mode="json"))
    return Classifier(folder)


def reference(classifier: Classifier, config: Config) -> list[dict[str, Any]]:
    """Dev rows of the corpus with the scores this graph gives here; another CPU's may differ a little."""
    dev = corpus(config, "dev")
    rows = dev[:: max(1, len(dev) // REFERENCE_ROWS)]
    scores = score_rows(classifier, rows)
    return [
        {"id": row.id, "scores": [round(p, 4) for p in found]}
        for row, found in zip(rows, scores.tolist(), strict=True)
    ]


def publish(config: Config, graph: Path) -> dict[str, Any]:
    """Writes model/artefacts/<name> and returns its metrics."""
    classifier = assemble(config, graph, config.artefact)
    policy = shipped(ModelConfig.model_validate_json((config.artefact / "config.json").read_bytes()))
    metrics = {
        "model": config.name,
        "made": datetime.now(UTC).date().isoformat(),
        "train": {"corpus": len(corpus(config, "train")), "test_briefs": config.test_briefs},
        "test": corpus_report(classifier, corpus(config, "test"), policy),
        "dev": corpus_report(classifier, corpus(config, "dev"), policy),
        "public_dev": public_report(classifier, public(config.public_file("dev.jsonl.gz")), policy),
        "public_evaluation_only": public_report(
            classifier, public(config.public_file("dev_evaluation_only.jsonl.gz")), policy
        ),
    }
    write_json(config.artefact / "metrics.json", metrics)
    write_json(config.artefact / "reference.json", reference(classifier, config))
    return metrics
