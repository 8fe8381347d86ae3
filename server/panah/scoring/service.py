"""Judges replies: what is known comes from the cache, the rest from the model, the action from the policy."""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from panah.metrics import Metrics
from panah.scoring.cache import Cache, Row, cache_key
from panah.scoring.classifier import Encoded, Encoder, ModelConfig, calibrated
from panah.scoring.policy import LABELS, Label, Levels, Policy, Sensitivity
from panah.scoring.schemas import ReplyIn
from panah.scoring.serving import Running, Serving
from panah.scoring.text import MAX_CHARACTERS, LanguageGroup, has_words, language_group, normalise

UNJUDGED: dict[Label, float] = dict.fromkeys(LABELS, 0.0)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A reply in the form that the model reads. `encoded` is None when there is nothing to read."""

    id: str
    text: str
    context: str
    group: LanguageGroup
    cut: bool
    encoded: Encoded | None


def prepare(replies: Sequence[ReplyIn], encoder: Encoder) -> list[Prepared]:
    """Normalises and encodes replies. Pure and slow enough (about 0.1 ms each) to belong in a thread."""
    texts = [normalise(reply.text[:MAX_CHARACTERS]) for reply in replies]
    contexts = {
        given: normalise(given[:MAX_CHARACTERS])
        for given in {reply.context or "" for reply in replies}  # one thread, one disclosure: read it once
    }
    readable = [at for at, text in enumerate(texts) if has_words(text)]
    pairs = [(texts[at], contexts[replies[at].context or ""]) for at in readable]
    encoded = dict(zip(readable, encoder.encode(pairs), strict=True))
    return [
        Prepared(
            reply.id,
            texts[at],
            contexts[reply.context or ""],
            language_group(texts[at], reply.lang),
            len(reply.text) > MAX_CHARACTERS,
            encoded.get(at),
        )
        for at, reply in enumerate(replies)
    ]


def verdict(
    reply: Prepared,
    row: Row | None,
    *,
    model: ModelConfig,
    policy: Policy,
    sensitivity: Sensitivity,
    levels: Levels | None = None,
) -> dict[str, Any]:
    """One verdict as plain values, from the graph's scores. `row` is None for a reply without words, which is
    always shown.
    """
    truncated = reply.cut or (reply.encoded is not None and reply.encoded.truncated)
    if row is None:
        action, reason, scores = "show", None, UNJUDGED
    else:
        found = calibrated(row, model.temperatures[reply.group])
        scores = dict(zip(model.labels, (round(p, 4) for p in found.tolist()), strict=True))
        action, reason = policy.decide(scores, group=reply.group, sensitivity=sensitivity, levels=levels)
    return {
        "id": reply.id,
        "action": action,
        "reason": reason,
        "language": reply.group,
        "truncated": truncated,
        "scores": scores,
    }


@dataclass(frozen=True, slots=True)
class Judged:
    """A request's replies and verdicts, in its order, and what was in force when it began."""

    running: Running
    replies: list[Prepared]
    verdicts: list[dict[str, Any]]
    sensitivity: Sensitivity
    levels: Levels | None


class Scorer:
    """What judging takes, put together once by the app. `offer` gets what was judged while a model runs beside."""

    def __init__(
        self,
        *,
        serving: Serving,
        cache: Cache,
        secret: bytes,
        metrics: Metrics,
        offer: Callable[[Judged], None],
    ) -> None:
        self.serving = serving
        self.cache = cache
        self.secret = secret
        self.metrics = metrics
        self.offer = offer
        # Its own: a stuck database check must not take the threads that reading texts needs.
        self.threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="prepare")

    def close(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)

    async def rows(self, running: Running, replies: Sequence[Prepared]) -> list[Row | None]:
        """Scores per reply, in order, None for a reply without words. Equal pairs are scored once.
        Raises Overloaded and ScoringFailed.
        """
        model = running.config.name
        keys = [
            cache_key(self.secret, model=model, reply=reply.text, context=reply.context) if reply.encoded else b""
            for reply in replies
        ]
        pairs = {key: reply.encoded for key, reply in zip(keys, replies, strict=True) if reply.encoded}
        known: dict[bytes, Row] = {}
        if pairs:
            looked_up = zip(pairs, await self.cache.get(list(pairs)), strict=True)
            known = {key: row for key, row in looked_up if row is not None}
        unseen = [key for key in pairs if key not in known]
        self.metrics.cache.labels("hit").inc(len(pairs) - len(unseen))
        self.metrics.cache.labels("miss").inc(len(unseen))
        if unseen:
            scored = await running.batcher.score([pairs[key] for key in unseen])
            fresh = list(zip(unseen, scored, strict=True))
            await self.cache.put(fresh)
            known.update(fresh)
        return [known.get(key) for key in keys]

    async def judge(
        self, replies: Sequence[ReplyIn], *, sensitivity: Sensitivity, levels: Levels | None = None
    ) -> Judged:
        """Verdicts in the order of the replies, by what is in force now. Raises Overloaded and ScoringFailed."""
        running = self.serving.running
        with running.model:
            loop = asyncio.get_running_loop()
            prepared = await loop.run_in_executor(self.threads, prepare, replies, running.encoder)
            rows = await self.rows(running, prepared)
        model, policy = running.config, running.policy
        verdicts = [
            verdict(reply, row, model=model, policy=policy, sensitivity=sensitivity, levels=levels)
            for reply, row in zip(prepared, rows, strict=True)
        ]
        for one in verdicts:
            self.metrics.verdicts.labels(one["action"], one["reason"] or "none").inc()
        judged = Judged(running, prepared, verdicts, sensitivity, levels)
        if running.beside is not None:
            self.offer(judged)
        return judged
