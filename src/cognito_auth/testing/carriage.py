"""How a reply travels to a client in the same process: its delays, its losses and the client's own timeout.

`httpx` and `httpx2` have the same classes under other names; `InProcess` and `Paced` are what both transports share.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, ClassVar

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from cognito_auth.testing.fake_user_pool.wire import Reply
    from cognito_auth.testing.mounts import Mounts


def paced(reply: Reply) -> Iterator[tuple[float, bytes]]:
    """The pieces of a reply's body, each with the pause before it in seconds."""
    body = reply.body[: reply.cut]
    if not reply.drip:
        yield 0.0, body
        return
    for number in range(len(body)):
        yield reply.drip, body[number : number + 1]


class Paced:
    """The bytes of a reply at its own pace, for blocking and async clients; a cut reply ends in the library's error."""

    library: ClassVar[Any]

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        for pause, chunk in paced(self._reply):
            time.sleep(pause)
            yield chunk
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for pause, chunk in paced(self._reply):
            await anyio.sleep(pause)
            yield chunk
        self._end()

    def _end(self) -> None:
        if self._reply.cut is not None:
            raise self.library.RemoteProtocolError(
                "peer closed connection without sending complete message body"
            )


class InProcess:
    """A transport without a network: `handle_request` and `handle_async_request` for a mounted fake."""

    body: ClassVar[type[Paced]]

    def __init__(self, pool: Mounts) -> None:
        self._pool = pool

    def handle_request(self, request: Any) -> Any:
        """Answer a blocking client."""
        reply = self._ask(request, request.read())
        time.sleep(min(reply.delay, _patience(request)))
        return self._arrive(reply, request)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer an async client."""
        reply = self._ask(request, await request.aread())
        await anyio.sleep(min(reply.delay, _patience(request)))
        return self._arrive(reply, request)

    def _ask(self, request: Any, body: bytes) -> Reply:
        return self._pool.handle(request.method, str(request.url), request.headers.multi_items(), body)

    def _arrive(self, reply: Reply, request: Any) -> Any:
        library = self.body.library
        if reply.delay > _patience(request):
            raise library.ReadTimeout("the fake user pool answered too late", request=request)
        if reply.dropped:
            raise library.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            )
        headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        return library.Response(reply.status, headers=headers, stream=self.body(reply), request=request)


def _patience(request: Any) -> float:
    """How many seconds the client waits for an answer."""
    seconds = (request.extensions.get("timeout") or {}).get("read")
    return math.inf if seconds is None else float(seconds)
