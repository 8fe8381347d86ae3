"""The attackers of the second generator. They know the rules, their own accounts and tasks, and what is published.

None of them looks at what the service keeps, at honest people's reports, or at how an account looks to others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
    Withdrawal,
)
from panah.simulate.adaptive_society import POSTS, Look, Society, logit, sigmoid

RARE = 1  # the norms that fewer honest people hold: half of each jury is drawn from them
AGED = 31  # days after which no hold calls an account young
RESTS = 8  # days without an attack after one that failed


class Attackers:
    """Nobody attacks. What attackers do is written over these; `crew` are their contributors."""

    def __init__(self, society: Society, share: float) -> None:
        self.society = society
        self.crew: list[int] = []
        honest = society.size.honest
        self.many = 0 if share == 0 else max(1, round(share / (1 - share) * honest))
        self.targets = society.of_kind(Kind.SURVIVOR, Kind.REGISTERED)
        self.abusive = set(society.of_kind(Kind.ABUSIVE))
        self.rng = np.random.default_rng([society.seed, 0xA77AC])
        self.recruit()

    def recruit(self) -> None: ...

    def reports_on(self, day: int) -> list[Report]:
        return []

    def withdrawals_on(self, day: int) -> list[Withdrawal]:
        return []

    def protections_on(self, day: int) -> list[Protection]:
        return []

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Appeal]:
        return []

    def removals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Removal]:
        return []

    def juror(self, task: JurorTask) -> JurorVote | None:
        """The answer of one of the crew."""
        return None

    def honest_juror(self, task: JurorTask, honestly: Callable[[], JurorVote | None]) -> JurorVote | None:
        """The answer of an honest juror, whom attackers may have reached."""
        return honestly()

    def curator(self, look: CuratorLook, honestly: Callable[[], CuratorVote | None]) -> CuratorVote | None:
        return honestly()

    def owner(self, contributor: int, subject: int, day: int) -> OwnerAnswer | None:
        """The owner of an account that attackers had protected."""
        return None

    def observe(self, view: PublicView) -> None: ...


class Camouflaged(Attackers):
    """Sybils who joined one by one long before, answer the gold items right, and look like anybody else."""

    cover_rate = 0.12  # true reports a day and account
    reserve = 0.25  # share that joins later, for when the first are worn out

    def recruit(self) -> None:
        late = int(self.many * self.reserve) if self.many >= 4 else 0
        for at in range(self.many):
            waits = at >= self.many - late
            joins = float(
                self.rng.uniform(0, self.society.size.days * 0.4) if waits else self.rng.uniform(-50, -AGED)
            )
            history = None if waits else float(self.rng.integers(20, 31))  # gold items, and 10 to 20 true reports
            self.add(Person(joins=joins, honest=False, norms=RARE, history=history))
        self.reported: set[tuple[int, int]] = set()

    def add(self, person: Person) -> int:
        self.society.people.append(person)
        self.crew.append(len(self.society.people) - 1)
        return self.crew[-1]

    def once(self, at: float, who: int, subject: int, post: int) -> list[Report]:
        """A report, unless this account has sent it before."""
        if (who, subject) in self.reported or self.society.people[who].joins > at:
            return []
        self.reported.add((who, subject))
        return [Report(at, who, subject, post)]

    def cover(self, day: int) -> list[Report]:
        """True reports of what anybody could read in the last days; never two of the crew on one account a day."""
        fresh = [(subject, post) for at, subject, post in self.society.sightings if day - 3 <= at < day]
        taken: set[int] = set()
        sent: list[Report] = []
        for who in self.crew:
            if not fresh or self.society.chance("cover", who, day) >= self.cover_rate:
                continue
            subject, post = fresh[int(self.society.chance("covers", who, day) * len(fresh))]
            if subject in taken:
                continue
            taken.add(subject)
            sent += self.once(day + self.society.chance("hour", who, day), who, subject, post)
        return sent

    def truth(self, subject: int) -> JurorVote:
        return "list" if subject in self.abusive else "keep"

    def reports_on(self, day: int) -> list[Report]:
        return self.cover(day)

    def juror(self, task: JurorTask) -> JurorVote | None:
        return "list" if task.subject in self.targets else self.truth(task.subject)


@dataclass(slots=True)
class Campaign:
    """One try after the other at one target."""

    target: int
    tries: int = 0
    rests_until: int = 0
    sent: list[tuple[int, int]] = field(default_factory=list)  # (day, who) of the present try
    running: bool = False
    open: bool = False  # one of the crew was asked to judge it, or a curator told
    jurors: set[int] = field(default_factory=set)  # of the crew, who voted for it in this try
    listed: bool = False


class Adaptive(Camouflaged):
    """Few at a time, on different days, with different posts; whoever failed rests, others come back later.

    A try is two reports, as few as may open a case, and three after a rejection. No two of the crew report the same
    account on one day, and no two work together twice. When nothing is listed after `patience` days, or somebody's
    standing fell, the try has failed: fewer campaigns run at once for a while. Sybils who are drawn vote to list,
    but for those who have lost three such votes: they go on as honest jurors, so that they stay in the lot.
    """

    patience = 10
    tries = 2  # a case is opened again once
    losses = 3
    heeds = True  # their own standing
    starts = 4

    def recruit(self) -> None:
        super().recruit()
        self.campaigns = {target: Campaign(target) for target in self.targets}
        self.partners: set[frozenset[int]] = set()
        self.resting: dict[int, int] = {}
        self.lost: dict[int, int] = {}
        self.at_once = max(1, self.many // 2)
        self.careful_until = 0

    def fit(self, day: int) -> list[int]:
        """Those who may attack on that day, in an order that changes."""
        ready = [
            who
            for who in self.crew
            if self.society.people[who].joins <= day - AGED and self.resting.get(who, -1) < day
        ]
        return sorted(ready, key=lambda who: self.society.chance("turn", who, day))

    def choose(self, day: int, campaign: Campaign) -> list[int]:
        """A team in which no two have worked together, and nobody has tried this target before."""
        team: list[int] = []
        for who in self.fit(day):
            if (who, campaign.target) in self.reported:
                continue
            if any(frozenset((who, other)) in self.partners for other in team):
                continue
            team.append(who)
            if len(team) == (2 if campaign.tries == 0 else 3):
                return team
        return []

    def begin(self, day: int) -> None:
        running = sum(one.running for one in self.campaigns.values())
        limit = max(1, self.at_once // 2) if day < self.careful_until else self.at_once
        waiting = [
            one
            for one in self.campaigns.values()
            if not one.running and not one.listed and one.tries < self.tries and one.rests_until <= day
        ]
        waiting.sort(key=lambda one: (-one.tries, self.society.chance("order", one.target)))
        for campaign in waiting[: max(0, limit - running)]:
            team = self.choose(day, campaign)
            if not team:
                break
            self.partners |= {frozenset((one, other)) for one in team for other in team if one != other}
            day_of = day
            campaign.sent = []
            for who in team:
                campaign.sent.append((day_of, who))
                self.resting[who] = day_of + RESTS
                day_of += 1 + int(self.society.chance("gap", who, campaign.target) * 2)
            campaign.running, campaign.open = True, False
            campaign.tries += 1

    def attack(self, day: int) -> list[Report]:
        sent: list[Report] = []
        for campaign in self.campaigns.values():
            for at, (when, who) in enumerate(campaign.sent):
                if when == day:
                    post = (at + campaign.tries) % POSTS
                    hour = self.society.chance("attacks", who, day)
                    sent += self.once(day + hour, who, campaign.target, post)
        return sent

    def reports_on(self, day: int) -> list[Report]:
        if day >= self.starts:
            self.begin(day)
        return self.attack(day) + self.cover(day)

    def juror(self, task: JurorTask) -> JurorVote | None:
        campaign = self.campaigns.get(task.subject)
        if campaign is None:
            return self.truth(task.subject)
        campaign.open = True
        if self.lost.get(task.contributor, 0) >= self.losses:
            return "keep"
        campaign.jurors.add(task.contributor)
        return "list"

    def observe(self, view: PublicView) -> None:
        for campaign in self.campaigns.values():
            campaign.listed = campaign.target in view.listed
            if not campaign.running:
                continue
            reporters = [who for when, who in campaign.sent if when <= view.day]
            fell = self.heeds and any(view.standing(who) != "trusted" for who in reporters)
            late = view.day > max(when for when, _ in campaign.sent) + self.patience
            if campaign.listed:
                campaign.running = False
            elif late or fell:
                campaign.running = False
                for who in campaign.jurors:
                    self.lost[who] = self.lost.get(who, 0) + 1
                campaign.jurors = set()
                campaign.rests_until = view.day + 3
                self.careful_until = view.day + 7
                for _, who in campaign.sent:
                    self.resting[who] = view.day + (RESTS if not fell else 3 * RESTS)


class HitAndRun(Adaptive):
    """The same, and they take their reports back as soon as a jury sits, or after three days.

    Then nobody's standing falls with a rejection, and who reported is no longer kept from the extended jury.
    """

    def withdrawals_on(self, day: int) -> list[Withdrawal]:
        back: list[Withdrawal] = []
        for campaign in self.campaigns.values():
            last = max((when for when, _ in campaign.sent), default=day)
            if campaign.running and day > last and (campaign.open or day == last + 3):
                back += [Withdrawal(day + 0.1, who, campaign.target) for _, who in campaign.sent]
        return back


class Burners(Adaptive):
    """Half of them are new keys that only report, from the day they join; the others only judge, with clean hands.

    New keys cost nothing, so that nobody who may be drawn as a juror has to be known as a reporter.
    """

    heeds = False
    cover_rate = 0.0

    def recruit(self) -> None:
        super().recruit()
        self.burners = set(self.crew[len(self.crew) // 2 :])
        for who in self.burners:
            joins = float(self.rng.uniform(0, self.society.size.days * 0.5))
            self.society.people[who] = Person(joins=joins, honest=False, onboards=False)

    def fit(self, day: int) -> list[int]:
        ready = [
            who
            for who in self.burners
            if self.society.people[who].joins <= day - 1 and self.resting.get(who, -1) < day
        ]
        return sorted(ready, key=lambda who: self.society.chance("turn", who, day))

    def observe(self, view: PublicView) -> None:
        for who in self.burners:
            self.resting[who] = min(self.resting.get(who, -1), view.day + 2)
        super().observe(view)


class Fabricated(Adaptive):
    """They bait a third of the targets into a post that looks bad alone, and cite that.

    Evidence has to be a live post, so that it cannot be made up; but a survivor who answers back angrily can be
    quoted. Jurors who see the post alone would list in about half of the cases; whoever opens the thread sees the
    bait, and far fewer would.
    """

    baited = 0.35

    def recruit(self) -> None:
        super().recruit()
        for target in self.targets:
            if self.rng.random() < self.baited:
                seen = float(self.rng.beta(4, 4))
                # One logit less: the bait stands above the reply.
                self.society.looks[target] = Look((seen, seen), opened=sigmoid(logit(seen) - 1))


class RemovalSpam(Fabricated):
    """Every day one appeal against every true entry, in the name of its owner: nobody's identity is asked.

    Sybils still list survivors with bait, so that the appeals of survivors wait in the same line.
    """

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Appeal]:
        return [
            Appeal(day + 0.01, subject, own=True, ground="context")
            for subject in sorted(listed)
            if subject in self.abusive
        ]


class CompromisedCurator(Adaptive):
    """The first curator belongs to them: votes against survivors and for abusers, and tells what is open."""

    member = 0

    def curator(self, look: CuratorLook, honestly: Callable[[], CuratorVote | None]) -> CuratorVote | None:
        if look.member != self.member:
            return honestly()
        if look.subject in self.campaigns:
            self.campaigns[look.subject].open = True
            return "hide"
        if look.subject in self.abusive:
            return "keep"
        return honestly()  # a vote that nobody would question

    def observe(self, view: PublicView) -> None:
        super().observe(view)
        for campaign in self.campaigns.values():
            # Once the case has come to the curators they wait; else the jury said no, and a new team starts sooner.
            last = max((when for when, _ in campaign.sent), default=view.day)
            if campaign.running and not campaign.open and view.day > last + 10:
                campaign.running, campaign.rests_until = False, view.day + 1


class CuratorDelists(CompromisedCurator):
    """The same curator also takes true entries off alone, as many as one may; friends appeal for the rest."""

    a_day = 5

    def removals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Removal]:
        true = [subject for subject in sorted(listed) if subject in self.abusive]
        return [Removal(day + 0.3, self.member, subject) for subject in true[: self.a_day]]

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Appeal]:
        return [Appeal(day + 0.01, subject) for subject in sorted(listed) if subject in self.abusive]


class Preempt(Fabricated):
    """They appeal against their own success, first and badly, since a kept entry hears no other appeal for a month.

    Whoever judges that appeal learns nothing from it, as from no appeal by the owner or a friend.
    """

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Appeal]:
        fresh = [one for one in self.targets if one in listed and one not in self.society.untold]
        self.society.untold |= set(fresh)
        return [Appeal(day + 0.001, one, ground="other") for one in fresh]


class Disclosers(Camouflaged):
    """A shield: drawn on an abusive account, they say that the cited post tells of harm done to its author.

    Two such jurors put the case into the lane for survivors, where a jury that agrees too little rejects at once.
    """

    def juror(self, task: JurorTask) -> JurorVote | None:
        return "disclosure" if task.subject in self.abusive else "list" if task.subject in self.targets else "keep"


class Bribed(Adaptive):
    """Honest jurors who are drawn on a target are found out and paid, each with the same probability."""

    p = 0.1

    def honest_juror(self, task: JurorTask, honestly: Callable[[], JurorVote | None]) -> JurorVote | None:
        if task.subject in self.targets and self.society.chance("bribe", task.contributor, task.subject) < self.p:
            return "list"
        return honestly()


class BribedMore(Bribed):
    p = 0.2


class Dormant(Camouflaged):
    """They join, answer the gold items and sleep: no report, no vote. After 60 days all attack within ten."""

    wakes = 60
    reserve = 0.0
    cover_rate = 0.0
    a_target = 4

    def recruit(self) -> None:
        for _ in range(self.many):
            self.add(Person(joins=float(self.rng.uniform(-50, -5)), honest=False, norms=RARE))
        self.reported = set()
        self.plan: dict[int, list[tuple[int, int]]] = {}
        for target in self.targets:
            team = self.rng.permutation(self.crew)[: self.a_target].tolist()
            first = self.wakes + int(self.rng.integers(7))
            for at, who in enumerate(team):
                self.plan.setdefault(first + at, []).append((who, target))

    def reports_on(self, day: int) -> list[Report]:
        sent: list[Report] = []
        for who, target in self.plan.get(day, []):
            sent += self.once(day + self.society.chance("wakes", who, target), who, target, who % POSTS)
        return sent

    def juror(self, task: JurorTask) -> JurorVote | None:
        return super().juror(task) if task.day >= self.wakes else None


class ProtectionAbuse(Camouflaged):
    """The more active half of the abusive accounts ask for protection, and doubt every notice.

    They own their accounts, so that the code is there to see; what stops them is that a curator who sees the
    profile sees the account, too. One in ten is fooled [assumed]. Sybils who are drawn defend the protected ones.
    """

    fooled = 0.1
    member: int | None = None  # a curator who belongs to them and lets everybody through

    def recruit(self) -> None:
        super().recruit()
        society = self.society
        ranked = sorted(self.abusive, key=lambda one: -society.energy[one])
        self.shielded = set(ranked[: len(ranked) // 2])
        self.asks: list[Protection] = []
        for subject in sorted(self.shielded):
            owner = len(society.people)
            society.people.append(Person(joins=-10.0, honest=False, contributes=False))
            seen_by = tuple(
                member
                for member in range(society.size.curators)
                if member == self.member or society.chance("fooled", member, subject) < self.fooled
            )
            self.asks.append(Protection(-9.5, owner, subject, seen_by))

    def protections_on(self, day: int) -> list[Protection]:
        return [one for one in self.asks if int(np.floor(one.at)) == day]

    def owner(self, contributor: int, subject: int, day: int) -> OwnerAnswer | None:
        return "doubt"

    def juror(self, task: JurorTask) -> JurorVote | None:
        return "keep" if task.subject in self.shielded else self.truth(task.subject)


class ProtectionInside(ProtectionAbuse):
    """The same with one curator of the list on their side."""

    member = 0

    def curator(self, look: CuratorLook, honestly: Callable[[], CuratorVote | None]) -> CuratorVote | None:
        return "keep" if look.member == self.member and look.subject in self.shielded else honestly()


class HoldFlood(Camouflaged):
    """Denial of service by holds: true reports, five within an hour, again when the hold is about to end.

    Nothing they say is wrong, so that it costs no standing. Half joined lately, for the hold on young accounts.
    """

    group = 5
    again = 2.9  # days; a burst holds for three

    def recruit(self) -> None:
        for at in range(self.many):
            young = at % 2 == 0
            joins = float(
                self.rng.uniform(-5, self.society.size.days * 0.5) if young else self.rng.uniform(-50, -AGED)
            )
            self.add(Person(joins=joins, honest=False, norms=RARE))
        self.reported = set()
        first: dict[int, tuple[float, int]] = {}
        for begun, subject, post in self.society.sightings:
            if subject not in first or begun < first[subject][0]:
                first[subject] = (begun, post)
        self.waves: dict[int, list[tuple[float, int, int]]] = {}
        for subject, (seen, post) in sorted(first.items()):
            for wave in range(max(1, self.many // self.group)):
                hour = seen + 0.1 + wave * self.again
                self.waves.setdefault(int(hour), []).append((hour, subject, post))

    def reports_on(self, day: int) -> list[Report]:
        sent: list[Report] = []
        for at, subject, post in self.waves.get(day, []):
            # The youngest who are there, since they count twice.
            here = sorted(
                (
                    who
                    for who in self.crew
                    if self.society.people[who].joins <= at and (who, subject) not in self.reported
                ),
                key=lambda who: -self.society.people[who].joins,
            )
            for step, who in enumerate(here[: self.group]):
                sent += self.once(at + 0.005 * step, who, subject, post)
        return sent

    def juror(self, task: JurorTask) -> JurorVote | None:
        return None


class HoldChurn(Camouflaged):
    """Denial of service by one account at a time: five reports and withdrawals within minutes, every two days.

    What is withdrawn is no report any more, but it has arrived: an undecided case is held for three days more.
    """

    every = 2
    times = 5

    def recruit(self) -> None:
        super().recruit()
        self.seen: dict[int, tuple[float, int]] = {}
        for begun, subject, post in sorted(self.society.sightings):
            self.seen.setdefault(subject, (begun, post))
        self.listed: set[int] = set()

    def churn(self, day: int) -> list[tuple[float, int, int, int]]:
        """(day, who, subject, post) of each report that is taken back right away."""
        if not self.crew:
            return []
        sent: list[tuple[float, int, int, int]] = []
        for subject, (begun, post) in self.seen.items():
            if begun > day or (day - int(begun)) % self.every or subject in self.listed:
                continue
            who = self.crew[subject % len(self.crew)]
            if self.society.people[who].joins <= day:
                sent += [(day + 0.2 + 0.002 * step, who, subject, post) for step in range(self.times)]
        return sent

    def reports_on(self, day: int) -> list[Report]:
        return [Report(*one) for one in self.churn(day)]

    def withdrawals_on(self, day: int) -> list[Withdrawal]:
        return [Withdrawal(at + 0.001, who, subject) for at, who, subject, _ in self.churn(day)]

    def juror(self, task: JurorTask) -> JurorVote | None:
        return self.truth(task.subject)

    def observe(self, view: PublicView) -> None:
        self.listed = set(view.listed)


class JuryFlood(Adaptive):
    """Denial of service by work: pairs report bystanders, each pair once, more than the jurors can judge.

    A juror takes so many tasks a week. When too few are free, cases go to three curators, of whom there are eight.
    Sybils answer only where a target is judged.
    """

    starts = 12  # reports on targets, when the juries are busy
    floods = 10
    pressure = 1.2  # cases a day over what all honest jurors could take

    def recruit(self) -> None:
        super().recruit()
        self.queue = self.rng.permutation(self.society.of_kind(Kind.BYSTANDER)).tolist()
        self.a_day = max(3, round(self.pressure * self.society.size.honest * 12 / 7 / 5))

    def reports_on(self, day: int) -> list[Report]:
        sent = super().reports_on(day)
        if day < self.floods or len(self.crew) < 2:
            return sent
        for subject in self.queue[: self.a_day]:
            order = sorted(self.crew, key=lambda who: self.society.chance("pair", who, subject))
            for at, who in enumerate(order[:2]):
                sent += self.once(day + 0.1 + 0.3 * at, who, subject, at)
        del self.queue[: self.a_day]
        return sent

    def juror(self, task: JurorTask) -> JurorVote | None:
        return super().juror(task) if task.subject in self.targets else None


class Bridges(Adaptive):
    """A few read everything and report every abusive account on the day on which it can be read: all true.

    Whoever honest reports the same thread that day shares those reports with them. Should that make one cluster of
    all whom the bridges touch, two honest reports would count as one and open no case, and no two of them would sit
    on one jury. The others of the crew attack survivors meanwhile, and defend abusers where they are drawn.
    """

    bridges = 3
    cover_rate = 0.0
    starts = 12

    def fit(self, day: int) -> list[int]:
        return [who for who in super().fit(day) if who not in self.crew[: self.bridges]]

    def reports_on(self, day: int) -> list[Report]:
        sent = super().reports_on(day)
        for who in self.crew[: self.bridges]:
            for at, subject, post in self.society.sightings:
                if day <= at < day + 1:
                    sent += self.once(min(at + 0.02, day + 0.999), who, subject, post)
        return sent

    def juror(self, task: JurorTask) -> JurorVote | None:
        return "keep" if task.subject in self.abusive else super().juror(task)


class Abandoned(RemovalSpam):
    """The curators stop answering one after the other and have all gone silent by a third of the time."""

    def curator(self, look: CuratorLook, honestly: Callable[[], CuratorVote | None]) -> CuratorVote | None:
        silent_from = self.society.size.days * (0.2 + 0.13 * self.society.chance("leaves", look.member))
        return honestly() if look.day < silent_from else None
