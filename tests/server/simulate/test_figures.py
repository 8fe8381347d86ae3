"""Counting, goals, tables and the plot."""

from io import StringIO
from xml.etree import ElementTree

import pytest
from rich.console import Console

from panah.intervals import wilson
from panah.simulate.actors import Kind, Report, Subject
from panah.simulate.goals import judge, judge_all
from panah.simulate.peers import reached
from panah.simulate.plot import draw
from panah.simulate.report import as_json, cells_of, percent, summary, tables
from panah.simulate.tally import Fate, Found, Ledger, Outcome, Spell, tally
from tests.server.simulate.scripted import ScriptedWorld, honest


def test_k_reporters_list_on_the_day_of_the_kth_and_repeats_do_not_count() -> None:
    sent = [Report(3.0, 2, 7), Report(1.0, 0, 7), Report(2.0, 1, 7), Report(1.5, 0, 7), Report(1.0, 0, 8)]
    found = reached(sent, (1, 2, 3, 4))
    assert found == {1: {7: 1.0, 8: 1.0}, 2: {7: 2.0}, 3: {7: 3.0}, 4: {}}


def test_a_ledger_knows_from_when_to_when_somebody_was_listed_and_hidden() -> None:
    ledger = Ledger()
    ledger.look(1, {5: "flag"})
    ledger.look(2, {5: "hide", 6: "hide"})
    ledger.look(3, {6: "hide"})
    ledger.look(4, {5: "flag", 6: "hide"})
    assert ledger.spells[5] == [Spell(1, 3, 2), Spell(4, None, None)]
    assert ledger.spells[6] == [Spell(2, None, 2)]


def test_a_tally_tells_listed_hidden_and_standing_apart() -> None:
    kinds = [Kind.SURVIVOR] * 4 + [Kind.ABUSIVE] * 3
    world = ScriptedWorld(subjects=[Subject(kind, 1.0) for kind in kinds], people=honest(4), days=60)
    spells = {0: [Spell(10, 12)], 1: [Spell(10, 24.5, 11)], 2: [Spell(50)], 4: [Spell(9, None, 9)], 5: [Spell(61)]}
    sent = [Report(2, who, whom) for whom in (4, 5) for who in (0, 1)] + [Report(2, 0, 6)]
    outcome = tally(world, 1, sent, spells)
    assert outcome.fates[Kind.SURVIVOR] == Fate(count=4, listed=3, hidden=1, standing=2, standing_hidden=1)
    # Subject 6 has one reporter, so no rule is asked for it; 5 was listed after the last day.
    assert outcome.recall == Found(2, 1, 1)
    assert outcome.recall_late == Found(2, 2, 1)
    assert outcome.delay == pytest.approx((8 + 60) / 2)
    assert outcome.peers[1][Kind.ABUSIVE].listed == 3
    assert outcome.peers[3][Kind.ABUSIVE].listed == 0
    assert outcome.peers_recall[1] == Found(2, 2, 2)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 640, 0.0, 0.005967), (8, 640, 0.006347, 0.024470), (5, 10, 0.236593, 0.763407)],
)
def test_intervals_are_those_of_wilson(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=1e-5)


def test_no_trials_tell_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert percent(0, 0) == "-"


def test_a_goal_just_missed_by_few_trials_is_undecided_and_missed_where_the_count_is_strict() -> None:
    low, high = wilson(2, 100)
    assert judge(0.02, low, high, 0.015, at_least=False, strict=False) == "undecided"
    assert judge(0.02, low, high, 0.015, at_least=False, strict=True) == "missed"
    assert judge(0.01, low, high, 0.015, at_least=False, strict=True) == "met"
    low, high = wilson(30, 100)
    assert judge(0.3, low, high, 0.015, at_least=False, strict=False) == "missed"
    assert judge(0.3, low, high, 0.85, at_least=True, strict=False) == "missed"


