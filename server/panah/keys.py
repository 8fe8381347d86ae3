"""The one secret that must outlive a restart: what it seals or digests cannot be read from the database."""

import hashlib
import hmac
import os
from base64 import urlsafe_b64encode
from pathlib import Path
from secrets import token_hex

from cryptography.fernet import Fernet, InvalidToken


class Keys:
    """Seals texts and makes keyed digests. Each purpose has a key of its own, derived from the master secret."""

    def __init__(self, master: bytes) -> None:
        if len(master) < 32:
            raise ValueError("the master secret is shorter than 32 bytes")
        self.master = master

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (HMAC-SHA-256 of the purpose, as in HKDF's expand step)."""
        return hmac.digest(self.master, purpose.encode() + b"\x01", hashlib.sha256)

    def digest(self, purpose: str, *parts: str) -> str:
        """A keyed digest of texts, 64 hex digits. Equal parts give equal digests."""
        return keyed_digest(self.derive(purpose), *parts)

    def seal(self, text: str, *, at: int | None = None) -> str:
        """Encrypts a text (Fernet: AES-128-CBC and HMAC-SHA-256). `at` is the second that stands in clear in the
        result, for what must not tell when it came; without it, now.
        """
        fernet = self._fernet()
        return (fernet.encrypt(text.encode()) if at is None else fernet.encrypt_at_time(text.encode(), at)).decode()

    def unseal(self, sealed: str) -> str:
        """The text again. Raises ValueError where it was sealed under another secret, or changed."""
        try:
            return self._fernet().decrypt(sealed.encode()).decode()
        except InvalidToken as cause:
            raise ValueError("this was sealed under another secret, or changed") from cause

    def _fernet(self) -> Fernet:
        return Fernet(urlsafe_b64encode(self.derive("seal")))


def keyed_digest(key: bytes, *parts: str) -> str:
    """HMAC-SHA-256 over parts, each with its length before it, so that no two lists of parts look alike."""
    message = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
    return hmac.digest(key, message, hashlib.sha256).hex()


def load_keys(path: Path, *, needed: bool = False) -> Keys:
    """Reads the master secret, and makes one that only this user can read where there is none yet.

    `needed`: the database holds what it has sealed, so that a new one would lock everybody out. Raises OSError
    where the file cannot be used, and ValueError where it holds no secret or is needed and not there.
    """
    if needed and not path.exists():
        raise ValueError(
            f"{path} is missing, and the database was sealed with it; restore it, or set PANAH_KEYS_FILE"
        )
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass  # the usual case; with O_EXCL two processes that start at once agree on one secret
    return Keys(bytes.fromhex(path.read_text().strip()))
