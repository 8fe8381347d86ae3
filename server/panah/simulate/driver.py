"""Plays a world's people on the real lists: every report, vote, look and appeal goes through the service.

The database is SQLite in memory, the time is the world's, and chance comes from the seed. Two things are set by
hand: what people who were active before day 0 had confirmed, and everybody's id (random ones would make two runs of
one seed differ).
"""

import hashlib
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor
from random import Random
from time import perf_counter
from uuid import UUID

from sqlalchemy import Engine, StaticPool, event
from sqlmodel import Session, SQLModel, col, create_engine, select

from panah.blocklists import (
    appeals,
    contributions,
    contributors,
    juries,
    lists,
    looks,
    onboarding,
    protection,
    steward,
)
from panah.blocklists.policy import Rules
from panah.blocklists.standing import is_qualified
from panah.blocklists.tables import (
    Blocklist,
    Case,
    Category,
    Contributor,
    Entry,
    OwnerNotice,
    Participant,
    ReviewTask,
)
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.keys import Keys
from panah.simulate.actors import (
    Appeal,
    CuratorLook,
    JurorTask,
    ListedAs,
    Person,
    Protection,
    PublicView,
    Removal,
    Report,
    Withdrawal,
    World,
)
from panah.simulate.tally import Ledger, Outcome, tally

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)  # day 0
SETTLE = 45  # days that the service runs on after the last report, so that everything begun is decided
RESUME_AFTER = 1.0  # days until an admin has looked why additions stopped, and lets them go on
ANSWERS_AT = 0.5  # when jurors, curators and owners look what waits for them, as a part of the day
Progress = Callable[[float], None]


def moment(day: float) -> datetime:
    return BEGIN + timedelta(days=day)


def subject_id(subject: int) -> str:
    return f"x:{1_000_000 + subject}"


def post_id(subject: int, post: int) -> str:
    return f"{1_000_000 + subject}{post:04d}"


