"""The pages for thresholds: who may do what, what they say, and that nothing is saved by looking."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete, event
from sqlmodel import Session, select

from panah.accounts.audit import verify_account_events
from panah.accounts.permissions import Role
from panah.app import create_app
from panah.blocklists.turn import begin
from panah.consoles.thresholds import digits, number
from panah.feedback.tables import Feedback
from panah.scoring.classifier import read_config
from panah.scoring.policy import LABELS
from panah.scoring.tables import PolicyVersion
from tests.server.conftest import settings_in
from tests.server.consoles.conftest import Browser, MakeMember, add_member

HERE = "/admin/thresholds"
ARTEFACT = Path("model/artefacts/v2")
SHIPPED = read_config(ARTEFACT).thresholds.root
BLAME = SHIPPED["balanced"]["en"]["blame"]
XSS = "<script>alert(1)</script>\"'<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[FastAPI]:
    """One service for all of this module: no page here makes the model judge anything."""
    settings = settings_in(tmp_path_factory.mktemp("thresholds"), migrated)
    made = create_app(settings.model_copy(update={"rounds": 3600.0, "policy_refresh": 3600.0}))
    with TestClient(made) as first:
        made.state.portal = first.portal
        yield made


@pytest.fixture
def app(served: FastAPI) -> FastAPI:
    """The service as it is before anybody changed a threshold or told anything. Members and events stay."""
    with begin(served.state.engine, served.state.keys) as turn:
        for table in (PolicyVersion, Feedback):
            turn.session.execute(delete(table))
    served.state.serving.apply()
    return served


def saving(browser: Browser, *, hide: str = "0.6", based_on: str = "0", note: str = "why", **more: str) -> Any:
    fields = {"language": "en", "sensitivity": "balanced", "model": "v2", "based_on": based_on, "note": note}
    return browser.send(f"{HERE}/save", **(fields | {"blame-hide": hide} | more))


def versions(app: FastAPI) -> list[PolicyVersion]:
    with Session(app.state.engine) as session:
        return list(session.exec(select(PolicyVersion).order_by(PolicyVersion.id)))  # type: ignore[arg-type]


def policy(app: FastAPI) -> str:
    return str(app.state.serving.running.policy.name)


def test_an_admin_sees_every_label_of_one_language_with_its_chart_and_both_thresholds(member: MakeMember) -> None:
    page = member(Role.ADMIN).get(f"{HERE}?language=ur&sensitivity=strict").text
    assert page.count('role="img"') == len(LABELS)
    for label in LABELS:
        assert f'id="{label}-flag"' in page
        assert f'data-twin="{label}-hide"' in page
    assert (
        'name="shaming-hide" min="0" max="1" step="any" inputmode="decimal" value="'
        + digits(SHIPPED["strict"]["ur"]["shaming"].hide)
        + '"'
        in page
    )


def test_an_auditor_sees_all_of_it_and_changes_none(member: MakeMember, app: FastAPI) -> None:
    auditor = member(Role.AUDITOR)
    page = auditor.get(HERE)
    assert page.status_code == 200
    assert f"{HERE}/review" not in page.text
    assert auditor.get(f"{HERE}/review").status_code == 403
    assert saving(auditor).status_code == 403
    assert saving(member(Role.CURATOR)).status_code == 403
    for step in ("approve", "refuse", "roll-back"):
        assert auditor.send(f"{HERE}/history/0/{step}", based_on="0").status_code == 403
    assert versions(app) == []


def test_looking_at_what_a_change_would_do_saves_nothing_and_keeps_the_token_out_of_addresses(
    member: MakeMember, app: FastAPI
) -> None:
    admin = member(Role.ADMIN)
    query = f"language=en&sensitivity=balanced&blame-hide={BLAME.flag}"
    page = admin.get(f"{HERE}?{query}").text
    form = re.search(r'<form method="get".*?</form>', page, re.DOTALL)
    assert form
    assert admin.csrf not in form[0]
    assert f'value="{digits(BLAME.flag)}"' in form[0]
    for path in ("preview", "near", "review"):
        assert admin.get(f"{HERE}/{path}?{query}").status_code == 200
    assert versions(app) == []


def test_a_preview_answers_with_the_row_that_was_touched_and_the_whole(member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    part = admin.get(f"{HERE}/preview?blame-hide={BLAME.flag}&row=blame", **{"HX-Request": "true"}).text
    assert "<html" not in part
    assert part.count("hx-swap-oob") == 3  # the sentence, and the head and the figures of the row
    assert 'id="figures-blame" hx-swap-oob' in part
    assert "<del" in part
    assert re.search(r"Hides \u2066\d\d\.\d%\u2069 of blame", part)
    assert "<html" in admin.get(f"{HERE}/preview?blame-hide={BLAME.flag}").text  # without scripts


def test_values_that_cannot_be_are_told_where_they_stand(member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    for value, said in {
        "2": "a number from 0 to 1",
        "much": "a number from 0 to 1",
        "0.4": "Flagging cannot begin above hiding (0.40)",
        "0.97": "Must not be above the gentler sensitivity",
    }.items():
        part = admin.get(f"{HERE}/preview?blame-hide={value}&row=blame", **{"HX-Request": "true"})
        assert part.status_code == 200
        assert part.text.count(said) == 2, value  # at the row and for the whole
        review = admin.get(f"{HERE}/review?blame-hide={value}").text
        assert said in review
        assert f"{HERE}/save" not in review


def test_a_lane_that_no_test_reply_reaches_raises_an_alarm(member: MakeMember) -> None:
    page = member(Role.ADMIN).get(f"{HERE}?language=ur&sensitivity=gentle").text
    found = json.loads((ARTEFACT / "examples.json").read_text(encoding="utf-8"))
    threat = found["labels"].index("threat")
    highest = max(row["scores"][threat] for row in found["rows"] if row["language"] == "ur")
    assert highest < SHIPPED["gentle"]["ur"]["threat"].hide
    assert f"No test reply reaches this: the highest likelihood is {digits(highest)}" in page
    off = member(Role.ADMIN).get(f"{HERE}?language=en&sensitivity=gentle&threat-hide=1&threat-flag=1").text
    assert "Off: nothing is flagged or hidden for this reason." in off


def test_the_nearest_replies_are_closed_and_say_whether_they_would_change(member: MakeMember) -> None:
    part = member(Role.ADMIN).get(f"{HERE}/near?label=blame&blame-hide=0.6", **{"HX-Request": "true"}).text
    assert part.count('class="theirs" dir="auto"') == 12
    assert part.count("<details>") == 12  # none is open
    assert "flagged becomes hidden" in part


def test_what_is_reviewed_is_saved_with_its_note_and_judges_at_once(member: MakeMember, app: FastAPI) -> None:
    admin = member(Role.ADMIN)
    review = admin.get(f"{HERE}/review?language=en&sensitivity=balanced&based_on=0&blame-hide=0.6").text
    assert digits(BLAME.hide) in review
    fields = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', review.split("/save")[1]))
    assert len(fields) == 5 + 2 * len(LABELS)
    answer = admin.client.post(f"{HERE}/save", data=fields | {"note": "More blame"})
    assert answer.headers["location"] == f"{HERE}/history?done=thresholds.saved"
    (made,) = versions(app)
    assert (made.author, made.note, made.thresholds["balanced"]["en"]["blame"]["hide"]) == (
        str(admin.id),
        "More blame",
        0.6,
    )
    assert policy(app) == "v2-1"
    assert admin.client.get("/v1/policy").json()["thresholds"]["balanced"]["en"]["blame"]["hide"] == 0.6


def test_a_form_that_is_sent_twice_saves_once(member: MakeMember, app: FastAPI) -> None:
    admin = member(Role.ADMIN)
    assert [saving(admin).status_code for _ in range(2)] == [303, 409]
    assert len(versions(app)) == 1


def test_of_two_admins_the_slower_is_told_and_starts_from_what_is_in_force(
    member: MakeMember, app: FastAPI
) -> None:
    saving(member(Role.ADMIN))
    slower = member(Role.ADMIN)
    told = saving(slower, hide="0.65")
    assert told.status_code == 409
    assert "Other thresholds, or another model, have come into force since" in told.text
    assert "Start again from those in force" in slower.get(f"{HERE}?based_on=0&blame-hide=0.65").text
    assert saving(slower, hide="0.65", based_on="1").status_code == 303
    assert policy(app) == "v2-2"


def hidden(page: str, action: str) -> dict[str, str]:
    """The hidden fields of a form on the page."""
    (form,) = re.findall(rf'<form [^>]*action="{action}[^"]*"[^>]*>(.*?)</form>', page, re.DOTALL)
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form))


def test_what_was_looked_at_for_one_model_is_not_saved_for_another(
    app: FastAPI, member: MakeMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of versions would not tell: no version of either model was ever made."""
    admin = member(Role.ADMIN)
    dials = hidden(admin.get(HERE).text, HERE)
    save = hidden(admin.get(f"{HERE}/review?blame-hide=0.6").text, f"{HERE}/save")
    saving(admin)
    back = hidden(admin.get(f"{HERE}/history/0").text, f"{HERE}/history/0/roll-back")
    serving = app.state.serving
    other = serving.running.config.model_copy(update={"name": "other"})
    monkeypatch.setattr(serving.running.model, "config", other)
    monkeypatch.setattr("panah.consoles.thresholds.by_name", lambda found, _: found[0])
    with Session(app.state.engine) as session:
        session.add(PolicyVersion(id=2, model="other", thresholds=other.thresholds.model_dump()))
        session.commit()
    for path, fields in ((f"{HERE}/save", save), (f"{HERE}/history/0/roll-back", back | {"based_on": "2"})):
        refused = admin.send(path, **(fields | {"note": "for the other"}))
        assert refused.status_code == 409
        assert "another model" in refused.text
        unnamed = {name: value for name, value in fields.items() if name != "model"}
        assert admin.send(path, **(unnamed | {"note": "for none"})).status_code == 409
    asked = urlencode(dials | {"blame-hide": "0.6", "based_on": "2"})
    assert "Start again from those in force" in admin.get(f"{HERE}?{asked}").text
    assert f"{HERE}/save" not in admin.get(f"{HERE}/review?{asked}").text
    assert len(versions(app)) == 2


