"""Somebody changes their mind while a thread is open: everything applies at once, without a reload."""

import json

from tests.harness.browser import Browser, Tab
from tests.harness.panah_server import PanahServer
from tests.harness.processes import free_port, wait_until
from tests.harness.recorder import Recorder
from tests.journeys.conftest import set_up
from tests.journeys.reading import SHOWN, expected, line_of, read, states, wait_for_looks
from tests.journeys.thread import PATH, REPLIES, thread

BLAMING = next(reply for reply in REPLIES if reply.handle == "night_bus_42")
TALL = (1000, 9000)


def open_thread(browser: Browser) -> Tab:
    browser.show(thread(full=False))
    return browser.open(PATH, size=TALL)


def open_popup(browser: Browser) -> Tab:
    popup = browser.open_extension("popup.html")
    # What the server said moves all that stands below it: a click before that could miss.
    popup.wait_for("/^(?!Looking)./.test(document.querySelector('#status').textContent)", "the server was asked")
    return popup


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
    popup.click("#presentation input[value=hide]")
    tab.front()
    wait_for_looks(tab, expected(edge, REPLIES))


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


def test_the_language_changes_in_open_lines(browser: Browser, edge: Recorder) -> None:
    tab = open_thread(browser)
    read(tab, edge, REPLIES)
    assert "Show once" in tab.read(line_of(BLAMING))
    popup = open_popup(browser)
    popup.evaluate(
        """(() => {
            const choice = document.querySelector('#language');
            choice.value = 'ur';
            choice.dispatchEvent(new Event('change'));
        })()"""
    )
    popup.wait_for("document.documentElement.dir === 'rtl'", "the popup speaks Urdu")
    tab.front()
    wait_until(lambda: "جواب" in tab.read(line_of(BLAMING)), "the line speaks Urdu")
    assert "Show once" not in tab.read(line_of(BLAMING))


def test_a_server_given_in_the_popup_is_asked_about_the_open_page(browser: Browser, edge: Recorder) -> None:
    set_up(browser, f"http://127.0.0.1:{free_port()}")
    tab = open_thread(browser)
    popup = open_popup(browser)
    popup.wait_for("/does not answer/.test(document.querySelector('#status').textContent)", "the fault is told")
    popup.click("details summary")
    popup.fill("#address", edge.url.replace("127.0.0.1", "localhost"))
    popup.click("#server button")
    popup.wait_for("/ready/.test(document.querySelector('#status').textContent)", "the server is ready")
    tab.front()
    read(tab, edge, REPLIES)


def test_an_address_that_would_send_texts_in_the_clear_is_refused(browser: Browser, edge: Recorder) -> None:
    tab = open_thread(browser)
    popup = open_popup(browser)
    popup.click("details summary")
    popup.fill("#address", "http://panah.example.org")
    popup.click("#server button")
    popup.wait_for("/https/.test(document.querySelector('#address-note').textContent)", "it is refused")
    # The server that was there before is still the one that is asked.
    tab.front()
    read(tab, edge, REPLIES)


def test_the_popup_tells_whether_the_server_answers(browser: Browser, panah: PanahServer, edge: Recorder) -> None:
    popup = open_popup(browser)
    popup.wait_for("/is ready/.test(document.querySelector('#status').textContent)", "the server is ready")
    popup.wait_for("/v2/.test(document.querySelector('#version').textContent)", "model and rules are named")
    panah.stop()
    popup = open_popup(browser)
    popup.wait_for("/does not answer/.test(document.querySelector('#status').textContent)", "the fault is told")
