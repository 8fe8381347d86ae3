"""The routes, by every kind of caller."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from markupsafe import escape
from sqlmodel import Session, SQLModel

from panah.accounts.dependencies import SignedIn
from panah.accounts.permissions import Role, permissions_of
from panah.blocklists import contributors, lists
from panah.db import make_engine
from panah.distribution.outlet import make_outlet
from panah.distribution.publish import publish
from panah.errors import install_error_handlers
from panah.interchange.exports import FORMATS
from panah.interchange.hash_list import matching, parse_hashes
from panah.interchange.routes import make_router
from panah.limits import install_limiter, make_limiter
from panah.metrics import Metrics
from panah.pages import assets
from panah.pages.languages import Language, words
from panah.settings import Settings
from panah.web import Envelope
from tests.server.interchange.conftest import KEYS, Desk, entry

KEY = "k" * 43
CURATOR, ADMIN, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


class Counter:
    """The app with import and export alone, and whoever is signed in at present."""

    def __init__(self, tmp_path: Path) -> None:
        engine = make_engine(f"sqlite:///{tmp_path / 'panah.db'}")
        SQLModel.metadata.create_all(engine)
        self.tmp_path = tmp_path
        self.desk = Desk(engine)
        self.who: SignedIn | None = None
        settings = Settings(database_url=str(engine.url), allowed_hosts=frozenset({"testserver"}))
        self.app = FastAPI()
        self.app.state.settings, self.app.state.engine, self.app.state.keys = settings, engine, KEYS
        install_error_handlers(self.app)
        limiter = make_limiter(settings)
        install_limiter(self.app, limiter)
        assets.mount(self.app)
        self.app.include_router(make_router(limiter, lambda: self.who))
        self.app.add_middleware(
            Envelope, metrics=Metrics(), body_limit=settings.body_limit, allowed_hosts=settings.allowed_hosts
        )
        self.client = TestClient(self.app, raise_server_exceptions=False)
        with self.desk.turn() as turn:
            contributors.join(turn, self.desk.blocklist, contributors.register(turn, KEY))
            lists.seat(turn, self.desk.blocklist, CURATOR)

    def sign_in(self, member: UUID, *roles: Role) -> None:
        known = frozenset(roles)
        self.who = SignedIn(member, "Somebody", known, permissions_of(known), uuid4(), "csrf")

    def list_accounts(self, *subjects: str) -> None:
        with Session(self.desk.engine) as session, session.begin():
            session.add_all([entry(self.desk.blocklist, subject) for subject in subjects])

    def publish(self) -> None:
        with self.desk.turn() as turn:
            publish(turn, self.desk.blocklist, make_outlet(self.tmp_path / "panah.keys", "Panah"))


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.desk.engine.dispose()


def send(counter: Counter, text: str, *, key: str = KEY, preview: bool = False, **more: str):  # type: ignore[no-untyped-def]
    return counter.client.post(
        f"/v1/lists/calm/imports?preview={str(preview).lower()}",
        json={"text": text, **more},
        headers={"Panah-Key": key},
    )


def test_a_preview_changes_nothing_and_an_import_names_its_batch(counter: Counter) -> None:
    shown = send(counter, "1\n2\n3\n4\n", preview=True)
    assert shown.status_code == 200
    assert shown.json() == {
        "format": "x-csv",
        "new": 4,
        "known": 0,
        "retractions": 0,
        "days": 2,
        "sample": ["x:1", "x:2", "x:3", "x:4"],
        "refused": [],
        "refused_count": 0,
        "batch": None,
    }
    assert counter.desk.waiting() == []
    done = send(counter, "1\n2\n3\n4\n")
    assert done.status_code == 201
    assert counter.desk.waiting() == ["x:1", "x:2", "x:3", "x:4"]
    gone = counter.client.delete(f"/v1/lists/calm/imports/{done.json()['batch']}", headers={"Panah-Key": KEY})
    assert gone.status_code == 204
    assert counter.desk.waiting() == []


def test_without_saying_so_nothing_is_brought_in(counter: Counter) -> None:
    sent = counter.client.post("/v1/lists/calm/imports", json={"text": "1\n"}, headers={"Panah-Key": KEY})
    assert (sent.status_code, sent.json()["batch"]) == (200, None)
    assert counter.desk.waiting() == []


def test_refused_lines_are_shown_by_the_preview_and_stop_the_import(counter: Counter) -> None:
    shown = send(counter, "1\n@someone\n", preview=True).json()
    assert shown["refused_count"] == 1
    assert shown["refused"][0]["line"] == 2
    assert shown["refused"][0]["why"] == "handle"
    assert "change hands" in shown["refused"][0]["text"]
    refused = send(counter, "1\n@someone\n")
    assert (refused.status_code, refused.json()["code"]) == (422, "import-refused")
    assert refused.json()["detail"].startswith("Line 2: ")
    assert counter.desk.waiting() == []


def test_a_preview_of_many_refused_lines_shows_the_first_hundred(counter: Counter) -> None:
    shown = send(counter, "example.org\n" * 150, preview=True).json()
    assert (len(shown["refused"]), shown["refused_count"]) == (100, 150)


@pytest.mark.parametrize(
    ("text", "form", "code"),
    [
        ("", "auto", "import-format-unknown"),
        ("user_id\n12\n", "auto", "import-format-ambiguous"),
        ("12", "exe", "import-format-unknown"),
        ('"12\n', "x-csv", "import-malformed"),
        ("12\n\0", "x-csv", "import-malformed"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem_with_a_code(
    counter: Counter, text: str, form: str, code: str
) -> None:
    sent = send(counter, text, format=form)
    assert (sent.status_code, sent.json()["code"]) == (422, code)


def test_a_preview_names_the_line_from_which_a_file_cannot_be_read(counter: Counter) -> None:
    shown = send(counter, '12\n"34\n', format="x-csv", preview=True)
    assert shown.status_code == 200
    assert shown.json()["refused"] == [
        {"line": 2, "why": "malformed", "text": "its quotes do not match, or it is far too long"}
    ]
    assert (shown.json()["new"], shown.json()["refused_count"]) == (0, 1)


def test_half_of_a_surrogate_pair_is_a_problem_and_no_fault(counter: Counter) -> None:
    body = b'{"text": "12\\n\\ud800\\n", "format": "x-csv"}'
    headers = {"Panah-Key": KEY, "Content-Type": "application/json"}
    sent = counter.client.post("/v1/lists/calm/imports?preview=false", content=body, headers=headers)
    assert sent.status_code == 422


def test_who_is_not_known_or_has_not_joined_brings_nothing_in(counter: Counter) -> None:
    assert send(counter, "1\n", key="x" * 43).status_code == 401
    assert send(counter, "1\n", key="").status_code == 401
    assert counter.client.delete(f"/v1/lists/calm/imports/{uuid4()}").status_code == 401
    with counter.desk.turn() as turn:
        contributors.register(turn, "s" * 43)
    assert send(counter, "1\n", key="s" * 43, preview=True).status_code == 200
    assert send(counter, "1\n", key="s" * 43).json()["code"] == "not-joined"


def test_an_unknown_list_is_not_found_by_any_route(counter: Counter) -> None:
    headers = {"Panah-Key": KEY}
    asked = [
        counter.client.post("/v1/lists/none/imports", json={"text": "1\n"}, headers=headers),
        counter.client.delete(f"/v1/lists/none/imports/{uuid4()}", headers=headers),
        counter.client.get("/v1/lists/none/export"),
        counter.client.get("/lists/none/export"),
    ]
    assert [one.json()["code"] for one in asked] == ["blocklist-not-found"] * 4


def test_taking_an_unknown_batch_back_changes_nothing(counter: Counter) -> None:
    send(counter, "1\n")
    gone = counter.client.delete(f"/v1/lists/calm/imports/{uuid4()}", headers={"Panah-Key": KEY})
    assert gone.status_code == 204
    assert counter.desk.waiting() == ["x:1"]


def test_a_file_over_the_servers_limit_is_told_to_come_in_parts(counter: Counter) -> None:
    sent = send(counter, "1234567890\n" * 60_000)
    assert (sent.status_code, sent.json()["code"]) == (413, "body-too-large")
    assert "a file in parts" in sent.json()["detail"]


def test_the_hash_list_is_for_everybody_and_holds_the_published_version(counter: Counter) -> None:
    assert counter.client.get("/v1/lists/calm/export").json()["code"] == "list-not-published"
    counter.list_accounts("x:1", "x:2", "mastodon:a@example.org")
    counter.publish()
    counter.list_accounts("x:3")  # published as an entry, and in no version that readers can fetch
    given = counter.client.get("/v1/lists/calm/export?format=hash-list")
    assert given.status_code == 200
    assert given.headers["content-disposition"] == 'attachment; filename="calm.txt"'
    found = parse_hashes(given.text)
    assert len(found.hashes) == 3
    assert matching(found, ["x:1", "x:2", "x:3", "mastodon:a@example.org"]) == {
        "x:1",
        "x:2",
        "mastodon:a@example.org",
    }
    assert "example.org" not in given.text


CLEAR = [form for form in FORMATS if form != "hash-list"]


@pytest.mark.parametrize("form", CLEAR)
def test_formats_that_name_accounts_are_for_curators_of_the_list_only(counter: Counter, form: str) -> None:
    counter.list_accounts("x:1")
    address = f"/v1/lists/calm/export?format={form}&repository=did:plc:ewvi7nxzyoun6zhxrhs64oiz"
    assert counter.client.get(address).status_code == 401
    counter.sign_in(OTHER)
    assert counter.client.get(address).status_code == 403
    counter.sign_in(OTHER, Role.CURATOR)  # of another list
    assert counter.client.get(address).status_code == 403
    counter.sign_in(CURATOR)  # has a seat still, and not the role any more
    assert counter.client.get(address).status_code == 403
    counter.sign_in(ADMIN, Role.ADMIN)
    assert counter.client.get(address).status_code == 403
    counter.sign_in(CURATOR, Role.CURATOR)
    given = counter.client.get(address)
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"


def test_a_curators_export_says_its_parts_and_what_is_left_out(counter: Counter) -> None:
    counter.list_accounts(*(f"x:{number}" for number in range(1, 5002)), "mastodon:a@example.org")
    with Session(counter.desk.engine) as session, session.begin():
        session.add(entry(counter.desk.blocklist, "x:9999", "waiting"))
    counter.sign_in(CURATOR, Role.CURATOR)
    first = counter.client.get("/v1/lists/calm/export?format=x-csv")
    assert first.headers["panah-parts"] == "2"
    assert first.headers["panah-left-out"] == "1"
    assert first.headers["content-disposition"] == 'attachment; filename="calm-1.csv"'
    second = counter.client.get("/v1/lists/calm/export?format=x-csv&part=2")
    ids = (first.text + second.text).split()
    assert sorted(map(int, ids)) == list(range(1, 5002))
    assert counter.client.get("/v1/lists/calm/export?format=x-csv&part=3").json()["code"] == "part-not-found"


def test_an_unknown_format_and_a_missing_repository_are_problems(counter: Counter) -> None:
    counter.sign_in(CURATOR, Role.CURATOR)
    assert counter.client.get("/v1/lists/calm/export?format=exe").json()["code"] == "import-format-unknown"
    assert counter.client.get("/v1/lists/calm/export?format=bluesky").json()["code"] == "repository-needed"


@pytest.mark.parametrize("language", ["en", "ur"])
def test_the_page_names_every_format_with_a_link_in_both_languages(counter: Counter, language: Language) -> None:
    shown = counter.client.get(f"/lists/calm/export?lang={language}")
    assert shown.status_code == 200
    assert f'lang="{language}"' in shown.text
    assert "<script" not in shown.text
    assert "built-in" not in shown.text  # a text by the name of a method of dict
    for said in words(language)["export"].values():
        assert escape(said.replace("{list}", "Calm")) in shown.text
    for form in FORMATS:
        assert f'href="/v1/lists/calm/export?format={form}"' in shown.text
