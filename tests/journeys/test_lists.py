"""Shared lists from end to end: a reader's browser, the real service, and what stands in its database."""

import json
from collections.abc import Iterator

import pytest

from panah.blocklists.tables import Contribution
from tests.harness.browser import Browser, Tab
from tests.harness.chromium import Chromium
from tests.harness.firefox import Firefox
from tests.harness.panah_server import PanahServer
from tests.harness.processes import wait_until
from tests.harness.published import Publisher
from tests.harness.recorder import Recorder
from tests.harness.x_page import Scene, conversation
from tests.journeys.pages import choose, open_more, said, stored, wait_for_text, words_of
from tests.journeys.reading import SHOWN, flagged, hidden, line_of, wait_for_looks
from tests.journeys.surfaces import stranger
from tests.journeys.thread import BLAME, FOCAL, PATH, VIEWER

TALL = (1000, 4000)
NAME = "Quiet evenings"

# Nobody's words would hide these: only a list can.
LISTED = stranger("grey_harbour", "I believe you. None of this was your fault.")
OTHER = stranger("plain_bread", "Thank you for writing this down.")
FRIEND = stranger("near_neighbour", "I will call you tonight.", followed=True)
BLAMING = stranger("dull_lantern", f"{BLAME} (to be reported)")
POSTS = [LISTED, OTHER, FRIEND, BLAMING]
SCENE = Scene({FOCAL.id: conversation(FOCAL, POSTS)}, VIEWER, wired=True)
LABEL = f'panah-flag[data-status-id="{LISTED.id}"]'
PUBLIC = {"/lists/catalogue.json": "GET", "/v1/policy": "GET", "/readyz": "GET", "/v1/score": "POST"}


@pytest.fixture
def slug(publisher: Publisher) -> Iterator[str]:
    """A list with an account whose reply is kind, and with one that the reader follows."""
    made = publisher.make(NAME, description="For quiet evenings.", norms="Replies that blame.")
    publisher.put(made, LISTED.account_id, FRIEND.account_id)
    yield made
    publisher.close(made)


def open_lists(browser: Browser, publisher: Publisher, slug: str) -> tuple[Tab, str]:
    """The page of lists once it has looked for news, and the selector of a list's card."""
    page = browser.open_extension("lists.html")
    card = f'[data-list-id="{publisher.list_id(slug)}"]'
    page.wait_for(f"document.querySelector({json.dumps(card)}) !== null", "the list is offered")
    return page, card


def use_list(browser: Browser, publisher: Publisher, slug: str, *, cap: str = "hide") -> None:
    page, card = open_lists(browser, publisher, slug)
    page.click(f"{card} .buttons button:first-child")
    wait_for_text(page, "#lists-note", "You use this list now")
    if cap != "hide":
        choose(page, f"{card} select", cap)
        page.wait_for(f"document.querySelector('{card} select').value === '{cap}'", "the cap is kept")
    page.close()


def look_for_news(browser: Browser, publisher: Publisher, slug: str) -> str:
    """What the list's card says after the reader has asked for news."""
    page, card = open_lists(browser, publisher, slug)
    page.wait_for("!document.querySelector('#look').disabled", "nothing is being looked for")
    page.click("#look")
    page.wait_for("!document.querySelector('#look').disabled", "the server was asked")
    told = said(page, card)
    page.close()
    return told


def open_thread(browser: Browser) -> Tab:
    browser.show(SCENE)
    return browser.open(PATH, size=TALL)


def hasten(browser: Browser, *, seconds: int = 0) -> None:
    """What waits to be sent waits only so long, and not half a minute."""
    page = browser.open_extension("about.html")
    page.evaluate(
        f"""(async () => {{
            const {{outbox}} = await chrome.storage.local.get('outbox');
            const at = Date.now() + {seconds * 1000};
            await chrome.storage.local.set({{outbox: outbox.map(job => ({{...job, at}}))}});
        }})()"""
    )
    page.close()


def forget(browser: Browser) -> None:
    """The extension's worker loses all that it held in memory."""
    if isinstance(browser, Chromium):
        browser.kill_worker()
    if isinstance(browser, Firefox):
        browser.update_extension()


def report_page(browser: Browser) -> Tab:
    return wait_until(lambda: next(iter(browser.tabs_on("report.html")), None), "the page for reporting is open")


