"""A real Firefox with the built extension in it, spoken to by WebDriver BiDi over a web socket.

Only what the journeys need: Debian packages no driver program, and Playwright's Firefox takes no extension.
"""

import base64
import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from tests.harness.browser import EXIT, GRAPHQL, HOSTS
from tests.harness.processes import start_process, stop_process, wait_until
from tests.harness.x_page import CONTENT_SECURITY_POLICY, Scene

UUID = "8f1f2a52-6c0d-4f0e-9d3a-2b1c7e5a9f10"  # fixed in the profile, so that our pages' address is known
PREFERENCES: dict[str, str | int | bool] = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.download.alwaysOpenPanel": False,
    "browser.download.folderList": 2,  # the folder that browser.download.dir names
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "extensions.webextOptionalPermissionPrompts": False,  # whoever presses "Allow" is taken to mean it
    "toolkit.telemetry.enabled": False,
    # Every host but this machine meets a closed door: nothing leaves it.
    "network.proxy.type": 1,
    "network.proxy.no_proxies_on": "127.0.0.1",
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
}
# A page is drawn after it has loaded, and what is drawn late moves what was there: a press meets what it was
# meant for only where that stays. Ends when it is in the same place of the window three times in a row.
SETTLE = """async node => {
  let last = '', same = 0;
  for (let turn = 0; turn < 300 && same < 3; turn += 1) {
    node.scrollIntoView({block: 'center', behavior: 'instant'});
    const box = node.getBoundingClientRect();
    const place = [box.x, box.y, box.width, box.height].join();
    same = box.width > 0 && place === last ? same + 1 : 0;
    last = place;
    await new Promise(go => setTimeout(go, 16));
  }
}"""


class Session:
    """Commands and their results, one at a time. Requests to the site are answered while one is awaited."""

    def __init__(self, connection: ClientConnection) -> None:
        self.scene: Scene | None = None
        self._connection = connection
        self._serial = 0

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one command. Raises RuntimeError with the browser's words when it is refused."""
        number = self._post(method, parameters)
        while True:
            message = json.loads(self._connection.recv(timeout=30))
            if message.get("method") == "network.beforeRequestSent":
                self._answer(message["params"])
            elif message.get("id") == number:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                result: dict[str, Any] = message["result"]
                return result

    def _post(self, method: str, parameters: dict[str, Any]) -> int:
        self._serial += 1
        self._connection.send(json.dumps({"id": self._serial, "method": method, "params": parameters}))
        return self._serial

    def _answer(self, event: dict[str, Any]) -> None:
        if not event["isBlocked"]:
            return
        url = event["request"]["url"]
        kind, body = "text/html; charset=utf-8", ""
        if url == EXIT:
            body = "<!doctype html>"
        elif self.scene and GRAPHQL in url:
            kind, body = "application/json", self.scene.graphql(url)
        elif self.scene and event["navigation"] is not None:
            body = self.scene.html()
        headers = {"Content-Type": kind, "Content-Security-Policy": CONTENT_SECURITY_POLICY}
        # Not awaited: the browser may well send other things before it confirms this.
        self._post(
            "network.provideResponse",
            {
                "request": event["request"]["request"],
                "statusCode": 200 if body else 404,
                "reasonPhrase": "OK" if body else "Not Found",
                "headers": [{"name": n, "value": {"type": "string", "value": v}} for n, v in headers.items()],
                "body": {"type": "base64", "value": base64.b64encode(body.encode()).decode()},
            },
        )


class FirefoxTab:
    """One tab; what lies in closed shadow roots is found by the browser's own serialisation."""

    def __init__(self, session: Session, context: str, downloads: Path) -> None:
        self._session = session
        self._context = context
        self._downloads = downloads

    def evaluate(self, expression: str) -> Any:
        answer = self._session.send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        text = answer["result"].get("value")
        return None if text is None else json.loads(text)

    def wait_for(self, expression: str, what: str) -> Any:
        return wait_until(lambda: self.evaluate(expression), what)

    def click(self, selector: str) -> None:
        self._click(self._find(selector))

    def fill(self, selector: str, text: str) -> None:
        self._click(self._find(selector))
        control = "\ue009"
        typed: list[dict[str, str]] = [{"type": "keyDown", "value": control}, *_stroke("a")]
        typed += [{"type": "keyUp", "value": control}, *(key for letter in text for key in _stroke(letter))]
        keys = {"type": "key", "id": "keys", "actions": typed}
        self._session.send("input.performActions", context=self._context, actions=[keys])

    def address(self) -> str:
        (found,) = self._session.send("browsingContext.getTree", root=self._context)["contexts"]
        address: str = found["url"]
        return address

    def give(self, selector: str, *files: Path) -> None:
        element = {"sharedId": self._find(selector)["sharedId"]}
        paths = [str(file) for file in files]
        self._session.send("input.setFiles", context=self._context, element=element, files=paths)

    def download(self, selector: str) -> Path:
        before = set(self._downloads.glob("*"))
        self.click(selector)

        def arrived() -> Path | None:
            new = set(self._downloads.glob("*")) - before
            # While it is being written, its place is empty, and what is written lies beside it. In the end the
            # place goes for a moment, before the file takes it.
            with contextlib.suppress(FileNotFoundError):
                if len(new) == 1 and all(file.suffix != ".part" and file.stat().st_size for file in new):
                    return new.pop()
            return None

        return wait_until(arrived, "the file is there")

    def press(self, host: str, button: str) -> None:
        (node,) = (one for one in _buttons(self._shadow(host)) if " ".join(_texts(one)) == button)
        self._click(node)

    def read(self, host: str) -> str:
        return " ".join(_texts(self._shadow(host)))

    def front(self) -> None:
        self._session.send("browsingContext.activate", context=self._context)

    def close(self) -> None:
        self._session.send("browsingContext.close", context=self._context)

    def screenshot(self) -> bytes:
        """The viewport as a PNG."""
        return base64.b64decode(
            self._session.send("browsingContext.captureScreenshot", context=self._context)["data"]
        )

    def _find(self, selector: str, **options: Any) -> dict[str, Any]:
        found = self._session.send(
            "browsingContext.locateNodes",
            context=self._context,
            locator={"type": "css", "value": selector},
            **options,
        )["nodes"]
        assert len(found) == 1, f"{len(found)} elements match {selector}"
        node: dict[str, Any] = found[0]
        return node

    def _shadow(self, host: str) -> dict[str, Any]:
        deep = {"includeShadowTree": "all", "maxDomDepth": 20}
        root: dict[str, Any] = self._find(host, serializationOptions=deep)["value"]["shadowRoot"]
        return root

    def _click(self, node: dict[str, Any]) -> None:
        element = {"sharedId": node["sharedId"]}
        self._session.send(
            "script.callFunction",
            functionDeclaration=SETTLE,
            arguments=[element],
            target={"context": self._context},
            awaitPromise=True,
        )
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}}
        press = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "actions": [move, *press]}
        self._session.send("input.performActions", context=self._context, actions=[mouse])


