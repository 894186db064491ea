"""What every test of the command has: a way to run it, and a person at the terminal."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cognito_auth.cli import main
from cognito_auth.testing import FakeUserPool

PASSWORD = "Correct-horse 1"


class Ran:
    """What one run of the command gave."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def json(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, with this on its standard input."""

    def command(*arguments: str, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = main(arguments)
        seen = capsys.readouterr()
        return Ran(code, seen.out, seen.err)

    return command


class Typist(io.StringIO):
    """Somebody at a terminal, who answers one question after another, whether they see their answer or not."""

    def __init__(self, *answers: str) -> None:
        super().__init__("".join(f"{answer}\n" for answer in answers))
        self.asked: list[str] = []

    def isatty(self) -> bool:
        """It is a terminal."""
        return True

    def getpass(self, question: str, **_: Any) -> str:
        """In the place of the function of that name."""
        self.asked.append(question)
        return self.readline().rstrip("\n")


@pytest.fixture
def converse(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with a person at the terminal."""

    def command(*arguments: str, person: Typist) -> Ran:
        monkeypatch.setattr(sys, "stdin", person)
        monkeypatch.setattr("getpass.getpass", person.getpass)
        code = main(arguments)
        seen = capsys.readouterr()
        return Ran(code, seen.out, seen.err)

    return command


@pytest.fixture
def ann(fake_user_pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user, whose password the environment holds."""
    fake_user_pool.add_user("ann", PASSWORD)
    monkeypatch.setenv("COGNITO_PASSWORD", PASSWORD)


@pytest.fixture
def machine(fake_user_pool: FakeUserPool) -> Iterator[None]:
    """The pool's first client is a machine's."""
    fake_user_pool.add_client(secret=True, scopes={"orders/read", "orders/write"})
    return iter([None])


def token_of(pool: FakeUserPool, **options: Any) -> str:
    """An access token of Ann's."""
    return pool.forge.access_token("ann", **options)