def fill_report(page: Tab, slug: str) -> None:
    page.wait_for(f"document.querySelector('#list option[value=\"{slug}\"]') !== null", "the lists are offered")
    choose(page, "#list", slug)
    choose(page, "#category", "blame")


def start_report(browser: Browser) -> tuple[Tab, Tab]:
    """The thread, and the page that opens from the menu in the line of the blaming reply."""
    tab = open_thread(browser)
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING)})
    open_more(tab, BLAMING)
    tab.press(line_of(BLAMING), "Report to a list…")
    page = report_page(browser)
    page.front()
    return tab, page


def arrived(publisher: Publisher, slug: str) -> Contribution:
    """The one report on a list, once it is there."""
    (found,) = wait_until(lambda: publisher.contributions(slug), "the report is in the database")
    return found


def wait_for_boxes(edge: Recorder, count: int) -> None:
    """Until a list that friends share was written so often."""
    wait_until(
        lambda: sum(one.method == "PUT" and one.status == 200 for one in edge.seen) >= count,
        "the server keeps the closed list",
    )


def test_a_listed_accounts_reply_is_hidden_and_why_names_the_list(
    browser: Browser, edge: Recorder, publisher: Publisher, slug: str
) -> None:
    tab = open_thread(browser)
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), LISTED.id: SHOWN})
    use_list(browser, publisher, slug)
    tab.front()
    wait_for_looks(tab, {LISTED.id: hidden(LISTED), FRIEND.id: SHOWN, OTHER.id: SHOWN})
    tab.press(line_of(LISTED), "Why?")
    assert NAME in tab.read(line_of(LISTED))
    tab.press(line_of(LISTED), "Ask for more")
    wait_until(lambda: "November 2026" in tab.read(line_of(LISTED)), "the reason is told")
    assert "blames the person who was harmed" in tab.read(line_of(LISTED))
    for request in edge.seen:
        is_file = request.path.startswith(("/lists/pack-", f"/v1/lists/{slug}/why/"))
        assert request.method == ("GET" if is_file else PUBLIC[request.path]), request.path
        assert not {"cookie", "panah-key", "if-none-match"} & request.headers.keys()
        assert not any(post.account_id in request.path + request.body.decode() for post in POSTS)


def test_capped_to_labels_it_is_labelled_and_always_show_wins(
    browser: Browser, publisher: Publisher, slug: str
) -> None:
    use_list(browser, publisher, slug, cap="flag")
    tab = open_thread(browser)
    wait_for_looks(tab, {LISTED.id: flagged(LISTED), FRIEND.id: SHOWN, OTHER.id: SHOWN})
    tab.press(LABEL, "More")
    tab.press(LABEL, "Always show this account")
    wait_for_looks(tab, {LISTED.id: SHOWN, BLAMING.id: hidden(BLAMING)})


def test_lists_work_while_the_server_is_gone(
    browser: Browser, panah: PanahServer, publisher: Publisher, slug: str
) -> None:
    use_list(browser, publisher, slug)
    panah.stop()
    forget(browser)
    tab = open_thread(browser)
    wait_for_looks(tab, {LISTED.id: hidden(LISTED), FRIEND.id: SHOWN, BLAMING.id: SHOWN})
    page, _ = open_lists(browser, publisher, slug)
    wait_for_text(page, "#news", "Up to date")
    page.click("#look")
    wait_for_text(page, "#news", "could not be reached")


def test_additions_wait_a_day_and_removals_do_not(browser: Browser, publisher: Publisher, slug: str) -> None:
    use_list(browser, publisher, slug)
    tab = open_thread(browser)
    wait_for_looks(tab, {LISTED.id: hidden(LISTED), OTHER.id: SHOWN})
    publisher.put(slug, OTHER.account_id)
    publisher.remove(slug, LISTED.account_id)
    assert "1 new account begins to count within a day" in look_for_news(browser, publisher, slug)
    tab.front()
    wait_for_looks(tab, {LISTED.id: SHOWN, OTHER.id: SHOWN})


