"""A fake as an `httpx` transport: in process, blocking and async in one, without a thread."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from cognito_auth.testing.carriage import InProcess, Paced


class _Body(Paced, httpx.SyncByteStream, httpx.AsyncByteStream):
    library: ClassVar[Any] = httpx


class FakeTransport(InProcess, httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers every request of an `httpx.Client` or `httpx.AsyncClient` from a fake, whatever the host."""

    body = _Body
