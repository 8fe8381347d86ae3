"""Normalising, language groups, and reading Urdu script in Latin letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panah.scoring.roman_urdu import romanise
from panah.scoring.text import (
    MOST_CHARACTERS,
    REPEATED,
    STRETCHED,
    equals,
    has_words,
    language_group,
    may_repeat,
    normalise,
)

ANY = st.text(max_size=200) | st.text(
    alphabet="aAz @#./:httpsw_\u200c\u200b\u202e\u0640\u064bيیكکهہآاگتﷺﬁ𝓼①e\u0301LURuser😀\n", max_size=60
)


@given(ANY)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


REPEATING = st.lists(st.tuples(ANY, st.integers(1, 6)), max_size=4).map(
    lambda parts: "".join(text[:22] * times for text, times in parts)
)


@given(ANY | REPEATING)
def test_no_repeated_sign_is_overlooked_by_the_quick_look(text: str) -> None:
    if REPEATED.search(text):
        assert may_repeat(text)
    if STRETCHED.search(text):
        assert equals(text, (1,), 2)


def test_the_quick_look_spares_ordinary_words_the_slow_one() -> None:
    for text in ("Why did you not go to the police at once? I believe her.", "تم وہاں کیوں گئی تھی؟ سچ بتاؤ"):
        assert not may_repeat(text)
        assert not equals(text, (1,), 2)


@given(ANY)
def test_romanising_twice_is_romanising_once(text: str) -> None:
    once = romanise(normalise(text))
    assert romanise(once) == once


@given(st.text(alphabet="abc xyz,.!?'", max_size=80))
def test_latin_text_is_not_romanised(text: str) -> None:
    assert romanise(text) == text


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("تم كيوں گئي", "تم کیوں گئی"),  # Arabic kaf and yeh
        ("جھـــوٹ", "جھوٹ"),  # tatweel
        ("عِزَّت", "عزت"),  # vowel marks
        ("بے\u200cشرم", "بے شرم"),  # ZWNJ between Urdu letters
        ("l\u200bi\u2060ar", "liar"),
        ("\u202eliar\u202c", "liar"),
        ("𝓵𝓲𝓪𝓻", "liar"),
        ("plzzzzzz", "plzz"),
        ("see https://t.co/abc?x=1 now", "see URL now"),
        ("@Some_One1 why", "@user why"),
        ("why\n\n  now", "why now"),
        ("don’t", "don't"),
        ("lіаr", "liar"),  # Cyrillic і and а
        ("привет", "привет"),
        ("wait.in the car", "wait.in the car"),
        ("daraz.com.pk/item?x=1 dekho", "URL dekho"),
        ("https://t.co/abcجھوٹی", "URLجھوٹی"),
        ("@جھوٹی", "@جھوٹی"),
        ("!?!?!?!?!?", "!?!?!?"),
        ("10000000 rupees", "10000000 rupees"),
        ("a@b.co", "a@b.co"),
    ],
)
def test_many_ways_of_typing_become_one(typed: str, same: str) -> None:
    assert normalise(typed) == same


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("why were you there so late", "en"),
        ("I main use this, is it ok to go", "en"),
        ("tum wahan gayi kyun thi", "ur-Latn"),
        ("itna drama kyun kar rahi ho, case file karo na", "ur-Latn"),
        ("تم وہاں کیوں گئی تھی", "ur"),
        ("तुम वहाँ क्यों गई", "ur"),
        ("FIR کیوں نہیں کروائی", "ur"),
        ("", "en"),
        ("@ali @sara_k @bbc جھوٹی", "ur"),
        ("https://t.co/abc سچ", "ur"),
        ("where is the FIR", "en"),
        ("May Allah help you", "en"),
        ("Was he on the bus?", "en"),
        ("Lies or drama?", "en"),
        ("k", "en"),
        ("besharam", "ur-Latn"),
        ("proof dikhao", "ur-Latn"),
    ],
)
def test_the_language_group_is_read_from_the_text(text: str, group: str) -> None:
    assert language_group(normalise(text)) == group


def test_the_hint_breaks_a_tie_only() -> None:
    assert language_group("mera body my choice always girl", "ur") == "ur-Latn"
    assert language_group("why were you there", "ur") == "en"
    assert language_group("تم کیوں", "en") == "ur"


@pytest.mark.parametrize(
    ("text", "readable"), [("🙂", False), ("URL", False), ("@user URL ?!", False), ("7", True), ("سچ", True)]
)
def test_only_words_and_figures_can_be_read(text: str, readable: bool) -> None:
    assert has_words(text) == readable


def test_urdu_and_hindi_letters_become_the_spelling_people_type() -> None:
    assert romanise("تم کیوں گئی") == "tum kyun gayi"
    assert romanise("घर") == "ghar"
    assert not any("\u0600" <= sign <= "\u06ff" for sign in romanise("ڈرامہ ٹھیک ژالہ غضب"))


def test_no_text_grows_beyond_what_a_batch_is_planned_for() -> None:
    for text in ("ﷺ" * 4000, "@a " * 1333, "㍿" * 4000):
        assert len(normalise(text)) <= 2 * MOST_CHARACTERS
