"""Real servers on loopback, in a thread of this process, for applications under test."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import uvicorn


def uvicorn_serves(app: Any) -> AbstractContextManager[str]:
    """Uvicorn with an ASGI application, its lifespan included; the host and port are given, such as `127.0.0.1:4711`."""
    return uvicorn_serves_made(lambda _: app)


@contextmanager
def uvicorn_serves_made(make: Callable[[str], Any]) -> Iterator[str]:
    """The same for an application that has to know its host and port."""
    started = threading.Event()

    class Announcing(uvicorn.Server):
        async def startup(self, *arguments: Any, **settings: Any) -> None:
            await super().startup(*arguments, **settings)
            started.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(make(host), log_level="critical", timeout_graceful_shutdown=2)
        server = Announcing(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert started.wait(20), "uvicorn did not start"
            yield host
        finally:
            server.should_exit = True
            thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by the standard library
        """Say nothing."""


class _Threading(ThreadingMixIn, WSGIServer):
    """A thread for each connection, waited for at the end."""


@contextmanager
def wsgiref_serves(app: Any) -> Iterator[str]:
    """The standard library's server with a WSGI application; the host and port are given."""
    with make_server("127.0.0.1", 0, app, server_class=_Threading, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
