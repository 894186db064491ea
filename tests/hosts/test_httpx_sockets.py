"""CognitoAuth over real sockets, where mock transports lie: bodies that are streamed, redirects, abandoned requests."""

import asyncio
import datetime
import io
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any, Literal

import pytest

from cognito_auth import AppClient, AsyncTokenSource, TokenSet, TokenSource
from support.faces import Face

Library = Literal["httpx", "httpx2"]
APP = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", region="eu-west-1")


class Server:
    """An API on loopback that remembers what it got, and refuses every token but the last one."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str | None, bytes]] = []
        self.good = ""
        self.elsewhere = ""
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self._body()
                token = self.headers.get("X-Token") or self.headers.get("Authorization")
                api.got.append((self.path, token, body))
                if self.path == "/away":
                    self._answer(307, location=f"{api.elsewhere}/stolen")
                elif self.path == "/near":
                    self._answer(307, location="/orders")
                else:
                    self._answer(200 if token == f"Bearer {api.good}" else 401)

            do_GET = do_POST  # noqa: N815 - the name is http.server's

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                    return body
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def _answer(self, status: int, location: str | None = None) -> None:
                content = json.dumps({"status": status}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                if location:
                    self.send_header("Location", location)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server has it
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    """An API, and somebody else's."""
    pair = Server(), Server()
    pair[0].elsewhere = pair[1].url
    yield pair
    for server in pair:
        server.close()


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Library:
    """Either library."""
    chosen: Library = request.param
    return chosen


class Bank:
    """Gives t1, t2, …"""

    given = 0

    def __call__(self) -> TokenSet:
        """The next one."""
        self.given += 1
        ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        return TokenSet(access_token=f"t{self.given}", expires_at=ends)


@pytest.fixture
def client(library: Library, face: Face, servers: tuple[Server, Server]) -> Callable[..., Any]:
    """A client of the API with this auth, over sockets."""

    def make(follow_redirects: bool = False, **settings: Any) -> Any:  # noqa: FBT002 - as httpx has it
        source = face.token_source(APP, Bank())
        auth = import_module(f"cognito_auth.{library}").CognitoAuth(source, servers[0].url, **settings)
        return face.http_client(
            library=library,
            auth=auth,
            base_url=servers[0].url,
            follow_redirects=follow_redirects,
            verify=False,  # there is no TLS on loopback: spare the time that its certificates take to load
        )

    return make


def streamed(face: Face) -> Any:
    """A body that can be read once."""
    if face.is_blocking:
        return iter([b"one ", b"two"])

    async def chunks() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    return chunks()


async def test_a_body_in_memory_is_sent_again_whole(
    face: Face, client: Callable[..., Any], servers: tuple[Server, Server]
) -> None:
    """After a 401."""
    api, _ = servers
    api.good = "t2"
    response = await face(client().post("/orders", json={"amount": 3}))
    assert 200 == response.status_code
    assert [("/orders", "Bearer t1", b'{"amount":3}'), ("/orders", "Bearer t2", b'{"amount":3}')] == api.got


@pytest.mark.parametrize("kind", ["stream", "multipart"])
async def test_a_body_that_can_be_read_once_is_not_sent_again(
    face: Face, client: Callable[..., Any], servers: tuple[Server, Server], kind: str
) -> None:
    """It would arrive empty: the 401 is the caller's."""
    api, _ = servers
    api.good = "t2"
    body: dict[str, Any] = (
        {"content": streamed(face)} if kind == "stream" else {"files": {"file": io.BytesIO(b"one two")}}
    )
    response = await face(client().post("/orders", **body))
    assert 401 == response.status_code
    assert 1 == len(api.got)
    assert b"two" in api.got[0][2]


async def test_a_streamed_body_that_is_buffered_is_sent_again_whole(
    face: Face, client: Callable[..., Any], servers: tuple[Server, Server]
) -> None:
    """As asked for, at the price of memory."""
    api, _ = servers
    api.good = "t2"
    response = await face(client(buffer_streams=True).post("/orders", content=streamed(face)))
    assert 200 == response.status_code
    assert [b"one two", b"one two"] == [body for _, _, body in api.got]


