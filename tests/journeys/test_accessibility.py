"""Hidden words are hidden from assistive technology too, and the keyboard is enough."""

import pytest

from tests.harness.chromium import Chromium, ChromiumTab
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.journeys.conftest import set_up
from tests.journeys.reading import SHOWN, article_of, line_of, read, states
from tests.journeys.test_choices import BENEATH, BLAMING, HERS, small_scene
from tests.journeys.thread import PATH, REPLIES, thread


def open_thread(chromium: Chromium, edge: Recorder) -> tuple[ChromiumTab, dict[str, bool]]:
    """A tab on the judged thread, and whether each reply is to be seen, by status id."""
    chromium.show(thread())
    tab = chromium.open(PATH, size=(1000, 9000))
    looks = read(tab, edge, REPLIES)
    return tab, {post_id: look["seen"] for post_id, look in looks.items()}


def test_hidden_words_are_in_no_accessible_name(chromium: Chromium, edge: Recorder) -> None:
    tab, seen = open_thread(chromium, edge)
    offered = "\n".join(tab.accessible_texts())
    for reply in REPLIES:
        words = " ".join(reply.text.split()[:5])
        assert (words in offered) is seen[reply.id], reply.text


@pytest.mark.parametrize(
    ("settings", "is_answered"),
    [({"presentation": "out"}, True), ({"foldBeneath": True}, True), ({"holdBack": True}, False)],
)
def test_nor_are_they_when_left_out_folded_or_held_back(
    chromium: Chromium, edge: Recorder, settings: dict[str, str | bool], is_answered: bool
) -> None:
    set_up(chromium, edge.url, **settings)
    if not is_answered:
        edge.open.clear()
    chromium.show(small_scene())
    tab = chromium.open(PATH, size=(1000, 3000))
    covered = [BLAMING, BENEATH] if "foldBeneath" in settings else [BLAMING]
    mark = "hidden" if is_answered else "held"

    def is_covered() -> bool:
        found = states(tab)
        return all(found.get(post.id, SHOWN)["mark"] == mark for post in covered)

    def offered_while_covered() -> str | None:
        # Looked at before and afterwards: what is held back is so for a second and a half only.
        before = is_covered()
        offered = "\n".join(tab.accessible_texts())
        return offered if before and is_covered() else None

    offered = wait_until(offered_while_covered, "the replies are covered")
    assert not [post.text for post in covered if post.text in offered]
    assert HERS.text in offered


def test_a_line_is_a_named_group_with_three_buttons(chromium: Chromium, edge: Recorder) -> None:
    tab, seen = open_thread(chromium, edge)
    hidden = [reply for reply in REPLIES if not seen[reply.id]]
    for reply in (hidden[0], hidden[-1]):
        parts = tab.parts(line_of(reply))
        assert [name for role, name in parts if role == "group"] == ["Reply hidden"]
        assert [name for role, name in parts if role == "button"] == ["Show once", "Why?", "More"]


def test_the_keyboard_shows_hides_and_explains(chromium: Chromium, edge: Recorder) -> None:
    tab, seen = open_thread(chromium, edge)
    position = next(n for n, reply in enumerate(REPLIES) if not seen[reply.id])
    before, reply = REPLIES[position - 1], REPLIES[position]
    tab.page.focus(article_of(before))
    for _ in range(20):
        tab.page.keyboard.press("Tab")
        if tab.focused() == "Show once":
            break
    assert tab.focused() == "Show once"
    visible = f"document.querySelector('{article_of(reply)}').checkVisibility()"
    tab.page.keyboard.press("Enter")
    tab.wait_for(visible, "the reply is shown")
    assert tab.focused() == "Hide again"  # The way back lies under the same key.
    tab.page.keyboard.press("Enter")
    tab.wait_for(f"!{visible}", "the reply is hidden")
    assert tab.focused() == "Show once"
    tab.page.keyboard.press("Tab")
    assert tab.focused() == "Why?"
    height = f"document.querySelector('{line_of(reply)}').offsetHeight"
    folded = tab.evaluate(height)
    tab.page.keyboard.press("Space")
    tab.wait_for(f"{height} > {folded}", "the explanation opens")
    tab.page.keyboard.press("Space")
    tab.wait_for(f"{height} == {folded}", "the explanation closes")
