"""A fleet: real processes on a real cache obtain one token for each identity and lifetime."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import boto3
import pytest

from cognito_auth import AppClient, TokenSet, TokenSource, UserPool, caches, grants
from cognito_auth.testing import FakeUserPool
from cognito_auth.token_source.record import loads
from support.cache_servers import RedisServer, aws
from support.fleet import fleet, tag

pytestmark = pytest.mark.xdist_group("fleet")
PASSWORD = "Correct-Horse-7"


class Shared:
    """A cache that processes share, and what they need to make one of their own."""

    def __init__(self, cache: Any, orders: dict[str, Any]) -> None:
        self.cache = cache
        self.orders = orders
        self.hosts = 6 if orders["kind"] == "dynamodb" else 20  # moto is slow


@pytest.fixture(params=[pytest.param("redis", marks=pytest.mark.needs("redis-server")), "file", "dynamodb"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shared]:
    """A cache of each kind that processes can share."""
    match request.param:
        case "redis":
            server: RedisServer = request.getfixturevalue("redis_server")
            with server.client() as client:
                client.flushall()
                yield Shared(caches.RedisCache(client), {"kind": "redis", "port": server.port})
        case "file":
            yield Shared(caches.FileCache(tmp_path / "c"), {"kind": "file", "directory": str(tmp_path / "c")})
        case _:
            url = request.getfixturevalue("dynamodb_url")
            with closing(boto3.client("dynamodb", **aws(url))) as client:
                cache = caches.DynamoDBCache(client, table_name="tokens")
                yield Shared(cache, {"kind": "dynamodb", "url": url})


def settings_of(app: AppClient) -> dict[str, Any]:
    """An app client's settings, for another process."""
    return {name: value for name, value in attrs.asdict(app).items() if value}


def age(cache: Any, key: str) -> None:
    """Let the access token of an entry be over, by a moment."""
    entry = cache.get(key)
    record = loads(entry.value)
    assert record is not None
    old = attrs.evolve(record, issued_at=record.issued_at - 3700, expires_at=record.issued_at - 100)
    cache.put_if(key, old.dumps(), expected=entry.version, ttl=600)


def test_any_number_of_cold_processes_makes_one_token_request(
    pool: FakeUserPool, machine: AppClient, shared: Shared
) -> None:
    """However many there are."""
    told = fleet(
        shared.hosts,
        app=settings_of(machine),
        grant={"kind": "machine", "scopes": "orders/read"},
        cache=shared.orders,
    )
    assert {None} == {host["error"] for host in told}
    assert 1 == len({token for host in told for token in host["tokens"]})
    assert 1 == pool.calls["token"]
    assert Counter(obtained=1, adopted=shared.hosts - 1) == Counter(
        itertools.chain.from_iterable(host["events"] for host in told)
    )


def test_twenty_processes_with_an_expired_token_make_one_token_request(
    pool: FakeUserPool, machine: AppClient, shared: Shared
) -> None:
    """The herd that wakes up when a token ends."""
    with TokenSource(machine, grants.ClientCredentials(scopes="orders/read"), cache=shared.cache) as source:
        first = source.tokens().access_token
        age(shared.cache, source._keeper._key)
    told = fleet(
        shared.hosts,
        app=settings_of(machine),
        grant={"kind": "machine", "scopes": "orders/read"},
        cache=shared.orders,
    )
    assert 1 == len({token for host in told for token in host["tokens"]} - {tag(first)})
    assert 2 == pool.calls["token"]


def test_twenty_processes_keep_a_session_whose_refresh_tokens_rotate_without_grace(
    pool: FakeUserPool, shared: Shared
) -> None:
    """Each refresh token may be used once: a second use signs everybody out."""
    app = pool.app_client(pool.add_client(refresh_rotation=0))
    with UserPool(app) as users:
        tokens = users.sign_in("ann", PASSWORD, method="password")
    assert isinstance(tokens, TokenSet)
    refresh_token = tokens.refresh_token
    grant: dict[str, Any] = {"kind": "refresh token", "token": refresh_token}
    with TokenSource(
        app, grants.RefreshToken(str(refresh_token)), cache=shared.cache, identity="ann"
    ) as source:
        source.tokens()
        age(shared.cache, source._keeper._key)
        told = fleet(shared.hosts, app=settings_of(app), grant=grant, cache=shared.orders, identity="ann")
        assert {None} == {host["error"] for host in told}
        assert 1 == len({token for host in told for token in host["tokens"]})
        assert 2 == pool.calls["GetTokensFromRefreshToken"]
        age(shared.cache, source._keeper._key)
    with TokenSource(
        app, grants.RefreshToken(str(refresh_token)), cache=shared.cache, identity="ann"
    ) as later:
        assert later.tokens().access_token
    assert 3 == pool.calls["GetTokensFromRefreshToken"]
