"""What an operator can set."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated
from urllib.parse import urlsplit

from limits import parse
from pydantic import AfterValidator, DirectoryPath, Field, RedisDsn, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from panah.resources import bundled


def fresh_secret() -> SecretStr:
    """A key that lives as long as this process: nothing cached under it can be read back after a restart."""
    return SecretStr(token_hex(32))


def known_limit(text: str) -> str:
    """Raises ValueError for a limit that slowapi would ignore without a word."""
    try:
        parse(text)
    except ValueError as cause:
        raise ValueError('write a limit like "120/minute" or "5/second"') from cause
    return text


def known_database(url: str) -> str:
    """Raises ValueError for what is no SQLite or PostgreSQL address; the address itself may hold a password."""
    try:
        kind = make_url(url).drivername
    except ArgumentError:
        kind = ""
    if kind not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError('write "sqlite:///panah.db" or "postgresql+psycopg://user:password@host/database"')
    return url


def known_public_url(url: str) -> str:
    """Raises ValueError for what no link can begin with."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
        raise ValueError('write an address without a path, as "https://panah.example.org"')
    return url.rstrip("/")


PublicUrl = Annotated[str, AfterValidator(known_public_url)]
Limit = Annotated[str, AfterValidator(known_limit)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """Read from PANAH_<NAME>, times in seconds. Defaults run one machine with nothing else installed."""

    model_config = SettingsConfigDict(env_prefix="PANAH_", frozen=True)

    # postgresql+psycopg://... where more than one process serves
    database_url: Annotated[str, AfterValidator(known_database)] = "sqlite:///panah.db"
    redis_url: RedisDsn | None = None  # None: cache and limits live in this process
    redis_timeout: Seconds = 0.1  # what the cache may take of a request: keep it short
    model_dir: DirectoryPath = Field(default_factory=lambda: bundled("artefacts/v2", "model/artefacts/v2"))
    models_dir: DirectoryPath | None = None  # where more of them lie, a folder each; None: beside that one
    cache_secret: Annotated[SecretStr, Field(min_length=32)] = Field(default_factory=fresh_secret)
    cache_entries: Annotated[int, Field(ge=0)] = 100_000  # about 300 bytes each; 0 switches it off
    cache_ttl: Seconds = 24 * 3600
    # The longest that a reply may be expected to wait; more is refused with 503. The extension gives up after 8 s.
    patience: Seconds = 5
    queue_capacity: Annotated[int, Field(ge=64)] = 2048  # replies waiting, in all; beyond it the answer is 503
    model_threads: Annotated[int, Field(ge=0, le=256)] = 0  # threads that judge; 0: one per core
    body_limit: Annotated[int, Field(gt=0)] = 512 * 1024  # bytes
    score_limit: Limit = "240/minute"  # requests per client, each with up to 64 replies
    # Names it answers under; ["*"] for all of them, where a proxy has looked at the name already.
    allowed_hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    # Where panah-<version>-chrome.zip and -firefox.zip lie; without them /extension says how to build them
    extension_dir: Path = Field(default_factory=lambda: bundled("extension", "extension"))
    client_tokens: frozenset[SecretStr] = frozenset()  # each known token has a bucket of its own
    second_approval: bool = False  # new thresholds wait for a second admin
    policy_refresh: Seconds = 5  # between looks at what was chosen; with Redis it is told at once
    keys_file: Path = Path("panah.keys")  # the secret that seals what must not be read from the database
    public_url: PublicUrl | None = None  # under which members and readers reach this server, for links
    server_name: Annotated[str, Field(min_length=1, max_length=60)] = "Panah"  # as people read it
    selectors_file: Path | None = None  # JSON {name: selector} for readers' extensions, should X's pages change
    rounds: Seconds = 60  # between looks at what is due on lists
    forwarded_allow_ips: str = "127.0.0.1"  # proxies whose X-Forwarded-For is believed


def load_settings(model_dir: Path | None = None) -> Settings:
    """Settings from the environment; `model_dir` wins over it. Raises ValidationError."""
    return Settings() if model_dir is None else Settings(model_dir=model_dir)
