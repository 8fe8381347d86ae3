"""What was labelled, as rows for training. They are people's words: they stay out of the repository."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from panah.accounts.audit import lock_accounts, record_account_event
from panah.blocklists.turn import Turn
from panah.feedback.service import is_kept, texts
from panah.feedback.tables import Feedback

BRIEF = "feedback"
AT_ONCE = 500  # rows


@dataclass(frozen=True)
class Export:
    """JSON lines, one row each."""

    lines: bytes
    rows: int


def export(turn: Turn, by: UUID | None, *, again: bool = False) -> Export:
    """All that is labelled and was given with its text, but what was exported before, unless `again`.

    What is exported is marked so; `by` is a member, or None for whoever runs commands on the machine.
    """
    lock_accounts(turn)
    today = turn.now.date()
    lines = list(_lines(turn, again=again))
    marked = update(Feedback).where(*_ready(today, again=again)).values(exported_on=today)
    turn.session.execute(marked.execution_options(synchronize_session=False))
    body = {"by": str(by) if by else "operator", "rows": len(lines)}
    record_account_event(turn, "feedback_exported", "admin" if by else "panah", body)
    return Export(b"".join(lines), len(lines))


def _ready(today: date, *, again: bool) -> list[ColumnElement[bool]]:
    ready = [col(Feedback.state) == "labelled", col(Feedback.sealed_text).is_not(None), is_kept(today)]
    return ready if again else [*ready, col(Feedback.exported_on).is_(None)]


def _lines(turn: Turn, *, again: bool) -> Iterator[bytes]:
    chosen = select(Feedback).where(*_ready(turn.now.date(), again=again)).order_by(col(Feedback.id))
    for row in turn.session.scalars(chosen.execution_options(yield_per=AT_ONCE)):
        yield orjson.dumps(corpus_row(row, *texts(turn.keys, row)), option=orjson.OPT_APPEND_NEWLINE)


def corpus_row(row: Feedback, text: str, context: str) -> dict[str, object]:
    """A row as model/corpus/README.md describes them; its kind is where it comes from, since nobody says more."""
    return {
        "id": f"fb-{row.id.hex[:8]}",
        "thread": f"fb-{row.id.hex}",  # each for itself: nobody knows which belong together
        "setting": "disclosure" if context else "ordinary",
        "lang": row.language,
        "context": context,
        "text": text,
        "labels": row.labels or [],
        "kind": BRIEF,
        "brief": BRIEF,
    }
