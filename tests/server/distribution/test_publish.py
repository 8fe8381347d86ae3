"""Versions, deltas, the pack and the catalogue, as a reader meets them."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from panah.blocklists import lists
from panah.blocklists.tables import Tier
from panah.distribution import publish as publishing
from panah.distribution.encode import apply_delta, decode_full, snapshot_of
from panah.distribution.publish import GrowthRefused, new_epoch, publish, renew
from panah.distribution.signing import Refused
from panah.distribution.tables import Catalogue, CatalogueLock
from panah.operations.switches import STOP_PUBLISHING
from panah.operations.tables import Switch
from tests.server.distribution.conftest import Place, numbered

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def small_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of more than ten entries are too large for the pack."""
    for module in ("publish", "catalogue"):
        monkeypatch.setattr(f"panah.distribution.{module}.PACKED", 10)


def test_a_reader_gets_what_is_published_and_nothing_that_waits(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, "x:1", "x:2")
    place.put(blocklist, "x:3", tier=Tier.FLAG)
    place.put(blocklist, "x:4", status="waiting")
    assert place.publish(blocklist) == 1
    part = place.part("norms")
    found = decode_full(place.file(part["full"]["url"]))
    pairs = [("x:1", Tier.HIDE), ("x:2", Tier.HIDE), ("x:3", Tier.FLAG)]
    assert found == snapshot_of(bytes.fromhex(part["salt"]), pairs)
    assert (part["count"], part["result_sha256"]) == (3, found.sha256())
    assert part["full"]["sha256"] == hashlib.sha256(place.file(part["full"]["url"])).hexdigest()


def test_an_empty_list_is_published_too(place: Place) -> None:
    assert place.publish(place.make("norms")) == 1
    assert place.part("norms")["count"] == 0


def test_nothing_is_hidden_where_a_list_may_only_flag(place: Place) -> None:
    blocklist = place.make("norms", tier_cap=Tier.FLAG)
    place.put(blocklist, "x:1", tier=Tier.HIDE)
    place.publish(blocklist)
    assert decode_full(place.file(place.part("norms")["full"]["url"])).tiers.tolist() == [0]


def test_publishing_the_same_again_makes_neither_version_nor_catalogue(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, "x:1")
    place.publish(blocklist)
    before = place.opened().signed
    assert place.publish(blocklist, after=HOUR) == 1
    assert place.opened().signed == before
    place.remove(blocklist, "x:1")
    assert place.publish(blocklist, after=HOUR) == 2
    assert place.opened().signed["version"] == before["version"] + 1


def test_catalogues_are_chained(place: Place) -> None:
    blocklist = place.make("norms")
    for number in range(1, 4):
        place.put(blocklist, f"x:{number}")
        place.publish(blocklist, after=HOUR)
    with Session(place.engine) as session:
        rows = session.exec(select(Catalogue).order_by(Catalogue.version)).all()  # type: ignore[arg-type]
    assert [row.version for row in rows] == [1, 2, 3]
    assert place.opened().signed["prev_sha256"] == rows[1].signed_sha256


def test_small_lists_lie_in_the_pack_and_have_no_deltas(place: Place) -> None:
    for slug in ("a", "b"):
        place.put(place.make(slug), f"x:{ord(slug)}")
        place.publish(place.find(slug))
    signed = place.opened().signed
    pack = place.file(signed["pack"]["url"])
    assert (hashlib.sha256(pack).hexdigest(), len(pack)) == (signed["pack"]["sha256"], signed["pack"]["size"])
    assert len(signed["pack"]["parts"]) == 2
    for part in signed["pack"]["parts"]:
        (one,) = [one for one in signed["lists"] if one["list_id"] == part["list_id"]]
        body = pack[part["offset"] : part["offset"] + part["size"]]
        assert hashlib.sha256(body).hexdigest() == one["full"]["sha256"]
        assert decode_full(body).sha256() == one["result_sha256"]
        assert (one["packed"], one["deltas"]) == (True, [])


def test_the_pack_keeps_its_name_while_nothing_in_it_changes(place: Place) -> None:
    blocklist = place.make("norms")
    place.publish(blocklist)
    first = place.opened().signed["pack"]
    with place.turn() as turn:
        lists.change_list(turn, blocklist, name="Another name")
        renew(turn, place.outlet)
    assert place.part("norms")["name"] == "Another name"
    assert place.opened().signed["pack"] == first


