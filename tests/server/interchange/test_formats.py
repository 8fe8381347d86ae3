"""Every format, as its own tool writes it, and as people's files look after a few hands."""

import json
from collections.abc import Callable

import pytest

from panah.blocklists.tables import Category
from panah.interchange import files, mastodon
from panah.interchange.parsing import READERS, parse
from panah.interchange.rows import SAID, AmbiguousFormat, FileTooLarge, MalformedFile, Refused, UnknownFormat, Why

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
LIST = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.graph.list/3jui7kd54zh2y"

BLOCK_JS = """window.YTD.block.part0 = [
  {
    "blocking" : {
      "accountId" : "1234567890123456789",
      "userLink" : "https://twitter.com/intent/user?user_id=1234567890123456789"
    }
  },
  {
    "blocking" : {
      "accountId" : "12",
      "userLink" : "https://twitter.com/intent/user?user_id=12"
    }
  }
]"""


def subjects(content: bytes | str, format: str = "auto") -> list[str]:  # noqa: A002
    parsed = parse(content, format)
    assert parsed.refused == []
    return [row.subject for row in parsed.rows]


def refused(content: bytes | str, format: str = "auto") -> list[Refused]:  # noqa: A002
    return parse(content, format).refused


def listitem(subject: str = DID, of: str = LIST) -> dict[str, str]:
    return {"$type": "app.bsky.graph.listitem", "subject": subject, "list": of, "createdAt": "2026-01-01T00:00:00Z"}


def blocklist(purpose: str = "app.bsky.graph.defs#modlist", uri: str = LIST) -> dict[str, object]:
    record = {"$type": "app.bsky.graph.list", "name": "n", "purpose": purpose, "createdAt": "2026-01-01T00:00:00Z"}
    return {"uri": uri, "value": record}


AS_WRITTEN: dict[str, tuple[str, str, list[str]]] = {
    "X, one number a line": ("x-csv", "12\n1234567890123456789\n", ["x:12", "x:1234567890123456789"]),
    "X, quoted": ("x-csv", '"12"\n"34"\n', ["x:12", "x:34"]),
    "X, with a header of its own": ("x-csv", "account_id\n12\n", ["x:12"]),
    "X, one line without an end": ("x-csv", "12", ["x:12"]),
    "an archive's block.js": ("x-archive", BLOCK_JS, ["x:1234567890123456789", "x:12"]),
    "an archive's mute.js": (
        "x-archive",
        'window.YTD.mute.part1 = [{"muting":{"accountId":"12","userLink":"https://x.com/a"}}];\n',
        ["x:12"],
    ),
    "an archive without blocks": ("x-archive", "window.YTD.block.part0 = [ ]", []),
    "Blue Blocker's queue": (
        "blue-blocker",
        '[{"user_id":"12","user":{"name":"A = B","screen_name":"a"}}]',
        ["x:12"],
    ),
    "Blue Blocker's block list": ("blue-blocker", '[\n  {"user_id": "12", "screen_name": "a"}\n]', ["x:12"]),
    "Mastodon's blocks": (
        "mastodon-blocks",
        "Spam@Example.ORG\na.b@sub.example.org\n",
        ["mastodon:spam@example.org", "mastodon:a.b@sub.example.org"],
    ),
    "Mastodon's blocks as its import takes them": (
        "mastodon-blocks",
        "Account address\n@a@example.org\n",
        ["mastodon:a@example.org"],
    ),
    "Mastodon's mutes": (
        "mastodon-mutes",
        "Account address,Hide notifications\na@example.org,true\n",
        ["mastodon:a@example.org"],
    ),
    "Bluesky's item alone": ("bluesky", json.dumps(listitem()), [f"bluesky:{DID}"]),
    "Bluesky's item over several lines": ("bluesky", json.dumps(listitem(), indent=2), [f"bluesky:{DID}"]),
    "Bluesky's items by line": (
        "bluesky",
        f"{json.dumps(listitem())}\n{json.dumps(listitem('did:web:example.org'))}\n",
        [f"bluesky:{DID}", "bluesky:did:web:example.org"],
    ),
    "Bluesky's records as listRecords gives them": (
        "bluesky",
        json.dumps({"records": [{"uri": "at://x", "cid": "y", "value": listitem()}], "cursor": "z"}),
        [f"bluesky:{DID}"],
    ),
    "Bluesky's labels": (
        "bluesky-labels",
        json.dumps(
            {"cursor": "1", "labels": [{"ver": 1, "src": DID, "uri": DID, "val": "x", "cts": "2026-01-01"}]}
        ),
        [f"bluesky:{DID}"],
    ),
    "our own": (
        "jsonl",
        '{"platform":"x","id":"12","tier":"flag","category":"abuse","listed_month":"2026-01","expires":"2026-07-01"}',
        ["x:12"],
    ),
}


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_a_file_is_read_as_its_tool_writes_it_and_its_format_is_found_out(name: str) -> None:
    form, content, expected = AS_WRITTEN[name]
    assert parse(content).format == form
    assert subjects(content) == subjects(content, form) == expected


