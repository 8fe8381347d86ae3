"""The consoles of the made-up instance, as each role sees them in real Chromium: every page that links lead to."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from panah.accounts.permissions import PERMISSIONS, Role
from panah.consoles.nav import CONSOLES
from tests.harness.chromium import ARGUMENTS, find_chromium
from tests.harness.panah_server import PanahServer, running_panah

AXE = Path(__file__).parents[2] / "extension" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => (await axe.run()).violations.flatMap(({id, nodes}) =>
    nodes.map(({target, failureSummary}) => [id, String(target), failureSummary]))"""
UNFOLD = "document.querySelectorAll('details').forEach(folded => folded.open = true)"
LINKS = "[...document.querySelectorAll('main a[href], nav.side a[href]')].map(link => link.getAttribute('href'))"
CODE = re.compile(r"\b[a-z0-9]{5}-[a-z0-9]{5}\b")
NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b\d+\b")
MOST = 60  # pages a role: more means that the crawler runs in circles


@dataclass
class Instance:
    """A server that `panah demo` has filled, and how to sign in to it."""

    server: PanahServer
    password: str
    codes: dict[str, list[str]]

    def code(self, name: str) -> str:
        return self.codes[name].pop(0)


@contextmanager
def made_up(folder: Path) -> Iterator[Instance]:
    """A server on what `panah demo` has made in that folder."""
    database = f"sqlite:///{folder / 'panah.db'}"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PANAH_")}
    said = subprocess.run(
        [sys.executable, "-m", "panah", "demo"],
        env=ours | {"PANAH_DATABASE_URL": database},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    password = said.partition("Password of all of them: ")[2].partition("\n")[0].strip()
    rows = [line for line in said.splitlines() if "demo-" in line and CODE.search(line)]
    codes = {line.strip("│ ").split()[0]: CODE.findall(line) for line in rows}
    with running_panah(folder, database_url=database) as server:
        yield Instance(server, password, codes)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with made_up(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture(scope="module")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0, args=list(ARGUMENTS)
    )
    yield browser
    browser.close()


@contextmanager
def signed_in(chrome: Browser, instance: Instance, name: str) -> Iterator[Page]:
    """A browser of that member. Nothing in it breaks, is stopped by the policy, or leaves the machine."""
    context = chrome.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
    page.on("request", lambda asked: broken.append(asked.url) if not is_ours(asked.url) else None)
    page.goto(f"{instance.server.url}/sign-in")
    page.locator("[name=name]").fill(name)
    page.locator("[name=password]").fill(instance.password)
    page.locator("[name=code]").fill(instance.code(name))
    page.locator("form button.primary").first.click()
    expect(page).to_have_url(re.compile("/account"))
    yield page
    assert broken == []
    context.close()


def is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def kind_of(address: str) -> str:
    """Pages that differ in a number only are one kind."""
    parts = urlsplit(address)
    keys = sorted(
        part.partition("=")[0] for part in parts.query.split("&") if part and not part.startswith("lang=")
    )
    return NUMBER.sub("#", re.sub(r"(?<=/lists/)[a-z]+", "a-list", parts.path)) + (
        "?" + ",".join(keys) if keys else ""
    )


def crawl(page: Page, instance: Instance) -> dict[str, str]:
    """One address of each kind of page in the consoles that links lead this member to."""
    found: dict[str, str] = {}
    waiting = [part.path for parts in CONSOLES.values() for part in parts]
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind in found:
            continue
        response = page.goto(instance.server.url + address)
        assert response
        if "text/html" not in response.headers["content-type"]:
            continue
        found[kind] = address
        assert len(found) <= MOST, sorted(found)
        if response.status == 403:
            continue
        assert response.status == 200, (address, response.status)
        links = [urljoin(address, link) for link in page.evaluate(LINKS)]
        waiting += [link for link in links if link.startswith(("/curate", "/admin"))]
    return found


NAMES = {
    "demo-admin": Role.ADMIN,
    "demo-curator": Role.CURATOR,
    "demo-reviewer": Role.REVIEWER,
    "demo-auditor": Role.AUDITOR,
}


LOOKS = (("en", 1280, "light"), ("ur", 360, "dark"))


def faults(page: Page, url: str, shot: str | None) -> list[str]:
    """What is wrong with a page, as it looks in English on a desk and in Urdu on a phone at night."""
    found = []
    for language, width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"{url}{'&' if '?' in url else '?'}lang={language}")
        page.evaluate(UNFOLD)
        if shot:
            page.screenshot(path=f"{shot}-{language}.png", full_page=True)
        if page.locator("html").get_attribute("dir") != ("rtl" if language == "ur" else "ltr"):
            found.append(f"{url} {language}: direction")
        page.evaluate(AXE.read_text())
        found += [f"{url} {language}: {violation}" for violation in page.evaluate(VIOLATIONS)]
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            found.append(f"{url} {language}: {wide} pixels too wide")
    return found


def test_every_page_of_every_role_passes_axe_in_both_directions_and_fits(
    chrome: Browser, instance: Instance
) -> None:
    shots = os.environ.get("PANAH_SHOTS")
    seen: set[str] = set()
    wrong: list[str] = []
    for name, role in NAMES.items():
        with signed_in(chrome, instance, name) as page:
            for parts in CONSOLES.values():
                for part in parts:
                    response = page.goto(instance.server.url + part.path)
                    assert response
                    allowed = part.permission in PERMISSIONS[role]
                    assert response.status == (200 if allowed else 403), (name, part.path)
            pages = crawl(page, instance)
            # Another role sees less on the same page: the first one to come there is who sees most.
            for kind in pages.keys() - seen:
                file = re.sub(r"[^a-z0-9]+", "-", kind).strip("-")
                wrong += faults(
                    page, instance.server.url + pages[kind], f"{shots}/{name}-{file}" if shots else None
                )
            seen |= pages.keys()
    assert wrong == []
    assert len(seen) > 30
