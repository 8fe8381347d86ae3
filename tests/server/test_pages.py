"""The pages: both languages whole, nothing inline, nothing from elsewhere, and what they promise is there."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from panah.errors import AppError
from panah.pages.languages import LANGUAGES, Language, examples, preferred, words
from panah.pages.routes import PROBLEMS
from panah.scoring.policy import LABELS, SENSITIVITIES
from panah.scoring.schemas import ScoreIn
from tests.server.conftest import MakeClient, replies

CHECKOUT = Path(__file__).parents[2]
PAGES = ("/", "/extension", "/install", "/privacy", "/problems", "/docs")
TRANSLATED = ("/", "/extension", "/install", "/privacy")


class Outline(HTMLParser):
    """What a page holds: attributes by tag, text inside scripts and styles, headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inline = ""
        self.headings: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag in {"script", "style", "h1", "h2", "h3"}:
            self._open.append(tag)
            if tag.startswith("h"):
                self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in {"script", "style"}:
            self.inline += data.strip()
        elif self._open:
            self.headings[-1] += data

    @property
    def addresses(self) -> list[str]:
        return [attrs[name] for _, attrs in self.tags for name in ("href", "src", "action") if name in attrs]


def look(client: TestClient, address: str) -> Outline:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Outline(answer.text)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_whole_and_loads_nothing_inline_or_from_elsewhere(
    client: TestClient, path: str, language: Language
) -> None:
    page = look(client, f"{path}?lang={language}")
    assert page.inline == ""
    for tag, attrs in page.tags:
        assert tag != "style"
        assert "style" not in attrs
        assert not [name for name in attrs if name.startswith("on")]
    for address in page.addresses:
        assert re.match(r"[/#](?!/)", address), address
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sets_no_cookie_and_answers_head(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert "set-cookie" not in answer.headers
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("path", TRANSLATED)
def test_a_page_speaks_the_language_that_was_asked_for(client: TestClient, path: str) -> None:
    for address, wish, language, direction in (
        (path, "ur-PK,en;q=0.5", "ur", "rtl"),
        (path, "en-GB", "en", "ltr"),
        (f"{path}?lang=en", "ur", "en", "ltr"),
        (f"{path}?lang=ur", "en", "ur", "rtl"),
        (f"{path}?lang=xx", "ur", "ur", "rtl"),
    ):
        answer = client.get(address, headers={"Accept-Language": wish})
        (attrs,) = [attrs for tag, attrs in Outline(answer.text).tags if tag == "html"]
        assert attrs == {"lang": language, "dir": direction}
        assert answer.headers["content-language"] == language
        assert answer.headers["vary"] == "Accept-Language"


def test_links_carry_a_chosen_language_and_only_a_chosen_one(client: TestClient) -> None:
    chosen = look(client, "/?lang=ur").addresses
    assert {"/?lang=ur", "/install?lang=ur", "/privacy?lang=ur", "/docs?lang=ur"} <= set(chosen)
    assert "/?lang=en" in chosen  # the way back
    assert {"/", "/extension", "/install", "/privacy", "/docs"} <= set(look(client, "/").addresses)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr, de;q=0.9", "en"),
        ("ur", "ur"),
        ("UR-pk", "ur"),
        ("fr,ur;q=0.4", "ur"),
        ("en;q=0.4,ur;q=0.6", "ur"),
        ("en,ur", "en"),
        ("ur;q=0,en;q=0.1", "en"),
        ("ur;q=often", "en"),
        ("ur;q=nan", "en"),
    ],
)
def test_the_most_wanted_language_wins(header: str, language: Language) -> None:
    assert preferred(header) == language


