"""The whole app with a stub model, and members of every role signed in to it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from panah.accounts.dependencies import csrf_for
from panah.accounts.permissions import Role
from panah.accounts.sessions import start_session
from panah.accounts.tables import Member, MemberRole
from panah.app import create_app
from panah.blocklists.turn import begin
from panah.settings import Settings
from tests.server.conftest import StubModel

HOST = "https://testserver"


class _Request:
    def __init__(self, app: FastAPI) -> None:
        self.app = app


class Browser:
    """A member's browser, signed in."""

    def __init__(self, app: FastAPI, member_id: UUID) -> None:
        with begin(app.state.engine, app.state.keys) as turn:
            token = start_session(turn, member_id, "password")
        self.id = member_id
        self.client = stranger(app)
        self.client.headers["Cookie"] = f"__Host-panah-session={token}"
        self.client.headers["Origin"] = HOST
        self.csrf = csrf_for(_Request(app), token)  # type: ignore[arg-type]

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def send(self, path: str, **fields: str) -> Any:
        """A form of a page, with its token."""
        return self.client.post(path, data={"csrf": self.csrf} | fields)


def stranger(app: FastAPI) -> TestClient:
    """A browser without cookies. It does not start the app: `app` has, and its requests run in that one's loop,
    where what the app began at its start can answer.
    """
    browser = TestClient(
        app,
        base_url=HOST,
        follow_redirects=False,
        raise_server_exceptions=False,
        headers={"Accept-Language": "en"},
    )
    browser.portal = getattr(app.state, "portal", None)
    return browser


def add_member(app: FastAPI, *roles: Role, name: str = "Sana") -> UUID:
    """A member with these roles, who has no password."""
    made = uuid4()
    with begin(app.state.engine, app.state.keys) as turn:
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


@pytest.fixture
def app(settings: Settings, model: StubModel) -> Iterator[FastAPI]:
    """The whole service on a database of the test's own. Its rounds do not turn by themselves."""
    made = create_app(settings.model_copy(update={"rounds": 3600.0}))
    with TestClient(made) as first:
        made.state.portal = first.portal
        yield made


MakeMember = Callable[..., Browser]


@pytest.fixture
def member(app: FastAPI) -> MakeMember:
    """Signs a new member with these roles in."""
    return lambda *roles, name="Sana": Browser(app, add_member(app, *roles, name=name))
