"""Text before scoring: one form for what people type in many, and which language group it is in."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

from panah.scoring.roman_urdu import CUES, WEAK_CUES

LanguageGroup = Literal["en", "ur-Latn", "ur"]
LANGUAGE_GROUPS: tuple[LanguageGroup, ...] = ("en", "ur-Latn", "ur")

MAX_CHARACTERS = 4000  # X's long posts
MOST_CHARACTERS = 2 * MAX_CHARACTERS  # after normalising

# Arabic keyboards produce other code points for letters that Urdu readers see as the same.
VARIANTS = {
    "ي": "ی",
    "ى": "ی",
    "ئ": "ئ",
    "ك": "ک",
    "ڪ": "ک",
    "ه": "ہ",
    "ۀ": "ۂ",
    "ە": "ہ",
    "ة": "ۃ",
    "ؤ": "ؤ",
    "أ": "ا",
    "إ": "ا",
    "ٱ": "ا",
    "۔": ".",
    "،": ",",
    "؛": ";",
    "؟": "?",
    "٪": "%",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "ـ": "",  # tatweel only stretches a word
}
# Printable ASCII only: Urdu may follow a link without a space. A bare host needs a path, or "wait.in" would be one.
LINK = re.compile(
    r"(?:https?://|\bwww\.)[!-~]*"
    r"|(?<![\w.-])(?:[a-z0-9-]{1,63}\.)+(?:be|co|com|edu|gov|in|io|ly|me|net|org|pk|tv|uk)/[!-~]*",
    re.IGNORECASE,
)
MENTION = re.compile(r"(?<![A-Za-z0-9_@])@[A-Za-z0-9_]+")
# Emoji that are made of a letter or a figure, and would turn into one.
LETTER_EMOJI = re.compile("[0-9#*]\ufe0f?\u20e3|[©®™ℹ]\ufe0f?")
# Controls, bidi marks, zero-width signs, soft hyphens, variation selectors, Arabic vowel marks.
INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)
ZWNJ_INSIDE = re.compile("(?<=[\u0600-\u06ff])\u200c(?=[\u0600-\u06ff])")
# The same sign, or group of signs, over and over: enough of them would push all else out of the model's sight.
REPEATED = re.compile(r"([^\d]{1,20}?)\1{3,}")
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")  # "plzzzzz"
# Cyrillic and Greek letters that stand in for Latin ones, undone in words that have a Latin letter too.
LOOKALIKES = str.maketrans(
    "авекмнорстухіѕјԁԛԝАВЕКМНОРСТУХІЅЈαβεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "abekmhopctyxisjdqwABEKMHOPCTYXISJabeikvoptuxABEZHIKMNOPTYX",
)
MIXED_WORD = re.compile(
    r"(?<![a-z\u0370-\u052f])(?:[a-z]+[\u0370-\u052f]|[\u0370-\u052f]+[a-z])[a-z\u0370-\u052f]*", re.IGNORECASE
)
LOOKALIKE = re.compile("[\u0370-\u052f]", re.IGNORECASE)
VARIANT = re.compile(f"[{''.join(VARIANTS)}]")
PLACEHOLDERS = re.compile(r"@user\b|\bURL\b")
URDU_LETTERS = re.compile("[\u0600-\u06ff\u0750-\u077f\u0900-\u097f]+")  # Devanagari counts: same language
LATIN_LETTERS = re.compile(r"[a-z]+", re.IGNORECASE)
WORD = re.compile(r"[a-z']+")
# Of the words in a text: English chat seldom passes 0.15 by accident ("main", "is", "to" are no cues).
ROMAN_URDU_SHARE = 0.2


def composed(text: str) -> str:
    # Composed first: a hamza typed as a mark of its own belongs to its letter and is no vowel mark.
    return unicodedata.normalize("NFKC", LETTER_EMOJI.sub("", text))


def once(text: str) -> str:
    # A look for a sign costs a hundredth of the pattern that needs it: most texts have few of them.
    if not text.isascii():
        text = INVISIBLE.sub("", ZWNJ_INSIDE.sub(" ", composed(text)))
        text = VARIANT.sub(lambda sign: VARIANTS[sign[0]], text)
    elif not text.isprintable():
        text = INVISIBLE.sub("", text)
    if "/" in text or "www." in text.lower():
        text = LINK.sub("URL", text)
    if "@" in text:
        text = MENTION.sub("@user", text)
    if not text.isascii() and LOOKALIKE.search(text):
        text = MIXED_WORD.sub(lambda word: word[0].translate(LOOKALIKES), text)
    if equals(text, (1,), 2):
        text = STRETCHED.sub(r"\1\1", text)
    if may_repeat(text):
        text = REPEATED.sub(r"\1\1\1", text)
    return " ".join(text.split())


def equals(text: str, distances: Iterable[int], times: int) -> bool:
    """Whether signs at one of these distances are equal, `times` the distance of them in a row. All are compared at
    once, as one great number, by their low bytes: now and then it says yes where the answer is no.
    """
    signs, size = int.from_bytes(text.encode("utf-32-le", "surrogatepass")[::4], "little"), len(text)
    return any(
        bytes(times * distance) in (signs ^ signs >> 8 * distance).to_bytes(size, "little")
        for distance in distances
    )


def may_repeat(text: str) -> bool:
    """Whether one to twenty signs may stand there four times in a row: False only where none do."""
    # Of five signs or more, four times, every eighth word of eight signs comes again within twenty.
    again = (text.find(text[at : at + 8], at + 1, at + 28) > 0 for at in range(0, len(text) - 7, 8))
    return any(again) or equals(text, range(1, 5), 3)


def normalise(text: str) -> str:
    """One form of a text: NFKC, no invisible signs, Urdu letters unified, links and mentions masked, look-alike
    letters undone, stretched letters cut to two and repeated signs to three. Doing so twice is doing so once.
    """
    # NFKC can make eighteen characters of one, and all that follows costs time by the character.
    text = (text if text.isascii() else composed(text))[:MOST_CHARACTERS]
    while (simpler := once(text)) != text:
        text = simpler
    return text


def without_placeholders(normalised: str) -> str:
    return PLACEHOLDERS.sub("", normalised) if "@user" in normalised or "URL" in normalised else normalised


def has_words(normalised: str) -> bool:
    """Whether anything is left to read. Emoji, links and mentions alone are never judged."""
    return any(map(str.isalnum, without_placeholders(normalised)))


def is_urdu(hint: str | None) -> bool:
    """Whether X's `lang` speaks for Urdu. X takes Latin-written Urdu for Indonesian too."""
    return hint in {"ur", "hi", "ur-Latn", "hi-Latn", "in"}


def language_group(normalised: str, hint: str | None = None) -> LanguageGroup:
    """The group whose thresholds apply. The script decides, then Roman Urdu's commonest words; X's own
    `lang` breaks a tie only, since it guesses badly on short or Latin-written Urdu.
    """
    bare = without_placeholders(normalised)
    if not bare.isascii():
        urdu, latin = (sum(map(len, kind.findall(bare))) for kind in (URDU_LETTERS, LATIN_LETTERS))
        if urdu > latin:
            return "ur"
    words = WORD.findall(bare.lower())
    strong, weak = (sum(map(cues.__contains__, words)) for cues in (CUES, WEAK_CUES))
    # English has the weak ones too: they count beside a strong one, or when they are most of the text.
    cues = strong + weak if strong or weak * 2 > len(words) > 1 else 0
    if words and cues / len(words) >= ROMAN_URDU_SHARE:
        return "ur-Latn"
    if cues and is_urdu(hint):
        return "ur-Latn"
    return "en"
