"""Files that only their owner can read: real processes, and a disk that is full, strange or not there."""

import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

from cognito_auth import AppClient, TokenSource, caches, errors, grants
from cognito_auth.caches import file as module
from cognito_auth.testing import FakeUserPool

KEY = "00ff"
SOURCES = Path(module.__file__).parents[2]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory that is not there yet."""
    return tmp_path / "some" / "where"


@pytest.fixture
def cache(directory: Path) -> caches.FileCache:
    """A cache in it."""
    return caches.FileCache(directory)


def mode_of(path: Path) -> int:
    """The bits of `chmod`."""
    return stat.S_IMODE(path.lstat().st_mode)


def in_another_process(directory: Path, body: str) -> "subprocess.CompletedProcess[str]":
    """What becomes of a program that has a `cache` on the directory."""
    program = f"import os, signal\nfrom cognito_auth import caches, errors\ncache = caches.FileCache({str(directory)!r})\n{body}"
    # One that is killed leaves half a file of measurements.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**unmeasured, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def any_umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """From one that hides nothing to one that hides all."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("any_umask")
def test_nobody_else_can_read_whatever_the_umask(cache: caches.FileCache, directory: Path) -> None:
    """0600 in 0700, the files of the locks too."""
    directory.parent.mkdir(mode=0o700)
    directory.parent.chmod(0o700)
    cache.put_if(KEY, b"tokens", expected=None, ttl=60)
    lease = cache.try_lease(KEY, ttl=60)
    assert lease
    assert 0o700 == mode_of(directory)
    files = {path.name: mode_of(path) for path in directory.iterdir()}
    assert {f"{KEY}.entry": 0o600, f"{KEY}.lease": 0o600} == {
        name: mode for name, mode in files.items() if not name.endswith(".lock")
    }
    assert {0o600} == set(files.values())
    cache.release(KEY, lease)


def test_a_directory_that_is_open_to_others_is_closed(cache: caches.FileCache, directory: Path) -> None:
    """Before the first token lies in it."""
    directory.mkdir(parents=True)
    directory.chmod(0o755)
    cache.put_if(KEY, b"tokens", expected=None, ttl=60)
    assert 0o700 == mode_of(directory)


def test_a_directory_that_is_a_link_is_refused(cache: caches.FileCache, directory: Path) -> None:
    """It leads wherever somebody else wants; to read, to write and to lead."""
    elsewhere = directory.parent / "elsewhere"
    caches.FileCache(elsewhere).put_if(KEY, b"theirs", expected=None, ttl=60)
    directory.symlink_to(elsewhere)
    for attempt in (
        lambda: cache.get(KEY),
        lambda: cache.put_if(KEY, b"mine", expected=None, ttl=60),
        lambda: cache.delete_if(KEY, expected="any"),
        lambda: cache.try_lease(KEY, ttl=60),
    ):
        with pytest.raises(errors.CacheError, match="symbolic link"):
            attempt()
    assert b"theirs" == getattr(caches.FileCache(elsewhere).get(KEY), "value", None)


def test_an_entry_that_is_a_link_is_refused(cache: caches.FileCache, directory: Path) -> None:
    """And what it leads to is neither read nor written over."""
    cache.put_if(KEY, b"first", expected=None, ttl=60)
    entry, target = directory / f"{KEY}.entry", directory.parent / "precious"
    entry.rename(target)
    content = target.read_bytes()
    entry.symlink_to(target)
    with pytest.raises(errors.CacheError):
        cache.get(KEY)
    with pytest.raises(errors.CacheError):
        cache.put_if(KEY, b"mine", expected=None, ttl=60)
    assert content == target.read_bytes()


def test_an_entry_that_is_a_pipe_is_refused_without_waiting_for_its_writer(
    cache: caches.FileCache, directory: Path
) -> None:
    """Opening it as usual would never end."""
    cache.put_if(KEY, b"first", expected=None, ttl=60)
    entry = directory / f"{KEY}.entry"
    entry.unlink()
    os.mkfifo(entry, 0o600)
    with pytest.raises(errors.CacheError, match="another kind of file"):
        cache.get(KEY)


