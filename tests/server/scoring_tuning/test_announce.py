"""Announcements over a real Redis, and without one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import Popen

import pytest
from pydantic import RedisDsn
from redis.asyncio import Redis

from panah.scoring import announce
from panah.settings import Settings
from tests.harness import servers
from tests.harness.processes import free_port, start_process, stop_process
from tests.server.conftest import run_apart


def settings_with(url: str | None) -> Settings:
    return Settings(redis_url=RedisDsn(url) if url else None)


@asynccontextmanager
async def listening(url: str, wake: asyncio.Event) -> AsyncIterator[asyncio.Task[None]]:
    """As the service listens: with short timeouts, since slowapi's client has them too."""
    redis = Redis.from_url(url, socket_timeout=0.1, socket_connect_timeout=0.1)
    task = asyncio.create_task(announce.listen(redis, wake))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await redis.aclose()


async def woken(wake: asyncio.Event) -> None:
    await asyncio.wait_for(wake.wait(), 10)
    wake.clear()


def test_whoever_listens_is_woken_by_each_announcement_and_learns_nothing_else(redis_url: str) -> None:
    async def run() -> None:
        wake = asyncio.Event()
        async with listening(redis_url, wake):
            await woken(wake)  # once at the beginning, for what was announced before
            for _ in range(2):
                await asyncio.to_thread(announce.tell, settings_with(redis_url))
                await woken(wake)

    run_apart(run())
    assert announce.WORD == b"look"


def test_nobody_is_told_where_there_is_no_redis() -> None:
    announce.tell(settings_with(None))


def test_a_dead_redis_breaks_neither_the_telling_nor_the_listening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(announce, "PAUSE", 0.05)
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    program = servers._find_redis()  # no other part of the harness starts one at an address of one's choice

    def start() -> Popen[bytes]:
        options = f"--port {port} --bind 127.0.0.1 --dir {tmp_path}".split()
        command: list[str | Path] = [program, *options, "--save", ""]
        return start_process(command, tmp_path / "log")

    async def run() -> None:
        wake = asyncio.Event()
        await asyncio.to_thread(announce.tell, settings_with(url))
        async with listening(url, wake) as task:
            for _ in range(2):  # it comes up, goes, and comes up again
                server = start()
                try:
                    await woken(wake)
                    await asyncio.to_thread(announce.tell, settings_with(url))
                    await woken(wake)
                finally:
                    await asyncio.to_thread(stop_process, server)
            assert not task.done()

    run_apart(run())
    assert "a change was not announced" in caplog.text
    assert "not listening for changes" in caplog.text


def test_a_quiet_connection_is_looked_at_and_kept(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce, "QUIET", 0.02)

    async def run() -> None:
        wake = asyncio.Event()
        async with listening(redis_url, wake):
            await woken(wake)
            async with Redis.from_url(redis_url) as redis:
                before = (await redis.info("commandstats")).get("cmdstat_ping", {}).get("calls", 0)
                while (await redis.info("commandstats"))["cmdstat_ping"]["calls"] < before + 3:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert not wake.is_set()  # an answer to a ping is no announcement
            await asyncio.to_thread(announce.tell, settings_with(redis_url))
            await woken(wake)

    run_apart(asyncio.wait_for(run(), 20))
