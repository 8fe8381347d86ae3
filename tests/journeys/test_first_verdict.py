"""From the moment replies stand in the page to the first one hidden: stage by stage, in Chromium."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.harness.browser import Tab
from tests.harness.chromium import Chromium, running_chromium
from tests.harness.marks import read_course, wait_for_course, watch_pages, with_marks
from tests.harness.processes import wait_until
from tests.harness.recorder import RETRY_AFTER, Recorder
from tests.journeys.conftest import set_up
from tests.journeys.reading import hidden, wait_for_looks
from tests.journeys.thread import BLAME, PATH, REPLIES, long_thread

SIZE = (1000, 2500)
CLOCK = 5  # milliseconds by which two clocks of a browser may differ
FIRST = 4  # replies of the first request
THREAD = [
    replace(
        REPLIES[0],
        id=str(1_989_000_000_000_020_001 + number),
        handle=f"reader_{number}",
        text=f"{BLAME} ({number})" if number % 2 == 0 else f"We believe you. Thank you for writing this, {number}.",
    )
    for number in range(20)
]
IDS = {post.id for post in THREAD}
BLAMING = [post for post in THREAD if post.text.startswith(BLAME)]


@pytest.fixture(scope="module")
def marked_chromium(
    playwright: Playwright, extension: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chromium]:
    folder = tmp_path_factory.mktemp("marked")
    with running_chromium(playwright, with_marks(extension, folder / "dist"), folder / "profile") as chromium:
        watch_pages(chromium.context)
        yield chromium


@pytest.fixture
def noting(marked_chromium: Chromium, edge: Recorder) -> Iterator[Chromium]:
    """Chromium that notes stages, as after installing; its worker is stopped and has judged nothing."""
    set_up(marked_chromium, edge.url)
    marked_chromium.kill_worker()
    yield marked_chromium
    marked_chromium.close_tabs()


def open_thread(chromium: Chromium) -> tuple[Tab, Tab]:
    """A tab on the thread, and a page of the extension's own to ask for notes."""
    chromium.show(long_thread(THREAD))
    tab = chromium.open(PATH, size=SIZE)
    notes = chromium.open_extension("about.html")
    tab.front()
    return tab, notes


def test_a_stopped_worker_asks_and_the_first_blame_is_hidden_stage_by_stage(noting: Chromium) -> None:
    tab, notes = open_thread(noting)
    wait_for_looks(tab, {post.id: hidden(post) for post in BLAMING})
    course = wait_for_course(tab, notes, IDS, since=0)
    stages = [
        min(course.shown.values()),
        *(course.first(stage) for stage in ("asked", "sent", "answered", "told")),
        min(course.hidden.values()),
    ]
    assert stages == sorted(stages)
    assert course.hidden.keys() == {post.id for post in BLAMING}
    assert sum(course.replies("sent")) == len(THREAD)


def test_the_first_verdicts_do_not_wait_for_the_last(noting: Chromium, edge: Recorder) -> None:
    edge.only_later = True
    edge.open.clear()
    tab, notes = open_thread(noting)
    wait_until(lambda: read_course(tab, notes, IDS, since=0).replies("told"), "the page was told of the first")
    edge.open.set()
    course = wait_for_course(tab, notes, IDS, since=0)
    sizes = course.replies("sent")
    assert sizes[0] <= FIRST
    assert course.first("told") < course.last("answered")
    # What is asked together travels together: by far fewer messages than replies.
    assert len(course.replies("asked")) <= 2 * len(sizes) + 2


def test_the_same_thread_again_is_judged_without_the_server(noting: Chromium, edge: Recorder) -> None:
    tab, notes = open_thread(noting)
    course = wait_for_course(tab, notes, IDS, since=0)
    wait_for_looks(tab, {post.id: hidden(post) for post in BLAMING})
    edge.clear()
    again = noting.open(PATH, size=SIZE)
    wait_for_looks(again, {post.id: hidden(post) for post in BLAMING})
    second = read_course(again, notes, IDS, since=course.last("told") + 0.001)
    assert second.replies("sent") == []
    assert edge.texts == []
    assert min(second.shown.values()) <= second.first("told") <= min(second.hidden.values())


def test_a_busy_server_is_waited_for_as_long_as_it_says_and_hides_nothing_meanwhile(
    noting: Chromium, edge: Recorder
) -> None:
    edge.refusals = 2  # as many as may be on their way
    tab, notes = open_thread(noting)
    course = wait_for_course(tab, notes, IDS, since=0)
    assert len(course.replies("refused")) == 2
    assert course.first("answered") - course.first("refused") >= 1000 * RETRY_AFTER - CLOCK
    wait_for_looks(tab, {post.id: hidden(post) for post in BLAMING})
    hidden_at = read_course(tab, notes, IDS, since=0).hidden.values()
    assert min(hidden_at) >= course.first("answered")
