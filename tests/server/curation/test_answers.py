"""An answer counts after ten seconds, and can be turned round later: what that does, and what it cannot do."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from panah.blocklists import appeals, events, lists, looks, views
from panah.blocklists.looks import LookClosed, LookNotFound, TooManyRemovals
from panah.blocklists.panel import GIVEN
from panah.blocklists.tables import Blocklist, Case, Contribution, Decision, Event, Look, Participant
from panah.curation import answers, care
from panah.curation.answers import AlreadyCounts, CannotReverse, NobodyElse, Settled
from panah.db import make_engine
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
    settle,
)


def kinds(village: Village, since: int = 0) -> list[str]:
    return [one.kind for one in sorted(village.rows(Event), key=lambda one: one.seq)[since:]]


def take_back(village: Village, look: Look) -> None:
    with village.turn() as turn:
        answers.take_back(turn, look.member_id, look.id)


def reverse(village: Village, look: Look, reason: str = "good-faith") -> str:
    with village.turn() as turn:
        return answers.reverse(turn, look.member_id, look.id, reason)


# The ten seconds


@both_databases
def test_an_answer_counts_ten_seconds_after_it_was_given(real_village: Village) -> None:
    village = real_village
    (look, *_) = ask(village)
    before = len(village.rows(Event))
    with village.turn() as turn:
        counts = answers.say(turn, look.member_id, look.id, "hide", "repeated", "seen it")
    assert counts == village.now + timedelta(seconds=10)
    assert settle(village, after=9) == Settled(0, 0)
    assert look_of(village, look).vote is None
    assert settle(village, after=1) == Settled(1, 0)
    found = look_of(village, look)
    assert (found.vote, found.reason_code, found.note) == ("hide", "repeated", "seen it")
    assert (found.said, found.said_reason, found.said_note, found.said_at) == (None, "", "", None)
    assert kinds(village, before) == ["looked"]
    assert settle(village) == Settled(0, 0)
    chain_holds(village)


def test_an_answer_that_was_taken_back_never_counts(village: Village) -> None:
    (look, *_) = ask(village)
    before = len(village.rows(Event))
    say(village, look)
    village.now += timedelta(seconds=9)
    take_back(village, look)
    take_back(village, look)  # a second click changes nothing
    assert settle(village, after=60) == Settled(0, 0)
    assert look_of(village, look).vote is None
    assert len(village.rows(Event)) == before
    assert not [one for one in village.rows(Look) if one.said_note or one.said_reason]


def test_after_ten_seconds_an_answer_is_not_taken_back_even_if_no_round_was_made(village: Village) -> None:
    (look, *_) = ask(village)
    say(village, look)
    village.now += timedelta(seconds=10)
    with pytest.raises(AlreadyCounts):
        take_back(village, look)
    with pytest.raises(AlreadyCounts):
        say(village, look, "keep")
    settle(village, after=0)
    assert look_of(village, look).vote == "hide"
    with pytest.raises(AlreadyCounts):
        take_back(village, look)


def test_a_second_answer_within_the_seconds_replaces_the_first_and_has_its_own_ten(village: Village) -> None:
    (look, *_) = ask(village)
    say(village, look, "hide", "repeated", "first")
    village.now += timedelta(seconds=9)
    say(village, look, "keep", "good-faith")
    assert settle(village, after=9).done == 0
    assert settle(village, after=1).done == 1
    found = look_of(village, look)
    assert (found.vote, found.reason_code, found.note) == ("keep", "good-faith", "")


def test_nobody_answers_for_somebody_else_or_says_what_is_no_answer(village: Village) -> None:
    look, other, _ = ask(village)
    with village.turn() as turn, pytest.raises(LookNotFound):
        answers.say(turn, other.member_id, look.id, "hide")
    with village.turn() as turn, pytest.raises(LookNotFound):
        answers.take_back(turn, other.member_id, look.id)
    with village.turn() as turn, pytest.raises(LookNotFound):
        answers.reverse(turn, other.member_id, look.id, "other")
    with pytest.raises(looks.BadLook):
        say(village, look, "late")
    assert all(one.said is None for one in village.rows(Look))


def test_an_answer_survives_a_restart(village: Village) -> None:
    (look, *_) = ask(village)
    say(village, look)
    again = make_engine(str(village.engine.url))
    village.engine.dispose()
    assert answers.settle(again, village.keys, now=village.now + timedelta(hours=5)) == Settled(1, 0)
    again.dispose()
    assert look_of(village, look).vote == "hide"


def test_what_others_decided_meanwhile_is_forgotten_and_stops_no_other_answer(village: Village) -> None:
    first, second, third = ask(village)
    (other, *_) = ask(village, "x:777")
    answer(village, first, "keep")
    say(village, third)
    say(village, other)
    answer(village, second, "keep")  # two of three: decided
    assert look_of(village, third).vote == "moot"
    assert settle(village) == Settled(1, 1)
    assert look_of(village, third).said is None
    assert look_of(village, other).vote == "hide"
    with pytest.raises(LookClosed):
        say(village, third)


def test_a_fault_stops_no_other_answer_and_is_tried_again(
    village: Village, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, _ = ask(village)
    say(village, first, note="her words")
    say(village, second)
    real = looks.answer_look

    def fail(turn: object, member_id: object, look_id: object, *rest: object) -> None:
        if look_id == first.id:
            raise OperationalError("her words", {}, Exception("her words"))
        real(turn, member_id, look_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(looks, "answer_look", fail)
    assert settle(village) == Settled(1, 0)
    assert "OperationalError" in caplog.text
    assert "her words" not in caplog.text
    monkeypatch.setattr(looks, "answer_look", real)
    assert settle(village) == Settled(1, 0)
    assert {look_of(village, one).vote for one in (first, second)} == {"hide"}


def test_only_ones_own_answers_are_settled_where_one_asks_for_that(village: Village) -> None:
    first, second, _ = ask(village)
    say(village, first)
    say(village, second)
    assert settle(village, first.member_id) == Settled(1, 0)
    assert look_of(village, second).said == "hide"


@both_databases
def test_two_processes_that_settle_at_once_let_an_answer_count_once(real_village: Village) -> None:
    village = real_village
    before = ask(village)
    for look in before:
        say(village, look)
    village.now += timedelta(seconds=10)
    found = at_once(*[lambda: answers.settle(village.engine, village.keys, now=village.now)] * 3)
    assert sum(one.done for one in found) == 3
    assert kinds(village).count("looked") == 3
    assert village.case().entry == "waiting"
    chain_holds(village)


@both_databases
def test_taking_back_and_settling_at_once_end_in_one_of_both(real_village: Village) -> None:
    village = real_village
    (look, *_) = ask(village)
    say(village, look)
    late = village.now + timedelta(seconds=10)
    refused, settled = at_once(
        lambda: take_back(village, look), lambda: answers.settle(village.engine, village.keys, now=late)
    )
    found = look_of(village, look)
    assert found.said is None
    if settled.done:
        assert (found.vote, type(refused)) == ("hide", AlreadyCounts)
    else:
        assert (found.vote, refused) == (None, None)


def test_an_answer_through_the_api_counts_at_once_and_ends_the_seconds(village: Village) -> None:
    (look, *_) = ask(village)
    say(village, look, "keep", "good-faith", "mine")
    answer(village, look, "hide")
    assert settle(village) == Settled(0, 0)
    found = look_of(village, look)
    assert (found.vote, found.said, found.said_note) == ("hide", None, "")


def test_an_answer_given_in_time_is_not_late(village: Village) -> None:
    look, other, _ = ask(village)
    village.pass_days(2)
    village.now = look.due_at - timedelta(seconds=5)
    say(village, look)
    village.now = look.due_at
    village.tick()
    assert look_of(village, look).vote is None
    assert look_of(village, other).vote == "late"
    settle(village)
    assert look_of(village, look).vote == "hide"


def test_an_answer_is_not_lost_however_late_it_was_given(village: Village) -> None:
    (look, *_) = ask(village)
    village.pass_days(2)
    village.now = look.due_at - timedelta(hours=1)
    village.tick()
    village.now = look.due_at + timedelta(days=3)  # the server was away
    say(village, look)
    village.now += timedelta(seconds=5)
    village.tick()
    assert look_of(village, look).vote is None
    assert settle(village, after=5) == Settled(1, 0)
    assert look_of(village, look).vote == "hide"


def test_an_answer_long_after_its_day_counts_ten_seconds_after_it_was_first_given(village: Village) -> None:
    (look, *_) = ask(village)
    village.now = look.due_at + timedelta(hours=1)
    say(village, look)
    village.now += timedelta(seconds=8)
    say(village, look, "keep", "good-faith")  # changed for ever, it would hold the case up
    assert settle(village, after=2) == Settled(1, 0)
    assert look_of(village, look).vote == "keep"


def test_handing_over_waits_ten_seconds_too_and_then_others_are_asked(village: Village) -> None:
    (look, *_) = ask(village)
    say(village, look, "recuse", "")
    assert look.id in {one.id for one in looks_on(village)}
    settle(village)
    assert look_of(village, look).vote == "recuse"
    assert len(looks_on(village)) == 3


# Turned round while the case is open


def test_a_vote_withdrawn_from_an_open_case_goes_to_somebody_who_has_not_seen_the_others(village: Village) -> None:
    first, *rest = ask(village)
    answer(village, first, "hide")
    standing = {one.tag: (one.confirmed, one.overturned) for one in village.rows(Participant)}
    before = len(village.rows(Event))
    village.now += timedelta(hours=3)
    assert reverse(village, first) == "others"
    found = look_of(village, first)
    assert (found.vote, found.note, found.reason_code) == ("withdrawn", "", "")
    now_asked = looks_on(village)
    assert len(now_asked) == 3
    (new,) = [one for one in now_asked if one.id not in {look.id for look in rest}]
    assert new.member_id != first.member_id
    assert new.due_at == village.now + timedelta(days=3)
    assert kinds(village, before) == ["unlooked"]
    assert {one.tag: (one.confirmed, one.overturned) for one in village.rows(Participant)} == standing
    for look in now_asked:
        answer(village, look, "keep")
        if village.case().status == "rejected":
            break
    assert village.case().status == "rejected"
    chain_holds(village)


def leave_only(village: Village, stay: set[UUID]) -> None:
    """All other curators give up their seats."""
    for member_id in set(village.curators) - stay:
        with village.turn() as turn:
            lists.unseat(turn, village.blocklist, member_id)


def test_where_nobody_else_is_left_a_vote_stands(village: Village) -> None:
    first, *rest = ask(village)
    leave_only(village, {first.member_id, *(look.member_id for look in rest)})
    answer(village, first, "hide")
    before = len(village.rows(Event))
    with pytest.raises(NobodyElse):
        reverse(village, first)
    assert (look_of(village, first).vote, len(village.rows(Event))) == ("hide", before)
    for look in rest:
        answer(village, look, "flag")
        if village.case().status == "listed":
            break
    assert village.case().tier == "flag"
    chain_holds(village)


def test_who_has_withdrawn_a_vote_is_not_asked_again(village: Village) -> None:
    first, *rest = ask(village)
    answer(village, first, "hide")
    assert reverse(village, first) == "others"
    (new,) = [one for one in looks_on(village) if one.id not in {look.id for look in rest}]
    leave_only(village, {first.member_id, *(look.member_id for look in rest)})
    village.pass_days()
    assert look_of(village, new).vote == "recuse"
    assert {one.id for one in looks_on(village)} == {look.id for look in rest}
    with pytest.raises(CannotReverse):  # a second click
        reverse(village, first)


def test_a_vote_withdrawn_counts_in_the_limit_of_the_day(village: Village) -> None:
    (first, *_) = ask(village)
    say(village, first)
    settle(village)
    reverse(village, first)
    with village.turn() as turn:
        assert care.answered_today(turn.session, first.member_id, village.now.date()) == 1


def test_who_has_voted_sees_nothing_of_the_others_while_the_stage_is_open(village: Village) -> None:
    first, second, third = ask(village)
    answer(village, second, "keep")
    answer(village, first, "flag")
    with village.turn() as turn:
        assert views.case_of(turn, first.member_id, first.id).after is None
    answer(village, third, "flag")
    assert village.case().status == "listed"
    with village.turn() as turn:
        after = views.case_of(turn, first.member_id, first.id).after
    assert after is not None
    assert sorted(one.vote for one in after.peers) == ["flag", "keep"]


def test_the_reason_is_in_the_history_and_no_name(village: Village) -> None:
    (first, *_) = ask(village)
    answer(village, first, "hide")
    reverse(village, first, "good-faith")
    (event,) = [one for one in village.rows(Event) if one.kind == "unlooked"]
    assert event.body == {"look": str(first.id), "reason": "good-faith"}
    assert event.role == "curator"


def test_an_appeal_that_has_taken_an_account_off_is_not_put_back(village: Village) -> None:
    village.list_it()
    with village.turn() as turn:
        appeals.file_appeal(turn, village.blocklist, subject="x:666", relation="own", ground="context")
    first, second, third = looks_on(village)
    answer(village, first, "keep")
    assert village.case().entry == "removed"
    with pytest.raises(CannotReverse, match="came off"):
        reverse(village, first)
    answer(village, second, "hide")
    answer(village, third, "hide")
    assert village.entries() == {}
    chain_holds(village)


def test_who_has_left_the_list_turns_nothing_round(village: Village) -> None:
    (first, *_) = ask(village)
    answer(village, first, "hide")
    with village.turn() as turn:
        lists.unseat(turn, village.blocklist, first.member_id)
    with pytest.raises(LookNotFound):
        reverse(village, first)


# Turned round when it is decided


def decided(village: Village, choice: str, subject: str = "x:666") -> list[Look]:
    """The looks that were answered, all alike, until the case was decided."""
    asked = ask(village, subject)
    given = []
    for look in asked:
        answer(village, look, choice)
        given.append(look)
        if village.case(subject).status in ("listed", "rejected"):
            break
    return given


def test_a_listing_one_sided_with_comes_off(village: Village) -> None:
    first, second, _ = decided(village, "hide")
    assert village.entries() == {"x:666": ("hide", "waiting")}
    assert reverse(village, first) == "removed"
    assert village.entries() == {}
    case = village.case()
    assert (case.status, case.entry) == ("rejected", "removed")
    with pytest.raises(CannotReverse):
        reverse(village, first)
    with pytest.raises(CannotReverse):  # it was no rejection that looking again could mend
        reverse(village, second)
    chain_holds(village)


def test_a_listing_that_is_published_comes_off_too(village: Village) -> None:
    village.list_it()
    look = next(one for one in village.rows(Look) if one.vote == "hide")
    assert village.entries() == {"x:666": ("hide", "published")}
    assert reverse(village, look) == "removed"
    assert village.entries() == {}
    chain_holds(village)


def test_turning_listings_round_has_the_limits_of_removing(village: Village) -> None:
    asked = ask_many(village, 8)
    for look in asked:
        answer(village, look, "hide")
    assert len(village.entries()) == 8
    many = of_one_curator(asked)
    assert len(many) >= 3
    for look in many[:2]:
        reverse(village, look)
    with pytest.raises(TooManyRemovals):
        reverse(village, many[2])
    assert len(village.entries()) == 6
    chain_holds(village)


def test_who_voted_against_a_listing_does_not_take_it_off_like_that(village: Village) -> None:
    first, second, third = ask(village)
    answer(village, first, "keep")
    answer(village, second, "flag")
    answer(village, third, "flag")
    assert village.case().tier == "flag"
    with pytest.raises(CannotReverse):
        reverse(village, first)


def test_a_rejection_is_looked_at_anew_by_others_who_must_all_agree(village: Village) -> None:
    given = decided(village, "keep")
    case = village.case()
    assert (case.status, case.rejections, case.lane) == ("rejected", 1, "clear")
    village.pass_days(3)
    village.report(29, post="5")  # has come since
    assert reverse(village, given[0]) == "reconsidered"
    case = village.case()
    assert (case.status, case.strict, case.rejections, case.reports) == ("looks", True, 0, 3)
    asked = looks_on(village)
    before = {one.member_id for one in given}
    assert len(asked) == 3
    assert not before & {one.member_id for one in asked}
    assert {one.stage for one in asked} == {"first"}
    answer(village, asked[0], "hide")
    answer(village, asked[1], "hide")
    assert village.case().status == "looks"  # in the clear lane two would be enough for a flag
    answer(village, asked[2], "hide")
    assert village.entries() == {"x:666": ("hide", "waiting")}
    chain_holds(village)


def test_one_against_it_rejects_what_is_looked_at_anew_and_then_it_is_over(village: Village) -> None:
    given = decided(village, "keep")
    reverse(village, given[0])
    (look, *_) = looks_on(village)
    answer(village, look, "keep")
    case = village.case()
    assert (case.status, case.rejections) == ("rejected", 1)
    for one in (*given, look):
        with pytest.raises(CannotReverse):
            reverse(village, one)
    chain_holds(village)


def test_a_rejection_is_not_looked_at_anew_without_three_who_have_not_seen_it(village: Village) -> None:
    given = decided(village, "keep")
    barred = {one.member_id for one in given}
    others = [one for one in village.curators if one not in barred]
    leave_only(village, barred | set(others[:2]))
    before = len(village.rows(Event))
    with pytest.raises(NobodyElse):
        reverse(village, given[0])
    assert (village.case().status, len(village.rows(Event))) == ("rejected", before)


def test_who_rejected_an_account_is_not_asked_when_it_is_looked_at_anew(village: Village) -> None:
    given = decided(village, "keep")
    barred = {one.member_id for one in given}
    reverse(village, given[0])
    (first, *_) = looks_on(village)
    leave_only(village, set(village.curators) - {first.member_id})
    village.pass_days(4)  # and late ones too are asked again rather than those
    assert not barred & {one.member_id for one in looks_on(village)}


def standings(village: Village) -> dict[str, tuple[float, float]]:
    return {one.tag: (round(one.confirmed, 9), round(one.overturned, 9)) for one in village.rows(Participant)}


def test_looking_anew_undoes_what_the_rejection_did_to_standings(village: Village) -> None:
    asked = ask(village)
    before = standings(village)
    answer(village, asked[0], "keep")
    answer(village, asked[1], "keep")
    after = standings(village)
    changed = {tag for tag in after if after[tag] != before[tag]}
    assert len(changed) == 7  # two who reported, five who voted
    reverse(village, asked[0])
    assert standings(village) == before
    assert not [one for one in village.rows(Contribution) if one.settled]
    for look in looks_on(village):
        answer(village, look, "hide")
    listed = standings(village)
    assert all(listed[tag][0] > before[tag][0] and listed[tag][1] == before[tag][1] for tag in changed)


def test_a_rejection_of_more_than_a_week_ago_stays(village: Village) -> None:
    given = decided(village, "keep")
    village.pass_days(6)
    with village.turn() as turn:  # a day more is too late, this one is not
        assert answers.reverse(turn, given[0].member_id, given[0].id, "other") == "reconsidered"
        turn.session.rollback()
    village.pass_days(1)
    with pytest.raises(CannotReverse, match="week"):
        reverse(village, given[0])
    assert village.case().status == "rejected"


def test_what_the_jury_rejected_has_nobody_who_could_turn_it_round(village: Village) -> None:
    village.report(0)
    village.report(9)
    village.pass_days()
    village.vote("keep")
    village.pass_days()
    assert village.case().status == "rejected"
    assert not village.rows(Look)


@both_databases
def test_of_two_who_turn_a_rejection_round_at_once_one_does(real_village: Village) -> None:
    given = decided(real_village, "keep")
    found = at_once(*(lambda look=look: reverse(real_village, look) for look in given))
    assert sorted(one if isinstance(one, str) else type(one).__name__ for one in found) == [
        "CannotReverse",
        "reconsidered",
    ]
    assert len(looks_on(real_village)) == 3
    chain_holds(real_village)


@both_databases
def test_of_two_who_take_a_listing_off_at_once_one_does(real_village: Village) -> None:
    given = decided(real_village, "hide")
    found = at_once(*(lambda look=look: reverse(real_village, look) for look in given))
    assert sorted(one if isinstance(one, str) else "refused" for one in found) == ["refused", "refused", "removed"]
    assert kinds(real_village).count("removed") == 1
    chain_holds(real_village)


@pytest.mark.parametrize("why", ["archived", "protected", "erased"])
@pytest.mark.parametrize("choice", ["hide", "keep"])
def test_a_closed_list_and_accounts_under_care_refuse(village: Village, why: str, choice: str) -> None:
    (look, *_) = decided(village, choice)
    with village.turn() as turn:
        turn, blocklist = lists.lock(turn, village.blocklist)
        if why == "archived":
            lists.change_list(turn, blocklist, archived=True)
        elif why == "protected":
            case = turn.session.exec(select(Case)).one()
            events.step(turn, blocklist, case, "protected", protected=True)
        else:
            events.erase_subject(turn, blocklist, "x:666")
    before = village.case()
    with pytest.raises(CannotReverse):
        reverse(village, look)
    assert village.case() == before


def test_a_case_reported_again_after_it_came_off_does_not_wait_for_who_is_late(village: Village) -> None:
    village.list_it()
    with village.turn() as turn:
        looks.remove_entry(turn, village.blocklist, village.curators[0], "x:666", "gone")
    for who in (20, 22, 25):
        village.report(who, post=f"7{who}")
    village.pass_days()
    village.vote("list")
    village.pass_days()
    case = village.case()
    assert (case.status, case.entry, case.round) == ("looks", "removed", 2)
    first = {one.id for one in looks_on(village)}
    village.pass_days(3)
    assert {look_of(village, one).vote for one in village.rows(Look) if one.id in first} == {"late"}
    assert len(looks_on(village)) == 3


def test_no_answer_that_counts_is_left_without_an_event(village: Village) -> None:
    given = decided(village, "hide")
    reverse(village, given[0])
    with Session(village.engine) as session:
        counted = session.exec(select(Look).where(col(Look.vote).in_(GIVEN))).all()
        blocklist = session.exec(select(Blocklist)).one()
    said = [one.body for one in village.rows(Event) if one.kind == "looked"]
    assert sorted(str(one.id) for one in counted) == sorted(one["look"] for one in said if one)
    assert blocklist.head_seq == len(village.rows(Event))
    assert [one.outcome for one in sorted(village.rows(Decision), key=lambda one: one.lane)] == ["keep", "hide"]


def test_a_limit_that_is_reached_stops_answers_and_not_handing_over(village: Village) -> None:
    today = of_one_curator(ask_many(village, 14))
    assert len(today) >= 6
    with village.turn() as turn:
        care.set_care(turn, today[0].member_id, daily_cap=5)
    for look in today[:5]:
        say(village, look)
    say(village, today[0], "keep", "good-faith")  # changed, not one more
    with pytest.raises(care.DailyCapReached):
        say(village, today[5])
    say(village, today[5], "recuse", "")
    with pytest.raises(care.DailyCapReached):  # to hand over and then to answer after all
        say(village, today[5])
    settle(village)
    with village.turn() as turn:
        assert care.answered_today(turn.session, today[0].member_id, village.now.date()) == 5
    village.now += timedelta(days=1)
    with village.turn() as turn:
        assert care.cap_left(turn.session, today[0].member_id, village.now) == 5


def test_the_limit_of_the_day_holds_while_the_lists_time_catches_up(village: Village) -> None:
    (look, other, _) = ask(village)
    village.now += timedelta(days=4)  # the server was away, and the list's own time lags behind
    said_at = village.now
    say(village, look)
    settle(village)
    assert look_of(village, look).answered_at == said_at
    answer(village, other, "hide")
    for one in (look, other):
        with village.turn() as turn:
            assert care.answered_today(turn.session, one.member_id, village.now.date()) == 1
