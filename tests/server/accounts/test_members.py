"""Members: invitations, roles and their guards, suspending, and every route by every role."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pyotp
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from sqlmodel import select

from panah.accounts import cli, credentials, members, pages, routes
from panah.accounts.audit import verify_account_events
from panah.accounts.permissions import PERMISSIONS, Permission, Role
from panah.accounts.tables import AccountEvent, Member, MemberInvitation, MemberRole, MemberSession, Passkey
from panah.blocklists import lists
from panah.blocklists.turn import begin
from panah.keys import Keys
from panah.limits import make_limiter
from panah.settings import Settings
from tests.server.accounts.conftest import (
    PASSWORD,
    Clock,
    MakeBrowser,
    MakePerson,
    both_databases,
    hidden,
    make_member,
    roles_now,
    token_of,
)

CURATORS_WORDS = "garden copper nineteen"


def invite(engine: Engine, keys: Keys, by: UUID | None, *roles: Role) -> str:
    with begin(engine, keys) as turn:
        return members.invite_member(turn, by, set(roles))


def accept(engine: Engine, keys: Keys, code: str, name: str) -> members.Joined:
    with begin(engine, keys) as turn:
        setup = members.offer_setup(
            turn, members.invitation_purpose(members.find_invitation(turn, code)), server_name="Panah", name=name
        )
    with begin(engine, keys) as turn:
        totp = pyotp.TOTP(setup.secret).at(turn.now)
        return members.join(
            turn, code, name=name, sign_in_name=name, password=CURATORS_WORDS, sealed=setup.sealed, totp=totp
        )


# Joining


def test_an_invitation_makes_one_member_with_its_roles(engine: Engine, keys: Keys, person: MakePerson) -> None:
    admin = person("admin", Role.ADMIN)
    code = invite(engine, keys, admin.id, Role.CURATOR, Role.REVIEWER)
    joined = accept(engine, keys, code, "amal")
    with begin(engine, keys) as turn:
        assert members.roles_of(turn.session, joined.member.id) == {Role.CURATOR, Role.REVIEWER}
        assert len(set(joined.recovery_codes)) == credentials.RECOVERY_CODES
        assert verify_account_events(turn.session) > 0
    with pytest.raises(members.InvitationGone):
        accept(engine, keys, code, "bano")


@both_databases
def test_of_two_who_accept_one_invitation_at_once_one_wins(engine: Engine, keys: Keys, clock: Clock) -> None:
    code = invite(engine, keys, None, Role.ADMIN)
    with begin(engine, keys) as turn:
        purpose = members.invitation_purpose(members.find_invitation(turn, code))
        setups = [members.offer_setup(turn, purpose, server_name="Panah", name="") for _ in range(2)]
    together = Barrier(2)

    def come(at: int) -> bool:
        totp = pyotp.TOTP(setups[at].secret).at(clock.now)
        together.wait()
        try:
            with begin(engine, keys) as turn:
                members.join(
                    turn,
                    code,
                    name=f"Guest {at}",
                    sign_in_name=f"guest{at}",
                    password=CURATORS_WORDS,
                    sealed=setups[at].sealed,
                    totp=totp,
                )
        except members.InvitationGone:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(come, range(2))) == [False, True]
    with begin(engine, keys) as turn:
        (only,) = turn.session.exec(select(Member))
        assert turn.session.exec(select(MemberInvitation.used_by)).one() == only.id
        assert len(turn.session.exec(select(MemberRole)).all()) == 1


@both_databases
def test_of_two_who_want_one_name_at_once_one_gets_it(engine: Engine, keys: Keys, clock: Clock) -> None:
    codes = [invite(engine, keys, None, Role.AUDITOR) for _ in range(2)]
    together = Barrier(2)

    def come(code: str) -> bool:
        together.wait()
        try:
            accept(engine, keys, code, "amal")
        except members.NameTaken:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(come, codes)) == [False, True]
    with begin(engine, keys) as turn:  # who was refused can try another name
        unused = turn.session.exec(select(MemberInvitation).where(MemberInvitation.used_by == None)).all()  # noqa: E711
        assert len(unused) == 1


def test_an_invitation_ends_after_three_days(engine: Engine, keys: Keys, clock: Clock) -> None:
    code = invite(engine, keys, None, Role.AUDITOR)
    clock.on(hours=72)
    with pytest.raises(members.InvitationGone):
        accept(engine, keys, code, "amal")


def test_an_invitation_ends_with_its_makers_right_to_it(engine: Engine, keys: Keys, person: MakePerson) -> None:
    first, second = person("first", Role.ADMIN), person("second", Role.ADMIN)
    by_suspended = invite(engine, keys, second.id, Role.CURATOR)
    with begin(engine, keys) as turn:
        members.suspend_member(turn, first.id, second.id)
    with pytest.raises(members.InvitationGone):
        accept(engine, keys, by_suspended, "amal")


def test_a_setup_is_good_for_its_own_invitation_and_for_an_hour(engine: Engine, keys: Keys, clock: Clock) -> None:
    mine, other = (invite(engine, keys, None, Role.AUDITOR) for _ in range(2))
    with begin(engine, keys) as turn:
        setup = members.offer_setup(
            turn, members.invitation_purpose(members.find_invitation(turn, mine)), server_name="P", name="n"
        )

    def come(code: str, sealed: str) -> None:
        with begin(engine, keys) as turn:
            members.join(
                turn,
                code,
                name="Amal",
                sign_in_name="amal",
                password=CURATORS_WORDS,
                sealed=sealed,
                totp=pyotp.TOTP(setup.secret).at(turn.now),
            )

    for code, sealed in ((other, setup.sealed), (mine, "made up"), (mine, keys.seal('["totp-setup","x","A",1]'))):
        with pytest.raises(members.InvitationGone):
            come(code, sealed)
    clock.on(hours=1, seconds=1)
    with pytest.raises(members.InvitationGone):
        come(mine, setup.sealed)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"totp": "000000"}, "does not fit"),
        ({"password": "short"}, "easy to guess"),
        ({"sign_in_name": "a b"}, "Choose a name"),
        ({"sign_in_name": "taken"}, "Somebody has this name"),
        ({"name": " "}, "Choose a name"),
    ],
)
def test_joining_by_the_pages_and_what_they_say_to_mistakes(
    engine: Engine,
    keys: Keys,
    clock: Clock,
    person: MakePerson,
    browse: MakeBrowser,
    changes: dict[str, str],
    said: str,
) -> None:
    person("taken")
    link = cli.create_admin(engine, keys, public_url="https://testserver/")
    address, _, code = link.partition("#")
    assert address == "https://testserver/join"
    browser = browse()
    csrf = hidden(browser.get("/join").text, "csrf")
    page = browser.post("/join", data={"csrf": csrf, "code": code}).text
    secret = page.partition('<code class="secret">')[2].partition("<")[0].replace(" ", "")
    fields = {
        "csrf": csrf,
        "code": code,
        "setup": hidden(page, "setup"),
        "name": "Amal",
        "sign_in_name": "Amal.K",
        "password": CURATORS_WORDS,
        "totp": pyotp.TOTP(secret).at(clock.now),
    }
    refused = browser.post("/join/finish", data=fields | changes)
    assert refused.status_code in {409, 422}
    assert said in refused.text
    assert secret in refused.text.replace(" ", "")  # the phone has it already
    assert CURATORS_WORDS not in refused.text
    done = browser.post("/join/finish", data=fields | {"setup": hidden(refused.text, "setup")})
    assert done.status_code == 200
    assert done.text.count("<li><code>") == credentials.RECOVERY_CODES
    assert done.headers["cache-control"] == "no-store"
    assert "amal.k" in browser.get("/account").text
    assert browser.post("/join", data={"csrf": token_of(browser), "code": code}).status_code == 409


# Roles


def test_nobody_changes_their_own_roles_and_nobody_suspends_themselves(person: MakePerson) -> None:
    admin = person("admin", Role.ADMIN)
    for method, path in (
        ("POST", f"/v1/members/{admin.id}/roles"),
        ("DELETE", f"/v1/members/{admin.id}/roles/admin"),
        ("POST", f"/v1/members/{admin.id}/suspension"),
    ):
        more = {"json": {"role": "auditor"}} if path.endswith("roles") else {}
        answer = admin.ask(method, path, **more)
        assert (answer.status_code, answer.json()["code"]) == (403, "grant-refused")


def test_an_admin_appoints_curators_at_once(person: MakePerson, engine: Engine, keys: Keys) -> None:
    admin, amal = person("admin", Role.ADMIN), person("amal")
    answer = admin.ask("POST", f"/v1/members/{amal.id}/roles", json={"role": "curator"})
    assert answer.json() == {"roles": ["curator"], "waiting": None}
    assert amal.ask("GET", "/v1/session").json()["member"]["permissions"] == sorted(PERMISSIONS[Role.CURATOR])
    assert admin.ask("DELETE", f"/v1/members/{amal.id}/roles/curator").status_code == 204
    assert roles_now(engine, keys, amal) == set()


def test_a_second_admin_and_a_day_make_an_admin(
    person: MakePerson, clock: Clock, engine: Engine, keys: Keys
) -> None:
    first, second, third, amal = (
        person("first", Role.ADMIN),
        person("second", Role.ADMIN),
        person("third", Role.ADMIN),
        person("amal"),
    )
    waiting = first.ask("POST", f"/v1/members/{amal.id}/roles", json={"role": "admin"}).json()["waiting"]
    assert waiting["state"] == "asked"
    assert first.ask("POST", f"/v1/members/grants/{waiting['id']}/approval").status_code == 403
    clock.on(hours=30)
    amal.sign_in()
    assert amal.ask("GET", "/v1/session").json()["member"]["roles"] == []
    first.sign_in()
    second.sign_in()
    assert second.ask("POST", f"/v1/members/grants/{waiting['id']}/approval").json()["state"] == "approved"
    third.sign_in()
    assert third.ask("POST", f"/v1/members/grants/{waiting['id']}/approval").status_code == 409
    clock.on(hours=23, minutes=58)
    amal.sign_in()
    assert amal.ask("GET", "/v1/members").status_code == 403
    clock.on(minutes=2)
    assert amal.ask("GET", "/v1/members").status_code == 200
    assert roles_now(engine, keys, amal) == {Role.ADMIN}
    with begin(engine, keys) as turn:
        kinds = list(turn.session.exec(select(AccountEvent.kind).order_by(AccountEvent.seq)))  # type: ignore[arg-type]
        assert kinds == ["role_asked", "role_approved", "role_given"]
        assert verify_account_events(turn.session) == 3


def test_the_only_admin_needs_no_second_but_the_day(
    person: MakePerson, clock: Clock, engine: Engine, keys: Keys
) -> None:
    admin, amal = person("admin", Role.ADMIN), person("amal")
    waiting = admin.ask("POST", f"/v1/members/{amal.id}/roles", json={"role": "admin"}).json()["waiting"]
    assert waiting["state"] == "approved"
    assert roles_now(engine, keys, amal) == set()
    clock.on(hours=24)
    amal.sign_in()
    assert amal.ask("GET", "/v1/members").status_code == 200


@pytest.mark.parametrize("how", ["suspend", "revoke"])
def test_an_admin_cannot_become_the_only_one_by_putting_the_others_out(
    person: MakePerson, clock: Clock, engine: Engine, keys: Keys, how: str
) -> None:
    bad, good, friend = person("bad", Role.ADMIN), person("good", Role.ADMIN), person("friend")
    path = f"/v1/members/{good.id}/" + ("suspension" if how == "suspend" else "roles/admin")
    assert bad.ask("POST" if how == "suspend" else "DELETE", path).status_code == 204
    waiting = bad.ask("POST", f"/v1/members/{friend.id}/roles", json={"role": "admin"}).json()["waiting"]
    assert waiting["state"] == "asked"
    clock.on(days=8)
    friend.sign_in()
    assert friend.ask("GET", "/v1/members").status_code == 403


def test_a_waiting_role_is_dropped_by_any_admin_or_with_whoever_asked(
    person: MakePerson, clock: Clock, engine: Engine, keys: Keys
) -> None:
    first, second, third = (person(name, Role.ADMIN) for name in ("first", "second", "third"))
    amal, bano = person("amal"), person("bano")
    for whom in (amal, bano):
        waiting = first.ask("POST", f"/v1/members/{whom.id}/roles", json={"role": "admin"}).json()["waiting"]
        second.ask("POST", f"/v1/members/grants/{waiting['id']}/approval")
    assert third.ask("DELETE", f"/v1/members/grants/{waiting['id']}").status_code == 204
    assert third.ask("DELETE", f"/v1/members/{second.id}/roles/admin").status_code == 204
    clock.on(hours=25)
    for whom in (amal, bano):
        whom.sign_in()
        assert whom.ask("GET", "/v1/members").status_code == 403
    with begin(engine, keys) as turn:
        assert members.grants_waiting(turn.session) == []


def test_deciding_roles_and_the_admin_role_exclude_each_other(person: MakePerson) -> None:
    admin, amal = person("admin", Role.ADMIN), person("amal", Role.CURATOR)
    answer = admin.ask("POST", f"/v1/members/{amal.id}/roles", json={"role": "admin"})
    assert (answer.status_code, answer.json()["code"]) == (409, "grant-conflict")
    answer = admin.ask("POST", "/v1/members/invitations", json={"roles": ["admin", "reviewer"]})
    assert answer.status_code == 409
    # Also while the admin role is only on its way.
    bano = person("bano")
    admin.ask("POST", f"/v1/members/{bano.id}/roles", json={"role": "admin"})
    assert admin.ask("POST", f"/v1/members/{bano.id}/roles", json={"role": "curator"}).status_code == 409


@pytest.mark.parametrize("how", ["suspension", "roles/curator"])
def test_a_curator_who_is_suspended_or_no_longer_one_has_no_seat(
    person: MakePerson, engine: Engine, keys: Keys, how: str
) -> None:
    admin, amal = person("admin", Role.ADMIN), person("amal", Role.CURATOR)
    with begin(engine, keys) as turn:
        blocklist = lists.create_list(turn, slug="no-blame", name="No blame")
        lists.seat(turn, blocklist, amal.id)
    method = "POST" if how == "suspension" else "DELETE"
    assert admin.ask(method, f"/v1/members/{amal.id}/{how}").status_code == 204
    with begin(engine, keys) as turn:
        assert lists.seats_of(turn.session, lists.find_list(turn.session, "no-blame")) == []


@both_databases
def test_two_admins_who_suspend_each_other_at_once_leave_one(engine: Engine, keys: Keys, clock: Clock) -> None:
    with begin(engine, keys) as turn:
        ids = [make_member(turn, name, Role.ADMIN)[0].id for name in ("first", "second")]
    together = Barrier(2)

    def put_out(at: int) -> bool:
        together.wait()
        try:
            with begin(engine, keys) as turn:
                members.suspend_member(turn, ids[at], ids[1 - at])
        except members.GrantRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(put_out, range(2))) == [False, True]


def test_members_with_a_permission_are_active_ones(person: MakePerson, engine: Engine, keys: Keys) -> None:
    admin, amal, bano = person("admin", Role.ADMIN), person("amal", Role.CURATOR), person("bano", Role.CURATOR)
    admin.ask("POST", f"/v1/members/{bano.id}/suspension")
    with begin(engine, keys) as turn:
        assert members.members_with(turn.session, Permission.ENTRY_DECIDE) == [amal.id]


# Every route by every role

TARGET = "11111111-1111-1111-1111-111111111111"
ROUTES: list[tuple[str, str, dict[str, object] | None, Permission | None]] = [
    ("DELETE", "/v1/session", None, None),
    ("POST", "/v1/account/passkeys/options", {"password": PASSWORD}, None),
    ("POST", "/v1/account/passkeys", {"name": "key", "credential": {}}, None),
    ("DELETE", f"/v1/account/passkeys/{TARGET}", None, None),
    ("GET", "/v1/members", None, Permission.MEMBER_SEE),
    ("POST", "/v1/members/invitations", {"roles": ["auditor"]}, Permission.MEMBER_INVITE),
    ("GET", "/v1/members/grants", None, Permission.MEMBER_SEE),
    ("POST", f"/v1/members/grants/{TARGET}/approval", None, Permission.MEMBER_GRANT),
    ("DELETE", f"/v1/members/grants/{TARGET}", None, Permission.MEMBER_GRANT),
    ("GET", "/v1/members/events", None, Permission.AUDIT_READ),
    ("POST", f"/v1/members/{TARGET}/roles", {"role": "auditor"}, Permission.MEMBER_GRANT),
    ("DELETE", f"/v1/members/{TARGET}/roles/auditor", None, Permission.MEMBER_GRANT),
    ("POST", f"/v1/members/{TARGET}/suspension", None, Permission.MEMBER_SUSPEND),
    ("DELETE", f"/v1/members/{TARGET}/suspension", None, Permission.MEMBER_SUSPEND),
]
PAGES: list[tuple[str, str, Permission | None]] = [
    ("GET", "/account", None),
    ("POST", "/account/password", None),
    ("POST", "/account/totp", None),
    ("POST", "/account/totp/finish", None),
    ("POST", "/account/recovery", None),
    ("POST", "/account/passkeys/remove", None),
    ("POST", "/account/sessions/end", None),
    ("POST", "/sign-out", None),
]
ROLES: list[Role | None] = [*Role, None]


@pytest.mark.parametrize("role", ROLES)
def test_every_route_of_the_api_by_every_role(person: MakePerson, role: Role | None) -> None:
    for at, (method, path, body, permission) in enumerate(ROUTES):
        somebody = person(f"somebody{at}", *([role] if role else []))
        answer = somebody.ask(method, path, **({"json": body} if body else {}))
        allowed = permission is None or (role is not None and permission in PERMISSIONS[role])
        assert (answer.status_code == 403) == (not allowed), (method, path)
        if not allowed:
            assert answer.json()["code"] == "not-allowed"
        assert answer.status_code < 500


@pytest.mark.parametrize("role", ROLES)
def test_every_page_by_every_role(person: MakePerson, role: Role | None) -> None:
    for at, (method, path, permission) in enumerate(PAGES):
        somebody = person(f"somebody{at}", *([role] if role else []))
        answer = somebody.browser.get(path) if method == "GET" else somebody.send(path, id=TARGET)
        allowed = permission is None or (role is not None and permission in PERMISSIONS[role])
        assert (answer.status_code == 403) == (not allowed), (method, path)
        assert answer.status_code < 500
        if not allowed:
            assert "Your roles do not allow this." in answer.text


def test_every_route_without_a_session_or_without_the_token(person: MakePerson, browse: MakeBrowser) -> None:
    amal = person("amal", Role.ADMIN)
    nobody = browse()
    token = token_of(nobody)
    for method, path, body, _ in ROUTES:
        answer = nobody.request(method, path, json=body, headers={"X-CSRF-Token": token})
        assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in"), (method, path)
        if method != "GET":
            assert amal.browser.request(method, path, json=body).json()["code"] == "forged", (method, path)
    for method, path, _ in PAGES:
        if method == "GET":
            away = nobody.get(path)
        else:
            assert amal.browser.post(path, data={"csrf": "0" * 64}).status_code == 403
            away = nobody.post(path, data={"csrf": token})
        assert (away.status_code, away.headers["location"].partition("?")[0]) == (303, "/sign-in"), (method, path)


def test_every_route_of_this_package_is_tried_by_every_role() -> None:
    limiter = make_limiter(Settings())
    open_to_all = {"/sign-in", "/join", "/join/finish", "/v1/session/passkey", "/v1/session/passkey/options"}
    known = {(method, path) for method, path, *_ in ROUTES} | {(method, path) for method, path, _ in PAGES}
    found = set()
    for router in (routes.make_router(limiter), pages.make_router(limiter)):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            path = re.sub(r"\{role\}", "auditor", re.sub(r"\{\w+_id\}", TARGET, route.path))
            found |= {(method, path) for method in route.methods or () if path not in open_to_all}
    assert found == known | {("GET", "/v1/session"), ("POST", "/v1/session")}


# What members change about themselves


def test_a_new_password_signs_out_every_other_browser(person: MakePerson, browse: MakeBrowser) -> None:
    amal = person("amal", signed_in=False)
    other = browse()
    assert amal.sign_in(other).status_code == 200
    assert amal.sign_in().status_code == 200
    wrong = amal.send("/account/password", password="not the right words", new=CURATORS_WORDS)
    assert wrong.status_code == 401
    weak = amal.send("/account/password", password=PASSWORD, new="short")
    assert (weak.status_code, "easy to guess" in weak.text) == (422, True)
    assert amal.send("/account/password", password=PASSWORD, new=CURATORS_WORDS).status_code == 303
    assert amal.browser.get("/v1/session").json()["member"]
    assert other.get("/v1/session").json()["member"] is None
    assert amal.sign_in(browse()).status_code == 401
    amal.password = CURATORS_WORDS
    assert amal.sign_in(browse()).status_code == 200


def test_another_app_takes_the_place_of_the_first(person: MakePerson, browse: MakeBrowser, clock: Clock) -> None:
    amal, bano = person("amal"), person("bano")
    assert amal.send("/account/totp", password="not the right words").status_code == 401
    page = amal.send("/account/totp", password=PASSWORD).text
    secret = page.partition('<code class="secret">')[2].partition("<")[0].replace(" ", "")
    sealed = hidden(page, "setup")
    totp = pyotp.TOTP(secret).at(clock.now)
    assert bano.send("/account/totp/finish", setup=sealed, totp=totp).status_code == 409
    assert amal.send("/account/totp/finish", setup=sealed, totp="000000").status_code == 422
    assert amal.send("/account/totp/finish", setup=sealed, totp=totp).status_code == 303
    assert amal.sign_in(browse()).status_code == 401
    amal.secret = secret
    clock.on(minutes=1)
    assert amal.sign_in(browse()).status_code == 200


def test_new_recovery_codes_end_the_old_ones(person: MakePerson, browse: MakeBrowser) -> None:
    amal = person("amal")
    page = amal.send("/account/recovery", password=PASSWORD)
    new = [part.partition("<")[0] for part in page.text.split("<li><code>")[1:]]
    assert len(new) == credentials.RECOVERY_CODES
    assert amal.sign_in(browse(), code=amal.recovery_codes[0]).status_code == 401
    assert amal.sign_in(browse(), code=new[0]).status_code == 200


def test_sessions_are_listed_and_ended_one_by_one_or_all(
    person: MakePerson, browse: MakeBrowser, engine: Engine, keys: Keys
) -> None:
    amal, bano = person("amal"), person("bano")
    others = [browse() for _ in range(3)]
    for other in others:
        amal.sign_in(other)
    amal.csrf = token_of(amal.browser)
    page = amal.browser.get("/account").text
    assert page.count('name="id"') == 4  # three browsers, and all others
    with begin(engine, keys) as turn:
        theirs = turn.session.exec(select(MemberSession.id).where(MemberSession.member_id == bano.id)).one()
    amal.send("/account/sessions/end", id=str(theirs))
    assert bano.browser.get("/v1/session").json()["member"]  # nobody ends somebody else's
    amal.send("/account/sessions/end", id=hidden(page, "id"))
    assert sum(one.get("/v1/session").json()["member"] is not None for one in others) == 2
    amal.send("/account/sessions/end", id="others")
    assert not any(one.get("/v1/session").json()["member"] for one in others)
    assert amal.browser.get("/v1/session").json()["member"]


def test_nobody_removes_somebody_elses_passkey(person: MakePerson, engine: Engine, keys: Keys) -> None:
    amal, bano = person("amal"), person("bano")
    with begin(engine, keys) as turn:
        turn.session.add(
            Passkey(credential_id=b"c", member_id=bano.id, public_key=b"k", name="phone", added_on=turn.now.date())
        )
    with begin(engine, keys) as turn:
        passkey = turn.session.exec(select(Passkey.id)).one()
    amal.ask("DELETE", f"/v1/account/passkeys/{passkey}")
    with begin(engine, keys) as turn:
        assert turn.session.exec(select(Passkey)).one()
    bano.send("/account/passkeys/remove", id=str(passkey))
    with begin(engine, keys) as turn:
        assert turn.session.exec(select(Passkey)).first() is None


@pytest.mark.parametrize(
    "credential", [{}, {"rawId": 1}, {"response": None}, {"response": {"clientDataJSON": "e30"}}]
)
def test_what_is_no_passkey_gets_one_answer(browse: MakeBrowser, credential: dict[str, object]) -> None:
    browser = browse()
    headers = {"X-CSRF-Token": token_of(browser)}
    assert browser.post("/v1/session/passkey/options", headers=headers).status_code == 200
    answer = browser.post("/v1/session/passkey", json={"credential": credential}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "passkey-refused")


def test_members_events_name_no_one(person: MakePerson, engine: Engine, keys: Keys) -> None:
    admin, amal = person("admin", Role.ADMIN), person("amal")
    admin.ask("POST", f"/v1/members/{amal.id}/roles", json={"role": "curator"})
    admin.ask("POST", f"/v1/members/{amal.id}/suspension")
    told = admin.ask("GET", "/v1/members/events").json()
    assert told["intact"]
    assert [one["kind"] for one in told["events"]] == ["member_suspended", "role_given"]
    assert "amal" not in str(told).lower()
