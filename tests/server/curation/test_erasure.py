"""Forgetting an account: nothing names it any more, and everything still adds up."""

from uuid import UUID

import pytest
from sqlmodel import Session

from panah.blocklists import appeals, looks
from panah.blocklists.lists import find_list
from panah.blocklists.subjects import BadSubject
from panah.blocklists.tables import Appeal, Case, Contribution, Decision, Event, Look
from panah.curation.erasure import ErasureRefused, erase_account
from tests.server.blocklists.conftest import Village
from tests.server.curation.conftest import ask, both_databases, chain_holds, looks_on

ADMIN = UUID(int=7)


def erase(village: Village, subject: str = "x:666") -> int:
    with village.turn() as turn:
        return erase_account(turn, village.blocklist, subject, by=ADMIN)


def taken_off(village: Village, subject: str = "x:666") -> None:
    """Listed, appealed with words, and taken off again; a curator has left a note."""
    for look in ask(village, subject):
        with village.turn() as turn:
            looks.answer_look(turn, look.member_id, look.id, "hide", "repeated", "see Sana's thread")
    village.pass_days(2)
    with village.turn() as turn:
        appeals.file_appeal(
            turn, village.blocklist, subject=subject, relation="own", ground="context", statement="It was a quote."
        )
    for look in looks_on(village, subject):
        with village.turn() as turn:
            looks.answer_look(turn, look.member_id, look.id, "keep", "counter-speech")
    village.pass_days()


@both_databases
def test_an_erased_account_is_nowhere_and_the_chain_holds(real_village: Village) -> None:
    village = real_village
    taken_off(village)
    decisions = [(one.outcome, one.overturned_on) for one in village.rows(Decision)]
    mine = [one for one in village.rows(Event) if one.subject == "x:666"]
    assert erase(village) == len(mine) > 5
    for table in (Event, Case, Contribution, Appeal):
        assert [one for one in village.rows(table) if one.subject == "x:666"] == []  # type: ignore[attr-defined]
    assert {one.note for one in village.rows(Look)} == {""}
    assert {one.sealed_statement for one in village.rows(Appeal)} == {None}
    # What was decided still counts: the breaker must not forget mistakes with the account.
    assert [(one.outcome, one.overturned_on) for one in village.rows(Decision)] == decisions
    last = max(village.rows(Event), key=lambda one: one.seq)
    assert (last.kind, last.role, last.subject) == ("history_erased", "admin", None)
    assert last.body == {"events": len(mine), "by": str(ADMIN)}
    chain_holds(village)
    village.pass_days(3)
    chain_holds(village)


def test_after_erasing_the_account_can_be_reported_afresh(village: Village) -> None:
    taken_off(village)
    erase(village)
    assert len(ask(village)) == 3
    assert village.case().number > 0
    chain_holds(village)


def test_an_account_that_is_listed_or_looked_at_is_not_erased(village: Village) -> None:
    ask(village, "x:1")
    village.list_it("x:2")
    before = len(village.rows(Event))
    for subject in ("x:1", "x:2"):
        with pytest.raises(ErasureRefused):
            erase(village, subject)
    assert len(village.rows(Event)) == before


def test_an_appeal_that_waits_keeps_an_account_from_being_erased(village: Village) -> None:
    taken_off(village)
    with village.turn() as turn:
        turn.session.add(
            Appeal(
                blocklist_id=village.blocklist.id,
                subject="x:666",
                receipt_digest="0" * 64,
                relation="own",
                ground="context",
                status="waiting",
                filed_at=turn.now,
            )
        )
    with pytest.raises(ErasureRefused):
        erase(village)


def test_an_account_that_nobody_knows_cannot_be_erased(village: Village) -> None:
    with pytest.raises(ErasureRefused):
        erase(village, "x:404")
    with pytest.raises(BadSubject):
        erase(village, "somebody")


def test_erasing_twice_is_refused_the_second_time(village: Village) -> None:
    taken_off(village)
    erase(village)
    with pytest.raises(ErasureRefused):
        erase(village)


def test_reports_that_were_not_decided_go_too(village: Village) -> None:
    village.report(3, "x:9")
    erase(village, "x:9")
    assert [one.subject for one in village.rows(Contribution)] == []
    with Session(village.engine) as session:
        assert find_list(session, "village").head_seq == len(village.rows(Event))
    chain_holds(village)
