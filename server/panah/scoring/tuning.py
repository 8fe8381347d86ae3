"""Changing thresholds: each change is a new version of the policy, checked, with an author and a note.

Versions are never changed. One comes into force when it is made, or, where the operator wants a second person, when
another admin approves it. Going back makes a new version with the old thresholds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from sqlmodel import Session, col, select

from panah.accounts.audit import lock_accounts, record_account_event
from panah.accounts.members import acting
from panah.accounts.permissions import Permission
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.scoring.classifier import ModelConfig
from panah.scoring.evidence import Cell, Evidence, Which
from panah.scoring.policies import chosen_row, shipped
from panah.scoring.policy import LABELS, SENSITIVITIES, Label, Policy, Sensitivity, Threshold, Thresholds
from panah.scoring.tables import PolicyVersion
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup

# The share of innocent test replies that all thresholds of a language together may hide at most. Decided, not
# measured: the shipped thresholds were made for 0.5, 2 and 5 % (model/configs/v2.toml), and beyond twice the last
# one a reader loses more of the support than anybody should.
MOST_HIDDEN: dict[Sensitivity, float] = {"gentle": 0.05, "balanced": 0.05, "strict": 0.10}
MOST_COVERED = 0.20  # and hide or flag: twice what strict was made for; beyond it a flag says nothing
NOTE_MOST = 500  # characters
SHOWN = 50  # versions of a history

Table = Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]  # Thresholds as plain values, unchecked
WHICH: tuple[Which, ...] = get_args(Which)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a threshold is refused; `key` says what is wrong, `number` what it would have to be."""

    # range | order | above_gentler | below_stricter | reach | harmless | hidden | covered | same | note
    key: str
    sensitivity: Sensitivity | None = None
    language: LanguageGroup | None = None
    label: Label | None = None
    which: Which | None = None
    number: float | None = None


class ThresholdRefused(AppError):
    """Its `faults` say why."""

    status = 422
    code = "threshold-refused"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("These thresholds are refused. The page says which, and why.")
        self.faults = faults


class PolicyMoved(AppError):
    status = 409
    code = "policy-moved"


class VersionNotFound(AppError):
    status = 404
    code = "policy-version-not-found"


class VersionClosed(AppError):
    status = 409
    code = "policy-version-closed"


class SecondPersonNeeded(AppError):
    status = 403
    code = "second-person-needed"


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy that judges. `version` is None for the model's own; a `broken` one cannot be read, and processes
    keep the one before it, or the shipped one where they have begun since.
    """

    policy: Policy
    version: int | None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One pair of thresholds that two policies have differently."""

    sensitivity: Sensitivity
    language: LanguageGroup
    label: Label
    old: Threshold
    new: Threshold


@dataclass(frozen=True, slots=True)
class Entry:
    """A version as the history tells it."""

    row: PolicyVersion
    name: str
    state: str  # in_force | waiting | moved | refused | earlier
    thresholds: Thresholds | None  # None where they cannot be read
    changes: list[Change] | None  # beside the version it is based on; None where one of them cannot be read


def in_force(session: Session, config: ModelConfig) -> InForce:
    """What judges now, as far as the database says."""
    row = chosen_row(session, config.name)
    if row is None:
        return InForce(shipped(config), None)
    try:
        return InForce(Policy(f"{config.name}-{row.id}", Thresholds.model_validate(row.thresholds)), row.id)
    except ValueError:
        return InForce(shipped(config), row.id, broken=True)


def diff(old: Thresholds, new: Thresholds) -> list[Change]:
    """What differs, by sensitivity, language and label in their order."""
    return [
        Change(sensitivity, language, label, before, after)
        for sensitivity in SENSITIVITIES
        for language in LANGUAGE_GROUPS
        for label in LABELS
        if (before := old.root[sensitivity][language][label]) != (after := new.root[sensitivity][language][label])
    ]


# What is refused


