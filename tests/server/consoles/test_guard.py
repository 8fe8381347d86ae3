"""Every route of the consoles, whatever is added: who may not is refused, and so is a change without its token."""

import re
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from panah.accounts.permissions import PERMISSIONS, Role
from panah.consoles.console import Console
from panah.consoles.nav import CONSOLES
from tests.server.consoles.conftest import MakeMember, stranger

PLACES = {"slug": "village", "name": "v2", "month": "2026-10"}


def address(path: str) -> str:
    """The path with something in its places that need not exist."""
    return re.sub(r"{(\w+)(?::\w+)?}", lambda place: PLACES.get(place[1], str(UUID(int=7))), path)


def routes(app: FastAPI) -> list[tuple[str, str]]:
    console: Console = app.state.console
    return sorted(console.needed)


def test_nothing_under_the_consoles_addresses_is_outside_of_them(app: FastAPI) -> None:
    known = {path for _, path in routes(app)}
    roots = ("/curate", "/admin")
    every = {str(one.path) for one in iter_route_contexts(app.routes)}
    found = {path for path in every if path in roots or path.startswith(("/curate/", "/admin/"))}
    assert found == known
    assert {part.path for parts in CONSOLES.values() for part in parts} <= known


def test_whoever_is_not_signed_in_gets_no_page_and_changes_nothing(app: FastAPI) -> None:
    browser = stranger(app)
    for method, path in routes(app):
        answer = browser.request(method, address(path))
        if method == "GET":
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
        else:
            assert answer.status_code == 403, path  # there is no token either


@pytest.mark.parametrize("role", [None, *Role])
def test_a_role_gets_just_what_its_permissions_allow(app: FastAPI, member: MakeMember, role: Role | None) -> None:
    browser = member(*([role] if role else []))
    allowed = PERMISSIONS[role] if role else frozenset()
    console: Console = app.state.console
    for method, path in routes(app):
        if method == "POST":
            continue
        refused = browser.get(address(path)).status_code == 403
        assert refused == (not console.needed[method, path] <= allowed), path


@pytest.mark.parametrize("role", [None, *Role])
def test_a_change_takes_the_permission_and_the_token(app: FastAPI, member: MakeMember, role: Role | None) -> None:
    browser = member(*([role] if role else []))
    allowed = PERMISSIONS[role] if role else frozenset()
    console: Console = app.state.console
    for method, path in routes(app):
        if method == "GET":
            continue
        forged = browser.client.post(address(path), data={})
        assert forged.status_code == 403, path
        assert browser.client.post(address(path), data={"csrf": "0" * 64}).status_code == 403, path
        elsewhere = {"Origin": "https://elsewhere.example"}
        told = browser.client.post(address(path), data={"csrf": browser.csrf}, headers=elsewhere)
        assert told.status_code == 403, path
        if not console.needed[method, path] <= allowed:
            assert browser.send(address(path)).status_code == 403, path


def test_a_route_without_a_permission_cannot_be_made(app: FastAPI) -> None:
    console: Console = app.state.console
    with pytest.raises(TypeError, match="no permission"):
        console.get("/admin/open-to-all")
