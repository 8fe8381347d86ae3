"""The honest half of the second generator: communities, conversations under posts, tired curators, late jurors.

Nothing here is taken from the first generator. Numbers marked [assumed] are judgement, set before the service was
run against them; docs/simulation.md gives the reasons.
"""

import hashlib
import math
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
    Report,
    Subject,
    Withdrawal,
)

Note = Callable[[float, int, int, int], None]  # day, contributor, subject, post

POSTS = 6  # posts of one account that people cite
SHARPER = 1.6  # a curator's logit over a juror's: they read the whole thread [assumed]


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each; attackers come on top, by their share of all contributors."""

    honest: int
    abusive: int
    targets: int
    registered: int
    bystanders: int
    pile_ons: int
    feuds: int
    days: int
    voices: int  # people who speak, besides the attacked survivors: abuse gathers under their posts
    curators: int = 8


# As many are attacked as so many Sybils can attack twice in that time: who is not attacked tells nothing.
SMALL = Size(
    honest=60, abusive=40, targets=8, registered=4, bystanders=120, pile_ons=4, feuds=4, days=50, voices=18
)
FULL = Size(
    honest=160, abusive=160, targets=30, registered=15, bystanders=800, pile_ons=24, feuds=20, days=120, voices=61
)
TINY = Size(
    honest=3, abusive=12, targets=6, registered=2, bystanders=10, pile_ons=1, feuds=1, days=60, voices=4, curators=3
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What an abusive account does: how many people would list it, and how many of them would hide it."""

    name: str
    clear: float  # share of qualified people who see it in a typical reply [assumed]
    hides: float  # share of curators who would hide and not only flag, once they list [assumed]
    weight: float  # share of abusive accounts [assumed]


# Threats are plain to everybody; excuses and "it happens to everybody" need the context that they answer.
FAULTS = (
    Fault("threat", 0.97, 0.995, 0.06),
    Fault("abuse", 0.96, 0.99, 0.24),
    Fault("blame", 0.93, 0.97, 0.24),
    Fault("shaming", 0.92, 0.97, 0.14),
    Fault("silencing", 0.89, 0.96, 0.08),
    Fault("disbelief", 0.88, 0.93, 0.12),
    Fault("minimising", 0.85, 0.90, 0.07),
    Fault("excusing", 0.83, 0.90, 0.05),
)


def logit(share: float) -> float:
    share = min(max(share, 1e-4), 1 - 1e-4)
    return math.log(share / (1 - share))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@dataclass(slots=True)
class Look:
    """How an account looks to people who are asked about it."""

    appearance: tuple[float, float]  # share of jurors of each norm group who would list it
    hides: float = 0.5  # share of curators who would hide, of those who list
    opened: float | None = (
        None  # share of curators who would list after opening the thread; None: SHARPER than jurors
    )


@dataclass(slots=True)
class Reader:
    """How one honest person reads, reports and answers."""

    community: int
    reading: float  # P(sees a post of somebody they follow)
    zeal: float  # P(reports an abusive reply that they see)
    strictness: float  # shift in logits
    follows: frozenset[int]
    prompt: float  # P(answers an open jury task on a given day); 0: never answers


@dataclass(slots=True)
class Chair:
    """One honest curator."""

    strictness: float
    capacity: int  # looks a day, at most
    rested: int  # looks a day before errors grow
    present: float  # P(works on a given day)


@dataclass(slots=True)
class Load:
    """What curators and jurors did, for the report."""

    looks: dict[tuple[int, int], int] = field(default_factory=dict)  # (day, member): answered
    votes: int = 0
    unanswered: int = 0  # times a curator was asked on a day on which they had no time left


