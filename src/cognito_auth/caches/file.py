"""A cache in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from cognito_auth.caches.entry import Entry
from cognito_auth.errors import CacheError

_HEAD_BYTES: Final = 16 + 1 + 14 + 1  # version, space, end in seconds since the epoch, line feed
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING: Final = getattr(os, "O_NONBLOCK", 0)  # for a writer, where somebody has put a pipe
_PATIENCE: Final = 5.0
"""Seconds to wait for another process that is just writing."""


def _check_ours(found: os.stat_result, path: Path, is_right: Callable[[int], bool]) -> None:
    """Refuse what is a link, something else than it should be, or another user's."""
    if not is_right(found.st_mode):
        raise OSError(f"{path} is not what it should be: a symbolic link, or another kind of file")
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise OSError(f"{path} belongs to another user")


def _close_to_others(descriptor: int, mode: int) -> None:
    """Set the mode that the umask may have taken bits from."""
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


class FileCache:
    """Keeps entries in a directory of this machine, for the processes of one user.

    The directory is 0700 and its files are 0600, whatever the umask. Symbolic links and directories of other users
    are refused. Files are replaced in one step, and a lock that the system drops with its process lets one process
    refresh while the others wait.

    >>> import tempfile
    >>> from cognito_auth import caches
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     caches.FileCache(directory).get("00ff") is None
    True

    Args:
        directory: Made if it is not there. One that is there is closed to others.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory)
        self._leases: dict[str, FileLock] = {}

    def __repr__(self) -> str:
        """Where the files are."""
        return f"FileCache({str(self._directory)!r})"

    def get(self, key: str) -> Entry | None:
        """What is stored."""
        try:
            _check_ours(os.lstat(self._directory), self._directory, stat.S_ISDIR)
            return self._read(key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._trouble(error) from None

    def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """Store, unless somebody else has stored since; what is stored now."""
        try:
            with self._lock(key):
                present = self._read(key)
                if present is not None and present.version != expected:
                    return present
                entry = Entry(value, secrets.token_hex(8))
                ends = min(int(time.time() + ttl), 99_999_999_999_999)
                self._write(key, f"{entry.version} {ends:014d}\n".encode() + value)
                return entry
        except (OSError, Timeout) as error:
            raise self._trouble(error) from None

    def delete_if(self, key: str, *, expected: str) -> bool:
        """Remove what is stored, if it is this version; whether it was."""
        try:
            with self._lock(key):
                present = self._read(key)
                if present is None or present.version != expected:
                    return False
                self._path(key).unlink()
                return True
        except (OSError, Timeout) as error:
            raise self._trouble(error) from None

    def try_lease(self, key: str, *, ttl: float) -> str | None:  # noqa: ARG002 - the system ends it, with the process
        """The right to refresh; ``None`` if another process has it."""
        try:
            lock = FileLock(self._prepared() / f"{key}.lease", timeout=0, mode=0o600, thread_local=False)
            lock.acquire()
        except Timeout:
            return None
        except OSError as error:
            raise self._trouble(error) from None
        lease = secrets.token_hex(8)
        self._leases[lease] = lock
        return lease

    def release(self, key: str, lease: str) -> None:  # noqa: ARG002 - the protocol's
        """Give the right back."""
        lock = self._leases.pop(lease, None)
        if lock is not None:
            lock.release()

    def _path(self, key: str) -> Path:
        return self._directory / f"{key}.entry"

    def _read(self, key: str) -> Entry | None:
        try:
            descriptor = os.open(self._path(key), os.O_RDONLY | _NO_LINKS | _NO_WAITING)
        except FileNotFoundError:
            return None
        try:
            _check_ours(os.fstat(descriptor), self._path(key), stat.S_ISREG)
            content = b""
            while chunk := os.read(descriptor, 65536):
                content += chunk
        finally:
            os.close(descriptor)
        head, value = content[:_HEAD_BYTES], content[_HEAD_BYTES:]
        version, _, ends = head.decode("ascii", "replace").rstrip("\n").partition(" ")
        if not (head.endswith(b"\n") and ends.isdigit()):
            return Entry(b"", "garbled")  # something to write over
        return Entry(value, version) if time.time() < int(ends) else None

    def _write(self, key: str, content: bytes) -> None:
        # One name, as the lock lets one writer in at a time: what a process left that was killed here is cleared away.
        draft = self._directory / f".{key}.draft"
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600)
        try:
            try:
                _close_to_others(descriptor, 0o600)
                while content:
                    content = content[os.write(descriptor, content) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            draft.replace(self._path(key))
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise

    def _lock(self, key: str) -> FileLock:
        return FileLock(self._prepared() / f"{key}.lock", timeout=_PATIENCE, mode=0o600, thread_local=False)

    def _prepared(self) -> Path:
        """The directory, there and closed to others."""
        with suppress(FileExistsError):
            self._directory.mkdir(mode=0o700, parents=True)
        found = self._directory.lstat()
        _check_ours(found, self._directory, stat.S_ISDIR)
        if stat.S_IMODE(found.st_mode) != 0o700:
            self._directory.chmod(0o700)
        return self._directory

    def _trouble(self, error: Exception) -> CacheError:
        return CacheError(f"{self!r}: {error}")
