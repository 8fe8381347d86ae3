"""Passwords, codes from an authenticator app, and recovery codes: making, comparing, spending."""

import hmac
import re
import unicodedata
from functools import cache
from secrets import choice, token_urlsafe
from threading import BoundedSemaphore
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, update
from sqlmodel import col

from panah.accounts.tables import Member, RecoveryCode
from panah.blocklists.turn import Turn
from panah.errors import AppError, Overloaded

# RFC 9106's second choice, 64 MiB a hash. So many at once, or requests could take all memory.
HASHER = PasswordHasher()
HASHES_AT_ONCE = BoundedSemaphore(2)
PATIENCE = 10.0  # seconds

PASSWORD_LEAST, PASSWORD_MOST = 12, 200
DISTINCT_LEAST = 6

STEP = 30  # seconds
WINDOW = (-1, 0, 1)  # steps around now: clocks of phones go wrong

RECOVERY_CODES = 10
# No letter that looks like another; 10 of them are 49 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class WeakPassword(AppError):
    status = 422
    code = "weak-password"


class WrongCode(AppError):
    status = 422
    code = "wrong-code"


def _plain(password: str) -> str:
    """One form for texts that look the same, whichever keyboard wrote them. What is far too long is cut: it fits no
    hash, and must not take longer than what does.
    """
    return unicodedata.normalize("NFKC", password[: 2 * PASSWORD_MOST])


class _Room:
    """A place among those that hash now."""

    def __enter__(self) -> None:
        if not HASHES_AT_ONCE.acquire(timeout=PATIENCE):
            raise Overloaded("Too many people sign in at this moment. Try again shortly.", retry_after=5)

    def __exit__(self, *_: object) -> None:
        HASHES_AT_ONCE.release()


def hash_password(password: str) -> str:
    """An argon2id hash. Raises Overloaded."""
    with _Room():
        return HASHER.hash(_plain(password))


@cache
def no_hash() -> str:
    """A hash that nobody knows a password for: an unknown name costs as much as a known one."""
    return HASHER.hash(token_urlsafe(32))


def verify_password(hashed: str, password: str) -> bool:
    """Takes the same time for right and wrong. Raises Overloaded."""
    with _Room():
        try:
            return HASHER.verify(hashed, _plain(password))
        except (VerifyMismatchError, InvalidHashError):
            return False


def check_strength(password: str, *names: str) -> None:
    """Raises WeakPassword for what is short, of few letters, or built on one of the names."""
    plain = _plain(password)
    if not PASSWORD_LEAST <= len(plain) <= PASSWORD_MOST:
        raise WeakPassword(f"A password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters. Take a few words.")
    named = any(len(name) > 2 and name.casefold() in plain.casefold() for name in names)
    if len(set(plain)) < DISTINCT_LEAST or (named and len(plain) < 2 * PASSWORD_LEAST):
        raise WeakPassword("This password is easy to guess. Choose one without your name and with more variety.")


def plain_code(code: str) -> str:
    """A code as it is compared: no spaces or hyphens, digits of any script as 0-9, small letters."""
    joined = re.sub(r"[\s\-‐-―]", "", code)
    return "".join(str(unicodedata.decimal(one, one)) for one in joined).lower()


def fresh_totp() -> str:
    """A new secret for an authenticator app, 160 bits in base32."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The half-minute, counted since 1970, whose code this is, if it is near `now` (POSIX seconds)."""
    totp = pyotp.TOTP(secret)
    current = int(now) // STEP
    found = None
    for step in (current + offset for offset in WINDOW):
        # All are compared, so that time does not tell which one fits.
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def spend_totp(turn: Turn, member_id: UUID, secret: str, code: str) -> bool:
    """Whether the code is right and was not used before, nor one after it. Using it makes it used."""
    step = matching_step(secret, plain_code(code), turn.now.timestamp())
    spend = update(Member).where(col(Member.id) == member_id, col(Member.totp_step) < (step or 0))
    spent = turn.session.exec(spend.values(totp_step=step or 0))
    return step is not None and spent.rowcount == 1


def digest_recovery(turn: Turn, member_id: UUID, code: str) -> str:
    return turn.keys.digest("recovery-code", str(member_id), plain_code(code))


def spend_recovery(turn: Turn, member_id: UUID, code: str) -> bool:
    """Whether this is one of the member's recovery codes. It is none afterwards."""
    digest = digest_recovery(turn, member_id, code)
    return turn.session.exec(delete(RecoveryCode).where(col(RecoveryCode.code_digest) == digest)).rowcount == 1


def renew_recovery(turn: Turn, member_id: UUID) -> list[str]:
    """Ten new codes like `abcde-fghjk`; the old ones are gone. Only their digests are kept."""
    turn.session.exec(delete(RecoveryCode).where(col(RecoveryCode.member_id) == member_id))
    codes = ["-".join("".join(choice(LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)]
    turn.session.add_all(
        RecoveryCode(code_digest=digest_recovery(turn, member_id, code), member_id=member_id) for code in codes
    )
    turn.session.flush()
    return codes
