"""The pages about lists: both languages whole, no script, nothing of what people wrote as markup."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from panah.blocklists import appeals, lists, schemas
from panah.blocklists.juries import CHOICES
from panah.blocklists.looks import CHOICES as VOTES
from panah.blocklists.pages import governance, numbers_of, read_subject, words
from panah.blocklists.panel import STAGES
from panah.blocklists.policy import Rules
from panah.blocklists.subjects import BadSubject
from panah.blocklists.tables import Appeal, Category
from panah.distribution.keyring import roots_of
from panah.distribution.outlet import Outlet
from panah.distribution.publish import publish
from panah.distribution.signing import fingerprint
from panah.pages.languages import LANGUAGES, Language
from tests.server.blocklists.conftest import Village
from tests.server.blocklists_routes.conftest import Browser
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
    assert set(said["stages"]) == set(STAGES)
    assert {"hide", "flag", "keep"} == set(said["votes"])
    for stage in STAGES:
        assert set(said[f"votes_{stage}"]) < set(VOTES)
    assert {*schemas.GROUNDS, *schemas.RELATIONS} <= set(said["appeal"])
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
