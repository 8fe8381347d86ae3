"""What a call costs: the parts are found again from times, in few calls, and tell what company saves."""

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panah.scoring import cost as cost_module
from panah.scoring.classifier import MOST_TOGETHER, Encoded, Scores
from panah.scoring.cost import (
    BUDGET,
    LEAST_SAVING,
    LONGEST_CALL,
    ROUNDS,
    SHAPES,
    Cost,
    fit,
    measure,
    parts,
)

seconds = st.floats(1e-6, 1e-3)
tokens = st.integers(1, 300)
posts = st.integers(0, 100)
costs = st.builds(Cost, st.floats(1e-6, 1e-2), st.floats(1e-6, 1e-3), st.floats(0, 1e-6))


class Machine:
    """A model and the clock that it moves."""

    def __init__(self, cost: Cost) -> None:
        self.cost = cost
        self.now = 0.0
        self.shapes: list[tuple[int, int, int]] = []

    def clock(self) -> float:
        return self.now

    def model(self, batch: Sequence[Encoded]) -> Scores:
        ((each, post),) = {(pair.reply_tokens, len(pair.post)) for pair in batch}
        self.shapes.append((len(batch), each, post))
        disturbed = 3 if len(self.shapes) % 7 == 0 else 1
        self.now += self.cost.seconds([each] * len(batch), post) * disturbed
        return np.zeros((len(batch), 10), np.float32)


def machine(monkeypatch: pytest.MonkeyPatch, cost: Cost) -> Machine:
    made = Machine(cost)
    monkeypatch.setattr(cost_module, "thread_time", made.clock)
    return made


def took(cost: Cost, shape: tuple[int, int, int]) -> float:
    count, each, post = shape
    return cost.seconds([each] * count, post)


# What a call costs


def test_a_call_costs_its_fixed_part_its_tokens_and_their_squares() -> None:
    assert Cost(1.0, 0.1, 0.01).seconds([10] * 3, 0) == pytest.approx(1 + 3 * (10 * 0.1 + 100 * 0.01))


def test_a_call_reads_the_post_once_and_pads_its_replies_to_the_longest() -> None:
    # The post's 5 tokens hear 5, those of two replies of up to 10 hear 15; padding is computed in attention only.
    assert parts(2, 14, 10, 5) == (19, 5 * 5 + 2 * 10 * 15)
    assert Cost(1.0, 0.1, 0.01).seconds([4, 10], 5) == pytest.approx(1 + 19 * 0.1 + 325 * 0.01)


@given(costs, st.lists(tokens, min_size=1, max_size=8), posts)
def test_the_order_of_the_replies_does_not_change_the_cost(cost: Cost, replies: list[int], post: int) -> None:
    assert cost.seconds(sorted(replies), post) == cost.seconds(replies, post)


@given(costs, st.lists(tokens, min_size=1, max_size=8), posts, tokens)
def test_a_reply_more_never_makes_a_call_shorter(cost: Cost, replies: list[int], post: int, more: int) -> None:
    assert cost.seconds([*replies, more], post) > cost.seconds(replies, post)


@given(costs, tokens, posts, st.integers(1, MOST_TOGETHER))
def test_the_shares_of_a_call_are_the_call_and_company_makes_them_smaller(
    cost: Cost, reply: int, post: int, company: int
) -> None:
    share = cost.share(reply, post, company)
    fitting = [n for n in range(2, company + 1) if cost.seconds([reply] * n, post) <= LONGEST_CALL]
    joined = max(fitting, default=1)
    assert share * joined == pytest.approx(cost.seconds([reply] * joined, post))
    assert cost.share(reply, post, company + 1) <= share <= cost.share(reply, post, 1) * (1 + 1e-9)


# What shares one


@given(costs, tokens, posts, st.lists(tokens, max_size=20), st.integers(1, MOST_TOGETHER + 2))
def test_those_of_like_length_share_a_call_and_it_pays(
    cost: Cost, reply: int, post: int, others: list[int], most: int
) -> None:
    chosen = cost.company(reply, post, others, most)
    assert len(chosen) == len(set(chosen)) <= most - 1
    assert all(0 <= at < len(others) for at in chosen)
    apart = [abs(others[at] - reply) for at in chosen]
    left = [abs(length - reply) for at, length in enumerate(others) if at not in chosen]
    assert apart == sorted(apart)
    assert not apart or not left or apart[-1] <= min(left)
    if chosen:
        lengths = [others[at] for at in chosen]
        alone = sum(cost.seconds([length], post) for length in lengths)
        together = cost.seconds([reply, *lengths], post)
        assert together <= LONGEST_CALL
        assert together - cost.seconds([reply], post) <= (1 - LEAST_SAVING) * alone * (1 + 1e-9)


@given(costs, tokens, posts, st.lists(tokens, max_size=20), st.integers(2, MOST_TOGETHER))
def test_more_room_adds_to_the_company_and_changes_none_of_it(
    cost: Cost, reply: int, post: int, others: list[int], most: int
) -> None:
    fewer, more = (cost.company(reply, post, others, room) for room in (most - 1, most))
    assert more[: len(fewer)] == fewer


