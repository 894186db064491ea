"""A fake as an `httpx2` transport: in process, blocking and async in one, without a thread."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx2

from cognito_auth.testing.carriage import InProcess, Paced


class _Body(Paced, httpx2.SyncByteStream, httpx2.AsyncByteStream):
    library: ClassVar[Any] = httpx2


class FakeTransport(InProcess, httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Answers every request of an `httpx2.Client` or `httpx2.AsyncClient` from a fake, whatever the host."""

    body = _Body
