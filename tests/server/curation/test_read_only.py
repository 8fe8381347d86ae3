"""Votes while the server is read-only: what helps an account off its list counts, and nothing else does."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from panah.accounts.dependencies import SignedIn
from panah.accounts.permissions import Permission
from panah.blocklists import appeals, member_routes, schemas
from panah.blocklists.tables import Look
from panah.curation import answers, bulk
from panah.operations.switches import READ_ONLY, ReadOnly
from panah.operations.tables import Switch
from tests.server.blocklists.conftest import Village
from tests.server.curation.conftest import answer, ask, look_of, looks_on, say, settle


def turn_read_only(village: Village, *, on: bool = True) -> None:
    with village.turn() as turn:
        turn.session.merge(Switch(name=READ_ONLY, is_on=on, by=uuid4(), since=village.now, note="a leak"))


def reverse(village: Village, look: Look) -> str:
    with village.turn() as turn:
        return answers.reverse(turn, look.member_id, look.id, "good-faith")


def vote(village: Village, look: Look, choice: str) -> None:
    """As the API does."""
    may = frozenset({Permission.ENTRY_DECIDE})
    who = SignedIn(look.member_id, "Sana", frozenset(), may, uuid4(), "")
    with village.turn() as turn:
        body = schemas.LookIn(vote=choice, reason_code=None if choice == "recuse" else "repeated")  # type: ignore[arg-type]
        member_routes.answer_look(turn, who, look.id, body)


def appealed(village: Village) -> list[Look]:
    village.list_it()
    with village.turn() as turn:
        appeals.file_appeal(turn, village.blocklist, subject="x:666", relation="own", ground="other")
    return looks_on(village)


def in_review(village: Village) -> list[Look]:
    village.list_it(choice="flag")
    day = village.case().review_on
    assert day is not None
    village.pass_days((day - village.now.date()).days)
    village.tick()
    found = looks_on(village)
    assert {look.stage for look in found} == {"review"}
    return found


@pytest.mark.parametrize("choice", ["hide", "flag", "keep", "recuse"])
def test_a_new_case_waits(village: Village, choice: str) -> None:
    first, second, _ = ask(village)
    turn_read_only(village)
    with pytest.raises(ReadOnly):
        say(village, first, choice)
    with pytest.raises(ReadOnly):
        vote(village, second, choice)
    assert settle(village).done == 0
    turn_read_only(village, on=False)
    say(village, first, choice)
    vote(village, second, choice)
    assert settle(village).done == 1


def test_a_doubt_in_an_appeal_takes_the_account_off(village: Village) -> None:
    first, second, _ = appealed(village)
    turn_read_only(village)
    for choice in ("hide", "recuse"):
        with pytest.raises(ReadOnly):
            say(village, first, choice)
    with pytest.raises(ReadOnly):
        vote(village, second, "flag")
    say(village, first, "keep")
    settle(village)
    assert village.entries() == {}


def test_a_doubt_in_an_appeal_by_the_api_takes_the_account_off(village: Village) -> None:
    first, *_ = appealed(village)
    turn_read_only(village)
    vote(village, first, "keep")
    assert village.entries() == {}


def test_votes_against_another_term_take_the_account_off(village: Village) -> None:
    first, second, _ = in_review(village)
    turn_read_only(village)
    with pytest.raises(ReadOnly):
        vote(village, first, "flag")
    vote(village, first, "keep")
    vote(village, second, "keep")
    assert village.entries() == {}


def test_a_vote_that_would_give_an_entry_another_term_waits_whatever_it_says(village: Village) -> None:
    first, second, third = in_review(village)
    answer(village, first, "flag")
    answer(village, second, "flag")
    turn_read_only(village)
    with pytest.raises(ReadOnly):
        vote(village, third, "keep")
    told = bulk.answer_many(
        village.engine, village.keys, third.member_id, [third.id], "expire", reason_code="repeated", now=village.now
    )
    assert (told.done, told.skipped) == (0, 1)
    assert look_of(village, third).vote is None


def test_what_was_said_before_the_switch_was_turned_counts(village: Village) -> None:
    first, *_ = ask(village)
    say(village, first, "hide")
    village.now += timedelta(seconds=5)
    turn_read_only(village)
    settle(village, after=5)
    assert look_of(village, first).vote == "hide"


def test_a_listing_is_turned_round_and_a_vote_or_a_rejection_is_not(village: Village) -> None:
    listed = ask(village, "x:1")
    for look in listed:
        answer(village, look, "hide")
    rejected = ask(village, "x:2")
    for look in rejected[:2]:
        answer(village, look, "keep")
    open_one = ask(village, "x:3")[0]
    answer(village, open_one, "flag")
    turn_read_only(village)
    assert reverse(village, listed[0]) == "removed"
    assert village.entries() == {}
    closed: list[UUID] = [rejected[0].id, open_one.id]
    for look_id in closed:
        with pytest.raises(ReadOnly):
            reverse(village, next(one for one in village.rows(Look) if one.id == look_id))
