"""The first generator: the people and attacks that docs/simulation.md describes."""

from collections import Counter

import pytest

from panah.simulate.actors import CuratorLook, JurorTask, Kind, Report
from panah.simulate.world import ATTACKS, FOUNDED, Attack, AttackedWorld, Population


def reports_of(world: AttackedWorld) -> list[Report]:
    return [one for day in range(world.days) for one in world.reports_on(day)]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_same_seed_gives_the_same_reports_and_another_seed_others(attack: Attack) -> None:
    one, same, other = (reports_of(AttackedWorld(attack, 0.1, seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_report_is_made_once_on_its_day_by_somebody_who_has_joined(attack: Attack) -> None:
    world = AttackedWorld(attack, 0.2, 3)
    for day in range(world.days):
        assert all(day <= one.at < day + 1 for one in world.reports_on(day))
    assert reports_of(world) == world.reports
    assert all(one.at >= world.people[one.contributor].joins for one in world.reports)


def test_attackers_are_the_share_that_was_asked_for() -> None:
    for share in (0.05, 0.2, 0.5):
        world = AttackedWorld("rotate", share, 1)
        contributors = [one for one in world.people if one.contributes]
        attackers = sum(not one.honest for one in contributors)
        assert attackers / len(contributors) == pytest.approx(share, abs=0.005)
    assert AttackedWorld("none", 0.5, 1).attackers == 0


def test_each_survivor_gets_eight_reports_over_two_weeks_in_the_rotating_attack() -> None:
    world = AttackedWorld("rotate", 0.2, 5)
    sent = [one for one in world.reports if not world.people[one.contributor].honest]
    on_survivors = [one for one in sent if world.subjects[one.subject].kind is Kind.SURVIVOR]
    assert set(Counter(one.subject for one in on_survivors).values()) == {8}
    assert min(one.at for one in on_survivors) >= 80
    assert max(one.at for one in on_survivors) < 114
    # The others are camouflage: only true reports, and long before.
    rest = [one for one in sent if world.subjects[one.subject].kind not in (Kind.SURVIVOR, Kind.REGISTERED)]
    assert {world.subjects[one.subject].kind for one in rest} == {Kind.ABUSIVE}
    assert max(one.at for one in rest) < 75


def test_lockstep_attackers_all_report_every_survivor_within_two_days() -> None:
    world = AttackedWorld("lockstep", 0.1, 5)
    survivor = world.attacked[0]
    at = [one.at for one in world.reports if one.subject == survivor and not world.people[one.contributor].honest]
    assert len(at) == world.attackers
    assert max(at) - min(at) <= 2


def test_naive_attackers_are_new_and_have_not_been_through_the_onboarding() -> None:
    world = AttackedWorld("naive", 0.1, 5)
    fresh = [one for one in world.people if not one.honest]
    assert all(one.joins >= 60 and not one.onboards and one.history is None for one in fresh)


def test_shielding_jurors_keep_abusers_and_attacking_ones_list_survivors() -> None:
    for attack, kind, vote in (("shield", Kind.ABUSIVE, "keep"), ("rotate", Kind.SURVIVOR, "list")):
        world = AttackedWorld(attack, 0.2, 7)  # type: ignore[arg-type]
        theirs = next(at for at, one in enumerate(world.people) if not one.honest)
        subjects = [at for at, one in enumerate(world.subjects) if one.kind is kind]
        assert {world.juror_answer(JurorTask(theirs, one, 90, 0)) for one in subjects} == {vote}


def test_seventy_percent_of_honest_jurors_answer_within_three_days_and_mostly_right() -> None:
    world = AttackedWorld("none", 0.0, 7)
    subjects = [at for at, one in enumerate(world.subjects) if one.kind is Kind.ABUSIVE]
    answers: Counter[str] = Counter()
    for juror in range(40):
        for subject in subjects:
            given = (world.juror_answer(JurorTask(juror, subject, 90 + age, age)) for age in range(3))
            answers[next((one for one in given if one is not None), "none")] += 1
    assert answers["none"] / answers.total() == pytest.approx(0.3, abs=0.02)
    assert answers["list"] / (answers["list"] + answers["keep"]) == pytest.approx(0.87, abs=0.03)


def test_a_compromised_curator_lists_every_attacked_account() -> None:
    world = AttackedWorld("rotate", 0.2, 7, Population(compromised=1))

    def votes(member: int) -> Counter[str]:
        asked = (world.curator_answer(CuratorLook(member, one, "first", 90, 0)) for one in world.attacked)
        return Counter(vote for vote in asked if vote is not None)

    assert set(votes(0)) == {"hide"}
    assert votes(1)["keep"] > 0.7 * votes(1).total()


def test_for_most_wrong_listings_somebody_appeals_once_within_two_weeks_and_for_right_ones_nobody() -> None:
    world = AttackedWorld("rotate", 0.2, 7, Population(survivors=300))
    listed = dict.fromkeys(range(len(world.subjects)), "hide")
    wrong = sum(one.kind is not Kind.ABUSIVE for one in world.subjects)
    sent = [one for day in range(50, 80) for one in world.appeals_on(day, listed)]  # type: ignore[arg-type]
    assert len({one.subject for one in sent}) == len(sent)
    assert all(world.subjects[one.subject].kind is not Kind.ABUSIVE for one in sent)
    assert len(sent) / wrong == pytest.approx(0.6, abs=0.05)
    assert max(one.at for one in sent) < 64


def test_registered_survivors_ask_for_protection_before_the_attack() -> None:
    world = AttackedWorld("rotate", 0.2, 7)
    asked = [one for day in range(FOUNDED, 1) for one in world.protections_on(day)]
    assert {one.subject for one in asked} == {
        at for at, one in enumerate(world.subjects) if one.kind is Kind.REGISTERED
    }
    assert all(not world.people[one.contributor].contributes for one in asked)
