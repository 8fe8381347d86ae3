"""`panah lists …` on a real database file."""

import re
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, select
from typer.testing import CliRunner, Result

from panah.blocklists.tables import Contributor
from panah.db import make_engine, migrate
from panah.interchange import cli
from panah.interchange.cli import lists_app
from panah.interchange.hash_list import to_hash
from panah.interchange.parsing import parse
from panah.keys import load_keys
from tests.server.interchange import conftest
from tests.server.interchange.conftest import Desk, entry


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    url = f"sqlite:///{tmp_path / 'panah.db'}"
    monkeypatch.setenv("PANAH_DATABASE_URL", url)
    monkeypatch.setenv("PANAH_KEYS_FILE", str(tmp_path / "panah.keys"))
    monkeypatch.delenv(cli.KEY, raising=False)
    monkeypatch.setattr(conftest, "KEYS", load_keys(tmp_path / "panah.keys"))
    engine = make_engine(url)
    migrate(engine)
    SQLModel.metadata.create_all(engine)
    return Desk(engine)


def run(*words: str | Path, answer: str | None = None) -> Result:
    return CliRunner().invoke(lists_app, [str(word) for word in words], input=answer)


def file(tmp_path: Path, content: str | bytes, name: str = "blocks.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_import_shows_a_preview_asks_and_gives_a_key_once(desk: Desk, tmp_path: Path) -> None:
    done = run("import", file(tmp_path, "1\n2\n3\n4\n"), "--list", "calm", answer="y\n")
    assert done.exit_code == 0, done.output
    assert "new: 4 accounts; over 2 days as reports" in done.stdout
    assert re.search(rf"^{cli.KEY}=[\w-]{{43}}$", done.stdout, re.MULTILINE)
    assert desk.waiting() == ["x:1", "x:2", "x:3", "x:4"]


def test_no_leaves_everything_as_it_was(desk: Desk, tmp_path: Path) -> None:
    done = run("import", file(tmp_path, "1\n"), "--list", "calm", answer="n\n")
    assert done.exit_code == 0
    assert "Nothing was changed." in done.stdout
    assert cli.KEY not in done.stdout
    assert desk.waiting() == []
    with Session(desk.engine) as session:
        assert len(session.exec(select(Contributor)).all()) == 1  # the desk's own


def test_a_known_key_is_used_and_not_shown_and_takes_back(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cli.KEY, "k" * 43)
    path = file(tmp_path, "1\n2\n")
    done = run("import", path, "--list", "calm", "--yes")
    assert done.exit_code == 0, done.output
    assert "k" * 43 not in done.output
    again = run("import", path, "--list", "calm", "--yes")
    assert "known: 2 accounts" in again.stdout
    assert "Nothing to do." in again.stdout
    (batch,) = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", done.stdout))
    back = run("take-back", batch, "--list", "calm")
    assert (back.exit_code, back.stdout) == (0, "Taken back: 2 accounts.\n")
    assert desk.waiting() == []


def test_taking_back_without_a_key_says_what_is_missing(desk: Desk) -> None:
    done = run("take-back", "00000000-0000-0000-0000-000000000001", "--list", "calm")
    assert done.exit_code == 2
    assert cli.KEY in done.stderr


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("1\n@someone\n", (), "1 lines of x-csv are not taken; nothing was changed"),
        (b"1\n\xff\n", ("--format", "x-csv"), "Line 2: this is not UTF-8 text. Nothing was changed."),
        ("user_id\n1\n", (), "x-csv, blue-blocker-csv, blue-blocker-safelist"),
        ("1\n", ("--format", "exe"), "No such format"),
        ("1\n", ("--list", "none"), "There is no such list here."),
    ],
)
def test_a_fault_is_one_line_of_panah_and_exit_status_2(
    desk: Desk, tmp_path: Path, content: str | bytes, options: tuple[str, ...], said: str
) -> None:
    done = run("import", file(tmp_path, content), "--yes", "--list", "calm", *options)
    assert done.exit_code == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("panah: ")]
    assert said in line
    assert desk.waiting() == []


