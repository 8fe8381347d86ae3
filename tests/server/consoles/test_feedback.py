"""The feedback console: from what a reader tells, over labelling, to the file for training."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import event, insert
from sqlmodel import Session, col, select

from panah.accounts.permissions import Role
from panah.accounts.tables import AccountEvent
from panah.blocklists.turn import begin, wall_clock
from panah.feedback import service
from panah.feedback.tables import Feedback
from panah.scoring.policy import ACTS, LABELS
from panah.scoring.text import LANGUAGE_GROUPS
from tests.server.consoles.conftest import Browser, MakeMember, stranger

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
VERDICT: dict[str, Any] = {
    "kind": "not-harmful",
    "label": "blame",
    "language": "en",
    "bucket": 14,
    "action": "hide",
    "sensitivity": "balanced",
    "model": "v2",
    "policy": "v2-defaults",
}


def tell(app: FastAPI, text: str | None = "It was never about her clothes.", **said: Any) -> UUID:
    """Tells the service something, as the extension does; the id of the row."""
    before = {row.id for row in rows(app)}
    words = {"text": text, "context": "He waited for me."} if text else {}
    body = VERDICT | {"consent": text is not None} | words | said
    assert stranger(app).post("/v1/feedback", json=body).status_code == 201
    (made,) = {row.id for row in rows(app)} - before
    return made


def rows(app: FastAPI) -> list[Feedback]:
    with Session(app.state.engine) as session:
        return list(session.exec(select(Feedback)))


def row(app: FastAPI, feedback_id: UUID) -> Feedback:
    return next(one for one in rows(app) if one.id == feedback_id)


def label(browser: Browser, feedback_id: UUID, *acts: str, was: str = "waiting", **more: str) -> Any:
    fields = dict.fromkeys(acts, "yes") | {"was": was} | more
    return browser.send(f"/admin/feedback/{feedback_id}/label", **fields)


@pytest.fixture
def admin(member: MakeMember) -> Browser:
    return member(Role.ADMIN)


def test_an_admin_deletes_by_receipt_for_whoever_asks(app: FastAPI, admin: Browser) -> None:
    kept = tell(app)
    body = VERDICT | {"consent": True, "text": "It was never her fault."}
    receipt = stranger(app).post("/v1/feedback", json=body).json()["receipt"]
    spaced = f" {receipt[:16].upper()} {receipt[16:]} "
    answers = [admin.send("/admin/feedback/forget", receipt=spaced).headers["location"] for _ in range(2)]
    assert answers == [f"/admin/feedback?done=feedback.{said}" for said in ("forgotten", "unknown")]
    assert [one.id for one in rows(app)] == [kept]
    with Session(app.state.engine) as session:
        kinds = list(session.exec(select(AccountEvent.kind)))
    assert kinds.count("feedback_forgotten") == 1
    assert "Deleted, with its text and labels." in admin.get(answers[0]).text


def test_labelling_one_opens_the_next_and_the_label_can_be_changed(app: FastAPI, admin: Browser) -> None:
    first, second = tell(app), tell(app)
    answer = label(admin, first, "blame", "threat")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/admin/feedback/{second}?done=feedback.labelled&last={first}"
    page = admin.get(answer.headers["location"]).text
    assert "Saved." in page
    assert f'href="/admin/feedback/{first}"' in page
    assert row(app, first).labels == ["blame", "threat"]
    again = admin.get(f"/admin/feedback/{first}").text
    assert re.search(r'name="blame" value="yes" data-key="1" checked', again)
    done = label(admin, first, "none", was="labelled").headers["location"]
    assert done == "/admin/feedback/done?done=feedback.labelled"
    assert row(app, first).labels == []
    assert "none of these" in admin.get(done).text
    last = admin.send(f"/admin/feedback/{second}/dismiss", was="waiting").headers["location"]
    assert last == f"/admin/feedback?done=feedback.dismissed&last={second}"
    assert row(app, second).state == "dismissed"


def test_the_chosen_filters_stay_through_labelling(app: FastAPI, admin: Browser) -> None:
    english, urdu = tell(app), tell(app, language="ur")
    other = tell(app, language="ur")
    page = admin.get("/admin/feedback?language=ur&lang=en").text
    assert str(english) not in page
    first, second = sorted([urdu, other])
    answer = admin.send(f"/admin/feedback/{first}/label?language=ur", none="yes", was="waiting")
    assert answer.headers["location"].startswith(f"/admin/feedback/{second}?language=ur&")


def test_nothing_or_both_is_no_label_and_is_told_on_the_page(app: FastAPI, admin: Browser) -> None:
    told = tell(app)
    for acts in ((), ("none", "blame")):
        answer = label(admin, told, *acts)
        assert answer.status_code == 422
        assert "Choose what the reply does" in answer.text
        assert "never about her clothes" in answer.text  # the form is still there
    assert row(app, told).state == "waiting"


def test_two_admins_do_not_label_the_same(app: FastAPI, member: MakeMember) -> None:
    sana, zara = member(Role.ADMIN, name="Sana"), member(Role.ADMIN, name="Zara")
    told = tell(app)
    assert "never about her clothes" in sana.get(f"/admin/feedback/{told}").text
    closed = zara.get(f"/admin/feedback/{told}").text
    assert "Somebody else is at this one now" in closed
    assert "never about her clothes" not in closed
    assert "Somebody is at it" in zara.get("/admin/feedback").text
    refused = label(zara, told, "blame")
    assert (refused.status_code, "Nothing was changed" in refused.text) == (409, True)
    assert label(sana, told, "threat").status_code == 303
    twice = label(sana, told, "threat")  # the form sent a second time
    assert twice.status_code == 409
    assert label(zara, told, "blame").status_code == 409
    assert row(app, told).labels == ["threat"]


def test_what_is_gone_is_told_kindly(app: FastAPI, admin: Browser) -> None:
    told, silent = tell(app), tell(app, text=None)
    with begin(app.state.engine, app.state.keys) as turn:
        turn.session.delete(turn.session.get_one(Feedback, told))
    for gone in (told, silent, uuid4()):
        answers = admin.get(f"/admin/feedback/{gone}"), label(admin, gone, "blame")
        for answer in answers:
            assert answer.status_code == 404
            assert "This one is gone" in answer.text


def test_what_a_reader_gave_is_text_and_nothing_else(app: FastAPI, admin: Browser) -> None:
    told = tell(app, text=EVIL, context=EVIL)
    page = admin.get(f"/admin/feedback/{told}").text
    assert "<script>alert" not in page
    assert "<img" not in page.replace('<img src="/static/mark.svg', "")
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_the_text_is_behind_a_blur_until_it_is_opened(app: FastAPI, admin: Browser) -> None:
    told = tell(app)
    assert '<div class="behind" inert>' in admin.get(f"/admin/feedback/{told}").text
    opened = admin.get(f"/admin/feedback/{told}?open=yes").text  # as the link does without scripts
    assert 'class="card veiled open"' in opened
    assert '<div class="behind">' in opened


def test_the_guide_stands_beside_the_text(app: FastAPI, admin: Browser) -> None:
    page = admin.get(f"/admin/feedback/{tell(app)}?lang=ur").text
    assert "NOT victim blaming" in page
    assert "<code>minimising</code>" in page
    assert 'lang="ur" dir="rtl"' in page


def test_only_admins_read_or_change_anything(app: FastAPI, admin: Browser, member: MakeMember) -> None:
    told = tell(app)
    for roles in ((), (Role.CURATOR,), (Role.REVIEWER,), (Role.AUDITOR,)):
        other = member(*roles)
        for path in ("", "/done", f"/{told}"):
            assert other.get(f"/admin/feedback{path}").status_code == 403, roles
        assert label(other, told, "blame").status_code == 403, roles
        for path in (f"/{told}/dismiss", "/export"):
            assert other.send(f"/admin/feedback{path}", was="waiting").status_code == 403, roles
    assert admin.client.post(f"/admin/feedback/{told}/label", data={"blame": "yes"}).status_code == 403  # no token
    assert row(app, told).state == "waiting"


def test_the_export_is_a_file_and_is_recorded_by_its_count(app: FastAPI, admin: Browser) -> None:
    empty = admin.send("/admin/feedback/export")
    assert empty.headers["location"] == "/admin/feedback?done=feedback.nothing"
    told = tell(app)
    label(admin, told, "excusing")
    answer = admin.send("/admin/feedback/export")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert re.fullmatch(
        r'attachment; filename="panah-feedback-[\d-]{10}\.jsonl"', answer.headers["content-disposition"]
    )
    assert answer.headers["cache-control"] == "no-store"
    assert json.loads(answer.text)["labels"] == ["excusing"]
    assert admin.send("/admin/feedback/export").status_code == 303  # nothing new
    assert json.loads(admin.send("/admin/feedback/export", again="yes").text)["id"] == f"fb-{told.hex[:8]}"
    with Session(app.state.engine) as session:
        chosen = select(AccountEvent).where(col(AccountEvent.kind).startswith("feedback"))
        events = session.exec(chosen.order_by(col(AccountEvent.seq))).all()
    exports = [one.body for one in events if one.kind == "feedback_exported"]
    assert exports == [{"by": str(admin.id), "rows": count} for count in (0, 1, 0, 1)]
    assert "clothes" not in str([one.body for one in events])


def test_figures_say_what_waits_and_where_the_model_erred(app: FastAPI, admin: Browser) -> None:
    label(admin, tell(app), "blame")
    label(admin, tell(app), "none")
    tell(app)
    tell(app, text=None, kind="missed", action="show")
    page = re.sub(r"\s+", " ", admin.get("/admin/feedback").text)
    assert "<dt>With a text, to label</dt><dd>1</dd>" in page
    assert "<dt>Labelled</dt><dd>2</dd>" in page
    assert "1 of 2 (50 %)" in page
    assert '<th scope="row">It was missed</th><td>English</td><td class="number">1</td>' in page


@contextmanager
def counted(app: FastAPI) -> Iterator[list[str]]:
    """The statements that the database is asked meanwhile."""
    asked: list[str] = []

    def note(*said: Any) -> None:
        asked.append(said[2])

    event.listen(app.state.engine, "before_cursor_execute", note)
    yield asked
    event.remove(app.state.engine, "before_cursor_execute", note)


def fill(app: FastAPI, count: int) -> None:
    """So many rows with a text, of all kinds, a third of them labelled."""
    keys, today = app.state.keys, wall_clock().date()
    sealed = keys.seal("They all say it was her fault. " * 8)
    made = [
        VERDICT
        | {
            "id": uuid4(),
            "receipt_digest": uuid4().hex,
            "kind": service.KINDS[at % 2],
            "label": LABELS[at % len(LABELS)],
            "language": LANGUAGE_GROUPS[at % 3],
            "sealed_text": sealed,
            "sealed_context": sealed,
            "made_on": today - timedelta(days=at % 170),
            "keep_until": today + timedelta(days=10),
            "state": "labelled" if at % 3 == 0 else "waiting",
            "labels": [ACTS[at % 8]] if at % 3 == 0 else None,
            "labelled_on": today if at % 3 == 0 else None,
        }
        for at in range(count)
    ]
    with begin(app.state.engine, keys) as turn:
        turn.session.execute(insert(Feedback), made)


def test_ten_thousand_rows_take_no_more_queries_than_a_hundred(app: FastAPI, admin: Browser) -> None:
    def queries(path: str) -> int:
        with counted(app) as statements:
            assert admin.get(f"/admin/feedback{path}").status_code == 200
        return len(statements)

    def asked() -> list[int]:
        waiting = [row for row in rows(app) if row.state == "waiting"]
        one = min(waiting, key=lambda row: (row.made_on, row.id)).id  # after the last it would look for the first
        paths = ("", "?kind=missed&language=ur", "/done", f"/{one}")
        # The service's own rounds may ask something meanwhile, and are counted with it.
        return [min(queries(path) for _ in range(5)) for path in paths]

    fill(app, 100)
    few = asked()
    fill(app, 9_900)
    assert asked() == few
