"""What is written can be read again, and is the same list."""

import json
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panah.blocklists.subjects import check_subject
from panah.blocklists.tables import Category, Entry, Tier
from panah.interchange.exports import FORMATS, About, RepositoryNeeded, fitting, write
from panah.interchange.hash_list import matching, parse_hashes, to_hash
from panah.interchange.parsing import parse
from panah.interchange.rows import MalformedFile, UnknownFormat, Why

LIST = UUID(int=1)
REPOSITORY = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
ABOUT = About("calm", "Calm ⁂ list", "What it is for", 2, "ab" * 16, 7, date(2026, 3, 1), REPOSITORY)
READABLE = [name for name in FORMATS if name != "hash-list"]

letters = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=30)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
servers = st.lists(labels, min_size=2, max_size=4).map(".".join)
x_subjects = st.integers(1, 2**63 - 1).map(lambda number: f"x:{number}")
mastodon_subjects = st.builds(lambda user, server: f"mastodon:{user}@{server}", letters, servers)
bluesky_subjects = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=24, max_size=24).map(lambda s: f"bluesky:did:plc:{s}"),
    servers.map(lambda server: f"bluesky:did:web:{server}"),
)
subjects = st.one_of(x_subjects, mastodon_subjects, bluesky_subjects)


def entry(subject: str, tier: Tier = Tier.HIDE, category: Category = Category.ABUSE) -> Entry:
    return Entry(
        blocklist_id=LIST,
        subject=subject,
        tier=tier,
        category=category,
        status="published",
        listed_on=date(2026, 3, 14),
        review_on=date(2026, 9, 1),
        expires_on=date(2027, 3, 14),
    )


entries = st.lists(
    st.builds(entry, subjects, st.sampled_from(Tier), st.sampled_from(Category)),
    unique_by=lambda one: one.subject,
    max_size=40,
)


few = settings(max_examples=30, deadline=None)


@few
@given(entries)
@pytest.mark.parametrize("form", READABLE)
def test_import_of_an_export_is_the_list(form: str, made: Sequence[Entry]) -> None:
    found = [parse(file, form) for file in write(made, form, ABOUT)]
    assert all(parsed.refused == [] for parsed in found)
    rows = [row for parsed in found for row in parsed.rows]
    kept = fitting(made, form)
    assert [row.subject for row in rows] == [one.subject for one in kept]
    assert not any(row.retracted for row in rows)
    if form == "jsonl":
        assert [row.category for row in rows] == [one.category for one in kept]
        assert len(kept) == len(made)


@few
@given(entries)
@pytest.mark.parametrize("form", READABLE)
def test_the_format_of_an_export_is_found_out(form: str, made: Sequence[Entry]) -> None:
    (file,) = write(made, form, ABOUT)
    if fitting(made, form):
        assert parse(file).format == form


@few
@given(entries)
def test_what_is_read_is_what_a_report_takes(made: Sequence[Entry]) -> None:
    for form in READABLE:
        for file in write(made, form, ABOUT):
            for row in parse(file, form).rows:
                assert check_subject(row.subject) == row.subject


@few
@given(entries)
def test_the_hash_list_holds_the_hash_of_every_entry_and_nothing_of_the_accounts(made: Sequence[Entry]) -> None:
    (file,) = write(made, "hash-list", ABOUT)
    found = parse_hashes(file.decode())
    assert (found.slug, found.epoch, found.salt.hex(), found.version) == ("calm", 2, "ab" * 16, 7)
    everything = {one.subject for one in made}
    assert matching(found, [*everything, "x:999"]) == everything
    assert found.hashes == sorted({to_hash(bytes.fromhex("ab" * 16), one) for one in everything})


def test_a_hash_is_the_beginning_of_sha_256_of_salt_and_account() -> None:
    # 16 NUL bytes and x:12 through sha256sum
    assert to_hash(bytes(16), "x:12") == "c5fdb287c322"


