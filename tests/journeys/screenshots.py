"""Writes the pictures of the README and of the stores: python -m tests.journeys.screenshots FOLDER STORE

All that is read in them is made up; the extension, the service and the verdicts are real.
"""

import json
import shutil
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import FloatRect, Playwright, sync_playwright

from tests.harness.chromium import Chromium, ChromiumTab, running_chromium
from tests.harness.panah_server import running_panah
from tests.harness.processes import wait_until
from tests.harness.published import Publisher, publishing
from tests.harness.recorder import Recorder, recording
from tests.harness.x_page import Language, Post, Scene, conversation
from tests.journeys.conftest import EXTENSION, set_up
from tests.journeys.console_pictures import take_consoles
from tests.journeys.pages import choose, find_tab, wait_for_text
from tests.journeys.reading import article_of, line_of, read
from tests.journeys.thread import FOCAL, PATH, QUOTING, REPLIES, VIEWER, thread, urdu_thread

LOCALES = EXTENSION.parent / "_locales"
README_SIZE = (980, 1000)  # CSS pixels; the thread's column and the bar beside it
STORE_SIZE = (1280, 800)  # dots, as the stores ask for them
POPUP_SIZE = (380, 600)  # CSS pixels; no browser shows a higher one
AROUND = 24  # CSS pixels between what a picture is of and its edge

BLAMING = next(reply for reply in REPLIES if reply.handle == "night_bus_42")
IN_SIGHT: dict[Language, list[Post]] = {
    "en": REPLIES[:6],
    "ur": [reply for reply in REPLIES if reply.lang != "en"][:5],
}

# What the service's lists are called, what they are for, and how many made-up accounts are on them.
LISTS = (
    (
        "Quiet evenings",
        "Accounts that blame people for what was done to them, again and again.",
        "Replies that put the blame on whoever was harmed. One rude word is not enough.",
        214,
    ),
    (
        "No threats here",
        "Accounts that threaten people who speak about harassment.",
        "Replies that announce harm, in any language. Quoting a threat to warn of it does not count.",
        38,
    ),
)
LISTED = next(reply for reply in REPLIES if reply.handle == "harbour_light")


@dataclass(frozen=True)
class Camera:
    """A browser before a running service, and where its pictures go."""

    chromium: Chromium
    edge: Recorder
    folder: Path
    size: tuple[int, int]
    language: Language = "en"

    def set_up(self, **settings: str | bool) -> None:
        """All is as after installing, and nobody remembers a verdict."""
        set_up(self.chromium, self.edge.url, **{"language": self.language, **settings})
        self.edge.clear()
        self.chromium.kill_worker()  # It would remember the verdicts, and nothing would pass the edge.

    def open_thread(
        self, scene: Scene | None = None, replies: Iterable[Post] | None = None, **settings: str | bool
    ) -> ChromiumTab:
        """A thread once every reply in sight is judged."""
        self.set_up(**settings)
        plain = urdu_thread() if self.language == "ur" else thread(full=False)
        self.chromium.show(scene or plain)
        tab = self.chromium.open(PATH, size=self.size)
        if settings.get("enabled", True):
            read(tab, self.edge, IN_SIGHT[self.language] if replies is None else replies)
        tab.wait_for("document.querySelectorAll('article').length > 2", "the thread is there")
        return tab

    def open_page(self, page: str, *, size: tuple[int, int] | None = None) -> ChromiumTab:
        width, height = size or self.size
        tab = self.chromium.open_extension(page)
        tab.page.set_viewport_size({"width": width, "height": height})
        return tab

    def take(self, tab: ChromiumTab, name: str, clip: FloatRect | None = None) -> None:
        """The part of the page that is seen, or the clip of it."""
        tab.front()
        tab.page.mouse.move(0, 0)
        tab.page.evaluate("document.fonts.ready.then(() => true)")
        tab.page.screenshot(path=self.folder / f"{name}.png", clip=clip)

    def say(self, area: str, key: str) -> str:
        """A text of the extension's, as people see it."""
        texts = json.loads((LOCALES / self.language / f"{area}.json").read_text("utf-8"))
        said: str = texts[key]["message"]
        return said


