"""The popup changes what an open page of X looks like at once, tells what is covered there, and leads away."""

import json

import pytest

from tests.harness.browser import EXIT, Browser, Tab
from tests.harness.firefox import Firefox
from tests.harness.panah_server import PanahServer
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.journeys.conftest import set_up
from tests.journeys.pages import (
    ALL,
    COVERED,
    FIRST,
    TALL,
    find_tab,
    full,
    open_judged,
    open_popup,
    said,
    small_scene,
    wait_for_text,
    words_of,
)
from tests.journeys.reading import SHOWN, article_of, expected, line_of, read, states, wait_for_looks
from tests.journeys.thread import PATH, REPLIES, thread

pytestmark = pytest.mark.usefixtures("nothing_leaks")

BLAMING = next(reply for reply in REPLIES if reply.handle == "night_bus_42")
NOTHING_COVERED = dict.fromkeys(ALL, SHOWN)


def open_thread(browser: Browser) -> Tab:
    browser.show(thread(full=False))
    return browser.open(PATH, size=TALL)


def test_off_shows_everything_and_on_hides_again(browser: Browser, edge: Recorder) -> None:
    tab = open_thread(browser)
    looks = read(tab, edge, REPLIES)
    popup = open_popup(browser)
    popup.click("#enabled")
    tab.front()
    wait_for_looks(tab, dict.fromkeys(looks, SHOWN))
    assert tab.evaluate("document.querySelector('panah-line, panah-flag') === null")
    popup.front()
    popup.click("#enabled")
    tab.front()
    wait_for_looks(tab, looks)


def test_nothing_is_sent_while_panah_is_off(browser: Browser, edge: Recorder) -> None:
    set_up(browser, edge.url, enabled=False)
    tab = open_thread(browser)
    tab.wait_for(f"document.querySelectorAll('article').length > {len(REPLIES)}", "the thread is there")
    # Switched on, the same page is asked about; had it been asked about before, there would be two requests.
    popup = open_popup(browser)
    assert edge.texts == []
    popup.click("#enabled")
    tab.front()
    read(tab, edge, REPLIES)
    assert len(edge.texts) == len(set(edge.texts))


def test_label_only_hides_nothing_and_says_why_above_the_reply(browser: Browser, edge: Recorder) -> None:
    tab = open_thread(browser)
    read(tab, edge, REPLIES)
    popup = open_popup(browser)
    popup.click("#presentation input[value=flag]")
    tab.front()
    wait_for_looks(tab, expected(edge, REPLIES, present="flag"))
    assert all(state["seen"] for state in states(tab).values())
    label = f'panah-flag[data-status-id="{BLAMING.id}"]'
    assert "blames" in tab.read(label)
    assert "Why?" in tab.read(label)
    popup.front()
    popup.click("#presentation input[value=line]")
    tab.front()
    wait_for_looks(tab, expected(edge, REPLIES))


def test_left_out_nothing_stands_in_the_place_and_the_popup_still_shows_it(
    browser: Browser, edge: Recorder
) -> None:
    tab = open_judged(browser, edge)
    beside = find_tab(browser)
    popup = open_popup(browser, beside=beside)
    popup.click("#presentation input[value=out]")
    tab.front()
    out = {"mark": "hidden", "seen": False, "cover": "", "about": ""}
    wait_for_looks(tab, {post.id: out for post in COVERED})
    popup.front()
    popup.click("#covered-summary")
    popup.wait_for("document.querySelectorAll('#covered-list li').length === 3", "it lists what is left out")
    popup.click("#covered-list li:first-child button")
    tab.front()
    tab.wait_for(f"document.querySelector('{article_of(FIRST)}').checkVisibility()", "the reply is shown")


def test_sensitivity_reaches_the_service_and_the_page(browser: Browser, edge: Recorder) -> None:
    tab = open_thread(browser)
    read(tab, edge, REPLIES)
    for sensitivity in ("strict", "gentle"):
        edge.clear()
        popup = open_popup(browser)
        popup.click(f"#sensitivity input[value={sensitivity}]")
        tab.front()
        read(tab, edge, REPLIES)
        asked = {json.loads(request.body)["sensitivity"] for request in edge.seen if request.replies}
        assert asked == {sensitivity}
        popup.close()


def test_the_popup_tells_whether_the_server_answers(browser: Browser, panah: PanahServer, edge: Recorder) -> None:
    popup = open_popup(browser)
    wait_for_text(popup, "#status", "is ready")
    wait_for_text(popup, "#version", "v2")
    panah.stop()
    wait_for_text(open_popup(browser), "#status", "does not answer")


