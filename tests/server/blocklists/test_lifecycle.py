"""The way of a case through the real service: reports, holds, jury, curators, appeal, expiry."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session

from panah.blocklists import appeals, contributions, contributors, events, juries, lists, looks, protection
from panah.blocklists.appeals import UnknownReceipt
from panah.blocklists.contributions import EvidenceNeeded, TooManyReports
from panah.blocklists.contributors import ContributorSuspended, InvitationNeeded, NotJoined
from panah.blocklists.looks import LookClosed, LookNotFound, TooManyRemovals
from panah.blocklists.policy import Rules
from panah.blocklists.states import ON_LIST
from panah.blocklists.subjects import BadSubject
from panah.blocklists.tables import (
    Appeal,
    Case,
    Contribution,
    Decision,
    Entry,
    Event,
    Look,
    OwnerNotice,
    Participant,
    ReviewTask,
    Source,
)
from panah.operations.switches import READ_ONLY
from panah.operations.tables import Switch
from tests.server.blocklists.conftest import DAY, Village


def participants(village: Village) -> dict[str, Participant]:
    return {one.tag: one for one in village.rows(Participant)}


def tag(village: Village, who: int) -> str:
    with Session(village.engine) as session:
        blocklist = lists.find_list(session, "village")
    return contributors.tag_of(village.keys, blocklist, village.people[who].id)


def test_two_independent_reports_a_jury_and_three_curators_make_an_entry(village: Village) -> None:
    village.report(0)
    assert village.case().status == "gathering"
    village.report(1)
    assert village.case().status == "drawing"
    village.pass_days()
    assert village.case().status == "jury"
    village.vote("list")
    village.pass_days()
    assert (village.case().status, village.case().lane) == ("looks", "clear")
    village.look("hide")
    assert village.entries() == {"x:666": ("hide", "waiting")}
    village.pass_days(2)
    assert village.entries() == {"x:666": ("hide", "published")}


def test_one_person_cannot_report_an_account_twice(village: Village) -> None:
    assert village.report(0) == village.report(0, post="12")
    assert village.case().reports == 1


def test_reports_by_people_of_one_branch_are_one_voice(village: Village) -> None:
    with village.turn() as turn:
        code, _ = contributors.invite(turn, village.blocklist, village.people[0])
    village.join(invitation=code)
    village.report(0)
    village.report(len(village.people) - 1)
    assert village.case().status == "gathering"
    village.report(1)
    assert village.case().status == "drawing"


def test_people_who_report_in_step_become_one_voice(village: Village) -> None:
    for number in range(5):
        for who in (0, 1):
            village.report(who, f"x:{100 + number}")
        village.pass_days()
    people = participants(village)
    assert people[tag(village, 0)].cluster == people[tag(village, 1)].cluster
    assert people[tag(village, 2)].cluster == tag(village, 2)
    for who in (0, 1):
        village.report(who, "x:999")
    assert village.case("x:999").status == "gathering"


def test_imports_alone_open_nothing(village: Village) -> None:
    for who in range(2):
        with village.turn() as turn:
            contributions.contribute(
                turn,
                village.blocklist,
                village.people[who],
                subject="x:666",
                category="abuse",  # type: ignore[arg-type]
                source=Source.IMPORT,
            )
    assert village.case().status == "gathering"
    village.report(2)
    assert village.case().status == "drawing"


def test_jurors_are_neither_reporters_nor_of_their_branches_and_come_from_both_strata(village: Village) -> None:
    with village.turn() as turn:
        code, _ = contributors.invite(turn, village.blocklist, village.people[0])
    village.join(invitation=code)
    village.pass_days(20)
    for _ in range(8):
        subject = f"x:{len(village.rows(Case)) + 1}"
        village.report(0, subject)
        village.report(1, subject)
    village.pass_days()
    barred = {tag(village, 0), tag(village, 1), tag(village, len(village.people) - 1)}
    tasks = village.rows(ReviewTask)
    assert len(tasks) == 8 * 5
    assert not barred & {task.tag for task in tasks}
    for case in village.rows(Case):
        strata = [task.stratum for task in tasks if task.case_id == case.id]
        assert sorted(strata) in ([0, 0, 0, 1, 1], [0, 0, 1, 1, 1])


def test_nobody_is_drawn_more_than_twelve_times_a_week(village: Village) -> None:
    for number in range(120):
        for who in (number % 10, 10 + number % 7):
            village.report(who, f"x:{1000 + number}", post=f"{number}{who}")
    village.pass_days(2)
    drawn = [task.tag for task in village.rows(ReviewTask)]
    assert max(drawn.count(one) for one in set(drawn)) == Rules().juror_week


def test_a_divided_jury_is_extended_and_its_case_needs_all_three_curators(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    assert village.vote("list", only=16) + village.vote("keep") == 5
    village.pass_days()
    assert len(village.rows(ReviewTask)) == 9
    village.vote("list", only=16)
    village.vote("keep")
    village.pass_days()
    case = village.case()
    if case.status == "looks":
        village.look("hide", "hide", "keep")
    assert village.case().status == "rejected"
    assert village.entries() == {}


def test_a_case_is_flagged_when_two_of_three_say_so_and_the_jury_was_clear(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    village.look("flag", "flag")
    assert village.entries() == {"x:666": ("flag", "waiting")}
    assert sorted(look.vote or "" for look in village.rows(Look)) == ["flag", "flag", "moot"]


def test_a_list_that_only_flags_never_hides(village: Village) -> None:
    with village.turn() as turn:
        lists.change_list(turn, village.blocklist, tier_cap="flag")
    village.list_it(choice="hide")
    assert village.entries() == {"x:666": ("flag", "published")}


def test_a_rejected_account_is_looked_at_once_more_after_three_new_reports(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("keep")
    village.pass_days()
    assert village.case().status == "rejected"
    for who in (2, 3):
        village.report(who)
    assert village.case().status == "rejected"
    village.report(4)
    assert (village.case().status, village.case().round) == ("drawing", 2)
    village.pass_days()
    village.vote("keep")
    village.pass_days()
    for who in (5, 6, 7, 8):
        village.report(who)
    village.pass_days()
    assert village.case().status == "rejected"


def test_a_flagged_account_is_hidden_once_three_others_agree_after_new_reports(village: Village) -> None:
    village.list_it(choice="flag")
    first = {look.member_id for look in village.rows(Look) if look.vote == "flag"}
    for who in (2, 3, 4):
        village.report(who)
    village.pass_days()
    assert village.case().status == "upgrade"
    asked = {look.member_id for look in village.rows(Look) if look.stage == "upgrade"}
    assert len(asked) == 3
    assert not asked & first
    village.look("hide")
    assert village.entries() == {"x:666": ("flag", "published")}  # nobody sees when it was decided
    village.pass_days(2)
    assert village.entries() == {"x:666": ("hide", "published")}


def test_three_reports_by_one_crowd_raise_nothing_and_a_stopped_list_raises_nobody(village: Village) -> None:
    for number in range(4):
        for who in (20, 21, 22):
            village.report(who, f"x:{100 + number}", post=f"{number}{who}")
        village.pass_days()
    village.list_it(choice="flag")
    for who in (20, 21, 22):
        village.report(who)
    village.pass_days()
    assert village.case().status == "listed"
    with village.turn() as turn:
        lists.stop(turn, village.blocklist, "by an admin")
    for who in (23, 24, 25):
        village.report(who)
    village.pass_days()
    assert village.case().status == "listed"


def test_a_burst_holds_the_case_and_makes_it_strict(village: Village) -> None:
    for who in range(6):
        village.report(who, post=str(who))
    case = village.case()
    assert (case.hold, case.strict) == ("burst", True)
    village.pass_days(2)
    assert village.rows(ReviewTask) == []
    village.pass_days(2)
    assert village.case().status == "jury"
    village.vote("list")
    village.pass_days()
    village.look("hide", "keep")
    assert village.case().status == "rejected"


def test_a_burst_while_curators_look_keeps_the_entry_back(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    for who in range(20, 26):
        village.report(who, post=str(who))
    village.look("hide")
    village.pass_days(2)
    assert village.entries() == {"x:666": ("hide", "waiting")}
    village.pass_days(3)
    assert village.entries() == {"x:666": ("hide", "published")}


def test_reports_that_all_cite_one_post_wait_for_another(village: Village) -> None:
    with village.turn() as turn:
        lists.propose_policy(
            turn, village.blocklist, author=uuid4(), rules=Rules(trigger_clusters=3), note="three voices"
        )
    with village.turn() as turn:
        lists.approve_policy(turn, village.blocklist, 2, approver=uuid4())
    village.pass_days(2)
    for who in range(3):
        village.report(who, post="77")
    assert village.case().hold == "one-post"
    village.pass_days(2)
    assert village.rows(ReviewTask) == []
    village.report(3, post="78")
    village.pass_days()
    assert village.case().status == "jury"
    assert not village.case().strict


def test_reports_mostly_by_newcomers_wait(village: Village) -> None:
    new = [len(village.people) + at for at in range(3)]
    for _ in new:
        village.join()
    for who in (0, *new):
        village.report(who)
    assert (village.case().hold, village.case().strict) == ("young", True)
    village.pass_days(13)
    assert village.rows(ReviewTask) == []
    village.pass_days(2)
    assert village.case().status == "jury"


def test_others_who_have_been_there_for_long_end_the_wait_for_newcomers(village: Village) -> None:
    new = [len(village.people) + at for at in range(3)]
    for _ in new:
        village.join()
    for who in (0, *new):
        village.report(who)
    village.pass_days(2)
    for who in (1, 2):
        village.report(who)
    village.pass_days()
    assert (village.case().status, village.case().strict) == ("jury", False)


def test_a_protected_account_is_asked_before_anything_is_published(village: Village) -> None:
    protect(village, "x:666")
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    assert village.case().lane == "protected"
    village.look("hide")
    assert village.case().status == "notice"
    assert village.entries() == {}
    (notice,) = village.rows(OwnerNotice)
    with village.turn() as turn:
        protection.answer_notice(turn, village.people[9], notice.id, "doubt")
    assert village.case().status == "fresh"
    first = {look.member_id for look in village.rows(Look) if look.stage == "first"}
    fresh = {look.member_id for look in village.rows(Look) if look.stage == "fresh"}
    assert len(fresh) == 3
    assert not first & fresh
    village.look("hide", "keep")
    assert village.case().status == "rejected"


def test_without_an_answer_in_a_week_a_protected_account_is_listed(village: Village) -> None:
    protect(village, "x:666")
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    village.look("hide")
    village.pass_days(6)
    assert village.entries() == {}
    village.pass_days(3)
    assert village.entries() == {"x:666": ("hide", "published")}


def noticed(village: Village) -> None:
    """Curators would list a protected account, and its owner is asked."""
    protect(village, "x:666")
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    village.look("hide")
    assert village.case().status == "notice"


def turn_read_only(village: Village, *, on: bool) -> None:
    with village.turn() as turn:
        turn.session.merge(Switch(name=READ_ONLY, is_on=on, by=uuid4(), since=village.now))


def test_while_the_server_is_read_only_an_owner_s_silence_lists_nobody(village: Village) -> None:
    noticed(village)
    village.pass_days(6)
    turn_read_only(village, on=True)
    village.pass_days(10)
    assert village.case().status == "notice"
    turn_read_only(village, on=False)
    village.tick()
    (notice,) = village.rows(OwnerNotice)
    assert notice.due_at == village.case().due_at == village.now + 7 * DAY
    village.pass_days(6)
    assert village.case().status == "notice"
    village.pass_days(3)
    assert village.entries() == {"x:666": ("hide", "published")}
    with Session(village.engine) as session:
        blocklist = lists.find_list(session, "village")
        events.verify(session, blocklist)
        events.check_entries(session, blocklist)


def test_an_owner_is_heard_while_the_server_is_read_only(village: Village) -> None:
    noticed(village)
    turn_read_only(village, on=True)
    village.pass_days(10)
    (notice,) = village.rows(OwnerNotice)
    with village.turn() as turn:
        protection.answer_notice(turn, village.people[9], notice.id, "doubt")
    assert village.case().status == "fresh"


def test_read_only_that_was_over_in_time_changes_nothing_for_an_owner(village: Village) -> None:
    noticed(village)
    turn_read_only(village, on=True)
    village.pass_days(2)
    turn_read_only(village, on=False)
    village.pass_days(4)
    assert village.case().status == "notice"
    village.pass_days(2)
    assert village.case().status == "listed"


def test_protection_that_comes_late_has_the_entry_looked_at_anew(village: Village) -> None:
    village.list_it()
    protect(village, "x:666")
    assert village.case().status == "appeal"


def test_one_member_cannot_protect_an_account_alone(village: Village) -> None:
    with village.turn() as turn:
        code = protection.ask_protection(turn, village.people[9], "x:666").code
    for _ in range(2):
        with village.turn() as turn:
            row = protection.see_protection(turn, village.curators[0], "x:666", code)
    assert row.status == "pending"


def test_somebody_else_who_asks_for_a_survivors_account_is_not_in_her_way(village: Village) -> None:
    with village.turn() as turn:
        theirs = protection.ask_protection(turn, village.people[8], "x:666").code
        hers = protection.ask_protection(turn, village.people[9], "x:666").code
        protection.ask_protection(turn, village.people[8], "x:666")
    assert hers != theirs
    for member in village.curators[:2]:
        with village.turn() as turn:
            row = protection.see_protection(turn, member, "x:666", hers)
    assert (row.status, row.contributor_id) == ("active", village.people[9].id)
    with pytest.raises(protection.ProtectionNotFound), village.turn() as turn:
        protection.see_protection(turn, village.curators[2], "x:666", "panah-0000000000")
    with village.turn() as turn:  # who is protected is nobody's business
        assert protection.ask_protection(turn, village.people[7], "x:666").status == "pending"
    with village.turn() as turn:
        assert len(protection.protections_of(turn.session, village.people[7])) == 1


def test_somebody_who_only_answers_appeals_is_asked_for_nothing_else(village: Village) -> None:
    for member in village.curators[3:]:
        with village.turn() as turn:
            lists.unseat(turn, village.blocklist, member)
            lists.seat(turn, village.blocklist, member, appeals_only=True)
    village.list_it()
    reviewers = set(village.curators[3:])
    assert not reviewers & {look.member_id for look in village.rows(Look)}
    appeal(village)
    assert reviewers == {look.member_id for look in village.rows(Look) if look.stage == "appeal"}


def test_what_an_admin_stopped_is_not_resumed_by_itself(village: Village) -> None:
    for member in village.curators:
        with village.turn() as turn:
            lists.unseat(turn, village.blocklist, member)
    village.pass_days(31)
    with village.turn() as turn:
        lists.stop(turn, village.blocklist, "by an admin")
        lists.seat(turn, village.blocklist, uuid4())
    village.pass_days()
    with Session(village.engine) as session:
        assert lists.find_list(session, "village").stopped == "by an admin"


def protect(village: Village, subject: str) -> None:
    with village.turn() as turn:
        code = protection.ask_protection(turn, village.people[9], subject).code
    for member in village.curators[:2]:
        with village.turn() as turn:
            protection.see_protection(turn, member, subject, code)


def test_jurors_who_see_a_disclosure_have_all_three_curators_agree(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list", disclosure=True)
    village.pass_days()
    assert (village.case().lane, village.case().strict) == ("clear", True)
    village.look("hide", "hide", "keep")
    assert village.entries() == {}


def test_who_reports_and_withdraws_and_reports_again_makes_no_burst(village: Village) -> None:
    village.report(1)
    for _ in range(8):
        mine = village.report(0)
        with village.turn() as turn:
            contributions.withdraw(turn, village.blocklist, village.people[0], mine)
    assert village.case().hold is None


def test_whoever_withdraws_while_a_case_is_decided_is_not_drawn_for_it_and_answers_for_it(village: Village) -> None:
    mine = village.report(0)
    village.report(1)
    before = participants(village)[tag(village, 0)].overturned
    with village.turn() as turn:
        contributions.withdraw(turn, village.blocklist, village.people[0], mine)
    village.pass_days()
    assert tag(village, 0) not in {task.tag for task in village.rows(ReviewTask)}
    village.vote("keep")
    village.pass_days()
    assert participants(village)[tag(village, 0)].overturned > before
    assert {one.tag: one.withdrawn for one in village.rows(Contribution)} == {
        tag(village, 0): True,
        tag(village, 1): False,
    }
    village.pass_days(182)
    assert tag(village, 0) not in {one.tag for one in village.rows(Contribution)}


def test_a_flood_cannot_hold_a_case_for_ever(village: Village) -> None:
    village.report(0)
    for _day in range(15):
        for _ in range(5):
            village.join(onboard=False)
            village.report(len(village.people) - 1, post=str(len(village.people)))
        if village.case().status != "drawing":
            break
        village.pass_days()
    assert village.case().status == "jury"


def test_a_bad_appeal_by_somebody_else_keeps_no_good_one_out(village: Village) -> None:
    village.list_it()
    with village.turn() as turn:
        appeals.file_appeal(turn, village.blocklist, subject="x:666", relation="own", ground="other")
    village.look("hide")
    hers = appeal(village)
    assert status(village, hers) == "open"
    village.look("hide")
    protect(village, "x:666")
    assert village.case().status == "appeal"
    village.look("keep")
    assert village.entries() == {}


def test_what_is_said_while_an_account_is_heard_belongs_to_the_hearing(village: Village) -> None:
    village.list_it()
    receipts = [appeal(village), appeal(village, relation="behalf")]
    village.look("keep")
    assert [status(village, receipt) for receipt in receipts] == ["removed", "removed"]


def test_what_was_only_doubted_can_be_listed_again_by_new_reports(village: Village) -> None:
    village.list_it()
    before = participants(village)[tag(village, 0)]
    appeal(village)
    village.look("keep", "hide", "hide")  # one that answers first is still one
    assert village.entries() == {}
    after = participants(village)[tag(village, 0)]
    assert (after.confirmed, after.overturned) == (before.confirmed, before.overturned)
    for who in (20, 21, 22):
        village.report(who)
    assert village.case().status == "drawing"
    village.pass_days()
    village.vote("list")
    village.pass_days()
    village.look("hide")
    village.pass_days(2)
    with village.turn() as turn:
        looks.remove_entry(turn, village.blocklist, village.curators[0], "x:666", "gone")
    for who in (23, 24, 25):
        village.report(who)
    assert village.case().status == "rejected"  # once more, and not for ever


def appeal(village: Village, subject: str = "x:666", relation: str = "own") -> str:
    with village.turn() as turn:
        return appeals.file_appeal(
            turn,
            village.blocklist,
            subject=subject,
            relation=relation,
            ground="context",
            statement="It was a joke.",
        )


def status(village: Village, receipt: str) -> str:
    with Session(village.engine) as session:
        return appeals.appeal_status(session, village.keys, receipt).status


def test_one_doubt_by_somebody_else_takes_an_appealed_account_off_at_once(village: Village) -> None:
    village.list_it()
    decided = {look.member_id for look in village.rows(Look) if look.vote == "hide"}
    receipt = appeal(village)
    reviewers = {look.member_id for look in village.rows(Look) if look.stage == "appeal"}
    assert len(reviewers) == 3
    assert not reviewers & decided
    village.look("hide", "keep")
    assert village.entries() == {}
    assert status(village, receipt) == "removed"


def test_an_appeal_that_all_answer_with_yes_keeps_the_entry_and_is_heard_once_more(
    village: Village,
) -> None:
    village.list_it()
    receipt = appeal(village)
    village.look("hide")
    assert village.entries() == {"x:666": ("hide", "published")}
    assert status(village, receipt) == "kept"
    village.pass_days()
    assert status(village, appeal(village)) == "open"  # once more, for who has something to say
    village.look("hide")
    assert status(village, appeal(village)) == "moot"
    village.pass_days(31)
    again = appeal(village)
    assert status(village, again) == "open"
    village.look("keep")
    assert village.entries() == {}


def test_an_appeal_without_an_answer_in_seven_days_delists(village: Village) -> None:
    village.list_it()
    receipt = appeal(village, relation="behalf")
    village.pass_days(6)
    assert "x:666" in village.entries()
    village.pass_days(1)
    assert village.entries() == {}
    assert status(village, receipt) == "removed"


def test_an_appeal_for_an_account_that_is_not_listed_gets_the_same_answer(village: Village) -> None:
    assert len(appeal(village, "x:1")) == 32
    with pytest.raises(UnknownReceipt):
        status(village, "0" * 32)


def test_only_so_many_appeals_are_open_and_owners_come_first(village: Village) -> None:
    with village.turn() as turn:
        lists.propose_policy(turn, village.blocklist, author=uuid4(), rules=Rules(appeals_open=2), note="few")
    with village.turn() as turn:
        lists.approve_policy(turn, village.blocklist, 2, approver=uuid4())
    for number in range(5):
        village.list_it(f"x:{10 + number}")
    for number in range(4):
        appeal(village, f"x:{10 + number}", relation="behalf")
    own = appeal(village, "x:14", relation="own")
    assert sorted(one.status for one in village.rows(Appeal)) == ["open", "open", "waiting", "waiting", "waiting"]
    village.look("hide")
    village.tick()
    assert status(village, own) == "open"


def test_a_statement_is_sealed_and_forgotten_ninety_days_after_the_answer(village: Village) -> None:
    village.list_it()
    appeal(village)
    (row,) = village.rows(Appeal)
    assert "joke" not in (row.sealed_statement or "joke")
    village.look("keep")
    village.pass_days(91)
    (row,) = village.rows(Appeal)
    assert row.sealed_statement is None


def test_an_overturned_listing_costs_its_reporters(village: Village) -> None:
    village.list_it()
    before = participants(village)[tag(village, 0)]
    appeal(village)
    village.look("keep")
    after = participants(village)[tag(village, 0)]
    assert (after.confirmed, after.overturned) == (before.confirmed - 1, before.overturned + 1)


def test_a_flag_expires_after_180_days_and_its_old_reports_count_no_more(village: Village) -> None:
    village.list_it(choice="flag")
    village.pass_days(135)
    assert village.case().status == "review"
    village.pass_days(40)
    assert village.entries() == {"x:666": ("flag", "published")}
    village.pass_days(6)
    assert village.entries() == {}
    assert village.case().status == "gathering"
    village.report(7)
    assert village.case().status == "gathering"


def test_a_review_gives_an_entry_another_term(village: Village) -> None:
    village.list_it(choice="flag")
    before = village.case().expires_on
    village.pass_days(135)
    village.look("flag")
    assert before is not None
    assert village.case().expires_on > before  # type: ignore[operator]


def test_a_review_takes_off_or_lowers_what_a_majority_does_not_want_any_more(village: Village) -> None:
    village.list_it("x:1")
    village.list_it("x:2")
    village.pass_days(280)
    asked = [look for look in village.rows(Look) if look.stage == "review" and look.vote is None]
    assert len(asked) == 6
    for look in asked:
        choice = "keep" if look.case_id == village.case("x:1").id else "flag"
        try:
            with village.turn() as turn:
                looks.answer_look(turn, look.member_id, look.id, choice, "test")
        except LookClosed:
            assert choice == "keep"
    assert village.entries() == {"x:2": ("flag", "published")}


def test_an_entry_that_waits_is_taken_back_when_its_owner_is_protected_meanwhile(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    village.look("hide")
    assert village.entries() == {"x:666": ("hide", "waiting")}
    protect(village, "x:666")
    assert village.entries() == {}
    village.pass_days(5)
    assert village.entries() == {}
    assert len(village.rows(OwnerNotice)) == 1


def test_an_entry_that_is_appealed_before_it_is_published_waits_for_the_answer(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    village.look("hide")
    appeal(village)
    village.pass_days(3)
    assert village.entries() == {"x:666": ("hide", "waiting")}


def test_no_crowd_shortens_a_hold_or_uses_one_up_beforehand(village: Village) -> None:
    new = [len(village.people) + at for at in range(11)]
    for _ in new:
        village.join()
    for who in (0, *new[:3]):
        village.report(who)
    until = village.case().hold_until
    for who in new[3:]:
        village.report(who)
    assert village.case().hold_until == until
    for who in new[:6]:  # one branch would be one voice; here: too few voices that count
        village.report(who, "x:7", post=str(who))
    village.pass_days(20)
    for who in range(10, 16):
        village.report(who, "x:8", post=str(who))
    assert village.case("x:8").hold == "burst"
    assert (village.case("x:8").hold_until or village.now) > village.now


def test_somebody_who_reports_everything_joins_nobody(village: Village) -> None:
    copier = len(village.people)
    village.join(onboard=False)
    for day in range(4):
        for who in range(10):
            village.report(who, f"x:{1000 * day + who + 1}")
            village.report(copier, f"x:{1000 * day + who + 1}")
        village.pass_days()
    people = participants(village)
    assert {people[tag(village, who)].cluster for who in range(10)} == {tag(village, who) for who in range(10)}


def test_withdrawn_reports_are_gone_and_what_others_decided_stays(village: Village) -> None:
    mine = village.report(0)
    village.report(1)
    village.pass_days()
    with village.turn() as turn:
        contributions.withdraw(turn, village.blocklist, village.people[1], mine)  # somebody else's
    assert len(village.rows(Contribution)) == 2
    with village.turn() as turn:
        contributions.withdraw(turn, village.blocklist, village.people[0], mine)
    assert [one.withdrawn for one in village.rows(Contribution)].count(False) == 1
    village.vote("list")
    village.pass_days()
    village.look("hide")
    assert "x:666" in village.entries()
    with village.turn() as turn:
        assert contributions.delete_mine(turn, village.people[1]) == 1
    assert all(one.withdrawn and one.evidence_post_id is None for one in village.rows(Contribution))
    assert "x:666" in village.entries()


def test_whoever_is_forgotten_leaves_no_trace_but_decisions(village: Village) -> None:
    village.list_it()
    gone = tag(village, 0)
    with village.turn() as turn:
        contributions.forget(turn, village.people[0])
    assert gone not in participants(village)
    assert gone not in {one.tag for one in village.rows(Contribution)}
    assert "x:666" in village.entries()


def test_a_suspended_contributor_triggers_nothing_and_is_not_waited_for(village: Village) -> None:
    village.report(0)
    with village.turn() as turn:
        contributors.suspend(turn, village.people[0].id)
    with pytest.raises(ContributorSuspended):
        village.report(0, "x:5")
    village.report(1)
    assert village.case().status == "gathering"
    village.report(2)
    village.pass_days()
    task = village.rows(ReviewTask)[0]
    with village.turn() as turn:
        contributors.suspend_on(turn, village.blocklist, task.tag)
    assert next(one for one in village.rows(ReviewTask) if one.id == task.id).vote == "recuse"


def test_the_breaker_stops_additions_when_too_many_listings_were_wrong(village: Village) -> None:
    for number in range(20):
        village.list_it(f"x:{100 + number}")
    for number in range(2):
        appeal(village, f"x:{100 + number}")
        village.look("keep")
    village.pass_days()
    with Session(village.engine) as session:
        assert lists.find_list(session, "village").stopped == "overturned"
    village.list_it("x:500")
    assert village.entries()["x:500"] == ("hide", "waiting")
    appeal(village, "x:102")
    village.look("keep")
    assert "x:102" not in village.entries()  # removals go on
    with village.turn() as turn:
        lists.resume(turn, village.blocklist)
    village.pass_days(2)
    assert village.entries()["x:500"] == ("hide", "published")


def test_an_unusual_number_of_additions_waits_for_an_admin(village: Village) -> None:
    for number in range(12):
        for who in (number % 10, 10 + number % 9):
            village.report(who, f"x:{100 + number}", post=f"{number}1{who}")
    village.pass_days()
    village.vote("list")
    village.pass_days()
    village.look("hide")
    village.pass_days(2)
    assert {status for _, status in village.entries().values()} == {"waiting"}
    with Session(village.engine) as session:
        assert lists.find_list(session, "village").stopped == "too-many-additions"
    with village.turn() as turn:
        lists.resume(turn, village.blocklist)
    village.pass_days(2)
    assert {status for _, status in village.entries().values()} == {"published"}


def test_curators_who_do_not_answer_are_replaced(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    first = {look.member_id for look in village.rows(Look)}
    village.pass_days(3)
    assert {look.member_id for look in village.rows(Look) if look.vote is None} == set(village.curators) - first
    village.look("hide")
    assert "x:666" in village.entries()


def test_whoever_recuses_themselves_is_replaced_and_cannot_come_back(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    look = village.rows(Look)[0]
    with village.turn() as turn:
        looks.answer_look(turn, look.member_id, look.id, "recuse")
    open_looks = [one for one in village.rows(Look) if one.vote is None]
    assert len(open_looks) == 3
    assert look.member_id not in {one.member_id for one in open_looks}
    with pytest.raises(LookClosed), village.turn() as turn:
        looks.answer_look(turn, look.member_id, look.id, "hide")
    with pytest.raises(LookNotFound), village.turn() as turn:
        looks.answer_look(turn, uuid4(), open_looks[0].id, "hide")


def test_somebody_who_lost_their_seat_decides_nothing(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    village.vote("list")
    village.pass_days()
    look = village.rows(Look)[0]
    with village.turn() as turn:
        lists.unseat_everywhere(turn, look.member_id)
    with pytest.raises(LookClosed), village.turn() as turn:
        looks.answer_look(turn, look.member_id, look.id, "hide")
    village.pass_days()
    assert sum(one.vote is None for one in village.rows(Look)) == 3


def test_one_curator_may_remove_a_few_accounts_a_day_alone(village: Village) -> None:
    for number in range(6):
        village.list_it(f"x:{100 + number}")
    for number in range(2):
        with village.turn() as turn:
            looks.remove_entry(turn, village.blocklist, village.curators[0], f"x:{100 + number}", "gone")
    with pytest.raises(TooManyRemovals), village.turn() as turn:
        looks.remove_entry(turn, village.blocklist, village.curators[0], "x:105", "gone")
    assert list(village.entries()) == ["x:102", "x:103", "x:104", "x:105"]
    with pytest.raises(LookNotFound), village.turn() as turn:
        looks.remove_entry(turn, village.blocklist, uuid4(), "x:105", "gone")


def test_a_list_with_three_contributors_lets_three_curators_decide_after_a_week(engine) -> None:  # type: ignore[no-untyped-def]
    village = Village(engine).settle(people=3, curators=4)
    village.report(0)
    village.report(1)
    village.pass_days(6)
    assert village.case().status == "drawing"
    village.pass_days(2)
    assert (village.case().status, village.case().lane) == ("looks", "no-jury")
    village.look("hide", "hide", "keep")
    assert village.case().status == "rejected"


def test_a_list_whose_curators_have_left_adds_nothing_and_appeals_delist(village: Village) -> None:
    village.list_it("x:1")
    for member in village.curators:
        with village.turn() as turn:
            lists.unseat(turn, village.blocklist, member)
    village.list_it("x:2")
    assert village.case("x:2").status == "looks"
    appeal(village, "x:1")
    village.pass_days(8)
    assert village.entries() == {}
    village.pass_days(30)
    with Session(village.engine) as session:
        assert lists.find_list(session, "village").stopped == "unattended"
    with village.turn() as turn:
        lists.seat(turn, village.blocklist, uuid4())
    village.pass_days()
    with Session(village.engine) as session:
        assert lists.find_list(session, "village").stopped is None


def test_dormant_people_count_from_the_day_they_joined_but_only_with_a_record(village: Village) -> None:
    sleeper = len(village.people)
    village.join(onboard=False)
    village.pass_days(60)
    for _ in range(6):
        village.report(0, f"x:{len(village.rows(Case)) + 1}")
        village.report(1, f"x:{len(village.rows(Case))}")
    village.pass_days()
    assert tag(village, sleeper) not in {task.tag for task in village.rows(ReviewTask)}


def test_a_clock_that_goes_back_or_jumps_far_ahead_decides_nothing_at_once(village: Village) -> None:
    village.list_it(choice="flag")
    appeal(village)
    village.now += timedelta(days=3650)
    village.tick()
    assert "x:666" in village.entries()
    assert village.case().status == "appeal"
    village.now -= timedelta(days=3700)
    village.tick()
    assert "x:666" in village.entries()
    village.report(3, "x:5")
    days = {one.reported_on for one in village.rows(Contribution) if one.subject == "x:5"}
    with Session(village.engine) as session:
        assert days == {lists.find_list(session, "village").clock_at.date()}


def test_a_tick_again_changes_nothing(village: Village) -> None:
    village.list_it()
    before = len(village.rows(Event))
    village.tick()
    village.tick()
    assert len(village.rows(Event)) == before


def test_tags_change_every_year_and_still_keep_people_from_reporting_twice(village: Village) -> None:
    village.pass_days(280)
    first = village.report(0)
    old = tag(village, 0)
    village.pass_days(80)
    assert tag(village, 0) != old
    assert old not in participants(village)
    assert village.report(0) == first


def test_an_invitation_lets_one_person_in(engine) -> None:  # type: ignore[no-untyped-def]
    village = Village(engine)
    with village.turn() as turn:
        lists.change_list(turn, village.blocklist, joining="invited")
        code, _ = contributors.invite(turn, village.blocklist, None)
    with pytest.raises(InvitationNeeded):
        village.join()
    village.join(invitation=code)
    with pytest.raises(InvitationNeeded):
        village.join(invitation=code)


def test_what_is_no_account_or_shows_nothing_is_refused(village: Village) -> None:
    for subject in ("666", "x:", "x:0", "x:abc", "x:1 ", "facebook:1", "x:" + "9" * 21, "mastodon:nobody"):
        with pytest.raises(BadSubject):
            village.report(0, subject)
    with pytest.raises(EvidenceNeeded), village.turn() as turn:
        contributions.contribute(
            turn,
            village.blocklist,
            village.people[0],
            subject="x:1",
            category="blame",  # type: ignore[arg-type]
        )
    with village.turn() as turn:
        stranger = contributors.register(turn, "z" * 43)
    village.people.append(stranger)
    with pytest.raises(NotJoined):
        village.report(len(village.people) - 1)


def test_one_person_makes_fifty_reports_a_day_at_most(village: Village) -> None:
    for number in range(50):
        village.report(0, f"x:{1000 + number}")
    with pytest.raises(TooManyReports):
        village.report(0, "x:1")
    village.pass_days()
    village.report(0, "x:1")


def test_jurors_answer_once_in_time_and_only_their_own(village: Village) -> None:
    village.report(0)
    village.report(1)
    village.pass_days()
    task = village.rows(ReviewTask)[0]
    juror = next(one for at, one in enumerate(village.people) if tag(village, at) == task.tag)
    with pytest.raises(juries.TaskNotFound), village.turn() as turn:
        juries.vote(turn, village.people[0], task.id, "keep")
    with village.turn() as turn:
        juries.vote(turn, juror, task.id, "keep")
    with pytest.raises(juries.TaskClosed), village.turn() as turn:
        juries.vote(turn, juror, task.id, "list")


def test_no_entry_stands_without_a_decision_and_every_history_replays(village: Village) -> None:
    village.list_it("x:1")
    village.list_it("x:2", choice="flag")
    village.list_it("x:3", choice="keep")
    appeal(village, "x:1")
    village.look("keep")
    village.report(3, "x:4")
    with Session(village.engine) as session:
        blocklist = lists.find_list(session, "village")
        states = events.replay(session, blocklist)
        listed = {one.subject for one in village.rows(Entry)}
        assert listed == {subject for subject, state in states.items() if state.entry in ON_LIST} == {"x:2"}
        for case in village.rows(Case):
            if case.number:
                assert states[case.subject] == events.state_of(case)
        assert events.verify(session, blocklist) == blocklist.head_seq
    assert len([one for one in village.rows(Decision) if one.outcome != "keep"]) == 2
    assert DAY
