"""`panah score`: JSON lines in, verdicts out, without a server."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import orjson
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import Progress

from panah.errors import explain
from panah.scoring.classifier import Classifier
from panah.scoring.policies import shipped
from panah.scoring.policy import Sensitivity
from panah.scoring.schemas import Replies, ReplyIn
from panah.scoring.service import NOTHING, pack, prepare, verdicts

CHUNK = 256  # lines read, judged and written together


ONE = TypeAdapter(Replies)
BOM = b"\xef\xbb\xbf"  # Windows editors begin files with it


class BadLine(ValueError):
    """A line that holds no reply; its text says why, without quoting it."""


def parse(line: bytes, number: int) -> ReplyIn:
    """The reply in a line; without an id it gets the line's number. Raises BadLine."""
    try:
        found = orjson.loads(line.removeprefix(BOM) if number == 1 else line)
    except orjson.JSONDecodeError as error:
        raise BadLine("not valid JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise BadLine('not a JSON object like {"text": "…"}')
    try:
        (reply,) = ONE.validate_python([{"id": str(number)} | found])
        return reply
    except ValidationError as error:
        told = [explain(dict(one)) for one in error.errors()]
        raise BadLine("; ".join(f"{one['where'].replace('body', 'it')} {one['what']}" for one in told)) from error


class Judge:
    """One model and its shipped policy. Raises FileNotFoundError or ValueError for a broken artefact."""

    def __init__(self, model_dir: Path, *, sensitivity: Sensitivity) -> None:
        self.classifier = Classifier(model_dir)
        self.policy = shipped(self.classifier.config)
        self.sensitivity = sensitivity

    def __call__(self, replies: Sequence[ReplyIn]) -> Iterator[bytes]:
        """Verdicts as JSON lines, in order."""
        prepared = prepare(replies, self.classifier.encoder)
        pairs = [one.encoded for one in prepared if one.encoded]
        known = pack(prepared, self.classifier.score(pairs) if pairs else NOTHING, self.classifier.config)
        for found in verdicts(replies, known, policy=self.policy, sensitivity=self.sensitivity):
            yield orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE)


def run(judge: Judge, lines: Iterable[bytes], sink: BinaryIO, *, size: int | None) -> int:
    """Judges every line and names the bad ones on stderr. Returns how many were bad.
    `size` in bytes lets the progress bar know its end.
    """
    bad = 0
    console = Console(stderr=True)
    source = enumerate(lines, 1)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("Judging", total=size)
        while chunk := list(islice(source, CHUNK)):
            replies = []
            for number, line in chunk:
                if not line.strip():
                    continue
                try:
                    replies.append(parse(line, number))
                except BadLine as error:
                    bad += 1
                    console.print(f"line {number}: {error}", markup=False, highlight=False, soft_wrap=True)
            sink.writelines(judge(replies))
            sink.flush()
            progress.advance(task, sum(len(line) for _, line in chunk))
    return bad
