"""Urdu and Hindi letters to Roman Urdu, so that one vocabulary reads all three ways of writing.

The model's vocabulary is English: it cuts Roman Urdu into pieces it has learned and Urdu script into single
letters, with no piece at all for some of them. No Urdu-script rows may train the model, so it reads Urdu
script in the letters of the rows that may. Urdu leaves short vowels out; the commonest words, in which
that matters most, stand in WORDS with the spelling people type.
"""

import re

from panah.scoring.urdu_words import WORDS

# Words that mark a Latin text as Roman Urdu. Words that are English too ("main", "is", "to", "he") are no cues.
CUES = frozenset(
    """
    aap aapka apka apki apke apne apna apni tum tumhe tumhain tumhara tumhari tumhare tujhe tera teri tere
    mein mai mujhe mujhy mera meri mere hum humein hamein hamari hamara hamare uska uski uske usko usne usay
    iska iski iske isko isne isay unka unki unke unko unhone inka inki inke kya kia kiya kyun kyu kyon kiun
    kiu kaise kese kaisa kaisi kab kahan kaun kon kitna kitni kitne nahi nahin nai nhi nhin hai hain hy tha
    thi thay hoga hogi honge hota hoti hote hui huay huwa hoon raha rahi rahe rha rhi rhe gaya gayi gaye gya
    gyi gai karo karna karta karti karte kar kr kro krna krta krti krte karein karen kiye jis agar magar
    lekin lakin bhi bhe toh tou sab sabhi koi kuch kuchh aur wo woh yeh ye yahi wohi ka ki ke se sy larki
    larka larkiyan larkay ladki ladka aurat aurten mard baat baatein bat logon ghar izzat izat sharam sharm
    haya kapray kapre kapde pehle phir phr abhi jab tak bas bohat bohot buhat bht bahut acha accha achi
    achay bura buri khuda beti behen behan yar waisi waise aisa aisi aise wala wali wale walay sirf bilkul
    sahi galat ghalat jhoot jhooti jhuti sach bolo bolti bolta kaha kehte kehti suno dekho dekh chup zaroor
    shayad matlab kyunke kyunki besharam besharm ghalti gunah dikhao lagao aurton mardon zaroorat
    """.split()
)
# Words that English or names have too.
WEAK_CUES = frozenset(
    "or fir k bus par hay tab ab jo hun mat allah bhai baji beta yaar log ap na ne pe pr hi ko ho hua".split()
)

LETTERS = {
    "ب": "b", "پ": "p", "ت": "t", "ٹ": "t", "ث": "s", "ج": "j", "چ": "ch", "ح": "h", "خ": "kh", "د": "d",
    "ڈ": "d", "ذ": "z", "ر": "r", "ڑ": "r", "ز": "z", "ژ": "zh", "س": "s", "ش": "sh", "ص": "s", "ض": "z",
    "ط": "t", "ظ": "z", "غ": "gh", "ف": "f", "ق": "q", "ک": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n",
    "ہ": "h", "ھ": "h", "ۃ": "t", "ۂ": "h", "ڻ": "n", "ڳ": "g", "ٻ": "b", "ڄ": "j", "ڏ": "d",
}  # fmt: skip
# Said in one way wherever they stand.
CERTAIN = {letter: sound for letter, sound in LETTERS.items() if letter not in "نھہ"}
URDU_WORD = re.compile("[\u0620-\u0669\u066e-\u06d3\u06d5-\u06ff\u0750-\u077f]+")  # no punctuation
# Both keys for "h" are struck for either letter; only after these does it mean breath ("bh", "kh").
PLAIN_H = re.compile("(?<![بپتٹجچدڈڑکگ])ھ")
# "ن" between these two is said through the nose, with no vowel after it: maang, neend, saans.
LONG = frozenset("اآوی")
NASAL_BEFORE = frozenset("گجچڈٹکدسپب")

