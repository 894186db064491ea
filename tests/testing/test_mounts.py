"""One pool, mounted in process: transports of httpx and httpx2, ASGI, WSGI, and the server beside them."""

import io
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from wsgiref.validate import validator

import anyio
import httpx
import httpx2
import pytest

from cognito_auth.testing import FakeUserPool, Faults
from cognito_auth.testing.fake_user_pool.state import Client

KEYS = "/.well-known/jwks.json"
SECRET = "s" * 30
NOWHERE = "(not found)"


@contextmanager
def blocking(mount: str, pool: FakeUserPool, **settings: Any) -> Iterator[Any]:
    """A blocking client of a mount."""
    if mount == "server":
        with pool.serve() as url, httpx.Client(base_url=url, **settings) as client:
            yield client
        return
    makers: dict[str, Any] = {
        "httpx": lambda: httpx.Client(transport=pool.transport(), base_url="https://any.host", **settings),
        "httpx2": lambda: httpx2.Client(
            transport=pool.httpx2_transport(), base_url="https://any.host", **settings
        ),
        "wsgi": lambda: httpx.Client(
            transport=httpx.WSGITransport(validator(pool.wsgi_app())), base_url="http://any.host", **settings
        ),
    }
    with makers[mount]() as client:
        yield client


@asynccontextmanager
async def awaiting(mount: str, pool: FakeUserPool, **settings: Any) -> AsyncIterator[Any]:
    """An async client of a mount."""
    makers: dict[str, Any] = {
        "httpx": lambda: httpx.AsyncClient(
            transport=pool.transport(), base_url="https://any.host", **settings
        ),
        "httpx2": lambda: httpx2.AsyncClient(
            transport=pool.httpx2_transport(), base_url="https://any.host", **settings
        ),
        "asgi": lambda: httpx.AsyncClient(
            transport=httpx.ASGITransport(pool.asgi_app()), base_url="http://any.host", **settings
        ),
    }
    async with makers[mount]() as client:
        yield client


