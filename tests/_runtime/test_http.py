"""HTTP at arm's length: what is sent, what is refused, and what of a user's client takes part (nothing)."""

import contextlib
import gzip
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import httpx2
import pytest

from cognito_auth._runtime.http import Reply, Request, SecondsLeft, library_of
from cognito_auth._runtime.runtime import AsyncRuntime, BlockingRuntime, Runtime
from cognito_auth.errors import TransportError, UsageError
from support.faces import Face

URL = "https://cognito-idp.eu-west-1.amazonaws.com/"
SECRET = "correct horse"


def request_for(url: str = URL, **settings: Any) -> Request:
    """A request that holds a secret in every place where one may stand."""
    defaults = {"method": "POST", "content": SECRET.encode(), "timeout": 5.0, "headers": {"x-secret": SECRET}}
    return Request(url=url, **{**defaults, **settings})


def runtime_of(face: Face, client: Any = None) -> Any:
    """The runtime of a face."""
    return BlockingRuntime(client) if face.is_blocking else AsyncRuntime(client)


async def exchanged(
    face: Face, handler: Callable[[Any], Any], request: Request, library: Any = "httpx"
) -> Reply:
    """What a runtime makes of a handler's answer."""
    module = httpx if library == "httpx" else httpx2
    client = face.http_client(library=library, transport=module.MockTransport(handler))
    runtime: Runtime = runtime_of(face, client)
    return await runtime.exchange(request)


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
async def test_a_request_is_sent_as_it_is_and_the_whole_answer_read(face: Face, library: str) -> None:
    """Method, address, headers and body go out; status, headers in lower case and body come back."""
    module: Any = httpx if library == "httpx" else httpx2
    seen: list[Any] = []

    def answer(request: Any) -> Any:
        seen.append(request)
        return module.Response(400, headers={"X-Amzn-RequestId": "r-1"}, json={"a": 1})

    reply = await exchanged(face, answer, request_for(), library)
    assert (reply.status, reply.content, reply.request_id) == (400, b'{"a":1}', "r-1")
    (sent,) = seen
    assert (sent.method, str(sent.url), sent.content) == ("POST", URL, SECRET.encode())
    assert dict(sent.headers) == {
        "host": "cognito-idp.eu-west-1.amazonaws.com",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "cognito-auth",
        "x-secret": SECRET,
        "content-length": str(len(SECRET)),
    }


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
async def test_nothing_of_a_hostile_client_takes_part(face: Face, library: Any) -> None:
    """Not its auth, cookies, headers, parameters, base address, hooks or redirects; and it learns no cookie."""
    module: Any = httpx if library == "httpx" else httpx2
    seen: list[Any] = []
    hooked: list[Any] = []

    def answer(request: Any) -> Any:
        seen.append(request)
        return module.Response(200, headers={"set-cookie": "session=stolen"}, json={})

    def hook(message: Any) -> Any:
        hooked.append(message)
        return anyio.lowlevel.checkpoint()

    client = face.http_client(
        library=library,
        transport=module.MockTransport(answer),
        auth=("mallory", "password"),
        cookies={"tracking": "1"},
        headers={"authorization": "Bearer x", "x-evil": "1"},
        params={"evil": "1"},
        base_url="https://evil.example/",
        event_hooks={"request": [hook], "response": [hook]},
        follow_redirects=True,
        timeout=None,
    )
    await runtime_of(face, client).exchange(request_for())
    (sent,) = seen
    assert str(sent.url) == URL
    assert not {"authorization", "cookie", "x-evil"} & set(sent.headers)
    assert hooked == []
    assert dict(client.cookies) == {"tracking": "1"}
    assert client.event_hooks["request"] == [hook]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_and_not_followed(face: Face, status: int) -> None:
    """A token request has one address; whoever sends it elsewhere wants the secret in it."""
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            status, headers={"location": "https://evil.example/", "x-amzn-requestid": "r-2"}
        )

    with pytest.raises(TransportError, match="redirect, and token requests follow none") as caught:
        await exchanged(face, answer, request_for())
    assert (caught.value.status, caught.value.phase, caught.value.request_id) == (status, "reading", "r-2")
    assert len(seen) == 1


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
async def test_a_redirect_to_no_host_is_a_transport_error(face: Face, library: str) -> None:
    """The client reads the address although nobody follows it, and raises what its parser raises."""
    module: Any = httpx if library == "httpx" else httpx2
    headers = {"location": f"http://xn--{'a' * 80}/"}
    with pytest.raises(TransportError, match="POST"):
        await exchanged(face, lambda _: module.Response(302, headers=headers), request_for(), library)


async def test_an_error_that_quotes_a_header_is_not_quoted(face: Face) -> None:
    """An HTTP client that refuses a header says which, and it may hold a token or the client secret."""

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError(f"Illegal header value {SECRET!r}")

    with pytest.raises(TransportError, match=r"LocalProtocolError$") as caught:
        await exchanged(face, refuse, request_for())
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_an_answer_past_the_cap_is_refused(face: Face) -> None:
    """A megabyte of tokens is no answer."""
    with pytest.raises(TransportError, match="longer than 100 bytes"):
        await exchanged(face, lambda _: httpx.Response(200, content=b"x" * 101), request_for(max_bytes=100))
    reply = await exchanged(
        face, lambda _: httpx.Response(200, content=b"x" * 100), request_for(max_bytes=100)
    )
    assert len(reply.content) == 100


