"""Curators' pages: the queue, a case, what can be taken back, appeals, tools, and how one works."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import event, insert, update
from sqlmodel import col

from panah.accounts.permissions import Role
from panah.blocklists import appeals, lists, protection, schemas
from panah.blocklists.pages import words as list_words
from panah.blocklists.panel import STAGES
from panah.blocklists.tables import Case, Look
from panah.consoles import curate, work
from panah.consoles.console import Console
from panah.consoles.rendering import words
from panah.curation import care, leases, queue
from panah.curation.answers import UNDO
from panah.curation.tables import NoteTemplate
from panah.limits import make_limiter
from panah.pages.languages import LANGUAGES, Language
from panah.settings import Settings
from tests.server.blocklists.conftest import Village
from tests.server.blocklists_routes.conftest import Browser, add_member, make_app, make_client, settled, village
from tests.server.blocklists_routes.test_member_routes import open_looks
from tests.server.test_pages import Outline

__all__ = ["settled", "village"]

XSS = "<script>alert(1)</script>\" onmouseover='x' {{ 7*7 }} {count}"
WHOLE = "&lt;script&gt;alert(1)&lt;/script&gt;"
AsCurator = Callable[[UUID], Browser]
MakeMember = Callable[..., Browser]


@pytest.fixture
def app(village: Village, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The village's pages with these consoles, and the village's clock."""
    monkeypatch.setattr("panah.blocklists.turn.wall_clock", lambda: village.now)
    made = make_app(village.engine, village.keys)
    console = Console(make_limiter(Settings(allowed_hosts=frozenset({"testserver"}))))
    curate.add(console)
    work.add(console)
    made.include_router(console.router)
    return made


@pytest.fixture
def member(app: FastAPI, village: Village) -> MakeMember:
    return lambda *roles: Browser(app, village, add_member(village, *roles))


@pytest.fixture
def curator(app: FastAPI, village: Village) -> AsCurator:
    """Signs one of the village's curators in."""
    for at, one in enumerate(village.curators):
        add_member(village, Role.CURATOR, member_id=one, name=f"Curator {at}")
    return lambda one: Browser(app, village, one)


@pytest.fixture
def marked(village: Village) -> Village:
    """A village whose every text is an attack."""
    with village.turn() as turn:
        lists.change_list(turn, village.blocklist, name=XSS[:80], norms=f"{XSS}\n\nتیسرا")
        row = NoteTemplate(blocklist_id=village.blocklist.id, title=XSS[:60], text=XSS)
        turn.session.add(row)
    return village


