"""A friend looks through what was hidden, from file to file, and their answers take effect on the page of X."""

import json
from pathlib import Path

import pytest

from tests.harness.browser import Browser, Tab
from tests.harness.recorder import Recorder
from tests.journeys.pages import (
    ALL,
    COVERED,
    FIRST,
    THIRD,
    before_link,
    find_tab,
    full,
    open_hidden,
    open_judged,
    said,
    stored,
    wait_for_text,
    words_of,
)
from tests.journeys.reading import SHOWN, wait_for_looks
from tests.journeys.thread import FOCAL, VIEWER

pytestmark = pytest.mark.usefixtures("nothing_leaks")


def export(browser: Browser) -> Path:
    """The file for a friend with all that is hidden."""
    page = open_hidden(browser, find_tab(browser))
    page.click("#friend")
    wait_for_text(page, "#friend-note", "Choose at least one")
    page.click("#select-all")
    file = page.download("#friend")
    page.close()
    return file


def answer(page: Tab, file: Path, *judgements: str) -> Path:
    """The file with a friend's answers to the replies, one by one."""
    page.give("#friend-file", file)
    page.wait_for("!document.querySelector('#warning').hidden", "the warning comes first")
    assert not any(words_of(post) in said(page, "body") for post in COVERED)
    page.click("#start")
    for number, judgement in enumerate(judgements, 1):
        wait_for_text(page, "#progress", f"Reply {number} of {len(judgements)}")
        page.click(f"input[value={judgement}]")
        page.click("#next")
    page.wait_for("!document.querySelector('#end').hidden", "that was the last one")
    return page.download("#make-answers")


def test_from_the_hidden_replies_to_a_friend_and_back(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    file = export(browser)
    given = json.loads(file.read_text("utf-8"))
    assert all(
        reply["text"].startswith(before_link(post)) for reply, post in zip(given["replies"], COVERED, strict=True)
    )
    assert given["focalUrl"].endswith(FOCAL.id)
    assert VIEWER.handle not in file.read_text("utf-8")
    assert "panah" not in file.name

    page = browser.open_extension("review.html")
    answers = answer(page, file, "fine", "hurtful", "keep")
    returned = answers.read_text("utf-8")
    # The answers hold no words, and nobody's name.
    assert [label["label"] for label in json.loads(returned)["labels"]] == ["fine", "hurtful", "keep"]
    assert not any(words_of(post) in returned or post.handle in returned for post in COVERED)

    page.give("#back-file", answers)
    wait_for_text(page, "#counts", "1 reply is harmless")
    assert stored(browser)["local"].get("marks") is None  # It only takes effect when she says so.
    page.front()
    page.click("#apply")
    wait_for_text(page, "#applied", "Done")
    tab.front()
    wait_for_looks(tab, {**ALL, FIRST.id: SHOWN})
    assert FIRST.text not in json.dumps(stored(browser), ensure_ascii=False)

    # What is worth keeping is kept without being read.
    page.front()
    page.give("#keep-file", file)
    wait_for_text(page, "#kept", "1 reply is saved")
    evidence = browser.open_extension("evidence.html")
    wait_for_text(evidence, "#list", f"@{THIRD.handle}")
    evidence.close()

    page.front()
    page.click("#undo")
    wait_for_text(page, "#applied", "as it was before")
    tab.front()
    wait_for_looks(tab, ALL)


def test_answers_that_cannot_be_kept_change_nothing(browser: Browser, edge: Recorder) -> None:
    tab = open_judged(browser, edge)
    page = browser.open_extension("review.html")
    answers = answer(page, export(browser), "fine", "fine", "fine")
    page.front()
    page.give("#back-file", answers)
    wait_for_text(page, "#counts", "3 replies are harmless")
    full(page, "local")
    page.click("#apply")
    wait_for_text(page, "#applied", "could")
    tab.front()
    wait_for_looks(tab, ALL)


def test_files_for_another_purpose_are_told_apart(browser: Browser, edge: Recorder, tmp_path: Path) -> None:
    foreign, broken = tmp_path / "foreign.json", tmp_path / "broken.json"
    foreign.write_text('{"kind": "something"}')
    broken.write_text("{")
    page = browser.open_extension("review.html")
    for file, told in ((foreign, "did not make this file"), (broken, "could not be read")):
        for field, note in (("#friend-file", "#friend-note"), ("#back-file", "#back-note")):
            page.give(field, file)
            wait_for_text(page, note, told)
