"""The grammar of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module, metadata
from typing import Any, Final

_EPILOG: Final = """\
environment:
  COGNITO_POOL_ID, COGNITO_CLIENT_ID, COGNITO_REGION, COGNITO_DOMAIN, COGNITO_ENDPOINT
                          which pool and client, where no option says so
  COGNITO_CLIENT_SECRET, COGNITO_PASSWORD
                          secrets; what is missing is asked for on the terminal

exit codes:
  0  done
  1  the token must not be trusted
  2  the command line or the environment is wrong
  3  the service refused
  4  no usable answer: network, throttling, an outage; another attempt may do
  130  interrupted

Each command has examples: cognito-auth token --help
"""
_EXAMPLES_OF_GETTING: Final = """\
examples:
  cognito-auth token --username ann@example.com
  curl -H "$(cognito-auth token --client-credentials --scope orders/read --format header)" https://api.example.com/orders
  cognito-auth token --client-credentials --format env --name API_TOKEN >> "$GITHUB_ENV"
  cognito-auth token --browser --scope 'openid email' --use id
"""
_EXAMPLES_OF_VERIFYING: Final = """\
examples:
  cognito-auth token --username ann | cognito-auth verify --use access
  cognito-auth verify --use id --group admin --format json < token.txt
  cognito-auth verify --use access --jwks jwks.json < token.txt     # without any network
"""
_EXAMPLES_OF_DECODING: Final = """\
examples:
  cognito-auth decode < token.txt
  pbpaste | cognito-auth decode --format json | jq .claims.scope
"""
_EXAMPLES_OF_KEYS: Final = """\
examples:
  cognito-auth jwks --pool-id eu-west-1_AbCdEfGhI > jwks.json       # for TokenVerifier(jwks=…) and verify --jwks
"""


def parser() -> argparse.ArgumentParser:
    """The command and its subcommands; each sets `run`."""
    made = argparse.ArgumentParser(
        prog="cognito-auth",
        description="Amazon Cognito at the command line: get tokens, verify and explain them, export keys, fake a pool.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"%(prog)s {metadata.version('cognito-auth')}")
    commands = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _token(commands)
    _verify(commands)
    _decode(commands)
    _jwks(commands)
    commands.add_parser("fake", help="serve a fake user pool on this machine", add_help=False)
    return made


def _command(
    commands: Any, name: str, text: str, epilog: str, run: tuple[str, str]
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text[:1].lower() + text[1:].rstrip("."),
        description=text,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(run=_later(*run))
    return made


def _later(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """The function that does the work, whose module is loaded when it is called."""

    def run(asked: argparse.Namespace) -> int:
        code: int = getattr(import_module(f"cognito_auth.cli.{module}"), function)(asked)
        return code

    return run


def _token(commands: Any) -> None:
    made = _command(
        commands, "token", "Get a token and print it.", _EXAMPLES_OF_GETTING, ("obtaining", "token")
    )
    _which_pool(made)
    made.add_argument("--client-id", metavar="ID")
    made.add_argument("--region", metavar="REGION", help="needed without a pool id")
    made.add_argument(
        "--domain", metavar="DOMAIN", help="the pool's domain, for OAuth: a prefix, a host or an address"
    )
    how = made.add_argument_group("how to get it").add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--username", metavar="NAME", help="sign this user in; the password is COGNITO_PASSWORD or asked for"
    )
    how.add_argument(
        "--client-credentials", action="store_true", help="show the client secret, COGNITO_CLIENT_SECRET"
    )
    how.add_argument(
        "--browser", action="store_true", help="let a person sign in with this machine's browser"
    )
    made.add_argument(
        "--method",
        choices=("srp", "password", "custom", "custom-srp"),
        default="srp",
        help="how users prove who they are (default: %(default)s)",
    )
    made.add_argument(
        "--via", choices=("oauth", "api"), help="where a machine asks (default: oauth if there is a domain)"
    )
    made.add_argument(
        "--scope", action="append", default=[], metavar="SCOPE", help="may be repeated, or hold several"
    )
    made.add_argument(
        "--redirect-uri",
        default="http://localhost:8400/callback",
        metavar="URL",
        help="where the browser comes back to (default: %(default)s)",
    )
    made.add_argument(
        "--timeout",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="how long a person may take (default: %(default)g)",
    )
    made.add_argument(
        "--use", choices=("access", "id"), default="access", help="which token (default: %(default)s)"
    )
    made.add_argument(
        "--format",
        choices=("token", "header", "env", "json"),
        default="token",
        help="the token alone, a header for curl, a line for $GITHUB_ENV, or everything but the refresh token",
    )
    made.add_argument(
        "--name",
        default="COGNITO_TOKEN",
        metavar="NAME",
        help="the variable of --format env (default: %(default)s)",
    )


def _verify(commands: Any) -> None:
    made = _command(
        commands,
        "verify",
        "Verify the token on standard input, and explain it.",
        _EXAMPLES_OF_VERIFYING,
        ("judging", "verify"),
    )
    _which_pool(made)
    made.add_argument("--use", choices=("access", "id", "any"), required=True, help="what the token must be")
    made.add_argument(
        "--client-id",
        action="append",
        default=[],
        metavar="ID",
        help="whose tokens are accepted; may be repeated",
    )
    made.add_argument(
        "--any-client", action="store_true", help="accept the tokens of every app client of the pool"
    )
    made.add_argument(
        "--scope", action="append", default=[], metavar="SCOPE", help="the token must have; may be repeated"
    )
    made.add_argument(
        "--group", action="append", default=[], metavar="GROUP", help="the user must be in; may be repeated"
    )
    made.add_argument("--resource", metavar="URL", help="the API that an access token must be bound to")
    made.add_argument(
        "--leeway", type=float, default=0.0, metavar="SECONDS", help="by how much clocks may differ"
    )
    made.add_argument("--issuer", metavar="URL", help="where it is not one of AWS's two forms")
    made.add_argument(
        "--jwks", metavar="FILE", help="keys that `cognito-auth jwks` has exported; then nothing is fetched"
    )
    _format(made)


def _decode(commands: Any) -> None:
    text = "Explain the token on standard input WITHOUT verifying it."
    _format(_command(commands, "decode", text, _EXAMPLES_OF_DECODING, ("judging", "decode")))


def _jwks(commands: Any) -> None:
    made = _command(commands, "jwks", "Print the pool's public keys.", _EXAMPLES_OF_KEYS, ("judging", "jwks"))
    _which_pool(made)
    made.add_argument("--issuer", metavar="URL", help="where it is not one of AWS's two forms")


def _which_pool(made: argparse.ArgumentParser) -> None:
    made.add_argument("--pool-id", metavar="ID")
    made.add_argument("--endpoint", metavar="URL", help="of an emulator, a proxy or a private endpoint")


def _format(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="for people or for programs (default: %(default)s)",
    )
