"""The history of members is a chain that shows every change to it."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, delete, update
from sqlmodel import col, select

from panah.accounts.audit import record_account_event, verify_account_events
from panah.accounts.tables import AccountEvent
from panah.blocklists.events import ChainBroken
from panah.blocklists.turn import begin
from panah.keys import Keys
from tests.server.accounts.conftest import both_databases


def write(engine: Engine, keys: Keys, *kinds: str) -> None:
    with begin(engine, keys) as turn:
        for kind in kinds:
            record_account_event(turn, kind, "admin", {"kind": kind})


def test_what_was_written_fits(engine: Engine, keys: Keys) -> None:
    with begin(engine, keys) as turn:
        assert verify_account_events(turn.session) == 0
    write(engine, keys, "first", "second", "third")
    with begin(engine, keys) as turn:
        assert verify_account_events(turn.session) == 3


@pytest.mark.parametrize(
    ("change", "at"),
    [
        (update(AccountEvent).where(col(AccountEvent.seq) == 2).values(body={"kind": "other"}), 2),
        (update(AccountEvent).where(col(AccountEvent.seq) == 2).values(role="panah"), 2),
        (delete(AccountEvent).where(col(AccountEvent.seq) == 2), 2),
        (delete(AccountEvent).where(col(AccountEvent.seq) == 3), 3),
    ],
)
def test_a_changed_removed_or_cut_off_event_is_found(engine: Engine, keys: Keys, change: object, at: int) -> None:
    write(engine, keys, "first", "second", "third")
    with begin(engine, keys) as turn:
        turn.session.exec(change)  # type: ignore[call-overload]
    with begin(engine, keys) as turn, pytest.raises(ChainBroken) as broken:
        verify_account_events(turn.session)
    assert broken.value.seq == at


def test_what_an_event_says_can_be_erased(engine: Engine, keys: Keys) -> None:
    write(engine, keys, "first", "second")
    with begin(engine, keys) as turn:
        turn.session.exec(update(AccountEvent).values(body=None, salt=None))
    with begin(engine, keys) as turn:
        assert verify_account_events(turn.session) == 2


@both_databases
def test_events_that_are_written_at_once_stand_one_after_the_other(engine: Engine, keys: Keys) -> None:
    together = Barrier(4)

    def work(name: str) -> None:
        together.wait()
        write(engine, keys, f"{name}-a", f"{name}-b")

    threads = [Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with begin(engine, keys) as turn:
        assert verify_account_events(turn.session) == 8
        kinds = list(turn.session.exec(select(AccountEvent.kind).order_by(col(AccountEvent.seq))))
    assert sorted(kinds) == sorted(f"{n}-{part}" for n in range(4) for part in "ab")
