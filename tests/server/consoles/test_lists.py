"""Lists in the console: who sees and may do what, in words of both languages, without a script."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event, update
from sqlmodel import SQLModel

from panah.accounts.permissions import Role
from panah.blocklists import appeals, contributors, events, lists
from panah.blocklists.pages import words as list_words
from panah.blocklists.policy import Rules
from panah.blocklists.states import STEPS
from panah.blocklists.tables import Blocklist, Event, Invitation, ListPolicy, Look, Participant, Seat
from panah.consoles import lists as console_lists
from panah.consoles import reports
from panah.consoles.console import Console
from panah.consoles.lists import SECTIONS, changes_in
from panah.consoles.rendering import words
from panah.curation import overview, templates
from panah.curation.tables import NoteTemplate
from panah.curation.transparency import open_report, publish_due_reports
from panah.db import make_engine
from panah.distribution.keyring import roots_of
from panah.distribution.outlet import Outlet
from panah.distribution.signing import fingerprint
from panah.interchange import exports
from panah.limits import make_limiter
from panah.pages.languages import LANGUAGES, Language
from panah.settings import Settings
from tests.server.blocklists.conftest import Village
from tests.server.blocklists.test_together import at_once
from tests.server.blocklists_routes.conftest import Browser, add_member, make_app, make_client, settled, village
from tests.server.blocklists_routes.test_member_routes import open_looks
from tests.server.test_pages import Outline

__all__ = ["settled", "village"]

XSS = "<script>alert(1)</script>\" onmouseover='x' {{ 7*7 }} {count}"
WHOLE = "&lt;script&gt;alert(1)&lt;/script&gt;"
HERE = "/curate/lists/village"
PAGES = (
    "",
    "/settings",
    "/people",
    "/rules",
    "/invitations",
    "/templates",
    "/contributors",
    "/exports",
    "/reports",
    "/history",
    "/erase",
)
FACE = {
    "name": "Blame",
    "description": "",
    "norms": "A\r\n\r\nB",
    "contact": "",
    "joining": "open",
    "tier_cap": "hide",
}
MakeMember = Callable[..., Browser]


def with_consoles(app: FastAPI) -> FastAPI:
    """The pages of lists and of reports beside what an app has; the files of all of /lists/ stay last."""
    console = Console(make_limiter(Settings(allowed_hosts=frozenset({"testserver"}))))
    console_lists.add(console)
    reports.add(console)
    last = app.router.routes.copy()
    app.router.routes.clear()
    app.include_router(console.router)
    app.router.routes.extend(last)
    return app


@pytest.fixture
def app(village: Village, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr("panah.blocklists.turn.wall_clock", lambda: village.now)
    return with_consoles(make_app(village.engine, village.keys))


@pytest.fixture
def member(app: FastAPI, village: Village) -> MakeMember:
    return lambda *roles, name="Sana": Browser(app, village, add_member(village, *roles, name=name))


@pytest.fixture
def curator(app: FastAPI, village: Village) -> Browser:
    """One of the village's curators, beside the others."""
    for at, one in enumerate(village.curators):
        add_member(village, Role.CURATOR, member_id=one, name=f"Curator {at}")
    return Browser(app, village, village.curators[0])


@pytest.fixture
def nobody(app: FastAPI) -> TestClient:
    return make_client(app)


@pytest.fixture
def marked(village: Village) -> Village:
    """A village whose every text is an attack."""
    with village.turn() as turn:
        lists.change_list(
            turn, village.blocklist, name=XSS[:80], description=XSS, norms=f"{XSS}\n\nتیسرا", contact=XSS
        )
        rules = lists.rules_of(turn.session, village.blocklist, turn.now).model_copy(update={"look_days": 5})
        lists.propose_policy(turn, village.blocklist, author=UUID(int=1), rules=rules, note=XSS)
        row = lists.propose_policy(turn, village.blocklist, author=UUID(int=1), rules=rules, note=XSS)
        lists.approve_policy(turn, village.blocklist, row.id or 0, approver=UUID(int=2))
        templates.save_template(turn, village.blocklist, village.curators[0], XSS[:60], XSS)
        turn.session.execute(update(Blocklist).values(stopped="<b>why</b>"))
    village.pass_days(2)
    return village


