"""The command line itself: help, exit codes, what is missing, and what it costs."""

import os
import re
import subprocess
import sys

import pytest

from cognito_auth import errors
from cognito_auth.cli import Exit, main, meaning
from cognito_auth.testing import FakeUserPool
from support.pages import ROOT

from .conftest import Run, token_of


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["verify", "--use", "access", "--client-id", "x"], "COGNITO_POOL_ID"),
        (["verify", "--use", "access", "--pool-id", "eu-west-1_X"], "--any-client"),
        (["verify", "--use", "access", "--pool-id", "eu-west-1_X", "--client-id", "x", "--jwks", "/none"], "--jwks"),
        (["token", "--client-credentials"], "COGNITO_CLIENT_ID"),
        (["token", "--client-credentials", "--client-id", "x", "--region", "eu-west-1"], "COGNITO_CLIENT_SECRET"),
        (["token", "--username", "ann", "--client-id", "x", "--region", "eu-west-1"], "COGNITO_PASSWORD"),
        (["token", "--username", "", "--client-id", "x", "--region", "eu-west-1"], "no terminal to ask on"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(run: Run, arguments: list[str], named: str) -> None:
    """Exit code 2, and what to give."""
    ran = run(*arguments, stdin="a.b.c")
    assert (Exit.USAGE, "") == (ran.code, ran.out)
    assert named in ran.err


def test_no_token_on_standard_input_is_told(run: Run) -> None:
    """With an example."""
    assert Exit.USAGE == run("decode").code


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_wrong_password_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3; the text is the service's, without the password."""
    monkeypatch.setenv("COGNITO_PASSWORD", "Wrong-horse 1")
    ran = run("token", "--username", "ann")

    assert (Exit.REFUSED, "") == (ran.code, ran.out)
    assert ran.err.startswith("cognito-auth: NotAuthorized: Incorrect username or password.")
    assert "Wrong-horse" not in ran.err


@pytest.mark.parametrize(
    "error, code",
    [
        (errors.UsageError("x"), Exit.USAGE),
        (errors.TokenExpired("x"), Exit.REJECTED),
        (errors.TransportError("x"), Exit.UNAVAILABLE),
        (errors.TooManyRequests("x"), Exit.UNAVAILABLE),
        (errors.KeysUnavailable("x", issuer="y"), Exit.UNAVAILABLE),
        (errors.SignInRequired("x"), Exit.REFUSED),
        (errors.ResourceNotFound("x"), Exit.REFUSED),
    ],
)
def test_exit_codes_tell_whose_fault_it_is(error: errors.CognitoAuthError, code: Exit) -> None:
    """Scripts rely on them."""
    assert code == meaning(error)


@pytest.mark.parametrize("command", ["token", "verify", "decode", "jwks", "fake"])
def test_help_has_examples_and_takes_no_secrets(
    run: Run, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """No option takes a password or a client secret: every process can read the arguments of the others."""
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    text = capsys.readouterr().out

    assert 0 == caught.value.code
    assert f"  cognito-auth {command}" in text.partition("examples:")[2]
    assert not re.search(r"--\S*(password|secret)", text)


@pytest.mark.parametrize("command", ["token", "verify", "decode", "jwks"])
def test_the_reference_tells_every_option(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """The page in the docs and `--help` know the same."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out.partition("examples:")[0])) - {"--help"}

    assert set() == {option for option in options if f"`{option}" not in page}


def test_the_fake_pool_is_served(fake_user_pool_env: dict[str, str]) -> None:
    """`cognito-auth fake` is `python -m cognito_auth.testing`, until it is stopped."""
    with subprocess.Popen(
        [sys.executable, "-m", "cognito_auth.cli", "fake", "--user", "ann:x"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        server.terminate()
        code = server.wait(timeout=30)

    assert (0, "# A fake user pool, until Ctrl-C.") == (code, first[:33])


def test_a_reader_that_has_seen_enough_is_no_error(fake_user_pool: FakeUserPool) -> None:
    """`cognito-auth decode | head -1`, where the pipe breaks before everything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-u", "-m", "cognito_auth.cli", "decode"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        input=token_of(fake_user_pool),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)

    assert (0, "") == (done.returncode, done.stderr)


def test_help_is_light() -> None:
    """Nothing heavy is loaded before there is work."""
    heavy = ("httpx", "cryptography", "anyio", "attrs", "cognito_auth.user_pool", "cognito_auth.testing")
    program = f"""
import contextlib, io, sys
before = set(sys.modules)
from cognito_auth.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(["--help"])
print(*[name for name in {heavy!r} if name in set(sys.modules) - before])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\n" == done.stdout
