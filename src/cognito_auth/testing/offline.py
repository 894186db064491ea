"""No network but this machine, for as long as a test asks for it."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

# What Python raises before it talks, and where among the arguments the peer stands:
# https://docs.python.org/3/library/audit_events.html
_PEERS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyname_ex": 0,
}


class _Watch:
    """An audit hook cannot be taken away again: it is set once, and looks only while a test asks."""

    __cantrace__ = True  # debuggers and measurements of coverage may follow

    def __init__(self) -> None:
        self._depth = 0
        self._is_set = False
        self._lock = threading.Lock()

    def begin(self) -> None:
        with self._lock:
            self._depth += 1
            if not self._is_set:
                self._is_set = True
                sys.addaudithook(self)

    def end(self) -> None:
        with self._lock:
            self._depth -= 1

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._depth or event not in _PEERS:
            return
        peer = arguments[_PEERS[event]]
        talks = isinstance(arguments[0], socket.socket)
        if talks and arguments[0].family not in {socket.AF_INET, socket.AF_INET6}:
            return
        host = peer[0] if isinstance(peer, tuple) else peer
        if host and not _is_here(host):
            # Not an Exception: no client may take it for a passing trouble of the network, and try again.
            raise pytest.fail.Exception(
                f"this test is offline (cognito_offline), and tried to reach {_text(host)!r}"
            )


def _text(host: object) -> str:
    return host.decode(errors="replace") if isinstance(host, (bytes, bytearray)) else str(host)


def _is_here(host: object) -> bool:
    name = _text(host)
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


_watch = _Watch()


@contextmanager
def offline() -> Iterator[None]:
    """Fail whatever reaches for another host, in any thread of this process."""
    _watch.begin()
    try:
        yield
    finally:
        _watch.end()
