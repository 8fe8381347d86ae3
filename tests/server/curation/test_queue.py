"""What waits, counted as it is, in a number of queries that does not grow with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from panah.blocklists import appeals, events, lists
from panah.blocklists.tables import Appeal, Case
from panah.curation import queue
from panah.curation.queue import LANES, Lane, Page
from tests.server.blocklists.conftest import Village
from tests.server.curation.conftest import (
    answer,
    ask,
    ask_many,
    both_databases,
    looks_on,
    of_one_curator,
    say,
)

NOBODY = UUID(int=0)


def lanes(village: Village, member_id: UUID, **how: Any) -> dict[str, Lane]:
    """Those in which something waits."""
    with village.turn() as turn:
        found = queue.lanes(turn.session, member_id, turn.now, **how)
    assert tuple(found) == LANES
    return {name: lane for name, lane in found.items() if lane != Lane()}


def page(village: Village, member_id: UUID, **how: Any) -> Page:
    with village.turn() as turn:
        return queue.page(turn.session, member_id, turn.now, **how)


def file_appeal(village: Village, subject: str = "x:666", relation: str = "behalf") -> None:
    with village.turn() as turn:
        appeals.file_appeal(turn, village.blocklist, subject=subject, relation=relation, ground="context")


@both_databases
def test_totals_count_all_that_is_open_and_mine_what_waits_for_me(real_village: Village) -> None:
    village = real_village
    asked = ask(village)
    drawn = {look.member_id for look in asked}
    for member_id in village.curators:
        mine = int(member_id in drawn)
        assert lanes(village, member_id) == {"clear": Lane(1, mine, 0, 0)}
    answer(village, asked[0], "hide")
    assert lanes(village, asked[0].member_id) == {"clear": Lane(1, 0, 0, 0)}
    answer(village, asked[1], "keep")
    answer(village, asked[2], "keep")
    assert lanes(village, asked[0].member_id) == {}


def test_one_list_alone_can_be_counted(village: Village) -> None:
    (look, *_) = ask(village)
    assert lanes(village, look.member_id, list_slug="village") == {"clear": Lane(1, 1, 0, 0)}
    assert lanes(village, look.member_id, list_slug="elsewhere") == {}
    assert lanes(village, NOBODY, list_slug="village") == {}


def test_who_has_no_seat_sees_nothing_unless_they_look_after_everything(village: Village) -> None:
    ask(village)
    assert lanes(village, NOBODY) == {}
    assert lanes(village, NOBODY, everywhere=True) == {"clear": Lane(1, 0, 0, 0)}


def test_who_only_answers_appeals_is_shown_appeals(village: Village) -> None:
    village.list_it("x:777")
    ask(village)
    file_appeal(village, "x:777")
    with village.turn() as turn:
        lists.seat(turn, village.blocklist, NOBODY, appeals_only=True)
    assert lanes(village, NOBODY) == {"appeal": Lane(1, 0, 0, 0)}
    assert set(lanes(village, village.curators[0])) == {"clear", "appeal"}


def test_age_goes_on_when_others_are_asked_and_says_what_is_overdue(village: Village) -> None:
    ask(village)
    village.pass_days(2)
    assert lanes(village, NOBODY, everywhere=True) == {"clear": Lane(1, 0, 2, 0)}
    village.pass_days(2)  # the first three were late
    assert lanes(village, NOBODY, everywhere=True) == {"clear": Lane(1, 0, 4, 1)}


@pytest.mark.parametrize(
    ("changes", "lane"),
    [
        ({}, "clear"),
        ({"lane": "approve"}, "approve"),
        ({"lane": "contested"}, "contested"),
        ({"lane": "contested", "strict": True}, "strict"),
        ({"strict": True}, "strict"),
        ({"lane": "no-jury", "strict": True}, "strict"),
        ({"lane": "protected", "protected": True}, "strict"),  # that its owner asked must not show
    ],
)
def test_lanes_say_how_many_must_agree_and_nothing_about_an_owner(
    village: Village, changes: dict[str, Any], lane: str
) -> None:
    (look, *_) = ask(village)
    with village.turn() as turn:
        case = turn.session.get_one(Case, look.case_id)
        for name, value in changes.items():
            setattr(case, name, value)
    assert set(lanes(village, look.member_id)) == {lane}
    assert [row.lane for row in page(village, look.member_id).rows] == [lane]
    assert len(page(village, look.member_id, lane=lane).rows) == 1
    assert not page(village, look.member_id, lane="review").rows


def test_every_stage_is_a_lane_of_its_own(village: Village) -> None:
    village.list_it("x:1")
    village.list_it("x:2")
    file_appeal(village, "x:1")
    with village.turn() as turn:
        turn, blocklist = lists.lock(turn, village.blocklist)
        for case in village.rows(Case):
            if case.subject == "x:2":
                events.step(turn, blocklist, turn.session.get_one(Case, case.id), "review_begun", status="review")
    village.tick()
    assert {name: lane.count for name, lane in lanes(village, village.curators[0]).items()} == {
        "appeal": 1,
        "review": 1,
    }


def test_a_case_for_which_nobody_could_be_asked_is_counted_too(village: Village) -> None:
    for look in ask(village):
        with village.turn() as turn:
            lists.unseat(turn, village.blocklist, look.member_id)
    left = [one for one in village.curators if lanes(village, one)]
    assert len(left) == 3
    for member_id in left[1:]:
        with village.turn() as turn:
            lists.unseat(turn, village.blocklist, member_id)
    village.pass_days(4)
    assert lanes(village, left[0])["clear"].count == 1


@both_databases
def test_pages_hold_every_open_look_once_the_most_urgent_first(real_village: Village) -> None:
    village = real_village
    first = of_one_curator(ask_many(village, 12))
    member_id = first[0].member_id
    village.pass_days()
    ask(village)
    seen, after = [], None
    while True:
        found = page(village, member_id, after=after, limit=3)
        assert 0 < len(found.rows) <= 3
        seen += found.rows
        after = found.next
        if after is None:
            break
    with Session(village.engine) as session:
        wanted = {row.look_id for row in queue.page(session, member_id, village.now, limit=200).rows}
    assert len(seen) == len({row.look_id for row in seen}) == len(wanted)
    assert [row.due_at for row in seen] == sorted(row.due_at for row in seen)
    row = seen[0]
    assert (row.slug, row.list_name, row.stage, row.said, row.counts_at) == (
        "village",
        "Village",
        "first",
        None,
        None,
    )
    assert row.age_days == (village.now - row.drawn_at).days
    assert not row.overdue
    village.now = row.due_at
    assert page(village, member_id).rows[0].overdue


def test_a_row_says_until_when_an_answer_can_be_taken_back(village: Village) -> None:
    (look, *_) = ask(village)
    say(village, look, "keep")
    (row,) = page(village, look.member_id).rows
    assert (row.said, row.counts_at) == ("keep", village.now + timedelta(seconds=10))


def test_one_list_alone_can_be_shown(village: Village) -> None:
    (look, *_) = ask(village)
    assert len(page(village, look.member_id, list_slug="village").rows) == 1
    assert not page(village, look.member_id, list_slug="other").rows


def test_the_oldest_first_can_be_chosen(village: Village) -> None:
    (look, *_) = ask(village)
    ask_many(village, 8)
    with village.turn() as turn:
        found = turn.session.get_one(type(look), look.id)
        found.due_at += timedelta(days=30)  # as by other rules of another list
    member_id = look.member_id
    assert page(village, member_id, sort="age").rows[0].look_id == look.id
    assert page(village, member_id, sort="due").rows[-1].look_id == look.id
    first = page(village, member_id, sort="age", limit=1)
    rest = page(village, member_id, sort="age", after=first.next)
    assert look.id not in {row.look_id for row in rest.rows}


@pytest.mark.parametrize("after", ["", "~", "x~y", "1", "9" * 40 + "~" + "0" * 32, "1~zz", "-1~", "\x00~\x00"])
def test_a_cursor_that_was_tampered_with_begins_anew(village: Village, after: str) -> None:
    (look, *_) = ask(village)
    assert len(page(village, look.member_id, after=after).rows) == 1


def test_next_and_previous_pass_over_what_was_answered_a_moment_ago_and_go_round(village: Village) -> None:
    mine = of_one_curator(ask_many(village, 12))
    order = [row.look_id for row in page(village, mine[0].member_id).rows]
    by_id = {look.id: look for look in mine}

    def beside(look_id: UUID, **how: Any) -> UUID | None:
        with village.turn() as turn:
            return queue.beside(turn.session, mine[0].member_id, look_id, **how)

    assert beside(order[0]) == order[1]
    assert beside(order[1], back=True) == order[0]
    assert beside(order[-1]) == order[0]
    assert beside(order[0], back=True) == order[-1]
    say(village, by_id[order[1]], "keep")
    assert beside(order[0]) == order[2]
    answer(village, by_id[order[0]], "keep")
    assert beside(order[0]) == order[2]  # from where it stood
    assert beside(uuid4()) == order[2]
    assert beside(order[0], lane="review") is None


def test_there_is_nothing_beside_the_only_case(village: Village) -> None:
    (look, *_) = ask(village)
    with village.turn() as turn:
        assert queue.beside(turn.session, look.member_id, look.id) is None


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def test_the_number_of_queries_does_not_grow_with_the_rows(village: Village) -> None:
    with village.turn() as turn:
        for at in range(3):
            lists.create_list(turn, slug=f"other-{at}", name="Other")

    def queries(member_id: UUID) -> list[int]:
        found = []
        for ask_for in (queue.lanes, queue.page, queue.appeals_waiting):
            with village.turn() as turn, counting(village.engine) as said:
                ask_for(turn.session, member_id, turn.now)
            found.append(len(said))
        return found

    village.list_it("x:1")
    file_appeal(village, "x:1")
    (look, *_) = ask(village)
    before = queries(look.member_id)
    village.list_it("x:2")
    village.list_it("x:3")
    file_appeal(village, "x:2")
    file_appeal(village, "x:3")
    ask_many(village, 6)
    assert queries(look.member_id) == before == [2, 1, 3]


# Appeals


def appeals_of(village: Village, member_id: UUID, **how: bool) -> list[queue.AppealRow]:
    with village.turn() as turn:
        return queue.appeals_waiting(turn.session, member_id, turn.now, **how)


def test_an_appeal_says_when_it_should_be_answered_and_when_the_account_comes_off(village: Village) -> None:
    village.list_it()
    filed = village.now
    file_appeal(village)
    (look, *_) = looks_on(village)
    (row,) = appeals_of(village, look.member_id)
    assert (row.subject, row.state, row.own, row.slug) == ("x:666", "open", False, "village")
    assert (row.filed_at, row.target_at, row.off_at) == (
        filed,
        filed + timedelta(hours=72),
        filed + timedelta(days=7),
    )
    assert (row.look_id, row.answered, row.target_missed, row.age_days) == (look.id, False, False, 0)
    village.now += timedelta(hours=72)
    (row,) = appeals_of(village, look.member_id)
    assert (row.target_missed, row.age_days) == (True, 3)
    village.now = filed + timedelta(hours=1)
    answer(village, look, "hide")
    (row,) = appeals_of(village, look.member_id)
    assert (row.look_id, row.answered) == (look.id, True)
    answer(village, looks_on(village)[0], "keep")
    assert appeals_of(village, look.member_id) == []  # it came off, and that is the answer


def test_several_appeals_for_one_account_are_one_and_the_first_one_counts(village: Village) -> None:
    village.list_it()
    filed = village.now
    file_appeal(village)
    village.now += timedelta(days=1)
    file_appeal(village, relation="own")
    (row,) = appeals_of(village, village.curators[0])
    assert (row.own, row.filed_at) == (True, filed)


def test_what_is_overdue_comes_first(village: Village) -> None:
    for subject in ("x:1", "x:2"):
        village.list_it(subject)
    file_appeal(village, "x:1")
    village.pass_days(1)
    file_appeal(village, "x:2")
    village.pass_days(2)
    rows = appeals_of(village, village.curators[0])
    assert [(row.subject, row.target_missed) for row in rows] == [("x:1", True), ("x:2", False)]


def test_appeals_are_shown_to_those_with_a_seat_and_to_who_looks_after_everything(village: Village) -> None:
    village.list_it()
    file_appeal(village)
    assert appeals_of(village, NOBODY) == []
    (row,) = appeals_of(village, NOBODY, everywhere=True)
    assert row.look_id is None
    with village.turn() as turn:
        lists.seat(turn, village.blocklist, NOBODY, appeals_only=True)
    assert len(appeals_of(village, NOBODY)) == 1


def test_an_appeal_that_waits_for_room_is_shown_as_waiting(village: Village) -> None:
    village.list_it()
    file_appeal(village)
    with village.turn() as turn:
        (found,) = village.rows(Appeal)
        turn.session.get_one(Appeal, found.id).status = "waiting"
        turn.session.get_one(Case, village.case().id).status = "listed"
    (row,) = appeals_of(village, village.curators[0])
    assert (row.state, row.off_at, row.look_id) == ("waiting", None, None)
