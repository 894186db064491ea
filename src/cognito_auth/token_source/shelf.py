"""A cache as the source uses it: blocking or async, with or without leases, there or away."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from cognito_auth.caches.entry import AnyCache, Entry, is_asynchronous
from cognito_auth.errors import CacheError, UsageError

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime

T = TypeVar("T")


class Shelf:
    """One key's place in a cache.

    Args:
        cache: Any cache.
        key: The identity's.
        runtime: How to call what blocks.
        announce: Called with ``"cache_lost"`` when the cache goes away and ``"cache_back"`` when it is back: once each.

    Raises:
        UsageError: The cache is async, and the source is not.
    """

    def __init__(
        self, cache: AnyCache, key: str, runtime: Runtime, announce: Callable[[str, dict[str, str]], None]
    ) -> None:
        self._cache: Any = cache
        self._key = key
        self._runtime = runtime
        self._announce = announce
        self._is_lost = False
        self._awaits = is_asynchronous(cache)
        self._calls_here = self._awaits or getattr(cache, "never_blocks", False)
        if self._awaits and runtime.blocks:
            raise UsageError(
                f"cache: {type(cache).__name__} is asynchronous here, and a TokenSource blocks: give it a cache that "
                "blocks (one over redis.Redis, say), or use AsyncTokenSource"
            )

    async def get(self) -> Entry | None:
        """What is stored."""
        entry: Entry | None = await self._call(lambda: self._cache.get(self._key))
        return entry

    async def put_if(self, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """Store, unless somebody else has stored since; what is stored now."""
        entry: Entry = await self._call(
            lambda: self._cache.put_if(self._key, value, expected=expected, ttl=ttl)
        )
        self._found()  # a full disk can still be read: only a write proves that all is well
        return entry

    async def delete_if(self, *, expected: str) -> bool:
        """Remove what is stored, if it is this version."""
        gone: bool = await self._call(lambda: self._cache.delete_if(self._key, expected=expected))
        return gone

    async def try_lease(self, *, ttl: float) -> tuple[bool, str | None]:
        """Whether this host may refresh now, and what to give back afterwards."""
        if not hasattr(self._cache, "try_lease"):
            return True, None
        lease: str | None = await self._call(lambda: self._cache.try_lease(self._key, ttl=ttl))
        return lease is not None, lease

    async def release(self, lease: str | None) -> None:
        """Give the right to refresh back. Where that fails, the lease ends by itself."""
        if lease is not None:
            try:
                await self._call(lambda: self._cache.release(self._key, lease))
            except CacheError:
                return

    async def _call(self, function: Callable[[], T]) -> Any:
        try:
            if self._calls_here:
                outcome: Any = function()
                if inspect.isawaitable(outcome):
                    outcome = await outcome
            else:
                outcome = await self._runtime.offload(function)
        except CacheError as error:
            self._lost(error)
            raise
        except Exception as error:  # noqa: BLE001 - a cache of somebody else's may raise anything
            trouble = CacheError(f"{type(self._cache).__name__}: {type(error).__name__}")
            self._lost(trouble)
        else:
            return outcome
        raise trouble

    def _lost(self, error: CacheError) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._announce("cache_lost", {"error": str(error)})

    def _found(self) -> None:
        if self._is_lost:
            self._is_lost = False
            self._announce("cache_back", {})
