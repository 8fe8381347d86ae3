"""What X loads anyway tells whole texts and who answers whom; without it the page's own marks serve."""

import pytest

from tests.harness.browser import Browser, Tab
from tests.harness.recorder import Recorder
from tests.harness.x_page import Cell, Scene, conversation
from tests.journeys.conftest import set_up
from tests.journeys.reading import SHOWN, flagged, hidden, wait_for_looks, wait_for_verdicts
from tests.journeys.surfaces import stranger
from tests.journeys.thread import BLAME, FOCAL, LONG, PATH, VIEWER

TALL = (1000, 9000)
KIND = stranger("tin_whistle", "I was there that evening, and it was just as she says.")
TO_KIND = stranger("iron_gate", f"{BLAME} (an answer to somebody else)", parent=KIND.id)
TRANSLATED = stranger(
    "blue_marble",
    f"{BLAME} (a translation)",
    lang="ur",
    original="یہ سب تمہاری اپنی غلطی ہے، تم وہاں گئیں ہی کیوں؟",
)
SCENE = Scene(
    {
        FOCAL.id: [
            *conversation(FOCAL, [KIND, LONG, TRANSLATED]),
            Cell(post=TO_KIND, part="reply"),
        ]
    },
    VIEWER,
    wired=True,
)


def open_scene(browser: Browser) -> Tab:
    browser.show(SCENE)
    return browser.open(PATH, size=TALL)


def contexts(edge: Recorder) -> dict[str, str | None]:
    return {reply["text"]: reply.get("context") for request in edge.seen for reply in request.replies}


def test_whole_texts_originals_and_parents_are_judged(browser: Browser, edge: Recorder) -> None:
    tab = open_scene(browser)
    whole = LONG.text + LONG.rest
    wait_for_verdicts(edge, [KIND, TO_KIND])
    wait_for_looks(tab, {TO_KIND.id: hidden(TO_KIND)})
    tab.wait_for("document.querySelector('panah-line') !== null", "a reply is hidden")
    asked = contexts(edge)
    assert whole in asked
    assert TRANSLATED.original in asked
    assert TRANSLATED.text not in asked
    assert asked[TO_KIND.text] == KIND.text
    assert asked[KIND.text].split() == FOCAL.text.split()  # type: ignore[union-attr]


def test_without_it_a_translation_is_flagged_at_most(browser: Browser, edge: Recorder) -> None:
    set_up(browser, edge.url, tap=False)
    tab = open_scene(browser)
    wait_for_verdicts(edge, [TRANSLATED, TO_KIND])
    wait_for_looks(tab, {TRANSLATED.id: flagged(TRANSLATED), KIND.id: SHOWN})
    asked = contexts(edge)
    assert LONG.text + LONG.rest not in asked
    assert asked[TO_KIND.text].split() == FOCAL.text.split()  # type: ignore[union-attr]


@pytest.mark.parametrize("is_on", [True, False])
def test_the_page_gets_its_own_data_untouched(browser: Browser, edge: Recorder, is_on: bool) -> None:
    set_up(browser, edge.url, tap=is_on)
    tab = open_scene(browser)
    tab.wait_for("window.loaded > 0", "the page has its data")
    path = f"/i/api/graphql/made-up/TweetDetail?path={PATH}"
    assert tab.evaluate("loaded") == len(SCENE.graphql(path))
