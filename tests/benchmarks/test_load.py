"""What the benchmark's figures are made of: schedules, streams, counting, and the limit's queue."""

import asyncio
import contextlib
import itertools
import json
from pathlib import Path
from random import Random
from typing import cast

import numpy as np
import pytest

from benchmarks import load, raw
from benchmarks.load import Job, Result
from benchmarks.streams import EXPONENT, VIRAL, Pair, for_panah, in_groups, read_pairs, scattered, viral, zipf
from panah.scoring.classifier import MOST_TOGETHER, Classifier, Encoded
from panah.scoring.cost import Cost
from panah.scoring.schemas import ScoreIn
from panah.settings import Settings

# What calls of the shipped graph cost on some machine: company is worth a lot.
JOINING = Cost(call=0.001, token=0.00006, square=1e-8)


@pytest.fixture(scope="module")
def model() -> Classifier:
    return Classifier(Settings().model_dir)


@pytest.fixture(scope="module")
def pairs(model: Classifier) -> list[Pair]:
    return read_pairs(model.encoder, 400)


def test_arrivals_come_in_order_at_the_rate_that_was_asked() -> None:
    moments = load.arrivals(200, 50, seed=3)
    assert moments == sorted(moments)
    assert 0 <= moments[0] < moments[-1] < 50
    assert len(moments) == pytest.approx(200 * 50, rel=0.05)


def test_arrivals_are_as_uneven_as_those_of_many_people_who_know_nothing_of_each_other() -> None:
    gaps = [later - before for before, later in itertools.pairwise(load.arrivals(100, 100, seed=3))]
    # In a Poisson stream the gaps' deviation is their mean; a metronome's would be 0.
    assert np.std(gaps) == pytest.approx(np.mean(gaps), rel=0.05)


def test_the_viral_stream_asks_for_the_first_reply_most_often_by_zipf(pairs: list[Pair]) -> None:
    chances = zipf(VIRAL, EXPONENT)
    assert sum(chances) == pytest.approx(1)
    assert chances[0] / chances[9] == pytest.approx(10**EXPONENT)
    drawn = [pair for request in viral(pairs[:VIRAL], 1000, 20) for pair in request]
    assert drawn.count(pairs[0]) / len(drawn) == pytest.approx(chances[0], rel=0.05)


def test_the_cold_stream_has_each_pair_once_thread_by_thread(pairs: list[Pair]) -> None:
    assert len({(one.text, one.context) for one in pairs}) == len(pairs)
    runs = [context for context, _ in itertools.groupby(one.context for one in pairs)]
    assert len(runs) == len(set(runs))
    threads = [len({one.context for one in request}) for request in in_groups(pairs, 20)]
    assert np.median(threads) <= 3


def test_the_scattered_stream_has_the_same_pairs_and_hardly_two_to_one_post_in_a_request(model: Classifier) -> None:
    pairs = read_pairs(model.encoder, 3000)
    found = scattered(pairs)
    assert sorted(map(id, found)) == sorted(map(id, pairs))
    threads = [len({one.context for one in request}) for request in in_groups(found, 20)]
    assert np.mean(threads) > 18
    assert scattered(pairs) == found  # another run asks the same


def test_only_judged_requests_count_from_the_first_one_to_the_last_answer() -> None:
    answers = [(-1.0, 1.0, 200), (1.0, 2.0, 200), (1.0, 9.0, 200), (0.5, 0.6, 503), (0.5, 12.0, load.FAILED)]
    result = Result(seconds=3.0, core=0.0, answers=answers)
    assert load.replies_a_second(result, 20) == 3 * 20 / 10
    assert load.latencies(result) == [1.0, 8.0]
    assert (load.refused(result), load.failed(result)) == (0.2, 1)


def test_the_load_counts_from_when_a_request_was_due_and_not_from_when_it_could_be_sent(tmp_path: Path) -> None:
    """A server that stands still once must show in all requests that were due meanwhile."""
    (tmp_path / "bodies").write_text("{}\n")
    due = load.arrivals(100, 0.4, seed=0)

    async def measured() -> Result:
        all_came, serving, came = asyncio.Event(), [], []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            serving.append(asyncio.current_task())
            with contextlib.suppress(asyncio.IncompleteReadError), contextlib.closing(writer):
                while await reader.readuntil(b"\r\n\r\n{}"):
                    came.append(1)
                    if len(came) == len(due):
                        all_came.set()
                    await all_came.wait()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        server = await asyncio.start_server(serve, "127.0.0.1")
        port = server.sockets[0].getsockname()[1]
        job = Job(port, "/", str(tmp_path / "bodies"), seconds=0.4, rate=100, warm=0)
        result = await load.opened(job, load.requests(job))
        server.close()
        await asyncio.gather(*filter(None, serving))
        return result

    result = asyncio.run(measured())
    assert sorted(begun for begun, _, _ in result.answers) == due
    assert all(status == 200 and ended >= due[-1] for _, ended, status in result.answers)


