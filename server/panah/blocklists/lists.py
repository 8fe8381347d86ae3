"""Lists themselves: making, finding, locking them, and the rules in force."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from panah.blocklists import events
from panah.blocklists.policy import Rules
from panah.blocklists.tables import Blocklist, Joining, ListPolicy, Look, Seat, Tier
from panah.blocklists.turn import Turn
from panah.errors import AppError

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
# The list's own time goes on by so much at most: a clock that jumps cannot let all deadlines pass at once.
LONGEST_STEP = timedelta(hours=24)
POLICY_DELAY = timedelta(hours=24)

# Built once: these stand before every write.
LOCK = (
    update(Blocklist)
    .where(col(Blocklist.id) == bindparam("list_id"))
    .values(head_seq=Blocklist.head_seq)
    .execution_options(synchronize_session=False)
)
IN_FORCE = (
    select(ListPolicy)
    .where(col(ListPolicy.blocklist_id) == bindparam("list_id"), col(ListPolicy.in_force_at) <= bindparam("now"))
    .order_by(col(ListPolicy.in_force_at).desc(), col(ListPolicy.id).desc())
    .limit(1)
)


class BlocklistNotFound(AppError):
    status = 404
    code = "blocklist-not-found"


class SlugTaken(AppError):
    status = 409
    code = "slug-taken"


class BadSlug(AppError):
    status = 422
    code = "bad-slug"


class ListArchived(AppError):
    status = 409
    code = "list-archived"


class PolicyConflict(AppError):
    status = 409
    code = "policy-conflict"


class PolicyOutdated(PolicyConflict):
    code = "policy-outdated"


def create_list(
    turn: Turn,
    *,
    slug: str,
    name: str,
    description: str = "",
    norms: str = "",
    contact: str = "",
    joining: Joining = Joining.OPEN,
    tier_cap: Tier = Tier.HIDE,
    rules: Rules | None = None,
) -> Blocklist:
    """Makes a list with its first policy. Raises BadSlug or SlugTaken."""
    if not SLUG.fullmatch(slug):
        raise BadSlug("A list's address has 1 to 40 small letters, digits and hyphens, as in `no-blame`.")
    if turn.session.exec(select(Blocklist.id).where(Blocklist.slug == slug)).first():
        raise SlugTaken("There is a list at this address already. Choose another.")
    today = turn.now.date()
    blocklist = Blocklist(
        slug=slug,
        name=name,
        description=description,
        norms=norms,
        contact=contact,
        joining=joining,
        tier_cap=tier_cap,
        salt=f"{turn.lot.getrandbits(128):032x}",
        sealed_tag_key=turn.keys.seal(f"{turn.lot.getrandbits(256):064x}"),
        tag_key_on=today,
        clock_at=turn.now,
        attended_on=today,
        created_on=today,
    )
    turn.session.add(blocklist)
    try:
        turn.session.flush()
    except IntegrityError as cause:  # somebody made it between the look and the insert
        raise SlugTaken("There is a list at this address already. Choose another.") from cause
    numbers = (rules or Rules()).model_dump()
    turn.session.add(
        ListPolicy(
            blocklist_id=blocklist.id,
            numbers=numbers,
            note="The rules a list begins with.",
            author="panah",
            approved_by="panah",
            created_at=turn.now,
            in_force_at=turn.now,
        )
    )
    turn.session.flush()
    events.append(turn, blocklist, "list_created", role="admin", body={"numbers": numbers})
    return blocklist


def find_list(session: Session, slug: str) -> Blocklist:
    """Raises BlocklistNotFound."""
    found = session.exec(select(Blocklist).where(Blocklist.slug == slug)).first()
    if found is None:
        raise BlocklistNotFound("There is no such list here.")
    return found


def in_lock_order(session: Session) -> list[Blocklist]:
    """All lists in the one order in which several are locked, so that nobody waits for each other."""
    return list(session.exec(select(Blocklist).order_by(col(Blocklist.id))))


def all_lists(session: Session) -> list[Blocklist]:
    return list(session.exec(select(Blocklist).order_by(Blocklist.slug)))


def lock(turn: Turn, blocklist: Blocklist, *, longest: timedelta = LONGEST_STEP) -> tuple[Turn, Blocklist]:
    """Makes everybody else who would change the list wait, and gives the turn the list's own time.

    The first statement of a write, so that SQLite takes its lock here and not half-way.
    """
    turn.session.execute(LOCK, {"list_id": blocklist.id})
    found = turn.session.get(Blocklist, blocklist.id, populate_existing=True)
    if found is None:
        raise BlocklistNotFound("There is no such list here.")
    now = min(max(turn.now, found.clock_at), found.clock_at + longest)
    return replace(turn, now=now), found


def lock_open(turn: Turn, blocklist: Blocklist) -> tuple[Turn, Blocklist]:
    """The same, for what an archived list refuses. Raises ListArchived."""
    turn, found = lock(turn, blocklist)
    if found.archived:
        raise ListArchived("This list is closed. What is on it expires; nothing is added.")
    return turn, found


@lru_cache(maxsize=256)
def _rules(policy_id: int, numbers: tuple[tuple[str, Any], ...]) -> Rules:
    return Rules(**dict(numbers))


def policy_of(session: Session, blocklist: Blocklist, now: datetime) -> tuple[int, Rules]:
    """The policy in force, and the id of its row."""
    row = session.exec(IN_FORCE, params={"list_id": blocklist.id, "now": now}).one()
    assert row.id is not None  # noqa: S101  (it came from the database)
    return row.id, _rules(row.id, tuple(sorted(row.numbers.items())))


def rules_by_list(session: Session, now: datetime) -> dict[UUID, Rules]:
    """The rules in force on all lists, read at once."""
    chosen = select(ListPolicy).where(col(ListPolicy.in_force_at) <= now)
    rows = session.exec(chosen.order_by(col(ListPolicy.in_force_at), col(ListPolicy.id)))
    newest = {row.blocklist_id: row for row in rows}
    return {at: _rules(row.id or 0, tuple(sorted(row.numbers.items()))) for at, row in newest.items()}


def rules_of(session: Session, blocklist: Blocklist, now: datetime) -> Rules:
    return policy_of(session, blocklist, now)[1]


def newest_approved(session: Session, blocklist: Blocklist) -> ListPolicy:
    """The policy in force, or the one that comes into force next: what new rules are built on."""
    chosen = select(ListPolicy).where(
        ListPolicy.blocklist_id == blocklist.id, col(ListPolicy.in_force_at).is_not(None)
    )
    newest = chosen.order_by(col(ListPolicy.in_force_at).desc(), col(ListPolicy.id).desc()).limit(1)
    return session.exec(newest).one()


def propose_policy(
    turn: Turn, blocklist: Blocklist, *, author: UUID, rules: Rules, note: str, based_on: int | None = None
) -> ListPolicy:
    """Writes down new rules, which wait for a second admin and then for a day. `based_on` is the policy that was
    changed; without it, the newest approved one. Raises PolicyOutdated where another was approved since.
    """
    turn, blocklist = lock(turn, blocklist)
    newest = newest_approved(turn.session, blocklist).id
    if based_on not in (None, newest):
        raise PolicyOutdated("Other rules were approved meanwhile. Look at them, and propose yours anew.")
    row = ListPolicy(
        blocklist_id=blocklist.id,
        numbers=rules.model_dump(),
        note=note,
        author=str(author),
        based_on=newest,
        created_at=turn.now,
    )
    turn.session.add(row)
    turn.session.flush()
    body = {"policy": row.id, "based_on": newest, "numbers": row.numbers}
    events.append(turn, blocklist, "policy_proposed", role="admin", body=body)
    return row


def find_proposal(turn: Turn, blocklist: Blocklist, policy_id: int) -> ListPolicy:
    """Raises PolicyConflict for one that has been answered. The list is locked."""
    row = turn.session.get(ListPolicy, policy_id, populate_existing=True)
    if row is None or row.blocklist_id != blocklist.id or row.in_force_at is not None or row.refused_by is not None:
        raise PolicyConflict("There is no such proposal that waits for an answer.")
    return row


def approve_policy(turn: Turn, blocklist: Blocklist, policy_id: int, *, approver: UUID) -> ListPolicy:
    """Lets proposed rules come into force in 24 hours. Raises PolicyConflict for one's own, or a decided one, and
    PolicyOutdated where other rules were approved since it was proposed: it holds all numbers, and would undo them.
    """
    turn, blocklist = lock(turn, blocklist)
    row = find_proposal(turn, blocklist, policy_id)
    if row.author == str(approver):
        raise PolicyConflict("Somebody else has to approve what you proposed.")
    if row.based_on != newest_approved(turn.session, blocklist).id:
        raise PolicyOutdated("Other rules were approved since this was proposed. Refuse it, and propose it anew.")
    row.approved_by = str(approver)
    row.in_force_at = turn.now + POLICY_DELAY
    events.append(turn, blocklist, "policy_approved", role="admin", body={"policy": policy_id})
    return row


def refuse_policy(turn: Turn, blocklist: Blocklist, policy_id: int, *, by: UUID) -> None:
    """Answers proposed rules with no, or takes one's own back. Raises PolicyConflict for a decided one."""
    turn, blocklist = lock(turn, blocklist)
    find_proposal(turn, blocklist, policy_id).refused_by = str(by)
    events.append(turn, blocklist, "policy_refused", role="admin", body={"policy": policy_id})


