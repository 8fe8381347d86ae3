"""What the consoles say, in both languages."""

import re

from panah.consoles.rendering import HERE, words
from panah.pages.languages import LANGUAGES, Language

PLACE = re.compile(r"\{\w+\}")


def flat(language: Language) -> dict[str, str]:
    found: dict[str, str] = {}
    for area, sections in words(language).items():
        for section, texts in sections.items():
            assert isinstance(texts, dict), f"{area}: {section} stands outside of a section"
            found |= {f"{area}.{section}.{key}": text for key, text in texts.items()}
    return found


def test_both_languages_say_the_same_with_the_same_places() -> None:
    english, urdu = flat("en"), flat("ur")
    assert english.keys() == urdu.keys()
    assert {key for key in english if set(PLACE.findall(english[key])) != set(PLACE.findall(urdu[key]))} == set()
    assert [key for texts in (english, urdu) for key, text in texts.items() if not text.strip()] == []


def test_urdu_is_written_in_its_own_script() -> None:
    plain = {"common.words.utc"}
    latin = [
        key
        for key, text in flat("ur").items()
        if key not in plain and re.search("[A-Za-z]", text) and not re.search("[\u0600-\u06ff]", text)
    ]
    assert latin == []


def test_each_area_has_a_file_in_each_language() -> None:
    files = [{path.name for path in (HERE / "strings" / language).glob("*.toml")} for language in LANGUAGES]
    assert files[0] == files[1] != set()


def test_no_template_asks_for_a_key_that_a_method_of_dicts_hides() -> None:
    """Jinja takes c.area.section.keys for the method; c.area.section["keys"] is the text."""
    methods = "|".join(name for name in dir(dict) if not name.startswith("_"))
    hidden = re.compile(rf"\b[cl](?:\.\w+)*\.({methods})\b(?!\()")
    templates = sorted((HERE.parent / "pages" / "templates").rglob("*.html"))
    assert templates
    assert [(path.name, found[0]) for path in templates for found in hidden.finditer(path.read_text())] == []