def test_refused_lines_are_named_with_their_reason(desk: Desk, tmp_path: Path) -> None:
    done = run("import", file(tmp_path, "1\n@someone\n"), "--list", "calm")
    assert "line 2: this is a name, and names change hands" in done.stderr
    assert "someone" not in done.output


def test_a_wrong_key_is_refused(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cli.KEY, "short")
    done = run("import", file(tmp_path, "1\n"), "--list", "calm", "--yes")
    assert done.exit_code == 2
    assert "43 characters" in done.stderr


def test_a_file_over_20_megabytes_is_refused_unread(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as large:
        large.truncate(20 * 1024 * 1024 + 1)
    done = run("import", path, "--list", "calm")
    assert done.exit_code == 2
    assert "20 MB" in done.stderr


def test_export_writes_to_stdout_a_file_or_a_folder(desk: Desk, tmp_path: Path) -> None:
    with Session(desk.engine) as session, session.begin():
        session.add_all([entry(desk.blocklist, "x:12"), entry(desk.blocklist, "mastodon:a@example.org")])
        session.add(entry(desk.blocklist, "x:99", "waiting"))
    plain = run("export", "--list", "calm", "--format", "x-csv")
    assert (plain.exit_code, plain.stdout) == (0, "12\n")
    assert "left out: 1 account of other platforms" in plain.stderr
    run("export", "--list", "calm", "--format", "jsonl", "-o", tmp_path / "mine.jsonl")
    assert len(parse((tmp_path / "mine.jsonl").read_bytes()).rows) == 2
    run("export", "--list", "calm", "--format", "mastodon-mutes", "-o", tmp_path)
    assert (tmp_path / "calm.csv").read_text() == "Account address,Hide notifications\na@example.org,true\n"


def test_many_rows_become_numbered_files(desk: Desk, tmp_path: Path) -> None:
    with Session(desk.engine) as session, session.begin():
        session.add_all([entry(desk.blocklist, f"x:{number}") for number in range(1, 5002)])
    to_stdout = run("export", "--list", "calm", "--format", "x-csv")
    assert to_stdout.exit_code == 2
    assert "2 files" in to_stdout.stderr
    done = run("export", "--list", "calm", "--format", "x-csv", "-o", tmp_path)
    assert done.exit_code == 0
    sizes = [len((tmp_path / f"calm-{number}.csv").read_text().split()) for number in (1, 2)]
    assert sizes == [5000, 1]


def test_export_that_cannot_be_written_or_is_not_published_is_told(desk: Desk, tmp_path: Path) -> None:
    nowhere = run("export", "--list", "calm", "--format", "jsonl", "-o", tmp_path / "no" / "file")
    assert nowhere.exit_code == 2
    assert "No such file" in nowhere.stderr
    unpublished = run("export", "--list", "calm")
    assert unpublished.exit_code == 2
    assert "not been published" in unpublished.stderr


def test_compare_counts_what_is_in_a_hash_list_from_elsewhere(desk: Desk, tmp_path: Path) -> None:
    with Session(desk.engine) as session, session.begin():
        session.add_all([entry(desk.blocklist, "x:12"), entry(desk.blocklist, "x:13")])
    salt = "cd" * 16
    hashes = sorted(to_hash(bytes.fromhex(salt), one) for one in ("x:12", "x:77"))
    head = f"# list: theirs\n# epoch: 1\n# salt: {salt}\n# version: 4\n# count: 2\n"
    path = file(tmp_path, head + "\n".join(hashes) + "\n", "theirs.txt")
    done = run("compare", path, "--list", "calm")
    assert done.stdout == "1 of 2 accounts here are among the 2 hashes of theirs, version 4.\n"
    brought = run("import", path, "--list", "calm")
    assert brought.exit_code == 2
    assert "hashes cannot be turned back into accounts" in brought.stderr
