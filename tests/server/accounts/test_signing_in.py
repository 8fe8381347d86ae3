"""Signing in: one answer to every wrong try, codes that work once, and cookies that nobody else can make or use."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import SQLModel, select

from panah.accounts import credentials, members, signing_in
from panah.accounts.dependencies import safe_next
from panah.accounts.permissions import Role
from panah.accounts.rendering import words
from panah.accounts.tables import Member, MemberSession, SignInBackoff
from panah.blocklists.turn import begin
from panah.errors import AppError
from panah.keys import Keys
from tests.server.accounts.conftest import (
    COOKIE_DOMAIN,
    HOST,
    PASSWORD,
    Clock,
    MakeBrowser,
    MakePerson,
    both_databases,
    token_of,
)


def test_name_password_and_code_sign_in(person: MakePerson) -> None:
    amal = person("amal", Role.CURATOR, signed_in=False)
    answer = amal.sign_in()
    assert answer.status_code == 200
    assert answer.json()["member"]["roles"] == ["curator"]
    assert amal.browser.get("/v1/session").json() == answer.json()
    assert amal.ask("DELETE", "/v1/session").status_code == 204
    assert amal.browser.get("/v1/session").json()["member"] is None


def test_every_wrong_combination_gets_the_same_answer_for_the_same_work(
    person: MakePerson,
    browse: MakeBrowser,
    monkeypatch: pytest.MonkeyPatch,
    engine: Engine,
    keys: Keys,
    clock: Clock,
) -> None:
    amal = person("amal", signed_in=False)
    bano = person("bano", signed_in=False)
    with begin(engine, keys) as turn:
        turn.session.get_one(Member, bano.id).state = "suspended"
    work: list[str] = []
    verify, step = credentials.verify_password, credentials.matching_step

    def counted_verify(hashed: str, password: str) -> bool:
        work.append("hash")
        return verify(hashed, password)

    def counted_step(secret: str, code: str, now: float) -> int | None:
        work.append("code")
        return step(secret, code, now)

    monkeypatch.setattr(credentials, "verify_password", counted_verify)
    monkeypatch.setattr(credentials, "matching_step", counted_step)
    answers = set()
    for wrong in (
        {"password": "not the right words"},
        {"code": "000000"},
        {"code": "abcde-fghjk"},
        {"name": "nobody"},
        {"name": "nobody", "password": "not the right words", "code": ""},
        {"name": bano.name, "code": bano.code()},
    ):
        clock.on(minutes=20)
        work.clear()
        answer = amal.sign_in(browse(), **wrong)
        assert work == ["hash", "code"]
        answers.add((answer.status_code, answer.text, answer.headers.get("set-cookie")))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401


def test_the_page_says_the_same_of_unknown_names(person: MakePerson, browse: MakeBrowser) -> None:
    amal = person("amal", signed_in=False)
    pages = []
    for name in (amal.name, "xxxx"):
        browser = browse()
        body = {"csrf": token_of(browser), "name": name, "password": "not the right words", "code": "123456"}
        answer = browser.post("/sign-in", data=body)
        pages.append((answer.status_code, answer.text.replace(name, "").replace(body["csrf"], "")))
    assert pages[0] == pages[1]
    assert pages[0][0] == 401
    assert "is not right" in pages[0][1]


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_code_fits_half_a_minute_early_or_late(person: MakePerson, clock: Clock, seconds: int) -> None:
    amal = person("amal", signed_in=False)
    code = pyotp.TOTP(amal.secret).at(clock.now + timedelta(seconds=seconds + 30))
    assert amal.sign_in(code=code).status_code == 200  # sign_in lets 30 s go by


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_code_does_not_fit_a_minute_early_or_late(person: MakePerson, clock: Clock, seconds: int) -> None:
    amal = person("amal", signed_in=False)
    code = pyotp.TOTP(amal.secret).at(clock.now + timedelta(seconds=seconds + 30))
    assert amal.sign_in(code=code).status_code == 401


def test_a_code_works_once_and_none_before_it_works_after_it(
    person: MakePerson, clock: Clock, browse: MakeBrowser
) -> None:
    amal = person("amal", signed_in=False)
    before = amal.fresh_code()
    used = amal.fresh_code()
    wait = clock.now
    assert amal.sign_in(code=used).status_code == 200
    for again in (used, before):
        clock.now = wait
        assert amal.sign_in(browse(), code=again).status_code == 401


def test_a_code_may_be_written_in_urdu_digits_and_with_a_space(person: MakePerson) -> None:
    amal = person("amal", signed_in=False)
    urdu = "".join(chr(ord("۰") + int(digit)) for digit in amal.fresh_code())
    assert amal.sign_in(code=f"{urdu[:3]} {urdu[3:]}").status_code == 200


def test_a_recovery_code_works_once_and_for_its_owner_only(
    person: MakePerson, browse: MakeBrowser, clock: Clock, engine: Engine, keys: Keys
) -> None:
    amal, bano = person("amal", signed_in=False), person("bano", signed_in=False)
    code = amal.recovery_codes[3]
    assert bano.sign_in(code=code).status_code == 401
    assert amal.sign_in(code=code.upper().replace("-", " ")).status_code == 200
    assert amal.sign_in(browse(), code=code).status_code == 401
    assert amal.sign_in(browse(), code=amal.recovery_codes[4]).status_code == 200
    with begin(engine, keys) as turn:
        assert {one.method for one in turn.session.exec(select(MemberSession))} == {"recovery"}


def test_a_wrong_password_spends_no_recovery_code(person: MakePerson, browse: MakeBrowser) -> None:
    amal = person("amal", signed_in=False)
    code = amal.recovery_codes[0]
    assert amal.sign_in(code=code, password="not the right words").status_code == 401
    assert amal.sign_in(browse(), code=code).status_code == 200


def test_failures_slow_a_name_down_known_or_not_and_never_for_longer_than_a_quarter_hour(
    person: MakePerson, browse: MakeBrowser, clock: Clock, engine: Engine, keys: Keys
) -> None:
    amal = person("amal", signed_in=False)
    told = {}
    for name in ("amal", "nobody"):
        seen = []
        for _ in range(14):
            answer = amal.sign_in(browse(), name=name, password="not the right words")
            while answer.status_code == 429:
                wait = int(answer.headers["retry-after"])
                seen.append(wait)
                assert answer.json()["code"] == "too-many-failures"
                clock.on(seconds=wait)
                answer = amal.sign_in(browse(), name=name, password="not the right words")
            assert answer.status_code == 401
        told[name] = seen
    assert told["amal"] == told["nobody"]
    assert max(told["amal"]) <= signing_in.LONGEST_WAIT
    assert signing_in.wait_after(10_000).total_seconds() == signing_in.LONGEST_WAIT
    # The owner waits no longer than that, and then is back at the beginning.
    clock.on(seconds=signing_in.LONGEST_WAIT)
    assert amal.sign_in().status_code == 200
    with begin(engine, keys) as turn:
        assert len(turn.session.exec(select(SignInBackoff)).all()) == 1  # nobody's


def test_the_right_password_is_not_tried_while_a_name_waits(person: MakePerson, browse: MakeBrowser) -> None:
    amal = person("amal", signed_in=False)
    for _ in range(signing_in.FREE_FAILURES):
        amal.sign_in(browse(), password="not the right words", code="123456")
    amal.clock.on(seconds=-30)
    assert amal.sign_in(browse()).status_code == 429


def test_failures_are_forgotten_after_a_day(person: MakePerson, browse: MakeBrowser, clock: Clock) -> None:
    amal = person("amal", signed_in=False)
    for _ in range(20):
        amal.sign_in(browse(), password="not the right words")
    clock.on(days=1, seconds=1)
    for _ in range(signing_in.FREE_FAILURES):
        assert amal.sign_in(browse(), password="not the right words").status_code == 401


def test_an_address_that_tries_many_names_is_stopped(browse: MakeBrowser) -> None:
    browser = browse()
    token = token_of(browser)
    seen = [
        browser.post(
            "/v1/session",
            json={"name": f"name{n}", "password": PASSWORD, "code": "123456"},
            headers={"X-CSRF-Token": token, "Authorization": f"Bearer made-up-{n}"},
        ).status_code
        for n in range(31)
    ]
    assert seen == [401] * 30 + [429]
    assert browser.post("/sign-in", data={"csrf": token}).status_code == 429  # the page counts together with it


# Cookies


def test_the_cookie_is_for_this_host_over_https_and_no_script(person: MakePerson) -> None:
    amal = person("amal", signed_in=False)
    given = amal.sign_in().headers.get_list("set-cookie")
    (session,) = [one for one in given if one.startswith("__Host-panah-session=")]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(session.split("; "))
    assert "Domain" not in session


@pytest.mark.parametrize(
    ("base", "secure"),
    [("http://localhost:8000", False), ("http://127.0.0.1:8000", False), ("http://testserver", True)],
)
def test_only_a_server_on_ones_own_machine_does_without_https(browse: MakeBrowser, base: str, secure: bool) -> None:
    (given,) = browse(base=base).get("/sign-in").headers.get_list("set-cookie")
    assert ("Secure" in given, given.startswith("__Host-")) == (secure, secure)


def test_a_cookie_that_was_there_before_is_worth_nothing_after(person: MakePerson, browse: MakeBrowser) -> None:
    amal = person("amal", signed_in=False)
    planted = "x" * 43
    for name in ("__Host-panah-session", "__Host-panah-door"):
        amal.browser.cookies.set(name, planted, domain=COOKIE_DOMAIN)
    assert amal.sign_in().status_code == 200
    assert planted not in str(amal.browser.cookies.get("__Host-panah-session"))
    other = browse()
    other.cookies.set("__Host-panah-session", planted, domain=COOKIE_DOMAIN)
    assert other.get("/v1/session").json()["member"] is None


def test_signing_in_again_ends_the_session_of_before(person: MakePerson, engine: Engine, keys: Keys) -> None:
    amal = person("amal", signed_in=False)
    amal.sign_in()
    amal.sign_in()
    with begin(engine, keys) as turn:
        assert len(turn.session.exec(select(MemberSession)).all()) == 1


def test_the_database_holds_no_cookie_password_or_secret(person: MakePerson, engine: Engine) -> None:
    amal = person("amal", signed_in=False)
    amal.sign_in()
    token = amal.browser.cookies["__Host-panah-session"]
    with engine.connect() as connection:
        rows = [connection.execute(table.select()).fetchall() for table in SQLModel.metadata.sorted_tables]
    held = str(rows)
    assert "Amal" in held
    for secret in (token, PASSWORD, amal.secret, *amal.recovery_codes, amal.csrf):
        assert secret not in held


def test_a_session_ends_after_twelve_idle_hours_and_after_fourteen_days(person: MakePerson, clock: Clock) -> None:
    amal = person("amal")
    for _ in range(20):
        clock.on(hours=11)
        assert amal.browser.get("/v1/session").json()["member"]
    clock.on(hours=12)
    assert amal.browser.get("/v1/session").json()["member"] is None
    amal.sign_in()
    for _ in range(14 * 24 // 8 - 1):
        clock.on(hours=8)
        assert amal.browser.get("/v1/session").json()["member"]
    clock.on(hours=8)
    assert amal.browser.get("/v1/session").json()["member"] is None


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(person: MakePerson, clock: Clock) -> None:
    amal = person("amal")
    for _ in range(2):
        clock.on(hours=5)
        # 403: signed in, and may not.
        assert amal.browser.get("/v1/members/grants", headers={"Panah-By-Itself": "yes"}).status_code == 403
    clock.on(hours=3)
    assert amal.browser.get("/v1/members/grants").status_code == 401


# Forgery


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"Origin": HOST}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "https://elsewhere.example"}, False),
        ({"Origin": "http://testserver"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": HOST, "X-CSRF-Token": ""}, False),
        ({"Origin": HOST, "X-CSRF-Token": "0" * 64}, False),
        ({"Origin": HOST, "X-CSRF-Token": "ü"}, False),
    ],
)
def test_a_change_must_come_from_our_own_page_with_its_token(
    person: MakePerson, headers: dict[str, str], passes: bool
) -> None:
    amal = person("amal")
    sent = [(name.encode(), value.encode()) for name, value in ({"X-CSRF-Token": amal.csrf} | headers).items()]
    answer = amal.browser.delete("/v1/session", headers=sent)
    assert answer.status_code == (204 if passes else 403)
    assert (amal.browser.get("/v1/session").json()["member"] is None) == passes


def test_nobodys_token_fits_in_another_browser(person: MakePerson, browse: MakeBrowser) -> None:
    amal, bano = person("amal"), person("bano")
    bano.csrf = amal.csrf
    assert bano.ask("DELETE", "/v1/session").status_code == 403
    door = browse()
    body = {"name": "amal", "password": PASSWORD, "code": amal.fresh_code()}
    assert door.post("/v1/session", json=body).status_code == 403
    assert door.post("/v1/session", json=body, headers={"X-CSRF-Token": token_of(browse())}).status_code == 403


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("/admin/members", "/admin/members"),
        ("/admin/members?lang=ur", "/admin/members?lang=ur"),
        ("//elsewhere.example", "/account"),
        ("/\\elsewhere.example", "/account"),
        ("https://elsewhere.example/", "/account"),
        ("/%0d%0aSet-Cookie:x", "/%0d%0aSet-Cookie:x"),
        ("/a\r\nb", "/account"),
        ("/sign-in?next=/x", "/account"),
        ("/v1/session", "/account"),
        ("", "/account"),
    ],
)
def test_signing_in_leads_to_pages_of_this_server_only(address: str, safe: str) -> None:
    assert safe_next(address) == safe


def test_who_is_not_signed_in_is_taken_there_and_back(person: MakePerson, browse: MakeBrowser) -> None:
    amal = person("amal", Role.ADMIN, signed_in=False)
    browser = browse()
    away = browser.get("/admin/members?lang=ur")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/admin/members%3Flang%3Dur&lang=ur")
    body = {"csrf": token_of(browser), "name": "amal", "password": PASSWORD, "code": amal.fresh_code()}
    back = browser.post("/sign-in", data=body | {"next": "/admin/members?lang=ur"})
    assert (back.status_code, back.headers["location"]) == (303, "/admin/members?lang=ur")
    assert browser.get("/admin/members").status_code == 200


def test_no_secret_is_logged_or_said_again(
    person: MakePerson, app: FastAPI, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    amal = person("amal", signed_in=False)
    code = amal.fresh_code()
    wrong = "wrong words that somebody typed"
    said = [
        amal.sign_in(password=wrong).text,
        amal.sign_in(code=code * 50).text,
        amal.send("/sign-in", name="amal", password=wrong, code=code).text,
        amal.sign_in(code=amal.recovery_codes[0]).text,
    ]
    app.state.engine.dispose()
    app.state.engine = None  # a fault in the middle of it
    said.append(amal.browser.post("/v1/session", json={"name": "amal", "password": wrong, "code": code}).text)
    logged = caplog.text + "".join(capfd.readouterr())
    token = amal.browser.cookies["__Host-panah-session"]
    for secret in (wrong, PASSWORD, amal.secret, amal.recovery_codes[0], token):
        assert secret not in logged + "".join(said)


def test_passwords_are_compared_as_they_look() -> None:
    hashed = credentials.hash_password("café orange seventeen")
    assert credentials.verify_password(hashed, "cafe\u0301 orange seventeen")
    assert not credentials.verify_password(hashed, "cafe orange seventeen")
    assert not credentials.verify_password(hashed, "x" * 400_000)


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("short", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("amal-amal-1234", False),
        ("ladder orange seventeen", True),
        ("میں آج بازار گئی تھی", True),
        ("x" * 201, False),
    ],
)
def test_passwords_that_are_easy_to_guess_are_refused(password: str, good: bool) -> None:
    if good:
        credentials.check_strength(password, "Amal", "amal")
    else:
        with pytest.raises(credentials.WeakPassword):
            credentials.check_strength(password, "Amal", "amal")


def test_a_suspended_members_sessions_end_at_once(person: MakePerson, engine: Engine, keys: Keys) -> None:
    admin, amal = person("admin", Role.ADMIN), person("amal", Role.CURATOR)
    assert amal.ask("GET", "/v1/session").json()["member"]
    assert admin.ask("POST", f"/v1/members/{amal.id}/suspension").status_code == 204
    assert amal.ask("GET", "/v1/session").json()["member"] is None
    assert amal.sign_in().status_code == 401
    admin.ask("DELETE", f"/v1/members/{amal.id}/suspension")
    assert amal.sign_in().status_code == 200


@both_databases
def test_many_attempts_at_once_are_not_all_free(engine: Engine, keys: Keys, clock: Clock) -> None:
    together = Barrier(8)

    def attempt(_: int) -> bool:
        together.wait()
        try:
            with begin(engine, keys) as turn:
                signing_in.count_attempt(turn, "amal")
        except signing_in.TooManyFailures:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        passed = sum(threads.map(attempt, range(8)))
    assert 1 <= passed <= signing_in.FREE_FAILURES


def test_members_services_refuse_whoever_may_no_longer(engine: Engine, keys: Keys, person: MakePerson) -> None:
    amal, bano = person("amal", Role.CURATOR), person("bano")
    with begin(engine, keys) as turn, pytest.raises(members.GrantRefused):
        members.suspend_member(turn, amal.id, bano.id)


def test_the_pages_say_the_same_things_in_both_languages() -> None:
    english, urdu = words("en"), words("ur")
    assert {part: set(said) for part, said in english.items()} == {part: set(said) for part, said in urdu.items()}
    codes = {kind.code for kind in AppError.__subclasses__() if kind.__module__.startswith("panah.accounts")}
    assert codes - {"not-signed-in"} <= set(english["refusals"])
