"""What is special about each kind of cache."""

import os
from typing import Any

import boto3
import pytest
from anyio import run as run_async
from botocore.exceptions import EndpointConnectionError

from cognito_auth import caches, errors
from cognito_auth.caches.entry import is_asynchronous
from support.cache_servers import RedisServer, aws, free_port

KEY = "00ff"


def test_every_cache_is_at_its_place_and_nothing_else() -> None:
    """Loaded when it is first used."""
    assert all(getattr(caches, name) for name in caches.__all__)
    with pytest.raises(AttributeError, match="NoSuchCache"):
        _ = caches.NoSuchCache


def test_a_memory_cache_forgets_what_is_over() -> None:
    """When something else is stored."""
    cache = caches.MemoryCache()
    cache.put_if("old", b"old", expected=None, ttl=-1)
    cache.put_if("new", b"new", expected=None, ttl=60)
    assert {"new"} == cache._entries.keys()


# -- Redis ----------------------------------------------------------------------------------------------------------


def test_a_redis_that_is_not_there_is_a_cache_error_without_what_was_to_be_stored() -> None:
    """Blocking and asynchronous."""
    server = RedisServer.__new__(RedisServer)
    server.port = free_port()
    with server.client() as client, pytest.raises(errors.CacheError) as raised:
        caches.RedisCache(client).put_if(KEY, b"very secret", expected=None, ttl=60)
    assert "very secret" not in str(raised.value)
    assert raised.value.__context__ is None

    async def main() -> None:
        async with server.async_client() as client:
            await caches.RedisCache(client).get(KEY)

    with pytest.raises(errors.CacheError):
        run_async(main)


def test_a_client_that_decodes_is_refused() -> None:
    """Tokens may be encrypted, and then they are no text."""
    server = RedisServer.__new__(RedisServer)
    server.port = free_port()
    with server.client(decode_responses=True) as client, pytest.raises(errors.UsageError, match=r"^client: "):
        caches.RedisCache(client)
    with server.client() as client, pytest.raises(errors.UsageError, match=r"^prefix: "):
        caches.RedisCache(client, prefix="{mine}")


@pytest.mark.needs("redis-server")
def test_an_entry_and_its_lease_are_in_one_slot_of_a_cluster(redis_server: RedisServer) -> None:
    """A script may touch keys of one slot only."""
    with redis_server.client() as client:
        cache = caches.RedisCache(client, prefix="slot:")
        cache.put_if(KEY, b"value", expected=None, ttl=60)
        cache.try_lease(KEY, ttl=60)
        assert {b"slot:{00ff}", b"slot:{00ff}:lease"} == set(client.scan_iter("slot:*"))


# -- DynamoDB ---------------------------------------------------------------------------------------------------------


def test_a_client_needs_a_table_name_and_a_table_has_one(dynamodb_url: str) -> None:
    """One or the other."""
    client = boto3.client("dynamodb", **aws(dynamodb_url))
    with pytest.raises(errors.UsageError, match=r"^table: "):
        caches.DynamoDBCache(client)
    resource = boto3.resource("dynamodb", **aws(dynamodb_url))
    with pytest.raises(errors.UsageError, match=r"^table: "):
        caches.DynamoDBCache(resource.Table("tokens"), table_name="tokens")
    client.close()
    resource.meta.client.close()


def test_trouble_with_dynamodb_is_a_cache_error(dynamodb_url: str) -> None:
    """No such table, and nobody there."""
    client = boto3.client("dynamodb", **aws(dynamodb_url))
    with pytest.raises(errors.CacheError, match="DynamoDB"):
        caches.DynamoDBCache(client, table_name="another").get(KEY)
    client.close()

    class Away:
        def get_item(self, **_: object) -> object:
            raise EndpointConnectionError(endpoint_url="https://dynamodb.example.com")

    with pytest.raises(errors.CacheError, match="DynamoDB"):
        caches.DynamoDBCache(Away(), table_name="tokens").get(KEY)


@pytest.mark.parametrize("item", [{"version": {"S": "v"}}, {"value": {"B": b"x"}}])
def test_an_item_that_is_none_of_ours_is_something_to_write_over(item: dict[str, Any]) -> None:
    """Never an error."""

    class Odd:
        def get_item(self, **_: object) -> object:
            return {"Item": item}

    found = caches.DynamoDBCache(Odd(), table_name="tokens").get(KEY)
    assert found is not None
    assert b"" == found.value


# -- encryption -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [b"", b"short", [], [b"x" * 16, "y" * 16], [b"x" * 15]])
def test_keys_that_are_none_are_refused(keys: Any) -> None:
    """AES has three sizes."""
    with pytest.raises(errors.UsageError, match=r"^keys: "):
        caches.EncryptedCache(caches.MemoryCache(), keys)


def test_what_is_kept_is_not_what_was_put() -> None:
    """And differs at each time."""
    inner = caches.MemoryCache()
    cache = caches.EncryptedCache(inner, os.urandom(32))
    first = cache.put_if(KEY, b"very secret", expected=None, ttl=60)
    boxes = [inner.get(KEY)]
    cache.put_if(KEY, b"very secret", expected=first.version, ttl=60)
    boxes.append(inner.get(KEY))
    assert 2 == len({box.value for box in boxes if box})
    assert all(b"very secret" not in box.value for box in boxes if box)


def test_a_key_ring_opens_what_its_older_keys_have_closed() -> None:
    """And closes with the newest one."""
    inner, old, new = caches.MemoryCache(), os.urandom(32), os.urandom(16)
    caches.EncryptedCache(inner, old).put_if(KEY, b"value", expected=None, ttl=60)
    both = caches.EncryptedCache(inner, [new, old])
    entry = both.get(KEY)
    assert b"value" == entry.value
    both.put_if(KEY, b"newer", expected=entry.version, ttl=60)
    assert b"newer" == caches.EncryptedCache(inner, new).get(KEY).value
    assert b"" == caches.EncryptedCache(inner, old).get(KEY).value


def test_what_was_altered_or_moved_does_not_open() -> None:
    """It counts as nothing, with a version, so that it can be replaced."""
    inner = caches.MemoryCache()
    cache = caches.EncryptedCache(inner, os.urandom(32))
    cache.put_if(KEY, b"value", expected=None, ttl=60)
    box = inner.get(KEY)
    assert box is not None
    inner.put_if("moved", box.value, expected=None, ttl=60)
    inner.put_if("altered", box.value[:-1] + bytes([box.value[-1] ^ 1]), expected=None, ttl=60)
    inner.put_if("foreign", b"\x02" + box.value[1:], expected=None, ttl=60)
    inner.put_if("short", b"\x01", expected=None, ttl=60)
    for key in ("moved", "altered", "foreign", "short"):
        found = cache.get(key)
        assert b"" == found.value
        assert b"new" == cache.put_if(key, b"new", expected=found.version, ttl=60).value


def test_a_cache_is_asynchronous_if_it_says_so_or_if_its_methods_are() -> None:
    """A class of one's own need say nothing."""

    class Awaited:
        async def get(self, key: str) -> None: ...

    class Plain:
        def get(self, key: str) -> None: ...

    class Told(Plain):
        is_asynchronous = True

    assert [True, False, True] == [is_asynchronous(kind()) for kind in (Awaited, Plain, Told)]
