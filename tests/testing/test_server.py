"""The pool as a real server on loopback."""

import http.client
import socket
import threading
import time

import httpx
import pytest

from cognito_auth.app_client import AppClient
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client

KEYS = "/.well-known/jwks.json"


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


def test_a_request_that_breaks_off_is_no_request(pool: FakeUserPool) -> None:
    """The client ends its half in the middle of the body: nothing is done, and nothing is answered."""
    with pool.serve() as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as half:
            half.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            half.shutdown(socket.SHUT_WR)
            assert half.recv(100) == b""
    assert not pool.calls


def test_a_server_does_not_wait_for_slow_answers(pool: FakeUserPool) -> None:
    """An hour's latency, and a drip of minutes, end with the context."""
    pool.faults.latency("jwks", seconds=3600)
    pool.faults.drip("jwks", seconds=3600)
    with pool.serve() as url:
        for calls in (1, 2):
            with pytest.raises(httpx.ReadTimeout):
                httpx.get(url + KEYS, timeout=httpx.Timeout(30, read=0.02))
            # A busy machine may take the request up after the client has gone.
            while pool.calls["jwks"] < calls:
                time.sleep(0.001)

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