def replaced(
    base: Thresholds, sensitivity: Sensitivity, language: LanguageGroup, cell: Mapping[Label, Any]
) -> Table:
    """The policy with other thresholds for one language at one sensitivity, unchecked."""
    whole: dict[str, dict[str, Any]] = base.model_dump()
    whole[sensitivity] = {**whole[sensitivity], language: cell}
    return whole


def faults(evidence: Evidence, old: Thresholds, new: Table) -> list[Fault]:
    """Why these thresholds are refused; empty if they are not. Only what differs from the old ones is judged: what
    a model shipped with does not stand in the way of improving it.
    """
    if found := _out_of_range(new):
        return found
    checked = Thresholds.model_validate(new)
    changes = diff(old, checked)
    if not changes:
        return [Fault("same")]
    found = _not_looser(checked, changes)
    for change in changes:
        found += _out_of_reach(evidence, change) + _harmless(evidence, change)
    cells = dict.fromkeys((change.sensitivity, change.language) for change in changes)
    if not found:
        for sensitivity, language in cells:
            found += _too_much(evidence, sensitivity, language, checked.root[sensitivity][language])
    return found


def _out_of_range(new: Table) -> list[Fault]:
    found = []
    for sensitivity in SENSITIVITIES:
        for language in LANGUAGE_GROUPS:
            for label in LABELS:
                one = new.get(sensitivity, {}).get(language, {}).get(label, {})
                where = (sensitivity, language, label)
                wrong = [which for which in WHICH if not _is_probability(one.get(which))]
                found += [Fault("range", *where, which) for which in wrong]
                if not wrong and one["flag"] > one["hide"]:
                    found.append(Fault("order", *where, "flag", one["hide"]))
    return found