def form(client: Client) -> dict[str, str]:
    """What client credentials send."""
    return {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": SECRET}


@pytest.fixture
def machine(pool: FakeUserPool) -> Client:
    """A client with a secret and a scope."""
    return pool.add_client(secret=SECRET, scopes={"orders/read"})


@pytest.mark.parametrize("mount", ["httpx", "httpx2", "wsgi", "server"])
def test_a_blocking_client_reaches_the_pool(pool: FakeUserPool, machine: Client, mount: str) -> None:
    """Forms, keys, and what is not there; the answer has its length, an id and the pool's date."""
    pool.clock.advance(86_400)
    with blocking(mount, pool) as client:
        tokens = client.post("/oauth2/token", data=form(machine))
        keys = client.get(f"/{pool.pool_id}{KEYS}?now=1")
        missing = client.get("/nothing")

    assert pool.handle("PUT", "https://x/", []).status == 404
    assert (tokens.status_code, keys.json(), missing.status_code) == (200, pool.keys.jwks(), 404)
    assert keys.headers["date"][:16] == pool.clock.http_date()[:16]
    assert re.fullmatch("[0-9a-f-]{36}", keys.headers["x-amzn-requestid"])
    assert pool.calls == {"token": 1, "jwks": 1, "(not found)": 2}


@pytest.mark.parametrize("mount", ["httpx", "httpx2", "asgi"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_client_reaches_the_pool(
    pool: FakeUserPool, machine: Client, mount: str, backend: str
) -> None:
    """The same, on asyncio and on trio."""

    async def story() -> tuple[int, Any]:
        async with awaiting(mount, pool) as client:
            tokens = await client.post("/oauth2/token?x=1", data=form(machine))
            keys = await client.get(KEYS)
            return tokens.status_code, keys.json()

    assert anyio.run(story, backend=backend) == (200, pool.keys.jwks())


def orders(faults: Faults) -> None:
    """Trouble for what is not there (a short answer: dripping takes its time)."""
    faults.drop(NOWHERE, when="before")
    faults.drop(NOWHERE, when="after")
    faults.cut(NOWHERE)
    faults.drip(NOWHERE, seconds=0.00001)
    faults.latency(NOWHERE, seconds=0.001)


@pytest.mark.parametrize("mount", ["httpx", "httpx2", "wsgi", "server"])
def test_trouble_is_what_a_client_would_see(pool: FakeUserPool, mount: str) -> None:
    """Lost before, lost after, cut short: the library's own errors; slow ones arrive whole."""
    orders(pool.faults)
    errors = (httpx.TransportError, httpx2.TransportError, ConnectionError)
    outcomes = []
    with blocking(mount, pool) as client:
        for _ in range(5):
            try:
                outcomes.append(client.get("/nothing").status_code)
            except errors as failure:
                outcomes.append(type(failure).__name__)

    lost = "ConnectionError" if mount == "wsgi" else "RemoteProtocolError"
    assert outcomes == [lost, lost, lost, 404, 404]


@pytest.mark.parametrize("mount", ["httpx", "httpx2", "asgi"])
def test_trouble_is_what_an_async_client_would_see(pool: FakeUserPool, mount: str) -> None:
    """The same, awaited."""
    orders(pool.faults)
    errors = (httpx.TransportError, httpx2.TransportError, ConnectionError)

    async def story() -> list[Any]:
        outcomes: list[Any] = []
        async with awaiting(mount, pool) as client:
            for _ in range(5):
                try:
                    outcomes.append((await client.get("/nothing")).status_code)
                except errors as failure:
                    outcomes.append(type(failure).__name__)
        return outcomes

    lost = "ConnectionError" if mount == "asgi" else "RemoteProtocolError"
    assert anyio.run(story) == [lost, lost, lost, 404, 404]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_client_that_does_not_wait_gives_up(pool: FakeUserPool, library: Any) -> None:
    """In process as well, a read timeout is a read timeout, and nobody waits for an hour."""
    pool.faults.latency("jwks", seconds=3600)
    mount = "httpx" if library is httpx else "httpx2"
    with blocking(mount, pool, timeout=0.001) as client, pytest.raises(library.ReadTimeout):
        client.get(KEYS)


def test_an_application_lives_and_is_mounted_below_a_prefix(pool: FakeUserPool) -> None:
    """ASGI: the lifespan is answered, a mount's prefix taken off, a body in pieces put together, others ignored."""
    sent: list[Any] = []
    pieces = iter(
        [
            {"type": "http.request", "body": b"grant_type=", "more_body": True},
            {"type": "http.request", "body": b"magic&client_id=x"},
        ]
    )
    lifespan = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/cognito/oauth2/token",
        "root_path": "/cognito",
        "query_string": b"",
    }
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]

    async def story() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return next(pieces)

        async def live() -> Any:
            return next(lifespan)

        await pool.asgi_app()({"type": "lifespan"}, live, send)
        await pool.asgi_app()({**scope, "headers": headers}, receive, send)
        await pool.asgi_app()({"type": "websocket"}, receive, send)

    anyio.run(story)

    assert [each["type"] for each in sent[:2]] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert (sent[2]["status"], sent[3]["body"]) == (400, b'{"error":"invalid_client"}')
    assert len(sent) == 5


def test_a_wsgi_application_needs_no_host_header(pool: FakeUserPool) -> None:
    """HTTP/1.0 clients send none."""
    environ = {
        "REQUEST_METHOD": "GET", "SERVER_NAME": "local", "wsgi.url_scheme": "http", "PATH_INFO": "/nothing",
        "QUERY_STRING": "a=b", "wsgi.input": io.BytesIO(),
    }  # fmt: skip
    started: list[Any] = []
    body = b"".join(pool.wsgi_app()(environ, lambda *head: started.append(head)))

    assert (started[0][0], body) == ("404 Not Found", b'{"message":"Not Found"}')
