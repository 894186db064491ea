"""HTTP at arm's length: the library's own request and reply, and the one place that knows httpx and httpx2.

Whatever client carries a request, nothing else of it takes part: not its ``auth=``, cookies, default headers,
query parameters, base address, event hooks or redirects. Only its transport does, with its proxies and
certificates. Every exchange has a cap on bytes and a total deadline: a client's own timeout counts from byte to
byte, and a server that drips holds it for ever.
"""

from __future__ import annotations

import copy
import json
import math
import sys
from collections.abc import Callable, Mapping
from contextlib import aclosing
from email.utils import parsedate_to_datetime
from functools import cache, total_ordering
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

import attrs

from cognito_auth._values import NO_STRINGS, redacted
from cognito_auth.errors import TransportError, UsageError

if TYPE_CHECKING:
    import ssl

LIBRARIES: Final = ("httpx", "httpx2")
DEFAULT_MAX_BYTES: Final = 1024 * 1024

_OWN_HEADERS: Final = {
    "accept": "application/json",
    # An unpacked body could be a thousand times the size of what was received, past any cap on bytes.
    "accept-encoding": "identity",
    "user-agent": "cognito-auth",
}
_NOTHING_SENT: Final = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol")
# It quotes the header that it refuses.
_QUOTING: Final = ("LocalProtocolError",)


class BlockingClient(Protocol):
    """What looks like ``httpx.Client``."""

    @property
    def is_closed(self) -> bool:
        """Whether it can still send."""
        ...

    def send(self, request: Any, *, stream: bool = ..., auth: Any = ..., follow_redirects: Any = ...) -> Any:
        """Send a request of the same library."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...


class AwaitingClient(Protocol):
    """What looks like ``httpx.AsyncClient``."""

    @property
    def is_closed(self) -> bool:
        """Whether it can still send."""
        ...

    async def send(
        self, request: Any, *, stream: bool = ..., auth: Any = ..., follow_redirects: Any = ...
    ) -> Any:
        """Send a request of the same library."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...


@attrs.frozen(kw_only=True)
class Request:
    """One HTTP request, complete: nothing is merged into it.

    Attributes:
        method: ``"GET"`` or ``"POST"``.
        url: An absolute address.
        headers: Beside the library's own.
        content: The body, which may hold secrets.
        timeout: Seconds for the whole exchange, the last byte included.
        max_bytes: A longer answer is refused.
    """

    method: str
    url: str = attrs.field(repr=lambda url: repr(url.partition("?")[0]))
    headers: Mapping[str, str] = attrs.field(default=NO_STRINGS, repr=lambda headers: repr(sorted(headers)))
    content: bytes = attrs.field(default=b"", repr=redacted)
    timeout: float
    max_bytes: int = DEFAULT_MAX_BYTES


@attrs.frozen(kw_only=True)
class Reply:
    """One HTTP answer, whole.

    Attributes:
        status: The HTTP status.
        headers: By lower-case name.
        content: The body, which may hold secrets.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(default=NO_STRINGS, repr=lambda headers: repr(sorted(headers)))
    content: bytes = attrs.field(default=b"", repr=redacted)

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, where one was given."""
        return self.headers.get("x-amzn-requestid") or self.headers.get("x-amz-cognito-request-id")


def json_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; ``None`` where it is something else.

    Half of a surrogate pair is no text (RFC 8259 §8.2): it could be neither hashed nor sent on, and Python's error
    of trying holds all that stood around it, which may be a password.
    """
    try:
        value = json.loads(content)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def seconds_of(date: str) -> float | None:
    """An HTTP date (RFC 9110 §5.6.7) in seconds since the epoch; ``None`` where it is none."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def library_of(client: object, kind: str) -> ModuleType:
    """``httpx`` or ``httpx2``, whichever the client comes from.

    Args:
        client: What a user passed as ``http_client=``.
        kind: ``"Client"`` or ``"AsyncClient"``.

    Raises:
        UsageError: It is neither library's client, or the other face's.
    """
    for cls in type(client).__mro__:
        root = cls.__module__.partition(".")[0]
        if root in LIBRARIES and isinstance(client, getattr(sys.modules[root], kind)):
            return sys.modules[root]
    raise UsageError(
        f"http_client: got {type(client).__module__}.{type(client).__qualname__}: expected an httpx.{kind} or "
        f"httpx2.{kind} ({'a blocking' if kind == 'Client' else 'an async'} class takes a client of its own kind)"
    )


@cache
def _ssl_context() -> ssl.SSLContext:
    # Loading the certificate authorities takes about 20 ms: once for all default clients.
    import httpx

    return httpx.create_ssl_context()


def default_client(kind: str) -> Any:
    """A new ``httpx.Client`` or ``httpx.AsyncClient`` that shares the library's SSL context."""
    import httpx

    return getattr(httpx, kind)(verify=_ssl_context())


def detached(client: Any) -> Any:
    """The client's transport in a client of its own: no hooks, and a cookie jar that nobody else opens."""
    if client.is_closed:
        raise UsageError("http_client: the client that was passed in is closed: pass an open one, or none")
    clone = copy.copy(client)
    clone.event_hooks = {}
    clone.cookies = {}
    return clone


