"""Entries that whoever keeps them cannot read, alter or move."""

import os
from typing import Any

import pytest

from cognito_auth import caches, errors

KEY = "00ff"


@pytest.fixture
def inner() -> caches.MemoryCache:
    """Who keeps the bytes."""
    return caches.MemoryCache()


def value_of(cache: caches.EncryptedCache) -> bytes | None:
    """What is found under the key."""
    found = cache.get(KEY)
    return None if found is None else found.value


def kept_by(inner: caches.MemoryCache, key: str) -> bytes:
    """What is really kept."""
    found = inner.get(key)
    assert found is not None
    return found.value


def keep(inner: caches.MemoryCache, key: str, value: bytes) -> None:
    """Put bytes there, whatever stands there."""
    found = inner.get(key)
    inner.put_if(key, value, expected=found.version if found else None, ttl=60)


def test_what_is_kept_says_nothing(inner: caches.MemoryCache) -> None:
    """And never the same twice."""
    cache = caches.EncryptedCache(inner, os.urandom(32))
    first = cache.put_if(KEY, b"secret", expected=None, ttl=60)
    kept = inner.get(KEY)
    assert kept is not None
    assert b"secret" not in kept.value
    cache.put_if(KEY, b"secret", expected=first.version, ttl=60)
    assert kept.value != getattr(inner.get(KEY), "value", None)


@pytest.mark.parametrize("size", [16, 24, 32])
def test_each_size_of_a_key_will_do(inner: caches.MemoryCache, size: int) -> None:
    """AES has three."""
    cache = caches.EncryptedCache(inner, os.urandom(size))
    cache.put_if(KEY, b"secret", expected=None, ttl=60)
    assert b"secret" == value_of(cache)


def test_a_key_ring_reads_old_entries_and_writes_with_the_newest(inner: caches.MemoryCache) -> None:
    """First add the new key everywhere, then let it be the first, then take the old one away."""
    old, new = os.urandom(32), os.urandom(32)
    before, between, after = (caches.EncryptedCache(inner, ring) for ring in (old, [new, old], [new]))
    first = before.put_if(KEY, b"first", expected=None, ttl=60)
    assert b"first" == value_of(between)
    assert b"" == value_of(after)
    between.put_if(KEY, b"second", expected=first.version, ttl=60)
    assert b"second" == value_of(after)
    assert b"" == value_of(before)


def test_what_another_key_has_encrypted_counts_as_not_there_and_is_written_over(
    inner: caches.MemoryCache,
) -> None:
    """Its version is known, so a new entry can take its place."""
    caches.EncryptedCache(inner, os.urandom(32)).put_if(KEY, b"theirs", expected=None, ttl=60)
    cache = caches.EncryptedCache(inner, os.urandom(32))
    found = cache.get(KEY)
    assert found is not None
    assert b"" == found.value
    assert b"" == cache.put_if(KEY, b"mine", expected=None, ttl=60).value
    assert b"mine" == cache.put_if(KEY, b"mine", expected=found.version, ttl=60).value
    assert b"mine" == value_of(cache)


def test_an_entry_opens_under_its_own_key_alone(inner: caches.MemoryCache) -> None:
    """Who can write to the store cannot give one user another's tokens."""
    cache = caches.EncryptedCache(inner, os.urandom(32))
    cache.put_if("ee", b"another's", expected=None, ttl=60)
    keep(inner, KEY, kept_by(inner, "ee"))
    assert b"" == value_of(cache)


@pytest.mark.parametrize("position", [0, 1, 13, -1], ids=["version", "nonce", "body", "tag"])
def test_whatever_is_altered_is_nothing(inner: caches.MemoryCache, position: int) -> None:
    """One bit, anywhere."""
    cache = caches.EncryptedCache(inner, os.urandom(32))
    cache.put_if(KEY, b"secret", expected=None, ttl=60)
    box = bytearray(kept_by(inner, KEY))
    box[position] ^= 1
    keep(inner, KEY, bytes(box))
    assert b"" == value_of(cache)


@pytest.mark.parametrize("length", [0, 1, 5, 13, 20])
def test_what_is_too_short_is_nothing(inner: caches.MemoryCache, length: int) -> None:
    """Half an entry is no error."""
    cache = caches.EncryptedCache(inner, os.urandom(32))
    keep(inner, KEY, (b"\x01" + bytes(40))[:length])
    assert b"" == value_of(cache)


@pytest.mark.parametrize(
    "keys", [b"", b"short", "a text, not bytes", [], [b"x" * 32, b"short"], None, 32], ids=repr
)
def test_a_key_that_cannot_be_right_is_refused(inner: caches.MemoryCache, keys: Any) -> None:
    """And is not shown."""
    with pytest.raises(errors.UsageError, match=r"^keys: expected 16, 24 or 32 random bytes") as caught:
        caches.EncryptedCache(inner, keys)
    assert "short" not in str(caught.value)


def test_leases_are_the_inner_caches(inner: caches.MemoryCache) -> None:
    """Where it has none, neither has this one."""
    assert not hasattr(caches.EncryptedCache(inner, os.urandom(32)), "try_lease")


def test_a_name_that_is_not_there_is_said_as_usual() -> None:
    """The caches load on use."""
    with pytest.raises(AttributeError, match="has no attribute 'DiskCache'"):
        _ = caches.DiskCache
