"""The service beside its own model and other servers with the same weights: `make bench`, `make bench-quick`.

One run, interleaved: whoever is not measured is stopped meanwhile. Prints tables and writes
benchmarks/results/service.json, from which benchmarks.plots draws. docs/performance.md says how to read it.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime

from benchmarks import load, raw, servers
from benchmarks.servers import Server
from benchmarks.streams import VIRAL, Pair, in_groups, read_pairs, scattered, viral, write
from panah.scoring.registry import load as load_model
from panah.settings import Settings

OUT = Path(__file__).parent / "results" / "service.json"
RAW = "raw onnxruntime"
BEST = {"FastAPI + onnxruntime", "Infinity"}  # the two best peers; of the others one round tells enough
SHARES = (0.3, 0.5, 0.7, 0.9, 1.1, 1.5)  # of the capacity, in open loop
GOAL_SHARE = 0.7
CORES = sorted(os.sched_getaffinity(0))
Row = dict[str, Any]
Stream = Literal["cold", "scattered"]


class Bench:
    """What all measurements share: the model and its cost, the pairs, and files with what each server is asked."""

    def __init__(self, folder: Path, *, pairs: int) -> None:
        self.folder = folder
        self.model_dir = Settings().model_dir
        ready = load_model(self.model_dir)
        self.model, self.cost = ready.classifier, ready.cost
        self.pairs = read_pairs(self.model.encoder, pairs)
        self.scattered = scattered(self.pairs)
        self.files: dict[tuple[str, int, Stream], str] = {}
        self.asked = 0

    def groups(self, size: int, stream: Stream) -> list[list[Pair]]:
        """Requests in which every pair is another, until the corpus ends. Singles always come scattered: they are
        from people who each read another thread.
        """
        return in_groups(self.pairs if stream == "cold" and size > 1 else self.scattered, size)

    def bodies(self, server: Server, size: int, stream: Stream = "cold") -> str:
        """The file with what that server is asked."""
        key = (server.body.__name__, size, stream)
        if key not in self.files:
            bodies = [server.body(one) for one in self.groups(size, stream)]
            self.files[key] = write(self.folder / f"{key[0]}-{size}-{stream}.jsonl", bodies)
        return self.files[key]

    def measure(
        self,
        server: Server,
        size: int,
        *,
        stream: Stream = "cold",
        bodies: str = "",
        cores: Sequence[int] = (),
        **how: Any,
    ) -> load.Result:
        """One run of the load against a server that is paused before and after."""
        self.asked += 97  # not the same requests in each round
        asked = bodies or self.bodies(server, size, stream)
        job = load.Job(server.port, server.path, asked, first=self.asked, **how)
        server.proceed()
        try:
            return load.run(job, cores=cores)
        finally:
            server.pause()

    def raw(
        self, size: int, clients: int, seconds: float, *, stream: Stream = "cold", threads: int = len(CORES)
    ) -> float:
        requests = [[pair.encoded for pair in group] for group in self.groups(size, stream)]
        return raw.replies_a_second(
            self.model, requests, cost=self.cost, clients=clients, threads=threads, seconds=seconds
        )


def tell(text: str) -> None:
    print(text, flush=True)


def table(title: str, rows: Sequence[Row], columns: dict[str, str]) -> None:
    """Prints rows under a title; `columns` are keys and how their values are written."""

    def cell(value: Any, how: str) -> str:
        return "–" if value is None else format(value, how)

    cells = [[*columns], *([cell(row.get(key), how) for key, how in columns.items()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    tell(f"\n{title}")
    for first, *others in cells:
        tell("  ".join(["", first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]))


def percentiles(results: Sequence[load.Result]) -> Row:
    """p50 and p99 in milliseconds over all rounds; None where nothing was answered."""
    times = [1000 * one for result in results for one in load.latencies(result)]
    if not times:
        return {"p50": None, "p99": None}
    return {"p50": round(float(np.percentile(times, 50)), 1), "p99": round(float(np.percentile(times, 99)), 1)}


def summary(results: Sequence[load.Result], size: int) -> Row:
    """Medians of rounds; times over all of them."""
    return {
        "replies/s": round(statistics.median(load.replies_a_second(one, size) for one in results), 1),
        **percentiles(results),
        "refused": round(statistics.median(load.refused(one) for one in results), 3),
        "failed": sum(load.failed(one) for one in results),
        "load's core": round(statistics.median(one.core for one in results), 3),
    }


# Replies a request, clients, rounds, seconds of each.
LOADS = ((20, 1, 2, 2.5), (20, 8, 3, 3.0), (20, 32, 3, 4.0), (1, 1, 2, 2.0), (1, 8, 2, 2.0), (1, 32, 1, 2.0))
CLOSED = {
    "system": "",
    "clients": "d",
    "replies/s": ".0f",
    "of raw": ".2f",
    "p50": ".0f",
    "p99": ".0f",
    "load's core": ".2f",
}
OPEN = {
    "share": ".0%",
    "asked": ".0f",
    "replies/s": ".0f",
    "p50": ".0f",
    "p99": ".0f",
    "refused": ".1%",
    "failed": "d",
    "load's core": ".2f",
}


def closed(
    bench: Bench,
    systems: Sequence[Server],
    *,
    size: int,
    clients: int,
    rounds: int,
    seconds: float,
    stream: Stream = "cold",
) -> list[Row]:
    """A closed loop for each system and for the raw model in turn, `rounds` times."""
    found: dict[str, list[load.Result]] = defaultdict(list)
    raws: list[float] = []
    for turn in range(rounds):
        raws.append(bench.raw(size, clients, seconds, stream=stream))
        for server in systems:
            if turn and server.name not in BEST | {"panah"}:
                continue
            result = bench.measure(server, size, stream=stream, clients=clients, seconds=seconds)
            found[server.name].append(result)
    common = {"size": size, "clients": clients}
    rows: list[Row] = [{"system": RAW, **common, "replies/s": round(statistics.median(raws), 1), "of raw": 1.0}]
    for server in systems:
        results = found[server.name]
        ratios = [load.replies_a_second(one, size) / limit for one, limit in zip(results, raws, strict=False)]
        rows.append(
            {
                "system": server.name,
                **common,
                **summary(results, size),
                "of raw": round(statistics.median(ratios), 3),
            }
        )
    return rows


def opened(bench: Bench, server: Server, *, size: int, capacity: float, rounds: int, seconds: float) -> list[Row]:
    """An open loop at shares of the capacity (replies a second); rates take turns. The one with a goal gets
    twice the time, since a p99 needs many requests.
    """
    found: dict[float, list[load.Result]] = {share: [] for share in SHARES}
    for _ in range(rounds):
        for share in SHARES:
            rate, longer = share * capacity / size, 2 if share == GOAL_SHARE else 1
            found[share].append(bench.measure(server, size, rate=rate, seconds=longer * seconds, warm=1.0))
    return [
        {
            "system": server.name,
            "size": size,
            "share": share,
            "asked": round(share * capacity, 1),
            **summary(results, size),
        }
        for share, results in found.items()
    ]


def cached(bench: Bench, plain: Server, *, rounds: int, seconds: float) -> Row:
    """What everybody reads, beside the cold stream, 32 clients; and what a known reply costs in CPU."""
    server = servers.panah(bench.folder, name="panah-cached", cache_entries="100000")
    stream = write(bench.folder / "viral.jsonl", [server.body(one) for one in viral(bench.pairs[:VIRAL], 500, 20)])
    server.start()
    server.wait(bench.pairs[:1])
    server.pause()
    bench.measure(server, 20, bodies=stream, clients=1, seconds=600, once=True, warm=0)  # all of it is known then
    rates, colds, cpu = [], [], []
    for _ in range(rounds):
        colds.append(load.replies_a_second(bench.measure(plain, 20, clients=32, seconds=seconds), 20))
        before = server.worked()
        result = bench.measure(server, 20, bodies=stream, clients=32, seconds=seconds)
        rates.append(load.replies_a_second(result, 20))
        cpu.append(1e6 * (server.worked() - before) / (20 * sum(status == 200 for *_, status in result.answers)))
    server.stop()
    return {
        "replies/s": round(statistics.median(rates)),
        "uncached replies/s": round(statistics.median(colds), 1),
        "times the uncached rate": round(statistics.median(a / b for a, b in zip(rates, colds, strict=True)), 1),
        "CPU µs a reply": round(statistics.median(cpu), 1),
        "load's core": round(result.core, 2),
    }


def idle(bench: Bench, server: Server, *, count: int = 240) -> Row:
    """A single reply on an idle server beside the model's own time for the same pair, in turns of 40."""
    ours, alone = [], []
    part = 40
    for at in range(0, count, part):
        pairs = bench.pairs[at : at + part]
        file = write(bench.folder / "idle.jsonl", [server.body([pair]) for pair in pairs])
        server.proceed()
        job = load.Job(server.port, server.path, file, 60, clients=1, once=True, warm=0)
        ours += load.latencies(load.run(job))
        server.pause()
        alone += raw.seconds_alone(bench.model, [pair.encoded for pair in pairs])
    service, model = 1000 * statistics.median(ours), 1000 * statistics.median(alone)
    over = 1000 * statistics.median(one - own for one, own in zip(ours, alone, strict=True))
    return {"service ms": round(service, 2), "model ms": round(model, 2), "above it ms": round(over, 2)}


