"""The fake user pool as a WSGI application, to mount in an application under test."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.carriage import paced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cognito_auth.testing.fake_user_pool.wire import Reply
    from cognito_auth.testing.mounts import Mounts


class WsgiApp:
    """Answers HTTP requests from a fake user pool.

    A dropped or cut reply ends in a `ConnectionError`, on which servers close the connection.
    """

    def __init__(self, pool: Mounts) -> None:
        self._pool = pool

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        reply = self._pool.handle(environ["REQUEST_METHOD"], _url(environ), _headers(environ), body)
        time.sleep(reply.delay)
        if reply.dropped:
            raise ConnectionError("the fake user pool drops this connection")
        head = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", head)
        return _chunks(reply)


def _chunks(reply: Reply) -> Iterator[bytes]:
    for pause, chunk in paced(reply):
        time.sleep(pause)
        yield chunk
    if reply.cut is not None:
        raise ConnectionError("the fake user pool cuts this answer")


def _url(environ: dict[str, Any]) -> str:
    host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
    query = environ.get("QUERY_STRING", "")
    path = environ.get("PATH_INFO") or "/"
    return f"{environ['wsgi.url_scheme']}://{host}{path}{'?' if query else ''}{query}"


def _headers(environ: dict[str, Any]) -> list[tuple[str, str]]:
    found = [
        (name.removeprefix("HTTP_").replace("_", "-"), value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    return [*found, ("Content-Type", environ.get("CONTENT_TYPE", ""))]
