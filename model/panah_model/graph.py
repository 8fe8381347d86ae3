"""The graph that ships, written operator by operator: the network and the n-grams as few and fast operators of
onnxruntime's for processors without a GPU.

A call takes one post and any number of replies to it, and reads the post once (network.py says why it may). What
else is different from torch's export:

- linear layers read 8 bits with ranges that were measured beforehand (evening.py), and no token of them is padding;
- only attention sees padding, up to the longest reply of the call, and gives it weights that are lost in rounding.
  A reply's scores do not depend on its company in a call, bit by bit;
- the last layer computes the replies' tokens alone, since only they are averaged;
- SkipLayerNormalization and MultiHeadAttention, which onnxruntime 1.31 computes slowly on processors, are written
  as Add with LayerNormalization and as ONNX's own Attention;
- queries, keys and values are three products of one narrowed input: splitting one product copies all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from panah.scoring.policy import LABELS
from panah_model.network import POST_AT, Probabilities
from panah_model.ngrams import FIRST, SECOND

Array = NDArray[Any]
Site = Literal["qkv", "out", "first", "second"]  # the four inputs of linear layers in a layer of the transformer
SITES: tuple[Site, ...] = ("qkv", "out", "first", "second")

MICROSOFT = "com.microsoft"
OPSET = 23  # the first one with Attention
VICTIM_BLAMING, HOSTILE = LABELS.index("victim_blaming"), LABELS.index("hostile")
BLAMING = LABELS.index("threat")  # the labels before it make up victim_blaming
END = np.iinfo(np.int64).max
# Added to scores of what must not be heard. Padding repeats a token of its row, so its weight is at most e^-40, and
# is lost in rounding; what stands for no post is a token of its own, the same in every call. Lower ones would give
# numbers below 1e-38, which take processors longer.
NEVER = -40.0


@dataclass(frozen=True)
class Layer:
    """One transformer layer's weights, each (inputs, outputs)."""

    query: Array
    key: Array
    value: Array
    out: Array
    first: Array
    second: Array
    biases: Mapping[str, Array]  # by the names above
    norms: tuple[tuple[Array, Array], tuple[Array, Array]]  # (weight, bias) after attention, after feed-forward


@dataclass(frozen=True)
class Weights:
    """All that the graph computes with. `table` is (pieces, width), `ngrams` int8 (features, labels + 1)."""

    table: Array
    positions: Array
    segments: Array
    norm: tuple[Array, Array]
    layers: tuple[Layer, ...]
    head: tuple[Array, Array]  # (width, labels), (labels,)
    ngrams: Array
    ngram_scales: Array
    ngram_bias: Array
    mixed: Array  # (2, labels): what the network's and the n-grams' logits count
    mixed_bias: Array
    heads: int


@dataclass(frozen=True)
class Narrowing:
    """How a linear layer's inputs become 8 bits: divided by `even` (inputs,) first, then from `low` to `high`."""

    low: float
    high: float
    even: Array | None = None


@dataclass(frozen=True)
class Variant:
    """What graphs that compute the same function differ in. Without narrowings the linear layers have 32 bits."""

    narrowings: Mapping[tuple[int, Site], Narrowing] = field(default_factory=dict)
    narrow_table: bool = True