def take_thread(camera: Camera, name: str, scene: Scene | None = None, **settings: str | bool) -> None:
    tab = camera.open_thread(scene, None, **settings)
    camera.take(tab, name)
    tab.close()


def take_line(camera: Camera, name: str) -> None:
    """One line with More and Why open, and what stands around it."""
    tab = camera.open_thread()
    open_line(camera, tab)
    camera.take(tab, name, clip=around(tab, line_of(BLAMING), article_of(REPLIES[0]), article_of(REPLIES[2])))
    tab.close()


def open_line(camera: Camera, tab: ChromiumTab) -> None:
    for key in ("why", "more"):
        tab.press(line_of(BLAMING), camera.say("line", key))


def take_quote(camera: Camera, name: str) -> None:
    """A kind reply that quotes a cruel one: only the quote is hidden."""
    scene = Scene({FOCAL.id: conversation(FOCAL, [REPLIES[0], QUOTING, REPLIES[2]])}, VIEWER)
    tab = camera.open_thread(scene, [REPLIES[0], REPLIES[2]])
    tab.wait_for(f"document.querySelector('{article_of(QUOTING)} panah-line')", "the quote is hidden")
    camera.take(tab, name, clip=around(tab, article_of(REPLIES[0]), article_of(QUOTING)))
    tab.close()


def around(tab: ChromiumTab, *selectors: str) -> FloatRect:
    """Where the elements stand in the window, with a margin."""
    tab.evaluate(f"document.querySelector({json.dumps(selectors[0])}).scrollIntoView({{block: 'center'}})")
    boxes = tab.evaluate(
        f"{json.dumps(selectors)}.map(one => document.querySelector(one).getBoundingClientRect().toJSON())"
    )
    left, top = min(box["left"] for box in boxes), min(box["top"] for box in boxes)
    right, bottom = max(box["right"] for box in boxes), max(box["bottom"] for box in boxes)
    return FloatRect(
        x=max(left - AROUND, 0),
        y=max(top - AROUND / 4, 0),
        width=right - left + 2 * AROUND,
        height=bottom - top + AROUND / 2,
    )


def open_popup(camera: Camera) -> ChromiumTab:
    """The popup of the thread that is open, once it knows all that it shows."""
    popup = camera.open_page(f"popup.html?tab={find_tab(camera.chromium)}", size=POPUP_SIZE)
    popup.wait_for("document.querySelector('#version').textContent", "the service is ready")
    popup.wait_for("document.querySelector('#covered-list li')", "the page was asked")
    return popup


def take_popup(camera: Camera, name: str) -> None:
    """All of the popup, more than a browser shows without scrolling."""
    tab = camera.open_thread()
    popup = open_popup(camera)
    # Not a picture of the full page: what stays at the foot of the window would stand in its middle.
    height = popup.evaluate("document.documentElement.scrollHeight")
    popup.page.set_viewport_size({"width": POPUP_SIZE[0], "height": height})
    camera.take(popup, name)
    close(popup, tab)


def take_popup_over_thread(camera: Camera, name: str) -> None:
    """The popup where a browser of that language opens it: two pictures in one, since none shows both."""
    tab = camera.open_thread()
    popup = open_popup(camera)
    behind, before = (as_source(one.page.screenshot()) for one in (tab, popup))
    joined = camera.open_page("manifest.json")
    side = "rtl" if camera.language == "ur" else "ltr"
    joined.page.set_content(
        f"""<html dir="{side}"><style>
            body {{ margin: 0; background: url({behind}) }}
            img {{ position: fixed; inset-block-start: 0; inset-inline-end: 24px;
                   border: 1px solid #8884; border-radius: 8px; box-shadow: 0 4px 24px #0006 }}
        </style><img src="{before}">"""
    )
    joined.wait_for("document.querySelector('img').complete", "the popup is there")
    camera.take(joined, name)
    close(joined, popup, tab)


def as_source(picture: bytes) -> str:
    return f"data:image/png;base64,{b64encode(picture).decode()}"


