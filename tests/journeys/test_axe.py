"""Every page of ours passes axe in both languages, light and dark, narrow and wide, and cuts nothing off."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.chromium import Chromium, ChromiumTab
from tests.harness.published import Publisher
from tests.harness.recorder import Recorder
from tests.journeys.conftest import set_up
from tests.journeys.pages import FIRST, THIRD, find_tab, open_hidden, open_judged, save
from tests.journeys.thread import PATH

pytestmark = pytest.mark.usefixtures("nothing_leaks")

AXE = Path(__file__).parents[2] / "extension" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (320, 1000)  # CSS pixels
DRAFT = "7b0e2f6c-6f0b-4a53-9d0f-0c9f4f6a2f11"  # what a reply is called on its way to the page for reporting

# Whatever can be unfolded is looked at as well.
UNFOLD = """(() => {
    for (const folded of document.querySelectorAll('details')) folded.open = true;
})()"""
VIOLATIONS = """axe.run().then(({violations}) => violations.flatMap(({id, nodes}) =>
    nodes.map(({target, failureSummary}) => [id, String(target), failureSummary])))"""
# Of what is seen: a box lower than what it holds, where the rest cannot be seen.
CLIPPED = """[...document.body.querySelectorAll('*')].filter(element => {
    const {overflowX, overflowY, position, clipPath} = getComputedStyle(element);
    const isSpokenOnly = position === 'absolute' && clipPath !== 'none';
    if (!element.checkVisibility() || !element.textContent.trim() || isSpokenOnly) return false;
    const isCut = overflowY !== 'visible' && element.scrollHeight > element.clientHeight + 1;
    return isCut || (overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1);
}).map(({outerHTML}) => outerHTML.slice(0, 200))"""
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


def open_pages(chromium: Chromium, edge: Recorder, language: str) -> Iterator[tuple[str, ChromiumTab]]:
    """Each page with its name, holding as much as it can hold. Closed when the next is asked for."""
    set_up(chromium, edge.url, language="en", counter=True)
    tab = open_judged(chromium, edge)
    for post in (FIRST, THIRD):
        save(tab, post)
    number = find_tab(chromium)
    hidden = open_hidden(chromium, number)
    hidden.click("#select-all")
    file = hidden.download("#friend")
    hidden.evaluate("chrome.storage.local.set({people: [{handle: 'warm_window', since: '2026-11-14'}]})")
    hidden.evaluate(f"chrome.storage.sync.set({{settings: {{language: '{language}', counter: true}}}})")
    hidden.close()

    def opened(name: str, ready: str) -> ChromiumTab:
        page = chromium.open_extension(name)
        page.wait_for(f"!document.body.hidden && {ready}", f"{name} is drawn")
        return page

    popup = opened(f"popup.html?tab={number}", "!document.querySelector('#covered').hidden")
    yield "popup", popup
    hidden = opened(f"hidden.html?tab={number}", "document.querySelectorAll('#list > li').length === 3")
    yield "hidden", hidden
    options = opened("options.html", "document.querySelectorAll('#people-list li').length === 1")
    options.click("#examples-toggle")
    options.click("#erase")
    yield "options", options
    evidence = opened("evidence.html", "document.querySelectorAll('#list > li').length === 2")
    evidence.click("#list > li:first-child [aria-expanded]")
    evidence.click("#list > li:first-child > :last-child button")
    yield "evidence", evidence
    review = opened("review.html", "true")
    review.give("#friend-file", file)
    review.click("#start")
    review.click("input[value=keep]")
    yield "review", review
    welcome = opened("welcome.html", "true")
    welcome.click("#all")
    welcome.click("input[name=role][value=survivor]")
    welcome.click("#show")
    welcome.wait_for("!document.querySelector('#examples').hidden", "the examples are judged")
    yield "welcome", welcome
    yield "support", opened("support.html", "true")
    yield "about", opened("about.html", "true")
    lists = opened("lists.html", "document.querySelectorAll('#others > li').length > 1")
    lists.click("#others > li:first-child .buttons button")
    lists.wait_for("document.querySelector('#used > li') !== null", "a list is used")
    yield "lists", lists
    draft = {
        "id": THIRD.id,
        "handle": THIRD.handle,
        "name": THIRD.name,
        "accountId": THIRD.account_id,
        "text": THIRD.text,
        "url": f"https://x.com/{THIRD.handle}/status/{THIRD.id}",
        "foundOn": f"https://x.com{PATH}",
    }
    report = f"report.html#{DRAFT}"
    guide = opened("report.html", "true")
    guide.evaluate(f"chrome.storage.session.set({json.dumps({f'draft:{DRAFT}': draft})})")
    yield "report, without a reply", guide
    yield "report, the rules", opened(report, "!document.querySelector('#guide').hidden")
    reports = opened("contribute.html", "true")
    reports.evaluate("document.querySelector('#guide').open = true")
    reports.click("#agree")
    reports.wait_for("!document.querySelector('#with-key').hidden", "the key is made")
    yield "contribute", reports
    form = opened(report, "document.querySelectorAll('#list option').length > 1")
    yield "report, what is sent", form
    asked = {
        "id": DRAFT,
        "server": edge.url,
        "facts": {"kind": "not-harmful", "label": "blame", "language": "en", "bucket": 18, "action": "hide"}
        | {"sensitivity": "balanced", "model": "v1", "policy": "v1-0"},
        "text": THIRD.text,
        "context": THIRD.text,
    }
    about = opened("about.html", "true")
    about.evaluate(f"chrome.storage.session.set({json.dumps({'asked': [asked]})})")
    about.close()
    tell = opened(f"tell.html#{DRAFT}", "!document.querySelector('#missed-form').hidden")
    tell.wait_for("document.querySelector('#asked > li') !== null", "a mark waits")
    yield "tell", tell
    mine = opened("mine.html", "true")
    mine.fill("#number", THIRD.account_id)
    mine.click("#add button")
    mine.wait_for("document.querySelector('#mine > li') !== null", "an account is on the list")
    yield "mine", mine
    yield "import", opened("import.html", "document.querySelectorAll('#list option').length > 1")


@pytest.fixture
def two_lists(publisher: Publisher) -> Iterator[None]:
    """What the page of lists shows."""
    made = [publisher.make(name, norms="What belongs on it.", contact="lists@panah.example") for name in "ab"]
    yield
    for slug in made:
        publisher.close(slug)


@pytest.mark.usefixtures("two_lists")
@pytest.mark.parametrize("language", ["en", "ur"])
def test_every_page_can_be_used_by_everybody(chromium: Chromium, edge: Recorder, language: str) -> None:
    found = []
    axe = AXE.read_text("utf-8")
    for name, tab in open_pages(chromium, edge, language):
        page = tab.page
        assert page.evaluate("document.documentElement.lang") == language
        page.evaluate(axe)
        tab.evaluate(UNFOLD)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            found += [(name, width, "cut off", part) for part in page.evaluate(CLIPPED)]
            if page.evaluate(TOO_WIDE):
                found.append((name, width, "wider than the window", ""))
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                found += [(name, width, scheme, *violation) for violation in page.evaluate(VIOLATIONS)]
        page.close()
    assert found == []
