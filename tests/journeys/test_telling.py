"""A reader tells the real service where its model was wrong, without words and with them, and takes it back."""

import json
from typing import Any

import httpx
import pytest

from tests.harness.browser import Browser, Tab
from tests.harness.panah_server import PanahServer
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.journeys.pages import (
    ALL,
    FIRST,
    KIND,
    find_tab,
    open_judged,
    open_more,
    open_popup,
    stored,
    wait_for_text,
)
from tests.journeys.reading import SHOWN, article_of, hidden, line_of, wait_for_looks
from tests.journeys.thread import FOCAL

pytestmark = pytest.mark.usefixtures("nothing_leaks")

WORDS = ("text", "context")
# What waits half a minute, so that it can be taken back, is sent at once.
SEND = """(async () => {
    const {tellings} = await chrome.storage.local.get('tellings');
    await chrome.storage.local.set({tellings: tellings.map(one => ({...one, at: 0}))});
    await chrome.runtime.sendMessage({kind: 'feedback', ask: {do: 'send'}});
})()"""


def allow(browser: Browser, how: str) -> None:
    page = browser.open_extension("options.html")
    page.wait_for("document.querySelector('#tell input:checked')?.value === 'never'", "nothing is told at first")
    page.click(f"#tell input[value={how}]")
    page.wait_for(
        f"chrome.storage.local.get('tellHow').then(({{tellHow}}) => Object.values(tellHow ?? {{}})[0] === '{how}')",
        "the choice is kept",
    )
    page.close()


def say_fine(tab: Tab) -> None:
    tab.front()
    open_more(tab, FIRST)
    tab.press(line_of(FIRST), "Not harmful")
    wait_for_looks(tab, ALL | {FIRST.id: SHOWN})


def open_tell(browser: Browser, ready: str, what: str) -> Tab:
    page = browser.open_extension("tell.html")
    page.wait_for(f"!document.body.hidden && {ready}", what)
    return page


def told(edge: Recorder) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in edge.seen if one.path == "/v1/feedback"]


def kept(panah: PanahServer, edge: Recorder) -> list[httpx.Response]:
    """What the service says of all that it gave a receipt for."""
    receipts = [json.loads(one.answer)["receipt"] for one in edge.seen if one.path == "/v1/feedback"]
    return [httpx.get(f"{panah.url}/v1/feedback/{receipt}") for receipt in receipts]


def test_a_mark_stays_here_unless_the_reader_allows_more(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    say_fine(tab)
    page = open_tell(browser, "document.querySelector('#how').textContent !== ''", "the page is drawn")
    assert page.evaluate("document.querySelectorAll('#asked > li, #waiting > li').length") == 0
    assert told(edge) == []


def test_a_mark_is_told_without_words_and_deleted_again(
    browser: Browser, edge: Recorder, panah: PanahServer
) -> None:
    allow(browser, "without")
    tab = open_judged(browser, edge)
    say_fine(tab)
    page = open_tell(browser, "document.querySelector('#waiting > li') !== null", "it waits")
    page.evaluate(SEND)
    page.wait_for("document.querySelector('#told > li') !== null", "the server has it")
    (body,) = told(edge)
    verdict = edge.verdicts[FIRST.text]
    assert {name: body[name] for name in ("kind", "label", "language", "action", "consent")} == {
        "kind": "not-harmful",
        "label": verdict["reason"],
        "language": verdict["language"],
        "action": "hide",
        "consent": False,
    }
    assert body["bucket"] == min(19, int(20 * verdict["scores"][verdict["reason"]]))
    assert not set(body) & set(WORDS)
    (answer,) = kept(panah, edge)
    assert answer.json()["with_text"] is False
    page.click("#told button")
    page.wait_for("document.querySelector('#told > li') === null", "it was deleted")
    assert [one.status_code for one in kept(panah, edge)] == [404]


def test_words_are_told_only_as_shown_and_only_on_a_press(
    browser: Browser, edge: Recorder, panah: PanahServer
) -> None:
    allow(browser, "ask")
    tab = open_judged(browser, edge)
    say_fine(tab)
    popup = open_popup(browser, beside=find_tab(browser))
    popup.wait_for("!document.querySelector('#tell-waiting').hidden", "the popup leads there")
    popup.close()
    page = open_tell(browser, "document.querySelector('#asked > li') !== null", "the reader is asked")
    page.click("#asked details:nth-of-type(2) summary")
    page.wait_for("document.querySelectorAll('#asked .said').length === 2", "the words are shown")
    shown = page.evaluate("[...document.querySelectorAll('#asked .said')].map(said => said.textContent)")
    page.click("#asked input[type=checkbox]")
    page.click("#asked details:nth-of-type(2) button")
    page.wait_for("document.querySelector('#waiting > li') !== null", "it waits")
    assert FIRST.text not in json.dumps(stored(browser)["local"])
    page.evaluate(SEND)
    page.wait_for("document.querySelector('#told > li') !== null", "the server has it")
    (body,) = told(edge)
    assert (body["consent"], [body[name] for name in WORDS]) == (True, shown)
    assert [text.split() for text in shown] == [FIRST.text.split(), FOCAL.text.split()]
    (answer,) = kept(panah, edge)
    assert answer.json()["with_text"] is True
    assert FIRST.text not in json.dumps(stored(browser)["session"])
    # Deleting everything here deletes it there as well.
    options = browser.open_extension("options.html")
    options.click("#erase")
    options.click("#erase-yes")
    wait_for_text(options, "#erase-note", "Everything was deleted.")
    page.wait_for("document.querySelector('#told > li') === null", "nothing is left")
    options.wait_for("chrome.storage.local.get(null).then(all => Object.keys(all).length === 0)", "nothing is kept")
    wait_until(
        lambda: [one.method for one in edge.seen if "/v1/feedback/" in one.path] == ["DELETE"],
        "the server was asked to delete it",
    )
    assert [one.status_code for one in kept(panah, edge)] == [404]


def test_a_reply_that_was_missed_is_hidden_and_told(browser: Browser, edge: Recorder) -> None:
    allow(browser, "without")
    tab = open_judged(browser, edge)
    popup = open_popup(browser, beside=find_tab(browser))
    popup.click("#choose-missed")
    wait_until(lambda: not browser.tabs_on("popup.html"), "the popup makes room")
    tab.front()
    tab.wait_for("document.querySelector('panah-chooser') !== null", "a reply can be chosen")
    tab.click(f"{article_of(KIND)} [data-testid=tweetText]")
    tab.wait_for("document.querySelector('panah-chooser') === null", "a reply was chosen")
    wait_until(lambda: bool(browser.tabs_on("tell.html")), "our page opens")
    (page,) = browser.tabs_on("tell.html")
    page.wait_for("!document.querySelector('#missed-form').hidden", "the reply is there")
    assert KIND.text not in page.address()
    page.click("#missed-form button")
    wait_for_text(page, "#missed-note", "told soon, without its words")
    page.evaluate(SEND)
    page.wait_for("document.querySelector('#told > li') !== null", "the server has it")
    (body,) = told(edge)
    assert (body["kind"], body["action"], body["consent"]) == ("missed", "show", False)
    tab.front()
    wait_for_looks(tab, ALL | {KIND.id: hidden(KIND)})
