"""Imports become one contributor's reports, so many a day, and can be taken back."""

from uuid import uuid4

import pytest
from sqlmodel import Session, select

from panah.blocklists import contributions, contributors, events, lists
from panah.blocklists.contributors import ContributorSuspended, NotJoined
from panah.blocklists.lists import ListArchived
from panah.blocklists.tables import Category, Contribution, Contributor, Entry, Source
from panah.interchange import service
from panah.interchange.rows import LinesRefused
from tests.server.interchange.conftest import A_DAY, Desk

FIVE = "1\n2\n3\n4\n5\n"
SAFELIST = "blue-blocker-safelist"


def test_a_preview_tells_what_would_happen_and_changes_nothing(desk: Desk) -> None:
    found = desk.preview(FIVE)
    assert (found.format, found.new, found.known, found.days, found.retractions) == ("x-csv", 5, 0, 2, 0)
    assert found.sample == ["x:1", "x:2", "x:3", "x:4", "x:5"]
    assert desk.waiting() == desk.reports() == []


def test_a_preview_shows_refused_lines_and_at_most_20_accounts(desk: Desk) -> None:
    found = desk.preview("".join(f"{number}\n" for number in range(1, 31)) + "@someone\n")
    assert len(found.sample) == 20
    assert [one.line for one in found.refused] == [31]


def test_accounts_of_a_file_become_reports_so_many_a_day_in_the_order_of_the_file(desk: Desk) -> None:
    desk.bring_in("5\n4\n3\n2\n1\n")
    assert desk.reports() == []
    assert desk.drain() == A_DAY
    assert desk.reports() == ["x:3", "x:4", "x:5"]
    assert desk.drain() == 0  # as often as one asks on one day
    assert desk.pass_day() == 2
    assert desk.reports() == ["x:1", "x:2", "x:3", "x:4", "x:5"]
    assert desk.waiting() == []
    assert desk.pass_day() == 0


def test_imports_are_reports_without_evidence_and_never_entries(desk: Desk) -> None:
    batch = desk.bring_in('{"platform":"x","id":"1","category":"threat","tier":"hide"}\n{"platform":"x","id":"2"}')
    desk.drain()
    with Session(desk.engine) as session:
        one, two = session.exec(select(Contribution).order_by(Contribution.subject)).all()
        assert (one.source, one.import_batch, one.evidence_post_id) == (Source.IMPORT, batch, None)
        assert (one.category, two.category) == (Category.THREAT, Category.BLAME)
        assert one.reported_on == desk.now.date()
        assert session.exec(select(Entry)).all() == []
        events.verify(session, lists.find_list(session, "calm"))


def test_the_days_number_is_each_contributors_own(desk: Desk) -> None:
    desk.bring_in(FIVE)
    desk.bring_in(FIVE, who=desk.join())
    assert desk.drain() == 2 * A_DAY


def test_the_same_file_again_brings_nothing_whether_its_accounts_wait_or_are_reported(desk: Desk) -> None:
    desk.bring_in(FIVE)
    desk.drain()
    found = desk.preview(FIVE)
    assert (found.new, found.known, found.days) == (0, 5, 0)
    desk.bring_in(FIVE)
    assert desk.waiting() == ["x:4", "x:5"]


def test_what_one_person_waits_for_is_not_known_to_another(desk: Desk) -> None:
    desk.bring_in(FIVE)
    assert desk.preview(FIVE, who=desk.join()).known == 0


def test_a_file_with_one_refused_line_changes_nothing(desk: Desk) -> None:
    with pytest.raises(LinesRefused, match=r"^Line 2: this is a name.*Nothing was changed"):
        desk.bring_in("1\n@someone\n3\n")
    with pytest.raises(LinesRefused, match=r"and 2 more lines"):
        desk.bring_in("1\n@someone\n0\n00\n")
    assert desk.waiting() == []


def test_a_file_takes_back_own_imported_reports_and_what_waits_but_no_report_made_by_hand(desk: Desk) -> None:
    with desk.turn() as turn:
        contributions.contribute(
            turn, desk.blocklist, desk.person, subject="x:9", category=Category.BLAME, evidence_post_id="77"
        )
    desk.bring_in(FIVE)
    desk.drain()
    safe = "user_id,screen_name\n1,a\n5,b\n9,c\n1000,d\n"
    found = desk.preview(safe, SAFELIST)
    assert (found.new, found.known, found.retractions) == (0, 0, 2)
    desk.bring_in(safe, SAFELIST)
    assert desk.reports() == ["x:2", "x:3", "x:9"]
    assert desk.waiting() == ["x:4"]


