"""Writes the README's pictures: python -m tests.journeys.screenshots FOLDER

The thread is the made-up one of thread.json; the extension, the service and the verdicts are real.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.harness.chromium import Chromium, running_chromium
from tests.harness.panah_server import running_panah
from tests.harness.recorder import Recorder, recording
from tests.harness.x_page import Post, Scene
from tests.journeys.conftest import EXTENSION, set_up
from tests.journeys.reading import article_of, read
from tests.journeys.thread import PATH, REPLIES, thread, urdu_thread

SIZE = (980, 1000)  # CSS pixels; the thread's column and the bar beside it
POPUP_WIDTH = 380  # CSS pixels


def photograph(
    chromium: Chromium, edge: Recorder, scene: Scene, replies: Iterable[Post], picture: Path, **settings: str | bool
) -> None:
    """The top of a thread once every reply in sight is judged."""
    set_up(chromium, edge.url, **settings)
    edge.clear()
    chromium.kill_worker()  # It would remember the verdicts, and nothing would pass the edge.
    chromium.show(scene)
    tab = chromium.open(PATH, size=SIZE)
    if settings.get("enabled", True):
        read(tab, edge, replies)
    tab.wait_for(f"document.querySelector('{article_of(REPLIES[2])}')", "the thread is there")
    tab.page.screenshot(path=picture)
    tab.close()


def photograph_popup(chromium: Chromium, edge: Recorder, picture: Path, **settings: str | bool) -> None:
    """The whole popup while the service is ready."""
    set_up(chromium, edge.url, **settings)
    tab = chromium.open_extension("popup.html")
    tab.page.set_viewport_size({"width": POPUP_WIDTH, "height": 600})
    tab.wait_for("document.querySelector('#version').textContent", "the service is ready")
    tab.page.screenshot(path=picture, full_page=True)
    tab.close()


def take_all(folder: Path) -> None:
    """All pictures, as PNG files of two dots per CSS pixel."""
    folder.mkdir(parents=True, exist_ok=True)
    in_english, in_urdu = REPLIES[:6], [reply for reply in REPLIES if reply.lang != "en"][:5]
    with (
        TemporaryDirectory() as name,
        running_panah(Path(name), database_url=f"sqlite:///{name}/panah.db") as server,
        recording(server.url) as edge,
        sync_playwright() as playwright,
        running_chromium(playwright, EXTENSION, Path(name, "profile"), scale=2) as chromium,
    ):
        light, dark = thread(full=False), thread(full=False, theme="dark")
        photograph(chromium, edge, light, in_english, folder / "thread-off.png", enabled=False)
        photograph(chromium, edge, light, in_english, folder / "thread-on.png")
        photograph(chromium, edge, dark, in_english, folder / "thread-on-dark.png")
        photograph(chromium, edge, urdu_thread(), in_urdu, folder / "thread-on-urdu.png", language="ur")
        photograph_popup(chromium, edge, folder / "popup.png")
        photograph_popup(chromium, edge, folder / "popup-urdu.png", language="ur")


if __name__ == "__main__":
    take_all(Path(sys.argv[1]))