class Graph:
    """Collects operators and weights; each operator has one output, which is called like it."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, onnx.TensorProto] = {}
        self.sites: dict[tuple[int, Site], str] = {}  # the tensor that enters each site

    def weight(self, name: str, value: Array) -> str:
        if name not in self.weights:
            self.weights[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def ints(self, *values: int) -> str:
        return self.weight("ints." + ".".join(map(str, values)), np.array(values, np.int64))

    def add(self, op: str, *inputs: str, name: str = "", domain: str = "", **attributes: Any) -> str:
        name = name or f"{op}.{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def part(self, x: str, start: int | str, end: int | str, axis: int) -> str:
        """x from `start` to `end`: numbers, or names of tensors with one."""
        bounds = (self.ints(at) if isinstance(at, int) else at for at in (start, end))
        return self.add("Slice", x, *bounds, self.ints(axis))

    def norm(self, x: str, name: str, norm: tuple[Array, Array]) -> str:
        scale, bias = self.weight(f"{name}.weight", norm[0]), self.weight(f"{name}.bias", norm[1])
        return self.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-12)

    def model(self, also: Sequence[str]) -> onnx.ModelProto:
        """The whole, with `scores` and what is to be watched for outputs. Checked."""
        takes = [
            helper.make_tensor_value_info("post", TensorProto.INT64, ["post_tokens"]),
            helper.make_tensor_value_info("replies", TensorProto.INT64, ["replies", "longest"]),
        ]
        gives = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["replies", len(LABELS)])]
        gives += [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["tokens", None]) for name in also]
        graph = helper.make_graph(self.nodes, "panah", takes, gives, list(self.weights.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=11)
        onnx.checker.check_model(made)
        return made


def narrow(weight: Array) -> tuple[Array, Array]:
    """A weight (inputs, outputs) in 8 bits, and its scale for each output."""
    scales = np.maximum(np.abs(weight).max(0) / 127, 1e-8).astype(np.float32)
    return np.round(weight / scales).astype(np.int8), scales


@dataclass(frozen=True)
class Read:
    """A site's inputs as its linear layers read them: narrowed once for all of them, or as they are."""

    x: str
    name: str
    narrowing: Narrowing | None


def read(graph: Graph, x: str, at: int, site: Site, variant: Variant) -> Read:
    """Narrows x, with the smallest step that holds its range; zero keeps a value of its own."""
    graph.sites[at, site] = x
    name, narrowing = f"{at}.{site}", variant.narrowings.get((at, site))
    if narrowing is None:
        return Read(x, name, None)
    step = np.float32(max((narrowing.high - narrowing.low) / 255, 1e-8))
    zero = np.uint8(np.clip(round(-narrowing.low / float(step)), 0, 255))
    if narrowing.even is not None:
        x = graph.add("Mul", x, graph.weight(f"{name}.even", (1 / narrowing.even).astype(np.float32)))
    bounds = graph.weight(f"{name}.step", np.array(step)), graph.weight(f"{name}.zero", np.array(zero))
    return Read(graph.add("QuantizeLinear", x, *bounds), name, narrowing)


def times(graph: Graph, read: Read, name: str, weight: Array, bias: Array) -> str:
    """The product of what was read and a weight (inputs, outputs), plus the bias."""
    added = graph.weight(f"{name}.bias", bias)
    if read.narrowing is None:
        return graph.add("Add", graph.add("MatMul", read.x, graph.weight(f"{name}.weight", weight)), added)
    even = read.narrowing.even
    values, scales = narrow(weight if even is None else weight * even[:, None])
    columns = graph.weight(f"{name}.values", values), graph.weight(f"{name}.scales", scales)
    step, zero = f"{read.name}.step", f"{read.name}.zero"
    inputs = read.x, columns[0], step, columns[1], zero, "", added
    return graph.add("MatMulIntegerToFloat", *inputs, domain=MICROSOFT)


@dataclass(frozen=True)
class Shape:
    """Where tokens stand. In linear layers they are one list without padding, the post's first, then reply after
    reply; in attention the replies are rows (replies, longest).
    """

    post: str  # how many tokens the post has, (1,)
    rows: str  # the place in the list of each token of a row, (replies, longest); padding is the token before it
    own: str  # the same in the list without the post
    heard: str  # the places of what a row hears, the post and itself, (replies, post_tokens + longest)
    mask: str  # 0 for what is heard and NEVER for padding, (replies, 1, longest, post_tokens + longest)
    back: str  # the place in the rows, flattened, of each listed token of the replies
    column: str  # that token's place in its reply
    reply: str  # 1.0 for tokens and 0.0 for padding, (replies, longest)


