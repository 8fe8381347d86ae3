"""The page that lists what is hidden: words only when asked for, and each choice takes effect on the page of X."""

import pytest

from tests.harness.browser import Browser, Tab
from tests.harness.recorder import Recorder
from tests.journeys.pages import (
    ALL,
    COVERED,
    FIRST,
    SECOND,
    THIRD,
    find_tab,
    full,
    open_hidden,
    open_judged,
    said,
    wait_for_text,
    words_of,
)
from tests.journeys.reading import SHOWN, article_of, wait_for_looks

pytestmark = pytest.mark.usefixtures("nothing_leaks")


def card(number: int) -> str:
    """The selector of one reply in the list, counted from 1."""
    return f"#list > li:nth-child({number})"


def whole_text(tab: Tab) -> str:
    text: str = tab.evaluate("document.documentElement.textContent")
    return text


def test_words_are_in_the_page_only_while_they_are_unfolded(browser: Browser, edge: Recorder) -> None:
    open_judged(browser, edge)
    page = open_hidden(browser, find_tab(browser))
    assert "Blames" in said(page, card(1))
    assert not any(words_of(post) in whole_text(page) for post in COVERED)
    for _ in range(2):
        page.click(f"{card(2)} details:has(.said) summary")
        wait_for_text(page, card(2), SECOND.text)
        assert not any(words_of(post) in whole_text(page) for post in (FIRST, THIRD))
        page.click(f"{card(2)} details:has(.said) summary")
        page.wait_for(f"!document.documentElement.textContent.includes('{words_of(SECOND)}')", "it is folded again")


def test_one_is_shown_on_the_page_and_hidden_again(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    page = open_hidden(browser, find_tab(browser))
    page.click(f"{card(1)} .buttons button:nth-child(1)")
    visible = f"document.querySelector('{article_of(FIRST)}').checkVisibility()"
    tab.wait_for(visible, "the reply is shown")
    page.front()
    wait_for_text(page, card(1), "Shown on the page at present")
    page.click(f"{card(1)} .buttons button:nth-child(1)")
    tab.wait_for(f"!{visible}", "the reply is hidden again")


def test_not_harmful_and_always_show_take_effect_on_the_page(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    page = open_hidden(browser, find_tab(browser))
    page.click(f"{card(3)} [data-say=fine]")
    wait_for_text(page, f"{card(3)} .note", "shown from now on")
    tab.front()
    wait_for_looks(tab, {**ALL, THIRD.id: SHOWN})
    page.front()
    page.click(f"{card(1)} [data-say=always]")
    wait_for_text(page, f"{card(1)} .note", "@long_ladder is always shown")
    tab.front()
    wait_for_looks(tab, dict.fromkeys(ALL, SHOWN))
    page.front()
    page.click("#refresh")
    wait_for_text(page, "#state", "Nothing is hidden there")


def test_what_cannot_be_kept_is_told_and_stays_hidden(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    page = open_hidden(browser, find_tab(browser))
    full(page, "local")
    page.click(f"{card(1)} [data-say=always]")
    wait_for_text(page, f"{card(1)} .note", "did not work")
    tab.front()
    wait_for_looks(tab, ALL)


def test_it_says_so_when_the_page_is_gone(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    page = open_hidden(browser, find_tab(browser))
    tab.close()
    page.click("#refresh")
    wait_for_text(page, "#state", "That page is closed")
    assert page.evaluate("document.querySelectorAll('#list > li').length") == 0
