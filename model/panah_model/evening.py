"""Makes a network's weights fit for 8 bits without changing what it computes, and measures the ranges to narrow to.

Two exact rewritings. Inputs of a linear layer are divided, channel by channel, and its weights multiplied by the
same (SmoothQuant, Xiao et al. 2023): some channels are a hundred times as large as the rest. And some hidden
channels of the feed-forward layers are there several times, each with a part of the weight that follows (outlier
channel splitting, Zhao et al. 2019): one channel of a token that means nothing, such as [SEP], reaches 29 where
others stay below 2, and alone would take most of the weights' 8 bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import onnxruntime as ort

from panah.scoring.classifier import Encoded, inputs
from panah_model.graph import SITES, Array, Layer, Narrowing, Site, Variant, Weights, build

# Picked on dev rows by the mean distance from the unquantised scores (model/README.md, "The graph").
SHARES: Mapping[Site, float | None] = {"qkv": 0.8, "out": None, "first": 0.8, "second": 0.9}
COPIES = 16  # channels more in each feed-forward layer, 1 %: a multiple of what a processor's register holds
LEAST_PEAK = 0.3  # channels that are never larger are evened out as if they were: GELU's own low end is -0.17


def extremes(weights: Weights, pairs: Sequence[Encoded]) -> dict[tuple[int, Site], Array]:
    """Lowest and highest value of each channel that enters a site, (2, inputs), over some pairs."""
    watched = ort.InferenceSession(
        build(weights, Variant(narrow_table=False), watched=True).SerializeToString(),
        providers=["CPUExecutionProvider"],
    )
    names = [output.name for output in watched.get_outputs()][1:]
    seen: dict[str, Array] = {}
    for pair in pairs:
        for name, found in zip(names, watched.run(names, inputs([pair])), strict=True):
            channels = np.asarray(found)
            if not pair.post and len(channels) > pair.reply_tokens:  # what stands for no post, and nobody hears
                channels = channels[1:]
            own = np.stack([channels.min(0), channels.max(0)])
            known = seen.get(name, own)
            seen[name] = np.stack([np.minimum(known[0], own[0]), np.maximum(known[1], own[1])])
    return {(at, site): seen[f"{at}.{site}"] for at in range(len(weights.layers)) for site in SITES}


def readers(layer: Layer, site: Site) -> Array:
    """The weights that read a site, side by side, (inputs, outputs)."""
    return (
        np.concatenate([layer.query, layer.key, layer.value], 1)
        if site == "qkv"
        else np.array(getattr(layer, site))
    )


def factors(layer: Layer, site: Site, found: Array, share: float) -> Array:
    """What a site's inputs are divided by, (inputs,): `share` 1 evens out the inputs, 0 the weights."""
    peaks = np.maximum(np.abs(found).max(0), LEAST_PEAK if site == "second" else 1e-3)
    largest = np.maximum(np.abs(readers(layer, site)).max(1), 1e-4)
    return np.asarray(peaks**share / largest ** (1 - share))


def copied(layer: Layer, sizes: Array, copies: int) -> tuple[Layer, Array]:
    """The layer with `copies` hidden channels more, and which channel each of its channels is. `sizes` (hidden,)
    says how much of the 8 bits a channel takes: the largest are halved, thirded and so on.
    """
    times = np.ones(len(sizes), int)
    for _ in range(copies):
        times[np.argmax(sizes / times)] += 1
    # Copies come after all others, so that the first ones stand where they stood.
    more = np.repeat(np.arange(len(sizes)), times - 1)
    origin = np.concatenate([np.arange(len(sizes)), more])
    biases = dict(layer.biases) | {"first": layer.biases["first"][origin]}
    split = replace(
        layer, first=layer.first[:, origin], second=layer.second[origin] / times[origin, None], biases=biases
    )
    return replace(split, second=split.second.astype(np.float32)), origin


def evened(
    weights: Weights,
    found: Mapping[tuple[int, Site], Array],
    *,
    shares: Mapping[Site, float | None] = SHARES,
    copies: int = COPIES,
) -> tuple[Weights, dict[tuple[int, Site], Narrowing]]:
    """The weights with some channels copied, and how each site is narrowed. `found` is what `extremes` gives."""
    layers, narrowings = [], {}
    for at, layer in enumerate(weights.layers):
        ranges = {site: found[at, site] for site in SITES}
        divisors = {
            site: factors(layer, site, ranges[site], share) for site, share in shares.items() if share is not None
        }
        even = divisors.get("second", np.ones(len(layer.second)))
        layer, origin = copied(layer, even * np.abs(layer.second).max(1), copies)
        layers.append(layer)
        ranges["second"] = ranges["second"][:, origin]
        if "second" in divisors:
            divisors["second"] = divisors["second"][origin]
        for site in SITES:
            reached = ranges[site] / divisors.get(site, 1.0)
            low, high = min(0.0, float(reached.min())), max(0.0, float(reached.max()))
            narrowings[at, site] = Narrowing(low, high, divisors.get(site))
    return replace(weights, layers=tuple(layers)), narrowings
