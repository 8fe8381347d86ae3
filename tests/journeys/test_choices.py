"""Each choice of the reader's does what it says, on the page itself."""

import pytest

from tests.harness.browser import Browser, Tab
from tests.harness.chromium import Chromium
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.harness.x_page import Cell, Post, Scene, conversation
from tests.journeys.conftest import set_up
from tests.journeys.reading import (
    SHOWN,
    article_of,
    hidden,
    line_of,
    read,
    states,
    wait_for_looks,
    wait_for_verdicts,
)
from tests.journeys.surfaces import stranger
from tests.journeys.thread import BLAME, FOCAL, PATH, QUOTED, QUOTING, REPLIES, VIEWER, thread

TALL = (1000, 9000)
HELD = {"mark": "held", "seen": False}

BLAMING = stranger("long_ladder", f"{BLAME} (the first)")
BENEATH = stranger("red_bucket", "What a good point, tell us more about it.", parent=BLAMING.id)
HERS = Post("1990000000000002000", FOCAL.handle, FOCAL.name, f"They said: {BLAME}. I believed it for years.")
KIND = stranger("warm_window", "I believe you. None of this was your fault.")
FRIEND = stranger("old_friend", f"{BLAME} (somebody the reader follows)", followed=True)
OTHER = stranger("long_ladder", f"{BLAME} (the same account again)")


def small_scene(**looks: object) -> Scene:
    """A disclosure with a reply to a reply, her own words, and somebody the reader follows; wired as X is."""
    cells = conversation(FOCAL, [HERS, KIND, FRIEND, OTHER])
    first = [
        Cell(post=BLAMING, part="reply", joined=True, line=False),
        Cell(post=BENEATH, part="reply"),
        Cell("separator", line=False),
    ]
    return Scene({FOCAL.id: [cells[0], *first, *cells[1:]]}, VIEWER, wired=True, **looks)  # type: ignore[arg-type]


def open_small(browser: Browser) -> Tab:
    browser.show(small_scene())
    return browser.open(PATH, size=TALL)


def storage(browser: Browser, script: str) -> None:
    """Runs a script on one of our own pages, where all that is stored can be reached."""
    tab = browser.open_extension("about.html")
    tab.evaluate(script)
    tab.close()


def test_her_own_words_and_those_of_accounts_i_follow_are_never_covered(browser: Browser, edge: Recorder) -> None:
    tab = open_small(browser)
    wait_for_verdicts(edge, [BLAMING, OTHER, KIND])
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), HERS.id: SHOWN, FRIEND.id: SHOWN, KIND.id: SHOWN})
    assert not {HERS.text, FRIEND.text} & set(edge.texts)


def test_leaving_out_leaves_nothing_in_the_place_of_a_reply(chromium: Chromium, edge: Recorder) -> None:
    set_up(chromium, edge.url, presentation="out")
    chromium.show(small_scene())
    tab = chromium.open(PATH, size=TALL)
    out = {**hidden(BLAMING), "cover": "", "about": ""}
    wait_for_looks(tab, {BLAMING.id: out, KIND.id: SHOWN})
    assert tab.evaluate("document.querySelector('panah-line') === null")


def test_what_answers_a_hidden_reply_is_folded_only_if_asked_for(browser: Browser, edge: Recorder) -> None:
    tab = open_small(browser)
    wait_for_verdicts(edge, [BLAMING, BENEATH])
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), BENEATH.id: SHOWN})
    set_up(browser, edge.url, foldBeneath=True)
    tab.front()
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), BENEATH.id: hidden(BENEATH), KIND.id: SHOWN})
    # It follows the reply it answers.
    tab.press(line_of(BLAMING), "Show once")
    wait_for_looks(tab, {BENEATH.id: SHOWN})
    tab.press(line_of(BLAMING), "Hide again")
    wait_for_looks(tab, {BENEATH.id: hidden(BENEATH)})


def test_replies_are_held_back_until_they_are_checked(browser: Browser, edge: Recorder) -> None:
    set_up(browser, edge.url, holdBack=True)
    edge.open.clear()
    tab = open_small(browser)
    wait_until(lambda: edge.arrived >= 1, "the replies were sent")
    edge.open.set()
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), KIND.id: SHOWN, HERS.id: SHOWN})


