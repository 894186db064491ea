"""How the command talks to people: questions and complaints on standard error, colour only where it is seen."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterable
from typing import Final, TextIO

from cognito_auth.errors import UsageError

_COLOURS: Final = {"good": "32", "bad": "31", "doubtful": "33"}


def paint(text: str, kind: str, stream: TextIO) -> str:
    """The text in the colour of its kind, where the stream is a terminal and nobody objects (https://no-color.org)."""
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m"


def printable(value: object) -> str:
    """A value in one line, without characters that would steer a terminal."""
    text = str(value)
    return text if text.isprintable() else ascii(text)


def show(text: str) -> None:
    """Write to standard output; what its encoding lacks is written as an escape."""
    _write(text, sys.stdout)


def complain(text: str) -> None:
    """Say on standard error what went wrong."""
    _write(f"{paint('cognito-auth:', 'bad', sys.stderr)} {printable(text)}\n", sys.stderr)


def note(text: str) -> None:
    """Say something on standard error."""
    _write(f"{text}\n", sys.stderr)


def secret(question: str, variable: str | None = None) -> str:
    """A secret from the environment, or else from the person at the terminal, who does not see it.

    Raises:
        UsageError: Neither has it.
    """
    if variable is not None and os.environ.get(variable):
        return os.environ[variable]
    _require_person(question, variable)
    return getpass.getpass(f"{question}: ", stream=sys.stderr)


def ask(question: str) -> str:
    """What the person at the terminal answers; standard output stays free for the result.

    Raises:
        UsageError: There is no person.
    """
    _require_person(question)
    sys.stderr.write(f"{question}: ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise EOFError
    return answer.strip()


def choose(question: str, choices: Iterable[str]) -> str:
    """One of the choices."""
    names = tuple(choices)
    while True:
        answer = ask(f"{question} ({', '.join(names)})")
        if answer in names:
            return answer


def read_token() -> str:
    """The token on standard input, also with `Authorization: Bearer` in front of it."""
    if sys.stdin.isatty():
        note("Paste the token, then press Enter and Ctrl-D:")
    try:
        words = sys.stdin.read().split()
    except UnicodeDecodeError:
        words = []
    if words[:1] == ["Authorization:"]:
        del words[0]
    if [word.lower() for word in words[:1]] == ["bearer"]:
        del words[0]
    if not words:
        raise UsageError(
            "standard input: no token there: expected one as text, as in: cognito-auth decode < token.txt"
        )
    return " ".join(words)


def close_output() -> None:
    """Let nothing more be written to an output that nobody reads, at the interpreter's end either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(text: str, stream: TextIO) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _require_person(question: str, variable: str | None = None) -> None:
    if not sys.stdin.isatty():
        instead = f": set {variable} in the environment" if variable else ""
        raise UsageError(f"{question}: there is no terminal to ask on{instead}")
