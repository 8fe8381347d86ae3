"""Common Urdu words as people type them in Latin letters."""

WORDS: dict[str, str] = {}
