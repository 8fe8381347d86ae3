"""What a reader saves stays in this browser, as it was, and goes only where they hand it over."""

import json
from pathlib import Path

import pytest

from tests.harness.browser import Browser, Tab
from tests.harness.chromium import Chromium
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.journeys.pages import (
    COVERED,
    FIRST,
    KIND,
    SECOND,
    THIRD,
    find_tab,
    open_judged,
    open_popup,
    said,
    save,
    wait_for_text,
    words_of,
)
from tests.journeys.reading import article_of

pytestmark = pytest.mark.usefixtures("nothing_leaks")

PASSPHRASE = "kettle lantern seven doves"
ITEM = "#list > li"


def reply(number: int) -> str:
    """The selector of the reply that was saved as that entry, counted from 1."""
    return f'#list > li[data-seq="{number}"]'


def open_evidence(browser: Browser, saved: int) -> Tab:
    """The saved replies once so many are listed."""
    page = browser.open_extension("evidence.html")
    page.wait_for(f"document.querySelectorAll('{ITEM}').length === {saved}", f"{saved} are listed")
    return page


def whole_text(tab: Tab) -> str:
    text: str = tab.evaluate("document.documentElement.textContent")
    return text


def test_a_reply_is_saved_from_its_line_and_another_chosen_on_the_page(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    save(tab, FIRST)
    popup = open_popup(browser, beside=find_tab(browser))
    popup.click("#choose")
    wait_until(lambda: not browser.tabs_on("popup.html"), "the popup makes room")
    tab.front()
    tab.wait_for("document.querySelector('panah-chooser') !== null", "the bar is there")
    assert "Press the reply" in tab.read("panah-chooser")
    tab.click(f"{article_of(KIND)} [data-testid=tweetText]")
    wait_until(lambda: "Saved on this computer" in tab.read("panah-chooser"), "it says so")
    assert tab.evaluate("location.pathname").count("/") == 3  # X did not open the post.
    tab.click(f"{article_of(KIND)} [data-testid=tweetText]")
    wait_until(lambda: "saved before" in tab.read("panah-chooser"), "it says so")
    tab.press("panah-chooser", "Done")
    assert tab.evaluate("document.querySelector('panah-chooser') === null")

    page = open_evidence(browser, 2)
    wait_for_text(page, "#chain-state", "Yes. Nothing was changed")
    assert f"@{KIND.handle}" in said(page, reply(2))
    assert f"@{FIRST.handle}" in said(page, reply(1))
    # No words until they are asked for.
    assert FIRST.text not in whole_text(page)
    page.click(f"{reply(1)} [aria-expanded]")
    assert FIRST.text in said(page, reply(1))
    page.fill("#note-1", "He writes this every week.")
    page.click(f"{reply(1)} .field button")
    wait_for_text(page, "#note-1-result", "The note is saved")
    page.close()

    page = open_evidence(browser, 2)
    assert page.evaluate("document.querySelector('#note-1').value") == "He writes this every week."
    page.click(f"{reply(1)} > :last-child button")
    page.click(f"{reply(1)} > :last-child button:not(.quiet)")
    wait_for_text(page, "#notice", "was removed")
    page.wait_for(f"document.querySelectorAll('{ITEM}').length === 1", "one is left")
    wait_for_text(page, "#chain-state", "Yes. Nothing was changed")
    assert FIRST.text not in json.dumps(rows(page), ensure_ascii=False)


def rows(page: Tab) -> list[object]:
    """All that the database of saved replies holds."""
    found: list[object] = page.evaluate(
        """new Promise((done, failed) => {
            const opening = indexedDB.open('evidence');
            opening.onerror = failed;
            opening.onsuccess = () => {
                const asking = opening.result.transaction('events').objectStore('events').getAll();
                asking.onsuccess = () => { opening.result.close(); done(asking.result); };
            };
        })"""
    )
    return found


def test_a_page_of_evidence_reads_without_a_network_and_tells_when_it_was_changed(
    browser: Browser, edge: Recorder, tmp_path: Path
) -> None:
    tab = open_judged(browser, edge)
    for post in (FIRST, THIRD):
        save(tab, post)
    page = open_evidence(browser, 2)
    file = page.download("#export button")
    assert file.suffix == ".html"
    assert "panah" not in file.name

    if isinstance(browser, Chromium):
        browser.requested.clear()
    plain = browser.open_file(file)
    shown = said(plain, "body")
    assert FIRST.text in shown
    assert f"https://x.com/{THIRD.handle}/status/{THIRD.id}" in shown
    if isinstance(browser, Chromium):
        assert browser.requested == [file.as_uri()]
    plain.close()

    page.front()
    page.give("#check-file", file)
    wait_for_text(page, "#check-result", "What can be read in the page is what was saved")
    text = file.read_text("utf-8")
    start = text.index('id="chain"')
    for name, changed, told in (
        ("chain", text[:start] + text[start:].replace("alone at night", "by day"), "This file was changed"),
        (
            "words",
            text[:start].replace("alone at night", "by day") + text[start:],
            "somebody changed it",
        ),
    ):
        assert changed != text
        forged = tmp_path / f"{name}.html"
        forged.write_text(changed, "utf-8")
        page.give("#check-file", forged)
        wait_for_text(page, "#check-result", told)

    if isinstance(browser, Chromium):
        # The same name again, with other contents.
        forged.write_text(text, "utf-8")
        page.give("#check-file", forged)
        wait_for_text(page, "#check-result", "What can be read in the page is what was saved")

    # The file for another computer is taken over there as a whole.
    page.click("input[value=json]")
    copy = page.download("#export button")
    assert json.loads(copy.read_text("utf-8"))["events"][0]["payload"]["text"] == FIRST.text


def test_with_a_passphrase_saving_goes_on_and_nothing_can_be_read(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    save(tab, FIRST)
    page = open_evidence(browser, 1)
    page.click("#switch-on summary")
    page.fill("#pass-new", PASSPHRASE)
    page.fill("#pass-again", PASSPHRASE)
    page.click("#switch-on button")
    page.wait_for("!document.querySelector('#protected').hidden", "it is protected")
    page.close()
    save(tab, SECOND)

    page = browser.open_extension("evidence.html")
    page.wait_for("!document.querySelector('#unlock').hidden", "it is locked")
    assert page.evaluate(f"document.querySelectorAll('{ITEM}').length") == 0
    kept = json.dumps(rows(page), ensure_ascii=False)
    for secret in (FIRST.text, FIRST.handle, FIRST.id, FIRST.name):
        assert secret not in whole_text(page)
        assert secret not in kept
    page.fill("#unlock-with", "something else entirely")
    page.click("#unlock button")
    wait_for_text(page, "#unlock-note", "does not fit")
    page.fill("#unlock-with", PASSPHRASE)
    page.click("#unlock button")
    page.wait_for(f"document.querySelectorAll('{ITEM}').length === 2", "both are listed")
    for number, post in enumerate((FIRST, SECOND), 1):
        page.click(f"{reply(number)} [aria-expanded]")
        assert post.text in said(page, reply(number))
    wait_for_text(page, "#chain-state", "Yes. Nothing was changed")
    page.click("#lock-now")
    page.wait_for("!document.querySelector('#unlock').hidden", "it is locked again")
    assert not any(words_of(post) in whole_text(page) for post in COVERED)


def test_a_browser_without_room_says_so_and_loses_nothing(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    save(tab, FIRST)
    page = open_evidence(browser, 1)
    before = rows(page)
    page.evaluate(
        """void (IDBObjectStore.prototype.put = () => {
            throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
        })"""
    )
    page.fill("#note-1", "This is not lost.")
    page.click(f"{reply(1)} .field button")
    wait_for_text(page, "#note-1-result", "no room left")
    assert page.evaluate("document.querySelector('#note-1').value") == "This is not lost."
    assert rows(page) == before
