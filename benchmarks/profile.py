"""Where the time of a request goes: `python -m benchmarks.profile`.

A request of 20 replies that nobody asked before, thread by thread, and the same one again, through the whole app in
this process (ASGI, one lane): CPU of all threads. Beside it what its parts take when they are called alone, and
onnxruntime's profile of the graph by operator, in the calls that the engine would make. Prints the tables of
docs/performance.md; HTTP itself is in benchmarks/service.py.
"""

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import orjson

from benchmarks import raw
from benchmarks.streams import Pair, for_panah, in_groups, read_pairs
from panah.app import create_app
from panah.db import make_engine, migrate
from panah.scoring.classifier import Classifier, Encoded
from panah.scoring.registry import load
from panah.scoring.schemas import ScoreIn
from panah.scoring.service import Scorer, prepare
from panah.settings import Settings

SIZE = 20
REQUESTS = 60


def cpu(work: Callable[[], object], times: int) -> float:
    """Microseconds of CPU that one call takes, all threads together."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times * 1e6


async def ask(app: Any, body: bytes) -> None:
    """One POST /v1/score, as uvicorn would hand it over. Raises RuntimeError for another answer than 200."""
    headers = [
        (b"host", b"localhost"),
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/score",
        "raw_path": b"/v1/score",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    left = [{"type": "http.request", "body": body, "more_body": False}]
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()  # nobody leaves
        return left.pop()

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    await app(scope, receive, send)
    if answers[0]["status"] != 200:
        raise RuntimeError(f"answered {answers[0]['status']}")


async def through_the_app(requests: Sequence[Sequence[Pair]], folder: Path) -> Iterator[tuple[str, float]]:
    """Microseconds of CPU a request: new, known, and its parts."""
    settings = Settings(
        database_url=f"sqlite:///{folder}/panah.db",
        keys_file=folder / "panah.keys",
        model_threads=1,
        score_limit="1000000/second",
    )
    engine = make_engine(settings.database_url)
    migrate(engine)
    engine.dispose()
    app = create_app(settings)
    bodies = [orjson.dumps(for_panah(pairs)) for pairs in requests]
    found: dict[str, float] = {}
    async with app.router.lifespan_context(app):
        await ask(app, bodies.pop())
        for name in ("a request that is new", "the same again"):
            start = time.process_time()
            for body in bodies:
                await ask(app, body)
            found[name] = (time.process_time() - start) / len(bodies) * 1e6
        scorer: Scorer = app.state.scorer
        given = [ScoreIn.model_validate_json(body) for body in bodies]
        encoder = scorer.serving.running.encoder
        asked = scorer.look_up(given[0].replies)
        said = scorer.judge(asked, sensitivity="balanced")
        found |= {
            "reading and checking JSON": cpu(lambda: [ScoreIn.model_validate_json(one) for one in bodies], 20),
            "keys and looking up": cpu(lambda: [scorer.look_up(one.replies) for one in given], 20),
            "normalising and tokenising": cpu(lambda: [prepare(one.replies, encoder) for one in given], 3),
        }
        for name in list(found)[2:]:
            found[name] /= len(bodies)
        found["verdicts"] = cpu(lambda: scorer.judge(asked, sensitivity="balanced"), 400)
        found["writing JSON"] = cpu(lambda: orjson.dumps(said), 400)
    return iter(found.items())


def by_operator(folder: Path, calls: Sequence[Sequence[Encoded]], model: Classifier) -> tuple[float, Counter[str]]:
    """Microseconds a reply in these calls: of the session as it serves, and by operator as onnxruntime tells."""
    count = sum(map(len, calls))
    for call in calls[:5]:
        model.score(call)
    alone = cpu(lambda: [model.score(call) for call in calls], 1) / count
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "graph")
    plain, model.session = model.session, ort.InferenceSession(str(model.folder / "model.onnx"), options)
    for call in calls:
        model.score(call)
    events = json.loads(Path(model.session.end_profiling()).read_text(encoding="utf-8"))
    model.session = plain
    spent: Counter[str] = Counter()
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("kernel_time"):
            spent[event["args"]["op_name"]] += event["dur"] / count
    return alone, spent


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def main() -> None:
    ready = load(Settings().model_dir)
    model = ready.classifier
    pairs = read_pairs(model.encoder, SIZE * (REQUESTS + 1))
    requests = in_groups(pairs, SIZE)
    encoded = [[pair.encoded for pair in request] for request in requests]
    calls = [call for request in encoded for call in raw.calls(request, cost=ready.cost)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = dict(asyncio.run(through_the_app(requests, folder)))
        alone, spent = by_operator(folder, calls, model)
    whole, known = found.pop("a request that is new"), found.pop("the same again")
    found["the model, in as many calls as the engine makes"] = alone * SIZE
    found["the rest: FastAPI, slowapi, engine, event loop"] = whole - sum(found.values())
    rows = [[part, f"{us / SIZE:.1f}", f"{us / whole:.1%}"] for part, us in found.items()]
    print(table(["a reply that is new", "µs", "share"], [*rows, ["**all**", f"{whole / SIZE:.0f}", "100 %"]]))
    hit = {
        part: found[part]
        for part in ("reading and checking JSON", "keys and looking up", "verdicts", "writing JSON")
    }
    hit["the rest: FastAPI, slowapi, event loop"] = known - sum(hit.values())
    rows = [[part, f"{us / SIZE:.1f}", f"{us / known:.0%}"] for part, us in hit.items()]
    print(
        "\n" + table(["a reply that is known", "µs", "share"], [*rows, ["**all**", f"{known / SIZE:.1f}", "100 %"]])
    )
    total = sum(spent.values())
    rows = [[name, f"{us:.0f}", f"{us / total:.1%}"] for name, us in spent.most_common(9)]
    rows.append(["others", f"{sum(us for _, us in spent.most_common()[9:]):.0f}", ""])
    mean = np.mean([(len(pair.encoded.ids), pair.encoded.reply_tokens) for pair in pairs], axis=0)
    print(f"\nA pair has {mean[0]:.0f} tokens, {mean[1]:.0f} of them the reply's.")
    print(f"{len(pairs) / len(calls):.1f} replies share a call.\n")
    print(table(["operator", "µs a reply", "share"], rows))


if __name__ == "__main__":
    main()
