"""`python -m cognito_auth.testing`: a fake user pool for any client in any language, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import OIDC_SCOPES
from cognito_auth.testing.server import check_host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cognito_auth.testing.fake_user_pool.state import Client

PROGRAM = "python -m cognito_auth.testing"
_EXAMPLES = """\
examples:
  {prog} --port 9229 --user ann:'correct horse' --client web
  {prog} --client machine:secret --scopes 'orders/read orders/write'
"""


def parser(prog: str = PROGRAM) -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Serve a fake Cognito user pool on this machine. Nothing is kept when it stops.",
        epilog=_EXAMPLES.format(prog=prog),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
    made.add_argument("--port", type=int, default=0, help="which port to listen on (default: a free one)")
    made.add_argument(
        "--beyond-loopback", action="store_true", help="really listen on a --host that others can reach"
    )
    made.add_argument("--pool-id", default="eu-west-1_Fake00001", metavar="ID", help="default: %(default)s")
    made.add_argument(
        "--user",
        action="append",
        default=[],
        metavar="NAME[:PASSWORD]",
        help="a confirmed user, with a password if it says so; may be repeated",
    )
    made.add_argument(
        "--client",
        action="append",
        default=[],
        metavar="NAME[:secret]",
        help="an app client, with a secret if it says so; may be repeated (default: one public client)",
    )
    made.add_argument("--scopes", default="", help="custom scopes of every client, separated by spaces")
    made.add_argument("--callback-url", action="append", default=[], metavar="URL", help="may be repeated")
    return made


def main(
    arguments: Sequence[str] | None = None, *, stop: threading.Event | None = None, prog: str = PROGRAM
) -> int:
    """Serve until interrupted; the exit code."""
    asked = parser(prog).parse_args(arguments)
    try:
        check_host(asked.host, beyond_loopback=asked.beyond_loopback)
    except ValueError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    pool = FakeUserPool(asked.pool_id)
    for entry in asked.user:
        name, _, password = entry.partition(":")
        pool.add_user(name, password or None)
    for entry in asked.client or ["client"]:
        name, _, kind = entry.partition(":")
        pool.add_client(
            name,
            secret=kind == "secret",
            scopes={*OIDC_SCOPES, *asked.scopes.split()},
            callback_urls=asked.callback_url,
        )
    stopping = stop or _on_signals()
    with ExitStack() as open_until_told:
        served = pool.serve(host=asked.host, port=asked.port, beyond_loopback=asked.beyond_loopback)
        try:
            url = open_until_told.enter_context(served)
        except (OSError, OverflowError) as refusal:  # the port is taken, or there is none of that number
            sys.stderr.write(f"{asked.host}, port {asked.port}: {refusal}\n")
            return 2
        sys.stdout.write(what_to_paste(pool, url))
        sys.stdout.flush()
        stopping.wait()
    return 0


def what_to_paste(pool: FakeUserPool, url: str) -> str:
    """The addresses and, for each client, the environment that `AppClient.from_env` reads."""
    lines = [
        f"# A fake user pool, until Ctrl-C. Keys: {url}/{pool.pool_id}/.well-known/jwks.json",
        f"# Issuer: {pool.issuer}",
        f"# aws cognito-idp initiate-auth --endpoint-url {url} --region {pool.region} --no-sign-request …",
    ]
    for client in pool.clients.values():
        lines += [
            "",
            f"# {client.name}",
            *(f"export {name}={value}" for name, value in _environment(pool, client, url)),
        ]
    return "\n".join(lines) + "\n"


def _environment(pool: FakeUserPool, client: Client, url: str) -> list[tuple[str, str]]:
    found = [
        ("COGNITO_POOL_ID", pool.pool_id),
        ("COGNITO_CLIENT_ID", client.client_id),
        ("COGNITO_CLIENT_SECRET", client.client_secret),
        ("COGNITO_REGION", pool.region),
        ("COGNITO_ENDPOINT", url),
        ("COGNITO_DOMAIN", url),
    ]
    return [(name, value) for name, value in found if value is not None]


def _on_signals() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


if __name__ == "__main__":
    raise SystemExit(main())
