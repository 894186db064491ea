"""Three promises that hold for every test: no network but loopback, a known environment, and nothing left behind."""

import gc
import ipaddress
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

# -- no network but loopback ------------------------------------------------------------------------------------

# The events that Python raises before it talks, and where in their arguments the peer stands:
# https://docs.python.org/3/library/audit_events.html
_PEER_ARGUMENT = {
    "socket.connect": 1,
    "socket.bind": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def _host(peer: object) -> str | None:
    host = peer[0] if isinstance(peer, tuple) else peer
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode(errors="replace")
    return host if isinstance(host, str) else None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or by its address."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _forbid_network(event: str, arguments: tuple[Any, ...]) -> None:
    argument = _PEER_ARGUMENT.get(event)
    if argument is None:
        return
    if event.startswith("socket.get"):
        is_local = False
    else:
        is_local = arguments[0].family not in {socket.AF_INET, socket.AF_INET6}
    host = _host(arguments[argument])
    if host is None or is_local or is_loopback(host):
        return
    # Not an Exception: nothing that turns errors of the network into its own may swallow it.
    raise pytest.fail.Exception(f"{event}: a test may not reach {host!r}; only loopback is allowed")


sys.addaudithook(_forbid_network)


# -- a known environment ----------------------------------------------------------------------------------------

_FOREIGN_SETTINGS = (
    "AWS_",
    "BOTO_",
    "COGNITO_POOL",
    "COGNITO_CLIENT",
    "COGNITO_REGION",
    "COGNITO_DOMAIN",
    "COGNITO_ENDPOINT",
)
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"})


@pytest.fixture(scope="session", autouse=True)
def _known_environment() -> Iterator[None]:
    """Nothing that stands in the developer's shell changes what a test sees."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(_FOREIGN_SETTINGS) or name.lower() in _PROXIES:
                patch.delenv(name)
        yield


# -- nothing left behind ----------------------------------------------------------------------------------------

# A server's thread needs a moment to see that its client has gone.
_GRACE = 3.0

# trio keeps idle worker threads for ten seconds; multiprocessing keeps one helper for the life of a process.
_KEPT_THREADS = ("Trio thread",)
_KEPT_CHILDREN = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")

# Its kind, and its number: a thread's identity, a socket's inode, a process's id.
Thing = tuple[str, int]


def _threads() -> set[Thing]:
    return {
        ("thread", thread.ident or 0)
        for thread in threading.enumerate()
        if thread.is_alive() and not thread.name.startswith(_KEPT_THREADS)
    }


def _sockets() -> dict[Thing, int]:
    """The open sockets by inode, each with its descriptor; empty where the system does not list descriptors."""
    found: dict[Thing, int] = {}
    for entry in Path("/dev/fd").glob("[0-9]*"):
        try:
            status = os.fstat(int(entry.name))
        except OSError:
            continue
        if stat.S_ISSOCK(status.st_mode):
            found["socket", status.st_ino] = int(entry.name)
    return found


def _command(process_id: int) -> str:
    try:
        return (
            Path(f"/proc/{process_id}/cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode(errors="replace")
            .strip()
        )
    except OSError:
        return ""


def _children() -> set[Thing]:
    """The child processes, also those that have ended and that nobody waited for; empty outside Linux."""
    found: set[Thing] = set()
    for listing in Path("/proc/self/task").glob("*/children"):
        try:
            process_ids = [int(word) for word in listing.read_text().split()]
        except OSError:  # the thread has just ended
            continue
        found |= {
            ("child", pid) for pid in process_ids if not any(kept in _command(pid) for kept in _KEPT_CHILDREN)
        }
    return found


def present() -> set[Thing]:
    """The threads, sockets and child processes that there are now."""
    return _threads() | set(_sockets()) | _children()


def _name(thing: Thing) -> str:
    kind, number = thing
    if kind == "thread":
        named = {thread.ident: thread for thread in threading.enumerate()}.get(number)
        return f"thread {named!r}"
    if kind == "child":
        return f"child process {number}: {_command(number) or 'ended, but not waited for'}"
    descriptor = _sockets().get(thing)
    if descriptor is None:
        return "a socket"
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        return f"socket {copy!r}"


def leftovers(before: set[Thing]) -> list[str]:
    """The names of the threads, sockets and child processes that were not there before and do not go away."""
    deadline = time.monotonic() + _GRACE
    while left := present() - before:
        gc.collect()  # a forgotten object warns of itself, which is an error of its own
        if time.monotonic() > deadline:
            return sorted(map(_name, left))
        time.sleep(0.01)
    return []


def _check_leftovers(before: set[Thing], culprit: str) -> None:
    left = leftovers(before)
    if left:
        pytest.fail(f"{culprit} left behind:\n  " + "\n  ".join(left), pytrace=False)


# What a session's or a module's fixture has opened is its own to close, whichever test asked for it first.
_owned_by_wider_fixtures: set[Thing] = set()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Note what a fixture opens that lives longer than one test."""
    if fixturedef.scope == "function":
        return (yield)
    before = present()
    try:
        return (yield)
    finally:
        _owned_by_wider_fixtures.update(present() - before)


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_by_the_suite() -> Iterator[None]:
    before = present()
    yield
    _check_leftovers(before, "the suite")


@pytest.fixture(autouse=True)
def _nothing_left_by_the_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test opens, it closes."""
    before = present()
    yield
    _check_leftovers(before | _owned_by_wider_fixtures, request.node.name)
