"""How small the extension's first batch should be: `python -m benchmarks.first_batch`.

20 replies that nobody knows, thread by thread, in two requests at once, straight to the service: when the first and
when the last answer came, as shares of one request with all 20. Sizes take turns; medians of the rounds.
"""

import json
import statistics
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from benchmarks import servers
from benchmarks.servers import Server
from benchmarks.streams import Pair, in_groups, read_pairs
from panah.scoring.classifier import Classifier
from panah.settings import Settings

SIZES = (1, 2, 4, 6, 8, 12, 20)
REPLIES = 20
ROUNDS = 20


def post(server: Server, pairs: list[Pair]) -> float:
    """Asks about the pairs and gives the moment of the answer."""
    asked = json.dumps(server.body(pairs))
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", server.path, asked, {"Content-Type": "application/json"})
    connection.getresponse().read()
    connection.close()
    return time.perf_counter()


def both(server: Server, pool: ThreadPoolExecutor, pairs: list[Pair], first: int) -> tuple[float, float]:
    """Seconds to the first and to the last answer."""
    begun = time.perf_counter()
    parts = [part for part in (pairs[:first], pairs[first:]) if part]
    ends = list(pool.map(lambda part: post(server, part), parts))
    return min(ends) - begun, max(ends) - begun


def main() -> None:
    encoder = Classifier(Settings().model_dir).encoder
    threads = in_groups(read_pairs(encoder, REPLIES * ROUNDS), REPLIES)
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        server = servers.panah(Path(folder))
        server.start()
        server.wait(threads[0][:1])
        for turn in range(ROUNDS):
            whole = both(server, pool, threads[turn], REPLIES)
            for size in SIZES:
                ours = both(server, pool, threads[turn], size)
                found[size].append((ours[0] / whole[0], ours[1] / whole[1]))
        server.stop()
    print("| first batch | first answer | all answers |\n|---|---|---|")
    for size, shares in found.items():
        first, last = (statistics.median(column) for column in zip(*shares, strict=True))
        print(f"| {size} | {first:.2f} | {last:.2f} |")


if __name__ == "__main__":
    main()