@pytest.mark.parametrize(
    "change", [lambda s: "\ufeff" + s, lambda s: s.replace("\n", "\r\n"), lambda s: s + "\n\n"]
)
@pytest.mark.parametrize("name", AS_WRITTEN)
def test_a_byte_order_mark_windows_line_ends_and_empty_lines_change_nothing(
    name: str, change: Callable[[str], str]
) -> None:
    form, content, expected = AS_WRITTEN[name]
    assert parse(change(content).encode()).format == form
    assert subjects(change(content).encode()) == expected


@pytest.mark.parametrize("form", READERS)
def test_every_reader_refuses_every_format_but_its_own_or_names_its_lines(form: str) -> None:
    for name, (own, content, expected) in AS_WRITTEN.items():
        if own == form or not expected:
            continue
        try:
            parsed = parse(content, form)
        except MalformedFile:
            continue
        same_meaning = {own, form} <= {"mastodon-blocks", "mastodon-mutes"} or {own, form} == {"jsonl", "bluesky"}
        assert parsed.refused or same_meaning, f"{name} read as {form}"


def test_numbers_in_json_are_exact_and_never_rounded() -> None:
    assert subjects('[{"user_id": 9007199254740993}, {"user_id": 1234567890123456789}]') == [
        "x:9007199254740993",
        "x:1234567890123456789",
    ]


@pytest.mark.parametrize("number", ["1.0", "1.5", "9.007199254740993e15", "1e3"])
def test_a_number_with_a_fraction_or_exponent_is_refused_even_if_it_is_whole(number: str) -> None:
    assert refused(f'[{{"user_id": 5}},\n{{"user_id": {number}}}]') == [Refused(2, Why.ROUNDED)]


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000, "-5", "0", "true", "null", "[1]", "9223372036854775808"])
def test_what_can_be_no_account_number_is_refused(number: str) -> None:
    assert refused(f'[{{"user_id": {number}}}]') == [Refused(1, Why.NOT_AN_ID)]


@pytest.mark.parametrize("cell", ["0", "007", "-5", "٣٤٥", "12 34", "9223372036854775808", "9" * 500])
def test_a_cell_that_can_be_no_account_number_is_refused_with_its_line(cell: str) -> None:
    assert refused(f"12\n{cell}\n34\n", "x-csv") == [Refused(2, Why.NOT_AN_ID)]


@pytest.mark.parametrize("cell", ["1.23457E+18", "1234567890.0"])
def test_what_a_spreadsheet_rounded_is_refused(cell: str) -> None:
    assert refused(f"12\n{cell}\n") == [Refused(2, Why.ROUNDED)]


@pytest.mark.parametrize("handle", ["@someone", "someone", "https://x.com/someone", "@a-b"])
def test_a_handle_is_refused_with_the_reason(handle: str) -> None:
    assert refused(f"12\n{handle}\n") == [Refused(2, Why.HANDLE)]
    assert "change hands" in SAID[Why.HANDLE]


def test_a_file_of_handles_is_taken_for_numbers_so_that_the_reason_is_told() -> None:
    assert [one.why for one in refused("@one\n@two\n")] == [Why.HANDLE, Why.HANDLE]


