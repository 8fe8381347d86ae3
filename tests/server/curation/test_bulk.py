"""Many at once: to reject, to let expire and to hand over, and never to list."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from panah.blocklists import appeals, lists
from panah.blocklists.tables import Event, Look
from panah.curation import bulk, care
from panah.curation.bulk import BadBulk, Bulk
from tests.server.blocklists.conftest import Village
from tests.server.blocklists.test_together import at_once
from tests.server.curation.conftest import (
    answer,
    ask,
    ask_many,
    both_databases,
    chain_holds,
    look_of,
    looks_on,
    of_one_curator,
    say,
)

ADMIN = UUID(int=7)


def answer_many(village: Village, found: list[Look], what: str, *, and_ids: list[UUID] | None = None) -> Bulk:
    ids = [look.id for look in found] + (and_ids or [])
    return bulk.answer_many(
        village.engine, village.keys, found[0].member_id, ids, what, reason_code="good-faith", now=village.now
    )


def test_many_are_rejected_at_once_and_each_is_in_the_history(village: Village) -> None:
    mine = of_one_curator(ask_many(village, 10))
    before = len(village.rows(Event))
    assert answer_many(village, mine, "keep") == Bulk(len(mine), 0)
    assert {(look_of(village, look).vote, look_of(village, look).reason_code) for look in mine} == {
        ("keep", "good-faith")
    }
    said = [one.kind for one in sorted(village.rows(Event), key=lambda one: one.seq)[before:]]
    assert said == ["looked"] * len(mine)
    assert answer_many(village, mine, "keep") == Bulk(0, len(mine))  # sent twice
    chain_holds(village)


def test_what_is_decided_somebody_elses_unknown_or_said_already_is_passed_over(village: Village) -> None:
    found = ask_many(village, 10)
    mine = of_one_curator(found)
    answer(village, mine[0], "hide")
    say(village, mine[1], "hide")
    theirs = next(look for look in found if look.member_id != mine[0].member_id)
    assert answer_many(village, [*mine[:3], theirs, mine[2]], "keep", and_ids=[uuid4()]) == Bulk(1, 4)
    assert look_of(village, theirs).vote is None
    assert look_of(village, mine[1]).said == "hide"


def test_a_vote_against_that_would_complete_a_listing_is_left_for_a_look_by_itself(village: Village) -> None:
    first, second, third = ask(village)
    answer(village, first, "hide")
    answer(village, second, "hide")
    assert answer_many(village, [third], "keep") == Bulk(0, 1)
    assert (look_of(village, third).vote, village.case().status, village.entries()) == (None, "looks", {})
    assert answer_many(village, [third], "recuse") == Bulk(1, 0)


def test_letting_an_entry_end_that_would_complete_another_term_is_left_too(village: Village) -> None:
    village.list_it()
    while not looks_on(village):
        village.pass_days()
    first, second, third = looks_on(village)
    assert first.stage == "review"
    answer(village, first, "hide")
    answer(village, second, "flag")  # not yet another term: all three could still differ about hiding
    assert village.case().status == "review"
    assert answer_many(village, [third], "expire") == Bulk(0, 1)
    assert (look_of(village, third).vote, village.case().status) == (None, "review")


@pytest.mark.parametrize("what", ["hide", "flag", "late", "", "publish"])
def test_nothing_is_listed_in_bulk(village: Village, what: str) -> None:
    asked = ask(village)
    with pytest.raises(BadBulk):
        answer_many(village, asked[:1], what)
    assert looks_on(village) == asked


def test_two_hundred_are_the_most(village: Village) -> None:
    (look, *_) = ask(village)
    unknown = [uuid4() for _ in range(200)]
    with pytest.raises(BadBulk):
        answer_many(village, [look], "keep", and_ids=unknown)
    assert look_of(village, look).vote is None
    assert answer_many(village, [look], "keep", and_ids=unknown[:199]) == Bulk(1, 199)


def test_an_entry_expires_in_bulk_only_where_its_time_is_nearly_over(village: Village) -> None:
    village.list_it("x:1")
    (first, *_) = ask(village, "x:2")
    assert answer_many(village, [first], "expire") == Bulk(0, 1)
    for _ in range(280):
        village.now += timedelta(days=1)
        village.tick()
        if looks_on(village, "x:1"):
            break
    asked = looks_on(village, "x:1")
    assert {look.stage for look in asked} == {"review"}
    assert answer_many(village, asked[:1], "keep") == Bulk(0, 1)
    for look in asked[:2]:
        assert answer_many(village, [look], "expire") == Bulk(1, 0)
    assert village.entries() == {}
    chain_holds(village)


def test_appeals_are_heard_one_by_one(village: Village) -> None:
    village.list_it()
    with village.turn() as turn:
        appeals.file_appeal(turn, village.blocklist, subject="x:666", relation="own", ground="context")
    (look, *_) = looks_on(village)
    assert answer_many(village, [look], "keep") == Bulk(0, 1)
    assert village.case().entry == "published"
    assert answer_many(village, [look], "recuse") == Bulk(1, 0)


def test_the_limit_of_a_day_holds_for_many_and_not_for_handing_over(village: Village) -> None:
    mine = of_one_curator(ask_many(village, 14))
    assert len(mine) > 6
    with village.turn() as turn:
        care.set_care(turn, mine[0].member_id, daily_cap=5)
    assert answer_many(village, mine, "keep") == Bulk(5, len(mine) - 5)
    assert answer_many(village, mine, "recuse") == Bulk(len(mine) - 5, 5)


def test_a_listing_in_progress_is_only_ever_slowed_by_bulk(village: Village) -> None:
    asked = ask(village)
    for look in asked:
        answer_many(village, [look], "keep")
    assert village.case().status == "rejected"
    assert village.entries() == {}


@both_databases
def test_the_same_many_sent_twice_at_once_count_once(real_village: Village) -> None:
    mine = of_one_curator(ask_many(real_village, 8))
    found = at_once(*[lambda: answer_many(real_village, mine, "keep")] * 2)
    assert sum(one.done for one in found) == len(mine)
    chain_holds(real_village)


# Somebody who is away


@both_databases
def test_all_that_waits_for_somebody_who_is_away_goes_to_others(real_village: Village) -> None:
    village = real_village
    mine = of_one_curator(ask_many(village, 8))
    away = mine[0].member_id
    with village.turn() as turn:
        assert bulk.reassign(turn, village.blocklist, away, ADMIN) == len(mine)
    still = [one for one in village.rows(Look) if one.vote is None]
    assert len(still) == 24
    assert away not in {one.member_id for one in still}
    (event,) = [one for one in village.rows(Event) if one.kind == "reassigned"]
    assert (event.role, event.body) == ("admin", {"member": str(away), "by": str(ADMIN), "looks": len(mine)})
    with village.turn() as turn:
        assert bulk.reassign(turn, village.blocklist, away, ADMIN) == 0
    assert len([one for one in village.rows(Event) if one.kind == "reassigned"]) == 1
    chain_holds(village)


def test_what_they_answered_a_moment_ago_stays_theirs(village: Village) -> None:
    mine = of_one_curator(ask_many(village, 8))
    say(village, mine[0])
    with village.turn() as turn:
        assert bulk.reassign(turn, village.blocklist, mine[0].member_id, ADMIN) == len(mine) - 1
    assert look_of(village, mine[0]).said == "hide"


def test_other_lists_are_left_alone(village: Village) -> None:
    mine = of_one_curator(ask_many(village, 8))
    with village.turn() as turn:
        other = lists.create_list(turn, slug="other", name="Other")
        assert bulk.reassign(turn, other, mine[0].member_id, ADMIN) == 0
    assert {look_of(village, look).vote for look in mine} == {None}
