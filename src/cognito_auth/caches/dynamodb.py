"""A cache in DynamoDB, for a fleet."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from cognito_auth.caches.entry import Entry
from cognito_auth.errors import CacheError, UsageError

_WHEN_FREE: Final = "attribute_not_exists(#key) OR #ends <= :now"


class DynamoDBCache:
    """Keeps entries in a DynamoDB table: any number of hosts share them, and one refreshes while the others wait.

    The table needs a partition key of type string. Let its time to live be the attribute ``ends``; entries past it
    count as not there, whether DynamoDB has removed them or not.

    >>> from cognito_auth import caches
    >>> cache = caches.DynamoDBCache(boto3.resource("dynamodb").Table("tokens"))     # doctest: +SKIP
    >>> cache = caches.DynamoDBCache(boto3.client("dynamodb"), table_name="tokens")  # doctest: +SKIP

    Args:
        table: A boto3 ``Table``, or a boto3 client together with ``table_name``.
        table_name: The table's name, beside a client.
        key_name: The name of the partition key.

    Raises:
        UsageError: A client without a table name, or the other way round.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
    """

    def __init__(self, table: Any, *, table_name: str | None = None, key_name: str = "key") -> None:
        # A Table takes and gives Python values, a client DynamoDB's own typed ones.
        self._is_table = hasattr(table, "meta") and hasattr(table.meta, "client")
        if self._is_table is (table_name is not None):
            raise UsageError(
                "table: expected a boto3 Table alone, or a boto3 client together with table_name='…'"
            )
        self._table = table
        self._named = {} if table_name is None else {"TableName": table_name}
        self._key_name = key_name

    def get(self, key: str) -> Entry | None:
        """What is stored."""
        answer = self._call("get_item", Key=self._key(key), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None or _is_over(item, time.time()) else _entry(item)

    def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """Store, unless somebody else has stored since; what is stored now."""
        now, version = time.time(), secrets.token_hex(8)
        names = {"#key": self._key_name, "#ends": "ends", "#version": "version"}
        values: dict[str, Any] = {":now": int(now), ":expected": expected or ""}
        condition = f"{_WHEN_FREE} OR attribute_not_exists(#version) OR #version = :expected"
        item = {"version": version, "value": value, "ends": int(now + ttl) + 1}
        winner = self._put(key, item, condition, names, values)
        return Entry(value, version) if winner is None else _entry(winner)

    def delete_if(self, key: str, *, expected: str) -> bool:
        """Remove what is stored, if it is this version; whether it was."""
        return self._delete(key, "#version = :expected", {"#version": "version"}, {":expected": expected})

    def try_lease(self, key: str, *, ttl: float) -> str | None:
        """The right to refresh for this many seconds; ``None`` if another host has it."""
        now, lease = time.time(), secrets.token_hex(8)
        names = {"#key": self._key_name, "#ends": "ends"}
        item = {"version": lease, "ends": int(now + ttl) + 1}
        other = self._put(f"{key}:lease", item, _WHEN_FREE, names, {":now": int(now)})
        # boto3 sends a request again when its answer was lost: who finds a lease of their own has it.
        return lease if other is None or _plain(other.get("version")) == lease else None

    def release(self, key: str, lease: str) -> None:
        """Give the right back."""
        self._delete(f"{key}:lease", "#version = :lease", {"#version": "version"}, {":lease": lease})

    def _put(
        self,
        key: str,
        item: Mapping[str, Any],
        condition: str,
        names: Mapping[str, str],
        values: Mapping[str, Any],
    ) -> dict[str, Any] | None:
        """Store an item; whatever stands there where the condition fails."""
        answer = self._call(
            "put_item",
            Item={**self._key(key), **self._packed(item)},
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=self._packed(values),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        other: dict[str, Any] | None = answer.get("Item")
        return other

    def _delete(self, key: str, condition: str, names: Mapping[str, str], values: Mapping[str, Any]) -> bool:
        answer = self._call(
            "delete_item",
            Key=self._key(key),
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=self._packed(values),
        )
        return "Error" not in answer

    def _call(self, name: str, **arguments: Any) -> Any:
        """The answer; that of a failed condition too, which holds the present item."""
        try:
            return getattr(self._table, name)(**self._named, **arguments)
        except ClientError as error:
            answer: dict[str, Any] = dict(error.response)
            if answer.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                answer.setdefault("Item", {})
                return answer
            trouble = CacheError(f"DynamoDB: {error}")
        except BotoCoreError as error:
            trouble = CacheError(f"DynamoDB: {error}")
        raise trouble

    def _key(self, key: str) -> dict[str, Any]:
        return self._packed({self._key_name: key})

    def _packed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if self._is_table:
            return dict(values)
        return {name: {_TYPES[type(value)]: _as_sent(value)} for name, value in values.items()}


_TYPES: Final = {str: "S", int: "N", bytes: "B"}


def _as_sent(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _plain(value: Any) -> Any:
    """A value out of DynamoDB's type (``{"S": "…"}``) or boto3's (``Binary``)."""
    if isinstance(value, dict) and len(value) == 1:
        ((kind, value),) = value.items()
        return Decimal(value) if kind == "N" else value
    return getattr(value, "value", value)


def _entry(item: Mapping[str, Any]) -> Entry:
    """The entry of an item. Where there is something foreign, it is empty, and can be written over."""
    value, version = _plain(item.get("value")), _plain(item.get("version"))
    if not isinstance(version, str):
        return Entry(b"", "")
    return Entry(value if isinstance(value, bytes) else b"", version)


def _is_over(item: Mapping[str, Any], now: float) -> bool:
    """Whether an item's time is over; DynamoDB removes it within days."""
    ends = _plain(item.get("ends"))
    return isinstance(ends, Decimal) and ends <= now