def test_a_handle_of_bluesky_is_refused_and_a_did_is_not() -> None:
    assert refused(json.dumps(listitem("someone.bsky.social"))) == [Refused(1, Why.HANDLE)]
    assert refused(json.dumps(listitem("did:key:abc"))) == [Refused(1, Why.NOT_A_DID)]


def test_an_account_that_stands_twice_in_a_file_comes_once_from_its_first_line() -> None:
    parsed = parse("12\n34\n12\n")
    assert [(row.subject, row.line) for row in parsed.rows] == [("x:12", 1), ("x:34", 2)]
    assert parsed.refused == []


def test_lines_that_contradict_each_other_are_refused() -> None:
    content = '{"platform":"x","id":"12"}\n{"platform":"x","id":"12","retracted":true}\n'
    assert refused(content) == [Refused(2, Why.CONTRADICTION)]


def test_items_of_an_array_are_named_by_the_line_they_begin_on() -> None:
    assert refused(BLOCK_JS.replace('"12"', '"@someone"')) == [Refused(8, Why.HANDLE)]


@pytest.mark.parametrize("part", ["following", "follower", "tweets"])
def test_other_parts_of_an_archive_are_refused_as_a_whole(part: str) -> None:
    content = f'window.YTD.{part}.part0 = [{{"{part}":{{"accountId":"12"}}}}]'
    with pytest.raises(MalformedFile, match=r"^Line 1: this part of the archive holds something else"):
        parse(content)


def test_an_archive_is_read_and_never_run() -> None:
    with pytest.raises(MalformedFile, match=r"^Line 2"):
        parse('window.YTD.block.part0 = [{"blocking":{"accountId":"12"}}]\n;fetch("https://example.org")')
    with pytest.raises(MalformedFile, match=r"^Line 1"):
        parse("window.YTD.block.part0 = JSON.parse('[]')")


def test_a_list_of_followed_accounts_from_mastodon_is_not_taken() -> None:
    content = "Account address,Show boosts,Notify on new posts,Languages\na@example.org,true,false,\n"
    with pytest.raises(UnknownFormat):
        parse(content)
    with pytest.raises(MalformedFile, match=r"^Line 1"):
        parse(content, "mastodon-blocks")


@pytest.mark.parametrize("content", ["user_id,screen_name\n12,a\n", "id,name\n12,a\n"])
def test_blue_blockers_csv_is_ambiguous_since_its_safelist_looks_the_same(content: str) -> None:
    with pytest.raises(AmbiguousFormat, match="blue-blocker-csv, blue-blocker-safelist"):
        parse(content)
    (block,) = parse(content, "blue-blocker-csv").rows
    (safe,) = parse(content, "blue-blocker-safelist").rows
    assert (block.subject, block.retracted) == ("x:12", False)
    assert (safe.subject, safe.retracted) == ("x:12", True)


def test_a_header_that_several_tools_write_is_ambiguous() -> None:
    with pytest.raises(AmbiguousFormat, match="x-csv, blue-blocker-csv, blue-blocker-safelist"):
        parse("user_id\n12\n")
    assert subjects("user_id\n12\n", "x-csv") == ["x:12"]


def test_a_safelist_whose_names_are_not_stored_is_read() -> None:
    (row,) = parse("user_id,screen_name\n12,this user's @ is not stored", "blue-blocker-safelist").rows
    assert row.retracted


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("example.org\nbad.example\n", "mastodon-domains"),
        ("#domain\nexample.org\nbad.example\n", "mastodon-domains"),
        (
            "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
            'example.org,suspend,true,true,"long, with comma",false\nbad.example,silence,true,true,,false\n',
            "mastodon-admin",
        ),
        ("domain,severity,public_comment\nexample.org,suspend,x\nbad.example,suspend,x\n", "mastodon-admin"),
    ],
)
def test_whole_servers_are_known_by_their_format_and_every_line_is_refused(content: str, form: str) -> None:
    parsed = parse(content)
    assert parsed.format == form
    assert parsed.rows == []
    assert [one.why for one in parsed.refused] == [Why.DOMAIN, Why.DOMAIN]


def test_addresses_without_a_server_and_servers_among_addresses_are_told_apart() -> None:
    assert refused("a@example.org\nb\nexample.org\nc@d@e\n", "mastodon-blocks") == [
        Refused(2, Why.NO_SERVER),
        Refused(3, Why.DOMAIN),
        Refused(4, Why.NOT_AN_ADDRESS),
    ]


