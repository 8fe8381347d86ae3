"""Bluesky's records of moderation lists, and labels on accounts."""

from collections.abc import Iterator
from typing import Any

from panah.interchange.files import json_items
from panah.interchange.rows import BadAccount, ImportedAccount, Refused, Row, Why, bluesky_subject

LIST = "app.bsky.graph.list"
ITEM = "app.bsky.graph.listitem"
MODERATION = "app.bsky.graph.defs#modlist"


def record_of(found: Any) -> dict[str, Any] | None:
    """The record in {uri, cid, value}, or by itself; None where it is none."""
    record = found.get("value", found) if isinstance(found, dict) else None
    return record if isinstance(record, dict) and isinstance(record.get("$type"), str) else None


def fits_records(first: Any) -> bool:
    if isinstance(first, dict) and isinstance(first.get("records"), list):
        first = next(iter(first["records"]), None)
    record = record_of(first)
    return record is not None and record["$type"].startswith("app.bsky.")


def fits_labels(first: Any) -> bool:
    if isinstance(first, dict) and isinstance(first.get("labels"), list):
        return True
    return isinstance(first, dict) and {"src", "uri", "val"} <= first.keys()


def read_records(text: str) -> Iterator[Row]:
    """Items of moderation lists. Other records of a repository are passed over, as are items of other lists:
    those hold people whom somebody likes to read.
    """
    found = list(json_items(text, "records"))
    purposes: dict[str, Any] = {}
    lists = 0
    for _, item in found:
        record = record_of(item)
        if record is not None and record["$type"] == LIST:
            lists += 1
            purposes[str(item.get("uri", ""))] = record.get("purpose")
    alone = next(iter(purposes.values())) if lists == 1 and list(purposes) == [""] else None
    for line, item in found:
        record = record_of(item)
        if record is None:
            yield Refused(line, Why.FIELDS)
            continue
        if record["$type"] != ITEM:
            continue
        if lists:
            purpose = purposes.get(str(record.get("list")), alone)
            if purpose is None:
                yield Refused(line, Why.OTHER_LIST)
                continue
            if purpose != MODERATION:
                continue
        try:
            yield ImportedAccount(bluesky_subject(record.get("subject")), None, False, line)
        except BadAccount as error:
            yield Refused(line, error.why)


def read_labels(text: str) -> Iterator[Row]:
    """Labels on accounts; `neg` takes one back. Labels on posts are passed over."""
    for line, item in json_items(text, "labels"):
        if (
            not fits_labels(item)
            or not isinstance(item["uri"], str)
            or not isinstance(item.get("neg", False), bool)
        ):
            yield Refused(line, Why.FIELDS)
            continue
        if item["uri"].startswith("at://"):
            continue
        try:
            yield ImportedAccount(bluesky_subject(item["uri"]), None, item.get("neg", False), line)
        except BadAccount as error:
            yield Refused(line, error.why)
