"""Text before scoring: one form for what people type in many, and which language group it is in."""

import re
import unicodedata
from typing import Literal

from panah.scoring.roman_urdu import CUES

LanguageGroup = Literal["en", "ur-Latn", "ur"]
LANGUAGE_GROUPS: tuple[LanguageGroup, ...] = ("en", "ur-Latn", "ur")

MAX_CHARACTERS = 4000  # X's long posts

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
LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|net|org|pk|co|in|uk|me|ly)/\S*", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w@])@\w{1,30}")
# Controls, bidi marks, zero-width signs, soft hyphens, variation selectors, Arabic vowel marks.
INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)
ZWNJ_INSIDE = re.compile("(?<=[\u0600-\u06ff])\u200c(?=[\u0600-\u06ff])")
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")  # "plzzzzz"
SPACES = re.compile(r"\s+")
PLACEHOLDERS = re.compile(r"@user\b|\bURL\b")
URDU_LETTER = re.compile("[\u0600-\u06ff\u0750-\u077f\u0900-\u097f]")  # Devanagari counts: same language
LATIN_LETTER = re.compile(r"[a-z]", re.IGNORECASE)
WORD = re.compile(r"[a-z']+")
# Of the words in a text: English chat seldom passes 0.15 by accident ("main", "is", "to" are no cues).
ROMAN_URDU_SHARE = 0.2


def once(text: str) -> str:
    # Composed first: a hamza typed as a mark of its own belongs to its letter and is no vowel mark.
    text = ZWNJ_INSIDE.sub(" ", unicodedata.normalize("NFKC", text))
    text = INVISIBLE.sub("", text)
    text = text.translate(VARIANTS)
    text = MENTION.sub("@user", LINK.sub("URL", text))
    text = STRETCHED.sub(r"\1\1", text)
    return SPACES.sub(" ", text).strip()


def normalise(text: str) -> str:
    """One form of a text: NFKC, no invisible signs, Urdu letters unified, links and mentions masked,
    stretched letters cut to two. Normalising twice is normalising once.
    """
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
    urdu, latin = len(URDU_LETTER.findall(normalised)), len(LATIN_LETTER.findall(normalised))
    if urdu > latin:
        return "ur"
    words = WORD.findall(PLACEHOLDERS.sub("", normalised).lower())
    cues = sum(word in CUES for word in words)
    if words and cues / len(words) >= ROMAN_URDU_SHARE:
        return "ur-Latn"
    if cues and hint in {"ur", "hi", "ur-Latn", "hi-Latn", "in"}:
        return "ur-Latn"
    return "en"
