"""/v1/session, /v1/account and /v1/members."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from slowapi import Limiter
from sqlmodel import col, select

from panah.accounts import members, passkeys, signing_in
from panah.accounts.audit import verify_account_events
from panah.accounts.dependencies import (
    DOOR,
    SESSION,
    SignedIn,
    browser_token,
    cookie,
    csrf_checked,
    csrf_for,
    drop_cookie,
    let_in,
    needs,
    open_door,
    own_host,
    own_origin,
    set_cookie,
    turn_of,
)
from panah.accounts.permissions import Permission, Role, permissions_of
from panah.accounts.schemas import (
    EventOut,
    EventsOut,
    GrantedOut,
    GrantOut,
    GrantsOut,
    InvitationIn,
    InvitationOut,
    KnownMember,
    MemberOut,
    MembersOut,
    NewPasskeyIn,
    PasskeyIn,
    PasskeyOut,
    PasswordIn,
    RoleIn,
    SessionOut,
    SignInIn,
)
from panah.accounts.sessions import end_session, end_token, find_session
from panah.accounts.tables import AccountEvent, Member, RoleGrant
from panah.blocklists.events import ChainBroken
from panah.blocklists.turn import Turn
from panah.limits import client_address
from panah.scoring.routes import problems

# Attempts of one address, over all ways to sign in. Names have a slower limit of their own (signing_in.py).
SIGN_IN_LIMIT = "30/minute;200/hour"
CHANGE_LIMIT = "60/minute"
EVENTS_SHOWN = 100

Anybody = Depends(csrf_checked)
AnyMember = Annotated[SignedIn, Depends(needs())]
Seeing = Annotated[SignedIn, Depends(needs(Permission.MEMBER_SEE))]
Inviting = Annotated[SignedIn, Depends(needs(Permission.MEMBER_INVITE))]
Granting = Annotated[SignedIn, Depends(needs(Permission.MEMBER_GRANT))]
Suspending = Annotated[SignedIn, Depends(needs(Permission.MEMBER_SUSPEND))]
Reading = Annotated[SignedIn, Depends(needs(Permission.AUDIT_READ))]


def by_address(request: Request) -> str:
    """A token for scoring gives no bucket of its own for signing in."""
    return f"sign-in:{client_address(request)}"


# What the pages do as well


def sign_in(request: Request, name: str, password: str, code: str) -> str:
    """The token of a new session; an older one of this browser ends. Raises BadSignIn or TooManyFailures."""
    with turn_of(request) as turn:
        signing_in.count_attempt(turn, name)
    with turn_of(request) as turn:
        token = signing_in.sign_in(turn, name=name, password=password, code=code)
        end_token(turn, cookie(request, SESSION))
    return token


def confirm(request: Request, who: SignedIn, password: str) -> None:
    """Asks for the password again before something weighty. Raises BadSignIn or TooManyFailures."""
    with turn_of(request) as turn:
        member = members.find_member(turn.session, who.member_id)
        signing_in.count_attempt(turn, member.sign_in_name)
    with turn_of(request) as turn:
        signing_in.confirm_password(turn, members.find_member(turn.session, who.member_id), password)


def invitation_link(request: Request, code: str) -> str:
    """The code is in the fragment, which browsers send to nobody."""
    return f"{own_origin(request)}/join#{code}"


def known_members(turn: Turn) -> list[KnownMember]:
    """All members by name."""
    held = members.roles_by_member(turn.session)
    return [
        KnownMember(
            id=one.id,
            name=one.name,
            roles=list(held.get(one.id, ())),
            state=one.state,
            joined_on=one.joined_on,
        )
        for one in turn.session.exec(select(Member).order_by(Member.name, col(Member.id)))
    ]


def grant_out(asked: RoleGrant) -> GrantOut:
    return GrantOut(
        id=asked.id,
        member_id=asked.member_id,
        role=asked.role,
        state=asked.state,
        asked_by=asked.asked_by,
        in_force_at=asked.in_force_at,
    )


def newest_events(turn: Turn) -> EventsOut:
    try:
        verify_account_events(turn.session)
        intact = True
    except ChainBroken:
        intact = False
    newest = turn.session.exec(select(AccountEvent).order_by(col(AccountEvent.seq).desc()).limit(EVENTS_SHOWN))
    shown = [EventOut.model_validate(one.model_dump(include=set(EventOut.model_fields))) for one in newest]
    return EventsOut(intact=intact, events=shown)


def _session_out(request: Request, token: str) -> SessionOut:
    with turn_of(request) as turn:
        found = find_session(turn, token)
        if found is None:
            return SessionOut(member=None, csrf=csrf_for(request, token))
        _, member = found
        roles = members.roles_of(turn.session, member.id)
        return SessionOut(
            member=MemberOut(
                id=member.id, name=member.name, roles=sorted(roles), permissions=sorted(permissions_of(roles))
            ),
            csrf=csrf_for(request, token),
        )


def make_router(limiter: Limiter) -> APIRouter:
    """The routes; those that try a secret are limited per address."""
    router = APIRouter(
        prefix="/v1",
        tags=["members"],
        responses=problems(
            s401="Nobody is signed in, or not with these.",
            s403="The roles do not allow it, or the request is not from a page of this server.",
            s404="There is no such member.",
            s409="Understood, and the answer is no; the detail says why.",
            s422="The request could not be read.",
            s429="Too many attempts; Retry-After says how many seconds to wait.",
        ),
    )
    trying = limiter.shared_limit(SIGN_IN_LIMIT, scope="sign-in", key_func=by_address)
    changing = limiter.shared_limit(CHANGE_LIMIT, scope="members", key_func=by_address)

    @router.get("/session", summary="Who is signed in")
    def session(request: Request, response: Response) -> SessionOut:
        """Also gives a browser that has no cookie one, and the token that its next request must carry."""
        _, door = open_door(request)
        if door is not None:
            set_cookie(request, response, DOOR, door)
        return _session_out(request, door or browser_token(request))

    @router.post("/session", dependencies=[Anybody], summary="Sign in")
    @trying
    def start(request: Request, response: Response, body: SignInIn) -> SessionOut:
        """With name, password and a code. Every wrong combination gets the same answer."""
        token = sign_in(request, body.name, body.password.get_secret_value(), body.code)
        let_in(request, response, token)
        return _session_out(request, token)

    @router.delete("/session", status_code=204, summary="Sign out")
    def end(request: Request, response: Response, who: AnyMember) -> None:
        with turn_of(request) as turn:
            end_session(turn, who.member_id, who.session_id)
        drop_cookie(request, response, SESSION)

    @router.post("/session/passkey/options", dependencies=[Anybody], summary="Begin to sign in with a passkey")
    @trying
    def ask_passkey(request: Request) -> dict[str, object]:
        """What navigator.credentials.get() takes."""
        with turn_of(request) as turn:
            return passkeys.sign_in_options(
                turn, rp_id=own_host(request), browser=passkeys.browser_of(browser_token(request))
            )

    @router.post("/session/passkey", dependencies=[Anybody], summary="Sign in with a passkey")
    @trying
    def start_with_passkey(request: Request, response: Response, body: PasskeyIn) -> SessionOut:
        token, refusal = "", None
        with turn_of(request) as turn:
            try:
                token = passkeys.sign_in_with_passkey(
                    turn,
                    body.credential,
                    rp_id=own_host(request),
                    origin=own_origin(request),
                    browser=passkeys.browser_of(browser_token(request)),
                )
                end_token(turn, cookie(request, SESSION))
            except passkeys.PasskeyRefused as error:
                refusal = error  # raised below, so that the challenge stays spent
        if refusal is not None:
            raise refusal
        let_in(request, response, token)
        return _session_out(request, token)

    @router.post("/account/passkeys/options", summary="Begin to add a passkey")
    @trying
    def ask_new_passkey(request: Request, body: PasswordIn, who: AnyMember) -> dict[str, object]:
        """What navigator.credentials.create() takes. The password is asked for again."""
        confirm(request, who, body.password.get_secret_value())
        with turn_of(request) as turn:
            return passkeys.registration_options(
                turn,
                members.find_member(turn.session, who.member_id),
                rp_id=own_host(request),
                server_name=request.app.state.settings.server_name,
                browser=passkeys.browser_of(browser_token(request)),
            )

    @router.post("/account/passkeys", status_code=201, summary="Add a passkey")
    @changing
    def add_passkey(request: Request, body: NewPasskeyIn, who: AnyMember) -> PasskeyOut:
        with turn_of(request) as turn:
            added = passkeys.add_passkey(
                turn,
                members.find_member(turn.session, who.member_id),
                body.credential,
                name=body.name,
                rp_id=own_host(request),
                origin=own_origin(request),
                browser=passkeys.browser_of(browser_token(request)),
            )
            return PasskeyOut(id=added.id, name=added.name, added_on=added.added_on)

    @router.delete("/account/passkeys/{passkey_id}", status_code=204, summary="Remove a passkey")
    @changing
    def remove_passkey(request: Request, passkey_id: UUID, who: AnyMember) -> None:
        with turn_of(request) as turn:
            passkeys.remove_passkey(turn, who.member_id, passkey_id)

    @router.get("/members", summary="All members")
    def all_members(request: Request, _: Seeing) -> MembersOut:
        with turn_of(request) as turn:
            return MembersOut(members=known_members(turn))

    @router.post("/members/invitations", status_code=201, summary="Invite a member")
    @changing
    def invite(request: Request, body: InvitationIn, who: Inviting) -> InvitationOut:
        """A link for one person, for 72 hours. It is shown once."""
        with turn_of(request) as turn:
            code = members.invite_member(turn, who.member_id, set(body.roles))
            expires_at: datetime = turn.now + members.INVITATION_LASTS
        return InvitationOut(code=code, link=invitation_link(request, code), expires_at=expires_at)

    @router.get("/members/grants", summary="Roles on their way")
    def grants(request: Request, _: Seeing) -> GrantsOut:
        with turn_of(request) as turn:
            return GrantsOut(grants=[grant_out(one) for one in members.grants_waiting(turn.session)])

    @router.post("/members/grants/{grant_id}/approval", summary="Approve a role as the second admin")
    @changing
    def approve(request: Request, grant_id: UUID, who: Granting) -> GrantOut:
        with turn_of(request) as turn:
            return grant_out(members.approve_grant(turn, who.member_id, grant_id))

    @router.delete("/members/grants/{grant_id}", status_code=204, summary="Stop a role on its way")
    @changing
    def drop(request: Request, grant_id: UUID, who: Granting) -> None:
        with turn_of(request) as turn:
            members.drop_grant(turn, who.member_id, grant_id)

    @router.get("/members/events", summary="The history of members")
    def events(request: Request, _: Reading) -> EventsOut:
        with turn_of(request) as turn:
            return newest_events(turn)

    @router.post("/members/{member_id}/roles", summary="Give a role")
    @changing
    def give(request: Request, member_id: UUID, body: RoleIn, who: Granting) -> GrantedOut:
        """At once, or for the admin role as a request that a second admin approves and that waits for a day."""
        with turn_of(request) as turn:
            asked = members.grant(turn, who.member_id, member_id, body.role)
            return GrantedOut(
                roles=sorted(members.roles_of(turn.session, member_id)),
                waiting=grant_out(asked) if asked else None,
            )

    @router.delete("/members/{member_id}/roles/{role}", status_code=204, summary="Take a role away")
    @changing
    def take(request: Request, member_id: UUID, role: Role, who: Granting) -> None:
        with turn_of(request) as turn:
            members.revoke(turn, who.member_id, member_id, role)

    @router.post("/members/{member_id}/suspension", status_code=204, summary="Suspend a member")
    @changing
    def suspend(request: Request, member_id: UUID, who: Suspending) -> None:
        with turn_of(request) as turn:
            members.suspend_member(turn, who.member_id, member_id)

    @router.delete("/members/{member_id}/suspension", status_code=204, summary="Let a member back in")
    @changing
    def restore(request: Request, member_id: UUID, who: Suspending) -> None:
        with turn_of(request) as turn:
            members.restore_member(turn, who.member_id, member_id)

    return router
