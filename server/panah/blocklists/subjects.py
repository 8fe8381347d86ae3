"""Accounts as lists know them: a platform and the lasting id there."""

import re

from panah.errors import AppError

SUBJECTS = {
    "x": re.compile(r"x:[1-9][0-9]{0,19}"),
    "mastodon": re.compile(r"mastodon:[^\s@:/]{1,100}@[a-z0-9][a-z0-9.-]{1,190}[a-z0-9]"),
    "bluesky": re.compile(r"bluesky:did:(?:plc:[a-z2-7]{24}|web:[a-z0-9.:-]{1,200})"),
}


class BadSubject(AppError):
    status = 422
    code = "bad-subject"


def check_subject(subject: str) -> str:
    """Raises BadSubject for what names no account by its lasting number."""
    pattern = SUBJECTS.get(subject.partition(":")[0])
    if pattern is None or not pattern.fullmatch(subject):
        raise BadSubject(
            "Name the account by its platform and lasting id, as in `x:1234567890`. A handle can change hands."
        )
    return subject
