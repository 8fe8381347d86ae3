"""Which models are here, and what is wrong with those that cannot be used."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from panah.scoring import registry
from panah.scoring.cache import cache_keys
from panah.scoring.classifier import Classifier, Encoded, Scores
from panah.scoring.policy import LABELS
from panah.scoring.registry import Artefact, installed, load, number, try_out
from panah.scoring.schemas import ReplyIn
from tests.server.scoring_models.conftest import SHIPPED, MakeArtefact


def by_folder(models_dir: Path, model_dir: Path = SHIPPED) -> dict[str, Artefact]:
    return {one.folder.name: one for one in installed(models_dir, model_dir)}


def test_what_the_server_was_started_with_comes_first_and_only_once(make_artefact: MakeArtefact) -> None:
    second = make_artefact("a-model")
    (second.parent / "reports").mkdir()
    (second.parent / "notes.txt").write_text("no model")
    found = installed(second.parent, SHIPPED)
    assert [(one.name, one.is_default, one.unfit) for one in found] == [
        ("v2", True, None),
        ("a-model", False, None),
    ]
    assert [one.name for one in installed(SHIPPED.parent, SHIPPED)] == ["v2"]


def test_a_folder_that_is_not_there_holds_no_models(tmp_path: Path) -> None:
    assert [one.name for one in installed(tmp_path / "nowhere", SHIPPED)] == ["v2"]


def test_quality_comes_from_what_was_measured() -> None:
    (shipped,) = installed(SHIPPED, SHIPPED)
    measured = json.loads((SHIPPED / "metrics.json").read_text())["test"]["ur-Latn"]
    told = shipped.quality["ur-Latn"]
    assert told.rows == measured["rows"]
    assert (told.auc, told.recall) == tuple(
        measured["quality"]["victim_blaming"][name][0] for name in ("auc", "recall")
    )
    actions = measured["actions"]["balanced"]
    assert (told.hidden, told.false_hides) == (actions["victim_blaming"]["hidden"], actions["innocent"]["hidden"])
    assert shipped.made == json.loads((SHIPPED / "metrics.json").read_text())["made"]
    assert set(shipped.pictures()) == {path.name for path in (SHIPPED / "report").glob("*.png")} != set()
    assert shipped.size == sum(
        (SHIPPED / name).stat().st_size for name in ("config.json", "tokenizer.json", "model.onnx")
    )
    assert shipped.sha256 == hashlib.sha256((SHIPPED / "model.onnx").read_bytes()).hexdigest()


def test_a_broken_artefact_is_listed_with_what_is_wrong(models_dir: Path, make_artefact: MakeArtefact) -> None:
    (make_artefact("no-graph") / "model.onnx").unlink()
    (make_artefact("no-config") / "config.json").unlink()
    (make_artefact("no-json") / "config.json").write_bytes(b"\xff{")
    config = json.loads((SHIPPED / "config.json").read_text())
    make_artefact("other-labels", labels=config["labels"][::-1])
    make_artefact("v2", folder="copy")
    make_artefact("fine")
    found = by_folder(models_dir)
    assert {folder: one.unfit for folder, one in found.items()} == {
        "v2": None,
        "no-graph": "files",
        "no-config": "config",
        "no-json": "config",
        "other-labels": "labels",
        "copy": "twice",
        "fine": None,
    }
    assert found["no-config"].name == "no-config"
    assert found["no-graph"].sha256 == ""


@pytest.mark.parametrize(
    "metrics", [b"", b"\xff", b"[]", b"7", b'{"test": []}', b'{"test": {"en": {"rows": "many"}}}', b'{"made": 7}']
)
def test_metrics_that_nobody_can_read_are_none(make_artefact: MakeArtefact, metrics: bytes) -> None:
    place = make_artefact("odd")
    (place / "metrics.json").write_bytes(metrics)
    found = by_folder(place.parent)["odd"]
    assert (found.quality, found.made, found.unfit) == ({}, "", None)


@pytest.mark.parametrize(
    ("found", "path", "expected"),
    [
        ({"a": [1, 2]}, ("a", 1), 2.0),
        ({"a": [1, 2]}, ("a", 2), None),
        ({"a": [1, 2]}, ("a", "b"), None),
        ({"a": True}, ("a",), None),
        ({"a": "7"}, ("a",), None),
        (None, ("a",), None),
        ({"a": 0}, ("a",), 0.0),
    ],
)
def test_only_a_number_is_a_number(found: Any, path: tuple[str | int, ...], expected: float | None) -> None:
    assert number(found, *path) == expected


def test_a_report_that_is_not_there_is_empty(make_artefact: MakeArtefact) -> None:
    found = by_folder(make_artefact("bare").parent)["bare"]
    assert (found.has_report, found.report(), found.pictures()) == (False, "", {})


def test_a_graph_that_cannot_be_loaded_is_refused(make_artefact: MakeArtefact) -> None:
    place = make_artefact("broken")
    (place / "model.onnx").unlink()
    (place / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ValueError, match="missing or broken"):
        load(place)


def test_a_model_is_measured_once_however_often_it_is_loaded(
    make_artefact: MakeArtefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "known_costs", {})
    first = load(make_artefact("whole"))
    assert 0 < first.cost.seconds([20], 0) < first.cost.seconds([100], 0) < first.cost.seconds([100] * 2, 0)
    assert first.cost.together
    monkeypatch.setattr(registry, "measure", None)
    assert load(make_artefact("again")).cost is first.cost  # the same graph under another name


def test_a_model_is_measured_as_far_as_it_reads_and_joins(
    make_artefact: MakeArtefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int]] = []

    def score(batch: Sequence[Encoded]) -> Scores:
        asked.extend((len(batch), one.reply_tokens, len(one.post)) for one in batch)
        return np.full((len(batch), len(LABELS)), 0.5, np.float32)

    monkeypatch.setattr(registry, "known_costs", {})
    made = Classifier(make_artefact("short", max_reply_tokens=20, max_context_tokens=8))
    monkeypatch.setattr(made, "score", score)
    assert try_out(made).together
    assert max(asked) == (4, 22, 9)  # both marks of the reply, and the one of the post
    asked.clear()
    registry.known_costs.clear()
    monkeypatch.setattr(made, "together", False)  # as of a graph that reads pair by pair
    assert not try_out(made).together
    assert max(asked) == (1, 22, 9)


def test_a_model_that_changes_under_its_name_is_not_given_old_scores(
    make_artefact: MakeArtefact,
) -> None:
    folder = make_artefact("a-model")
    before = load(folder)
    assert before.identity == load(folder).identity
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["temperatures"]["en"] += 0.01
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    after = load(folder)
    assert after.classifier.config.name == before.classifier.config.name
    assert after.identity != before.identity
    reply = [ReplyIn(id="0", text="why now?")]
    assert cache_keys(b"secret" * 6, before.identity, reply) != cache_keys(b"secret" * 6, after.identity, reply)
