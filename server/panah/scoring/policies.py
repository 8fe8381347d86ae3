"""The policy in force: the model's own, unless the database holds a newer one for that model."""

from sqlmodel import Session, col, select

from panah.scoring.classifier import ModelConfig
from panah.scoring.policy import Policy, Thresholds
from panah.scoring.tables import PolicyVersion


def shipped(config: ModelConfig) -> Policy:
    """The policy in the model's config.json, named v2-0 for model v2."""
    return Policy(f"{config.name}-0", config.thresholds)


def chosen_row(session: Session, model: str) -> PolicyVersion | None:
    """The version that came into force last. One that waits for a second person has not."""
    found = select(PolicyVersion).where(
        PolicyVersion.model == model,
        # Not "and is past": the servers' clocks differ, and nothing is ever planned ahead.
        col(PolicyVersion.in_force_at).is_not(None),
    )
    latest = found.order_by(col(PolicyVersion.in_force_at).desc(), col(PolicyVersion.id).desc())
    return session.exec(latest.limit(1)).first()


def newest(session: Session, config: ModelConfig) -> Policy:
    """The policy in force for this model, the shipped one if there is none. Raises ValueError for a broken row."""
    row = chosen_row(session, config.name)
    if row is None:
        return shipped(config)
    return Policy(f"{config.name}-{row.id}", Thresholds.model_validate(row.thresholds))
