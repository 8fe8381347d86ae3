"""What a reader sees of each post, and what the service said about it."""

from collections.abc import Iterable
from typing import Any

from tests.harness.browser import Tab
from tests.harness.processes import wait_until
from tests.harness.recorder import Recorder
from tests.harness.x_page import Post

# The page knows which post it put where; the extension has no part in it.
STATES = """Object.fromEntries(
    [...document.querySelectorAll('article[data-testid=tweet]')].map(article => {
        const before = article.previousElementSibling;
        return [article.closest('[data-testid=cellInnerDiv]').item.post.id, {
            mark: article.dataset.panah ?? '',
            seen: article.checkVisibility(),
            cover: before?.localName.startsWith('panah-') ? before.localName : '',
            about: before?.dataset?.statusId ?? '',
        }];
    }))"""

SHOWN = {"mark": "", "seen": True, "cover": "", "about": ""}


def line_of(post: Post) -> str:
    """The selector of our line in place of a reply."""
    return f'panah-line[data-status-id="{post.id}"]'


def article_of(post: Post) -> str:
    """The selector of a post's article, by the link that X gives it."""
    return f'article[data-testid=tweet]:has(a[href="/{post.handle}/status/{post.id}"])'


def hidden(post: Post) -> dict[str, Any]:
    return {"mark": "hidden", "seen": False, "cover": "panah-line", "about": post.id}


def flagged(post: Post) -> dict[str, Any]:
    return {"mark": "flagged", "seen": True, "cover": "panah-flag", "about": post.id}


def states(tab: Tab) -> dict[str, dict[str, Any]]:
    """What stands on the page now, by status id."""
    found: dict[str, dict[str, Any]] = tab.evaluate(STATES)
    return found


def expected(edge: Recorder, posts: Iterable[Post], *, present: str = "hide") -> dict[str, dict[str, Any]]:
    """How the page must look after the service's verdicts; `present` is "hide" or "flag", as the popup has it."""
    looks = {}
    verdicts = edge.verdicts
    for post in posts:
        action = verdicts[post.text]["action"]
        if action == "hide" and present == "hide":
            looks[post.id] = hidden(post)
        else:
            looks[post.id] = SHOWN if action == "show" else flagged(post)
    return looks


def wait_for_verdicts(edge: Recorder, posts: Iterable[Post]) -> None:
    """Until the service has answered about every one of the posts."""
    wanted = {post.text for post in posts}
    wait_until(lambda: wanted <= edge.verdicts.keys(), "every reply has a verdict")


def wait_for_looks(tab: Tab, looks: dict[str, dict[str, Any]]) -> None:
    """Until the named posts look like that, all at once; otherwise shows how they differ."""

    def difference() -> dict[str, tuple[Any, Any]]:
        now = states(tab)
        return {name: (look, now.get(name)) for name, look in looks.items() if look != now.get(name)}

    try:
        wait_until(lambda: not difference(), "the posts look as expected")
    except TimeoutError as cause:
        raise AssertionError(f"expected and found, by status id: {difference()}") from cause


def read(tab: Tab, edge: Recorder, posts: Iterable[Post]) -> dict[str, dict[str, Any]]:
    """Waits until all the posts are judged and shown as judged; their looks."""
    posts = list(posts)
    wait_for_verdicts(edge, posts)
    looks = expected(edge, posts)
    wait_for_looks(tab, looks)
    return looks
