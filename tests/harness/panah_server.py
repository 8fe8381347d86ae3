"""The real service in a process of its own: started, killed and restarted like an operator's."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import httpx

from tests.harness.processes import free_port, start_process, stop_process, wait_until


class PanahServer:
    """`python -m panah serve` on one port of 127.0.0.1 for as long as this object lives.

    Everything that it prints goes to `log`, over all its restarts.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.log = folder / "panah.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # The operator's own settings must not leak into a test.
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PANAH_")}
        self._environment = {**ours, **settings, "PYTHONUNBUFFERED": "1"}
        self._folder = folder
        self._process: Popen[bytes] | None = None

    def migrate(self) -> None:
        """Gives the database its tables. Raises RuntimeError."""
        if self._run("migrate").wait(60) != 0:
            raise RuntimeError(f"panah migrate failed: {self.log.read_text()}")

    def start(self) -> None:
        """Returns once the service says that it is ready to score. Raises RuntimeError if it ends."""
        process = self._process = self._run("serve", "--host", "127.0.0.1", "--port", str(self.port))
        wait_until(lambda: process.poll() is not None or self._is_ready(), "the service is ready", seconds=60)
        if process.poll() is not None:
            raise RuntimeError(f"The service ended at once: {self.log.read_text()}")

    def stop(self) -> int | None:
        """An orderly end, and its exit status; nothing happens where it does not run."""
        status = None
        if self._process:
            stop_process(self._process)
            status = self._process.returncode
            self._process = None
        return status

    def kill(self) -> None:
        """SIGKILL: no goodbye to clients, no clean-up."""
        assert self._process, "the service does not run"
        self._process.kill()
        self._process.wait()
        self._process = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def database_url(self) -> str:
        return self._environment["PANAH_DATABASE_URL"]

    @property
    def keys_file(self) -> Path:
        """Where the service keeps the secret that it made at its first start."""
        return self._folder / "panah.keys"

    def _run(self, *command: str) -> Popen[bytes]:
        program = [sys.executable, "-m", "panah", *command]
        return start_process(program, self.log, environment=self._environment, folder=self._folder)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@contextmanager
def running_panah(folder: Path, **settings: str) -> Iterator[PanahServer]:
    """The service, ready, with `settings` as PANAH_<NAME>; stopped at the end whatever happens."""
    server = PanahServer(folder, {f"PANAH_{name.upper()}": value for name, value in settings.items()})
    try:
        server.migrate()
        server.start()
        yield server
    finally:
        server.stop()