def shaped(graph: Graph, most: int) -> Shape:
    """Finds the places from the inputs; 0 in them is padding. A post has at most `most` tokens."""
    there = graph.add("Cast", graph.add("Cast", "replies", to=TensorProto.BOOL), to=TensorProto.INT64)
    layout = graph.add("Shape", "replies")
    count, longest = graph.part(layout, 0, 1, 0), graph.part(layout, 1, 2, 0)
    places = graph.add("NonZero", "replies")  # rows, columns
    row, column = (graph.add("Gather", places, graph.weight(f"place.{at}", np.array(at)), axis=0) for at in (0, 1))
    counted = graph.add("CumSum", graph.add("Reshape", there, graph.ints(-1)), graph.ints(0))
    own = graph.add("Reshape", graph.add("Sub", counted, graph.ints(1)), layout)
    post = graph.add("Shape", "post")
    rows = graph.add("Add", own, post)
    above = graph.part(graph.weight("places", np.arange(most)), 0, post, 0)
    above = graph.add("Expand", above, graph.add("Concat", count, post, axis=0))
    heard = graph.add("Concat", above, rows, axis=1)
    # What no post is, a single 0, is masked like padding.
    ids = graph.add("Expand", "post", graph.add("Concat", count, post, axis=0))
    ids = graph.add("Cast", graph.add("Concat", ids, "replies", axis=1), to=TensorProto.BOOL)
    never = graph.weight("never", np.array(NEVER, np.float32))
    padding = graph.add("Where", ids, graph.weight("none", np.array(0, np.float32)), never)
    size = graph.add("Concat", count, graph.ints(1), longest, graph.add("Shape", heard, start=1), axis=0)
    return Shape(
        post=post,
        rows=rows,
        own=own,
        heard=heard,
        mask=graph.add("Expand", graph.add("Unsqueeze", padding, graph.ints(1, 2)), size),
        back=graph.add("Add", graph.add("Mul", row, longest), column),
        column=column,
        reply=graph.add("Cast", there, to=TensorProto.FLOAT),
    )


def embedded(graph: Graph, weights: Weights, variant: Variant, shape: Shape) -> str:
    """The tokens' first states, (tokens, width). In 8 bits each piece has a scale of its own: rare ones have rows
    many times as large as common ones. Only the rows that a text needs are widened.
    """
    replies = graph.add("Gather", graph.add("Reshape", "replies", graph.ints(-1)), shape.back)
    ids = graph.add("Concat", "post", replies, axis=0)
    if variant.narrow_table:
        scales = np.maximum(np.abs(weights.table).max(1, keepdims=True) / 127, 1e-8).astype(np.float32)
        values = np.round(weights.table / scales).astype(np.int8)
        picked = graph.add("Cast", graph.add("Gather", graph.weight("table", values), ids), to=TensorProto.FLOAT)
        x = graph.add("Mul", picked, graph.add("Gather", graph.weight("table.scales", scales), ids))
    else:
        x = graph.add("Gather", graph.weight("table", weights.table), ids)
    in_reply = graph.weight("places.reply", weights.positions + weights.segments[0])
    in_post = graph.weight("places.post", weights.positions[POST_AT:] + weights.segments[1])
    of_post, of_replies = graph.part(in_post, 0, shape.post, 0), graph.add("Gather", in_reply, shape.column)
    x = graph.add("Add", x, graph.add("Concat", of_post, of_replies, axis=0))
    return graph.norm(x, "norm", weights.norm)


def attended(graph: Graph, query: str, key: str, value: str, weights: Weights, shape: Shape, *, last: bool) -> str:
    """What the tokens hear, (tokens, width). In the last layer `query` has the replies' tokens alone, and so has
    what comes out.
    """
    width = graph.ints(-1, len(weights.positions[0]))
    heads: dict[str, Any] = {"q_num_heads": weights.heads, "kv_num_heads": weights.heads}
    asking = graph.add("Gather", query, shape.own if last else shape.rows)
    heard = (graph.add("Gather", x, shape.heard) for x in (key, value))
    replies = graph.add("Reshape", graph.add("Attention", asking, *heard, shape.mask, **heads), width)
    replies = graph.add("Gather", replies, shape.back)
    if last:
        return replies
    alone = (graph.add("Unsqueeze", graph.part(x, 0, shape.post, 0), graph.ints(0)) for x in (query, key, value))
    post = graph.add("Reshape", graph.add("Attention", *alone, **heads), width)
    return graph.add("Concat", post, replies, axis=0)


