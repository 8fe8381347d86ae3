"""The extension as this server hands it out: one file for each kind of browser."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from panah import __version__
from panah.errors import AppError

# By kind of browser. Files of another version may lie beside these; they are not offered.
NAMES = {browser: f"panah-{__version__}-{browser}.zip" for browser in ("chrome", "firefox")}


class PackageNotFound(AppError):
    status = 404
    code = "package-not-found"


@dataclass(frozen=True)
class Package:
    """One zip."""

    path: Path
    size: int  # bytes
    sha256: str  # in hexadecimal


@lru_cache(maxsize=8)
def read_digest(path: Path, changed: int) -> str:
    """SHA-256 of the file as it is since `changed`, in nanoseconds."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def find_packages(folder: Path) -> dict[str, Package]:
    """The zips of this version that lie in the folder now, by kind of browser; none where nobody built any."""
    found = {}
    for browser, name in NAMES.items():
        path = folder / name
        if path.is_file():
            stat = path.stat()
            found[browser] = Package(path, stat.st_size, read_digest(path, stat.st_mtime_ns))
    return found


def find_package(folder: Path, name: str) -> Package:
    """The zip of that name. Raises PackageNotFound."""
    for package in find_packages(folder).values():
        if package.path.name == name:
            return package
    raise PackageNotFound(
        "This server has no such file of the extension. /extension says which it has; `make extension` builds them."
    )