def test_others_are_told_of_what_was_saved_before_this_process_follows(
    app: FastAPI, member: MakeMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Following may take ten seconds, in which nobody else would have looked."""
    done: list[str] = []
    monkeypatch.setattr("panah.consoles.thresholds.tell", lambda _: done.append("told"))
    monkeypatch.setattr(app.state.serving, "apply", lambda: done.append("followed"))
    assert saving(member(Role.ADMIN)).status_code == 303
    assert done == ["told", "followed"]


def test_the_page_tells_reports_that_somebody_has_read_from_the_others(app: FastAPI, member: MakeMember) -> None:
    with begin(app.state.engine, app.state.keys) as turn:
        for state, labels in (("waiting", None), ("labelled", ["blame"]), ("labelled", []), ("dismissed", None)):
            turn.session.add(
                Feedback(
                    receipt_digest=uuid4().hex,
                    kind="missed",
                    label="blame",
                    language="en",
                    bucket=9,
                    action="show",
                    sensitivity="balanced",
                    model="v2",
                    policy="v2-0",
                    made_on=turn.now.date(),
                    keep_until=turn.now.date() + timedelta(days=180),
                    state=state,
                    labels=labels,
                )
            )
    page = member(Role.ADMIN).get(HERE).text
    assert "Readers sent 2 reports" in page
    assert "Admins read 1 of them and agreed" in page
    assert "Admins agreed with 1 of them." in page


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"hide": "7"}, 422, "a number from 0 to 1"),
        ({"hide": str(BLAME.hide)}, 422, "in force already"),
        ({"note": " "}, 422, "Say in a few words why"),
        ({"based_on": "none"}, 404, "no such version"),
        ({"based_on": "9" * 30}, 404, "no such version"),
    ],
)
def test_what_cannot_be_saved_is_refused_with_the_reason(
    member: MakeMember, app: FastAPI, more: dict[str, str], status: int, said: str
) -> None:
    answer = saving(member(Role.ADMIN), **more)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert versions(app) == []


def test_what_a_person_wrote_is_text_wherever_it_is_read(app: FastAPI, member: MakeMember) -> None:
    writer = Browser(app, add_member(app, Role.ADMIN, name=XSS[:40]))
    assert saving(writer, note=XSS).status_code == 303
    reader = member(Role.AUDITOR)
    pages = [reader.get(path).text for path in (f"{HERE}/history", f"{HERE}/history/1")]
    pages.append(saving(writer, note=XSS, hide=XSS, based_on="1").text)
    pages.append(reader.get(f"{HERE}?blame-hide={XSS}&language={XSS}&sensitivity={XSS}").text)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in pages[0]


def test_the_history_names_who_when_and_what_changed(app: FastAPI, member: MakeMember) -> None:
    saving(member(Role.ADMIN, name="Bilal"))
    saving(member(Role.ADMIN, name="Zainab"), hide="0.65", based_on="1", note="Too much")
    page = member(Role.AUDITOR).get(f"{HERE}/history").text
    for said in (
        "<bdi>Bilal</bdi>",
        "<bdi>Zainab</bdi>",
        "Too much",
        "v2-2",
        "v2-1",
        "v2-0",
        "1 changed, from v2-1",
    ):
        assert said in page
    assert page.index("v2-2") < page.index("v2-1")
    older = member(Role.AUDITOR).get(f"{HERE}/history/1").text
    assert "What it would change, beside v2-2" in older
    assert "roll-back" not in older  # an auditor looks


def test_going_back_is_one_click_and_makes_a_version(app: FastAPI, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    saving(admin)
    page = admin.get(f"{HERE}/history/0").text
    assert f"{HERE}/history/0/roll-back" in page
    assert 'name="based_on" value="1"' in page
    answer = admin.send(f"{HERE}/history/0/roll-back", model="v2", based_on="1")
    assert answer.headers["location"] == f"{HERE}/history?done=thresholds.rolled_back"
    assert policy(app) == "v2-2"
    assert versions(app)[1].thresholds["balanced"]["en"]["blame"]["hide"] == BLAME.hide
    again = admin.send(f"{HERE}/history/0/roll-back", model="v2", based_on="1")
    assert again.status_code == 409
    assert admin.send(f"{HERE}/history/77/roll-back", model="v2", based_on="2").status_code == 404
    with Session(app.state.engine) as session:
        verify_account_events(session)


@pytest.fixture
def careful(app: FastAPI) -> Iterator[FastAPI]:
    """The service as one on which a second admin has to agree."""
    usual = app.state.settings
    app.state.settings = usual.model_copy(update={"second_approval": True})
    yield app
    app.state.settings = usual


def test_where_a_second_person_is_needed_the_pages_say_so_and_another_admin_agrees(careful: FastAPI) -> None:
    author = Browser(careful, add_member(careful, Role.ADMIN))
    other = Browser(careful, add_member(careful, Role.ADMIN))
    said = "a second admin has to agree"
    assert said in author.get(HERE).text
    assert saving(author).headers["location"].endswith("done=thresholds.waits")
    assert policy(careful) == "v2-0"
    own = author.get(f"{HERE}/history/1").text
    assert "1/approve" not in own
    assert "Take my proposal back" in own
    told = author.send(f"{HERE}/history/1/approve")
    assert (told.status_code, "another admin has to look" in told.text) == (403, True)
    assert "1/approve" in other.get(f"{HERE}/history/1").text
    assert other.send(f"{HERE}/history/1/approve").headers["location"].endswith("done=thresholds.approved")
    assert policy(careful) == "v2-1"
    assert other.send(f"{HERE}/history/1/approve").status_code == 409
    assert other.send(f"{HERE}/history/1/refuse").status_code == 409


def test_a_proposal_that_is_refused_is_closed(careful: FastAPI) -> None:
    author = Browser(careful, add_member(careful, Role.ADMIN))
    other = Browser(careful, add_member(careful, Role.ADMIN))
    saving(author)
    assert other.send(f"{HERE}/history/1/refuse").headers["location"].endswith("done=thresholds.refused")
    assert other.send(f"{HERE}/history/1/approve").status_code == 409
    assert "refused by" in author.get(f"{HERE}/history").text
    assert policy(careful) == "v2-0"


def test_pages_ask_the_database_as_often_with_fifty_versions_as_with_none(app: FastAPI, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    asked: list[str] = []

    def note(*said: Any) -> None:
        asked.append(said[2])

    def queries(path: str) -> int:
        asked.clear()
        event.listen(app.state.engine, "before_cursor_execute", note)
        assert admin.get(path).status_code == 200
        event.remove(app.state.engine, "before_cursor_execute", note)
        return len(asked)

    saving(admin)
    paths = (HERE, f"{HERE}/history", f"{HERE}/history/1")
    few = [queries(path) for path in paths]
    with Session(app.state.engine) as session:
        plain = versions(app)[0].thresholds
        for at in range(1, 50):
            author = str(add_member(app, Role.ADMIN))
            session.add(PolicyVersion(model="v2", thresholds=plain, author=author, based_on=at))
        session.commit()
    assert [queries(path) for path in paths] == few
    assert max(few) < 15


def test_numbers_are_read_and_shown_as_scores_are() -> None:
    assert [number(text) for text in ("0.72344", " 1 ", "nan", "inf", "", "۰")] == [
        0.7234,
        1.0,
        None,
        None,
        None,
        0.0,
    ]
    assert [digits(value) for value in (0.6, 0.7234, 1.0, 0.05)] == ["0.60", "0.7234", "1.00", "0.05"]
