"""What the server does in the background, and when each of it last went well, over all processes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from panah.blocklists.turn import begin
from panah.db import insert_once
from panah.errors import frames
from panah.keys import Keys
from panah.operations.tables import JobRun

log = logging.getLogger("panah")

HOUR = timedelta(hours=1)
# Whoever began and has not ended after so long has died.
LOST = timedelta(hours=1)


@dataclass(frozen=True)
class Job:
    """One kind of work. `every` None: in each round of each process; else once in that time, whoever is first."""

    name: str
    every: timedelta | None
    late_after: timedelta


JOBS = {
    job.name: job
    for job in (
        Job("lists", None, timedelta(minutes=15)),
        Job("imports", None, timedelta(minutes=15)),
        Job("publish", None, timedelta(minutes=15)),
        Job("answers", None, timedelta(minutes=15)),
        Job("leases", None, timedelta(minutes=15)),
        Job("squads", HOUR, 3 * HOUR),
        Job("feedback", HOUR, 3 * HOUR),
        Job("sessions", HOUR, 3 * HOUR),
        Job("comparisons", HOUR, 3 * HOUR),
        Job("reports", HOUR, 3 * HOUR),
    )
}

Work = Callable[[], int]  # returns how many rows it changed or deleted


@dataclass(frozen=True)
class Report:
    """How a job stands."""

    job: Job
    run: JobRun | None
    late: bool  # it has not gone well for too long


def run(engine: Engine, keys: Keys, name: str, work: Work) -> bool:
    """Does the work if it is due, and writes down how it went; whether it did. A fault, also of the database, is
    logged without its message, which could quote somebody, and goes no further: the next job must have its turn.
    """
    try:
        with begin(engine, keys) as turn:
            began = _claim(turn.session, JOBS[name], turn.now)
    except SQLAlchemyError as error:
        log.error("the job %s could not begin: %s", name, type(error).__name__)
        return False
    if not began:
        return False
    fault, did = "", 0
    try:
        did = work()
    except Exception as error:
        fault = type(error).__name__
        log.error("the job %s failed: %s\n%s", name, fault, frames(error))
    try:
        with begin(engine, keys) as turn:
            ended: dict[str, object] = {"ended_at": turn.now, "fault": fault, "did": did}
            if not fault:
                ended["well_at"] = turn.now
            turn.session.exec(update(JobRun).where(col(JobRun.name) == name).values(**ended))
    except SQLAlchemyError as error:
        log.error("how the job %s went was not written down: %s", name, type(error).__name__)
    return True


def _claim(session: Session, job: Job, now: datetime) -> bool:
    """Writes down that the job begins, unless it is not due. The row decides: two processes can come at once."""
    if insert_once(session, JobRun, name=job.name, began_at=now, did=0, fault=""):
        return True
    mine = update(JobRun).where(col(JobRun.name) == job.name).values(began_at=now, ended_at=None)
    if job.every is not None:
        done = col(JobRun.ended_at).is_not(None) & (col(JobRun.began_at) <= now - job.every)
        # A clock that was set back must not keep a job waiting until it has caught up.
        mine = mine.where(or_(done, col(JobRun.began_at) <= now - LOST, col(JobRun.began_at) > now + LOST))
    return session.exec(mine).rowcount == 1


def reports(session: Session, now: datetime, started: datetime) -> list[Report]:
    """All jobs in the order in which they run. `started`: when this process began, before which none is late."""
    rows = {row.name: row for row in session.exec(select(JobRun))}
    found = []
    for job in JOBS.values():
        row = rows.get(job.name)
        since = max(started, row.well_at) if row and row.well_at else started
        found.append(Report(job, row, now - since > job.late_after))
    return found
