"""The first generator: people, accounts and five attacks, with the constants of docs/simulation.md.

Every constant is an assumption, none was measured. All chance comes from the seed: reports from one generator, each
answer from a hash of who answers what and when, so that two rules that ask the same person get the same answer.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Literal, get_args

import numpy as np

from panah.simulate.actors import (
    Appeal,
    CuratorLook,
    CuratorVote,
    JurorTask,
    JurorVote,
    Kind,
    ListedAs,
    OwnerAnswer,
    Person,
    Protection,
    PublicView,
    Removal,
    Report,
    Subject,
    Withdrawal,
)

Attack = Literal["none", "naive", "lockstep", "rotate", "shield"]
ATTACKS: tuple[Attack, ...] = get_args(Attack)

FOUNDED = -60  # the day on which the list is made and its first people join


@dataclass(frozen=True)
class Population:
    """How many there are of each, and how they behave."""

    honest: int = 200
    abusive: int = 240
    bystanders: int = 1500
    survivors: int = 40
    registered: int = 20
    feud: int = 40
    pile_on: int = 40
    curators: int = 8
    compromised: int = 0  # curators who list every attacked account
    days: int = 120

    exposure: float = 14.0  # mean number of honest contributors who see an account
    sensitivity: tuple[float, float] = (9, 4)  # Beta: P(reports | sees an abusive account)
    mistakes: tuple[float, float] = (1.2, 300)  # Beta: P(reports | sees an innocent account)
    second_norms: float = 0.35  # share of honest people in the smaller norm group
    norms_seen: float = 0.80  # whose onboarding answers lean to their own group
    onboards: float = 0.90  # honest people who finish the onboarding
    history: float = 9.0  # mean confirmed items of honest people who were active before day 0

    camouflage: int = 20  # correct reports that each patient attacker makes first
    rotation: int = 8  # reports per attacked account in the rotating attack

    # Logits of listing an account; 0.8 times its difficulty (standard normal) is added.
    juror_abusive: float = 2.1
    juror_innocent: float = -2.7
    fabricated: float = 0.7  # fabricated evidence makes an attacked account look worse, to all
    curator_abusive: float = 3.0
    curator_innocent: float = -2.9
    juror_answers: float = 0.70  # honest jurors who answer at all, within three days
    curator_today: float = 0.75  # P(a curator who has a look open answers it today)
    owner_answers: float = 0.90
    appeals: float = 0.60  # wrongly listed accounts for which somebody appeals within 14 days
    appeal_after: float = 3.0  # mean days until then


DIFFICULTY = 0.8
APPEAL_WINDOW = 14


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


class AttackedWorld:
    """One population under one attack. See actors.World for what the methods promise."""

    def __init__(self, attack: Attack, share: float, seed: int, population: Population | None = None) -> None:
        self.population = p = population or Population()
        self.name: str = attack
        self.share = 0.0 if attack == "none" else share
        self.seed = seed
        self.days = p.days
        self.curators = p.curators
        self.attackers = round(self.share / (1 - self.share) * p.honest)
        rng = np.random.default_rng(seed)
        self._make_subjects(rng)
        self._make_people(rng)
        honest = self._honest_reports(rng)
        reports = sorted(honest + self._attack(rng, honest), key=lambda one: (one.at, one.contributor, one.subject))
        self.reports = reports
        self._report_times = [one.at for one in reports]
        self._appeal_at: dict[int, float | None] = {}

    def _make_subjects(self, rng: np.random.Generator) -> None:
        p = self.population
        counts = {
            Kind.ABUSIVE: p.abusive,
            Kind.BYSTANDER: p.bystanders,
            Kind.SURVIVOR: p.survivors,
            Kind.REGISTERED: p.registered,
            Kind.FEUD: p.feud,
            Kind.PILE_ON: p.pile_on,
        }
        kinds = [kind for kind, count in counts.items() for _ in range(count)]
        late = np.array([kind in (Kind.FEUD, Kind.PILE_ON) for kind in kinds])
        onset = np.where(late, rng.uniform(40, 100, len(kinds)), rng.uniform(0, 100, len(kinds)))
        self.subjects = [Subject(kind, float(at)) for kind, at in zip(kinds, onset, strict=True)]
        self.difficulty: list[float] = rng.normal(0, 1, len(kinds)).tolist()
        self.attacked = [at for at, kind in enumerate(kinds) if kind in (Kind.SURVIVOR, Kind.REGISTERED)]
        self._index = {kind: np.array([at for at, one in enumerate(kinds) if one == kind], int) for kind in Kind}

    def _make_people(self, rng: np.random.Generator) -> None:
        p, attackers = self.population, self.attackers
        self.group: list[int] = [
            *(rng.random(p.honest) < p.second_norms).astype(int).tolist(),
            *rng.integers(0, 2, attackers).tolist(),
        ]
        fresh = self.name == "naive"
        joins = [
            *rng.uniform(FOUNDED, 90, p.honest).tolist(),
            *(rng.uniform(60, 90, attackers) if fresh else rng.uniform(-30, 30, attackers)).tolist(),
        ]
        leans = rng.random(len(joins)) < p.norms_seen
        onboards = [*(rng.random(p.honest) < p.onboards).tolist(), *[not fresh] * attackers]
        history = rng.poisson(p.history, p.honest)
        self.people = [
            Person(
                joins=at,
                honest=who < p.honest,
                onboards=onboards[who] or (who < p.honest and at < 0),  # who has a history has been through it
                norms=self.group[who] if leans[who] else 1 - self.group[who],
                history=float(history[who]) if who < p.honest and at < 0 else None,
            )
            for who, at in enumerate(joins)
        ]
        self.owners: dict[int, int] = {}
        for subject in self._index[Kind.REGISTERED].tolist():
            self.owners[subject] = len(self.people)
            self.people.append(Person(joins=float(FOUNDED), honest=True, contributes=False))

    def _honest_reports(self, rng: np.random.Generator) -> list[Report]:
        """What honest people report of what they see, from their joining on."""
        p = self.population
        kinds = np.array([one.kind.value for one in self.subjects])
        onset = np.array([one.onset for one in self.subjects])
        joins = np.array([one.joins for one in self.people[: p.honest]])
        activity = rng.gamma(1.0, 1.0, p.honest)
        sensitivity = rng.beta(*p.sensitivity, p.honest)
        mistakes = rng.beta(*p.mistakes, p.honest)
        popularity = rng.lognormal(0, 0.8, len(kinds))
        rate = p.exposure / p.honest * np.outer(activity / activity.mean(), popularity / popularity.mean())
        sees = rng.random(rate.shape) < 1 - np.exp(-rate)

        would = np.repeat(mistakes[:, None], len(kinds), axis=1)
        would[:, kinds == Kind.ABUSIVE.value] = sensitivity[:, None]
        group = np.array(self.group[: p.honest])
        would[:, kinds == Kind.FEUD.value] = np.where(group == 1, 0.35, 0.01)[:, None]
        would[:, kinds == Kind.PILE_ON.value] = 0.20

        who, whom = np.nonzero(sees & (rng.random(rate.shape) < would))
        pile_on = kinds[whom] == Kind.PILE_ON.value
        soon = np.select(
            [kinds[whom] == Kind.ABUSIVE.value, kinds[whom] == Kind.FEUD.value, pile_on], [8, 1.5, 0.5], 40
        )
        at = onset[whom] + rng.exponential(soon)
        post = rng.integers(0, 5, len(who))
        post[pile_on & (rng.random(len(who)) < 0.8)] = 0
        made = (at >= np.maximum(joins[who], 0)) & (at < p.days)
        return [
            Report(float(t), int(i), int(j), int(e))
            for i, j, t, e in zip(who[made], whom[made], at[made], post[made], strict=True)
        ]

    def _attack(self, rng: np.random.Generator, honest: Sequence[Report]) -> list[Report]:
        """What the attackers report: first, where they are patient, what is true; then the survivors."""
        p = self.population
        team = np.arange(p.honest, p.honest + self.attackers)
        if not self.attackers:
            return []
        made: list[Report] = []
        if self.name != "naive":
            first: dict[int, float] = {}
            for one in honest:
                if self.subjects[one.subject].kind is Kind.ABUSIVE:
                    first[one.subject] = min(one.at, first.get(one.subject, one.at))
            known = np.array(sorted(subject for subject, at in first.items() if at < 65), int)
            for who in team.tolist():
                for whom in rng.choice(known, min(p.camouflage, len(known)), replace=False).tolist():
                    at = max(first[whom], self.people[who].joins) + rng.uniform(0, 12)
                    if at < 75:
                        made.append(Report(float(at), who, whom, int(rng.integers(0, 5))))
        if self.name == "shield":
            return made
        for whom in self.attacked:
            begin = rng.uniform(80, 100)
            few = self.name == "rotate"
            some = rng.choice(team, min(p.rotation, len(team)), replace=False) if few else team
            within = {"naive": 1, "lockstep": 2, "rotate": 14}[self.name]
            posts = 5 if few else 2
            made += [
                Report(float(begin + rng.uniform(0, within)), who, whom, int(rng.integers(0, posts)))
                for who in some.tolist()
            ]
        return [one for one in made if one.at >= self.people[one.contributor].joins]

    def _chance(self, *what: object) -> float:
        """A number in [0, 1) that depends on the seed and on what is asked, and on nothing else."""
        text = repr((self.seed, what)).encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=7).digest()) / 2**56

    def reports_on(self, day: int) -> Sequence[Report]:
        low, high = (bisect_left(self._report_times, at) for at in (day, day + 1))
        return self.reports[low:high]

    def withdrawals_on(self, day: int) -> Sequence[Withdrawal]:
        return ()

    def protections_on(self, day: int) -> Sequence[Protection]:
        """Survivors who asked did so ten days after the list was made."""
        if day != FOUNDED + 10:
            return ()
        return [Protection(float(day), owner, subject) for subject, owner in self.owners.items()]

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> Sequence[Appeal]:
        """For each wrong listing somebody appeals with P = `appeals`, some days later, if it still stands."""
        p = self.population
        wrong = {subject for subject in listed if self.subjects[subject].kind is not Kind.ABUSIVE}
        self._appeal_at = {subject: at for subject, at in self._appeal_at.items() if subject in wrong}
        for subject in sorted(wrong - self._appeal_at.keys()):
            appeals = self._chance("appeals", subject, day) < p.appeals
            wait = -p.appeal_after * float(np.log(1 - self._chance("appeal after", subject, day)))
            self._appeal_at[subject] = day + min(wait, APPEAL_WINDOW - 1) if appeals else None
        due = [(at, subject) for subject, at in self._appeal_at.items() if at is not None and at < day + 1]
        for _, subject in due:
            self._appeal_at[subject] = None  # once a listing
        return [Appeal(max(at, float(day)), subject) for at, subject in sorted(due)]

    def removals_on(self, day: int, listed: Mapping[int, ListedAs]) -> Sequence[Removal]:
        return ()

    def juror_answer(self, task: JurorTask) -> JurorVote | None:
        p = self.population
        kind = self.subjects[task.subject].kind
        if not self.people[task.contributor].honest:
            if kind in (Kind.SURVIVOR, Kind.REGISTERED) and self.name != "shield":
                return "list"
            if kind is Kind.ABUSIVE and self.name == "shield":
                return "keep"
        drawn = task.day - task.age
        asked = (task.contributor, task.subject, drawn)
        # Attackers always answer, and at once; of the others some do, on one of the three days.
        answers = self._chance("answers", *asked)
        if self.people[task.contributor].honest and (
            answers >= p.juror_answers or task.age < answers / p.juror_answers * 3 - 1
        ):
            return None
        logit = {
            Kind.ABUSIVE: p.juror_abusive,
            Kind.FEUD: -0.6 if self.group[task.contributor] == 1 else -2.2,
            Kind.PILE_ON: -1.6,
        }.get(kind, p.juror_innocent)
        return "list" if self._chance("vote", *asked) < self._listing(task.subject, logit) else "keep"

    def curator_answer(self, look: CuratorLook) -> CuratorVote | None:
        p = self.population
        kind = self.subjects[look.subject].kind
        asked = (look.member, look.subject, look.stage, look.day - look.age)
        if self._chance("today", *asked, look.age) >= p.curator_today:
            return None
        if look.member < p.compromised and kind in (Kind.SURVIVOR, Kind.REGISTERED):
            return "hide"
        logit = {Kind.ABUSIVE: p.curator_abusive, Kind.FEUD: -2.2, Kind.PILE_ON: -2.0}.get(kind, p.curator_innocent)
        # What the world knows has one severity: a curator who would list would hide. See docs/simulation.md.
        return "hide" if self._chance("look", *asked) < self._listing(look.subject, logit) else "keep"

    def _listing(self, subject: int, logit: float) -> float:
        """P(an honest person would list), with the account's difficulty and the attackers' evidence."""
        kind = self.subjects[subject].kind
        if kind in (Kind.SURVIVOR, Kind.REGISTERED) and self.attackers:
            logit += self.population.fabricated
        return sigmoid(logit + DIFFICULTY * self.difficulty[subject])

    def owner_answer(self, contributor: int, subject: int, day: int) -> OwnerAnswer | None:
        """Owners who answer doubt, within the first days; the others never look."""
        return "doubt" if self._chance("owner", subject) < self.population.owner_answers else None

    def observe(self, view: PublicView) -> None:
        """These attackers follow their plan and watch nothing."""