def transformed(graph: Graph, x: str, at: int, weights: Weights, variant: Variant, shape: Shape) -> str:
    """The states after one layer, (tokens, width); after the last one, of the replies' tokens."""
    layer = weights.layers[at]
    last = at == len(weights.layers) - 1

    def linear(inputs: Read, name: str) -> str:
        return times(graph, inputs, f"{at}.{name}", getattr(layer, name), layer.biases[name])

    heard = asking = read(graph, x, at, "qkv", variant)
    if last:
        x = graph.part(x, shape.post, END, 0)
        asking = replace(heard, x=graph.part(heard.x, shape.post, END, 0))
    query, key, value = linear(asking, "query"), linear(heard, "key"), linear(heard, "value")
    seen = attended(graph, query, key, value, weights, shape, last=last)
    out = linear(read(graph, seen, at, "out", variant), "out")
    x = graph.norm(graph.add("Add", x, out), f"{at}.norm.0", layer.norms[0])
    hidden = graph.add("Gelu", linear(read(graph, x, at, "first", variant), "first"), domain=MICROSOFT)
    second = linear(read(graph, hidden, at, "second", variant), "second")
    return graph.norm(graph.add("Add", x, second), f"{at}.norm.1", layer.norms[1])


def remembered(graph: Graph, weights: Weights, shape: Shape) -> str:
    """The n-grams' logits, (replies, labels); see ngrams.NGrams."""
    pieces, labels = len(weights.table), len(LABELS)

    def following(x: str, end: Array) -> str:
        """Each token's neighbour; after the last column comes `end`."""
        column = graph.add("Mul", graph.part(x, 0, 1, 1), graph.weight(f"nothing.{end.dtype}", end))
        return graph.add("Concat", graph.part(x, 1, END, 1), column, axis=1)

    right = following("replies", np.array(0, np.int64))
    products = graph.add("Mul", "replies", graph.ints(FIRST)), graph.add("Mul", right, graph.ints(SECOND))
    buckets = graph.add("Mod", graph.add("Add", *products), graph.ints(len(weights.ngrams) - pieces))
    found = graph.add("Concat", "replies", graph.add("Add", buckets, graph.ints(pieces)), axis=1)
    there = graph.add("Concat", shape.reply, following(shape.reply, np.array(0, np.float32)), axis=1)
    there = graph.add("Unsqueeze", there, graph.ints(1))
    rows = graph.add("Gather", graph.weight("ngrams", weights.ngrams), found)
    rows = graph.add("Cast", rows, to=TensorProto.FLOAT)
    rows = graph.add("Mul", rows, graph.weight("ngrams.scales", weights.ngram_scales))

    # By MatMul: ReduceSum adds up in another order when there are several pairs.
    def over_reply(values: str) -> str:
        return graph.add("Squeeze", graph.add("MatMul", there, values), graph.ints(1))

    rarity = graph.part(rows, labels, labels + 1, 2)
    square = over_reply(graph.add("Mul", rarity, rarity))
    length = graph.add("Sqrt", graph.add("Max", square, graph.weight("least", np.array(1e-6, np.float32))))
    logits = graph.add("Div", over_reply(graph.part(rows, 0, labels, 2)), length)
    return graph.add("Add", logits, graph.weight("ngrams.bias", weights.ngram_bias))


def summed(graph: Graph, p: str) -> None:
    """The output `scores`: the two sums are never below the labels that they sum up."""

    def column(at: int) -> str:
        return graph.part(p, at, at + 1, 1)

    def likeliest(end: int) -> str:
        return graph.add("ReduceMax", graph.part(p, 0, end, 1), graph.ints(1), keepdims=1)

    blaming = graph.add("Max", column(VICTIM_BLAMING), likeliest(BLAMING))
    hostile = graph.add("Max", column(HOSTILE), blaming, likeliest(VICTIM_BLAMING))
    graph.add("Concat", graph.part(p, 0, VICTIM_BLAMING, 1), blaming, hostile, name="scores", axis=1)


