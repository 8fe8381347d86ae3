"""Who is signed in and what they may do, for the routes of every page and API of members.

    Curator = Annotated[SignedIn, Depends(needs(Permission.ENTRY_DECIDE))]

    @router.post("/v1/me/looks/{look_id}", status_code=204)
    def answer(request: Request, look_id: UUID, body: LookIn, who: Curator) -> None:
        with turn_of(request) as turn:
            answer_look(turn, who.member_id, look_id, body.choice)

- `needs()` without permissions asks for a signed-in member only; with several, all of them are needed.
- Under /v1/ a refusal is problem+json (401, 403). On a page, whoever is not signed in is taken to /sign-in and
  back, and whoever may not is told so.
- Every request but GET and HEAD is checked against forgery, by `needs()` itself: it must come from this server's
  own pages and carry `who.csrf`, in a form as the field `csrf`, from a script as the header X-CSRF-Token. The API's
  token is in GET /v1/session. Routes for people who are not signed in depend on `csrf_checked` instead.
- Forms come as `fields: Form`: a dict of texts, no file, each name once.
- `rendering.render(request, "mine.html", who=who)` gives templates, which extend "account/layout.html", all they
  need; each form holds `<input type="hidden" name="csrf" value="{{ csrf }}">`.
- A permission says what the role allows. Whether a curator has a seat on that list is for the list's own service.
"""

import hmac
import ipaddress
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from fastapi import Depends, Request, Response

from panah.accounts.members import has_due_grant, roles_of, settle_grants
from panah.accounts.permissions import Permission, Role, permissions_of
from panah.accounts.sessions import LONGEST, find_session
from panah.blocklists.turn import Turn, begin
from panah.errors import AppError

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
SESSION, DOOR = "panah-session", "panah-door"  # the second is a browser's that is not signed in
FIELDS_MOST = 64
BY_ITSELF = "panah-by-itself"  # a header of requests that a page makes without anybody doing anything


class NotSignedIn(AppError):
    status = 401
    code = "not-signed-in"


class NotAllowed(AppError):
    status = 403
    code = "not-allowed"


class Forged(AppError):
    status = 403
    code = "forged"


class BadForm(AppError):
    status = 415
    code = "bad-form"


@dataclass(frozen=True)
class SignedIn:
    """The member behind a request, as of its beginning."""

    member_id: UUID
    name: str
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    session_id: UUID
    csrf: str

    def may(self, permission: str) -> bool:
        return permission in self.permissions


def turn_of(request: Request) -> AbstractContextManager[Turn]:
    """A turn on the app's own database."""
    return begin(request.app.state.engine, request.app.state.keys)


# Where this server is


def own_origin(request: Request) -> str:
    """The server as browsers see it: the operator's public address, else the one that was asked."""
    public: str | None = request.app.state.settings.public_url
    if public:
        parts = urlsplit(public)
        return f"{parts.scheme}://{parts.netloc}"
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def own_host(request: Request) -> str:
    """Its name without a port: what passkeys are bound to."""
    return urlsplit(own_origin(request)).hostname or ""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def takes_passkeys(request: Request) -> bool:
    """Whether browsers allow passkeys here: they are bound to a name, and an IP address is none."""
    try:
        ipaddress.ip_address(own_host(request))
    except ValueError:
        return True
    return False


# Cookies


def is_secure(request: Request) -> bool:
    """Whether cookies go over HTTPS only: always, but for a server that somebody tries on their own machine."""
    parts = urlsplit(own_origin(request))
    return parts.scheme == "https" or not is_loopback(parts.hostname or "")


def cookie_name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name


def cookie(request: Request, name: str) -> str:
    """Its value, empty without one."""
    return request.cookies.get(cookie_name(request, name), "")


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=int(LONGEST.total_seconds()) if name == SESSION else None,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(
        cookie_name(request, name), path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def let_in(request: Request, response: Response, token: str) -> None:
    """Gives the browser its session, under a cookie that nobody knew before."""
    set_cookie(request, response, SESSION, token)
    drop_cookie(request, response, DOOR)


# Forgery


def browser_token(request: Request) -> str:
    """The cookie that a browser's forms are bound to: its session, or before that its door; empty without one."""
    return cookie(request, SESSION) or cookie(request, DOOR)


def csrf_for(request: Request, token: str) -> str:
    """What forms carry in the browser with that cookie. Nothing about the cookie can be read from it."""
    digest: str = request.app.state.keys.digest("csrf", token)
    return digest


def open_door(request: Request) -> tuple[str, str | None]:
    """The forms' token, and the door cookie to set where the browser has no cookie yet."""
    if token := browser_token(request):
        return csrf_for(request, token), None
    token = token_urlsafe(32)
    return csrf_for(request, token), token


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of an HTML form, none for other bodies. Raises BadForm for what no form of ours sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        body = (await request.body()).decode("ascii")
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MOST)
    except ValueError:
        raise BadForm("This form could not be read. Load the page again.") from None
    return dict(pairs)


Form = Annotated[dict[str, str], Depends(form_fields)]


def csrf_checked(request: Request, fields: Form) -> None:
    """Raises Forged where a change was not asked for by a page of this server in this browser."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    host_origin = f"{request.url.scheme}://{request.headers.get('host', '')}"
    # "null" comes from pages that send no referrer; browsers then still say where the request came from.
    from_here = origin in {own_origin(request), host_origin} or (
        origin in {None, "null"} and site in {None, "same-origin"}
    )
    token = browser_token(request)
    given = request.headers.get("x-csrf-token") or fields.get("csrf", "")
    if not from_here or not token or not hmac.compare_digest(csrf_for(request, token).encode(), given.encode()):
        raise Forged("This page is too old, or was not ours. Load it again, and repeat what you did.")


# Who is asking


def look_up(request: Request) -> SignedIn | None:
    """The member behind the request's cookie, if there is one. Puts a role into force whose time has come."""
    token = cookie(request, SESSION)
    if not token:
        return None
    with turn_of(request) as turn:
        # An open page that asks by itself must not keep somebody who went away signed in.
        found = find_session(turn, token, used=BY_ITSELF not in request.headers)
        if found is None:
            return None
        session, member = found
        if has_due_grant(turn.session, member.id, turn.now):
            settle_grants(turn)
        roles = roles_of(turn.session, member.id)
        return SignedIn(
            member_id=member.id,
            name=member.name,
            roles=roles,
            permissions=permissions_of(roles),
            session_id=session.id,
            csrf=csrf_for(request, token),
        )


def signed_in(request: Request, _: Annotated[None, Depends(csrf_checked)]) -> SignedIn:
    """The member who asks. Raises NotSignedIn, or Forged for a change that no page of ours asked for."""
    found = look_up(request)
    if found is None:
        raise NotSignedIn("Sign in first.")
    return found


def needs(*permissions: Permission) -> Callable[..., SignedIn]:
    """A dependency that gives the member who asks if they have all these permissions. Raises NotAllowed too."""

    def allowed(who: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
        if not who.permissions.issuperset(permissions):
            raise NotAllowed("Your roles do not allow this.")
        return who

    return allowed


def safe_next(address: str) -> str:
    """Where to go after signing in: a page of this server, whatever a link said."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    if not plain or not address.startswith("/") or address.startswith(("//", "/v1/", "/sign-in")):
        return "/account"
    return address