def outline(answer: Any) -> Outline:
    """The page, in which nothing that people wrote is markup and no place was left unfilled."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Outline(answer.text)
    assert page.inline == ""
    for tag, attrs in page.tags:
        assert tag not in ("style", "b")
        assert "src" in attrs or tag != "script"
        assert not [name for name in attrs if name == "style" or name.startswith("on")]
    assert "built-in method" not in answer.text
    left = re.sub(r"\{count\}|\{\{ 7\*7 \}\}|<textarea.*?</textarea>", "", answer.text, flags=re.DOTALL)
    assert "{" not in re.sub(r'content=(".*?"|\'.*?\')', "", left)
    return page


def told(language: Language = "en") -> dict[str, dict[str, str]]:
    return words(language)["lists"]


@contextmanager
def counted(village: Village) -> Iterator[list[str]]:
    """The statements that a block sends."""
    found: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(village.engine, "before_cursor_execute", note)
    yield found
    event.remove(village.engine, "before_cursor_execute", note)


def done(who: Browser, path: str, key: str, **fields: str) -> Any:
    """Presses a button that works, and the page that follows."""
    answer = who.send(HERE + path, **fields)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].endswith(f"?done=lists.{key}")
    page = who.get(answer.headers["location"])
    assert page.status_code == 200
    assert told()["done"][key] in page.text
    return page


def kinds_now(village: Village) -> list[str]:
    return [one.kind for one in sorted(village.rows(Event), key=lambda one: one.seq)]


# Who sees what


@pytest.mark.parametrize("role", [None, *Role])
def test_every_role_sees_its_own_pages_and_only_those(
    role: Role | None, marked: Village, member: MakeMember
) -> None:
    who = member(role) if role else member()
    everybody = {"", "/settings", "/people", "/rules", "/reports"}
    allowed: dict[Role | None, set[str]] = {
        None: set(),
        Role.CURATOR: everybody | {"/invitations", "/templates", "/exports"},
        Role.REVIEWER: everybody,
        Role.AUDITOR: everybody | {"/history"},
        Role.ADMIN: set(PAGES) - {"/templates"},
    }
    for language in LANGUAGES:
        for path in PAGES:
            answer = who.get(f"{HERE}{path}?lang={language}")
            assert answer.status_code == (200 if path in allowed[role] else 403), path
            if answer.status_code == 200:
                page = outline(answer)
                tabs = {one for one in page.addresses if one.startswith(HERE)}
                assert {one.removeprefix(HERE).partition("?")[0] for one in tabs} & set(PAGES) <= allowed[role]


@pytest.mark.parametrize("role", [Role.CURATOR, Role.REVIEWER, Role.AUDITOR])
def test_who_may_only_look_gets_no_button_of_an_admin(role: Role, marked: Village, member: MakeMember) -> None:
    who = member(role)
    for path in ("", "/settings", "/people", "/rules"):
        page = outline(who.get(HERE + path))
        forms = [attrs["action"] for tag, attrs in page.tags if tag == "form"]
        assert forms == ["/sign-out"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_lists_stand_with_their_numbers(
    village: Village, member: MakeMember, language: Language, marked: Village
) -> None:
    with village.turn() as turn:
        lists.create_list(turn, slug="quiet", name="Quiet")
        lists.change_list(turn, lists.create_list(turn, slug="shut", name="Shut"), archived=True)
    page = member(Role.ADMIN).get(f"/curate/lists?lang={language}")
    outline(page)
    assert WHOLE in page.text
    for state in ("stopped", "unattended", "archived"):
        assert f">{told(language)['states'][state]}<" in page.text


def test_open_cases_entries_and_what_is_overdue_are_counted(village: Village) -> None:
    village.list_it("x:1")
    village.list_it("x:2", choice="flag")
    open_looks(village, "x:3")

    def standing() -> overview.Standing:
        with village.turn() as turn:
            (found,) = overview.standings(turn.session, [village.blocklist], turn.now)
            return found

    found = standing()
    assert (found.open, found.cases["looks"], found.overdue) == (1, 1, 0)
    assert (found.entries["hide"], found.entries["flag"], found.waiting) == (1, 1, 0)
    assert (found.curators, found.state) == (6, "running")
    village.pass_days(4)  # others are asked, and still it has waited for long
    assert standing().overdue == 1


def test_pages_take_as_many_queries_for_many_rows_as_for_few(
    village: Village, member: MakeMember, curator: Browser
) -> None:
    paths = ("/curate/lists", HERE, f"{HERE}/people", f"{HERE}/rules", f"{HERE}/history")

    def count() -> list[int]:
        numbers = []
        admin = member(Role.ADMIN)  # the session of another has ended with the days
        for path in paths:
            with counted(village) as statements:
                assert admin.get(path).status_code == 200
            numbers.append(len(statements))
        return numbers

    few = count()
    village.list_it("x:1")
    open_looks(village, "x:2")
    with village.turn() as turn:
        for at in range(5):
            made = lists.create_list(turn, slug=f"more-{at}", name=f"More {at}")
            lists.seat(turn, made, village.curators[at])
        rules = lists.rules_of(turn.session, village.blocklist, turn.now)
        for _ in range(5):
            lists.propose_policy(turn, village.blocklist, author=UUID(int=1), rules=rules, note="")
    assert count() == few
    assert max(few) < 20


def test_a_list_that_is_not_there_leads_to_those_that_are(member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    for path in PAGES:
        if path != "/templates":
            answer = admin.get(f"/curate/lists/nowhere{path}?lang=ur")
            assert answer.status_code == 404
            outline(answer)
            assert list_words("ur")["refusals"]["blocklist-not-found"] in answer.text
            assert "Village" in answer.text


def test_each_button_has_its_own_limit(village: Village, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    pressed = [admin.send(f"{HERE}/resume").status_code for _ in range(121)]
    assert pressed == [303] * 120 + [429]
    assert admin.send(f"{HERE}/stop").status_code == 303


# Making and settings


def test_a_list_is_made_and_what_was_written_comes_back_when_it_cannot_be(
    village: Village, member: MakeMember, nobody: TestClient
) -> None:
    admin = member(Role.ADMIN)
    made = admin.send("/curate/lists?lang=ur", slug="blame", **FACE)
    assert made.headers["location"] == "/curate/lists/blame?done=lists.created&lang=ur"
    again = admin.send("/curate/lists", slug="blame", **FACE | {"description": XSS})
    assert again.status_code == 409
    outline(again)
    assert 'value="Blame"' in again.text
    assert WHOLE in again.text
    wrong = admin.send("/curate/lists", slug="Not An Address", **FACE)
    assert wrong.status_code == 422
    assert [one.slug for one in village.rows(Blocklist)] == ["village", "blame"]
    for role in (Role.CURATOR, Role.REVIEWER, Role.AUDITOR):
        assert member(role).send("/curate/lists", slug="mine", **FACE).status_code == 403


def test_settings_are_saved_and_can_be_read_by_everybody(
    village: Village, member: MakeMember, nobody: TestClient
) -> None:
    admin = member(Role.ADMIN)
    done(admin, "/settings", "settings", **FACE | {"name": "Only blame", "tier_cap": "flag"}, archived="yes")
    (shown,) = nobody.get("/v1/lists").json()["lists"]
    assert (shown["name"], shown["tier_cap"], shown["archived"], shown["norms"]) == (
        "Only blame",
        "flag",
        True,
        "A\n\nB",
    )
    before = kinds_now(village)
    done(admin, "/settings", "settings", **FACE | {"name": "Only blame", "tier_cap": "flag"}, archived="yes")
    assert kinds_now(village) == before  # twice changes nothing
    done(admin, "/settings", "settings", **FACE)
    assert not village.rows(Blocklist)[0].archived
    refused = admin.send(f"{HERE}/settings", **FACE | {"name": "", "norms": XSS})
    assert refused.status_code == 422
    outline(refused)
    assert WHOLE in refused.text  # what was written is not lost


def test_additions_are_stopped_and_go_on(village: Village, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    page = done(admin, "/stop", "stopped")
    assert list_words("en")["stopped_why"]["admin"] in page.text
    done(admin, "/stop", "stopped")
    assert kinds_now(village).count("stopped") == 1
    done(admin, "/resume", "resumed")
    done(admin, "/resume", "resumed")
    assert kinds_now(village).count("resumed") == 1


@pytest.mark.parametrize("why", list(list_words("en")["stopped_why"]))
def test_why_additions_stopped_is_said_in_words(village: Village, member: MakeMember, why: str) -> None:
    with village.turn() as turn:
        lists.stop(turn, village.blocklist, why)
    page = member(Role.AUDITOR).get(f"{HERE}?lang=ur")
    outline(page)
    assert list_words("ur")["stopped_why"][why] in page.text


# People


def test_seats_are_given_and_taken_back(village: Village, member: MakeMember) -> None:
    admin, able, reviewer, outside = (
        member(Role.ADMIN),
        member(Role.CURATOR, name=XSS[:60]),
        member(Role.REVIEWER),
        member(Role.AUDITOR),
    )
    offered = admin.get(f"{HERE}/people").text
    assert f'value="{able.id}"' in offered
    assert f'value="{outside.id}"' not in offered
    page = done(admin, "/people/seat", "seated", member=str(able.id))
    outline(page)
    assert WHOLE in page.text
    done(admin, "/people/seat", "seated", member=str(reviewer.id))
    assert {one.member_id: one.appeals_only for one in village.rows(Seat)}[reviewer.id]
    done(admin, "/people/unseat", "unseated", member=str(able.id))
    done(admin, "/people/unseat", "unseated", member=str(able.id))
    assert kinds_now(village).count("unseated") == 1
    refused = admin.send(f"{HERE}/people/seat?lang=ur", member=str(outside.id))
    assert refused.status_code == 409
    assert list_words("ur")["refusals"]["cannot-curate"] in refused.text
    assert admin.send(f"{HERE}/people/seat", member="x").status_code == 422


def test_cases_of_somebody_who_is_away_go_to_others(village: Village, member: MakeMember, curator: Browser) -> None:
    looks = open_looks(village)
    away = looks[0].member_id
    admin = member(Role.ADMIN)
    page = admin.get(f"{HERE}/people").text
    assert page.count("/people/away") == 3
    done(admin, "/people/away", "handed_over", member=str(away))
    assert away not in {one.member_id for one in village.rows(Look) if one.vote is None}
    assert len([one for one in village.rows(Look) if one.vote is None]) == 3
    assert away in {one.member_id for one in village.rows(Seat)}
    (handed,) = [one for one in village.rows(Event) if one.kind == "reassigned"]
    assert handed.body == {"member": str(away), "by": str(admin.id), "looks": 1}
    assert member(Role.CURATOR).send(f"{HERE}/people/away", member=str(away)).status_code == 403


# Rules


def test_every_number_of_the_rules_is_explained_once() -> None:
    shown = [name for names in SECTIONS.values() for name in names]
    assert sorted(shown) == sorted(Rules.model_fields)
    for language in LANGUAGES:
        assert told(language)["rule"].keys() == set(shown)
        assert told(language)["rule_sections"].keys() == SECTIONS.keys()


def test_rules_are_proposed_by_one_admin_and_approved_by_another(village: Village, member: MakeMember) -> None:
    one, two = member(Role.ADMIN), member(Role.ADMIN)
    page = outline(one.get(f"{HERE}/rules"))
    fields = {attrs["name"]: attrs["value"] for tag, attrs in page.tags if tag == "input" and "inputmode" in attrs}
    assert fields.keys() == set(Rules.model_fields)
    (based_on,) = {attrs["value"] for _, attrs in page.tags if attrs.get("name") == "based_on"}
    section = {name: fields[name] for name in SECTIONS["lanes"]} | {"section": "lanes", "based_on": based_on}
    done(one, "/rules/propose", "proposed", **section | {"clear_share": "٩٠", "look_days": "4", "note": XSS})
    (row,) = [one for one in village.rows(ListPolicy) if one.approved_by is None]
    assert (row.numbers["clear_share"], row.numbers["look_days"]) == (0.9, 4)
    assert {name for name in row.numbers if row.numbers[name] != Rules().model_dump()[name]} == {
        "clear_share",
        "look_days",
    }
    own = one.get(f"{HERE}/rules")
    outline(own)
    assert WHOLE in own.text
    assert "/rules/approve" not in own.text
    theirs = two.get(f"{HERE}/rules").text
    assert re.search(r'<td class="number dropped">85 %</td><td class="number added">90 %</td>', theirs)
    refused = one.send(f"{HERE}/rules/approve?lang=ur", policy=str(row.id))
    assert refused.status_code == 409
    assert list_words("ur")["refusals"]["policy-conflict"] in refused.text
    done(two, "/rules/approve", "approved", policy=str(row.id))
    assert two.send(f"{HERE}/rules/approve", policy=str(row.id)).status_code == 409
    village.pass_days(2)
    after = member(Role.AUDITOR).get(f"{HERE}/rules").text
    assert "/rules/approve" not in after
    assert told()["rules"]["no_proposals"] in after
    assert re.search(r'<td class="number dropped">3</td><td class="number added">4</td>', after)


def test_of_two_proposals_from_the_same_rules_the_second_cannot_undo_the_first(
    village: Village, member: MakeMember
) -> None:
    one, two, three = (member(Role.ADMIN) for _ in range(3))
    done(one, "/rules/propose", "proposed", based_on="1", look_days="4")
    done(two, "/rules/propose", "proposed", based_on="1", reports_day="51")
    first, second = sorted(row.id or 0 for row in village.rows(ListPolicy))[1:]
    done(three, "/rules/approve", "approved", policy=str(first))
    refused = three.send(f"{HERE}/rules/approve?lang=ur", policy=str(second))
    assert refused.status_code == 409
    outline(refused)
    assert told("ur")["refusals"]["policy-outdated"] in refused.text
    page = three.get(f"{HERE}/rules").text
    assert told()["rules"]["outdated"] in page
    assert told()["rules"]["coming"] in page
    assert "/rules/approve" not in page
    # A form of before: what it did not change would be read as a change back.
    late = two.send(f"{HERE}/rules/propose", section="limits", note="mine", based_on="1", reports_day="51")
    assert late.status_code == 409
    assert f'name="based_on" value="{first}"' in late.text
    assert 'name="reports_day" value="50"' in late.text
    assert "\nmine</textarea>" in late.text
    done(two, "/rules/propose", "proposed", based_on=str(first), reports_day="51")
    newest = max(village.rows(ListPolicy), key=lambda row: row.id or 0)
    assert (newest.based_on, newest.numbers["look_days"], newest.numbers["reports_day"]) == (first, 4, 51)
    page = three.get(f"{HERE}/rules").text
    changes = page[page.index(told()["rules"]["table"].replace("{number}", str(newest.id))) :]
    changes = changes[: changes.index("</article>")]
    assert "reports_day" in changes
    assert "look_days" not in changes  # against what it builds on
    done(three, "/rules/approve", "approved", policy=str(newest.id))
    village.pass_days(2)
    with village.turn() as turn:
        rules = lists.rules_of(turn.session, village.blocklist, village.now)
    assert (rules.look_days, rules.reports_day) == (4, 51)


def test_a_proposal_is_refused_by_another_admin_or_taken_back_and_that_is_the_end_of_it(
    village: Village, member: MakeMember
) -> None:
    one, two = member(Role.ADMIN), member(Role.ADMIN)
    for who in (one, two):
        done(one, "/rules/propose", "proposed", look_days="4")
        row = max(village.rows(ListPolicy), key=lambda found: found.id or 0)
        assert (told()["rules"]["take_back"] in one.get(f"{HERE}/rules").text) is True
        done(who, "/rules/refuse", "refused", policy=str(row.id))
        assert kinds_now(village)[-1] == "policy_refused"
        assert told()["rules"]["no_proposals"] in two.get(f"{HERE}/rules").text
        before = len(kinds_now(village))
        for path in ("/rules/refuse", "/rules/approve"):
            assert two.send(HERE + path, policy=str(row.id)).status_code == 409
        assert len(kinds_now(village)) == before
    assert two.send(f"{HERE}/rules/refuse", policy="1").status_code == 409  # in force
    for role in (Role.CURATOR, Role.AUDITOR, Role.REVIEWER):
        assert member(role).send(f"{HERE}/rules/refuse", policy="2").status_code == 403


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"look_days": "3"},
        {"look_days": "x"},
        {"look_days": "-1"},
        {"look_days": "1e9"},
        {"look_days": "NaN"},
        {"trigger_clusters": "1"},
        {"clear_share": "101"},
        {"curators": "1"},
        {"look_days": "4", "note": "a" * 501},
        {"look_days": "3.5"},
        {"nonsense": "3"},
    ],
)
def test_rules_that_cannot_be_are_refused_and_what_was_written_stays(
    village: Village, member: MakeMember, fields: dict[str, str]
) -> None:
    answer = member(Role.ADMIN).send(f"{HERE}/rules/propose?lang=ur", **fields, section="lanes")
    assert answer.status_code == 422
    outline(answer)
    assert told("ur")["refusals"]["bad-rules"] in answer.text
    assert len(village.rows(ListPolicy)) == 1
    if "look_days" in fields:
        assert f'name="look_days" value="{fields["look_days"]}"' in answer.text


def test_a_number_that_was_not_touched_does_not_change_by_rounding() -> None:
    odd = Rules(clear_share=0.85123, juror_wrong_keep=1 / 6)
    assert changes_in({"clear_share": "85.1", "look_days": "9", "juror_wrong_keep": "0.166667"}, odd) == {
        "look_days": 9
    }


# Invitations, templates, contributors, files


def test_a_code_is_shown_once_and_only_its_use_is_counted(
    app: FastAPI, village: Village, curator: Browser, member: MakeMember
) -> None:
    made = curator.send(f"{HERE}/invitations")
    assert made.status_code == 200
    outline(made)
    found = re.search(r">([0-9a-f]{32})<", made.text)
    assert found
    page = curator.get(f"{HERE}/invitations").text
    assert found[1] not in page
    assert "<dd>1</dd>" in page
    new = make_client(app, **{"Panah-Key": "n" * 43})
    new.post("/v1/contributors")
    assert new.post("/v1/lists/village/participants", json={"invitation": found[1]}).status_code == 201
    with village.turn() as turn:
        codes = overview.codes_of(turn.session, village.blocklist, turn.now.date())
    assert codes == overview.Codes(made=1, used=1, waiting=0)
    without = member(Role.CURATOR).send(f"{HERE}/invitations")
    assert without.status_code == 403  # they do not curate this list
    assert len(village.rows(Invitation)) == 1
    assert member(Role.ADMIN).send(f"{HERE}/invitations").status_code == 200


def test_templates_are_kept_replaced_and_deleted_by_curators_of_the_list(
    village: Village, curator: Browser, member: MakeMember
) -> None:
    page = done(curator, "/templates", "template_saved", title=XSS[:60], text=XSS)
    outline(page)
    assert WHOLE in page.text
    done(curator, "/templates", "template_saved", title=XSS[:60], text="Once more\r\nin two lines")
    done(curator, "/templates", "template_saved", title=XSS[:60], text="Once more\r\nin two lines")
    (row,) = village.rows(NoteTemplate)
    assert row.text == "Once more\nin two lines"
    assert kinds_now(village).count("template_saved") == 2
    other = member(Role.CURATOR)
    assert other.send(f"{HERE}/templates", title="a", text="b").status_code == 403
    assert other.send(f"{HERE}/templates/drop", template=str(row.id)).status_code == 403
    assert "/templates/drop" not in other.get(f"{HERE}/templates").text
    for fields in ({"title": "", "text": "b"}, {"title": "a", "text": ""}, {"title": "a" * 61, "text": XSS}):
        refused = curator.send(f"{HERE}/templates?lang=ur", **fields)
        assert refused.status_code == 422
        outline(refused)
        assert told("ur")["refusals"]["bad-template"] in refused.text
    done(curator, "/templates/drop", "template_dropped", template=str(row.id))
    done(curator, "/templates/drop", "template_dropped", template=str(row.id))
    assert village.rows(NoteTemplate) == []
    assert kinds_now(village).count("template_dropped") == 1


def test_a_list_has_so_many_templates_and_no_more(
    village: Village, curator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MOST", 2)
    for title in ("one", "two"):
        done(curator, "/templates", "template_saved", title=title, text="a")
    refused = curator.send(f"{HERE}/templates", title="three", text="a")
    assert refused.status_code == 409
    assert told()["refusals"]["too-many-templates"] in refused.text
    done(curator, "/templates", "template_saved", title="two", text="b")


def test_a_template_of_another_list_is_left_alone(village: Village, curator: Browser) -> None:
    with village.turn() as turn:
        other = lists.create_list(turn, slug="other", name="Other")
        lists.seat(turn, other, village.curators[1])
        templates.save_template(turn, other, village.curators[1], "theirs", "text")
    (row,) = village.rows(NoteTemplate)
    done(curator, "/templates/drop", "template_dropped", template=str(row.id))
    assert len(village.rows(NoteTemplate)) == 1


def test_a_contributor_is_suspended_and_reinstated_by_tag(village: Village, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    with village.turn() as turn:
        tag = contributors.tag_of(turn.keys, village.blocklist, village.people[3].id)

    def suspended() -> bool:
        return {one.tag: one.suspended for one in village.rows(Participant)}[tag]

    for _ in range(2):
        done(admin, "/contributors/suspend", "suspended", tag=f" {tag.upper()} ")
        assert suspended()
    done(admin, "/contributors/reinstate", "reinstated", tag=tag)
    assert not suspended()
    assert kinds_now(village).count("suspended") == 1
    for wrong in ("x", "0" * 64, XSS):
        refused = admin.send(f"{HERE}/contributors/suspend?lang=ur", tag=wrong)
        assert refused.status_code == 404
        outline(refused)
        assert list_words("ur")["refusals"]["contributor-not-found"] in refused.text


def test_files_that_name_accounts_are_offered_to_curators_of_the_list(curator: Browser, member: MakeMember) -> None:
    def offered(who: Browser) -> set[str]:
        found = {one.partition("?format=")[2] for one in outline(who.get(f"{HERE}/exports")).addresses}
        return found - {""}

    assert offered(curator) == set(exports.FORMATS)
    assert offered(member(Role.ADMIN)) == offered(member(Role.CURATOR)) == {exports.PUBLIC}


# History


def test_every_kind_of_event_has_words() -> None:
    source = Path(events.__file__).parent.parent
    found = set(STEPS)
    for path in source.rglob("*.py"):
        found |= set(re.findall(r'events\.append\(\s*turn, blocklist, "(\w+)"', path.read_text(encoding="utf-8")))
    assert len(found) > 30
    for language in LANGUAGES:
        assert found - told(language)["kinds"].keys() == set()
    assert "suspended" in told()["kinds"]
    assert "reinstated" in told()["kinds"]


def test_history_is_read_page_by_page_and_by_kind(village: Village, member: MakeMember) -> None:
    village.list_it("x:666")
    auditor = member(Role.AUDITOR)
    seen: list[int] = []
    path = f"{HERE}/history"
    while path:
        page = auditor.get(path)
        outline(page)
        seen += [int(one) for one in re.findall(r'<td class="number">(\d+)</td>', page.text)]
        more = re.search(r'href="([^"]*before=\d+[^"]*)"', page.text)
        path = more[1].replace("&amp;", "&") if more else ""
    assert seen == sorted((one.seq for one in village.rows(Event)), reverse=True)
    one_kind = auditor.get(f"{HERE}/history?kind=seated&lang=ur").text
    assert one_kind.count(f'<th scope="row">{told("ur")["kinds"]["seated"]}') == 6
    assert "x:666" in auditor.get(f"{HERE}/history?kind=published").text
    assert told()["history"]["none"] in auditor.get(f"{HERE}/history?kind=nonsense").text
    for odd in ("?before=x", "?before=-1", "?kind=<script>", "?before=0", "?kind=%00"):
        assert auditor.get(HERE + "/history" + odd).status_code == 200


def test_history_is_checked_and_a_change_by_hand_is_found(village: Village, member: MakeMember) -> None:
    auditor = member(Role.AUDITOR)
    good = auditor.send(f"{HERE}/history/verify")
    assert "The history is as it was written" in good.text
    with village.turn() as turn:
        turn.session.execute(update(Event).where(Event.seq == 3).values(role="admin"))  # type: ignore[arg-type]
    bad = auditor.send(f"{HERE}/history/verify?lang=ur")
    outline(bad)
    assert told("ur")["history"]["broken"].replace("{seq}", "3") in bad.text
    assert member(Role.CURATOR).send(f"{HERE}/history/verify").status_code == 403


def test_what_is_known_of_an_account_is_erased_by_an_admin_who_types_it_twice(
    village: Village, member: MakeMember
) -> None:
    village.report(3, "x:9")
    village.report(14, "x:9")
    village.pass_days()
    village.vote("keep")
    village.pass_days()
    admin, auditor = member(Role.ADMIN, name="Zoya"), member(Role.AUDITOR)
    assert "x:9<" in auditor.get(f"{HERE}/history").text
    differ = admin.send(f"{HERE}/erase?lang=ur", subject="x:9", again="x:8")
    assert differ.status_code == 422
    outline(differ)
    assert told("ur")["refusals"]["not-the-same"] in differ.text
    assert 'value="x:9"' in differ.text
    assert admin.send(f"{HERE}/erase", subject="@sana", again="@sana").status_code == 422
    assert auditor.send(f"{HERE}/erase", subject="9", again="9").status_code == 403
    done(admin, "/erase", "erased", subject="9", again="https://x.com/i/user/9")
    again = admin.send(f"{HERE}/erase", subject="9", again="9")
    assert again.status_code == 409
    assert told()["refusals"]["erasure-refused"] in again.text
    page = auditor.get(f"{HERE}/history").text
    assert "x:9<" not in page
    assert told()["history"]["erased"] in page
    assert told()["kinds"]["history_erased"] in page
    assert "Zoya" in page  # who did it
    assert "The history is as it was written" in auditor.send(f"{HERE}/history/verify").text


def test_what_is_still_open_is_not_erased(village: Village, member: MakeMember) -> None:
    village.list_it("x:1")
    refused = member(Role.ADMIN).send(f"{HERE}/erase", subject="1", again="1")
    assert refused.status_code == 409
    assert told()["refusals"]["erasure-refused"] in refused.text
    assert [one.subject for one in village.rows(Event) if one.subject] != []


# Reports


@pytest.fixture
def reported(marked: Village, tmp_path: Path) -> Village:
    """A village with two reports."""
    with marked.turn() as turn:
        appeals.file_appeal(turn, marked.blocklist, subject="x:1", relation="own", ground="context")
    marked.pass_days(25)
    with marked.turn() as turn:
        assert publish_due_reports(turn, marked.blocklist, Outlet(tmp_path / "root", "Panah")) == [
            "2026-01",
            "2026-02",
        ]
    return marked


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_read_reports(
    reported: Village, nobody: TestClient, member: MakeMember, language: Language
) -> None:
    newest = nobody.get(f"/lists/village/reports?lang={language}")
    assert newest.status_code == 200
    outline(newest)
    assert "2026-02" in newest.text
    assert f'href="/lists/village/reports/2026-01?lang={language}"' in newest.text
    older = nobody.get(f"/lists/village/reports/2026-01?lang={language}")
    outline(older)
    assert "set-cookie" not in older.headers
    assert words(language)["lists"]["rule"]["look_days"] in newest.text  # the rules that changed
    for who in (Role.CURATOR, Role.AUDITOR):
        page = member(who).get(f"{HERE}/reports?month=2026-01&lang={language}")
        assert page.status_code == 200
        outline(page)
    linked = nobody.get(f"/lists/village?lang={language}")
    assert f'href="/lists/village/reports?lang={language}"' in linked.text


def test_the_file_of_a_report_is_what_was_signed(reported: Village, nobody: TestClient) -> None:
    answer = nobody.get("/lists/village/reports/2026-02.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert "max-age" in answer.headers["cache-control"]
    with reported.turn() as turn:
        known_by = fingerprint(roots_of(turn.session)[-1].public)
    found = open_report(answer.content, known_by=known_by)
    assert found["month"] == "2026-02"
    assert known_by in nobody.get("/lists/village/reports").text


@pytest.mark.parametrize("month", ["2026-03", "2025-12", "2026-13", "x", "..%2f", "2026-1"])
def test_a_month_without_a_report_is_said_so(reported: Village, nobody: TestClient, month: str) -> None:
    for end in ("", ".json"):
        assert nobody.get(f"/lists/village/reports/{month}{end}").status_code == 404


def test_a_list_without_reports_says_when_they_come(village: Village, nobody: TestClient) -> None:
    page = nobody.get("/lists/village/reports?lang=ur")
    assert page.status_code == 200
    assert words("ur")["reports"]["page"]["none"] in page.text
    assert nobody.get("/lists/nowhere/reports").status_code == 404
    assert nobody.get("/lists/catalogue.json").status_code == 404  # still for whoever serves the files


# Two at once


@pytest.fixture(params=["sqlite", "postgresql"])
def two_admins(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Village, FastAPI, Browser, Browser]]:
    """A small village on a database of each kind, and two admins."""
    url = f"sqlite:///{tmp_path / 'two.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("fresh_database")
    engine = make_engine(url)
    SQLModel.metadata.create_all(engine)
    village = Village(engine)
    monkeypatch.setattr("panah.blocklists.turn.wall_clock", lambda: village.now)
    app = with_consoles(make_app(engine, village.keys))
    one, two = (Browser(app, village, add_member(village, Role.ADMIN)) for _ in range(2))
    yield village, app, one, two
    engine.dispose()


def test_of_two_admins_who_approve_at_once_one_does(
    two_admins: tuple[Village, FastAPI, Browser, Browser],
) -> None:
    village, _, one, two = two_admins
    with village.turn() as turn:
        rules = Rules(look_days=4)
        row = lists.propose_policy(turn, village.blocklist, author=UUID(int=1), rules=rules, note="")
    found = at_once(*[lambda who=who: who.send(f"{HERE}/rules/approve", policy=str(row.id)) for who in (one, two)])
    assert sorted(answer.status_code for answer in found) == [303, 409]
    assert kinds_now(village).count("policy_approved") == 1


def test_of_two_admins_who_make_the_same_list_at_once_one_does(
    two_admins: tuple[Village, FastAPI, Browser, Browser],
) -> None:
    village, _, one, two = two_admins
    found = at_once(*[lambda who=who: who.send("/curate/lists", slug="same", **FACE) for who in (one, two)])
    assert sorted(answer.status_code for answer in found) == [303, 409]
    assert len(village.rows(Blocklist)) == 2


def test_two_admins_who_stop_and_seat_at_once_change_it_once(
    two_admins: tuple[Village, FastAPI, Browser, Browser],
) -> None:
    village, _, one, two = two_admins
    able = add_member(village, Role.CURATOR)
    for path, fields, kind in (("/stop", {}, "stopped"), ("/people/seat", {"member": str(able)}, "seated")):
        found = at_once(*[lambda who=who, p=path, f=fields: who.send(HERE + p, **f) for who in (one, two)])
        assert [answer.status_code for answer in found] == [303, 303]
        assert kinds_now(village).count(kind) == 1
