"""/v1/lists, /v1/contributors, /v1/me and /v1/appeals by everybody who may ask, and by those who may not."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from panah.blocklists import contributors, lists, routes
from panah.blocklists.onboarding import catalogue
from panah.blocklists.tables import Contribution, Contributor, Joining, ReviewTask
from panah.limits import make_limiter
from panah.settings import Settings
from tests.server.blocklists.conftest import Village
from tests.server.blocklists_routes.conftest import key_of, make_client

Someone = Callable[[int], TestClient]
NEW_KEY = "n" * 43
LIST = "/v1/lists/village"


def report(subject: str = "x:666", **changes: Any) -> dict[str, Any]:
    body = {"id": str(uuid4()), "subject": subject, "category": "blame", "evidence_post_id": "1790000000000000001"}
    return body | changes


def is_problem(answer: Any, status: int, code: str) -> bool:
    body = answer.json()
    return bool(
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and body["code"] == code
        and body["status"] == status
    )


# Lists


def test_the_lists_show_their_public_face_and_nothing_else(client: TestClient) -> None:
    answer = client.get("/v1/lists")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "lists": [
            {
                "slug": "village",
                "name": "Village",
                "description": "",
                "norms": "",
                "contact": "",
                "joining": "open",
                "tier_cap": "hide",
                "archived": False,
            }
        ]
    }


# Keys


def test_signing_up_twice_is_signing_up_once(client: TestClient, village: Village) -> None:
    first, second = (client.post("/v1/contributors", headers={"Panah-Key": NEW_KEY}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() == {"joined_on": village.now.date().isoformat()}


@pytest.mark.parametrize("key", ["", "short", "a" * 44, "a" * 42 + "!", "a" * 42 + "="])
def test_what_no_extension_makes_is_no_key(client: TestClient, key: str) -> None:
    assert is_problem(client.post("/v1/contributors", headers={"Panah-Key": key}), 422, "bad-key")


CONTRIBUTOR_ROUTES: list[tuple[str, str, Any]] = [
    ("DELETE", "/v1/me/contributions", None),
    ("GET", "/v1/me/tasks", None),
    ("POST", f"/v1/me/tasks/{uuid4()}", {"vote": "list"}),
    ("GET", "/v1/me/notices", None),
    ("POST", f"/v1/me/notices/{uuid4()}", {"answer": "doubt"}),
    ("POST", "/v1/me/protection", {"subject": "x:1"}),
    ("GET", "/v1/me/protection", None),
    ("DELETE", "/v1/me/protection", {"subject": "x:1"}),
    ("POST", f"{LIST}/participants", {}),
    ("GET", f"{LIST}/me", None),
    ("GET", f"{LIST}/onboarding", None),
    ("POST", f"{LIST}/onboarding", {"answers": {}}),
    ("POST", f"{LIST}/contributions", report()),
    ("DELETE", f"{LIST}/contributions/{uuid4()}", None),
    ("POST", f"{LIST}/invitations", None),
]


@pytest.mark.parametrize("headers", [{}, {"Panah-Key": "x"}, {"Panah-Key": NEW_KEY}])
def test_without_a_known_key_nothing_is_told_or_taken(client: TestClient, headers: dict[str, str]) -> None:
    for method, path, body in CONTRIBUTOR_ROUTES:
        answer = client.request(method, path, json=body, headers=headers)
        assert is_problem(answer, 401, "unknown-contributor"), (method, path)
        assert NEW_KEY not in answer.text


def test_a_key_that_cannot_be_one_is_refused_before_the_body_is_read(client: TestClient) -> None:
    answer = client.post(f"{LIST}/contributions", content=b"{" * 1000, headers={"Content-Type": "application/json"})
    assert is_problem(answer, 401, "unknown-contributor")


def test_a_large_body_is_refused_by_its_length(someone: Someone) -> None:
    answer = someone(0).post(f"{LIST}/contributions", json={"subject": "x" * 70_000})
    assert is_problem(answer, 413, "body-too-large")


def test_every_route_of_a_contributor_is_tested_without_a_key() -> None:
    app = FastAPI()
    app.include_router(routes.make_router(make_limiter(Settings())))
    tested = {(method, path.split("?")[0]) for method, path, _ in CONTRIBUTOR_ROUTES} | {("DELETE", "/v1/me")}
    shapes = set()
    for method, path in tested:
        parts = path.split("/")
        if parts[2] == "lists":
            parts[3] = "{}"
        shapes.add((method, "/".join("{}" if len(part) == 36 else part for part in parts)))
    found = set()
    for path, methods in app.openapi()["paths"].items():
        for method, route in methods.items():
            needs_key = any(one["name"] == "Panah-Key" and one["required"] for one in route.get("parameters", ()))
            if needs_key:
                plain = "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
                found.add((method.upper(), plain))
    assert found == shapes


# Joining and onboarding


def test_whoever_joins_begins_on_probation_and_a_repeat_changes_nothing(
    client: TestClient, village: Village
) -> None:
    headers = {"Panah-Key": NEW_KEY}
    client.post("/v1/contributors", headers=headers)
    today = village.now.date().isoformat()
    assert is_problem(client.get(f"{LIST}/me", headers=headers), 403, "not-joined")
    bodies: tuple[Any, ...] = ({}, None)
    for body in bodies:
        answer = client.post(f"{LIST}/participants", json=body, headers=headers)
        assert answer.status_code == 201
        assert answer.json() == {"joined_on": today, "standing": "probation", "onboarded": False}
    assert client.get(f"{LIST}/me", headers=headers).json()["standing"] == "probation"


def test_a_list_by_invitation_takes_a_code_once(app: FastAPI, village: Village, someone: Someone) -> None:
    with village.turn() as turn:
        lists.change_list(turn, village.blocklist, joining=Joining.INVITED)
    made = someone(0).post(f"{LIST}/invitations")
    assert made.status_code == 201
    assert made.json()["expires_on"] == (village.now.date() + timedelta(days=14)).isoformat()
    new, late = (make_client(app, **{"Panah-Key": char * 43}) for char in "nl")
    for one in (new, late):
        one.post("/v1/contributors")
    assert is_problem(new.post(f"{LIST}/participants", json={}), 403, "invitation-needed")
    code = {"invitation": made.json()["code"]}
    assert new.post(f"{LIST}/participants", json=code).status_code == 201
    assert is_problem(late.post(f"{LIST}/participants", json=code), 403, "invitation-needed")


def test_onboarding_shows_items_in_both_languages_and_no_answers(app: FastAPI) -> None:
    new = make_client(app, **{"Panah-Key": NEW_KEY})
    new.post("/v1/contributors")
    new.post(f"{LIST}/participants")
    answer = new.get(f"{LIST}/onboarding")
    items = answer.json()["items"]
    assert len(items) == 14
    assert all(set(item) == {"id", "text"} and set(item["text"]) == {"en", "ur"} for item in items)
    assert new.get(f"{LIST}/onboarding").json() == answer.json()

    right = {item["id"]: catalogue()[item["id"]].answer.replace("norm", "keep") for item in items}
    one_short = dict(list(right.items())[1:])
    assert is_problem(new.post(f"{LIST}/onboarding", json={"answers": one_short}), 422, "onboarding-incomplete")
    done = new.post(f"{LIST}/onboarding", json={"answers": right})
    assert (done.status_code, done.json()["onboarded"]) == (200, True)
    assert is_problem(new.post(f"{LIST}/onboarding", json={"answers": right}), 409, "onboarding-done")


# Reports


def test_a_report_sent_twice_is_one_report(someone: Someone, village: Village) -> None:
    body = report()
    first, again = (someone(3).post(f"{LIST}/contributions", json=body) for _ in range(2))
    other_id = someone(3).post(f"{LIST}/contributions", json=report())
    expected = {"id": body["id"], "reported_on": village.now.date().isoformat()}
    assert [one.status_code for one in (first, again, other_id)] == [201, 201, 201]
    assert first.json() == again.json() == other_id.json() == expected
    assert len(village.rows(Contribution)) == 1


def test_an_id_of_somebody_elses_report_is_answered_with_another(someone: Someone, village: Village) -> None:
    body = report()
    someone(1).post(f"{LIST}/contributions", json=body)
    answer = someone(2).post(f"{LIST}/contributions", json=body)
    assert answer.status_code == 201
    assert answer.json()["id"] != body["id"]
    assert len(village.rows(Contribution)) == 2


def test_a_report_is_taken_back_by_whoever_made_it_only(someone: Someone, village: Village) -> None:
    body = report()
    someone(1).post(f"{LIST}/contributions", json=body)
    path = f"{LIST}/contributions/{body['id']}"
    assert someone(2).delete(path).status_code == 204
    assert [one.withdrawn for one in village.rows(Contribution)] == [False]
    assert [someone(1).delete(path).status_code for _ in range(2)] == [204, 204]
    assert [one.withdrawn for one in village.rows(Contribution)] == [True]


def test_all_reports_are_taken_back_at_once(someone: Someone) -> None:
    for subject in ("x:1", "x:2"):
        someone(1).post(f"{LIST}/contributions", json=report(subject))
    assert someone(1).delete("/v1/me/contributions").json() == {"deleted": 2}
    assert someone(1).delete("/v1/me/contributions").json() == {"deleted": 0}


def test_whoever_wants_to_be_forgotten_is_forgotten_and_asking_again_is_no_error(
    someone: Someone, village: Village
) -> None:
    someone(1).post(f"{LIST}/contributions", json=report())
    before = len(village.rows(Contributor))
    assert [someone(1).delete("/v1/me").status_code for _ in range(2)] == [204, 204]
    assert village.rows(Contribution) == []
    assert len(village.rows(Contributor)) == before - 1
    assert is_problem(someone(1).get("/v1/me/tasks"), 401, "unknown-contributor")


def test_somebody_suspended_reports_nothing_but_takes_everything_back(someone: Someone, village: Village) -> None:
    someone(1).post(f"{LIST}/contributions", json=report())
    with village.turn() as turn:
        contributors.suspend(turn, village.people[1].id)
    refused = someone(1).post(f"{LIST}/contributions", json=report("x:2"))
    assert is_problem(refused, 403, "contributor-suspended")
    assert someone(1).get(f"{LIST}/me").json()["standing"] == "suspended"
    assert someone(1).get("/v1/me/protection").json() == {"accounts": []}
    assert someone(1).delete("/v1/me/contributions").json() == {"deleted": 1}
    assert someone(1).delete("/v1/me").status_code == 204


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "x:abc"},
        {"subject": "@somebody"},
        {"subject": "mastodon:\ud800@example.org"},
        {"subject": "mastodon:a\0b@example.org"},
        {"category": "annoying"},
        {"evidence_post_id": "12a"},
        {"evidence_post_id": "1٢٣"},
        {"evidence_post_id": None},
        {"evidence_sha256": "abc"},
        {"cited_thread": "-1"},
        {"id": "not-an-id"},
        {"note": "she is my neighbour"},
    ],
)
def test_what_is_no_report_is_refused_without_being_repeated(
    someone: Someone, village: Village, changes: dict[str, Any]
) -> None:
    content = json.dumps(report() | changes)  # httpx itself would refuse half a surrogate pair
    headers = {"Content-Type": "application/json"}
    answer = someone(1).post(f"{LIST}/contributions", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    for value in changes.values():
        assert value is None or str(value).encode("utf-8", "replace").decode() not in answer.text
    assert village.rows(Contribution) == []


@pytest.mark.parametrize("path", ["/v1/lists/nowhere/contributions", "/v1/lists/no%00where/contributions"])
def test_a_list_that_is_not_there_takes_nothing(someone: Someone, path: str) -> None:
    answer = someone(1).post(path, json=report())
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_closed_list_says_so(someone: Someone, village: Village) -> None:
    with village.turn() as turn:
        lists.change_list(turn, village.blocklist, archived=True)
    assert is_problem(someone(1).post(f"{LIST}/contributions", json=report()), 409, "list-archived")


# Juries


def test_a_juror_sees_a_few_posts_and_no_count(someone: Someone, village: Village) -> None:
    for who in range(6):
        village.report(who, post=str(900 + who))
    village.pass_days(5)  # so many on one day are held for a while
    tasks = [task for who in range(30) for task in someone(who).get("/v1/me/tasks").json()["tasks"]]
    assert len(tasks) == 5
    for task in tasks:
        assert set(task) == {"id", "list", "list_name", "norms", "subject", "posts", "due_on"}
        assert (task["list"], task["list_name"], task["subject"]) == ("village", "Village", "x:666")
        assert len(task["posts"]) == 3
        assert task["posts"] == tasks[0]["posts"]


def test_a_vote_counts_once_and_may_be_sent_twice(someone: Someone, village: Village) -> None:
    for who in range(2):
        village.report(who)
    village.pass_days()
    juror = next(who for who in range(30) if someone(who).get("/v1/me/tasks").json()["tasks"])
    (task,) = someone(juror).get("/v1/me/tasks").json()["tasks"]
    path = f"/v1/me/tasks/{task['id']}"
    stranger = next(who for who in range(30) if who != juror)
    assert is_problem(someone(stranger).post(path, json={"vote": "list"}), 404, "task-not-found")
    assert is_problem(someone(juror).post(path, json={"vote": "hide"}), 422, "invalid-request")
    body = {"vote": "keep", "disclosure": True}
    assert [someone(juror).post(path, json=body).status_code for _ in range(2)] == [204, 204]
    assert is_problem(someone(juror).post(path, json={"vote": "list"}), 409, "task-closed")
    assert is_problem(someone(stranger).post(path, json=body), 404, "task-not-found")
    with Session(village.engine) as session:
        given = [one for one in session.exec(select(ReviewTask)) if one.vote is not None]
    assert [(one.vote, one.disclosure) for one in given] == [("keep", True)]


# Owners


def test_protection_gives_a_code_and_goes_again(someone: Someone) -> None:
    mine = {"subject": "x:777"}
    first, again = (someone(4).post("/v1/me/protection", json=mine) for _ in range(2))
    assert first.status_code == 201
    assert first.json() == again.json()
    assert first.json()["status"] == "pending"
    (known,) = someone(4).get("/v1/me/protection").json()["accounts"]
    assert set(known) == {"subject_digest", "code", "status"}
    assert "777" not in known["subject_digest"][:3] + known["code"][:6]
    assert someone(5).request("DELETE", "/v1/me/protection", json=mine).status_code == 204
    assert len(someone(4).get("/v1/me/protection").json()["accounts"]) == 1
    for _ in range(2):
        assert someone(4).request("DELETE", "/v1/me/protection", json=mine).status_code == 204
    assert someone(4).get("/v1/me/protection").json() == {"accounts": []}


# Appeals


def appeal(client: TestClient, subject: str = "x:666", **changes: Any) -> Any:
    body = {"subject": subject, "relation": "own", "ground": "context"} | changes
    return client.post(f"{LIST}/appeals", json=body)


def test_an_appeal_is_answered_alike_whatever_is_known_of_the_account(client: TestClient, village: Village) -> None:
    village.list_it("x:666")
    for who in range(2):
        village.report(who, "x:555")  # under review, which is nobody's business
    village.pass_days()
    for subject in ("x:555", "x:444"):
        answer = appeal(client, subject)
        assert answer.status_code == 202
        assert set(answer.json()) == {"receipt"}
        told = client.post("/v1/appeals/status", json=answer.json())
        assert told.json() == {"status": "waiting", "due_on": None}
    listed = client.post("/v1/appeals/status", json=appeal(client).json()).json()
    assert listed == {"status": "open", "due_on": (village.now.date() + timedelta(days=7)).isoformat()}


def test_an_appeal_for_nothing_is_moot_after_the_time_an_answer_takes(client: TestClient, village: Village) -> None:
    receipt = appeal(client, "x:444").json()
    village.pass_days(7)
    assert client.post("/v1/appeals/status", json=receipt).json() == {"status": "moot", "due_on": None}


def test_an_appeal_that_nobody_answers_takes_the_account_off(client: TestClient, village: Village) -> None:
    village.list_it()
    receipt = appeal(client).json()
    assert village.entries() == {"x:666": ("hide", "published")}
    village.pass_days(8)
    assert client.post("/v1/appeals/status", json=receipt).json() == {"status": "removed", "due_on": None}
    assert village.entries() == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"relation": "neighbour"},
        {"ground": "because"},
        {"statement": "a" * 2001},
        {"statement": "a\0b"},
        {"subject": "https://x.com/somebody"},
    ],
)
def test_what_is_no_appeal_is_refused(client: TestClient, changes: dict[str, Any]) -> None:
    answer = appeal(client, **changes)
    assert answer.status_code == 422
    assert all(str(value) not in answer.text for value in changes.values())


def test_a_receipt_that_nobody_got_is_not_known(client: TestClient) -> None:
    unknown = client.post("/v1/appeals/status", json={"receipt": "0" * 32})
    assert is_problem(unknown, 404, "unknown-receipt")
    assert is_problem(client.post("/v1/appeals/status", json={"receipt": "x"}), 422, "invalid-request")


# Limits, logs, two at once


@pytest.mark.parametrize(
    ("method", "path", "body", "limit"),
    [
        ("POST", "/v1/contributors", None, 20),
        ("POST", f"{LIST}/appeals", {"subject": "x:1", "relation": "own", "ground": "other"}, 20),
        ("POST", "/v1/appeals/status", {"receipt": "0" * 32}, 30),
        ("GET", "/v1/me/tasks", None, 120),
        ("POST", f"{LIST}/contributions", report(), 60),
    ],
)
def test_more_than_the_limit_is_refused_with_a_time_to_wait(
    someone: Someone, method: str, path: str, body: Any, limit: int
) -> None:
    client = someone(0)
    answers = [client.request(method, path, json=body) for _ in range(limit + 1)]
    assert [one.status_code for one in answers[:limit] if one.status_code == 429] == []
    assert is_problem(answers[-1], 429, "too-many-requests")
    assert int(answers[-1].headers["retry-after"]) > 0


def test_nothing_is_logged(someone: Someone, client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    someone(1).post(f"{LIST}/contributions", json=report("x:987654321"))
    appeal(client, "x:987654321", statement="my own words")
    someone(1).post(f"{LIST}/contributions", json=report("nonsense-987654321"))
    for said in ("987654321", "my own words", key_of(1)):
        assert said not in caplog.text.replace("httpx", "")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_requests_at_once_make_one_row(kind: str, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue("client" if kind == "sqlite" else "postgres_client")
    headers, body, together = {"Panah-Key": NEW_KEY}, report(), Barrier(4)

    def both(path: str, sent: Any) -> Callable[[int], Any]:
        def one(_: int) -> Any:
            together.wait()
            return client.post(path, json=sent, headers=headers)

        return one

    with ThreadPoolExecutor(4) as threads:
        for path, sent in (
            ("/v1/contributors", None),
            (f"{LIST}/participants", {}),
            (f"{LIST}/contributions", body),
            ("/v1/me/protection", {"subject": "x:1"}),
        ):
            answers = list(threads.map(both(path, sent), range(4)))
            assert [one.status_code for one in answers] == [201] * 4, path
            assert len({one.text for one in answers}) == 1
    assert client.delete("/v1/me/contributions", headers=headers).json() == {"deleted": 1}