def test_a_report_is_taken_back_or_sent_without_words(
    browser: Browser, edge: Recorder, publisher: Publisher, slug: str
) -> None:
    tab, page = start_report(browser)
    wait_for_text(page, "#guide-title", "Before your first report")
    assert "contributors" not in stored(browser)["local"]
    page.front()
    page.click("#agree")
    fill_report(page, slug)
    page.click("#send")
    wait_for_text(page, "#state", "Until then you can take it back")
    page.click("#undo")
    wait_for_text(page, "#state", "Nothing was sent")
    page.close()
    assert not any(request.path.endswith("/contributions") for request in edge.seen)
    tab.front()
    tab.press(line_of(BLAMING), "Report to a list…")
    page = report_page(browser)
    page.front()
    fill_report(page, slug)
    page.click("#send")
    wait_for_text(page, "#state", "Until then you can take it back")
    hasten(browser)
    found = arrived(publisher, slug)
    assert (found.subject, found.category, found.evidence_post_id) == (
        f"x:{BLAMING.account_id}",
        "blame",
        BLAMING.id,
    )
    page.front()
    wait_for_text(page, "#state", "Your report was sent")
    sent = [request.body.decode() for request in edge.seen if request.path != "/v1/score"]
    kept = json.dumps(stored(browser)["local"])
    for words in (BLAMING.text, BLAMING.handle, BLAMING.name, VIEWER.handle, FOCAL.id):
        assert words not in f"{found.model_dump(warnings=False)} {sent}"
    assert words_of(BLAMING) not in kept


def test_a_worker_that_dies_before_it_sends_loses_no_report(
    chromium: Chromium, publisher: Publisher, slug: str
) -> None:
    _, page = start_report(chromium)
    page.click("#agree")
    fill_report(page, slug)
    page.click("#send")
    wait_for_text(page, "#state", "Until then you can take it back")
    hasten(chromium, seconds=3)
    chromium.kill_worker()
    # Nothing but the alarm wakes it: all our pages are closed.
    chromium.close_tabs()
    assert publisher.contributions(slug) == []
    assert arrived(publisher, slug).evidence_post_id == BLAMING.id


def test_an_account_on_my_own_list_is_hidden(browser: Browser, edge: Recorder) -> None:
    tab = open_thread(browser)
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), OTHER.id: SHOWN})
    open_more(tab, BLAMING)
    tab.press(line_of(BLAMING), "Hide this account from now on")
    wait_until(lambda: BLAMING.account_id in stored(browser)["local"].get("mine", {}), "it is on the list")
    page = browser.open_extension("mine.html")
    wait_for_text(page, "#mine", f"@{BLAMING.handle}")
    page.fill("#number", OTHER.account_id)
    page.click("#add button")
    wait_for_text(page, "#add-note", "is on the list now")
    tab.front()
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), OTHER.id: hidden(OTHER)})
    tab.press(line_of(OTHER), "Why?")
    assert "You put this account on your own list" in tab.read(line_of(OTHER))
    assert not any(OTHER.account_id in request.body.decode() + request.path for request in edge.seen)


def test_two_browsers_share_a_list_that_the_server_cannot_read(
    chromium: Chromium, firefox: Firefox, edge: Recorder
) -> None:
    hers = chromium.open_extension("mine.html")
    hers.click("#new-part summary")
    hers.fill("#squad-name", "The three of us")
    hers.click("#new button")
    hers.fill("#squad-add-0", LISTED.account_id)
    hers.click("#squad-send-0")
    wait_for_text(hers, "#squads", "1 account")
    hers.click("#invite-0")
    hers.click("#yes-0")
    code = hers.evaluate("document.querySelector('#shown-0').value")
    wait_for_boxes(edge, 1)

    friends = firefox.open_extension("mine.html")
    friends.click("#join-part summary")
    friends.fill("#code", code)
    friends.click("#join button")
    wait_for_text(friends, "#squads", "The three of us")
    friends.fill("#squad-add-0", OTHER.account_id)
    friends.click("#squad-send-0")
    tab = open_thread(firefox)
    wait_for_looks(tab, {LISTED.id: hidden(LISTED), OTHER.id: hidden(OTHER), FRIEND.id: SHOWN})
    wait_for_boxes(edge, 2)

    hers.close()
    hers = chromium.open_extension("mine.html")  # which asks for news when it opens
    wait_for_text(hers, "#squads", "2 accounts")
    tab = open_thread(chromium)
    wait_for_looks(tab, {LISTED.id: hidden(LISTED), OTHER.id: hidden(OTHER), FRIEND.id: SHOWN})
    passed = b" ".join(one.body + one.answer for one in edge.seen if one.path != "/v1/score").decode()
    assert not any(told in passed for told in (LISTED.account_id, OTHER.account_id, "The three of us", code))
