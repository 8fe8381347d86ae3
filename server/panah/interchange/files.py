"""How files are read: bytes to text, text to CSV rows or JSON values, each with its line."""

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from panah.interchange.rows import FileTooLarge, MalformedFile

MAX_BYTES = 20 * 1024 * 1024  # as Mastodon
MAX_ROWS = 100_000
BLANK = re.compile(r"[ \t\r\n]*")


def to_text(content: bytes | str) -> str:
    """The file's text without a byte order mark. Raises FileTooLarge, and MalformedFile where it is not UTF-8."""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    if len(content) > MAX_BYTES:
        raise FileTooLarge(f"The file is larger than {MAX_BYTES // 2**20} MB. Split it, and bring the parts in.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise MalformedFile(1, "the file is UTF-16; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise MalformedFile(content.count(b"\n", 0, cause.start) + 1, "this is not UTF-8 text") from None
    nul = text.find("\0")
    if nul >= 0:
        raise MalformedFile(text.count("\n", 0, nul) + 1, "it holds a NUL character")
    return text


def csv_rows(text: str, limit: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, each with its first line and with its cells trimmed.

    Raises MalformedFile for broken quotes, and for more rows than `limit`.
    """
    limit = limit or MAX_ROWS
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    count = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise MalformedFile(line, "its quotes do not match, or it is far too long") from None
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        count += 1
        if count > limit + 1:  # one for a header
            raise too_many(line, limit)
        yield line, cells


def too_many(line: int, limit: int) -> MalformedFile:
    return MalformedFile(line, f"the file has more than {limit:,} rows; split it")


def whole(digits: str) -> int:
    """A JSON integer, exact. One that is too long for any id is 0, which is no id either: Python refuses to read
    integers of thousands of digits.
    """
    return int(digits) if len(digits) <= 30 else 0


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: two ids in one object could be read as either."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(parse_int=whole, parse_constant=no_constant, object_pairs_hook=once)


class Cursor:
    """A place in a text of JSON that knows its line."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.move(at)

    def move(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def skip_blank(self) -> str:
        """Goes to the next sign and returns it; empty at the end."""
        found = BLANK.match(self.text, self.at)
        assert found is not None  # noqa: S101 - it matches nothing as well
        self.move(found.end())
        return self.text[self.at : self.at + 1]

    def value(self) -> Any:
        """Reads the value that begins here. Raises MalformedFile."""
        try:
            found, end = DECODER.raw_decode(self.text, self.at)
        except json.JSONDecodeError as cause:
            raise MalformedFile(cause.lineno, "this is not valid JSON") from None
        except ValueError:
            raise MalformedFile(
                self.line, "this is not valid JSON: a name stands twice, or a number is none"
            ) from None
        except RecursionError:
            raise MalformedFile(self.line, "this JSON is nested too deeply") from None
        self.move(end)
        return found


def array_items(cursor: Cursor) -> Iterator[tuple[int, Any]]:
    """The items of the array that begins at the cursor, each with its line; the cursor ends behind it.

    Raises MalformedFile.
    """
    if cursor.skip_blank() != "[":
        raise MalformedFile(cursor.line, "a list in square brackets should begin here")
    cursor.move(cursor.at + 1)
    if cursor.skip_blank() == "]":
        cursor.move(cursor.at + 1)
        return
    for _ in range(MAX_ROWS):
        cursor.skip_blank()
        line = cursor.line
        yield line, cursor.value()
        sign = cursor.skip_blank()
        if sign not in (",", "]"):
            raise MalformedFile(cursor.line, "a comma or the list's end should stand here")
        cursor.move(cursor.at + 1)
        if sign == "]":
            return
    raise too_many(cursor.line, MAX_ROWS)


def only_blank_after(cursor: Cursor, also: str = "") -> None:
    """Raises MalformedFile when something follows but one of the signs in `also`."""
    sign = cursor.skip_blank()
    if sign and sign in also:
        cursor.move(cursor.at + 1)
        sign = cursor.skip_blank()
    if sign:
        raise MalformedFile(cursor.line, "something follows after the end of the list")


def json_items(text: str, wrapper: str | None = None) -> Iterator[tuple[int, Any]]:
    """The items of a JSON array, of the array named `wrapper` in an object, or of JSON values one after another.

    Raises MalformedFile.
    """
    cursor = Cursor(text)
    if cursor.skip_blank() == "[":
        yield from array_items(cursor)
        only_blank_after(cursor)
        return
    name = wrapper and re.match(rf'\s*\{{[^\[\{{]*?"{wrapper}"\s*:\s*(?=\[)', text)
    if name:
        cursor = Cursor(text, name.end())
        yield from array_items(cursor)
        line = cursor.line
        try:
            json.loads(f"{name[0]}0{text[cursor.at :]}")  # what stands around the list
        except (ValueError, RecursionError):
            raise MalformedFile(line, "what follows the list is not valid JSON") from None
        return
    for count in itertools.count(1):
        if not cursor.skip_blank():
            return
        if count > MAX_ROWS:
            raise too_many(cursor.line, MAX_ROWS)
        line = cursor.line
        yield line, cursor.value()
