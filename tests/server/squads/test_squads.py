"""/v1/squads over a real SQLite and a real PostgreSQL."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, select

from panah.db import make_engine
from panah.errors import install_error_handlers
from panah.limits import install_limiter, make_limiter
from panah.settings import Settings
from panah.squads.routes import make_router
from panah.squads.service import MOST_BOX, UNUSED_DAYS, SquadChanged, write
from panah.squads.tables import Squad

ID = "0123456789abcdef0123456789abcdef"
SECRET = "s" * 43
HEADERS = {"Panah-Squad": SECRET}
PATH = f"/v1/squads/{ID}"
DAY = date(2026, 11, 22)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
    else:
        made = make_engine(request.getfixturevalue("fresh_database"))
    SQLModel.metadata.create_all(made, tables=[Squad.__table__])  # type: ignore[attr-defined]
    yield made
    made.dispose()


class Days:
    """A calendar that a test turns."""

    def __init__(self) -> None:
        self.today = DAY

    def __call__(self) -> date:
        return self.today


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def client(engine: Engine, days: Days) -> TestClient:
    settings = Settings()
    app = FastAPI()
    app.state.engine = engine
    app.state.settings = settings
    limiter = make_limiter(settings)
    install_error_handlers(app)
    install_limiter(app, limiter)
    app.include_router(make_router(limiter, squad_limit="20/minute", clock=days))
    return TestClient(app, raise_server_exceptions=False)


def put(client: TestClient, version: int, box: str = "Ym94", **headers: str) -> tuple[int, int | str]:
    answer = client.put(PATH, json={"version": version, "box": box}, headers=HEADERS | headers)
    return answer.status_code, answer.json().get("version") or answer.json()["code"]


def test_a_box_comes_back_as_it_was_put_and_its_version_counts_up(client: TestClient) -> None:
    assert put(client, 0, "Ym94") == (200, 1)
    assert put(client, 1, "Ym94Mg==") == (200, 2)
    assert client.get(PATH, headers=HEADERS).json() == {"version": 2, "box": "Ym94Mg=="}


def test_whoever_knows_an_older_version_changes_nothing(client: TestClient) -> None:
    put(client, 0)
    put(client, 1, "bmV3")
    assert put(client, 1, "b2xk") == (409, "squad-changed")
    assert put(client, 0, "b2xk") == (409, "squad-changed")
    assert put(client, 9, "b2xk") == (409, "squad-changed")
    assert client.get(PATH, headers=HEADERS).json() == {"version": 2, "box": "bmV3"}


def test_another_secret_reads_changes_and_ends_nothing(client: TestClient) -> None:
    put(client, 0)
    other = {"Panah-Squad": "t" * 43}
    assert client.get(PATH, headers=other).json()["code"] == "squad-refused"
    assert put(client, 1, "b2xk", **other) == (403, "squad-refused")
    assert put(client, 0, "b2xk", **other) == (403, "squad-refused")
    assert client.delete(PATH, headers=other).status_code == 403
    assert client.get(PATH).status_code == 403
    assert client.get(PATH, headers=HEADERS).json() == {"version": 1, "box": "Ym94"}


def test_what_is_not_there_is_not_found_and_ending_it_is_no_fault(client: TestClient) -> None:
    assert client.get(PATH, headers=HEADERS).json()["code"] == "squad-not-found"
    assert put(client, 3) == (404, "squad-not-found")
    assert client.delete(PATH, headers=HEADERS).status_code == 204


def test_an_ended_squad_is_gone_for_everybody(client: TestClient) -> None:
    put(client, 0)
    assert client.delete(PATH, headers=HEADERS).status_code == 204
    assert client.get(PATH, headers=HEADERS).status_code == 404
    assert put(client, 1) == (404, "squad-not-found")


@pytest.mark.parametrize(
    ("version", "box"),
    [(0, "not base64"), (0, "abc"), (0, "A" * (MOST_BOX + 4)), (0, ""), (-1, "Ym94"), (2**31 - 1, "Ym94")],
)
def test_what_is_no_box_is_refused_without_being_repeated(client: TestClient, version: int, box: str) -> None:
    answer = client.put(PATH, json={"version": version, "box": box}, headers=HEADERS)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert not box or box not in answer.text
    assert client.get(PATH, headers=HEADERS).status_code == 404


def test_the_largest_box_fits(client: TestClient) -> None:
    assert put(client, 0, "A" * MOST_BOX) == (200, 1)


def test_an_id_has_one_form(client: TestClient) -> None:
    for wrong in (ID.upper(), ID[:-1], ID + "0", "x" * 32):
        assert client.get(f"/v1/squads/{wrong}", headers=HEADERS).status_code == 422


def test_one_request_over_the_limit_is_told_when_to_come_back(client: TestClient) -> None:
    for _ in range(20):
        assert client.get(PATH, headers=HEADERS).status_code == 404
    refused = client.get(PATH, headers=HEADERS)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert int(refused.headers["retry-after"]) >= 1


def make(client: TestClient, number: int) -> int:
    path = f"/v1/squads/{number:032x}"
    return client.put(path, json={"version": 0, "box": "Ym94"}, headers=HEADERS).status_code


def test_ten_squads_a_day_are_made_from_one_address(client: TestClient) -> None:
    assert [make(client, number) for number in range(10)] == [200] * 10
    refused = client.put(PATH, json={"version": 0, "box": "Ym94"}, headers=HEADERS)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert 60 < int(refused.headers["retry-after"]) <= 86_400
    assert client.get(PATH, headers=HEADERS).status_code == 404
    # Those that are there are changed as before, and others make theirs.
    path = f"/v1/squads/{3:032x}"
    assert client.put(path, json={"version": 1, "box": "bmV3"}, headers=HEADERS).status_code == 200
    assert make(TestClient(client.app, client=("203.0.113.9", 50_000)), 11) == 200


def test_no_token_makes_more_squads_than_its_address_may(client: TestClient) -> None:
    for number in range(10):
        make(client, number)
    assert make(TestClient(client.app, headers={"Authorization": "Bearer made-up"}), 11) == 429


def test_a_full_server_makes_no_squad_and_says_what_to_do(
    client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("panah.squads.service.MOST_SQUADS", 2)
    assert [make(client, 1), make(client, 2), make(client, 3)] == [200, 200, 507]
    refused = client.put(PATH, json={"version": 0, "box": "Ym94"}, headers=HEADERS)
    assert (refused.headers["content-type"], refused.json()["code"]) == ("application/problem+json", "squads-full")
    assert "another server" in refused.json()["detail"]
    with Session(engine) as session:
        assert set(session.exec(select(Squad.id)).all()) == {f"{1:032x}", f"{2:032x}"}
    # What is there goes on, also for who believes that it is not.
    assert make(client, 2) == 409
    path = f"/v1/squads/{2:032x}"
    assert client.put(path, json={"version": 1, "box": "bmV3"}, headers=HEADERS).status_code == 200
    assert client.delete(path, headers=HEADERS).status_code == 204
    assert make(client, 3) == 200


def test_what_nobody_asked_for_in_400_days_is_forgotten(client: TestClient, days: Days, engine: Engine) -> None:
    put(client, 0)
    client.put(f"/v1/squads/{'b' * 32}", json={"version": 0, "box": "Ym94"}, headers=HEADERS)
    days.today = DAY + timedelta(days=UNUSED_DAYS)
    assert client.get(PATH, headers=HEADERS).status_code == 200
    days.today += timedelta(days=1)
    client.put(f"/v1/squads/{'c' * 32}", json={"version": 0, "box": "Ym94"}, headers=HEADERS)
    with Session(engine) as session:
        assert set(session.exec(select(Squad.id)).all()) == {ID, "c" * 32}


@pytest.mark.parametrize("version", [0, 1])
def test_of_many_that_replace_one_version_at_once_one_does(engine: Engine, version: int) -> None:
    crowd = 8
    together = Barrier(crowd)
    if version:
        with Session(engine) as session, session.begin():
            write(session, ID, SECRET, version=0, box="Ym94", today=DAY)

    def attempt(number: int) -> str | None:
        box = f"Ym9{number}"
        together.wait()
        try:
            with Session(engine) as session, session.begin():
                write(session, ID, SECRET, version=version, box=box, today=DAY)
        except SquadChanged:
            return None
        return box

    with ThreadPoolExecutor(crowd) as threads:
        kept = [box for box in threads.map(attempt, range(crowd)) if box is not None]
    with Session(engine) as session:
        squad = session.exec(select(Squad)).one()
    assert [(squad.box, squad.version)] == [(box, version + 1) for box in kept]


def test_neither_secret_nor_box_is_kept_or_logged_as_it_came(
    client: TestClient, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="panah")
    put(client, 0)
    put(client, 7)
    with Session(engine) as session:
        assert SECRET not in session.exec(select(Squad)).one().model_dump_json()
    assert SECRET not in caplog.text
    assert "Ym94" not in caplog.text