def test_both_languages_say_the_same_things() -> None:
    english, urdu = words("en"), words("ur")
    assert english.keys() == urdu.keys()
    for section, said in english.items():
        assert said.keys() == urdu[section].keys(), section
        for key, text in said.items():
            translated = urdu[section][key]
            assert text.strip()
            assert translated.strip()
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", translated)), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_and_sensitivity_has_words(language: Language) -> None:
    said = words(language)
    for label in LABELS:
        assert said["acts"][label]
        assert said["meanings"][label]
        assert said["scores"][label]
    assert set(said["sensitivity"]) == {*SENSITIVITIES, *(f"{name}_help" for name in SENSITIVITIES)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_and_the_extension_use_the_same_words(language: Language) -> None:
    folder = CHECKOUT / "extension" / "_locales" / language
    extension = {
        key: one["message"]
        for area in ("line.json", "choices.json")
        for key, one in json.loads((folder / area).read_text(encoding="utf-8")).items()
    }
    said = words(language)
    names = {
        "hidden": "post_hidden",
        "hidden_name": "post_hidden_name",
        "shown": "post_shown",
        "flag_name": "post_flag_name",
        "estimate": "source_model",
    }
    ours = (
        {f"act_{label}": text for label, text in said["acts"].items()}
        | {f"meaning_{label}": text for label, text in said["meanings"].items()}
        | {f"sensitivity_{name}": text for name, text in said["sensitivity"].items()}
        | {names.get(key, key): text for key, text in said["line"].items()}
        | {"sensitivity": said["try"]["sensitivity"]}
    )
    assert ours == {key: extension[key] for key in ours}


def test_the_page_and_the_extension_wear_the_same_mark(client: TestClient) -> None:
    mark = (CHECKOUT / "extension" / "icons" / "mark.svg").read_bytes()
    for address in ("/static/mark.svg", "/favicon.ico"):
        answer = client.get(address)
        assert answer.content == mark
        assert answer.headers["content-type"].startswith("image/svg+xml")


def test_there_are_examples_in_each_language_and_the_service_takes_them() -> None:
    kinds = [thread["lang"] for thread in examples()]
    assert {kind: kinds.count(kind) for kind in kinds} == {"en": 2, "ur-Latn": 2, "ur": 2}
    for thread in examples():
        assert set(thread["title"]) == set(thread["about"]) == set(LANGUAGES)
        assert 7 <= len(thread["replies"]) <= 9
        assert len(set(thread["replies"])) == len(thread["replies"])
        assert all("\n" not in reply for reply in thread["replies"])  # the editor holds one reply a line
        ScoreIn.model_validate(replies(*thread["replies"], context=thread["post"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_try_page_offers_every_example(client: TestClient, language: Language) -> None:
    threads = [
        json.loads(attrs["data-thread"])
        for _, attrs in look(client, f"/?lang={language}").tags
        if "data-thread" in attrs
    ]
    assert threads == [{key: one[key] for key in ("lang", "post", "replies")} for one in examples()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_scripts_the_try_page_says_where_to_go(client: TestClient, language: Language) -> None:
    html = client.get(f"/?lang={language}").text
    (instead,) = re.findall(r"<noscript>(.*?)</noscript>", html, re.DOTALL)
    assert words(language)["try"]["noscript_heading"] in instead
    assert {"/install?lang=" + language, "/privacy?lang=" + language} <= set(Outline(instead).addresses)
    (tool,) = [attrs for _, attrs in Outline(html).tags if attrs.get("id") == "tool"]
    assert "hidden" in tool  # its script takes that away


@pytest.mark.parametrize("name", ["install", "privacy"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_is_rendered_with_all_its_headings(client: TestClient, name: str, language: Language) -> None:
    suffix = "" if language == "en" else f".{language}"
    source = (CHECKOUT / "docs" / f"{name}{suffix}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#{1,3} (.+)$", source, re.MULTILINE)
    page = look(client, f"/{name}?lang={language}")
    assert page.headings == headings
    ids = [attrs["id"] for tag, attrs in page.tags if tag in {"h1", "h2", "h3"}]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", ["install", "privacy"])
def test_a_document_has_the_same_shape_in_both_languages(client: TestClient, name: str) -> None:
    shapes = [
        [
            tag
            for tag, _ in look(client, f"/{name}?lang={language}").tags
            if tag in {"h1", "h2", "h3", "li", "tr", "pre"}
        ]
        for language in LANGUAGES
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_link_to_each_other_as_pages(client: TestClient, language: Language) -> None:
    article = client.get(f"/install?lang={language}").text.partition("<article")[2]
    assert f'href="/privacy?lang={language}"' in article
    assert ".md" not in article


def test_every_problem_the_service_writes_is_explained(client: TestClient, make_client: MakeClient) -> None:
    limited = make_client(score_limit="1/hour")
    limited.post("/v1/score", json=replies("one"))
    refusals = [
        limited.post("/v1/score", json=replies("two")),
        client.get("/nothing"),
        client.get("/v1/score"),
        client.post("/v1/score", content=b"{", headers={"Content-Type": "application/json"}),
        client.post("/v1/score", json={}),
        client.post("/v1/score", content=b"x" * (512 * 1024 + 1)),
    ]
    explained = {attrs.get("id") for _, attrs in look(client, "/problems").tags}
    for refusal in refusals:
        assert refusal.json()["type"] == f"/problems#{refusal.json()['code']}"
        assert refusal.json()["code"] in explained
    assert {kind.code for kind in AppError.__subclasses__()} | {"internal"} <= explained
    assert {code for code, _, _ in PROBLEMS} <= explained


def test_files_may_be_kept_for_good_only_under_their_version(client: TestClient) -> None:
    (sheet,) = [attrs["href"] for tag, attrs in look(client, "/").tags if attrs.get("rel") == "stylesheet"]
    assert re.fullmatch(r"/static/panah\.css\?v=[0-9a-f]{12}", sheet)
    assert "immutable" in client.get(sheet).headers["cache-control"]
    assert client.get("/static/panah.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/../routes.py").status_code == 404


def test_search_engines_are_asked_to_stay_away(client: TestClient) -> None:
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_pages_are_no_part_of_the_api(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    plain = {"/healthz", "/readyz", "/metrics"}
    files = {"/lists/catalogue.json", "/lists/{name}", "/v1/score", "/v1/policy"}
    assert files | plain <= set(paths)
    assert {path for path in paths if not path.startswith("/v1/")} - files == plain
