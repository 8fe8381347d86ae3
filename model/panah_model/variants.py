"""`python -m panah_model variants`: graphs of the same weights beside each other, to choose from: time, distance
from 32 bits, size. On dev rows; the report tells what the chosen one does on test rows.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model

from panah.scoring.classifier import MOST_TOGETHER, Encoded, Scores, alone, inputs, make_session
from panah_model.evening import SHARES, evened, extremes
from panah_model.graph import Array, Variant, Weights, build
from panah_model.network import Probabilities

WIDTH, HEADS = 384, 12
TIMED = 64  # pairs
ROUNDS = 5


def exported(whole: Probabilities, path: Path) -> None:
    """torch's own export: `input_ids`, `attention_mask`, `token_type_ids` (batch, tokens) to `scores`."""
    whole.eval()
    example = torch.ones(2, 8, dtype=torch.long)
    segments = torch.zeros_like(example)
    segments[:, 5:] = 1
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "tokens"} for name in names} | {"scores": {0: "batch"}}
    torch.onnx.export(
        whole,
        (example, example, segments),
        str(path),
        input_names=names,
        output_names=["scores"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,  # its graph is the one onnxruntime's BERT fusions know
    )


def fused(fp32: Path, path: Path) -> None:
    """onnxruntime's BERT fusions."""
    options = FusionOptions("bert")
    options.enable_embed_layer_norm = False  # 8 bits would take one scale for the whole table
    made = optimize_model(str(fp32), "bert", num_heads=HEADS, hidden_size=WIDTH, optimization_options=options)
    made.save_model_to_file(str(path))


def dynamic(source: Path, path: Path) -> None:
    """What everybody does: weights in 8 bits per channel, activations scaled by what is in a call."""
    quantize_dynamic(
        source,
        path,
        op_types_to_quantize=["MatMul", "Attention", "Gemm"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def weights_alone(fp32: Path, path: Path) -> None:
    """Weights in blocks of 32 with 8 bits, activations in blocks while it runs."""
    made = MatMulNBitsQuantizer(onnx.load(fp32), bits=8, block_size=32, is_symmetric=True, accuracy_level=4)
    made.process()
    made.model.save_model_to_file(str(path))


class Reader(CalibrationDataReader):
    """Hands pairs to onnxruntime's calibration."""

    def __init__(self, pairs: Sequence[Encoded]) -> None:
        self.left = iter([alone(pair) for pair in pairs])

    def get_next(self) -> dict[str, Array] | None:
        return next(self.left, None)


def standard_static(fp32: Path, path: Path, pairs: Sequence[Encoded]) -> None:
    """onnxruntime's own static 8 bits: QuantizeLinear and DequantizeLinear around each product."""
    prepared = path.with_suffix(".prepared.onnx")
    quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        prepared,
        path,
        Reader(pairs),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    prepared.unlink()


def scores_of(session: ort.InferenceSession, pairs: Sequence[Encoded], *, together: int = 1) -> Scores:
    """(pairs, labels): a call for each pair, or for `together` neighbours where all of them answer one post."""
    if len(session.get_inputs()) > 2:
        return np.concatenate([session.run(["scores"], alone(pair))[0] for pair in pairs])
    calls = [pairs[at : at + together] for at in range(0, len(pairs), together)]
    return np.concatenate([session.run(["scores"], inputs(call))[0] for call in calls])


def in_threads(pairs: Sequence[Encoded]) -> list[Encoded]:
    """Pairs of which each MOST_TOGETHER neighbours answer one post and are of like length; others are left out."""
    posts: dict[tuple[int, ...], list[Encoded]] = {}
    for pair in pairs:
        posts.setdefault(pair.post, []).append(pair)
    found: list[Encoded] = []
    for same in posts.values():
        same.sort(key=lambda pair: pair.reply_tokens)
        found += same[: len(same) // MOST_TOGETHER * MOST_TOGETHER]
    return found


def made(
    whole: Probabilities, weights: Weights, pairs: Sequence[Encoded], folder: Path
) -> Iterator[tuple[str, Path]]:
    """Names and files of the variants, the one to compare with first."""

    def path(name: str) -> Path:
        return folder / f"{name}.onnx"

    def ours(name: str, of: Weights, variant: Variant) -> Path:
        onnx.save(build(of, variant), path(name))
        return path(name)

    exported(whole, path("export"))
    yield "32 bits, torch's export", path("export")
    fused(path("export"), path("fused"))
    yield "… with onnxruntime's fusions", path("fused")
    dynamic(path("fused"), path("dynamic"))
    yield "… and dynamic 8 bits", path("dynamic")
    standard_static(path("export"), path("static"), pairs[:64])
    yield "onnxruntime's static 8 bits", path("static")
    weights_alone(path("export"), path("blocks"))
    yield "weights alone in 8 bits", path("blocks")
    found = extremes(weights, pairs)
    yield "own graph, 32 bits", ours("own32", weights, Variant(narrow_table=False))
    yield "own graph, 8 bits", ours("own8", *_with(evened(weights, found, shares=dict.fromkeys(SHARES), copies=0)))
    yield "… evened out", ours("evened", *_with(evened(weights, found, copies=0)))
    even, narrowings = evened(weights, found)
    yield "… and copied channels (**ships**)", ours("ships", even, Variant(narrowings))
    yield "… with the table in 32 bits", ours("table32", even, Variant(narrowings, narrow_table=False))


def _with(found: tuple[Weights, Mapping[Any, Any]]) -> tuple[Weights, Variant]:
    return found[0], Variant(found[1])


def compare(
    whole: Probabilities,
    weights: Weights,
    *,
    seen: Sequence[Encoded],
    dev: Sequence[Encoded],
    told: Callable[[Scores, Scores], Sequence[str]],
    beside: Path | None = None,
) -> Iterator[list[str]]:
    """Rows of the table: name, ms a pair on one core alone and in threads, the latter as a ratio of the first, MB,
    then what `told` says of the first one's scores and its own, both (dev, labels). `beside` is another graph to
    add.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = [*made(whole, weights, seen, Path(folder)), *([("beside", beside)] if beside else [])]
        sessions = {name: make_session(path) for name, path in files}
        timed = in_threads(dev)[:TIMED]
        times: dict[tuple[str, int], list[float]] = defaultdict(list)
        for _ in range(ROUNDS):  # in turns: the machine is not equally fast all the time
            for name, session in sessions.items():
                for together in (1, MOST_TOGETHER):
                    start = time.perf_counter()
                    scores_of(session, timed, together=together)
                    times[name, together].append((time.perf_counter() - start) / len(timed) * 1000)
        best = {key: min(found) for key, found in times.items()}
        first, *_ = sessions
        reference = scores_of(sessions[first], dev)
        for name, path in files:
            own = scores_of(sessions[name], dev)
            size = f"{path.stat().st_size / 1e6:.1f}"
            faster = best[first, MOST_TOGETHER] / best[name, MOST_TOGETHER]
            alone_ms, thread_ms = best[name, 1], best[name, MOST_TOGETHER]
            yield [name, f"{alone_ms:.2f}", f"{thread_ms:.2f}", f"{faster:.2f}", size, *told(reference, own)]
