"""Lists with a history: people report, jurors vote, curators decide, day by day until now, through the service."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session, col, select

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
from panah.blocklists.schemas import REASONS
from panah.blocklists.tables import Blocklist, Case, Category, Contributor, Entry, ReviewTask
from panah.blocklists.turn import Turn, begin
from panah.curation.templates import save_template
from panah.errors import AppError
from panah.keys import Keys

DAY = timedelta(days=1)
HISTORY = 80  # days
REPORTS_FROM = 35  # days after the beginning: people have been there for a while
FIRST_ACCOUNT = 9_000_000_000_000_000_000  # X numbers accounts by time, and this one comes in 2099
RECENT = 16  # days
LEFT_OPEN = 6  # days for which curators of the demo leave their work to whoever tries it

Progress = Callable[[], None]


@dataclass
class Village:
    """One list, the people around it, and a clock."""

    engine: Engine
    keys: Keys
    lot: Random
    now: datetime
    curators: Sequence[UUID]
    reviewers: Sequence[UUID]
    texts: dict[str, Any]
    number: int  # of the list: its accounts begin at a number of their own
    people: list[Contributor] = field(default_factory=list)
    by_tag: dict[str, Contributor] = field(default_factory=dict)
    guilty: dict[str, float] = field(default_factory=dict)  # how plainly its posts are what they are said to be
    blocklist: Blocklist = field(init=False)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """One transaction; what the service refuses is left undone."""
        try:
            with begin(self.engine, self.keys, lot=self.lot, now=self.now) as turn:
                yield turn
        except AppError:
            return

    def found(self, described: dict[str, str], *, people: int) -> None:
        face: dict[str, Any] = {name: text.strip() for name, text in described.items()}
        with self.turn() as turn:
            self.blocklist = lists.create_list(turn, **face)
            for member in self.curators:
                lists.seat(turn, self.blocklist, member)
            for member in self.reviewers:
                lists.seat(turn, self.blocklist, member, appeals_only=True)
        for at in range(people):
            self.join(at)

    def join(self, at: int) -> None:
        with self.turn() as turn:
            made = contributors.register(turn, f"{self.lot.getrandbits(210):043x}"[:43])
            participant = contributors.join(turn, self.blocklist, made, None)
            items = onboarding.items_for(turn, self.blocklist, made)
            leaning = "list" if at % 2 else "keep"
            given = {item.id: leaning if item.answer == "norm" else item.answer for item in items}
            onboarding.answer(turn, self.blocklist, made, given)
            self.people.append(made)
            self.by_tag[participant.tag] = made

    def live(self, until: datetime, *, accounts: int, progress: Progress) -> None:
        """Lives from the list's first day until that moment."""
        days = (until - self.now).days
        plan = self.plan(accounts, days)
        for day in range(days):
            self.now += DAY
            for who, subject in plan.get(day, ()):
                self.report(who, subject)
            self.sit_on_juries()
            if day < days - LEFT_OPEN:
                self.curate()
            if day in (days - 25, days - 12, days - 5, days - 2):
                self.appeal(2)
            with self.turn() as turn:
                steward.tick(turn, self.blocklist)
            progress()

    def plan(self, accounts: int, days: int) -> dict[int, list[tuple[int, str]]]:
        """Who reports which account on which day: three to five people within some days of each other."""
        made: dict[int, list[tuple[int, str]]] = {}
        for at in range(accounts):
            subject = f"x:{FIRST_ACCOUNT + self.number * 10_000 + at * 37}"
            self.guilty[subject] = self.lot.choice((0.95, 0.95, 0.9, 0.75, 0.5, 0.15))
            # Every third within the last weeks: that is what still waits for somebody.
            first = self.lot.randrange(days - RECENT if at % 3 == 0 else REPORTS_FROM, days - 3)
            for who in self.lot.sample(range(len(self.people)), self.lot.randint(3, 5)):
                made.setdefault(min(days - 1, first + self.lot.randrange(5)), []).append((who, subject))
        return made

    def report(self, who: int, subject: str) -> None:
        post = FIRST_ACCOUNT + int(subject[2:]) % 1_000_000 * 1000 + self.lot.randrange(4)
        category = self.lot.choice(tuple(Category))
        with self.turn() as turn:
            contributions.contribute(
                turn,
                self.blocklist,
                self.people[who],
                subject=subject,
                category=category,
                evidence_post_id=str(post),
            )

    def sit_on_juries(self) -> None:
        with Session(self.engine) as session:
            open_tasks = select(ReviewTask.tag).where(
                ReviewTask.blocklist_id == self.blocklist.id,
                col(ReviewTask.vote).is_(None),
                ReviewTask.due_at > self.now,
            )
            tags = sorted(set(session.exec(open_tasks)))
        for tag in tags:
            if self.lot.random() < 0.25:
                continue  # not today
            contributor = self.by_tag[tag]
            with self.turn() as turn:
                for task in juries.tasks_of(turn.session, turn.keys, contributor, turn.now):
                    subject = turn.session.get_one(Case, task.case_id).subject
                    choice = "list" if self.lot.random() < self.guilty[subject] else "keep"
                    juries.vote(turn, contributor, task.id, choice)

    def curate(self) -> None:
        for member in (*self.curators, *self.reviewers):
            with self.turn() as turn:
                # Of this list only: the past of the next one would take away what was left open on this one.
                waiting = [
                    look for look in looks.looks_of(turn.session, member) if look.blocklist_id == self.blocklist.id
                ]
                subjects = {look.id: turn.session.get_one(Case, look.case_id).subject for look in waiting}
            for look, subject in subjects.items():
                if self.lot.random() < 0.7:
                    self.decide(member, look, self.guilty.get(subject, 0.5))

    def decide(self, member: UUID, look: UUID, guilty: float) -> None:
        choice = "keep" if self.lot.random() > guilty + 0.05 else self.lot.choice(("hide", "hide", "hide", "flag"))
        note = self.lot.choice(self.texts["notes"]["given"]) if self.lot.random() < 0.3 else ""
        with self.turn() as turn:
            looks.answer_look(turn, member, look, choice, self.lot.choice(REASONS), note)

    def listed(self) -> list[str]:
        with Session(self.engine) as session:
            chosen = select(Entry.subject).where(Entry.blocklist_id == self.blocklist.id)
            return sorted(session.exec(chosen))

    def appeal(self, count: int) -> None:
        """People ask to be taken off."""
        grounds = {"own": ("context", "retracted"), "behalf": ("survivor", "not-me")}
        listed = self.listed()
        for at, subject in enumerate(self.lot.sample(listed, min(count, len(listed)))):
            relation = "own" if at % 2 else "behalf"
            with self.turn() as turn:
                appeals.file_appeal(
                    turn,
                    self.blocklist,
                    subject=subject,
                    relation=relation,
                    ground=self.lot.choice(grounds[relation]),
                    statement=self.lot.choice(self.texts["appeals"][relation]),
                )

    def furnish(self, admins: Sequence[UUID]) -> None:
        """What people have prepared: templates, rules that wait for a second admin, and an owner who asks for
        protection; the last list's additions are stopped.
        """
        for template in self.texts["template"]:
            with self.turn() as turn:
                save_template(turn, self.blocklist, self.curators[0], template["title"], template["text"])
        with self.turn() as turn:
            rules = Rules(reopen_reports=5)
            note = self.texts["rules"]["note"]
            lists.propose_policy(turn, self.blocklist, author=admins[0], rules=rules, note=note)
        with self.turn() as turn:
            own = f"x:{FIRST_ACCOUNT + self.number * 10_000 + 9_999}"
            protection.ask_protection(turn, self.people[0], own)
        if self.number == len(self.texts["list"]) - 1:
            with self.turn() as turn:
                lists.stop(turn, self.blocklist, "overturned")
