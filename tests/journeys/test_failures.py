"""Whatever breaks, replies show: a fault never hides somebody's words, and what was judged stays judged."""

import json
from pathlib import Path

from playwright.sync_api import Playwright

from tests.harness.browser import Browser, Tab
from tests.harness.chromium import Chromium, running_chromium
from tests.harness.firefox import Firefox
from tests.harness.panah_server import PanahServer
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.journeys.conftest import set_up
from tests.journeys.reading import SHOWN, expected, line_of, read, states, wait_for_looks, wait_for_verdicts
from tests.journeys.thread import PATH, REPLIES, thread

SMALL = (1000, 700)
TALL = (1000, 9000)
FIRST, LATER = REPLIES[:3], REPLIES[3:]


def scroll_through(tab: Tab) -> None:
    """To the end of the page, a screen at a time, as a reader does."""
    tab.evaluate("""(async () => {
        for (let y = scrollY; y < document.body.scrollHeight - innerHeight; y = scrollY) {
            scrollBy(0, innerHeight);
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            if (scrollY === y) break;
        }
    })()""")


def wait_until_unanswered(edge: Recorder, *, times: int) -> None:
    """Until so many scoring requests came to nothing."""
    wait_until(
        lambda: sum(bool(request.replies) and request.status is None for request in edge.seen) >= times,
        f"{times} requests failed",
    )


def test_a_server_that_never_runs_hides_nothing(browser: Browser, panah: PanahServer, edge: Recorder) -> None:
    panah.stop()
    browser.show(thread())
    tab = browser.open(PATH, size=TALL)
    wait_until_unanswered(edge, times=3)  # the first try of both batches, and one more
    found = states(tab)
    assert {reply.id for reply in REPLIES} <= found.keys()
    assert set(map(json.dumps, found.values())) == {json.dumps(SHOWN)}


def test_nothing_is_hidden_before_the_server_has_answered(browser: Browser, edge: Recorder) -> None:
    edge.open.clear()
    browser.show(thread())
    tab = browser.open(PATH, size=TALL)
    wait_until(lambda: edge.arrived >= 2, "both batches were sent")
    assert set(map(json.dumps, states(tab).values())) == {json.dumps(SHOWN)}
    edge.open.set()
    read(tab, edge, REPLIES)


def test_a_server_killed_while_reading_leaves_the_rest_shown_until_it_is_back(
    browser: Browser, panah: PanahServer, edge: Recorder
) -> None:
    browser.show(thread(full=False))
    tab = browser.open(PATH, size=SMALL)
    judged = read(tab, edge, FIRST)
    answered = set(edge.verdicts)
    panah.kill()
    scroll_through(tab)
    wait_until_unanswered(edge, times=1)
    unjudged = {reply.id for reply in REPLIES if reply.text not in answered}
    now = states(tab)
    assert unjudged & now.keys()
    assert all(now[post_id] == SHOWN for post_id in unjudged & now.keys())
    tab.evaluate("scrollTo(0, 0)")
    wait_for_looks(tab, judged)
    panah.start()
    # A look at the popup asks the server anew, as a worried reader would; otherwise the next alarm does.
    popup = browser.open_extension("popup.html")
    popup.wait_for("/ready/.test(document.querySelector('#status').textContent)", "the server is found again")
    popup.close()
    tab.front()
    scroll_through(tab)
    last = REPLIES[-4:]
    wait_for_verdicts(edge, last)
    wait_for_looks(tab, expected(edge, last))


def test_a_worker_that_dies_loses_nothing(chromium: Chromium, edge: Recorder) -> None:
    chromium.show(thread(full=False))
    tab = chromium.open(PATH, size=SMALL)
    judged = read(tab, edge, FIRST)
    chromium.kill_worker()
    wait_for_looks(tab, judged)
    scroll_through(tab)
    last = REPLIES[-4:]
    wait_for_verdicts(edge, last)
    wait_for_looks(tab, expected(edge, last))


def test_a_worker_that_dies_while_the_server_thinks_asks_again(chromium: Chromium, edge: Recorder) -> None:
    edge.open.clear()
    chromium.show(thread(full=False))
    tab = chromium.open(PATH, size=TALL)
    wait_until(lambda: edge.arrived >= 1, "a batch was sent")
    chromium.kill_worker()
    assert set(map(json.dumps, states(tab).values())) == {json.dumps(SHOWN)}
    edge.open.set()
    read(tab, edge, REPLIES)


def test_an_update_in_firefox_goes_on_in_the_open_page(firefox: Firefox, edge: Recorder) -> None:
    firefox.show(thread(full=False))
    tab = firefox.open(PATH, size=SMALL)
    judged = read(tab, edge, FIRST)
    edge.clear()
    firefox.update_extension()
    tab.front()
    # Firefox starts the new script in the open page: it asks again, and the old one leaves nothing behind.
    wait_for_verdicts(edge, FIRST)
    wait_for_looks(tab, judged)

    def every_cover_has_its_reply() -> bool:
        covers = [look for look in states(tab).values() if look["cover"]]
        return bool(tab.evaluate("document.querySelectorAll('panah-line, panah-flag').length") == len(covers))

    # The new script is still judging what lies below: more covers may come between two looks.
    wait_until(every_cover_has_its_reply, "no cover is left behind")


def test_once_the_extension_is_gone_hidden_stays_hidden_and_says_so(
    playwright: Playwright, extension: Path, tmp_path: Path, edge: Recorder
) -> None:
    with running_chromium(playwright, extension, tmp_path) as chromium:
        set_up(chromium, edge.url)
        chromium.show(thread(full=False))
        tab = chromium.open(PATH, size=SMALL)
        judged = read(tab, edge, FIRST)
        line = next(line_of(reply) for reply in FIRST if judged[reply.id]["mark"] == "hidden")
        assert "Reload" not in tab.read(line)
        # This Chromium, started for one extension, does not start it anew: the page is left alone for good.
        chromium.open_extension("popup.html").evaluate("setTimeout(() => chrome.runtime.reload())")
        wait_until(lambda: "Reload" in tab.read(line), "the line asks for a reload")
        wait_for_looks(tab, judged)
        tab.press(line, "Show once")
        wait_until(lambda: "Hide again" in tab.read(line), "the old line still works")
