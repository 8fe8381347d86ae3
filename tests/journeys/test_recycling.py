"""X shows a few cells of a long thread and uses them again: a cover must never stay on somebody else's words."""

from typing import Any

import pytest

from tests.harness.browser import Browser, Tab
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.harness.x_page import Post
from tests.journeys.reading import read, states, wait_for_looks, wait_for_verdicts
from tests.journeys.thread import PATH, REPLIES, long_thread

LONG = [
    Post(str(1989000000000001001 + number * 3), f"{reply.handle}_{number}", reply.name, reply.text, reply.lang)
    for number in range(300)
    for reply in [REPLIES[number % len(REPLIES)]]
]
NEXT_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
# Covers that stand before no article, or before that of another post.
ASTRAY = """[...document.querySelectorAll('panah-line, panah-flag')].filter(cover =>
    cover.nextElementSibling?.closest('[data-testid=cellInnerDiv]').item.post?.id !== cover.dataset.statusId
).map(cover => cover.dataset.statusId)"""


def assert_nothing_is_stale(tab: Tab, edge: Recorder) -> None:
    texts = {post.id: post.text for post in LONG}
    assert tab.evaluate(ASTRAY) == []
    found = states(tab)
    verdicts = edge.verdicts  # Read after the page: they come first.
    for post_id, state in found.items():
        if state["mark"] or state["cover"]:
            assert state["about"] == post_id
            assert verdicts[texts[post_id]]["action"] != "show", texts[post_id]
        assert state["seen"] or state["mark"] == "hidden"


def test_scrolling_through_three_hundred_replies_leaves_no_stale_line(browser: Browser, edge: Recorder) -> None:
    browser.show(long_thread(LONG))
    tab = browser.open(PATH, size=(1000, 900))
    read(tab, edge, LONG[:4])
    seen: set[str] = set()
    lines = 0
    while not tab.evaluate("scrollY >= document.documentElement.scrollHeight - innerHeight - 1"):
        tab.evaluate("scrollBy(0, 1100)")
        tab.evaluate(NEXT_FRAMES)
        assert_nothing_is_stale(tab, edge)
        found = states(tab)
        seen |= found.keys()
        lines += sum(state["mark"] == "hidden" for state in found.values())
    assert {post.id for post in LONG} <= seen
    assert lines > 20  # Lines did come on the way, so there was something to leave behind.
    read(tab, edge, LONG[-3:])
    tab.evaluate("scrollTo(0, 0)")
    read(tab, edge, LONG[:4])
    assert_nothing_is_stale(tab, edge)


def test_hiding_above_the_screen_does_not_move_what_is_read(browser: Browser, edge: Recorder) -> None:
    edge.open.clear()
    browser.show(long_thread(LONG))
    tab = browser.open(PATH, size=(1000, 700))
    tab.wait_for("document.querySelectorAll('article').length > 5", "the replies are there")
    tab.evaluate("scrollTo(0, 2600)")
    tab.evaluate(NEXT_FRAMES)
    where = """Object.fromEntries([...document.querySelectorAll('[data-testid=cellInnerDiv]')]
        .filter(cell => cell.item.post).map(cell => [cell.item.post.id, cell.getBoundingClientRect().top]))"""
    before: dict[str, float] = tab.evaluate(where)
    edge.open.set()
    kind = next(post for post in LONG if 60 < before.get(post.id, 0) < 400)
    above = [post for post in LONG if before.get(post.id, 0) < -200]
    assert above
    wait_for_verdicts(edge, [*above, kind])
    # A label above the screen would push down what is read: it waits until its reply comes into view.
    above = [post for post in above if edge.verdicts[post.text]["action"] != "flag"]
    looks = read(tab, edge, [*above, kind])
    assert any(look["mark"] == "hidden" for look in looks.values())
    tab.evaluate(NEXT_FRAMES)
    after: dict[str, Any] = tab.evaluate(where)
    assert after[kind.id] == pytest.approx(before[kind.id], abs=2)
    # Once the reader goes on, the room above is given back without a jump either.
    wait_until(lambda: tab.evaluate(ASTRAY) == [], "no cover is astray")
    wait_for_looks(tab, looks)
