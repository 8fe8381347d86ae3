"""Puts an artefact together: graph, tokeniser, calibration and policy, reference scores for the tests, and the test
replies that the console for thresholds shows.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from panah.scoring.classifier import Classifier, Scores
from panah.scoring.policy import LABELS, SENSITIVITIES
from panah.scoring.text import LANGUAGE_GROUPS
from panah_model.calibrate import curves, temperatures, thresholds
from panah_model.config import Config
from panah_model.evaluate import calibrate_rows, groups_of, score_rows, scores_of
from panah_model.rows import CORPUS, corpus, read_lines

REFERENCE_ROWS = 200


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_config(config: Config, folder: Path, heat: Any, policy: Any) -> None:
    write_json(
        folder / "config.json",
        {
            "name": config.name,
            "labels": LABELS,
            "max_reply_tokens": config.max_reply_tokens,
            "max_context_tokens": config.max_context_tokens,
            "temperatures": heat,
            "thresholds": policy,
        },
    )


def write_examples(config: Config, folder: Path) -> None:
    """Writes examples.json: the corpus's test replies as they were written, a line each, with this artefact's
    calibrated scores. Posts stand in a list of their own, since a thread's replies share one.
    """
    found = corpus(config, "test")
    written = {row["id"]: row for path in sorted(CORPUS.glob("*.jsonl")) for row in read_lines(path)}
    contexts = list(dict.fromkeys(written[row.id]["context"] for row in found))
    places = {context: at for at, context in enumerate(contexts)}
    scores: Scores = scores_of(Classifier(folder), found)
    rows = [
        {
            "id": row.id,
            "language": group,
            "kind": row.kind,
            "labels": written[row.id]["labels"],
            "context": places[written[row.id]["context"]],
            "text": written[row.id]["text"],
            "scores": [round(p, 4) for p in own.tolist()],
        }
        for row, group, own in zip(found, groups_of(found), scores, strict=True)
    ]
    lines = ",\n".join(compact(row) for row in rows)
    whole = f'{{"labels": {compact(LABELS)},\n"contexts": {compact(contexts)},\n"rows": [\n{lines}\n]}}\n'
    (folder / "examples.json").write_text(whole, encoding="utf-8")


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def publish(config: Config, graph: Path) -> None:
    """Writes model/artefacts/<name>, with temperatures, thresholds and curves from the dev split."""
    # Beside it first: a run that is cut must not leave an artefact that hides nothing.
    folder = config.artefact.with_name(f".{config.name}.part")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(config.runs / "tokenizer.json", folder / "tokenizer.json")
    shutil.copy(graph, folder / "model.onnx")
    off = {label: {"flag": 1.0, "hide": 1.0} for label in LABELS}
    nothing = {name: dict.fromkeys(LANGUAGE_GROUPS, off) for name in SENSITIVITIES}
    write_config(config, folder, dict.fromkeys(LANGUAGE_GROUPS, 1.0), nothing)
    dev = corpus(config, "dev")
    raw = score_rows(Classifier(folder), dev)
    heat = temperatures(dev, raw)
    write_config(config, folder, heat, nothing)
    scores = calibrate_rows(dev, raw, Classifier(folder).config)
    write_config(config, folder, heat, thresholds(dev, scores, config).model_dump(mode="json"))
    write_json(folder / "curves.json", curves(dev, scores))
    # Evenly through the dev rows, as this graph scores them here; another processor's may differ a little.
    picked = range(0, len(dev), max(1, len(dev) // REFERENCE_ROWS))
    write_json(
        folder / "reference.json",
        [{"id": dev[at].id, "scores": [round(p, 4) for p in raw[at].tolist()]} for at in picked],
    )
    write_examples(config, folder)
    shutil.rmtree(config.artefact, ignore_errors=True)
    folder.rename(config.artefact)
