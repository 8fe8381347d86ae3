"""Text before scoring: one form for what people type in many, and which language group it is in."""

import re
import unicodedata
from typing import Literal

from panah.scoring.roman_urdu import CUES, WEAK_CUES

LanguageGroup = Literal["en", "ur-Latn", "ur"]
LANGUAGE_GROUPS: tuple[LanguageGroup, ...] = ("en", "ur-Latn", "ur")

MAX_CHARACTERS = 4000  # X's long posts
MOST_CHARACTERS = 2 * MAX_CHARACTERS  # after normalising

# Arabic keyboards produce other code points for letters that Urdu readers see as the same.
VARIANTS = str.maketrans(
    {
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
)
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
SPACES = re.compile(r"\s+")
PLACEHOLDERS = re.compile(r"@user\b|\bURL\b")
URDU_LETTER = re.compile("[\u0600-\u06ff\u0750-\u077f\u0900-\u097f]")  # Devanagari counts: same language
LATIN_LETTER = re.compile(r"[a-z]", re.IGNORECASE)
WORD = re.compile(r"[a-z']+")
# Of the words in a text: English chat seldom passes 0.15 by accident ("main", "is", "to" are no cues).
ROMAN_URDU_SHARE = 0.2


def once(text: str) -> str:
    # Composed first: a hamza typed as a mark of its own belongs to its letter and is no vowel mark.
    text = ZWNJ_INSIDE.sub(" ", unicodedata.normalize("NFKC", LETTER_EMOJI.sub("", text)))
    text = INVISIBLE.sub("", text)
    text = text.translate(VARIANTS)
    text = MENTION.sub("@user", LINK.sub("URL", text))
    text = MIXED_WORD.sub(lambda word: word[0].translate(LOOKALIKES), text)
    text = REPEATED.sub(r"\1\1\1", STRETCHED.sub(r"\1\1", text))
    return SPACES.sub(" ", text).strip()


def normalise(text: str) -> str:
    """One form of a text: NFKC, no invisible signs, Urdu letters unified, links and mentions masked, look-alike
    letters undone, stretched letters cut to two and repeated signs to three. Doing so twice is doing so once.
    """
    # NFKC can make eighteen characters of one, and all that follows costs time by the character.
    text = unicodedata.normalize("NFKC", LETTER_EMOJI.sub("", text))[:MOST_CHARACTERS]
    while (simpler := once(text)) != text:
        text = simpler
    return text


def has_words(normalised: str) -> bool:
    """Whether anything is left to read. Emoji, links and mentions alone are never judged."""
    return any(sign.isalnum() for sign in PLACEHOLDERS.sub("", normalised))


def language_group(normalised: str, hint: str | None = None) -> LanguageGroup:
    """The group whose thresholds apply. The script decides, then Roman Urdu's commonest words; X's own
    `lang` breaks a tie only, since it guesses badly on short or Latin-written Urdu.
    """
    bare = PLACEHOLDERS.sub("", normalised)
    if len(URDU_LETTER.findall(bare)) > len(LATIN_LETTER.findall(bare)):
        return "ur"
    words = WORD.findall(bare.lower())
    strong, weak = (sum(word in cues for word in words) for cues in (CUES, WEAK_CUES))
    # English has the weak ones too: they count beside a strong one, or when they are most of the text.
    cues = strong + weak if strong or weak * 2 > len(words) > 1 else 0
    if words and cues / len(words) >= ROMAN_URDU_SHARE:
        return "ur-Latn"
    if cues and hint in {"ur", "hi", "ur-Latn", "hi-Latn", "in"}:
        return "ur-Latn"
    return "en"
