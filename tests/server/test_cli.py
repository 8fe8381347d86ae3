"""The command line, run as a person would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from panah import __version__


def panah(
    *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "panah", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, env=os.environ | (env or {}), check=False)


def lines(output: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_score_reads_stdin_and_writes_a_verdict_a_line_in_order() -> None:
    texts = [f"reply number {at} " + "and so on " * (at % 7) for at in range(300)]
    done = panah("score", stdin=b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts))
    assert (done.returncode, done.stderr) == (0, b"")
    found = lines(done.stdout)
    assert [one["id"] for one in found] == [str(at) for at in range(1, 301)]
    assert set(found[0]) == {"id", "action", "reason", "language", "truncated", "scores"}


def test_score_agrees_with_itself_from_file_to_file(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        '{"id": "a", "text": "تم وہاں کیوں گئی؟", "context": "وہ میرا استاد تھا"}\n', encoding="utf-8"
    )
    done = panah("score", str(source), "--output", str(target), "--sensitivity", "strict")
    assert (done.returncode, done.stdout) == (0, b"")
    piped = panah("score", "--sensitivity", "strict", stdin=source.read_bytes())
    assert target.read_bytes() == piped.stdout


def test_bad_lines_are_named_and_the_rest_goes_on() -> None:
    stdin = b"\n".join(
        (
            b'{"text": "one"}',
            b"secretword",
            b"",
            b'{"text": ""}',
            b"[1]",
            b'{"text": "\xff"}',
            b'{"text": "six", "who": "secretword"}',
            b'{"text": "seven"}',
        )
    )
    done = panah("score", stdin=stdin)
    assert done.returncode == 1
    assert [one["id"] for one in lines(done.stdout)] == ["1", "8"]
    said = done.stderr.decode().splitlines()
    assert [line.split(":")[0] for line in said] == ["line 2", "line 4", "line 5", "line 6", "line 7"]
    assert "text must not be empty or blank" in said[1]
    assert "secretword" not in done.stderr.decode()


def test_verdicts_never_overwrite_the_replies(tmp_path: Path) -> None:
    source = tmp_path / "x.jsonl"
    source.write_text('{"text": "one"}\n', encoding="utf-8")
    done = panah("score", str(source), "-o", str(source))
    assert done.returncode == 2
    assert source.read_text(encoding="utf-8") == '{"text": "one"}\n'


def test_a_file_from_a_windows_editor_is_read() -> None:
    done = panah("score", stdin=b'\xef\xbb\xbf{"text": "one"}\r\n')
    assert (done.returncode, len(lines(done.stdout))) == (0, 1)


def test_empty_input_is_no_fault() -> None:
    done = panah("score")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("arguments", "env", "told"),
    [
        (("score", "no-such-file.jsonl"), {}, "no-such-file.jsonl: No such file or directory"),
        (("score", "--model-dir", "."), {}, "config.json is missing"),
        (("serve",), {"PANAH_SCORE_LIMIT": "often"}, 'PANAH_SCORE_LIMIT: write a limit like "120/minute"'),
        (("serve",), {"PANAH_CLIENT_TOKENS": "abc"}, "is not JSON"),
        (("serve", "--host", "192.0.2.1"), {}, "cannot listen on 192.0.2.1 port 8000"),
        (("serve",), {"PANAH_MODEL_DIR": "/nowhere"}, "PANAH_MODEL_DIR: Path does not point to a directory"),
        (("serve",), {"PANAH_CACHE_SECRET": "short"}, "PANAH_CACHE_SECRET"),
        (("migrate",), {"PANAH_DATABASE_URL": "postgresql+psycopg://127.0.0.1:1/none"}, "check PANAH_DATABASE_URL"),
        (("serve",), {"PANAH_DATABASE_URL": "postgresql+psycopg://127.0.0.1:1/none"}, "check PANAH_DATABASE_URL"),
        (("serve",), {"PANAH_DATABASE_URL": "nonsense"}, 'PANAH_DATABASE_URL: write "sqlite'),
        (("migrate",), {"PANAH_DATABASE_URL": "mysql://u:p@h/d"}, 'PANAH_DATABASE_URL: write "sqlite'),
    ],
)
def test_what_cannot_be_done_is_one_line_that_says_why(
    arguments: tuple[str, ...], env: dict[str, str], told: str
) -> None:
    done = panah(*arguments, env=env)
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("panah: ")
    assert told in line


def test_serve_refuses_a_postgresql_that_was_not_migrated_and_migrate_helps(fresh_database: str) -> None:
    refused = panah("serve", "--port", "0", env={"PANAH_DATABASE_URL": fresh_database})
    assert refused.returncode == 2
    assert b"run `panah migrate` first" in refused.stderr
    for _ in range(2):
        assert panah("migrate", env={"PANAH_DATABASE_URL": fresh_database}).returncode == 0


def test_help_lists_all_commands_and_a_slip_is_told_the_nearest() -> None:
    listed = panah("--help", env={"COLUMNS": "200"}).stdout.decode()
    for name in "serve score migrate create-admin version simulate demo lists feedback keys".split():
        assert f" {name} " in listed
    assert "verify-report" in panah("lists", "--help").stdout.decode()
    assert "Did you mean 'simulate'?" in panah("simulat").stderr.decode()


def test_version_names_the_service_and_the_model() -> None:
    assert panah("version").stdout.decode().strip() == f"panah {__version__}, model v2"
