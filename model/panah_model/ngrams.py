"""The second opinion: tokens and pairs of neighbours in a linear model inside the graph, mixed with the network.

The network understands; the n-grams remember the turns of phrase, spelling by spelling. On dev rows each knows
what the other does not, most of all in Roman Urdu (the ablations in model/README.md).
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from panah.scoring.classifier import Encoder
from panah.scoring.policy import LABELS
from panah_model.rows import Row

BUCKETS = 1 << 17  # pairs are hashed into as many; 18,000 rows have about 190,000 different ones
FIRST, SECOND = 7919, 104_729  # primes
LEAST_ROWS = 2  # a feature of fewer rows has no weight
STEPS = 127  # int8


def features(ids: NDArray[np.int64], pieces: int) -> NDArray[np.int64]:
    """The features of one reply's tokens, its two marks included: the tokens, then the hashed pairs."""
    return np.concatenate([ids, pieces + (ids[:-1] * FIRST + ids[1:] * SECOND) % BUCKETS])


def counts(rows: Sequence[Row], encoder: Encoder) -> sp.csr_matrix:
    """How often each reply has each feature, (rows, pieces + BUCKETS)."""
    pieces = encoder.tokenizer.get_vocab_size()
    found = [features(np.array(pair.ids), pieces) for pair in encoder.encode([(row.text, "") for row in rows])]
    places = np.repeat(np.arange(len(rows)), [len(one) for one in found])
    ones = np.ones(len(places), np.float32)
    return sp.csr_matrix((ones, (places, np.concatenate(found))), shape=(len(rows), pieces + BUCKETS))


class NGrams(nn.Module):
    """Token ids and the reply's mask to logits, (batch, labels): a linear model of TF-IDF."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        columns = len(LABELS) + 1  # the last one is the inverse document frequency
        self.register_buffer("table", torch.zeros(pieces + BUCKETS, columns, dtype=torch.int8))
        self.register_buffer("scales", torch.ones(columns))
        self.register_buffer("bias", torch.zeros(len(LABELS)))

    def forward(self, input_ids: Tensor, reply: Tensor) -> Tensor:
        pairs = self.pieces + (input_ids[:, :-1] * FIRST + input_ids[:, 1:] * SECOND) % BUCKETS
        found = torch.cat([input_ids, pairs], 1)
        there = torch.cat([reply, reply[:, 1:]], 1).unsqueeze(-1).float()
        rows = self.table[found].float() * self.scales * there
        weights, rarity = rows[..., :-1], rows[..., -1]
        length = (rarity * rarity).sum(1, keepdim=True).clamp(min=1e-6).sqrt()
        logits: Tensor = weights.sum(1) / length + self.bias
        return logits

    def learn(self, train: Sequence[Row], encoder: Encoder) -> None:
        """Fits the weights on the corpus's train rows, an output at a time, and stores them in 8 bits."""
        seen = counts(train, encoder)
        spread = np.asarray((seen > 0).sum(0)).ravel()
        rarity = np.where(spread >= LEAST_ROWS, np.log((1 + len(train)) / (1 + spread)) + 1, 0)
        step = rarity.max() / STEPS
        rarity = np.round(rarity / step) * step  # as the table will have it
        length = np.sqrt(np.maximum(seen @ (rarity**2), 1e-6))
        inputs = (sp.diags(1 / length) @ seen @ sp.diags(rarity)).tocsr()
        columns, biases = [], []
        for at in range(len(LABELS)):
            model = LogisticRegression(C=3, max_iter=1000).fit(inputs, [row.targets[at] for row in train])
            columns.append(model.coef_[0] * rarity)
            biases.append(model.intercept_[0])
        weights = np.stack([*columns, rarity], 1)
        scales = np.abs(weights).max(0) / STEPS
        self.table.copy_(torch.from_numpy(np.round(weights / scales).astype(np.int8)))
        self.scales.copy_(torch.from_numpy(scales))
        self.bias.copy_(torch.tensor(biases))


class Mixed(nn.Module):
    """Per label a weighted sum of both opinions' logits, (batch, labels)."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weights", torch.stack([torch.ones(len(LABELS)), torch.zeros(len(LABELS))]))
        self.register_buffer("bias", torch.zeros(len(LABELS)))

    def forward(self, network: Tensor, ngrams: Tensor) -> Tensor:
        return network * self.weights[0] + ngrams * self.weights[1] + self.bias

    def learn(self, rows: Sequence[Row], network: NDArray[np.float32], ngrams: NDArray[np.float32]) -> None:
        """Fits the weights on rows that neither learnt from, both (rows, labels)."""
        for at in range(len(LABELS)):
            both = np.stack([network[:, at], ngrams[:, at]], 1)
            wanted = [row.targets[at] for row in rows]
            model = LogisticRegression(C=10).fit(both, wanted)
            if (model.coef_ < 0).any():  # an opinion that speaks against itself is left out
                both *= model.coef_ >= 0
                model = LogisticRegression(C=10).fit(both, wanted)
            self.weights[:, at] = torch.from_numpy(model.coef_[0])
            self.bias[at] = float(model.intercept_[0])


def opinions(ngrams: NGrams, rows: Sequence[Row], encoder: Encoder) -> NDArray[np.float32]:
    """The n-grams' logits of rows in their order, (rows, labels)."""
    found = np.zeros((len(rows), len(LABELS)), np.float32)
    with torch.inference_mode():
        for at, pair in enumerate(encoder.encode([(row.text, "") for row in rows])):
            ids = torch.tensor([pair.ids])
            found[at] = ngrams(ids, torch.ones_like(ids))[0].numpy()
    return found
