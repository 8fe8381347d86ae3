"""The pages about lists: both languages whole, no script, nothing of what people wrote as markup."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import update

from panah.accounts.permissions import Role
from panah.blocklists import appeals, contributors, lists, protection, schemas
from panah.blocklists.juries import CHOICES
from panah.blocklists.looks import CHOICES as VOTES
from panah.blocklists.pages import governance, numbers_of, read_subject, words
from panah.blocklists.panel import STAGES
from panah.blocklists.policy import Rules
from panah.blocklists.subjects import BadSubject
from panah.blocklists.tables import Appeal, Category, Look
from panah.distribution.keyring import roots_of
from panah.distribution.outlet import Outlet
from panah.distribution.publish import publish
from panah.distribution.signing import fingerprint
from panah.pages.languages import LANGUAGES, Language
from tests.server.blocklists.conftest import Village
from tests.server.blocklists_routes.conftest import Browser, MakeMember, make_client
from tests.server.blocklists_routes.test_member_routes import open_looks
from tests.server.test_pages import Outline

AsCurator = Callable[[UUID], Browser]
XSS = "<script>alert(1)</script>\" onmouseover='x' {{ 7*7 }} {list}"
PUBLIC = ("/lists", "/lists/village", "/lists/village/appeal", "/appeals")


@pytest.fixture
def marked(village: Village) -> Village:
    """A village whose every text is an attack."""
    with village.turn() as turn:
        lists.change_list(
            turn, village.blocklist, name=XSS[:80], description=XSS, norms=f"{XSS}\n\nتیسرا", contact=XSS
        )
    return village


def outline(answer: Any) -> Outline:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Outline(answer.text)
    assert page.inline == ""
    for tag, attrs in page.tags:
        assert tag not in {"style", "script"}
        assert not [name for name in attrs if name == "style" or name.startswith("on")]
    assert "49" not in re.sub(r"[0-9a-f-]{12,}|\d{4}-\d\d-\d\d|v=\w+", "", answer.text).split("alert")[-1][:40]
    assert "{" not in re.sub(
        r"\{list\}|\{\{ 7\*7 \}\}|<pre.*?</pre>|<textarea.*?</textarea>", "", answer.text, flags=re.DOTALL
    )
    return page


def test_both_languages_say_the_same_things() -> None:
    en, ur = words("en"), words("ur")
    assert {section: set(said) for section, said in en.items()} == {
        section: set(said) for section, said in ur.items()
    }
    for section, said in en.items():
        for key, text in said.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", ur[section][key])), (
                section,
                key,
            )
            assert re.search("[\u0600-\u06ff]", ur[section][key]), (section, key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_a_page_may_need_is_there(language: Language) -> None:
    said = words(language)
    assert set(said["reasons"]) == set(schemas.REASONS)
    assert set(said["categories"]) == {str(one) for one in Category}
    assert set(said["stages"]) == set(said["stage_help"]) == set(STAGES)
    assert {*schemas.GROUNDS, *schemas.RELATIONS} <= set(said["appeal"])
    assert {"recuse", "hide", "flag", "keep"} == set(said["votes"])
    for stage in STAGES:
        assert set(said[f"votes_{stage}"]) < set(VOTES)
    assert set(appeals.RELATIONS) == set(schemas.RELATIONS)
    assert set(appeals.GROUNDS) == set(schemas.GROUNDS)
    assert set(CHOICES) == {"list", "keep", "unsure", "recuse"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_is_whole_without_script_or_cookie(
    client: TestClient, marked: Village, path: str, language: Language
) -> None:
    answer = client.get(f"{path}?lang={language}")
    assert answer.status_code == 200
    page = outline(answer)
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert f'<html lang="{language}" dir="{"rtl" if language == "ur" else "ltr"}">' in answer.text
    assert [heading for heading in page.headings if heading.strip()]
    for address in page.addresses:
        assert address.startswith(("/", "#"))
        if address.startswith(("/lists", "/appeals")) and "/export" not in address:
            assert client.get(address).status_code == 200
            switch = "en" if language == "ur" else "ur"
            assert address.endswith((f"?lang={language}", f"{path}?lang={switch}"))
    assert client.head(path).status_code == 200


def test_a_list_says_how_it_decides_with_the_numbers_of_its_rules() -> None:
    rules = Rules(trigger_clusters=7, contested_share=0.415, appeal_days=6)
    sections = governance(rules, words("en"))
    assert "at least 7 people" in sections["steps"][0]
    assert "fewer than 41.5 %" in sections["steps"][3]
    assert "within 6 days" in sections["ends"][0]
    assert all("{" not in one for said in sections.values() for one in said)
    assert numbers_of(rules)["breaker_overturned"] == "5"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_lists_shows_by_what_key_the_server_is_known(
    client: TestClient, village: Village, tmp_path: Path, language: Language
) -> None:
    path = f"/lists?lang={language}"
    assert words(language)["lists"]["known"] not in client.get(path).text
    with village.turn() as turn:
        publish(turn, village.blocklist, Outlet(tmp_path / "panah.root"))
        root = roots_of(turn.session)[-1]
    shown = client.get(path)
    outline(shown)
    assert words(language)["lists"]["known"] in shown.text
    assert f'<code dir="ltr">{fingerprint(root.public)}</code>' in shown.text


def test_the_pages_leave_the_files_of_the_distribution_alone(client: TestClient) -> None:
    for path in (
        "/lists/catalogue.json",
        "/lists/root.json",
        "/lists/pack-3.bin",
        f"/lists/{UUID(int=1)}/1-1.full",
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["code"] in {"no-catalogue", "list-file-not-found"}, path


@pytest.mark.parametrize("path", ["/lists/nowhere", "/lists/nowhere/appeal"])
def test_a_list_that_is_not_there_has_a_page_that_says_so(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}?lang=ur")
    assert answer.status_code == 404
    outline(answer)
    assert words("ur")["refusals"]["blocklist-not-found"] in answer.text


# Naming an account


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("1234567890", "x:1234567890"),
        (" x:1234567890 ", "x:1234567890"),
        ("۱۲۳۴", "x:1234"),
        ("https://x.com/i/user/1234", "x:1234"),
        ("x.com/i/user/1234/", "x:1234"),
        ("\u2066x.com/i/user/1234\u2069", "x:1234"),
        ("https://twitter.com/intent/user?user_id=1234&x=1", "x:1234"),
        ("https://X.com/intent/follow?user_id=1234", "x:1234"),
        ("mastodon:sana@example.org", "mastodon:sana@example.org"),
    ],
)
def test_an_account_is_named_by_its_number_however_it_is_written(text: str, subject: str) -> None:
    assert read_subject(text) == subject


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@sana",
        "sana",
        "0",
        "https://x.com/sana",
        "https://x.com/sana/status/1234567890",
        "https://x.com.evil.example/i/user/1234",
        "https://evil.example/?https://x.com/i/user/1234",
        "https://x.com/intent/user?user_id=1&user_id=2",
        "http://[",
        "1" * 400,
        "mastodon:a\0b@example.org",
    ],
)
def test_what_does_not_hold_the_number_of_an_account_is_refused(text: str) -> None:
    with pytest.raises((BadSubject, ValidationError)):
        read_subject(text)


# Appeals


FORM = {"subject": "https://x.com/i/user/666", "relation": "own", "ground": "context", "statement": "a\r\nb"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://testserver"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
)
def test_an_appeal_by_form_gives_a_receipt_that_tells_how_it_went(
    client: TestClient, village: Village, headers: dict[str, str]
) -> None:
    village.list_it()
    answer = client.post("/lists/village/appeal?lang=ur", data=FORM, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    outline(answer)
    found = re.search(r">([0-9a-f]{32})<", answer.text)
    assert found
    (row,) = village.rows(Appeal)
    assert village.keys.unseal(row.sealed_statement or "") == "a\nb"
    told = client.post("/appeals", data={"receipt": f" {found[1].upper()} "}, headers=headers)
    assert told.status_code == 200
    outline(told)
    assert "Curators are looking at it" in told.text
    assert (row.opened_at or village.now).date().isoformat()[:4] in told.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver.evil.example"},
    ],
)
def test_a_form_from_another_site_files_nothing(
    client: TestClient, village: Village, headers: dict[str, str]
) -> None:
    for path, fields in (("/lists/village/appeal", FORM), ("/appeals", {"receipt": "0" * 32})):
        answer = client.post(path, data=fields, headers=headers)
        assert answer.status_code == 403
        assert words("en")["refusals"]["foreign-form"] in answer.text
    assert village.rows(Appeal) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": "https://x.com/somebody"}, "bad-subject"),
        ({"subject": XSS}, "bad-subject"),
        ({"relation": ""}, "form-incomplete"),
        ({"ground": XSS}, "form-incomplete"),
        ({"statement": "a" * 2001}, "form-incomplete"),
        ({"statement": "\0"}, "form-incomplete"),
    ],
)
def test_a_form_that_cannot_be_read_comes_back_with_what_was_written(
    client: TestClient, village: Village, changes: dict[str, str], code: str
) -> None:
    answer = client.post("/lists/village/appeal", data=FORM | changes)
    assert answer.status_code == 422
    outline(answer)
    assert words("en")["refusals"][code] in answer.text
    if "statement" not in changes:
        assert "a\r\nb" in answer.text or "a\nb" in answer.text
    assert village.rows(Appeal) == []


def test_a_page_elsewhere_cannot_file_an_appeal_over_the_api(client: TestClient, village: Village) -> None:
    body = '{"subject": "x:666", "relation": "own", "ground": "other"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.post("/v1/lists/village/appeals", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 422
    assert village.rows(Appeal) == []


def test_a_statement_of_the_full_length_with_many_lines_fits(client: TestClient, village: Village) -> None:
    statement = "ab\r\n" * 666  # as browsers send 1,998 characters of a text area
    assert client.post("/lists/village/appeal", data=FORM | {"statement": statement}).status_code == 200
    assert len(village.rows(Appeal)) == 1


@pytest.mark.parametrize("receipt", ["", "0" * 32, XSS, "\0", "٣" * 32])
def test_a_receipt_that_is_not_known_is_said_so(client: TestClient, receipt: str) -> None:
    answer = client.post("/appeals", data={"receipt": receipt})
    assert answer.status_code == 404
    outline(answer)
    assert words("en")["refusals"]["unknown-receipt"] in answer.text


def test_forms_are_limited(client: TestClient) -> None:
    answers = [client.post("/lists/village/appeal", data=FORM) for _ in range(21)]
    assert [one.status_code for one in answers[-2:]] == [200, 429]


# Members


def test_whoever_is_not_signed_in_is_taken_to_the_door_and_back(client: TestClient) -> None:
    for path in ("/curate", f"/curate/looks/{UUID(int=1)}", "/curate/lists", "/curate/lists/village"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/sign-in?next={path}"


@pytest.mark.parametrize("role", [None, *Role])
def test_every_role_sees_what_it_may_do(role: Role | None, marked: Village, member: MakeMember) -> None:
    who = member(role) if role else member()
    for language in LANGUAGES:
        for path in ("/curate", "/curate/lists", "/curate/lists/village", "/curate/lists/nowhere"):
            answer = who.get(f"{path}?lang={language}")
            if role is None:
                assert answer.status_code == 403
                continue
            assert answer.status_code == (404 if "nowhere" in path else 200), path
            outline(answer)
    if role is None:
        return
    page = who.get("/curate/lists/village").text
    buttons = set(re.findall(r'name="do" value="(\w+)"', page))
    admin = {"save", "unseat", "stop", "propose", "suspend", "reinstate", "verify"}
    assert buttons == {Role.ADMIN: admin, Role.AUDITOR: {"verify"}}.get(role, set())


def test_a_button_that_is_not_shown_does_nothing(member: MakeMember, village: Village) -> None:
    for role in (Role.CURATOR, Role.REVIEWER, Role.AUDITOR):
        who = member(role)
        for do in ("save", "seat", "unseat", "stop", "resume", "propose", "approve", "suspend", "reinstate"):
            answer = who.send("/curate/lists/village", do=do)
            assert answer.status_code == 403
            assert words("en")["refusals"]["not-allowed"] in answer.text
        assert who.send("/curate/lists", slug="mine", name="Mine").status_code == 403
    assert (
        member(Role.ADMIN).send("/curate", do="remove", subject="1", list="village", reason="once").status_code
        == 403
    )


@pytest.mark.parametrize(
    "path", ["/curate", "/curate/lists", "/curate/lists/village", f"/curate/looks/{UUID(int=1)}"]
)
def test_a_form_without_its_token_does_nothing(member: MakeMember, path: str) -> None:
    admin = member(Role.ADMIN)
    assert admin.client.post(path, data={"do": "stop", "vote": "recuse"}).status_code == 403
    assert admin.client.post(path, data={"do": "stop", "csrf": "0" * 64}).status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_is_decided_without_script(marked: Village, curator: AsCurator, language: Language) -> None:
    looks = {look.member_id: look.id for look in open_looks(marked)}
    one, two, three = (curator(member_id) for member_id in looks)
    path = f"/curate/looks/{looks[one.id]}?lang={language}"
    mine = one.get(f"/curate?lang={language}")
    outline(mine)
    assert f"/curate/looks/{looks[one.id]}" in mine.text
    page = one.get(path)
    assert page.status_code == 200
    outline(page)
    assert re.search(
        r'<details>.*https://x\.com/i/status/900" target="_blank" rel="noopener noreferrer"', page.text, re.DOTALL
    )
    assert words(language)["case"]["share"].split("{")[0].strip() not in page.text

    no_reason = one.send(path, vote="hide", note=XSS)
    assert no_reason.status_code == 422
    outline(no_reason)
    assert "&lt;script&gt;alert(1)" in no_reason.text
    done = one.send(path, vote="hide", reason="repeated", note=XSS)
    assert (done.status_code, done.headers["location"]) == (303, f"/curate?done=voted&lang={language}")
    recused = three.send(f"/curate/looks/{looks[three.id]}", vote="recuse", reason="", note="")
    assert recused.status_code == 303
    assert three.get(f"/curate/looks/{looks[three.id]}").status_code == 409
    two.send(f"/curate/looks/{looks[two.id]}", vote="flag", reason="milder", note="")
    after = two.get(f"/curate/looks/{looks[two.id]}?lang={language}")
    outline(after)
    assert "&lt;script&gt;alert(1)" in after.text  # the first curator's note, as text
    assert words(language)["reasons"]["repeated"] in after.text
    assert "100" in after.text


@pytest.mark.parametrize("stage", ["appeal", "review", "upgrade", "fresh"])
def test_every_stage_has_its_own_buttons(village: Village, curator: AsCurator, stage: str) -> None:
    look = open_looks(village)[0]
    with village.turn() as turn:
        turn.session.execute(update(Look).values(stage=stage))
    page = curator(look.member_id).get(f"/curate/looks/{look.id}?lang=ur")
    assert page.status_code == 200
    outline(page)
    votes = re.findall(r'name="vote" value="(\w+)"', page.text)
    assert votes == [*words("ur")[f"votes_{stage}"], "recuse"]


def test_what_an_appeal_says_stays_text(village: Village, curator: AsCurator) -> None:
    village.list_it()
    client_form = {"subject": "666", "relation": "own", "ground": "not-me", "statement": XSS}
    with village.turn() as turn:
        appeals.file_appeal(turn, village.blocklist, **client_form | {"subject": "x:666"})
    look = next(one for one in village.rows(Look) if one.vote is None)
    page = curator(look.member_id).get(f"/curate/looks/{look.id}")
    outline(page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


def test_a_list_is_made_and_looked_after_by_forms(
    app: FastAPI, village: Village, member: MakeMember, client: TestClient
) -> None:
    one, two, able = member(Role.ADMIN), member(Role.ADMIN), member(Role.CURATOR)
    face = {
        "name": "Blame",
        "description": "",
        "norms": "A\r\n\r\nB",
        "contact": "",
        "joining": "open",
        "tier_cap": "hide",
    }
    made = one.send("/curate/lists?lang=ur", slug="blame", **face)
    assert made.headers["location"] == "/curate/lists/blame?done=created&lang=ur"
    again = one.send("/curate/lists", slug="blame", **face)
    assert again.status_code == 409
    assert 'value="Blame"' in again.text
    here = "/curate/lists/blame"

    def do(who: Browser, what: str, **fields: str) -> str:
        answer = who.send(here, do=what, **fields)
        assert answer.status_code == 303, answer.text
        assert who.get(answer.headers["location"]).status_code == 200
        return str(answer.headers["location"]).partition("done=")[2]

    assert do(one, "save", **face | {"name": "Only blame", "tier_cap": "flag"}, archived="yes") == "settings"
    (shown,) = [row for row in client.get("/v1/lists").json()["lists"] if row["slug"] == "blame"]
    assert (shown["name"], shown["tier_cap"], shown["archived"], shown["norms"]) == (
        "Only blame",
        "flag",
        True,
        "A\n\nB",
    )
    assert do(one, "seat", member=str(able.id)) == "seated"
    assert do(one, "unseat", member=str(able.id)) == "unseated"
    assert do(one, "stop") == "stopped"
    assert words("en")["stopped_why"]["admin"] in one.get(here).text
    assert do(one, "resume") == "resumed"
    assert do(one, "propose", rules='{"trigger_clusters": 5}', note=XSS) == "proposed"
    own = one.get(here).text
    assert "&lt;script&gt;" in own
    assert 'value="approve"' not in own
    theirs = two.get(here)
    outline(theirs)
    assert re.search(r"<code>trigger_clusters</code></th><td>2</td><td>5</td>", theirs.text)
    policy = re.search(r'name="policy" value="(\d+)"', theirs.text)
    assert policy
    assert do(two, "approve", policy=policy[1]) == "approved"
    with village.turn() as turn:
        tag = contributors.tag_of(turn.keys, village.blocklist, village.people[3].id)
    here = "/curate/lists/village"
    assert do(one, "suspend", tag=f" {tag.upper()} ") == "suspended"
    assert do(one, "reinstate", tag=tag) == "reinstated"
    checked = one.send(here, do="verify")
    assert "The history is as it was written" in checked.text


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"do": "propose", "rules": "{"}, 422, "bad-rules"),
        ({"do": "propose", "rules": "[1]"}, 422, "bad-rules"),
        ({"do": "propose", "rules": '{"trigger_clusters": 1}'}, 422, "bad-rules"),
        ({"do": "propose", "rules": '{"nonsense": 1}'}, 422, "bad-rules"),
        ({"do": "approve", "policy": "x"}, 409, "policy-conflict"),
        ({"do": "seat", "member": "x"}, 422, "form-incomplete"),
        ({"do": "suspend", "tag": "x"}, 404, "contributor-not-found"),
        ({"do": "save", "name": ""}, 422, "form-incomplete"),
        ({"do": "nonsense"}, 422, "form-incomplete"),
        ({}, 422, "form-incomplete"),
    ],
)
def test_a_form_of_a_list_that_cannot_be_is_refused_in_words(
    member: MakeMember, fields: dict[str, str], status: int, code: str
) -> None:
    answer = member(Role.ADMIN).send("/curate/lists/village?lang=ur", **fields)
    assert answer.status_code == status
    outline(answer)
    assert words("ur")["refusals"][code] in answer.text


def test_curators_remove_confirm_and_invite_by_forms(
    app: FastAPI, village: Village, curator: AsCurator, member: MakeMember
) -> None:
    village.list_it()
    who, other = curator(village.curators[0]), member(Role.ADMIN)
    removed = who.send(
        "/curate", do="remove", list="village", subject="https://x.com/i/user/666", reason="own-words"
    )
    assert removed.headers["location"] == "/curate?done=removed"
    assert village.entries() == {}
    assert who.send("/curate", do="remove", list="village", subject="@sana", reason="own-words").status_code == 422

    with village.turn() as turn:
        code = protection.ask_protection(turn, village.people[0], "x:777").code
    wrong = who.send("/curate", do="seen", subject="777", code="panah-0000000000")
    outline(wrong)
    assert wrong.status_code == 404
    seen = {"do": "seen", "subject": "x:777", "code": code}
    assert who.send("/curate", **seen).headers["location"] == "/curate?done=seen"
    assert other.send("/curate", **seen).headers["location"] == "/curate?done=protected"

    invited = who.send("/curate", do="invite", list="village")
    found = re.search(r">([0-9a-f]{32})<", invited.text)
    assert found
    new = make_client(app, **{"Panah-Key": "n" * 43})
    new.post("/v1/contributors")
    assert new.post("/v1/lists/village/participants", json={"invitation": found[1]}).status_code == 201
