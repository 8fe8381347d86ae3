"""The real service, the built extension and two real browsers, shared by all journeys of a run."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.harness.browser import Browser
from tests.harness.chromium import Chromium, running_chromium
from tests.harness.firefox import Firefox, running_firefox
from tests.harness.panah_server import PanahServer, running_panah
from tests.harness.published import Publisher, publishing
from tests.harness.recorder import Recorder, recording
from tests.harness.servers import fresh_database
from tests.journeys.leaks import check_bodies, check_requests

EXTENSION = Path(__file__).parents[2] / "extension" / "dist"


@pytest.fixture(scope="session")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built extension, copied: a build while the tests run must not change what they see."""
    assert (EXTENSION / "manifest.json").exists(), "Build the extension first: make extension"
    return shutil.copytree(EXTENSION, tmp_path_factory.mktemp("extension") / "dist")


@pytest.fixture(scope="session")
def shared_panah(
    postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PanahServer]:
    with (
        fresh_database(postgres_url) as database,
        running_panah(
            tmp_path_factory.mktemp("panah"),
            database_url=database,
            redis_url=redis_url,
            score_limit="6000/minute",  # all journeys come from one address
        ) as server,
    ):
        yield server


@pytest.fixture
def panah(shared_panah: PanahServer) -> PanahServer:
    """The real service on PostgreSQL and Redis, running, whatever the last test did to it."""
    if not shared_panah.is_running:
        shared_panah.start()
    return shared_panah


@pytest.fixture(scope="session")
def publisher(shared_panah: PanahServer) -> Iterator[Publisher]:
    with publishing(shared_panah) as made:
        yield made


@pytest.fixture(scope="session")
def shared_edge(shared_panah: PanahServer) -> Iterator[Recorder]:
    with recording(shared_panah.url) as recorder:
        yield recorder


@pytest.fixture
def edge(panah: PanahServer, shared_edge: Recorder) -> Iterator[Recorder]:
    """What stands between the browsers and the service; it has seen nothing yet."""
    shared_edge.clear()
    yield shared_edge
    shared_edge.open.set()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def shared_chromium(
    playwright: Playwright, extension: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chromium]:
    with running_chromium(playwright, extension, tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def shared_firefox(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with running_firefox(extension, tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


@pytest.fixture
def chromium(shared_chromium: Chromium, edge: Recorder) -> Iterator[Chromium]:
    """Chromium as after installing, but for the server's address: it leads through `edge`."""
    set_up(shared_chromium, edge.url)
    shared_chromium.kill_worker()  # What the worker remembers goes too.
    shared_chromium.requested.clear()
    yield shared_chromium
    shared_chromium.close_tabs()


@pytest.fixture
def firefox(shared_firefox: Firefox, edge: Recorder) -> Iterator[Firefox]:
    """Firefox as after installing, but for the server's address: it leads through `edge`."""
    set_up(shared_firefox, edge.url)
    shared_firefox.update_extension()  # What the worker remembers goes too.
    yield shared_firefox
    shared_firefox.close_tabs()


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    """Each of the two browsers in turn."""
    chosen: Browser = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def nothing_leaks(edge: Recorder, shared_chromium: Chromium) -> Iterator[None]:
    """Afterwards: whatever was done, only the site and the service were asked, and no address or name was told."""
    shared_chromium.requested.clear()
    yield
    check_requests(shared_chromium.requested)
    check_bodies(edge.seen)


def set_up(browser: Browser, address: str, **settings: str | bool | dict[str, str]) -> None:
    """Empties all that the extension stored and points it to a server of this machine."""
    server = {"address": address, "token": "", "useContext": True}
    tab = browser.open_extension("popup.html")
    tab.evaluate(
        f"""(async () => {{
            await chrome.storage.sync.clear();
            await chrome.storage.session.clear();
            await chrome.storage.local.clear();
            for (const {{name}} of await indexedDB.databases()) await new Promise(done => {{
                const going = indexedDB.deleteDatabase(name);
                going.onsuccess = going.onerror = going.onblocked = done;
            }});
            await chrome.storage.local.set({json.dumps({"server": server})});
            await chrome.storage.sync.set({json.dumps({"settings": settings})});
        }})()"""
    )
    tab.close()
