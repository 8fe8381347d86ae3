"""The whole app, members signed in to it, and switches turned."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from panah.accounts.permissions import Role
from panah.blocklists.turn import begin
from panah.operations.switches import turn_switch
from tests.server.consoles.conftest import add_member, app, member

__all__ = ["app", "member"]

TurnSwitch = Callable[..., bool]


@pytest.fixture
def turn(app: FastAPI) -> TurnSwitch:
    """Turns a switch as an admin; whether that changed anything. The app knows at once."""

    def work(name: str, *, on: bool = True, note: str = "a leak") -> bool:
        admin = add_member(app, Role.ADMIN)
        with begin(app.state.engine, app.state.keys) as turn:
            return turn_switch(turn, admin, name, on=on, note=note)

    return work
