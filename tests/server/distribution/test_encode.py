"""The wire format: everything that is encoded comes back, and nothing else is taken."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panah.blocklists.tables import Tier
from panah.distribution import golomb
from panah.distribution.encode import (
    EMPTY,
    Snapshot,
    apply_delta,
    changes,
    decode_full,
    encode_delta,
    encode_full,
    joined,
    snapshot,
    snapshot_of,
)
from panah.distribution.golomb import Malformed, Numbers
from panah.distribution.hashes import hash48, hash_all

HASH = st.one_of(st.integers(0, (1 << 48) - 1), st.integers(0, 40), st.integers((1 << 48) - 40, (1 << 48) - 1))
PAIRS = st.lists(st.tuples(HASH, st.integers(0, 1)), max_size=60)
SALT = bytes(16)


def numbers(values: list[int]) -> Numbers:
    return np.array(values, np.int64)


def made(pairs: list[tuple[int, int]]) -> Snapshot:
    return snapshot(numbers([found for found, _ in pairs]), np.array([tier for _, tier in pairs], np.uint8))


SNAPSHOTS = PAIRS.map(made)


@given(st.lists(st.integers(0, 5000), max_size=80), st.integers(0, 47))
def test_numbers_come_back_whatever_the_parameter(values: list[int], k: int) -> None:
    coded = golomb.encode(numbers(values), k)
    assert golomb.decode(coded, len(values), k).tolist() == values
    assert len(coded) == (golomb.size_in_bits(numbers(values), k) + 7) // 8


@given(st.lists(st.integers(0, (1 << 48) - 1), min_size=1, max_size=40))
def test_the_best_parameter_is_as_short_as_any(values: list[int]) -> None:
    found = numbers(values)
    best = golomb.size_in_bits(found, golomb.best_k(found))
    # Gaps of hashes are geometric: there the formula is exact. For others it is near.
    assert best <= 1.3 * min(golomb.size_in_bits(found, k) for k in range(48))


@given(st.lists(st.integers(0, 5000), max_size=30), st.integers(0, 20))
def test_the_bits_are_those_of_the_description(values: list[int], k: int) -> None:
    low = [f"{value & ((1 << k) - 1):0{k}b}" if k else "" for value in values]
    bits = "".join("1" * (value >> k) + "0" + tail for value, tail in zip(values, low, strict=True))
    bits += "0" * (-len(bits) % 8)
    assert golomb.encode(numbers(values), k) == bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


@given(SNAPSHOTS)
def test_a_full_file_leads_back_to_the_list(found: Snapshot) -> None:
    again = decode_full(encode_full(found))
    assert again == found
    assert again.sha256() == found.sha256()


@given(SNAPSHOTS, SNAPSHOTS)
def test_a_delta_leads_from_the_old_list_to_the_new(old: Snapshot, new: Snapshot) -> None:
    assert apply_delta(encode_delta(changes(old, new), new), old) == new


@given(st.lists(SNAPSHOTS, min_size=2, max_size=5))
def test_steps_back_can_be_joined(chain: list[Snapshot]) -> None:
    newest = chain[-1]
    steps = [changes(old, new) for old, new in pairwise(chain)]
    back = steps[-1]
    for older, step in zip(chain[-3::-1], steps[-2::-1], strict=True):
        back = joined(step, back)
        assert apply_delta(encode_delta(back, newest), older) == newest
        # The way is the shortest one: nothing goes and comes again.
        assert encode_delta(back, newest) == encode_delta(changes(older, newest), newest)


@given(PAIRS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_the_input_change_no_byte(pairs: list[tuple[int, int]], lot: object) -> None:
    shuffled = pairs + pairs[::2]
    lot.shuffle(shuffled)  # type: ignore[attr-defined]
    assert encode_full(made(shuffled)) == encode_full(made(pairs))


def test_of_two_entries_with_one_hash_the_higher_tier_stays() -> None:
    found = made([(7, 1), (7, 0), (3, 0), (3, 0)])
    assert found.hashes.tolist() == [3, 7]
    assert found.tiers.tolist() == [0, 1]


@pytest.mark.parametrize("tier", [0, 1])
def test_one_tier_alone_costs_nothing_an_entry(tier: int) -> None:
    few, many = (len(encode_full(made([(one << 30, tier) for one in range(size)]))) for size in (10, 1000))
    hashes = [
        len(golomb.encode(golomb.gaps(numbers([one << 30 for one in range(size)])), 29)) for size in (10, 1000)
    ]
    assert many - few <= hashes[1] - hashes[0] + 1


def test_an_empty_list_is_25_bytes() -> None:
    assert len(encode_full(EMPTY)) == 25
    assert decode_full(encode_full(EMPTY)) == EMPTY


def test_a_delta_between_equal_lists_changes_nothing() -> None:
    found = made([(1, 0), (2, 1)])
    assert len(encode_delta(changes(found, found), found)) == 33
    assert apply_delta(encode_delta(changes(found, found), found), found) == found


@given(SNAPSHOTS, st.data())
def test_no_damaged_file_is_taken_for_the_list(found: Snapshot, data: st.DataObject) -> None:
    coded = encode_full(found)
    cut = coded[: data.draw(st.integers(0, len(coded) - 1))]
    with pytest.raises(Malformed):
        decode_full(cut)
    at, bit = data.draw(st.integers(0, len(coded) - 1)), data.draw(st.integers(0, 7))
    turned = coded[:at] + bytes([coded[at] ^ 1 << bit]) + coded[at + 1 :]
    try:
        again = decode_full(turned)
    except Malformed:
        return
    # A parameter (bytes 5 and 6) says nothing where there are no numbers, the common tier nothing in an empty list.
    assert again.sha256() != found.sha256() or at in (5, 6) or not len(found)


@given(st.binary(max_size=200), SNAPSHOTS)
def test_arbitrary_bytes_are_refused_or_read_but_never_break(data: bytes, found: Snapshot) -> None:
    for head in (b"", b"PNH1\x00", b"PNH1\x01"):
        for read in (decode_full, lambda coded: apply_delta(coded, found)):
            try:
                again = read(head + data)
            except Malformed:
                continue
            assert np.all(np.diff(again.hashes) > 0)


def test_hash48_is_the_beginning_of_a_salted_sha256() -> None:
    salt = bytes(range(16))
    whole = hashlib.sha256(salt + "mastodon:بینا@پناہ.pk".encode()).hexdigest()
    assert f"{hash48(salt, 'mastodon:بینا@پناہ.pk'):012x}" == whole[:12]
    subjects = [f"x:{number}" for number in range(300)]
    assert hash_all(salt, subjects).tolist() == [hash48(salt, subject) for subject in subjects]
    assert hash_all(salt, []).tolist() == []


def test_accounts_become_entries_under_the_salt() -> None:
    found = snapshot_of(SALT, [("x:1", Tier.FLAG), ("x:2", Tier.HIDE)])
    said = dict(zip(found.hashes.tolist(), found.tiers.tolist(), strict=True))
    assert said == {hash48(SALT, "x:1"): 0, hash48(SALT, "x:2"): 1}
    assert snapshot_of(bytes(15) + b"1", [("x:1", Tier.FLAG)]).hashes.tolist() != found.hashes.tolist()[:1]


def test_100_000_entries_and_a_day_of_changes_are_as_small_as_promised() -> None:
    lot = np.random.default_rng(4)
    hashes = lot.integers(0, 1 << 48, 100_300)
    tiers = (lot.random(hashes.size) < 0.9).astype(np.uint8)
    old, new = snapshot(hashes[:100_000], tiers[:100_000]), snapshot(hashes[100:], tiers[100:])
    assert len(encode_full(old)) <= 420_000
    assert len(encode_delta(changes(old, new), new)) <= 3_000
