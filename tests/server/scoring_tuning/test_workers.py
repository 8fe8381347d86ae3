"""Two real processes on one database: what is saved in one judges in the other."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from panah.accounts.dependencies import csrf_for
from panah.accounts.permissions import Role
from panah.accounts.sessions import start_session
from panah.accounts.tables import Member, MemberRole
from panah.blocklists.turn import begin
from panah.db import make_engine
from panah.keys import load_keys
from panah.scoring.classifier import read_config
from panah.settings import Settings
from tests.harness.panah_server import PanahServer, running_panah
from tests.harness.processes import wait_until

SHIPPED = read_config(Path("model/artefacts/v2")).thresholds.root["balanced"]["en"]["blame"]
TEXT = "You said thanks though."


@contextmanager
def two(folder: Path, database_url: str, **settings: str) -> Iterator[tuple[PanahServer, PanahServer]]:
    """Two processes that share a database and their keys."""
    shared = {
        "database_url": database_url,
        "keys_file": str(folder / "panah.keys"),
        "model_threads": "1",
        **settings,
    }
    with ExitStack() as stack:
        made = []
        for name in ("one", "other"):
            (folder / name).mkdir()
            made.append(stack.enter_context(running_panah(folder / name, **shared)))
        yield made[0], made[1]


class Admin:
    """An admin's browser at one of the processes."""

    def __init__(self, server: PanahServer, folder: Path, name: str) -> None:
        engine, keys = make_engine(server.database_url), load_keys(folder / "panah.keys", needed=True)
        with begin(engine, keys) as turn:
            member = Member(
                name=name, sign_in_name=name.lower(), password_hash="", sealed_totp="", joined_on=turn.now.date()
            )
            turn.session.add(member)
            turn.session.flush()
            turn.session.add(MemberRole(member_id=member.id, role=Role.ADMIN, since=turn.now))
            token = start_session(turn, member.id, "password")
        engine.dispose()
        request: Any = type("Request", (), {"app": type("App", (), {"state": type("State", (), {"keys": keys})})})
        self.csrf = csrf_for(request, token)
        self.url, self.cookies = server.url, {"panah-session": token}

    def save(self, hide: float, based_on: int = 0) -> None:
        fields = {"csrf": self.csrf, "language": "en", "sensitivity": "balanced", "note": "why"}
        values = {"model": "v2", "based_on": str(based_on), "blame-hide": str(hide)}
        with httpx.Client(cookies=self.cookies, headers={"Origin": self.url}, timeout=30) as client:
            answer = client.post(f"{self.url}/admin/thresholds/save", data=fields | values)
        assert (answer.status_code, "done=thresholds.saved" in answer.headers.get("location", "")) == (303, True)


def judge(server: PanahServer) -> tuple[str, str]:
    """The policy and the action for the same reply each time."""
    body = {"replies": [{"id": "0", "text": TEXT}], "sensitivity": "balanced"}
    answer = httpx.post(f"{server.url}/v1/score", json=body, timeout=30).json()
    return answer["policy"], answer["verdicts"][0]["action"]


def score_of(server: PanahServer) -> float:
    body = {"replies": [{"id": "0", "text": TEXT}]}
    answer = httpx.post(f"{server.url}/v1/score", json=body, timeout=30).json()
    found: float = answer["verdicts"][0]["scores"]["blame"]
    return found


def wait_until_in_force(server: PanahServer, name: str) -> None:
    wait_until(lambda: judge(server)[0] == name, f"{name} is in force", seconds=20)


def cached(server: PanahServer, kind: str) -> float:
    """Replies whose scores were known, or were not."""
    for line in httpx.get(f"{server.url}/metrics").text.splitlines():
        if line.startswith("panah_cache") and f'"{kind}"' in line and "created" not in line:
            return float(line.split()[-1])
    return 0.0


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_with_redis_the_other_process_is_told_and_judges_cached_replies_anew(
    tmp_path: Path, redis_url: str, database: str, request: pytest.FixtureRequest
) -> None:
    sqlite = f"sqlite:///{tmp_path / 'p.db'}"
    url = sqlite if database == "sqlite" else request.getfixturevalue("fresh_database")
    # The regular look is put off: that the other follows is the announcement's doing.
    with two(tmp_path, url, redis_url=redis_url, policy_refresh="600") as (one, other):
        admin = Admin(one, tmp_path, "Sana")
        p = score_of(other)
        assert SHIPPED.flag < p < SHIPPED.hide, "the reply stands between flag and hide of the shipped policy"
        assert judge(other) == ("v2-0", "flag")
        unseen = cached(other, "miss")
        admin.save(round(p - 0.01, 4))
        wait_until_in_force(other, "v2-1")
        assert judge(other) == judge(one) == ("v2-1", "hide")
        assert cached(other, "miss") == unseen  # the cache holds scores, and no policy
        admin.save(round(p + 0.01, 4), based_on=1)
        wait_until_in_force(other, "v2-2")
        assert judge(other) == ("v2-2", "flag")


def test_without_redis_the_other_process_looks_for_itself(tmp_path: Path) -> None:
    assert Settings().policy_refresh <= 10
    with two(tmp_path, f"sqlite:///{tmp_path / 'p.db'}") as (one, other):
        admin = Admin(one, tmp_path, "Sana")
        admin.save(0.6)
        assert judge(one)[0] == "v2-1"  # where it was saved it is in force at once
        wait_until_in_force(other, "v2-1")
