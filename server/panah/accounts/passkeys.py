"""Passkeys (WebAuthn): adding one, and signing in with it alone. The authenticator must have verified its owner."""

import hashlib
import hmac
from datetime import timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from panah.accounts.audit import lock_accounts, record_account_event
from panah.accounts.sessions import start_session
from panah.accounts.tables import Member, Passkey, PasskeyChallenge
from panah.blocklists.turn import Turn
from panah.errors import AppError

CHALLENGE_LASTS = timedelta(minutes=5)
MOST = 10  # passkeys of one member


class PasskeyRefused(AppError):
    status = 401
    code = "passkey-refused"


class TooManyPasskeys(AppError):
    status = 409
    code = "too-many-passkeys"


# webauthn is imported by the functions that use it: 7 MB, which most servers need rarely or never.


def refused() -> PasskeyRefused:
    """The one answer to every passkey that does not fit."""
    return PasskeyRefused("This passkey was not accepted. Try again, or sign in with your password.")


def _digest(turn: Turn, purpose: str, browser: str, challenge: bytes) -> str:
    return turn.keys.digest("passkey-challenge", purpose, browser, challenge.hex())


def _ask(turn: Turn, purpose: str, browser: str) -> bytes:
    """A fresh challenge for one purpose in one browser."""
    turn.session.exec(delete(PasskeyChallenge).where(col(PasskeyChallenge.expires_at) <= turn.now))
    challenge = token_bytes(32)
    expires_at = turn.now + CHALLENGE_LASTS
    turn.session.add(PasskeyChallenge(digest=_digest(turn, purpose, browser, challenge), expires_at=expires_at))
    return challenge


def _answered(turn: Turn, purpose: str, browser: str, credential: dict[str, Any]) -> bytes:
    """The challenge that this answers, which no other answer can use again. Raises PasskeyRefused."""
    from webauthn import base64url_to_bytes

    try:
        said = orjson.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(said["challenge"])
    except (KeyError, TypeError, ValueError):
        raise refused() from None
    spent = turn.session.exec(
        delete(PasskeyChallenge).where(
            col(PasskeyChallenge.digest) == _digest(turn, purpose, browser, challenge),
            col(PasskeyChallenge.expires_at) > turn.now,
        )
    )
    if spent.rowcount != 1:
        raise refused()
    return challenge


def passkeys_of(turn: Turn, member_id: UUID) -> list[Passkey]:
    chosen = select(Passkey).where(Passkey.member_id == member_id)
    return list(turn.session.exec(chosen.order_by(col(Passkey.added_on), col(Passkey.id))))


def registration_options(
    turn: Turn, member: Member, *, rp_id: str, server_name: str, browser: str
) -> dict[str, Any]:
    """What navigator.credentials.create() takes, as JSON. `browser` is what ties the answer to who asked."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    known = [PublicKeyCredentialDescriptor(id=one.credential_id) for one in passkeys_of(turn, member.id)]
    if len(known) >= MOST:
        raise TooManyPasskeys(f"You have {MOST} passkeys already. Remove one first.")
    options = generate_registration_options(
        rp_id=rp_id,
        rp_name=server_name,
        user_id=member.id.bytes,
        user_name=member.sign_in_name,
        user_display_name=member.name,
        challenge=_ask(turn, f"add:{member.id}", browser),
        exclude_credentials=known,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    made: dict[str, Any] = orjson.loads(options_to_json(options))
    return made


def add_passkey(
    turn: Turn, member: Member, credential: dict[str, Any], *, name: str, rp_id: str, origin: str, browser: str
) -> Passkey:
    """Keeps a new public key. Raises PasskeyRefused or TooManyPasskeys."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    lock_accounts(turn)
    challenge = _answered(turn, f"add:{member.id}", browser, credential)
    counted = select(func.count()).select_from(Passkey).where(Passkey.member_id == member.id)
    if turn.session.exec(counted).one() >= MOST:
        raise TooManyPasskeys(f"You have {MOST} passkeys already. Remove one first.")
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise refused() from None
    passkey = Passkey(
        credential_id=verified.credential_id,
        member_id=member.id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=name,
        added_on=turn.now.date(),
    )
    try:
        with turn.session.begin_nested():
            turn.session.add(passkey)
    except IntegrityError:
        raise refused() from None
    record_account_event(turn, "passkey_added", "member", {"member": str(member.id), "passkey": str(passkey.id)})
    return passkey


def remove_passkey(turn: Turn, member_id: UUID, passkey_id: UUID) -> None:
    """Again changes nothing."""
    lock_accounts(turn)
    gone = delete(Passkey).where(col(Passkey.id) == passkey_id, col(Passkey.member_id) == member_id)
    if turn.session.exec(gone).rowcount:
        record_account_event(
            turn, "passkey_removed", "member", {"member": str(member_id), "passkey": str(passkey_id)}
        )


def sign_in_options(turn: Turn, *, rp_id: str, browser: str) -> dict[str, Any]:
    """What navigator.credentials.get() takes, as JSON. It names no credential: the browser knows which it has."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=rp_id,
        challenge=_ask(turn, "sign-in", browser),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    made: dict[str, Any] = orjson.loads(options_to_json(options))
    return made


def sign_in_with_passkey(turn: Turn, credential: dict[str, Any], *, rp_id: str, origin: str, browser: str) -> str:
    """The token of a new session. Raises PasskeyRefused; a challenge that was answered is spent even then, where
    the caller commits it.
    """
    from webauthn import base64url_to_bytes, verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _answered(turn, "sign-in", browser, credential)
    try:
        credential_id = base64url_to_bytes(credential["rawId"])
        handle = base64url_to_bytes(credential["response"].get("userHandle") or "")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise refused() from None
    found = turn.session.exec(
        select(Passkey, Member)
        .join(Member, col(Member.id) == col(Passkey.member_id))
        .where(Passkey.credential_id == credential_id)
        .with_for_update()
    ).first()
    if found is None:
        raise refused()
    passkey, member = found
    if member.state != "active" or not hmac.compare_digest(handle, member.id.bytes):
        raise refused()
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise refused() from None
    passkey.sign_count = verified.new_sign_count
    return start_session(turn, member.id, "passkey")


def browser_of(token: str) -> str:
    """What ties a challenge to the browser whose cookie that is."""
    return hashlib.sha256(token.encode()).hexdigest()
