"""The suite in `examples/testing`, written as a user would write it, runs as its user would run it."""

import os
import subprocess
import sys

from support.pages import ROOT


def test_the_example_suite_passes() -> None:
    """Each of its tests, with warnings as errors and without a network, by the plugin that pip has installed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA"],
        cwd=ROOT / "examples" / "testing",
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stdout
    passed = {line.split("::")[1].partition("[")[0] for line in done.stdout.splitlines() if "PASSED" in line}
    assert {
        "test_a_token_ends_after_an_hour",
        "test_a_throttled_login_is_tried_again",
        "test_keys_may_be_replaced_at_any_time",
        "test_staff_see_the_stock",
        "test_a_second_factor",
        "test_signing_up",
    } <= passed
