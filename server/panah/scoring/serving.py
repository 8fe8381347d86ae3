"""What judges now: the model, its policy and the model beside it, as one object that is exchanged as a whole.

A request reads `Serving.running` once and uses what it found to its end, so the scores, the thresholds and the
names in an answer belong together. The model that was replaced ends when the last request that began with it has
its answer: nobody is refused because of a change.
"""

import asyncio
import contextlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from panah.errors import frames
from panah.metrics import Metrics
from panah.scoring import choices, policies
from panah.scoring.announce import listen
from panah.scoring.choices import Kind
from panah.scoring.classifier import Classifier, Encoder, ModelConfig
from panah.scoring.engine import Engine
from panah.scoring.policy import Policy
from panah.scoring.registry import Artefact, Ready, Stamp, Unfit, by_name, installed, load
from panah.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("panah")

LEAVING_PATIENCE = 1.0  # seconds that a change waits for the change before it to be over
APPLYING_PATIENCE = 10.0  # seconds that a page waits for a change to be in force


class Loaded:
    """A model in memory with its lanes. Whoever uses it says so: `with running.model:`"""

    def __init__(self, config: ModelConfig, encoder: Encoder, engine: Engine, identity: str) -> None:
        self.config = config
        self.identity = identity
        self.encoder = encoder
        self.engine = engine
        self._users = 0
        self._unused = asyncio.Event()

    def __enter__(self) -> None:
        self._users += 1

    def __exit__(self, *_: object) -> None:
        self._users -= 1
        if not self._users:
            self._unused.set()

    async def leave(self) -> None:
        """Ends the lanes when nobody uses them any more. From now on nobody may begin to."""
        while self._users:
            self._unused.clear()
            await self._unused.wait()
        await self.engine.close()


@dataclass(frozen=True, eq=False)
class Beside:
    """The model that judges some replies unseen."""

    classifier: Classifier
    policy: Policy

    @property
    def config(self) -> ModelConfig:
        return self.classifier.config


@dataclass(frozen=True, eq=False)
class Running:
    """What is in force at one moment."""

    model: Loaded
    policy: Policy
    beside: Beside | None = None

    @property
    def config(self) -> ModelConfig:
        return self.model.config

    @property
    def encoder(self) -> Encoder:
        return self.model.encoder

    @property
    def engine(self) -> Engine:
        return self.model.engine


@dataclass(frozen=True)
class Fault:
    """A chosen model that this process does not run, and why: not here, not fit, or broken."""

    model: str
    why: Unfit | str  # or "missing" or "broken"


