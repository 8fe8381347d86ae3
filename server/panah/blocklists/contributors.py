"""People who report: their key, the tag that each list knows them by, who invited whom."""

import hashlib
import re
from datetime import date, timedelta
from functools import lru_cache
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from panah.blocklists import events
from panah.blocklists.lists import in_lock_order, lock, lock_open, rules_of
from panah.blocklists.policy import Rules
from panah.blocklists.standing import is_qualified
from panah.blocklists.tables import (
    Blocklist,
    Contribution,
    Contributor,
    ImportRow,
    Invitation,
    Joining,
    Participant,
    ReviewTask,
)
from panah.blocklists.turn import Turn
from panah.db import insert_once
from panah.errors import AppError
from panah.keys import Keys, keyed_digest

KEY = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in base64url
INVITATION_DAYS = 14
TAG_KEY_DAYS = 365


class BadKey(AppError):
    status = 422
    code = "bad-key"


class UnknownContributor(AppError):
    status = 401
    code = "unknown-contributor"


class ContributorSuspended(AppError):
    status = 403
    code = "contributor-suspended"


class NotJoined(AppError):
    status = 403
    code = "not-joined"


class InvitationNeeded(AppError):
    status = 403
    code = "invitation-needed"


class TooManyInvitations(AppError):
    status = 409
    code = "too-many-invitations"


def digest_key(key: str) -> str:
    """Raises BadKey for what no extension makes."""
    if not KEY.fullmatch(key):
        raise BadKey("The key must be 32 random bytes in base64url, 43 characters.")
    return hashlib.sha256(key.encode()).hexdigest()


def register(turn: Turn, key: str) -> Contributor:
    """Signs somebody up. A repeat returns the first sign-up unchanged. Raises BadKey."""
    digest = digest_key(key)
    made = UUID(int=turn.lot.getrandbits(128))
    insert_once(
        turn.session,
        Contributor,
        id=made,
        key_digest=digest,
        suspended=False,
        branch=made,
        joined_on=turn.now.date(),
    )
    return turn.session.exec(select(Contributor).where(Contributor.key_digest == digest)).one()


def contributor_of(session: Session, key: str) -> Contributor:
    """Raises UnknownContributor for a key that was never signed up, and ContributorSuspended."""
    try:
        digest = digest_key(key)
    except BadKey:
        digest = ""
    found = session.exec(select(Contributor).where(Contributor.key_digest == digest)).first()
    if found is None:
        raise UnknownContributor("This server does not know that key. Sign up with POST /v1/contributors first.")
    if found.suspended:
        raise ContributorSuspended("Reports with this key are not taken any more. Ask whoever runs the server.")
    return found


@lru_cache(maxsize=1024)
def _tag_key(keys: Keys, sealed: str) -> bytes:
    return bytes.fromhex(keys.unseal(sealed))


def tag_of(keys: Keys, blocklist: Blocklist, contributor_id: UUID) -> str:
    """What one list knows a contributor by: no two lists share it, and it changes every year."""
    return keyed_digest(_tag_key(keys, blocklist.sealed_tag_key), str(contributor_id))


def join(turn: Turn, blocklist: Blocklist, contributor: Contributor, invitation: str | None = None) -> Participant:
    """Lets somebody contribute to a list, on probation. A repeat changes nothing. Raises InvitationNeeded."""
    turn, blocklist = lock_open(turn, blocklist)
    tag = tag_of(turn.keys, blocklist, contributor.id)
    found = turn.session.get(Participant, (blocklist.id, tag))
    if found is not None:
        return found
    if invitation is not None:
        use_invitation(turn, blocklist, contributor, invitation)
    elif blocklist.joining == Joining.INVITED:
        raise InvitationNeeded(
            "This list takes reports from people who were invited. Ask somebody who contributes."
        )
    made = Participant(
        blocklist_id=blocklist.id,
        tag=tag,
        branch_tag=tag_of(turn.keys, blocklist, contributor.branch),
        joined_on=turn.now.date(),
        cluster=tag,
    )
    turn.session.add(made)
    events.append(turn, blocklist, "joined", role="contributor")
    turn.session.flush()
    return made


def participant_of(turn: Turn, blocklist: Blocklist, contributor: Contributor) -> Participant:
    """Raises NotJoined, or ContributorSuspended where this list does not take their reports."""
    found = turn.session.get(Participant, (blocklist.id, tag_of(turn.keys, blocklist, contributor.id)))
    if found is None:
        raise NotJoined("Join this list first.")
    if found.suspended:
        raise ContributorSuspended("This list does not take reports with this key any more.")
    return found


def standing_of(participant: Participant, rules: Rules, today: date) -> str:
    """suspended, probation or trusted: what somebody is told about themselves, without numbers."""
    if participant.suspended:
        return "suspended"
    return "trusted" if is_qualified(participant, rules, today) else "probation"


def digest_invitation(turn: Turn, code: str) -> str:
    return turn.keys.digest("invitation", code)


