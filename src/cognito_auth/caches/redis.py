"""A cache in Redis or Valkey, for a fleet."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cognito_auth.caches.entry import Entry
from cognito_auth.errors import CacheError, UsageError

if TYPE_CHECKING:
    import redis
    import redis.asyncio

    Client = redis.Redis | redis.RedisCluster | redis.asyncio.Redis | redis.asyncio.RedisCluster

T = TypeVar("T")

_VERSION_LENGTH: Final = 16

# An entry is one string, its version first: a plain GET reads it.
_PUT: Final = """
local present = redis.call('GET', KEYS[1])
if present and string.sub(present, 1, 16) ~= ARGV[1] then return present end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return false
"""
_DELETE: Final = """
local present = redis.call('GET', KEYS[1])
if present and string.sub(present, 1, 16) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
# Clients send a command again when its answer was lost: who finds a lease of their own has it.
_LEASE: Final = """
local present = redis.call('GET', KEYS[1])
if present and present ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""


class RedisCache:
    """Keeps entries in Redis or Valkey: any number of hosts share them, and one refreshes while the others wait.

    >>> import redis
    >>> from cognito_auth import caches
    >>> cache = caches.RedisCache(redis.Redis(host="cache.example.com", ssl=True, socket_timeout=2))

    Args:
        client: A ``redis.Redis`` or ``redis.RedisCluster`` for both faces, or one of ``redis.asyncio`` for the async
            one. Give it timeouts.
        prefix: What the keys begin with.

    Raises:
        UsageError: The client decodes what it reads (``decode_responses=True``), or the prefix has braces.

    Wrap it in ``EncryptedCache`` unless the server is as trusted as this process: it holds tokens.
    """

    def __init__(self, client: Client, *, prefix: str = "cognito-auth:") -> None:
        if "{" in prefix or "}" in prefix:
            raise UsageError(
                f"prefix: {prefix!r} has braces, which choose the cluster's slot: leave them out"
            )
        connection: Any = client
        if _decodes(connection):
            raise UsageError(
                "client: it decodes what it reads: make one without decode_responses=True, tokens may be encrypted"
            )
        self._client = connection
        self._prefix = prefix
        self.is_asynchronous = inspect.iscoroutinefunction(connection.execute_command)
        self._put = connection.register_script(_PUT)
        self._delete = connection.register_script(_DELETE)
        self._lease = connection.register_script(_LEASE)

    def get(self, key: str) -> Any:
        """What is stored."""
        return self._do(lambda: self._client.get(self._name(key)), _entry)

    def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Any:
        """Store, unless somebody else has stored since; what is stored now."""
        version = secrets.token_hex(_VERSION_LENGTH // 2)
        mine = Entry(value, version)
        arguments = [_as_bytes(expected or ""), _as_bytes(version) + value, max(1, int(ttl * 1000))]
        return self._do(
            lambda: self._put(keys=[self._name(key)], args=arguments), lambda theirs: _entry(theirs) or mine
        )

    def delete_if(self, key: str, *, expected: str) -> Any:
        """Remove what is stored, if it is this version; whether it was."""
        return self._do(lambda: self._delete(keys=[self._name(key)], args=[_as_bytes(expected)]), bool)

    def try_lease(self, key: str, *, ttl: float) -> Any:
        """The right to refresh for this many seconds; ``None`` if another host has it."""
        lease = secrets.token_hex(8)
        arguments = [lease, max(1, int(ttl * 1000))]
        return self._do(
            lambda: self._lease(keys=[self._name(key) + ":lease"], args=arguments),
            lambda got: lease if got else None,
        )

    def release(self, key: str, lease: str) -> Any:
        """Give the right back."""
        return self._do(
            lambda: self._lease(keys=[self._name(key) + ":lease"], args=[lease, 0]), lambda _: None
        )

    def _name(self, key: str) -> str:
        # Braces put an entry and its lease into the same slot of a cluster:
        # https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
        return f"{self._prefix}{{{key}}}"

    def _do(self, call: Callable[[], Any], step: Callable[[Any], T]) -> Any:
        return self._awaited(call, step) if self.is_asynchronous else self._called(call, step)

    @staticmethod
    def _called(call: Callable[[], Any], step: Callable[[Any], T]) -> T:
        from redis.exceptions import RedisError

        try:
            return step(call())
        except (RedisError, OSError) as error:
            trouble = _trouble(error)
        raise trouble

    @staticmethod
    async def _awaited(call: Callable[[], Any], step: Callable[[Any], T]) -> T:
        from redis.exceptions import RedisError

        try:
            return step(await call())
        except (RedisError, OSError) as error:
            trouble = _trouble(error)
        raise trouble


def _decodes(client: Any) -> bool:
    return bool(client.get_encoder().decode_responses)


def _as_bytes(version: str) -> bytes:
    return version.encode("latin-1")


def _entry(stored: bytes | None) -> Entry | None:
    if stored is None:
        return None
    # Something foreign may stand here: whatever its bytes are, they can be named, and so be replaced.
    version = stored[:_VERSION_LENGTH].decode("latin-1")
    return Entry(stored[_VERSION_LENGTH:], version)


def _trouble(error: Exception) -> CacheError:
    # Raised outside of the handler: the error may hold the command, and so the tokens. A server that does not know a
    # command quotes how its arguments begin.
    return CacheError(f"Redis: {type(error).__name__}: {str(error).partition(', with args')[0]}")
