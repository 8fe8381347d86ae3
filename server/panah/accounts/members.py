"""Members: inviting, joining, giving and taking roles, suspending, and what members change about themselves.

Whoever acts is looked at again inside each change, after its lock: what a route knew may be over by then.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from uuid import UUID

import orjson
import pyotp
from sqlalchemy import Engine, delete, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from panah.accounts import credentials
from panah.accounts.audit import lock_accounts, record_account_event
from panah.accounts.permissions import SLOW, Permission, Role, agree, may_grant, permissions_of
from panah.accounts.sessions import end_session, end_sessions
from panah.accounts.signing_in import plain_name
from panah.accounts.tables import Member, MemberInvitation, MemberRole, RoleGrant
from panah.blocklists.turn import Turn
from panah.errors import AppError

INVITATION_LASTS = timedelta(hours=72)
SETUP_LASTS = timedelta(hours=1)
GRANT_DELAY = timedelta(hours=24)
# Who was an admin so recently still counts when it is asked whether there is only one: otherwise an admin could
# take the role from all others and then make a second one alone.
STILL_COUNTS = timedelta(days=7)

GONE = "This invitation does not exist, was used, or is over. Ask for a new one."
WRONG = "This code does not fit. Look whether the phone's clock is right, and take the next."

SIGN_IN_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,38}[a-z0-9])")


class MemberNotFound(AppError):
    status = 404
    code = "member-not-found"


class InvitationGone(AppError):
    status = 409
    code = "invitation-gone"


class BadName(AppError):
    status = 422
    code = "bad-name"


class NameTaken(AppError):
    status = 409
    code = "name-taken"


class GrantRefused(AppError):
    status = 403
    code = "grant-refused"


class GrantConflict(AppError):
    status = 409
    code = "grant-conflict"


@dataclass(frozen=True)
class Setup:
    """A secret for an authenticator app that is offered and not yet anybody's."""

    secret: str  # base32
    address: str  # otpauth://…, for a QR code
    sealed: str  # comes back with the first code; ties the secret to its purpose for an hour


@dataclass(frozen=True)
class Joined:
    """A new member and what they are shown once."""

    member: Member
    recovery_codes: list[str]


def has_members(engine: Engine) -> bool:
    """Whether anybody has ever joined here."""
    with Session(engine) as session:
        return session.exec(select(Member.id).limit(1)).first() is not None


def find_member(session: Session, member_id: UUID) -> Member:
    """Raises MemberNotFound."""
    found = session.get(Member, member_id)
    if found is None:
        raise MemberNotFound("There is no such member.")
    return found


def roles_of(session: Session, member_id: UUID) -> frozenset[Role]:
    """The roles a member has now."""
    held = select(MemberRole.role).where(MemberRole.member_id == member_id, col(MemberRole.until).is_(None))
    return frozenset(Role(role) for role in session.exec(held))


def roles_by_member(session: Session) -> dict[UUID, list[Role]]:
    """The roles that members have now, sorted, in one query. Whoever has none is not in it."""
    held: dict[UUID, list[Role]] = {}
    chosen = select(MemberRole.member_id, MemberRole.role).where(col(MemberRole.until).is_(None))
    for member_id, role in session.exec(chosen.order_by(col(MemberRole.role))):
        held.setdefault(member_id, []).append(Role(role))
    return held


def members_with(session: Session, permission: Permission) -> list[UUID]:
    """Active members who may do this, in a steady order: whom a list may seat or draw from."""
    active = select(Member.id).where(Member.state == "active").order_by(col(Member.id))
    held = roles_by_member(session)
    return [one for one in session.exec(active) if permission in permissions_of(held.get(one, ()))]


def acting(turn: Turn, member_id: UUID, permission: Permission) -> frozenset[Role]:
    """The roles of whoever acts. Raises GrantRefused where they are suspended or may no longer do it."""
    member = turn.session.get(Member, member_id, populate_existing=True)
    roles = roles_of(turn.session, member_id)
    if member is None or member.state != "active" or permission not in permissions_of(roles):
        raise GrantRefused("Your roles do not allow this.")
    return roles


