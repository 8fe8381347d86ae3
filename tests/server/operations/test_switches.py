"""What the two switches stop, and what they must not."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, SQLModel, select

from panah.accounts.audit import verify_account_events
from panah.accounts.members import GrantRefused
from panah.accounts.permissions import Role
from panah.accounts.tables import AccountEvent, Member, MemberRole
from panah.app import create_app
from panah.blocklists.turn import begin
from panah.db import make_engine
from panah.distribution.outlet import Outlet, make_outlet
from panah.keys import Keys
from panah.operations import switches
from panah.operations.switches import READ_ONLY, STOP_PUBLISHING, BadSwitch, turn_switch
from panah.rounds import Published, go_round
from panah.settings import Settings
from tests.server.conftest import StubModel, replies
from tests.server.consoles.conftest import MakeMember, add_member, stranger
from tests.server.distribution.conftest import Place
from tests.server.operations.conftest import TurnSwitch

# Every change that goes on while the server is read-only. A route that is added must be refused, or named here.
GOES_ON = {
    "POST /v1/score",
    "POST /v1/session",
    "DELETE /v1/session",
    "POST /v1/session/passkey",
    "POST /v1/session/passkey/options",
    "POST /v1/account/passkeys",
    "POST /v1/account/passkeys/options",
    "DELETE /v1/account/passkeys/{passkey_id}",
    "POST /sign-in",
    "POST /sign-out",
    "POST /join",
    "POST /join/finish",
    "POST /account/password",
    "POST /account/totp",
    "POST /account/totp/finish",
    "POST /account/recovery",
    "POST /account/passkeys/remove",
    "POST /account/sessions/end",
    "POST /appeals",
    "POST /v1/appeals/status",
    "POST /v1/curator/lists/{slug}/removals",
    "POST /curate/tools/remove",
    "POST /curate/looks/{look_id}/undo",
    "POST /curate/looks/{look_id}/answer",
    "POST /curate/looks/{look_id}/reverse",
    "POST /curate/bulk/expire",
    "POST /v1/curator/looks/{look_id}",
    "POST /v1/curator/protection",
    "POST /curate/tools/profile",
    "POST /curate/tools/protection",
    "POST /v1/me/notices/{notice_id}",
    "POST /v1/me/protection",
    "DELETE /v1/me/protection",
    "POST /v1/admin/lists/{slug}/stop",
    "POST /curate/lists/{slug}/stop",
    "POST /curate/lists/{slug}/contributors/suspend",
    "POST /v1/admin/contributors/{slug}/{tag}",
    "POST /curate/lists/{slug}/people/unseat",
    "DELETE /v1/admin/lists/{slug}/seats/{member_id}",
    "POST /curate/lists/{slug}/history/verify",
    "DELETE /v1/me",
    "DELETE /v1/me/contributions",
    "DELETE /v1/lists/{slug}/contributions/{contribution_id}",
    "DELETE /v1/lists/{slug}/imports/{batch}",
    "DELETE /v1/feedback/{receipt}",
    "DELETE /v1/squads/{squad_id}",
    "POST /v1/members/{member_id}/suspension",
    "DELETE /v1/members/{member_id}/roles/{role}",
    "DELETE /v1/members/grants/{grant_id}",
    "POST /admin/feedback/forget",
    "POST /admin/members/{member_id}/suspend",
    "POST /admin/members/{member_id}/take",
    "POST /admin/members/grants/{grant_id}/drop",
    "POST /admin/members/invitations/{code_digest}/drop",
    "POST /admin/members/{member_id}/sessions/end",
    "POST /admin/members/{member_id}/sessions/{session_id}/end",
    "POST /admin/thresholds/history/{version}/roll-back",
    "POST /admin/models/back",
    "POST /admin/models/stop",
    "POST /admin/keys/online",
    "POST /admin/switches/{name}/on",
    "POST /admin/switches/{name}/off",
}
WORDS = {"slug": "village", "role": "curator", "name": READ_ONLY, "version": "1"}


def changes(app: FastAPI) -> dict[str, tuple[str, str]]:
    """(method, address) of every route that could change something, by "METHOD /template"."""
    found = {}
    for route in iter_route_contexts(app.routes):
        plain = re.sub(r":\w+}", "}", route.path or "")
        address = re.sub(r"{(\w+)}", lambda place: WORDS.get(place[1], str(UUID(int=7))), plain)
        for method in set(route.methods or ()) - {"GET", "HEAD", "OPTIONS"}:
            found[f"{method} {plain}"] = (method, address)
    return found


def test_read_only_refuses_every_change_but_those_that_are_named(app: FastAPI, turn: TurnSwitch) -> None:
    turn(READ_ONLY)
    browser = stranger(app)
    passed = set()
    for name, (method, address) in changes(app).items():
        answer = browser.request(method, address)
        if answer.status_code == 503:
            assert answer.headers["retry-after"] == "600", name
            if address.startswith("/v1/"):
                assert answer.json()["code"] == "read-only"
            else:
                assert "can only be read for a while" in answer.text
        else:
            passed.add(name)
    assert passed == GOES_ON


def test_without_the_switch_nothing_is_refused_so(app: FastAPI) -> None:
    browser = stranger(app)
    for name, (method, address) in changes(app).items():
        assert browser.request(method, address).status_code != 503, name


def test_reading_and_scoring_go_on_while_read_only(app: FastAPI, turn: TurnSwitch, model: StubModel) -> None:
    turn(READ_ONLY)
    browser = stranger(app)
    for path in ("/", "/lists", "/v1/lists", "/readyz", "/sign-in", "/v1/session", "/v1/policy"):
        assert browser.get(path).status_code == 200, path
    assert browser.post("/v1/score", json=replies("who asked")).status_code == 200


@pytest.mark.parametrize("path", ["/v1/curator/lists/village/removals", "/curate/tools/remove"])
def test_an_account_is_taken_off_a_list_while_read_only(
    app: FastAPI, turn: TurnSwitch, member: MakeMember, path: str
) -> None:
    """The refusal that comes is the removal's own."""
    turn(READ_ONLY)
    curator = member(Role.CURATOR)
    answer = curator.client.post(path, data={"csrf": curator.csrf, "slug": "village"})
    assert answer.status_code != 503