@total_ordering
class SecondsLeft:
    """A read timeout that shrinks: what is left until a deadline, asked anew at each read of a socket.

    ``socket.settimeout`` takes any object with ``__index__``. A fixed number would begin again with every byte, and a
    server that drips its headers would hold a blocking call for as long as it likes. Whole seconds, rounded up.
    Transports that are no sockets may compare it with a number, or ask for its ``float``.
    """

    def __init__(self, deadline: float, monotonic: Callable[[], float]) -> None:
        self._deadline = deadline
        self._monotonic = monotonic

    def __float__(self) -> float:
        return self._deadline - self._monotonic()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (int, float)) and float(self) == other

    def __lt__(self, other: float) -> bool:
        return float(self) < other

    def __hash__(self) -> int:
        return id(self)

    def __index__(self) -> int:
        left = float(self)
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return math.ceil(left)


def build(library: ModuleType, request: Request, read_timeout: float | SecondsLeft) -> Any:
    """The library's own request object, with this request's timeout on every phase."""
    timeout: dict[str, float | SecondsLeft] = dict.fromkeys(("connect", "write", "pool"), request.timeout)
    return library.Request(
        request.method,
        request.url,
        headers={**_OWN_HEADERS, **request.headers},
        content=request.content,
        extensions={"timeout": {**timeout, "read": read_timeout}},
    )


class Body:
    """Collects an answer chunk by chunk, and refuses what is too long, too late, packed or a redirect."""

    def __init__(self, request: Request, response: Any, late: Callable[[], bool]) -> None:
        self._request = request
        self._late = late
        self._chunks: list[bytes] = []
        self._size = 0
        self.head = Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
        )
        if self.head.headers.get("content-encoding", "identity").lower() != "identity":
            self._refuse("the answer is compressed, though only 'identity' was accepted")
        if 300 <= self.head.status < 400:
            self._refuse("the answer is a redirect, and token requests follow none")

    def add(self, chunk: bytes) -> None:
        """Take a chunk."""
        self._size += len(chunk)
        self._chunks.append(chunk)
        if self._size > self._request.max_bytes:
            self._refuse(f"the answer is longer than {self._request.max_bytes} bytes")
        if self._late():
            self._refuse(f"the answer took longer than {self._request.timeout:g} seconds")

    def reply(self) -> Reply:
        """The whole answer."""
        return attrs.evolve(self.head, content=b"".join(self._chunks))

    def _refuse(self, why: str) -> NoReturn:
        raise trouble(self._request, why, phase="reading", head=self.head)


def trouble(request: Request, why: str, *, phase: str, head: Reply | None = None) -> TransportError:
    """A transport error that names the address without its query."""
    return TransportError(
        f"{request.method} {request.url.partition('?')[0]}: {why}",
        phase=phase,
        status=head.status if head else None,
        request_id=head.request_id if head else None,
    )


def translated(request: Request, error: Exception, head: Reply | None) -> TransportError:
    """The library's error in our words. It is raised outside of the handler, because it holds the request."""
    name = type(error).__name__
    phase = "reading" if head else "connecting" if name in _NOTHING_SENT else "waiting"
    says = "" if name in _QUOTING else str(error)
    return trouble(request, f"{name}: {says}" if says else name, phase=phase, head=head)


def _foreign(library: ModuleType) -> tuple[type[Exception], ...]:
    # UnicodeError: of idna, where the host of a redirect is none. Both libraries read that address, followed or not.
    return (library.HTTPError, library.StreamError, library.InvalidURL, UnicodeError)


def exchange(
    client: BlockingClient, library: ModuleType, request: Request, monotonic: Callable[[], float]
) -> Reply:
    """Send a request and return the whole answer, blocking."""
    deadline = monotonic() + request.timeout
    body: Body | None = None
    try:
        response = client.send(
            build(library, request, SecondsLeft(deadline, monotonic)),
            stream=True,
            auth=None,
            follow_redirects=False,
        )
        try:
            body = Body(request, response, lambda: monotonic() > deadline)
            for chunk in response.iter_bytes():
                body.add(chunk)
            return body.reply()
        finally:
            response.close()
    except _foreign(library) as error:
        failure = translated(request, error, body.head if body else None)
    raise failure


async def exchange_async(client: AwaitingClient, library: ModuleType, request: Request) -> Reply:
    """Send a request and return the whole answer, awaiting."""
    import anyio

    body: Body | None = None
    try:
        with anyio.fail_after(request.timeout):
            response = await client.send(
                build(library, request, request.timeout), stream=True, auth=None, follow_redirects=False
            )
            try:
                body = Body(request, response, bool)
                async with aclosing(response.aiter_bytes()) as chunks:
                    async for chunk in chunks:
                        body.add(chunk)
                return body.reply()
            finally:
                await response.aclose()
    except TimeoutError:
        why = f"the answer took longer than {request.timeout:g} seconds"
        failure = trouble(
            request, why, phase="reading" if body else "waiting", head=body.head if body else None
        )
    except _foreign(library) as error:
        failure = translated(request, error, body.head if body else None)
    raise failure
