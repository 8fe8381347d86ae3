"""Transparency reports: right, signed, made once, and of nobody in particular."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import Session
from typer.testing import CliRunner

from panah.__main__ import app as command
from panah.blocklists import appeals, contributors, lists, looks
from panah.blocklists.lists import find_list
from panah.blocklists.tables import Look
from panah.curation import cli, transparency
from panah.curation.tables import TransparencyReport
from panah.curation.transparency import (
    FEW,
    STEP,
    body_of,
    coarse,
    due_months,
    floor,
    make_report,
    month_of,
    months_of,
    open_report,
    publish_due_reports,
    read_month,
    withhold,
)
from panah.distribution.keyring import roots_of
from panah.distribution.outlet import Outlet
from panah.distribution.publish import newest_catalogue, publish
from panah.distribution.signing import Refused, fingerprint, open_catalogue
from tests.server.blocklists.conftest import Village
from tests.server.curation.conftest import both_databases
from tests.vectors.make_report import PLACE, as_json, build

VECTORS: dict[str, Any] = json.loads(PLACE.read_text(encoding="utf-8"))


@pytest.fixture
def outlet(tmp_path: Path) -> Outlet:
    return Outlet(tmp_path / "panah.root", "Panah of the village")


# Counts that tell of nobody


@pytest.mark.parametrize(("count", "told"), [(0, FEW), (1, FEW), (4, FEW), (5, 5), (9, 5), (10, 10), (1234, 1230)])
def test_counts_come_in_steps_and_few_are_only_few(count: int, told: int | str) -> None:
    assert coarse(count) == told


def sums(counts: list[int]) -> list[int]:
    """Every sum that the published steps of these counts allow."""
    return [
        sum(found)
        for found in itertools.product(*([floor(one) + extra for extra in range(STEP)] for one in counts))
    ]


def possible(tables: list[list[int]], least: int) -> bool:
    """Whether a reader who sets tables over the same things against each other still cannot narrow a step down."""
    common = set.intersection(*(set(sums(one)) for one in tables))
    common = {one for one in common if one >= least}
    for counts in tables:
        for at, count in enumerate(counts):
            rest = sums(counts[:at] + counts[at + 1 :])
            for value in range(floor(count), floor(count) + STEP):
                if not common & {value + one for one in rest}:
                    return False
    return True


@st.composite
def two_tables(draw: st.DrawFn) -> list[list[int]]:
    """Two ways to divide the same things up."""
    first = draw(st.lists(st.integers(0, 13), min_size=2, max_size=4))
    parts = draw(st.integers(2, 4))
    cuts = sorted(draw(st.lists(st.integers(0, sum(first)), min_size=parts - 1, max_size=parts - 1)))
    return [first, [after - before for before, after in itertools.pairwise([0, *cuts, sum(first)])]]


@settings(max_examples=150, deadline=None)
@given(two_tables())
def test_no_two_tables_that_are_published_together_tell_more_than_their_steps(tables: list[list[int]]) -> None:
    least = STEP if sum(tables[0]) >= STEP else 0
    named = {str(at): {str(cell): count for cell, count in enumerate(one)} for at, one in enumerate(tables)}
    gone = withhold(named, least=least)
    assert "0" not in gone or not possible(tables[:1], least)
    kept = [one for at, one in enumerate(tables) if str(at) not in gone]
    if "1" in gone:
        assert not possible(tables, least)
    else:
        assert possible(kept, least)


def test_a_table_that_would_give_another_away_is_withheld() -> None:
    # Five counts of at most four each that make twenty can only be four each.
    tables = {"one": {"all": 20, "none": 0}, "other": dict.fromkeys("abcde", 4)}
    assert withhold(tables) == {"other"}


# What a month held


@pytest.mark.parametrize(
    ("day", "name", "after"),
    [
        (date(2026, 1, 31), "2026-01", date(2026, 2, 1)),
        (date(2026, 12, 1), "2026-12", date(2027, 1, 1)),
        (date(2028, 2, 29), "2028-02", date(2028, 3, 1)),
    ],
)
def test_a_month_ends_where_the_next_begins(day: date, name: str, after: date) -> None:
    assert (month_of(day).name, month_of(day).after) == (name, after)
    assert read_month(name) == month_of(day)


@pytest.mark.parametrize("name", ["", "2026", "2026-13", "2026-1", "2026-01-01", "../x", "٢٠٢٦-٠١", "2026-W1"])
def test_what_is_no_month_has_no_report(name: str) -> None:
    with pytest.raises(transparency.ReportNotFound):
        read_month(name)


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts as they are, so that a village is enough to see whether they are right."""
    monkeypatch.setattr(transparency, "coarse", lambda count: count)
    monkeypatch.setattr(transparency, "withhold", lambda *_, **__: set())
    monkeypatch.setattr(transparency, "hides", lambda *_: True)


