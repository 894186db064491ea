"""Entries in memory: they go with their time, and do not cross a fork."""

import multiprocessing
import os
import time
from typing import Any

import pytest

from cognito_auth import caches
from cognito_auth.caches import memory as module

KEY = "00ff"


def test_old_entries_are_dropped_when_new_ones_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow with every user who was ever here."""
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    cache = caches.MemoryCache()
    for number in range(10):
        cache.put_if(f"{number:04x}", b"old", expected=None, ttl=60)
    now += 61
    cache.put_if(KEY, b"new", expected=None, ttl=60)
    assert [KEY] == list(cache._entries)


def look(cache: caches.MemoryCache, answers: Any) -> None:
    """What a forked child finds, and whether it can store."""
    found = cache.get(KEY)
    answers.put((found, cache.put_if(KEY, b"child's", expected=None, ttl=60).value))


def test_a_forked_child_begins_with_nothing() -> None:
    """Its parent's sessions are its parent's; a lock that a thread of the parent's held does not stop it."""
    cache, context = caches.MemoryCache(), multiprocessing.get_context("fork")
    mine = cache.put_if(KEY, b"parent's", expected=None, ttl=60)
    answers = context.Queue()
    with cache._lock:
        child = context.Process(target=look, args=(cache, answers))
        child.start()
    assert (None, b"child's") == answers.get(timeout=30)
    child.join()
    answers.close()
    answers.join_thread()
    assert mine == cache.get(KEY)


def test_all_caches_of_a_child_are_emptied() -> None:
    """The same step, taken here: nothing measures a child."""
    every = [caches.MemoryCache() for _ in range(3)]
    for cache in every:
        cache.put_if(KEY, b"parent's", expected=None, ttl=60)
    module._after_fork()
    assert [None] * 3 == [cache.get(KEY) for cache in every]


def test_a_system_without_forks_has_nothing_to_do_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows."""
    from importlib.util import module_from_spec, spec_from_file_location

    monkeypatch.delattr(os, "register_at_fork")
    spec = spec_from_file_location("memory_without_forks", module.__file__)
    assert spec is not None
    assert spec.loader is not None
    without = module_from_spec(spec)
    spec.loader.exec_module(without)
    assert without.MemoryCache().get(KEY) is None
