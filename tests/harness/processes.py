"""Child processes that never outlive the test run, free ports, and waiting for a condition."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(ask: Callable[[], Answer | None], what: str, *, seconds: float = 20) -> Answer:
    """The first answer that is true. Raises TimeoutError, naming `what` was awaited, when none comes."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"Waited {seconds:g} s in vain until {what}.")
        time.sleep(0.05)


def start_process(
    command: Sequence[str | Path],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    owner: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a child that writes all it says to the end of `log`; `owner` is the (uid, gid) to run as.

    It gets its own session, so that Ctrl-C reaches the tests only and these stop it in order. Where the
    tests themselves are killed, Linux sends the child a SIGTERM.
    """
    identity: dict[str, int | list[int]] = {}
    if owner:
        identity = {"user": owner[0], "group": owner[1], "extra_groups": []}
    with log.open("ab") as output:
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=folder,
            start_new_session=True,
            preexec_fn=_die_with_the_parent if sys.platform == "linux" else None,
            **identity,
        )


def stop_process(process: subprocess.Popen[bytes], *, how: int = signal.SIGTERM, patience: float = 10) -> None:
    """Asks the child to end, kills it when it does not, and leaves nothing of it behind."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _die_with_the_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
