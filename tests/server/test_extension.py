"""The page that hands out the extension, with files to hand out and without."""

import hashlib
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient

from panah import __version__
from panah.pages.languages import LANGUAGES, Language, words
from tests.server.conftest import MakeClient
from tests.server.test_pages import CHECKOUT, Outline, look

ZIPS = {
    f"panah-{__version__}-{browser}.zip": f"the zip for {browser}".encode() for browser in ("chrome", "firefox")
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the build leaves it, with files beside the zips that are nobody's business."""
    made = tmp_path / "extension"
    made.mkdir()
    for name, content in (ZIPS | {"panah-0.0.1-chrome.zip": b"old", "package.json": b"{}"}).items():
        (made / name).write_bytes(content)
    return made


@pytest.fixture
def offering(make_client: MakeClient, folder: Path) -> TestClient:
    return make_client(extension_dir=folder)


@pytest.fixture
def empty(make_client: MakeClient, tmp_path: Path) -> TestClient:
    return make_client(extension_dir=tmp_path / "nowhere")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_offers_both_files_with_their_hashes(offering: TestClient, language: Language) -> None:
    page = look(offering, f"/extension?lang={language}")
    offered = [attrs["href"] for tag, attrs in page.tags if tag == "a" and "download" in attrs]
    assert offered == [f"/extension/{name}" for name in ZIPS]
    html = offering.get(f"/extension?lang={language}").text
    for content in ZIPS.values():
        assert hashlib.sha256(content).hexdigest() in html
    assert __version__ in html
    assert words(language)["extension"]["missing_heading"] not in html
    assert "{" not in html  # every place in the texts is filled


@pytest.mark.parametrize("name", ZIPS)
def test_a_download_is_the_file_byte_for_byte(offering: TestClient, name: str) -> None:
    answer = offering.get(f"/extension/{name}")
    assert (answer.status_code, answer.content) == (200, ZIPS[name])
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = offering.head(f"/extension/{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(ZIPS[name]))


def test_a_file_is_sent_again_only_when_it_changed(offering: TestClient, folder: Path) -> None:
    name = next(iter(ZIPS))
    tag = offering.get(f"/extension/{name}").headers["etag"]
    again = offering.get(f"/extension/{name}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    # Browsers may name several, and a proxy that compresses weakens them.
    for known in (f'"other", {tag}', f"W/{tag}", f'"other",W/{tag}', "*"):
        assert offering.get(f"/extension/{name}", headers={"If-None-Match": known}).status_code == 304, known
    other = offering.get(f"/extension/{name}", headers={"If-None-Match": f'"{tag[2:]}'})
    assert other.status_code == 200
    (folder / name).write_bytes(b"built anew")
    changed = offering.get(f"/extension/{name}", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.content) == (200, b"built anew")
    assert hashlib.sha256(b"built anew").hexdigest() in offering.get("/extension").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_files_the_page_says_how_to_build_them(empty: TestClient, language: Language) -> None:
    page = look(empty, f"/extension?lang={language}")
    assert words(language)["extension"]["missing_heading"] in page.headings
    assert "make extension" in empty.get(f"/extension?lang={language}").text
    assert not [attrs for tag, attrs in page.tags if "download" in attrs]


@pytest.mark.parametrize("name", [*ZIPS, "other.zip"])
def test_a_download_that_is_not_there_is_refused_with_what_to_do(empty: TestClient, name: str) -> None:
    answer = empty.get(f"/extension/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "package-not-found"
    assert "make extension" in answer.json()["detail"]


@pytest.mark.parametrize(
    "name", ["panah-0.0.1-chrome.zip", "package.json", "../panah.db", "..%2Fpanah.db", "%2E%2E/panah.db"]
)
def test_nothing_else_in_the_folder_can_be_had(offering: TestClient, name: str) -> None:
    assert offering.get(f"/extension/{name}").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_into_the_guide_lead_to_its_headings(offering: TestClient, language: Language) -> None:
    guide = {attrs["id"] for _, attrs in look(offering, f"/install?lang={language}").tags if "id" in attrs}
    article = offering.get(f"/extension?lang={language}").text.partition("<article")[2]
    fragments = [
        unquote(href.partition("#")[2]) for href in Outline(article).addresses if re.match(r"/install\?.*#", href)
    ]
    assert len(fragments) == 3
    assert set(fragments) <= guide


def test_the_steps_have_the_same_shape_in_both_languages(offering: TestClient) -> None:
    shapes = [
        [tag for tag, _ in look(offering, f"/extension?lang={language}").tags if tag != "b"]
        for language in LANGUAGES
    ]
    assert shapes[0] == shapes[1]


def test_each_kind_of_browser_has_its_own_open_steps(offering: TestClient) -> None:
    tags = look(offering, "/extension?lang=en").tags
    assert [attrs for tag, attrs in tags if tag == "details"] == [{"class": "steps", "open": ""}] * 4
    assert [tag for tag, _ in tags].count("summary") == 4


@pytest.mark.parametrize("document", ["install.md", "install.ur.md"])
def test_the_guide_names_the_files_as_they_are(document: str) -> None:
    guide = (CHECKOUT / "docs" / document).read_text(encoding="utf-8")
    assert set(re.findall(r"panah-[\w.]+-\w+\.zip", guide)) == set(ZIPS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_leads_to_the_files(client: TestClient, language: Language) -> None:
    main = client.get(f"/install?lang={language}").text.partition("<main")[2]
    assert f"/extension?lang={language}" in Outline(main).addresses
