"""Members, roles, invitations and sessions as admins see them."""

import re
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlmodel import Session, select

from panah.accounts import members
from panah.accounts.permissions import Role
from panah.accounts.tables import AccountEvent, Member, MemberInvitation, MemberRole, MemberSession, RoleGrant
from panah.blocklists.turn import begin
from panah.pages.languages import LANGUAGES
from tests.server.consoles.conftest import Browser, MakeMember, add_member

HERE = "/admin/members"


def kinds(app: FastAPI) -> list[str]:
    with Session(app.state.engine) as session:
        return [one.kind for one in session.exec(select(AccountEvent).order_by(AccountEvent.seq))]  # type: ignore[arg-type]


def roles_of(app: FastAPI, member_id: object) -> set[str]:
    with Session(app.state.engine) as session:
        return set(members.roles_of(session, member_id))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_members_are_there_with_their_roles(app: FastAPI, member: MakeMember, language: str) -> None:
    add_member(app, Role.CURATOR, name="Karan")
    page = member(Role.ADMIN, name="Amal").get(f"{HERE}?lang={language}").text
    assert "Karan" in page
    assert "Amal" in page
    assert {"en": "Make appeals reviewer", "ur": "یہ ذمہ داری دیں: نگرانِ اپیل"}[language] in page


def test_an_auditor_sees_members_and_can_do_nothing_to_them(app: FastAPI, member: MakeMember) -> None:
    somebody = add_member(app, Role.CURATOR)
    auditor = member(Role.AUDITOR)
    page = auditor.get(HERE).text
    assert f"{HERE}/{somebody}" not in page
    assert f"{HERE}/invitations" not in page
    assert auditor.get(f"{HERE}/{somebody}/sessions").status_code == 403


def test_a_role_is_given_and_taken_again(app: FastAPI, member: MakeMember) -> None:
    admin, somebody = member(Role.ADMIN), add_member(app)
    for _ in range(2):  # sent twice it is given once
        assert admin.send(f"{HERE}/{somebody}/give", role="curator").status_code == 303
    assert roles_of(app, somebody) == {"curator"}
    for _ in range(2):
        assert admin.send(f"{HERE}/{somebody}/take", role="curator").status_code == 303
    assert roles_of(app, somebody) == set()
    assert kinds(app) == ["role_given", "role_taken"]


def test_what_is_no_role_and_what_is_one_s_own_is_refused(app: FastAPI, member: MakeMember) -> None:
    admin, somebody = member(Role.ADMIN), add_member(app)
    assert admin.send(f"{HERE}/{somebody}/give", role="king").status_code == 403
    assert admin.send(f"{HERE}/{admin.id}/give", role="auditor").status_code == 403
    assert admin.send(f"{HERE}/{admin.id}/take", role="admin").status_code == 403
    assert admin.send(f"{HERE}/{admin.id}/suspend").status_code == 403
    assert roles_of(app, admin.id) == {"admin"}


def test_the_role_of_admin_waits_for_a_second_admin(app: FastAPI, member: MakeMember) -> None:
    first, second, somebody = member(Role.ADMIN, name="First"), member(Role.ADMIN), add_member(app)
    first.send(f"{HERE}/{somebody}/give", role="admin")
    (path,) = set(re.findall(rf'action="({HERE}/grants/[^"]+/approve)"', second.get(HERE).text))
    assert "/approve" not in first.get(HERE).text
    assert first.send(path).status_code == 403
    assert second.send(path).status_code == 303
    assert second.send(path).status_code == 409  # it was answered
    drop = path.replace("/approve", "/drop")
    assert first.send(drop).status_code == 303
    assert first.send(drop).status_code == 409
    with Session(app.state.engine) as session:
        assert session.exec(select(RoleGrant)).one().state == "dropped"


