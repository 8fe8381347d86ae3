"""When each stage between a reply and its cover happened, on one clock, noted without a change to the extension."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext

from tests.harness.browser import Tab
from tests.harness.processes import wait_until

# Stands before the worker's own script, so that it is there when a stopped worker starts.
IN_WORKER = """(() => {
	const marks = [];
	const note = (stage, replies) => marks.push({stage, at: performance.timeOrigin + performance.now(), replies});
	const {onMessage} = chrome.runtime;
	const listen = onMessage.addListener.bind(onMessage);
	onMessage.addListener = listener => listen((message, sender, respond) => {
		if (message?.kind === 'marks') {
			respond(marks);
			return false;
		}
		const asks = message?.kind === 'score' ? [message] : message?.kind === 'scores' ? message.asks : undefined;
		if (asks === undefined) return listener(message, sender, respond);
		note('asked', asks.length);
		return listener(message, sender, answer => {
			note('told', (answer?.answers ?? [answer]).filter(one => one).length);
			respond(answer);
		});
	});
	const ask = fetch;
	globalThis.fetch = async (address, init) => {
		if (!String(address).endsWith('/v1/score')) return ask(address, init);
		const {length} = JSON.parse(init.body).replies;
		note('sent', length);
		const response = await ask(address, init);
		note(response.ok ? 'answered' : 'refused', length);
		return response;
	};
})();
"""
IN_PAGE = """if (location.host === 'x.com') {
	window.marks = {shown: {}, hidden: {}};
	new MutationObserver(() => {
		const at = performance.timeOrigin + performance.now();
		for (const article of document.querySelectorAll('article[data-testid=tweet]')) {
			const {id} = article.closest('[data-testid=cellInnerDiv]')?.item?.post ?? {};
			if (id === undefined) continue;
			window.marks.shown[id] ??= at;
			if (article.dataset.panah === 'hidden') window.marks.hidden[id] ??= at;
		}
	}).observe(document, {subtree: true, childList: true, attributeFilter: ['data-panah']});
}"""


@dataclass(frozen=True)
class Mark:
    """One stage in the worker: asked by the page, sent, answered or refused by the service, told to the page."""

    stage: str
    at: float  # milliseconds since 1970
    replies: int


@dataclass(frozen=True)
class Course:
    """What happened from the page's replies to their covers. Times are milliseconds since 1970."""

    shown: dict[str, float]  # by status id
    hidden: dict[str, float]
    marks: list[Mark]

    def first(self, stage: str) -> float:
        return min(mark.at for mark in self.marks if mark.stage == stage)

    def last(self, stage: str) -> float:
        return max(mark.at for mark in self.marks if mark.stage == stage)

    def replies(self, stage: str) -> list[int]:
        """How many replies each of them was about, in their order."""
        return [mark.replies for mark in self.marks if mark.stage == stage]


def with_marks(extension: Path, folder: Path) -> Path:
    """A copy of the built extension in `folder` whose worker notes when it does what."""
    copy = shutil.copytree(extension, folder)
    script = copy / "background.js"
    script.write_text(IN_WORKER + script.read_text("utf-8"), "utf-8")
    return copy


def watch_pages(context: BrowserContext) -> None:
    """Notes in every page of X that is opened from now on when posts appear and when they are hidden."""
    context.add_init_script(IN_PAGE)


def read_course(page: Tab, notes: Tab, posts: set[str], *, since: float) -> Course:
    """What was noted about these posts after that moment; `notes` is a page of the extension's own."""
    seen: dict[str, dict[str, float]] = page.evaluate("window.marks")
    found: list[dict[str, Any]] = notes.evaluate("chrome.runtime.sendMessage({kind: 'marks'})")
    shown, hidden = ({post: seen[kind][post] for post in posts & seen[kind].keys()} for kind in ("shown", "hidden"))
    return Course(shown, hidden, [Mark(**mark) for mark in found if mark["at"] >= since])


def wait_for_course(page: Tab, notes: Tab, posts: set[str], *, since: float) -> Course:
    """The course once each of these posts was told about."""

    def read() -> Course | None:
        course = read_course(page, notes, posts, since=since)
        return course if sum(course.replies("told")) >= len(posts) else None

    return wait_until(read, "the page was told about every reply")
