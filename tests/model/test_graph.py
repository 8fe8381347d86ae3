"""The graph written by hand: what torch computes, whatever the variant and the company."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from panah.scoring.classifier import MOST_TOGETHER, Classifier, Encoded, Scores, alone, inputs, make_session
from panah.scoring.policy import LABELS
from panah_model.evening import SHARES, copied, evened, extremes
from panah_model.graph import Variant, Weights, build, weights_of
from panah_model.network import PairClassifier, Probabilities
from panah_model.ngrams import BUCKETS, Mixed, NGrams

# torch and onnx announce what they will drop some day; filterwarnings = error is for our own code.
pytestmark = pytest.mark.filterwarnings("ignore")

PIECES = 300


def pair(rng: np.random.Generator, reply: int, context: int) -> Encoded:
    return Encoded(rng.integers(5, PIECES, reply + context).tolist(), reply, False)


PAIRS = [pair(np.random.default_rng(at), 3 + at * 3, context) for at, context in enumerate((0, 1, 9, 20, 33, 64))]


@pytest.fixture(scope="module")
def whole() -> Probabilities:
    """MiniLM's layers under a small random vocabulary, head and n-grams."""
    torch.manual_seed(7)
    network, ngrams, mixed = PairClassifier(), NGrams(PIECES), Mixed()
    network.use(torch.randn(PIECES, 384) * 0.05)
    ngrams.table = torch.randint(-127, 128, (PIECES + BUCKETS, len(LABELS) + 1), dtype=torch.int8)
    ngrams.scales = torch.rand(len(LABELS) + 1) * 0.01
    ngrams.bias = torch.randn(len(LABELS))
    mixed.weights = torch.rand(2, len(LABELS)) * 0.5
    mixed.bias = torch.randn(len(LABELS)) * 0.1
    return Probabilities(network, ngrams, mixed).eval()


@pytest.fixture(scope="module")
def weights(whole: Probabilities) -> Weights:
    return weights_of(whole, 195)


def by_torch(whole: Probabilities, pairs: Sequence[Encoded]) -> Scores:
    found = []
    with torch.inference_mode():
        for one in pairs:
            given = {name: torch.from_numpy(value) for name, value in alone(one).items()}
            found.append(whole(**given).numpy())
    return np.concatenate(found)


def by_graph(graph: onnx.ModelProto, pairs: Sequence[Encoded]) -> Scores:
    session = make_session(graph.SerializeToString())
    return np.concatenate([session.run(["scores"], inputs([one]))[0] for one in pairs])


def test_in_32_bits_the_graph_computes_what_torch_does(whole: Probabilities, weights: Weights) -> None:
    graph = build(weights, Variant(narrow_table=False))
    assert np.abs(by_graph(graph, PAIRS) - by_torch(whole, PAIRS)).max() < 1e-5


def test_the_network_computes_the_same_in_the_form_that_is_exported(whole: Probabilities) -> None:
    plain = PairClassifier(attention="eager")
    plain.use(whole.network.table.weight.detach())
    plain.load_state_dict(whole.network.state_dict())
    same = Probabilities(plain, whole.ngrams, whole.mixed).eval()
    assert np.abs(by_torch(same, PAIRS) - by_torch(whole, PAIRS)).max() < 1e-5


def test_replies_that_share_a_call_get_what_torch_gives_each(whole: Probabilities, weights: Weights) -> None:
    rng = np.random.default_rng(3)
    post = pair(rng, 20, 0).ids
    group = [Encoded(pair(rng, reply, 0).ids + post, reply, False) for reply in (3, 30, 12)]
    session = make_session(build(weights, Variant(narrow_table=False)).SerializeToString())
    (found,) = session.run(["scores"], inputs(group))
    assert np.abs(found - by_torch(whole, group)).max() < 1e-5


def test_evening_out_and_copying_channels_changes_nothing(whole: Probabilities, weights: Weights) -> None:
    even, narrowings = evened(weights, extremes(weights, PAIRS), copies=16)
    assert even.layers[0].first.shape == (384, 1552)
    wide = by_graph(build(even, Variant(narrow_table=False)), PAIRS)
    assert np.abs(wide - by_torch(whole, PAIRS)).max() < 1e-5
    divided = narrowings[0, "second"].even
    assert divided is not None
    layer = even.layers[0]
    x = np.random.default_rng(1).normal(size=(4, 1552)).astype(np.float32)
    assert np.allclose((x / divided) @ (layer.second * divided[:, None]), x @ layer.second, atol=1e-4)