@pytest.mark.parametrize("header", ["Authorization", "X-Token"])
async def test_no_redirect_takes_the_token_elsewhere(
    face: Face, client: Callable[..., Any], servers: tuple[Server, Server], header: str
) -> None:
    """Not with the body either, and a 401 there asks for nothing."""
    api, other = servers
    response = await face(client(follow_redirects=True, header=header).post("/away", content=b"body"))
    assert 401 == response.status_code
    assert [("/away", "Bearer t1", b"body")] == api.got
    assert [("/stolen", None, b"body")] == other.got


@pytest.mark.parametrize("header", ["Authorization", "X-Token"])
async def test_a_redirect_within_the_origin_keeps_working(
    face: Face, client: Callable[..., Any], servers: tuple[Server, Server], header: str
) -> None:
    """With the usual header in one go, with another one after the 401."""
    api, _ = servers
    api.good = "t1"
    response = await face(client(follow_redirects=True, header=header).post("/near", content=b"body"))
    assert 200 == response.status_code
    assert ("/orders", "Bearer t1", b"body") == api.got[-1]
    assert {"Bearer t1", None} >= {token for _, token, _ in api.got}


async def test_the_token_request_is_not_part_of_the_users_requests(
    face: Face, client: Callable[..., Any], servers: tuple[Server, Server]
) -> None:
    """It is in no history and runs no hooks; the replaced attempt is, and does."""
    api, _ = servers
    api.good = "t2"
    http, hooked = client(), list[str]()

    def plain(request: Any) -> None:
        hooked.append(request.url.path)

    async def asynchronous(request: Any) -> None:
        hooked.append(request.url.path)

    http.event_hooks = {"request": [plain if face.is_blocking else asynchronous]}
    response = await face(http.get("/orders"))
    assert ["/orders", "/orders"] == hooked
    assert [401] == [earlier.status_code for earlier in response.history]


def test_an_abandoned_flow_locks_nobody_out(library: Library) -> None:
    """No lock is held while a request is out."""
    module = import_module(library)
    with TokenSource(APP, Bank()) as source:
        auth = import_module(f"cognito_auth.{library}").CognitoAuth(source, "https://api.example.com")
        for _ in range(3):
            request = module.Request("GET", "https://api.example.com/")
            flow = auth.sync_auth_flow(request)
            next(flow)
            with suppress(StopIteration):  # one refresh in five seconds: there is nothing new to send
                flow.send(module.Response(401, request=request))
            del flow
        assert "t2" == source.tokens().access_token


def test_a_cancelled_request_leaves_the_others_theirs(
    library: Library, servers: tuple[Server, Server]
) -> None:
    """A task that is cancelled while tokens are obtained takes nothing away."""
    api, _ = servers
    api.good, started, go = "t1", threading.Event(), threading.Event()
    bank = Bank()

    def slow() -> TokenSet:
        started.set()
        go.wait()
        return bank()

    async def main(source: Any) -> int:
        auth = import_module(f"cognito_auth.{library}").CognitoAuth(source, api.url)
        async with import_module(library).AsyncClient(auth=auth, base_url=api.url) as http:
            first = asyncio.create_task(http.get("/orders"))
            await asyncio.to_thread(started.wait)
            second = asyncio.create_task(http.get("/orders"))
            await asyncio.sleep(0)
            first.cancel()
            go.set()
            response = await second
            return int(response.status_code)

    for make in (TokenSource, AsyncTokenSource):
        started.clear()
        go.clear()
        bank.given = 0
        assert 200 == asyncio.run(main(make(APP, slow)))
        assert 1 == bank.given


def test_a_blocking_source_never_blocks_the_loop(library: Library, servers: tuple[Server, Server]) -> None:
    """While its thread obtains tokens, other tasks run."""
    api, _ = servers
    api.good, go = "t1", threading.Event()
    bank = Bank()

    def slow() -> TokenSet:
        assert go.wait(10)  # only the loop can set it
        return bank()

    async def main() -> int:
        source = TokenSource(APP, slow)
        auth = import_module(f"cognito_auth.{library}").CognitoAuth(source, api.url)
        async with import_module(library).AsyncClient(auth=auth, base_url=api.url) as http:
            asking = asyncio.create_task(http.get("/orders"))
            await asyncio.sleep(0.01)
            go.set()
            return int((await asking).status_code)

    assert 200 == asyncio.run(main())