DEVANAGARI_WORDS = {
    "नहीं": "nahi", "यह": "ye", "वह": "wo", "वो": "wo", "ये": "ye", "क्यों": "kyun", "क्यूं": "kyun",
    "हम": "hum", "बहुत": "bohat", "यहां": "yahan", "वहां": "wahan", "झूठ": "jhoot", "झूठी": "jhooti",
    "गलत": "ghalat", "दूसरी": "dosri", "शर्म": "sharam", "साथ": "sath", "हाथ": "hath", "पुलिस": "police",
    "।": ".", "॥": ".",
}  # fmt: skip
DEVANAGARI_VOWELS = {
    "अ": "a", "आ": "A", "इ": "i", "ई": "I", "उ": "u", "ऊ": "U", "ऋ": "ri", "ए": "e", "ऐ": "ai", "ओ": "o",
    "औ": "au", "ऑ": "o", "ऍ": "e",
}  # fmt: skip
DEVANAGARI_SIGNS = {
    "ा": "A", "ि": "i", "ी": "I", "ु": "u", "ू": "U", "ृ": "ri", "े": "e", "ै": "ai", "ो": "o", "ौ": "au",
    "ॉ": "o", "ॅ": "e", "्": "",
}  # fmt: skip
DEVANAGARI_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "ch", "छ": "ch", "ज": "j", "झ": "jh", "ञ": "n",
    "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n",
    "प": "p", "फ": "ph", "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r", "ल": "l", "व": "w", "श": "sh",
    "ष": "sh", "स": "s", "ह": "h", "ळ": "l",
}  # fmt: skip
DEVANAGARI_NUKTA = {"क": "q", "ख": "kh", "ग": "gh", "ज": "z", "ड": "r", "ढ": "rh", "फ": "f"}
DEVANAGARI_WORD = re.compile("[।॥]|[\u0900-\u0963\u0966-\u097f]+")

# A word between script and spelling is a list of [consonant, vowel]; either may be "". The vowel SHORT is one
# that the script leaves out, said as "a" or not at all; A, I and U are long and spelt by their place.
Sounds = list[list[str]]
SHORT = "ə"
NASAL = "N"
# Two consonants that end an Urdu word without a vowel between them: dost, sakht, band, mard, mulk.
CLOSING = frozenset("st sht kht nd ng nj nk rd rk rz rf rq rsh lm lk ks qs mp mb".split())


def spell(sounds: Sounds) -> str:
    """The word as people type it. Changes `sounds`."""
    last = len(sounds) - 1
    if last > 0 and sounds[last][1] == SHORT:
        sounds[last][1] = ""
    for at in range(last - 1, 0, -1):
        # Between a vowel and a consonant with a vowel, a short one is not said: larəki is larki.
        open_before = sounds[at - 1][1] or sounds[at - 1][0] == NASAL
        if sounds[at][1] == SHORT and open_before and all(sounds[at + 1]):
            sounds[at][1] = ""
    vowels = [at for at, (_, vowel) in enumerate(sounds) if vowel]
    syllables, last_vowel = len(vowels), max(vowels, default=0)
    out: list[str] = []
    for at, (consonant, vowel) in enumerate(sounds):
        then, then_vowel = sounds[at + 1] if at < last else ("", "")
        closed = last_vowel <= at < last
        if vowel == SHORT:
            vowel = "e" if then == "h" and not then_vowel.strip(SHORT) else "a"  # behan, pehle, but raha
        elif vowel == "A":
            first = at == 0 and not consonant
            vowel = "aa" if first or (syllables == 1 and closed) else "a"  # aap, kaam, but kitab
        elif vowel == "I":
            vowel = "ee" if closed and (then != NASAL or at < last - 1) else "i"  # theek, neend, but thi
        elif vowel == "U":
            vowel = "oo" if then else "u"  # khoon, but hindu
        elif vowel == "e" and then == NASAL and at == last - 1:
            vowel = "ei"  # mein, baatein
        out.append(("n" if consonant == NASAL else consonant) + vowel)
    return "".join(out).replace("chch", "ch")


def spell_urdu(match: re.Match[str]) -> str:
    """One Urdu word in Latin letters: from WORDS, else letter by letter with the vowels guessed."""
    word = match[0]
    if known := WORDS.get(word):
        return known
    word = PLAIN_H.sub("ہ", word.replace("ۓ", "ئے").replace("ۂ", "ہ"))
    if known := WORDS.get(word):
        return known
    if word[0] == "ع":
        word = f"آ{word[2:]}" if word[1:2] == "ا" else f"ا{word[1:]}"
    sounds: Sounds = []
    for at, letter in enumerate(word):
        if sound := CERTAIN.get(letter):
            sounds.append([sound, SHORT])
            continue
        before, after, rest = word[at - 1 : at] if at else "", word[at + 1 : at + 2], word[at + 2 :]
        bare = bool(sounds) and sounds[-1][1] == SHORT  # a consonant still waits for its vowel
        if letter.isdecimal():
            sounds.append([str(int(letter)), ""])
        elif letter == "ں" or (letter == "ن" and before in LONG and after in NASAL_BEFORE):
            sounds.append([NASAL, ""])
        elif letter == "ھ" and bare:
            sounds[-1][0] += "h"
        elif letter == "ہ" and bare and not after and len(sounds) > 1:
            sounds[-1][1] = "a"  # a silent last letter: bacha, ghussa
        elif letter in LETTERS:
            sounds.append([LETTERS[letter], SHORT])
        elif glides(letter, before, after, rest, len(sounds)):
            if bare and letter == "ی":
                sounds[-1][1] = "i"  # duniya, larkiyan
            elif bare and before == "خ":
                sounds[-1][1] = ""  # khwab
            sounds.append(["w" if letter == "و" else "y", SHORT])
        elif vowel := urdu_vowel(letter, after, rest, len(sounds)):
            if bare:
                sounds[-1][1] = vowel
            elif not (letter == "ع" and not after):  # shuru, wasee
                sounds.append(["", vowel])
    # A word of two consonants keeps the vowel between them: dil, das.
    bare_end = [vowel for _, vowel in sounds[-2:]] == [SHORT, SHORT]
    if bare_end and len(sounds) > 2 and sounds[-2][0] + sounds[-1][0] in CLOSING:
        sounds[-2][1] = ""
    return spell(sounds)


