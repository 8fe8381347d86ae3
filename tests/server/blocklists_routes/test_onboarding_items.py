"""The items of the onboarding: enough of each kind, in both languages, and ids that give nothing away."""

import re
from collections import Counter

from panah.blocklists.onboarding import NORM_ITEMS, catalogue
from panah.blocklists.policy import Rules

ITEMS = list(catalogue().values())


def test_there_are_enough_items_of_each_kind() -> None:
    counted = Counter(item.answer for item in ITEMS)
    assert counted == {"list": 12, "keep": 12, "norm": 8}
    assert counted["list"] + counted["keep"] > Rules().gold_items
    assert counted["norm"] > NORM_ITEMS


def test_an_id_says_nothing_about_the_answer() -> None:
    assert [item.id for item in ITEMS] == [f"item-{at:02d}" for at in range(1, len(ITEMS) + 1)]
    answers = [item.answer for item in ITEMS]
    longest = max(len(run[0]) for run in re.finditer(r"(.)\1*", "".join(one[0] for one in answers)))
    assert longest <= 2


def test_every_item_is_short_and_in_both_languages() -> None:
    for item in ITEMS:
        for text in (item.en, item.ur):
            assert 60 <= len(text) <= 260, item.id
            assert 1 <= len(re.findall(r"[.؟?!۔]", text)) <= 6, item.id
        assert not re.search("[\u0600-\u06ff]", item.en)
        assert not re.search("[A-Za-z]", item.ur)
    assert len({item.en for item in ITEMS} | {item.ur for item in ITEMS}) == 2 * len(ITEMS)
