"""What the demo's readers told about verdicts, and thresholds that its admins changed. Texts are test replies."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from panah.blocklists.turn import begin
from panah.feedback import service as feedback
from panah.feedback.service import BUCKETS
from panah.keys import Keys
from panah.scoring import tuning
from panah.scoring.classifier import read_config
from panah.scoring.evidence import Evidence, Example, evidence_of
from panah.scoring.policies import shipped
from panah.scoring.policy import LABELS, Label, Policy, Threshold
from panah.scoring.shadow import Cell, add_counts, in_short

TOLD = 120
DAYS = 88  # over which people told
WITH_TEXT = 0.6  # of them
LABELLED = 25
COMPARED = 2400  # replies that a made-up model judged beside
COMPARED_DAYS = 9


def tell_all(engine: Engine, keys: Keys, model_dir: Path, *, admin: UUID, lot: Random, now: datetime) -> None:
    """Readers tell of verdicts that were wrong in the test corpus; an admin has labelled the oldest."""
    evidence, policy = evidence_of(model_dir), shipped(read_config(model_dir))
    wrong = [(at, *judged) for at in range(len(evidence.examples)) if (judged := mistaken(evidence, policy, at))]
    told: list[tuple[UUID, Example]] = []
    for days_ago in sorted((lot.randrange(1, DAYS) for _ in range(TOLD)), reverse=True):
        at, kind, action, label = lot.choice(wrong)
        example = evidence.examples[at]
        words = {"text": example.text, "context": example.context or None} if lot.random() < WITH_TEXT else {}
        with begin(engine, keys, lot=lot, now=now - timedelta(days=days_ago)) as turn:
            given = feedback.tell(
                turn,
                kind=kind,
                label=label,
                language=example.language,
                bucket=min(BUCKETS - 1, int(BUCKETS * evidence.scores[at][LABELS.index(label)])),
                action=action,
                sensitivity="balanced",
                model=read_config(model_dir).name,
                policy=policy.name,
                consent=bool(words),
                **words,
            )
            turn.session.flush()
            if words:
                told.append((feedback.find_told(turn, given.receipt).id, example))
    for row, example in told[:LABELLED]:
        with begin(engine, keys, lot=lot, now=now - timedelta(days=1)) as turn:
            feedback.label(turn, admin, row, example.labels, none=not example.labels, was="waiting")


def mistaken(evidence: Evidence, policy: Policy, at: int) -> tuple[Any, Any, Any] | None:
    """What a reader would tell of a test reply, what they got, and for which label; None for a right verdict."""
    example = evidence.examples[at]
    scores = dict(zip(LABELS, evidence.scores[at].tolist(), strict=True))
    action, reason = policy.decide(scores, group=example.language, sensitivity="balanced")
    if action != "show" and not example.labels:
        return "not-harmful", action, reason
    if action == "show" and example.labels:
        return "missed", action, max(scores, key=lambda label: scores[label])
    return None


def tune(engine: Engine, keys: Keys, model_dir: Path, notes: dict[str, str], *, admin: UUID, now: datetime) -> None:
    """Two versions of the thresholds, as an admin would have made them."""
    for days_ago, label, by, note in (
        (41, "minimising", 0.04, notes["first"]),
        (9, "excusing", 0.03, notes["second"]),
    ):
        with begin(engine, keys, now=now - timedelta(days=days_ago)) as turn:
            config = read_config(model_dir)
            current = tuning.in_force(turn.session, config)
            base = current.policy.thresholds
            cell: dict[Label, Any] = {
                one: limit.model_dump() for one, limit in base.root["balanced"]["ur-Latn"].items()
            }
            was = Threshold.model_validate(cell[label])  # type: ignore[index]
            cell[label] = {"flag": was.flag, "hide": min(0.95, round(was.hide + by, 2))}  # type: ignore[index]
            tuning.propose(
                turn,
                config,
                evidence_of(model_dir),
                tuning.replaced(base, "balanced", "ur-Latn", cell),
                author=admin,
                model=config.name,
                based_on=current.version,
                note=note,
                needs_second=False,
            )


def compare(engine: Engine, model_dir: Path, *, lot: Random, now: datetime) -> None:
    """What would be counted of a model beside that is a little less sure of all it says."""
    config, evidence = read_config(model_dir), evidence_of(model_dir)
    with Session(engine) as session:
        policy = tuning.in_force(session, config).policy
    counts: Counter[Cell] = Counter()
    for _ in range(COMPARED):
        at = lot.randrange(len(evidence.examples))
        language = evidence.examples[at].language
        said = dict(zip(LABELS, evidence.scores[at].tolist(), strict=True))
        beside = {label: min(1.0, p * lot.uniform(0.82, 1.08)) for label, p in said.items()}
        both = []
        for scores in (said, beside):
            action, reason = policy.decide(scores, group=language, sensitivity="balanced")
            both.append(in_short({"action": action, "reason": reason}))
        day = (now - timedelta(days=lot.randrange(COMPARED_DAYS))).date()
        counts[Cell(day, policy.name, f"{config.name}-try-0", language, *both)] += 1
    add_counts(engine, counts)