def take_list(camera: Camera, name: str) -> None:
    """What is hidden in the thread, as a list without its words."""
    tab = camera.open_thread()
    page = camera.open_page(f"hidden.html?tab={find_tab(camera.chromium)}")
    page.wait_for("document.querySelector('#list li')", "the page was asked")
    camera.take(page, name)
    close(page, tab)


def take_options(camera: Camera, name: str) -> None:
    camera.set_up()
    page = camera.open_page("options.html")
    page.wait_for("document.querySelector('#version').textContent", "the service is ready")
    camera.take(page, name)
    page.close()


def take_welcome(camera: Camera, name: str) -> None:
    """What is proposed to somebody who speaks about what happened to them."""
    camera.set_up()
    page = camera.open_page("welcome.html")
    page.click("#next")
    page.click("#role input[value=survivor]")
    page.wait_for("document.querySelector('#boxes input')", "settings are proposed")
    page.evaluate("scrollTo(0, 0)")
    camera.take(page, name)
    page.close()


def take_evidence(camera: Camera, name: str) -> None:
    """Two replies, saved from their lines."""
    tab = camera.open_thread()
    ours = [post for post in IN_SIGHT[camera.language] if is_hidden(tab, post)][:2]
    for post in ours:
        save(camera, tab, post)
    page = camera.open_page("evidence.html")
    page.wait_for(f"document.querySelectorAll('#list li').length === {len(ours)}", "what was saved is there")
    camera.take(page, name)
    close(page, tab)


def save(camera: Camera, tab: ChromiumTab, post: Post) -> None:
    """Presses "Save as evidence" in the line of a hidden reply."""
    for key in ("more", "save"):
        tab.press(line_of(post), camera.say("line", key))
    wait_until(lambda: camera.say("line", "saved") in tab.read(line_of(post)), "the reply is saved")


def is_hidden(tab: ChromiumTab, post: Post) -> bool:
    found: bool = tab.evaluate(f"document.querySelector({json.dumps(line_of(post))}) !== null")
    return found


def take_support(camera: Camera, name: str) -> None:
    camera.set_up()
    page = camera.open_page("support.html")
    page.page.select_option("#country", "PK")
    camera.take(page, name)
    page.close()


def use_list(camera: Camera) -> ChromiumTab:
    """The page of lists, once the reader uses the first one."""
    page = camera.open_page("lists.html")
    name = json.dumps(LISTS[0][0])
    card = f"[...document.querySelectorAll('#others > li')].find(one => one.textContent.includes({name}))"
    page.wait_for(f"{card} !== undefined", "the lists are there")
    page.evaluate(f"{card}.querySelector('.buttons button').click()")
    page.wait_for("document.querySelector('#used li') !== null", "it is used")
    return page


def take_lists(camera: Camera, name: str) -> None:
    """A list in use and another one."""
    camera.set_up()
    page = use_list(camera)
    page.evaluate("document.activeElement.blur()")
    end = page.evaluate("Math.ceil(document.querySelector('#others').getBoundingClientRect().bottom + scrollY)")
    page.page.set_viewport_size({"width": camera.size[0], "height": end + AROUND})
    page.evaluate("scrollTo(0, 0)")
    camera.take(page, name)
    page.close()


def take_why_list(camera: Camera, name: str) -> None:
    """A reply that is hidden for who wrote it, with all that its list tells."""
    around_it = [REPLIES[0], LISTED, REPLIES[2]]
    tab = camera.open_thread(Scene({FOCAL.id: conversation(FOCAL, around_it)}, VIEWER, wired=True), around_it)
    page = use_list(camera)
    tab.front()
    # It may have been labelled for its words before.
    tab.wait_for(f"document.querySelector({json.dumps(line_of(LISTED))}) !== null", "the reply is hidden")
    for key in ("why", "list_details"):
        tab.press(line_of(LISTED), camera.say("line", key))
    wait_until(lambda: LISTS[0][0] in tab.read(line_of(LISTED)).partition("2026")[0], "the list has told more")
    camera.take(tab, name, clip=around(tab, line_of(LISTED), article_of(REPLIES[0]), article_of(REPLIES[2])))
    close(page, tab)


