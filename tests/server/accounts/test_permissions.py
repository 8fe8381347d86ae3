"""Roles as sets: what they may do, what they may give, and what they exclude."""

from itertools import combinations

import pytest

from panah.accounts.permissions import (
    DECIDING,
    GRANTS,
    PERMISSIONS,
    SLOW,
    Permission,
    Role,
    agree,
    may_grant,
    permissions_of,
)

EVERY_MIX = [mix for size in range(len(Role) + 1) for mix in combinations(Role, size)]


@pytest.mark.parametrize("mix", EVERY_MIX)
def test_whoever_is_an_admin_decides_nothing(mix: tuple[Role, ...]) -> None:
    allowed = permissions_of(mix)
    if Role.ADMIN in mix:
        assert not allowed & DECIDING
    else:
        assert allowed == frozenset().union(*(PERMISSIONS[role] for role in mix))


def test_only_admins_give_roles_and_they_may_appoint_who_decides() -> None:
    for giver in Role:
        for role in Role:
            assert may_grant([giver], role) == (giver is Role.ADMIN)
    assert not may_grant([], Role.AUDITOR)


def test_a_role_that_may_give_roles_is_given_slowly() -> None:
    givers = {role for role in Role if Permission.MEMBER_GRANT in PERMISSIONS[role]} | set(GRANTS)
    assert givers == SLOW


def test_deciding_and_being_an_admin_do_not_go_together() -> None:
    assert not agree({Role.ADMIN, Role.CURATOR})
    assert not agree({Role.ADMIN, Role.REVIEWER})
    assert agree({Role.ADMIN, Role.AUDITOR})
    assert agree({Role.CURATOR, Role.REVIEWER})


def test_auditors_change_nothing() -> None:
    assert {one.partition(":")[2] for one in PERMISSIONS[Role.AUDITOR]} == {"see", "read"}
