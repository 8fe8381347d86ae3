"""Gives the peers the network that ships: `PYTHONPATH=server python -m benchmarks.peers.weights ARTEFACT FOLDER`.

Only the artefact is in the repository, not what it was made from. So the weights are read back from its graph,
8-bit ones as 32-bit numbers, and put into the class that every server knows, BertForSequenceClassification, which
is saved as such, as an fp32 graph, and as the usual dynamic int8 graph (fused, then quantised per channel).

The same as in the service: the vocabulary, the embeddings, six layers, ten outputs. Not the same: in that class
the post hears the reply too, and its positions begin where the reply ends, so what it becomes is different for each
reply and cannot be computed once for several. It reads the first token through a pooler where the service averages
over the reply (here the pooler changes nothing but the tanh), and knows no n-grams. So the peers' verdicts differ
from ours, but a pair alone is the same work, to which the n-grams would add little. The check at the end averages
over the reply on top of the weights: its opinion and the shipped graph's must go together.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from panah.scoring.classifier import Classifier
from panah.scoring.text import normalise

Array = NDArray[Any]
Linear = tuple[Array, Array]  # weight (inputs, outputs) and bias
HEADS = 12
PLACES_OF_BERT = 512
# Where an operator has its weight's scale, the weight's zero and its bias.
PLACES = {
    "QAttention": (4, 7, 2),
    "MatMulIntegerToFloat": (3, 5, 6),
    "DynamicQuantizeMatMul": (2, 3, 4),
    "MatMulInteger": (None, 3, None),
    "Attention": (None, None, 2),
    "MatMul": (None, None, None),
    "Gemm": (None, None, 2),
}


class Graph:
    """A graph's weights, in the order in which its operators use them."""

    def __init__(self, path: Path) -> None:
        graph = onnx.load(path).graph
        self.nodes = list(graph.node)
        self.values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self.maker = {name: node for node in self.nodes for name in node.output}

    def value(self, node: onnx.NodeProto, place: int | None) -> Array | None:
        if place is None or place >= len(node.input):
            return None
        return self.values.get(node.input[place])

    def users(self, name: str) -> list[onnx.NodeProto]:
        return [node for node in self.nodes if name in node.input]

    def linears(self) -> Iterator[Linear]:
        """Each linear layer's weight (inputs, outputs) and bias in fp32, equalisation folded back into it."""
        for node in self.nodes:
            weight = self.value(node, 1)
            if node.op_type not in PLACES or weight is None or weight.ndim != 2:
                continue
            at_scale, at_zero, at_bias = PLACES[node.op_type]
            scale = self.value(node, at_scale)
            if node.op_type == "MatMulInteger":
                scale = self.values[node.input[1].replace("_quantized", "_scale")]
            zero, bias = self.value(node, at_zero), self.value(node, at_bias)
            if zero is not None:
                weight = weight.astype(np.float32) - zero
            if scale is not None:
                weight = weight * scale
            if bias is None:
                bias = self.bias_after(node.output[0], weight.shape[1])
            yield (weight * self.equalised(node, weight)).astype(np.float32), bias.astype(np.float32)

    def equalised(self, node: onnx.NodeProto, weight: Array) -> Array:
        """What the inputs are multiplied with before they are quantised, (inputs, 1); ones for nothing."""
        before = self.maker.get(node.input[0])
        while before is not None and before.op_type in {"QuantizeLinear", "DynamicQuantizeLinear", "Slice"}:
            before = self.maker.get(before.input[0])
        if before is not None and before.op_type == "Mul":
            for name in before.input:
                if name in self.values and self.values[name].shape == (len(weight),):
                    return np.asarray(self.values[name]).reshape(-1, 1)
        return np.ones((len(weight), 1), np.float32)

    def bias_after(self, name: str, width: int) -> Array:
        """The first vector of that width that is added further down; noughts where none is within four steps."""
        for _ in range(4):
            users = self.users(name)
            if len(users) != 1:
                break
            (node,) = users
            places = [4] if node.op_type == "SkipLayerNormalization" else [0, 1]
            if node.op_type in {"Add", "BiasGelu", "SkipLayerNormalization"}:
                for place in places:
                    found = self.value(node, place)
                    if found is not None and found.shape == (width,):
                        return found
            name = node.output[0]
        return np.zeros(width, np.float32)

    def norms(self) -> list[tuple[Array, Array]]:
        """Weight and bias of each layer normalisation."""
        first = {"LayerNormalization": 1, "SkipLayerNormalization": 2}
        found = [(node, first[node.op_type]) for node in self.nodes if node.op_type in first]
        return [(self.values[node.input[at]], self.values[node.input[at + 1]]) for node, at in found]

    def table(self, rows: int, width: int) -> Array:
        """An embedding table (rows, width) in fp32. Raises LookupError."""
        for name, value in self.values.items():
            if value.shape == (rows, width):
                scales = [self.values[key] for key in (f"{name}_scales", f"{name}.scales") if key in self.values]
                whole = value * scales[0].reshape(rows, -1) if scales else value
                return np.asarray(whole, np.float32)
        raise LookupError(f"no table of {rows} rows in the graph")

    def places(self) -> tuple[Array, Array]:
        """The tables of positions (places, width) and of segments (2, width). The graph holds their sums, for a
        reply from the first position on, for a post from a later one; since nothing else is read, segment 0 may be
        noughts. Raises LookupError or ValueError where the sums do not come from two such tables.
        """
        reply, post = self.values["places.reply"], self.values["places.post"]
        apart = post - reply[len(reply) - len(post) :]
        segment = apart.mean(0)
        if not np.allclose(apart, segment, atol=1e-5):
            raise ValueError("the post's places are not the reply's and a segment")
        # What no pair reaches is not in the graph; the peers' class wants all that it has.
        positions = np.zeros((PLACES_OF_BERT, len(segment)), np.float32)
        positions[: len(reply)] = reply
        return positions, np.stack([np.zeros_like(segment), segment])