def build(weights: Weights, variant: Variant, *, watched: bool = False) -> onnx.ModelProto:
    """The graph: `post` (tokens,) and `replies` (replies, longest), both int64, to `scores` (replies, labels), P in
    [0, 1]. Replies that are shorter than the longest end in zeros, and `longest` is a multiple of four: MatMul adds
    up what is left over beyond fours in another order. Where there is no post, `post` is a single 0. A `watched`
    graph gives the inputs of the linear layers too, (tokens, inputs), called "<layer>.<site>".
    """
    graph = Graph()
    shape = shaped(graph, len(weights.positions) - POST_AT)
    x = embedded(graph, weights, variant, shape)
    for at in range(len(weights.layers)):
        x = transformed(graph, x, at, weights, variant, shape)
    counts = graph.add("ReduceSum", shape.reply, graph.ints(1), keepdims=1)
    share = graph.add("Unsqueeze", graph.add("Div", shape.reply, counts), graph.ints(1))
    pooled = graph.add("MatMul", share, graph.add("Gather", x, shape.own))
    head = graph.weight("head.weight", weights.head[0]), graph.weight("head.bias", weights.head[1])
    network = graph.add("Gemm", graph.add("Squeeze", pooled, graph.ints(1)), *head)
    opinions = network, remembered(graph, weights, shape)
    weighed = (
        graph.add("Mul", opinion, graph.weight(f"mixed.{at}", weights.mixed[at]))
        for at, opinion in enumerate(opinions)
    )
    logits = graph.add("Add", graph.add("Add", *weighed), graph.weight("mixed.bias", weights.mixed_bias))
    summed(graph, graph.add("Sigmoid", logits))
    made = (
        [graph.add("Identity", x, name=f"{at}.{site}") for (at, site), x in graph.sites.items()] if watched else []
    )
    return graph.model(made)


def weights_of(whole: Probabilities, longest: int) -> Weights:
    """What the trained network and n-grams consist of, each weight turned to (inputs, outputs). Positions from
    `longest` on, which no pair reaches, are left out.
    """
    encoder = whole.network.encoder

    def array(tensor: Tensor) -> Array:
        return np.ascontiguousarray(tensor.detach().cpu().numpy())

    def turned(layer: nn.Linear) -> Array:
        return array(layer.weight.T)

    def norm(layer: nn.LayerNorm) -> tuple[Array, Array]:
        return array(layer.weight), array(layer.bias)

    layers = []
    for one in encoder.encoder.layer:
        linear = {
            "query": one.attention.self.query,
            "key": one.attention.self.key,
            "value": one.attention.self.value,
            "out": one.attention.output.dense,
            "first": one.intermediate.dense,
            "second": one.output.dense,
        }
        layers.append(
            Layer(
                **{name: turned(found) for name, found in linear.items()},
                biases={name: array(found.bias) for name, found in linear.items()},
                norms=(norm(one.attention.output.LayerNorm), norm(one.output.LayerNorm)),
            )
        )
    embeddings, head, labels = encoder.embeddings, whole.network.head, len(LABELS)
    return Weights(
        table=array(embeddings.word_embeddings.weight),
        positions=array(embeddings.position_embeddings.weight[:longest]),
        segments=array(embeddings.token_type_embeddings.weight),
        norm=norm(embeddings.LayerNorm),
        layers=tuple(layers),
        head=(array(head.weight[:labels].T), array(head.bias[:labels])),
        ngrams=array(whole.ngrams.table),
        ngram_scales=array(whole.ngrams.scales),
        ngram_bias=array(whole.ngrams.bias),
        mixed=array(whole.mixed.weights),
        mixed_bias=array(whole.mixed.bias),
        heads=encoder.config.num_attention_heads,
    )
