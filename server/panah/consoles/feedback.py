"""/admin/feedback: what readers told about verdicts, labelled by people with the guide beside it."""

from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from markupsafe import Markup

from panah.accounts.dependencies import Form, SignedIn, turn_of
from panah.accounts.permissions import Permission
from panah.accounts.rendering import go
from panah.blocklists.turn import Turn
from panah.consoles.console import Console, Who
from panah.consoles.rendering import names_of, show
from panah.errors import AppError
from panah.feedback import service
from panah.feedback.export import export
from panah.feedback.service import BUCKETS, KINDS, Count, FeedbackNotFound, Which
from panah.feedback.tables import Feedback
from panah.pages.documents import to_html
from panah.resources import bundled
from panah.scoring.policy import ACTS, LABELS
from panah.scoring.text import LANGUAGE_GROUPS

PATH = "/admin/feedback"


@cache
def guide() -> Markup:
    """The label guide, without its heading: the page has one."""
    text = bundled("labels.md", "model/corpus/labels.md").read_text(encoding="utf-8")
    return to_html(text.partition("\n")[2], "en")


def which_of(request: Request) -> Which:
    asked = request.query_params
    return Which(kind=asked.get("kind", ""), language=asked.get("language", ""), label=asked.get("label", ""))


def links(request: Request) -> Callable[..., str]:
    """Addresses of this console that carry the chosen filters and language on."""
    kept = {**asdict(which_of(request)), "lang": request.query_params.get("lang", "")}

    def to(path: str = "", **more: str) -> str:
        query = urlencode({name: value for name, value in (kept | more).items() if value})
        return f"{PATH}{path}" + (f"?{query}" if query else "")

    return to


def chance(row: Feedback) -> str:
    """The range of P that a row's bucket stands for, in per cent."""
    width = 100 // BUCKETS
    return f"{row.bucket * width}–{(row.bucket + 1) * width} %"


def facets(found: list[Count]) -> dict[str, list[tuple[str, int]]]:
    """How many wait with a text, for each filter and value."""
    values = {"kind": KINDS, "language": LANGUAGE_GROUPS, "label": LABELS}
    ready = [one for one in found if one.state == "waiting" and one.with_text]
    return {
        name: [(value, sum(one.rows for one in ready if getattr(one, name) == value)) for value in known]
        for name, known in values.items()
    }


def total(found: list[Count], **wanted: Any) -> int:
    return sum(one.rows for one in found if all(getattr(one, name) == value for name, value in wanted.items()))


def queue_page(request: Request, who: SignedIn, *, error: AppError | None = None) -> Response:
    which, to = which_of(request), links(request)
    with turn_of(request) as turn:
        today = turn.now.date()
        found = service.counts(turn.session, today)
        page = service.waiting(turn.session, which, today, after=request.query_params.get("after", ""))
        held = service.held_by_others(turn.session, who.member_id, turn.now)
        agreement = service.agreement(turn.session, today)
    waiting = [one for one in found if one.state == "waiting" and one.with_text]
    return show(
        request,
        "console/feedback_queue.html",
        who,
        path=PATH,
        error=error,
        to=to,
        which=which,
        page=page,
        held=held,
        chance=chance,
        facets=facets(found),
        waiting=total(waiting),
        oldest=min((one.oldest for one in waiting), default=None),
        labelled=total(found, state="labelled"),
        dismissed=total(found, state="dismissed"),
        ready=total(found, state="labelled", with_text=True, exported=False),
        without=[
            (kind, language, rows)
            for kind in KINDS
            for language in LANGUAGE_GROUPS
            if (rows := total(found, kind=kind, language=language, with_text=False))
        ],
        agreement=agreement,
        last=last_of(request),
    )


def last_of(request: Request) -> str:
    """The one that was answered just now, so that it can be answered again."""
    try:
        return str(UUID(request.query_params.get("last", "")))
    except ValueError:
        return ""


