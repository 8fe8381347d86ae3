"""What a journey may do with a browser, so that one journey runs in Chromium and in Firefox."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tests.harness.x_page import Scene

HOSTS = ("x.com", "twitter.com", "mobile.twitter.com")
EXIT = "https://www.google.com/"  # where a quick exit leads; an empty page answers there
GRAPHQL = "/i/api/graphql/"  # where X's own script asks for posts


class Tab(Protocol):
    """One tab. Expressions are JavaScript in the page's own world; promises are awaited."""

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, as JSON holds it."""

    def wait_for(self, expression: str, what: str) -> Any:
        """The first value of the expression that is true. Raises TimeoutError, saying `what` was awaited."""

    def click(self, selector: str) -> None:
        """A click with the mouse on the one element that matches."""

    def fill(self, selector: str, text: str) -> None:
        """Replaces what stands in the one field that matches by keys."""

    def address(self) -> str:
        """Where the tab is."""

    def give(self, selector: str, *files: Path) -> None:
        """Chooses files in the one file field that matches, as its dialog does."""

    def download(self, selector: str) -> Path:
        """A click on what hands over a file, and where the browser put it."""

    def press(self, host: str, button: str) -> None:
        """A click with the mouse on the button of that name in the closed shadow root of `host`."""

    def read(self, host: str) -> str:
        """All text that is offered in the closed shadow root of `host`, one space between its parts."""

    def front(self) -> None:
        """Brings the tab before the others: one that nobody sees stands still."""

    def close(self) -> None: ...


class Browser(Protocol):
    """One browser with the extension in it. The site answers with the scene that was shown last."""

    def show(self, scene: Scene) -> None:
        """The site as it is from the next load on."""

    def open(self, path: str, *, host: str = "x.com", size: tuple[int, int] = (1000, 900)) -> Tab:
        """A new tab on a page of the site, `size` CSS pixels wide and high."""

    def open_extension(self, page: str) -> Tab:
        """A new tab on one of the extension's own pages."""

    def open_file(self, path: Path) -> Tab:
        """A new tab on a file of this machine."""

    def tabs_on(self, page: str) -> Sequence[Tab]:
        """The open tabs that show one of the extension's own pages, whoever opened them."""

    def close_tabs(self) -> None:
        """Leaves one empty tab."""
