"""The fake user pool as a real server on loopback: HTTP/1.1 with keep-alive, a thread for each connection."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

from cognito_auth.testing.carriage import paced

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.wire import Reply
    from cognito_auth.testing.mounts import Mounts

LARGEST_BODY = 1 << 20


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Serve one connection until either side closes it."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def answer(self) -> None:
        """Read a request, ask the pool, write its reply."""
        length = self.headers.get("Content-Length") or "0"
        refused = _refusal(length, chunked="Transfer-Encoding" in self.headers)
        if refused is not None:
            self.close_connection = True
            self.send_error(refused)
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionAbortedError("the client left in the middle of its request")
        url = f"http://{self.headers.get('Host', '127.0.0.1')}{self.path}"
        reply = self._serving.pool.handle(self.command, url, self.headers.items(), body)
        self._serving.pause(reply.delay)
        if reply.dropped:
            self.close_connection = True
            return
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        self.log_request(reply.status)
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        for pause, chunk in paced(reply) if self.command != "HEAD" else ():
            self._serving.pause(pause)
            self.wfile.write(chunk)
        self.close_connection = self.close_connection or reply.cut is not None

    @property
    def _serving(self) -> _Server:
        return cast("_Server", self.server)

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_PUT = do_DELETE = answer  # noqa: N815  # http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's name
        """Nothing: the pool keeps its own log, without secrets."""


def _refusal(length: str, *, chunked: bool) -> int | None:
    """The status with which a body is refused that cannot, or need not, be read."""
    if not (length.isascii() and length.isdecimal()):
        return 400
    if chunked:
        return 411
    return 413 if int(length) > LARGEST_BODY else None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_host(host: str, *, beyond_loopback: bool) -> None:
    """Refuse to listen where others can reach the pool, unless that is said in so many words.

    Raises:
        ValueError: The address is not this machine's own, and `beyond_loopback` is not given.
    """
    if not (beyond_loopback or is_loopback(host)):
        raise ValueError(
            f"{host} can be reached from other machines, and a fake pool's secrets are no secrets: "
            "say beyond_loopback=True (--beyond-loopback) as well if you mean it"
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], pool: Mounts) -> None:
        self.pool = pool
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that stopping can end it."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection: it is done."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def pause(self, seconds: float) -> None:
        """Wait so long, but no longer than the server lives.

        Raises:
            ConnectionAbortedError: The server stops.
        """
        if self._stopping.wait(seconds):
            raise ConnectionAbortedError("the server stops")

    def stop(self) -> None:
        """Take no more connections, end those that are open, wait for their threads."""
        self._stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@contextlib.contextmanager
def serve(
    pool: Mounts, *, host: str = "127.0.0.1", port: int = 0, beyond_loopback: bool = False
) -> Iterator[str]:
    """Serve the pool for as long as the context lasts, and give the server's address.

    Raises:
        ValueError: See `check_host`.
    """
    check_host(host, beyond_loopback=beyond_loopback)
    server = _Server((host, port), pool)
    url = f"http://{host}:{server.server_address[1]}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="fake-user-pool"
    )
    thread.start()
    pool.moved_to(url)
    try:
        yield url
    finally:
        pool.moved_from(url)
        server.stop()
        thread.join()
