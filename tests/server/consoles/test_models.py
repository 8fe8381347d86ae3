"""/admin/models: seeing, choosing, comparing."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlmodel import Session, select

from panah.accounts.permissions import Role
from panah.app import create_app
from panah.consoles.models import report_html
from panah.scoring.shadow import Cell, add_counts
from panah.scoring.tables import ModelChoice
from panah.settings import Settings
from tests.server.consoles.conftest import Browser, MakeMember
from tests.server.scoring_models.conftest import (  # noqa: F401  (its fixtures)
    SHIPPED,
    MakeArtefact,
    make_artefact,
    models_dir,
    with_models,
)

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def app(with_models: Settings) -> Iterator[FastAPI]:  # noqa: F811
    made = create_app(with_models)
    with TestClient(made):
        yield made


@pytest.fixture
def admin(member: MakeMember) -> Browser:
    return member(Role.ADMIN, name="Zoya")


def form(page: str, path: str, model: str | None = None) -> dict[str, str]:
    """The hidden fields of a form on the page, as a browser would send them."""
    for found in re.findall(
        rf'<form method="post" action="/admin/models/{path}[^"]*">(.*?)</form>', page, re.DOTALL
    ):
        fields: dict[str, str] = dict(re.findall(r'name="(\w+)" value="([^"]*)"', found))
        if model is None or fields.get("model") == model:
            del fields["csrf"]
            return fields
    raise AssertionError(f"no form for {path}")


def running(app: FastAPI) -> Any:
    return app.state.serving.running


def choose(browser: Browser, path: str, model: str | None = None, **more: str) -> Any:
    return browser.send(f"/admin/models/{path}", **form(browser.get("/admin/models").text, path, model), **more)


def test_an_admin_lets_another_model_judge_and_goes_back(app: FastAPI, admin: Browser) -> None:
    done = choose(admin, "activate", "loose", note="to see it")
    assert (done.status_code, done.headers["location"]) == (303, "/admin/models?done=models.activated")
    # The answer came when this process had followed: the next page is not an old one.
    assert running(app).config.name == "loose"
    page = admin.get("/admin/models?done=models.activated").text
    assert "The chosen model judges from now on." in page
    assert "to see it" in page
    assert "Zoya" in page
    assert choose(admin, "back").headers["location"] == "/admin/models?done=models.rolled_back"
    assert running(app).config.name == "v2"


def test_an_admin_runs_a_model_beside_and_stops_it(app: FastAPI, admin: Browser) -> None:
    assert choose(admin, "beside", "loose").status_code == 303
    assert running(app).beside.config.name == "loose"
    assert choose(admin, "stop").status_code == 303
    assert running(app).beside is None


@pytest.mark.parametrize("path", ["activate", "beside"])
def test_a_form_sent_twice_counts_once(app: FastAPI, admin: Browser, path: str) -> None:
    fields = form(admin.get("/admin/models").text, path, "loose")
    for _ in range(2):
        assert admin.send(f"/admin/models/{path}", **fields).status_code == 303
    with Session(app.state.engine) as session:
        assert len(session.exec(select(ModelChoice)).all()) == 1


def test_an_old_page_is_told_that_somebody_was_faster(app: FastAPI, admin: Browser, member: MakeMember) -> None:
    fields = form(admin.get("/admin/models").text, "activate", "loose")
    choose(member(Role.ADMIN), "activate", "loose")
    choose(member(Role.ADMIN), "back")
    late = admin.send("/admin/models/activate", **fields)
    assert late.status_code == 409
    assert "Somebody has changed this meanwhile" in late.text
    assert running(app).config.name == "v2"


def test_a_number_that_no_page_has_is_an_old_page(admin: Browser) -> None:
    for seen in ("", "x", "-1", "9" * 30, "1.5"):
        assert admin.send("/admin/models/activate", model="loose", seen=seen).status_code == 409, seen


def test_what_cannot_judge_is_listed_with_the_reason_and_refused(
    app: FastAPI,
    admin: Browser,
    make_artefact: MakeArtefact,  # noqa: F811
) -> None:
    (make_artefact("half") / "tokenizer.json").unlink()
    graph = make_artefact("broken") / "model.onnx"
    graph.unlink()
    graph.write_bytes(b"no graph")
    page = admin.get("/admin/models").text
    assert "it takes config.json, tokenizer.json and model.onnx" in page
    for model, status, told in (
        ("half", 409, "This model cannot judge here"),
        ("broken", 409, "could not be loaded"),
        ("nowhere", 404, "There is no such model"),
    ):
        refused = admin.send("/admin/models/activate", model=model, seen="0")
        assert refused.status_code == status
        assert told in refused.text
    assert running(app).config.name == "v2"


def test_a_choice_that_does_not_run_here_is_said_on_the_page(app: FastAPI, admin: Browser) -> None:
    with Session(app.state.engine) as session:
        session.add(ModelChoice(kind="active", model="v9", author="panah", made_at=datetime.now(UTC)))
        session.commit()
    assert "This server is about to follow." in admin.get("/admin/models").text
    app.state.serving.apply()
    told = "v9 was chosen to judge, but does not run on this server: it is not installed here. v2 goes on."
    assert told in admin.get("/admin/models").text


def test_who_may_only_see_is_offered_no_change(app: FastAPI, member: MakeMember) -> None:
    page = member(Role.AUDITOR).get("/admin/models")
    assert page.status_code == 200
    assert 'action="/admin/models/' not in page.text
    choose(member(Role.ADMIN), "activate", "loose")
    assert 'action="/admin/models/' not in member(Role.AUDITOR).get("/admin/models").text


def test_nothing_that_somebody_wrote_becomes_markup(
    app: FastAPI,
    admin: Browser,
    make_artefact: MakeArtefact,  # noqa: F811
) -> None:
    choose(admin, "beside", "loose", note=HOSTILE)
    folder = make_artefact("odd", folder='x"><img src=x onerror=1>')
    (folder / "config.json").unlink()
    (folder / "report.md").write_text(
        f"# {HOSTILE}\n\n[x](javascript:alert(1)) [w](https://elsewhere.example/) ![y](https://elsewhere.example/z.png)"
    )
    page = admin.get("/admin/models").text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "<img src=x" not in page
    report = admin.get("/admin/models/x%22%3E%3Cimg%20src=x%20onerror=1%3E").text
    assert "&lt;script&gt;" in report
    for bad in (HOSTILE, 'href="javascript', "elsewhere.example", "<img src=x"):
        assert bad not in report


def test_a_report_is_shown_with_its_pictures(app: FastAPI, admin: Browser, with_models: Settings) -> None:  # noqa: F811
    place = Path(with_models.model_dir)
    page = admin.get("/admin/models/v2").text
    assert "Report: Panah v2" in page
    for picture in (place / "report").glob("*.png"):
        address = f"/admin/models/v2/report/{picture.name}"
        assert f'src="{address}"' in page
        answer = admin.get(address)
        assert (answer.headers["content-type"], answer.content) == ("image/png", picture.read_bytes())
    assert "came without a report" in admin.get("/admin/models/loose").text


def test_nothing_but_models_and_their_pictures_is_handed_out(admin: Browser) -> None:
    for path in (
        "nowhere",
        "nowhere/report/x.png",
        "v2/report/x.png",
        "v2/report/..%2fconfig.json",
        "v2/report/config.json",
    ):
        answer = admin.get(f"/admin/models/{path}")
        assert answer.status_code == 404, path
        assert "max_reply_tokens" not in answer.text


def test_headings_of_a_report_follow_the_pages_own() -> None:
    html = report_html("# One\n\n### Two\n", "v2", frozenset())
    assert re.findall(r"<(/?h\d)", html) == ["h2", "/h2", "h3", "/h3"]


def test_before_anything_was_counted_the_comparison_says_how_to_begin(admin: Browser) -> None:
    page = admin.get("/admin/models/compare").text
    assert "Nothing has been counted yet" in page
    assert "Let a model run beside" in page
    choose(admin, "beside", "loose")
    assert "loose runs beside. It takes its samples" in admin.get("/admin/models/compare").text


def count(
    app: FastAPI, replies: int, active: str, shadow: str, *, other: str = "loose-0", language: str = "en"
) -> None:
    today = datetime.now(UTC).date()
    add_counts(app.state.engine, Counter({Cell(today, "v2-0", other, language, active, shadow): replies}))


@pytest.mark.parametrize("language", ["en", "ur"])
def test_the_comparison_tells_what_would_change(app: FastAPI, admin: Browser, language: str) -> None:
    count(app, 1900, "show:", "show:")
    count(app, 60, "show:", "hide:blame")
    count(app, 40, "flag:threat", "show:", language="ur")
    count(app, 5, "show:", "show:", other="older-0")
    page = admin.get(f"/admin/models/compare?active=v2-0&shadow=loose-0&lang={language}").text
    assert "2,000" in page
    assert "95.0\u00a0%" in page  # the same verdict
    assert page.count('role="img"') == 3
    assert "older-0" in page
    odd = admin.get("/admin/models/compare?active=x&shadow=y&days=x")
    assert odd.status_code == 200


def test_the_pages_ask_the_database_as_often_however_much_there_is(app: FastAPI, admin: Browser) -> None:
    asked: list[str] = []
    event.listen(app.state.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def queries(path: str) -> int:
        """The fewest of three times: once a second one request reads the switches for all."""
        numbers = []
        for _ in range(3):
            asked.clear()
            assert admin.get(path).status_code == 200
            numbers.append(len(asked))
        return min(numbers)

    count(app, 1, "show:", "show:")
    choose(admin, "beside", "loose")
    choose(admin, "stop")
    few = queries("/admin/models"), queries("/admin/models/compare")
    for number in range(12):
        choose(admin, "stop" if number % 2 else "beside", None if number % 2 else "loose")
        count(app, 1, "show:", f"hide:{number}", other=f"m{number}-0")
    assert (queries("/admin/models"), queries("/admin/models/compare")) == few


def test_the_pages_are_there_in_urdu(app: FastAPI, admin: Browser) -> None:
    choose(admin, "activate", "loose")
    for path in ("", "/v2", "/compare"):
        answer = admin.get(f"/admin/models{path}?lang=ur")
        assert answer.status_code == 200
        assert 'dir="rtl"' in answer.text
        assert SHIPPED.name in answer.text or path == "/compare"
