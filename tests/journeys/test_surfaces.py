"""Replies are judged wherever they are met, and what answers nobody is left alone and never sent."""

import pytest

from tests.harness.browser import Browser
from tests.harness.chromium import Chromium
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.journeys.reading import SHOWN, flagged, hidden, wait_for_looks, wait_for_verdicts
from tests.journeys.surfaces import ALONE, JUDGED, OWN_POST, PROMOTED, QUOTES_HER, surfaces
from tests.journeys.thread import FOCAL, PATH, REPLIES


@pytest.mark.parametrize("path", JUDGED)
def test_answers_are_hidden_in_every_timeline(chromium: Chromium, edge: Recorder, path: str) -> None:
    chromium.show(surfaces())
    tab = chromium.open(path)
    wait_for_looks(tab, {post.id: hidden(post) for post in JUDGED[path]})
    assert not {ALONE.text, OWN_POST.text, PROMOTED.text} & set(edge.texts)


def test_at_home_a_post_that_quotes_a_disclosure_is_flagged_only(browser: Browser, edge: Recorder) -> None:
    browser.show(surfaces())
    tab = browser.open("/home")
    wait_for_verdicts(edge, [QUOTES_HER])
    wait_for_looks(tab, {QUOTES_HER.id: flagged(QUOTES_HER), ALONE.id: SHOWN, OWN_POST.id: SHOWN})
    contexts = {reply["text"]: reply.get("context", "") for request in edge.seen for reply in request.replies}
    assert contexts[QUOTES_HER.text].split() == FOCAL.text.split()
    assert contexts[JUDGED["/home"][0].text] == OWN_POST.text


def test_messages_are_never_read(chromium: Chromium, edge: Recorder) -> None:
    chromium.show(surfaces())
    tab = chromium.open("/messages/1-2")
    tab.wait_for("document.querySelector('article')", "the page stands")
    tab.page.wait_for_timeout(4000)  # longer than the wait for who is signed in
    assert edge.texts == []


def test_a_photo_over_a_conversation_hides_the_replies_beside_it_too(browser: Browser, edge: Recorder) -> None:
    browser.show(surfaces())
    tab = browser.open(PATH, size=(1000, 3000))
    wait_for_verdicts(edge, REPLIES[:2])
    tab.evaluate(f"go('{PATH}/photo/1')")
    looks = """[...document.querySelectorAll('[role=dialog] article[data-testid=tweet]')]
        .map(one => [one.closest('[data-testid=cellInnerDiv]').item.post.id, one.dataset.panah ?? ''])"""
    wanted = {"hide": "hidden", "flag": "flagged", "show": ""}
    verdicts = edge.verdicts
    expected = [[FOCAL.id, ""], *([reply.id, wanted[verdicts[reply.text]["action"]]] for reply in REPLIES[:2])]
    wait_until(lambda: tab.evaluate(looks) == expected, "the photo's replies look alike")