class Society:
    """One made-up population, its timetable of honest reports, and how its honest people answer.

    Everything that is drawn later comes from `chance`, which depends on what is asked and not on the order of
    asking: two runs of the service that differ in one rule meet the same people.
    """

    def __init__(self, seed: int, size: Size) -> None:
        self.seed = seed
        self.size = size
        rng = np.random.default_rng([seed, 0x5EC0])
        self.communities = min(6, max(2, size.honest // 12))
        weights = 1 / np.arange(1, self.communities + 1)  # a few large communities, several small ones (Zipf)
        self.weights = weights / weights.sum()
        self.subjects: list[Subject] = []
        self.looks: list[Look] = []
        self.home: list[int] = []  # community of each subject
        self.energy: list[float] = []
        self.ends: list[float] = []  # day on which the account stops writing
        self.people: list[Person] = []
        self.readers: list[Reader] = []
        self.owners: dict[int, int] = {}  # registered subject: its owner
        self.chairs: list[Chair] = []
        self.load = Load()
        self.listed_since: dict[int, int] = {}
        self.untold: set[int] = set()  # accounts whose appeal was filed by somebody who does not want it to succeed
        self._make_subjects(rng)
        self._make_voices(rng)
        self._make_people(rng)
        self._make_chairs(rng)
        self.sightings: list[
            tuple[float, int, int]
        ] = []  # (day, abusive subject, post): replies anybody could read
        self._timetable = self._make_reports(rng)

    def chance(self, *what: object) -> float:
        """A number in [0, 1) that belongs to what is asked."""
        digest = hashlib.blake2b(repr((self.seed, what)).encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def of_kind(self, *kinds: Kind) -> list[int]:
        return [at for at, one in enumerate(self.subjects) if one.kind in kinds]

    # Who there is

    def _add(self, rng: np.random.Generator, kind: Kind, look: Look, onset: float = 0.0) -> int:
        self.subjects.append(Subject(kind, onset))
        self.looks.append(look)
        self.home.append(int(rng.choice(self.communities, p=self.weights)))
        self.energy.append(float(rng.lognormal(0.0, 1.1)))
        # Many hostile accounts live for days only, since they are suspended or thrown away; others never stop.
        self.ends.append(onset + float(rng.pareto(0.7) + 1) * 8)
        return len(self.subjects) - 1

    def _make_subjects(self, rng: np.random.Generator) -> None:
        size = self.size
        fault_weights = np.array([fault.weight for fault in FAULTS])
        for fault in rng.choice(len(FAULTS), size.abusive, p=fault_weights / fault_weights.sum()):
            kind = FAULTS[int(fault)]
            # One account is plainer than another; whoever looks at it meets the same plainness.
            clear = logit(kind.clear) + float(rng.normal(0, 0.5))
            look = Look((sigmoid(clear + 0.15), sigmoid(clear - 0.15)), kind.hides)
            self._add(rng, Kind.ABUSIVE, look, float(rng.uniform(0, size.days * 0.75)))
        for kind_of, many in ((Kind.SURVIVOR, size.targets), (Kind.REGISTERED, size.registered)):
            for _ in range(many):
                # Most survivors' posts are plain; now and then one is angry enough that strangers misread it.
                share = float(rng.beta(1.2, 16))
                self._add(rng, kind_of, Look((share, share)))
        for _ in range(size.bystanders):
            share = float(rng.beta(1.0, 16))
            self._add(rng, Kind.BYSTANDER, Look((share, share)))
        for _ in range(size.pile_ons):
            # A tone-deaf post that many sincerely dislike; it is not abuse by the list's norms.
            share = float(rng.beta(5, 14))
            self._add(rng, Kind.PILE_ON, Look((share, share * 0.8)))
        for _ in range(size.feuds):
            share = float(rng.beta(6, 6))
            self._add(rng, Kind.FEUD, Look((share, 0.06)))

    def _make_voices(self, rng: np.random.Generator) -> None:
        """People under whose posts abuse gathers: the attacked survivors and others who speak."""
        spoken = self.of_kind(Kind.SURVIVOR, Kind.REGISTERED)
        self.voice_of = {subject: at for at, subject in enumerate(spoken)}
        self.voice_home = [self.home[one] for one in spoken]
        self.voice_home += [int(one) for one in rng.choice(self.communities, self.size.voices, p=self.weights)]
        self.fame = np.minimum(
            rng.pareto(1.3, len(self.voice_home)) + 0.5, 12.0
        )  # heavy-tailed, as follower counts

    def _make_people(self, rng: np.random.Generator) -> None:
        size = self.size
        for _ in range(size.honest):
            community = int(rng.choice(self.communities, p=self.weights))
            old, onboards = rng.random() < 0.65, bool(rng.random() < 0.93)
            joins = float(rng.uniform(-55, -16)) if old else float(rng.uniform(-14, size.days * 0.7))
            # Ten gold items, and what they reported before; new people have what the service gives them.
            history = 10 + float(np.floor(min(60.0, rng.pareto(1.1) * 4))) if old and onboards else None
            inviter = self._inviter(rng, community, joins) if not old and rng.random() < 0.3 else None
            norms = int(rng.random() < (0.2 if community % 2 == 0 else 0.6))
            self.people.append(
                Person(
                    joins=joins,
                    honest=True,
                    onboards=onboards,
                    norms=norms,
                    history=history,
                    invited_by=inviter,
                )
            )
            chances = [
                min(0.95, float(fame) * (0.45 if home == community else 0.05))
                for home, fame in zip(self.voice_home, self.fame, strict=True)
            ]
            follows = frozenset(at for at, p in enumerate(chances) if rng.random() < p)
            kind = rng.random()
            prompt = 0.75 if kind < 0.5 else float(rng.uniform(0.2, 0.45)) if kind < 0.85 else 0.0
            self.readers.append(
                Reader(
                    community=community,
                    reading=float(rng.beta(1.2, 2.2)),
                    zeal=float(rng.beta(1.2, 4.0)),
                    strictness=float(rng.normal(0, 0.6)),
                    follows=follows,
                    prompt=prompt,
                )
            )
        for subject in self.of_kind(Kind.REGISTERED):
            self.owners[subject] = len(self.people)
            self.people.append(Person(joins=-20.0, honest=True, contributes=False))
            self.readers.append(Reader(self.home[subject], 0, 0, 0, frozenset(), 0))

    def _inviter(self, rng: np.random.Generator, community: int, joins: float) -> int | None:
        """People invite friends: somebody of the same community who has been there for a month."""
        known = [
            at
            for at, reader in enumerate(self.readers)
            if reader.community == community
            and self.people[at].joins < min(joins, 0) - 15
            and self.people[at].onboards
        ]
        return int(rng.choice(known)) if known else None

    def _make_chairs(self, rng: np.random.Generator) -> None:
        for _ in range(self.size.curators):
            self.chairs.append(
                Chair(
                    strictness=float(rng.normal(0, 0.5)),
                    capacity=int(rng.integers(8, 21)),
                    rested=int(rng.integers(5, 10)),
                    present=float(rng.uniform(0.55, 0.95)),
                )
            )

    # What honest people report

    def _delay(self, rng: np.random.Generator) -> float:
        """Days between a post and its being read: half within hours, some after weeks."""
        return float(rng.lognormal(math.log(0.2), 1.5))

    def _make_reports(self, rng: np.random.Generator) -> list[list[Report]]:
        days: list[list[Report]] = [[] for _ in range(self.size.days)]
        seen: set[tuple[int, int]] = set()

        def note(at: float, person: int, subject: int, post: int) -> None:
            late = at < self.people[person].joins or at >= self.size.days
            if late or (person, subject) in seen:
                return
            seen.add((person, subject))
            days[int(at)].append(Report(at, person, subject, post))

        for day in range(self.size.days):
            for voice, home in enumerate(self.voice_home):
                for _ in range(int(rng.poisson(0.1))):
                    self._conversation(rng, day + float(rng.random()), voice, home, note)
        self._pile_ons(rng, note)
        self._feuds(rng, note)
        for one in days:
            one.sort(key=lambda report: report.at)
        return days

    def _conversation(self, rng: np.random.Generator, at: float, voice: int, home: int, note: Note) -> None:
        """One post with replies. Those who read it read the same replies from the top, and report what they see
        in one sitting: honest people co-report, day by day, and the cluster rule has to live with it.
        """
        heat = float(min(rng.pareto(1.7) + 1, 12))
        writers = self.of_kind(Kind.ABUSIVE)
        weights = np.array(
            [
                self.energy[one] * (1.0 if self.home[one] == home else 0.08)
                if self.subjects[one].onset <= at <= self.ends[one]
                else 0.0
                for one in writers
            ]
        )
        many = min(int(rng.poisson(1.2 * heat)), int((weights > 0).sum()), 12)
        hostile = [] if many == 0 else rng.choice(writers, many, replace=False, p=weights / weights.sum()).tolist()
        posts = {one: int(rng.integers(POSTS)) for one in hostile}
        self.sightings += [(at, one, post) for one, post in posts.items()]
        bystanders = self.of_kind(Kind.BYSTANDER)
        others = rng.choice(
            bystanders, min(len(bystanders), 1 + int(rng.poisson(2 * heat))), replace=False
        ).tolist()
        for person, reader in enumerate(self.readers):
            near = 0.75 if voice in reader.follows else min(0.4, 0.004 * heat * heat)  # hot posts travel
            if rng.random() >= reader.reading * near:
                continue
            sitting = at + self._delay(rng)
            depth = int(rng.geometric(0.28))
            for step, subject in enumerate(hostile[:depth]):
                shown = self.looks[subject].appearance[self.people[person].norms]
                if rng.random() < reader.zeal * shown:
                    note(sitting + 0.001 * step, person, subject, posts[subject])
            for subject in others[:depth]:
                if rng.random() < reader.zeal * 0.35 * self.looks[subject].appearance[0]:  # a mistake, or haste
                    note(sitting + 0.01, person, subject, 0)

    def _pile_ons(self, rng: np.random.Generator, note: Note) -> None:
        """One viral post: a large part of a community reports it within two days, sincerely, all for that post."""
        for subject in self.of_kind(Kind.PILE_ON):
            start = float(rng.uniform(3, max(4, self.size.days * 0.8)))
            for person, reader in enumerate(self.readers):
                near = 0.6 if reader.community == self.home[subject] else 0.12
                if self.people[person].contributes and rng.random() < near * (0.3 + reader.zeal):
                    note(start + float(rng.exponential(0.5)), person, subject, 0)

    def _feuds(self, rng: np.random.Generator, note: Note) -> None:
        """An account that one norm group dislikes and the other does not, for weeks."""
        for subject in self.of_kind(Kind.FEUD):
            for person, reader in enumerate(self.readers):
                if self.people[person].norms == 0 and rng.random() < 0.25 * reader.zeal * 2:
                    note(float(rng.uniform(0, self.size.days)), person, subject, int(rng.integers(POSTS)))

    # What they do day by day

    def reports_on(self, day: int) -> list[Report]:
        """Who is on the list is hidden or flagged for those who subscribe, so that most see no reply to report."""
        return [
            one
            for one in self._timetable[day]
            if one.subject not in self.listed_since or self.chance("unsubscribed", one.contributor) < 0.3
        ]

    def withdrawals_on(self, day: int) -> list[Withdrawal]:
        """A few take a report back the next day."""
        before = self._timetable[day - 1] if day > 0 else []
        return [
            Withdrawal(day + 0.5, one.contributor, one.subject)
            for one in before
            if self.chance("second thoughts", one.contributor, one.subject) < 0.01
        ]

    def protections_on(self, day: int) -> list[Protection]:
        if day != -16:
            return []
        return [Protection(-15.5, owner, subject) for subject, owner in sorted(self.owners.items())]

    def appeals_on(self, day: int, listed: Mapping[int, ListedAs]) -> list[Appeal]:
        """Owners who find out appeal for themselves, friends on their behalf; abusive accounts sometimes, too."""
        filed: list[Appeal] = []
        for subject in sorted(listed):
            since = self.listed_since.setdefault(subject, day)
            kind = self.subjects[subject].kind
            innocent = kind is not Kind.ABUSIVE
            heard = kind in (Kind.SURVIVOR, Kind.REGISTERED)
            # (who, P(ever appeals), median days until they know): a friend sees the cover on somebody they follow.
            callers = ((True, 0.55, 3.0), (False, 0.7 if heard else 0.3, 2.5)) if innocent else ((True, 0.15, 5.0),)
            for own, ever, median in callers:
                if self.chance("appeals", subject, since, own) >= ever:
                    continue
                spread = self.chance("finds out", subject, since, own)
                found = since + math.ceil(median * math.exp(1.2 * (2 * spread - 1)))
                if day in (found, found + 9):  # once more where nothing came of it
                    filed.append(
                        Appeal(day + 0.4, subject, own=own, ground="survivor" if heard and not own else "context")
                    )
        for subject in [one for one in self.listed_since if one not in listed]:
            del self.listed_since[subject]
        return filed

    def juror_answer(self, task: JurorTask) -> JurorVote | None:
        reader, person = self.readers[task.contributor], self.people[task.contributor]
        key = (task.contributor, task.subject)
        if self.chance("answers", *key, task.day) >= reader.prompt:
            return None
        self.load.votes += 1
        if self.chance("knows them", *key) < 0.02:
            return "recuse"
        listing = sigmoid(logit(self.looks[task.subject].appearance[person.norms]) + reader.strictness)
        if abs(listing - 0.5) < 0.2 and self.chance("unsure", *key) < 0.3:
            return "unsure"
        if self.chance("juror", *key) < listing:
            return "list"
        # Attackers who know the rules seldom cite the post in which they tell what was done to them.
        told = self.subjects[task.subject].kind in (Kind.SURVIVOR, Kind.REGISTERED)
        return "disclosure" if told and self.chance("tells", task.subject) < 0.15 else "keep"

    def curator_answer(self, look: CuratorLook) -> CuratorVote | None:
        """Curators open the thread, so that context moves them further than jurors; they tire and stay away."""
        chair = self.chairs[look.member]
        done = self.load.looks.get((look.day, look.member), 0)
        if self.chance("present", look.member, look.day) >= chair.present or done >= chair.capacity:
            self.load.unanswered += 1
            return None
        self.load.looks[look.day, look.member] = done + 1
        key = (look.member, look.subject, look.stage)
        if self.chance("conflict", look.member, look.subject) < 0.01:
            return "recuse"
        shown = self.looks[look.subject]
        plain = sum(logit(one) for one in shown.appearance) / 2
        # An appeal says what the first look missed; that helps who is innocent.
        helps = look.stage == "appeal" and look.subject not in self.untold
        told = -1.0 if helps and self.subjects[look.subject].kind is not Kind.ABUSIVE else 0.0
        opened = plain * SHARPER if shown.opened is None else logit(shown.opened)
        listing = sigmoid(opened + chair.strictness + told)
        tired = min(0.25, 0.01 + 0.012 * max(0, done - chair.rested))
        listing = (1 - tired) * listing + tired * 0.5
        if self.chance("curator", *key, look.day if tired > 0.05 else 0) >= listing:
            return "keep"
        return "hide" if self.chance("severity", *key) < shown.hides else "flag"

    def owner_answer(self, contributor: int, subject: int, day: int) -> OwnerAnswer | None:
        if self.chance("reads notices", contributor) < 0.15:
            return None
        return "doubt" if self.chance("notice", contributor, subject, day) < 0.4 else None
