"""Worlds on the real lists: what people do reaches the service, and what it decides reaches the report."""

import dataclasses

from sqlmodel import select

from panah.blocklists import events
from panah.blocklists.policy import Rules
from panah.blocklists.tables import Case
from panah.simulate.actors import Appeal, Kind, Person, Protection, Report, Subject, Withdrawal
from panah.simulate.driver import BEGIN, Driver, moment, play
from panah.simulate.plan import Job, play_all
from panah.simulate.world import Population
from tests.server.simulate.scripted import ScriptedWorld, honest

TWO_REPORT = [Report(1.2, 0, 0, 0), Report(2.3, 1, 0, 1)]
LITTLE = Population(
    honest=40, abusive=10, bystanders=10, survivors=4, registered=2, feud=2, pile_on=2, camouflage=3
)


def test_whom_two_people_report_and_all_find_abusive_is_hidden() -> None:
    outcome = play(ScriptedWorld(reports=TWO_REPORT), 1)
    fate = outcome.fates[Kind.ABUSIVE]
    assert (fate.count, fate.listed, fate.hidden, fate.standing) == (1, 1, 1, 1)
    assert outcome.costs["reports"] == 2
    assert outcome.costs["votes"] == Rules().jury_size
    assert outcome.costs["looks"] == Rules().curators
    assert outcome.delay is not None
    assert 2 < outcome.delay < 8


def test_what_one_person_reports_reaches_nobody() -> None:
    outcome = play(ScriptedWorld(reports=TWO_REPORT[:1]), 1)
    assert outcome.fates[Kind.ABUSIVE].listed == 0
    assert "votes" not in outcome.costs


def test_a_report_taken_back_before_the_second_counts_no_more() -> None:
    world = ScriptedWorld(reports=TWO_REPORT, withdrawals=[Withdrawal(1.9, 0, 0)])
    assert play(world, 1).fates[Kind.ABUSIVE].listed == 0


def test_jurors_who_say_no_keep_curators_out_of_it() -> None:
    outcome = play(ScriptedWorld(reports=TWO_REPORT, juror=lambda task: "keep"), 1)
    assert outcome.fates[Kind.ABUSIVE].listed == 0
    assert "looks" not in outcome.costs


def test_jurors_and_curators_are_asked_again_until_they_answer() -> None:
    world = ScriptedWorld(
        reports=TWO_REPORT,
        juror=lambda task: "list" if task.age == 2 else None,
        curator=lambda look: "hide" if look.age == 1 else None,
    )
    outcome = play(world, 1)
    assert outcome.fates[Kind.ABUSIVE].hidden == 1
    assert outcome.costs["looks"] == 3
    assert {look.age for look in world.looks} == {0, 1}


def test_everybody_sees_who_is_on_the_list_and_their_own_standing() -> None:
    people = [*honest(20), Person(joins=3.0, honest=False), Person(joins=-50.0, honest=True, contributes=False)]
    world = ScriptedWorld(reports=TWO_REPORT, people=people)
    play(world, 1)
    assert world.views[0].listed == {}
    assert world.views[-1].listed == {0: "hide"}
    standings = {view.day: standing for view, standing in zip(world.views, world.standings, strict=True)}
    assert standings[-50] == ["probation"] * 20 + ["none"] * 2
    assert standings[5] == ["trusted"] * 20 + ["probation", "none"]


def test_an_appeal_that_others_doubt_takes_the_account_off() -> None:
    world = ScriptedWorld(
        subjects=[Subject(Kind.SURVIVOR)],
        reports=TWO_REPORT,
        appeals=[Appeal(12.0, 0)],
        curator=lambda look: "keep" if look.stage == "appeal" else "hide",
    )
    outcome = play(world, 1)
    fate = outcome.fates[Kind.SURVIVOR]
    assert (fate.listed, fate.hidden, fate.standing) == (1, 1, 0)
    assert outcome.costs["appeals"] == 1
    assert world.views[-1].listed == {}


def test_the_owners_doubt_has_others_look_afresh() -> None:
    world = ScriptedWorld(
        subjects=[Subject(Kind.REGISTERED)],
        people=[*honest(20), Person(joins=-50.0, honest=True, contributes=False)],
        protections=[Protection(-40.0, 20, 0)],
        reports=TWO_REPORT,
        owner="doubt",
        curator=lambda look: "keep" if look.stage == "fresh" else "hide",
    )
    outcome = play(world, 1)
    assert outcome.costs["notices answered"] == 1
    assert outcome.fates[Kind.REGISTERED].listed == 0
    assert {look.stage for look in world.looks} == {"first", "fresh"}


def test_what_the_service_refuses_is_counted_and_changes_nothing() -> None:
    many = Rules().reports_day + 3
    world = ScriptedWorld(
        subjects=[Subject(Kind.BYSTANDER)] * many, reports=[Report(1 + at / 1000, 0, at) for at in range(many)]
    )
    outcome = play(world, 1)
    assert outcome.costs["refused too-many-reports"] == 3
    assert outcome.costs["reports"] == Rules().reports_day


def test_other_rules_change_what_happens() -> None:
    three = Rules(trigger_clusters=3)
    assert play(ScriptedWorld(reports=TWO_REPORT), 1, rules=three).fates[Kind.ABUSIVE].listed == 0


def test_the_history_of_a_simulated_list_holds_and_gives_its_cases() -> None:
    world = Job("rotate", 0.3, 0, LITTLE).world()
    driver = Driver(world, 1)
    driver.found_list(-60)
    for day in range(-60, 105):
        driver.play_day(day)
    assert events.verify(driver.session, driver.blocklist) > 100
    cases = driver.session.exec(select(Case)).all()
    assert {case.subject: events.state_of(case) for case in cases if case.number} == events.replay(
        driver.session, driver.blocklist
    )
    driver.session.close()
    driver.engine.dispose()


def test_one_seed_gives_one_outcome_in_every_process() -> None:
    job = Job("rotate", 0.3, 1, LITTLE)
    days: list[int] = []
    first, second = play_all([job, job], 2, days.append)
    # Each process hashes texts in its own way: what depended on that would differ here.
    assert dataclasses.replace(first, seconds=0) == dataclasses.replace(second, seconds=0)
    assert first.costs["reports"] > 20
    assert days[-1] > 0


def test_days_are_days_of_utc() -> None:
    assert moment(0) == BEGIN
    assert (moment(1.5) - moment(0)).total_seconds() == 36 * 3600