def outcome_of(attack: str, share: float, *, listed: int, found: int, registered: int = 0) -> Outcome:
    """100 survivors and 100 abusers, of which so many were listed."""
    nobody = {kind.value: Fate(100) for kind in Kind}
    fates = nobody | {
        Kind.SURVIVOR.value: Fate(100, listed, listed, listed, listed),
        Kind.REGISTERED.value: Fate(100, registered, registered),
    }
    everybody = {kind.value: Fate(100, 100, 100, 100, 100) for kind in Kind}
    recall = Found(100, found, found)
    peers = dict.fromkeys((1, 3, 5, 10), everybody)
    counted = {count: Found(100, 90, 90) for count in (1, 3, 5, 10)}
    return Outcome(attack, share, 1, fates, recall, recall, 6.0, peers, counted, {"votes": 10})


def runs(**changed: int) -> list[Outcome]:
    usual = {"listed": 0, "found": 97} | changed
    cells = [("none", 0.0), ("naive", 0.2), ("rotate", 0.1), ("rotate", 0.5), ("shield", 0.2)]
    return [outcome_of(attack, share, **usual) for attack, share in cells]


def test_sound_runs_meet_all_goals() -> None:
    goals = judge_all(runs(), strict=True)
    assert summary(goals) == "simulate: 12/12 goals met"


def test_listed_survivors_and_lost_abusers_miss_the_goals_they_belong_to() -> None:
    missed = {goal.name for goal in judge_all(runs(listed=5), strict=True) if goal.verdict == "missed"}
    assert missed == {
        "survivor ever hidden",
        "survivor ever listed",
        "survivor still listed after 14 days",
        "fewer hidden than K=3 lists",
        "fewer listed than K=3 lists",
    }
    missed = {goal.name for goal in judge_all(runs(found=60), strict=True) if goal.verdict == "missed"}
    assert missed == {
        "abuser hidden, no attack",
        "abuser listed, no attack",
        "abuser hidden, shielded",
        "abuser listed, shielded",
    }
    goals = judge_all(runs(registered=4), strict=True)
    assert summary(goals) == "simulate: 11/12 goals met; missed: registered survivor ever listed"


def test_the_worst_attack_decides_and_shares_above_the_bound_do_not() -> None:
    found = [*runs(), outcome_of("naive", 0.1, listed=3, found=97), outcome_of("rotate", 0.3, listed=50, found=97)]
    goal = next(goal for goal in judge_all(found, strict=True) if goal.name == "survivor ever listed")
    assert (goal.hits, goal.trials, goal.where) == (3, 200, "naive")


def test_goals_that_no_run_tells_about_are_not_met() -> None:
    goals = judge_all(runs()[:1], strict=True)
    assert summary(goals) == "simulate: 4/12 goals met, 8 not tried"


def test_tables_name_every_attack_and_fit_their_width() -> None:
    outcomes = runs(listed=1)
    console = Console(width=150, file=StringIO())
    console.print(tables(cells_of(outcomes), judge_all(outcomes, strict=False)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for shown in ("none", "naive", "rotate", "shield", "1.00 ≤5.45", "K=10", "undecided"):
        assert shown in text
    assert "…" not in text


def test_cells_join_repetitions() -> None:
    cells = cells_of([*runs(listed=1), *runs(listed=3)])
    rotate = next(cell for cell in cells if (cell.attack, cell.share) == ("rotate", 0.1))
    assert (rotate.runs, rotate.fates[Kind.SURVIVOR]) == (2, Fate(200, 4, 4, 4, 4))
    assert [cell.attack for cell in cells] == ["none", "naive", "rotate", "rotate", "shield"]


def test_json_has_no_number_that_json_does_not_know() -> None:
    outcomes = runs()
    made = as_json(outcomes, cells_of(outcomes), judge_all(outcomes, strict=True), set="small")
    margin = next(goal for goal in made["goals"] if goal["unit"] == "times")
    assert margin["value"] is None
    assert made["set"] == "small"
    assert len(made["runs"]) == 5


def test_the_plot_is_well_formed_and_draws_each_rule_in_both_panels() -> None:
    document = ElementTree.fromstring(draw(cells_of(runs(listed=2))))  # noqa: S314  (our own)
    space = "{http://www.w3.org/2000/svg}"
    texts = [one.text for one in document.iter(f"{space}text")]
    assert {"Panah, hide", "K=1", "K=3", "K=5", "K=10"} <= set(texts)
    lines = [one for one in document.iter(f"{space}path") if one.get("fill") == "none"]
    assert len(lines) == 2 * 6
    for line in lines:
        assert "nan" not in (line.get("d") or "")
