"""/v1/curator, /v1/admin/lists, /v1/admin/contributors and /v1/audit by every role and by nobody."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlmodel import col, select

from panah.accounts.members import suspend_member
from panah.accounts.permissions import Role
from panah.blocklists import appeals, contributors, lists, member_routes, protection
from panah.blocklists.tables import Event, Look, Participant
from panah.limits import make_limiter
from panah.settings import Settings
from tests.server.blocklists.conftest import Village
from tests.server.blocklists_routes.conftest import Browser, MakeMember, add_member, key_of, make_client
from tests.server.blocklists_routes.test_contributor_routes import is_problem

AsCurator = Callable[[UUID], Browser]
LIST, AUDIT = "/v1/admin/lists/village", "/v1/audit/lists/village"
C, R, A, U = Role.CURATOR, Role.REVIEWER, Role.ADMIN, Role.AUDITOR
NEW_LIST = {"slug": "second", "name": "Second"}
TAG = "0" * 64

# Who gets past the door. What is answered behind it (404, 409, …) other tests say.
ROUTES: list[tuple[str, str, Any, set[Role]]] = [
    ("GET", "/v1/curator/looks", None, {C, R, A, U}),
    ("GET", f"/v1/curator/looks/{UUID(int=1)}", None, {C, R, A, U}),
    ("POST", f"/v1/curator/looks/{UUID(int=1)}", {"vote": "keep", "reason_code": "once"}, {C, R, A, U}),
    ("POST", "/v1/curator/lists/village/removals", {"subject": "x:1", "reason_code": "once"}, {C}),
    ("POST", "/v1/curator/lists/nowhere/invitations", None, {C, A}),
    ("POST", "/v1/curator/protection", {"subject": "x:1", "code": "panah-0000000000"}, {C, A}),
    ("POST", "/v1/admin/lists", NEW_LIST, {A}),
    ("GET", LIST, None, {C, R, A, U}),
    ("PATCH", LIST, {}, {A}),
    ("PUT", f"{LIST}/seats/{UUID(int=1)}", None, {A}),
    ("DELETE", f"{LIST}/seats/{UUID(int=1)}", None, {A}),
    ("POST", f"{LIST}/policies", {"rules": {"trigger_clusters": 3}}, {A}),
    ("POST", f"{LIST}/policies/1/approval", None, {A}),
    ("POST", f"{LIST}/stop", None, {A}),
    ("POST", f"{LIST}/resume", None, {A}),
    ("POST", f"/v1/admin/contributors/village/{TAG}", {"suspended": True}, {A}),
    ("GET", f"{AUDIT}/events", None, {A, U}),
    ("GET", f"{AUDIT}/verify", None, {A, U}),
]


@pytest.mark.parametrize("role", [None, *Role])
def test_only_those_roles_get_past_the_door(
    role: Role | None, app: FastAPI, client: TestClient, member: MakeMember
) -> None:
    who = member(role) if role else member()
    for method, path, body, allowed in ROUTES:
        for nobody in (client, make_client(app, **{"Panah-Key": key_of(0)})):
            answer = nobody.request(method, path, json=body)
            assert answer.status_code in {401, 403}, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
        answer = who.ask(method, path, body)
        if role in allowed:
            assert answer.status_code not in {401, 403, 500}, (method, path, answer.text)
        else:
            assert is_problem(answer, 403, "not-allowed"), (method, path, answer.text)


def test_no_change_is_made_without_the_token_of_a_page(member: MakeMember, village: Village) -> None:
    admin = member(Role.ADMIN)
    before = len(village.rows(Event))
    for method, path, body, _ in ROUTES:
        if method != "GET":
            answer = admin.client.request(method, path, json=body)
            assert is_problem(answer, 403, "forged"), (method, path)
    assert len(village.rows(Event)) == before


def test_every_route_of_members_is_tested_by_every_role(app: FastAPI) -> None:
    bare = FastAPI()
    bare.include_router(member_routes.make_router(make_limiter(Settings())))
    found = {
        (method.upper(), "/".join("{}" if part.startswith("{") else part for part in path.split("/")))
        for path, methods in bare.openapi()["paths"].items()
        for method in methods
    }

    def shape(path: str) -> str:
        plain = {"village", "nowhere", TAG, str(UUID(int=1)), "1"}
        return "/".join("{}" if part in plain else part for part in path.split("/"))

    assert found == {(method, shape(path)) for method, path, _, _ in ROUTES}


# Cases


def open_looks(village: Village, subject: str = "x:666") -> list[Look]:
    """Brings an account before curators."""
    for who in range(2):
        village.report(who, subject)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    return [one for one in village.rows(Look) if one.vote is None]


def test_a_case_tells_nothing_that_would_sway_a_vote_before_it(village: Village, curator: AsCurator) -> None:
    looks = open_looks(village)
    assert len(looks) == 3
    first = curator(looks[0].member_id)
    (mine,) = first.get("/v1/curator/looks").json()["looks"]
    assert mine == {
        "id": str(looks[0].id),
        "list": "village",
        "list_name": "Village",
        "stage": "first",
        "due_on": looks[0].due_at.date().isoformat(),
    }
    case = first.get(f"/v1/curator/looks/{looks[0].id}").json()
    assert case["subject"] == "x:666"
    assert case["account_url"] == "https://x.com/i/user/666"
    assert [post["url"] for post in case["posts"]] == [
        "https://x.com/i/status/900",
        "https://x.com/i/status/901",
    ]
    assert (case["vote"], case["after"], case["appeal"], case["decisions"]) == (None, None, None, [])
    assert case["rules"]["curators"] == 3
    tags = [one.tag for one in village.rows(Participant)]
    assert not [tag for tag in tags if tag in str(case)]
    assert "share" not in {key for key in case if key != "rules"}


def test_a_case_that_is_decided_tells_those_who_voted_of_the_jury_the_others_and_the_tags(
    village: Village, curator: AsCurator
) -> None:
    one, two, three = (curator(look.member_id) for look in open_looks(village))
    looks = {look.member_id: f"/v1/curator/looks/{look.id}" for look in village.rows(Look)}
    body = {"vote": "hide", "reason_code": "repeated", "note": "Look at <b>March</b>."}
    assert [one.ask("POST", looks[one.id], body).status_code for _ in range(2)] == [204, 204]
    assert is_problem(one.ask("POST", looks[one.id], body | {"vote": "keep"}), 409, "look-closed")
    assert one.get("/v1/curator/looks").json() == {"looks": []}
    two.ask("POST", looks[two.id], {"vote": "hide", "reason_code": "grave"})
    for who in (one, two, three):  # whoever takes a vote back has not seen the others'
        assert who.get(looks[who.id]).json()["after"] is None
    three.ask("POST", looks[three.id], {"vote": "hide", "reason_code": "grave"})
    after = two.get(looks[two.id]).json()["after"]
    assert (after["share"], after["lane"]) == (1.0, "clear")
    assert {"vote": "hide", "reason_code": "repeated", "note": "Look at <b>March</b>."} in after["peers"]
    assert len(after["peers"]) == 2
    tags = one.get(looks[one.id]).json()["after"]["tags"]
    with village.turn():
        known = [contributors.tag_of(village.keys, village.blocklist, village.people[who].id) for who in range(2)]
    assert tags == sorted(known)
    assert village.entries() == {"x:666": ("hide", "waiting")}


def test_a_case_is_nobody_elses(village: Village, curator: AsCurator, member: MakeMember) -> None:
    looks = open_looks(village)
    path = f"/v1/curator/looks/{looks[0].id}"
    answer = {"vote": "hide", "reason_code": "grave"}
    for other in (curator(looks[1].member_id), member(Role.CURATOR), member(Role.ADMIN)):
        assert is_problem(other.get(path), 404, "look-not-found")
        assert is_problem(other.ask("POST", path, answer), 404, "look-not-found")
    with village.turn() as turn:
        lists.unseat(turn, village.blocklist, looks[0].member_id)
    gone = curator(looks[0].member_id)
    assert is_problem(gone.get(path), 404, "look-not-found")
    assert is_problem(gone.ask("POST", path, answer), 404, "look-not-found")


def test_a_case_that_was_handed_on_is_closed_to_whoever_handed_it_on(village: Village, curator: AsCurator) -> None:
    look = open_looks(village)[0]
    who, path = curator(look.member_id), f"/v1/curator/looks/{look.id}"
    assert is_problem(who.ask("POST", path, {"vote": "keep"}), 422, "invalid-request")
    assert who.ask("POST", path, {"vote": "recuse"}).status_code == 204
    assert is_problem(who.get(path), 409, "look-closed")


def test_a_reviewer_decides_appeals_and_nothing_else(app: FastAPI, village: Village) -> None:
    looks = open_looks(village)
    add_member(village, Role.REVIEWER, member_id=looks[0].member_id)
    reviewer = Browser(app, village, looks[0].member_id)
    path, answer = f"/v1/curator/looks/{looks[0].id}", {"vote": "hide", "reason_code": "grave"}
    assert is_problem(reviewer.ask("POST", path, answer), 403, "not-allowed")
    with village.turn() as turn:
        turn.session.execute(update(Look).where(col(Look.id) == looks[0].id).values(stage="appeal"))
    # Past the door; the case itself is at another stage.
    assert is_problem(reviewer.ask("POST", path, answer), 409, "look-closed")
    with village.turn() as turn:
        turn.session.execute(update(Look).where(col(Look.id) == looks[0].id).values(stage="first"))
    assert reviewer.ask("POST", path, {"vote": "recuse"}).status_code == 204


def test_an_appeal_is_read_by_those_who_are_asked_and_did_not_decide(village: Village, curator: AsCurator) -> None:
    village.list_it()
    with village.turn() as turn:
        appeals.file_appeal(
            turn,
            village.blocklist,
            subject="x:666",
            relation="own",
            ground="context",
            statement="<script>alert(1)</script> I was quoting.",
        )
    open_now = [look for look in village.rows(Look) if look.vote is None and look.stage == "appeal"]
    earlier = {look.member_id for look in village.rows(Look) if look.stage == "first" and look.vote == "hide"}
    assert len(open_now) == 3
    assert not earlier & {look.member_id for look in open_now}
    who = curator(open_now[0].member_id)
    case = who.get(f"/v1/curator/looks/{open_now[0].id}").json()
    assert case["appeal"] == {
        "relation": "own",
        "ground": "context",
        "statement": "<script>alert(1)</script> I was quoting.",
    }
    assert [one["outcome"] for one in case["decisions"]] == ["hide"]
    who.ask("POST", f"/v1/curator/looks/{open_now[0].id}", {"vote": "keep", "reason_code": "counter-speech"})
    assert village.entries() == {}


def test_a_curator_takes_an_account_off_a_list_they_curate(
    village: Village, curator: AsCurator, member: MakeMember
) -> None:
    village.list_it()
    path, body = "/v1/curator/lists/village/removals", {"subject": "x:666", "reason_code": "own-words"}
    assert is_problem(member(Role.CURATOR).ask("POST", path, body), 404, "look-not-found")
    seated = curator(village.curators[0])
    assert is_problem(seated.ask("POST", path, body | {"reason_code": "my neighbour"}), 422, "invalid-request")
    assert seated.ask("POST", path, body).status_code == 204
    assert village.entries() == {}
    assert is_problem(seated.ask("POST", path, body), 404, "look-not-found")


def test_two_members_see_the_code_before_an_account_is_protected(
    village: Village, curator: AsCurator, member: MakeMember
) -> None:
    mine = {"subject": "x:777"}
    one, two = curator(village.curators[0]), member(Role.ADMIN)
    wrong = mine | {"code": "panah-0000000000"}
    assert is_problem(one.ask("POST", "/v1/curator/protection", wrong), 404, "protection-not-found")
    with village.turn() as turn:
        mine["code"] = protection.ask_protection(turn, village.people[0], "x:777").code
    assert is_problem(one.ask("POST", "/v1/curator/protection", wrong), 404, "protection-not-found")
    seen = [who.ask("POST", "/v1/curator/protection", mine).json()["status"] for who in (one, one, two)]
    assert seen == ["pending", "pending", "active"]


def test_an_owner_is_asked_and_answers_once(village: Village, curator: AsCurator, someone: Any) -> None:
    with village.turn() as turn:
        code = protection.ask_protection(turn, village.people[20], "x:777").code
        for member_id in village.curators[:2]:
            protection.see_protection(turn, member_id, "x:777", code)
    open_looks(village, "x:777")
    village.look("hide")
    (notice,) = someone(20).get("/v1/me/notices").json()["notices"]
    assert set(notice) == {"id", "list_name", "due_on"}
    path = f"/v1/me/notices/{notice['id']}"
    assert is_problem(someone(21).post(path, json={"answer": "doubt"}), 404, "notice-not-found")
    assert [someone(20).post(path, json={"answer": "doubt"}).status_code for _ in range(2)] == [204, 204]
    assert is_problem(someone(20).post(path, json={"answer": "accept"}), 409, "notice-closed")
    assert someone(20).get("/v1/me/notices").json() == {"notices": []}


def test_curators_invite_to_lists_they_curate(
    app: FastAPI, village: Village, curator: AsCurator, member: MakeMember
) -> None:
    path = "/v1/curator/lists/village/invitations"
    assert is_problem(member(Role.CURATOR).ask("POST", path), 403, "not-allowed")
    code = curator(village.curators[0]).ask("POST", path).json()["code"]
    new = make_client(app, **{"Panah-Key": "n" * 43})
    new.post("/v1/contributors")
    assert new.post("/v1/lists/village/participants", json={"invitation": code}).status_code == 201


# Lists


def test_a_list_is_made_and_changed(member: MakeMember, client: TestClient) -> None:
    admin = member(Role.ADMIN)
    body = {"slug": "no-blame", "name": " No   blame ", "norms": "<b>Only</b> blame.", "tier_cap": "flag"}
    made = admin.ask("POST", "/v1/admin/lists", body)
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["tier_cap"], made.json()["seats"]) == ("No blame", "flag", [])
    assert is_problem(admin.ask("POST", "/v1/admin/lists", body), 409, "slug-taken")
    changed = admin.ask("PATCH", "/v1/admin/lists/no-blame", {"joining": "invited", "archived": True})
    assert (changed.json()["joining"], changed.json()["archived"]) == ("invited", True)
    assert changed.json()["norms"] == "<b>Only</b> blame."
    assert [one["slug"] for one in client.get("/v1/lists").json()["lists"]] == ["no-blame", "village"]


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "No Blame"},
        {"slug": "-x"},
        {"slug": "a" * 41},
        {"name": ""},
        {"name": "two\nlines\x07"},
        {"name": "a" * 81},
        {"norms": "\ud800"},
        {"salt": "00" * 16},
    ],
)
def test_what_is_no_list_is_refused(member: MakeMember, changes: dict[str, str]) -> None:
    admin = member(Role.ADMIN)
    answer = admin.client.post(
        "/v1/admin/lists",
        content=json.dumps(NEW_LIST | changes),
        headers={"X-CSRF-Token": admin.csrf, "Content-Type": "application/json"},
    )
    assert is_problem(answer, 422, "invalid-request")


def test_only_active_curators_and_reviewers_get_a_seat(village: Village, member: MakeMember) -> None:
    admin, able, other = member(Role.ADMIN), member(Role.CURATOR), member(Role.AUDITOR)
    path = f"{LIST}/seats"
    for wrong in (other.id, admin.id, uuid4()):
        assert is_problem(admin.ask("PUT", f"{path}/{wrong}"), 409, "cannot-curate")
    assert admin.ask("PUT", f"{path}/{member(Role.REVIEWER).id}").status_code == 204
    assert [admin.ask("PUT", f"{path}/{able.id}").status_code for _ in range(2)] == [204, 204]
    assert str(able.id) in [one["member_id"] for one in admin.get(LIST).json()["seats"]]
    assert [admin.ask("DELETE", f"{path}/{able.id}").status_code for _ in range(2)] == [204, 204]
    assert str(able.id) not in [one["member_id"] for one in admin.get(LIST).json()["seats"]]


def test_who_is_suspended_meanwhile_gets_no_seat(village: Village, member: MakeMember) -> None:
    admin, able = member(Role.ADMIN), member(Role.CURATOR)
    with ThreadPoolExecutor(1) as threads:
        with village.turn() as turn:
            suspend_member(turn, admin.id, able.id)
            answer = threads.submit(admin.ask, "PUT", f"{LIST}/seats/{able.id}", None)
            wait([answer], timeout=0.5)
            assert not answer.done()
        assert is_problem(answer.result(), 409, "cannot-curate")
    with village.turn() as turn:
        assert able.id not in lists.seats_of(turn.session, village.blocklist)


def test_rules_change_by_two_admins_and_a_day_later(app: FastAPI, village: Village, member: MakeMember) -> None:
    one, two = member(Role.ADMIN), member(Role.ADMIN)
    body = {"rules": {"trigger_clusters": 4, "approve_share": 0.72}, "note": "After the spam of May."}
    made = one.ask("POST", f"{LIST}/policies", body)
    assert made.status_code == 201
    assert made.json()["changes"] == {"trigger_clusters": [2, 4], "approve_share": [0.7, 0.72]}
    assert (made.json()["approved"], made.json()["in_force_at"]) == (False, None)
    path = f"{LIST}/policies/{made.json()['id']}/approval"
    assert is_problem(one.ask("POST", path), 409, "policy-conflict")
    assert two.ask("POST", path).json()["approved"] is True
    assert is_problem(two.ask("POST", path), 409, "policy-conflict")
    assert two.get(LIST).json()["rules"]["trigger_clusters"] == 2
    village.pass_days()
    assert Browser(app, village, two.id).get(LIST).json()["rules"]["trigger_clusters"] == 4


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"trigger_clusters": 1}, "rules.trigger_clusters"),
        ({"contested_share": 0.9}, "rules"),
        ({"curators": 1e300}, "rules.curators"),
        ({"secret_rule": 1}, "rules"),
        ({}, "rules"),
        ({"breaker_growth": "Infinity"}, "rules.breaker_growth"),
    ],
)
def test_rules_that_switch_a_protection_off_are_refused(
    member: MakeMember, rules: dict[str, Any], said: str
) -> None:
    admin = member(Role.ADMIN)
    content = json.dumps({"rules": rules}).replace('"Infinity"', "Infinity")
    headers = {"X-CSRF-Token": admin.csrf, "Content-Type": "application/json"}
    answer = admin.client.post(f"{LIST}/policies", content=content, headers=headers)
    assert is_problem(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["where"].startswith(said)
    assert "secret" not in answer.text


def test_additions_stop_and_go_on(member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    assert [admin.ask("POST", f"{LIST}/stop").status_code for _ in range(2)] == [204, 204]
    assert admin.get(LIST).json()["stopped"] == "admin"
    assert [admin.ask("POST", f"{LIST}/resume").status_code for _ in range(2)] == [204, 204]
    assert admin.get(LIST).json()["stopped"] is None


def test_a_contributor_is_suspended_by_tag(village: Village, member: MakeMember, someone: Any) -> None:
    admin = member(Role.ADMIN)
    with village.turn() as turn:
        tag = contributors.tag_of(turn.keys, village.blocklist, village.people[3].id)
    path = f"/v1/admin/contributors/village/{tag}"
    for suspended, standing in ((True, "suspended"), (False, "trusted")):
        assert admin.ask("POST", path, {"suspended": suspended}).status_code == 204
        assert someone(3).get("/v1/lists/village/me").json()["standing"] == standing
    unknown = admin.ask("POST", f"/v1/admin/contributors/village/{TAG}", {"suspended": True})
    assert is_problem(unknown, 404, "contributor-not-found")


# Audit


def test_the_history_comes_page_by_page_and_is_checked(
    village: Village, member: MakeMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("panah.blocklists.views.EVENTS_SHOWN", 50)
    auditor = member(Role.AUDITOR)
    found, after = [], 0
    while after is not None:
        answer = auditor.get(f"{AUDIT}/events?after={after}").json()
        found += answer["events"]
        after = answer["next"]
    assert [one["seq"] for one in found] == list(range(1, len(found) + 1))
    assert found[-1]["hash"]
    assert auditor.get(f"{AUDIT}/verify").json() == {"intact": True, "events": len(found), "broken_at": None}
    with village.turn() as turn:
        turn.session.execute(update(Event).where(col(Event.seq) == 7).values(kind="forgotten"))
    assert auditor.get(f"{AUDIT}/verify").json() == {"intact": False, "events": len(found), "broken_at": 7}


def test_what_members_do_is_in_the_history(village: Village, member: MakeMember) -> None:
    admin, able = member(Role.ADMIN), member(Role.CURATOR)
    with village.turn() as turn:
        before = turn.session.exec(select(Event.seq).order_by(col(Event.seq).desc())).first() or 0
    admin.ask("PATCH", LIST, {"norms": "Only blame."})
    admin.ask("PUT", f"{LIST}/seats/{able.id}")
    admin.ask("DELETE", f"{LIST}/seats/{able.id}")
    admin.ask("POST", f"{LIST}/stop")
    admin.ask("POST", f"{LIST}/resume")
    admin.ask("POST", f"{LIST}/policies", {"rules": {"trigger_clusters": 3}})
    kinds = [one.kind for one in village.rows(Event) if one.seq > before]
    assert kinds == ["list_changed", "seated", "unseated", "stopped", "resumed", "policy_proposed"]
