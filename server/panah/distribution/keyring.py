"""Keeps the keys that sign. The root lies in a file that can be taken away; online keys lie sealed in the database.

The database knows every root's public half. A server without the root's file, a second replica for example, signs
with the online key for as long as that lasts.
"""

import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session, col, select

from panah.blocklists.turn import Turn
from panah.distribution.signing import (
    OnlineKey,
    Root,
    from_moment,
    is_signed,
    moment,
    online_statement,
    public_of,
    root_statement,
    sign,
)
from panah.distribution.tables import SigningKey
from panah.errors import AppError
from panah.keys import Keys

log = logging.getLogger("panah")

ROOT_FILE = "panah.root"
ROTATION = timedelta(days=90)
RENEWAL = timedelta(days=60)  # of an online key's age
SKEW = timedelta(days=1)  # readers' clocks may be so late
ROOT, ONLINE, REQUESTED = "root", "online", "request"


class RootMissing(AppError):
    status = 409
    code = "root-missing"


class KeyRefused(AppError):
    status = 409
    code = "key-refused"


@dataclass(frozen=True)
class Signer:
    """An online key that may sign now, with the roots that vouch for it."""

    private: Ed25519PrivateKey
    key: OnlineKey
    roots: Sequence[Root]
    ends: datetime


def root_beside(keys_file: Path) -> Path:
    """Where the root's file is looked for."""
    return keys_file.with_name(ROOT_FILE)


def successor(place: Path) -> Path:
    """Where a new root's file lies until the database knows it."""
    return place.with_name(place.name + ".new")


