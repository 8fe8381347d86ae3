"""Members for admins: roles and those on their way, invitations, suspending, and anybody's sessions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from panah.accounts import members, sessions
from panah.accounts.dependencies import Form, SignedIn, turn_of
from panah.accounts.permissions import Permission, Role
from panah.accounts.rendering import go
from panah.accounts.routes import invitation_link, known_members
from panah.blocklists.turn import Turn
from panah.consoles.console import Console, Who
from panah.consoles.rendering import show
from panah.errors import AppError

HERE = "/admin/members"


def members_page(
    request: Request, who: SignedIn, *, error: AppError | None = None, link: str = "", done: str = ""
) -> Response:
    """All members, and what this one may do about them. `link` is a new invitation, shown this once."""
    with turn_of(request) as turn:
        known = known_members(turn)
        parts: dict[str, Any] = {
            "waiting": members.grants_waiting(turn.session),
            "invitations": members.open_invitations(turn.session, turn.now) if who.may("member:invite") else [],
            "browsers": sessions.counts(turn) if who.may("session:end") else {},
        }
    return show(
        request,
        "console/members.html",
        who,
        path=HERE,
        error=error,
        done=done,
        link=link,
        members=known,
        names={one.id: one.name for one in known},
        roles=list(Role),
        **parts,
    )


def member_page(request: Request, who: SignedIn, member_id: UUID, *, error: AppError | None = None) -> Response:
    """Where one member is signed in. Raises MemberNotFound."""
    with turn_of(request) as turn:
        member = members.find_member(turn.session, member_id)
        found = sessions.sessions_of(turn, member_id)
        name = member.name
    return show(
        request,
        "console/members_sessions.html",
        who,
        path=f"{HERE}/{member_id}/sessions",
        error=error,
        member_id=member_id,
        member_name=name,
        sessions=found,
    )


def role_in(fields: dict[str, str]) -> Role:
    """Raises GrantRefused for what is no role."""
    try:
        return Role(fields.get("role", ""))
    except ValueError:
        raise members.GrantRefused("There is no such role.") from None


def change(request: Request, who: SignedIn, work: Callable[[Turn], object], *, done: str) -> Response:
    """Does the work and goes back to the members, or tells there why not."""
    try:
        with turn_of(request) as turn:
            work(turn)
    except AppError as error:
        return members_page(request, who, error=error)
    return go(request, f"{HERE}?done=members.{done}")


def add(console: Console) -> None:
    """Adds the pages."""

    @console.get(HERE, Permission.MEMBER_SEE)
    def all_members(request: Request, who: Who) -> Response:
        return members_page(request, who)

    add_invitations(console)
    add_roles(console)
    add_sessions(console)


def add_invitations(console: Console) -> None:
    """Inviting, and what is on its way."""

    @console.post(HERE + "/invitations", Permission.MEMBER_SEE, Permission.MEMBER_INVITE)
    def invite(request: Request, who: Who, fields: Form) -> Response:
        """The roles are the ticked boxes `role-curator` and so on."""
        wanted = {role for role in Role if f"role-{role}" in fields}
        try:
            with turn_of(request) as turn:
                code = members.invite_member(turn, who.member_id, wanted)
        except AppError as error:
            return members_page(request, who, error=error)
        return members_page(request, who, link=invitation_link(request, code))

    @console.post(HERE + "/invitations/{code_digest}/drop", Permission.MEMBER_SEE, Permission.MEMBER_INVITE)
    def withdraw(request: Request, code_digest: str, who: Who) -> Response:
        def work(turn: Turn) -> None:
            members.withdraw_invitation(turn, who.member_id, code_digest)

        return change(request, who, work, done="withdrawn")

    @console.post(HERE + "/grants/{grant_id}/approve", Permission.MEMBER_SEE, Permission.MEMBER_GRANT)
    def approve(request: Request, grant_id: UUID, who: Who) -> Response:
        return change(
            request, who, lambda turn: members.approve_grant(turn, who.member_id, grant_id), done="approved"
        )

    @console.post(HERE + "/grants/{grant_id}/drop", Permission.MEMBER_SEE, Permission.MEMBER_GRANT)
    def drop(request: Request, grant_id: UUID, who: Who) -> Response:
        return change(request, who, lambda turn: members.drop_grant(turn, who.member_id, grant_id), done="dropped")


def add_roles(console: Console) -> None:
    """Giving and taking roles, suspending and letting back in."""

    @console.post(HERE + "/{member_id}/give", Permission.MEMBER_SEE, Permission.MEMBER_GRANT)
    def give(request: Request, member_id: UUID, who: Who, fields: Form) -> Response:
        def work(turn: Turn) -> None:
            members.grant(turn, who.member_id, member_id, role_in(fields))

        return change(request, who, work, done="given")

    @console.post(HERE + "/{member_id}/take", Permission.MEMBER_SEE, Permission.MEMBER_GRANT)
    def take(request: Request, member_id: UUID, who: Who, fields: Form) -> Response:
        def work(turn: Turn) -> None:
            members.revoke(turn, who.member_id, member_id, role_in(fields))

        return change(request, who, work, done="taken")

    @console.post(HERE + "/{member_id}/suspend", Permission.MEMBER_SEE, Permission.MEMBER_SUSPEND)
    def suspend(request: Request, member_id: UUID, who: Who) -> Response:
        return change(
            request, who, lambda turn: members.suspend_member(turn, who.member_id, member_id), done="suspended"
        )

    @console.post(HERE + "/{member_id}/restore", Permission.MEMBER_SEE, Permission.MEMBER_SUSPEND)
    def restore(request: Request, member_id: UUID, who: Who) -> Response:
        return change(
            request, who, lambda turn: members.restore_member(turn, who.member_id, member_id), done="restored"
        )


def add_sessions(console: Console) -> None:
    """Where somebody is signed in, and ending it."""

    @console.get(HERE + "/{member_id}/sessions", Permission.MEMBER_SEE, Permission.SESSION_END)
    def signed_in(request: Request, member_id: UUID, who: Who) -> Response:
        try:
            return member_page(request, who, member_id)
        except members.MemberNotFound as error:
            return members_page(request, who, error=error)

    def end(request: Request, who: SignedIn, member_id: UUID, session_id: UUID | None) -> Response:
        try:
            with turn_of(request) as turn:
                members.sign_out(turn, who.member_id, member_id, session_id)
        except AppError as error:
            return members_page(request, who, error=error)
        return go(request, f"{HERE}/{member_id}/sessions?done=members.signed_out")

    @console.post(HERE + "/{member_id}/sessions/end", Permission.MEMBER_SEE, Permission.SESSION_END)
    def end_all(request: Request, member_id: UUID, who: Who) -> Response:
        return end(request, who, member_id, None)

    @console.post(HERE + "/{member_id}/sessions/{session_id}/end", Permission.MEMBER_SEE, Permission.SESSION_END)
    def end_one(request: Request, member_id: UUID, session_id: UUID, who: Who) -> Response:
        return end(request, who, member_id, session_id)
