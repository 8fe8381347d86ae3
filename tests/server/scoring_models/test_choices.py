"""Which model judges and which runs beside it: who may choose what, in which order, and that it is written down."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from panah.accounts.audit import verify_account_events
from panah.accounts.tables import AccountEvent
from panah.blocklists.turn import begin
from panah.errors import AppError
from panah.keys import Keys
from panah.scoring import choices
from panah.scoring.choices import ModelBroken, ModelJudges, ModelMoved, ModelNotFound, ModelUnfit
from panah.scoring.registry import Artefact, installed
from panah.scoring.tables import ModelChoice
from tests.server.scoring_models.conftest import SHIPPED, MakeArtefact, both_databases

KEYS = Keys(bytes(range(32)))
ADMIN = UUID(int=1)


@pytest.fixture
def artefacts(models_dir: Path, make_artefact: MakeArtefact) -> list[Artefact]:
    make_artefact("a")
    make_artefact("b")
    (make_artefact("unfit") / "tokenizer.json").unlink()
    broken = make_artefact("broken") / "model.onnx"
    broken.unlink()
    broken.write_bytes(b"no graph")
    return installed(models_dir, SHIPPED)


class Admin:
    """Chooses, having just looked at the page."""

    def __init__(self, engine: Engine, artefacts: list[Artefact]) -> None:
        self.engine = engine
        self.artefacts = artefacts

    def activate(self, name: str, *, seen: int | None = None, note: str = "") -> None:
        with begin(self.engine, KEYS) as turn:
            seen = choices.seen_id(turn.session, "active") if seen is None else seen
            choices.activate(turn, self.artefacts, name, seen=seen, author=ADMIN, note=note)

    def beside(self, name: str | None, *, seen: int | None = None) -> None:
        with begin(self.engine, KEYS) as turn:
            seen = choices.seen_id(turn.session, "shadow") if seen is None else seen
            choices.run_beside(turn, self.artefacts, name, seen=seen, author=ADMIN)

    def back(self, *, seen: int | None = None) -> str:
        with begin(self.engine, KEYS) as turn:
            seen = choices.seen_id(turn.session, "active") if seen is None else seen
            return choices.roll_back(turn, self.artefacts, seen=seen, author=ADMIN)

    @property
    def chosen(self) -> list[str | None]:
        """What judges, and what runs beside it."""
        with Session(self.engine) as session:
            return [choices.chosen(session, "active"), choices.chosen(session, "shadow")]

    def rows(self) -> list[tuple[str, str | None]]:
        with Session(self.engine) as session:
            return [(one.kind, one.model) for one in choices.history(session)][::-1]

    def events(self) -> list[tuple[str, dict[str, object]]]:
        with Session(self.engine) as session:
            assert verify_account_events(session) > 0
            return [(one.kind, dict(one.body or {})) for one in session.exec(select(AccountEvent)).all()]


@pytest.fixture
def admin(engine: Engine, artefacts: list[Artefact]) -> Admin:
    return Admin(engine, artefacts)


@both_databases
def test_the_chosen_model_is_in_force_and_in_the_audit_trail(admin: Admin) -> None:
    assert admin.chosen == [None, None]
    admin.activate("a", note="it is better")
    assert admin.chosen == ["a", None]
    assert admin.events() == [("model_activated", {"member": str(ADMIN), "model": "a", "was": "v2"})]
    with Session(admin.engine) as session:
        (row,) = choices.history(session)
    assert (row.author, row.note) == (str(ADMIN), "it is better")
    assert abs((row.made_at - datetime.now(UTC)).total_seconds()) < 60


def test_choosing_what_judges_already_changes_nothing(admin: Admin) -> None:
    admin.activate("v2", seen=0)
    admin.activate("a", seen=0)
    admin.activate("a", seen=0)  # the form was sent twice
    assert admin.rows() == [("active", "a")]


def test_the_servers_own_model_is_chosen_by_no_name(admin: Admin) -> None:
    admin.activate("a")
    admin.activate("v2")
    assert admin.rows() == [("active", "a"), ("active", None)]


def test_rolling_back_leads_to_what_judged_before(admin: Admin) -> None:
    with pytest.raises(ModelMoved):
        admin.back()
    admin.activate("a")
    assert admin.back() == "v2"
    admin.activate("b")
    admin.activate("a")
    assert admin.back() == "b"
    assert admin.chosen == ["b", None]
    assert admin.events()[-1] == ("model_rolled_back", {"member": str(ADMIN), "model": "b", "was": "a"})


def test_rolling_back_twice_by_accident_does_so_once(admin: Admin) -> None:
    admin.activate("a")
    with Session(admin.engine) as session:
        seen = choices.seen_id(session, "active")
    admin.back(seen=seen)
    with pytest.raises(ModelMoved):
        admin.back(seen=seen)
    assert admin.chosen == [None, None]


def test_a_model_that_is_gone_cannot_be_rolled_back_to(admin: Admin) -> None:
    admin.activate("a")
    admin.activate("b")
    admin.artefacts = [one for one in admin.artefacts if one.name != "a"]
    with pytest.raises(ModelNotFound):
        admin.back()
    assert admin.chosen == ["b", None]


Choose = Callable[[Admin, str], None]
BOTH_WAYS = pytest.mark.parametrize("choose", [Admin.activate, Admin.beside], ids=["activate", "beside"])


@BOTH_WAYS
@pytest.mark.parametrize(
    ("name", "refusal"),
    [("nowhere", ModelNotFound), ("../v2", ModelNotFound), ("unfit", ModelUnfit), ("broken", ModelBroken)],
)
def test_only_what_is_here_and_can_be_loaded_is_taken(
    admin: Admin, choose: Choose, name: str, refusal: type[AppError]
) -> None:
    with pytest.raises(refusal):
        choose(admin, name)
    assert admin.rows() == []


@BOTH_WAYS
def test_a_form_that_is_older_than_the_newest_choice_is_refused(admin: Admin, choose: Choose) -> None:
    choose(admin, "a")
    with pytest.raises(ModelMoved):
        choose(admin, "b", seen=0)  # type: ignore[call-arg]
    assert [model for _, model in admin.rows()] == ["a"]


def test_what_judges_does_not_run_beside_itself(admin: Admin) -> None:
    with pytest.raises(ModelJudges):
        admin.beside("v2")
    admin.beside("a")
    admin.activate("a")
    assert admin.chosen == ["a", None]


def test_running_beside_ends_when_it_is_told_so(admin: Admin) -> None:
    admin.beside("a")
    admin.beside("a", seen=0)  # the form was sent twice
    admin.beside(None)
    admin.beside(None)
    assert admin.rows() == [("shadow", "a"), ("shadow", None)]
    assert admin.events() == [
        ("model_beside", {"member": str(ADMIN), "model": "a", "was": None}),
        ("model_beside", {"member": str(ADMIN), "model": None, "was": "a"}),
    ]


@both_databases
def test_of_two_admins_who_choose_at_once_one_is_told(admin: Admin) -> None:
    both = threading.Barrier(2)
    told: list[type[Exception]] = []

    def choose(name: str) -> None:
        both.wait(10)
        try:
            admin.activate(name, seen=0)
        except AppError as error:
            told.append(type(error))

    threads = [threading.Thread(target=choose, args=(name,)) for name in ("a", "b")]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert told == [ModelMoved]
    assert len(admin.rows()) == 1
    assert len(admin.events()) == 1


def test_a_note_is_cut_where_it_would_not_fit(admin: Admin) -> None:
    admin.activate("a", note="x" * 600)
    with Session(admin.engine) as session:
        assert session.exec(select(ModelChoice)).one().note == "x" * 500