def invite(turn: Turn, blocklist: Blocklist, contributor: Contributor | None) -> tuple[str, date]:
    """A code that lets one person in, and its last day. `contributor` None: a curator invites.

    Only people in good standing may; so many a month. Raises TooManyInvitations or NotJoined.
    """
    turn, blocklist = lock_open(turn, blocklist)
    today = turn.now.date()
    expires_on = today + timedelta(days=INVITATION_DAYS)
    if contributor is not None:
        rules = rules_of(turn.session, blocklist, turn.now)
        participant = participant_of(turn, blocklist, contributor)
        counted = (
            select(func.count())
            .select_from(Invitation)
            .where(
                Invitation.made_by == contributor.id,
                Invitation.expires_on > today - timedelta(days=30 - INVITATION_DAYS),
            )
        )
        recent = turn.session.exec(counted).one()
        if standing_of(participant, rules, today) != "trusted":
            raise TooManyInvitations("You can invite others once you have contributed for a while.")
        if recent >= rules.invitations_month:
            raise TooManyInvitations(
                f"{rules.invitations_month} invitations a month are all there are. Try next month."
            )
    code = f"{turn.lot.getrandbits(128):032x}"
    turn.session.add(
        Invitation(
            code_digest=digest_invitation(turn, code),
            blocklist_id=blocklist.id,
            made_by=None if contributor is None else contributor.id,
            expires_on=expires_on,
        )
    )
    events.append(turn, blocklist, "invited", role="curator" if contributor is None else "contributor")
    turn.session.flush()
    return code, expires_on


def use_invitation(turn: Turn, blocklist: Blocklist, contributor: Contributor, code: str) -> None:
    """Uses a code up, and puts whoever used it into the inviter's branch. Raises InvitationNeeded."""
    row = turn.session.get(Invitation, digest_invitation(turn, code))
    if (
        row is None
        or row.blocklist_id != blocklist.id
        or row.used_on is not None
        or row.expires_on < turn.now.date()
        or row.made_by == contributor.id
    ):
        raise InvitationNeeded("This invitation cannot be used: it was used, is too old, or is for another list.")
    row.used_on = turn.now.date()
    inviter = turn.session.get(Contributor, row.made_by) if row.made_by else None
    if inviter is None or contributor.invited_by is not None:
        return
    contributor.invited_by = inviter.id
    tag = tag_of(turn.keys, blocklist, inviter.id)
    known = turn.session.get(Participant, (blocklist.id, tag))
    rules = rules_of(turn.session, blocklist, turn.now)
    # Whoever has shown enough by themselves is a voice, and the root of a branch, of their own.
    matured = known is not None and known.confirmed >= rules.branch_matures
    contributor.branch = inviter.id if matured else inviter.branch
    turn.session.add(contributor)


def suspend(turn: Turn, contributor_id: UUID, *, suspended: bool = True) -> None:
    """Takes somebody's word away on all lists, or gives it back. What others decided stays."""
    contributor = turn.session.get(Contributor, contributor_id)
    if contributor is None:
        raise UnknownContributor("There is no such contributor.")
    contributor.suspended = suspended
    for blocklist in in_lock_order(turn.session):
        suspend_on(turn, blocklist, tag_of(turn.keys, blocklist, contributor_id), suspended=suspended)


def suspend_on(turn: Turn, blocklist: Blocklist, tag: str, *, suspended: bool = True) -> None:
    """The same on one list, by tag: their reports trigger nothing, and no open jury waits for them."""
    turn, blocklist = lock(turn, blocklist)
    found = turn.session.get(Participant, (blocklist.id, tag))
    if found is None or found.suspended == suspended:
        return
    found.suspended = suspended
    if suspended:
        turn.session.execute(
            update(ReviewTask)
            .where(
                col(ReviewTask.blocklist_id) == blocklist.id,
                col(ReviewTask.tag) == tag,
                col(ReviewTask.vote).is_(None),
            )
            .values(vote="recuse")
        )
    events.append(turn, blocklist, "suspended" if suspended else "reinstated", role="curator")


def rotate_tags(turn: Turn, blocklist: Blocklist) -> None:
    """Gives the list a new tag key and everybody a new tag, so that an old copy of the database says nothing
    about a new one. The list must be locked.
    """
    session = turn.session
    old = _tag_key(turn.keys, blocklist.sealed_tag_key)
    sealed = turn.keys.seal(f"{turn.lot.getrandbits(256):064x}")
    new = _tag_key(turn.keys, sealed)
    blocklist.sealed_tag_key, blocklist.tag_key_on = sealed, turn.now.date()
    # The roots of branches too: whoever began one may have been forgotten.
    ids = {*session.exec(select(Contributor.id)), *session.exec(select(Contributor.branch))}
    renamed = {keyed_digest(old, str(one)): keyed_digest(new, str(one)) for one in ids}
    for participant in session.exec(select(Participant).where(Participant.blocklist_id == blocklist.id)).all():
        tag = renamed.get(participant.tag)
        if tag is None:  # whoever forgot their key
            continue
        before = participant.tag
        session.execute(
            update(Participant)
            .where(col(Participant.blocklist_id) == blocklist.id, col(Participant.tag) == before)
            .values(
                tag=tag,
                branch_tag=renamed.get(participant.branch_tag, tag),
                cluster=renamed.get(participant.cluster, tag),
            )
        )
        for table in (Contribution, ReviewTask, ImportRow):
            session.execute(
                update(table)
                .where(col(table.blocklist_id) == blocklist.id, col(table.tag) == before)
                .values(tag=tag)
            )
    session.flush()
    session.expire_all()
    events.append(turn, blocklist, "tags_renewed", role="panah")
