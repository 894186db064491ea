"""How a reply travels to a client in the same process: its delays, its losses and the client's own timeout."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_auth.testing.fake_user_pool.wire import Reply


def paced(reply: Reply) -> Iterator[tuple[float, bytes]]:
    """The pieces of a reply's body, each with the pause before it in seconds."""
    body = reply.body[: reply.cut]
    if not reply.drip:
        yield 0.0, body
        return
    for number in range(len(body)):
        yield reply.drip, body[number : number + 1]


class Journey:
    """One reply on its way to one request; the library (`httpx` or `httpx2`) is given where it has to raise."""

    def __init__(self, reply: Reply, request: Any) -> None:
        self.reply = reply
        self._request = request
        patience = (request.extensions.get("timeout") or {}).get("read")
        self._patience: float = math.inf if patience is None else patience

    @property
    def wait(self) -> float:
        """Seconds before the answer begins, or before the client gives up."""
        return min(self.reply.delay, self._patience)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The reply's headers with its length."""
        return [*self.reply.headers, ("Content-Length", str(len(self.reply.body)))]

    def begin(self, library: Any) -> None:
        """Raise what the client would see in the place of an answer."""
        if self._late:
            raise library.ReadTimeout("the fake user pool answered too late", request=self._request)
        if self.reply.dropped:
            raise library.RemoteProtocolError(
                "Server disconnected without sending a response.", request=self._request
            )

    def chunks(self) -> Iterator[tuple[float, bytes]]:
        """The body's pieces, each with the pause before it."""
        return paced(self.reply)

    def end(self, library: Any) -> None:
        """Raise if the connection is lost before the end."""
        if self.reply.cut is not None:
            raise library.RemoteProtocolError("peer closed connection without sending complete message body")

    @property
    def _late(self) -> bool:
        return self.reply.delay > self._patience