def test_an_invitation_is_shown_once_listed_and_withdrawn(app: FastAPI, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    made = admin.send(f"{HERE}/invitations", **{"role-curator": "yes"})
    code = re.search(r"/join#([\w-]+)<", made.text)
    assert code
    page = admin.get(HERE).text
    assert code[1] not in page
    (path,) = set(re.findall(rf'action="({HERE}/invitations/[^"]+/drop)"', page))
    with begin(app.state.engine, app.state.keys) as turn:
        assert members.find_invitation(turn, code[1])
    assert admin.send(path).status_code == 303
    assert admin.send(path).status_code == 409
    with begin(app.state.engine, app.state.keys) as turn, pytest.raises(members.InvitationGone):
        members.find_invitation(turn, code[1])
    assert kinds(app) == ["member_invited", "invitation_withdrawn"]


def test_an_invitation_that_was_used_or_is_over_is_not_open(app: FastAPI, member: MakeMember) -> None:
    with begin(app.state.engine, app.state.keys) as turn:
        members.invite_member(turn, None, {Role.ADMIN})
        members.invite_member(turn, None, {Role.ADMIN})
        used, over = turn.session.exec(select(MemberInvitation)).all()
        used.used_at = turn.now
        over.expires_at = turn.now - timedelta(seconds=1)
        digest = used.code_digest
    admin = member(Role.ADMIN)
    assert "There is none." in admin.get(HERE).text
    assert admin.send(f"{HERE}/invitations/{digest}/drop").status_code == 409


def test_an_admin_who_invites_cannot_mix_deciding_with_the_role_of_admin(app: FastAPI, member: MakeMember) -> None:
    fields = {"role-curator": "yes", "role-admin": "yes"}
    assert member(Role.ADMIN).send(f"{HERE}/invitations", **fields).status_code == 409


def test_suspending_signs_out_and_letting_back_in_does_not_sign_in(app: FastAPI, member: MakeMember) -> None:
    admin, curator = member(Role.ADMIN), member(Role.CURATOR)
    assert curator.get("/account").status_code == 200
    for _ in range(2):
        assert admin.send(f"{HERE}/{curator.id}/suspend").status_code == 303
    assert curator.get("/account").status_code == 303
    assert "suspended" in admin.get(HERE).text
    assert admin.send(f"{HERE}/{curator.id}/restore").status_code == 303
    assert curator.get("/account").status_code == 303
    assert kinds(app) == ["member_suspended", "member_restored"]


# Sessions


def test_anybody_s_sessions_are_listed_and_ended(app: FastAPI, member: MakeMember) -> None:
    admin, curator = member(Role.ADMIN), member(Role.CURATOR, name="Karan")
    other = Browser(app, curator.id)
    path = f"{HERE}/{curator.id}/sessions"
    page = admin.get(path).text
    assert "Karan" in page
    ways = re.findall(rf'action="({path}/[0-9a-f-]+/end)"', page)
    assert len(ways) == 2
    for _ in range(2):
        assert admin.send(ways[0]).status_code == 303
    assert sorted(one.get("/account").status_code for one in (curator, other)) == [200, 303]
    assert admin.send(f"{path}/end").status_code == 303
    assert {one.get("/account").status_code for one in (curator, other)} == {303}
    assert admin.get("/account").status_code == 200
    assert kinds(app) == ["sessions_ended", "sessions_ended"]  # what ended nothing is no event
    assert "Nowhere." in admin.get(path).text


def test_a_session_is_ended_only_under_its_own_member(app: FastAPI, member: MakeMember) -> None:
    admin, curator, other = member(Role.ADMIN), member(Role.CURATOR), add_member(app)
    with Session(app.state.engine) as session:
        theirs = session.exec(select(MemberSession.id).where(MemberSession.member_id == curator.id)).one()
    admin.send(f"{HERE}/{other}/sessions/{theirs}/end")
    assert curator.get("/account").status_code == 200


def test_nobody_there_is_told_so(app: FastAPI, member: MakeMember) -> None:
    admin = member(Role.ADMIN)
    nobody = f"{HERE}/00000000-0000-0000-0000-000000000007"
    assert admin.get(f"{nobody}/sessions").status_code == 404
    assert admin.send(f"{nobody}/sessions/end").status_code == 404
    assert admin.send(f"{nobody}/give", role="curator").status_code == 404
    assert admin.send(f"{nobody}/suspend").status_code == 404


def test_whoever_lost_the_role_meanwhile_ends_nothing(app: FastAPI, member: MakeMember) -> None:
    """The service looks again, whatever the route knew."""
    curator, nobody = member(Role.CURATOR), add_member(app, Role.AUDITOR)
    with pytest.raises(members.GrantRefused), begin(app.state.engine, app.state.keys) as turn:
        members.sign_out(turn, nobody, curator.id)
    assert curator.get("/account").status_code == 200


def test_a_name_is_shown_as_words_wherever_it_stands(app: FastAPI, member: MakeMember) -> None:
    evil = "<script>alert(1)</script>\"' onclick=x"
    admin, other = member(Role.ADMIN, name=evil), member(Role.ADMIN, name=evil)
    admin.send(f"{HERE}/{add_member(app, name=evil)}/give", role="admin")
    admin.send(f"{HERE}/invitations", **{"role-curator": "yes"})
    for path in (HERE, f"{HERE}/{other.id}/sessions"):
        page = other.get(path).text
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        assert '" onclick' not in page


def test_one_s_account_leads_to_the_consoles_that_one_may_open(app: FastAPI, member: MakeMember) -> None:
    for roles, curate, admin in (((Role.ADMIN,), True, True), ((Role.CURATOR,), True, False), ((), False, False)):
        page = member(*roles).get("/account").text
        assert ('href="/curate"' in page, 'href="/admin"' in page) == (curate, admin)


def test_members_and_roles_are_counted_in_few_questions(app: FastAPI) -> None:
    for at in range(5):
        add_member(app, Role.CURATOR, Role.REVIEWER, name=f"M{at}")
    with Session(app.state.engine) as session:
        held = members.roles_by_member(session)
        one = session.exec(select(Member.id)).first()
        assert one is not None
        assert held[one] == [Role.CURATOR, Role.REVIEWER]
        session.add(MemberRole(member_id=one, role=Role.AUDITOR, since=members_now(app), until=members_now(app)))
        assert held == members.roles_by_member(session)  # what ended is held no more


def members_now(app: FastAPI) -> datetime:
    with begin(app.state.engine, app.state.keys) as turn:
        return turn.now
