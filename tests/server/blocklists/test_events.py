"""The state of a list is a function of its events, in whatever order they come; and no event can be changed."""

from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, update
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, col, select

from panah.blocklists import appeals, events, lists, looks, states
from panah.blocklists.contributors import tag_of
from panah.blocklists.events import ChainBroken
from panah.blocklists.panel import GIVEN
from panah.blocklists.states import ON_LIST, STEPS, CaseConflict, CaseState, advance
from panah.blocklists.tables import Blocklist, Case, Entry, Event, Look
from panah.curation import answers
from panah.errors import AppError
from tests.server.blocklists.conftest import Village

SUBJECTS = ("x:1", "x:2", "x:3", "x:4")
STEP = st.one_of(
    st.tuples(st.just("report"), st.integers(0, 14), st.sampled_from(SUBJECTS)),
    st.tuples(st.just("day"), st.integers(1, 40), st.just("")),
    st.tuples(st.just("vote"), st.sampled_from((0, 5, 15)), st.just("")),
    st.tuples(st.just("look"), st.sampled_from((0, 1, 2, 3)), st.just("")),
    st.tuples(st.just("appeal"), st.just(0), st.sampled_from(SUBJECTS)),
    st.tuples(st.just("reverse"), st.integers(0, 8), st.just("")),
    st.tuples(st.just("remove"), st.just(0), st.sampled_from(SUBJECTS)),
)
CHOICES = (("hide",), ("flag",), ("keep",), ("hide", "flag", "keep"))


def small_village() -> Village:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    SQLModel.metadata.create_all(engine)
    return Village(engine).settle(people=15, curators=5)


def act(village: Village, what: str, number: int, subject: str) -> None:
    if what == "report":
        village.report(number, subject, post=f"{number}{subject[2:]}")
    elif what == "day":
        village.pass_days(number)
    elif what == "vote":
        village.vote("list", only=number)
        village.vote("keep")
    elif what == "look":
        village.look(*CHOICES[number])
    elif what == "appeal":
        with village.turn() as turn:
            appeals.file_appeal(turn, village.blocklist, subject=subject, relation="behalf", ground="context")
    elif what == "reverse":
        given = sorted((one for one in village.rows(Look) if one.vote in GIVEN), key=lambda one: one.id)
        for look in given[number::9]:
            with village.turn() as turn:
                try:
                    answers.reverse(turn, look.member_id, look.id, "good-faith")
                except AppError:  # it is over, or was turned round before
                    turn.session.rollback()
    else:
        with village.turn() as turn:
            try:
                looks.remove_entry(turn, village.blocklist, village.curators[0], subject, "gone")
            except looks.LookNotFound:
                turn.session.rollback()


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes a second: to make it smaller, minutes
)
@given(st.lists(STEP, min_size=5, max_size=25), st.randoms(use_true_random=False))
def test_any_interleaving_of_the_same_events_gives_the_same_entries(
    steps: list[tuple[str, int, str]], mixed: Random
) -> None:
    village = small_village()
    for subject in SUBJECTS[:3]:  # something to happen to
        for who in (0, 1):
            village.report(who + int(subject[2:]), subject, post=f"{who}{subject[2:]}")
    village.pass_days()
    village.vote("list")
    village.pass_days()
    for step in steps:
        act(village, *step)
    with Session(village.engine) as session:
        history = [
            (event.subject or "", event.number or 0, event.kind, event.body or {})
            for event in session.exec(select(Event).where(col(Event.number).is_not(None)))
        ]
        mixed.shuffle(history)
        found = states.replay(history)
        for case in session.exec(select(Case)):
            assert found.get(case.subject, CaseState()) == events.state_of(case)
        assert {one.subject: (str(one.tier), one.status) for one in session.exec(select(Entry))} == {
            subject: (state.tier, state.entry) for subject, state in found.items() if state.entry in ON_LIST
        }
        blocklist = lists.find_list(session, "village")
        assert events.verify(session, blocklist) == blocklist.head_seq
    village.engine.dispose()


def test_a_missing_event_is_noticed() -> None:
    history = [("x:1", 1, "opened", {"status": "drawing"}), ("x:1", 3, "jury_drawn", {"status": "jury"})]
    with pytest.raises(ValueError, match="event 2"):
        states.replay(history)


@pytest.mark.parametrize("kind", sorted(STEPS))
def test_no_step_is_taken_from_where_it_may_not_begin(kind: str) -> None:
    every = {"gathering", "drawing", "jury", "looks", "notice", "fresh", "listed", "rejected", "appeal", "review"}
    for status in every - STEPS[kind]:
        with pytest.raises(CaseConflict):
            advance(CaseState(status=status), kind, {})


def test_an_undecided_account_never_gets_an_entry_whatever_an_event_says() -> None:
    with pytest.raises(CaseConflict):
        advance(CaseState(status="jury"), "jury_spoke", {"status": "looks", "entry": "waiting"})


def verified(village: Village) -> int:
    with Session(village.engine) as session:
        return events.verify(session, lists.find_list(session, "village"))


def test_a_changed_event_breaks_the_chain_at_its_place(village: Village) -> None:
    village.list_it()
    count = verified(village)
    seq = next(event.seq for event in village.rows(Event) if event.kind == "decided")
    with Session(village.engine) as session:
        session.execute(update(Event).where(col(Event.seq) == seq).values(body={"tier": "flag"}))
        session.commit()
    with pytest.raises(ChainBroken) as broken:
        verified(village)
    assert broken.value.seq == seq < count


@pytest.mark.parametrize("change", [{"made_on": "2026-01-02"}, {"role": "admin"}, {"kind": "resumed"}])
def test_date_role_and_kind_are_covered_too(village: Village, change: dict[str, str]) -> None:
    values = {name: date.fromisoformat(value) if name == "made_on" else value for name, value in change.items()}
    with Session(village.engine) as session:
        session.execute(update(Event).where(col(Event.seq) == 3).values(**values))
        session.commit()
    with pytest.raises(ChainBroken):
        verified(village)


def test_a_missing_or_cut_off_event_breaks_the_chain(village: Village) -> None:
    last = verified(village)
    for seq in (last, 5):
        with Session(village.engine) as session:
            session.execute(delete(Event).where(col(Event.seq) == seq))
            session.commit()
        with pytest.raises(ChainBroken):
            verified(village)


def test_what_events_say_about_an_account_can_be_erased_and_the_chain_holds(village: Village) -> None:
    village.list_it("x:1")
    village.list_it("x:2")
    count = verified(village)
    with village.turn() as turn:
        _, blocklist = lists.lock(turn, village.blocklist)
        events.erase_subject(turn, blocklist, "x:1")
    assert verified(village) == count
    assert not [event for event in village.rows(Event) if event.subject == "x:1" or "x:1" in str(event.body)]
    with Session(village.engine) as session:
        assert set(events.replay(session, lists.find_list(session, "village"))) == {"x:2"}


def test_no_event_names_a_reporter_or_juror(village: Village) -> None:
    village.list_it()
    with Session(village.engine) as session:
        blocklist = session.exec(select(Blocklist)).one()
    known = {tag_of(village.keys, blocklist, person.id) for person in village.people} | {
        str(person.id) for person in village.people
    }
    said = [str(event.body) for event in village.rows(Event)]
    assert not [one for one in known if any(one in text for text in said)]