def file(village: Village, subject: str) -> None:
    with village.turn() as turn:
        appeals.file_appeal(turn, village.blocklist, subject=subject, relation="own", ground="context")


def look_with(village: Village, choice: str, reason: str) -> None:
    for member in village.curators:
        with village.turn() as turn:
            for look in looks.looks_of(turn.session, member):
                looks.answer_look(turn, member, look.id, choice, reason)


def list_as(village: Village, subject: str, choice: str, reason: str, category: str = "blame") -> None:
    """The whole way to a decision, in three days."""
    first = next(village.turns)
    for who in (first % 11, 11 + first % 13):
        village.report(who, subject, post=f"{first}{who}", category=category)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    look_with(village, choice, reason)
    village.pass_days()


def go_to(village: Village, day: date) -> None:
    while village.now.date() < day:
        village.pass_days()


@pytest.fixture
def march(village: Village) -> Village:
    """A village in April, after a month of which everything is known."""
    go_to(village, date(2026, 3, 1))
    list_as(village, "x:1", "hide", "repeated")
    list_as(village, "x:2", "hide", "grave", "threat")
    list_as(village, "x:3", "flag", "milder")
    list_as(village, "x:4", "keep", "good-faith")
    file(village, "x:1")
    look_with(village, "hide", "repeated")  # it stays
    file(village, "x:2")
    village.pass_days(5)  # later than the target of three days
    look_with(village, "keep", "once")
    file(village, "x:3")
    village.pass_days(8)  # nobody answers
    file(village, "x:77")  # nothing there to take off
    admin, other = village.curators[0], village.curators[1]
    with village.turn() as turn:
        lists.stop(turn, village.blocklist, "admin")
    with village.turn() as turn:
        lists.resume(turn, village.blocklist)
        rules = lists.rules_of(turn.session, village.blocklist, turn.now).model_copy(update={"look_days": 4})
        row = lists.propose_policy(turn, village.blocklist, author=admin, rules=rules, note="For Sana's holidays")
        lists.approve_policy(turn, village.blocklist, row.id or 0, approver=other)
        lists.unseat(turn, village.blocklist, village.curators[5])
    go_to(village, date(2026, 4, 2))
    # What comes later is not of that month.
    with village.turn() as turn:
        looks.remove_entry(turn, village.blocklist, village.curators[0], "x:1", "own-words")
        lists.unseat(turn, village.blocklist, village.curators[4])
    return village


def report_of(village: Village, month: str = "2026-03") -> dict[str, Any]:
    with village.turn() as turn:
        return make_report(turn, find_list(turn.session, "village"), read_month(month))


@pytest.mark.usefixtures("exact")
def test_a_report_says_what_happened_in_its_month(march: Village) -> None:
    found = report_of(march)
    assert found["cases_opened"] == 4
    assert found["decided"]["outcome"] == {"hide": 2, "flag": 1, "keep": 1}
    assert {key: count for key, count in found["decided"]["reason"].items() if count} == {
        "repeated": 1,
        "grave": 1,
        "milder": 1,
        "good-faith": 1,
    }
    assert found["decided"]["lane"]["clear"] == 4
    assert (found["decided"]["kept_by_juries"], found["decided"]["removed_by_one"]) == (0, 0)
    assert found["overturned"] == 1
    assert found["appeals"] == {
        "filed": 4,
        "answered": {"kept": 1, "removed": 1},
        "time": {"in_time": 1, "late": 1},
        "lapsed": 1,
    }
    assert (found["entries"]["hide"]["all"], found["entries"]["flag"]["all"]) == (1, 0)
    assert {key: one for key, one in found["entries"]["hide"]["category"].items() if one} == {"blame": 1}
    assert {key: one for key, one in found["stops"].items() if one} == {"admin": 1}
    assert found["rules"] == [{"look_days": [3, 4]}]
    assert found["curators"] == "3-5"
    assert found["median_days"] is None  # four are too few
    assert report_of(march, "2026-04")["decided"]["removed_by_one"] == 1