def test_what_belongs_to_another_user_is_refused(
    cache: caches.FileCache, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They could put their own tokens there, and watch whose name we work in."""
    cache.put_if(KEY, b"theirs", expected=None, ttl=60)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(errors.CacheError, match=r"where belongs to another user"):
        cache.get(KEY)
    with pytest.raises(errors.CacheError, match="belongs to another user"):
        cache.put_if(KEY, b"mine", expected=None, ttl=60)


def test_a_system_without_owners_and_modes_goes_without(
    cache: caches.FileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has neither; a user's own directories are closed there anyway."""
    lacking = {name: value for name, value in vars(os).items() if name not in {"geteuid", "fchmod"}}
    monkeypatch.setattr(module, "os", SimpleNamespace(**lacking))
    assert cache.put_if(KEY, b"mine", expected=None, ttl=60) == cache.get(KEY)


@pytest.mark.parametrize(
    "content",
    [b"", b"garbled", b"x" * 40, b"0123456789abcdef 00000000000000", b"\xff" * 31 + b"\n", b"\n" * 32],
    ids=["empty", "short", "long", "half a head", "no text", "no number"],
)
def test_a_garbled_entry_is_empty_and_is_written_over(
    cache: caches.FileCache, directory: Path, content: bytes
) -> None:
    """A file that somebody else has spoilt stops nobody."""
    cache.put_if(KEY, b"first", expected=None, ttl=60)
    (directory / f"{KEY}.entry").write_bytes(content)
    found = cache.get(KEY)
    assert found is not None
    assert b"" == found.value
    assert b"mine" == cache.put_if(KEY, b"mine", expected=found.version, ttl=60).value
    assert b"mine" == getattr(cache.get(KEY), "value", None)


def test_an_entry_may_be_longer_than_one_read(cache: caches.FileCache) -> None:
    """Groups and custom attributes make long tokens."""
    value = os.urandom(200_000)
    cache.put_if(KEY, value, expected=None, ttl=60)
    assert value == getattr(cache.get(KEY), "value", None)


def test_a_process_that_is_killed_while_it_writes_leaves_the_old_entry(
    cache: caches.FileCache, directory: Path
) -> None:
    """Whole; and its draft, half a token, goes with the next write. Its lock died with it."""
    first = cache.put_if(KEY, b"first", expected=None, ttl=60)
    died = in_another_process(
        directory,
        f"os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"cache.put_if({KEY!r}, b'half', expected={first.version!r}, ttl=60)\n",
    )
    assert -signal.SIGKILL == died.returncode
    assert [path for path in directory.iterdir() if path.name.endswith(".draft")]
    assert first == cache.get(KEY)
    assert b"next" == cache.put_if(KEY, b"next", expected=first.version, ttl=60).value
    assert [] == [path for path in directory.iterdir() if path.name.endswith(".draft")]


@contextmanager
def full_disk() -> Iterator[None]:
    """This process may write no more bytes to any file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_old_entry(cache: caches.FileCache, directory: Path) -> None:
    """And no draft, which would keep it full."""
    first = cache.put_if(KEY, b"first", expected=None, ttl=60)
    with full_disk(), pytest.raises(errors.CacheError, match="FileCache"):
        cache.put_if(KEY, b"more", expected=first.version, ttl=60)
    assert first == cache.get(KEY)
    assert [] == [path for path in directory.iterdir() if path.name.endswith(".draft")]


def test_before_the_first_write_there_is_nothing(cache: caches.FileCache, directory: Path) -> None:
    """Reading makes no directory."""
    assert cache.get(KEY) is None
    assert not directory.exists()


def test_a_directory_that_cannot_be_made_is_a_cache_that_is_away(tmp_path: Path) -> None:
    """Its place is taken by a file."""
    (tmp_path / "taken").write_text("by somebody")
    cache = caches.FileCache(tmp_path / "taken" / "cache")
    for attempt in (
        lambda: cache.get(KEY),
        lambda: cache.put_if(KEY, b"mine", expected=None, ttl=60),
        lambda: cache.delete_if(KEY, expected="any"),
        lambda: cache.try_lease(KEY, ttl=60),
    ):
        with pytest.raises(errors.CacheError, match=r"FileCache\('.*taken/cache'\)"):
            attempt()


def test_a_disk_that_takes_nothing_is_said_once_and_the_machine_goes_on_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning, one token request, any number of calls."""
    (tmp_path / "taken").write_text("by somebody")
    pool, events = FakeUserPool(pool_id="eu-west-1_Fake00001"), list[str]()
    client = pool.add_client(secret=True, scopes={"orders/read"})
    with pool.serve():
        app: AppClient = pool.app_client(client)
        cache = caches.FileCache(tmp_path / "taken" / "cache")
        with TokenSource(
            app, grants.ClientCredentials(), cache=cache, on_event=lambda event: events.append(event.name)
        ) as source:
            tokens = {source.tokens().access_token for _ in range(5)}
        assert 1 == len(tokens)
        assert 1 == pool.calls["token"]
    assert 1 == events.count("cache_lost")
    assert 1 == len([record for record in caplog.records if "cache_lost" in record.getMessage()])


def test_who_waits_too_long_for_another_writer_is_told(
    cache: caches.FileCache, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing hangs, even where a process was stopped in the middle of its write."""
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    entry = cache.put_if(KEY, b"first", expected=None, ttl=60)
    with FileLock(directory / f"{KEY}.lock"):
        with pytest.raises(errors.CacheError):
            cache.put_if(KEY, b"mine", expected=entry.version, ttl=60)
        with pytest.raises(errors.CacheError):
            cache.delete_if(KEY, expected=entry.version)
    assert entry == cache.get(KEY)


def write(directory: Path, number: int, start: Any, outcomes: Any) -> None:
    """What each process does: read, and write after everybody has read."""
    cache = caches.FileCache(directory)
    found = cache.get(KEY)
    start.wait(30)
    outcome = cache.put_if(KEY, b"%d" % number, expected=found.version if found else None, ttl=60)
    outcomes.put((outcome.version, outcome.value))


def test_of_many_processes_one_writes_and_all_hear_of_it(cache: caches.FileCache, directory: Path) -> None:
    """Compare-and-set on a real file system."""
    cache.put_if(KEY, b"first", expected=None, ttl=60)
    context = multiprocessing.get_context("fork")
    start, outcomes = context.Barrier(6), context.Queue()
    processes = [
        context.Process(target=write, args=(directory, number, start, outcomes)) for number in range(6)
    ]
    for process in processes:
        process.start()
    told = {outcomes.get(timeout=30) for _ in processes}
    for process in processes:
        process.join()
    outcomes.close()
    outcomes.join_thread()
    winner = cache.get(KEY)
    assert winner is not None
    assert {(winner.version, winner.value)} == told


def test_the_system_gives_a_lease_back_when_its_process_dies(
    cache: caches.FileCache, directory: Path
) -> None:
    """However it dies, and however long the lease was meant to last."""
    died = in_another_process(
        directory, f"assert cache.try_lease({KEY!r}, ttl=3600)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert -signal.SIGKILL == died.returncode
    lease = cache.try_lease(KEY, ttl=60)
    assert lease
    cache.release(KEY, lease)


def test_nothing_shows_in_the_name(directory: Path) -> None:
    """Where the files are, and nothing else."""
    assert f"FileCache('{directory}')" == repr(caches.FileCache(directory))
