"""Brings what is on a list to its readers: versions, deltas, and a signed catalogue of all lists.

Whoever writes here holds the list's lock, and then the catalogue's. One turn publishes one list: two would wait for
each other. What readers check is the time of the wall, not a list's own clock.
"""

import hashlib
import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import orjson
from sqlalchemy import ColumnElement, delete, tuple_, update
from sqlalchemy import select as sql_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, func, select

from panah.blocklists import lists
from panah.blocklists.tables import Blocklist, Entry, Seat, Tier
from panah.blocklists.turn import Turn
from panah.distribution.catalogue import (
    LEAST_GROWTH,
    MAX_GROWTH,
    PACKED,
    Part,
    contents,
    delta_part,
    file_part,
    full_name,
    list_part,
    make_pack,
    pack_name,
    signed_text,
)
from panah.distribution.details import CATEGORIES, ROW, TIERS, Rows, months, rows_in_each
from panah.distribution.encode import (
    CHANGE,
    EMPTY,
    Changes,
    Snapshot,
    changes,
    decode_full,
    encode_delta,
    encode_full,
    joined,
)
from panah.distribution.golomb import Numbers
from panah.distribution.hashes import hash_all
from panah.distribution.keyring import signer_for
from panah.distribution.outlet import Outlet
from panah.distribution.signing import envelope
from panah.distribution.tables import Catalogue, CatalogueLock, ListDetails, ListFile, ListVersion
from panah.errors import AppError
from panah.operations.switches import STOP_PUBLISHING, is_on, off_since

log = logging.getLogger("panah")

DAY = timedelta(days=1)
EXPIRY = timedelta(days=14)  # of a catalogue
KEPT = timedelta(days=21)  # files that no catalogue names any more
DELTAS = 14  # versions that a delta leads from
DELTA_DAYS = 14  # and so many days' last versions: removals come every hour, readers may be away for a week
# After an admin let a list go on, or turned the switch off, what is too much for one day comes over several.
PACED_DAYS = 14

BETWEEN = "\x1f"  # no account has it in its name
TIER_NUMBER = {tier: number for number, tier in enumerate(TIERS)}
CATEGORY_NUMBER = {category: number for number, category in enumerate(CATEGORIES)}


class GrowthRefused(AppError):
    """Too many additions in a day. They are held back and the list has been stopped: a caller catches this within
    the turn, so that both are kept.
    """

    status = 409
    code = "growth-refused"


@dataclass(frozen=True)
class Listed:
    """All published entries of a list. `rows` ascend by hash; row n is of the account subjects[at[n]]."""

    rows: Rows
    subjects: list[str]
    at: Numbers

    def pick(self, chosen: Numbers) -> "Listed":
        """Only the rows at these places."""
        return Listed(self.rows[chosen], self.subjects, self.at[chosen])

    def snapshot(self) -> Snapshot:
        return Snapshot(self.rows["hash"].astype(np.int64), self.rows["tier"].copy())


def publish(
    turn: Turn, blocklist: Blocklist, outlet: Outlet, *, max_growth: float | None = MAX_GROWTH
) -> ListVersion | None:
    """Makes a new version if anything on the list has changed, and a catalogue if that has. Returns the newest
    version; None for an archived list. Raises GrowthRefused after publishing all but the additions. `max_growth` is
    a share; None sets no limit, for a list that begins large. While the switch stop-publishing is on, nothing is
    added, and what has left the list leaves it for its readers too.
    """
    listed_turn, blocklist = lists.lock(turn, blocklist)
    if blocklist.archived:
        renew(turn, outlet)
        return None
    newest = newest_version(turn.session, blocklist.id)
    if newest is not None and newest.salt != blocklist.salt and newest.epoch == blocklist.epoch:
        blocklist.epoch += 1
    listed = read_listed(turn.session, blocklist)
    allowed = _most_entries(turn, blocklist, max_growth)
    refused = False
    if is_on(turn.session, STOP_PUBLISHING):
        listed = hold_back(turn.session, newest, listed, most=0)
    elif len(listed.rows) > allowed:
        paced = is_paced(turn, blocklist)
        listed = hold_back(turn.session, newest, listed, most=allowed if paced and blocklist.stopped is None else 0)
        if not paced and blocklist.stopped is None:
            lists.stop_locked(listed_turn, blocklist, "growth")
            refused = True
    newest = _store(turn, blocklist, newest, listed)
    renew(turn, outlet)
    if refused:
        raise GrowthRefused(
            "The list grew too much in a day. Its additions have been stopped until somebody looks."
        )
    return newest


