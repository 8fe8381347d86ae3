"""What was labelled, as corpus rows: by the commands, and as the training tools read them."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from panah.accounts.tables import AccountEvent
from panah.db import make_engine, migrate
from panah.feedback import service
from panah.feedback.cli import feedback_app
from panah.feedback.export import export
from panah.keys import load_keys
from panah_model import rows as corpus_rows
from panah_model.check import check
from panah_model.config import MODEL, load
from tests.server.feedback.conftest import MISSED, POST, TEXT, Box, both_databases


def exported(box: Box, *, again: bool = False) -> list[dict[str, Any]]:
    with box.turn() as turn:
        made = export(turn, None, again=again)
    found = [json.loads(line) for line in made.lines.splitlines()]
    assert len(found) == made.rows
    return found


@both_databases
def test_only_what_is_labelled_and_has_a_text_is_exported_and_once(box: Box) -> None:
    me = box.member()
    labelled = box.row_of(box.tell())
    box.label(me, labelled, "silencing", "blame")
    box.tell()
    box.tell(text=None)
    with box.turn() as turn:
        service.dismiss(turn, me, box.row_of(box.tell()).id, was="waiting")
    expected = {
        "id": f"fb-{labelled.id.hex[:8]}",
        "thread": f"fb-{labelled.id.hex}",
        "setting": "disclosure",
        "lang": "en",
        "context": POST,
        "text": TEXT,
        "labels": ["blame", "silencing"],
        "kind": "feedback",
        "brief": "feedback",
    }
    assert exported(box) == [expected]
    assert exported(box) == []
    assert exported(box, again=True) == [expected]
    box.label(me, labelled, was="labelled")
    assert exported(box) == [expected | {"labels": []}]
    with Session(box.engine) as session:
        events = session.exec(select(AccountEvent.body).where(AccountEvent.kind == "feedback_exported")).all()
    assert [event["rows"] for event in events if event] == [1, 0, 1, 1]


def test_the_training_tools_read_what_is_exported(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = box.member()
    texts = {
        "en": "Nobody has to earn belief.",
        "ur-Latn": "Itne saal chup kyun thi?",
        "ur": "آپ چپ نہ رہیں، ہم ساتھ ہیں۔",
    }
    for lang, text in texts.items():
        acts = ["disbelief"] if lang == "ur-Latn" else []
        context = None if lang == "ur" else POST
        box.label(me, box.row_of(box.tell(**MISSED | {"language": lang}, text=text, context=context)), *acts)
    found = exported(box)
    check(found)
    (tmp_path / "feedback.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    monkeypatch.setattr(corpus_rows, "CORPUS", tmp_path)
    config = load(MODEL / "configs" / "v2.toml")
    read = [*corpus_rows.corpus(config, "train"), *corpus_rows.corpus(config, "dev")]
    assert {row.lang: bool(row.targets.any()) for row in read} == {"en": False, "ur-Latn": True, "ur": False}
    assert {row.source for row in read} == {"feedback"}
    assert len({row.thread for row in read}) == 3
    assert corpus_rows.corpus(config, "test") == []


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """The operator's own database, as the commands find it."""
    url = f"sqlite:///{tmp_path / 'panah.db'}"
    monkeypatch.setenv("PANAH_DATABASE_URL", url)
    monkeypatch.setenv("PANAH_KEYS_FILE", str(tmp_path / "panah.keys"))
    engine = make_engine(url)
    migrate(engine)
    return Box(engine, load_keys(tmp_path / "panah.keys"))


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(feedback_app, [str(word) for word in words])


def test_the_command_writes_a_file_for_this_user_only(station: Box, tmp_path: Path) -> None:
    station.label(station.member(), station.row_of(station.tell()), "blame")
    file = tmp_path / "rows.jsonl"
    done = run("export", file)
    assert done.exit_code == 0, done.output
    assert "1 rows" in done.stdout
    assert "out of every repository" in done.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text(encoding="utf-8"))["text"] == TEXT


def test_another_file_is_not_overwritten_and_the_rows_stay_to_be_exported(station: Box, tmp_path: Path) -> None:
    station.label(station.member(), station.row_of(station.tell()), "blame")
    file = tmp_path / "rows.jsonl"
    file.write_text("mine")
    refused = run("export", file)
    assert (refused.exit_code, file.read_text()) == (2, "mine")
    assert "File exists" in refused.output
    assert len(exported(station)) == 1


def test_an_operator_deletes_for_whoever_has_the_receipt(station: Box) -> None:
    told = station.tell()
    assert "It is deleted." in run("forget", told.receipt.upper()).stdout
    assert "Nothing is kept" in run("forget", told.receipt).stdout
    assert station.rows() == []


def test_stats_count_without_words(station: Box) -> None:
    station.tell()
    station.tell(text=None)
    said = run("stats").stdout
    assert "1  waiting  not-harmful  en  blame  with text" in said
    assert "2  in all" in said
    assert TEXT not in said
