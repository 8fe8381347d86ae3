"""Who may do what. Roles are sets of permissions; which roles a role may give to others is a set of its own.

Two guards hold whatever the sets say: nobody changes their own roles, and who holds the admin role decides no
entry and no appeal, since an admin also chooses who does.
"""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    CURATOR = "curator"
    REVIEWER = "reviewer"  # of appeals
    ADMIN = "admin"
    AUDITOR = "auditor"


class Permission(StrEnum):
    LIST_SEE = "list:see"  # a list's queue, cases and entries in clear
    LIST_CREATE = "list:create"
    LIST_SETTINGS = "list:settings"
    LIST_STOP = "list:stop"  # and let it go on
    LIST_SEAT = "list:seat"  # who curates it
    LIST_INVITE = "list:invite"  # contributors
    LIST_EXPORT = "list:export"  # in clear
    ENTRY_DECIDE = "entry:decide"
    APPEAL_DECIDE = "appeal:decide"
    CONTRIBUTOR_SUSPEND = "contributor:suspend"
    PROTECTION_SEE = "protection:see"  # confirm that a protected account shows its code
    POLICY_SET = "policy:set"  # propose rules, and approve somebody else's
    MEMBER_SEE = "member:see"
    MEMBER_INVITE = "member:invite"
    MEMBER_GRANT = "member:grant"
    MEMBER_SUSPEND = "member:suspend"
    AUDIT_READ = "audit:read"
    THRESHOLD_SEE = "threshold:see"
    THRESHOLD_SET = "threshold:set"  # propose thresholds, approve somebody else's, go back to earlier ones
    MODEL_SEE = "model:see"
    MODEL_SWITCH = "model:switch"  # which model judges, and which runs beside it
    FEEDBACK_LABEL = "feedback:label"  # read texts that people gave, label and export them
    OPERATIONS_SEE = "operations:see"
    OPERATIONS_SWITCH = "operations:switch"  # read-only, stop publishing
    SESSION_END = "session:end"  # other people's


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CURATOR: frozenset(
        {
            Permission.LIST_SEE,
            Permission.LIST_INVITE,
            Permission.LIST_EXPORT,
            Permission.ENTRY_DECIDE,
            Permission.PROTECTION_SEE,
        }
    ),
    Role.REVIEWER: frozenset({Permission.LIST_SEE, Permission.APPEAL_DECIDE}),
    Role.ADMIN: frozenset(
        {
            Permission.LIST_SEE,
            Permission.LIST_CREATE,
            Permission.LIST_SETTINGS,
            Permission.LIST_STOP,
            Permission.LIST_SEAT,
            Permission.LIST_INVITE,
            Permission.LIST_EXPORT,
            Permission.CONTRIBUTOR_SUSPEND,
            Permission.PROTECTION_SEE,
            Permission.POLICY_SET,
            Permission.MEMBER_SEE,
            Permission.MEMBER_INVITE,
            Permission.MEMBER_GRANT,
            Permission.MEMBER_SUSPEND,
            Permission.AUDIT_READ,
            Permission.THRESHOLD_SEE,
            Permission.THRESHOLD_SET,
            Permission.MODEL_SEE,
            Permission.MODEL_SWITCH,
            Permission.FEEDBACK_LABEL,
            Permission.OPERATIONS_SEE,
            Permission.OPERATIONS_SWITCH,
            Permission.SESSION_END,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.LIST_SEE,
            Permission.MEMBER_SEE,
            Permission.AUDIT_READ,
            Permission.THRESHOLD_SEE,
            Permission.MODEL_SEE,
            Permission.OPERATIONS_SEE,
        }
    ),
}

# The second way past "nobody grants what they lack": roles that a role may give although it lacks what they may do.
# An admin appoints curators and still decides nothing; what keeps an admin from deciding through people of their
# own is that three curators are drawn by lot for each case, and that every grant is in the audit log.
GRANTS: dict[Role, frozenset[Role]] = {Role.ADMIN: frozenset(Role)}

# What the admin role takes away, whichever other roles a member has.
DECIDING = frozenset({Permission.ENTRY_DECIDE, Permission.APPEAL_DECIDE})

# Roles that wait for a second admin and a day. A role that may give roles must be here, or the guard has a hole.
SLOW = frozenset({Role.ADMIN})


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What these roles may do together."""
    held = frozenset(roles)
    allowed = frozenset[Permission]().union(*(PERMISSIONS[role] for role in held))
    return allowed - DECIDING if Role.ADMIN in held else allowed


def may_grant(roles: Iterable[Role], role: Role) -> bool:
    """Whether somebody with these roles may give that one to another member."""
    held = frozenset(roles)
    if Permission.MEMBER_GRANT not in permissions_of(held):
        return False
    return PERMISSIONS[role] <= permissions_of(held) or any(role in GRANTS.get(one, ()) for one in held)


def agree(roles: Iterable[Role]) -> bool:
    """Whether one person may hold these roles at once: an admin must not also decide."""
    held = frozenset(roles)
    return Role.ADMIN not in held or not any(PERMISSIONS[role] & DECIDING for role in held)