class Firefox:
    """One browser with one profile."""

    def __init__(self, session: Session, extension: Path, downloads: Path) -> None:
        self._session = session
        self._folder = extension
        self._downloads = downloads
        session.send("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        session.send("session.subscribe", events=["network.beforeRequestSent"])
        hosts = (*HOSTS, urlsplit(EXIT).hostname)
        sites = [{"type": "pattern", "protocol": "https", "hostname": host} for host in hosts]
        session.send("network.addIntercept", phases=["beforeRequestSent"], urlPatterns=sites)
        self.update_extension()

    def show(self, scene: Scene) -> None:
        self._session.scene = scene

    def open(self, path: str, *, host: str = "x.com", size: tuple[int, int] = (1000, 900)) -> FirefoxTab:
        tab = self._open(f"https://{host}{path}", size)
        # The site's answers come from here, and only while something is awaited of the browser.
        if self._session.scene and self._session.scene.wired:
            tab.wait_for("window.loaded > 0", "the page has its data")
        return tab

    def open_extension(self, page: str) -> FirefoxTab:
        return self._open(f"moz-extension://{UUID}/{page}", (400, 700))

    def update_extension(self) -> None:
        """Puts the same extension in place of itself, as an update does: its memory is lost."""
        self._session.send("webExtension.install", extensionData={"type": "path", "path": str(self._folder)})

    def open_file(self, path: Path) -> FirefoxTab:
        return self._open(path.as_uri(), (1000, 900))

    def tabs_on(self, page: str) -> list[FirefoxTab]:
        address = f"moz-extension://{UUID}/{page}"
        return [
            FirefoxTab(self._session, one["context"], self._downloads)
            for one in self._session.send("browsingContext.getTree")["contexts"]
            if one["url"].startswith(address)
        ]

    def close_tabs(self) -> None:
        for one in self._session.send("browsingContext.getTree")["contexts"][1:]:
            self._session.send("browsingContext.close", context=one["context"])

    def _open(self, url: str, size: tuple[int, int]) -> FirefoxTab:
        context = self._session.send("browsingContext.create", type="tab")["context"]
        viewport = {"width": size[0], "height": size[1]}
        self._session.send("browsingContext.setViewport", context=context, viewport=viewport)
        self._session.send("browsingContext.navigate", context=context, url=url, wait="complete")
        return FirefoxTab(self._session, context, self._downloads)


def _stroke(key: str) -> list[dict[str, str]]:
    return [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]


def _texts(node: dict[str, Any]) -> Iterator[str]:
    """The texts in and below a serialised node that hold more than space and are not folded away, in order."""
    value = node.get("value", {})
    if "hidden" in value.get("attributes", ()):
        return
    if text := value.get("nodeValue", "").strip():
        yield text
    for child in value.get("children", ()):
        yield from _texts(child)


def _buttons(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    value = node.get("value", {})
    if value.get("localName") == "button":
        yield node
    for child in value.get("children", ()):
        yield from _buttons(child)


def _make_profile(folder: Path, extension: Path) -> Path:
    manifest = json.loads((extension / "manifest.json").read_text("utf-8"))
    uuids = {manifest["browser_specific_settings"]["gecko"]["id"]: UUID}
    downloads = folder / "downloads"
    downloads.mkdir()
    preferences = {
        **PREFERENCES,
        "extensions.webextensions.uuids": json.dumps(uuids),
        "browser.download.dir": str(downloads),
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text("\n".join(lines), "utf-8")
    return profile


@contextmanager
def running_firefox(extension: Path, folder: Path) -> Iterator[Firefox]:
    """Firefox, headless, with the extension of that folder; closed afterwards."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if not program:
        raise FileNotFoundError("The tests need Firefox: install firefox-esr.")
    log = folder / "firefox.log"
    options = ["--headless", "--no-remote", "--remote-debugging-port=0", "--remote-allow-system-access"]
    process = start_process([program, *options, "--profile", _make_profile(folder, extension)], log)
    try:
        address = wait_until(
            lambda: re.search(r"WebDriver BiDi listening on (\S+)", log.read_text("utf-8", "replace")),
            "Firefox listens",
            seconds=60,
        )[1]
        with connect(f"{address}/session", max_size=None) as connection:
            yield Firefox(Session(connection), extension, folder / "downloads")
    finally:
        stop_process(process)
