"""Operations, history and keys as admins and auditors see them."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from sqlmodel import Session, select

from panah.accounts.audit import record_account_event
from panah.accounts.permissions import Role
from panah.accounts.tables import AccountEvent, MemberSession
from panah.blocklists import lists
from panah.blocklists.turn import begin
from panah.distribution import keyring
from panah.distribution.outlet import Outlet, make_outlet
from panah.distribution.publish import newest_catalogue, publish
from panah.distribution.signing import fingerprint, open_catalogue
from panah.operations import jobs
from panah.pages.languages import LANGUAGES
from tests.server.conftest import StubModel
from tests.server.consoles.conftest import MakeMember, add_member

EVIL = "<script>alert(1)</script>\"'><img src=x>"


def make_list(app: FastAPI, slug: str, **parts: str) -> None:
    with begin(app.state.engine, app.state.keys) as turn:
        lists.create_list(turn, slug=slug, name=slug.title(), **parts)  # type: ignore[arg-type]


def outlet_of(app: FastAPI) -> Outlet:
    return make_outlet(app.state.settings.keys_file, "Panah")


def bring_out(app: FastAPI) -> None:
    make_list(app, "village")
    with begin(app.state.engine, app.state.keys) as turn:
        publish(turn, lists.find_list(turn.session, "village"), outlet_of(app))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_how_all_parts_are(app: FastAPI, member: MakeMember, language: str) -> None:
    make_list(app, "village")
    with begin(app.state.engine, app.state.keys) as turn:
        lists.stop(turn, lists.find_list(turn.session, "village"), "growth", role="panah")
    jobs.run(app.state.engine, app.state.keys, "lists", lambda: 3)
    page = member(Role.ADMIN).get(f"/admin?lang={language}").text
    assert app.state.figures.process in page
    assert "/curate/lists/village" in page
    assert 'hx-trigger="every 15s"' in page
    for version in (app.version, "0003", app.state.serving.running.policy.name):
        assert f">{version}</code>" in page
    word = {"en": "It grew too much in a day", "ur": "ایک دن میں بہت زیادہ بڑھ گئی"}[language]
    assert word in page


def test_the_live_part_is_the_page_without_its_frame(app: FastAPI, member: MakeMember) -> None:
    part = member(Role.AUDITOR).get("/admin/live", **{"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "Work in the background" in part.text


def test_a_paused_page_asks_for_nothing(app: FastAPI, member: MakeMember) -> None:
    assert "hx-get" not in member(Role.ADMIN).get("/admin?pause=yes").text


def test_a_model_that_fails_is_told(app: FastAPI, member: MakeMember, model: StubModel) -> None:
    model.fault = RuntimeError("the model's own words")
    page = member(Role.ADMIN).get("/admin").text
    assert "down: ScoringFailed" in page
    assert "own words" not in page


def test_an_auditor_reads_and_turns_nothing(app: FastAPI, member: MakeMember) -> None:
    auditor = member(Role.AUDITOR)
    assert "/admin/switches/" not in auditor.get("/admin").text
    assert "/admin/keys/online" not in auditor.get("/admin/keys").text
    for path in ("/admin/switches/read-only/on", "/admin/switches/read-only/off", "/admin/keys/online"):
        assert auditor.send(path, note="x", sure="yes").status_code == 403


def test_what_people_wrote_is_shown_as_words(app: FastAPI, member: MakeMember) -> None:
    admin = member(Role.ADMIN, name=EVIL)
    with begin(app.state.engine, app.state.keys) as turn:
        lists.create_list(turn, slug="village", name=EVIL[:80])
    admin.send("/admin/switches/stop-publishing/on", note=EVIL, sure="yes")
    for path in ("/admin", "/admin/live", "/admin/audit", "/admin/members"):
        page = admin.get(path).text
        assert "&lt;script&gt;alert(1)" in page, path
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path


def test_a_refused_switch_says_so_on_the_page(app: FastAPI, member: MakeMember) -> None:
    answer = member(Role.ADMIN).send("/admin/switches/read-only/on", note="a leak")
    assert answer.status_code == 422
    assert "tick that you are sure" in answer.text


# History


def events(app: FastAPI, count: int, kind: str = "role_given") -> None:
    made = add_member(app, name="Karan")
    with begin(app.state.engine, app.state.keys) as turn:
        for at in range(count):
            record_account_event(turn, kind, "admin", {"member": str(made), "role": "curator", "count": at})


def numbers(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'<td class="number">(\d+)</td>', page)]


def test_the_history_reads_back_page_by_page_and_by_kind(app: FastAPI, member: MakeMember) -> None:
    events(app, 60)
    events(app, 1, "password_changed")
    admin = member(Role.ADMIN)
    first = admin.get("/admin/audit").text
    assert numbers(first) == list(range(61, 11, -1))
    assert "Karan" in first
    assert "Role given" in first
    older = re.search(r'href="(/admin/audit\?kind=&amp;before=12)"', first)
    assert older
    assert numbers(admin.get(older[1].replace("&amp;", "&")).text) == list(range(11, 0, -1))
    assert numbers(admin.get("/admin/audit?kind=password_changed").text) == [61]
    for odd in ("before=x", "before=-1", "before=99999999999999999999", "kind=%00", "kind=no-such"):
        assert admin.get(f"/admin/audit?{odd}").status_code == 200


def test_the_history_s_check_finds_what_was_changed(app: FastAPI, member: MakeMember) -> None:
    events(app, 3)
    auditor = member(Role.AUDITOR)
    assert "The history is whole: 3 lines" in auditor.get("/admin/audit?check=yes").text
    with begin(app.state.engine, app.state.keys) as turn:
        row = turn.session.get(AccountEvent, 2)
        assert row is not None
        row.body = {"member": "somebody else"}
    assert "does not hold from line 2 on" in auditor.get("/admin/audit?check=yes").text
    assert "does not hold" not in auditor.get("/admin/audit").text


def test_an_erased_event_is_told_as_such(app: FastAPI, member: MakeMember) -> None:
    events(app, 1)
    with begin(app.state.engine, app.state.keys) as turn:
        row = turn.session.get(AccountEvent, 1)
        assert row is not None
        row.body = row.salt = None
    assert "erased" in member(Role.ADMIN).get("/admin/audit").text


def test_a_page_that_asks_by_itself_does_not_count_as_somebody_and_loads_anew_when_they_are_signed_out(
    app: FastAPI, member: MakeMember
) -> None:
    admin = member(Role.ADMIN)
    page = admin.get("/admin").text
    (part,) = re.findall(r'<div id="live"[^>]*>', page)
    assert "Panah-By-Itself" in part
    assert "data-while-seen" in part
    for hours in (7, 7):
        with begin(app.state.engine, app.state.keys) as turn:
            turn.session.exec(select(MemberSession)).one().seen_at -= timedelta(hours=hours)
        answer = admin.get("/admin/live", **{"HX-Request": "true", "Panah-By-Itself": "yes"})
    assert (answer.status_code, answer.headers["hx-refresh"], answer.text) == (401, "true", "")


@pytest.mark.parametrize("path", ["/admin", "/admin/live", "/admin/audit", "/admin/members", "/admin/keys"])
def test_each_page_asks_the_database_as_often_whatever_it_holds(
    app: FastAPI, member: MakeMember, path: str
) -> None:
    admin = member(Role.ADMIN)
    asked: list[str] = []

    def count(*given: object) -> None:
        asked.append(str(given[2]))

    def times() -> int:
        asked.clear()
        assert admin.get(path).status_code == 200
        return len(asked)

    event.listen(app.state.engine, "before_cursor_execute", count)
    events(app, 1)
    times()
    few = times()
    events(app, 40)
    for at in range(30):
        add_member(app, Role.CURATOR, name=f"M{at}")
        make_list(app, f"list-{at}")
    many = times()
    event.remove(app.state.engine, "before_cursor_execute", count)
    assert many <= few


# Keys


def test_the_page_about_keys_shows_what_readers_compare(app: FastAPI, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    assert "There are no signing keys yet" in admin.get("/admin/keys").text
    bring_out(app)
    with Session(app.state.engine) as session:
        root = keyring.roots_of(session)[-1].public
    page = admin.get("/admin/keys").text
    assert fingerprint(root) in page
    assert "on this machine" in page
    assert "panah keys export-root" in page
    assert app.state.keys.master.hex() not in page


def test_another_online_key_is_made_and_readers_follow(app: FastAPI, member: MakeMember) -> None:
    bring_out(app)
    admin = member(Role.ADMIN)

    def catalogue() -> tuple[int, str, str]:
        with begin(app.state.engine, app.state.keys) as turn:
            found = newest_catalogue(turn.session)
            assert found is not None
            opened = open_catalogue(found.body, now=turn.now, pinned=None, newest=0)
            made = keyring.usable(turn.session, turn.keys, turn.now)
            assert made is not None
            return found.version, opened.root, made.key.public

    version, root, online = catalogue()
    assert admin.send("/admin/keys/online").status_code == 303
    after = catalogue()
    assert (after[0], after[1]) == (version + 1, root)
    assert after[2] != online
    with Session(app.state.engine) as session:
        assert [one.kind for one in session.exec(select(AccountEvent))] == ["online_key_made"]


def test_without_the_root_no_key_is_made_and_the_page_says_what_to_do(app: FastAPI, member: MakeMember) -> None:
    bring_out(app)
    outlet_of(app).root.unlink()
    admin = member(Role.ADMIN)
    answer = admin.send("/admin/keys/online")
    assert answer.status_code == 409
    assert "The root key is needed for this" in answer.text
    assert "panah keys sign-online" in answer.text
    with Session(app.state.engine) as session:
        assert session.exec(select(AccountEvent)).all() == []


def test_a_key_that_ends_soon_is_told(app: FastAPI, member: MakeMember, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_out(app)
    outlet_of(app).root.unlink()
    admin = member(Role.ADMIN)
    with begin(app.state.engine, app.state.keys) as turn:
        now = turn.now
    monkeypatch.setattr("panah.consoles.operations.wall_clock", lambda: now + timedelta(days=70))
    assert "Sign a new one soon" in admin.get("/admin/keys").text
    monkeypatch.setattr("panah.consoles.operations.wall_clock", lambda: now + timedelta(days=91))
    assert "No key can sign the catalogue" in admin.get("/admin/keys").text


def test_a_sealing_key_that_others_can_read_or_that_is_another_is_told(app: FastAPI, member: MakeMember) -> None:
    admin, file = member(Role.ADMIN), app.state.settings.keys_file
    assert "what this process works with" in admin.get("/admin/keys").text
    file.chmod(0o644)
    assert "by others on this machine too" in admin.get("/admin/keys").text
    file.write_text("00" * 32)
    assert "another secret than this process works with" in admin.get("/admin/keys").text
    file.unlink()
    assert "is missing" in admin.get("/admin/keys").text
    assert not file.exists()
