"""The Markdown documents that are also pages."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from panah.pages.languages import Language
from panah.resources import bundled

Document = Literal["install", "privacy"]

# In the repository the documents link to each other as files, on the pages as pages.
LINK = re.compile(r"^(install|privacy)(?:\.ur)?\.md(?=#|$)")


def slug(heading: str) -> str:
    """A heading as GitHub makes its anchor, so that one link works in both places."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


class Renderer(RendererHTML):
    """Headings that can be linked to, and wide tables that scroll by themselves instead of the page."""

    def heading_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        tokens[at].attrSet("id", slug(tokens[at + 1].content))
        return self.renderToken(tokens, at, options, env)

    def table_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return f'<div class="wide" role="group" tabindex="0">{self.renderToken(tokens, at, options, env)}'

    def table_close(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return f"{self.renderToken(tokens, at, options, env)}</div>"

    def link_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        address = str(tokens[at].attrGet("href") or "")
        if page := LINK.match(address):
            tokens[at].attrSet("href", f"/{page[1]}?lang={env['language']}{address[page.end() :]}")
        return self.renderToken(tokens, at, options, env)


@cache
def to_html(markdown: str, language: Language) -> Markup:
    """Our own Markdown as HTML. Raw HTML in it stays text."""
    converter = MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer).enable("table")
    return Markup(converter.render(markdown, {"language": language}))  # noqa: S704


@cache
def render(document: Document, language: Language) -> Markup:
    """The document as HTML."""
    name = f"docs/{document}.md" if language == "en" else f"docs/{document}.{language}.md"
    return to_html(bundled(name, name).read_text(encoding="utf-8"), language)
