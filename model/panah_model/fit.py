"""The optimiser's loop, for all phases: seeded, with checkpoints to go on from."""

import hashlib
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.optim.swa_utils import AveragedModel

from panah.scoring.classifier import Encoded, Encoder, Scores, required
from panah.scoring.roman_urdu import romanise
from panah_model.augment import gloss, vary
from panah_model.config import Phase
from panah_model.network import PairClassifier
from panah_model.rows import Row

Batch = tuple[dict[str, Tensor], Tensor, Tensor]
SAVE_EVERY = 300  # steps: at most some minutes are lost when a run is cut
AVERAGED = 0.998  # decay of the moving average of the weights, which is what is kept; a memory of about 500 steps
FIRST_WORD = 5  # smaller ids are the marks


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


def epoch_rows(
    corpus: Sequence[Row], public: Sequence[Row], phase: Phase, glosses: Mapping[str, str], rng: random.Random
) -> list[Row]:
    """One epoch: all of the corpus, some of it without its post or typed otherwise, and a draw of public rows."""

    def other(row: Row) -> Row:
        text = vary(row.text, phase.vary, rng, roman_urdu=row.lang == "ur-Latn")
        if row.lang != "en" and rng.random() < phase.gloss:
            text = gloss(romanise(text), glosses, 0.4, rng)
        return replace(row, text=text, context="" if rng.random() < phase.drop_context else row.context)

    drawn = rng.sample(list(public), min(phase.public_rows, len(public)))
    return [other(row) for row in corpus] + [
        replace(other(row), known=row.known * phase.public_weight) for row in drawn
    ]


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


def mask_words(
    ids: Tensor, share: float, *, mask: int, pieces: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Ids with a share of the words hidden, and where, (batch, tokens): of those hidden 8 in 10 are the mask, 1 is
    another word, 1 is itself (Devlin et al. 2019, section 3.1).
    """
    chosen = (torch.rand(ids.shape, generator=generator) < share) & (ids >= FIRST_WORD)
    way = torch.rand(ids.shape, generator=generator)
    words = torch.randint(FIRST_WORD, pieces, ids.shape, generator=generator)
    shown = torch.where(way < 0.8, torch.full_like(ids, mask), torch.where(way < 0.9, words, ids))
    return torch.where(chosen, shown, ids), chosen


def digest(phase: Phase, seed: int, rows: Sequence[Row], *, start: nn.Module, encoder: Encoder) -> str:
    """Names what a run starts and learns from, so that it never goes on from another one's checkpoint."""
    found = hashlib.sha256(f"{phase} {seed} {encoder.tokenizer.to_str()}".encode())
    for weights in start.state_dict().values():
        found.update(weights.cpu().numpy().tobytes())
    for row in rows:
        found.update(f"{row.text}\0{row.context}\0".encode() + row.targets.tobytes() + row.known.tobytes())
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


def average(averaged: list[Tensor], last: list[Tensor], steps: Tensor | int) -> None:
    """Moves the average towards the last weights: fast at first, or the start would weigh on a short run."""
    share = max(1 - AVERAGED, 9 / (10 + int(steps)))
    torch._foreach_lerp_(averaged, last, share)


def loss_of(
    network: PairClassifier, batch: Batch, phase: Phase, *, mask: int, generator: torch.Generator
) -> Tensor:
    """Labels that are known, and the masked words where the phase asks for them."""
    inputs, wanted, known = batch
    ids, (attention, segments) = inputs["input_ids"], (inputs["attention_mask"], inputs["token_type_ids"])
    pieces = network.table.num_embeddings
    masked, where = mask_words(ids.cpu(), phase.masked, mask=mask, pieces=pieces, generator=generator)
    states = network.states(masked.to(ids.device), attention, segments)
    logits = network.judge(states, attention, segments).float()
    smooth = wanted * (1 - phase.smooth) + phase.smooth / 2
    loss = (cross_entropy(logits, smooth, reduction="none") * known).sum() / known.sum().clamp(min=1)
    if phase.words_weight and where.any():
        where = where.to(ids.device)
        loss = loss + phase.words_weight * nn.functional.cross_entropy(network.guess(states[where]), ids[where])
    return loss


def fit(
    network: PairClassifier,
    encoder: Encoder,
    phase: Phase,
    *,
    corpus: Sequence[Row],
    public: Sequence[Row],
    glosses: Mapping[str, str],
    seed: int,
    checkpoint: Path,
    after_epoch: Callable[[nn.Module], None] = lambda averaged: None,
) -> None:
    """Trains in place. Writes `checkpoint` every SAVE_EVERY steps and goes on from it when it is there; its
    "network" is the moving average of the weights.
    """
    device = next(network.parameters()).device
    per_epoch = math.ceil((len(corpus) + min(phase.public_rows, len(public))) / phase.batch_size)
    steps = per_epoch * phase.epochs
    encoder_weights = list(network.encoder.parameters())
    heads = [weight for name, weight in network.named_parameters() if not name.startswith("encoder.")]
    optimiser = torch.optim.AdamW(
        [
            {"params": encoder_weights, "lr": phase.learning_rate},
            {"params": heads, "lr": phase.learning_rate * phase.head_rate},
        ],
        weight_decay=0.01,
        fused=True,
    )
    warm = max(1, int(steps * phase.warmup))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda at: min((at + 1) / warm, max(0.0, (steps - at) / max(1, steps - warm)))
    )
    averaged = AveragedModel(network, multi_avg_fn=average)
    done = 0
    origin = digest(phase, seed, [*corpus, *public], start=network, encoder=encoder)
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if saved["origin"] != origin:
            raise ValueError(
                f"{checkpoint} was made from other rows, weights or settings; move it away to train anew"
            )
        network.load_state_dict(saved["last"])
        averaged.module.load_state_dict(saved["network"])
        averaged.n_averaged.fill_(saved["done"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        done = saved["done"]

    def save() -> None:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "network": averaged.module.state_dict(),
            "last": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "done": done,
            "steps": steps,
            "origin": origin,
        }
        torch.save(state, checkpoint.with_suffix(".part"))
        checkpoint.with_suffix(".part").replace(checkpoint)

    mask = required(encoder.tokenizer, "[MASK]")
    # On CPUs bfloat16 was slower (16 rows a second against 25 on two Sapphire Rapids cores).
    low_precision = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
    for epoch in range(done // per_epoch, phase.epochs):
        rng = random.Random(seed + epoch)
        rows = epoch_rows(corpus, public, phase, glosses, rng)
        network.train()
        losses = []
        every = enumerate(batches(rows, encoder, phase.batch_size, rng, device), epoch * per_epoch)
        for at, batch in track(every, f"Epoch {epoch + 1}/{phase.epochs}", per_epoch):
            if at < done:
                continue
            torch.manual_seed(seed + at)
            with low_precision:
                loss = loss_of(network, batch, phase, mask=mask, generator=torch.Generator().manual_seed(seed + at))
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            schedule.step()
            averaged.update_parameters(network)
            done = at + 1
            losses.append(loss.item())
            if done % SAVE_EVERY == 0:
                print(f"  {done}/{steps} loss {np.mean(losses[-SAVE_EVERY:]):.4f}", flush=True)  # for a log file
                save()
        print(f"epoch {epoch + 1}: loss {np.mean(losses or [math.nan]):.4f}", flush=True)
        save()
        after_epoch(averaged.module)
    network.load_state_dict(averaged.module.state_dict())
