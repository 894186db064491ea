"""The fake user pool as an `httpx` transport: in process, blocking and async in one, without a thread."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import anyio
import httpx

from cognito_auth.testing.carriage import Journey

if TYPE_CHECKING:
    from cognito_auth.testing.mounts import Mounts


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The answer's bytes, at the pace of the reply."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey

    def __iter__(self) -> Iterator[bytes]:
        for pause, chunk in self._journey.chunks():
            time.sleep(pause)
            yield chunk
        self._journey.end(httpx)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for pause, chunk in self._journey.chunks():
            await anyio.sleep(pause)
            yield chunk
        self._journey.end(httpx)


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers every request from a fake user pool, whatever the host."""

    def __init__(self, pool: Mounts) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a blocking client."""
        journey = self._begin(request, request.read())
        time.sleep(journey.wait)
        return self._arrive(journey, request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer an async client."""
        journey = self._begin(request, await request.aread())
        await anyio.sleep(journey.wait)
        return self._arrive(journey, request)

    def _begin(self, request: httpx.Request, body: bytes) -> Journey:
        reply = self._pool.handle(request.method, str(request.url), request.headers.multi_items(), body)
        return Journey(reply, request)

    def _arrive(self, journey: Journey, request: httpx.Request) -> httpx.Response:
        journey.begin(httpx)
        reply = journey.reply
        return httpx.Response(reply.status, headers=journey.headers, stream=_Body(journey), request=request)
