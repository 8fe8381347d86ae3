"""A real Chromium with the built extension in it, and the site replaced by our page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, Route

from tests.harness.browser import EXIT, GRAPHQL, HOSTS
from tests.harness.processes import wait_until
from tests.harness.x_page import CONTENT_SECURITY_POLICY, Scene

ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing leaves this machine
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
AX_TEXTS = ("name", "description", "value")


class ChromiumTab:
    """One page, and through the browser's debugger what lies in its closed shadow roots."""

    def __init__(self, page: Page, downloads: Path) -> None:
        self.page = page
        self._downloads = downloads

    @cached_property
    def _debugger(self) -> CDPSession:
        debugger = self.page.context.new_cdp_session(self.page)
        debugger.send("DOM.enable")
        debugger.send("Accessibility.enable")
        return debugger

    def evaluate(self, expression: str) -> Any:
        return self.page.evaluate(f"async () => ({expression})")

    def wait_for(self, expression: str, what: str) -> Any:
        return wait_until(lambda: self.evaluate(expression), what)

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def fill(self, selector: str, text: str) -> None:
        self.page.fill(selector, text)

    def address(self) -> str:
        _let_news_in(self.page)
        return self.page.url

    def give(self, selector: str, *files: Path) -> None:
        # The field itself is not to be seen: its label is the button.
        with self.page.expect_file_chooser() as opening:
            self.page.click(f'label[for="{selector.removeprefix("#")}"]')
        opening.value.set_files(files)

    def download(self, selector: str) -> Path:
        with self.page.expect_download() as starting:
            self.page.click(selector)
        # By its own name, which says what the file is: where Playwright keeps it, it has none.
        kept = self._downloads / starting.value.suggested_filename
        starting.value.save_as(kept)
        return kept

    def press(self, host: str, button: str) -> None:
        (node,) = (
            one
            for one in self._accessible(host)
            if one["role"]["value"] == "button" and one["name"]["value"] == button
        )
        at = {"backendNodeId": node["backendDOMNodeId"]}
        self._debugger.send("DOM.scrollIntoViewIfNeeded", at)
        corners = self._debugger.send("DOM.getBoxModel", at)["model"]["content"]
        self.page.mouse.click((corners[0] + corners[4]) / 2, (corners[1] + corners[5]) / 2)

    def read(self, host: str) -> str:
        return " ".join(
            str(one["name"]["value"]) for one in self._accessible(host) if one["role"]["value"] == "StaticText"
        )

    def front(self) -> None:
        self.page.bring_to_front()

    def close(self) -> None:
        self.page.close()

    def parts(self, host: str) -> list[tuple[str, str]]:
        """The accessible (role, name) of each thing within the element that matches, top down."""
        return [(str(one["role"]["value"]), str(one["name"]["value"])) for one in self._accessible(host)]

    def accessible_texts(self) -> list[str]:
        """Every name, description and value that assistive technology is offered on the page."""
        found = [str(node.get(key, {}).get("value", "")) for node in self._tree() for key in AX_TEXTS]
        return [text for text in found if text]

    def focused(self) -> str:
        """The accessible name of what has the keyboard's focus; empty for the page itself."""
        for node in reversed(self._tree()):
            if any(one["name"] == "focused" and one["value"]["value"] for one in node.get("properties", ())):
                return "" if node["role"]["value"] == "RootWebArea" else str(node["name"]["value"])
        return ""

    def _tree(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = self._debugger.send("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node["ignored"]]

    def _accessible(self, selector: str) -> list[dict[str, Any]]:
        root = self._debugger.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
        found = self._debugger.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        assert found, f"nothing matches {selector}"
        element = self._debugger.send("DOM.describeNode", {"nodeId": found, "depth": -1, "pierce": True})["node"]
        own = set(_backend_ids(element))
        return [node for node in self._tree() if node.get("backendDOMNodeId") in own and "name" in node]


class Chromium:
    """One browser with one profile. `requested` holds the address of every request that its pages made."""

    def __init__(self, context: BrowserContext, downloads: Path) -> None:
        self.context = context
        self._downloads = downloads
        self.requested: list[str] = []
        self._scene: Scene | None = None
        (worker,) = context.service_workers or [context.wait_for_event("serviceworker")]
        self._extension = "/".join(worker.url.split("/")[:3])
        context.on("request", lambda request: self.requested.append(request.url))
        for host in HOSTS:
            context.route(f"https://{host}/**", self._answer)
        context.route(EXIT, lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))

    def show(self, scene: Scene) -> None:
        self._scene = scene

    def open(self, path: str, *, host: str = "x.com", size: tuple[int, int] = (1000, 900)) -> ChromiumTab:
        page = self.context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"https://{host}{path}")
        tab = ChromiumTab(page, self._downloads)
        # The site's answers come from here, and only while something is awaited of the browser.
        if self._scene and self._scene.wired:
            tab.wait_for("window.loaded > 0", "the page has its data")
        return tab

    def open_extension(self, page: str) -> ChromiumTab:
        tab = self.context.new_page()
        tab.goto(f"{self._extension}/{page}")
        return ChromiumTab(tab, self._downloads)

    def open_file(self, path: Path) -> ChromiumTab:
        tab = self.context.new_page()
        tab.goto(path.as_uri())
        return ChromiumTab(tab, self._downloads)

    def tabs_on(self, page: str) -> list[ChromiumTab]:
        _let_news_in(self.context.pages[0])
        address = f"{self._extension}/{page}"
        return [ChromiumTab(tab, self._downloads) for tab in self.context.pages if tab.url.startswith(address)]

    def close_tabs(self) -> None:
        # A browser without any tab would end.
        for page in self.context.pages[1:]:
            page.close()

    def kill_worker(self) -> None:
        """Stops the extension's worker as the browser does when it is idle: all its globals are lost."""
        page = self.context.new_page()
        page.goto(f"{self._extension}/manifest.json")
        debugger = self.context.new_cdp_session(page)
        states: dict[str, str] = {}

        def note(event: dict[str, Any]) -> None:
            states.update({one["versionId"]: one["runningStatus"] for one in event["versions"]})

        debugger.on("ServiceWorker.workerVersionUpdated", note)
        debugger.send("ServiceWorker.enable")
        debugger.send("ServiceWorker.stopAllWorkers")

        def is_stopped() -> bool:
            page.title()  # Any call lets the debugger's events in.
            return bool(states) and set(states.values()) == {"stopped"}

        wait_until(is_stopped, "the worker is stopped")
        page.close()

    def _answer(self, route: Route) -> None:
        assert self._scene, "show() a scene before opening a page"
        if GRAPHQL in route.request.url:
            route.fulfill(content_type="application/json", body=self._scene.graphql(route.request.url))
            return
        if route.request.resource_type != "document":
            route.fulfill(status=404)
            return
        route.fulfill(
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY},
            body=self._scene.html(),
        )


def _let_news_in(page: Page) -> None:
    """Playwright hears of what browsers do by themselves while it is told something, and only then."""
    page.wait_for_timeout(1)


def _backend_ids(node: dict[str, Any]) -> Iterator[int]:
    yield node["backendNodeId"]
    for child in (*node.get("shadowRoots", ()), *node.get("children", ())):
        yield from _backend_ids(child)


def find_chromium() -> str | None:
    """The browser to use; None leaves the choice to Playwright's own download."""
    return os.environ.get("PANAH_TEST_CHROMIUM") or shutil.which("chromium")


@contextmanager
def running_chromium(
    playwright: Playwright, extension: Path, profile: Path, *, scale: float = 1
) -> Iterator[Chromium]:
    """Chromium, headless, with the extension of that folder; closed afterwards. `scale`: dots per CSS pixel."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=find_chromium(),
        headless=True,
        device_scale_factor=scale,
        # Chromium as root refuses its sandbox; anybody else keeps it.
        chromium_sandbox=os.geteuid() != 0,
        args=[*ARGUMENTS, f"--disable-extensions-except={extension}", f"--load-extension={extension}"],
    )
    context.set_default_timeout(10_000)
    try:
        yield Chromium(context, profile / "downloads")
    finally:
        context.close()
