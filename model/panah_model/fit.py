"""The optimiser's loop, for both phases: seeded, with checkpoints to go on from."""

import hashlib
import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from panah.scoring.classifier import Encoded, Encoder, Scores
from panah_model.config import Phase
from panah_model.network import PairClassifier
from panah_model.rows import Row

# Spellings that Roman Urdu writers exchange freely; each pair goes both ways.
RESPELLINGS = [
    ("ee", "i"), ("oo", "u"), ("aa", "a"), ("ai", "e"), ("ain", "ein"), ("w", "v"), ("q", "k"), ("ph", "f"),
    ("ay", "e"), ("iy", "y"), ("kh", "k"), ("z", "s"), ("ey", "ay"), ("yu", "iu"), ("ahi", "ai"), ("sh", "s"),
]  # fmt: skip
ROMAN_WORD = re.compile(r"[a-z]{3,}", re.IGNORECASE)

Batch = tuple[dict[str, Tensor], Tensor, Tensor]


def respell(text: str, chance: float, rng: random.Random) -> str:
    """Another spelling of some words, as another writer would type them."""

    def other(match: re.Match[str]) -> str:
        word = match[0]
        if rng.random() >= chance:
            return word
        options = [(a, b) for pair in RESPELLINGS for a, b in (pair, pair[::-1]) if a in word]
        if options and rng.random() < 0.8:
            a, b = rng.choice(options)
            return word.replace(a, b, 1)
        at = rng.randrange(1, len(word))
        return word[:at] + word[at + 1 :] if word[at] in "aeiou" else word

    return ROMAN_WORD.sub(other, text)


def tensors(pairs: Sequence[Encoded], device: torch.device) -> dict[str, Tensor]:
    """Padded inputs, each (pairs, longest)."""
    longest = -(-max(len(pair.ids) for pair in pairs) // 8) * 8  # few shapes: oneDNN keeps a kernel for each
    ids = torch.zeros(len(pairs), longest, dtype=torch.long)
    mask, segments = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
        mask[row, : len(pair.ids)] = 1
        segments[row, pair.reply_tokens : len(pair.ids)] = 1
    named = {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments}
    return {name: found.to(device) for name, found in named.items()}


def epoch_rows(corpus: Sequence[Row], public: Sequence[Row], phase: Phase, rng: random.Random) -> list[Row]:
    """One epoch: all of the corpus, some of it without its post or respelled, and a draw of public rows."""
    rows = [
        replace(
            row,
            context="" if rng.random() < phase.drop_context else row.context,
            text=respell(row.text, phase.respell, rng) if row.lang == "ur-Latn" else row.text,
        )
        for row in corpus
    ]
    drawn = rng.sample(list(public), min(phase.public_rows, len(public)))
    return rows + [replace(row, known=row.known * phase.public_weight) for row in drawn]


def batches(
    rows: Sequence[Row], encoder: Encoder, size: int, rng: random.Random, device: torch.device
) -> Iterator[Batch]:
    """Shuffled batches of pairs of like length: padding would cost half of the time."""
    encoded = list(zip(encoder.encode([(row.text, row.context) for row in rows]), rows, strict=True))
    rng.shuffle(encoded)
    pool = size * 50
    groups = []
    for start in range(0, len(encoded), pool):
        near = sorted(encoded[start : start + pool], key=lambda one: len(one[0].ids))
        groups += [near[at : at + size] for at in range(0, len(near), size)]
    rng.shuffle(groups)
    for group in groups:
        wanted = torch.from_numpy(np.stack([row.targets for _, row in group])).to(device)
        known = torch.from_numpy(np.stack([row.known for _, row in group])).to(device)
        yield tensors([pair for pair, _ in group], device), wanted, known


def digest(phase: Phase, seed: int, rows: Sequence[Row]) -> str:
    """Names what a run learns from, so that it never goes on from another one's checkpoint."""
    found = hashlib.sha256(f"{phase} {seed}".encode())
    for row in rows:
        found.update(f"{row.text}\0{row.context}\0".encode() + row.targets.tobytes())
    return found.hexdigest()


def predict(network: PairClassifier, encoder: Encoder, rows: Sequence[Row]) -> Scores:
    """Logits of rows in their order, (rows, labels): what the weights say before they are exported."""
    network.eval()
    device = next(network.parameters()).device
    pairs = encoder.encode([(row.text, row.context) for row in rows])
    order = sorted(range(len(pairs)), key=lambda at: len(pairs[at].ids))
    found = np.zeros((len(rows), len(rows[0].targets)), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), 64):
            batch = order[start : start + 64]
            found[batch] = network(**tensors([pairs[at] for at in batch], device)).cpu().numpy()
    return found


def fit(
    network: PairClassifier,
    encoder: Encoder,
    phase: Phase,
    *,
    corpus: Sequence[Row],
    public: Sequence[Row],
    seed: int,
    checkpoint: Path,
    after_epoch: Callable[[], None] = lambda: None,
) -> None:
    """Trains in place. Writes `checkpoint` after each epoch and goes on from it when it is there."""
    device = next(network.parameters()).device
    per_epoch = math.ceil((len(corpus) + min(phase.public_rows, len(public))) / phase.batch_size)
    steps = per_epoch * phase.epochs
    optimiser = torch.optim.AdamW(
        [
            {"params": network.encoder.parameters(), "lr": phase.learning_rate},
            {"params": network.head.parameters(), "lr": phase.learning_rate * phase.head_rate},
        ],
        weight_decay=0.01,
    )
    warm = max(1, int(steps * phase.warmup))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda at: min((at + 1) / warm, max(0.0, (steps - at) / max(1, steps - warm)))
    )
    first = 0
    origin = digest(phase, seed, [*corpus, *public])
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if saved["origin"] != origin:
            raise ValueError(f"{checkpoint} was made from other rows or settings; move it away to train anew")
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        first = saved["epoch"]
    # On CPUs bfloat16 was slower (16 rows a second against 25 on two Sapphire Rapids cores).
    low_precision = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
    for epoch in range(first, phase.epochs):
        torch.manual_seed(seed + epoch)
        rng = random.Random(seed + epoch)
        rows = epoch_rows(corpus, public, phase, rng)
        network.train()
        losses = []
        for inputs, wanted, known in track(
            batches(rows, encoder, phase.batch_size, rng, device), f"Epoch {epoch + 1}/{phase.epochs}", per_epoch
        ):
            with low_precision:
                logits = network(**inputs)
            loss = (cross_entropy(logits.float(), wanted, reduction="none") * known).sum() / known.sum()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            schedule.step()
            losses.append(loss.item())
            if len(losses) % 200 == 0:  # for a log file, where the bar is not drawn
                print(f"  {len(losses)}/{per_epoch} loss {np.mean(losses[-200:]):.4f}", flush=True)
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        torch.save(
            {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "epoch": epoch + 1,
                "origin": origin,
            },
            checkpoint,
        )
        after_epoch()
