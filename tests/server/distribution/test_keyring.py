"""Keys from their making to their end: renewal, rotation, a root that lies elsewhere, servers beside each other."""

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session, select

from panah.distribution import cli, keyring
from panah.distribution.keyring import KeyRefused, RootMissing
from panah.distribution.publish import renew
from panah.distribution.routes import NoCatalogue
from panah.distribution.signing import Refused, fingerprint, public_of
from panah.distribution.tables import SigningKey
from panah.keys import Keys
from tests.server.distribution.conftest import Place

DAY = timedelta(days=1)


@pytest.fixture
def published(place: Place) -> Place:
    """With one list and the first keys."""
    place.publish(place.make("norms"))
    return place


def step(place: Place, days: float = 1) -> None:
    place.now += days * DAY
    with place.turn() as turn:
        renew(turn, place.outlet)


def online(place: Place) -> SigningKey:
    with Session(place.engine) as session:
        rows = session.exec(select(SigningKey).where(SigningKey.role == "online")).all()
    return max(rows, key=lambda row: row.number)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch, published: Place) -> Place:
    """The commands look at the clock of the wall: it shows the test's time."""

    class Fixed(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Fixed":
            return published.now  # type: ignore[return-value]

    monkeypatch.setattr(cli, "datetime", Fixed)
    monkeypatch.setattr("panah.blocklists.turn.wall_clock", lambda: published.now)
    return published


def test_the_first_publication_makes_a_root_that_only_this_user_can_read(published: Place) -> None:
    assert stat.S_IMODE(published.outlet.root.stat().st_mode) == 0o600
    assert published.opened().root == public_of(keyring.read_root(published.outlet.root))


def test_private_halves_are_not_in_the_database(published: Place) -> None:
    root = keyring.read_root(published.outlet.root)
    with Session(published.engine) as session:
        rows = session.exec(select(SigningKey)).all()
        signer = keyring.usable(session, published.keys, published.now)
    assert signer
    for private in (root, signer.private):
        for text in (private.private_bytes_raw().hex(), published.outlet.root.read_text().strip()):
            assert not [row for row in rows if text in row.model_dump_json()]


def test_the_online_key_is_renewed_after_sixty_days(published: Place) -> None:
    first = online(published).public
    step(published, 59)
    assert online(published).public == first
    step(published, 2)
    assert online(published).public != first
    for _ in range(10):
        step(published, 40)
        published.opened()


def test_without_its_root_a_server_warns_and_signs_until_the_online_key_ends(
    published: Place, caplog: pytest.LogCaptureFixture
) -> None:
    published.outlet.root.unlink()
    step(published, 59)
    assert not caplog.records
    step(published, 10)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    step(published, 20)
    signed = published.opened().signed
    assert signed["expires"] < signed["created"][:8] + "99"  # cut at the key's end, not fourteen days
    step(published, 2)
    assert caplog.records[-1].levelno == logging.ERROR
    with pytest.raises(Refused, match="expired"):
        published.opened()


def test_a_server_without_keys_still_keeps_versions_for_later(published: Place) -> None:
    root = published.outlet.root.read_bytes()
    published.outlet.root.unlink()
    blocklist = published.find("norms")
    published.put(blocklist, "x:1")
    assert published.publish(blocklist, after=100 * DAY) == 2
    published.outlet.root.write_bytes(root)
    step(published)
    assert published.part("norms")["version"] == 2


def test_readers_follow_a_rotation_of_the_root_and_no_stranger(today: Place) -> None:
    first = today.opened().root
    cli.rotate_root(today.engine, today.keys, today.outlet)
    cli.rotate_root(today.engine, today.keys, today.outlet)
    third = today.opened(pinned=first).root
    assert third == public_of(keyring.read_root(today.outlet.root)) != first
    assert not keyring.successor(today.outlet.root).exists()
    with pytest.raises(Refused, match="roots"):
        today.opened(pinned=public_of(Ed25519PrivateKey.generate()))


def test_a_rotation_cut_short_before_its_end_leaves_a_working_server(published: Place) -> None:
    with published.turn() as turn:
        keyring.rotate_root(turn, published.outlet.root)  # committed, but the file was never moved
    step(published, 61)
    assert published.opened().root == public_of(keyring.read_root(keyring.successor(published.outlet.root)))
    with Session(published.engine) as session:
        keyring.settle_root(session, published.outlet.root)
    step(published, 61)
    published.opened()


def test_a_rotation_that_was_never_committed_changes_nothing(published: Place) -> None:
    first = published.opened().root

    def fail() -> None:
        with published.turn() as turn:
            keyring.rotate_root(turn, published.outlet.root)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    step(published, 61)
    assert published.opened().root == first
    with published.turn() as turn:
        keyring.rotate_root(turn, published.outlet.root)


def test_the_root_can_be_moved_away_and_brought_back_for_a_signature(today: Place, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    lines = cli.export_root(today.engine, today.outlet, stick)
    assert str(stick) in lines[0]
    assert not today.outlet.root.exists()
    assert stat.S_IMODE(stick.stat().st_mode) == 0o600
    with pytest.raises(RootMissing):
        cli.export_root(today.engine, today.outlet, tmp_path / "again")
    with pytest.raises(RootMissing):
        cli.rotate_root(today.engine, today.keys, today.outlet)
    today.now += 89 * DAY
    first = online(today).public
    assert any("warning" in line for line in cli.show(today.engine, today.keys, today.outlet))
    lines = cli.sign_online(today.engine, today.keys, today.outlet, stick)
    assert online(today).public != first
    assert not any("warning" in line for line in lines)
    today.now += 10 * DAY
    step(today)
    today.opened()


def test_exporting_the_root_never_overwrites_a_file(today: Place, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.write_text("something else")
    with pytest.raises(FileExistsError):
        cli.export_root(today.engine, today.outlet, stick)
    assert today.outlet.root.exists()


def test_a_root_that_never_touches_the_server_signs_a_request(today: Place, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    cli.export_root(today.engine, today.outlet, stick)
    (request,) = cli.request_online(today.engine, today.keys)
    (answer,) = cli.answer_request(stick, request)
    first = online(today).public
    cli.accept_online(today.engine, today.keys, today.outlet, answer)
    assert online(today).public == orjson.loads(request)["public"] != first
    today.opened()
    with pytest.raises(KeyRefused):
        cli.accept_online(today.engine, today.keys, today.outlet, answer)  # again


def test_answers_and_requests_that_are_not_ours_are_refused(today: Place, tmp_path: Path) -> None:
    stranger = Ed25519PrivateKey.generate()
    keyring.write_root(tmp_path / "stranger", stranger)
    (request,) = cli.request_online(today.engine, today.keys)
    (answer,) = cli.answer_request(tmp_path / "stranger", request)
    for text in (answer, request, "{}", "no JSON", '["list"]'):
        with pytest.raises(KeyRefused):
            cli.accept_online(today.engine, today.keys, today.outlet, text)
    asked = orjson.loads(request)
    for text in ("{}", "[]", "", orjson.dumps(asked | {"not_after": "2030-01-01T00:00:00Z"}).decode()):
        with pytest.raises(KeyRefused):
            cli.answer_request(today.outlet.root, text)
    with pytest.raises(RootMissing):
        cli.sign_online(today.engine, today.keys, today.outlet, tmp_path / "stranger")


def test_a_second_replica_signs_with_the_same_keys_and_makes_no_root(published: Place, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other" / "panah.root"
    replica = replace(published, outlet=replace(published.outlet, root=elsewhere))
    step(replica, 2)
    assert replica.opened(pinned=published.opened().root).signed["version"] == 2
    assert not elsewhere.exists()


def test_servers_that_start_at_once_make_one_root(place: Place, tmp_path: Path) -> None:
    def work(number: int) -> None:
        outlet = replace(place.outlet, root=tmp_path / f"{number}.root")
        with place.turn() as turn:
            renew(turn, outlet)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert len(list(tmp_path.glob("*.root"))) == 1
    with Session(place.engine) as session:
        assert len(keyring.roots_of(session)) == 1


def test_a_root_file_of_another_server_is_not_used(published: Place) -> None:
    published.outlet.root.unlink()
    keyring.write_root(published.outlet.root, Ed25519PrivateKey.generate())
    with Session(published.engine) as session:
        assert keyring.find_root(session, published.outlet.root) is None
    step(published, 61)
    published.opened()


def test_a_broken_root_file_is_no_root(published: Place, caplog: pytest.LogCaptureFixture) -> None:
    published.outlet.root.write_text("not a key\n")
    step(published)
    assert "cannot be used" in caplog.text
    assert "not a key" not in caplog.text


def test_after_a_loss_of_the_master_secret_the_root_makes_a_new_online_key(published: Place) -> None:
    changed = replace(published, keys=Keys(b"another master secret, 32 bytes."))
    step(changed)
    assert changed.opened(pinned=published.opened().root).signed["version"] == 2
    assert online(changed).number == 2


def test_the_commands_say_what_there_is(today: Place) -> None:
    lines = cli.show(today.engine, today.keys, today.outlet)
    root = today.opened().root
    assert lines[0] == f"root key 1: {root}"
    assert lines[1].endswith(f": {fingerprint(root)}")
    assert lines[2].endswith(f"yes, {today.outlet.root}")
    assert "until 2027-02-20" in lines[3]
    assert lines[4] == "catalogue: until 2026-12-06 12:00 UTC"


def test_a_fingerprint_is_the_one_that_readers_extensions_show() -> None:
    known = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # the first example of RFC 8032
    assert fingerprint(known) == "21fe 31df a154 a261 626b f854 046f d227"


def test_before_anything_was_published_there_is_nothing_to_show_or_export(place: Place, tmp_path: Path) -> None:
    assert cli.show(place.engine, place.keys, place.outlet) == [
        "There are no keys yet: they are made when the first list is published."
    ]
    with pytest.raises(NoCatalogue):
        cli.export_static(place.engine, tmp_path / "static")
    with pytest.raises(RootMissing):
        cli.export_root(place.engine, place.outlet, tmp_path / "stick")


def test_a_static_export_holds_every_file_of_the_catalogue(published: Place, tmp_path: Path) -> None:
    folder = tmp_path / "static"
    cli.export_static(published.engine, folder)
    signed = orjson.loads(orjson.loads((folder / "catalogue.json").read_bytes())["signed"])
    for name in (signed["pack"]["url"], signed["lists"][0]["full"]["url"]):
        assert (folder / name).read_bytes() == published.file(name)
    assert cli.export_static(published.engine, folder)[0].startswith("0 new files")
    blocklist = published.find("norms")
    published.put(blocklist, "x:1")
    published.publish(blocklist)
    assert cli.export_static(published.engine, folder)[0].startswith("2 new files")
    assert not list(folder.rglob("*.part"))
