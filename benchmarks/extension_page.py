"""The made-up conversation that the extension is measured on: of X's bulk, with thousands of replies."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.harness.x_page import Cell, Post, Scene, conversation
from tests.journeys.thread import EXPECTED, FOCAL, REPLIES, VIEWER

SCRIPT = Path(__file__).with_name("extension_page.js")
START = "\nframe();\nrender();\n"  # where the made-up page draws itself
FIRST_ID = 1_989_000_000_000_100_001


@dataclass(frozen=True)
class Texts:
    """Replies of the made-up thread on which the service agrees with us, whatever number follows them."""

    blaming: Sequence[Post]
    kind: Sequence[Post]

    def at(self, number: int, distinct: int) -> Post:
        """The reply of that number: one in five blames. The texts repeat after `distinct`."""
        turn, place = divmod(number % distinct, 5)
        written = self.blaming if place == 2 else self.kind
        pattern = written[(turn * 4 + place) % len(written)]
        return replace(
            pattern,
            id=str(FIRST_ID + number * 3),
            handle=f"reader_{number}",
            name=f"Reader {number}",
            text=numbered(pattern.text, 1000 + number % distinct),
        )

    def blames(self, distinct: int) -> list[str]:
        return [self.at(number, distinct).text for number in range(2, distinct, 5)]


def numbered(text: str, number: int) -> str:
    """Another text for the service, the same for a reader."""
    return f"{text} {number}"


def choose_texts(server: str) -> Texts:
    """Asks the service about each reply with eight numbers. Raises RuntimeError when too few are left."""
    kept: dict[str, list[Post]] = {"hide": [], "show": []}
    for reply in REPLIES:
        wanted = {"hidden": "hide", "shown": "show"}.get(EXPECTED[reply.id])
        if wanted is None:
            continue
        texts = [numbered(reply.text, number) for number in range(2, 120_000, 16_000)]
        if judge(server, texts) == [wanted] * len(texts):
            kept[wanted].append(reply)
    if min(len(replies) for replies in kept.values()) < 3:
        raise RuntimeError(f"The model does not judge these replies as it did: {kept}")
    return Texts(kept["hide"], kept["show"])


def judge(server: str, texts: Sequence[str]) -> list[str]:
    """What the service would have done with these replies."""
    replies = [{"id": str(n), "text": text, "context": FOCAL.text} for n, text in enumerate(texts)]
    answer = httpx.post(f"{server}/v1/score", json={"replies": replies}, timeout=30).raise_for_status()
    return [verdict["action"] for verdict in answer.json()["verdicts"]]


@dataclass(frozen=True)
class Growing(Scene):
    """A conversation that the page loads part by part. `bulky`: with the size of X's markup and answers."""

    texts: Texts = Texts((), ())
    distinct: int = 1000  # texts, before they repeat
    bulky: bool = True

    def html(self) -> str:
        page = super().html()
        assert page.count(START) == 1, "the made-up page draws itself in another way"
        extras = f"scene.bulky = {json.dumps(self.bulky)};\n{SCRIPT.read_text('utf-8')}"
        if self.bulky:
            return page.replace(START, f"\n{extras}\nframe();\nfattenFrame();\nrender();\n")
        return page.replace(START, f"\n{extras}{START}")

    def graphql(self, address: str) -> str:
        """The replies of those numbers, below the focal post, with as many other fields as X's answers have."""
        asked = parse_qs(urlsplit(address).query)
        first, count = int(asked["from"][0]), int(asked["count"][0])
        cells = [
            Cell(post=self.texts.at(number, self.distinct), part="reply") for number in range(first, first + count)
        ]
        plain = Scene({FOCAL.id: cells}, self.viewer).graphql(address)
        if not self.bulky:
            return plain
        answer: dict[str, Any] = json.loads(plain)
        (instruction,) = answer["data"]["threaded_conversation_with_injections_v2"]["instructions"]
        for entry in instruction["entries"]:
            result = entry["content"]["itemContent"]["tweet_results"]["result"]
            result |= self._other_fields
            result["core"]["user_results"]["result"]["legacy"] = self._other_account_fields
        return json.dumps(answer)

    @cached_property
    def _other_fields(self) -> dict[str, object]:
        return {
            "edit_control": {"edit_tweet_ids": ["1"], "editable_until_msecs": "1", "is_edit_eligible": True},
            "views": {"count": "4100", "state": "EnabledWithCount"},
            "grok_analysis_button": True,
            "unmention_data": {},
            "quick_promote_eligibility": {"eligibility": "IneligibleNotProfessional"},
            "source": '<a href="https://example.org/made-up" rel="nofollow">Made-up client</a>',
            "entities_of_it": [
                {"kind": kind, "indices": [[0, 1], [2, 3]], "urls": [{"expanded": "https://example.org/"}]}
                for kind in ("hashtags", "symbols", "timestamps", "mentions", "media", "urls", "cards")
            ],
        }

    @cached_property
    def _other_account_fields(self) -> dict[str, object]:
        return {f"made_up_field_{number}": f"https://example.org/{number}/" + "x" * 40 for number in range(45)}


def growing(texts: Texts, **looks: Any) -> Growing:
    """The focal post alone, to begin with."""
    return Growing({FOCAL.id: conversation(FOCAL, ())}, VIEWER, texts=texts, **looks)
