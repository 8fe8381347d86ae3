"""Labelling what readers gave: by one person at a time, as often as needed, and gone when it is taken back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from panah.accounts.tables import AccountEvent
from panah.feedback import service
from panah.feedback.export import export
from panah.feedback.service import (
    Agreement,
    BadLabel,
    FeedbackConflict,
    FeedbackNotFound,
    Which,
    model_was_right,
)
from panah.scoring.text import MAX_CHARACTERS
from tests.server.feedback.conftest import MISSED, POST, TEXT, Box, Clock, both_databases


@both_databases
def test_the_queue_is_by_day_and_holds_only_what_has_a_text(box: Box, clock: Clock) -> None:
    old = box.row_of(box.tell())
    box.tell(text=None)
    clock.on(days=1)
    new = box.row_of(box.tell(**MISSED | {"language": "ur"}))
    with box.turn() as turn:
        session, today = turn.session, turn.now.date()
        first = service.waiting(session, Which(), today, limit=1)
        assert [row.id for row in first.rows] == [old.id]
        second = service.waiting(session, Which(), today, after=first.next, limit=1)
        assert ([row.id for row in second.rows], second.next) == ([new.id], "")
        missed = service.waiting(session, Which(kind="missed", language="ur"), today)
        assert [row.id for row in missed.rows] == [new.id]
        assert service.waiting(session, Which(label="threat"), today).rows == []
        assert sum(one.rows for one in service.counts(session, today)) == 3


@both_databases
def test_what_is_done_comes_newest_first_page_by_page(box: Box, clock: Clock) -> None:
    me, found = box.member(), []
    for _ in range(3):
        found.append(box.label(me, box.row_of(box.tell())).id)
        clock.on(days=1)
    with box.turn() as turn:
        first = service.done(turn.session, clock.now.date(), limit=2)
        rest = service.done(turn.session, clock.now.date(), limit=2, after=first.next)
    assert [row.id for row in first.rows + rest.rows] == found[::-1]
    assert rest.next == ""


@both_databases
def test_a_label_is_kept_in_the_order_of_the_guide_and_recorded_without_words(box: Box, clock: Clock) -> None:
    me = box.member()
    row = box.label(me, box.row_of(box.tell()), "threat", "blame")
    assert (row.state, row.labels, row.labelled_by, row.labelled_on) == (
        "labelled",
        ["blame", "threat"],
        me,
        clock.now.date(),
    )
    with Session(box.engine) as session:
        (event,) = session.exec(select(AccountEvent).where(AccountEvent.kind == "feedback_labelled"))
    assert event.body == {"by": str(me), "feedback": str(row.id)}


@pytest.mark.parametrize(
    ("acts", "none"), [((), False), (("blame",), True), (("rude",), False), (("hostile",), False)]
)
def test_a_label_says_some_acts_or_that_it_is_none(box: Box, acts: tuple[str, ...], none: bool) -> None:
    me, row = box.member(), box.row_of(box.tell())
    with pytest.raises(BadLabel), box.turn() as turn:
        service.label(turn, me, row.id, acts, none=none, was="waiting")
    assert [one.state for one in box.rows()] == ["waiting"]


def test_what_has_no_text_cannot_be_labelled(box: Box) -> None:
    me, row = box.member(), box.row_of(box.tell(text=None))
    for unknown in (row.id, uuid4()):
        with pytest.raises(FeedbackNotFound), box.turn() as turn:
            service.label(turn, me, unknown, (), none=True, was="waiting")


@both_databases
def test_of_two_who_label_at_once_one_is_told(box: Box) -> None:
    row = box.row_of(box.tell())
    both = [box.member("Sana"), box.member("Zara")]
    together = Barrier(2)

    def say(member_id: UUID, act: str) -> str:
        together.wait()
        try:
            return box.label(member_id, row, act).labels[0]  # type: ignore[index]
        except FeedbackConflict:
            return "told"

    with ThreadPoolExecutor(2) as threads:
        said = list(threads.map(say, both, ["blame", "threat"]))
    assert said.count("told") == 1
    (kept,) = box.rows()
    assert kept.labels == [one for one in said if one != "told"]


@both_databases
def test_what_is_over_is_nowhere_though_no_job_has_deleted_it(box: Box, clock: Clock) -> None:
    me = box.member()
    waiting, labelled = box.row_of(box.tell()), box.row_of(box.tell())
    box.label(me, labelled, "blame")
    clock.on(days=180)
    with box.turn() as turn:
        today = turn.now.date()
        assert service.waiting(turn.session, Which(), today).rows == []
        assert service.done(turn.session, today).rows == []
        assert service.neighbours(turn.session, labelled, Which(), me, turn.now) == (None, None)
        assert service.counts(turn.session, today) == []
        assert service.agreement(turn.session, today) == []
        for one in (waiting, labelled):
            with pytest.raises(FeedbackNotFound):
                service.find(turn.session, one.id, today)
        assert export(turn, None, again=True).rows == 0
    assert len(box.rows()) == 2
    with pytest.raises(FeedbackNotFound):
        box.label(me, waiting, "blame")


def test_what_somebody_has_open_is_not_given_to_others_until_their_time_is_over(box: Box, clock: Clock) -> None:
    row = box.row_of(box.tell())
    sana, zara = box.member("Sana"), box.member("Zara")
    with box.turn() as turn:
        assert service.sit_down(turn, sana, row.id) is not None
        assert service.sit_down(turn, zara, row.id) is None
        assert service.held_by_others(turn.session, zara, turn.now) == {row.id}
    with pytest.raises(FeedbackConflict):
        box.label(zara, row, "blame")
    clock.on(minutes=11)
    assert box.label(zara, row, "blame").labelled_by == zara
    with pytest.raises(FeedbackConflict):  # Sana still has the old page
        box.label(sana, row, "threat")


def test_whoever_opens_the_next_one_lets_go_of_the_one_before(box: Box) -> None:
    first, second = box.row_of(box.tell()), box.row_of(box.tell())
    sana, zara = box.member("Sana"), box.member("Zara")
    with box.turn() as turn:
        service.sit_down(turn, sana, first.id)
        service.sit_down(turn, sana, second.id)
        assert service.sit_down(turn, zara, first.id) is not None
        assert service.sit_down(turn, zara, second.id) is None


def test_next_and_previous_pass_over_what_others_have_open(box: Box, clock: Clock) -> None:
    rows = []
    for _ in range(4):
        rows.append(box.row_of(box.tell()))
        clock.on(days=1)
    sana, zara = box.member("Sana"), box.member("Zara")
    with box.turn() as turn:
        service.sit_down(turn, zara, rows[1].id)
        around = [
            tuple(one and one.id for one in service.neighbours(turn.session, row, Which(), sana, turn.now))
            for row in (rows[0], rows[2], rows[3])
        ]
    ids = [row.id for row in rows]
    assert around == [(None, ids[2]), (ids[0], ids[3]), (ids[2], ids[0])]


def test_labelling_again_replaces_the_label_and_dismissing_takes_it_away(box: Box) -> None:
    me, row = box.member(), box.row_of(box.tell())
    box.label(me, row, "blame")
    assert box.label(me, row, was="labelled").labels == []
    with box.turn() as turn:
        gone = service.dismiss(turn, me, row.id, was="labelled")
    assert (gone.state, gone.labels) == ("dismissed", None)


@both_databases
def test_taking_back_deletes_the_label_too(box: Box) -> None:
    told = box.tell()
    box.label(box.member(), box.row_of(told), "blame")
    with box.turn() as turn:
        assert service.forget(turn, told.receipt) == 1
        assert service.forget(turn, told.receipt) == 0
        assert service.agreement(turn.session, turn.now.date()) == []
    assert box.rows() == []


@both_databases
def test_the_longest_texts_fit_the_column(box: Box) -> None:
    longest = "😶" * MAX_CHARACTERS
    row = box.row_of(box.tell(text=longest, context=longest))
    assert service.texts(box.keys, row) == (longest, longest)


@pytest.mark.parametrize(
    ("kind", "label", "acts", "right"),
    [
        ("not-harmful", "blame", ["blame", "threat"], True),
        ("not-harmful", "blame", ["threat"], False),
        ("not-harmful", "victim_blaming", ["silencing"], True),
        ("not-harmful", "victim_blaming", ["abuse"], False),
        ("not-harmful", "hostile", ["abuse"], True),
        ("not-harmful", "hostile", [], False),
        ("missed", "blame", [], True),
        ("missed", "blame", ["abuse"], False),
    ],
)
def test_the_model_was_right_when_the_label_says_so(kind: str, label: str, acts: list[str], right: bool) -> None:
    assert model_was_right(kind, label, acts) is right


@both_databases
def test_agreement_is_counted_by_language_and_label(box: Box) -> None:
    me = box.member()
    for acts in (["blame"], ["blame", "abuse"], []):
        box.label(me, box.row_of(box.tell()), *acts)
    box.label(me, box.row_of(box.tell(**MISSED | {"language": "ur"})), "shaming")
    box.tell()  # waits, and is not counted
    with box.turn() as turn:
        assert service.agreement(turn.session, turn.now.date()) == [
            Agreement("en", "blame", covered=3, rightly=2, shown=0, missed=0),
            Agreement("ur", "blame", covered=0, rightly=0, shown=1, missed=1),
        ]
        (row,) = service.waiting(turn.session, Which(), turn.now.date()).rows
        assert service.texts(box.keys, row) == (TEXT, POST)
