"""A report that was acknowledged is there whatever happens next: the process is killed 200 times in all."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from panah.blocklists import events, lists
from panah.blocklists.tables import Contribution
from panah.blocklists.turn import begin
from panah.db import make_engine, migrate
from panah.keys import load_keys
from tests.harness.servers import fresh_database, running_postgres

ROUNDS = 100  # for each of the two databases


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Databases that write through to the disk."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'panah.db'}"
        return
    with running_postgres(fsync=True) as url, fresh_database(url) as made:
        yield made


def test_no_acknowledged_report_is_lost_when_the_process_is_killed(database_url: str, tmp_path: Path) -> None:
    keys_file = tmp_path / "panah.keys"
    engine = make_engine(database_url)
    migrate(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
        else:
            assert connection.execute(text("SHOW fsync")).scalar() == "on"
    with begin(engine, load_keys(keys_file)) as turn:
        lists.create_list(turn, slug="village", name="Village")
    listening = socket.create_server(("127.0.0.1", 0))
    listening.set_inheritable(True)
    server = str(Path(__file__).with_name("reporting_server.py"))
    parent = subprocess.Popen(
        [sys.executable, server, database_url, str(keys_file), str(listening.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[listening.fileno()],
    )
    acknowledged: set[UUID] = set()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    assert parent.stdin
    assert parent.stdout
    try:
        for number in range(ROUNDS):
            parent.stdin.write("serve\n")
            parent.stdin.flush()
            child = int(parent.stdout.readline())
            key = {"Panah-Key": f"{number // 40:043d}"}  # one person makes fifty reports a day at most
            with httpx.Client(base_url=url, headers=key, timeout=20) as client:
                if number % 40 == 0:
                    client.post("/v1/contributors").raise_for_status()
                    client.post("/v1/lists/village/participants").raise_for_status()
                report = {
                    "id": str(uuid4()),
                    "subject": f"x:{1000 + number}",
                    "category": "blame",
                    "evidence_post_id": str(5000 + number),
                }
                answer = client.post("/v1/lists/village/contributions", json=report)
                os.kill(child, signal.SIGKILL)
            assert answer.status_code == 201, answer.text
            acknowledged.add(UUID(answer.json()["id"]))
            if number % 50 == 49:
                check(database_url, acknowledged)
    finally:
        parent.stdin.close()
        parent.wait(10)
        parent.stdout.close()
        listening.close()
        engine.dispose()


def check(database_url: str, acknowledged: set[UUID]) -> None:
    engine = make_engine(database_url)
    with Session(engine) as session:
        assert set(session.exec(select(Contribution.id))) == acknowledged
        blocklist = lists.find_list(session, "village")
        assert events.verify(session, blocklist) == blocklist.head_seq
    engine.dispose()
