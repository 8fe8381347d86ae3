"""What somebody answers before they may be drawn: items with a known answer, and items about norms without one."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from panah.blocklists import events
from panah.blocklists.contributors import participant_of
from panah.blocklists.lists import lock_open, rules_of
from panah.blocklists.tables import Blocklist, Contributor, Participant
from panah.blocklists.turn import Turn
from panah.errors import AppError

NORM_ITEMS = 4


class OnboardingDone(AppError):
    status = 409
    code = "onboarding-done"


class OnboardingIncomplete(AppError):
    status = 422
    code = "onboarding-incomplete"


@dataclass(frozen=True)
class Item:
    """An account as its posts show it, in words of our own. `answer`: list, keep, or norm where people differ."""

    id: str
    en: str
    ur: str
    answer: str


@cache
def catalogue() -> dict[str, Item]:
    """All items by id, from onboarding.toml."""
    found = tomllib.loads((Path(__file__).parent / "onboarding.toml").read_text())
    return {item["id"]: Item(**item) for item in found["items"]}


def items_for(turn: Turn, blocklist: Blocklist, contributor: Contributor) -> list[Item]:
    """The items that this person is asked on this list: always the same ones, in an order of their own."""
    participant = participant_of(turn, blocklist, contributor)
    rules = rules_of(turn.session, blocklist, turn.now)
    drawn = Random(participant.tag)  # noqa: S311  (which items somebody sees is no secret from them)
    every = sorted(catalogue().values(), key=lambda item: item.id)
    gold = [item for item in every if item.answer != "norm"]
    norms = [item for item in every if item.answer == "norm"]
    chosen = drawn.sample(gold, min(rules.gold_items, len(gold))) + drawn.sample(norms, min(NORM_ITEMS, len(norms)))
    drawn.shuffle(chosen)
    return chosen


def answer(turn: Turn, blocklist: Blocklist, contributor: Contributor, answers: dict[str, str]) -> Participant:
    """Takes the answers once: right ones count like confirmed reports, wrong ones like overturned ones.

    Nobody is told which were right. Raises OnboardingDone or OnboardingIncomplete.
    """
    turn, blocklist = lock_open(turn, blocklist)
    participant = participant_of(turn, blocklist, contributor)
    if participant.onboarded_on is not None:
        raise OnboardingDone("You have answered these already. Thank you.")
    asked = items_for(turn, blocklist, contributor)
    if any(answers.get(item.id) not in ("list", "keep") for item in asked):
        raise OnboardingIncomplete("Answer every item with list or keep.")
    gold = [item for item in asked if item.answer != "norm"]
    right = sum(answers[item.id] == item.answer for item in gold)
    participant.confirmed += right
    participant.overturned += len(gold) - right
    norms = [answers[item.id] for item in asked if item.answer == "norm"]
    # People differ on these in good faith; half of a jury is drawn from either side.
    participant.stratum = int(2 * norms.count("list") > len(norms))
    participant.onboarded_on = turn.now.date()
    events.append(turn, blocklist, "onboarded", role="contributor")
    turn.session.flush()
    return participant
