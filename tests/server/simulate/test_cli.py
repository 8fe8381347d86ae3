"""`panah simulate` as it is called: what it prints and writes, and the status it ends with."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from panah.blocklists import juries, looks
from panah.simulate import adaptive, plan
from panah.simulate.adaptive_society import SMALL
from panah.simulate.cli import simulate
from panah.simulate.world import Population

TINY = Population(
    honest=40, abusive=15, bystanders=10, survivors=30, registered=10, feud=5, pile_on=5, days=120, camouflage=5
)


def call(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(simulate)
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "150"})


def last_line(result: Result) -> str:
    return result.stdout.strip().splitlines()[-1]


def test_a_rule_without_juries_and_curators_misses_the_goals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SMALL_SET", (("rotate", 0.1, 1, TINY, 1), ("rotate", 0.2, 1, TINY, 1)))
    monkeypatch.setattr(juries, "lane_for", lambda *_, **__: "clear")
    monkeypatch.setattr(looks, "outcome_of", lambda votes, *_, **__: "hide" if votes else None)
    result = call("--small", "--jobs", "1")
    assert result.exit_code == 1
    assert "missed: survivor ever hidden, survivor ever listed" in last_line(result)


def test_one_attack_alone_leaves_the_other_goals_untried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SMALL_SET", (("none", 0.0, 1, TINY, 1), ("naive", 0.2, 1, TINY, 1)))
    result = call("--small", "--jobs", "1", "--attack", "naive")
    assert result.exit_code == 0
    assert "not tried" in last_line(result)
    assert "none" not in result.stdout


def test_both_generators_can_be_asked_for_by_the_names_of_their_attacks(monkeypatch: pytest.MonkeyPatch) -> None:
    short = [adaptive.Trial(one, 0.2, 0, SMALL) for one in adaptive.SCENARIOS if one.name == "bribed-20"]
    monkeypatch.setattr(adaptive, "trials", lambda **_: short)
    result = call("--attack", "bribed-20", "--jobs", "1", "--share", "0.2")
    assert "bribed-20" in result.stdout
    assert "What attackers keep" in result.stdout
    assert last_line(result).startswith("simulate: 0/")
    assert result.exit_code == 0


def test_rules_from_a_file_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(plan, "SMALL_SET", (("none", 0.0, 1, TINY, 1),))
    (tmp_path / "rules.json").write_text('{"trigger_clusters": 50}')
    result = call("--small", "--jobs", "1", "--rule", str(tmp_path / "rules.json"), "--out", str(tmp_path))
    assert result.exit_code == 1
    assert "missed: abuser hidden, no attack" in last_line(result)
    assert json.loads((tmp_path / "simulation.json").read_text())["rules"]["trigger_clusters"] == 50


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--attack", "storm"], "there is no attack storm"),
        (["--share", "0.07", "--attack", "rotate"], "no attack is planned with that share"),
        (["--small", "--attack", "adaptive"], "there is no attack adaptive"),
        (["--rule", "missing.json"], "missing.json: No such file"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_line(arguments: list[str], told: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_rules_that_would_switch_a_protection_off_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text('{"trigger_clusters": 1}')
    result = call("--rule", str(tmp_path / "rules.json"))
    assert result.exit_code == 2
    assert "trigger_clusters" in result.stderr
