"""A cache that another cache keeps, encrypted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

from cognito_auth.caches.entry import AnyCache, Entry, is_asynchronous, then
from cognito_auth.errors import UsageError

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12


class EncryptedCache:
    """Keeps entries in another cache, encrypted with AES-GCM and bound to the key they are stored under.

    What cannot be opened (altered, moved to another key, encrypted with a key that is gone) counts as not there.

    >>> import os
    >>> from cognito_auth import caches
    >>> cache = caches.EncryptedCache(caches.MemoryCache(), os.urandom(32))

    Args:
        inner: Any cache, blocking or async.
        keys: One AES key (16, 24 or 32 bytes), or several: the first encrypts, all of them decrypt.

    Raises:
        UsageError: A key is not 16, 24 or 32 bytes.

    https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf
    """

    def __init__(self, inner: AnyCache, keys: bytes | Sequence[bytes]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        ring: tuple[Any, ...] = (
            tuple(keys) if isinstance(keys, Sequence) and not isinstance(keys, bytes) else (keys,)
        )
        if not ring or any(not isinstance(key, bytes) or len(key) not in {16, 24, 32} for key in ring):
            raise UsageError(
                "keys: expected 16, 24 or 32 random bytes, or several such keys, the newest first; make one with "
                "os.urandom(32)"
            )
        kept: Any = inner
        self._inner = kept
        self._ring = [AESGCM(key) for key in ring]
        self.is_asynchronous = is_asynchronous(inner)
        self.never_blocks = getattr(inner, "never_blocks", False)
        if hasattr(self._inner, "try_lease"):
            self.try_lease, self.release = kept.try_lease, kept.release

    def get(self, key: str) -> Any:
        """What is stored."""
        return then(self._inner.get(key), lambda entry: self._opened(key, entry))

    def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Any:
        """Store, unless somebody else has stored since; what is stored now."""
        nonce = os.urandom(_NONCE_BYTES)
        box = _VERSION + nonce + self._ring[0].encrypt(nonce, value, key.encode())
        stored = self._inner.put_if(key, box, expected=expected, ttl=ttl)
        return then(stored, lambda entry: Entry(self._open(key, entry.value) or b"", entry.version))

    def delete_if(self, key: str, *, expected: str) -> Any:
        """Remove what is stored, if it is this version; whether it was."""
        return self._inner.delete_if(key, expected=expected)

    def _opened(self, key: str, entry: Entry | None) -> Entry | None:
        # An entry that cannot be opened still has its version, so that a new one can take its place.
        return entry and Entry(self._open(key, entry.value) or b"", entry.version)

    def _open(self, key: str, box: bytes) -> bytes | None:
        from cryptography.exceptions import InvalidTag

        nonce, body = box[1 : 1 + _NONCE_BYTES], box[1 + _NONCE_BYTES :]
        if box[:1] != _VERSION or len(nonce) < _NONCE_BYTES:
            return None
        for cipher in self._ring:
            try:
                return cipher.decrypt(nonce, body, key.encode())
            except InvalidTag:
                continue
        return None
