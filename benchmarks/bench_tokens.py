"""What fresh tokens cost: per request with httpx, per call of a source, per read of a cache; beside peers.

Everything is measured in interleaved rounds of one run, and the medians are compared: only the ratios mean anything.
A fleet is simulated at the end, with hosts as real processes on a real Redis: token requests must not grow with it.
"""

import datetime
import json
import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import httpx
import httpx2
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from httpx_auth import OAuth2ClientCredentials

from cognito_auth import AppClient, CognitoAuth, TokenSet, TokenSource, UserPool, caches
from cognito_auth.httpx2 import CognitoAuth as Httpx2CognitoAuth
from cognito_auth.testing import FakeUserPool
from cognito_auth.token_source.record import Record, loads

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))

from support.cache_servers import running_redis  # noqa: E402 - the path comes first
from support.fleet import fleet  # noqa: E402 - the path comes first
from support.programs import find_program  # noqa: E402 - the path comes first

APP = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", region="eu-west-1")
API = "https://api.example.com"
ROUNDS = 25


def table(title: str, cases: dict[str, Callable[[], Any]], *, number: int) -> dict[str, float]:
    """Measure the cases in turns, and print each median beside the first one's."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for function in cases.values():
        function()
    for _ in range(ROUNDS):
        for name, function in cases.items():
            times[name].append(timeit.timeit(function, number=number) / number)
    medians = {name: statistics.median(values) for name, values in times.items()}
    floor = next(iter(medians.values()))
    print(f"\n{title:<44} {'µs':>9} {'ratio':>7}")
    for name, median in medians.items():
        print(f"{name:<44} {median * 1e6:>9.2f} {median / floor:>7.2f}")
    return medians


def token_set() -> TokenSet:
    """Tokens for an hour, as long as real ones."""
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    return TokenSet(access_token="a" * 1000, id_token="i" * 1000, expires_at=ends, id_expires_at=ends)


def answer(request: httpx.Request) -> httpx.Response:
    """Of the API, and of the token endpoint of those who ask there."""
    if request.url.path == "/token":
        return httpx.Response(
            200, json={"access_token": "a" * 1000, "token_type": "Bearer", "expires_in": 3600}
        )
    return httpx.Response(200)


class Static(httpx.Auth):
    """One header, and no more."""

    def auth_flow(self, request: httpx.Request) -> Any:
        """Set it."""
        request.headers["Authorization"] = "Bearer " + "a" * 1000
        yield request


def requests(stack: ExitStack) -> None:
    """A request over a MockTransport."""
    transport = httpx.MockTransport(answer)
    source = stack.enter_context(TokenSource(APP, token_set))
    of_httpx2 = httpx2.MockTransport(lambda _: httpx2.Response(200))
    authlib = OAuth2Client("id", "secret", token_endpoint=f"{API}/token", transport=of_httpx2)
    authlib.token = {"access_token": "a" * 1000, "token_type": "Bearer", "expires_at": time.time() + 3600}
    peer = OAuth2ClientCredentials(f"{API}/token", "id", "secret", client=httpx.Client(transport=transport))
    clients: dict[str, Any] = {
        "no auth": httpx.Client(transport=transport),
        "a static header": httpx.Client(transport=transport, auth=Static()),
        "CognitoAuth": httpx.Client(transport=transport, auth=CognitoAuth(source, API)),
        "httpx-auth": httpx.Client(transport=transport, auth=peer),
        "httpx2, no auth": httpx2.Client(transport=of_httpx2),
        "httpx2, CognitoAuth": httpx2.Client(transport=of_httpx2, auth=Httpx2CognitoAuth(source, API)),
        "httpx2, Authlib": authlib,
    }
    for client in clients.values():
        stack.callback(client.close)
    table(
        "a request",
        {name: partial(client.get, API + "/") for name, client in clients.items()},
        number=100,
    )


def calls(stack: ExitStack) -> None:
    """A call of a source whose token is fresh."""
    source = stack.enter_context(TokenSource(APP, token_set))
    kept = {"key": (token_set(), time.time() + 3600)}

    def look_up() -> TokenSet | None:
        tokens, ends = kept["key"]
        return tokens if time.time() < ends else None

    table(
        "fresh tokens", {"a dictionary and a clock": look_up, "source.tokens()": source.tokens}, number=20_000
    )


def reads(stack: ExitStack) -> None:
    """Reads of shared caches, to the record."""
    record = Record(
        access_token="a" * 1000, id_token="i" * 1000, refresh_token="r" * 1500, issued_at=1.0, expires_at=2.0
    ).dumps()
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    plain = directory / "plain.json"
    plain.write_bytes(record)
    files: Any = caches.FileCache(directory / "cache")
    files.put_if("00ff", record, expected=None, ttl=3600)
    table(
        "a read of a file",
        {
            "read and json.loads": lambda: json.loads(plain.read_bytes()),
            "FileCache, and the record": lambda: loads(files.get("00ff").value),
        },
        number=500,
    )
    if find_program("redis-server") is None:
        print("\nredis-server is missing: its part is left out. Debian's package redis-server has it.")
        return
    server = stack.enter_context(running_redis(directory))
    client = stack.enter_context(server.client())
    cache = caches.RedisCache(client)
    cache.put_if("00ff", record, expected=None, ttl=3600)
    client.set("plain", record)
    table(
        "a read of Redis",
        {
            "GET and json.loads": lambda: json.loads(client.get("plain")),
            "RedisCache, and the record": lambda: loads(cache.get("00ff").value),
        },
        number=200,
    )


def second_clients(stack: ExitStack) -> None:
    """The second default client of this library, beside a client of httpx."""

    def opened(pool: Any) -> None:
        pool._runtime._default()  # noqa: SLF001 - what a first request does

    def second() -> None:
        with UserPool(APP) as pool:
            opened(pool)

    first = stack.enter_context(UserPool(APP))
    opened(first)
    table(
        "a client",
        {"httpx.Client()": lambda: httpx.Client().close(), "a second default client": second},
        number=2,
    )


def fleets(stack: ExitStack) -> None:
    """Token requests in three lifetimes of three seconds, by the number of hosts."""
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    server = stack.enter_context(running_redis(directory))
    print(f"\n{'a fleet on one Redis, for 9 seconds':<44} {'requests':>9} {'an hour':>8}")
    for hosts in (1, 5, 20):
        pool = FakeUserPool(pool_id="eu-west-1_Fake00001")
        with pool.serve():
            app = pool.app_client(pool.add_client(secret=True, scopes={"orders/read"}, access_seconds=3))
            fleet(
                hosts,
                app={name: value for name, value in attrs.asdict(app).items() if value},
                grant={"kind": "machine", "scopes": "orders/read"},
                cache={"kind": "redis", "port": server.port},
                seconds=9.0,
            )
        print(f"{f'{hosts} hosts':<44} {pool.calls['token']:>9} {pool.calls['token'] * 400:>8}")


def main() -> None:
    """Everything."""
    with ExitStack() as stack:
        requests(stack)
        calls(stack)
        reads(stack)
        second_clients(stack)
        if find_program("redis-server") is not None:
            fleets(stack)


if __name__ == "__main__":
    main()
