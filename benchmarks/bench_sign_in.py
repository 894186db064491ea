"""A blocking sign-in with the plain password, beside a bare httpx post of the same bytes, and boto3's `initiate_auth`.

The server runs in a process of its own and has one canned answer, so that what is measured is the client. Promised: at
most 1.25 of the bare post. Measured in interleaved rounds; each ratio is that of the medians.
"""

import json
import multiprocessing
import socket
import statistics
import time
from collections.abc import Callable
from typing import Any

import boto3
import httpx
from botocore import UNSIGNED
from botocore.config import Config

from cognito_auth import AppClient, TokenSet, UserPool

ROUNDS = 1500
WARM_UP = 100
USERNAME, PASSWORD = "ann@example.com", "Correct-horse1"
# A JWT of a usual size; nobody looks at its signature here.
TOKEN = "eyJhbGciOiJSUzI1NiJ9." + "eyJzdWIiOiIxIiwic2NvcGUiOiJhd3MifQ" + "." + "c2lnbmF0dXJl" * 28
RESULT = {
    "AccessToken": TOKEN,
    "ExpiresIn": 3600,
    "IdToken": TOKEN,
    "RefreshToken": TOKEN,
    "TokenType": "Bearer",
}
BODY = json.dumps({"ChallengeParameters": {}, "AuthenticationResult": RESULT}).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
    b"x-amzn-RequestId: 352b744b-80b6-40d1-930a-ccf176b3b422\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY
HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
}


def serve(listener: socket.socket) -> None:
    """Answer every request on every connection with the canned answer."""
    import threading

    def answer(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        while True:
            while b"\r\n\r\n" not in received:
                piece = connection.recv(65536)
                if not piece:
                    return
                received += piece
            head, _, received = received.partition(b"\r\n\r\n")
            fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
            missing = int(fields[b"content-length"]) - len(received)
            while missing > 0:
                missing -= len(connection.recv(65536))
            received = b""
            connection.sendall(ANSWER)

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def measure(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median of each way, in seconds."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(WARM_UP + ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if number >= WARM_UP:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def compare(url: str) -> dict[str, float]:
    """The medians of the three ways, at a server."""
    app = AppClient(client_id="abc", pool_id="eu-west-1_Fake00001", endpoint=url)
    content = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": "abc",
        "AuthParameters": {"USERNAME": USERNAME, "PASSWORD": PASSWORD},
    }
    boto: Any = boto3.client(
        "cognito-idp", endpoint_url=url, region_name="eu-west-1", config=Config(signature_version=UNSIGNED)
    )
    with httpx.Client() as bare, UserPool(app) as pool:

        def post() -> object:
            return bare.post(url, headers=HEADERS, content=json.dumps(content)).json()

        assert isinstance(pool.sign_in(USERNAME, PASSWORD, method="password"), TokenSet)
        medians = measure(
            {
                "httpx.Client.post": post,
                "UserPool.sign_in": lambda: pool.sign_in(USERNAME, PASSWORD, method="password"),
                "boto3 initiate_auth": lambda: boto.initiate_auth(**content),
            }
        )
    boto.close()
    return medians


def main() -> None:
    """Measure, and print the table."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        server = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
        server.start()
        try:
            medians = compare(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        finally:
            server.terminate()
            server.join()
    floor = medians["httpx.Client.post"]
    print(f"{'sign-in with a plain password':<36} {'ms':>8} {'ratio':>7}")
    for name, median in medians.items():
        print(f"{name:<36} {1000 * median:>8.3f} {median / floor:>7.2f}")


if __name__ == "__main__":
    main()
