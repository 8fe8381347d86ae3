"""The load: prepared requests over keep-alive connections, in a process of its own that costs little.

`python -m benchmarks.load` reads a Job as JSON from stdin and writes a Result as JSON to stdout. It imports nothing
of the service and builds no objects from answers, since it shares the machine with what it measures; what it
takes of a core is in the result.
"""

import asyncio
import itertools
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import uvloop

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
PATIENCE = 60.0  # seconds after which an answer no longer counts as one
FAILED = 0  # the status of a request whose connection broke, or that was given up


@dataclass(frozen=True)
class Job:
    """One measurement. Closed loop with `clients`, each of whom asks again when answered; open loop with `rate`."""

    port: int
    path: str
    bodies: str  # a file with one JSON body a line; begun again at its end
    seconds: float
    clients: int = 0
    rate: float = 0.0  # requests a second, by Poisson
    warm: float = 0.5  # seconds of the same load before the measurement begins
    first: int = 0  # the line to begin with
    once: bool = False  # closed loop: ends with the file and not after `seconds`
    token: str = ""


@dataclass
class Result:
    """`answers`: (begun, ended, status), in seconds from the start of the measurement, which lasted `seconds`."""

    seconds: float
    core: float  # share of a core that the load itself took
    answers: list[tuple[float, float, int]] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """HTTP/1.1, one request at a time."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.buffer = bytearray()
        self.whole = 0  # bytes of the answer that is coming; 0 before its head is here
        self.is_open = False
        self.transport: asyncio.Transport
        self.answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """The status, once the whole answer has come."""
        self.answer = self.loop.create_future()
        self.transport.write(request)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.whole:
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            length = LENGTH.search(self.buffer, 0, head)
            if length is None:
                raise ValueError("an answer without Content-Length")
            self.whole = head + 4 + int(length[1])
        if len(self.buffer) >= self.whole:
            status = int(self.buffer[9:12])
            self.buffer.clear()
            self.whole = 0
            self.settle(status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self.settle(FAILED)

    def settle(self, status: int) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(status)


def requests(job: Job) -> list[bytes]:
    """Whole requests, head and body, in the order of the file from `first` on."""
    found = []
    token = f"authorization: Bearer {job.token}\r\n" if job.token else ""
    for body in Path(job.bodies).read_bytes().splitlines():
        head = (
            f"POST {job.path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: */*\r\ncontent-type: application/json\r\n"
            f"{token}content-length: {len(body)}\r\n\r\n"
        )
        found.append(head.encode() + body)
    first = job.first % len(found)
    return found[first:] + found[:first]


def arrivals(rate: float, seconds: float, *, seed: int) -> list[float]:
    """Poisson: when requests are due, in seconds from the start, in order, before `seconds`."""
    lot = random.Random(seed)
    due = itertools.accumulate(lot.expovariate(rate) for _ in itertools.count())
    return list(itertools.takewhile(lambda moment: moment < seconds, due))


async def connect(job: Job) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", job.port)
    return connection


async def status_of(connection: Connection, request: bytes) -> int:
    try:
        return await asyncio.wait_for(connection.ask(request), PATIENCE)
    except TimeoutError:
        connection.transport.abort()
        return FAILED


async def closed(job: Job, load: list[bytes]) -> Result:
    """Each client asks, waits and asks again. What is under way at the end is waited for."""
    waiting: Iterator[bytes] = iter(load) if job.once else itertools.cycle(load)
    found: list[tuple[float, float, int]] = []
    start = time.perf_counter() + job.warm
    end = start + job.seconds

    async def client() -> None:
        connection = await connect(job)
        for request in waiting:
            if not connection.is_open:
                connection = await connect(job)
            begun = time.perf_counter()
            if begun >= end and not job.once:
                break
            status = await status_of(connection, request)
            found.append((begun - start, time.perf_counter() - start, status))
        connection.transport.close()

    clients = [asyncio.create_task(client()) for _ in range(job.clients)]
    await asyncio.sleep(job.warm)
    worked = time.process_time()
    if not job.once:
        await asyncio.sleep(end - time.perf_counter())
    else:
        await asyncio.wait(clients)
    lasted = time.perf_counter() - start
    worked = time.process_time() - worked
    await asyncio.gather(*clients)
    return Result(lasted if job.once else job.seconds, worked / lasted, found)


async def opened(job: Job, load: list[bytes]) -> Result:
    """Requests leave when they are due, whatever became of those before; time counts from when they were due."""
    idle = [await connect(job) for _ in range(32)]
    found: list[tuple[float, float, int]] = []
    asked = []

    async def ask(request: bytes, due: float) -> None:
        while idle and not idle[-1].is_open:  # servers end connections that rest for some seconds
            idle.pop()
        connection = idle.pop() if idle else await connect(job)
        status = await status_of(connection, request)
        found.append((due, time.perf_counter() - start, status))
        if connection.is_open:
            idle.append(connection)

    start = time.perf_counter() + job.warm
    worked = time.process_time()
    # The schedule is one, before and in the measurement; only what is due in it is kept.
    moments = arrivals(job.rate, job.warm + job.seconds, seed=job.first)
    for request, moment in zip(itertools.cycle(load), moments, strict=False):
        due = moment - job.warm
        await asyncio.sleep(due - (time.perf_counter() - start))
        asked.append(asyncio.create_task(ask(request, due)))
    lasted = job.seconds + job.warm
    worked = time.process_time() - worked
    await asyncio.gather(*asked)
    for connection in idle:
        connection.transport.close()
    return Result(job.seconds, worked / lasted, [answer for answer in found if answer[0] >= 0])


def run(job: Job, *, cores: Sequence[int] = ()) -> Result:
    """Runs a job in a process of its own, held to `cores` where they are given. Raises CalledProcessError."""
    command = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
    command += [sys.executable, "-m", "benchmarks.load"]
    done = subprocess.run(command, input=json.dumps(asdict(job)).encode(), stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    return Result(said["seconds"], said["core"], [tuple(answer) for answer in said["answers"]])


def replies_a_second(result: Result, replies: int) -> float:
    """Judged replies a second, `replies` in a request, from the first request to the last answer, and over no less
    than the measurement. In a closed loop the server is busy all that time.
    """
    judged = [(begun, ended) for begun, ended, status in result.answers if status == 200]
    start = min([0.0, *(begun for begun, _ in judged)])
    end = max([result.seconds, *(ended for _, ended in judged)])
    return len(judged) * replies / (end - start)


def latencies(result: Result) -> list[float]:
    """Seconds that each judged request took; of those that began in the measurement, where there are any."""
    found = [(begun, ended - begun) for begun, ended, status in result.answers if status == 200]
    return [taken for begun, taken in found if begun >= 0] or [taken for _, taken in found]


def refused(result: Result) -> float:
    """The share of requests that were answered with 503."""
    return sum(status == 503 for _, _, status in result.answers) / max(len(result.answers), 1)


def failed(result: Result) -> int:
    """Requests that were neither answered nor refused."""
    return sum(status not in {200, 503} for _, _, status in result.answers)


def main() -> None:
    job = Job(**json.load(sys.stdin))
    load = requests(job)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(closed(job, load) if job.clients else opened(job, load))
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main()