def test_nobody_takes_back_what_somebody_else_brought_in(desk: Desk) -> None:
    batch = desk.bring_in(FIVE)
    desk.drain()
    other = desk.join()
    desk.bring_in("user_id\n1\n5\n", SAFELIST, who=other)
    with desk.turn() as turn:
        assert service.take_back(turn, desk.blocklist, other, batch) == 0
    assert desk.reports() == ["x:1", "x:2", "x:3"]
    assert desk.waiting() == ["x:4", "x:5"]


def test_a_batch_is_taken_back_whole_and_only_it(desk: Desk) -> None:
    batch = desk.bring_in(FIVE)
    desk.drain()
    desk.bring_in("7\n")
    with desk.turn() as turn:
        assert service.take_back(turn, desk.blocklist, desk.person, batch) == 5
        assert service.take_back(turn, desk.blocklist, desk.person, batch) == 0
        assert service.take_back(turn, desk.blocklist, desk.person, uuid4()) == 0
    assert desk.reports() == []
    assert desk.waiting() == ["x:7"]


def test_what_was_taken_back_can_be_brought_in_again(desk: Desk) -> None:
    batch = desk.bring_in("1\n2\n")
    desk.drain()
    with desk.turn() as turn:
        service.take_back(turn, desk.blocklist, desk.person, batch)
    found = desk.preview("1\n2\n3\n")
    assert (found.new, found.known, found.retractions) == (3, 0, 0)
    desk.bring_in("1\n2\n3\n")
    desk.drain()
    assert desk.reports() == ["x:1", "x:2", "x:3"]


def test_deleting_ones_reports_drops_what_waits(desk: Desk) -> None:
    desk.bring_in(FIVE)
    desk.drain()
    with desk.turn() as turn:
        assert contributions.delete_mine(turn, desk.person) == 5
    assert desk.reports() == desk.waiting() == []


def test_new_tags_take_what_waits_along(desk: Desk) -> None:
    desk.bring_in(FIVE)
    with desk.turn() as turn:
        turn, blocklist = lists.lock(turn, desk.blocklist)
        contributors.rotate_tags(turn, blocklist)
        desk.blocklist = blocklist
    assert desk.drain() == A_DAY
    assert desk.preview(FIVE).known == 5


def test_what_waits_under_a_suspended_or_forgotten_key_is_dropped(desk: Desk) -> None:
    other, third = desk.join(), desk.join()
    for who in (desk.person, other, third):
        desk.bring_in(FIVE, who=who)
    with desk.turn() as turn:
        contributors.suspend(turn, desk.person.id)
        tag = contributors.tag_of(turn.keys, desk.blocklist, other.id)
        contributors.suspend_on(turn, desk.blocklist, tag)
    assert desk.drain() == A_DAY  # the third's
    assert len(desk.waiting()) == 2


def test_a_closed_list_takes_nothing_and_lets_wait_what_waits(desk: Desk) -> None:
    desk.bring_in(FIVE)
    with desk.turn() as turn:
        lists.change_list(turn, desk.blocklist, archived=True)
    assert desk.drain() == 0
    assert len(desk.waiting()) == 5
    with pytest.raises(ListArchived):
        desk.bring_in("7\n")


def test_who_has_not_joined_or_is_suspended_brings_nothing_in(desk: Desk) -> None:
    with desk.turn() as turn:
        stranger: Contributor = contributors.register(turn, "s" * 43)
    assert desk.preview(FIVE, who=stranger).new == 5
    with pytest.raises(NotJoined):
        desk.bring_in(FIVE, who=stranger)
    with desk.turn() as turn:
        contributors.suspend(turn, desk.person.id)
    with pytest.raises(ContributorSuspended):
        desk.bring_in(FIVE)


def test_more_than_a_year_of_reports_is_refused(desk: Desk) -> None:
    year = A_DAY * 365
    with pytest.raises(service.TooManyWaiting, match=f"at most {year:,}"):
        desk.preview("".join(f"{number}\n" for number in range(1, year + 2)))
    desk.bring_in("".join(f"{number}\n" for number in range(1, year + 1)))
    assert len(desk.waiting()) == year
    assert desk.preview("1\n").known == 1
    with pytest.raises(service.TooManyWaiting):
        desk.bring_in(f"{year + 1}\n")
    assert len(desk.waiting()) == year