def test_it_lists_what_is_covered_without_its_words_and_shows_one_once(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    popup = open_popup(browser, beside=find_tab(browser))
    assert said(popup, "#covered-summary") == "Hidden on this page"
    popup.click("#covered-summary")
    listed = said(popup, "#covered-list")
    assert [f"@{post.handle}" in listed for post in COVERED] == [True] * 3
    whole = popup.evaluate("document.body.textContent")
    assert not any(words_of(post) in whole for post in COVERED)
    popup.click("#covered-list li:first-child button")
    wait_for_text(popup, "#covered-list li:first-child button", "Hide again")
    visible = f"document.querySelector('{article_of(FIRST)}').checkVisibility()"
    tab.front()
    assert tab.evaluate(visible)
    popup.front()
    popup.click("#covered-list li:first-child button")
    wait_for_text(popup, "#covered-list li:first-child button", "Show once")
    assert not tab.evaluate(visible)


def test_a_pause_and_its_end(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    beside = find_tab(browser)
    for button, told in (("#pause-hour", "Paused until"), ("#pause-thread", "Paused for this conversation")):
        popup = open_popup(browser, beside=beside)
        popup.click(button)
        wait_for_text(popup, "#pause-state", told)
        wait_for_text(popup, "#here", "Nothing is hidden")
        tab.front()
        wait_for_looks(tab, NOTHING_COVERED)
        # Whoever opens it again finds the way back.
        popup.close()
        popup = open_popup(browser, beside=beside)
        wait_for_text(popup, "#pause-state", told)
        popup.click("#pause-end")
        tab.front()
        wait_for_looks(tab, ALL)
        popup.close()


def test_a_page_that_cannot_be_read_is_told_of(browser: Browser, edge: Recorder) -> None:
    browser.show(small_scene())
    tab = browser.open("/home")
    # As if X had given its posts another name.
    tab.evaluate(
        f"""(() => {{
            const named = postInside;
            postInside = item => {{
                const inside = named(item);
                return {{...inside, attributes: {{...inside.attributes, 'data-testid': 'renamed'}}}};
            }};
            go('{PATH}');
        }})()"""
    )
    popup = open_popup(browser, beside=find_tab(browser))
    assert "cannot read" not in said(popup, "#here")
    popup.close()
    tab.front()
    told = """chrome.tabs.query({}).then(tabs => Promise.all(tabs.map(({id}) =>
        chrome.tabs.sendMessage(id, {kind: 'page'}).catch(() => undefined))))"""
    asking = browser.open_extension("about.html")
    asking.wait_for(f"{told}.then(all => all.some(one => one?.unreadable))", "the page is found unreadable")
    wait_for_text(open_popup(browser, beside=find_tab(browser)), "#here", "cannot read this page")
    assert edge.texts == []


def test_leaving_quickly_leads_the_page_away(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    popup = open_popup(browser, beside=find_tab(browser))
    popup.click(".exit button")
    wait_until(lambda: tab.address() == EXIT, "X is left")


def test_a_choice_that_cannot_be_kept_is_told_and_nothing_changes(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    popup = open_popup(browser, beside=find_tab(browser))
    full(popup, "sync")
    full(popup, "local")
    popup.click("#presentation input[value=flag]")
    wait_for_text(popup, "#saved-note", "could not be saved")
    assert popup.evaluate("document.querySelector('#presentation :checked').value") == "line"
    popup.click("#enabled")
    wait_for_text(popup, "#saved-note", "could not be saved")
    assert popup.evaluate("document.querySelector('#enabled').checked")
    popup.click("#pause-hour")
    wait_for_text(popup, "#pause-note", "could not be saved")
    tab.front()
    wait_for_looks(tab, ALL)
    assert "Show once" in tab.read(line_of(FIRST))


def test_a_site_that_the_browser_closed_to_us_is_told_of_and_opened_again(firefox: Firefox, edge: Recorder) -> None:
    sites = "{origins: ['https://x.com/*', 'https://twitter.com/*', 'https://mobile.twitter.com/*']}"
    popup = open_popup(firefox)
    assert popup.evaluate(f"chrome.permissions.remove({sites})")
    popup = open_popup(firefox)
    wait_for_text(popup, "#status", "may not work on x.com")
    popup.click("#grant")
    wait_for_text(popup, "#status", "is ready")
    assert popup.evaluate(f"chrome.permissions.contains({sites})")
