"""Which model judges and which runs beside it: what admins chose, newest last, and never changed afterwards."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from panah.accounts.audit import lock_accounts, record_account_event
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.scoring.registry import Artefact, by_name, load
from panah.scoring.tables import ModelChoice

Kind = Literal["active", "shadow"]
NOTE_MOST = 500


class ModelNotFound(AppError):
    status = 404
    code = "model-not-found"


class ModelUnfit(AppError):
    """The list of models says why."""

    status = 409
    code = "model-unfit"


class ModelBroken(ModelUnfit):
    """Its files looked right and could not be loaded."""

    code = "model-broken"


class ModelJudges(AppError):
    status = 409
    code = "model-judges"


class ModelMoved(AppError):
    status = 409
    code = "model-moved"


def newest(session: Session, kind: Kind) -> list[ModelChoice]:
    """The newest choice and the one before it, newest first."""
    chosen = select(ModelChoice).where(ModelChoice.kind == kind)
    return list(session.exec(chosen.order_by(col(ModelChoice.id).desc()).limit(2)).all())


def chosen(session: Session, kind: Kind) -> str | None:
    """The model's name. None: what the server was started with, or none beside it."""
    found = newest(session, kind)
    return found[0].model if found else None


def history(session: Session, most: int = 20) -> list[ModelChoice]:
    """Choices of both kinds, newest first."""
    return list(session.exec(select(ModelChoice).order_by(col(ModelChoice.id).desc()).limit(most)).all())


def seen_id(session: Session, kind: Kind) -> int:
    """What a form says its sender saw; 0 before the first choice."""
    found = newest(session, kind)
    return found[0].id or 0 if found else 0


def check(artefact: Artefact) -> None:
    """Raises ModelUnfit or ModelBroken for an artefact that cannot judge here. Loads it to find out."""
    if artefact.unfit:
        raise ModelUnfit("This model cannot judge here. The list of models says why.")
    try:
        load(artefact.folder)
    except (OSError, ValueError) as cause:
        raise ModelBroken("This model could not be loaded: its files are broken. Nothing was changed.") from cause


def find(artefacts: Sequence[Artefact], name: str) -> Artefact:
    """The installed model of that name. Raises ModelNotFound."""
    artefact = by_name(artefacts, name)
    if artefact is None:
        raise ModelNotFound("There is no such model on this server.")
    return artefact


def activate(
    turn: Turn, artefacts: Sequence[Artefact], name: str, *, seen: int, author: UUID, note: str = ""
) -> None:
    """Lets a model judge. `seen` is the choice that the author saw in force. If the model ran beside, it does so no
    more. Choosing what judges already changes nothing. Raises ModelNotFound, ModelUnfit and ModelMoved.
    """
    artefact = find(artefacts, name)
    check(artefact)
    lock_accounts(turn)
    settle(turn, artefacts, artefact, seen=seen, author=author, note=note, kind="model_activated")


def roll_back(turn: Turn, artefacts: Sequence[Artefact], *, seen: int, author: UUID, note: str = "") -> str:
    """Lets the model judge that did so before, and returns its name. Raises as activate() does, and ModelMoved
    where nothing was ever chosen.
    """
    lock_accounts(turn)
    earlier = earlier_model(turn.session, artefacts)
    if earlier is None:
        raise ModelMoved("Somebody has changed this meanwhile. Look again.")
    artefact = find(artefacts, earlier)
    check(artefact)
    settle(turn, artefacts, artefact, seen=seen, author=author, note=note, kind="model_rolled_back")
    return earlier


def earlier_model(session: Session, artefacts: Sequence[Artefact]) -> str | None:
    """What judged before the newest choice; None where there was none."""
    found = newest(session, "active")
    if not found:
        return None
    return actual(found[1].model if len(found) > 1 else None, artefacts)


def actual(choice: str | None, artefacts: Sequence[Artefact]) -> str:
    """The name of the model that a choice of what judges stands for."""
    return choice or artefacts[0].name


def settle(
    turn: Turn, artefacts: Sequence[Artefact], artefact: Artefact, *, seen: int, author: UUID, note: str, kind: str
) -> None:
    """The choice itself, once it is its turn."""
    was = actual(chosen(turn.session, "active"), artefacts)
    if was == artefact.name:
        return
    if seen != seen_id(turn.session, "active"):
        raise ModelMoved("Somebody has changed this meanwhile. Look again.")
    # By no name: a server that is started with a newer model is to use that one.
    add(turn, "active", None if artefact.is_default else artefact.name, author, note)
    record_account_event(turn, kind, "admin", {"member": str(author), "model": artefact.name, "was": was})
    if chosen(turn.session, "shadow") == artefact.name:
        add(turn, "shadow", None, author, "")


def run_beside(
    turn: Turn, artefacts: Sequence[Artefact], name: str | None, *, seen: int, author: UUID, note: str = ""
) -> None:
    """Has a model judge some of the replies unseen, or none with None. Repeating it changes nothing. Raises
    ModelNotFound, ModelUnfit, ModelMoved, and ModelJudges for the one that judges already.
    """
    artefact = find(artefacts, name) if name is not None else None
    if artefact is not None:
        check(artefact)
    lock_accounts(turn)
    was = chosen(turn.session, "shadow")
    if was == name:
        return
    if seen != seen_id(turn.session, "shadow"):
        raise ModelMoved("Somebody has changed this meanwhile. Look again.")
    if artefact is not None and artefact.name == actual(chosen(turn.session, "active"), artefacts):
        raise ModelJudges("This model judges already. Another one can run beside it.")
    add(turn, "shadow", name, author, note)
    record_account_event(turn, "model_beside", "admin", {"member": str(author), "model": name, "was": was})


def add(turn: Turn, kind: Kind, model: str | None, author: UUID, note: str) -> None:
    turn.session.add(
        ModelChoice(kind=kind, model=model, note=note[:NOTE_MOST], author=str(author), made_at=turn.now)
    )
    turn.session.flush()