@pytest.mark.usefixtures("small_pack")
def test_deltas_lead_from_the_last_fourteen_versions(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, *numbered(30))
    states = {}
    for version in range(1, 18):
        place.put(blocklist, f"x:{1000 + version}")
        place.put(blocklist, f"x:{version}", tier=Tier.FLAG)
        place.remove(blocklist, f"x:{1000 + version - 3}", f"x:{31 - version}")
        assert place.publish(blocklist, after=HOUR / 4) == version
        part = place.part("norms")
        states[version] = decode_full(place.file(part["full"]["url"]))
    assert [one["from"] for one in part["deltas"]] == list(range(16, 2, -1))
    for one in part["deltas"]:
        body = place.file(one["url"])
        assert (hashlib.sha256(body).hexdigest(), len(body), one["to"]) == (one["sha256"], one["size"], 17)
        assert apply_delta(body, states[one["from"]]).sha256() == one["result_sha256"] == part["result_sha256"]


@pytest.mark.usefixtures("small_pack")
def test_a_reader_who_was_away_for_a_week_finds_a_delta(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, *numbered(30))
    states = {}
    for number in range(60):  # every six hours, fifteen days long
        place.put(blocklist, f"x:{1000 + number}")
        version = place.publish(blocklist, after=6 * HOUR)
        states[version] = decode_full(place.file(place.part("norms")["full"]["url"]))
    part = place.part("norms")
    starts = [one["from"] for one in part["deltas"]]
    assert starts[:14] == list(range(59, 45, -1))
    assert len(starts) == 14 + 12  # four versions a day: the first fourteen reach back into the fourth day
    (week,) = [one for one in part["deltas"] if 60 - one["from"] in range(28, 32)]
    assert apply_delta(place.file(week["url"]), states[week["from"]]) == states[60]


@pytest.mark.usefixtures("small_pack")
def test_a_new_salt_begins_an_epoch_with_a_full_file_only(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, *numbered(20))
    place.publish(blocklist)
    old = place.part("norms")
    with place.turn() as turn:
        new_epoch(turn, blocklist)
    assert place.publish(blocklist, after=HOUR) == 2
    part = place.part("norms")
    assert (part["epoch"], part["version"], part["deltas"]) == (2, 2, [])
    assert part["salt"] != old["salt"]
    place.put(blocklist, "x:99")
    place.publish(blocklist, after=HOUR)
    assert [one["from"] for one in place.part("norms")["deltas"]] == [2]


def test_a_salt_that_changed_alone_begins_an_epoch_too(place: Place) -> None:
    blocklist = place.make("norms")
    place.publish(blocklist)
    with place.turn() as turn:
        lists.lock(turn, blocklist)[1].salt = "ab" * 16
    place.publish(blocklist)
    assert (place.part("norms")["epoch"], place.part("norms")["salt"]) == (2, "ab" * 16)


def grow(place: Place, count: int) -> None:
    """Publishes after that many additions; a refusal is caught within the turn, as every caller has to."""
    blocklist = place.find("norms")
    start = 1_000_000 + place.lot.randrange(10**9)
    place.put(blocklist, *numbered(count, start=start))
    with place.turn() as turn:
        publish(turn, blocklist, place.outlet)


def test_a_young_list_may_grow_by_fifty_in_a_day(place: Place) -> None:
    place.publish(place.make("norms"))
    place.now += DAY
    grow(place, 50)
    assert place.part("norms")["count"] == 50
    place.now += DAY
    grow(place, 50)
    assert place.part("norms")["count"] == 100


def refused_growth(place: Place, count: int) -> None:
    blocklist = place.find("norms")
    place.put(blocklist, *numbered(count, start=5_000_000))
    with place.turn() as turn, pytest.raises(GrowthRefused):
        publish(turn, blocklist, place.outlet)


