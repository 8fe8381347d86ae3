"""What stands for an account in a published list: 48 bits of a salted hash."""

import hashlib
from collections.abc import Iterable

import numpy as np

from panah.distribution.golomb import Numbers

SALT_BYTES = 16
HASH_BYTES = 6


def hash48(salt: bytes, subject: str) -> int:
    """The first 48 bits of SHA-256(salt and the subject's UTF-8), as a number in [0, 2^48)."""
    return int.from_bytes(hashlib.sha256(salt + subject.encode()).digest()[:HASH_BYTES])


def hash_all(salt: bytes, subjects: Iterable[str]) -> Numbers:
    """hash48 of each subject, in their order."""
    sha256 = hashlib.sha256
    found = b"".join([sha256(salt + subject.encode()).digest()[:HASH_BYTES] for subject in subjects])
    wide = np.zeros((len(found) // HASH_BYTES, 8), np.uint8)
    wide[:, 8 - HASH_BYTES :] = np.frombuffer(found, np.uint8).reshape(-1, HASH_BYTES)
    return wide.view(">u8").reshape(-1).astype(np.int64)
