"""A limit that cannot be raised when it is reached, a reminder to rest, and keys that do one thing each."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from panah.accounts.audit import verify_account_events
from panah.accounts.tables import AccountEvent
from panah.curation import care
from panah.curation.care import BadCare, CareOut
from tests.server.blocklists.conftest import Village
from tests.server.blocklists.test_together import at_once
from tests.server.curation.conftest import answer, ask_many, both_databases, of_one_curator, say


def set_care(village: Village, **changes: Any) -> CareOut:
    with village.turn() as turn:
        return care.set_care(turn, village.curators[0], **changes)


def now(village: Village) -> CareOut:
    with village.turn() as turn:
        return care.care_of(turn.session, village.curators[0], turn.now)


def test_whoever_has_chosen_nothing_has_the_defaults(village: Village) -> None:
    assert now(village) == CareOut(40, None, None, 30, False, True, None)
    assert now(village).key_map == care.KEYS


@both_databases
def test_what_was_chosen_stays_and_the_rest_is_left(real_village: Village) -> None:
    set_care(real_village, text_only=True, break_after=45)
    made = set_care(real_village, blurred=False, keys={"next": "n"})
    assert made == now(real_village) == CareOut(40, None, None, 45, True, False, {"next": "n"})
    assert made.key_map == care.KEYS | {"next": "n"}
    assert set_care(real_village, keys={}).key_map == care.KEYS


def test_a_lower_limit_holds_at_once_and_a_higher_one_from_tomorrow(village: Village) -> None:
    assert set_care(village, daily_cap=10).daily_cap == 10
    made = set_care(village, daily_cap=60)
    assert (made.daily_cap, made.next_cap, made.next_cap_on) == (10, 60, village.now.date() + timedelta(days=1))
    made = set_care(village, text_only=True)  # something else leaves it be
    assert (made.daily_cap, made.next_cap) == (10, 60)
    village.now += timedelta(days=1)
    assert (now(village).daily_cap, now(village).next_cap) == (60, None)
    made = set_care(village, daily_cap=70)
    assert (made.daily_cap, made.next_cap) == (60, 70)
    made = set_care(village, daily_cap=20)  # and a lower one takes back what was to come
    assert (made.daily_cap, made.next_cap, made.next_cap_on) == (20, None, None)


def test_the_first_choice_raises_nothing_today_either(village: Village) -> None:
    made = set_care(village, daily_cap=41)
    assert (made.daily_cap, made.next_cap) == (40, 41)


@pytest.mark.parametrize(
    "changes",
    [
        {"daily_cap": 4},
        {"daily_cap": 101},
        {"break_after": 9},
        {"break_after": 91},
        {"keys": {"next": "k"}},  # the default of another
        {"keys": {"next": "K"}},  # with Caps Lock it would be
        {"keys": {"next": "x", "undo": "x"}},
        {"keys": {"next": ""}},
        {"keys": {"next": "ab"}},
        {"keys": {"next": " "}},
        {"keys": {"next": "\n"}},
        {"keys": {"next": "\u200f"}},
        {"keys": {"next": "\u0301"}},
        {"keys": {"next": None}},
        {"keys": {"publish": "p"}},
    ],
)
def test_what_would_not_work_is_refused(village: Village, changes: Any) -> None:
    with pytest.raises(BadCare):
        set_care(village, **changes)
    assert now(village) == CareOut()


@pytest.mark.parametrize("key", ["ج", "7", "/", "é"])
def test_any_key_that_writes_something_will_do(village: Village, key: str) -> None:
    assert set_care(village, keys={"next": key}).key_map["next"] == key


def test_two_keys_can_be_exchanged(village: Village) -> None:
    assert set_care(village, keys={"next": "k", "previous": "j"}).key_map["next"] == "k"


def test_the_history_says_that_there_was_a_change_and_not_which(village: Village) -> None:
    set_care(village, daily_cap=5, text_only=True)
    (event,) = village.rows(AccountEvent)
    assert (event.kind, event.role, event.body) == ("care_set", "member", {"member": str(village.curators[0])})
    with Session(village.engine) as session:
        assert verify_account_events(session) == 1


@both_databases
def test_two_changes_at_once_are_both_kept(real_village: Village) -> None:
    at_once(lambda: set_care(real_village, daily_cap=10), lambda: set_care(real_village, text_only=True))
    assert (now(real_village).daily_cap, now(real_village).text_only) == (10, True)


def test_answers_of_today_are_counted_with_those_that_can_still_be_taken_back(village: Village) -> None:
    first, second, third, fourth, *_ = of_one_curator(ask_many(village, 10))

    def counted(day: date) -> int:
        with village.turn() as turn:
            return care.answered_today(turn.session, first.member_id, day)

    answer(village, first, "hide")
    answer(village, second, "recuse")
    say(village, third, "keep")
    say(village, fourth, "recuse")
    today = village.now.date()
    assert counted(today) == 2
    assert counted(today + timedelta(days=1)) == counted(today - timedelta(days=1)) == 0


def test_a_rest_is_proposed_after_half_an_hour_without_one(village: Village) -> None:
    mine = of_one_curator(ask_many(village, 16))

    def due() -> bool:
        with village.turn() as turn:
            return care.break_due(turn.session, mine[0].member_id, turn.now)

    assert not due()
    for look in mine[:3]:  # at 0, 9 and 18 minutes
        answer(village, look, "hide")
        assert not due()
        village.now += timedelta(minutes=9)
    say(village, mine[3])  # at 27
    village.now += timedelta(minutes=2)
    assert not due()
    village.now += timedelta(minutes=1)
    assert due()
    village.now += timedelta(minutes=6)
    assert due()
    village.now += timedelta(minutes=1)  # ten without an answer
    assert not due()
    answer(village, mine[4], "hide")
    assert not due()
