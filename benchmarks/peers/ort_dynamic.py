"""FastAPI and onnxruntime with the standard int8 graph; a request's pairs are padded to the longest, and requests
are not joined. `python -m benchmarks.peers.ort_dynamic FOLDER PORT`
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from tokenizers import Tokenizer


class Judge:
    """The standard graph as its documents show it: pairs of texts to lists of probabilities."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_padding()
        self.tokenizer.enable_truncation(512)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads  # 0: one a core, as it is by itself
        graph = folder / "model_quantized.onnx"
        self.session = ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def score(self, pairs: list[tuple[str, str]]) -> list[list[float]]:
        found = self.tokenizer.encode_batch(pairs)
        inputs = {
            "input_ids": np.array([one.ids for one in found], np.int64),
            "attention_mask": np.array([one.attention_mask for one in found], np.int64),
            "token_type_ids": np.array([one.type_ids for one in found], np.int64),
        }
        (logits,) = self.session.run(None, inputs)
        scores: list[list[float]] = (1 / (1 + np.exp(-logits))).tolist()
        return scores


class Pairs(BaseModel):
    pairs: list[tuple[str, str]]


def main() -> None:
    folder, port = sys.argv[1:]
    app = FastAPI()
    judge = Judge(Path(folder))

    @app.post("/score")
    def score(body: Pairs) -> list[list[float]]:
        return judge.score(body.pairs)

    uvicorn.run(app, port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
