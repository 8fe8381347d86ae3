"""`data/block.js` and `data/mute.js` of the archive that X gives its users. They are scripts, and are only read."""

import re
from collections.abc import Iterator

from panah.interchange.files import Cursor, array_items, only_blank_after
from panah.interchange.rows import BadAccount, ImportedAccount, MalformedFile, Refused, Row, Why, x_subject

BEGINS = re.compile(r"\s*window\.YTD\.([a-z_]{1,40})\.part[0-9]{1,4}\s*=")
MEMBERS = {"block": "blocking", "mute": "muting"}


def fits(start: str) -> bool:
    """Also files of the archive that hold something else, so that reading them can say so."""
    return BEGINS.match(start) is not None


def read(text: str) -> Iterator[Row]:
    begins = BEGINS.match(text)
    if begins is None:
        raise MalformedFile(1, "it does not begin like block.js or mute.js of an archive from X")
    if begins[1] not in MEMBERS:
        # following.js looks just the same, and its accounts are the last ones to report.
        raise MalformedFile(1, "this part of the archive holds something else than blocked or muted accounts")
    member = MEMBERS[begins[1]]
    cursor = Cursor(text, begins.end())
    for line, item in array_items(cursor):
        account = item.get(member) if isinstance(item, dict) else None
        if not isinstance(account, dict) or "accountId" not in account:
            yield Refused(line, Why.FIELDS)
            continue
        try:
            yield ImportedAccount(x_subject(account["accountId"]), None, False, line)
        except BadAccount as error:
            yield Refused(line, error.why)
    only_blank_after(cursor, also=";")
