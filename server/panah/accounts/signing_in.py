"""Signing in by password and code. Every wrong combination gets one answer, at one price."""

import math
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from panah.accounts import credentials
from panah.accounts.audit import record_account_event
from panah.accounts.sessions import BACKOFF_KEPT, start_session
from panah.accounts.tables import Member, SignInBackoff
from panah.blocklists.turn import Turn
from panah.errors import AppError

FREE_FAILURES = 3
FIRST_WAIT = 5  # seconds, doubled with every further failure
LONGEST_WAIT = 15 * 60  # seconds: nobody can keep a member out for longer than that at a time

NOBODY = UUID(int=0)
NO_SECRET = "A" * 32  # checked where nobody has the name, so that the work is the same


class BadSignIn(AppError):
    status = 401
    code = "bad-sign-in"


class TooManyFailures(AppError):
    status = 429
    code = "too-many-failures"


def refused() -> BadSignIn:
    """The one answer to every combination that is not right."""
    return BadSignIn("Name, password or code is not right. A code works once; wait for the next one and try again.")


def plain_name(name: str) -> str:
    """A sign-in name as it is kept and compared."""
    return name.strip().casefold()


def wait_after(failures: int) -> timedelta:
    """How long nothing is tried under a name after so many failures in a row."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    return timedelta(seconds=min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures - FREE_FAILURES, 20)))


def _too_many(until: datetime, now: datetime) -> TooManyFailures:
    wait = max(1, math.ceil((until - now).total_seconds()))
    said = f"Too many attempts under this name. Try again in {wait} s, or sign in with a passkey."
    return TooManyFailures(said, retry_after=wait)


def count_attempt(turn: Turn, name: str) -> None:
    """Counts an attempt as failed before it is made, so that many at once are not all free. Its turn must be
    committed before sign_in() is called, which takes the count back. Raises TooManyFailures, alike for names that
    nobody has.
    """
    turn.session.exec(delete(SignInBackoff).where(col(SignInBackoff.last_at) < turn.now - BACKOFF_KEPT))
    digest = turn.keys.digest("sign-in-name", plain_name(name))
    known = turn.session.exec(select(SignInBackoff).where(SignInBackoff.name_digest == digest)).first()
    if known is None:
        first = SignInBackoff(name_digest=digest, failures=1, last_at=turn.now, until=turn.now + wait_after(1))
        try:
            with turn.session.begin_nested():
                turn.session.add(first)
        except IntegrityError:
            raise _too_many(turn.now, turn.now) from None  # somebody else tries it at this very moment
        return
    if known.until > turn.now:
        raise _too_many(known.until, turn.now)
    failures = known.failures + 1
    counted = turn.session.exec(
        update(SignInBackoff)
        .where(col(SignInBackoff.name_digest) == digest, col(SignInBackoff.failures) == known.failures)
        .values(failures=failures, last_at=turn.now, until=turn.now + wait_after(failures))
        .execution_options(synchronize_session=False)
    )
    if counted.rowcount == 0:
        raise _too_many(turn.now, turn.now)


def forget_attempts(turn: Turn, name: str) -> None:
    """After the right password: the next slip begins at one again."""
    digest = turn.keys.digest("sign-in-name", plain_name(name))
    turn.session.exec(delete(SignInBackoff).where(col(SignInBackoff.name_digest) == digest))


def sign_in(turn: Turn, *, name: str, password: str, code: str) -> str:
    """The token of a new session. `code` is from the authenticator app or a recovery code. Raises BadSignIn."""
    member = turn.session.exec(select(Member).where(Member.sign_in_name == plain_name(name))).first()
    dummy = credentials.no_hash()  # made on the first attempt of all, whoever's it is
    hashed = member.password_hash if member else dummy
    right = credentials.verify_password(hashed, password)
    member_id = member.id if member else NOBODY
    # A code is spent only where all else is right; what would be spent is looked up in any case.
    spendable = member_id if right and member and member.state == "active" else NOBODY
    secret = turn.keys.unseal(member.sealed_totp if member else turn.keys.seal(NO_SECRET))
    by_app = credentials.spend_totp(turn, spendable, secret, code)
    by_recovery = credentials.spend_recovery(turn, spendable, code)
    if member is None or spendable == NOBODY or not (by_app or by_recovery):
        raise refused()
    forget_attempts(turn, name)
    if by_recovery:
        record_account_event(turn, "recovery_code_used", "member", {"member": str(member.id)})
    if credentials.HASHER.check_needs_rehash(member.password_hash):
        member.password_hash = credentials.hash_password(password)
    return start_session(turn, member.id, "recovery" if by_recovery else "password")


def confirm_password(turn: Turn, member: Member, password: str) -> None:
    """Asks a signed-in member again before something weighty. Call count_attempt() with their sign-in name first,
    in a turn of its own. Raises BadSignIn.
    """
    if not credentials.verify_password(member.password_hash, password):
        raise refused()
    forget_attempts(turn, member.sign_in_name)
