"""tests/vectors/lists.json is what this code makes, and a reader written after its description agrees."""

import json
from base64 import b64decode
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from panah.blocklists.tables import Tier
from panah.distribution import golomb
from panah.distribution.encode import Snapshot, apply_delta, decode_full, snapshot_of
from panah.distribution.golomb import Malformed
from panah.distribution.signing import Refused, open_catalogue
from tests.vectors.make_lists import PLACE, as_json, build, by_rule

VECTORS: dict[str, Any] = json.loads(PLACE.read_text(encoding="utf-8"))
LISTS = {one["name"]: one for one in VECTORS["lists"]}


def decoded(name: str) -> Snapshot:
    return decode_full(b64decode(LISTS[name]["full"]))


def test_the_file_is_up_to_date_and_small() -> None:
    assert PLACE.read_text(encoding="utf-8") == as_json(build()), "run `python -m tests.vectors.make_lists`"
    assert PLACE.stat().st_size < 300_000


@pytest.mark.parametrize("name", LISTS)
def test_each_list_is_what_its_accounts_make(name: str) -> None:
    one = LISTS[name]
    pairs = [(subject, Tier(tier)) for subject, tier in one.get("entries", [])]
    if rule := one.get("rule"):
        pairs += by_rule(rule)[rule.get("skip", 0) :]
    found = decoded(name)
    assert found == snapshot_of(bytes.fromhex(one["salt"]), pairs)
    assert (len(found), found.sha256()) == (one["count"], one["result_sha256"])


@pytest.mark.parametrize("one", VECTORS["deltas"], ids=lambda one: f"{one['from']} to {one['to']}")
def test_each_delta_leads_where_it_says(one: dict[str, Any]) -> None:
    found = apply_delta(b64decode(one["delta"]), decoded(one["from"]))
    assert found == decoded(one["to"])
    assert found.sha256() == one["result_sha256"]


@pytest.mark.parametrize("one", VECTORS["broken_files"], ids=lambda one: f"{one['kind']}: {one['why']}")
def test_each_broken_file_is_refused(one: dict[str, Any]) -> None:
    data = b64decode(one["file"])
    try:
        found = apply_delta(data, decoded(one["base"])) if one["kind"] == "delta" else decode_full(data)
    except Malformed:
        return
    assert found.sha256() != one["result_sha256"]


@pytest.mark.parametrize("one", VECTORS["catalogues"], ids=lambda one: one["name"])
def test_each_catalogue_gets_its_answer(one: dict[str, Any]) -> None:
    answer: dict[str, Any]
    now = datetime.fromisoformat(one["now"])
    try:
        opened = open_catalogue(one["body"].encode(), now=now, pinned=one["pinned"], newest=one["newest"])
        answer = {"root": opened.root, "version": opened.signed["version"]}
    except Refused as refused:
        answer = {"refused": refused.code}
    assert answer == {name: one[name] for name in answer}
    assert ("refused" in answer) == ("refused" in one)


def test_every_reason_to_refuse_a_catalogue_is_among_them() -> None:
    codes = {one.get("refused") for one in VECTORS["catalogues"]}
    assert codes == {None, "malformed", "roots", "key", "signature", "format", "expired", "older"}


@pytest.mark.parametrize("one", VECTORS["rice"], ids=str)
def test_the_numbers_are_coded_as_written(one: dict[str, Any]) -> None:
    assert golomb.encode(np.array(one["numbers"], np.int64), one["k"]) == b64decode(one["bytes"])
    assert golomb.decode(b64decode(one["bytes"]), len(one["numbers"]), one["k"]).tolist() == one["numbers"]