def case_page(request: Request, who: SignedIn, feedback_id: UUID, *, error: AppError | None = None) -> Response:
    which, to = which_of(request), links(request)
    try:
        with turn_of(request) as turn:
            until = service.sit_down(turn, who.member_id, feedback_id)
            row = service.find(turn.session, feedback_id, turn.now.date())
            before, after = service.neighbours(turn.session, row, which, who.member_id, turn.now)
            text, context = service.texts(turn.keys, row) if until else ("", "")
            names = names_of(turn.session, {row.labelled_by} if row.labelled_by else set())
    except FeedbackNotFound as gone:
        return queue_page(request, who, error=gone)
    return show(
        request,
        "console/feedback_case.html",
        who,
        path=f"{PATH}/{feedback_id}",
        error=error,
        to=to,
        row=row,
        chance=chance(row),
        until=until,
        before=before,
        after=after,
        text=text,
        context=context,
        by=names.get(row.labelled_by, "") if row.labelled_by else "",
        open=request.query_params.get("open") == "yes",
        acts=ACTS,
        guide=guide(),
        last=last_of(request),
    )


def answer(
    request: Request, who: SignedIn, feedback_id: UUID, was: str, work: Callable[[Turn], Feedback]
) -> Response:
    """Does what a form says and opens the next one; after a change to an earlier answer, the list of those."""
    to = links(request)
    try:
        with turn_of(request) as turn:
            row = work(turn)
            _, after = service.neighbours(turn.session, row, which_of(request), who.member_id, turn.now)
    except AppError as error:
        return case_page(request, who, feedback_id, error=error)
    told = f"feedback.{row.state}"
    if was != "waiting":
        return go(request, to("/done", done=told))
    return go(request, to(f"/{after.id}" if after else "", done=told, last=str(feedback_id)))


def add(console: Console) -> None:
    """Adds the pages."""

    @console.get(PATH, Permission.FEEDBACK_LABEL)
    def queue(request: Request, who: Who) -> Response:
        return queue_page(request, who)

    @console.get(f"{PATH}/done", Permission.FEEDBACK_LABEL)
    def done(request: Request, who: Who) -> Response:
        with turn_of(request) as turn:
            page = service.done(turn.session, turn.now.date(), after=request.query_params.get("after", ""))
            names = names_of(turn.session, {row.labelled_by for row in page.rows if row.labelled_by})
        return show(
            request, "console/feedback_done.html", who, to=links(request), page=page, names=names, chance=chance
        )

    @console.post(f"{PATH}/export", Permission.FEEDBACK_LABEL)
    def export_rows(request: Request, who: Who, fields: Form) -> Response:
        with turn_of(request) as turn:
            made = export(turn, who.member_id, again=fields.get("again") == "yes")
        if not made.rows:
            return go(request, links(request)(done="feedback.nothing"))
        name = f"panah-feedback-{turn.now.date().isoformat()}.jsonl"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(made.lines, media_type="application/x-ndjson", headers=headers)

    @console.post(f"{PATH}/forget", Permission.FEEDBACK_LABEL)
    def forget(request: Request, who: Who, fields: Form) -> Response:
        receipt = "".join(fields.get("receipt", "").split()).lower()
        with turn_of(request) as turn:
            gone = service.forget_for(turn, who.member_id, receipt)
        return go(request, links(request)(done="feedback.forgotten" if gone else "feedback.unknown"))

    @console.get(f"{PATH}/{{feedback_id}}", Permission.FEEDBACK_LABEL)
    def case(request: Request, who: Who, feedback_id: UUID) -> Response:
        return case_page(request, who, feedback_id)

    @console.post(f"{PATH}/{{feedback_id}}/label", Permission.FEEDBACK_LABEL)
    def label(request: Request, who: Who, feedback_id: UUID, fields: Form) -> Response:
        acts, was = {act for act in ACTS if fields.get(act) == "yes"}, fields.get("was", "")

        def work(turn: Turn) -> Feedback:
            none = fields.get("none") == "yes"
            return service.label(turn, who.member_id, feedback_id, acts, none=none, was=was)

        return answer(request, who, feedback_id, was, work)

    @console.post(f"{PATH}/{{feedback_id}}/dismiss", Permission.FEEDBACK_LABEL)
    def dismiss(request: Request, who: Who, feedback_id: UUID, fields: Form) -> Response:
        was = fields.get("was", "")
        return answer(
            request,
            who,
            feedback_id,
            was,
            lambda turn: service.dismiss(turn, who.member_id, feedback_id, was=was),
        )