def glides(letter: str, before: str, after: str, rest: str, sounds: int) -> bool:
    """Whether "و", "ی" or "ئ" is a consonant here: "w" or "y"."""
    if letter == "ئ":
        return after == "ے" or (after, rest) == ("ی", "ں") or (after == "ی" and before in LETTERS)
    if letter not in {"و", "ی"}:
        return False
    if not before or after in {"ا", "آ"} or (after, rest) == ("ہ", ""):
        return True
    if before in {"ا", "آ"} and sounds:
        return after not in {"", "ں", "ئ"}  # shikayat, chawal, but jao
    if letter == "و":
        return after in {"ی", "ے"}
    # larkiyon, liye, khairiyat
    return (after in {"و", "ے"} and rest in {"", "ں"}) or (sounds > 1 and (after, rest) == ("ت", ""))


def urdu_vowel(letter: str, after: str, rest: str, sounds: int) -> str:
    """The vowel that a letter stands for after so many sounds, "" for none."""
    if letter in {"ا", "آ"}:
        if sounds or letter == "آ":
            return "A"
        return "" if after in {"ی", "و"} and rest[:1] not in {"ا", "آ"} else "a"  # ek, or, but awam
    if letter == "و":
        return "o" if sounds < 2 or after in {"", "ں"} else "U"  # dost, karo, but majboor
    if letter == "ی":
        opens = sounds < 2 and after in LETTERS and rest[:1] in {"ا", "و", "ی", "ے"}  # mera, dekho
        return "e" if not sounds or opens or (after, rest) == ("ں", "") else "I"
    if letter == "ئ":
        return "" if after in {"ی", "و"} else "i"
    return {"ؤ": "o", "ے": "e", "ع": "a"}.get(letter, "")


def spell_devanagari(match: re.Match[str]) -> str:
    """One Hindi word in Latin letters, the vowels as people say and type them."""
    word = match[0].replace("ँ", "ं").replace("ज्ञ", "ग्य")
    if known := DEVANAGARI_WORDS.get(word):
        return known
    sounds: Sounds = []
    for at, letter in enumerate(word):
        if letter in DEVANAGARI_CONSONANTS:
            nukta = word[at + 1 : at + 2] == "\u093c"
            plain = DEVANAGARI_CONSONANTS[letter]
            sounds.append([DEVANAGARI_NUKTA.get(letter, plain) if nukta else plain, SHORT])
        elif letter in DEVANAGARI_SIGNS and sounds:
            sounds[-1][1] = DEVANAGARI_SIGNS[letter]
        elif letter in DEVANAGARI_VOWELS:
            vowel = DEVANAGARI_VOWELS[letter]
            # Where a vowel follows a vowel people write a "y": gayi, jaye, chahiye.
            joined = bool(sounds) and (
                (vowel == "e" and sounds[-1][1] in {SHORT, "A", "i", "I", "o"})
                or (vowel == "I" and sounds[-1][1] == SHORT)
            )
            sounds.append(["y" if joined else "", vowel])
        elif letter == "ं":
            sounds.append([NASAL, ""])
        elif letter.isdecimal():
            sounds.append([str(int(letter)), ""])
    return spell(sounds)


def romanise(normalised: str) -> str:
    """A normalised text with its Urdu and Hindi words in Latin letters; other text is left as it is."""
    if normalised.isascii():
        return normalised
    return DEVANAGARI_WORD.sub(spell_devanagari, URDU_WORD.sub(spell_urdu, normalised))
