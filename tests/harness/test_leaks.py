"""The check that journeys end with."""

import pytest

from tests.harness.recorder import Seen
from tests.journeys.leaks import check_bodies

RECEIPT = "5fb34ab4df784c3392249833138866ce"  # sixteen digits in a row


def feedback(body: str) -> Seen:
    return Seen("POST", "/v1/feedback", {}, body.encode())


def test_a_receipt_may_have_as_many_digits_as_an_id() -> None:
    check_bodies([feedback(f'{{"action":"hide","receipt":"{RECEIPT}"}}')])


@pytest.mark.parametrize(
    "body",
    [
        '{"action":"hide","receipt":"1790000000000000001"}',
        f'{{"text":"{RECEIPT}"}}',
        f'{{"receipt":"{RECEIPT}1"}}',
        f'{{"receipt":"{RECEIPT}","text":"see https://example.org"}}',
        '{"text":"@somebody did"}',
    ],
)
def test_ids_links_and_names_are_found_beside_it(body: str) -> None:
    with pytest.raises(AssertionError):
        check_bodies([feedback(body)])
