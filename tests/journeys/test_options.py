"""Every choice on the settings page reaches the service, the open pages of X and the browser at once."""

import json

import pytest

from tests.harness.browser import Browser, Tab
from tests.harness.processes import free_port, wait_until
from tests.harness.recorder import Recorder
from tests.journeys.conftest import set_up
from tests.journeys.pages import (
    ALL,
    COVERED,
    FIRST,
    choose,
    full,
    open_judged,
    open_more,
    said,
    save,
    stored,
    wait_for_text,
)
from tests.journeys.reading import SHOWN, flagged, line_of, wait_for_looks

pytestmark = pytest.mark.usefixtures("nothing_leaks")

RESULTS = "[...document.querySelectorAll('#examples-list .result')].map(result => result.textContent)"


def open_options(browser: Browser) -> Tab:
    """The settings once the server was asked: what it said moves all that stands below."""
    page = browser.open_extension("options.html")
    page.wait_for("/^(?!Looking)./.test(document.querySelector('#status').textContent)", "the server was asked")
    return page


def asked(edge: Recorder, setting: str) -> list[object]:
    """What the service was told of a setting, in the order of the requests."""
    return [json.loads(request.body).get(setting) for request in edge.seen if request.replies]


def test_the_level_of_one_kind_reaches_the_service_and_the_open_page(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    (reason,) = {edge.verdicts[text]["reason"] for text in (FIRST.text,)}
    assert asked(edge, "levels") == [None]
    page = open_options(browser)
    page.click("#each-kind summary")
    choose(page, f"#kind-{reason}", "off")
    tab.front()
    wait_for_looks(tab, dict.fromkeys(ALL, SHOWN))
    assert asked(edge, "levels")[-1] == {reason: "off"}
    page.front()
    choose(page, f"#kind-{reason}", "same")
    tab.front()
    wait_for_looks(tab, ALL)


def test_choices_apply_to_an_open_page_without_a_reload(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    tab.evaluate("void (window.here = true)")
    page = open_options(browser)
    page.click("#presentation input[value=flag]")
    tab.front()
    wait_for_looks(tab, {post.id: flagged(post) for post in COVERED})
    page.front()
    page.click("#presentation input[value=line]")
    choose(page, "#language", "ur")
    page.wait_for("document.documentElement.dir === 'rtl'", "the settings speak Urdu")
    tab.front()
    wait_until(lambda: "جواب" in tab.read(line_of(FIRST)), "the line speaks Urdu")
    assert "Show once" not in tab.read(line_of(FIRST))
    page.front()
    page.click("#enabled")
    tab.front()
    wait_for_looks(tab, dict.fromkeys(ALL, SHOWN))
    page.front()
    page.click("#enabled")
    tab.front()
    wait_for_looks(tab, ALL)
    assert tab.evaluate("window.here")


def test_the_examples_show_what_the_choices_do(browser: Browser, edge: Recorder) -> None:
    page = open_options(browser)
    assert edge.texts == []  # They are sent when somebody asks for them.
    page.click("#examples-toggle")
    first = page.wait_for(f"(now => now.every(one => one.length > 1) && now)({RESULTS})", "all are judged")
    assert len(first) == len(set(edge.texts)) == 12
    assert {one.partition(":")[0] for one in first} >= {"Shown", "Hidden"}
    page.click("#presentation input[value=flag]")
    told = "(now => ['Labelled', 'Hidden'].map(word => now.some(one => one.startsWith(word))).join())"
    page.wait_for(f"{told}({RESULTS}) === 'true,false'", "what was hidden is labelled")
    edge.clear()
    page.click("#sensitivity input[value=strict]")
    wait_until(lambda: len(edge.verdicts) == 12, "all are judged anew")
    assert set(map(str, asked(edge, "sensitivity"))) == {"strict"}
    page.wait_for(f"{RESULTS}.every(one => one.length > 1)", "all are told")
    labelled = [one.startswith("Labelled") for one in page.evaluate(RESULTS)]
    assert sum(labelled) > sum(not one.startswith("Shown") for one in first)
    page.click("#enabled")
    wait_for_text(page, "#examples-note", "off or paused")


def test_a_discreet_name_stands_on_the_toolbar_and_on_every_page(browser: Browser, edge: Recorder) -> None:
    page = open_options(browser)
    title = "chrome.action.getTitle({})"
    assert page.evaluate(title) == "Panah"
    page.click("#discreet")
    page.wait_for(f"{title}.then(now => now === 'Reader')", "the toolbar has the other name")
    page.wait_for("document.title.endsWith('Reader')", "the page has the other name")
    for name in ("popup", "evidence", "hidden", "review", "support", "about", "welcome"):
        other = browser.open_extension(f"{name}.html")
        other.wait_for("!document.body.hidden", "the page is drawn")
        assert "Panah" not in other.evaluate("document.title + document.querySelector('#brand').textContent"), name
        other.close()
    page.front()
    page.click("#discreet")
    page.wait_for(f"{title}.then(now => now === 'Panah')", "the toolbar has its name again")


def test_delete_everything_leaves_nothing(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    save(tab, FIRST)
    open_more(tab, FIRST)
    tab.press(line_of(FIRST), "Always show this account")
    wait_until(lambda: stored(browser)["local"].get("people"), "the account is kept")
    page = open_options(browser)
    page.click("#holdBack")
    page.click("#pause-hour")
    tab.close()
    wait_until(lambda: stored(browser)["local"].get("pausedUntil"), "the pause is kept")
    before = stored(browser)
    assert before["databases"] == ["evidence"]
    assert before["sync"]["settings"]["holdBack"]
    page.front()
    page.click("#erase")
    assert "saved evidence" in said(page, "#erase-question")
    page.click("#erase-no")
    assert stored(browser) == before
    page.front()
    page.click("#erase")
    page.click("#erase-yes")
    wait_for_text(page, "#erase-note", "Everything was deleted")
    assert stored(browser) == {"sync": {}, "local": {}, "session": {}, "databases": []}
    page.wait_for("!document.querySelector('#holdBack').checked", "the page shows how it is at the beginning")


def test_a_server_given_in_the_settings_is_asked_about_the_open_page(browser: Browser, edge: Recorder) -> None:
    set_up(browser, f"http://127.0.0.1:{free_port()}")
    page = open_options(browser)
    wait_for_text(page, "#status", "does not answer")
    page.fill("#address", edge.url.replace("127.0.0.1", "localhost"))
    page.click("#server button")
    wait_for_text(page, "#status", "ready")
    open_judged(browser, edge)


def test_an_address_that_would_send_texts_in_the_clear_is_refused(browser: Browser, edge: Recorder) -> None:
    page = open_options(browser)
    page.fill("#address", "http://panah.example.org")
    page.click("#server button")
    wait_for_text(page, "#address-note", "https")
    # The server that was there before is still the one that is asked.
    open_judged(browser, edge)


def test_what_cannot_be_kept_is_told_and_nothing_is_lost(browser: Browser, edge: Recorder) -> None:
    page = open_options(browser)
    before = stored(browser)
    page.front()
    full(page, "sync")
    full(page, "local")
    page.click("#holdBack")
    wait_for_text(page, "#x-note", "could not be saved")
    assert not page.evaluate("document.querySelector('#holdBack').checked")
    page.click("#presentation input[value=out]")
    wait_for_text(page, "#what-note", "could not be saved")
    assert page.evaluate("document.querySelector('#presentation :checked').value") == "line"
    page.click("#pause-hour")
    wait_for_text(page, "#pause-note", "could not be saved")
    page.fill("#people-add", "@long_ladder")
    page.click("#people-form button")
    wait_for_text(page, "#people-note", "could not be saved")
    assert page.evaluate("document.querySelector('#people-add').value") == "@long_ladder"
    page.fill("#address", "127.0.0.1:9")
    page.click("#server button")
    wait_for_text(page, "#address-note", "could not be saved")
    assert page.evaluate("document.querySelector('#address').value") == "127.0.0.1:9"
    page.click("#context")
    wait_for_text(page, "#context-note", "could not be saved")
    assert page.evaluate("document.querySelector('#context').checked")
    assert stored(browser) == before