def check_grant(turn: Turn, by: UUID, roles: Collection[Role]) -> None:
    """Raises GrantRefused where `by` may not give one of the roles, GrantConflict where they exclude each other."""
    held = acting(turn, by, Permission.MEMBER_GRANT)
    if not all(may_grant(held, role) for role in roles):
        raise GrantRefused("Your roles do not allow giving this one.")
    if not agree(roles):
        raise GrantConflict("An admin decides no entries and no appeals: choose one or the other.")


# Inviting and joining


def invite_member(turn: Turn, by: UUID | None, roles: Collection[Role]) -> str:
    """The code of a link that lets one person in with these roles, for 72 hours. `by` None is the operator, at the
    machine itself. Raises GrantRefused or GrantConflict.
    """
    lock_accounts(turn)
    if by is not None:
        acting(turn, by, Permission.MEMBER_INVITE)
        check_grant(turn, by, roles)
    code = token_urlsafe(24)
    turn.session.add(
        MemberInvitation(
            code_digest=turn.keys.digest("member-invitation", code),
            roles=sorted(roles),
            made_by=by,
            expires_at=turn.now + INVITATION_LASTS,
        )
    )
    body = {"by": str(by) if by else "operator", "roles": sorted(roles)}
    record_account_event(turn, "member_invited", "admin" if by else "panah", body)
    return code


def find_invitation(turn: Turn, code: str) -> MemberInvitation:
    """Raises InvitationGone, alike for one that never was, was used, or is over."""
    digest = turn.keys.digest("member-invitation", code.strip())
    found = turn.session.exec(
        select(MemberInvitation).where(
            MemberInvitation.code_digest == digest,
            MemberInvitation.expires_at > turn.now,
            col(MemberInvitation.used_at).is_(None),
        )
    ).first()
    if found is None:
        raise InvitationGone(GONE)
    return found


def open_invitations(session: Session, now: datetime) -> list[MemberInvitation]:
    """Invitations that can still be used, the newest first."""
    chosen = select(MemberInvitation).where(
        MemberInvitation.expires_at > now, col(MemberInvitation.used_at).is_(None)
    )
    return list(session.exec(chosen.order_by(col(MemberInvitation.expires_at).desc())))


def withdraw_invitation(turn: Turn, by: UUID, code_digest: str) -> None:
    """Makes an invitation that nobody has used worth nothing. Raises GrantRefused or InvitationGone."""
    lock_accounts(turn)
    acting(turn, by, Permission.MEMBER_INVITE)
    mine = col(MemberInvitation.code_digest) == code_digest, col(MemberInvitation.used_at).is_(None)
    if turn.session.exec(delete(MemberInvitation).where(*mine)).rowcount != 1:
        raise InvitationGone(GONE)
    record_account_event(turn, "invitation_withdrawn", "admin", {"by": str(by)})


def offer_setup(turn: Turn, purpose: str, *, server_name: str, name: str, secret: str | None = None) -> Setup:
    """A secret for an authenticator app, sealed with its purpose."""
    secret = secret or credentials.fresh_totp()
    until = int((turn.now + SETUP_LASTS).timestamp())
    sealed = turn.keys.seal(orjson.dumps(["totp-setup", purpose, secret, until]).decode())
    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=server_name)
    return Setup(secret, address, sealed)


def offered_secret(turn: Turn, purpose: str, sealed: str) -> str:
    """The secret that was offered for this purpose. Raises InvitationGone where it was not, or too long ago."""
    gone = InvitationGone("This page is too old. Begin again.")
    try:
        kind, said, secret, until = orjson.loads(turn.keys.unseal(sealed))
    except ValueError:
        raise gone from None
    if (kind, said) != ("totp-setup", purpose) or until < turn.now.timestamp():
        raise gone
    return str(secret)


def invitation_purpose(invitation: MemberInvitation) -> str:
    return f"join:{invitation.code_digest}"


def renewal_purpose(member: Member) -> str:
    return f"renew:{member.id}"


