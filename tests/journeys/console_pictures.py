"""Writes the pictures of the consoles: python -m tests.journeys.console_pictures FOLDER

The instance is what `panah demo` makes up; the pages and all their figures are real.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import FloatRect, Page, expect, sync_playwright
from sqlmodel import Session, col, func, select

from panah.accounts.tables import Member
from panah.blocklists.tables import Look
from panah.db import make_engine
from panah.scoring.policy import Label
from tests.harness.chromium import ARGUMENTS, find_chromium
from tests.journeys.test_consoles import Instance, made_up, signed_in
from tests.journeys.thread import FOCAL, REPLIES

WIDTH = 1280
MOST_HIGH = 1100  # CSS pixels of one picture
AROUND = 20  # CSS pixels below what a picture is of
TUNED: Label = "victim_blaming"


def take(page: Page, file: Path, *, top: str = "body", bottom: str) -> None:
    """The page from the top of one element to the end of another, as far as a picture reaches."""
    page.mouse.move(0, 0)
    page.evaluate("document.fonts.ready.then(() => document.activeElement.blur())")
    page.evaluate("scrollTo(0, 0)")
    begin = max(0.0, edge(page, top, "top") - AROUND)
    end = edge(page, bottom, "bottom") + AROUND
    clip = FloatRect(x=0, y=begin, width=WIDTH, height=min(end - begin, MOST_HIGH))
    page.screenshot(path=file, full_page=True, clip=clip)


def edge(page: Page, selector: str, side: str) -> float:
    found: float = page.locator(selector).first.evaluate("(one, side) => one.getBoundingClientRect()[side]", side)
    return found


def ask(instance: Instance) -> None:
    """What readers ask, so that there is something to count."""
    replies = [{"id": str(at), "text": one.text, "context": FOCAL.text} for at, one in enumerate(REPLIES)]
    for _ in range(20):
        httpx.post(f"{instance.server.url}/v1/score", json={"replies": replies}).raise_for_status()


def busiest(instance: Instance) -> str:
    """The curator of the demo who has most to do."""
    engine = make_engine(instance.server.database_url)
    waiting = (
        select(Member.sign_in_name)
        .join(Look, col(Look.member_id) == col(Member.id))
        .where(col(Member.sign_in_name).startswith("demo-curator"), col(Look.vote).is_(None))
        .group_by(Member.sign_in_name)
        .order_by(func.count().desc(), Member.sign_in_name)
    )
    with Session(engine) as session:
        found = session.exec(waiting).first()
    engine.dispose()
    assert found, "no curator of the demo has a case"
    return found


def take_queue(page: Page, instance: Instance, file: Path, language: str = "en") -> None:
    page.goto(f"{instance.server.url}/curate?lang={language}")
    take(page, file, bottom="table.queue")


def take_case(page: Page, instance: Instance, file: Path) -> None:
    """A case of an English list, past what is said to whoever opens their first one of the day."""
    page.goto(f"{instance.server.url}/curate?lang=en")
    english = page.locator("table.queue tr", has_text="Campus").or_(page.locator("tr", has_text="Newsroom"))
    english.filter(has_text="First look").locator("a.open").first.click()
    warning = page.get_by_role("link", name="Go on to the case").or_(
        page.get_by_role("button", name="Go on to the case")
    )
    expect(warning.or_(page.locator("#account")).first).to_be_visible()
    if warning.count():
        warning.first.click()
    take(page, file, bottom=".votes")


def take_thresholds(page: Page, instance: Instance, file: Path) -> None:
    """One threshold, lowered, and what that would change."""
    page.set_viewport_size({"width": WIDTH, "height": MOST_HIGH - 150})
    page.goto(f"{instance.server.url}/admin/thresholds?language=ur-Latn&sensitivity=balanced&lang=en")
    field = page.locator(f"#{TUNED}-flag")
    field.fill(f"{float(field.input_value()) - 0.09:.2f}")
    expect(page.locator("#whole ins.added").first).to_be_visible()
    page.locator(f"#row-{TUNED}").evaluate("row => scrollTo(0, row.getBoundingClientRect().top + scrollY - 12)")
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=file)
    page.set_viewport_size({"width": WIDTH, "height": 900})


def take_comparison(page: Page, instance: Instance, file: Path) -> None:
    page.goto(f"{instance.server.url}/admin/models/compare?lang=en")
    take(page, file, bottom="section.card table")


def take_feedback(page: Page, instance: Instance, file: Path) -> None:
    page.goto(f"{instance.server.url}/admin/feedback?lang=en")
    page.get_by_role("link", name="Begin with the oldest").click()
    expect(page.locator("#label")).to_be_visible()
    take(page, file, bottom="#label")


def take_operations(page: Page, instance: Instance, file: Path) -> None:
    page.goto(f"{instance.server.url}/admin?lang=en")
    expect(page.locator(".lines svg").first).to_be_visible(timeout=90_000)
    take(page, file, bottom="section[aria-labelledby=figures]")


def take_consoles(folder: Path) -> None:
    """All pictures, as PNG files."""
    with (
        TemporaryDirectory() as name,
        made_up(Path(name)) as instance,
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0, args=list(ARGUMENTS)
        ) as chrome,
    ):
        ask(instance)
        # Cases are drawn by lot: one of them has something to do.
        with signed_in(chrome, instance, busiest(instance)) as page:
            take_queue(page, instance, folder / "console-queue.png")
            take_case(page, instance, folder / "console-case.png")
            page.emulate_media(color_scheme="dark")
            take_queue(page, instance, folder / "console-queue-urdu.png", "ur")
        with signed_in(chrome, instance, "demo-admin") as page:
            take_thresholds(page, instance, folder / "console-thresholds.png")
            take_comparison(page, instance, folder / "console-models.png")
            take_feedback(page, instance, folder / "console-feedback.png")
            take_operations(page, instance, folder / "console-operations.png")


if __name__ == "__main__":
    take_consoles(Path(sys.argv[1]))