def cores() -> int:
    """How many cores this process may use: a container or taskset may leave it fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Serving:
    """Keeps what was chosen in force. At most the model that judges, the one beside it, and one that comes or goes
    are in memory.
    """

    def __init__(self, engine: Database, settings: Settings, metrics: Metrics, ready: Ready) -> None:
        self.engine = engine  # of the database; the one that judges is in `running`
        self.settings = settings
        self.metrics = metrics
        self.running = Running(self._open(ready), policies.shipped(ready.classifier.config))
        self.faults: dict[Kind, Fault] = {}
        self._tried: dict[Kind, tuple[str, Stamp]] = {}  # what could not be loaded: not again until it changes
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._leaving: asyncio.Task[None] | None = None

    def installed(self) -> list[Artefact]:
        """The artefacts on this machine, the one that the server was started with first."""
        model_dir: Path = self.settings.model_dir
        return installed(self.settings.models_dir or model_dir.resolve().parent, model_dir)

    async def keep_fresh(self, redis: "Redis | None") -> None:
        """Looks now and then, and whenever a change is announced. Runs until cancelled."""
        listening = asyncio.create_task(listen(redis, self._wake)) if redis is not None else None
        try:
            while True:
                # Not wait_for: in Python 3.11 it forgets that it was cancelled when the event comes just then.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.settings.policy_refresh):
                        await self._wake.wait()
                self._wake.clear()
                try:
                    await self.refresh()
                except Exception as error:  # nothing that a look finds may be the last look
                    log.error("what was chosen could not be applied: %s\n%s", type(error).__name__, frames(error))
        finally:
            if listening is not None:
                listening.cancel()

    def apply(self) -> None:
        """For other threads: returns when what was chosen is in force in this process, or it takes too long."""
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self.refresh(), self._loop).result(APPLYING_PATIENCE)

    async def refresh(self) -> None:
        """Brings what was chosen into force. A fault keeps what runs: neither a model nor thresholds fall away."""
        async with self._turn:
            try:
                active, beside = await asyncio.to_thread(self._read)
                found = await asyncio.to_thread(self.installed)
            except (SQLAlchemyError, OSError) as error:
                log.warning("what was chosen could not be read: %s", type(error).__name__)
                return
            now = self.running
            fresh = await self._fresh(choices.actual(active, found), found)
            config = fresh.classifier.config if fresh else now.config
            policy = await self._policy(config, None if fresh else now.policy)
            unseen = await self._beside(beside if beside != config.name else None, found)
            # From here on without waiting: a look that is cancelled must not leave lanes behind.
            self.running = Running(self._open(fresh) if fresh else now.model, policy, unseen)
            if fresh:
                self._leaving = asyncio.create_task(now.model.leave())
                log.info("%s judges now, and %s no more", config.name, now.config.name)

    async def close(self) -> None:
        """Ends all lanes when they have done what waits, or it takes too long."""
        async with self._turn:
            await self.running.engine.close()
            if self._leaving is not None:
                await self._leaving

    def _read(self) -> tuple[str | None, str | None]:
        """The names that were chosen: what judges, what runs beside it."""
        with Session(self.engine) as session:
            return choices.chosen(session, "active"), choices.chosen(session, "shadow")

    async def _fresh(self, wanted: str, found: list[Artefact]) -> Ready | None:
        """The wanted model; None where it judges already, or cannot."""
        if wanted == self.running.config.name:
            self._well("active")
            return None
        if not await self._is_gone():
            self._wake_later()
            return None
        return await self._load("active", wanted, found)

    async def _beside(self, wanted: str | None, found: list[Artefact]) -> Beside | None:
        """The wanted model to run beside; None where none is wanted, or it cannot be had."""
        now = self.running.beside
        if wanted is None:
            self._well("shadow")
            return None
        if now is not None and now.config.name == wanted:
            self._well("shadow")
            classifier = now.classifier
        else:
            now = None
            loaded = await self._load("shadow", wanted, found)
            if loaded is None:
                return None
            classifier = loaded.classifier
        return Beside(classifier, await self._policy(classifier.config, now.policy if now else None))

    async def _load(self, kind: Kind, wanted: str, found: list[Artefact]) -> Ready | None:
        """The model, loaded and warm; None where it cannot be, which is told once."""
        artefact = by_name(found, wanted)
        if artefact is None or artefact.unfit:
            self._faulty(kind, Fault(wanted, artefact.unfit or "broken" if artefact else "missing"))
            return None
        if self._tried.get(kind) == (wanted, artefact.stamp):
            return None
        try:
            loaded = await asyncio.to_thread(load, artefact.folder)
        except (OSError, ValueError):
            self._tried[kind] = wanted, artefact.stamp
            self._faulty(kind, Fault(wanted, "broken"))
            return None
        self._well(kind)
        return loaded

    async def _policy(self, config: ModelConfig, known: Policy | None) -> Policy:
        """The model's policy in force; the known one, or else the shipped one, where it cannot be read."""

        def read() -> Policy:
            with Session(self.engine) as session:
                return policies.newest(session, config)

        try:
            found = await asyncio.to_thread(read)
        except (SQLAlchemyError, ValueError) as error:
            log.warning("the policy of %s could not be read: %s", config.name, type(error).__name__)
            return known or policies.shipped(config)
        return known if known is not None and known.name == found.name else found

    def _open(self, ready: Ready) -> Loaded:
        classifier = ready.classifier
        engine = Engine(
            classifier.score,
            lanes=self.settings.model_threads or cores(),
            cost=ready.cost,
            patience=self.settings.patience,
            capacity=self.settings.queue_capacity,
            metrics=self.metrics,
        )
        return Loaded(classifier.config, classifier.encoder, engine, ready.identity)

    async def _is_gone(self) -> bool:
        """Whether the model that was replaced last is out of memory: there is to be one such at most."""
        if self._leaving is None:
            return True
        await asyncio.wait({self._leaving}, timeout=LEAVING_PATIENCE)
        return self._leaving.done()

    def _wake_later(self) -> None:
        """Looks again as soon as the model that leaves has left."""
        if self._leaving is not None:
            self._leaving.add_done_callback(lambda _: self._wake.set())

    def _faulty(self, kind: Kind, fault: Fault) -> None:
        if self.faults.get(kind) != fault:
            log.error("the chosen model %s (%s) does not run here: %s", fault.model, kind, fault.why)
            self.metrics.faults.labels("model").inc()
        self.faults[kind] = fault

    def _well(self, kind: Kind) -> None:
        self.faults.pop(kind, None)
        self._tried.pop(kind, None)
