"""The loopback listener of a login in the user's own browser (RFC 8252 §7.3, §8).

It binds the redirect address exclusively, answers one path, one method and one host, never shows anything of what it
was sent, and is gone when the login is over.
"""

from __future__ import annotations

import errno
import socket
import sys
import threading
import webbrowser
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast
from urllib.parse import SplitResult, parse_qs, urlsplit

from cognito_auth._values import is_loopback
from cognito_auth.authorization_server.callback import same
from cognito_auth.authorization_server.login import Login
from cognito_auth.authorization_server.pages import Page
from cognito_auth.errors import UsageError

_IDLE_SECONDS: Final = 10.0
"""A connection on which nothing comes is closed: browsers open some in advance."""

_NO_SUCH_ADDRESS: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})


def show(url: str) -> None:
    """Open the user's browser; where there is none, print the address for the user to open."""
    if not webbrowser.open(url):
        sys.stderr.write(f"Open this address in a browser to sign in:\n\n    {url}\n\n")


class Listener:
    """Waits on loopback for one login to come back.

    Attributes:
        callback: Gets the address that the browser came back to, its ``state`` already checked.

    Raises:
        UsageError: The redirect address is not one of loopback with a port, or somebody listens there already.
    """

    def __init__(self, login: Login) -> None:
        parts = checked_loopback(login.redirect_uri)
        self.callback: Future[str] = Future()
        self.callback.set_running_or_notify_cancel()
        self._servers: list[_Server] = []
        self._threads: list[threading.Thread] = []
        try:
            for family, address in _addresses(parts):
                self._listen(family, address, login)
        except OSError as error:
            self.close()
            reason = error.strerror or type(error).__name__
        else:
            if self._servers:
                return
            reason = "this machine has no such address"
        raise UsageError(
            f"redirect_uri: cannot listen at {parts.hostname}:{parts.port} ({reason}): end the program that does, or "
            "register another port with the app client"
        )

    def _listen(self, family: socket.AddressFamily, address: tuple[str, int], login: Login) -> None:
        try:
            server = _Server(family, address, login, self.callback)
        except OSError as error:
            if error.errno in _NO_SUCH_ADDRESS:  # a machine without IPv6, or without IPv4
                return
            raise
        thread = threading.Thread(
            target=server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="cognito-auth-login",
            daemon=True,
        )
        self._servers.append(server)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Stop listening, end every connection, and wait for the threads."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.stop()
            thread.join()


def checked_loopback(redirect_uri: str) -> SplitResult:
    """The parts of a redirect address that this machine can listen at.

    Raises:
        UsageError: It is not http on loopback with a port.
    """
    parts = urlsplit(redirect_uri)
    if parts.scheme != "http" or parts.port is None or parts.query or not is_loopback(parts.hostname or ""):
        raise UsageError(
            f"redirect_uri: {redirect_uri!r}: to sign in with a browser on this machine, expected http on loopback "
            "with a port and no query, as registered with the app client, such as 'http://localhost:8400/callback'"
        )
    return parts


def _addresses(parts: SplitResult) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """Every address that a browser may try: ``localhost`` is two, and the other one must not be somebody else's."""
    host, port = parts.hostname or "", parts.port or 0
    if host == "localhost":
        return [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port))]
    return [(socket.AF_INET6 if ":" in host else socket.AF_INET, (host, port))]


class _Server(ThreadingHTTPServer):
    """One bound address. A thread for each connection, since a browser's idle one must not keep others waiting."""

    daemon_threads = False
    block_on_close = True
    # Elsewhere the option only frees an address that a finished connection still blocks; Windows lets two listen.
    allow_reuse_address = sys.platform != "win32"

    def __init__(
        self, family: socket.AddressFamily, address: tuple[str, int], login: Login, callback: Future[str]
    ) -> None:
        self.address_family = family
        self.redirect = urlsplit(login.redirect_uri)
        self.state = login.state
        self.callback = callback
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind exclusively, and look no host name up."""
        if exclusive := getattr(socket, "SO_EXCLUSIVEADDRUSE", None):  # pragma: no cover - Windows only
            self.socket.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)

    def answered(self, address: str) -> None:
        """The login came back; the first time counts."""
        with self._lock:
            if not self.callback.done():
                self.callback.set_result(address)

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

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a connection that broke is the browser's affair, and http.server would print its address."""

    def stop(self) -> None:
        """Take no more connections, end those that are open, wait for their threads."""
        self.shutdown()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = _IDLE_SECONDS
    protocol_version = "HTTP/1.0"  # one request for each connection

    def do_GET(self) -> None:
        """Take the callback, or say why not."""
        server = cast("_Server", self.server)
        page = self._judge(server)
        self._answer(page)
        if page in {Page.DONE, Page.REFUSED}:
            server.answered(server.redirect._replace(query=urlsplit(self.path).query).geturl())

    def do_POST(self) -> None:
        """No method but GET brings a login back."""
        self._answer(Page.WRONG_METHOD)

    do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_POST  # noqa: N815 - http.server's names

    def _judge(self, server: _Server) -> Page:
        hosts = self.headers.get_all("Host") or []
        if [host.lower() for host in hosts] != [server.redirect.netloc.lower()]:
            return Page.WRONG_HOST  # another site's name that leads here (DNS rebinding)
        asked = urlsplit(self.path)
        if asked.path != (server.redirect.path or "/"):
            return Page.NOT_FOUND
        fields = parse_qs(asked.query, keep_blank_values=True)
        states = fields.get("state", [])
        if len(states) != 1 or not same(states[0], server.state):
            return Page.WRONG_STATE
        return Page.REFUSED if "error" in fields else Page.DONE

    def _answer(self, page: Page) -> None:
        body = page.html.encode("utf-8")
        self.send_response_only(page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002 - http.server's names; it quotes the request in both
        explain: str | None = None,  # noqa: ARG002
    ) -> None:
        """What http.server cannot read gets a plain page too; its own would quote the request."""
        self.close_connection = True
        self._answer(Page.WRONG_METHOD if code == HTTPStatus.NOT_IMPLEMENTED else Page.NOT_UNDERSTOOD)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Nothing: the line would have the code in it."""
