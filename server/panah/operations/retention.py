"""What is kept of people and for how long: the numbers that the code goes by, in one table for admins to read."""

from dataclasses import dataclass, field
from datetime import timedelta

from panah.accounts.members import INVITATION_LASTS
from panah.accounts.sessions import BACKOFF_KEPT, IDLE, LONGEST
from panah.blocklists.appeals import STATEMENT_DAYS
from panah.blocklists.contributors import INVITATION_DAYS, TAG_KEY_DAYS
from panah.blocklists.policy import Rules
from panah.blocklists.steward import KEEP_REPORTS
from panah.distribution.publish import KEPT as FILES_KEPT
from panah.feedback.service import COUNT_KEPT, TEXT_KEPT
from panah.interchange.service import WAITING_DAYS
from panah.operations.figures import EVERY, KEPT
from panah.scoring.comparison import COUNTS_KEPT
from panah.settings import Settings
from panah.squads.service import UNUSED_DAYS


@dataclass(frozen=True)
class Kept:
    """One kind of data. `name` is its key in the strings, whose {places} `values` fill."""

    name: str
    values: dict[str, int] = field(default_factory=dict)
    job: str | None = None  # that deletes it; None: it is never deleted by time, or never stored


def hours(time: timedelta) -> int:
    return int(time.total_seconds() // 3600)


def kept(settings: Settings) -> list[Kept]:
    """Every kind, those that readers give first."""
    usual = Rules()
    return [
        Kept("texts"),
        Kept("scores", {"hours": int(settings.cache_ttl // 3600)}),
        Kept("addresses"),
        Kept("figures", {"minutes": int(EVERY * KEPT // 60)}),
        Kept("feedback_texts", {"days": TEXT_KEPT.days}, "feedback"),
        Kept("feedback", {"days": COUNT_KEPT.days}, "feedback"),
        Kept("comparisons", {"days": COUNTS_KEPT.days}, "comparisons"),
        Kept("squads", {"days": UNUSED_DAYS}, "squads"),
        Kept("contributors", {"days": TAG_KEY_DAYS}),
        Kept("codes", {"days": INVITATION_DAYS}),
        Kept("reports", {"days": usual.evidence_days}, "lists"),
        Kept("settled", {"days": KEEP_REPORTS}, "lists"),
        Kept("imports", {"days": WAITING_DAYS}, "imports"),
        Kept("juries", {"days": KEEP_REPORTS}, "lists"),
        Kept("statements", {"days": STATEMENT_DAYS}, "lists"),
        Kept("protected"),
        Kept("entries", {"flag": usual.flag_days, "hide": usual.hide_days}, "lists"),
        Kept("decisions"),
        Kept("notes"),
        Kept("events"),
        Kept("files", {"days": FILES_KEPT.days}, "publish"),
        Kept("members"),
        Kept("care"),
        Kept("sessions", {"hours": hours(IDLE), "days": LONGEST.days}, "sessions"),
        Kept("failures", {"hours": hours(BACKOFF_KEPT)}, "sessions"),
        Kept("invitations", {"hours": hours(INVITATION_LASTS)}, "sessions"),
        Kept("history"),
    ]
