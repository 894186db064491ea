"""One pool, mounted in every way: transports of httpx and httpx2, ASGI, WSGI, a real server, the command line."""

import http.client
import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from wsgiref.validate import validator

import anyio
import httpx
import httpx2
import pytest

from cognito_auth.app_client import AppClient
from cognito_auth.testing import FakeUserPool, Faults
from cognito_auth.testing.__main__ import main
from cognito_auth.testing.fake_user_pool.state import Client
from cognito_auth.testing.server import check_host, is_loopback

from .conftest import Api

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


# -- the server -------------------------------------------------------------------------------------------------------


def test_the_pool_is_where_its_newest_server_is(pool: FakeUserPool, client: Client) -> None:
    """`app_client` points at the server inside `serve()`, and at an address that cannot exist outside."""

    def addresses(app: AppClient) -> set[str]:
        return {app.endpoint_url, str(app.domain), str(app.jwks_uri).removesuffix(f"/{pool.pool_id}{KEYS}")}

    outside = pool.app_client(client)
    with pool.serve() as first:
        with pool.serve() as second:
            inner = addresses(pool.app_client(client))
        outer = addresses(pool.app_client(client))

    assert (addresses(outside), inner, outer) == ({"https://fake-user-pool.invalid"}, {second}, {first})
    assert (outside.issuer, outside.client_secret) == (None, None)


def test_discovery_names_the_host_that_was_asked(pool: FakeUserPool) -> None:
    """The issuer is the pool's, the endpoints are here."""
    with pool.serve() as url:
        found = httpx.get(f"{url}/{pool.pool_id}/.well-known/openid-configuration").json()

    assert (found["issuer"], found["token_endpoint"]) == (pool.issuer, f"{url}/oauth2/token")
    assert found["jwks_uri"] == f"{url}/{pool.pool_id}{KEYS}"


def test_a_server_ends_with_its_clients_connections(pool: FakeUserPool) -> None:
    """Many keep-alive clients, some idle, one in the middle of a request: all is over when the context is."""
    with pool.serve() as url:
        host, port = url.removeprefix("http://").split(":")
        clients = [http.client.HTTPConnection(host, int(port)) for _ in range(20)]
        for client in clients:
            for _ in range(2):
                client.request("GET", KEYS)
                assert client.getresponse().read()
        idle = socket.create_connection((host, int(port)))
        half = socket.create_connection((host, int(port)))
        half.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    for client in clients:
        client.close()
    idle.close()
    half.close()

    assert [thread.name for thread in threading.enumerate() if thread.name == "fake-user-pool"] == []
    assert pool.calls["jwks"] == 40


def test_a_server_does_not_wait_for_slow_answers(pool: FakeUserPool) -> None:
    """An hour's latency, and a drip of minutes, end with the context."""
    pool.faults.latency("jwks", seconds=3600)
    pool.faults.drip("jwks", seconds=3600)
    with pool.serve() as url:
        for _ in range(2):
            with pytest.raises(httpx.ReadTimeout):
                httpx.get(url + KEYS, timeout=0.02)

    assert pool.calls["jwks"] == 2