def test_a_fragment_is_refused_as_a_fragment(app: FastAPI, turn: TurnSwitch, member: MakeMember) -> None:
    turn(READ_ONLY)
    curator = member(Role.CURATOR)
    answer = curator.client.post("/curate/work", data={"csrf": curator.csrf}, headers={"HX-Request": "true"})
    assert answer.status_code == 503
    assert "<html" not in answer.text
    assert "can only be read" in answer.text


def test_the_refusal_is_in_the_page_s_language(app: FastAPI, turn: TurnSwitch) -> None:
    turn(READ_ONLY)
    answer = stranger(app).post("/lists/village/appeal?lang=ur")
    assert answer.status_code == 503
    assert "صرف پڑھا جا سکتا ہے" in answer.text


def test_every_process_goes_by_a_switch_within_a_second(settings: Settings, model: StubModel) -> None:
    """Two apps on one database: the second asks again when what it knows is a second old."""
    one, other = create_app(settings), create_app(settings)
    with TestClient(one), TestClient(other):
        asks = stranger(other)
        assert asks.post("/v1/contributors").status_code != 503
        admin = add_member(one, Role.ADMIN)
        with begin(one.state.engine, one.state.keys) as turn:
            turn_switch(turn, admin, READ_ONLY, on=True, note="a leak")
        assert wait_for(lambda: asks.post("/v1/contributors").status_code == 503)


def wait_for(done: Any, *, seconds: float = 3.0) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if done():
            return True
        time.sleep(0.05)
    return False