def test_xs_own_format_comes_in_files_of_5000() -> None:
    files = list(write([entry(f"x:{number}") for number in range(1, 10_002)], "x-csv", ABOUT))
    assert [file.count(b"\n") for file in files] == [5000, 5000, 1]


@pytest.mark.parametrize("form", FORMATS)
def test_a_list_without_entries_is_one_file_without_accounts(form: str) -> None:
    (file,) = write([], form, ABOUT)
    assert parse(file, form).rows == []


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_format_cannot_hold_is_left_out(form: str) -> None:
    mixed = [entry("x:1"), entry("mastodon:a@example.org"), entry("bluesky:did:web:example.org")]
    kept = {"x-csv": 1, "x-archive": 1, "blue-blocker": 1, "mastodon-blocks": 1, "mastodon-mutes": 1, "bluesky": 1}
    assert len(fitting(mixed, form)) == kept.get(form, 3)


def test_bluesky_needs_the_account_that_will_hold_the_list() -> None:
    told = About("calm", "Calm", "", 1, "ab" * 16, 1, date(2026, 3, 1), None)
    with pytest.raises(RepositoryNeeded):
        list(write([entry(f"bluesky:{REPOSITORY}")], "bluesky", told))


def test_bluesky_records_keep_within_their_limits_and_tell_no_time() -> None:
    told = About("calm", "ن" * 80, "ن" * 400, 1, "ab" * 16, 1, date(2026, 3, 1), REPOSITORY)
    (file,) = write([entry(f"bluesky:{REPOSITORY}")], "bluesky", told)
    first, item = (json.loads(line) for line in file.decode().splitlines())
    assert len(first["value"]["name"].encode()) == 64
    assert len(first["value"]["description"]) == 300
    assert first["value"]["purpose"] == "app.bsky.graph.defs#modlist"
    assert item["value"]["list"] == first["uri"]
    assert first["value"]["createdAt"] == item["value"]["createdAt"] == "2026-03-01T00:00:00.000Z"
    assert first["uri"] < f"at://{REPOSITORY}/app.bsky.graph.list/zzzzzzzzzzzzz"
    assert len(item["uri"].rpartition("/")[2]) == 13


def test_our_own_lines_tell_the_month_and_no_day() -> None:
    (file,) = write([entry("x:12", Tier.FLAG, Category.THREAT)], "jsonl", ABOUT)
    assert json.loads(file) == {
        "platform": "x",
        "id": "12",
        "tier": "flag",
        "category": "threat",
        "listed_month": "2026-03",
        "expires": "2027-03-31",
    }


def test_no_other_format_is_written() -> None:
    for form in ("blue-blocker-safelist", "mastodon-domains", "auto", ""):
        with pytest.raises(UnknownFormat):
            list(write([], form, ABOUT))


GOOD = [
    "# list: a",
    "# epoch: 1",
    f"# salt: {'ab' * 16}",
    "# version: 3",
    "# count: 2",
    "0123456789ab",
    "0123456789ac",
]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: lines[:-1], 1),  # cut off
        (lambda lines: lines[1:], 1),
        (lambda lines: [*lines[:2], "# salt: abab", *lines[3:]], 1),
        (lambda lines: [*lines[:5], lines[6], lines[5]], 7),
        (lambda lines: [*lines[:6], lines[5]], 7),
        (lambda lines: [*lines[:6], "0123456789AC"], 7),
        (lambda lines: [*lines[:6], "x:12"], 7),
        (lambda lines: [*lines, "# epoch: 2"], 8),
    ],
)
def test_a_hash_list_that_was_changed_or_cut_names_the_line(change, line: int) -> None:  # type: ignore[no-untyped-def]
    assert len(parse_hashes("\n".join(GOOD)).hashes) == 2
    with pytest.raises(MalformedFile) as caught:
        parse_hashes("\n".join(change(GOOD)))
    assert caught.value.line == line


def test_a_hash_list_cannot_be_brought_in() -> None:
    (file,) = write([entry("x:12")], "hash-list", ABOUT)
    parsed = parse(file)
    assert [one.why for one in parsed.refused] == [Why.HASH]
    assert parsed.rows == []
