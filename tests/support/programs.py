"""Programs that are no Python packages: a test that needs one says so with `@pytest.mark.needs("redis-server")`.

Where the program is missing, the test is skipped, and one line at the end names the package and how many tests it
would have run. With COGNITO_AUTH_REQUIRE_PEERS=1, as in continuous integration, a missing program is a failure.
"""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

# What gives a program: Debian's package, or the target of the Makefile that installs it.
_GIVEN_BY = {
    "redis-server": "Debian's package redis-server",
    "chromium": "Debian's package chromium",
    "chromedriver": "Debian's package chromium-driver",
    "node": "Debian's package nodejs, with npm beside it,",
    "ministack": "`make test`",
}
_ROOT = Path(__file__).parents[2]
_OWN_ENVIRONMENTS = {"ministack": _ROOT / ".venv-ministack" / "bin" / "ministack"}
# What a program is of no use without: `make test` puts it there where npm is.
_BESIDE = {"node": _ROOT / "tests" / "peers" / "node" / "node_modules" / ".installed"}
_MISSING = "missing program"


def find_program(name: str) -> str | None:
    """Where a program is, or None."""
    own, beside = _OWN_ENVIRONMENTS.get(name), _BESIDE.get(name)
    if beside is not None and not beside.exists():
        return None
    return shutil.which(own) if own else shutil.which(name)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", f"needs(program, ...): the test needs these: {', '.join(_GIVEN_BY)}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program is missing, or fail it where all of them are required."""
    needed = [name for marker in item.iter_markers("needs") for name in marker.args]
    missing = [name for name in needed if find_program(name) is None]
    if not missing:
        return
    reason = " and ".join(f"{name} is missing ({_GIVEN_BY[name]} has it)" for name in missing)
    if os.environ.get("COGNITO_AUTH_REQUIRE_PEERS") == "1":
        pytest.fail(reason, pytrace=False)
    item.user_properties.extend((_MISSING, name) for name in missing)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each missing program: who has it, and how many tests it would have run."""
    skipped = Counter(
        name
        for report in terminalreporter.getreports("skipped")
        for key, name in report.user_properties
        if key == _MISSING
    )
    for name, count in sorted(skipped.items()):
        terminalreporter.write_line(
            f"{name} is missing: {count} tests were not run. {_GIVEN_BY[name]} has it."
        )