def test_a_server_that_thinks_too_long_holds_nothing_back(browser: Browser, edge: Recorder) -> None:
    set_up(browser, edge.url, holdBack=True)
    edge.open.clear()
    browser.show(small_scene())
    tab = browser.open("/home", size=TALL)
    tab.evaluate(
        """(() => {
            window.marks = [];
            new MutationObserver(() => {
                for (const article of document.querySelectorAll('article[data-panah=held]'))
                    if (!marks.includes(article)) marks.push(article);
            }).observe(document, {subtree: true, childList: true, attributes: true});
        })()"""
    )
    tab.evaluate(f"go('{PATH}')")
    tab.wait_for("marks.length > 0", "replies are held back")
    assert states(tab)[HERS.id]["seen"]
    wait_for_looks(tab, {BLAMING.id: SHOWN, KIND.id: SHOWN})  # after 1.5 s, still without an answer
    edge.open.set()
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), KIND.id: SHOWN})


def test_not_harmful_shows_it_here_and_from_now_on(browser: Browser, edge: Recorder) -> None:
    tab = open_small(browser)
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING)})
    tab.press(line_of(BLAMING), "More")
    tab.press(line_of(BLAMING), "Not harmful")
    wait_for_looks(tab, {BLAMING.id: SHOWN, OTHER.id: hidden(OTHER)})
    tab.close()
    edge.clear()
    tab = open_small(browser)
    wait_for_looks(tab, {BLAMING.id: SHOWN, OTHER.id: hidden(OTHER)})
    assert BLAMING.text not in edge.texts


def test_an_account_that_is_always_shown_is_shown_everywhere(browser: Browser, edge: Recorder) -> None:
    tab = open_small(browser)
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING), OTHER.id: hidden(OTHER)})
    tab.press(line_of(BLAMING), "More")
    tab.press(line_of(BLAMING), "Always show this account")
    wait_for_looks(tab, {BLAMING.id: SHOWN, OTHER.id: SHOWN})


def test_a_pause_shows_everything_and_sends_nothing(browser: Browser, edge: Recorder) -> None:
    tab = open_small(browser)
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING)})
    storage(browser, "chrome.storage.local.set({pausedUntil: Date.now() + 3600000})")
    tab.front()
    wait_for_looks(tab, {BLAMING.id: SHOWN, OTHER.id: SHOWN})
    edge.clear()
    tab.close()
    tab = open_small(browser)
    wait_for_looks(tab, {BLAMING.id: SHOWN})
    assert edge.texts == []
    storage(browser, "chrome.storage.local.set({pausedUntil: 0})")
    tab.front()
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING)})


def test_one_conversation_can_be_paused_alone(browser: Browser, edge: Recorder) -> None:
    tab = open_small(browser)
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING)})
    storage(browser, f"chrome.storage.session.set({{pausedThreads: ['{FOCAL.id}']}})")
    tab.front()
    wait_for_looks(tab, {BLAMING.id: SHOWN})
    tab.close()
    tab = open_small(browser)
    wait_for_looks(tab, {BLAMING.id: SHOWN})


def test_of_a_kind_reply_that_quotes_a_cruel_one_only_the_quote_is_hidden(
    chromium: Chromium, edge: Recorder
) -> None:
    chromium.show(thread())
    tab = chromium.open(PATH, size=TALL)
    wait_for_verdicts(edge, [QUOTING, QUOTED])
    quote = f"document.querySelector('{article_of(QUOTING)} .quote')"
    tab.wait_for(f"{quote}.dataset.panah === 'hidden' && !{quote}.checkVisibility()", "the quote is hidden")
    assert states(tab)[QUOTING.id]["seen"]
    offered = "\n".join(tab.accessible_texts())
    assert QUOTED.text not in offered
    assert QUOTING.text in offered
    tab.press(f'panah-line[data-status-id="{QUOTING.id}#quote"]', "Show once")
    tab.wait_for(f"{quote}.checkVisibility()", "the quote is shown")


def test_shift_three_times_leaves_x_if_it_was_chosen(chromium: Chromium, edge: Recorder) -> None:
    set_up(chromium, edge.url, exitKey=True)
    tab = open_small(chromium)
    wait_for_looks(tab, {BLAMING.id: hidden(BLAMING)})
    with tab.page.expect_request("https://www.google.com/**"):  # type: ignore[attr-defined]
        for _ in range(3):
            tab.page.keyboard.press("Shift")  # type: ignore[attr-defined]


@pytest.mark.parametrize("categories", [{"blame": "off"}, {}])
def test_a_kind_of_reply_can_be_left_alone(browser: Browser, edge: Recorder, categories: dict[str, str]) -> None:
    only = stranger("blue_pencil", REPLIES[1].text)
    browser.show(Scene({FOCAL.id: conversation(FOCAL, [only])}, VIEWER))
    set_up(browser, edge.url, levels=categories)
    tab = browser.open(PATH, size=TALL)
    looks = read(tab, edge, [only])
    verdict = edge.verdicts[only.text]
    assert (verdict["reason"] == "blame") is (not categories)
    assert (looks[only.id] == hidden(only)) is (not categories)
