"""FastAPI and torch in fp32, a request's pairs as one padded batch, as Detoxify does it.

`python -m benchmarks.peers.torch_batch FOLDER PORT`
"""

import sys

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder, port = sys.argv[1:]
app = FastAPI()
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder).eval()


class Pairs(BaseModel):
    pairs: list[tuple[str, str]]


@app.post("/score")
def score(body: Pairs) -> list[list[float]]:
    texts, contexts = zip(*body.pairs, strict=True)
    inputs = tokenizer(list(texts), list(contexts), padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        found: list[list[float]] = torch.sigmoid(model(**inputs).logits).tolist()
    return found


uvicorn.run(app, port=int(port), log_level="warning")
