"""Fixtures that every folder of tests may use. The servers start when the first test asks for one."""

from collections.abc import Iterator

import pytest

from tests.harness.servers import running_postgres, running_redis


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis for the whole run; each test that writes should flush it or use keys of its own."""
    with running_redis() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL for the whole run, as PANAH_DATABASE_URL takes it; see `fresh_database`."""
    with running_postgres() as url:
        yield url
