"""How a case goes on: a state, events, and one function that applies them. What is stored is what it gives.

gathering -> drawing -> jury -> looks -> listed | rejected, with notice and fresh between for protected accounts.
An entry lives beside the status, since a listed account can be appealed, reviewed or looked at again meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from panah.errors import AppError


class CaseConflict(AppError):
    """The step does not follow from where the case stands: somebody else was faster."""

    status = 409
    code = "case-conflict"


@dataclass(frozen=True)
class CaseState:
    """Everything about one account on one list that events decide. Dates are days in UTC."""

    number: int = 0  # of the newest event, from 1
    status: str = "gathering"
    round: int = 0
    lane: str = ""
    strict: bool = False
    protected: bool = False
    share: float | None = None
    rejections: int = 0
    hold: str | None = None
    hold_since: datetime | None = None
    hold_until: datetime | None = None
    fallback_at: datetime | None = None
    tier: str | None = None
    next_tier: str | None = None
    category: str | None = None
    entry: str = "none"  # none | waiting | published | removed | expired
    listed_on: date | None = None
    review_on: date | None = None
    expires_on: date | None = None
    due_at: datetime | None = None


STATE_FIELDS = tuple(field.name for field in fields(CaseState))
ON_LIST = frozenset({"waiting", "published"})
UNDECIDED = frozenset({"gathering", "drawing", "jury", "looks", "notice", "fresh"})
# Statuses that go on beside an entry.
BESIDE = frozenset({"listed", "appeal", "review", "upgrade"})

# Which steps may follow which statuses.
STEPS: dict[str, frozenset[str]] = {
    "opened": frozenset({"gathering", "rejected"}),
    "held": UNDECIDED | BESIDE,
    "released": UNDECIDED | BESIDE,
    "disclosed": frozenset({"jury"}),
    "protected": UNDECIDED | BESIDE | {"rejected"},
    "jury_drawn": frozenset({"drawing"}),
    "jury_extended": frozenset({"jury"}),
    "jury_failed": frozenset({"jury"}),
    "jury_spoke": frozenset({"jury"}),
    "jury_missing": frozenset({"drawing"}),
    "decided": frozenset({"looks"}),
    "accepted": frozenset({"notice"}),
    "doubted": frozenset({"notice"}),
    "asked_again": frozenset({"notice"}),
    "looked_again": frozenset({"fresh"}),
    "published": BESIDE,
    "raised": BESIDE,
    "asked": BESIDE,
    "taken_off": frozenset({"appeal"}),
    "appealed": frozenset({"listed", "review", "upgrade"}),
    "kept": frozenset({"appeal"}),
    "removed": BESIDE,
    "review_begun": frozenset({"listed"}),
    "reviewed": frozenset({"review"}),
    "upgrade_begun": frozenset({"listed"}),
    "upgrade_ended": frozenset({"upgrade"}),
    "expired": BESIDE,
    "forgotten": frozenset({"rejected"}),
    "reconsidered": frozenset({"rejected"}),
}


def to_state(values: dict[str, Any]) -> CaseState:
    return CaseState(**{name: values[name] for name in STATE_FIELDS})


def written(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes of a state as JSON can hold them."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in changes.items()}


def read(body: dict[str, Any]) -> dict[str, Any]:
    """What `written` wrote."""
    found = dict(body)
    for name in ("listed_on", "review_on", "expires_on"):
        if found.get(name) is not None:
            found[name] = date.fromisoformat(found[name])
    for name in ("hold_since", "hold_until", "fallback_at", "due_at"):
        if found.get(name) is not None:
            found[name] = datetime.fromisoformat(found[name])
    return found


def advance(state: CaseState, kind: str, changes: dict[str, Any]) -> CaseState:
    """The state after one event. Raises CaseConflict where the event may not follow."""
    if state.status not in STEPS[kind]:
        raise CaseConflict("Somebody else has taken this a step further. Look at it again.")
    if kind == "published" and state.entry != "waiting":
        raise CaseConflict("There is nothing that waits to be published.")
    after = replace(state, **changes, number=state.number + 1)
    # Whatever the event says: an entry stands only where a decision for one was made.
    if after.entry in ON_LIST and after.status not in BESIDE:
        raise CaseConflict("An undecided account cannot be on a list.")
    return after


def replay(events: Iterable[tuple[str, int, str, dict[str, Any]]]) -> dict[str, CaseState]:
    """States by subject from (subject, number, kind, body), in whatever order they come.

    Raises ValueError where a subject's history has a gap.
    """
    states: dict[str, CaseState] = {}
    for subject, number, kind, body in sorted(events, key=lambda event: event[:2]):
        before = states.get(subject, CaseState())
        if number != before.number + 1:
            raise ValueError(f"event {before.number + 1} of one account is missing")
        states[subject] = advance(before, kind, read(body))
    return states
