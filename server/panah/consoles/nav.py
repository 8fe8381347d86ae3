"""What each console is made of. A member sees the parts that their roles allow."""

from dataclasses import dataclass

from panah.accounts.dependencies import SignedIn
from panah.accounts.permissions import Permission


@dataclass(frozen=True)
class Part:
    """One entry of the menu; its name is `common.nav` of the strings."""

    name: str
    path: str
    permission: Permission


CURATE = (
    Part("queue", "/curate", Permission.LIST_SEE),
    Part("appeals", "/curate/appeals", Permission.LIST_SEE),
    Part("lists", "/curate/lists", Permission.LIST_SEE),
    Part("tools", "/curate/tools", Permission.LIST_SEE),
    Part("work", "/curate/work", Permission.LIST_SEE),
)
ADMIN = (
    Part("operations", "/admin", Permission.OPERATIONS_SEE),
    Part("thresholds", "/admin/thresholds", Permission.THRESHOLD_SEE),
    Part("models", "/admin/models", Permission.MODEL_SEE),
    Part("feedback", "/admin/feedback", Permission.FEEDBACK_LABEL),
    Part("members", "/admin/members", Permission.MEMBER_SEE),
    Part("audit", "/admin/audit", Permission.AUDIT_READ),
    Part("keys", "/admin/keys", Permission.OPERATIONS_SEE),
)
CONSOLES = {"curate": CURATE, "admin": ADMIN}


def menus(who: SignedIn) -> dict[str, list[Part]]:
    """The parts of each console that a member may open; consoles without any are left out."""
    found = {name: [part for part in parts if who.may(part.permission)] for name, parts in CONSOLES.items()}
    return {name: parts for name, parts in found.items() if parts}


def part_of(path: str) -> Part | None:
    """The menu entry that a page belongs to: the longest whose path it begins with."""
    parts = [part for console in CONSOLES.values() for part in console]
    fitting = [part for part in parts if path == part.path or path.startswith(part.path + "/")]
    return max(fitting, key=lambda part: len(part.path), default=None)
