"""FastAPI and a transformers pipeline in fp32: what a tutorial shows.

`python -m benchmarks.peers.naive FOLDER PORT`
"""

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline

folder, port = sys.argv[1:]
app = FastAPI()
classify: Any = pipeline("text-classification", model=folder, top_k=None, function_to_apply="sigmoid")


class Pairs(BaseModel):
    pairs: list[tuple[str, str]]


@app.post("/score")
def score(body: Pairs) -> list[list[float]]:
    found = classify([{"text": text, "text_pair": context} for text, context in body.pairs], truncation=True)
    return [[label["score"] for label in labels] for labels in found]


uvicorn.run(app, port=int(port), log_level="warning")