def starts(bench: Bench, *, rounds: int) -> Row:
    """Seconds from the command to the first verdict: with a database to be made, and after that."""
    times = []
    for _ in range(rounds + 1):
        server = servers.panah(bench.folder, name="panah-started")
        begun = time.perf_counter()
        server.start()
        server.wait(bench.pairs[:1])
        times.append(time.perf_counter() - begun)
        server.stop()
    return {"first ever s": round(times[0], 2), "s": round(statistics.median(times[1:]), 2)}


def lanes(bench: Bench, *, rounds: int, seconds: float) -> list[Row]:
    """Replies a second on 1, 2, 4 … cores, for the service with its load and for the raw model."""
    counts = [1 << at for at in range(len(CORES).bit_length()) if 1 << at <= len(CORES)]
    held = {
        count: servers.panah(bench.folder, name=f"panah-{count}", cores=CORES[:count], model_threads=str(count))
        for count in counts
    }
    servers.start_all(list(held.values()), bench.pairs[:1])
    service: dict[int, list[float]] = defaultdict(list)
    alone: dict[int, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for count, server in held.items():
            result = bench.measure(server, 20, cores=CORES[:count], clients=8, seconds=seconds)
            service[count].append(load.replies_a_second(result, 20))
            os.sched_setaffinity(0, CORES[:count])
            alone[count].append(bench.raw(20, 8, seconds, threads=count))
            os.sched_setaffinity(0, CORES)
    for server in held.values():
        server.stop()

    def efficiency(rates: dict[int, list[float]], count: int) -> float:
        ratios = (many / (count * one) for many, one in zip(rates[count], rates[1], strict=True))
        return round(statistics.median(ratios), 3)

    return [
        {
            "cores": count,
            "service": round(statistics.median(service[count]), 1),
            "service efficiency": efficiency(service, count),
            "raw": round(statistics.median(alone[count]), 1),
            "raw efficiency": efficiency(alone, count),
        }
        for count in counts
    ]


def fairness(bench: Bench, *, rounds: int, seconds: float) -> Row:
    """One client's singles alone, and while another has four requests of 64 replies under way all the time."""
    tokens = ["reader-who-scrolls", "reader-who-imports"]
    server = servers.panah(bench.folder, name="panah-shared", client_tokens=json.dumps(tokens))
    server.start()
    server.wait(bench.pairs[:1])
    server.pause()
    found: dict[str, list[load.Result]] = defaultdict(list)
    busy: list[load.Result] = []
    big = bench.bodies(server, 64)
    small: Row = {"clients": 1, "seconds": seconds, "token": tokens[0]}
    for _ in range(rounds):
        found["alone"].append(bench.measure(server, 1, **small))
        with ThreadPoolExecutor(1) as beside:
            other = load.Job(server.port, server.path, big, seconds + 2, clients=4, token=tokens[1])
            waiting = beside.submit(load.run, other)
            server.proceed()
            time.sleep(1)  # until its requests wait for the model
            job = load.Job(server.port, server.path, bench.bodies(server, 1), **small)
            found["beside"].append(load.run(job))
            busy.append(waiting.result())
        server.pause()
    server.stop()
    return {name: percentiles(results) for name, results in found.items()} | {
        "other client's replies/s": round(statistics.median(load.replies_a_second(one, 64) for one in busy), 1)
    }


def cost(bench: Bench) -> Row:
    """What a call takes by tokens, and the curve through it; and what a reply takes in company."""
    pairs = [pair.encoded for pair in bench.pairs]
    times = raw.by_length(bench.model, pairs)
    fitted = raw.fit(list(times), list(times.values()))
    together = raw.in_company(bench.model, pairs)
    return {
        "seconds": {str(n): round(taken, 6) for n, taken in times.items()},
        "fit": asdict(fitted),
        "mean tokens of a pair": round(statistics.fmean(len(pair.ids) for pair in pairs), 1),
        "mean tokens of a reply": round(statistics.fmean(pair.reply_tokens for pair in pairs), 1),
        "replies a call": [
            {"replies": count, "ms a reply": round(1000 * taken, 3), "of alone": round(taken / together[1], 3)}
            for count, taken in together.items()
        ],
    }


def machine(bench: Bench) -> Row:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": len(CORES),
        "onnxruntime": onnxruntime.__version__,
        "python": platform.python_version(),
        "model": bench.model.config.name,
    }


