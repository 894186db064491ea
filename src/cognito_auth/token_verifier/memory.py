"""A memory of tokens that were verified, so that the next request with the same token costs a hash.

It holds no token, only its SHA-256. What it knows is asked again for its time, its rules and its key before it counts.
Readers take no lock: each step is one operation on a dict, and losing an entry costs one verification.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Generic, TypeVar

from cognito_auth.errors import UsageError

T = TypeVar("T")


def fingerprint(token: object, max_bytes: int) -> bytes:
    """The key of a token in the memory; nothing for what cannot be a token."""
    if isinstance(token, str) and len(token) <= max_bytes and token.isascii():
        return sha256(token.encode()).digest()
    return b""


class Memory(Generic[T]):
    """The newest entries, in two generations: when the young one is full it becomes the old one.

    Args:
        size: How many entries are kept at most.
    """

    def __init__(self, size: int) -> None:
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise UsageError(f"remember: {size!r} is not a number of tokens: expected 0 (off) or more")
        self._generation = max(1, size // 2)
        self._keeps_old = size > 1
        self._young: dict[bytes, T] = {}
        self._old: dict[bytes, T] = {}

    def get(self, key: bytes) -> T | None:
        """The entry, if it is remembered."""
        entry = self._young.get(key)
        if entry is None:
            entry = self._old.get(key)
            if entry is not None:
                self.put(key, entry)
        return entry

    def put(self, key: bytes, entry: T) -> None:
        """Remember an entry."""
        young = self._young
        if len(young) >= self._generation:
            self._old = young if self._keeps_old else {}
            self._young = young = {}
        young[key] = entry

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._young) + len(self._old)