def network(graph: Graph, *, words: int, labels: Sequence[str]) -> BertForSequenceClassification:
    """The network that the graph holds. Raises LookupError or ValueError where it is built otherwise."""
    norms, linears = graph.norms(), list(graph.linears())
    width = len(norms[0][0])
    layers = (len(norms) - 1) // 2
    positions, segments = graph.places()
    config = BertConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=HEADS,
        intermediate_size=4 * width,
        layer_norm_eps=1e-12,
        problem_type="multi_label_classification",
        id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config).eval()
    found: dict[str, Array] = {
        "bert.embeddings.word_embeddings.weight": graph.table(words, width),
        "bert.embeddings.position_embeddings.weight": positions,
        "bert.embeddings.token_type_embeddings.weight": segments,
    }
    put(found, "bert.embeddings.LayerNorm", norms[0])
    for at in range(layers):
        layer = f"bert.encoder.layer.{at}"
        read = [linears.pop(0)]
        while sum(weight.shape[1] for weight, _ in read) < 3 * width:
            read.append(linears.pop(0))
        weights = np.split(np.concatenate([weight for weight, _ in read], 1), 3, axis=1)
        biases = np.split(np.concatenate([bias for _, bias in read]), 3)
        for part, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
            put(found, f"{layer}.attention.self.{part}", (weight.T, bias))
        out, first, second = linears.pop(0), *once(linears.pop(0), linears.pop(0), 4 * width)
        parts = {"attention.output.dense": out, "intermediate.dense": first, "output.dense": second}
        for part, (weight, bias) in parts.items():
            put(found, f"{layer}.{part}", (weight.T, bias))
        put(found, f"{layer}.attention.output.LayerNorm", norms[1 + 2 * at])
        put(found, f"{layer}.output.LayerNorm", norms[2 + 2 * at])
    put(found, "bert.pooler.dense", (np.eye(width), np.zeros(width)))
    weight, bias = linears.pop(0)
    put(found, "classifier", (weight.T[: len(labels)], bias[: len(labels)]))
    model.load_state_dict({name: torch.tensor(np.array(value, np.float32)) for name, value in found.items()})
    return model


def once(first: Linear, second: Linear, inner: int) -> tuple[Linear, Linear]:
    """The two layers with each of the `inner` channels between them once. A graph may hold a channel several times,
    so that 8 bits are enough for each of them; what follows on its copies is added up here.
    """
    into, out = first[0], second[0].copy()
    for copy in range(inner, into.shape[1]):
        original = np.abs(into[:, :inner] - into[:, copy, None]).sum(0).argmin()
        out[original] += out[copy]
    return (into[:, :inner], first[1][:inner]), (out[:inner], second[1])