def take_report(camera: Camera, name: str) -> None:
    """What will be sent to a list, once the rules were agreed to."""
    tab = camera.open_thread(thread(full=False, wired=True))
    for key in ("more", "report"):
        tab.press(line_of(BLAMING), camera.say("line", key))
    (page,) = wait_until(lambda: camera.chromium.tabs_on("report.html"), "the page for reporting is open")
    page.page.set_viewport_size({"width": camera.size[0], "height": camera.size[1]})
    page.click("#agree")
    page.wait_for("document.querySelector('#list option') !== null", "the lists are offered")
    slug = page.evaluate(
        f"[...document.querySelectorAll('#list option')].find(one => one.text === {json.dumps(LISTS[0][0])}).value"
    )
    choose(page, "#list", slug)
    choose(page, "#category", "blame")
    page.evaluate("document.activeElement.blur()")
    wait_for_text(page, "#sent", BLAMING.account_id)
    camera.take(page, name)
    close(page, tab)


def make_lists(publisher: Publisher) -> None:
    for at, (name, description, norms, count) in enumerate(LISTS):
        slug = publisher.make(name, description=description, norms=norms, contact="lists@panah.example")
        # Before anybody reads it, a list may begin large.
        numbers = [str(1_500_000_000_000_000_000 + 1_000 * at + number) for number in range(count - 1)]
        publisher.put(slug, LISTED.account_id, *numbers, max_growth=None)


def close(*tabs: ChromiumTab) -> None:
    for tab in tabs:
        tab.close()


def take_for_readme(english: Camera, urdu: Camera) -> None:
    take_thread(english, "thread-off", enabled=False)
    take_thread(english, "thread-on")
    take_thread(english, "thread-on-dark", thread(full=False, theme="dark"))
    take_thread(urdu, "thread-on-urdu")
    take_line(english, "line-open")
    take_quote(english, "quote-hidden")
    take_popup(english, "popup")
    take_popup(urdu, "popup-urdu")
    take_options(english, "options")
    take_welcome(english, "welcome")
    take_list(english, "hidden-list")
    take_evidence(english, "evidence")
    take_evidence(urdu, "evidence-urdu")
    take_support(english, "support")
    take_lists(english, "lists")
    take_report(english, "report")
    take_why_list(english, "why-list")


def take_for_stores(camera: Camera) -> None:
    language = camera.language
    take_popup_over_thread(camera, f"{language}-1-thread")
    take_welcome(camera, f"{language}-2-welcome")
    take_list(camera, f"{language}-3-hidden")
    take_evidence(camera, f"{language}-4-evidence")
    take_support(camera, f"{language}-5-support")


@contextmanager
def cameras(
    playwright: Playwright, edge: Recorder, extension: Path, folder: Path, size: tuple[int, int], scale: float
) -> Iterator[tuple[Camera, Camera]]:
    """An English one and an Urdu one, in one browser. `scale`: dots per CSS pixel."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as profile,
        running_chromium(playwright, extension, Path(profile), scale=scale) as chromium,
    ):
        chromium.close_tabs()
        yield Camera(chromium, edge, folder, size), Camera(chromium, edge, folder, size, "ur")


def take_all(folder: Path, store: Path) -> None:
    """All pictures, as PNG files."""
    with TemporaryDirectory() as name:
        # Copied: a build meanwhile must not change what is seen.
        extension = shutil.copytree(EXTENSION, Path(name, "extension"))
        with (
            running_panah(Path(name), database_url=f"sqlite:///{name}/panah.db") as server,
            recording(server.url) as edge,
            publishing(server) as publisher,
            sync_playwright() as playwright,
        ):
            make_lists(publisher)
            with cameras(playwright, edge, extension, folder, README_SIZE, 1.5) as (english, urdu):
                take_for_readme(english, urdu)
            with cameras(playwright, edge, extension, store, STORE_SIZE, 1) as both:
                for camera in both:
                    take_for_stores(camera)
    take_consoles(folder)


if __name__ == "__main__":
    take_all(Path(sys.argv[1]), Path(sys.argv[2]))
