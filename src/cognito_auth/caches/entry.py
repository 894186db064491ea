"""What a cache is: bytes in, bytes out, and a version that says whether anybody has written in between."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import attrs

from cognito_auth._values import Secretive, redacted

A = TypeVar("A")
B = TypeVar("B")


@attrs.frozen
class Entry(Secretive):
    """What is stored under a key.

    Attributes:
        value: The bytes.
        version: Another one after each write; it means nothing else.
    """

    value: bytes = attrs.field(repr=redacted)
    version: str


class Cache(Protocol):
    """A cache that blocks. It serves both faces: under an event loop it is called in a thread.

    Every method raises :class:`~cognito_auth.errors.CacheError` where the cache cannot be reached.
    """

    def get(self, key: str) -> Entry | None:
        """What is stored."""
        ...

    def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """Store, unless somebody else has stored since.

        Args:
            key: Hexadecimal digits.
            value: What to store.
            expected: The version that was read; ``None`` where there was none.
            ttl: Seconds after which the entry may go.

        Returns:
            What is stored now: this value, or the one of whoever came first. Where nothing is stored any more, there
            is nothing to lose against, and this value is stored.
        """
        ...

    def delete_if(self, key: str, *, expected: str) -> bool:
        """Remove what is stored, if it is this version; whether it was."""
        ...


class AsyncCache(Protocol):
    """A cache that is awaited. It serves the async face only."""

    async def get(self, key: str) -> Entry | None:
        """As :meth:`Cache.get`."""
        ...

    async def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """As :meth:`Cache.put_if`."""
        ...

    async def delete_if(self, key: str, *, expected: str) -> bool:
        """As :meth:`Cache.delete_if`."""
        ...


class Leasing(Protocol):
    """What a cache offers besides, so that one host refreshes while the others wait.

    A lease keeps the herd away; it does not protect the entry, which only its version does.
    """

    def try_lease(self, key: str, *, ttl: float) -> Any:
        """The right to refresh for this many seconds, as a text for :meth:`release`; ``None`` if another has it."""
        ...

    def release(self, key: str, lease: str) -> Any:
        """Give the right back."""
        ...


AnyCache = Cache | AsyncCache


def then(outcome: A | Awaitable[A], step: Callable[[A], B]) -> B | Awaitable[B]:
    """The step's result: at once, or awaitable where the outcome is. It lets one text serve both kinds of clients."""
    if inspect.isawaitable(outcome):
        return _awaited(outcome, step)
    return step(outcome)


async def _awaited(outcome: Awaitable[A], step: Callable[[A], B]) -> B:
    return step(await outcome)


def is_asynchronous(cache: object) -> bool:
    """Whether the cache's methods are awaited."""
    told = getattr(cache, "is_asynchronous", None)
    if isinstance(told, bool):
        return told
    return inspect.iscoroutinefunction(getattr(cache, "get", None))
