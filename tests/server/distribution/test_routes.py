"""What a reader's requests get: the same for everybody, nothing to be known again by, buckets of one length."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from slowapi import Limiter

from panah.blocklists import lists
from panah.blocklists.tables import Category, Tier
from panah.distribution.details import ROW, Details, month, months, rows_in_each
from panah.distribution.hashes import hash48
from panah.distribution.outlet import make_outlet, read_selectors
from panah.distribution.routes import make_router
from panah.errors import install_error_handlers
from panah.limits import install_limiter
from panah.metrics import Metrics
from panah.web import Envelope
from tests.server.distribution.conftest import Place, as_json, numbered


@pytest.fixture
def web(place: Place) -> Iterator[TestClient]:
    """The routes behind the same middleware as in the service, with a limit that tests can reach."""
    app = FastAPI()
    app.state.engine, app.state.keys = place.engine, place.keys
    limiter = Limiter(key_func=lambda: "one", storage_uri="memory://", key_style="endpoint")
    install_error_handlers(app)
    install_limiter(app, limiter)
    app.include_router(make_router(limiter, why_limit="20/minute"))
    app.add_middleware(Envelope, metrics=Metrics(), body_limit=1000, allowed_hosts=frozenset({"testserver"}))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_a_reader_finds_everything_from_the_catalogue(place: Place, web: TestClient) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, *numbered(20))
    place.publish(blocklist)
    answer = web.get("/lists/catalogue.json")
    assert answer.headers["content-type"] == "application/json"
    signed = json.loads(as_json(answer.content)["signed"])
    for url in (signed["pack"]["url"], signed["lists"][0]["full"]["url"]):
        found = web.get(str(answer.url.join(url)))
        assert (found.status_code, found.content) == (200, place.file(url))
        assert found.headers["content-type"] == "application/octet-stream"
        assert found.headers["cache-control"] == "public, max-age=1814400, immutable"
    assert answer.headers["cache-control"] == "public, max-age=600"


def test_nothing_in_an_answer_lets_a_reader_be_known_again(place: Place, web: TestClient) -> None:
    place.publish(place.make("norms"))
    url = place.part("norms")["full"]["url"]
    for path in ("/lists/catalogue.json", f"/lists/{url}", "/v1/lists/norms/why/abc"):
        answer = web.get(path, headers={"If-None-Match": '"abc"', "Cookie": "a=b"})
        assert answer.status_code == 200
        assert not {"etag", "last-modified", "set-cookie", "vary"} & set(answer.headers)
        assert not web.cookies


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/lists/catalogue.json", "no-catalogue"),
        ("/lists/pack-99.bin", "list-file-not-found"),
        ("/lists/../panah.root", "not-found"),
        ("/lists/%2e%2e/panah.root", "not-found"),
        ("/v1/lists/nobody/why/abc", "blocklist-not-found"),
    ],
)
def test_what_is_not_there_is_said_as_a_problem(web: TestClient, path: str, code: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] in {code, "list-file-not-found"}
    assert "99" not in answer.json()["detail"]


@pytest.mark.parametrize("prefix", ["ab", "abcd", "ABC", "xyz", "a%20b"])
def test_a_prefix_is_three_small_hex_digits(place: Place, web: TestClient, prefix: str) -> None:
    place.publish(place.make("norms"))
    answer = web.get(f"/v1/lists/norms/why/{prefix}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_why_answers_with_the_entry_among_others(place: Place, web: TestClient) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, *numbered(40), tier=Tier.FLAG)
    place.publish(blocklist)
    found = f"{hash48(bytes.fromhex(place.part('norms')['salt']), 'x:7'):012x}"
    answer = web.get(f"/v1/lists/norms/why/{found[:3]}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["prefix"] == found[:3]
    (entry,) = [one for one in answer.json()["entries"] if one["rest"] == found[3:]]
    expected = {"tier": "flag", "category": "blame", "listed_month": "2026-11", "review_month": "2027-05"}
    assert entry == {"rest": found[3:], **expected}


def test_why_knows_what_was_published_since(place: Place, web: TestClient) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, "x:7")
    place.publish(blocklist)
    found = f"{hash48(bytes.fromhex(place.part('norms')['salt']), 'x:7'):012x}"
    path = f"/v1/lists/norms/why/{found[:3]}"
    assert found[3:] in web.get(path).text
    place.remove(blocklist, "x:7")
    place.publish(blocklist)
    assert found[3:] not in web.get(path).text


def test_an_archived_list_gives_no_reasons(place: Place, web: TestClient) -> None:
    blocklist = place.make("norms")
    place.publish(blocklist)
    with place.turn() as turn:
        lists.change_list(turn, blocklist, archived=True)
    assert web.get("/v1/lists/norms/why/abc").json()["code"] == "blocklist-not-found"


def test_whoever_asks_why_too_often_has_to_wait(place: Place, web: TestClient) -> None:
    place.publish(place.make("norms"))
    answers = [web.get(f"/v1/lists/norms/why/{number:03x}").status_code for number in range(21)]
    assert answers == [200] * 20 + [429]
    assert web.get("/lists/catalogue.json").status_code == 200


def made_up(count: int) -> Details:
    lot = np.random.default_rng(5)
    rows = np.zeros(count, ROW)
    rows["hash"] = np.sort(lot.choice(1 << 48, count, replace=False))
    rows["tier"], rows["category"] = lot.integers(0, 2, count), lot.integers(0, len(Category), count)
    rows["listed"], rows["review"] = months(date(2026, 11, 2)), months(date(2027, 5, 1))
    return Details(rows, rows_in_each(rows["hash"].astype(np.int64)))


@pytest.mark.parametrize("count", [0, 1, 30_000])
def test_all_buckets_are_equally_long_and_always_the_same(count: int) -> None:
    details = made_up(count)
    buckets = [details.bucket(prefix, b"key") for prefix in range(4096)]
    assert len({len(bucket) for bucket in buckets}) == 1
    assert buckets[::97] == [details.bucket(prefix, b"key") for prefix in range(0, 4096, 97)]
    assert details.bucket(5, b"key") != details.bucket(5, b"another key") or count == 30_000
    said = [as_json(bucket)["entries"] for bucket in buckets]
    assert {len(entries) for entries in said} == {details.each}
    known = {f"{one:012x}" for one in details.rows["hash"].tolist()}
    shown = {f"{prefix:03x}{one['rest']}" for prefix, entries in enumerate(said) for one in entries}
    assert known <= shown
    assert len(shown) == 4096 * details.each


def test_made_up_rows_have_the_form_of_real_ones() -> None:
    details = made_up(3000)
    known = {f"{one:012x}" for one in details.rows["hash"].tolist()}
    kinds: dict[bool, set[tuple[str, ...]]] = {True: set(), False: set()}
    for prefix in range(0, 4096):
        for one in as_json(details.bucket(prefix, b"key"))["entries"]:
            kinds[f"{prefix:03x}{one['rest']}" in known].add((*one, one["tier"], one["category"]))
    assert kinds[True] == kinds[False]


def test_months_are_written_as_they_are() -> None:
    for day in (date(2026, 1, 1), date(2026, 12, 31), date(2027, 5, 1)):
        assert month(months(day)) == day.isoformat()[:7]


def test_selectors_travel_in_the_catalogue(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "selectors.json"
    file.write_text('{"post": "article[data-testid=\\"tweet\\"] > div"}')
    outlet = make_outlet(tmp_path / "panah.keys", "Panah", file)
    assert outlet.root == tmp_path / "panah.root"
    place.outlet = outlet
    place.publish(place.make("norms"))
    assert place.opened().signed["selectors"] == {"post": 'article[data-testid="tweet"] > div'}


def test_without_such_a_file_the_catalogue_names_no_selectors(place: Place) -> None:
    place.publish(place.make("norms"))
    assert "selectors" not in place.opened().signed


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", '"post"', '{"post": 1}', '{"post": ""}', '{"": "a"}', '{"1post": "a"}', '{"a b": "a"}',
        '{"post": "a{color:red}"}', '{"post": "a/*b*/"}', '{"post": "</style>"}', '{"post": "a;b"}',
        '{"post": "@import x"}', '{"post": "a\\nb"}', json.dumps({"post": "a" * 501}),
        json.dumps({f"name{number}": "a" for number in range(101)}),
    ],
)  # fmt: skip
def test_what_could_be_more_than_a_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="selector"):
        read_selectors(text.encode())
