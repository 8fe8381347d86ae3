"""The servers that are compared, each a real process of its own: started, stopped, paused, and what they take."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmarks.streams import Pair, for_infinity, for_panah, for_peers
from tests.harness.processes import free_port, start_process, stop_process

HERE = Path(__file__).parent
PEERS = HERE.parent / ".venv-peers"  # the Makefile builds it
WEIGHTS = PEERS / "weights"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """A process, and those that it started, on a port of 127.0.0.1. `body` makes what it is asked with."""

    name: str
    command: Sequence[str]
    path: str
    body: Callable[[Sequence[Pair]], dict[str, Any]]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    place: Path | None = None  # where it starts; None: in `folder`, which has its log too
    port: int = field(default_factory=free_port)

    def start(self) -> None:
        command = [part.replace("PORT", str(self.port)) for part in self.command]
        # The service sets it for itself, and this process with it; the peers have their own ways.
        inherited = {name: value for name, value in os.environ.items() if name != "TOKENIZERS_PARALLELISM"}
        path = f"{HERE.parent}:{os.environ.get('PYTHONPATH', '')}"
        environment = inherited | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **self.environment}
        self.process = start_process(command, self.log, environment=environment, folder=self.place or self.folder)

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def wait(self, pairs: Sequence[Pair], *, seconds: float = 120) -> None:
        """Returns with the first verdict. Raises RuntimeError with the end of its log where none comes."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.path}",
            orjson.dumps(self.body(pairs)),
            {"content-type": "application/json"},
        )
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            try:
                with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        log = self.log.read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"{self.name} gave no verdict: {log[-600:]}")

    def stop(self) -> None:
        self.proceed()
        stop_process(self.process)
        with contextlib.suppress(ProcessLookupError):  # LitServe leaves its workers behind
            os.killpg(self.process.pid, signal.SIGKILL)

    def pause(self) -> None:
        """Takes it off the cores while another one is measured."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def proceed(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGCONT)

    def family(self) -> list[int]:
        """The process and all that descend from it."""
        found = [self.process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        return found

    def memory(self) -> dict[str, float]:
        """Megabytes: `rss` as it is usually told, and `pss`, where shared pages are counted once."""
        found = {"rss": 0.0, "pss": 0.0}
        for pid in self.family():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, size = line.partition(":")
                if name.lower() in found:
                    found[name.lower()] += int(size.split()[0]) / 1024
        return {name: round(size, 1) for name, size in found.items()}

    def worked(self) -> float:
        """Seconds of CPU since it started."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.family()]
        return sum(int(one[11]) + int(one[12]) for one in stats) / TICK


def panah(folder: Path, *, name: str = "panah", cores: Sequence[int] = (), **settings: str) -> Server:
    """The service as an operator starts it, with `settings` as PANAH_<NAME>; held to `cores` if there are any."""
    ours = {"PANAH_SCORE_LIMIT": "1000000/second", "PANAH_CACHE_ENTRIES": "0"}
    ours |= {f"PANAH_{key.upper()}": value for key, value in settings.items()}
    held = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
    command = [*held, sys.executable, "-m", "panah", "serve", "--port", "PORT"]
    place = folder / name
    place.mkdir(exist_ok=True)
    return Server(name, command, "/v1/score", for_panah, place, ours)


def peers(folder: Path) -> list[Server]:
    """What prepare_peers() made ready, slowest first."""
    python = str(PEERS / "bin" / "python")
    quiet = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "HF_HOME": str(folder / "hf")}

    def small(name: str, module: str) -> Server:
        command = [python, "-m", f"benchmarks.peers.{module}", str(WEIGHTS), "PORT"]
        return Server(name, command, "/score", for_peers, folder, quiet)

    # It finds its graph where it stands only: its folder is the model's.
    infinity = [str(PEERS / "bin" / "infinity_emb"), "v2", "--model-id", ".", "--served-model-name", "panah"]
    infinity += ["--engine", "optimum", "--device", "cpu", "--host", "127.0.0.1", "--port", "PORT"]
    # Its warm-up is longer than 512 tokens, which the int8 graph refuses; ours comes before the clock runs.
    infinity += ["--log-level", "warning", "--no-model-warmup"]
    return [
        small("FastAPI + transformers", "naive"),
        small("padded torch batch", "torch_batch"),
        small("LitServe + onnxruntime", "litserve_app"),
        small("FastAPI + onnxruntime", "ort_dynamic"),
        Server("Infinity", infinity, "/classify", for_infinity, folder, quiet, place=WEIGHTS),
    ]


def prepare_peers(model_dir: Path) -> None:
    """Writes the peers' weights where they are not of this model. Raises RuntimeError where that cannot be."""
    python = PEERS / "bin" / "python"
    if not (PEERS / ".done").exists():
        raise RuntimeError("they are not installed (make .venv-peers/.done)")
    command = [
        str(python),
        "-W",
        "ignore",
        "-m",
        "benchmarks.peers.weights",
        str(model_dir.resolve()),
        str(WEIGHTS),
    ]
    # The service is not installed there: what weights.py checks itself against comes from the source.
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "server")}
    done = subprocess.run(command, cwd=HERE.parent, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"their weights cannot be made: {done.stderr[-600:]}")
    print(done.stdout, end="")


def start_all(servers: Sequence[Server], pairs: Sequence[Pair]) -> list[Server]:
    """Those that gave a verdict, paused. Says which did not, and why: a peer's fault is no reason to stop."""
    for server in servers:
        server.start()
    running = []
    for server in servers:
        try:
            server.wait(pairs)
        except RuntimeError as error:
            print(f"left out: {error}", flush=True)
            server.stop()
            continue
        running.append(server)
    for server in running:
        server.pause()
    return running
