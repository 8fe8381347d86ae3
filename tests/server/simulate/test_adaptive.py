"""The second generator: honest people of another kind, and attackers who know the rules and watch the list."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import combinations

import pytest

from panah.blocklists.policy import Rules
from panah.blocklists.standing import find_clusters
from panah.simulate.actors import Appeal, CuratorLook, JurorTask, Kind, ListedAs, PublicView, Report, Withdrawal
from panah.simulate.adaptive import SCENARIOS, AdaptiveWorld, Scenario, judge, open_risks, trials
from panah.simulate.adaptive_attacks import Adaptive, Bribed, Camouflaged, Dormant, HitAndRun
from panah.simulate.adaptive_society import FULL, SMALL, Size, Society
from panah.simulate.driver import play
from panah.simulate.plan import play_job

BY_NAME = {one.name: one for one in SCENARIOS}
MINI = Size(honest=24, abusive=10, targets=4, registered=1, bystanders=12, pile_ons=1, feuds=1, days=28, voices=10)


def world_of(name: str, seed: int = 1, share: float = 0.2, size: Size = SMALL) -> AdaptiveWorld:
    made = BY_NAME[name].build(seed, share, size)
    assert isinstance(made, AdaptiveWorld)
    return made


def live(
    world: AdaptiveWorld, listed: dict[int, ListedAs] | None = None, standing: str = "trusted"
) -> tuple[list[Report], list[Withdrawal], list[Appeal]]:
    """All days of a world whose public list stays as given, so that attackers see nothing come of what they do."""
    reports: list[Report] = []
    withdrawals: list[Withdrawal] = []
    appeals: list[Appeal] = []
    for day in range(world.days):
        reports += world.reports_on(day)
        withdrawals += world.withdrawals_on(day)
        appeals += world.appeals_on(day, listed or {})
        world.observe(PublicView(day, listed or {}, lambda _: standing))
    return reports, withdrawals, appeals


def attacks_on_survivors(world: AdaptiveWorld, reports: list[Report]) -> dict[int, list[Report]]:
    found: defaultdict[int, list[Report]] = defaultdict(list)
    for one in reports:
        if not world.people[one.contributor].honest and one.subject in world.attackers.targets:
            found[one.subject].append(one)
    return found


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_the_same_seed_gives_the_same_reports_and_another_seed_others(scenario: Scenario) -> None:
    one, same, other = (live(world_of(scenario.name, seed, scenario.shares[-1])) for seed in (1, 1, 2))
    assert one == same
    assert one[0] != other[0]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_every_report_falls_on_its_day_and_is_made_by_somebody_who_has_joined(scenario: Scenario) -> None:
    world = world_of(scenario.name, share=scenario.shares[-1])
    for day in range(world.days):
        for one in world.reports_on(day):
            assert day <= one.at < day + 1
            assert world.people[one.contributor].joins <= one.at
            assert world.people[one.contributor].contributes
        world.observe(PublicView(day, {}, lambda _: "trusted"))


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_attackers_are_the_share_of_contributors_that_was_asked_for(share: float) -> None:
    world = world_of("adaptive", share=share, size=FULL)
    contributors = [one for one in world.people if one.contributes]
    assert sum(not one.honest for one in contributors) / len(contributors) == pytest.approx(share, abs=0.01)


def test_answers_do_not_depend_on_the_order_of_asking() -> None:
    tasks = [JurorTask(who, subject, 5, 0) for who in range(10) for subject in range(20)]
    forward, backward = Society(4, SMALL), Society(4, SMALL)
    said = {task: forward.juror_answer(task) for task in tasks}
    assert said == {task: backward.juror_answer(task) for task in reversed(tasks)}
    assert {"list", None} <= set(said.values())


# Honest people


def test_people_of_one_conversation_report_the_same_accounts_on_the_same_day() -> None:
    reports = live(world_of("calm", share=0.0, size=FULL))[0]
    together: Counter[tuple[int, int]] = Counter()
    crowds: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for one in reports:
        crowds[one.subject, int(one.at)].add(one.contributor)
    for crowd in crowds.values():
        together.update(combinations(sorted(crowd), 2))
    # Without this the next test would say nothing.
    assert sum(count >= 3 for count in together.values()) >= 20


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_few_honest_people_are_taken_for_a_cluster(seed: int) -> None:
    reports = live(world_of("calm", seed, 0.0, FULL))[0]
    begin = date(2026, 1, 1)
    rows = [(str(one.contributor), str(one.subject), begin + timedelta(days=int(one.at))) for one in reports]
    sizes = Counter(find_clusters(rows, Rules()).values())
    clustered = sum(size for size in sizes.values() if size > 1)
    assert clustered <= 0.08 * sum(sizes.values())
    assert max(sizes.values()) <= 5


def test_many_people_report_a_viral_post_within_days_and_all_cite_it() -> None:
    world = world_of("calm", share=0.0, size=FULL)
    reports = live(world)[0]
    for subject in world.society.of_kind(Kind.PILE_ON):
        mine = [one for one in reports if one.subject == subject]
        assert len(mine) >= 4
        assert {one.post for one in mine} == {0}
    spans = [
        sorted(one.at for one in reports if one.subject == subject)
        for subject in world.society.of_kind(Kind.PILE_ON)
    ]
    assert sum(one[int(len(one) * 0.8)] - one[0] < 3 for one in spans) >= 0.9 * len(spans)


def test_some_reports_come_weeks_after_the_post() -> None:
    world = world_of("calm", share=0.0, size=FULL)
    seen: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for at, subject, post in world.society.sightings:
        seen[subject, post].append(at)
    waits = [
        one.at - max(at for at in seen[one.subject, one.post] if at <= one.at)
        for one in live(world)[0]
        if any(at <= one.at for at in seen[one.subject, one.post])
    ]
    waits.sort()
    assert waits[len(waits) // 2] < 1
    assert waits[-1] > 10


def test_curators_err_more_the_more_they_have_looked_at_that_day() -> None:
    society = Society(2, FULL)
    for chair in society.chairs:
        chair.capacity, chair.present, chair.rested, chair.strictness = 10_000, 1.0, 5, 0.0
    bystanders = society.of_kind(Kind.BYSTANDER)
    listed: dict[bool, int] = {True: 0, False: 0}
    for member in range(8):
        for tired in (False, True):
            for at, subject in enumerate(bystanders):
                day = at if not tired else 10_000
                if tired:
                    society.load.looks[day, member] = 40
                vote = society.curator_answer(CuratorLook(member, subject, "first", day, 0))
                listed[tired] += vote in ("hide", "flag")
    assert listed[True] > 2 * listed[False] > 0


def test_an_eighth_or_more_of_the_jurors_never_answers_and_others_answer_late() -> None:
    society = Society(3, FULL)
    subject = society.of_kind(Kind.ABUSIVE)[0]
    first = [
        next((age for age in range(3) if society.juror_answer(JurorTask(who, subject, age, age)) is not None), None)
        for who in range(FULL.honest)
    ]
    assert first.count(None) >= FULL.honest / 8
    assert first.count(0) >= FULL.honest / 3
    assert first.count(1) + first.count(2) >= FULL.honest / 10


def test_friends_of_a_listed_survivor_appeal_on_their_behalf() -> None:
    world = world_of("calm", share=0.0, size=FULL)
    survivors = world.society.of_kind(Kind.SURVIVOR)
    filed = [one for day in range(20) for one in world.appeals_on(day, dict.fromkeys(survivors, "flag"))]
    asked = {one.subject for one in filed}
    assert len(asked) >= 0.7 * len(survivors)
    assert {(one.own, one.ground) for one in filed} == {(True, "context"), (False, "survivor")}


# Attackers


def test_no_two_adaptive_attackers_report_one_survivor_on_one_day_or_work_together_twice() -> None:
    world = world_of("adaptive", size=FULL)
    by_target = attacks_on_survivors(world, live(world)[0])
    assert len(by_target) >= 0.6 * len(world.attackers.targets)
    pairs: Counter[tuple[int, int]] = Counter()
    for sent in by_target.values():
        assert len({int(one.at) for one in sent}) == len(sent)
        for team in (sent[:2], sent[2:]):
            pairs.update(combinations(sorted(one.contributor for one in team), 2))
    assert max(pairs.values()) == 1


def test_after_a_rejection_others_come_back_once_with_one_more() -> None:
    world = world_of("adaptive", size=FULL)
    tries = Counter(len(sent) for sent in attacks_on_survivors(world, live(world)[0]).values())
    assert set(tries) <= {2, 5} | {1, 3, 4}  # a try that the end of the run cut off
    assert tries[5] >= 10


def test_adaptive_attackers_leave_a_survivor_alone_who_is_listed() -> None:
    world = world_of("adaptive", size=FULL)
    everybody: dict[int, ListedAs] = dict.fromkeys(world.attackers.targets, "flag")
    world.observe(PublicView(0, everybody, lambda _: "trusted"))
    assert attacks_on_survivors(world, live(world, everybody)[0]) == {}


def test_attackers_who_lost_three_votes_go_on_as_honest_jurors() -> None:
    world = world_of("adaptive", size=FULL)
    crew = world.attackers
    assert isinstance(crew, Adaptive)
    juror = crew.crew[0]
    said = []
    for day in range(world.days):
        world.reports_on(day)
        said += [
            world.juror_answer(JurorTask(juror, target, day, 0))
            for target, campaign in crew.campaigns.items()
            if campaign.running and juror not in campaign.jurors
        ][:1]
        world.observe(PublicView(day, {}, lambda _: "trusted"))
    assert said[0] == "list"
    assert said[-1] == "keep"


def test_hit_and_run_takes_every_report_back() -> None:
    world = world_of("hit-and-run")
    assert isinstance(world.attackers, HitAndRun)
    reports, withdrawals, _ = live(world)
    sent = {
        (one.contributor, one.subject)
        for reported in attacks_on_survivors(world, reports).values()
        for one in reported
        if one.at < world.days - 8
    }
    assert sent
    assert sent <= {(one.contributor, one.subject) for one in withdrawals}


def test_dormant_attackers_are_silent_for_sixty_days_and_then_report_all_at_once() -> None:
    world = world_of("dormant")
    assert isinstance(world.attackers, Dormant)
    sent = [one for one in live(world)[0] if not world.people[one.contributor].honest]
    assert {int(one.at) >= 60 for one in sent} == {True}
    assert max(one.at for one in sent) < 72
    assert {one.subject for one in sent} == set(world.attackers.targets)
    asleep = JurorTask(world.attackers.crew[0], world.attackers.targets[0], 59, 0)
    assert world.juror_answer(asleep) is None


@pytest.mark.parametrize(("name", "p"), [("bribed-10", 0.1), ("bribed-20", 0.2)])
def test_jurors_on_survivors_are_bought_at_the_rate_that_is_given(name: str, p: float) -> None:
    world = world_of(name, size=FULL)
    assert isinstance(world.attackers, Bribed)
    bought = [
        world.attackers.honest_juror(JurorTask(who, target, 5, 0), lambda: None) == "list"
        for who in range(FULL.honest)
        for target in world.attackers.targets
    ]
    assert sum(bought) / len(bought) == pytest.approx(p, abs=0.01)
    innocent = world.society.of_kind(Kind.BYSTANDER)[0]
    assert world.attackers.honest_juror(JurorTask(0, innocent, 5, 0), lambda: None) is None


def test_abusive_accounts_are_seldom_protected_without_a_curator_on_their_side() -> None:
    def protected(name: str) -> float:
        world = world_of(name, size=FULL)
        asked = [one for day in range(-60, 0) for one in world.protections_on(day)]
        abusive = [one for one in asked if world.subjects[one.subject].kind is Kind.ABUSIVE]
        assert len(abusive) == FULL.abusive // 2
        return sum(len(one.seen_by) >= 2 for one in abusive) / len(abusive)

    assert protected("protection") < 0.3 < protected("protection-inside")


def test_the_compromised_curator_lists_survivors_keeps_abusers_and_is_honest_elsewhere() -> None:
    world = world_of("curator")
    target = world.attackers.targets[0]
    abusive = world.society.of_kind(Kind.ABUSIVE)[0]
    assert world.curator_answer(CuratorLook(0, target, "first", 5, 0)) == "hide"
    assert world.curator_answer(CuratorLook(0, abusive, "first", 5, 0)) == "keep"
    assert all(world.curator_answer(CuratorLook(at, abusive, "first", 5, 0)) != "recuse" for at in range(1, 8))
    assert isinstance(world.attackers, Adaptive)
    assert world.attackers.campaigns[target].open


def test_removal_spam_appeals_against_every_true_entry_every_day_and_no_other() -> None:
    world = world_of("removal-spam")
    listed: dict[int, ListedAs] = dict.fromkeys(world.society.of_kind(Kind.ABUSIVE, Kind.BYSTANDER)[:45], "hide")
    abusive = {one for one in listed if world.subjects[one].kind is Kind.ABUSIVE}
    for day in (5, 6):
        spam = {one.subject for one in world.appeals_on(day, listed) if one.at == day + 0.01}
        assert spam == abusive


def test_churned_reports_are_all_taken_back_and_make_five_arrivals_an_hour() -> None:
    world = world_of("hold-churn")
    reports, withdrawals, _ = live(world)
    churned = Counter(
        (one.contributor, one.subject, int(one.at)) for one in reports if one.contributor >= world.honest
    )
    assert set(churned.values()) == {5}
    back = Counter(
        (one.contributor, one.subject, int(one.at)) for one in withdrawals if one.contributor >= world.honest
    )
    assert back == churned


def test_bursts_are_five_reports_within_an_hour() -> None:
    world = world_of("hold-flood", size=FULL)
    bursts: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for one in live(world)[0]:
        if one.contributor >= world.honest:
            bursts[one.subject, int(one.at)].append(one.at)
    full = [times for times in bursts.values() if len(times) >= 5]
    assert len(full) >= FULL.abusive
    assert all(times[4] - times[0] < 1 / 24 for times in full)


def test_attackers_know_nothing_of_what_honest_people_report() -> None:
    class Silent(Society):
        def reports_on(self, day: int) -> list[Report]:
            return []

    crews = []
    for kind in (Society, Silent):
        society = kind(6, SMALL)
        crew = Camouflaged(society, 0.2)
        crews.append([(society.reports_on(day), crew.reports_on(day))[1] for day in range(SMALL.days)])
    assert crews[0] == crews[1] != []


# On the real service


def test_a_calm_world_ends_with_abusers_listed_and_no_survivor() -> None:
    outcome = play(BY_NAME["calm"].build(1, 0.0, MINI), 1)
    assert outcome.fates[Kind.ABUSIVE].listed >= 3
    assert outcome.fates[Kind.SURVIVOR].listed == outcome.fates[Kind.REGISTERED].listed == 0


@pytest.mark.parametrize("name", ["adaptive", "hit-and-run"])
def test_attacked_survivors_are_not_listed_though_counting_reporters_would_list_them(name: str) -> None:
    outcome = play(BY_NAME[name].build(3, 0.2, MINI), 3)
    assert outcome.fates[Kind.SURVIVOR].listed == 0
    assert outcome.peers[1][Kind.SURVIVOR].listed > 0


def test_a_list_with_three_contributors_works_through_its_curators() -> None:
    outcome = play(BY_NAME["tiny"].build(2, 0.4), 2)
    assert outcome.costs.get("votes", 0) == 0  # never enough for a jury
    assert outcome.costs["looks"] > 0
    assert outcome.fates[Kind.SURVIVOR].listed == 0


def test_when_the_curators_fall_silent_no_survivor_stays_listed() -> None:
    world = world_of("abandoned", 2, 0.2, MINI)
    outcome = play(world, 2)
    assert max(day for day, _ in world.load.looks) < world.days / 3 + 1
    assert outcome.fates[Kind.SURVIVOR].standing == 0


def test_the_trials_are_played_like_other_jobs_and_judged_by_name() -> None:
    plan = [one for one in trials(MINI) if one.attack in ("calm", "fabricated")]
    assert len({one.seed for one in trials(MINI, reps=2)}) == len(trials(MINI, reps=2))
    outcomes = [play_job(one) for one in plan if one.share in (0.0, 0.2)]
    assert [one.attack for one in outcomes] == ["calm", "fabricated"]
    goals = judge(outcomes, strict=False)
    assert {one.where for one in goals if one.name.startswith("survivor")} == {"calm"}  # no goal for the other
    ((name, share, figures, remains),) = open_risks(outcomes)
    assert (name, share) == ("fabricated", 0.2)
    assert figures.startswith("survivors: ")
    assert remains


def test_every_scenario_without_goals_says_what_remains() -> None:
    assert all(one.remains for one in SCENARIOS if not one.goals)
    assert len(BY_NAME) == len(SCENARIOS)