def put(found: dict[str, Array], name: str, pair: tuple[Array, Array]) -> None:
    found[f"{name}.weight"], found[f"{name}.bias"] = pair


def tokenizer_of(artefact: Path) -> PreTrainedTokenizerFast:
    """The shipped vocabulary; pairs as [CLS] reply [SEP] context [SEP]."""
    tokenizer = Tokenizer.from_file(str(artefact / "tokenizer.json"))
    marks = [(mark, tokenizer.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", marks)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **{f"{name}_token": f"[{name.upper()}]" for name in ("unk", "cls", "sep", "pad", "mask")},
        model_max_length=PLACES_OF_BERT,
    )


def export(model: BertForSequenceClassification, folder: Path) -> None:
    """model.onnx in fp32 and model_quantized.onnx, as the documents of onnxruntime make them."""
    names = ["input_ids", "attention_mask", "token_type_ids"]
    ones = torch.ones(2, 16, dtype=torch.long)
    axes = {name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}}
    plain = folder / "model.onnx"
    torch.onnx.export(
        model,
        (ones, ones, 0 * ones),
        str(plain),
        input_names=names,
        output_names=["logits"],
        dynamic_axes=axes,
        dynamo=False,
    )
    with tempfile.TemporaryDirectory() as scratch:
        fused = Path(scratch) / "fused.onnx"
        optimiser = optimize_model(
            str(plain), model_type="bert", num_heads=HEADS, hidden_size=model.config.hidden_size
        )
        optimiser.save_model_to_file(str(fused))
        quantised = folder / "model_quantized.onnx"
        # Shapes are not inferred through fused operators; all that has no type here are floats.
        floats = {"DefaultTensorType": onnx.TensorProto.FLOAT}
        quantize_dynamic(fused, quantised, weight_type=QuantType.QInt8, per_channel=True, extra_options=floats)
    layers = optimiser.get_fused_operator_statistics()["Attention"]
    print(f"the peers' graph: attention fused in {layers} of {model.config.num_hidden_layers} layers")


def agreement(artefact: Path, model: BertForSequenceClassification) -> float:
    """How the network's opinion, averaged over the reply as in the service, goes with the shipped graph's: the
    median over the labels of the correlation of their logits on examples. The n-grams keep it below 1, and so do
    the post's other positions and what it hears of the reply, since the peers' attention is full.
    """
    tokenizer = tokenizer_of(artefact)
    service = Classifier(artefact)
    examples = json.loads((artefact / "examples.json").read_text(encoding="utf-8"))
    rows = [row for row in examples["rows"] if row["language"] == "en"][:60]  # Urdu is respelt before it is read
    pairs = [(normalise(row["text"]), normalise(examples["contexts"][row["context"]])) for row in rows]
    scores = np.clip(service.score(service.encoder.encode(pairs)), 1e-4, 1 - 1e-4)
    ours, theirs = np.log(scores / (1 - scores)), []
    for text, context in pairs:
        inputs = tokenizer(text, context, return_tensors="pt", truncation=True)
        with torch.inference_mode():
            found = model.bert(**inputs).last_hidden_state[0]
            reply = inputs["token_type_ids"][0] == 0
            theirs.append(model.classifier(found[reply].mean(0)).numpy())
    columns = zip(ours.T, np.array(theirs).T, strict=True)
    return float(np.median([np.corrcoef(first, second)[0, 1] for first, second in columns]))


def main() -> None:
    artefact, folder = Path(sys.argv[1]), Path(sys.argv[2])
    stamp = hashlib.sha256((artefact / "model.onnx").read_bytes() + Path(__file__).read_bytes()).hexdigest()
    if (folder / "stamp").is_file() and (folder / "stamp").read_text() == stamp:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    labels = json.loads((artefact / "config.json").read_text(encoding="utf-8"))["labels"]
    tokenizer = tokenizer_of(artefact)
    model = network(Graph(artefact / "model.onnx"), words=len(tokenizer), labels=labels)
    print(f"agreement of the peers' weights with the shipped graph: r = {agreement(artefact, model):.3f}")
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    export(model, folder)
    (folder / "stamp").write_text(stamp)


if __name__ == "__main__":
    main()