def write_root(place: Path, private: Ed25519PrivateKey) -> None:
    """Writes a root that only this user can read. Raises FileExistsError rather than destroy another."""
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(b64encode(private.private_bytes_raw()).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_root(place: Path) -> Ed25519PrivateKey:
    """Raises OSError where there is no file and ValueError where it holds no root."""
    try:
        return Ed25519PrivateKey.from_private_bytes(b64decode(place.read_text().strip(), validate=True))
    except ValueError as cause:
        raise ValueError(f"{place.name} holds no root key") from cause


def roots_of(session: Session) -> list[Root]:
    """Oldest first."""
    rows = session.exec(select(SigningKey).where(SigningKey.role == ROOT).order_by(col(SigningKey.number)))
    return [Root(row.public, row.signature) for row in rows]


def find_root(session: Session, place: Path) -> Ed25519PrivateKey | None:
    """The root that the database knows as the newest, if its file is here; any file's where it knows none."""
    roots = roots_of(session)
    for file in (place, successor(place)):
        try:
            found = read_root(file)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            log.warning("the root key's file cannot be used: %s", type(error).__name__)
            continue
        if not roots or public_of(found) == roots[-1].public:
            return found
    return None


def _newest(session: Session, role: str) -> SigningKey | None:
    chosen = select(SigningKey).where(SigningKey.role == role).order_by(col(SigningKey.number).desc())
    return session.exec(chosen.limit(1)).first()


def _add_root(turn: Turn, private: Ed25519PrivateKey, signature: str = "") -> None:
    before = _newest(turn.session, ROOT)
    number = before.number + 1 if before else 1
    turn.session.add(SigningKey(role=ROOT, number=number, public=public_of(private), signature=signature))
    turn.session.flush()


def _draft(turn: Turn, role: str) -> SigningKey:
    """A new online key that nobody has signed."""
    private = Ed25519PrivateKey.generate()
    before = _newest(turn.session, role)
    return SigningKey(
        role=role,
        number=before.number + 1 if before else 1,
        public=public_of(private),
        sealed_private=turn.keys.seal(b64encode(private.private_bytes_raw()).decode()),
        not_before=turn.now - SKEW,
        not_after=turn.now + ROTATION,
    )


def _statement(row: SigningKey) -> str:
    assert row.not_before is not None  # noqa: S101  (only roots have no dates)
    assert row.not_after is not None  # noqa: S101
    return online_statement(row.public, moment(row.not_before), moment(row.not_after))


def add_online(turn: Turn, root: Ed25519PrivateKey) -> None:
    """Makes an online key that `root` vouches for."""
    row = _draft(turn, ONLINE)
    row.signature = sign(root, _statement(row))
    turn.session.add(row)
    turn.session.flush()


def usable(session: Session, keys: Keys, now: datetime) -> Signer | None:
    """The newest online key, unless it is not valid now, not signed by the newest root, or cannot be unsealed."""
    roots, row = roots_of(session), _newest(session, ONLINE)
    if not roots or row is None or row.not_before is None or row.not_after is None or row.sealed_private is None:
        return None
    if not row.not_before <= now < row.not_after or not is_signed(roots[-1].public, _statement(row), row.signature):
        return None
    try:
        private = Ed25519PrivateKey.from_private_bytes(b64decode(keys.unseal(row.sealed_private)))
    except ValueError:
        log.warning("the online key was sealed under another master secret")
        return None
    key = OnlineKey(row.public, moment(row.not_before), moment(row.not_after), row.signature)
    return Signer(private, key, roots, row.not_after)


def signer_for(turn: Turn, place: Path) -> Signer | None:
    """Who signs now. Makes the first root, and renews the online key where the root is at hand. None, with a
    warning, where no key is valid and none can be made. The caller holds the catalogue's lock.
    """
    root = find_root(turn.session, place)
    if not roots_of(turn.session):
        fresh = root or Ed25519PrivateKey.generate()
        # The row first: where two servers start at once, the second stops here and leaves no file behind.
        _add_root(turn, fresh)
        if root is None:
            write_root(place, fresh)
        root = fresh
    found = usable(turn.session, turn.keys, turn.now)
    due = found is None or turn.now >= found.ends - ROTATION + RENEWAL
    if due and root is not None:
        add_online(turn, root)
        found = usable(turn.session, turn.keys, turn.now)
    elif found is None:
        log.error("no key can sign the catalogue: bring the root key back, or use `panah keys sign-online`")
    elif due:
        log.warning("the key that signs the catalogue ends in %d days", (found.ends - turn.now).days)
    return found


def renew_online(turn: Turn, place: Path) -> None:
    """Makes another online key now, where the root is at hand. What the one before has signed stays good until that
    key ends: only a new root ends it sooner. The caller holds the catalogue's lock. Raises RootMissing.
    """
    root = find_root(turn.session, place)
    if root is None or not roots_of(turn.session):
        raise RootMissing("The root key is needed to sign a new online key, and it is not on this machine.")
    add_online(turn, root)


def rotate_root(turn: Turn, place: Path) -> None:
    """Makes the next root, signed by the present one, and an online key under it. The new file lies beside `place`;
    `settle_root` puts it there once the turn has been committed. Raises RootMissing.
    """
    present = find_root(turn.session, place)
    if present is None or not roots_of(turn.session):
        raise RootMissing("The present root key is needed to sign the next. Put its file back first.")
    settle_root(turn.session, place)
    fresh = Ed25519PrivateKey.generate()
    successor(place).unlink(missing_ok=True)  # of a rotation that was never committed
    write_root(successor(place), fresh)
    _add_root(turn, fresh, sign(present, root_statement(public_of(fresh))))
    add_online(turn, fresh)


def settle_root(session: Session, place: Path) -> None:
    """Puts a new root's file into the place of the old one's, if the database has it as the newest."""
    roots, file = roots_of(session), successor(place)
    if file.exists() and roots and public_of(read_root(file)) == roots[-1].public:
        file.replace(place)


def request_online(turn: Turn) -> str:
    """A text for the machine that has the root: a new online key's public half and dates."""
    row = _draft(turn, REQUESTED)
    turn.session.add(row)
    turn.session.flush()
    _, public, not_before, not_after = _statement(row).split("\n")
    return orjson.dumps({"public": public, "not_before": not_before, "not_after": not_after}).decode()


def answer_request(root: Ed25519PrivateKey, text: str) -> str:
    """The request with the root's signature. Raises KeyRefused for no request, or one for longer than 90 days."""
    try:
        asked = orjson.loads(text)
        key = OnlineKey(asked["public"], asked["not_before"], asked["not_after"], "")
        lasts = from_moment(key.not_after) - from_moment(key.not_before)
    except (ValueError, KeyError, TypeError) as cause:
        raise KeyRefused("This is no request for an online key.") from cause
    if lasts > ROTATION + SKEW:
        raise KeyRefused("This key would last longer than 90 days.")
    signature = sign(root, online_statement(key.public, key.not_before, key.not_after))
    return orjson.dumps({**asked, "signature": signature}).decode()


def accept_online(turn: Turn, text: str) -> None:
    """Takes the answer to a request of this server. Raises KeyRefused for any other."""
    try:
        answer = orjson.loads(text)
        public, signature = str(answer["public"]), str(answer["signature"])
    except (ValueError, KeyError, TypeError) as cause:
        raise KeyRefused("This is no answer to a request for an online key.") from cause
    asked = turn.session.exec(
        select(SigningKey).where(SigningKey.role == REQUESTED, SigningKey.public == public)
    ).first()
    roots = roots_of(turn.session)
    if asked is None or not roots or not is_signed(roots[-1].public, _statement(asked), signature):
        raise KeyRefused("This answer is not to a request of this server, or not by its root key.")
    before = _newest(turn.session, ONLINE)
    asked.role, asked.number, asked.signature = ONLINE, before.number + 1 if before else 1, signature
    turn.session.flush()


@dataclass(frozen=True)
class KeyReport:
    """What an operator has to know about the keys."""

    roots: list[str]  # public halves, oldest first
    root_here: bool
    online: str | None  # public half of the key that signs
    online_ends: datetime | None
    warnings: list[str]


def report(session: Session, keys: Keys, place: Path, now: datetime) -> KeyReport:
    """Reads only."""
    roots = [root.public for root in roots_of(session)]
    here = bool(roots) and find_root(session, place) is not None
    found = usable(session, keys, now)
    warnings = []
    if roots and found is None:
        warnings.append("No key can sign the catalogue: readers keep their lists until they expire.")
    elif found and not here and now >= found.ends - ROTATION + RENEWAL:
        days = (found.ends - now).days
        warnings.append(f"The online key ends in {days} days and the root key is not here to renew it.")
    return KeyReport(roots, here, found.key.public if found else None, found.ends if found else None, warnings)