def join(turn: Turn, code: str, *, name: str, sign_in_name: str, password: str, sealed: str, totp: str) -> Joined:
    """Makes a member by an invitation, which is then used up. Of two who come at once, one wins.

    Raises InvitationGone, BadName, NameTaken, WeakPassword or WrongCode.
    """
    invitation = find_invitation(turn, code)
    secret = offered_secret(turn, invitation_purpose(invitation), sealed)
    shown, plain = " ".join(name.split()), plain_name(sign_in_name)
    if not 1 <= len(shown) <= 80 or not shown.isprintable():
        raise BadName("Choose a name of 1 to 80 characters, as others will see it.")
    if not SIGN_IN_NAME.fullmatch(plain):
        raise BadName("A name to sign in with has 3 to 40 Latin letters, digits, dots, hyphens or underlines.")
    credentials.check_strength(password, shown, plain)
    step = credentials.matching_step(secret, credentials.plain_code(totp), turn.now.timestamp())
    if step is None:
        raise credentials.WrongCode(WRONG)
    hashed = credentials.hash_password(password)  # before the lock: it takes long
    lock_accounts(turn)
    used = turn.session.exec(
        update(MemberInvitation)
        .where(
            col(MemberInvitation.code_digest) == invitation.code_digest,
            col(MemberInvitation.used_at).is_(None),
        )
        .values(used_at=turn.now)
    )
    if used.rowcount != 1:
        raise InvitationGone(GONE)
    member = Member(
        name=shown,
        sign_in_name=plain,
        password_hash=hashed,
        sealed_totp=turn.keys.seal(secret),
        totp_step=step,
        joined_on=turn.now.date(),
    )
    try:
        with turn.session.begin_nested():
            turn.session.add(member)
    except IntegrityError:
        raise NameTaken("Somebody has this name to sign in with. Choose another.") from None
    turn.session.exec(
        update(MemberInvitation)
        .where(col(MemberInvitation.code_digest) == invitation.code_digest)
        .values(used_by=member.id)
    )
    roles = [Role(role) for role in invitation.roles]
    record_account_event(turn, "member_joined", "member", {"member": str(member.id)})
    if invitation.made_by is None:
        for role in roles:
            _put(turn, member.id, role, by=None)
    else:
        # Whoever invited must still be allowed to: an invitation must not outlive its maker's roles.
        try:
            check_grant(turn, invitation.made_by, roles)
        except GrantRefused:
            raise InvitationGone(GONE) from None
        for role in roles:
            grant(turn, invitation.made_by, member.id, role)
    return Joined(member, credentials.renew_recovery(turn, member.id))


# Roles


def _put(turn: Turn, member_id: UUID, role: Role, *, by: UUID | None) -> None:
    """Gives a role now. Again changes nothing."""
    if role in roles_of(turn.session, member_id):
        return
    turn.session.add(MemberRole(member_id=member_id, role=role, since=turn.now))
    turn.session.flush()
    body = {"member": str(member_id), "role": role, "by": str(by) if by else "operator"}
    record_account_event(turn, "role_given", "admin" if by else "panah", body)


def is_only_admin(turn: Turn, member_id: UUID) -> bool:
    """Whether nobody else holds the admin role or held it in the last seven days, suspended or not."""
    others = select(MemberRole.id).where(
        MemberRole.role == Role.ADMIN,
        MemberRole.member_id != member_id,
        or_(col(MemberRole.until).is_(None), col(MemberRole.until) > turn.now - STILL_COUNTS),
    )
    return turn.session.exec(others.limit(1)).first() is None


def grant(turn: Turn, by: UUID, member_id: UUID, role: Role) -> RoleGrant | None:
    """Gives a role to somebody else: now, or for the admin role as a request that comes into force in 24 hours and
    that a second admin must approve, unless there is one admin only.

    Raises MemberNotFound, GrantRefused (one's own role; a role one may not give) or GrantConflict.
    """
    lock_accounts(turn)
    check_grant(turn, by, [role])
    if by == member_id:
        raise GrantRefused("Nobody changes their own roles. Ask another admin.")
    member = find_member(turn.session, member_id)
    if member.state != "active":
        raise GrantConflict("This member is suspended.")
    held = roles_of(turn.session, member_id)
    waiting = {one.role for one in grants_waiting(turn.session) if one.member_id == member_id}
    if not agree(held | waiting | {role}):
        raise GrantConflict("An admin decides no entries and no appeals: choose one or the other.")
    if role in held:
        return None
    if role not in SLOW:
        _put(turn, member_id, role, by=by)
        return None
    if role in waiting:
        raise GrantConflict("This role is on its way to them already.")
    alone = is_only_admin(turn, by)
    asked = RoleGrant(
        member_id=member_id,
        role=role,
        asked_by=by,
        asked_at=turn.now,
        in_force_at=turn.now + GRANT_DELAY,
        state="approved" if alone else "asked",
    )
    turn.session.add(asked)
    turn.session.flush()
    body = {"grant": str(asked.id), "member": str(member_id), "role": role, "by": str(by), "alone": alone}
    record_account_event(turn, "role_asked", "admin", body)
    return asked


