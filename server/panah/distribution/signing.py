"""Who vouches for the lists: a root key that can lie in a drawer, and online keys that it signs for 90 days.

Here are only statements, signatures and how a reader checks them; keyring.py keeps the keys.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORMAT = 1
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Refused(ValueError):
    """A reader does not take this catalogue. malformed | roots | key | signature | format | expired | older"""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def moment(at: datetime) -> str:
    """A time as the catalogue writes it: UTC, whole seconds, "2026-11-22T17:00:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_moment(text: str) -> datetime:
    """Raises ValueError for what `moment` does not write."""
    if not MOMENT.fullmatch(text):
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def public_of(private: Ed25519PrivateKey) -> str:
    """The public half, 32 bytes in base64."""
    return b64encode(private.public_key().public_bytes_raw()).decode()


def fingerprint(public: str) -> str:
    """What people can compare of a key, as readers' extensions show it: the first 32 hex digits of the SHA-256 of
    its bytes, in groups of four.
    """
    digits = hashlib.sha256(b64decode(public)).hexdigest()[:32]
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def root_statement(public: str) -> str:
    """What a root signs to hand over to the next."""
    return f"panah-root-key\n{public}"


def online_statement(public: str, not_before: str, not_after: str) -> str:
    """What a root signs to let a key sign catalogues for a time."""
    return f"panah-online-key\n{public}\n{not_before}\n{not_after}"


def sign(private: Ed25519PrivateKey, text: str) -> str:
    """Ed25519 over the UTF-8 of a text, in base64."""
    return b64encode(private.sign(text.encode())).decode()


def is_signed(public: str, text: str, signature: str) -> bool:
    """Whether that key signed that text; False for anything that is no key or no signature."""
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public, validate=True))
        key.verify(b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Root:
    """A root's public key, and the signature of the root before it (empty for the first)."""

    public: str
    signature: str = ""


@dataclass(frozen=True)
class OnlineKey:
    """A key that may sign catalogues in [not_before, not_after], as a root said."""

    public: str
    not_before: str
    not_after: str
    signature: str


def envelope(
    signed: str, private: Ed25519PrivateKey, key: OnlineKey, roots: Sequence[Root], *, heading: str = ""
) -> bytes:
    """`catalogue.json`: the text, its signature, and the way from the roots to the key. `heading` is signed before
    the text, so that what is signed as one thing is never taken for another.
    """
    return orjson.dumps(
        {
            "signed": signed,
            "signature": sign(private, heading + signed),
            "key": key.__dict__,
            "roots": [
                {"public": root.public} | ({"signature": root.signature} if root.signature else {})
                for root in roots
            ],
        }
    )


def open_envelope(
    body: bytes, *, heading: str = "", pinned: str | None = None
) -> tuple[str, OnlineKey, list[Root]]:
    """(the text, the key that signed it, the roots that vouch for the key) of what `envelope` made. `pinned` is the
    remembered root. Raises Refused.
    """
    try:
        found = orjson.loads(body)
        signed_text, key, roots = (
            str(found["signed"]),
            OnlineKey(**found["key"]),
            [Root(**one) for one in found["roots"]],
        )
        newest_root, signature = roots[-1].public, str(found["signature"])
    except (ValueError, TypeError, KeyError, IndexError) as cause:
        raise Refused("malformed") from cause
    for before, root in pairwise(roots):
        if not is_signed(before.public, root_statement(root.public), root.signature):
            raise Refused("roots")
    if pinned is not None and pinned not in {root.public for root in roots}:
        raise Refused("roots")
    if not is_signed(newest_root, online_statement(key.public, key.not_before, key.not_after), key.signature):
        raise Refused("key")
    if not is_signed(key.public, heading + signed_text, signature):
        raise Refused("signature")
    return signed_text, key, roots


@dataclass(frozen=True)
class Opened:
    """A catalogue that a reader takes, and the root to remember from now on."""

    root: str
    signed: dict[str, Any]


def open_catalogue(body: bytes, *, now: datetime, pinned: str | None = None, newest: int = 0) -> Opened:
    """Checks a catalogue as every reader must. `pinned` is the remembered root (None: this server is new),
    `newest` the version of the last catalogue taken. Raises Refused.
    """
    signed_text, key, roots = open_envelope(body, pinned=pinned)
    try:
        signed = orjson.loads(signed_text)
        if signed["format"] != FORMAT:
            raise Refused("format")
        created, expires = from_moment(signed["created"]), from_moment(signed["expires"])
        begins, ends = from_moment(key.not_before), from_moment(key.not_after)
        version = int(signed["version"])
    except Refused:
        raise
    except (ValueError, TypeError, KeyError) as cause:
        raise Refused("malformed") from cause
    # Whoever steals an old key can date a catalogue back, but not make it last beyond the key's end.
    if not begins <= created < expires <= ends:
        raise Refused("key")
    if now > expires:
        raise Refused("expired")
    if version < newest:
        raise Refused("older")
    return Opened(roots[-1].public, signed)
