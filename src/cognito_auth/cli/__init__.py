"""The `cognito-auth` command: tokens for scripts, what a token says and whether it is good, keys, a fake pool.

`arguments.py` is the grammar, `obtaining.py` and `judging.py` do the work, `terminal.py` talks to people. Nothing
heavy is loaded before the work begins, so that `--help` is quick. Secrets come from the environment or are asked for
on the terminal; no argument takes one, because every process of a machine can read the arguments of the others.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cognito_auth.errors import CognitoAuthError

__all__ = ["Exit", "main"]


class Exit(IntEnum):
    """What the exit code says; scripts rely on it."""

    DONE = 0
    REJECTED = 1  # the token must not be trusted
    USAGE = 2  # the command line or the environment is wrong; nothing was sent
    REFUSED = (
        3  # the service refused: wrong password, unknown client, a challenge that nobody can answer here
    )
    UNAVAILABLE = 4  # no usable answer: network, throttling, an outage. Another attempt may do
    INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: In the place of the process's own.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["fake"]:
        from cognito_auth.testing.__main__ import main as serve

        return serve(given[1:], prog="cognito-auth fake")
    from cognito_auth.cli import terminal
    from cognito_auth.cli.arguments import parser
    from cognito_auth.errors import CognitoAuthError

    asked = parser().parse_args(given)
    try:
        code: int = asked.run(asked)
    except CognitoAuthError as error:
        terminal.complain(str(error))
        return meaning(error)
    except (KeyboardInterrupt, EOFError):
        terminal.complain("interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        terminal.close_output()
        return Exit.DONE
    return code


def meaning(error: CognitoAuthError) -> Exit:
    """The exit code for an error: whose fault it is, and whether another attempt may help."""
    from cognito_auth.errors import Remedy, TokenRejected, UsageError

    if isinstance(error, UsageError):
        return Exit.USAGE
    if isinstance(error, TokenRejected):
        return Exit.REJECTED
    return Exit.UNAVAILABLE if error.remedy is Remedy.RETRY else Exit.REFUSED
