"""From trained weights to the int8 graph that ships."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn

from panah_model.network import PairClassifier, Probabilities

TABLE = "word_embeddings.weight"


class Smoothed(nn.Module):
    """A linear layer whose inputs are divided by `scale` and whose weights are multiplied by it: no change."""

    def __init__(self, layer: nn.Linear, scale: Tensor) -> None:
        super().__init__()
        self.inverse = nn.Parameter(1 / scale)
        self.layer = layer
        self.layer.weight.data *= scale

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.layer(inputs * self.inverse)
        return outputs


class TokenScaled(nn.Module):
    """A linear layer that reads each token's state at the size of its largest entry and gives the size back: no
    change. Some tokens' states are many times as large as the rest, and 8 bits have one scale for all of them.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.data.T.clone())
        self.bias = layer.bias

    def forward(self, inputs: Tensor) -> Tensor:
        size = inputs.abs().amax(-1, keepdim=True) + 1e-6
        outputs: Tensor = torch.matmul(inputs / size, self.weight) * size + self.bias
        return outputs


def smooth(network: PairClassifier, batches: Iterable[dict[str, Tensor]]) -> None:
    """Makes the feed-forward layers fit for 8 bits, in place, without changing what they compute. The first ones'
    inputs have channels up to a hundred times as large as the rest: they are evened out (SmoothQuant, Xiao et al.
    2023, equal shares). The second ones' differ by token: see TokenScaled.
    """
    layers = network.encoder.encoder.layer
    largest: dict[nn.Linear, Tensor] = {}

    def watch(module: nn.Linear, inputs: tuple[Tensor, ...]) -> None:
        seen = inputs[0].abs().flatten(0, -2).amax(0)
        largest[module] = torch.maximum(largest[module], seen) if module in largest else seen

    hooks = [layer.intermediate.dense.register_forward_pre_hook(watch) for layer in layers]
    network.eval()
    with torch.inference_mode():
        for batch in batches:
            network(**batch)
    for hook in hooks:
        hook.remove()
    for layer in layers:
        first = layer.intermediate.dense
        scale = (largest[first].clamp(min=1e-5) / first.weight.abs().amax(0).clamp(min=1e-5)).sqrt()
        layer.intermediate.dense = Smoothed(first, scale.clone())
        layer.output.dense = TokenScaled(layer.output.dense)


def export(whole: Probabilities, path: Path) -> None:
    """Writes the fp32 graph: three int64 inputs (batch, tokens), one output (batch, labels) of probabilities."""
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


def narrow_table(model: onnx.ModelProto) -> None:
    """Stores the token embeddings in 8 bits with a scale for each token, in place: rare tokens have rows many times
    as large as common ones. The rows that a text needs are widened after they were picked.
    """
    graph = model.graph
    gather = next(node for node in graph.node if node.op_type == "Gather" and node.input[0].endswith(TABLE))
    table = next(one for one in graph.initializer if one.name == gather.input[0])
    rows = numpy_helper.to_array(table)
    scales = np.maximum(np.abs(rows).max(1, keepdims=True) / 127, 1e-8).astype(np.float32)
    narrow = np.round(rows / scales).astype(np.int8)
    graph.initializer.remove(table)
    graph.initializer.extend(
        [numpy_helper.from_array(narrow, "table"), numpy_helper.from_array(scales, "table_scales")]
    )
    ids, out, at = gather.input[1], gather.output[0], list(graph.node).index(gather)
    graph.node.remove(gather)
    nodes = [
        helper.make_node("Gather", ["table", ids], ["picked"]),
        helper.make_node("Cast", ["picked"], ["picked_float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["table_scales", ids], ["picked_scales"]),
        helper.make_node("Mul", ["picked_float", "picked_scales"], [out]),
    ]
    for step, node in enumerate(nodes):
        graph.node.insert(at + step, node)


def quantise(fp32: Path, int8: Path) -> None:
    """Fuses attention and normalisation, stores weights in 8 bits per channel, the embedding table per token.
    Dynamic: activations are scaled per call.
    """
    options = FusionOptions("bert")
    options.enable_embed_layer_norm = False  # it would take one scale for the whole table
    fused = optimize_model(str(fp32), "bert", num_heads=12, hidden_size=384, optimization_options=options)
    middle = int8.with_suffix(".fused.onnx")
    fused.save_model_to_file(str(middle))
    quantize_dynamic(
        middle,
        int8,
        op_types_to_quantize=["MatMul", "Attention", "Gemm"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
    )
    middle.unlink()
    model = onnx.load(str(int8))
    narrow_table(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(int8))
