"""The made-up thread of thread.json on the made-up site, with what must never be hidden or sent around it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.harness.x_page import Cell, Post, Scene, conversation

_written: dict[str, Any] = json.loads(Path(__file__).with_name("thread.json").read_text("utf-8"))


def _post(written: dict[str, Any]) -> Post:
    known = {name: written[name] for name in ("id", "handle", "name", "text", "lang", "hours") if name in written}
    return Post(**known)


FOCAL = _post(_written["focal"])
REPLIES = [_post(reply) for reply in _written["replies"]]
EXPECTED: dict[str, str] = {reply["id"]: reply["expect"] for reply in _written["replies"]}
# Plain blame that the released model does not hide. The expectation stays; a better model takes the mark away.
MISSED: set[str] = {reply["id"] for reply in _written["replies"] if "missed_by" in reply}
WHY: dict[str, str] = {reply["id"]: reply["why"] for reply in _written["replies"]}
PATH = f"/{FOCAL.handle}/status/{FOCAL.id}"

VIEWER = Post("1989000000000000002", "quiet_reader", "Quiet Reader", "")
# Long and plain enough to be hidden with anything behind it, below any post.
BLAME = "This is your own fault, you went there alone at night, what did you expect would happen"

# All of these would be hidden if they were replies of strangers.
ANCESTOR = Post("1988000000000000001", "old_lamp", "Old Lamp", f"{BLAME} (an ancestor)")
OWN = Post("1989000000000009301", VIEWER.handle, VIEWER.name, f"{BLAME} (the viewer)")
PROMOTED = Post("1989000000000009302", "sunny_shoes", "Sunny Shoes", f"{BLAME} (an advertisement)")
PROTECTED = Post("1989000000000009303", "shut_door", "Shut Door", f"{BLAME} (a protected account)", protected=True)
DISCOVERED = Post("1989000000000009304", "far_away", "Far Away", f"{BLAME} (an unrelated post)")
AT_HOME = Post("1989000000000009305", "home_bird", "Home Bird", f"{BLAME} (a post at home)")
NEVER = (ANCESTOR, OWN, PROMOTED, PROTECTED, DISCOVERED, AT_HOME)

QUOTED = Post("1989000000000009306", "loud_drum", "Loud Drum", f"{BLAME} (a quoted post)")
QUOTING = Post(
    "1989000000000009307",
    "wide_margin",
    "Wide Margin",
    "Nobody should ever have to read this under a post like hers. We believe her.",
    quote=QUOTED,
)
LONG = Post(
    "1989000000000009308",
    "long_train",
    "Long Train",
    "Thank you for writing this. I read it twice and I will read it to my sister tonight",
    rest=". You are not alone in this, and you never were.",
)
MENTIONING = Post(
    "1989000000000009309",
    "soft_pencil",
    "Soft Pencil",
    "@paper_lantern @old_lamp we are with you, this may help: https://example.org/help?from=soft_pencil",
)


def thread(*, full: bool = True, **looks: Any) -> Scene:
    """The whole thread; `full` adds the ancestor, the viewer's own reply, an advertisement and the others."""
    if not full:
        return Scene({FOCAL.id: conversation(FOCAL, REPLIES)}, VIEWER, about=_written["focal"]["about"], **looks)
    replies = [*REPLIES[:4], OWN, QUOTING, PROTECTED, LONG, MENTIONING, *REPLIES[4:]]
    cells = conversation(
        FOCAL,
        replies,
        ancestors=[ANCESTOR],
        extras={
            3: Cell(post=PROMOTED, part="promoted"),
            6: Cell("tombstone", text="This post is from an account that no longer exists."),
        },
        after=[
            Cell("more-replies", text="Show more replies"),
            Cell("heading", text="Discover more", line=False),
            Cell(post=DISCOVERED, part="discover"),
        ],
    )
    home = [Cell(post=post, part="feed") for post in (AT_HOME, FOCAL)]
    return Scene({FOCAL.id: cells}, VIEWER, feeds={"/home": home}, **looks)


def urdu_thread(**looks: Any) -> Scene:
    """The disclosure in Urdu, with the replies that are in Urdu, in either script, on a page in Urdu."""
    focal = replace(FOCAL, text=_written["focal"]["text_in_urdu"], lang="ur")
    replies = [reply for reply in REPLIES if reply.lang != "en"]
    return Scene({FOCAL.id: conversation(focal, replies)}, VIEWER, lang="ur", **looks)


def long_thread(replies: Sequence[Post]) -> Scene:
    """A conversation under the same focal post with these replies only."""
    return Scene({FOCAL.id: conversation(FOCAL, replies)}, VIEWER)
