"""From trained weights to the int8 graph that ships."""

from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model

from panah_model.network import PairClassifier, Probabilities


def export(network: PairClassifier, path: Path) -> None:
    """Writes the fp32 graph: three int64 inputs (batch, tokens), one output (batch, labels) of probabilities."""
    network.eval()
    example = torch.ones(2, 8, dtype=torch.long)
    segments = torch.zeros_like(example)
    segments[:, 5:] = 1
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "tokens"} for name in names} | {"scores": {0: "batch"}}
    torch.onnx.export(
        Probabilities(network),
        (example, example, segments),
        str(path),
        input_names=names,
        output_names=["scores"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,  # its graph is the one onnxruntime's BERT fusions know
    )


def quantise(fp32: Path, int8: Path) -> None:
    """Fuses attention and normalisation, then stores weights and the embedding table in 8 bits per channel.
    Dynamic: activations are scaled per call, so no calibration set is needed.
    """
    options = FusionOptions("bert")
    fused = optimize_model(str(fp32), "bert", num_heads=12, hidden_size=384, optimization_options=options)
    middle = int8.with_suffix(".fused.onnx")
    fused.save_model_to_file(str(middle))
    quantize_dynamic(
        middle,
        int8,
        op_types_to_quantize=["MatMul", "Attention", "Gather", "EmbedLayerNormalization", "Gemm"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    middle.unlink()
    onnx.checker.check_model(str(int8))
