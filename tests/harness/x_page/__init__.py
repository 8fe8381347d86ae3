"""A synthetic page written after X's structure; no line of it is X's.

Structure: a virtual list of absolute cells, test ids, what marks a focal post, a promoted one, a quote and a
protected account, pages that change without a load. Facts come from saved pages and from public extensions.
Known liberties: articles are reused with other contents while scrolling, harsher than X is known to be; the
Urdu labels are ours; X's "own" pictures and menus are left out, and of its network calls all but the posts' data.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Literal
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

HERE = Path(__file__).parent
WORDS: dict[str, dict[str, str]] = json.loads((HERE / "words.json").read_text("utf-8"))
NONCE = "bm9uY2U"
# As strict as X's own: what needs looser rules would not work there.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:; object-src 'none'; "
    f"script-src 'self' 'nonce-{NONCE}'; style-src 'self' 'unsafe-inline'"
)
COLOURS = ("#3a6b8a", "#7a5a8c", "#4f7d5b", "#a0683f", "#5a6c9c", "#8a5064", "#50797b", "#75703a")

Theme = Literal["light", "dark"]
Language = Literal["en", "ur"]


@dataclass(frozen=True)
class Post:
    """What one post shows. `rest` is what "Show more" adds; `lang` is X's guess, as an attribute.

    `original` is what was written where `text` is a translation. `answering` are the handles of a "Replying to"
    row. What X's data alone tells is `parent`, the id of the post that is answered, and whether the viewer follows
    the author.
    """

    id: str
    handle: str
    name: str
    text: str
    lang: str = "en"
    rest: str = ""
    protected: bool = False
    quote: "Post | None" = None
    hours: int = 3
    original: str = ""
    answering: tuple[str, ...] = ()
    parent: str = ""
    followed: bool = False
    more_tag: Literal["button", "a", "div"] = "button"

    @property
    def account_id(self) -> str:
        """X's number of the author's account, the same for all posts of one handle."""
        return str(1_700_000_000_000_000_000 + crc32(self.handle.encode()))

    def shown(self, words: dict[str, str]) -> dict[str, object]:
        """The post as the page's script takes it, with counts and a colour that follow from its id."""
        number = crc32(self.id.encode())
        return {
            **asdict(self),
            "colour": COLOURS[crc32(self.handle.encode()) % len(COLOURS)],
            "quote": self.quote.shown(words) if self.quote else None,
            "account_id": self.account_id,
            "ago": words["ago"].format(self.hours),
            "full_date": words["date"],
            "datetime": f"2026-11-14T{23 - self.hours % 23:02}:12:00.000Z",
            "counts": {
                "replies": number % 7,
                "reposts": number % 11,
                "likes": number % 83,
                "views": 900 + number % 7000,
            },
        }


Part = Literal["ancestor", "focal", "reply", "promoted", "discover", "feed"]


@dataclass(frozen=True)
class Cell:
    """One slot of the list: a post in its part of the page, or something that holds no post."""

    kind: Literal["post", "separator", "heading", "tombstone", "more-replies", "notification"] = "post"
    post: Post | None = None
    part: Part | None = None
    text: str = ""
    joined: bool = False  # the next post answers this one: a thin line joins them
    line: bool = True  # a border closes this cell


