"""Many looks at once: to reject, to let expire, or to hand over. Nothing is ever put on a list like that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, update
from sqlmodel import col

from panah.blocklists import events, looks, panel
from panah.blocklists.lists import lock, rules_of
from panah.blocklists.looks import lock_look
from panah.blocklists.tables import Blocklist, Look
from panah.blocklists.turn import Turn, begin
from panah.curation.care import check_cap
from panah.errors import AppError
from panah.keys import Keys

MOST = 200
# What may be said of many, at which stages. Appeals are heard one by one: a single doubt takes an account off.
STAGES = {
    "keep": frozenset({"first", "fresh", "upgrade"}),
    "expire": frozenset({"review"}),
    "recuse": frozenset(panel.STAGES),
}


class BadBulk(AppError):
    status = 422
    code = "bad-bulk"


@dataclass(frozen=True)
class Bulk:
    """How many were answered, and how many were left as they are: decided already, at another stage, somebody
    else's, over the daily limit, or such that this vote would be the last one of a listing.
    """

    done: int
    skipped: int


def answer_many(
    engine: Engine,
    keys: Keys,
    member_id: UUID,
    look_ids: Iterable[UUID],
    what: str,
    *,
    reason_code: str = "",
    now: datetime | None = None,
) -> Bulk:
    """Answers many of one's looks with "keep", "expire" or "recuse", each in a transaction of its own.

    They count at once. Raises BadBulk for anything else, and for more than 200.
    """
    chosen = list(dict.fromkeys(look_ids))
    if what not in STAGES or len(chosen) > MOST:
        raise BadBulk(f"Up to {MOST} cases at once can be rejected, left to expire, or handed to others.")
    done = 0
    for look_id in chosen:
        try:
            with begin(engine, keys, now=now) as turn:
                done += answer_one(turn, member_id, look_id, what, reason_code)
        except AppError:
            continue  # decided meanwhile, somebody else's, or over the limit
    return Bulk(done, len(chosen) - done)


def answer_one(turn: Turn, member_id: UUID, look_id: UUID, what: str, reason_code: str) -> bool:
    """False at a stage that is not answered like that, where an answer was given that does not count yet, or where
    the others have voted so that the last vote lists the account whatever it is: that takes a look at it by itself.
    """
    own_turn, blocklist, look, case = lock_look(turn, member_id, look_id)
    if look.stage not in STAGES[what] or look.said is not None:
        return False
    if what != "recuse":
        check_cap(turn.session, member_id, turn.now)
        rules = rules_of(turn.session, blocklist, own_turn.now)
        if looks.would_list(turn, case, rules, look.stage, "keep"):
            return False
    looks.answer_look(turn, member_id, look_id, "recuse" if what == "recuse" else "keep", reason_code)
    return True


def reassign(turn: Turn, blocklist: Blocklist, from_member: UUID, by: UUID) -> int:
    """Hands all open looks of a curator who is away to others; how many. `by` is the admin who asks for it.

    What has been answered and does not count yet stays theirs.
    """
    turn, blocklist = lock(turn, blocklist)
    handed = turn.session.execute(
        update(Look)
        .where(
            col(Look.blocklist_id) == blocklist.id,
            col(Look.member_id) == from_member,
            col(Look.vote).is_(None),
            col(Look.said).is_(None),
        )
        .values(vote="recuse")
    )
    count = int(handed.rowcount)  # type: ignore[attr-defined]
    if count:
        body = {"member": str(from_member), "by": str(by), "looks": count}
        events.append(turn, blocklist, "reassigned", role="admin", body=body)
        panel.replace_late(turn, blocklist, rules_of(turn.session, blocklist, turn.now))
    return count
