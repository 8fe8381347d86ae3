"""Who is at which piece of work: one at a time, and not for ever."""

from datetime import timedelta

from panah.blocklists import panel
from panah.curation import leases
from tests.server.blocklists.conftest import Village
from tests.server.blocklists.test_together import at_once
from tests.server.curation.conftest import ask, both_databases, look_of, looks_on


def take(village: Village, who: int, ref: str = "a", kind: str = "protection") -> bool:
    with village.turn() as turn:
        return leases.take(turn, kind, ref, village.curators[who]) is not None


def held(village: Village, *refs: str, kind: str = "protection") -> dict[str, int]:
    """Refs to the number of the curator who has them."""
    with village.turn() as turn:
        found = leases.running(turn.session, kind, turn.now)
    return {ref: village.curators.index(member_id) for ref, member_id in found.items() if ref in refs}


@both_databases
def test_a_piece_of_work_is_one_persons_for_some_minutes(real_village: Village) -> None:
    village = real_village
    assert take(village, 0)
    assert not take(village, 1)
    assert take(village, 1, "b")
    assert take(village, 1, "a", kind="feedback")
    assert held(village, "a", "b", "c") == {"a": 0, "b": 1}
    village.now += timedelta(minutes=9)
    assert take(village, 0)  # one's own goes on
    village.now += timedelta(minutes=9)
    assert not take(village, 1)
    village.now += timedelta(minutes=1)
    assert held(village, "a") == {}
    assert take(village, 1)
    assert held(village, "a") == {"a": 1}


@both_databases
def test_of_two_who_come_at_once_one_gets_the_work(real_village: Village) -> None:
    answers = at_once(*(lambda who=who: take(real_village, who) for who in range(4)))
    assert sorted(answers) == [False, False, False, True]
    assert held(real_village, "a") == {"a": answers.index(True)}


@both_databases
def test_of_two_who_come_at_once_when_a_lease_is_over_one_gets_the_work(real_village: Village) -> None:
    take(real_village, 0)
    real_village.now += timedelta(minutes=10)
    answers = at_once(*(lambda who=who: take(real_village, who) for who in (1, 2, 3)))
    assert sorted(answers) == [False, False, True]


def test_one_gives_back_ones_own_work_and_nobody_elses(village: Village) -> None:
    take(village, 0)
    with village.turn() as turn:
        leases.release(turn, "protection", "a", village.curators[1])
    assert held(village, "a") == {"a": 0}
    with village.turn() as turn:
        leases.release(turn, "protection", "a", village.curators[0])
    assert take(village, 1)


def test_what_is_over_is_deleted_and_what_runs_is_not(village: Village) -> None:
    take(village, 0, "a")
    village.now += timedelta(minutes=5)
    take(village, 0, "b")
    village.now += timedelta(minutes=5)
    with village.turn() as turn:
        assert leases.forget_over(turn) == 1
        assert leases.forget_over(turn) == 0
    assert held(village, "a", "b") == {"b": 0}


def open_case(village: Village, kind: str = "look") -> tuple[str, int]:
    """The first look of a case, opened by its curator when its time is nearly up."""
    look = ask(village)[0]
    village.pass_days(2)  # a list's clock goes on by a day at most
    village.now = look.due_at - timedelta(minutes=5)
    take(village, village.curators.index(look.member_id), str(look.id), kind=kind)
    village.now = look.due_at + timedelta(minutes=1)
    village.tick()
    return str(look.id), village.curators.index(look.member_id)


def test_a_look_that_its_curator_has_open_does_not_go_to_others(village: Village) -> None:
    ref, who = open_case(village)
    found = {str(one.id): one for one in looks_on(village)}
    assert ref in found  # the two others were replaced
    assert sum(one.due_at > village.now for one in found.values()) == 2
    village.now += timedelta(minutes=10)
    village.tick()
    assert look_of(village, found[ref]).vote == "late"
    assert who == village.curators.index(found[ref].member_id)


def test_a_lease_for_other_work_holds_no_look(village: Village) -> None:
    ref, _ = open_case(village, kind="feedback")
    assert ref not in {str(one.id) for one in looks_on(village)}


def test_a_window_that_stays_open_holds_a_case_up_for_an_hour_at_most(village: Village) -> None:
    ref, who = open_case(village)
    for _ in range(10):
        village.now += timedelta(minutes=7)
        take(village, who, ref, kind="look")
        village.tick()
    assert village.now > looks_on(village)[0].drawn_at + panel.LONGEST_AT_IT
    assert ref not in {str(one.id) for one in looks_on(village)}
