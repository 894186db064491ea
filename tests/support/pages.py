"""The pages of the documentation, as a reader's machine would take them: what they run and where they lead."""

import inspect
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import anyio
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md")])


class Snippet(NamedTuple):
    """A block of Python in a page."""

    page: Path
    line: int
    source: str

    def run(self, namespace: dict[str, Any]) -> None:
        """Run it as a module of its own would run, where a bare `await` is allowed, as in `python -m asyncio`."""
        # Empty lines in front make tracebacks show the page's own lines.
        source = "\n" * self.line + self.source
        code = compile(source, self.page, "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        outcome = eval(code, namespace)
        if inspect.iscoroutine(outcome):
            anyio.run(lambda: outcome)


class Page:
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def snippets(self) -> list[Snippet]:
        """Its blocks of Python, in order."""
        return [
            Snippet(self.path, token.map[0] + 1, token.content)
            for token in self._tokens
            if token.type == "fence" and token.info.split()[:1] == ["python"] and token.map
        ]

    def links(self) -> list[str]:
        """Every address that it leads to."""
        return [str(token.attrs["href"]) for token in self._inline() if token.type == "link_open"]

    def anchors(self) -> set[str]:
        """What a link may name after `#`: its headings, as GitHub writes them."""
        seen: Counter[str] = Counter()
        anchors = set()
        for opening, content in zip(self._tokens, self._tokens[1:], strict=False):
            if opening.type == "heading_open":
                slug = re.sub(r"[^\w\- ]", "", content.content.lower()).replace(" ", "-")
                anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
                seen[slug] += 1
        return anchors

    def _inline(self) -> Iterator[Token]:
        for token in self._tokens:
            yield from token.children or []