def seats_of(session: Session, blocklist: Blocklist, *, appeals: bool = False) -> list[UUID]:
    """Members who curate the list, in a steady order; with `appeals`, those too who only answer these."""
    chosen = select(Seat.member_id).where(Seat.blocklist_id == blocklist.id).order_by(col(Seat.member_id))
    return list(session.exec(chosen if appeals else chosen.where(col(Seat.appeals_only).is_(False))))


def seat(turn: Turn, blocklist: Blocklist, member_id: UUID, *, appeals_only: bool = False) -> None:
    """Makes a member a curator of the list, or one who only answers its appeals. Again changes nothing."""
    turn, blocklist = lock(turn, blocklist)
    row = turn.session.get(Seat, (blocklist.id, member_id))
    if row is not None and row.appeals_only == appeals_only:
        return
    if row is None:
        row = Seat(blocklist_id=blocklist.id, member_id=member_id, since=turn.now.date())
        turn.session.add(row)
    row.appeals_only = appeals_only
    if not appeals_only:
        blocklist.attended_on = turn.now.date()
    body = {"member": str(member_id), "appeals_only": appeals_only}
    events.append(turn, blocklist, "seated", role="admin", body=body)


def unseat(turn: Turn, blocklist: Blocklist, member_id: UUID) -> None:
    """Takes a member off the list's curators; others get the looks that wait for them."""
    turn, blocklist = lock(turn, blocklist)
    row = turn.session.get(Seat, (blocklist.id, member_id))
    if row is not None:
        turn.session.delete(row)
        turn.session.flush()
        give_up(turn, blocklist, member_id)
        events.append(turn, blocklist, "unseated", role="admin", body={"member": str(member_id)})


