"""How a curator works: how many cases a day, what is covered, which keys, and the last answers."""

from typing import Any

from fastapi import Request, Response

from panah.accounts.dependencies import Form, SignedIn, turn_of
from panah.accounts.permissions import Permission
from panah.accounts.rendering import go
from panah.consoles.console import Console, Who
from panah.consoles.curate import around, settle
from panah.consoles.rendering import show
from panah.curation import care, desk
from panah.curation.care import BadCare
from panah.errors import AppError


def work_page(request: Request, who: SignedIn, *, error: AppError | None = None) -> Response:
    settle(request, who)
    with turn_of(request) as turn:
        parts: dict[str, Any] = around(request, turn, who)
        answered = care.answered_today(turn.session, who.member_id, turn.now.date())
        left = max(0, parts["care"].daily_cap - answered)
        given = desk.last_answers(turn.session, who.member_id, turn.now)
    return show(
        request,
        "console/work.html",
        who,
        path="/curate/work",
        error=error,
        **parts,
        answered=answered,
        cap_left=left,
        given=given,
        caps=care.CAPS,
        breaks=care.BREAKS,
    )


def number_in(fields: dict[str, str], name: str) -> int:
    """Raises BadCare."""
    given = fields.get(name, "")
    if not (given.isascii() and given.isdecimal()) or len(given) > 4:
        raise BadCare("Write a number.")
    return int(given)


def save(request: Request, who: SignedIn, done: str, **changes: Any) -> Response:
    with turn_of(request) as turn:
        care.set_care(turn, who.member_id, **changes)
    return go(request, f"/curate/work?done=curate.{done}")


def add(console: Console) -> None:
    @console.get("/curate/work", Permission.LIST_SEE)
    def work(request: Request, who: Who) -> Response:
        return work_page(request, who)

    @console.post("/curate/work", Permission.LIST_SEE)
    def change(request: Request, who: Who, fields: Form) -> Response:
        try:
            return save(
                request,
                who,
                "care",
                daily_cap=number_in(fields, "daily_cap"),
                break_after=number_in(fields, "break_after"),
                blurred="blurred" in fields,
                text_only="text_only" in fields,
            )
        except AppError as error:
            return work_page(request, who, error=error)

    @console.post("/curate/work/keys", Permission.LIST_SEE)
    def keys(request: Request, who: Who, fields: Form) -> Response:
        given = {action: fields.get(f"key-{action}", "").strip() for action in care.KEYS}
        chosen = {action: key for action, key in given.items() if key != care.KEYS[action]}
        try:
            return save(request, who, "keys", keys=chosen)
        except AppError as error:
            return work_page(request, who, error=error)

    @console.post("/curate/work/keys/reset", Permission.LIST_SEE)
    def reset(request: Request, who: Who) -> Response:
        return save(request, who, "keys", keys={})
