"""Writes tests/vectors/report.json: a signed transparency report, and what readers must refuse.

python -m tests.vectors.make_report
"""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from panah.curation.transparency import FORMAT, HEADING
from panah.distribution.signing import (
    OnlineKey,
    Root,
    envelope,
    fingerprint,
    moment,
    online_statement,
    public_of,
    root_statement,
    sign,
)

PLACE = Path(__file__).with_name("report.json")
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
SAID = {
    "format": FORMAT,
    "server": "Panah",
    "made_on": "2026-12-01",
    "list": {"id": "00000000-0000-0000-0000-000000000001", "slug": "village", "name": "گاؤں"},
    "month": "2026-11",
    "cases_opened": "<5",
    "curators": "3-5",
}


def key(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def made(said: dict[str, Any], *, heading: str = HEADING, signer: int = 3, days: int = 90) -> dict[str, Any]:
    """An envelope by the second of two roots."""
    first, second, online = key(1), key(2), key(3)
    dates = moment(BEGIN), moment(BEGIN + timedelta(days=days))
    vouched = sign(second, online_statement(public_of(online), *dates))
    roots = [Root(public_of(first)), Root(public_of(second), sign(first, root_statement(public_of(second))))]
    body = envelope(
        orjson.dumps(said).decode(),
        key(signer),
        OnlineKey(public_of(online), *dates, vouched),
        roots,
        heading=heading,
    )
    found: dict[str, Any] = orjson.loads(body)
    return found


def build() -> dict[str, Any]:
    good = made(SAID)
    other = b64encode(bytes(64)).decode()
    refused = {
        "another number": (good | {"signed": good["signed"].replace("<5", "40")}, "signature"),
        "another month": (good | {"signed": good["signed"].replace("2026-11", "2026-10")}, "signature"),
        "no signature": (good | {"signature": ""}, "signature"),
        "another signature": (good | {"signature": other}, "signature"),
        "signed by somebody else": (made(SAID, signer=9), "signature"),
        "signed as a catalogue": (made(SAID, heading=""), "signature"),
        "a key of one's own": (good | {"key": good["key"] | {"public": public_of(key(9))}}, "key"),
        "a key that lasts longer": (good | {"key": good["key"] | {"not_after": "2036-01-01T00:00:00Z"}}, "key"),
        "made after the key's end": (made(SAID, days=5), "key"),
        "roots without their link": (good | {"roots": [good["roots"][0], {"public": public_of(key(2))}]}, "roots"),
        "only another root": (good | {"roots": [{"public": public_of(key(9))}]}, "key"),
        "no roots": (good | {"roots": []}, "malformed"),
        "no key": ({name: part for name, part in good.items() if name != "key"}, "malformed"),
        "a newer kind": (made(SAID | {"format": 2}), "format"),
        "no report": (made({"format": FORMAT}), "malformed"),
    }
    return {
        "fingerprints": [fingerprint(public_of(key(one))) for one in (1, 2)],
        "good": good,
        "says": SAID,
        "refused": [{"name": name, "body": body, "code": code} for name, (body, code) in refused.items()],
    }


def as_json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PLACE.write_text(as_json(build()), encoding="utf-8")