def give_up(turn: Turn, blocklist: Blocklist, member_id: UUID) -> None:
    """Frees the open looks of somebody who has left; the next tick asks others."""
    turn.session.execute(
        update(Look)
        .where(col(Look.blocklist_id) == blocklist.id, col(Look.member_id) == member_id, col(Look.vote).is_(None))
        .values(vote="recuse")
    )


def unseat_everywhere(turn: Turn, member_id: UUID) -> None:
    """For a member who is suspended or leaves."""
    held = select(Blocklist).join(Seat, col(Seat.blocklist_id) == Blocklist.id).where(Seat.member_id == member_id)
    for blocklist in turn.session.exec(held.order_by(col(Blocklist.id))).all():  # always in one order: no deadlock
        unseat(turn, blocklist, member_id)


def stop(turn: Turn, blocklist: Blocklist, why: str, *, role: str = "admin") -> None:
    """Stops additions; removals go on."""
    turn, blocklist = lock(turn, blocklist)
    stop_locked(turn, blocklist, why, role=role)


def stop_locked(turn: Turn, blocklist: Blocklist, why: str, *, role: str = "panah") -> None:
    # What an admin stopped must not be resumed by itself, as an unattended list is.
    if blocklist.stopped is None or (role == "admin" and blocklist.stopped == "unattended"):
        blocklist.stopped = why
        events.append(turn, blocklist, "stopped", role=role, body={"why": why})


def resume(turn: Turn, blocklist: Blocklist) -> None:
    """Lets additions go on after somebody looked why they stopped."""
    turn, blocklist = lock(turn, blocklist)
    if blocklist.stopped is not None:
        blocklist.stopped = None
        blocklist.resumed_on = turn.now.date()
        events.append(turn, blocklist, "resumed", role="admin")


def change_list(turn: Turn, blocklist: Blocklist, **changes: Any) -> Blocklist:
    """Changes a list's public face: name, description, norms, contact, joining, tier_cap, archived."""
    turn, blocklist = lock(turn, blocklist)
    known = {"name", "description", "norms", "contact", "joining", "tier_cap", "archived"}
    real = {name: value for name, value in changes.items() if name in known and getattr(blocklist, name) != value}
    for name, value in real.items():
        setattr(blocklist, name, value)
    if real:
        events.append(
            turn, blocklist, "list_changed", role="admin", body={name: str(v) for name, v in real.items()}
        )
    return blocklist


def delete_rows(session: Session, table: Any, *conditions: Any) -> int:
    """Deletes rows and says how many there were."""
    return int(session.execute(delete(table).where(*conditions)).rowcount)  # type: ignore[attr-defined]
