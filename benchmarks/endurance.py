"""Does the service grow? 200,000 replies through one process: `python -m benchmarks.endurance`.

Nine in ten are of the thread that everybody reads and come from the cache; the rest are new, and judged by the
model. The cache holds 2,000, so that it is full within the first tenth and what grows after that is a leak.
"""

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from benchmarks import load, servers
from benchmarks.streams import VIRAL, read_pairs, viral, write
from panah.scoring.classifier import Classifier
from panah.settings import Settings

SIZE = 20
NEW = 2  # of them in each request
CACHE = 2000
GROWTH = 10.0  # MB that are allowed: an allocator's page here and there
EVERY = 2.0  # seconds between looks at the memory


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=200_000)
    count = parser.parse_args().replies // SIZE
    pairs = read_pairs(Classifier(Settings().model_dir).encoder, VIRAL + NEW * count)
    known, new = pairs[:VIRAL], pairs[VIRAL:]
    count = min(count, len(new) // NEW)
    requests = viral(known, count, SIZE - NEW)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = servers.panah(folder, cache_entries=str(CACHE))
        fresh = [new[NEW * at : NEW * (at + 1)] for at in range(count)]
        bodies = [server.body(request + some) for request, some in zip(requests, fresh, strict=True)]
        parts = [bodies[at * count // 10 : (at + 1) * count // 10] for at in range(10)]
        server.start()
        try:
            server.wait(known[:1])
            sizes = []
            for part in parts:
                file = write(folder / "part.jsonl", part)
                job = load.Job(server.port, server.path, file, 0, clients=8, once=True, warm=0)
                seen = []
                with ThreadPoolExecutor(1) as beside:
                    asked = beside.submit(load.run, job)
                    while not asked.done():
                        seen.append(server.memory()["rss"])
                        wait([asked], EVERY)
                result = asked.result()
                if broken := sum(status != 200 for *_, status in result.answers):
                    raise SystemExit(f"{broken} requests were not answered")
                sizes.append(max([*seen, server.memory()["rss"]]))
                done = SIZE * len(part) * len(sizes)
                print(f"{done:8,} replies  {result.seconds:5.1f} s  RSS at most {sizes[-1]:.1f} MB", flush=True)
        finally:
            server.stop()
    growth, judged = sizes[-1] - sizes[0], count * NEW + VIRAL
    print(
        f"{count * SIZE:,} replies, {judged:,} of them judged by the model: RSS grew by {growth:+.1f} MB after the"
        f" first tenth (goal at most {GROWTH:.0f})"
    )
    return int(growth > GROWTH)


if __name__ == "__main__":
    raise SystemExit(main())