async def test_a_packed_answer_is_refused_unread(face: Face) -> None:
    """A small zip could unfold past every cap; only 'identity' was accepted."""
    packed = gzip.compress(b"x" * 1000)
    headers = {"content-encoding": "gzip"}
    with pytest.raises(TransportError, match="compressed"):
        await exchanged(face, lambda _: httpx.Response(200, headers=headers, content=packed), request_for())


@pytest.mark.parametrize(
    "error,phase",
    [
        (httpx.ConnectError("refused"), "connecting"),
        (httpx.ConnectTimeout("late"), "connecting"),
        (httpx.PoolTimeout("full"), "connecting"),
        (httpx.ReadTimeout(""), "waiting"),
        (httpx.WriteError("broken pipe"), "waiting"),
        (httpx.RemoteProtocolError("disconnected"), "waiting"),
    ],
)
async def test_a_failure_says_how_far_the_request_came(face: Face, error: Exception, phase: str) -> None:
    """What may be sent again depends on it. No trace of the request is left in the error."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(TransportError, match=type(error).__name__) as caught:
        await exchanged(face, fail, request_for(f"{URL}?code={SECRET.split(maxsplit=1)[0]}"))
    assert caught.value.phase == phase
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "correct" not in str(caught.value)


async def test_an_address_that_the_client_cannot_take_is_a_transport_error(face: Face) -> None:
    """No exception of another library ever comes out."""
    with pytest.raises(TransportError):
        await exchanged(face, lambda _: httpx.Response(200), request_for("https://[::1"))


async def test_a_closed_client_is_said_to_be_closed(face: Face) -> None:
    """And what to do."""
    client = face.http_client()
    await face(client.close() if face.is_blocking else client.aclose())
    with pytest.raises(UsageError, match="http_client: the client that was passed in is closed"):
        await runtime_of(face, client).exchange(request_for())


@pytest.mark.parametrize("client", [httpx.AsyncClient(), httpx2.AsyncClient(), object(), "https://x"])
def test_a_blocking_class_takes_only_a_blocking_client(client: Any) -> None:
    """The text names both libraries' right class."""
    with pytest.raises(UsageError, match=r"http_client: got .*: expected an httpx\.Client or httpx2\.Client"):
        BlockingRuntime(client)


def test_an_async_class_takes_only_an_async_client() -> None:
    """The other way round."""
    with httpx.Client() as client, pytest.raises(UsageError, match=r"expected an httpx\.AsyncClient or"):
        AsyncRuntime(client)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_subclass_of_a_client_is_known_by_its_library() -> None:
    """Instrumented clients and test clients are clients."""

    class Traced(httpx2.Client):
        pass

    with Traced() as client:
        assert library_of(client, "Client") is httpx2


def test_neither_request_nor_reply_shows_what_it_carries() -> None:
    """Not the body, not the values of headers, not the query."""
    shown = repr(request_for(f"{URL}?code=correct")) + repr(Reply(status=200, content=SECRET.encode()))
    assert "correct" not in shown
    assert "x-secret" in shown


# -- real sockets, where mocks lie ------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that answers each connection in its own way, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    read_request(connection)
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def read_request(connection: socket.socket) -> None:
    """The whole request: what is left unread would turn the closing into a reset."""
    length = 0
    with connection.makefile("rb") as stream:
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        stream.read(length)


def dripping(head: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    """Send the head at once, then a drop at a time, for as long as somebody reads (30 seconds at most)."""

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(head)
            for _ in range(600):
                time.sleep(0.05)
                connection.sendall(drop)

    return answer


@pytest.mark.parametrize(
    "head,drop",
    [(b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n"), (b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n", b"x")],
    ids=["headers", "body"],
)
async def test_a_dripping_server_holds_nobody_past_the_deadline(face: Face, head: bytes, drop: bytes) -> None:
    """Each byte comes in time, the answer never does."""
    runtime = runtime_of(face)
    with serving(dripping(head, drop)) as url:
        with pytest.raises(TransportError):
            await runtime.exchange(request_for(url, timeout=0.3))
        await face(runtime.close() if face.is_blocking else runtime.aclose())


async def test_an_answer_that_breaks_off_is_a_transport_error_with_its_status(face: Face) -> None:
    """The answer had begun, so what the service did is known to be unknown."""
    runtime = runtime_of(face)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\nx-amzn-requestid: r-3\r\n\r\n{"
    with serving(lambda connection: connection.sendall(head)) as url:
        with pytest.raises(TransportError, match="RemoteProtocolError") as caught:
            await runtime.exchange(request_for(url))
        await face(runtime.close() if face.is_blocking else runtime.aclose())
    assert (caught.value.phase, caught.value.status, caught.value.request_id) == ("reading", 200, "r-3")


def test_the_read_timeout_is_what_is_left() -> None:
    """Whole seconds, rounded up, and the time is up where nothing is left."""
    now = [100.0]
    left = SecondsLeft(102.5, lambda: now[0])
    assert left.__index__() == 3
    assert (float(left), left == 2.5, left == "2.5") == (2.5, True, False)
    assert (left > 2.4, left < 2.4, min(1.0, left), {left: 1}[left]) == (True, False, 1.0, 1)
    now[0] = 102.4
    assert left.__index__() == 1
    now[0] = 102.5
    with pytest.raises(TimeoutError):
        left.__index__()