def is_paced(turn: Turn, blocklist: Blocklist) -> bool:
    """Whether an admin has let the list go on lately, or turned stop-publishing off: what had to wait until then is
    no sudden growth.
    """
    off = off_since(turn.session, STOP_PUBLISHING)
    days = [day for day in (blocklist.resumed_on, off.date() if off else None) if day is not None]
    return any(turn.now.date() - day < PACED_DAYS * DAY for day in days)


def new_epoch(turn: Turn, blocklist: Blocklist) -> None:
    """Gives a list a new salt: the next version is a full file for everybody."""
    _, blocklist = lists.lock(turn, blocklist)
    blocklist.salt = f"{turn.lot.getrandbits(128):032x}"
    blocklist.epoch += 1


def newest_version(session: Session, blocklist_id: UUID) -> ListVersion | None:
    chosen = select(ListVersion).where(ListVersion.blocklist_id == blocklist_id)
    return session.exec(chosen.order_by(col(ListVersion.version).desc()).limit(1)).first()


def read_listed(session: Session, blocklist: Blocklist) -> Listed:
    """Published entries under the list's salt and cap. Of two with one hash the higher tier stays."""
    kinds = [col(one) for one in (Entry.tier, Entry.category, Entry.listed_on, Entry.review_on)]
    # A row for each day and kind: a million rows of an entry each would take most of a publication's time.
    together = func.aggregate_strings(col(Entry.subject), BETWEEN)
    chosen = sql_select(together, *kinds).group_by(*kinds)
    of_list = (col(Entry.blocklist_id) == blocklist.id, col(Entry.status) == "published")
    subjects: list[str] = []
    parts = [np.empty(0, ROW)]
    for joined_subjects, tier, category, listed_on, review_on in session.execute(chosen.where(*of_list)).all():
        of_kind = joined_subjects.split(BETWEEN)
        row = (0, TIER_NUMBER[tier], CATEGORY_NUMBER[category], months(listed_on), months(review_on))
        parts.append(np.full(len(of_kind), np.array(row, ROW)))
        subjects += of_kind
    rows = np.concatenate(parts)
    rows["hash"] = hash_all(bytes.fromhex(blocklist.salt), subjects)
    if blocklist.tier_cap == Tier.FLAG:
        rows["tier"] = TIER_NUMBER[Tier.FLAG]
    order = np.argsort(rows["hash"] << np.uint64(1) | rows["tier"], kind="stable")
    last = np.append(np.diff(rows["hash"][order]) != 0, True)[: order.size]
    return Listed(rows, subjects, np.arange(rows.size)).pick(order[last])


def _most_entries(turn: Turn, blocklist: Blocklist, max_growth: float | None) -> float:
    """How many entries every reader who came within the last day would take."""
    if max_growth is None:
        return math.inf
    counts = turn.session.exec(
        select(ListVersion.count, ListVersion.created_at)
        .where(ListVersion.blocklist_id == blocklist.id)
        .order_by(col(ListVersion.version).desc())
    )
    least: int | None = None
    for count, created_at in counts:
        least = count if least is None else min(least, count)
        if created_at <= turn.now - DAY:
            break  # this one was the newest when the day began
    else:
        least = 0  # the list began within the day
    least = least or 0
    return least + max(LEAST_GROWTH, least * max_growth)


def hold_back(session: Session, newest: ListVersion | None, listed: Listed, *, most: float) -> Listed:
    """What was in the newest version, at no higher tier, and of the others as many as bring it to `most`."""
    if newest is None:
        return listed.pick(np.arange(min(len(listed.rows), int(most))))
    # After a change of salt the newest version can only be compared under its own.
    hashes = hash_all(bytes.fromhex(newest.salt), (listed.subjects[at] for at in listed.at.tolist()))
    before = read_snapshot(session, newest)
    places = np.minimum(np.searchsorted(before.hashes, hashes), max(len(before) - 1, 0))
    known = before.hashes[places] == hashes if len(before) else np.zeros(hashes.size, bool)
    rows = listed.rows.copy()
    rows["tier"][known] = np.minimum(rows["tier"][known], before.tiers[places[known]])
    others = np.flatnonzero(~known)
    chosen = np.concatenate((np.flatnonzero(known), others[: max(0, int(most) - int(known.sum()))]))
    return Listed(rows, listed.subjects, listed.at).pick(np.sort(chosen))


