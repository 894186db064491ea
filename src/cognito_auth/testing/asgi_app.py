"""The fake user pool as an ASGI application, to mount in an application under test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import anyio

from cognito_auth.testing.carriage import paced

if TYPE_CHECKING:
    from cognito_auth.testing.mounts import Mounts

Message = MutableMapping[str, Any]


class AsgiApp:
    """Answers HTTP requests from a fake user pool; a mount's prefix (`root_path`) is taken off.

    A dropped or cut reply ends in a `ConnectionError`, on which servers close the connection.
    """

    def __init__(self, pool: Mounts) -> None:
        self._pool = pool

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one request, or the life of the server."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, await _body(receive), send)

    async def _answer(self, scope: Message, body: bytes, send: Callable[[Message], Awaitable[None]]) -> None:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        reply = self._pool.handle(scope["method"], _url(scope, dict(headers)), headers, body)
        await anyio.sleep(reply.delay)
        if reply.dropped:
            raise ConnectionError("the fake user pool drops this connection")
        head = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers]
        head.append((b"content-length", str(len(reply.body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": head})
        for pause, chunk in paced(reply):
            await anyio.sleep(pause)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if reply.cut is not None:
            raise ConnectionError("the fake user pool cuts this answer")
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _url(scope: Message, headers: dict[str, str]) -> str:
    path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
    query = scope["query_string"].decode("latin-1")
    return f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}{path}{'?' if query else ''}{query}"


async def _body(receive: Callable[[], Awaitable[Message]]) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _live(
    receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    for moment in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{moment}.complete"})