def test_the_database_is_asked_once_a_second_at_most_and_never_for_what_goes_on(
    app: FastAPI, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def is_on(_: Session, name: str) -> bool:
        asked.append(name)
        return False

    monkeypatch.setattr(switches, "is_on", is_on)
    browser = stranger(app)
    for _ in range(3):
        browser.get("/lists")
        browser.post("/v1/score", json=replies("who asked"))
    assert asked == []
    for _ in range(10):
        browser.post("/v1/contributors")
    assert 1 <= len(asked) <= 3


def test_what_was_known_stays_while_the_database_does_not_answer(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")  # without tables
    gate = switches.ReadOnlyGate(engine)
    gate.on = True
    gate.look()
    assert gate.on
    with pytest.raises(OperationalError), Session(engine) as session:
        switches.is_on(session, READ_ONLY)
    engine.dispose()


# Turning them


def test_a_switch_needs_a_reason_and_a_tick(app: FastAPI, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    for fields in ({}, {"note": "a leak"}, {"sure": "yes"}, {"note": "x" * 201, "sure": "yes"}):
        assert admin.send("/admin/switches/read-only/on", **fields).status_code == 422
    assert admin.send("/admin/switches/no-such/on", note="a leak", sure="yes").status_code == 422
    with Session(app.state.engine) as session:
        assert not switches.is_on(session, READ_ONLY)


def test_an_admin_turns_a_switch_on_and_off_and_both_stand_in_the_history(app: FastAPI, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    for _ in range(2):  # the second changes nothing
        answer = admin.send("/admin/switches/read-only/on", note="a  leak", sure="yes")
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin?done=operations.on#switches")
    assert "a leak" in admin.get("/admin").text
    for _ in range(2):
        assert admin.send("/admin/switches/read-only/off").status_code == 303
    with Session(app.state.engine) as session:
        assert not switches.is_on(session, READ_ONLY)
        events = session.exec(select(AccountEvent).order_by(AccountEvent.seq)).all()  # type: ignore[arg-type]
        assert [one.kind for one in events] == ["switch_on", "switch_off"]
        assert events[0].body == {"switch": READ_ONLY, "by": str(admin.id)}
        assert verify_account_events(session) == 2


def test_an_admin_who_is_none_any_more_turns_nothing(app: FastAPI) -> None:
    nobody = add_member(app, Role.AUDITOR)
    with pytest.raises(GrantRefused), begin(app.state.engine, app.state.keys) as turn:
        turn_switch(turn, nobody, READ_ONLY, on=True, note="a leak")
    with pytest.raises(BadSwitch), begin(app.state.engine, app.state.keys) as turn:
        turn_switch(turn, nobody, READ_ONLY, on=True, note=" ")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 's.db'}" if sqlite else request.getfixturevalue("fresh_database")
    made = make_engine(url)
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


def test_of_two_admins_at_once_one_turns_it_and_the_first_reason_stays(engine: Engine) -> None:
    keys = Keys(b"k" * 32)
    admins = [uuid4() for _ in range(6)]
    with begin(engine, keys) as turn:
        for at, one in enumerate(admins):
            today = turn.now.date()
            turn.session.add(
                Member(id=one, name="A", sign_in_name=f"a{at}xx", password_hash="", sealed_totp="", joined_on=today)
            )
            turn.session.flush()
            turn.session.add(MemberRole(member_id=one, role=Role.ADMIN, since=turn.now))

    def press(at: int) -> bool:
        with begin(engine, keys) as turn:
            return turn_switch(turn, admins[at], STOP_PUBLISHING, on=True, note=f"reason {at}")

    with ThreadPoolExecutor(6) as threads:
        changed = list(threads.map(press, range(6)))
    assert sum(changed) == 1
    with Session(engine) as session:
        (row,) = [one.row for one in switches.states(session) if one.name == STOP_PUBLISHING]
        assert row is not None
        assert row.by == admins[changed.index(True)]
        assert row.note == f"reason {changed.index(True)}"
        assert len(session.exec(select(AccountEvent)).all()) == 1


# Publishing


def test_while_publishing_is_stopped_removals_reach_readers_and_additions_do_not(app: FastAPI) -> None:
    outlet = make_test_outlet(app)
    place = Place(app.state.engine, app.state.keys, outlet)
    village = place.make("village")
    place.put(village, "x:1", "x:2", "x:3")
    place.publish(village)
    assert count(place, "village") == 3
    admin = add_member(app, Role.ADMIN)
    with place.turn() as turn:
        turn_switch(turn, admin, STOP_PUBLISHING, on=True, note="a leak")
    place.put(village, "x:4", "x:5")
    place.remove(village, "x:1")
    place.publish(village)
    assert count(place, "village") == 2  # x:1 is gone, x:4 and x:5 are held back
    assert place.find("village").stopped is None
    other = place.make("other")
    place.put(other, "x:9")
    place.publish(other)
    assert count(place, "other") == 0
    with place.turn() as turn:
        turn_switch(turn, admin, STOP_PUBLISHING, on=False)
    place.publish(village)
    place.publish(other)
    assert (count(place, "village"), count(place, "other")) == (4, 1)


def make_test_outlet(app: FastAPI) -> Outlet:
    return make_outlet(app.state.settings.keys_file, "Panah")


def count(place: Place, slug: str) -> int:
    found: int = place.part(slug)["count"]
    return found


def test_rounds_hold_additions_back_and_bring_them_out_when_the_switch_is_off(app: FastAPI) -> None:
    outlet = make_test_outlet(app)
    place = Place(app.state.engine, app.state.keys, outlet)
    village = place.make("village")
    published: Published = {}
    admin = add_member(app, Role.ADMIN)
    with place.turn() as turn:
        turn_switch(turn, admin, STOP_PUBLISHING, on=True, note="a leak")
    place.put(village, "x:1")
    go_round(place.engine, place.keys, outlet, published)
    assert count(place, "village") == 0
    with place.turn() as turn:
        turn_switch(turn, admin, STOP_PUBLISHING, on=False)
    # Nothing else has changed on the list, and yet it is published anew.
    go_round(place.engine, place.keys, outlet, published)
    assert count(place, "village") == 1