def test_growth_beyond_the_limit_is_held_back_while_removals_and_lower_tiers_go_out(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, *numbered(600))
    place.publish(blocklist, max_growth=None)
    place.now += 2 * DAY
    place.remove(blocklist, "x:7")
    place.put(blocklist, "x:8", tier=Tier.FLAG)
    refused_growth(place, 62)  # 599 + 62 is one more than 660
    part = place.part("norms")
    salt = bytes.fromhex(part["salt"])
    expected = [(one, Tier.FLAG if one == "x:8" else Tier.HIDE) for one in numbered(600) if one != "x:7"]
    assert decode_full(place.file(part["full"]["url"])) == snapshot_of(salt, expected)
    assert place.find("norms").stopped == "growth"


def test_growth_in_many_steps_of_a_day_is_refused_too(place: Place) -> None:
    place.publish(place.make("norms"))
    place.now += 2 * DAY
    for _ in range(5):
        place.now += HOUR
        grow(place, 10)
    place.now += HOUR
    refused_growth(place, 1)
    assert place.part("norms")["count"] == 50


def test_removals_and_additions_of_a_day_are_counted_from_the_lowest_point(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, *numbered(600))
    place.publish(blocklist, max_growth=None)
    place.now += 2 * DAY
    place.remove(blocklist, *numbered(100))
    place.publish(blocklist)
    place.now += HOUR
    refused_growth(place, 51)  # readers who came in between know 500, and take 550
    assert place.part("norms")["count"] == 500


def test_while_a_list_is_stopped_its_removals_still_go_out(place: Place) -> None:
    place.publish(place.make("norms"))
    place.now += 2 * DAY
    grow(place, 20)
    refused_growth(place, 80)
    blocklist = place.find("norms")
    place.remove(blocklist, "x:5000003")  # one that was held back
    place.now += 2 * DAY
    place.publish(blocklist)
    assert place.part("norms")["count"] == 20
    listed = place.part("norms")
    place.put(blocklist, "x:1")
    place.publish(blocklist, after=HOUR)
    assert place.part("norms") == listed


def test_after_an_admin_let_it_go_on_the_rest_comes_day_by_day(place: Place) -> None:
    place.publish(place.make("norms"))
    place.now += 2 * DAY
    refused_growth(place, 120)
    counts = []
    with place.turn() as turn:
        lists.resume(turn, place.find("norms"))
    for _ in range(4):
        place.publish(place.find("norms"))
        place.publish(place.find("norms"), after=HOUR)  # no more on the same day
        counts.append(place.part("norms")["count"])
        place.now += DAY
    assert counts == [50, 100, 120, 120]
    assert place.find("norms").stopped is None


def turn_stop_publishing(place: Place, *, on: bool) -> None:
    with place.turn() as turn:
        turn.session.merge(Switch(name=STOP_PUBLISHING, is_on=on, by=uuid4(), since=place.now))


def test_after_publishing_was_stopped_for_all_the_rest_comes_day_by_day(place: Place) -> None:
    blocklist = place.make("norms")
    place.publish(blocklist)
    place.now += 2 * DAY
    turn_stop_publishing(place, on=True)
    for start in (1, 101):
        place.put(blocklist, *numbered(60, start=start))
        assert place.publish(blocklist, after=DAY) == 1
    turn_stop_publishing(place, on=False)
    counts = []
    for _ in range(4):
        place.publish(place.find("norms"))
        counts.append(place.part("norms")["count"])
        place.now += DAY
    assert counts == [50, 100, 120, 120]
    assert place.find("norms").stopped is None
    place.now += 14 * DAY
    refused_growth(place, 60)


def test_growth_is_refused_through_a_change_of_salt_too(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, *numbered(100))
    place.publish(blocklist, max_growth=None)
    place.now += 2 * DAY
    with place.turn() as turn:
        new_epoch(turn, blocklist)
    place.remove(blocklist, "x:5")
    refused_growth(place, 200)
    part = place.part("norms")
    expected = [(one, Tier.HIDE) for one in numbered(100) if one != "x:5"]
    assert part["epoch"] == 2
    assert decode_full(place.file(part["full"]["url"])) == snapshot_of(bytes.fromhex(part["salt"]), expected)


def test_a_catalogue_is_signed_again_before_it_expires(place: Place) -> None:
    place.publish(place.make("norms"))
    first = place.opened().signed
    for _ in range(40):
        place.now += DAY
        with place.turn() as turn:
            renew(turn, place.outlet)
        place.opened()
    assert place.opened().signed["version"] == first["version"] + 40
    assert place.opened().signed["lists"] == first["lists"]