def test_items_of_lists_that_are_no_moderation_lists_are_passed_over() -> None:
    followed = f"{LIST}2"
    content = [
        blocklist(),
        blocklist("app.bsky.graph.defs#curatelist", followed),
        {"uri": "at://a", "value": listitem()},
        {"uri": "at://b", "value": listitem("did:web:friend.example", followed)},
        {"uri": "at://c", "value": {"$type": "app.bsky.feed.post", "text": "hello"}},
    ]
    assert subjects("\n".join(map(json.dumps, content))) == [f"bluesky:{DID}"]


def test_an_item_whose_list_is_not_in_the_file_is_refused_where_other_lists_are() -> None:
    content = [blocklist(), {"uri": "at://a", "value": listitem(of="at://other")}]
    assert refused("\n".join(map(json.dumps, content))) == [Refused(2, Why.OTHER_LIST)]


def test_a_label_that_is_negated_takes_an_account_back_and_labels_on_posts_are_passed_over() -> None:
    label = {"ver": 1, "src": DID, "uri": DID, "val": "x", "neg": True, "cts": "2026-01-01"}
    rows = parse(json.dumps([label, label | {"uri": f"at://{DID}/app.bsky.feed.post/1"}])).rows
    assert [(row.subject, row.retracted) for row in rows] == [(f"bluesky:{DID}", True)]


def test_our_own_lines_carry_a_category_and_take_back() -> None:
    content = (
        '{"platform":"x","id":"1","category":"threat"}\n{"platform":"bluesky","id":"did:web:a.b","retracted":true}'
    )
    rows = parse(content).rows
    assert [(row.category, row.retracted) for row in rows] == [(Category.THREAT, False), (None, True)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", Why.NOT_JSON),
        ('{"platform":"x","id":"1","id":"2"}', Why.NOT_JSON),
        ('{"platform":"x","id":NaN}', Why.NOT_JSON),
        ("[" * 100_000, Why.NOT_JSON),
        ("[]", Why.FIELDS),
        ('{"platform":"x"}', Why.FIELDS),
        ('{"platform":"x","id":"1","text":"…"}', Why.FIELDS),
        ('{"platform":"x","id":"1","retracted":"yes"}', Why.FIELDS),
        ('{"platform":"x","id":"1","tier":"ban"}', Why.FIELDS),
        ('{"platform":"x","id":"1","tier":[]}', Why.FIELDS),
        ('{"platform":"x","id":"1","expires":"2026-02-30"}', Why.FIELDS),
        ('{"platform":"x","id":"1","listed_month":"2026-13"}', Why.FIELDS),
        ('{"platform":"x","id":"1","category":"rude"}', Why.CATEGORY),
        ('{"platform":"x","id":"1","category":{}}', Why.CATEGORY),
        ('{"platform":"myspace","id":"1"}', Why.PLATFORM),
        ('{"platform":[],"id":"1"}', Why.PLATFORM),
        ('{"platform":"x","id":12.0}', Why.ROUNDED),
        ('{"platform":"mastodon","id":"a"}', Why.NO_SERVER),
    ],
)
def test_a_wrong_line_of_our_own_is_named(line: str, why: Why) -> None:
    assert refused(f'{{"platform":"x","id":"5"}}\n\n{line}\n', "jsonl") == [Refused(3, why)]


def test_hashes_are_known_and_refused_because_nobody_can_read_accounts_out_of_them() -> None:
    content = f"# list: a\n# epoch: 1\n# salt: {'ab' * 16}\n# version: 3\n# count: 1\n0123456789ab\n"
    parsed = parse(content)
    assert (parsed.format, parsed.rows) == ("hash-list", [])
    assert [one.why for one in parsed.refused] == [Why.HASH]


@pytest.mark.parametrize("form", [form for form in READERS if form not in ("hash-list", "x-archive")])
def test_an_empty_file_of_a_named_format_holds_nothing(form: str) -> None:
    assert parse("", form).rows == []


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", "[]", "[ ]"])
def test_nothing_has_no_format(content: str) -> None:
    with pytest.raises(UnknownFormat, match="empty"):
        parse(content)


