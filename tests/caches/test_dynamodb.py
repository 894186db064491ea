"""DynamoDB, as moto plays it: foreign items, lost answers, refusals and outages."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.config import Config

from cognito_auth import caches, errors
from support.cache_servers import aws, free_port


@pytest.fixture
def key() -> str:
    """A key that nobody else uses."""
    return uuid.uuid4().hex


@pytest.fixture
def table(dynamodb_url: str) -> Iterator[Any]:
    """The table."""
    resource = boto3.resource("dynamodb", **aws(dynamodb_url))
    with closing(resource.meta.client):
        yield resource.Table("tokens")


@pytest.fixture(params=["table", "client"])
def cache(request: pytest.FixtureRequest, dynamodb_url: str, table: Any) -> Iterator[caches.DynamoDBCache]:
    """A cache over a table, or over a client."""
    with ExitStack() as stack:
        if request.param == "table":
            yield caches.DynamoDBCache(table)
        else:
            client = stack.enter_context(closing(boto3.client("dynamodb", **aws(dynamodb_url))))
            yield caches.DynamoDBCache(client, table_name="tokens")


FOREIGN: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no version": {"value": "a text"},
    "a map": {"value": {"a": {"b": 1}, "c": 2}, "version": "theirs"},
    "a number for a version": {"value": b"", "version": 7},
    "a list for the end": {"value": b"", "version": "theirs", "ends": [1]},
    "a text for the end": {"value": b"", "version": "theirs", "ends": "tomorrow"},
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_what_is_foreign_is_empty(
    cache: caches.DynamoDBCache, table: Any, key: str, foreign: dict[str, Any]
) -> None:
    """It is somebody else's mistake, and no error."""
    table.put_item(Item={"key": key, **foreign})
    assert b"" == getattr(cache.get(key), "value", None)


@pytest.mark.parametrize("kind", ["nothing", "no version", "a map"])
def test_what_is_foreign_is_written_over(
    cache: caches.DynamoDBCache, table: Any, key: str, kind: str
) -> None:
    """It stops nobody. (moto cannot compare values of different types, as DynamoDB can.)"""
    table.put_item(Item={"key": key, **FOREIGN[kind]})
    found = cache.get(key)
    assert found is not None
    assert b"mine" == cache.put_if(key, b"mine", expected=found.version, ttl=60).value
    assert b"mine" == getattr(cache.get(key), "value", None)


def test_an_item_says_when_it_ends(cache: caches.DynamoDBCache, table: Any, key: str) -> None:
    """In whole seconds since the epoch, as DynamoDB's time to live wants it."""
    cache.put_if(key, b"mine", expected=None, ttl=60)
    ends = table.get_item(Key={"key": key})["Item"]["ends"]
    assert isinstance(ends, Decimal)
    assert ends == int(ends)


def test_an_item_that_is_over_but_not_removed_yet_is_not_there(
    cache: caches.DynamoDBCache, table: Any, key: str
) -> None:
    """DynamoDB takes days for it; so does a lease that a dead host holds."""
    table.put_item(Item={"key": key, "value": b"old", "version": "old", "ends": 1})
    table.put_item(Item={"key": f"{key}:lease", "version": "old", "ends": 1})
    assert cache.get(key) is None
    assert b"mine" == cache.put_if(key, b"mine", expected=None, ttl=60).value
    assert cache.try_lease(key, ttl=60)


def test_who_finds_what_they_have_written_themselves_has_won(
    cache: caches.DynamoDBCache, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 sends a request again when its answer was lost: neither the entry nor the lease must be lost with it."""
    once = cache._table.put_item

    def twice(**arguments: Any) -> Any:
        once(**arguments)
        return once(**arguments)

    monkeypatch.setattr(cache._table, "put_item", twice)
    entry = cache.put_if(key, b"mine", expected=None, ttl=60)
    assert (b"mine", entry) == (entry.value, cache.get(key))
    assert cache.try_lease(key, ttl=60)


def test_a_partition_key_may_have_any_name(dynamodb_url: str, key: str) -> None:
    """Tables of one's own are often there already."""
    with closing(boto3.client("dynamodb", **aws(dynamodb_url))) as client:
        client.create_table(
            TableName="others",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        cache = caches.DynamoDBCache(client, table_name="others", key_name="pk")
        assert cache.put_if(key, b"mine", expected=None, ttl=60) == cache.get(key)
        client.delete_table(TableName="others")
        with pytest.raises(errors.CacheError, match="ResourceNotFound"):
            cache.get(key)


def test_a_dynamodb_that_does_not_answer_is_a_cache_that_is_away(key: str) -> None:
    """And what would have been stored is not told."""
    settings = aws(f"http://127.0.0.1:{free_port()}")
    settings["config"] = Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=1)
    with closing(boto3.client("dynamodb", **settings)) as client:
        cache = caches.DynamoDBCache(client, table_name="tokens")
        with pytest.raises(errors.CacheError, match=r"^DynamoDB: ") as caught:
            cache.put_if(key, b"secret", expected=None, ttl=60)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_client_needs_the_tables_name_and_a_table_has_it(table: Any, dynamodb_url: str) -> None:
    """Said at once, not at the first token."""
    with closing(boto3.client("dynamodb", **aws(dynamodb_url))) as client:
        with pytest.raises(errors.UsageError, match=r"^table: "):
            caches.DynamoDBCache(client)
        with pytest.raises(errors.UsageError, match=r"^table: "):
            caches.DynamoDBCache(table, table_name="tokens")
