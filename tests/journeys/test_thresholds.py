"""An admin moves a slider in a real Chromium, sees what it would do, and saves it; and once without scripts."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.harness.chromium import ARGUMENTS, find_chromium
from tests.harness.panah_server import PanahServer, running_panah
from tests.server.scoring_tuning.test_workers import Admin

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def panah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PanahServer]:
    folder = tmp_path_factory.mktemp("thresholds")
    settings = {"database_url": f"sqlite:///{folder / 'p.db'}", "keys_file": str(folder / "panah.keys")}
    with running_panah(folder, model_threads="1", **settings) as server:
        yield server


@pytest.fixture
def open_page(playwright: Playwright, panah: PanahServer) -> Iterator[OpenPage]:
    """Pages of browsers that an admin has signed in to. Nothing in them breaks or is stopped by the policy."""
    broken: list[str] = []
    with ExitStack() as stack:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0, args=list(ARGUMENTS)
        )
        stack.callback(browser.close)

        def make(name: str, **options: Any) -> Page:
            admin = Admin(panah, panah.keys_file.parent, name)
            context = browser.new_context(locale="en-GB", base_url=panah.url, **options)
            context.add_cookies(
                [{"name": key, "value": value, "url": panah.url} for key, value in admin.cookies.items()]
            )
            page = context.new_page()
            page.on("pageerror", lambda error: broken.append(str(error)))
            page.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
            return page

        yield make
    assert broken == []


def policy(server: PanahServer) -> tuple[str, float]:
    found = httpx.get(f"{server.url}/v1/policy").json()
    return found["policy"], found["thresholds"]["balanced"]["en"]["blame"]["hide"]


def test_a_slider_is_moved_by_keys_and_what_it_does_is_shown_and_saved(
    panah: PanahServer, open_page: OpenPage
) -> None:
    page = open_page("Sana")
    _, shipped = policy(panah)
    page.goto("/admin/thresholds?language=en&sensitivity=balanced")
    before = page.locator("#summary").inner_text()
    slider = page.locator("input[data-twin=blame-hide]")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    moved = f"{round(shipped / 0.005) * 0.005 - 20 * 0.005:.3f}"  # a slider has steps
    expect(page.locator("#blame-hide")).to_have_value(moved)
    expect(page.locator("#whole .diff ins")).to_have_text(moved)
    expect(page.locator("#summary")).not_to_have_text(before)
    expect(page.locator("#figures-blame .chart .here")).to_have_count(1)  # where it was
    page.locator("#blame-hide").fill("0.45")  # the slider follows the number
    expect(slider).to_have_value("0.45")
    expect(page.locator("#figures-blame .trouble")).to_contain_text("Flagging cannot begin above hiding")
    page.locator("#blame-hide").fill("0.6")
    expect(page.locator("#figures-blame .trouble")).to_have_count(0)
    page.get_by_role("button", name="Go on to save").click()
    page.locator("#note").fill("More blame")
    page.get_by_role("button", name="Save and use").click()
    expect(page).to_have_url(re.compile("/admin/thresholds/history"))
    expect(page.get_by_role("status")).to_contain_text("The new thresholds are in force")
    assert policy(panah) == ("v2-1", 0.6)


def test_the_nearest_replies_come_below_their_row_and_stay_closed(open_page: OpenPage) -> None:
    page = open_page("Bilal")
    page.goto("/admin/thresholds")
    page.locator("#row-blame button").click()
    texts = page.locator("#near-blame .theirs:not(.quiet)")
    expect(texts).to_have_count(12)
    expect(texts.first).to_be_hidden()
    page.locator("#near-blame li summary").first.click()
    expect(texts.first).to_be_visible()
    assert page.url.endswith("/admin/thresholds")


def test_all_of_it_works_without_scripts(panah: PanahServer, open_page: OpenPage) -> None:
    page = open_page("Zainab", java_script_enabled=False, viewport={"width": 360, "height": 740})
    name, hide = policy(panah)
    page.goto("/admin/thresholds?language=en&sensitivity=balanced")
    expect(page.locator("#row-blame input[type=range]").first).to_be_hidden()
    page.locator("#blame-hide").fill("0.65")
    page.get_by_role("button", name="Show what this changes").click()
    expect(page.locator("#whole .diff ins")).to_have_text("0.65")
    page.locator("#row-blame button").click()
    expect(page).to_have_url(re.compile("/admin/thresholds/near"))
    page.get_by_role("link", name="Back to the thresholds").click()
    expect(page.locator("#blame-hide")).to_have_value("0.65")
    page.get_by_role("button", name="Go on to save").click()
    page.locator("#note").fill("Less harmless")
    page.get_by_role("button", name="Save and use").click()
    assert policy(panah)[1] == 0.65 != hide
    assert policy(panah)[0] != name