def rate_of(rows: Sequence[Row], system: str, clients: int, size: int = 20) -> Row:
    return next(row for row in rows if (row["system"], row["clients"], row["size"]) == (system, clients, size))


def goals(found: Row) -> list[Row]:
    """Each goal with what was measured; None where nothing was."""
    rows: list[Row] = []

    def goal(what: str, measured: float | None, wanted: float, *, most: bool = False) -> None:
        met = None if measured is None else measured <= wanted if most else measured >= wanted
        sign = "≤" if most else "≥"
        word = {True: "yes", False: "NO", None: "not measured"}[met]
        rows.append({"goal": what, "measured": measured, "wanted": f"{sign} {wanted:g}", "met": word})

    def over(clients: int, names: Sequence[str]) -> float | None:
        rates = [rate_of(found["closed"], name, clients)["replies/s"] for name in names]
        ours = rate_of(found["closed"], "panah", clients)["replies/s"]
        return round(ours / max(rates), 2) if rates and max(rates) else None

    names = sorted({row["system"] for row in found["closed"]} - {"panah", RAW})
    for clients in (8, 32):
        goal(f"of raw, 20s, {clients} clients", rate_of(found["closed"], "panah", clients)["of raw"], 0.9)
        goal(f"times the best peer, 20s, {clients} clients", over(clients, names), 3)
        naive = [name for name in names if name == "FastAPI + transformers"]
        goal(f"times FastAPI + transformers, 20s, {clients} clients", over(clients, naive), 10)
    for size, word in ((20, "20s"), (1, "singles")):
        rates = {row["share"]: row for row in found["open"] if (row["system"], row["size"]) == ("panah", size)}
        row = rates[GOAL_SHARE]
        unloaded = rate_of(found["closed"], "panah", 1, size)["p50"]
        goal(f"p99 at 70 % over the unloaded time, {word}", round(row["p99"] / unloaded, 2), 3, most=True)
    alone = found["idle"]
    goal("a single on an idle server, ms", alone["service ms"], round(1.3 * alone["model ms"] + 1, 2), most=True)
    goal("viral over uncached", found["viral"]["times the uncached rate"], 20)
    goal("CPU µs of a cached reply", found["viral"]["CPU µs a reply"], 15, most=True)
    goal("RSS under load, MB", found["memory"]["panah"]["rss"], 200, most=True)
    goal("start to first verdict, s", found["start"]["s"], 2, most=True)
    for row in found["lanes"][1:]:
        goal(f"efficiency on {row['cores']} cores", row["service efficiency"], 0.9)
    return rows


