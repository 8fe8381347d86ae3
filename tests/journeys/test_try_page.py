"""A newcomer at the first page: real Chromium, real server, real model."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from panah.pages.languages import examples, words
from tests.harness.chromium import ARGUMENTS, find_chromium
from tests.harness.panah_server import PanahServer

BUS = examples()[0]
ENGLISH, URDU = words("en"), words("ur")


@pytest.fixture(scope="session")
def plain_chromium(playwright: Playwright) -> Iterator[Browser]:
    """Chromium as it comes, without the extension."""
    browser = playwright.chromium.launch(
        executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0, args=list(ARGUMENTS)
    )
    yield browser
    browser.close()


@contextmanager
def visiting(browser: Browser, address: str, **settings: Any) -> Iterator[Page]:
    """A page of its own; at its end nothing was loaded from elsewhere and nothing broke."""
    context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **settings})
    context.set_default_timeout(10_000)
    page = context.new_page()
    outside: list[str] = []
    broken: list[str] = []
    origin = address.split("/")[2]
    page.on("request", lambda request: None if origin in request.url else outside.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
    page.goto(address)
    yield page
    assert [url for url in outside if not url.startswith("data:")] == []
    assert broken == []
    context.close()


def choose(page: Page, title: str) -> None:
    """Presses a ready thread and waits for its verdicts."""
    page.get_by_role("button", name=title).click()
    expect(page.locator("#summary")).not_to_be_empty()


def counts(page: Page) -> dict[str, int]:
    """How many replies stand on the page, by action."""
    total = page.locator("#replies > li").count()
    hidden = page.locator("#replies > li[data-action=hide]").count()
    flagged = page.locator("#replies > li[data-action=flag]").count()
    return {"hidden": hidden, "flagged": flagged, "shown": total - hidden - flagged}


def fits(page: Page) -> bool:
    """Whether the page is no wider than its window."""
    found: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return found


def test_an_example_is_judged_and_hidden_words_wait_to_be_asked_for(
    plain_chromium: Browser, panah: PanahServer
) -> None:
    with visiting(plain_chromium, f"{panah.url}/") as page:
        choose(page, "On the bus")
        found = counts(page)
        assert sum(found.values()) == len(BUS["replies"])
        assert found["hidden"] >= 2
        expect(page.locator("#summary")).to_have_text(ENGLISH["said"]["summary"].format(**found))
        expect(page.get_by_text(BUS["post"])).to_be_visible()
        expect(page.get_by_text("I believe you, and I'm so sorry nobody helped.")).to_be_visible()

        reply = page.locator("#replies > li[data-action=hide]").first
        text = reply.locator(".text")
        expect(text).to_be_hidden()
        expect(reply.get_by_role("group", name="Reply hidden")).to_be_visible()
        reply.get_by_role("button", name="Show once").click()
        expect(text).to_be_visible()
        reply.get_by_role("button", name="Hide again").click()
        expect(text).to_be_hidden()

        why = reply.get_by_role("button", name="Why?")
        why.click()
        expect(why).to_have_attribute("aria-expanded", "true")
        expect(reply.get_by_text(ENGLISH["line"]["estimate"])).to_be_visible()
        expect(reply.get_by_role("table")).to_be_hidden()
        reply.get_by_text(ENGLISH["scores"]["summary"]).click()
        expect(reply.get_by_role("rowheader")).to_have_count(10)
        assert page.locator(".bar i").first.evaluate("bar => bar.style.inlineSize").endswith("%")


def test_a_stricter_choice_judges_the_same_thread_anew(plain_chromium: Browser, panah: PanahServer) -> None:
    with visiting(plain_chromium, f"{panah.url}/") as page:
        choose(page, "On the bus")
        hidden = []
        for choice in ("Gentle", "Strict"):
            with page.expect_response("**/v1/score"):
                page.get_by_role("radio", name=choice).check()
            page.wait_for_function("!document.querySelector('#thread').hasAttribute('aria-busy')")
            hidden.append(counts(page)["hidden"])
        assert hidden[0] <= hidden[1]


@pytest.mark.parametrize("width", [320, 1280])
def test_in_urdu_the_page_runs_from_right_to_left(plain_chromium: Browser, panah: PanahServer, width: int) -> None:
    with visiting(
        plain_chromium, f"{panah.url}/", locale="ur-PK", viewport={"width": width, "height": 800}
    ) as page:
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        choose(page, "بازار میں")
        found = counts(page)
        expect(page.locator("#summary")).to_have_text(URDU["said"]["summary"].format(**found))
        text = page.locator("#replies > li:not([data-action]) .text").first
        look = text.evaluate("one => [getComputedStyle(one).direction, getComputedStyle(one).fontFamily]")
        assert look[0] == "rtl"
        assert "Nastaliq" in look[1]
        assert fits(page)
        page.get_by_role("link", name="English").click()
        expect(page.locator("html")).to_have_attribute("dir", "ltr")
        choose(page, "In the market")  # Urdu texts in the English page keep their own direction.
        direction = page.locator("#post p").evaluate("one => getComputedStyle(one).direction")
        assert direction == "rtl"
        assert fits(page)


def test_the_keyboard_is_enough(plain_chromium: Browser, panah: PanahServer) -> None:
    with visiting(plain_chromium, f"{panah.url}/") as page:

        def focused() -> str:
            said: str = page.evaluate("document.activeElement.innerText")
            return said.split("\n")[0]

        def tab_to(name: str) -> None:
            for _ in range(60):
                page.keyboard.press("Tab")
                if focused() == name:
                    return
            raise AssertionError(f"Tab does not lead to {name}")

        page.keyboard.press("Tab")
        assert focused() == ENGLISH["site"]["skip"]
        tab_to("On the bus")
        page.keyboard.press("Enter")
        expect(page.locator("#summary")).not_to_be_empty()
        assert focused() == "On the bus"
        tab_to("Show once")
        page.keyboard.press("Enter")
        assert focused() == "Hide again"
        page.keyboard.press("Tab")
        assert focused() == "Why?"
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        assert focused() == ENGLISH["scores"]["summary"]
        page.keyboard.press("Enter")
        expect(page.get_by_role("table")).to_be_visible()


def test_own_words_are_judged_together_with_the_post(plain_chromium: Browser, panah: PanahServer) -> None:
    with visiting(plain_chromium, f"{panah.url}/") as page:
        page.get_by_role("button", name="Write your own").click()
        replies = page.get_by_label("The replies", exact=True)
        page.get_by_role("button", name="Judge the replies").click()
        expect(page.get_by_text(ENGLISH["said"]["no_replies"])).to_be_visible()
        expect(replies).to_be_focused()
        replies.fill("\n".join(f"reply {n}" for n in range(65)))
        page.get_by_role("button", name="Judge the replies").click()
        expect(page.get_by_text(ENGLISH["said"]["too_many"].format(count=65))).to_be_visible()
        page.get_by_label("The post", exact=True).fill("He followed me home.")
        replies.fill("I believe you.\n\n  آپ اکیلی نہیں ہیں۔  ")
        with page.expect_request("**/v1/score") as asked:
            page.get_by_role("button", name="Judge the replies").click()
        assert asked.value.post_data_json == {
            "replies": [
                {"id": "0", "text": "I believe you.", "context": "He followed me home."},
                {"id": "1", "text": "آپ اکیلی نہیں ہیں۔", "context": "He followed me home."},
            ],
            "sensitivity": "balanced",
        }
        expect(page.locator("#replies > li")).to_have_count(2)
        expect(page.locator("#replies-problem")).to_be_empty()


def test_an_example_can_be_changed(plain_chromium: Browser, panah: PanahServer) -> None:
    with visiting(plain_chromium, f"{panah.url}/") as page:
        choose(page, "On the bus")
        page.get_by_role("button", name="Change these texts").click()
        post = page.get_by_label("The post", exact=True)
        expect(post).to_be_focused()
        expect(post).to_have_value(BUS["post"])
        expect(page.get_by_label("The replies", exact=True)).to_have_value("\n".join(BUS["replies"]))
        expect(page.locator("#thread")).to_be_hidden()


def test_without_the_server_every_reply_is_shown_and_asking_again_helps(
    plain_chromium: Browser, panah: PanahServer
) -> None:
    with visiting(plain_chromium, f"{panah.url}/") as page:
        page.context.set_offline(True)
        page.get_by_role("button", name="On the bus").click()
        expect(page.get_by_text(ENGLISH["said"]["unreachable"])).to_be_visible()
        assert counts(page) == {"hidden": 0, "flagged": 0, "shown": len(BUS["replies"])}
        page.context.set_offline(False)
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#summary")).not_to_be_empty()
        expect(page.locator("#trouble")).to_be_empty()
        expect(page.locator("#thread")).to_be_focused()  # the button under the focus has gone
        assert counts(page)["hidden"] > 0


@pytest.mark.parametrize(("status", "said"), [(429, "limit"), (503, "busy"), (413, "too_large"), (500, "refused")])
def test_a_refusal_is_said_calmly_with_what_to_do(
    plain_chromium: Browser, panah: PanahServer, status: int, said: str
) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=status, headers={"Retry-After": "7"}, json={"code": "x"})

    with visiting(plain_chromium, f"{panah.url}/") as page:
        page.route("**/v1/score", refuse)
        page.get_by_role("button", name="On the bus").click()
        expect(page.locator("#trouble")).to_contain_text(ENGLISH["said"][said].format(seconds=7))
        assert counts(page)["shown"] == len(BUS["replies"])


def test_the_api_page_asks_the_api(plain_chromium: Browser, panah: PanahServer) -> None:
    with visiting(plain_chromium, f"{panah.url}/docs") as page:
        page.locator("#operations-scoring-score_v1_score_post .opblock-summary-control").click()
        page.get_by_role("button", name="Try it out").click()
        with page.expect_response("**/v1/score") as answered:
            page.get_by_role("button", name="Execute").click()
        assert answered.value.status == 200
        assert len(answered.value.json()["verdicts"]) == 2
        expect(page.locator(".live-responses-table .response-col_status").nth(1)).to_contain_text("200")


@pytest.mark.parametrize("path", ["/", "/install", "/privacy", "/problems"])
@pytest.mark.parametrize("language", ["en", "ur"])
def test_pages_fit_a_narrow_phone(plain_chromium: Browser, panah: PanahServer, path: str, language: str) -> None:
    with visiting(
        plain_chromium, f"{panah.url}{path}?lang={language}", viewport={"width": 320, "height": 640}
    ) as page:
        assert fits(page)


def test_the_install_page_names_the_address_it_came_from(plain_chromium: Browser, panah: PanahServer) -> None:
    with visiting(plain_chromium, f"{panah.url}/install") as page:
        expect(page.locator("[data-origin] code")).to_have_text(panah.url)
