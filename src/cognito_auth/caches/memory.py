"""A cache in this process's memory."""

from __future__ import annotations

import os
import secrets
import threading
import time
from weakref import WeakSet

from cognito_auth.caches.entry import Entry

_every: WeakSet[MemoryCache] = WeakSet()


class MemoryCache:
    """Keeps entries in this process, for the sources that share it.

    A forked child begins with none: a session of its parent's would be refreshed twice.

    >>> from cognito_auth import caches
    >>> caches.MemoryCache().get("00ff") is None
    True
    """

    never_blocks = True

    def __init__(self) -> None:
        self.clear()
        _every.add(self)

    def clear(self) -> None:
        """Forget everything."""
        self._lock = threading.Lock()
        self._entries: dict[str, tuple[Entry, float]] = {}

    def get(self, key: str) -> Entry | None:
        """What is stored."""
        entry, ends = self._entries.get(key, (None, 0.0))
        return entry if time.monotonic() < ends else None

    def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """Store, unless somebody else has stored since; what is stored now."""
        with self._lock:
            present = self.get(key)
            if present is not None and present.version != expected:
                return present
            self._drop_old()
            entry = Entry(value, secrets.token_hex(8))
            self._entries[key] = entry, time.monotonic() + ttl
            return entry

    def delete_if(self, key: str, *, expected: str) -> bool:
        """Remove what is stored, if it is this version; whether it was."""
        with self._lock:
            present = self.get(key)
            if present is None or present.version != expected:
                return False
            del self._entries[key]
            return True

    def _drop_old(self) -> None:
        now = time.monotonic()
        for key in [key for key, (_, ends) in self._entries.items() if ends <= now]:
            del self._entries[key]


def _after_fork() -> None:  # pragma: no cover - it runs in a forked child, which tells no coverage
    for cache in _every:
        cache.clear()


if hasattr(os, "register_at_fork"):  # pragma: no branch - there are no forks on Windows
    os.register_at_fork(after_in_child=_after_fork)