def whole(bench: Bench, systems: list[Server]) -> Row:
    """All measurements; about a quarter of an hour."""
    panah = systems[0]
    found: Row = {"machine": machine(bench), "closed": []}
    for size, clients, rounds, seconds in LOADS:
        some = systems if (size, clients) != (1, 32) else [panah]
        rows = closed(bench, some, size=size, clients=clients, rounds=rounds, seconds=seconds)
        found["closed"] += rows
        table(f"Closed loop, {size} a request, {clients} clients (ms)", rows, CLOSED)
    some = [server for server in systems if server.name in {"panah", "Infinity"}]
    found["scattered"] = closed(bench, some, size=20, clients=8, rounds=2, seconds=3, stream="scattered")
    table("The same pairs scattered, 20 a request, 8 clients (ms)", found["scattered"], CLOSED)
    found["memory"] = {server.name: server.memory() for server in systems}
    sizes = [{"system": name, **size} for name, size in found["memory"].items()]
    table("Memory after that, MB", sizes, {"system": "", "rss": ".0f", "pss": ".0f"})
    found["open"] = []
    best = max(systems[1:], key=lambda one: rate_of(found["closed"], one.name, 32)["replies/s"], default=None)
    for server, size, rounds in [(panah, 20, 2), (panah, 1, 2)] + ([(best, 20, 1)] if best else []):
        capacity = rate_of(found["closed"], server.name, 32, size)["replies/s"]
        rows = opened(bench, server, size=size, capacity=capacity, rounds=rounds, seconds=5)
        found["open"] += rows
        table(f"Open loop, {server.name}, {size} a request (ms)", rows, OPEN)
    parts: dict[str, Callable[[], Any]] = {
        "idle": lambda: idle(bench, panah),
        "viral": lambda: cached(bench, panah, rounds=2, seconds=4),
        "start": lambda: starts(bench, rounds=3),
        "lanes": lambda: lanes(bench, rounds=3, seconds=3),
        "fairness": lambda: fairness(bench, rounds=2, seconds=5),
        "cost": lambda: cost(bench),
    }
    for name, part in parts.items():
        found[name] = part()
        tell(f"\n{name}: {json.dumps(found[name], ensure_ascii=False)}")
    together = found["cost"]["replies a call"]
    table("Replies a call", together, {"replies": "d", "ms a reply": ".2f", "of alone": ".2f"})
    found["goals"] = goals(found)
    table("Goals", found["goals"], {"goal": "", "measured": "g", "wanted": "", "met": ""})
    return found