def grants_waiting(session: Session) -> list[RoleGrant]:
    """Roles that are asked for or approved and not yet in force, the oldest first."""
    waiting = select(RoleGrant).where(col(RoleGrant.state).in_(("asked", "approved")))
    return list(session.exec(waiting.order_by(col(RoleGrant.asked_at), col(RoleGrant.id))))


def _waiting(turn: Turn, grant_id: UUID) -> RoleGrant:
    found = turn.session.get(RoleGrant, grant_id, populate_existing=True)
    if found is None or found.state not in {"asked", "approved"}:
        raise GrantConflict("This request was answered already, or does not exist.")
    return found


def approve_grant(turn: Turn, by: UUID, grant_id: UUID) -> RoleGrant:
    """The second admin's yes: the role comes into force 24 hours after it. Raises GrantRefused or GrantConflict."""
    lock_accounts(turn)
    asked = _waiting(turn, grant_id)
    check_grant(turn, by, [asked.role])
    if by in {asked.asked_by, asked.member_id}:
        raise GrantRefused("Somebody else has to approve this.")
    if asked.state != "asked":
        raise GrantConflict("This request was answered already, or does not exist.")
    asked.approved_by, asked.state, asked.in_force_at = by, "approved", turn.now + GRANT_DELAY
    body = {"grant": str(asked.id), "member": str(asked.member_id), "role": asked.role, "by": str(by)}
    record_account_event(turn, "role_approved", "admin", body)
    return asked


def drop_grant(turn: Turn, by: UUID, grant_id: UUID) -> None:
    """Any admin's no, as long as the role is not in force. Raises GrantRefused or GrantConflict."""
    lock_accounts(turn)
    acting(turn, by, Permission.MEMBER_GRANT)
    _drop(turn, _waiting(turn, grant_id), "admin", by)


def _drop(turn: Turn, asked: RoleGrant, role: str, by: UUID | None) -> None:
    asked.state = "dropped"
    body = {"grant": str(asked.id), "member": str(asked.member_id), "role": asked.role}
    record_account_event(turn, "role_dropped", role, body | {"by": str(by) if by else "panah"})


def has_due_grant(session: Session, member_id: UUID, now: datetime) -> bool:
    due = select(RoleGrant.id).where(
        RoleGrant.member_id == member_id, RoleGrant.state == "approved", RoleGrant.in_force_at <= now
    )
    return session.exec(due).first() is not None


def settle_grants(turn: Turn) -> None:
    """Puts approved roles into force whose time has come, if those who asked and approved still may give them."""
    lock_accounts(turn)
    for asked in grants_waiting(turn.session):
        if asked.state != "approved" or asked.in_force_at > turn.now:
            continue
        member = find_member(turn.session, asked.member_id)
        fits = member.state == "active" and agree(roles_of(turn.session, member.id) | {Role(asked.role)})
        try:
            for admin in (asked.asked_by, asked.approved_by or asked.asked_by):
                check_grant(turn, admin, [asked.role])
        except GrantRefused:
            fits = False
        if not fits:
            _drop(turn, asked, "panah", None)
            continue
        asked.state = "in-force"
        _put(turn, asked.member_id, Role(asked.role), by=asked.asked_by)


def revoke(turn: Turn, by: UUID, member_id: UUID, role: Role) -> None:
    """Takes a role away now, with what it held. Again changes nothing. Raises MemberNotFound or GrantRefused."""
    lock_accounts(turn)
    check_grant(turn, by, [role])
    if by == member_id:
        raise GrantRefused("Nobody changes their own roles. Ask another admin.")
    find_member(turn.session, member_id)
    held = col(MemberRole.member_id) == member_id, col(MemberRole.role) == role, col(MemberRole.until).is_(None)
    ended = turn.session.exec(update(MemberRole).where(*held).values(until=turn.now))
    if ended.rowcount == 0:
        return
    if Permission.MEMBER_INVITE not in permissions_of(roles_of(turn.session, member_id)):
        _end_invitations(turn, member_id)
    record_account_event(turn, "role_taken", "admin", {"member": str(member_id), "role": role, "by": str(by)})
    if Permission.ENTRY_DECIDE not in permissions_of(roles_of(turn.session, member_id)):
        _unseat(turn, member_id)


