"""Golomb-Rice coding of many numbers at once: short for numbers that are spread as gaps between hashes are."""

import math

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]  # each in [0, 2^48)

LIMIT_BITS = 48
WORD = 64


class Malformed(ValueError):
    """Bytes that no encoder of this format writes. The text says what is wrong."""


def size_in_bits(numbers: Numbers, k: int) -> int:
    """What `encode` takes for them, without the padding of the last byte."""
    return int((numbers >> k).sum()) + numbers.size * (k + 1)


def best_k(numbers: Numbers) -> int:
    """The parameter in [0, 47] that makes them shortest; the smaller of two that are equally good.

    For geometric gaps the best is log2(mean * ln 2), rounded down or up: both are tried.
    """
    if not numbers.size:
        return 0
    scale = float(numbers.mean()) * math.log(2)
    low = min(int(math.log2(scale)), LIMIT_BITS - 1) if scale >= 1 else 0
    high = min(low + 1, LIMIT_BITS - 1)
    return low if size_in_bits(numbers, low) <= size_in_bits(numbers, high) else high


def encode(numbers: Numbers, k: int) -> bytes:
    """Each number n as (n >> k) ones, a zero and the k low bits; the first bit is the highest of the first byte."""
    if not numbers.size:
        return b""
    ones = numbers >> k
    ends = np.cumsum(ones + (k + 1))
    total = int(ends[-1])
    starts = ends - ones - (k + 1)
    words = np.zeros(total // WORD + 2, np.uint64)
    # Runs of ones, each bit as a number of its own: with the best k there are about as many as numbers.
    run_starts = np.repeat(starts - (np.cumsum(ones) - ones), ones)
    at = run_starts + np.arange(run_starts.size)
    _or_into(words, at >> 6, np.uint64(1) << (63 - (at & 63)).astype(np.uint64))
    if k:
        low = (numbers & ((1 << k) - 1)).astype(np.uint64) << np.uint64(WORD - k)
        at = starts + ones + 1
        shift = (at & 63).astype(np.uint64)
        _or_into(words, at >> 6, low >> shift)
        over = (at & 63) + k > WORD
        _or_into(words, (at[over] >> 6) + 1, low[over] << (np.uint64(WORD) - shift[over]))
    return words.astype(">u8").tobytes()[: (total + 7) // 8]


def _or_into(words: NDArray[np.uint64], places: Numbers, values: NDArray[np.uint64]) -> None:
    """words[place] |= value for all of them. Places ascend; several values may share one."""
    if places.size:
        firsts = np.concatenate(([0], np.flatnonzero(np.diff(places)) + 1))
        words[places[firsts]] |= np.bitwise_or.reduceat(values, firsts)


def decode(data: bytes, count: int, k: int) -> Numbers:
    """The numbers again. Raises Malformed unless `data` holds exactly `count` of them, zero-padded to a byte."""
    if k >= LIMIT_BITS:
        raise Malformed("a parameter is too large")
    bits = np.unpackbits(np.frombuffer(data, np.uint8)).tobytes()
    # Where a number begins depends on all before it. bytes.find looks for the zero at the speed of memchr.
    find, at, zeros = bits.find, 0, []
    for _ in range(count):
        zero = find(b"\0", at)
        if zero < 0:
            raise Malformed("the bits end within a number")
        zeros.append(zero)
        at = zero + 1 + k
    if at > len(bits):
        raise Malformed("the bits end within a number")
    if len(bits) - at >= 8 or b"\1" in bits[at:]:
        raise Malformed("there is something after the last number")
    if not count:
        return np.empty(0, np.int64)
    ends = np.array(zeros, np.int64)
    ones = ends - np.concatenate(([0], ends[:-1] + 1 + k))
    if int(ones.max()) >> (LIMIT_BITS - k):
        raise Malformed("a number has more than 48 bits")
    low = np.zeros(count, np.int64)
    if k:
        words = np.frombuffer(data + bytes(2 * 8 - len(data) % 8), ">u8").astype(np.uint64)
        place, shift = (ends + 1) >> 6, ((ends + 1) & 63).astype(np.uint64)
        # In two steps: a shift by 64 is undefined.
        value = (words[place] << shift) | ((words[place + 1] >> np.uint64(1)) >> (np.uint64(63) - shift))
        low = (value >> np.uint64(WORD - k)).astype(np.int64)
    return (ones << k) | low


def gaps(ascending: Numbers) -> Numbers:
    """The first number, then the distance of each to the one before, less one. Takes distinct ascending numbers."""
    return np.diff(ascending, prepend=-1) - 1


def from_gaps(found: Numbers, below: int) -> Numbers:
    """The ascending numbers again. Raises Malformed when the last is not below the limit (at most 2^48)."""
    # In floats first: the sum of made-up gaps could wrap around.
    if found.size and float(found.astype(np.float64).sum()) + found.size > 2.0**50:
        raise Malformed("a number is beyond its limit")
    ascending = np.cumsum(found + 1) - 1
    if found.size and int(ascending[-1]) >= below:
        raise Malformed("a number is beyond its limit")
    return ascending