@dataclass(frozen=True)
class Scene:
    """All that the made-up site holds: conversations by the id of their focal post, and timelines by their path.

    A `wired` site loads each page's posts by a request first, as X does; the answer tells more than the page shows.
    """

    conversations: dict[str, Sequence[Cell]]
    viewer: Post
    feeds: dict[str, Sequence[Cell]] = field(default_factory=dict)
    wired: bool = False
    theme: Theme = "light"
    lang: Language = "en"
    about: str = ""
    may_reply: bool = True
    words: dict[str, str] = field(default_factory=dict)

    def html(self) -> str:
        """The document that every path of the site answers with."""
        words = {**WORDS[self.lang], **self.words}
        focal = next(cell.post for cell in next(iter(self.conversations.values())) if cell.part == "focal")
        assert focal
        scene = {
            "words": words,
            "dir": "rtl" if self.lang == "ur" else "ltr",
            "viewer": self.viewer.shown(words),
            "relevant": {**focal.shown(words), "about": self.about},
            "may_reply": self.may_reply,
            "wired": self.wired,
            "feeds": {path: [_as_json(cell, words) for cell in cells] for path, cells in self.feeds.items()},
            "conversations": {
                focal_id: [_as_json(cell, words) for cell in cells]
                for focal_id, cells in self.conversations.items()
            },
        }
        return Template((HERE / "page.html").read_text("utf-8")).substitute(
            lang=self.lang,
            dir=scene["dir"],
            theme=self.theme,
            title=words["post"],
            nonce=NONCE,
            background="rgb(0, 0, 0)" if self.theme == "dark" else "rgb(255, 255, 255)",
            style=(HERE / "page.css").read_text("utf-8"),
            script=(HERE / "markup.js").read_text("utf-8") + (HERE / "page.js").read_text("utf-8"),
            # The text stands inside a script element: nothing in it may end that element.
            scene=json.dumps(scene, ensure_ascii=False).replace("<", "\\u003c"),
        )

    def graphql(self, address: str) -> str:
        """X's data on the page whose path the address names, in the shape of its answers since May 2025."""
        path = parse_qs(urlsplit(address).query)["path"][0]
        focal_id = path.partition("/status/")[2].partition("/")[0]
        cells = self.feeds.get(path) or self.conversations.get(focal_id, ())
        entries = [
            {
                "entryId": f"tweet-{cell.post.id}",
                "content": {
                    "entryType": "TimelineTimelineItem",
                    "itemContent": {
                        "itemType": "TimelineTweet",
                        "tweet_results": {"result": _as_result(cell.post, focal_id)},
                        **({"promotedMetadata": {}} if cell.part == "promoted" else {}),
                    },
                },
            }
            for cell in cells
            if cell.post
        ]
        instructions = [{"type": "TimelineAddEntries", "entries": entries}]
        return json.dumps({"data": {"threaded_conversation_with_injections_v2": {"instructions": instructions}}})

    def looking(self, *, theme: Theme | None = None, lang: Language | None = None) -> "Scene":
        """The same site in another theme or language."""
        return replace(self, theme=theme or self.theme, lang=lang or self.lang)


def conversation(
    focal: Post,
    replies: Sequence[Post],
    *,
    ancestors: Sequence[Post] = (),
    extras: dict[int, Cell] | None = None,
    after: Sequence[Cell] = (),
) -> list[Cell]:
    """The cells of a post's own page, separators included. `extras` come before the reply of that number."""
    cells = [Cell(post=post, part="ancestor", joined=True, line=False) for post in ancestors]
    cells.append(Cell(post=focal, part="focal"))
    for number, reply in enumerate(replies):
        if extras and number in extras:
            cells += [extras[number], Cell("separator", line=False)]
        # X closes each thread of replies with an empty cell at the next one's place.
        cells += [Cell(post=reply, part="reply"), Cell("separator", line=False)]
    return [*cells, *after]


def _as_result(post: Post, focal_id: str) -> dict[str, object]:
    text = post.original or post.text + post.rest
    parent = post.parent or (focal_id if post.id != focal_id else "")
    return {
        "__typename": "Tweet",
        "rest_id": post.id,
        "core": {
            "user_results": {
                "result": {
                    "__typename": "User",
                    "rest_id": post.account_id,
                    "core": {"screen_name": post.handle, "name": post.name},
                    "relationship_perspectives": {"following": post.followed},
                    "privacy": {"protected": post.protected},
                }
            }
        },
        "legacy": {
            "full_text": text[:280],
            "lang": post.lang,
            "user_id_str": post.account_id,
            **({"in_reply_to_status_id_str": parent} if parent else {}),
            **({"conversation_id_str": focal_id} if focal_id else {}),
        },
        **({"note_tweet": {"note_tweet_results": {"result": {"text": text}}}} if len(text) > 280 else {}),
    }


def _as_json(cell: Cell, words: dict[str, str]) -> dict[str, object]:
    return {**asdict(cell), "post": cell.post.shown(words) if cell.post else None}
