"""The routes and pages of lists around a settled village, with members who sign in and a clock that tests turn."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import SQLModel

from panah.accounts import mount as members
from panah.accounts.dependencies import csrf_for
from panah.accounts.permissions import Role
from panah.accounts.sessions import start_session
from panah.accounts.tables import Member, MemberRole
from panah.blocklists import mount as blocklists
from panah.blocklists.lists import create_list
from panah.blocklists.turn import begin
from panah.consoles import reports
from panah.db import make_engine
from panah.distribution import routes as distribution
from panah.errors import install_error_handlers
from panah.interchange import routes as interchange
from panah.keys import Keys
from panah.limits import install_limiter, make_limiter
from panah.metrics import Metrics
from panah.pages import assets
from panah.settings import Settings
from panah.web import Envelope
from tests.server.blocklists.conftest import Village, settled, village

__all__ = ["settled", "village"]

HOST = "https://testserver"


def make_app(engine: Engine, keys: Keys) -> FastAPI:
    """What is under /lists/ and /v1/lists in the order that the service joins it."""
    settings = Settings(allowed_hosts=frozenset({"testserver"}))
    app = FastAPI()
    app.state.settings, app.state.metrics = settings, Metrics()
    app.state.engine, app.state.keys = engine, keys
    limiter = make_limiter(settings)
    install_error_handlers(app)
    install_limiter(app, limiter)
    members.mount(app, limiter)
    app.include_router(interchange.make_router(limiter, lambda: None))
    blocklists.mount(app, limiter)
    app.include_router(reports.make_router())
    assets.mount(app)
    app.include_router(distribution.make_router(limiter))
    app.add_middleware(
        Envelope, metrics=app.state.metrics, body_limit=512 * 1024, allowed_hosts=settings.allowed_hosts
    )
    return app


def make_client(app: FastAPI, **headers: str) -> TestClient:
    return TestClient(
        app,
        base_url=HOST,
        follow_redirects=False,
        raise_server_exceptions=False,
        headers={"Accept-Language": "en", **headers},
    )


@pytest.fixture
def app(village: Village, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr("panah.blocklists.turn.wall_clock", lambda: village.now)
    return make_app(village.engine, village.keys)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """Somebody without key or session."""
    return make_client(app)


@pytest.fixture
def nobody(app: FastAPI) -> TestClient:
    return make_client(app)


def key_of(who: int) -> str:
    """The key of the village's contributor of that number."""
    return f"{who:043d}"


@pytest.fixture
def someone(app: FastAPI) -> Callable[[int], TestClient]:
    """The village's contributors."""
    return lambda who: make_client(app, **{"Panah-Key": key_of(who)})


class Browser:
    """A member's browser, signed in now."""

    def __init__(self, app: FastAPI, village: Village, member_id: UUID) -> None:
        with village.turn() as turn:
            token = start_session(turn, member_id, "password")
        self.id = member_id
        self.client = make_client(app, Cookie=f"__Host-panah-session={token}", Origin=HOST)
        self.csrf = csrf_for(_Request(app), token)  # type: ignore[arg-type]

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the API."""
        return self.client.request(method, path, json=body, headers={"X-CSRF-Token": self.csrf})

    def send(self, path: str, **fields: str) -> Any:
        """A form of a page."""
        return self.client.post(path, data={"csrf": self.csrf} | fields)


class _Request:
    def __init__(self, app: FastAPI) -> None:
        self.app = app


def add_member(village: Village, *roles: Role, member_id: UUID | None = None, name: str = "Sana") -> UUID:
    made = member_id or uuid4()
    with village.turn() as turn:
        turn.session.add(
            Member(
                id=made,
                name=name,
                sign_in_name=f"m{made.hex[:12]}",
                password_hash="",
                sealed_totp="",
                joined_on=turn.now.date(),
            )
        )
        turn.session.flush()
        for role in roles:
            turn.session.add(MemberRole(member_id=made, role=role, since=turn.now))
    return made


MakeMember = Callable[..., Browser]


@pytest.fixture
def member(app: FastAPI, village: Village) -> MakeMember:
    """Signs a new member with these roles in."""
    return lambda *roles: Browser(app, village, add_member(village, *roles))


@pytest.fixture
def curator(app: FastAPI, village: Village) -> Callable[[UUID], Browser]:
    """Signs one of the village's curators in, now."""
    for at, one in enumerate(village.curators):
        add_member(village, Role.CURATOR, member_id=one, name=f"Curator {at}")
    return lambda one: Browser(app, village, one)


@pytest.fixture
def postgres_client(fresh_database: str) -> Iterator[TestClient]:
    """The same routes over an empty PostgreSQL, with one list in it."""
    engine, keys = make_engine(fresh_database), Keys(b"k" * 32)
    SQLModel.metadata.create_all(engine)
    with begin(engine, keys) as turn:
        create_list(turn, slug="village", name="Village")
    yield make_client(make_app(engine, keys))
    engine.dispose()