def test_without_anybody_to_sign_it_a_catalogue_expires_after_fourteen_days(place: Place) -> None:
    place.publish(place.make("norms"))
    place.now += 14 * DAY
    place.opened()
    place.now += HOUR
    with pytest.raises(Refused, match="expired"):
        place.opened()


def test_an_archived_list_leaves_the_catalogue_and_can_come_back(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, "x:1")
    place.publish(blocklist)
    with place.turn() as turn:
        lists.change_list(turn, blocklist, archived=True)
    assert place.publish(blocklist) == 0
    assert place.opened().signed["lists"] == []
    for _ in range(23):  # until its file is gone
        place.now += DAY
        with place.turn() as turn:
            renew(turn, place.outlet)
    assert not [name for name in place.files() if name.endswith(".full")]
    with place.turn() as turn:
        lists.change_list(turn, blocklist, archived=False)
        renew(turn, place.outlet)
    assert place.opened().signed["lists"] == []  # nothing is named that is not there
    assert place.publish(blocklist) == 2
    assert (
        decode_full(place.file(place.part("norms")["full"]["url"])).sha256() == place.part("norms")["result_sha256"]
    )


def test_old_files_stay_for_21_days(place: Place) -> None:
    blocklist = place.make("norms")
    place.publish(blocklist)
    first = place.part("norms")["full"]["url"]
    place.put(blocklist, "x:1")
    place.publish(blocklist, after=HOUR)
    for _ in range(20):
        place.now += DAY
        with place.turn() as turn:
            renew(turn, place.outlet)
    assert first in place.files()
    place.now += 2 * DAY
    with place.turn() as turn:
        renew(turn, place.outlet)
    assert first not in place.files()
    assert place.part("norms")["full"]["url"] in place.files()
    assert [version for _, version, _ in place.versions(blocklist)] == [2]
    place.put(blocklist, "x:2")
    assert place.publish(blocklist) == 3


def test_a_list_says_that_nobody_tends_it(place: Place) -> None:
    blocklist = place.make("norms")
    place.publish(blocklist)
    assert place.part("norms")["unattended"]
    with place.turn() as turn:
        lists.seat(turn, blocklist, blocklist.id)  # any member's id
        renew(turn, place.outlet)
    assert not place.part("norms")["unattended"]


def test_nothing_public_tells_when_an_entry_came_or_who_brought_it(place: Place) -> None:
    blocklist = place.make("norms")
    place.put(blocklist, "x:1")
    place.publish(blocklist)
    known = {"list_id", "slug", "name", "description", "norms", "contact", "tier_cap", "epoch", "salt", "version"}
    known |= {"count", "unattended", "full", "result_sha256", "deltas", "packed", "min_client", "max_growth"}
    assert set(place.part("norms")) == known
    assert b"x:1" not in place.file(place.part("norms")["full"]["url"])


def test_two_processes_that_publish_at_once_agree(place: Place) -> None:
    slugs = ("a", "b", "c")
    for slug in slugs:
        place.put(place.make(slug), *numbered(5))

    def work(slug: str) -> int:
        with place.turn() as turn:
            newest = publish(turn, lists.find_list(turn.session, slug), place.outlet)
        assert newest
        return newest.version

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(work, slugs * 2)) == {1}
    with Session(place.engine) as session:
        versions = session.exec(select(Catalogue.version)).all()
    assert sorted(versions) == [1, 2, 3]
    assert [one["slug"] for one in place.opened().signed["lists"]] == list(slugs)


def test_what_fails_later_in_the_turn_publishes_nothing(place: Place) -> None:
    blocklist = place.make("norms")
    place.publish(blocklist)
    place.put(blocklist, "x:1")
    before = place.opened().signed

    def fail() -> None:
        with place.turn() as turn:
            publish(turn, blocklist, place.outlet)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert place.opened().signed == before
    assert place.publish(blocklist) == 2


def test_the_row_of_the_lock_is_made_once(place: Place) -> None:
    def work(_: int) -> None:
        with place.turn() as turn:
            publishing.lock_catalogue(turn.session)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(12)))
    with Session(place.engine) as session:
        row = session.get(CatalogueLock, 1)
    assert row
    assert row.turns == 12