def read_snapshot(session: Session, version: ListVersion) -> Snapshot:
    """What a version said; nothing where its file has been deleted, as long after a list was archived."""
    body = session.exec(select(ListFile.body).where(ListFile.name == version.full["url"])).first()
    return EMPTY if body is None else decode_full(body)


def _store(turn: Turn, blocklist: Blocklist, newest: ListVersion | None, listed: Listed) -> ListVersion:
    """Makes the next version with its files, unless it would say the same as the newest."""
    found = listed.snapshot()
    digest = found.sha256()
    comparable = (
        newest is not None
        and newest.epoch == blocklist.epoch
        and _present(turn.session, [newest.full["url"]]) != set()
    )
    if newest is None or not comparable or newest.result_sha256 != digest:
        number = newest.version + 1 if newest else 1
        body = encode_full(found)
        full = file_part(full_name(blocklist.id, blocklist.epoch, number), body)
        _add_file(turn.session, full, body)
        back = changes(read_snapshot(turn.session, newest), found) if newest is not None and comparable else None
        newest = ListVersion(
            blocklist_id=blocklist.id,
            epoch=blocklist.epoch,
            version=number,
            created_at=turn.now,
            salt=blocklist.salt,
            count=len(found),
            result_sha256=digest,
            full=full,
            deltas=[],
            back=None if back is None else back.tobytes(),
        )
        # Readers of the pack need no deltas, but one whose list has just left it does.
        if back is not None and len(found) > PACKED:
            newest.deltas = _make_deltas(turn, newest, back, found)
        turn.session.add(newest)
    _store_details(turn.session, newest, listed)
    turn.session.flush()
    return newest


def _make_deltas(turn: Turn, newest: ListVersion, back: Changes, found: Snapshot) -> list[Part]:
    """Files that lead to the newest version from the last fourteen, and from each day's last of fourteen days."""
    older = turn.session.exec(
        select(ListVersion.version, ListVersion.created_at, ListVersion.back)
        .where(
            ListVersion.blocklist_id == newest.blocklist_id,
            ListVersion.epoch == newest.epoch,
            ListVersion.version < newest.version,
        )
        .order_by(col(ListVersion.version).desc())
    ).all()
    parts: list[Part] = []
    day = turn.now.date()
    for at, (version, created_at, further_back) in enumerate(older):
        if version != newest.version - 1 - at:
            break  # a gap: a clock that went back has let a version be deleted before an older one
        if created_at < turn.now - (DELTA_DAYS + 1) * DAY and at >= DELTAS:
            break
        if at < DELTAS or created_at.date() < day:
            body = encode_delta(back, found)
            parts.append(delta_part(newest.blocklist_id, newest.epoch, version, newest.version, body))
            _add_file(turn.session, parts[-1], body)
        day = min(day, created_at.date())
        if further_back is None:
            break
        back = joined(np.frombuffer(further_back, CHANGE), back)
    return parts


def _add_file(session: Session, part: Part, body: bytes) -> None:
    session.add(ListFile(name=part["url"], body=body, sha256=part["sha256"], size=part["size"]))


def _store_details(session: Session, newest: ListVersion, listed: Listed) -> None:
    body = listed.rows.tobytes()
    session.merge(
        ListDetails(
            blocklist_id=newest.blocklist_id,
            epoch=newest.epoch,
            version=newest.version,
            sha256=hashlib.sha256(body).hexdigest(),
            rows=rows_in_each(listed.rows["hash"].astype(np.int64)),
            body=body,
        )
    )


def lock_catalogue(session: Session) -> None:
    """Makes everybody else who would change the catalogue or the keys wait until this turn has ended."""
    write = update(CatalogueLock).where(col(CatalogueLock.id) == 1).values(turns=CatalogueLock.turns + 1)
    for _ in range(2):
        if session.execute(write.execution_options(synchronize_session=False)).rowcount:  # type: ignore[attr-defined]
            return
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(insert(CatalogueLock).values(id=1, turns=0).on_conflict_do_nothing())


def newest_catalogue(session: Session) -> Catalogue | None:
    return session.exec(select(Catalogue).order_by(col(Catalogue.version).desc()).limit(1)).first()


