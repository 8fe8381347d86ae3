"""Versions of the policy: what is refused, who may do what, and one winner where two act at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from panah.accounts.audit import verify_account_events
from panah.accounts.members import GrantRefused
from panah.accounts.permissions import Role
from panah.accounts.tables import AccountEvent
from panah.blocklists.turn import begin
from panah.keys import Keys
from panah.scoring import tuning
from panah.scoring.classifier import ModelConfig
from panah.scoring.evidence import Evidence
from panah.scoring.policies import newest
from panah.scoring.policy import ACTS
from panah.scoring.tables import PolicyVersion
from panah.scoring.tuning import (
    PolicyMoved,
    SecondPersonNeeded,
    ThresholdRefused,
    VersionClosed,
    VersionNotFound,
    faults,
    in_force,
)
from tests.server.scoring_tuning.conftest import both_databases

MakeAdmin = Callable[..., UUID]


def table(config: ModelConfig, *changes: tuple[str, str, str, str, object]) -> Any:
    """The shipped thresholds with changes: (sensitivity, language, label, which, value)."""
    whole: Any = config.thresholds.model_dump()
    for sensitivity, language, label, which, value in changes:
        whole[sensitivity][language][label][which] = value
    return whole


@pytest.fixture
def better(config: ModelConfig) -> Any:
    return table(config, ("balanced", "en", "blame", "hide", 0.6))


Step = Callable[..., int]


@pytest.fixture
def propose(engine: Engine, keys: Keys, config: ModelConfig, evidence: Evidence) -> Step:
    def step(
        author: UUID,
        thresholds: Any,
        *,
        based_on: int | None = None,
        note: str = "why",
        needs_second: bool = False,
        now: datetime | None = None,
    ) -> int:
        with begin(engine, keys, now=now) as turn:
            made = tuning.propose(
                turn,
                config,
                evidence,
                thresholds,
                author=author,
                model="v2",
                based_on=based_on,
                note=note,
                needs_second=needs_second,
            )
            assert made.id is not None
            return made.id

    return step


def current(engine: Engine, config: ModelConfig) -> str:
    with Session(engine) as session:
        return newest(session, config).name


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ([("balanced", "en", "blame", "hide", 1.2)], "range"),
        ([("balanced", "en", "blame", "hide", float("nan"))], "range"),
        ([("balanced", "en", "blame", "hide", None)], "range"),
        ([("balanced", "en", "blame", "hide", "0.5")], "range"),
        ([("balanced", "en", "blame", "flag", 0.95)], "order"),
        ([("balanced", "en", "blame", "hide", 0.96)], "above_gentler"),
        ([("balanced", "en", "blame", "hide", 0.5), ("balanced", "en", "blame", "flag", 0.5)], "below_stricter"),
        ([("gentle", "ur", "blame", "hide", 0.9999)], "reach"),
        ([("strict", "en", "blame", "hide", 0.0), ("strict", "en", "blame", "flag", 0.0)], "harmless"),
        ([("strict", "en", "blame", "flag", 0.01)], "covered"),
        ([], "same"),
    ],
)
def test_thresholds_are_refused_with_the_reason(
    config: ModelConfig, evidence: Evidence, changes: list[Any], key: str
) -> None:
    assert faults(evidence, config.thresholds, table(config, *changes))[0].key == key


def test_many_low_thresholds_together_are_refused_though_none_alone_is(
    config: ModelConfig, evidence: Evidence
) -> None:
    own = evidence.places["en"]
    innocent = evidence.scores[own][evidence.sides["innocent"][own]]
    changes = []
    for at, label in enumerate(ACTS):
        limit = float(np.quantile(innocent[:, at], 0.92))  # alone it hides 8 % of harmless replies
        changes += [("strict", "en", label, which, limit) for which in ("flag", "hide")]
    (found,) = faults(evidence, config.thresholds, table(config, *changes))
    assert (found.key, found.label) == ("hidden", None)
    assert tuning.MOST_HIDDEN["strict"] < (found.number or 0)


def test_switching_a_label_off_on_purpose_is_allowed(config: ModelConfig, evidence: Evidence) -> None:
    for which in ("hide", "flag"):
        changes = [("gentle", "en", "threat", one, 1.0) for one in ("hide", which)]
        assert faults(evidence, config.thresholds, table(config, *changes)) == []


def test_what_a_model_shipped_with_does_not_stand_in_the_way(config: ModelConfig, evidence: Evidence) -> None:
    shipped = config.thresholds.root["gentle"]["ur"]["threat"]
    highest = evidence.highest("ur", "threat")
    assert highest < shipped.hide  # out of reach as it came
    improved = table(config, ("gentle", "ur", "threat", "flag", round(highest - 0.01, 3)))
    assert faults(evidence, config.thresholds, improved) == []


def test_a_saved_version_is_in_force_with_its_author_and_note_and_in_the_history(
    engine: Engine, config: ModelConfig, admin: MakeAdmin, propose: Step, better: Any
) -> None:
    who = admin()
    made = propose(who, better, note="  more blame  ")
    assert current(engine, config) == f"v2-{made}"
    with Session(engine) as session:
        (entry,) = tuning.history(session, config)
        assert (entry.row.author, entry.row.note, entry.state) == (str(who), "more blame", "in_force")
        assert entry.changes is not None
        ((change),) = entry.changes
        assert (change.label, change.old.hide, change.new.hide) == (
            "blame",
            config.thresholds.root["balanced"]["en"]["blame"].hide,
            0.6,
        )
        event = session.exec(select(AccountEvent).where(AccountEvent.kind == "policy_set")).one()
        assert event.body == {"by": str(who), "model": "v2", "version": made, "based_on": None}
        verify_account_events(session)


def test_a_version_needs_a_note_and_somebody_who_may(
    admin: MakeAdmin, propose: Step, better: Any, engine: Engine, config: ModelConfig
) -> None:
    with pytest.raises(ThresholdRefused) as refused:
        propose(admin(), better, note="  ")
    assert refused.value.faults[0].key == "note"
    for role in (Role.AUDITOR, Role.CURATOR, Role.REVIEWER):
        with pytest.raises(GrantRefused):
            propose(admin(role), better)
    assert current(engine, config) == "v2-0"


def test_a_form_made_from_another_version_is_refused(admin: MakeAdmin, propose: Step, config: ModelConfig) -> None:
    who = admin()
    first = propose(who, table(config, ("balanced", "en", "blame", "hide", 0.6)))
    with pytest.raises(PolicyMoved):
        propose(who, table(config, ("balanced", "en", "blame", "hide", 0.65)))
    propose(who, table(config, ("balanced", "en", "blame", "hide", 0.65)), based_on=first)


@both_databases
def test_of_two_admins_at_once_one_wins(
    engine: Engine, config: ModelConfig, admin: MakeAdmin, propose: Step
) -> None:
    start = Barrier(2)

    def save(who: UUID, hide: float) -> str:
        start.wait()
        try:
            propose(who, table(config, ("balanced", "en", "blame", "hide", hide)))
        except PolicyMoved:
            return "moved"
        return "saved"

    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(save, [admin(), admin()], [0.6, 0.65]))
    assert sorted(told) == ["moved", "saved"]
    with Session(engine) as session:
        assert len(session.exec(select(PolicyVersion)).all()) == 1
        verify_account_events(session)


def test_with_a_second_person_a_version_waits_and_its_author_cannot_approve_it(
    engine: Engine, keys: Keys, config: ModelConfig, admin: MakeAdmin, propose: Step, better: Any
) -> None:
    who, other = admin(), admin()
    made = propose(who, better, needs_second=True)
    assert propose(who, better, needs_second=True) == made  # sent twice
    assert current(engine, config) == "v2-0"
    with begin(engine, keys) as turn, pytest.raises(SecondPersonNeeded):
        tuning.approve(turn, config, made, who)
    with begin(engine, keys) as turn, pytest.raises(GrantRefused):
        tuning.approve(turn, config, made, admin(Role.AUDITOR))
    with begin(engine, keys) as turn:
        tuning.approve(turn, config, made, other)
    assert current(engine, config) == f"v2-{made}"
    with begin(engine, keys) as turn, pytest.raises(VersionClosed):
        tuning.approve(turn, config, made, other)
    with begin(engine, keys) as turn, pytest.raises(VersionClosed):
        tuning.refuse(turn, config, made, other)
    with Session(engine) as session:
        assert [event.kind for event in session.exec(select(AccountEvent))] == [
            "policy_proposed",
            "policy_approved",
        ]


def test_of_two_proposals_the_second_has_to_be_made_anew(
    engine: Engine, keys: Keys, config: ModelConfig, admin: MakeAdmin, propose: Step
) -> None:
    who, other = admin(), admin()
    first = propose(who, table(config, ("balanced", "en", "blame", "hide", 0.6)), needs_second=True)
    second = propose(who, table(config, ("balanced", "en", "blame", "hide", 0.65)), needs_second=True)
    with begin(engine, keys) as turn:
        tuning.approve(turn, config, second, other)
    with begin(engine, keys) as turn, pytest.raises(PolicyMoved):
        tuning.approve(turn, config, first, other)
    with Session(engine) as session:
        states = {entry.row.id: entry.state for entry in tuning.history(session, config)}
    assert states == {first: "moved", second: "in_force"}
    with begin(engine, keys) as turn:
        tuning.refuse(turn, config, first, who)  # the author takes it back
    with begin(engine, keys) as turn, pytest.raises(VersionClosed):
        tuning.refuse(turn, config, first, who)


@both_databases
def test_two_who_approve_at_once_are_one_approval(
    engine: Engine, keys: Keys, config: ModelConfig, admin: MakeAdmin, propose: Step, better: Any
) -> None:
    made = propose(admin(), better, needs_second=True)
    start = Barrier(2)

    def approve(who: UUID) -> str:
        start.wait()
        try:
            with begin(engine, keys) as turn:
                tuning.approve(turn, config, made, who)
        except VersionClosed:
            return "closed"
        return "approved"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(approve, [admin(), admin()])) == ["approved", "closed"]
    with Session(engine) as session:
        kinds = [event.kind for event in session.exec(select(AccountEvent))]
    assert kinds.count("policy_approved") == 1


def test_going_back_makes_a_new_version_with_the_earlier_thresholds(
    engine: Engine, keys: Keys, config: ModelConfig, admin: MakeAdmin, propose: Step, better: Any
) -> None:
    who = admin()
    first = propose(who, better)
    second = propose(who, table(config, ("balanced", "en", "blame", "hide", 0.65)), based_on=first)

    def back(to: int, based_on: int) -> int:
        with begin(engine, keys) as turn:
            seen: Any = {"model": "v2", "based_on": based_on}
            made = tuning.roll_back(turn, config, to, author=who, **seen, note="", needs_second=False)
            assert made.id is not None
            return made.id

    third = back(first, second)
    with Session(engine) as session:
        found = in_force(session, config)
        assert (found.version, found.policy.thresholds.model_dump()) == (third, better)
    with pytest.raises(PolicyMoved):
        back(first, second)  # sent twice: what it was made from is no longer in force
    with pytest.raises(ThresholdRefused):
        back(first, third)  # the same thresholds are in force
    with pytest.raises(VersionNotFound):
        back(99, third)
    fourth = back(0, third)
    with Session(engine) as session:
        found = in_force(session, config)
        assert (found.version, found.policy.thresholds) == (fourth, config.thresholds)
        assert session.exec(select(AccountEvent.kind)).all()[-1] == "policy_rolled_back"


def test_going_back_needs_a_second_person_too_and_only_to_what_was_in_force(
    engine: Engine, keys: Keys, config: ModelConfig, admin: MakeAdmin, propose: Step, better: Any
) -> None:
    who = admin()
    first = propose(who, better)
    waiting = propose(
        who, table(config, ("balanced", "en", "blame", "hide", 0.65)), based_on=first, needs_second=True
    )
    with begin(engine, keys) as turn, pytest.raises(VersionClosed):
        tuning.roll_back(turn, config, waiting, author=who, model="v2", based_on=first, note="", needs_second=True)
    with begin(engine, keys) as turn:
        made = tuning.roll_back(turn, config, 0, author=who, model="v2", based_on=first, note="", needs_second=True)
    assert made.in_force_at is None
    assert current(engine, config) == f"v2-{first}"


def test_a_server_whose_clock_is_behind_still_makes_the_newest_version(
    engine: Engine, config: ModelConfig, admin: MakeAdmin, propose: Step, better: Any
) -> None:
    who, now = admin(), datetime(2026, 11, 22, 12, tzinfo=UTC)
    first = propose(who, better, now=now)
    later = table(config, ("balanced", "en", "blame", "hide", 0.65))
    second = propose(who, later, based_on=first, now=now - timedelta(minutes=3))
    assert current(engine, config) == f"v2-{second}"


def test_a_broken_row_can_be_replaced_and_does_not_break_the_history(
    engine: Engine, config: ModelConfig, admin: MakeAdmin, propose: Step, better: Any
) -> None:
    with Session(engine) as session:
        session.add(PolicyVersion(model="v2", thresholds={"balanced": "nonsense"}))
        session.add(PolicyVersion(model="another", thresholds={}))
        session.commit()
        found = in_force(session, config)
        assert (found.version, found.broken, found.policy.thresholds) == (1, True, config.thresholds)
    made = propose(admin(), better, based_on=1)
    assert current(engine, config) == f"v2-{made}"
    with Session(engine) as session:
        entries = tuning.history(session, config)
        assert [(entry.row.id, entry.changes) for entry in entries] == [(made, None), (1, None)]


def test_the_history_comes_in_pages_and_each_version_beside_what_it_changed(
    engine: Engine, config: ModelConfig, better: Any
) -> None:
    plain = config.thresholds.model_dump()
    with Session(engine) as session:
        for at in range(tuning.SHOWN + 3):
            session.add(PolicyVersion(model="v2", thresholds=plain if at % 2 else better, based_on=at or None))
        session.commit()
        first = tuning.history(session, config)
        rest = tuning.history(session, config, before=first[-1].row.id)
    assert [len(first), len(rest)] == [tuning.SHOWN, 3]
    assert all(entry.changes is not None and len(entry.changes) == 1 for entry in (*first, *rest))
