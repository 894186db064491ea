"""What every cache promises, whatever keeps its bytes."""

import os
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import anyio
import boto3
import pytest

from cognito_auth import caches
from cognito_auth.caches.entry import Entry, is_asynchronous
from support.cache_servers import RedisServer, aws

REDIS = pytest.mark.needs("redis-server")
KINDS = [
    "memory",
    "file",
    pytest.param("redis", marks=REDIS),
    "dynamodb table",
    "dynamodb client",
    "encrypted memory",
    "encrypted file",
    pytest.param("encrypted redis", marks=REDIS),
]


@pytest.fixture
def key() -> str:
    """A key that nobody else uses."""
    return uuid.uuid4().hex


@pytest.fixture(params=KINDS)
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A cache that blocks."""
    with ExitStack() as stack:

        def made(kind: str) -> Any:
            match kind.split():
                case ["encrypted", inner]:
                    return caches.EncryptedCache(made(inner), os.urandom(32))
                case ["memory"]:
                    return caches.MemoryCache()
                case ["file"]:
                    return caches.FileCache(tmp_path / "cache")
                case ["redis"]:
                    server: RedisServer = request.getfixturevalue("redis_server")
                    return caches.RedisCache(stack.enter_context(server.client()))
                case ["dynamodb", "table"]:
                    resource = boto3.resource("dynamodb", **aws(request.getfixturevalue("dynamodb_url")))
                    stack.enter_context(closing(resource.meta.client))
                    return caches.DynamoDBCache(resource.Table("tokens"))
                case _:
                    client = boto3.client("dynamodb", **aws(request.getfixturevalue("dynamodb_url")))
                    stack.enter_context(closing(client))
                    return caches.DynamoDBCache(client, table_name="tokens")

        yield made(request.param)


def test_what_was_put_is_found_under_its_key_alone(cache: Any, key: str) -> None:
    """Bytes in, the same bytes out."""
    value = bytes(range(256))
    entry = cache.put_if(key, value, expected=None, ttl=60)
    assert value == entry.value
    assert entry == cache.get(key)
    assert cache.get("00" + key) is None


def test_a_new_version_takes_the_place_of_the_one_that_was_read(cache: Any, key: str) -> None:
    """And has another name."""
    first = cache.put_if(key, b"first", expected=None, ttl=60)
    second = cache.put_if(key, b"second", expected=first.version, ttl=60)
    assert b"second" == cache.get(key).value
    assert first.version != second.version


def test_who_comes_late_gets_the_winners_entry(cache: Any, key: str) -> None:
    """In the same call."""
    first = cache.put_if(key, b"first", expected=None, ttl=60)
    winner = cache.put_if(key, b"winner", expected=first.version, ttl=60)
    assert winner == cache.put_if(key, b"late", expected=first.version, ttl=60)
    assert winner == cache.put_if(key, b"unread", expected=None, ttl=60)
    assert winner == cache.get(key)


def test_where_nothing_is_stored_any_more_there_is_nothing_to_lose_against(cache: Any, key: str) -> None:
    """Flushed data do not stop anybody."""
    assert b"mine" == cache.put_if(key, b"mine", expected="gone", ttl=60).value
    assert b"mine" == cache.get(key).value


def test_only_the_named_version_is_deleted(cache: Any, key: str) -> None:
    """Somebody else's newer tokens stay."""
    first = cache.put_if(key, b"first", expected=None, ttl=60)
    second = cache.put_if(key, b"second", expected=first.version, ttl=60)
    assert cache.delete_if(key, expected=first.version) is False
    assert second == cache.get(key)
    assert cache.delete_if(key, expected=second.version) is True
    assert cache.get(key) is None
    assert cache.delete_if(key, expected=second.version) is False


def test_an_entry_whose_time_is_over_is_not_there(cache: Any, key: str) -> None:
    """And anybody may take its place."""
    first = cache.put_if(key, b"short", expected=None, ttl=0.001)
    deadline = threading.Event()
    while cache.get(key) is not None:
        deadline.wait(0.05)
    assert b"next" == cache.put_if(key, b"next", expected="other", ttl=60).value
    assert first != cache.get(key)


def test_of_many_writers_one_wins_and_all_hear_of_it(cache: Any, key: str) -> None:
    """Compare-and-set, with threads that start together."""
    start, outcomes = threading.Barrier(8), list[Entry]()

    def write(number: int) -> None:
        start.wait()
        outcomes.append(cache.put_if(key, b"%d" % number, expected=None, ttl=60))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {cache.get(key).version} == {outcome.version for outcome in outcomes}


def test_one_holds_the_lease_until_it_is_given_back(cache: Any, key: str) -> None:
    """Another one's lease cannot be given back."""
    if not hasattr(cache, "try_lease"):
        assert isinstance(cache, caches.MemoryCache) or "Memory" in repr(cache._inner)
        return
    lease = cache.try_lease(key, ttl=60)
    assert lease
    assert cache.try_lease(key, ttl=60) is None
    assert cache.try_lease("00" + key, ttl=60)
    cache.release(key, "somebody else's")
    assert cache.try_lease(key, ttl=60) is None
    cache.release(key, lease)
    assert cache.try_lease(key, ttl=60)


def test_nothing_shows_what_is_stored(cache: Any, key: str) -> None:
    """Entries are tokens."""
    entry = cache.put_if(key, b"very secret", expected=None, ttl=60)
    assert "very secret" not in repr(entry) + repr(cache)


# -- asynchronous clients -----------------------------------------------------------------------------------------


@pytest.fixture(params=[pytest.param("redis", marks=REDIS), pytest.param("encrypted redis", marks=REDIS)])
def with_async_cache(
    request: pytest.FixtureRequest, redis_server: RedisServer
) -> Callable[[Callable[[Any], Awaitable[None]]], None]:
    """Runs a body with a cache that is awaited."""

    def run(body: Callable[[Any], Awaitable[None]]) -> None:
        async def main() -> None:
            async with redis_server.async_client() as client:
                cache: Any = caches.RedisCache(client)
                await body(
                    caches.EncryptedCache(cache, os.urandom(32)) if "encrypted" in request.param else cache
                )

        anyio.run(main)

    return run


def test_an_asynchronous_redis_keeps_the_same_promises(
    with_async_cache: Callable[[Callable[[Any], Awaitable[None]]], None], key: str
) -> None:
    """`redis.asyncio` in place of `redis`."""

    async def body(cache: Any) -> None:
        assert is_asynchronous(cache)
        assert await cache.get(key) is None
        first = await cache.put_if(key, b"first", expected=None, ttl=60)
        assert first == await cache.put_if(key, b"late", expected=None, ttl=60)
        assert first == await cache.get(key)
        lease = await cache.try_lease(key, ttl=60)
        assert await cache.try_lease(key, ttl=60) is None
        await cache.release(key, lease)
        assert await cache.try_lease(key, ttl=60)
        assert await cache.delete_if(key, expected=first.version)

    with_async_cache(body)
