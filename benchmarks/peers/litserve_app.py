"""LitServe and onnxruntime with the standard int8 graph, its batching on, one worker with one thread a core.

`python -m benchmarks.peers.litserve_app FOLDER PORT`
"""

import os
import sys
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import litserve  # type: ignore[import-not-found,unused-ignore]

from benchmarks.peers.ort_dynamic import Judge

Pairs = list[tuple[str, str]]


class Scoring(litserve.LitAPI):  # type: ignore[misc]
    """Requests that wait together are judged as one padded batch."""

    def setup(self, device: str) -> None:
        self.judge = Judge(Path(sys.argv[1]), threads=1)

    def decode_request(self, request: dict[str, Pairs], **_: Any) -> Pairs:
        return [(text, context) for text, context in request["pairs"]]

    def batch(self, inputs: list[Pairs]) -> list[Pairs]:
        return inputs

    def predict(self, inputs: list[Pairs], **_: Any) -> list[list[list[float]]]:
        scores = self.judge.score([pair for pairs in inputs for pair in pairs])
        ends = accumulate((len(pairs) for pairs in inputs), initial=0)
        return [scores[start:end] for start, end in pairwise(ends)]

    def unbatch(self, output: list[list[list[float]]]) -> list[list[list[float]]]:
        return output

    def encode_response(self, output: list[list[float]], **_: Any) -> list[list[float]]:
        return output


if __name__ == "__main__":
    api = Scoring(max_batch_size=8, batch_timeout=0.005, api_path="/score")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=os.cpu_count() or 1)
    server.run(port=int(sys.argv[2]), log_level="warning", generate_client_file=False)
