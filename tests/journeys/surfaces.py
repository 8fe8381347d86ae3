"""Made-up timelines of every kind that replies are met in, on one site, with who must be judged in each."""

from tests.harness.x_page import Cell, Post, Scene, conversation
from tests.journeys.thread import BLAME, FOCAL, REPLIES, VIEWER

_serial = iter(range(1_990_000_000_000_000_001, 1_990_000_000_000_000_999))


def stranger(handle: str, text: str, **more: object) -> Post:
    """A post by somebody the viewer does not know."""
    return Post(str(next(_serial)), handle, handle.replace("_", " ").title(), text, **more)  # type: ignore[arg-type]


def feed(*posts: Post) -> list[Cell]:
    """Posts of a timeline, each a thread of its own."""
    return [Cell(post=post, part="feed") for post in posts]


# Each names the reader or answers somebody, and would be hidden below a disclosure.
MENTIONING = stranger("grey_door", f"@{VIEWER.handle} {BLAME} (a mention)")
ANSWERING = stranger("brown_table", f"{BLAME} (an answer in a timeline)", answering=("paper_lantern",))
BELOW_OWN = stranger("tall_fence", f"{BLAME} (an answer below the reader's post)")
QUOTES_HER = stranger("slow_clock", f"{BLAME} (a quoting post)", quote=FOCAL)
# Nobody's answer: a post that stands by itself.
ALONE = stranger("green_kettle", f"{BLAME} (a post that answers nobody)")
LIKED = "Somebody liked your post"
OWN_POST = Post(
    "1990000000000001000",
    VIEWER.handle,
    VIEWER.name,
    "He attacked me on my way home and I am tired of keeping quiet.",
)
PROMOTED = stranger("shiny_pan", f"{BLAME} (an advertisement in a timeline)")

JUDGED: dict[str, list[Post]] = {
    "/notifications": [MENTIONING, ANSWERING],
    "/notifications/mentions": [MENTIONING],
    f"/{FOCAL.handle}/status/{FOCAL.id}/quotes": [QUOTES_HER],
    "/search": [ANSWERING, MENTIONING],
    "/home": [BELOW_OWN],
    "/i/lists/1990000000000000042": [ANSWERING],
    "/brown_table/with_replies": [ANSWERING],
}
ONLY_FLAGGED = "/home"  # where a quoting post stands among others


def surfaces(**looks: object) -> Scene:
    """The site with all of its timelines."""
    feeds = {path: feed(ALONE, *posts) for path, posts in JUDGED.items()}
    for path in ("/notifications", "/notifications/mentions"):
        feeds[path] = [Cell("notification", text=LIKED), *feed(*JUDGED[path])]
    quotes = next(path for path in JUDGED if path.endswith("/quotes"))
    feeds[quotes] = feed(QUOTES_HER)
    feeds["/home"] = [
        *feed(ALONE, QUOTES_HER),
        Cell(post=OWN_POST, part="feed", joined=True, line=False),
        *feed(BELOW_OWN),
        Cell(post=PROMOTED, part="promoted"),
    ]
    # Not a page where anything is judged, whatever stands there.
    feeds["/messages/1-2"] = feed(ANSWERING)
    conversations = {FOCAL.id: conversation(FOCAL, REPLIES[:2])}
    return Scene(conversations, VIEWER, feeds=feeds, **looks)  # type: ignore[arg-type]