def _end_invitations(turn: Turn, member_id: UUID) -> None:
    turn.session.exec(
        delete(MemberInvitation).where(
            col(MemberInvitation.made_by) == member_id, col(MemberInvitation.used_at).is_(None)
        )
    )


def _unseat(turn: Turn, member_id: UUID) -> None:
    from panah.blocklists.lists import unseat_everywhere  # lists' routes build on this package

    unseat_everywhere(turn, member_id)


# Suspending


def suspend_member(turn: Turn, by: UUID, member_id: UUID) -> None:
    """Signs a member out everywhere and keeps them out; they curate no list any more, and roles that they asked for
    are dropped. Again changes nothing. Raises MemberNotFound or GrantRefused.
    """
    lock_accounts(turn)
    acting(turn, by, Permission.MEMBER_SUSPEND)
    if by == member_id:
        raise GrantRefused("Nobody suspends themselves. Ask another admin.")
    member = find_member(turn.session, member_id)
    end_sessions(turn, member_id)
    if member.state == "suspended":
        return
    member.state = "suspended"
    _end_invitations(turn, member_id)
    for asked in grants_waiting(turn.session):
        if member_id in {asked.asked_by, asked.member_id}:
            _drop(turn, asked, "panah", None)
    record_account_event(turn, "member_suspended", "admin", {"member": str(member_id), "by": str(by)})
    _unseat(turn, member_id)


def restore_member(turn: Turn, by: UUID, member_id: UUID) -> None:
    """Lets a suspended member sign in again; seats do not come back. Again changes nothing."""
    lock_accounts(turn)
    acting(turn, by, Permission.MEMBER_SUSPEND)
    member = find_member(turn.session, member_id)
    if member.state == "suspended":
        member.state = "active"
        record_account_event(turn, "member_restored", "admin", {"member": str(member_id), "by": str(by)})


def sign_out(turn: Turn, by: UUID, member_id: UUID, session_id: UUID | None = None) -> None:
    """Ends somebody's session, or all of theirs. Again changes nothing. Raises MemberNotFound or GrantRefused."""
    lock_accounts(turn)
    acting(turn, by, Permission.SESSION_END)
    find_member(turn.session, member_id)
    if ended := end_session(turn, member_id, session_id) if session_id else end_sessions(turn, member_id):
        body = {"member": str(member_id), "by": str(by), "sessions": ended}
        record_account_event(turn, "sessions_ended", "admin", body)


# What members change about themselves. The password is confirmed first (signing_in.confirm_password).


def change_password(turn: Turn, member: Member, new: str, *, session_id: UUID) -> None:
    """Sets another password and signs out every other browser. Raises WeakPassword."""
    credentials.check_strength(new, member.name, member.sign_in_name)
    hashed = credentials.hash_password(new)
    lock_accounts(turn)
    member.password_hash = hashed
    end_sessions(turn, member.id, but=session_id)
    record_account_event(turn, "password_changed", "member", {"member": str(member.id)})


def renew_totp(turn: Turn, member: Member, *, sealed: str, totp: str, session_id: UUID) -> None:
    """Moves on to another authenticator app and signs out every other browser. Raises InvitationGone, WrongCode."""
    secret = offered_secret(turn, renewal_purpose(member), sealed)
    step = credentials.matching_step(secret, credentials.plain_code(totp), turn.now.timestamp())
    if step is None:
        raise credentials.WrongCode(WRONG)
    lock_accounts(turn)
    member.sealed_totp, member.totp_step = turn.keys.seal(secret), step
    end_sessions(turn, member.id, but=session_id)
    record_account_event(turn, "totp_renewed", "member", {"member": str(member.id)})


def renew_recovery_codes(turn: Turn, member: Member) -> list[str]:
    """Ten new recovery codes, to be shown once; the old ones are worth nothing."""
    lock_accounts(turn)
    record_account_event(turn, "recovery_codes_renewed", "member", {"member": str(member.id)})
    return credentials.renew_recovery(turn, member.id)
