"""Members in real databases, browsers that hold their cookies, and a clock that tests turn."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import SQLModel

import panah.blocklists.tables  # noqa: F401  (suspending takes seats away)
from panah.accounts import credentials, members, sessions
from panah.accounts.mount import mount
from panah.accounts.permissions import Role
from panah.accounts.tables import Member, MemberRole
from panah.blocklists.turn import Turn, begin
from panah.consoles import members as members_console
from panah.consoles.console import Console
from panah.db import make_engine
from panah.errors import install_error_handlers
from panah.keys import Keys
from panah.limits import install_limiter, make_limiter
from panah.metrics import Metrics
from panah.pages import assets
from panah.settings import Settings
from panah.web import Envelope

PASSWORD = "ladder orange seventeen"
HOST = "https://testserver"
COOKIE_DOMAIN = "testserver.local"  # as cookie jars know a host without a dot


@dataclass
class Clock:
    """The time that every turn begins with."""

    now: datetime = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("panah.blocklists.turn.wall_clock", made)
    return made


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash function at the least cost."""
    monkeypatch.setattr(credentials, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    credentials.no_hash.cache_clear()


@pytest.fixture
def keys() -> Keys:
    return Keys(bytes(range(32)))


def database(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> Engine:
    url = f"sqlite:///{tmp_path / 'members.db'}" if kind == "sqlite" else request.getfixturevalue("fresh_database")
    engine = make_engine(url)
    SQLModel.metadata.create_all(engine)
    return engine


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A SQLite file, or what a test asks for with `both_databases`."""
    made = database(request, tmp_path, getattr(request, "param", "sqlite"))
    yield made
    made.dispose()


both_databases = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@dataclass
class Person:
    """A member as they know themselves, and their browser."""

    id: UUID
    name: str
    secret: str
    recovery_codes: list[str]
    browser: TestClient
    clock: Clock
    password: str = PASSWORD
    csrf: str = field(default="", repr=False)

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.clock.now)

    def fresh_code(self) -> str:
        """One that was not used: half a minute goes by."""
        self.clock.on(seconds=30)
        return self.code()

    def sign_in(self, browser: TestClient | None = None, **changes: str) -> Any:
        browser = browser or self.browser
        body = {"name": self.name, "password": self.password, "code": self.fresh_code()} | changes
        answer = browser.post("/v1/session", json=body, headers={"X-CSRF-Token": token_of(browser)})
        if answer.is_success:
            self.csrf = answer.json()["csrf"]
        return answer

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """A request of the API with all that a page of ours would send."""
        headers = {"X-CSRF-Token": self.csrf, "Origin": HOST}
        return self.browser.request(method, path, headers=headers, **more)

    def send(self, path: str, **fields: str) -> Any:
        """A form of a page."""
        return self.browser.post(path, data={"csrf": self.csrf} | fields, headers={"Origin": HOST})


def token_of(browser: TestClient) -> str:
    token: str = browser.get("/v1/session").json()["csrf"]
    return token


def make_member(turn: Turn, name: str, *roles: Role) -> tuple[Member, str, list[str]]:
    """A member, the secret of their app, and recovery codes."""
    secret = pyotp.random_base32()
    member = Member(
        name=name.title(),
        sign_in_name=name,
        password_hash=credentials.hash_password(PASSWORD),
        sealed_totp=turn.keys.seal(secret),
        joined_on=turn.now.date(),
    )
    turn.session.add(member)
    turn.session.flush()
    for role in roles:
        turn.session.add(MemberRole(member_id=member.id, role=role, since=turn.now))
    return member, secret, credentials.renew_recovery(turn, member.id)


@pytest.fixture
def app(engine: Engine, keys: Keys, clock: Clock) -> FastAPI:
    """The members' part of the service, inside what every request passes through."""
    settings = Settings(allowed_hosts=frozenset({"testserver", "localhost", "127.0.0.1"}))
    made = FastAPI()
    made.state.settings = settings.model_copy(update={"public_url": None, "server_name": "Panah"})
    made.state.engine, made.state.keys, made.state.metrics = engine, keys, Metrics()
    limiter = make_limiter(settings)
    install_error_handlers(made)
    install_limiter(made, limiter)
    mount(made, limiter)
    console = Console(limiter)
    members_console.add(console)
    made.include_router(console.router)
    assets.mount(made)
    made.add_middleware(
        Envelope, metrics=made.state.metrics, body_limit=512 * 1024, allowed_hosts=settings.allowed_hosts
    )
    return made


MakeBrowser = Callable[..., TestClient]


@pytest.fixture
def browse(app: FastAPI) -> Iterator[MakeBrowser]:
    """Browsers without cookies; each has an address of its own."""
    made: list[TestClient] = []

    def make(address: str | None = None, base: str = HOST) -> TestClient:
        address = address or f"10.0.0.{len(made) + 1}"
        made.append(
            TestClient(
                app,
                base_url=base,
                client=(address, 1),
                follow_redirects=False,
                headers={"Accept-Language": "en"},
                raise_server_exceptions=False,
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.close()


MakePerson = Callable[..., Person]


@pytest.fixture
def person(engine: Engine, keys: Keys, clock: Clock, browse: MakeBrowser) -> MakePerson:
    """Makes members; `signed_in=False` leaves their browser at the door."""

    def make(name: str, *roles: Role, signed_in: bool = True) -> Person:
        browser = browse()
        with begin(engine, keys) as turn:
            member, secret, codes = make_member(turn, name, *roles)
            token = sessions.start_session(turn, member.id, "password") if signed_in else ""
        made = Person(member.id, name, secret, codes, browser, clock)
        if signed_in:
            browser.cookies.set("__Host-panah-session", token, domain=COOKIE_DOMAIN)
            made.csrf = token_of(browser)
        return made

    return make


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found[1]


def roles_now(engine: Engine, keys: Keys, who: Person) -> set[Role]:
    with begin(engine, keys) as turn:
        return set(members.roles_of(turn.session, who.id))