def _is_probability(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def _not_looser(new: Thresholds, changes: list[Change]) -> list[Fault]:
    """Gentle covers no more than balanced, and balanced no more than strict."""
    found = []
    for change in changes:
        own = SENSITIVITIES.index(change.sensitivity)
        for which in WHICH:
            here = getattr(change.new, which)
            for at in (own - 1, own + 1):
                if not 0 <= at < len(SENSITIVITIES):
                    continue
                there = getattr(new.root[SENSITIVITIES[at]][change.language][change.label], which)
                if (here > there) if at < own else (here < there):
                    key = "above_gentler" if at < own else "below_stricter"
                    found.append(Fault(key, change.sensitivity, change.language, change.label, which, there))
    return found


def _out_of_reach(evidence: Evidence, change: Change) -> list[Fault]:
    """A threshold above all that the model says would shut the lane without a word. 1 does so on purpose."""
    highest = evidence.highest(change.language, change.label)
    where = (change.sensitivity, change.language, change.label)
    return [
        Fault("reach", *where, which, highest)
        for which in WHICH
        if highest < getattr(change.new, which) < 1 and getattr(change.new, which) != getattr(change.old, which)
    ]


def _harmless(evidence: Evidence, change: Change) -> list[Fault]:
    """A single threshold that hides too many innocent replies by itself."""
    most = MOST_HIDDEN[change.sensitivity]
    share = evidence.alone(change.language, change.label, change.new.hide).innocent.share
    if change.new.hide >= change.old.hide or share <= most:
        return []
    return [Fault("harmless", change.sensitivity, change.language, change.label, "hide", share)]


def _too_much(evidence: Evidence, sensitivity: Sensitivity, language: LanguageGroup, cell: Cell) -> list[Fault]:
    found = evidence.outcome(language, cell)
    if (hidden := found.hidden["innocent"].share) > MOST_HIDDEN[sensitivity]:
        return [Fault("hidden", sensitivity, language, number=hidden)]
    if (covered := found.covered["innocent"].share) > MOST_COVERED:
        return [Fault("covered", sensitivity, language, number=covered)]
    return []


# Steps


def propose(
    turn: Turn,
    config: ModelConfig,
    evidence: Evidence,
    thresholds: Table,
    *,
    author: UUID,
    model: str,
    based_on: int | None,
    note: str,
    needs_second: bool,
) -> PolicyVersion:
    """A new version, in force at once unless a second person is needed. The same proposal sent twice is one.
    Raises PolicyMoved where `model`, which the thresholds were made for, judges no more or `based_on` is no longer
    in force, and ThresholdRefused.
    """
    current = _begin(turn, config, author, model, based_on)
    if not note.strip():
        raise ThresholdRefused([Fault("note")])
    if found := faults(evidence, current.policy.thresholds, thresholds):
        raise ThresholdRefused(found)
    return _add(turn, config, Thresholds.model_validate(thresholds), author, based_on, note, needs_second, "set")


def roll_back(
    turn: Turn,
    config: ModelConfig,
    version_id: int,
    *,
    author: UUID,
    model: str,
    based_on: int | None,
    note: str,
    needs_second: bool,
) -> PolicyVersion:
    """A new version with the thresholds of an earlier one; 0 is the model's own. They were in force, so they
    are not judged again. Raises PolicyMoved, VersionNotFound, and ThresholdRefused where they are in force already.
    """
    current = _begin(turn, config, author, model, based_on)
    if version_id == 0:
        wanted = config.thresholds
    else:
        row = _find(turn, config, version_id)
        if row.in_force_at is None:
            raise VersionClosed("This version never was in force.")
        wanted = _readable(row)
    if wanted == current.policy.thresholds and not current.broken:
        raise ThresholdRefused([Fault("same")])
    return _add(turn, config, wanted, author, based_on, note, needs_second, "rolled_back")


def approve(turn: Turn, config: ModelConfig, version_id: int, by: UUID) -> PolicyVersion:
    """Puts a proposal into force. Raises SecondPersonNeeded for the author's own, VersionClosed for one that was
    answered, PolicyMoved where what it is based on is no longer in force.
    """
    lock_accounts(turn)
    acting(turn, by, Permission.THRESHOLD_SET)
    row = _waiting(turn, config, version_id)
    if row.author == str(by):
        raise SecondPersonNeeded("Somebody else has to look at this: it is your own proposal.")
    current = in_force(turn.session, config)
    if current.version != row.based_on:
        raise PolicyMoved("Other thresholds have come into force since. Look at them, and propose anew.")
    _readable(row)
    row.approved_by = str(by)
    row.in_force_at = _moment(turn, config)
    turn.session.flush()
    _record(turn, config, row, "policy_approved", by)
    return row


def refuse(turn: Turn, config: ModelConfig, version_id: int, by: UUID) -> PolicyVersion:
    """Ends a proposal; its author may take it back so. Raises VersionClosed for one that was answered."""
    lock_accounts(turn)
    acting(turn, by, Permission.THRESHOLD_SET)
    row = _waiting(turn, config, version_id)
    row.refused_by = str(by)
    turn.session.flush()
    _record(turn, config, row, "policy_refused", by)
    return row


def _begin(turn: Turn, config: ModelConfig, author: UUID, model: str, based_on: int | None) -> InForce:
    lock_accounts(turn)
    acting(turn, author, Permission.THRESHOLD_SET)
    current = in_force(turn.session, config)
    # Each model has its own versions, so their numbers alone would not tell that another one judges meanwhile.
    if (config.name, current.version) != (model, based_on):
        raise PolicyMoved("Other thresholds have come into force since. Look at them, and propose anew.")
    return current


def _add(
    turn: Turn,
    config: ModelConfig,
    thresholds: Thresholds,
    author: UUID,
    based_on: int | None,
    note: str,
    needs_second: bool,
    kind: str,
) -> PolicyVersion:
    plain = thresholds.model_dump(mode="json")
    if needs_second:
        waiting = select(PolicyVersion).where(
            PolicyVersion.model == config.name,
            PolicyVersion.author == str(author),
            col(PolicyVersion.in_force_at).is_(None),
            col(PolicyVersion.refused_by).is_(None),
        )
        for row in turn.session.exec(waiting):
            if (row.thresholds, row.based_on) == (plain, based_on):
                return row
    row = PolicyVersion(
        model=config.name,
        thresholds=plain,
        note=note.strip()[:NOTE_MOST],
        author=str(author),
        based_on=based_on,
        created_at=turn.now,
        in_force_at=None if needs_second else _moment(turn, config),
    )
    turn.session.add(row)
    turn.session.flush()
    _record(turn, config, row, "policy_proposed" if needs_second else f"policy_{kind}", author)
    return row


def _moment(turn: Turn, config: ModelConfig) -> datetime:
    """Now, and in any case after the one in force, whichever server's clock that was told by."""
    row = chosen_row(turn.session, config.name)
    last = row.in_force_at if row else None
    return max(turn.now, last + timedelta(microseconds=1)) if last else turn.now


def _record(turn: Turn, config: ModelConfig, row: PolicyVersion, kind: str, by: UUID) -> None:
    body = {"by": str(by), "model": config.name, "version": row.id, "based_on": row.based_on}
    record_account_event(turn, kind, "admin", body)


def _find(turn: Turn, config: ModelConfig, version_id: int) -> PolicyVersion:
    row = turn.session.get(PolicyVersion, version_id, populate_existing=True)
    if row is None or row.model != config.name:
        raise VersionNotFound("There is no such version of this model's thresholds.")
    return row


def _waiting(turn: Turn, config: ModelConfig, version_id: int) -> PolicyVersion:
    row = _find(turn, config, version_id)
    if row.in_force_at is not None or row.refused_by is not None:
        raise VersionClosed("This was answered already.")
    return row


def _readable(row: PolicyVersion) -> Thresholds:
    try:
        return Thresholds.model_validate(row.thresholds)
    except ValueError:
        raise VersionClosed("This version cannot be read.") from None


# History


def history(session: Session, config: ModelConfig, *, before: int | None = None) -> list[Entry]:
    """The newest versions first, so many a page; `before` is the id that the page before ended with."""
    chosen = select(PolicyVersion).where(PolicyVersion.model == config.name)
    if before is not None:
        chosen = chosen.where(col(PolicyVersion.id) < before)
    rows = session.exec(chosen.order_by(col(PolicyVersion.id).desc()).limit(SHOWN)).all()
    known = {row.id: row for row in rows}
    missing = {row.based_on for row in rows if row.based_on is not None} - set(known)
    if missing:
        known |= {
            row.id: row for row in session.exec(select(PolicyVersion).where(col(PolicyVersion.id).in_(missing)))
        }
    read = {None: config.thresholds} | {key: _read(row) for key, row in known.items()}
    current = chosen_row(session, config.name)
    return [_entry(config, row, current, read) for row in rows]


def entry_of(session: Session, config: ModelConfig, version_id: int) -> Entry:
    """One version. Raises VersionNotFound."""
    row = session.get(PolicyVersion, version_id)
    if row is None or row.model != config.name:
        raise VersionNotFound("There is no such version of this model's thresholds.")
    base = session.get(PolicyVersion, row.based_on) if row.based_on is not None else None
    read = {None: config.thresholds, row.id: _read(row)} | ({base.id: _read(base)} if base else {})
    return _entry(config, row, chosen_row(session, config.name), read)


def _entry(
    config: ModelConfig,
    row: PolicyVersion,
    current: PolicyVersion | None,
    read: Mapping[int | None, Thresholds | None],
) -> Entry:
    own, base = read[row.id], read.get(row.based_on)
    changes = None if own is None or base is None else diff(base, own)
    return Entry(row, f"{config.name}-{row.id}", _state(row, current.id if current else None), own, changes)


def _read(row: PolicyVersion) -> Thresholds | None:
    try:
        return Thresholds.model_validate(row.thresholds)
    except ValueError:
        return None


def _state(row: PolicyVersion, current: int | None) -> str:
    if row.id == current:
        return "in_force"
    if row.in_force_at is not None:
        return "earlier"
    if row.refused_by is not None:
        return "refused"
    return "waiting" if row.based_on == current else "moved"