def test_the_same_month_is_told_without_small_numbers(march: Village) -> None:
    found = report_of(march)

    def numbers(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            for one in part.values():
                yield from numbers(one)
        elif part is not None:
            yield part

    told = [
        one
        for name in ("cases_opened", "decided", "overturned", "appeals", "entries")
        for one in numbers(found[name])
    ]
    assert set(told) == {FEW}


@pytest.mark.usefixtures("exact")
def test_days_to_a_decision_are_given_for_five_and_more(march: Village) -> None:
    for at in range(5):
        list_as(march, f"x:{50 + at}", "hide", "repeated")
    assert report_of(march, "2026-04")["median_days"] == 2


def test_nobody_can_be_told_from_a_report(march: Village, outlet: Outlet) -> None:
    with march.turn() as turn:
        publish_due_reports(turn, march.blocklist, outlet)
    known = [str(one) for one in march.curators] + ["x:1", "x:2", "x:77", "Sana"]
    with march.turn() as turn:
        known += [contributors.tag_of(turn.keys, march.blocklist, one.id) for one in march.people]
        bodies = [one.body for one in march.rows(TransparencyReport)]
    known += [str(one.id) for one in march.rows(Look)]
    said = "\n".join(orjson.loads(body)["signed"] for body in bodies)
    assert "2026-03" in said
    assert [one for one in known if one in said] == []


def test_a_report_takes_as_many_queries_for_many_accounts_as_for_few(village: Village) -> None:
    def count() -> int:
        asked = []
        listen: Callable[..., None] = lambda *_: asked.append(1)  # noqa: E731
        event.listen(village.engine, "before_cursor_execute", listen)
        report_of(village, village.now.strftime("%Y-%m"))
        event.remove(village.engine, "before_cursor_execute", listen)
        return len(asked)

    list_as(village, "x:1", "hide", "repeated")
    few = count()
    for at in range(4):
        list_as(village, f"x:{10 + at}", "flag", "milder")
    assert count() == few


# Publishing


def test_months_that_are_over_are_reported_once(village: Village, outlet: Outlet) -> None:
    def due() -> list[str]:
        with village.turn() as turn:
            return publish_due_reports(turn, village.blocklist, outlet)

    assert due() == ["2026-01"]  # it is February
    assert due() == []
    go_to(village, date(2026, 2, 28))
    assert due() == []
    go_to(village, date(2026, 4, 1))
    assert due() == ["2026-02", "2026-03"]
    with Session(village.engine) as session:
        assert months_of(session, village.blocklist) == ["2026-03", "2026-02", "2026-01"]


def test_a_month_ends_on_the_lists_own_clock(village: Village, outlet: Outlet) -> None:
    go_to(village, date(2026, 2, 28))
    village.now += timedelta(days=40)  # a server's clock that was set wrong
    with village.turn() as turn:
        assert publish_due_reports(turn, village.blocklist, outlet) == ["2026-01"]


def test_a_list_that_was_away_for_years_makes_up_for_one(village: Village) -> None:
    with Session(village.engine) as session:
        blocklist = find_list(session, "village")
        blocklist.clock_at += timedelta(days=900)
        found = [month.name for month in due_months(session, blocklist)]
        session.rollback()
    assert len(found) == transparency.MONTHS_BACK
    assert found == sorted(found)


def test_without_a_key_that_can_sign_reports_wait(
    village: Village, outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(transparency, "signer_for", lambda *_: None)
        with village.turn() as turn:
            assert publish_due_reports(turn, village.blocklist, outlet) == []
    with village.turn() as turn:
        assert publish_due_reports(turn, village.blocklist, outlet) == ["2026-01"]


@both_databases
def test_two_servers_at_once_make_one_report(real_village: Village, outlet: Outlet) -> None:
    start = threading.Barrier(2)

    def once() -> list[str]:
        start.wait()
        with real_village.turn() as turn:
            return publish_due_reports(turn, real_village.blocklist, outlet)

    with ThreadPoolExecutor(2) as threads:
        made = [one.result() for one in [threads.submit(once), threads.submit(once)]]
    assert sorted(made) == [[], ["2026-01"]]
    assert len(real_village.rows(TransparencyReport)) == 1


# Checking


def published(village: Village, outlet: Outlet) -> tuple[bytes, str]:
    """(a signed report, the fingerprint of its root)."""
    with village.turn() as turn:
        publish_due_reports(turn, village.blocklist, outlet)
        body = body_of(turn.session, village.blocklist, "2026-01").encode()
        return body, fingerprint(roots_of(turn.session)[-1].public)


def test_whoever_knows_the_root_can_check_a_report(village: Village, outlet: Outlet) -> None:
    body, known_by = published(village, outlet)
    for told in (known_by, known_by.upper().replace(" ", "")):
        found = open_report(body, known_by=told)
        assert (found["month"], found["server"]) == ("2026-01", "Panah of the village")
        assert found["list"]["slug"] == "village"
    with pytest.raises(Refused, match="roots"):
        open_report(body, known_by="0" * 32)


def test_a_report_is_no_catalogue_and_a_catalogue_no_report(village: Village, outlet: Outlet) -> None:
    body, known_by = published(village, outlet)
    with pytest.raises(Refused, match="signature"):
        open_catalogue(body, now=village.now)
    with village.turn() as turn:
        publish(turn, village.blocklist, outlet)
        newest = newest_catalogue(turn.session)
    assert newest
    with pytest.raises(Refused, match="signature"):
        open_report(newest.body, known_by=known_by)


def test_the_vectors_are_up_to_date() -> None:
    assert PLACE.read_text(encoding="utf-8") == as_json(build()), "run `python -m tests.vectors.make_report`"


@pytest.mark.parametrize("known_by", VECTORS["fingerprints"])
def test_a_report_is_taken_under_each_root_that_leads_to_it(known_by: str) -> None:
    assert open_report(orjson.dumps(VECTORS["good"]), known_by=known_by) == VECTORS["says"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_tampering_is_found(case: dict[str, Any]) -> None:
    with pytest.raises(Refused) as found:
        open_report(orjson.dumps(case["body"]), known_by=VECTORS["fingerprints"][0])
    assert found.value.code == case["code"]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_changed_byte_of_what_was_signed_is_taken(data: st.DataObject) -> None:
    signed = VECTORS["good"]["signed"]
    at = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda one: one != signed[at]))
    changed = VECTORS["good"] | {"signed": signed[:at] + other + signed[at + 1 :]}
    with pytest.raises(Refused):
        open_report(orjson.dumps(changed), known_by=VECTORS["fingerprints"][0])


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff", b'{"signed": 1}'])
def test_what_is_no_report_at_all_is_said_so(body: bytes) -> None:
    with pytest.raises(Refused, match="malformed"):
        open_report(body, known_by=VECTORS["fingerprints"][0])


def test_the_command_checks_a_file(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    known_by = VECTORS["fingerprints"][1]
    file.write_text(json.dumps(VECTORS["good"]), encoding="utf-8")
    good = CliRunner().invoke(command, ["lists", "verify-report", str(file), "--fingerprint", known_by])
    assert good.exit_code == 0, good.output
    assert '"month": "2026-11"' in good.stdout
    file.write_text(json.dumps(VECTORS["refused"][0]["body"]), encoding="utf-8")
    bad = CliRunner().invoke(command, ["lists", "verify-report", str(file), "--fingerprint", known_by])
    assert bad.exit_code == 2
    assert "changed after it was signed" in bad.stderr
    assert "month" not in bad.stdout


def test_the_command_writes_a_report_that_the_other_takes(
    village: Village, outlet: Outlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, known_by = published(village, outlet)
    monkeypatch.setattr(cli, "station", _station(village))
    for asked in ([], ["2026-01"]):
        written = CliRunner().invoke(command, ["lists", "report", "village", *asked])
        assert written.exit_code == 0, written.output
        assert open_report(written.stdout.encode(), known_by=known_by) == open_report(body, known_by=known_by)
    missing = CliRunner().invoke(command, ["lists", "report", "village", "2020-01"])
    assert missing.exit_code == 2
    assert "there are: 2026-01" in missing.stderr


def _station(village: Village) -> Callable[[], Any]:
    @contextmanager
    def made() -> Iterator[Any]:
        yield SimpleNamespace(engine=village.engine, keys=village.keys)

    return made