def test_no_more_share_a_call_than_are_asked_for() -> None:
    cheap = Cost(0.001, 0.0, 0.0)
    assert cheap.company(10, 5, [10] * 20) == list(range(MOST_TOGETHER - 1))
    assert cheap.company(10, 5, [10] * 20, 3) == [0, 1]
    assert cheap.company(10, 5, [10] * 20, 1) == []


def test_of_those_as_near_the_first_to_come_are_chosen() -> None:
    assert Cost(0.001, 0.0, 0.0).company(10, 0, [30, 12, 8, 10, 12], 4) == [3, 1, 2]


def test_a_much_longer_reply_stays_out_for_it_pads_all_the_others() -> None:
    cost = Cost(0.001, 0.00001, 0.0000002)
    assert cost.seconds([10, 120, 12, 14], 5) < LONGEST_CALL
    assert cost.company(10, 5, [120, 12, 14]) == [1, 2]


def test_a_call_is_never_joined_to_be_long() -> None:
    cost = Cost(0.01, 0.0001, 0.0)
    assert cost.seconds([100] * 2, 0) == pytest.approx(LONGEST_CALL)
    assert cost.company(99, 0, [99, 99]) == [0]
    assert cost.company(101, 0, [101, 101]) == []


def test_company_that_saves_too_little_is_none() -> None:
    # A post of as many tokens as the reply is half of what the reply costs alone; one of a tenth is not worth it.
    cost = Cost(0.0, 0.00001, 0.0)
    assert cost.company(100, 100, [100]) == [0]
    assert cost.company(100, 10, [100]) == []


@given(costs, tokens, posts, st.lists(tokens, max_size=20))
def test_where_pairs_are_read_one_by_one_there_is_no_company(
    cost: Cost, reply: int, post: int, others: list[int]
) -> None:
    assert Cost(cost.call, cost.token, cost.square, together=False).company(reply, post, others) == []


# Finding it out


@given(seconds, st.floats(1e-6, 1e-3), st.floats(1e-9, 1e-6))
def test_the_fit_finds_the_parts_that_times_were_made_of(call: float, token: float, square: float) -> None:
    true = Cost(call, token, square)
    found = fit([(*shape, took(true, shape)) for shape in SHAPES])
    for shape in [(1, 34, 0), (3, 68, 20), (8, 30, 64), (4, 144, 1)]:
        assert took(found, shape) == pytest.approx(took(true, shape), rel=1e-4)
    assert (found.call, found.token) == pytest.approx((call, token), rel=0.01, abs=1e-9)
    assert found.together


@given(st.lists(st.floats(1e-9, 1.0), min_size=len(SHAPES), max_size=len(SHAPES)), st.booleans())
def test_whatever_the_times_no_part_is_below_zero_and_no_call_is_free(times: list[float], together: bool) -> None:
    found = fit([(*shape, time) for shape, time in zip(SHAPES, times, strict=True)], together=together)
    assert min(found.call, found.token, found.square) >= 0
    assert found.seconds([1], 0) > 0
    assert found.together is together


def test_what_disturbs_some_calls_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(monkeypatch, Cost(0.0004, 0.00004, 0.0000001))
    found = measure(here.model, reply=130, post=65)
    assert (found.call, found.token, found.square) == pytest.approx((0.0004, 0.00004, 0.0000001), rel=1e-6)
    assert here.shapes == [*SHAPES] * (1 + ROUNDS)


def test_a_slow_machine_is_asked_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(monkeypatch, Cost(BUDGET, 0.0, 0.0))
    measure(here.model, reply=130, post=65)
    assert len(here.shapes) == 2 * len(SHAPES)  # to warm up, and to measure


def test_no_pair_is_longer_than_the_model_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(monkeypatch, Cost(0.001, 0.0001, 0.0))
    found = measure(here.model, reply=12, post=7)
    assert set(here.shapes) == {(count, 12, post) for count in (1, 4) for post in (1, 7)}
    assert found.seconds([12] * 4, 7) == pytest.approx(0.001 + (7 + 48) * 0.0001, rel=1e-3)


def test_a_graph_that_reads_pair_by_pair_is_asked_for_single_pairs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(monkeypatch, Cost(0.0004, 0.00004, 0.0000001))
    found = measure(here.model, reply=130, post=65, together=False)
    assert here.shapes == [shape for shape in SHAPES if shape[0] == 1] * (1 + ROUNDS)
    assert not found.together
    assert found.seconds([68], 20) == pytest.approx(here.cost.seconds([68], 20), rel=1e-6)


def test_where_the_processors_time_comes_in_long_ticks_the_clock_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_module, "thread_time", lambda: 0.0)

    def model(batch: Sequence[Encoded]) -> Scores:
        time.sleep(0.002 * len(batch))
        return np.zeros((len(batch), 10), np.float32)

    assert measure(model, reply=40, post=20).seconds([16] * 4, 1) > 0.002


def test_a_model_that_only_waits_for_the_processor_is_not_slow() -> None:
    def model(batch: Sequence[Encoded]) -> Scores:
        time.sleep(0.003)  # as if others had the core
        return np.zeros((len(batch), 10), np.float32)

    assert measure(model, reply=40, post=20).seconds([20], 20) < 0.002