def memory_engine() -> Engine:
    """An empty database that lives as long as its one connection."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def configure(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA foreign_keys=ON")

    SQLModel.metadata.create_all(engine)
    return engine


@dataclass(frozen=True)
class Known:
    """A person as the service knows them."""

    contributor: Contributor
    participant: Participant | None  # None: joined no list. Held, so that the session need not load it again


class Driver:
    """One world on one list. `play` runs it once."""

    def __init__(self, world: World, seed: int, *, rules: Rules | None = None, ticks: int = 2) -> None:
        self.world = world
        self.seed = seed
        self.rules = rules
        self.ticks = ticks  # a day
        self.lot = Random(seed)  # noqa: S311  (a simulation must be repeatable)
        self.keys = Keys(hashlib.sha256(f"simulation {seed}".encode()).digest())
        self.engine = memory_engine()
        self.session = Session(self.engine, expire_on_commit=False)
        event.listen(self.session, "before_flush", self.name_by_lot)
        self.known: dict[int, Known] = {}
        self.who: dict[str, int] = {}  # tag: person
        self.owner: dict[UUID, int] = {}  # contributor: person
        self.subject_of: dict[UUID, int] = {}  # by case
        self.members = [UUID(int=1 + at) for at in range(world.curators)]
        self.accepted: list[Report] = []
        self.contributions: dict[tuple[int, int], UUID] = {}
        self.ledger = Ledger()
        self.costs: Counter[str] = Counter()
        self.stopped_since: float | None = None
        self.blocklist: Blocklist

    @contextmanager
    def turn(self, at: float) -> Iterator[Turn]:
        """One transaction at one moment. What the service refuses is counted, and undone."""
        try:
            yield Turn(self.session, moment(at), self.lot, self.keys)
        except AppError as refusal:
            self.session.rollback()
            self.costs[f"refused {refusal.code}"] += 1
        except BaseException:
            self.session.rollback()
            raise
        else:
            self.session.commit()

    def name_by_lot(self, session: Session, *_: object) -> None:
        """Gives new lists and contributors ids from the seed, before anything refers to them."""
        for one in sorted((one for one in session.new if isinstance(one, Blocklist | Contributor)), key=repr):
            made = UUID(int=self.lot.getrandbits(128))
            if isinstance(one, Contributor) and one.branch == one.id:
                one.branch = made
            one.id = made

    def play(self, progress: Progress = lambda done: None) -> Outcome:
        """Runs all days and tells what came of it. `progress` hears after each day what share of all is done."""
        started = perf_counter()
        first = min(0, floor(min((person.joins for person in self.world.people), default=0)))
        last = self.world.days + SETTLE
        with self.session:
            self.found_list(first)
            for day in range(first, last):
                self.play_day(day)
                progress((day - first + 1) / (last - first))
            self.costs["clusters"] = self.in_step()
        self.engine.dispose()
        self.costs["reports"] = len(self.accepted)
        seconds = perf_counter() - started
        return tally(self.world, self.seed, self.accepted, self.ledger.spells, self.costs, seconds)

    def found_list(self, day: int) -> None:
        with self.turn(day) as turn:
            self.blocklist = lists.create_list(turn, slug="simulated", name="Simulated", rules=self.rules)
            for member in self.members:
                lists.seat(turn, self.blocklist, member)

    def play_day(self, day: int) -> None:
        world = self.world
        steps: list[tuple[float, int, Callable[[float], None]]] = [
            (person.joins, 0, self.joining(who, person)) for who, person in self.arriving(day)
        ]
        steps += [(one.at, 1, self.protecting(one)) for one in world.protections_on(day)]
        if 0 <= day < world.days:
            steps += [(one.at, 2, self.reporting(one)) for one in world.reports_on(day)]
            steps += [(one.at, 3, self.withdrawing(one)) for one in world.withdrawals_on(day)]
        if day >= 0:
            steps += [(one.at, 4, self.appealing(one)) for one in world.appeals_on(day, self.ledger.listed)]
            steps += [(one.at, 4, self.removing(one)) for one in world.removals_on(day, self.ledger.listed)]
        steps.append((day + ANSWERS_AT, 5, self.answer))
        # The last tick of a day stands at its end, not at the beginning of the next: the day is over then.
        # Before and long after, there is little to do but to let the list's clock go on.
        ticks = self.ticks if 0 <= day < world.days + SETTLE // 2 else 1
        steps += [(day + (at + 1) / ticks - 1e-6, 6, self.tick) for at in range(ticks)]
        for at, _, act in sorted(steps, key=lambda step: step[:2]):
            act(at)
        if day == world.days * 2 // 3 - 1:
            self.measure_pool(day)
        world.observe(PublicView(day, self.ledger.listed, self.standing_on(day)))

    def arriving(self, day: int) -> list[tuple[int, Person]]:
        people = enumerate(self.world.people)
        return [(who, one) for who, one in people if day <= one.joins < day + 1 and who not in self.known]

    # What people do. Each of these gives a step that is taken when its moment comes.

    def joining(self, who: int, person: Person) -> Callable[[float], None]:
        def act(at: float) -> None:
            with self.turn(at) as turn:
                key = (
                    urlsafe_b64encode(hashlib.sha256(f"{self.seed} key {who}".encode()).digest())
                    .decode()
                    .rstrip("=")
                )
                contributor = contributors.register(turn, key)
                self.owner[contributor.id] = who
                if not person.contributes:
                    self.known[who] = Known(contributor, None)
                    return
                code = None
                if person.invited_by is not None:
                    code, *_ = contributors.invite(turn, self.blocklist, self.known[person.invited_by].contributor)
                participant = contributors.join(turn, self.blocklist, contributor, code)
                if person.onboards:
                    asked = onboarding.items_for(turn, self.blocklist, contributor)
                    leaning = "list" if person.norms else "keep"
                    answers = {item.id: leaning if item.answer == "norm" else item.answer for item in asked}
                    participant = onboarding.answer(turn, self.blocklist, contributor, answers)
                if person.history is not None:
                    participant.confirmed, participant.overturned = person.history, 0.0
                    turn.session.add(participant)
                self.known[who] = Known(contributor, participant)
                self.who[participant.tag] = who

        return act

    def reporting(self, one: Report) -> Callable[[float], None]:
        def act(at: float) -> None:
            if (one.contributor, one.subject) in self.contributions or one.contributor not in self.known:
                return
            with self.turn(at) as turn:
                made = contributions.contribute(
                    turn,
                    self.blocklist,
                    self.known[one.contributor].contributor,
                    subject=subject_id(one.subject),
                    category=Category.BLAME,
                    evidence_post_id=post_id(one.subject, one.post),
                )
                self.contributions[one.contributor, one.subject] = made.id
                self.accepted.append(one)

        return act

    def withdrawing(self, one: Withdrawal) -> Callable[[float], None]:
        def act(at: float) -> None:
            made = self.contributions.pop((one.contributor, one.subject), None)
            if made is None:
                return
            with self.turn(at) as turn:
                contributions.withdraw(turn, self.blocklist, self.known[one.contributor].contributor, made)

        return act

    def protecting(self, one: Protection) -> Callable[[float], None]:
        def act(at: float) -> None:
            if one.contributor not in self.known:
                return
            with self.turn(at) as turn:
                asker = self.known[one.contributor].contributor
                code = protection.ask_protection(turn, asker, subject_id(one.subject)).code
                for member in one.seen_by:
                    protection.see_protection(turn, self.members[member], subject_id(one.subject), code)

        return act

    def appealing(self, one: Appeal) -> Callable[[float], None]:
        def act(at: float) -> None:
            with self.turn(at) as turn:
                relation = "own" if one.own else "behalf"
                appeals.file_appeal(
                    turn, self.blocklist, subject=subject_id(one.subject), relation=relation, ground=one.ground
                )
                self.costs["appeals"] += 1

        return act

    def removing(self, one: Removal) -> Callable[[float], None]:
        def act(at: float) -> None:
            with self.turn(at) as turn:
                looks.remove_entry(
                    turn, self.blocklist, self.members[one.member], subject_id(one.subject), "removed"
                )
                self.costs["removals"] += 1

        return act

    def answer(self, at: float) -> None:
        """Jurors, curators and owners look what waits for them."""
        self.answer_as_jurors(at)
        self.answer_as_curators(at)
        self.answer_as_owners(at)

    def answer_as_jurors(self, at: float) -> None:
        now = moment(at)
        waiting = select(ReviewTask.tag).where(
            ReviewTask.blocklist_id == self.blocklist.id, col(ReviewTask.vote).is_(None), ReviewTask.due_at > now
        )
        for who in sorted(self.who[tag] for tag in set(self.session.exec(waiting))):
            contributor = self.known[who].contributor
            for task in juries.tasks_of(self.session, self.keys, contributor, now):
                age = (now - task.drawn_at).days
                vote = self.world.juror_answer(JurorTask(who, self.subject(task.case_id), floor(at), age))
                if vote is None:
                    continue
                with self.turn(at) as turn:
                    choice = "keep" if vote == "disclosure" else vote
                    juries.vote(turn, contributor, task.id, choice, disclosure=vote == "disclosure")
                    self.costs["votes"] += 1

    def answer_as_curators(self, at: float) -> None:
        for member, member_id in enumerate(self.members):
            for look in looks.looks_of(self.session, member_id):
                age = max(0, (moment(at) - look.drawn_at).days)
                asked = CuratorLook(member, self.subject(look.case_id), look.stage, floor(at), age)
                vote = self.world.curator_answer(asked)
                if vote is None:
                    continue
                with self.turn(at) as turn:
                    looks.answer_look(turn, member_id, look.id, vote)
                    self.costs["looks"] += 1

    def answer_as_owners(self, at: float) -> None:
        waiting = select(OwnerNotice.contributor_id).where(col(OwnerNotice.answer).is_(None))
        for who in sorted(self.owner[one] for one in set(self.session.exec(waiting))):
            known = self.known[who]
            for notice in protection.notices_of(self.session, known.contributor):
                reply = self.world.owner_answer(who, self.subject(notice.case_id), floor(at))
                if reply is None:
                    continue
                with self.turn(at) as turn:
                    protection.answer_notice(turn, known.contributor, notice.id, reply)
                    self.costs["notices answered"] += 1

    def tick(self, at: float) -> None:
        """What the service does by itself; then the published list is looked at."""
        with self.turn(at) as turn:
            steward.tick(turn, self.blocklist)
        self.resume_if_stopped(at)
        entries = select(Entry.subject, Entry.tier).where(
            Entry.blocklist_id == self.blocklist.id, Entry.status == "published"
        )
        self.ledger.look(
            at, {int(subject[2:]) - 1_000_000: listed_as(tier) for subject, tier in self.session.exec(entries)}
        )

    def resume_if_stopped(self, at: float) -> None:
        if lists.find_list(self.session, "simulated").stopped is None:
            self.stopped_since = None
        elif self.stopped_since is None:
            self.stopped_since = at
            self.costs["stops"] += 1
        elif at - self.stopped_since >= RESUME_AFTER:
            with self.turn(at) as turn:
                lists.resume(turn, self.blocklist)

    # What the driver wants to know.

    def subject(self, case_id: UUID) -> int:
        if case_id not in self.subject_of:
            found = self.session.exec(select(Case.subject).where(Case.id == case_id)).one()
            self.subject_of[case_id] = int(found[2:]) - 1_000_000
        return self.subject_of[case_id]

    def standing_on(self, day: int) -> Callable[[int], str]:
        def standing(who: int) -> str:
            known = self.known.get(who)
            if known is None or known.participant is None:
                return "none"
            now = moment(day + 1)
            return contributors.standing_of(
                known.participant, lists.rules_of(self.session, self.blocklist, now), now.date()
            )

        return standing

    def measure_pool(self, day: int) -> None:
        """Who could be drawn as a juror before the attack begins, and how many of them are attackers."""
        now = moment(day)
        rules = lists.rules_of(self.session, self.blocklist, now)
        everybody = self.session.exec(select(Participant).where(Participant.blocklist_id == self.blocklist.id))
        qualified = [self.who[one.tag] for one in everybody if is_qualified(one, rules, now.date())]
        self.costs["qualified"] = len(qualified)
        self.costs["qualified attackers"] = sum(not self.world.people[who].honest for who in qualified)

    def in_step(self) -> int:
        """People who were found to report in step with others."""
        everybody = self.session.exec(select(Participant).where(Participant.blocklist_id == self.blocklist.id))
        sizes = Counter(one.cluster for one in everybody)
        return sum(size for size in sizes.values() if size > 1)


def listed_as(tier: str) -> ListedAs:
    return "hide" if str(tier) == "hide" else "flag"


def play(
    world: World, seed: int, *, rules: Rules | None = None, ticks: int = 2, progress: Progress = lambda done: None
) -> Outcome:
    """Plays one world from its first day to its last. The same world and seed give the same outcome."""
    return Driver(world, seed, rules=rules, ticks=ticks).play(progress)
