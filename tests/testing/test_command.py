"""`python -m cognito_auth.testing`."""

import os
import re
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.__main__ import main
from cognito_auth.testing.server import check_host, is_loopback

KEYS = "/.well-known/jwks.json"


def test_the_command_serves_what_it_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Users and clients as given, and for each client what to paste."""
    stop = threading.Event()
    stop.set()
    code = main(
        ["--user", "ann:correct horse", "--client", "web", "--client", "machine:secret", "--scopes", "a/b"],
        stop=stop,
    )
    printed = capsys.readouterr().out

    assert code == 0
    assert re.search(r"Keys: http://127\.0\.0\.1:\d+/eu-west-1_Fake00001/\.well-known/jwks\.json", printed)
    assert (printed.count("export COGNITO_CLIENT_ID="), printed.count("export COGNITO_CLIENT_SECRET=")) == (
        2,
        1,
    )


def test_the_command_stays_at_home(capsys: pytest.CaptureFixture[str]) -> None:
    """An address that others can reach is refused, and the second word that it takes is told."""
    assert main(["--host", "0.0.0.0"]) == 2
    assert "--beyond-loopback" in capsys.readouterr().err


def test_a_port_that_cannot_be_had_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """One that is taken, and one that no machine has."""
    stop = threading.Event()
    stop.set()
    with FakeUserPool().serve() as url:
        taken = url.rpartition(":")[2]
        assert main(["--port", taken], stop=stop) == 2
    assert main(["--port", "99999"], stop=stop) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [f"127.0.0.1, port {port}" for port in (taken, "99999")] == [
        line.partition(": ")[0] for line in lines
    ]


@pytest.mark.parametrize(
    "host, loopback",
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("0.0.0.0", False), ("me.local", False)],
)
def test_a_pool_does_not_listen_beyond_loopback_unless_told_twice(
    pool: FakeUserPool, host: str, *, loopback: bool
) -> None:
    """An address of this machine alone is fine; another one takes a second word."""
    assert is_loopback(host) is loopback
    check_host(host, beyond_loopback=True)
    if not loopback:
        with pytest.raises(ValueError, match="beyond_loopback=True"), pool.serve(host=host):
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_runs_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """A process of its own, ready when it has printed, gone with exit code 0 after a signal."""
    command = [sys.executable, "-m", "cognito_auth.testing", "--user", "ann"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        exported = ""
        for line in process.stdout:
            exported = line if line.startswith("export COGNITO_ENDPOINT=") else exported
            if line.startswith("export COGNITO_DOMAIN="):
                break
        keys = httpx.get(exported.partition("=")[2].strip() + KEYS).json()
        process.send_signal(number)
        rest = process.stdout.read()

    assert (len(keys["keys"]), process.returncode, rest) == (2, 0, "")
