"""A real browser: Debian's Chromium without a window, driven by its own driver, one for all tests of a worker.

@pytest.mark.needs("chromium", "chromedriver")
@pytest.mark.xdist_group("chromium")
def test_a_page_is_shown(chromium: Browser) -> None:
chromium.get(url)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=900,760",
)


@pytest.fixture(scope="session")
def _browser_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    from support.programs import find_program  # a plugin too: pytest wants to be the first to import it

    options = ChromeOptions()
    options.binary_location = find_program("chromium") or ""
    profile: Path = tmp_path_factory.mktemp("chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    # The driver is given, so that nothing is looked for in the network.
    driver = Chrome(options=options, service=ChromeService(find_program("chromedriver")))
    driver.set_page_load_timeout(30)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def chromium(_browser_process: Chrome) -> Chrome:
    """The browser, at an empty page and without cookies."""
    _browser_process.get("about:blank")
    _browser_process.execute_cdp_cmd("Network.clearBrowserCookies", {})
    return _browser_process