def quick(bench: Bench, systems: list[Server], *, rounds: int = 3) -> str:
    """The last line of the short form."""
    rows = closed(bench, systems, size=20, clients=8, rounds=rounds, seconds=1.5)
    table("Closed loop, 20 a request, 8 clients, no cache (ms)", rows, CLOSED)
    ours, *others = rows[1:]
    best = max((row["replies/s"] for row in others), default=0)
    times = f"{ours['replies/s'] / best:.2f}" if best else "n/a"
    return f"end-to-end/raw = {ours['of raw']:.2f}, best peer x = {times}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less than a minute; the last line is the result")
    short = parser.parse_args().quick
    # Servers that are paused do not hear that this process has gone: end in order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder, pairs=2000 if short else 6000)
        systems = [servers.panah(folder)]
        try:
            servers.prepare_peers(bench.model_dir)
            systems += [one for one in servers.peers(folder) if not short or one.name in BEST]
        except RuntimeError as error:
            tell(f"no peers: {error}")
        running: list[Server] = []
        try:
            running = servers.start_all(systems, bench.pairs[:2])
            if not running or running[0].name != "panah":
                raise SystemExit("the service did not start")
            if short:
                tell(quick(bench, running))
            else:
                found = whole(bench, running)
                OUT.parent.mkdir(exist_ok=True)
                OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        finally:
            for server in running:
                server.stop()


if __name__ == "__main__":
    main()
