"""Texts that the curators of a list put into their private notes again and again."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, ValidationError
from sqlmodel import Session, col, func, select

from panah.accounts.dependencies import NotAllowed
from panah.blocklists import events
from panah.blocklists.lists import lock, seats_of
from panah.blocklists.schemas import Incoming, Text, one_line
from panah.blocklists.tables import Blocklist
from panah.blocklists.turn import Turn
from panah.curation.tables import NoteTemplate
from panah.errors import AppError

MOST = 50  # of one list


class BadTemplate(AppError):
    status = 422
    code = "bad-template"


class TooManyTemplates(AppError):
    status = 409
    code = "too-many-templates"


class Words(Incoming):
    """A template as it may be."""

    title: Annotated[Text, AfterValidator(one_line), Field(min_length=1, max_length=60)]
    text: Annotated[Text, Field(min_length=1, max_length=500)]


def templates_of(session: Session, blocklist_id: UUID) -> list[NoteTemplate]:
    """By title."""
    chosen = select(NoteTemplate).where(NoteTemplate.blocklist_id == blocklist_id)
    return list(session.exec(chosen.order_by(col(NoteTemplate.title))))


def save_template(turn: Turn, blocklist: Blocklist, member_id: UUID, title: str, text: str) -> None:
    """Keeps a template; one with the same title is replaced. Raises BadTemplate, TooManyTemplates, and NotAllowed
    for who does not curate the list.
    """
    try:
        words = Words(title=title, text=text)
    except ValidationError:
        raise BadTemplate("A template has a title of up to 60 characters, and a text of up to 500.") from None
    turn, blocklist = lock(turn, blocklist)
    check_curator(turn, blocklist, member_id)
    same = select(NoteTemplate).where(NoteTemplate.blocklist_id == blocklist.id, NoteTemplate.title == words.title)
    row = turn.session.exec(same).first()
    if row is None:
        counted = select(func.count()).select_from(NoteTemplate).where(NoteTemplate.blocklist_id == blocklist.id)
        if turn.session.exec(counted).one() >= MOST:
            raise TooManyTemplates(f"A list has {MOST} templates at most. Delete one first.")
        made = UUID(int=turn.lot.getrandbits(128))
        row = NoteTemplate(id=made, blocklist_id=blocklist.id, title=words.title, text="")
    elif row.text == words.text:
        return
    row.text = words.text
    turn.session.add(row)
    body = {"template": str(row.id), "by": str(member_id)}
    events.append(turn, blocklist, "template_saved", role="curator", body=body)
    turn.session.flush()


def drop_template(turn: Turn, blocklist: Blocklist, member_id: UUID, template_id: UUID) -> None:
    """Deletes a template. Again changes nothing. Raises NotAllowed."""
    turn, blocklist = lock(turn, blocklist)
    check_curator(turn, blocklist, member_id)
    row = turn.session.get(NoteTemplate, template_id)
    if row is None or row.blocklist_id != blocklist.id:
        return
    turn.session.delete(row)
    body = {"template": str(template_id), "by": str(member_id)}
    events.append(turn, blocklist, "template_dropped", role="curator", body=body)
    turn.session.flush()


def check_curator(turn: Turn, blocklist: Blocklist, member_id: UUID) -> None:
    if member_id not in seats_of(turn.session, blocklist):
        raise NotAllowed("You do not curate this list.")
