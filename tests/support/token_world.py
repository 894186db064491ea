"""A token source's surroundings, for tests: clocks that move, and a cache that can be taken away."""

from typing import Any

from cognito_auth.caches import Entry, MemoryCache
from cognito_auth.errors import CacheError
from cognito_auth.testing import FakeUserPool
from cognito_auth.token_source.record import Record, loads


class Travel:
    """Moves the clocks of a source's machine, and the pool's with them."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool

    def __call__(
        self, *sources: Any, wall: float = 0.0, monotonic: float = 0.0, service: float = 0.0
    ) -> None:
        """Let so many seconds pass on each clock."""
        for source in sources:
            runtime = source._runtime
            was_wall, was_monotonic = runtime.now, runtime.monotonic
            runtime.now = lambda before=was_wall: before() + wall
            runtime.monotonic = lambda before=was_monotonic: before() + monotonic
        self._pool.clock.advance(service)

    def later(self, *sources: Any, seconds: float) -> None:
        """Let time pass everywhere."""
        self(*sources, wall=seconds, monotonic=seconds, service=seconds)


class Broken:
    """A cache that can be taken away, and that remembers what was asked of it."""

    never_blocks = True

    def __init__(self) -> None:
        self.inner = MemoryCache()
        self.is_away = False
        self.is_full = False

    def get(self, key: str) -> Entry | None:
        """What is stored."""
        self._check(self.is_away)
        return self.inner.get(key)

    def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """Store."""
        self._check(self.is_away or self.is_full)
        return self.inner.put_if(key, value, expected=expected, ttl=ttl)

    def delete_if(self, key: str, *, expected: str) -> bool:
        """Remove."""
        self._check(self.is_away)
        return self.inner.delete_if(key, expected=expected)

    def records(self) -> list[Record]:
        """What is stored, read."""
        found = [loads(entry.value) for entry, _ in self.inner._entries.values()]
        return [record for record in found if record is not None]

    @staticmethod
    def _check(is_away: bool) -> None:
        if is_away:
            raise CacheError("the cache is away")
