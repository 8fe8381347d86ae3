"""The first admin, from the command to a passkey: real Chromium with a virtual authenticator, real server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from panah.accounts.rendering import words
from panah.consoles.rendering import words as console_words
from panah.pages.languages import LANGUAGES
from tests.harness.chromium import ARGUMENTS, find_chromium
from tests.harness.panah_server import PanahServer, running_panah

AXE = Path(__file__).parents[2] / "extension" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => (await axe.run()).violations.flatMap(({id, nodes}) =>
    nodes.map(({target, failureSummary}) => [id, String(target), failureSummary]))"""
ENGLISH, URDU = words("en"), words("ur")
MEMBERS = {str(language): console_words(language)["members"] for language in LANGUAGES}
PASSWORD = "ladder orange seventeen"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PanahServer]:
    """A server of its own, with a database that holds nobody."""
    folder = tmp_path_factory.mktemp("members")
    with running_panah(folder, database_url=f"sqlite:///{folder / 'panah.db'}") as running:
        yield running


@pytest.fixture(scope="module")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    """Chromium that also finds localhost: passkeys are bound to a name."""
    rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
    browser = playwright.chromium.launch(
        executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0, args=[*ARGUMENTS, rules]
    )
    yield browser
    browser.close()


@contextmanager
def visiting(browser: Browser, **settings: Any) -> Iterator[Page]:
    """A browser without cookies, with an authenticator that knows its owner; nothing breaks, nothing leaves."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1000, "height": 900}, **settings)
    context.set_default_timeout(10_000)
    page = context.new_page()
    broken: list[str] = []
    outside: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
    page.on("request", lambda asked: None if "//localhost:" in asked.url else outside.append(asked.url))
    debugger = context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    debugger.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    yield page
    assert broken == []
    assert [address for address in outside if not address.startswith("data:")] == []
    context.close()


def make_link(server: PanahServer, folder: Path) -> str:
    """What `panah create-admin` prints, at the address that the server has here."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PANAH_")}
    said = subprocess.run(
        [sys.executable, "-m", "panah", "create-admin"],
        env=ours | {"PANAH_DATABASE_URL": f"sqlite:///{folder / 'panah.db'}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (code,) = (word.partition("#")[2] for word in said.split() if "/join#" in word)
    return f"{address(server)}/join#{code}"


def address(server: PanahServer) -> str:
    return f"http://localhost:{server.port}"


def fill_totp(page: Page) -> str:
    """Types the app's first code; returns its key."""
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label(ENGLISH["totp"]["first"]).fill(pyotp.TOTP(secret).now())
    return secret


def join(page: Page, server: PanahServer, name: str) -> tuple[str, list[str]]:
    """Follows a fresh link to the account page; returns the app's key and the recovery codes."""
    page.goto(make_link(server, server.log.parent))
    expect(page.get_by_label(ENGLISH["join"]["code"])).not_to_have_value("")
    assert "#" not in page.url
    page.get_by_role("button", name=ENGLISH["join"]["next"]).click()
    page.get_by_label(ENGLISH["join"]["name"], exact=True).fill(name.title())
    page.get_by_label(ENGLISH["join"]["sign_in_name"]).fill(name)
    page.get_by_label(ENGLISH["join"]["password"]).fill(PASSWORD)
    secret = fill_totp(page)
    page.get_by_role("button", name=ENGLISH["join"]["finish"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ENGLISH["recovery"]["heading"])
    codes = page.locator(".codes code").all_inner_texts()
    page.get_by_role("link", name=ENGLISH["recovery"]["kept"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ENGLISH["account"]["heading"])
    return secret, codes


def next_code(secret: str) -> str:
    """A code that was not used: that of the next half-minute, which fits already."""
    return pyotp.TOTP(secret).at(time() + 30)


def test_an_invited_admin_joins_adds_a_passkey_and_signs_in_with_it(chrome: Browser, server: PanahServer) -> None:
    with visiting(chrome) as page:
        secret, codes = join(page, server, "amal")
        assert len(codes) == 10

        page.get_by_label(ENGLISH["passkeys"]["name"]).fill("This computer")
        page.locator("#passkey-password").fill("not the right words")
        page.get_by_role("button", name=ENGLISH["passkeys"]["add"]).click()
        expect(page.locator("#add-passkey [role=alert]")).to_have_text(ENGLISH["refusals"]["bad-sign-in"])
        page.locator("#passkey-password").fill(PASSWORD)
        page.get_by_role("button", name=ENGLISH["passkeys"]["add"]).click()
        expect(page.get_by_role("status")).to_have_text(ENGLISH["done"]["passkey"])
        expect(page.locator("#passkeys .rows li")).to_have_count(1)

        page.get_by_role("button", name=ENGLISH["account_nav"]["sign_out"]).click()
        page.goto(f"{address(server)}/admin/members")
        expect(page.get_by_role("heading", level=1)).to_have_text(ENGLISH["sign_in"]["heading"])
        page.get_by_role("button", name=ENGLISH["sign_in"]["passkey"]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(MEMBERS["en"]["page"]["heading"])

        page.get_by_role("button", name=ENGLISH["account_nav"]["sign_out"]).click()
        page.goto(f"{address(server)}/admin/members")
        page.get_by_label(ENGLISH["sign_in"]["name"]).fill("amal")
        page.get_by_label(ENGLISH["sign_in"]["password"]).fill(PASSWORD)
        page.get_by_label(ENGLISH["sign_in"]["code"], exact=True).fill("abcde-fghjk")
        page.get_by_role("button", name=ENGLISH["sign_in"]["submit"]).click()
        expect(page.get_by_role("alert").first).to_have_text(ENGLISH["refusals"]["bad-sign-in"])
        page.get_by_label(ENGLISH["sign_in"]["password"]).fill(PASSWORD)
        page.get_by_label(ENGLISH["sign_in"]["code"], exact=True).fill(next_code(secret))
        page.get_by_role("button", name=ENGLISH["sign_in"]["submit"]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(MEMBERS["en"]["page"]["heading"])

        page.goto(f"{address(server)}/account")
        page.get_by_role("button", name=ENGLISH["passkeys"]["remove"]).click()
        page.get_by_role("button", name=ENGLISH["account_nav"]["sign_out"]).click()
        page.get_by_role("button", name=ENGLISH["sign_in"]["passkey"]).click()
        expect(page.locator("#passkey [role=alert]")).to_have_text(ENGLISH["refusals"]["passkey-refused"])


def test_every_page_of_members_passes_axe_in_both_languages_and_fits(chrome: Browser, server: PanahServer) -> None:
    shots = os.environ.get("PANAH_SHOTS")

    def look(page: Page, name: str, language: str) -> None:
        for width, scheme in ((1000, "light"), (320, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.evaluate(AXE.read_text())
            assert page.evaluate(VIOLATIONS) == [], (name, language, width)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, language, width)
            if shots:
                page.screenshot(path=f"{shots}/{name}-{language}-{width}.png", full_page=True)

    for language, said in (("en", ENGLISH), ("ur", URDU)):
        carry = f"?lang={language}"
        with visiting(chrome) as page:
            page.goto(f"{address(server)}/sign-in{carry}")
            look(page, "sign-in", language)
            page.goto(make_link(server, server.log.parent).replace("#", f"{carry}#"))
            look(page, "join", language)
            page.get_by_role("button", name=said["join"]["next"]).click()
            page.locator("#name").fill(f"Bano {language}")
            page.locator("#sign_in_name").fill(f"bano-{language}")
            page.locator("#password").fill(PASSWORD)
            secret = page.locator(".secret").inner_text().replace(" ", "")
            page.locator("#totp").fill("000000")
            page.get_by_role("button", name=said["join"]["finish"]).click()
            expect(page.get_by_role("alert")).to_have_text(said["refusals"]["wrong-code"])
            look(page, "details", language)
            page.locator("#password").fill(PASSWORD)
            page.locator("#totp").fill(pyotp.TOTP(secret).now())
            page.get_by_role("button", name=said["join"]["finish"]).click()
            expect(page.locator(".codes")).to_be_visible()
            look(page, "recovery", language)
            page.get_by_role("link", name=said["recovery"]["kept"]).click()
            page.locator("#passkey-name").fill("فون")
            page.locator("#passkey-password").fill(PASSWORD)
            page.get_by_role("button", name=said["passkeys"]["add"]).click()
            expect(page.get_by_role("status")).to_have_text(said["done"]["passkey"])
            look(page, "account", language)
            page.locator("#totp-password").fill(PASSWORD)
            page.get_by_role("button", name=said["totp"]["renew"]).click()
            expect(page.locator(".qr")).to_be_visible()
            look(page, "totp", language)
            page.goto(f"{address(server)}/admin/members{carry}")
            page.locator("[name=role-curator]").check()
            page.get_by_role("button", name=MEMBERS[language]["page"]["make_link"]).click()
            expect(page.locator("#link")).to_be_visible()
            look(page, "members", language)
            page.goto(f"{address(server)}/join{carry}")
            page.locator("#code").fill("no-such-invitation")
            page.get_by_role("button", name=said["join"]["next"]).click()
            expect(page.get_by_role("alert")).to_have_text(said["refusals"]["invitation-gone"])
