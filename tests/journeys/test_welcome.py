"""The first page opens by itself once; it keeps nothing before a choice, and never what brought somebody here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.harness.browser import Browser
from tests.harness.chromium import running_chromium
from tests.harness.firefox import Firefox, running_firefox
from tests.harness.processes import wait_until
from tests.journeys.pages import stored

EMPTY: dict[str, object] = {"sync": {}, "local": {}, "session": {}, "databases": []}
ROLES = ("survivor", "ally", "curator", "looking")


@pytest.fixture(params=["chromium", "firefox"])
def fresh(
    request: pytest.FixtureRequest, playwright: Playwright, extension: Path, tmp_path: Path
) -> Iterator[Browser]:
    """Each of the two browsers in turn, right after the extension was installed."""
    with start(request.param, playwright, extension, tmp_path) as browser:
        yield browser


@contextmanager
def start(name: str, playwright: Playwright, extension: Path, folder: Path) -> Iterator[Browser]:
    if name == "chromium":
        with running_chromium(playwright, extension, folder) as chromium:
            yield chromium
    else:
        with running_firefox(extension, folder) as firefox:
            yield firefox


def test_it_opens_after_the_install_and_keeps_nothing_before_a_choice(fresh: Browser) -> None:
    wait_until(lambda: len(fresh.tabs_on("welcome.html")) == 1, "the first page is open")
    (page,) = fresh.tabs_on("welcome.html")
    page.wait_for("!document.body.hidden", "the page is drawn")
    page.front()
    for _ in range(4):
        page.click("#next")
    page.wait_for("document.querySelector('#next').hidden", "that is the last step")
    assert stored(fresh) == EMPTY

    page.front()
    for _ in range(3):
        page.click("#back")
    for role in ROLES:
        page.click(f"input[name=role][value={role}]")
        assert stored(fresh) == EMPTY
        page.front()
    for role in ROLES[:3]:
        page.click(f"input[name=role][value={role}]")
        page.click("#use")
        page.wait_for("document.querySelector('#used').textContent !== ''", "the settings are kept")
        assert not [word for word in ROLES if word in json.dumps(stored(fresh))]
        page.front()
    settings = stored(fresh)["sync"]["settings"]
    # The first proposal holds replies back, and no later one takes that away; the last labels only.
    assert (settings["holdBack"], settings["presentation"]) == (True, "flag")
    if isinstance(fresh, Firefox):
        # An update must not push itself before anybody.
        page.close()
        fresh.update_extension()
        fresh.open_extension("about.html").wait_for("!document.body.hidden", "the new one works")
        assert fresh.tabs_on("welcome.html") == []
