"""A small thread with three replies that are hidden, and our own pages beside it."""

import json
from typing import Any

from tests.harness.browser import Browser, Tab
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.harness.x_page import Post, Scene, conversation
from tests.journeys.reading import SHOWN, hidden, line_of, wait_for_looks, wait_for_verdicts
from tests.journeys.surfaces import stranger
from tests.journeys.thread import BLAME, FOCAL, PATH, REPLIES, VIEWER

TALL = (1000, 9000)

FIRST = stranger("long_ladder", f"{BLAME} (the first)")
SECOND = stranger("long_ladder", f"{BLAME} (the same account again)")
THIRD = stranger("tin_whistle", f"@{FOCAL.handle} {BLAME} (somebody else), see https://example.org/why")
KIND = REPLIES[0]
COVERED = [FIRST, SECOND, THIRD]
ALL = {KIND.id: SHOWN} | {post.id: hidden(post) for post in COVERED}


def small_scene(**looks: Any) -> Scene:
    return Scene({FOCAL.id: conversation(FOCAL, [KIND, *COVERED])}, VIEWER, **looks)


def open_judged(browser: Browser, edge: Recorder) -> Tab:
    """A tab on the small thread once it looks as judged."""
    browser.show(small_scene())
    tab = browser.open(PATH, size=TALL)
    wait_for_verdicts(edge, [KIND, FIRST, SECOND])
    wait_for_looks(tab, ALL)
    return tab


def open_more(tab: Tab, post: Post) -> None:
    """Unfolds what is under "More" in a hidden reply's line, or folds it away."""
    tab.press(line_of(post), "More")
    # What lies below moves with it: a click before it is painted could meet something else, in Firefox.
    tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")


def save(tab: Tab, post: Post) -> None:
    """Saves a hidden reply as evidence from its line."""
    tab.front()
    open_more(tab, post)
    tab.press(line_of(post), "Save as evidence")
    wait_until(lambda: "Saved" in tab.read(line_of(post)), "the line says that it is saved")
    open_more(tab, post)


def find_tab(browser: Browser) -> int:
    """The browser's number of the one tab in which our part of a page of the site answers."""
    page = browser.open_extension("about.html")
    found: int = page.evaluate(
        """(async () => {
            for (const {id} of await chrome.tabs.query({})) {
                const report = await chrome.tabs.sendMessage(id, {kind: 'page'}).catch(() => undefined);
                if (report?.covered) return id;
            }
        })()"""
    )
    page.close()
    return found


def open_popup(browser: Browser, *, beside: int | None = None) -> Tab:
    """The popup once it knows of the server; `beside` is the tab that it is about."""
    popup = browser.open_extension("popup.html" if beside is None else f"popup.html?tab={beside}")
    # What the server said moves all that stands below it: a click before that could miss.
    popup.wait_for("/^(?!Looking)./.test(document.querySelector('#status').textContent)", "the server was asked")
    if beside is not None:
        popup.wait_for(
            "document.querySelector('#covered-list li, #here:not(:empty)') !== null", "the page was asked"
        )
    return popup


def open_hidden(browser: Browser, tab: int) -> Tab:
    """The list of what is hidden in the tab of that number."""
    page = browser.open_extension(f"hidden.html?tab={tab}")
    page.wait_for("document.querySelectorAll('#list > li').length === 3", "the page was asked")
    return page


def said(tab: Tab, selector: str) -> str:
    """The text of the one element that matches, as far as it is shown."""
    text: str = tab.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")
    return text


def wait_for_text(tab: Tab, selector: str, words: str) -> None:
    """Until the element that matches says these words."""
    text = f"document.querySelector({json.dumps(selector)}).textContent"
    try:
        tab.wait_for(f"{text}.includes({json.dumps(words)})", f"{selector} says {words!r}")
    except TimeoutError as cause:
        raise AssertionError(f"{selector} says {tab.evaluate(text)!r}, not {words!r}") from cause


def choose(tab: Tab, selector: str, value: str) -> None:
    """Chooses from a list."""
    tab.evaluate(
        f"""(() => {{
            const list = document.querySelector({json.dumps(selector)});
            list.value = {json.dumps(value)};
            list.dispatchEvent(new Event('change', {{bubbles: true}}));
        }})()"""
    )


def stored(browser: Browser) -> dict[str, Any]:
    """All that the extension has stored, by the name of the place."""
    page = browser.open_extension("about.html")
    found: dict[str, Any] = page.evaluate(
        """(async () => ({
            sync: await chrome.storage.sync.get(null),
            local: await chrome.storage.local.get(null),
            session: await chrome.storage.session.get(null),
            databases: (await indexedDB.databases()).map(({name}) => name),
        }))()"""
    )
    page.close()
    return found


def full(tab: Tab, area: str) -> None:
    """From now on this page meets a storage that has no room left."""
    tab.evaluate(
        f"void (chrome.storage.{area}.set = () => Promise.reject(new Error('QUOTA_BYTES quota exceeded')))"
    )


def words_of(post: Post) -> str:
    """Words in a post's text that no other has."""
    return "(" + post.text.partition("(")[2].partition(")")[0] + ")"


def before_link(post: Post) -> str:
    """A post's text as far as X does not shorten it."""
    return post.text.partition("https:")[0]
