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
    aap ap aapka apka apki apke apne apna apni tum tumhe tumhain tumhara tumhari tumhare tujhe tera teri tere
    mein mai mujhe mujhy mera meri mere hum humein hamein hamari hamara hamare uska uski uske usko usne usay
    iska iski iske isko isne isay unka unki unke unko unhone inka inki inke kya kia kiya kyun kyu kyon kiun kiu
    kaise kese kaisa kaisi kab kahan kaun kon kitna kitni kitne nahi nahin nai nhi nhin na mat hai hain hy hay
    tha thi thay hoga hogi honge hota hoti hote hua hui huay huwa hun hoon ho raha rahi rahe rha rhi rhe gaya
    gayi gaye gya gyi gai karo karna karta karti karte kar kr kro krna krta krti krte karein karen kiye jo jis
    agar magar lekin lakin par pe pr bhi bhe toh tou sab sabhi koi kuch kuchh aur or wo woh yeh ye yahi wohi
    ka ki ke ko se sy ne k larki larka larkiyan larkay ladki ladka aurat aurten mard baat baatein bat log logon
    ghar izzat izat sharam sharm haya kapray kapre kapde pehle phir phr fir abhi ab jab tab tak bas bus bohat
    bohot buhat bht bahut acha accha achi achay bura buri allah khuda beta beti bhai behen behan baji yaar yar
    waisi waise aisa aisi aise wala wali wale walay sirf bilkul sahi galat ghalat jhoot jhooti jhuti sach
    bolo bolti bolta kaha kehte kehti suno dekho dekh chup zaroor shayad matlab kyunke kyunki
    """.split()
)

LETTERS = {
    "آ": "aa", "ا": "a", "ب": "b", "پ": "p", "ت": "t", "ٹ": "t", "ث": "s", "ج": "j", "چ": "ch", "ح": "h",
    "خ": "kh", "د": "d", "ڈ": "d", "ذ": "z", "ر": "r", "ڑ": "r", "ز": "z", "ژ": "zh", "س": "s", "ش": "sh",
    "ص": "s", "ض": "z", "ط": "t", "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ق": "q", "ک": "k", "گ": "g",
    "ل": "l", "م": "m", "ن": "n", "ں": "n", "و": "o", "ؤ": "o", "ہ": "h", "ۂ": "h", "ۃ": "t", "ھ": "h",
    "ء": "", "ی": "i", "ئ": "i", "ے": "e", "ۓ": "e",
}  # fmt: skip
CONSONANTS = frozenset("بپتٹثجچحخدڈذرڑزژسشصضطظغفقکگلمنہھ")
URDU_WORD = re.compile("[\u0600-\u06ff\u0750-\u077f]+")

DEVANAGARI_VOWELS = {
    "अ": "a", "आ": "aa", "इ": "i", "ई": "ee", "उ": "u", "ऊ": "oo", "ऋ": "ri", "ए": "e", "ऐ": "ai", "ओ": "o",
    "औ": "au", "ऑ": "o", "ऍ": "e",
}  # fmt: skip
DEVANAGARI_SIGNS = {
    "ा": "a", "ि": "i", "ी": "i", "ु": "u", "ू": "oo", "ृ": "ri", "े": "e", "ै": "ai", "ो": "o", "ौ": "au",
    "ॉ": "o", "ॅ": "e", "्": "",
}  # fmt: skip
DEVANAGARI_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "ch", "छ": "ch", "ज": "j", "झ": "jh", "ञ": "n",
    "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n",
    "प": "p", "फ": "ph", "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r", "ल": "l", "व": "w", "श": "sh",
    "ष": "sh", "स": "s", "ह": "h", "ळ": "l",
}  # fmt: skip
DEVANAGARI_NUKTA = {"क": "q", "ख": "kh", "ग": "gh", "ज": "z", "ड": "r", "ढ": "rh", "फ": "f"}
DEVANAGARI_WORD = re.compile("[\u0900-\u097f]+")


def spell_urdu(match: re.Match[str]) -> str:
    """One Urdu word in Latin letters: from WORDS, else letter by letter with the vowels guessed."""
    word = match[0]
    if known := WORDS.get(word):
        return known
    out: list[str] = []
    for at, letter in enumerate(word):
        latin = LETTERS.get(letter, "")
        before = word[at - 1] if at else ""
        after = word[at + 1] if at + 1 < len(word) else ""
        if letter == "و" and (not before or after in {"ا", "ی", "ے"}):
            latin = "w"
        elif letter == "ی" and (not before or after in {"ا", "و"}):
            latin = "y"
        # Two consonants without a vowel between them are read with a short one, mostly "a"; a last pair is not.
        if letter in CONSONANTS and before in CONSONANTS and letter != "ھ" and (after or len(word) <= 3):
            latin = f"a{latin}" if not out or not out[-1].startswith("a") else latin
        out.append(latin)
    return "".join(out)


def spell_devanagari(match: re.Match[str]) -> str:
    """One Devanagari word in Latin letters; the inherent vowel is written but at the end."""
    word, out, pending = match[0], [], False
    for at, letter in enumerate(word):
        if letter in DEVANAGARI_CONSONANTS:
            if pending:
                out.append("a")
            nukta = word[at + 1 : at + 2] == "\u093c"
            out.append(DEVANAGARI_NUKTA.get(letter, "") if nukta else DEVANAGARI_CONSONANTS[letter])
            pending = True
        elif letter in DEVANAGARI_SIGNS:
            out.append(DEVANAGARI_SIGNS[letter])
            pending = False
        elif letter in DEVANAGARI_VOWELS:
            out.append(("a" if pending else "") + DEVANAGARI_VOWELS[letter])
            pending = False
        elif letter in "ंँ":
            out.append("an" if pending else "n")
            pending = False
    return "".join(out)


def romanise(normalised: str) -> str:
    """A normalised text with its Urdu and Hindi words in Latin letters; other text is left as it is."""
    return DEVANAGARI_WORD.sub(spell_devanagari, URDU_WORD.sub(spell_urdu, normalised))
