"""Signed-in browsers: a random cookie, kept as its digest, that ends after 12 h without use or after 14 days."""

from datetime import timedelta
from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy import Delete, delete
from sqlmodel import col, func, select

from panah.accounts.tables import Member, MemberInvitation, MemberSession, PasskeyChallenge, SignInBackoff
from panah.blocklists.turn import Turn

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
BACKOFF_KEPT = timedelta(days=1)  # failed sign-ins under one name
SEEN_EVERY = timedelta(minutes=5)  # a write for each request would be too many


def digest_of(turn: Turn, token: str) -> str:
    return turn.keys.digest("member-session", token)


def _over(turn: Turn) -> Delete:
    idle, old = col(MemberSession.seen_at) <= turn.now - IDLE, col(MemberSession.made_at) <= turn.now - LONGEST
    return delete(MemberSession).where(idle | old)


def forget_over(turn: Turn) -> int:
    """Deletes what signing in leaves behind once its time is over: sessions, invitations, challenges, and counted
    failures; how many rows. To be called every day.
    """
    over = (
        _over(turn),
        delete(MemberInvitation).where(col(MemberInvitation.expires_at) <= turn.now),
        delete(PasskeyChallenge).where(col(PasskeyChallenge.expires_at) <= turn.now),
        delete(SignInBackoff).where(col(SignInBackoff.last_at) < turn.now - BACKOFF_KEPT),
    )
    return sum(turn.session.exec(one).rowcount for one in over)


def start_session(turn: Turn, member_id: UUID, method: str) -> str:
    """A new session; returns its token, which is nowhere else. Sessions that ended by time go."""
    turn.session.exec(_over(turn))
    token = token_urlsafe(32)
    turn.session.add(
        MemberSession(
            token_digest=digest_of(turn, token),
            member_id=member_id,
            method=method,
            made_at=turn.now,
            seen_at=turn.now,
        )
    )
    turn.session.flush()
    return token


def find_session(turn: Turn, token: str, *, used: bool = True) -> tuple[MemberSession, Member] | None:
    """The session of that cookie and its member, while it lasts and the member is not suspended. It lasts on where
    it is `used`: where somebody, and no page by itself, asks.
    """
    if not token:
        return None
    found = turn.session.exec(
        select(MemberSession, Member)
        .join(Member, col(Member.id) == col(MemberSession.member_id))
        .where(
            MemberSession.token_digest == digest_of(turn, token),
            MemberSession.seen_at > turn.now - IDLE,
            MemberSession.made_at > turn.now - LONGEST,
            Member.state == "active",
        )
    ).first()
    if found is None:
        return None
    session, member = found
    if used and turn.now - session.seen_at >= SEEN_EVERY:
        session.seen_at = turn.now
    return session, member


def end_session(turn: Turn, member_id: UUID, session_id: UUID) -> int:
    """Signs one browser of that member out; how many that were. Again changes nothing."""
    ended = delete(MemberSession).where(
        col(MemberSession.id) == session_id, col(MemberSession.member_id) == member_id
    )
    return turn.session.exec(ended).rowcount


def end_token(turn: Turn, token: str) -> None:
    """Signs out the browser with that cookie, if it is signed in."""
    turn.session.exec(delete(MemberSession).where(col(MemberSession.token_digest) == digest_of(turn, token)))


def end_sessions(turn: Turn, member_id: UUID, *, but: UUID | None = None) -> int:
    """Signs a member out everywhere, or everywhere but in one browser; from how many."""
    ended = delete(MemberSession).where(col(MemberSession.member_id) == member_id)
    return turn.session.exec(ended if but is None else ended.where(col(MemberSession.id) != but)).rowcount


def counts(turn: Turn) -> dict[UUID, int]:
    """How many browsers each member is signed in with."""
    chosen = select(MemberSession.member_id, func.count()).where(
        MemberSession.seen_at > turn.now - IDLE, MemberSession.made_at > turn.now - LONGEST
    )
    return dict(turn.session.exec(chosen.group_by(col(MemberSession.member_id))).all())


def sessions_of(turn: Turn, member_id: UUID) -> list[MemberSession]:
    """The browsers a member is signed in with, the newest first."""
    chosen = select(MemberSession).where(
        MemberSession.member_id == member_id,
        MemberSession.seen_at > turn.now - IDLE,
        MemberSession.made_at > turn.now - LONGEST,
    )
    return list(turn.session.exec(chosen.order_by(col(MemberSession.made_at).desc())))