def renew(turn: Turn, outlet: Outlet, *, again: bool = False) -> Catalogue | None:
    """Signs a new catalogue if the content or the key has changed or a day has passed (or `again`): it never
    expires while this is called. Returns the newest. Without a key that can sign, the one that is there stays.
    """
    session = turn.session
    session.flush()
    lock_catalogue(session)
    last = newest_catalogue(session)
    signer = signer_for(turn, outlet.root)
    if signer is None:
        return last
    version = last.version + 1 if last else 1
    content, files = _content(session, outlet, version)
    digest = hashlib.sha256(orjson.dumps([content, signer.key.public, len(signer.roots)])).hexdigest()
    if last and last.content_sha256 == digest and turn.now < last.created_at + DAY and not again:
        return last
    expires = min(turn.now + EXPIRY, signer.ends)
    text = signed_text(
        content,
        created=turn.now,
        expires=expires,
        version=version,
        prev_sha256=last.signed_sha256 if last else "0" * 64,
    )
    made = Catalogue(
        version=version,
        created_at=turn.now,
        expires_at=expires,
        signed_sha256=hashlib.sha256(text.encode()).hexdigest(),
        content_sha256=digest,
        body=envelope(text, signer.private, signer.key, signer.roots),
    )
    session.add(made)
    _keep_only(turn, files)
    session.flush()
    return made


def _content(session: Session, outlet: Outlet, version: int) -> tuple[Part, list[str]]:
    """(what the catalogue says, the names of all files in it). Makes the pack if it has changed."""
    found = session.exec(
        select(Blocklist, ListVersion)
        .join(ListVersion, col(ListVersion.blocklist_id) == Blocklist.id)
        .where(col(Blocklist.archived).is_(False), _newest_versions())
        .order_by(Blocklist.slug)
        .execution_options(populate_existing=True)
    ).all()
    # A list that was archived for long has no file until it is published again.
    present = _present(session, [state.full["url"] for _, state in found])
    found = [(one, state) for one, state in found if state.full["url"] in present]
    attended = set(session.exec(select(Seat.blocklist_id).distinct()))
    parts = [list_part(one, state, unattended=one.id not in attended) for one, state in found]
    small = [state for _, state in found if state.count <= PACKED]
    pack = _pack(session, small, version)
    names = [pack["url"]]
    for part in parts:
        names += [part["full"]["url"], *(delta["url"] for delta in part["deltas"])]
    return contents(outlet.server, parts, pack, outlet.selectors), names


def _pack(session: Session, small: Iterable[ListVersion], version: int) -> Part:
    """The pack's part of the catalogue: the last one's if it holds the same, else a new file."""
    chosen = list(small)
    last = newest_catalogue(session)
    if last is not None:
        signed = orjson.loads(orjson.loads(last.body)["signed"])
        files = {one["list_id"]: one["full"]["sha256"] for one in signed["lists"] if one["packed"]}
        # A dict keeps order: the lists lie in the pack as they stand in the catalogue.
        if list(files.items()) == [(str(one.blocklist_id), one.full["sha256"]) for one in chosen]:
            kept: Part = signed["pack"]
            return kept
    bodies = {
        one.full["url"]: session.exec(select(ListFile.body).where(ListFile.name == one.full["url"])).one()
        for one in chosen
    }
    pack, body = make_pack(pack_name(version), [(str(one.blocklist_id), bodies[one.full["url"]]) for one in chosen])
    _add_file(session, pack, body)
    session.flush()
    return pack


def _keep_only(turn: Turn, names: list[str]) -> None:
    """Marks files that no catalogue names any more, and deletes what nobody can still be looking for."""
    session, gone = turn.session, turn.now - KEPT
    kept = set(names)
    for name, dropped_at in session.exec(select(ListFile.name, ListFile.dropped_at)).all():
        if (name in kept) != (dropped_at is None):
            when = None if name in kept else turn.now
            session.execute(update(ListFile).where(col(ListFile.name) == name).values(dropped_at=when))
    session.execute(delete(ListFile).where(col(ListFile.dropped_at) <= gone))
    session.execute(delete(Catalogue).where(col(Catalogue.expires_at) <= gone))
    session.execute(delete(ListVersion).where(col(ListVersion.created_at) <= gone, ~_newest_versions()))


def _newest_versions() -> ColumnElement[bool]:
    """True for every list's newest version."""
    newest = select(ListVersion.blocklist_id, func.max(ListVersion.version)).group_by(col(ListVersion.blocklist_id))
    return tuple_(col(ListVersion.blocklist_id), col(ListVersion.version)).in_(newest)


def _present(session: Session, names: list[str]) -> set[str]:
    return set(session.exec(select(ListFile.name).where(col(ListFile.name).in_(names))))


def catalogue_expiry(session: Session) -> datetime | None:
    """When readers stop taking what is there now; None without a catalogue."""
    newest = newest_catalogue(session)
    return newest.expires_at if newest else None