def test_a_connection_that_the_server_has_ended_is_not_used_again(tmp_path: Path) -> None:
    (tmp_path / "bodies").write_text("{}\n")

    async def measured() -> Result:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.IncompleteReadError), contextlib.closing(writer):
                await reader.readuntil(b"\r\n\r\n{}")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        async with await asyncio.start_server(serve, "127.0.0.1") as server:
            port = server.sockets[0].getsockname()[1]
            job = Job(port, "/", str(tmp_path / "bodies"), seconds=0.6, rate=150, warm=0)
            return await load.opened(job, load.requests(job))

    answers = asyncio.run(measured()).answers
    assert len(answers) == len(load.arrivals(150, 0.6, seed=0))
    # One that the server is just ending may still be taken for a good one.
    assert {status for *_, status in answers} <= {200, load.FAILED}


def test_peers_read_as_many_tokens_of_a_pair_as_the_service_does(model: Classifier, pairs: list[Pair]) -> None:
    encoder = model.encoder
    for pair in pairs:
        if pair.encoded.truncated:
            continue  # of a long reply the service reads the end too
        counts = [len(encoder.tokenizer.encode(words, add_special_tokens=False).ids) for words in pair.plain]
        marks = 3 if pair.context else 2
        assert sum(counts) + marks == len(pair.encoded.ids)


def test_the_service_accepts_what_it_is_asked_with(pairs: list[Pair]) -> None:
    asked = ScoreIn.model_validate_json(json.dumps(for_panah(pairs[:20])))
    assert [reply.text for reply in asked.replies] == [pair.text for pair in pairs[:20]]


def pair(reply: int, post: int, *, number: int = 7) -> Encoded:
    """A pair of so many tokens; posts of one length are one post."""
    return Encoded([number] * reply + [1] * post, reply, False)


def handed_out(queue: raw.Queue) -> list[list[raw.Waiting]]:
    """All calls until the queue has nothing left."""
    return list(iter(queue.take, []))


def test_the_limits_queue_hands_out_each_pair_once_the_oldest_first_and_joins_replies_to_one_post_only() -> None:
    lot = Random(3)
    requests = [[pair(lot.randint(3, 40), lot.randint(1, 4)) for _ in range(20)] for _ in range(8)]
    calls = handed_out(raw.Queue(requests, clients=8, cost=JOINING))
    taken = [one for call in calls for one in call]
    assert sorted(one.number for one in taken) == list(range(160))
    assert {id(one.pair) for one in taken} == {id(one) for request in requests for one in request}
    waiting = set(range(160))
    for call in calls:
        assert len({one.pair.post for one in call}) == 1
        assert call[0].number == min(waiting)
        assert len(call) <= MOST_TOGETHER
        waiting -= {one.number for one in call}
    assert max(map(len, calls)) > 1


def test_the_limits_queue_joins_those_that_the_cost_of_a_call_is_best_shared_with() -> None:
    lengths = [10, 40, 11, 10, 12]
    queue = raw.Queue([[pair(length, 50) for length in lengths]], clients=1, cost=JOINING)
    assert [one.pair.reply_tokens for one in queue.take()] == [
        10,
        *(lengths[1:][at] for at in JOINING.company(10, 50, lengths[1:])),
    ]


def test_the_limits_queue_leaves_other_threads_their_share() -> None:
    queue = raw.Queue([[pair(10, 50) for _ in range(6)]], clients=1, cost=JOINING, threads=2)
    assert [len(call) for call in handed_out(queue)] == [3, 2, 1]


def test_the_limits_queue_joins_nothing_for_a_graph_that_reads_pair_by_pair() -> None:
    apart = Cost(JOINING.call, JOINING.token, JOINING.square, together=False)
    queue = raw.Queue([[pair(10, 50) for _ in range(6)]], clients=1, cost=apart)
    assert [len(call) for call in handed_out(queue)] == [1] * 6


def test_a_client_of_the_limit_asks_again_only_when_all_its_pairs_are_judged() -> None:
    requests = [[pair(10, post, number=number) for post in (50, 50, 60)] for number in (2, 3)]
    queue = raw.Queue(requests, clients=1, cost=JOINING)
    first, second = handed_out(queue)
    queue.done(first)
    assert not queue.take()
    queue.done(second)
    assert {one.pair.ids[0] for call in handed_out(queue) for one in call} == {3}


def test_time_in_company_is_time_a_reply(pairs: list[Pair]) -> None:
    judged = []

    class Counting:
        def score(self, batch: list[Encoded]) -> None:
            judged.append((len(batch), len({one.post for one in batch})))

    found = raw.in_company(cast(Classifier, Counting()), [one.encoded for one in pairs], turns=2)
    assert list(found) == [1, 2, 4, 8]
    assert judged == [(1, 1), (2, 1), (4, 1), (8, 1)] * 2


def test_the_curve_through_times_that_follow_it_is_found_again() -> None:
    lengths = [8, 16, 32, 64, 128, 192]
    fitted = raw.fit(lengths, [0.0003 + 0.00007 * n + 1e-8 * n**2 for n in lengths])
    assert (fitted.call, fitted.token, fitted.square) == pytest.approx((0.0003, 0.00007, 1e-8))
    assert fitted.r2 == pytest.approx(1)
