"""A synthetic page written after X's structure; no line of it is X's.

Structure: a virtual list of absolute cells, test ids, what marks a focal post, a promoted one, a quote and a
protected account, pages that change without a load. Facts come from saved pages and from public extensions.
Known liberties: articles are reused with other contents while scrolling, harsher than X is known to be; the
Urdu labels are ours; X's "own" pictures, menus and network calls are left out.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Literal
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
    """What one post shows. `rest` is what "Show more" adds; `lang` is X's guess, as an attribute."""

    id: str
    handle: str
    name: str
    text: str
    lang: str = "en"
    rest: str = ""
    protected: bool = False
    quote: "Post | None" = None
    hours: int = 3

    def shown(self, words: dict[str, str]) -> dict[str, object]:
        """The post as the page's script takes it, with counts and a colour that follow from its id."""
        number = crc32(self.id.encode())
        return {
            **asdict(self),
            "colour": COLOURS[crc32(self.handle.encode()) % len(COLOURS)],
            "quote": self.quote.shown(words) if self.quote else None,
            "account_id": str(1_700_000_000_000_000_000 + number),
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


Part = Literal["ancestor", "focal", "reply", "promoted", "discover", "home"]


@dataclass(frozen=True)
class Cell:
    """One slot of the list: a post in its part of the page, or something that holds no post."""

    kind: Literal["post", "separator", "heading", "tombstone", "more-replies"] = "post"
    post: Post | None = None
    part: Part | None = None
    text: str = ""
    joined: bool = False  # the next post answers this one: a thin line joins them
    line: bool = True  # a border closes this cell


@dataclass(frozen=True)
class Scene:
    """All that the made-up site holds: conversations by the id of their focal post, and the home page."""

    conversations: dict[str, Sequence[Cell]]
    viewer: Post
    home: Sequence[Cell] = ()
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
            "home": [_as_json(cell, words) for cell in self.home],
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


def _as_json(cell: Cell, words: dict[str, str]) -> dict[str, object]:
    return {**asdict(cell), "post": cell.post.shown(words) if cell.post else None}
