"""Files that only their owner can read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cognito_auth import caches, errors
from cognito_auth.caches import file as file_module

KEY = "00ff"


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever the shell says."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.usefixtures("umask")
def test_nobody_else_can_read(tmp_path: Path) -> None:
    """0600 in 0700, whatever the umask."""
    cache = caches.FileCache(tmp_path / "cache")
    cache.put_if(KEY, b"value", expected=None, ttl=60)
    assert b"value" == cache.get(KEY).value  # type: ignore[union-attr]
    assert 0o700 == mode(tmp_path / "cache")
    assert 0o600 == mode(tmp_path / "cache" / f"{KEY}.entry")


def test_a_directory_that_is_open_to_others_is_closed(tmp_path: Path) -> None:
    """It is ours, after all."""
    (tmp_path / "cache").mkdir(mode=0o755)
    caches.FileCache(tmp_path / "cache").put_if(KEY, b"value", expected=None, ttl=60)
    assert 0o700 == mode(tmp_path / "cache")


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    """For the directory and for the file."""
    real = caches.FileCache(tmp_path / "real")
    real.put_if(KEY, b"value", expected=None, ttl=60)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(errors.CacheError, match="symbolic link"):
        caches.FileCache(tmp_path / "link").put_if(KEY, b"value", expected=None, ttl=60)
    entry = tmp_path / "real" / f"{KEY}.entry"
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(errors.CacheError):
        real.get(KEY)
    with pytest.raises(errors.CacheError):
        real.delete_if(KEY, expected="1")


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have put it there."""
    cache = caches.FileCache(tmp_path / "cache")
    cache.put_if(KEY, b"value", expected=None, ttl=60)
    uid = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    with pytest.raises(errors.CacheError, match="another user"):
        cache.get(KEY)
    with pytest.raises(errors.CacheError, match="another user"):
        cache.try_lease(KEY, ttl=1)


def test_a_write_that_fails_leaves_the_old_entry_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may be full."""
    cache = caches.FileCache(tmp_path / "cache")
    first = cache.put_if(KEY, b"first", expected=None, ttl=60)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.CacheError, match="No space left"):
        cache.put_if(KEY, b"second", expected=first.version, ttl=60)
    assert first == cache.get(KEY)
    assert [] == [path for path in (tmp_path / "cache").iterdir() if path.name.startswith(f".{KEY}")]


@pytest.mark.parametrize("content", [b"", b"garbled", b"x" * 100, b"0123456789abcdef 9999999999999x\nvalue"])
def test_a_garbled_file_is_something_to_write_over(tmp_path: Path, content: bytes) -> None:
    """Never an error."""
    cache = caches.FileCache(tmp_path / "cache")
    cache.put_if(KEY, b"value", expected=None, ttl=60)
    (tmp_path / "cache" / f"{KEY}.entry").write_bytes(content)
    found = cache.get(KEY)
    assert found is not None
    assert b"" == found.value
    assert b"new" == cache.put_if(KEY, b"new", expected=found.version, ttl=60).value


def test_a_lease_that_is_not_held_is_given_back_without_harm(tmp_path: Path) -> None:
    """Twice, say."""
    cache = caches.FileCache(tmp_path / "cache")
    lease = cache.try_lease(KEY, ttl=1)
    assert lease is not None
    cache.release(KEY, lease)
    cache.release(KEY, lease)
    assert cache.try_lease(KEY, ttl=1)


def test_where_the_system_has_no_users_and_no_modes_there_is_nothing_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    monkeypatch.delattr(os, "geteuid")
    cache = file_module.FileCache(tmp_path / "cache")
    assert b"value" == cache.put_if(KEY, b"value", expected=None, ttl=60).value
    entry = tmp_path / "cache" / f"{KEY}.entry"
    monkeypatch.delattr(os, "fchmod")
    with entry.open() as opened:
        file_module._close_to_others(opened.fileno(), 0o644)
    assert 0o600 == mode(entry)