@pytest.mark.parametrize("narrow_table", [True, False])
@pytest.mark.parametrize("copies", [0, 16])
@pytest.mark.parametrize("even", [True, False])
def test_every_variant_in_8_bits_stays_near(
    whole: Probabilities, weights: Weights, narrow_table: bool, copies: int, even: bool
) -> None:
    shares = SHARES if even else dict.fromkeys(SHARES)
    changed, narrowings = evened(weights, extremes(weights, PAIRS), shares=shares, copies=copies)
    gap = np.abs(by_graph(build(changed, Variant(narrowings, narrow_table)), PAIRS) - by_torch(whole, PAIRS))
    assert 0 < gap.max() < 0.05  # it is in 8 bits, and still the same function


def test_channels_that_take_most_of_the_bits_are_copied_and_give_what_they_gave(weights: Weights) -> None:
    layer = weights.layers[0]
    sizes = np.ones(1536)
    sizes[40], sizes[7] = 10, 3
    split, origin = copied(layer, sizes, 4)
    assert origin[:1536].tolist() == list(range(1536))
    assert sorted(origin[1536:]) == [7, 40, 40, 40]  # sizes 10/4 and 3/2 in the end
    hidden = np.abs(np.random.default_rng(2).normal(size=(3, 1536))).astype(np.float32)
    assert np.allclose(hidden[:, origin] @ split.second, hidden @ layer.second, atol=1e-3)


def test_a_watched_graph_gives_the_inputs_of_every_linear_layer(weights: Weights) -> None:
    found = extremes(weights, PAIRS[:2])
    assert len(found) == 24
    assert found[5, "second"].shape == (2, 1536)
    assert (found[5, "second"][0] >= -0.1701).all()  # GELU's lowest value: it is what comes after it
    assert all((low <= high).all() for low, high in found.values())


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier(Path("model/artefacts/v2"))


def threads_of(classifier: Classifier) -> list[Encoded]:
    """Replies of many lengths to three posts, one of which is none."""
    said = [
        "why now",
        "i believe you",
        "itne saal chup kyun thi",
        "where is the proof",
        "آپ نے پہلے کیوں نہیں بتایا",
    ]
    posts = ["he was my teacher", "my uncle did it and nobody spoke", ""]
    return classifier.encoder.encode(
        [(reply * times, post) for reply in said for post in posts for times in (1, 3)]
    )


@pytest.mark.parametrize("context", [0, 1, 9, 40, 64])
@pytest.mark.parametrize("lengths", [(5, 5, 5), (3, 130, 8, 21), (22, 24, 23), range(3, 19)])
def test_the_shipped_scores_are_the_same_bit_by_bit_in_any_company(
    shipped: Classifier, context: int, lengths: Sequence[int]
) -> None:
    assert shipped.together
    rng = np.random.default_rng(context)
    post = rng.integers(5, PIECES, context).tolist()
    group = [Encoded(pair(rng, reply, 0).ids + post, reply, False) for reply in lengths]
    by_itself = np.concatenate([shipped.score([one]) for one in group])
    assert np.array_equal(shipped.score(group), by_itself)
    assert np.array_equal(shipped.score(group[2::-1]), by_itself[2::-1])


def test_another_reply_changes_nothing_and_another_post_does(shipped: Classifier) -> None:
    first, second, other = shipped.encoder.encode(
        [("why now", "he hurt me"), ("i believe you", "he hurt me"), ("why now", "my team lost")]
    )
    (alone,), (company, _) = shipped.score([first]), shipped.score([first, second])
    assert np.array_equal(alone, company)
    assert np.abs(alone - shipped.score([other])[0]).max() > 0.001


def test_one_session_serves_many_threads_at_once(shipped: Classifier) -> None:
    pairs = threads_of(shipped) * 4
    alone = [shipped.score([one]) for one in pairs]
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(lambda one: shipped.score([one]), pairs))
    assert all(np.array_equal(one, other) for one, other in zip(alone, at_once, strict=True))


def test_a_list_of_all_posts_and_lengths_is_scored_in_its_order(shipped: Classifier) -> None:
    pairs = threads_of(shipped)
    assert np.array_equal(shipped.score(pairs), np.concatenate([shipped.score([one]) for one in pairs]))


def test_more_replies_to_one_post_than_a_call_takes_are_several_calls(shipped: Classifier) -> None:
    pairs = [pair(np.random.default_rng(at), 3 + at % 7, 0) for at in range(2 * MOST_TOGETHER + 3)]
    assert np.array_equal(shipped.score(pairs), np.concatenate([shipped.score([one]) for one in pairs]))
