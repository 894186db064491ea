"""Where a token source keeps its tokens beside its own memory: bytes in, bytes out.

Each class is loaded when it is first used, and with it the library that it needs (extras ``file``, ``redis``,
``dynamodb``). ``entry.py`` has the protocol that a cache of your own follows. Keys are hashes without a secret;
nothing is ever pickled.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cognito_auth.caches.dynamodb import DynamoDBCache
    from cognito_auth.caches.encrypted import EncryptedCache
    from cognito_auth.caches.entry import AsyncCache, Cache, Entry, Leasing
    from cognito_auth.caches.file import FileCache
    from cognito_auth.caches.memory import MemoryCache
    from cognito_auth.caches.redis import RedisCache

__all__ = [
    "AsyncCache",
    "Cache",
    "DynamoDBCache",
    "EncryptedCache",
    "Entry",
    "FileCache",
    "Leasing",
    "MemoryCache",
    "RedisCache",
]

_HOMES = {
    "AsyncCache": "entry",
    "Cache": "entry",
    "DynamoDBCache": "dynamodb",
    "EncryptedCache": "encrypted",
    "Entry": "entry",
    "FileCache": "file",
    "Leasing": "entry",
    "MemoryCache": "memory",
    "RedisCache": "redis",
}


def __getattr__(name: str) -> Any:
    """Load a cache from its home."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