def outline(answer: Any) -> Outline:
    """The page, in which nothing that people wrote is markup and no place was left unfilled."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Outline(answer.text)
    assert page.inline == ""
    for tag, attrs in page.tags:
        assert tag != "style"
        assert "src" in attrs or tag != "script"
        assert not [name for name in attrs if name == "style" or name.startswith("on")]
    assert "built-in method" not in answer.text
    left = re.sub(r"\{count\}|\{\{ 7\*7 \}\}|<textarea.*?</textarea>", "", answer.text, flags=re.DOTALL)
    left = re.sub(r'(content|data-keys|data-seconds|hx-headers)=(".*?"|\'.*?\')', "", left)
    assert "{" not in left
    return page


def said(language: Language = "en") -> dict[str, dict[str, str]]:
    return words(language)["curate"]


@contextmanager
def counted(village: Village) -> Iterator[list[str]]:
    """The statements that a block sends."""
    found: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(village.engine, "before_cursor_execute", note)
    yield found
    event.remove(village.engine, "before_cursor_execute", note)


def answered(village: Village, look_id: UUID) -> Look:
    return next(one for one in village.rows(Look) if one.id == look_id)


def mine_of(village: Village, subject: str = "x:666") -> Look:
    return open_looks(village, subject)[0]


def with_looks(village: Village, count: int) -> UUID:
    """A curator who has so many more open looks, written straight into the tables."""
    who = village.curators[0]
    cases = [
        Case(
            blocklist_id=village.blocklist.id,
            subject=f"x:{uuid4().int % 10**15}",
            status="looks",
            round=1,
            lane="clear",
            share=1.0,
            category="blame",
        )
        for _ in range(count)
    ]
    looks = [
        Look(
            blocklist_id=village.blocklist.id,
            case_id=case.id,
            round=1,
            stage="first",
            member_id=who,
            drawn_at=village.now - timedelta(hours=at % 40),
            due_at=village.now + timedelta(hours=72 - at % 40),
        )
        for at, case in enumerate(cases)
    ]
    with village.turn() as turn:
        for rows in (cases, looks) if count else ():
            turn.session.execute(insert(type(rows[0])), [row.model_dump() for row in rows])
    return who


# Who sees what


PAGES = ("/curate", "/curate/appeals", "/curate/tools", "/curate/work", "/curate/bulk?what=recuse", "/curate/toast")


@pytest.mark.parametrize("role", [None, *Role])
def test_pages_open_for_those_who_may_see_lists(role: Role | None, marked: Village, member: MakeMember) -> None:
    who = member(role) if role else member()
    for language in LANGUAGES:
        for path in PAGES:
            answer = who.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer.status_code == (200 if role else 403), path
            outline(answer)


def test_whoever_is_not_signed_in_is_taken_to_the_door_and_back(app: FastAPI) -> None:
    for path in (*PAGES[:4], f"/curate/looks/{UUID(int=1)}"):
        answer = make_client(app).get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


POSTS = {
    "/curate/bulk/keep": {Role.CURATOR},
    "/curate/bulk/expire": {Role.CURATOR},
    "/curate/bulk/recuse": set(Role),
    "/curate/looks/{id}/answer": set(Role),
    "/curate/looks/{id}/recuse": set(Role),
    "/curate/looks/{id}/undo": set(Role),
    "/curate/looks/{id}/reverse": set(Role),
    "/curate/looks/{id}/ping": set(Role),
    "/curate/tools/remove": {Role.CURATOR},
    "/curate/tools/profile": {Role.CURATOR, Role.ADMIN},
    "/curate/tools/protection": {Role.CURATOR, Role.ADMIN},
    "/curate/tools/invite": {Role.CURATOR, Role.ADMIN},
    "/curate/work": set(Role),
    "/curate/work/keys": set(Role),
    "/curate/work/keys/reset": set(Role),
}


@pytest.mark.parametrize("role", [None, *Role])
def test_each_change_is_for_its_roles_and_only_with_a_token(
    role: Role | None, app: FastAPI, village: Village, member: MakeMember
) -> None:
    who = member(role) if role else member()
    for path, allowed in POSTS.items():
        here = path.format(id=UUID(int=5))
        assert who.client.post(here, data={}).status_code == 403
        refused = who.send(here).status_code == 403
        assert refused == (role not in allowed), path


def test_somebody_elses_case_is_neither_read_nor_answered(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    other = curator(next(one for one in village.curators if one != look.member_id))
    path = f"/curate/looks/{look.id}"
    assert other.get(path).status_code == 404
    for what in ("answer", "recuse", "undo", "reverse"):
        assert other.send(f"{path}/{what}", vote="keep", reason="once").status_code == 404
    assert other.send(f"{path}/ping").status_code == 404
    left = answered(village, look.id)
    assert (left.said, left.vote) == (None, None)


def test_a_reviewer_answers_appeals_and_nothing_else(app: FastAPI, village: Village, member: MakeMember) -> None:
    look = mine_of(village)
    reviewer = member(Role.REVIEWER)
    with village.turn() as turn:
        lists.seat(turn, village.blocklist, reviewer.id, appeals_only=True)
    with village.turn() as turn:
        turn.session.execute(update(Look).where(col(Look.id) == look.id).values(member_id=reviewer.id))
    path = f"/curate/looks/{look.id}"
    page = reviewer.get(path + "?ready=yes").text
    assert said()["case"]["not_yours"] in page
    assert 'name="vote"' not in page
    assert reviewer.send(path + "/answer", vote="keep", reason="once").status_code == 403
    assert reviewer.send(path + "/recuse").status_code == 303


# The queue


def test_the_queue_shows_ones_own_and_counts_all(marked: Village, curator: AsCurator, member: MakeMember) -> None:
    looks = open_looks(marked)
    one = curator(looks[0].member_id)
    page = one.get("/curate")
    outline(page)
    assert f"/curate/looks/{looks[0].id}" in page.text
    assert str(looks[1].id) not in page.text
    assert "1 wait for the curators of these lists, 1 of them for you" in page.text
    idle = next(who for who in marked.curators if who not in {look.member_id for look in looks})
    empty = Browser(one.client.app, marked, idle).get("/curate").text  # type: ignore[arg-type]
    assert said()["queue"]["none"] in empty
    assert "1 wait for the curators of these lists, 0 of them for you" in empty
    auditor = member(Role.AUDITOR).get("/curate").text
    assert said()["queue"]["watching"] in auditor
    assert "1 wait for the curators of these lists" in auditor


def test_lanes_and_lists_narrow_the_queue_down(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    assert str(look.id) in one.get("/curate?lane=clear&list=village&sort=age").text
    for other in ("?lane=appeal", "?list=elsewhere"):
        page = one.get("/curate" + other).text
        assert str(look.id) not in page
        assert said()["queue"]["none_here"] in page
    assert str(look.id) in one.get("/curate?lane=nonsense&after=nonsense").text


def test_the_queue_goes_on_where_a_page_ends(village: Village, curator: AsCurator) -> None:
    one = curator(with_looks(village, 120))
    found: list[str] = []
    address: str | None = "/curate?lang=ur"
    while address:
        page = one.get(address).text
        found += re.findall(r'name="id" value="([0-9a-f-]{36})"', page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        address = more[1].replace("&amp;", "&") if more else None
    assert len(found) == len(set(found)) == 120


def test_pages_take_as_many_queries_for_many_cases_as_for_few(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    values = {"member_id": village.curators[0], "due_at": village.now + timedelta(hours=50)}  # others on both sides
    with village.turn() as turn:
        turn.session.execute(update(Look).where(col(Look.id) == look.id).values(**values))
    one = curator(village.curators[0])
    pages = ("/curate", "/curate?lane=clear&sort=age", "/curate/work", "/curate/appeals")
    counts: list[dict[str, int]] = []
    for more in (40, 10_000):
        with_looks(village, more)
        counts.append({})
        for path in (*pages, f"/curate/looks/{look.id}?ready=yes"):
            one.get(path)
            with counted(village) as sent:
                assert one.get(path).status_code == 200
            counts[-1][path] = len(sent)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 40


def test_the_limit_of_the_day_is_said_kindly_and_holds(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    with village.turn() as turn:
        care.set_care(turn, one.id, daily_cap=5)
    given = with_answers(village, one.id, 5)
    assert given == 5
    assert "You have answered 5 cases today" in one.get("/curate").text
    page = one.get(f"/curate/looks/{look.id}").text
    assert said()["case"]["read_only"] in page
    assert 'name="vote"' not in page
    refused = one.send(f"/curate/looks/{look.id}/answer", vote="keep", reason="once")
    assert refused.status_code == 409
    assert said()["refusals"]["daily-cap"] in refused.text
    assert one.send(f"/curate/looks/{look.id}/recuse").status_code == 303


def with_answers(village: Village, member_id: UUID, count: int) -> int:
    """So many answers of today by a member, some minutes apart."""
    before = {one.id for one in village.rows(Look)}
    with_looks(village, count)
    made = [one.id for one in village.rows(Look) if one.id not in before]
    with village.turn() as turn:
        for at, look_id in enumerate(made):
            turn.session.execute(
                update(Look)
                .where(col(Look.id) == look_id)
                .values(member_id=member_id, vote="keep", answered_at=village.now - timedelta(minutes=6 * at))
            )
    return len(made)


def test_a_break_is_offered_after_a_while_of_work(village: Village, curator: AsCurator) -> None:
    one = curator(village.curators[0])
    text = said()["cap"]["break"].replace("{minutes}", "30")
    with_answers(village, one.id, 3)
    assert text not in one.get("/curate").text
    look = mine_of(village)
    mine = curator(look.member_id)
    with_answers(village, mine.id, 3)
    assert text not in mine.get(f"/curate/looks/{look.id}?ready=yes").text
    with_answers(village, mine.id, 7)
    assert text in mine.get("/curate").text
    assert text in mine.get(f"/curate/looks/{look.id}?ready=yes").text


# A case


def test_a_warning_stands_before_the_first_case_of_a_day(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    first = one.get(f"/curate/looks/{look.id}")
    outline(first)
    assert said()["warning"]["name"] in first.text
    assert "x:666" not in first.text
    assert "x.com" not in first.text
    assert "x:666" in one.get(f"/curate/looks/{look.id}?ready=yes").text
    with_answers(village, one.id, 1)
    assert "x:666" in one.get(f"/curate/looks/{look.id}").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_tells_what_to_judge_by_and_nothing_that_sways(
    marked: Village, curator: AsCurator, language: Language
) -> None:
    look = mine_of(marked)
    one = curator(look.member_id)
    page = one.get(f"/curate/looks/{look.id}?ready=yes&lang={language}")
    outline(page)
    told, listed = said(language), list_words(language)
    assert told["jury"]["clear"] in page.text
    assert told["lane_help"]["clear"].replace("{majority}", "2").replace("{curators}", "3") in page.text
    assert listed["categories"]["blame"] in page.text
    assert WHOLE in page.text
    for unsaid in (told["case"]["share"].partition("{")[0].strip(), told["case"]["tags"], told["case"]["peers"]):
        assert unsaid not in page.text
    posts = page.text.partition('class="veiled"')[2].partition("</div>\n</div>")[0]
    assert 'class="behind" inert' in posts
    assert 'https://x.com/i/status/900" target="_blank" rel="noopener noreferrer"' in posts
    assert page.text.count("x.com/i/status/900") == 1
    assert 'class="behind" inert' not in one.get(f"/curate/looks/{look.id}?ready=yes&open=yes").text


def test_text_only_work_opens_nothing_of_x(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    assert "https://x.com/i/user/666" in one.get(f"/curate/looks/{look.id}?ready=yes").text
    with village.turn() as turn:
        care.set_care(turn, one.id, text_only=True)
    page = one.get(f"/curate/looks/{look.id}?ready=yes&open=yes").text
    assert "x.com" not in page
    assert "900" in page
    assert "x.com" not in one.send("/curate/tools/profile", subject="666").text


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_its_buttons_and_explains_them(village: Village, curator: AsCurator, stage: str) -> None:
    look = mine_of(village)
    with village.turn() as turn:
        turn.session.execute(update(Look).values(stage=stage))
    page = curator(look.member_id).get(f"/curate/looks/{look.id}?lang=ur&ready=yes")
    outline(page)
    votes = re.findall(r'name="vote" value="(\w+)"', page.text)
    assert votes == list(list_words("ur")[f"votes_{stage}"])
    rule = "clear" if stage == "first" else stage
    text = said("ur")["lane_help"][rule].replace("{majority}", "2").replace("{curators}", "3")
    assert text in page.text


@pytest.mark.parametrize("lane", ["protected", "no-jury", "approve", "contested", "clear"])
def test_who_asked_for_protection_cannot_be_told_from_the_page(
    village: Village, curator: AsCurator, lane: str
) -> None:
    look = mine_of(village)
    with village.turn() as turn:
        protected = lane == "protected"
        turn.session.execute(update(Case).values(lane=lane, strict=lane == "clear", protected=protected, share=0.8))
    page = curator(look.member_id).get(f"/curate/looks/{look.id}?ready=yes").text
    assert said()["strict_why"]["hold"] in page
    assert said()["jury"][lane if lane in ("clear", "contested") else "approve"] in page
    assert "protect" not in page.lower()


def test_an_answer_without_a_reason_comes_back_with_what_was_written(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    refused = one.send(f"/curate/looks/{look.id}/answer", vote="hide", reason="", note=XSS)
    assert refused.status_code == 422
    outline(refused)
    assert WHOLE in refused.text
    assert one.send(f"/curate/looks/{look.id}/answer", vote="nonsense", reason="once").status_code == 422
    assert answered(village, look.id).said is None


def test_an_answer_leads_on_and_counts_after_its_seconds(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    done = one.send(f"/curate/looks/{look.id}/answer?lane=clear&lang=ur", vote="hide", reason="repeated", note="x")
    assert (done.status_code, done.headers["location"]) == (303, "/curate?lane=clear&lang=ur")
    row = answered(village, look.id)
    assert (row.said, row.vote) == ("hide", None)
    page = one.get("/curate").text
    assert f"/curate/looks/{look.id}/undo" in page
    assert 'data-left="10"' in page
    village.now += UNDO
    assert "/undo" not in one.get("/curate").text
    row = answered(village, look.id)
    assert (row.said, row.vote, row.reason_code, row.note) == (None, "hide", "repeated", "x")


def test_the_next_case_of_the_same_part_of_the_queue_follows(village: Village, curator: AsCurator) -> None:
    one = curator(with_looks(village, 3))
    ids = re.findall(r'name="id" value="([0-9a-f-]{36})"', one.get("/curate?sort=age&lane=clear").text)
    done = one.send(f"/curate/looks/{ids[0]}/answer?sort=age&lane=clear", vote="keep", reason="once")
    assert done.headers["location"] == f"/curate/looks/{ids[1]}?lane=clear&sort=age&ready=yes"
    page = one.get(done.headers["location"]).text
    assert re.search(rf'data-action="next"[^>]*href="/curate/looks/{ids[2]}\?', page)
    assert f"/curate/looks/{ids[0]}/undo" in page


def test_undo_puts_an_answer_back_into_the_form(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    one.send(f"/curate/looks/{look.id}/answer", vote="hide", reason="grave", note=XSS)
    for _ in range(2):  # pressed twice
        undone = one.send(f"/curate/looks/{look.id}/undo")
        assert undone.status_code == 200
        outline(undone)
        assert said()["done"]["undone"] in undone.text
    first = one.send(f"/curate/looks/{look.id}/answer", vote="hide", reason="grave", note=XSS)
    assert first.status_code == 303
    again = one.send(f"/curate/looks/{look.id}/undo").text
    assert '<option value="grave" selected>' in again
    assert WHOLE in again
    village.now += UNDO
    one.get("/curate")
    row = answered(village, look.id)
    assert (row.said, row.vote) == (None, None)


def test_undo_after_the_seconds_says_that_it_counts_and_how_to_go_on(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    one.send(f"/curate/looks/{look.id}/answer", vote="flag", reason="milder")
    village.now += UNDO
    late = one.send(f"/curate/looks/{look.id}/undo")
    assert late.status_code == 409
    outline(late)
    assert said()["refusals"]["already-counts"] in late.text
    assert f"/curate/looks/{look.id}/reverse" in late.text
    refused = one.send(f"/curate/looks/{look.id}/reverse", reason="")
    assert refused.status_code == 422
    back = one.send(f"/curate/looks/{look.id}/reverse", reason="other")
    assert back.status_code == 303
    assert "done=curate.reversed_" in back.headers["location"]
    assert re.search("Taken back. The history says so", one.get(back.headers["location"]).text)
    assert answered(village, look.id).vote != "flag"
    assert one.send(f"/curate/looks/{look.id}/reverse", reason="other").status_code == 409


def test_handing_on_takes_no_reason_and_keeps_none(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    one.send(f"/curate/looks/{look.id}/recuse", reason="grave", note="because")
    village.now += UNDO
    one.get("/curate")
    row = answered(village, look.id)
    assert (row.vote, row.reason_code, row.note) == ("recuse", "", "")
    assert one.get(f"/curate/looks/{look.id}").status_code == 409


def test_what_others_wrote_stays_text_after_the_vote(marked: Village, curator: AsCurator) -> None:
    looks = open_looks(marked)
    one, two = curator(looks[0].member_id), Browser
    other = two(one.client.app, marked, looks[1].member_id)  # type: ignore[arg-type]
    one.send(f"/curate/looks/{looks[0].id}/answer", vote="hide", reason="repeated", note=XSS)
    marked.now += UNDO
    one.get("/curate")
    other.send(f"/curate/looks/{looks[1].id}/answer", vote="flag", reason="milder", note="")
    marked.now += UNDO
    after = other.get(f"/curate/looks/{looks[1].id}")
    outline(after)
    assert after.text.count(WHOLE) >= 2  # the norms and the note
    assert list_words("en")["reasons"]["repeated"] in after.text
    assert "Of the jury, 100 % would list it." in after.text
    assert 'name="vote"' not in after.text


def test_while_a_case_is_open_who_has_voted_is_shown_neither_the_jury_nor_the_others(
    village: Village, curator: AsCurator
) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    one.send(f"/curate/looks/{look.id}/answer", vote="hide", reason="repeated", note="")
    village.now += UNDO
    one.get("/curate")
    page = one.get(f"/curate/looks/{look.id}")
    outline(page)
    assert said()["case"]["after_later"] in page.text
    assert "Of the jury" not in page.text
    assert said()["case"]["peers"] not in page.text


def test_a_vote_stays_where_nobody_else_could_be_asked(village: Village, curator: AsCurator) -> None:
    looks = open_looks(village)
    for member_id in set(village.curators) - {look.member_id for look in looks}:
        with village.turn() as turn:
            lists.unseat(turn, village.blocklist, member_id)
    one = curator(looks[0].member_id)
    one.send(f"/curate/looks/{looks[0].id}/answer", vote="hide", reason="repeated", note="")
    village.now += UNDO
    one.get("/curate")
    refused = one.send(f"/curate/looks/{looks[0].id}/reverse?lang=ur", reason="other")
    assert refused.status_code == 409
    assert said("ur")["refusals"]["nobody-else"] in refused.text
    assert answered(village, looks[0].id).vote == "hide"


def test_an_open_case_is_held_until_it_is_answered(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)

    def held() -> dict[str, UUID]:
        with village.turn() as turn:
            return leases.running(turn.session, "look", village.now)

    one.get(f"/curate/looks/{look.id}")
    assert held() == {}  # there was the warning first
    one.get(f"/curate/looks/{look.id}?ready=yes")
    assert held() == {str(look.id): one.id}
    village.now += timedelta(minutes=8)
    assert one.send(f"/curate/looks/{look.id}/ping").text.strip() == ""
    village.now += timedelta(minutes=8)
    assert held() == {str(look.id): one.id}
    one.send(f"/curate/looks/{look.id}/answer", vote="keep", reason="once")
    assert held() == {}


def test_a_case_that_somebody_else_holds_says_so(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)
    other = next(who for who in village.curators if who != one.id)
    with village.turn() as turn:
        leases.take(turn, "look", str(look.id), other)
    assert said()["case"]["held"] in one.get(f"/curate/looks/{look.id}?ready=yes").text
    assert said()["case"]["held"] in one.send(f"/curate/looks/{look.id}/ping").text


# Many at once


def test_several_cases_are_rejected_after_a_question_with_their_number(marked: Village, curator: AsCurator) -> None:
    one = curator(with_looks(marked, 4))
    ids = re.findall(r'name="id" value="([0-9a-f-]{36})"', one.get("/curate").text)
    asked = one.get("/curate/bulk?what=keep&" + "&".join(f"id={one}" for one in ids[:3]))
    outline(asked)
    assert "Reject 3" in asked.text
    assert WHOLE[:20] in asked.text
    found = re.search(r'name="ids" value="([^"]+)"', asked.text)
    assert found
    assert set(found[1].split()) == set(ids[:3])
    no_reason = one.send("/curate/bulk/keep", ids=found[1])
    assert no_reason.status_code == 422
    for done, skipped in ((3, 0), (0, 3)):  # sent twice
        answer = one.send("/curate/bulk/keep?lang=ur", ids=found[1], reason="once")
        told = "bulk_some" if skipped else "bulk"
        where = f"/curate?done=curate.{told}&done_count={done}&skipped={skipped}&lang=ur"
        assert (answer.status_code, answer.headers["location"]) == (303, where)
    told = one.get(where)
    assert said("ur")["done"]["bulk_some"].replace("{done}", "0").replace("{skipped}", "3") in told.text
    left = [look for look in marked.rows(Look) if look.member_id == one.id and look.vote is None]
    assert [str(look.id) for look in left] == ids[3:]


def test_only_what_asks_for_another_term_is_left_to_end(village: Village, curator: AsCurator) -> None:
    one = curator(with_looks(village, 2))
    ids = re.findall(r'name="id" value="([0-9a-f-]{36})"', one.get("/curate").text)
    asked = one.get("/curate/bulk?what=expire&" + "&".join(f"id={one}" for one in ids)).text
    assert said()["bulk"]["none_left"] in asked
    done = one.send("/curate/bulk/expire", ids=" ".join(ids), reason="gone")
    assert "done_count=0&skipped=2" in done.headers["location"]


@pytest.mark.parametrize("what", ["hide", "flag", "list", "recuse/hide"])
def test_nothing_is_listed_in_bulk(village: Village, curator: AsCurator, what: str) -> None:
    one = curator(with_looks(village, 1))
    look_id = next(look.id for look in village.rows(Look) if look.member_id == one.id)
    asked = one.get(f"/curate/bulk?what={what}&id={look_id}")
    assert asked.status_code == 422
    assert said()["refusals"]["bad-bulk"] in asked.text
    assert one.send(f"/curate/bulk/{what}", ids=str(look_id), reason="once").status_code in (404, 405)
    assert answered(village, look_id).vote is None


@pytest.mark.parametrize("ids", ["nonsense", " ".join(str(UUID(int=at)) for at in range(201))])
def test_a_choice_that_cannot_be_is_refused(curator: AsCurator, village: Village, ids: str) -> None:
    answer = curator(village.curators[0]).send("/curate/bulk/keep", ids=ids, reason="once")
    assert answer.status_code == 422
    outline(answer)


# Appeals


def test_appeals_tell_when_they_end_and_lead_to_ones_own(village: Village, curator: AsCurator) -> None:
    village.list_it()
    with village.turn() as turn:
        appeals.file_appeal(
            turn, village.blocklist, subject="x:666", relation="own", ground="not-me", statement=XSS
        )
    look = next(one for one in village.rows(Look) if one.vote is None and one.stage == "appeal")
    others = {one.member_id for one in village.rows(Look) if one.stage == "appeal"}
    idle = next(who for who in village.curators if who not in others)
    one = curator(look.member_id)
    page = one.get("/curate/appeals")
    outline(page)
    off = (village.now + timedelta(days=7)).date().isoformat()
    target = (village.now + timedelta(days=3)).date().isoformat()
    assert off in page.text
    assert target in page.text
    assert f"/curate/looks/{look.id}" in page.text
    other = Browser(one.client.app, village, idle)  # type: ignore[arg-type]
    theirs = other.get("/curate/appeals").text
    assert said()["appeals"]["others"] in theirs
    assert f"/curate/looks/{look.id}" not in theirs
    assert said()["appeals"]["overdue"] not in page.text
    case = one.get(f"/curate/looks/{look.id}?ready=yes")
    outline(case)
    assert WHOLE in case.text
    assert f">{off}</time>" in case.text
    assert case.text.index('class="behind" inert') < case.text.index(WHOLE)
    village.now += timedelta(days=4)
    late = Browser(one.client.app, village, one.id)  # type: ignore[arg-type]
    assert said()["appeals"]["overdue"] in late.get("/curate/appeals").text


# Without a case


def test_curators_remove_confirm_and_invite_by_forms(
    app: FastAPI, village: Village, curator: AsCurator, member: MakeMember
) -> None:
    village.list_it()
    who, other = curator(village.curators[0]), member(Role.ADMIN)
    wrong = who.send("/curate/tools/remove", list="village", subject="@sana", reason="own-words")
    assert wrong.status_code == 422
    outline(wrong)
    assert who.send("/curate/tools/remove", list="village", subject="666", reason="").status_code == 422
    link = "https://x.com/i/user/666"
    removed = who.send("/curate/tools/remove", list="village", subject=link, reason="own-words")
    assert removed.headers["location"] == "/curate/tools?done=curate.removed"
    assert village.entries() == {}
    assert who.send("/curate/tools/remove", list="village", subject="666", reason="own-words").status_code == 404

    with village.turn() as turn:
        code = protection.ask_protection(turn, village.people[0], "x:777").code
    opened = who.send("/curate/tools/profile", subject="777")
    outline(opened)
    assert "https://x.com/i/user/777" in opened.text
    assert said()["tools"]["protect_held"] in other.send("/curate/tools/profile", subject="777").text
    missing = who.send("/curate/tools/protection", subject="x:777", code="panah-0000000000")
    outline(missing)
    assert missing.status_code == 404
    seen = who.send("/curate/tools/protection", subject="x:777", code=code)
    assert seen.headers["location"] == "/curate/tools?done=curate.seen"
    assert "https://x.com/i/user/777" in other.send("/curate/tools/profile", subject="777").text
    active = other.send("/curate/tools/protection", subject="x:777", code=code)
    assert active.headers["location"] == "/curate/tools?done=curate.protected"

    invited = who.send("/curate/tools/invite", list="village")
    found = re.search(r">([0-9a-f]{32})<", invited.text)
    assert found
    new = make_client(app, **{"Panah-Key": "n" * 43})
    new.post("/v1/contributors")
    assert new.post("/v1/lists/village/participants", json={"invitation": found[1]}).status_code == 201
    assert member(Role.CURATOR).send("/curate/tools/invite", list="village").status_code == 403
    assert who.send("/curate/tools/invite", list="nowhere").status_code == 404


# How one works


def test_care_is_set_by_form(village: Village, curator: AsCurator) -> None:
    one = curator(village.curators[0])
    done = one.send("/curate/work?lang=ur", daily_cap="12", break_after="45", text_only="yes")
    assert done.headers["location"] == "/curate/work?done=curate.care&lang=ur"
    with village.turn() as turn:
        now = care.care_of(turn.session, one.id, village.now)
    assert (now.daily_cap, now.break_after, now.text_only, now.blurred) == (12, 45, True, False)
    one.send("/curate/work", daily_cap="60", break_after="45", blurred="yes")
    page = one.get("/curate/work")
    outline(page)
    assert "From tomorrow: 60." in page.text
    assert "data-left" not in page.text


@pytest.mark.parametrize(
    "fields",
    [
        {"daily_cap": "4", "break_after": "30"},
        {"daily_cap": "101", "break_after": "30"},
        {"daily_cap": "40", "break_after": "9"},
        {"daily_cap": "x", "break_after": "30"},
        {"daily_cap": "99999999999", "break_after": "30"},
        {"daily_cap": "²", "break_after": "30"},
        {},
    ],
)
def test_care_that_cannot_be_is_refused_in_words(
    village: Village, curator: AsCurator, fields: dict[str, str]
) -> None:
    answer = curator(village.curators[0]).send("/curate/work?lang=ur", **fields)
    assert answer.status_code == 422
    outline(answer)
    assert said("ur")["refusals"]["bad-care"] in answer.text


def test_keys_are_remapped_and_reset(village: Village, curator: AsCurator) -> None:
    look = mine_of(village)
    one = curator(look.member_id)

    def key_fields(**changes: str) -> dict[str, str]:
        return {f"key-{action}": key for action, key in (care.KEYS | changes).items()}

    assert one.send("/curate/work/keys", **key_fields(hide="h", veil="<")).status_code == 303
    page = one.get(f"/curate/looks/{look.id}?ready=yes")
    outline(page)
    assert 'data-action="hide" aria-keyshortcuts="h"' in page.text
    assert "&lt;" in page.text
    for wrong in ({"hide": "j"}, {"hide": ""}, {"hide": "ab"}):
        refused = one.send("/curate/work/keys", **key_fields(**wrong))
        assert refused.status_code == 422, wrong
    assert one.send("/curate/work/keys/reset").status_code == 303
    assert 'data-action="hide" aria-keyshortcuts="f"' in one.get(f"/curate/looks/{look.id}?ready=yes").text


def test_ones_last_answers_lead_back_to_their_cases(marked: Village, curator: AsCurator) -> None:
    look = mine_of(marked)
    one = curator(look.member_id)
    assert said()["work"]["no_answers"] in one.get("/curate/work").text
    one.send(f"/curate/looks/{look.id}/answer", vote="flag", reason="milder")
    marked.now += UNDO
    page = one.get("/curate/work")
    outline(page)
    assert f'href="/curate/looks/{look.id}"' in page.text
    assert list_words("en")["votes_first"]["flag"] in page.text


# Words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_these_pages_may_need_is_there(language: Language) -> None:
    told, listed = said(language), list_words(language)
    assert set(told["note"]) == set(schemas.REASONS) == set(listed["reasons"])
    assert list(told["actions"]) == list(care.KEYS)
    assert set(told["lanes"]) == set(queue.LANES)
    assert set(told["lane_help"]) - {"flag_only"} == {"clear", "strict", *STAGES} - {"first"}
    assert {"others", "removed", "reconsidered"} == {
        key.partition("_")[2] for key in told["done"] if key.startswith("reversed_")
    }
    assert all(len(text) <= 500 for text in told["note"].values())
