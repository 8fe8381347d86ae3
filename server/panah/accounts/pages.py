"""The members' pages: sign in, join, and one's own account. HTML over the same services."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from markupsafe import Markup
from slowapi import Limiter
from sqlmodel import func, select

from panah.accounts import members, passkeys
from panah.accounts.dependencies import (
    SESSION,
    Form,
    SignedIn,
    cookie,
    csrf_checked,
    drop_cookie,
    let_in,
    look_up,
    safe_next,
    takes_passkeys,
    turn_of,
)
from panah.accounts.rendering import go, render
from panah.accounts.routes import (
    CHANGE_LIMIT,
    SIGN_IN_LIMIT,
    AnyMember,
    by_address,
    confirm,
    sign_in,
)
from panah.accounts.sessions import end_session, end_sessions, end_token, sessions_of, start_session
from panah.accounts.tables import RecoveryCode
from panah.errors import AppError

Anybody = Depends(csrf_checked)


def qr(address: str) -> Markup:
    """A QR code as SVG, dark on light whatever the page's colours are: cameras want it so."""
    import segno  # here, as it is for setting an account up: serving does without

    drawn = segno.make(address, error="m", micro=False).svg_inline(
        border=4, scale=1, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return Markup(drawn)  # noqa: S704  (made of modules, none of the address is in it)


def in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def parse_id(text: str) -> UUID:
    """Raises MemberNotFound for what is no id."""
    try:
        return UUID(text)
    except ValueError:
        raise members.MemberNotFound("There is no such member.") from None


def account_page(
    request: Request, who: SignedIn, *, error: AppError | None = None, at: str = "", said: str = ""
) -> Response:
    """One's own account. `at` is the part of it that `error` is about, `said` what was just done."""
    with turn_of(request) as turn:
        left = turn.session.exec(
            select(func.count()).select_from(RecoveryCode).where(RecoveryCode.member_id == who.member_id)
        ).one()
        member = members.find_member(turn.session, who.member_id)
        parts: dict[str, Any] = {
            "sign_in_name": member.sign_in_name,
            "passkeys": [(one.id, one.name, one.added_on) for one in passkeys.passkeys_of(turn, who.member_id)],
            "sessions": [
                (str(one.id), one.method, one.made_at, one.seen_at, one.id == who.session_id)
                for one in sessions_of(turn, who.member_id)
            ],
        }
    return render(
        request,
        "account/account.html",
        who=who,
        path="/account",
        status=error.status if error else 200,
        error=error,
        at=at,
        said=said,
        recovery_left=left,
        takes_passkeys=takes_passkeys(request),
        **parts,
    )


def make_router(limiter: Limiter) -> APIRouter:
    """The pages; those that try a secret are limited per address, together with the API's."""
    router = APIRouter(include_in_schema=False)
    trying = limiter.shared_limit(SIGN_IN_LIMIT, scope="sign-in", key_func=by_address)
    changing = limiter.shared_limit(CHANGE_LIMIT, scope="members", key_func=by_address)

    def sign_in_page(request: Request, wanted: str, *, name: str = "", error: AppError | None = None) -> Response:
        return render(
            request,
            "account/sign_in.html",
            path="/sign-in",
            status=error.status if error else 200,
            error=error,
            wanted=wanted,
            name=name,
            takes_passkeys=takes_passkeys(request),
        )

    @router.get("/sign-in")
    def ask_sign_in(request: Request) -> Response:
        wanted = safe_next(request.query_params.get("next", "/account"))
        return go(request, wanted) if look_up(request) else sign_in_page(request, wanted)

    @router.post("/sign-in", dependencies=[Anybody])
    @trying
    def do_sign_in(request: Request, fields: Form) -> Response:
        wanted = safe_next(fields.get("next", ""))
        name = fields.get("name", "")[:200]
        try:
            token = sign_in(request, name, fields.get("password", ""), fields.get("code", "")[:40])
        except AppError as error:
            return sign_in_page(request, wanted, name=name, error=error)
        answer = go(request, wanted)
        let_in(request, answer, token)
        return answer

    @router.post("/sign-out")
    def sign_out(request: Request, who: AnyMember) -> Response:
        with turn_of(request) as turn:
            end_session(turn, who.member_id, who.session_id)
        answer = go(request, "/sign-in")
        drop_cookie(request, answer, SESSION)
        return answer

    # Joining

    def ask_details(request: Request, fields: dict[str, str], *, error: AppError | None = None) -> Response:
        """The form for a new member. A form that came back offers its secret again: the phone has it already."""
        code = fields.get("code", "")
        with turn_of(request) as turn:
            invitation = members.find_invitation(turn, code)
            purpose = members.invitation_purpose(invitation)
            try:
                secret = members.offered_secret(turn, purpose, fields.get("setup", ""))
            except members.InvitationGone:
                secret = None
            setup = members.offer_setup(
                turn,
                purpose,
                server_name=request.app.state.settings.server_name,
                name=fields.get("sign_in_name", "").strip()[:40] or "…",
                secret=secret,
            )
        return render(
            request,
            "account/join_details.html",
            path="/join",
            status=error.status if error else 200,
            error=error,
            code=code,
            roles=invitation.roles,
            setup=setup,
            secret=in_fours(setup.secret),
            qr=qr(setup.address),
            name=fields.get("name", "")[:80],
            sign_in_name=fields.get("sign_in_name", "")[:40],
        )

    def ask_invitation(request: Request, *, error: AppError | None = None) -> Response:
        return render(
            request, "account/join.html", path="/join", status=error.status if error else 200, error=error
        )

    @router.get("/join")
    def begin_joining(request: Request) -> Response:
        return ask_invitation(request)

    @router.post("/join", dependencies=[Anybody])
    @trying
    def show_details(request: Request, fields: Form) -> Response:
        try:
            return ask_details(request, fields)
        except members.InvitationGone as error:
            return ask_invitation(request, error=error)

    @router.post("/join/finish", dependencies=[Anybody])
    @trying
    def finish_joining(request: Request, fields: Form) -> Response:
        try:
            with turn_of(request) as turn:
                joined = members.join(
                    turn,
                    fields.get("code", ""),
                    name=fields.get("name", ""),
                    sign_in_name=fields.get("sign_in_name", ""),
                    password=fields.get("password", ""),
                    sealed=fields.get("setup", ""),
                    totp=fields.get("totp", "")[:40],
                )
                token = start_session(turn, joined.member.id, "password")
                end_token(turn, cookie(request, SESSION))
        except AppError as error:
            try:
                return ask_details(request, fields, error=error)
            except members.InvitationGone as gone:
                return ask_invitation(request, error=gone)
        # Under the old cookie this page has no form but the way on.
        answer = render(request, "account/recovery.html", path="/account", codes=joined.recovery_codes)
        let_in(request, answer, token)
        return answer

    # One's own account

    @router.get("/account")
    def account(request: Request, who: AnyMember) -> Response:
        return account_page(request, who, said=request.query_params.get("done", "")[:20])

    @router.post("/account/password")
    @trying
    def new_password(request: Request, fields: Form, who: AnyMember) -> Response:
        try:
            confirm(request, who, fields.get("password", ""))
            with turn_of(request) as turn:
                member = members.find_member(turn.session, who.member_id)
                members.change_password(turn, member, fields.get("new", ""), session_id=who.session_id)
        except AppError as error:
            return account_page(request, who, error=error, at="password")
        return go(request, "/account?done=password")

    def totp_page(request: Request, who: SignedIn, *, sealed: str = "", error: AppError | None = None) -> Response:
        with turn_of(request) as turn:
            member = members.find_member(turn.session, who.member_id)
            purpose = members.renewal_purpose(member)
            secret = members.offered_secret(turn, purpose, sealed) if sealed else None
            setup = members.offer_setup(
                turn,
                purpose,
                server_name=request.app.state.settings.server_name,
                name=member.sign_in_name,
                secret=secret,
            )
        return render(
            request,
            "account/totp.html",
            who=who,
            path="/account",
            status=error.status if error else 200,
            error=error,
            setup=setup,
            secret=in_fours(setup.secret),
            qr=qr(setup.address),
        )

    @router.post("/account/totp")
    @trying
    def begin_totp(request: Request, fields: Form, who: AnyMember) -> Response:
        try:
            confirm(request, who, fields.get("password", ""))
        except AppError as error:
            return account_page(request, who, error=error, at="totp")
        return totp_page(request, who)

    @router.post("/account/totp/finish")
    @trying
    def finish_totp(request: Request, fields: Form, who: AnyMember) -> Response:
        sealed = fields.get("setup", "")
        try:
            with turn_of(request) as turn:
                member = members.find_member(turn.session, who.member_id)
                members.renew_totp(
                    turn, member, sealed=sealed, totp=fields.get("totp", "")[:40], session_id=who.session_id
                )
        except members.InvitationGone as error:
            return account_page(request, who, error=error, at="totp")
        except AppError as error:
            return totp_page(request, who, sealed=sealed, error=error)
        return go(request, "/account?done=totp")

    @router.post("/account/recovery")
    @trying
    def new_recovery(request: Request, fields: Form, who: AnyMember) -> Response:
        try:
            confirm(request, who, fields.get("password", ""))
            with turn_of(request) as turn:
                codes = members.renew_recovery_codes(turn, members.find_member(turn.session, who.member_id))
        except AppError as error:
            return account_page(request, who, error=error, at="recovery")
        return render(request, "account/recovery.html", who=who, path="/account", codes=codes)

    @router.post("/account/passkeys/remove")
    @changing
    def drop_passkey(request: Request, fields: Form, who: AnyMember) -> Response:
        with turn_of(request) as turn:
            passkeys.remove_passkey(turn, who.member_id, parse_id(fields.get("id", "")))
        return go(request, "/account?done=passkey_removed")

    @router.post("/account/sessions/end")
    @changing
    def end_browser(request: Request, fields: Form, who: AnyMember) -> Response:
        with turn_of(request) as turn:
            if fields.get("id") == "others":
                end_sessions(turn, who.member_id, but=who.session_id)
            else:
                end_session(turn, who.member_id, parse_id(fields.get("id", "")))
        return go(request, "/account?done=sessions")

    return router