def test_many_clients_at_once_are_served_one_truth(pool: FakeUserPool, client: Client) -> None:
    """Twenty threads sign up the same name: one of them gets it."""
    outcomes: list[int] = []
    target = {
        "X-Amz-Target": "AWSCognitoIdentityProviderService.SignUp",
        "Content-Type": "application/x-amz-json-1.1",
    }
    call = {"ClientId": client.client_id, "Username": "ann", "Password": "Correct-horse 1"}
    with pool.serve() as url:
        threads = [
            threading.Thread(
                target=lambda: outcomes.append(httpx.post(url, json=call, headers=target).status_code)
            )
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert (sorted(outcomes), len(pool.users), pool.calls["SignUp"]) == ([200] + [400] * 19, 1, 20)


@pytest.mark.parametrize(
    "head, status",
    [
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: 2000000", b"413"),
        (b"Content-Length: many", b"400"),
        (b"Content-Length: -5", b"400"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(pool: FakeUserPool, head: bytes, status: bytes) -> None:
    """Chunked, too long, or of a length that is none."""
    with pool.serve() as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 " + status)


def test_a_head_request_has_no_body(pool: FakeUserPool) -> None:
    """Its length is told nevertheless."""
    with pool.serve() as url:
        answer = httpx.head(url + KEYS)

    assert (answer.status_code, answer.content, int(answer.headers["content-length"]) > 100) == (
        200,
        b"",
        True,
    )


def test_a_browser_may_ask_first(pool: FakeUserPool) -> None:
    """A preflight is answered, and every answer may be read by scripts (amplify runs in a browser)."""
    with pool.serve() as url:
        preflight = httpx.options(url)
        error = httpx.post(url, json={})

    assert (
        preflight.headers["access-control-allow-origin"]
        == error.headers["access-control-allow-origin"]
        == "*"
    )
    assert "x-amz-target" in preflight.headers["access-control-allow-headers"]


def test_a_client_that_leaves_disturbs_nobody(pool: FakeUserPool) -> None:
    """A connection that is reset in the middle of a slow answer."""
    pool.faults.drip("jwks", seconds=0.001)
    with pool.serve() as url:
        host, port = url.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)))
        connection.sendall(f"GET {KEYS} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.recv(100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
        connection.close()
        again = httpx.get(url + KEYS)

    assert again.status_code == 200


@pytest.mark.parametrize(
    "headers, body, code",
    [
        ({}, b"{}", "UnknownOperation"),
        ({"X-Amz-Target": "AWSCognitoIdentityProviderService.Magic"}, b"{}", "UnknownOperation"),
        ({"X-Amz-Target": "GetUser"}, b"{}", "UnknownOperation"),
        (
            {"X-Amz-Target": "AWSCognitoIdentityProviderService.GetUser", "Content-Type": "text/plain"},
            b"{}",
            "UnknownOperation",
        ),
        ({"X-Amz-Target": "AWSCognitoIdentityProviderService.GetUser"}, b"{", "Serialization"),
        ({"X-Amz-Target": "AWSCognitoIdentityProviderService.GetUser"}, b"[]", "Serialization"),
        ({"X-Amz-Target": "AWSCognitoIdentityProviderService.GetUser"}, b"\xff", "Serialization"),
    ],
)
def test_what_is_no_call_is_refused(
    pool: FakeUserPool, headers: dict[str, str], body: bytes, code: str
) -> None:
    """No operation, an unknown one, another content type, a body that is no JSON object."""
    with httpx.Client(transport=pool.transport()) as client:
        answer = client.post(
            "https://x/", headers={"Content-Type": "application/x-amz-json-1.1", **headers}, content=body
        )

    assert (answer.status_code, answer.json()["__type"]) == (400, f"{code}Exception")
    assert answer.headers["x-amzn-errortype"] == f"{code}Exception:"


# -- the request log --------------------------------------------------------------------------------------------------


def test_the_log_has_no_secrets(pool: FakeUserPool, api: Api) -> None:
    """Names and choices are shown, everything else is redacted: bodies, forms, headers, queries."""
    client = pool.add_client(secret=SECRET, scopes={"orders/read"})
    pool.add_user("ann", "Correct-horse 1")
    api.begin(client, "USER_PASSWORD_AUTH", PASSWORD="Correct-horse 1")
    api.token(
        {**form(client), "scope": "orders/read"}, Authorization="Basic c2VjcmV0", Cookie="session=secret"
    )
    pool.handle("GET", "https://x/oauth2/none?code=secret&client_id=c", [])
    pool.handle("POST", "https://x/", [], b"[1]")
    pool.handle("POST", "https://x/", [], b"\xff\xfe")
    signed_in, token, *_ = entries = list(pool.requests)
    texts = repr(entries)

    assert signed_in.parameters["AuthParameters"] == {
        "USERNAME": "ann",
        "PASSWORD": "***",
        "SECRET_HASH": "***",
    }
    assert (signed_in.operation, signed_in.status, signed_in.error) == ("InitiateAuth", 200, None)
    assert token.parameters["scope"] == "orders/read"
    assert (token.headers["authorization"], token.headers["cookie"]) == ("Basic ***", "***")
    assert [entry.error for entry in entries] == [
        None,
        "invalid_client",
        None,
        "UnknownOperationException",
        "UnknownOperationException",
    ]
    assert not any(
        secret in texts for secret in (SECRET, "Correct-horse", "c2VjcmV0", "session=secret", "code=secret")
    )


def test_the_log_knows_which_answer_was_a_page(pool: FakeUserPool) -> None:
    """An error without JSON has no code."""
    pool.faults.html("jwks")
    pool.handle("GET", f"https://x{KEYS}", [])

    assert (pool.requests[0].status, pool.requests[0].error) == (403, None)


# -- the command line -------------------------------------------------------------------------------------------------


def test_the_command_serves_what_it_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Users and clients as given, and for each client what to paste."""
    stop = threading.Event()
    stop.set()
    code = main(
        ["--user", "ann:correct horse", "--client", "web", "--client", "machine:secret", "--scopes", "a/b"],
        stop=stop,
    )
    printed = capsys.readouterr().out

    assert code == 0
    assert re.search(r"Keys: http://127\.0\.0\.1:\d+/eu-west-1_Fake00001/\.well-known/jwks\.json", printed)
    assert (printed.count("export COGNITO_CLIENT_ID="), printed.count("export COGNITO_CLIENT_SECRET=")) == (
        2,
        1,
    )


def test_the_command_stays_at_home(capsys: pytest.CaptureFixture[str]) -> None:
    """An address that others can reach is refused, and the second word that it takes is told."""
    assert main(["--host", "0.0.0.0"]) == 2
    assert "--beyond-loopback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "host, loopback",
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("0.0.0.0", False), ("me.local", False)],
)
def test_a_pool_does_not_listen_beyond_loopback_unless_told_twice(
    pool: FakeUserPool, host: str, *, loopback: bool
) -> None:
    """An address of this machine alone is fine; another one takes a second word."""
    assert is_loopback(host) is loopback
    check_host(host, beyond_loopback=True)
    if not loopback:
        with pytest.raises(ValueError, match="beyond_loopback=True"), pool.serve(host=host):
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_runs_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """A process of its own, ready when it has printed, gone with exit code 0 after a signal."""
    command = [sys.executable, "-m", "cognito_auth.testing", "--user", "ann"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        exported = ""
        for line in process.stdout:
            exported = line if line.startswith("export COGNITO_ENDPOINT=") else exported
            if line.startswith("export COGNITO_DOMAIN="):
                break
        keys = httpx.get(exported.partition("=")[2].strip() + KEYS).json()
        process.send_signal(number)
        rest = process.stdout.read()

    assert (len(keys["keys"]), process.returncode, rest) == (2, 0, "")
