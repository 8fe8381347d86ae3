"""The policy in force: the model's own, unless the database holds a newer one for that model."""

import asyncio
import logging

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from panah.scoring.classifier import ModelConfig
from panah.scoring.policy import Policy, Thresholds
from panah.scoring.tables import PolicyVersion

log = logging.getLogger("panah")


def shipped(config: ModelConfig) -> Policy:
    """The policy in the model's config.json, named v2-0 for model v2."""
    return Policy(f"{config.name}-0", config.thresholds)


def newest(session: Session, config: ModelConfig) -> Policy:
    """The database's newest policy for this model, else the shipped one. Raises ValueError for a broken row."""
    chosen = select(PolicyVersion).where(PolicyVersion.model == config.name)
    row = session.exec(chosen.order_by(col(PolicyVersion.id).desc()).limit(1)).first()
    if row is None:
        return shipped(config)
    return Policy(f"{config.name}-{row.id}", Thresholds.model_validate(row.thresholds))


class Policies:
    """Keeps the policy in force in memory and looks for a newer one now and then."""

    def __init__(self, engine: Engine, config: ModelConfig, *, refresh: float) -> None:
        self.engine = engine
        self.config = config
        self.refresh = refresh  # seconds
        self.current = shipped(config)

    def load(self) -> None:
        """Reads the database once. Raises SQLAlchemyError or ValueError, and then changes nothing."""
        with Session(self.engine) as session:
            self.current = newest(session, self.config)

    async def keep_fresh(self) -> None:
        """Runs until cancelled. A fault keeps the last good policy: thresholds never fall away."""
        while True:
            await asyncio.sleep(self.refresh)
            try:
                await asyncio.to_thread(self.load)
            except (SQLAlchemyError, ValueError) as error:
                log.warning("policy not refreshed: %s", type(error).__name__)