@pytest.mark.parametrize("content", ["<html>", "a,b,c\n1,2,3\n", '{"a":1}', '[{"a":1}]', '"open', "%PDF-1.7"])
def test_an_unknown_format_is_told_with_the_known_ones(content: str) -> None:
    with pytest.raises(UnknownFormat, match="not known"):
        parse(content)


def test_an_unknown_name_of_a_format_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownFormat, match="x-csv"):
        parse("12", "exe")


@pytest.mark.parametrize(
    ("content", "form", "line"),
    [
        (b"12\n34\n\xff\xfe\n", "x-csv", 3),
        (b"12\n3\x004\n", "x-csv", 2),
        ("12\n34\n".encode("utf-16"), "x-csv", 1),
        ("12\n\ud800\n", "x-csv", 2),
        ('12\n"34\n56\n', "x-csv", 2),
        ('12\n"34"x\n', "x-csv", 2),
        ("12\n" + "9" * 200_000, "x-csv", 2),
        ('[{"user_id":"1"},\n{"user_id":"2"}', "blue-blocker", 2),
        ('[{"user_id":"1"},\n]', "blue-blocker", 2),
        ('[{"user_id":"1"}\n{"user_id":"2"}]', "blue-blocker", 2),
        ('[{"user_id":"1"}]\n[]', "blue-blocker", 2),
        ('[{"user_id":"1"},\n{"user_id":"1","user_id":"2"}]', "blue-blocker", 2),
        ('[\n{"user_id":"1","user":' + "[" * 100_000, "blue-blocker", 2),
        ('[\n{"user_id":Infinity}]', "blue-blocker", 2),
        ("window.YTD.block.part0 = \n\n{}", "x-archive", 3),
        ("name\n12\n", "blue-blocker-csv", 1),
        ('{"records":[{"uri":"a","value":{"$type":"app.bsky.x"}}],\n"cursor"}', "bluesky", 1),
        ("# list: a\n0123456789ab\n", "hash-list", 1),
        ("zz", "hash-list", 1),
    ],
)
def test_a_malformed_file_names_its_line(content: bytes | str, form: str, line: int) -> None:
    with pytest.raises(MalformedFile) as caught:
        parse(content, form)
    assert caught.value.line == line
    assert caught.value.detail.startswith(f"Line {line}: ")
    assert caught.value.detail.endswith("Nothing was changed.")


def test_a_file_over_20_megabytes_is_refused_before_it_is_read() -> None:
    line = b"1234567890123456789\n"
    with pytest.raises(FileTooLarge, match="20 MB"):
        parse(line * (files.MAX_BYTES // len(line) + 1), "x-csv")


def test_mastodons_limit_of_rows_counts_without_the_header() -> None:
    lines = [f"a{number}@example.org" for number in range(mastodon.MAX_ROWS)]
    content = "\n".join(["Account address", *lines])
    assert len(parse(content).rows) == mastodon.MAX_ROWS
    with pytest.raises(MalformedFile, match=r"^Line 20002: the file has more than 20,000 rows"):
        parse(f"{content}\none@example.org\n")


@pytest.mark.parametrize("form", ["x-csv", "blue-blocker", "jsonl"])
def test_more_rows_than_one_import_takes_are_refused_with_the_line(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("panah.interchange.files.MAX_ROWS", 3)
    monkeypatch.setattr("panah.interchange.jsonl.MAX_ROWS", 3)
    lines = [f'{{"platform":"x","id":"{one}"}}\n' if form == "jsonl" else f"{one}\n" for one in range(1, 6)]

    def made(count: int) -> str:
        if form == "blue-blocker":
            return json.dumps([{"user_id": str(one)} for one in range(1, count + 1)])
        return "".join(lines[:count])

    assert len(parse(made(3), form).rows) == 3
    with pytest.raises(MalformedFile, match="more than 3 rows"):
        parse(made(5), form)


def test_no_refusal_repeats_what_the_file_says() -> None:
    for content in ("@somebody_private\n", "12\n@somebody_private\n"):
        parsed = parse(content, "x-csv")
        assert "somebody_private" not in repr(parsed.refused)
