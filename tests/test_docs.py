"""The documentation is true: what it shows runs, and where it leads there is something."""

import inspect
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import anyio
import pytest

from support.docs_world import CLIENT_ID, POOL_ID, World
from support.pages import PAGES, ROOT, Page, Snippet

each_page = pytest.mark.parametrize("page", [pytest.param(Page(path), id=str(Page(path))) for path in PAGES])


@pytest.fixture
def docs_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The pool, the API and the environment that the documentation speaks of."""
    world = World()
    world.mount(monkeypatch)
    monkeypatch.setenv("COGNITO_POOL_ID", POOL_ID)
    monkeypatch.setenv("COGNITO_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("COGNITO_TEST_POOL_ID", POOL_ID)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with world.verifier:
        yield world


@each_page
@pytest.mark.usefixtures("docs_world")
def test_every_snippet_of_a_page_runs(
    page: Page, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From top to bottom, as a reader would paste it, with what earlier snippets of the page defined."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for snippet in page.snippets():
        snippet.run(namespace)
        run_tests(namespace, request)


def run_tests(namespace: dict[str, Any], request: pytest.FixtureRequest) -> None:
    """Where a snippet is a test, run it as pytest would, with the fixtures that it asks for."""
    for name in [name for name in namespace if name.startswith("test_")]:
        test = namespace.pop(name)
        outcome = test(
            **{wanted: request.getfixturevalue(wanted) for wanted in inspect.signature(test).parameters}
        )
        if inspect.iscoroutine(outcome):
            anyio.run(awaited, outcome)


async def awaited(coroutine: Coroutine[Any, Any, None]) -> None:
    """What it gives."""
    await coroutine


@each_page
def test_every_link_of_a_page_leads_somewhere(page: Page) -> None:
    """To a file of the project, to a heading that is there, or to an https address."""
    assert [link for link in page.links() if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Page, link: str) -> bool:
    """Whether a link's target is there; addresses outside of the project must only be https."""
    parts = urlsplit(link)
    if parts.scheme:
        return parts.scheme == "https"
    if not parts.path:
        return parts.fragment in page.anchors()
    target = (page.path.parent / unquote(parts.path)).resolve()
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not parts.fragment or parts.fragment in Page(target).anchors()


# -- the machinery itself ---------------------------------------------------------------------------------------


@pytest.fixture
def own_page(tmp_path: Path) -> Page:
    """A page with one of everything."""
    path = tmp_path / "page.md"
    path.write_text(
        "# Hello, `world`!\n\n## Again\n\n## Again\n\n[here](#again-1) [there](other.md) [insecure](http://example.com)\n\n"
        "```python\nimport anyio\nawait anyio.sleep(0)\n```\n\n```bash\nnot python\n```\n\n```python\nraise LookupError\n```\n"
    )
    return Page(path)


def test_snippets_are_pythons_blocks_alone(own_page: Page) -> None:
    """Shell commands and output are shown, not run."""
    assert [snippet.source for snippet in own_page.snippets()] == [
        "import anyio\nawait anyio.sleep(0)\n",
        "raise LookupError\n",
    ]


def test_a_snippet_that_fails_fails_at_its_line(own_page: Page) -> None:
    """So an editor finds it."""
    good, bad = own_page.snippets()
    good.run({})
    with pytest.raises(LookupError) as caught:
        bad.run({})
    assert own_page.path.read_text().splitlines().index("raise LookupError") == caught.traceback[-1].lineno


def test_anchors_are_written_as_github_writes_them(own_page: Page) -> None:
    """Lower case, no punctuation, numbered where a heading comes twice."""
    assert {"hello-world", "again", "again-1"} == own_page.anchors()


def test_links_that_lead_nowhere_are_found(own_page: Page) -> None:
    """A file that is missing, and an address without encryption."""
    assert own_page.links() == ["#again-1", "other.md", "http://example.com"]
    assert [leads_somewhere(own_page, link) for link in own_page.links()] == [True, False, False]


def test_there_are_snippets_to_run() -> None:
    """The README shows the main things, and all of it runs."""
    shown: list[Snippet] = Page(ROOT / "README.md").snippets()
    assert len(shown) >= 6
