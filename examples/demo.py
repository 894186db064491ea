"""The main job, end to end, on this machine alone: sign in, call an API, verify the token.

A fake user pool and a small protected API start as real servers on loopback. Then this script does what a user
would, and tells what happens. It ends with an error if anything is not as it should be.
"""

import asyncio
import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from cognito_auth import (
    AccessClaims,
    AppClient,
    AsyncTokenSource,
    CognitoAuth,
    TokenSet,
    TokenSource,
    TokenVerifier,
    UserPool,
    errors,
    grants,
)
from cognito_auth.testing import FakeUserPool

PASSWORD = "Correct-Horse-7"


# -- a small protected API, as a service would write it ------------------------------------------------------


def protected_api(verifier: TokenVerifier[AccessClaims]) -> type[BaseHTTPRequestHandler]:
    """An API that says who is calling, to those whose access token is good."""

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            try:
                claims = verifier.verify(token)
            except errors.TokenRejected as refusal:
                return self.answer(
                    refusal.http_status, {"refused": type(refusal).__name__, "reason": str(refusal)}
                )
            return self.answer(200, {"hello": claims.username or claims.client_id})

        def answer(self, status: int, content: dict[str, str | None]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Quiet: the story is told below."""

    return Api


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on a free port of loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


# -- the story ------------------------------------------------------------------------------------------------


def tell(text: str) -> None:
    """A step of the story."""
    print(f"\n{text}")


def expect(what: str, actual: object, expected: object) -> None:
    """A fact of the story, checked."""
    if actual != expected:
        raise SystemExit(f"  ✗ {what}: expected {expected!r}, got {actual!r}")
    print(f"  ✓ {what}: {actual}")


def sign_up_and_in(app: AppClient, pool: FakeUserPool) -> TokenSet:
    """A new user registers, confirms with the code that was sent, and signs in."""
    with UserPool(app) as users:
        receipt = users.sign_up("ann", PASSWORD, attributes={"email": "ann@example.com"})
        sent_to = receipt.delivery.destination if receipt.delivery else None
        expect("registered; the code was sent to", sent_to, "a***@e***")
        users.confirm_sign_up("ann", pool.codes["ann"])
        match users.sign_in("ann", PASSWORD, method="password"):
            case TokenSet() as tokens:
                expect("signed in, with a refresh token", tokens.refresh_token is not None, expected=True)
                return tokens
            case challenge:
                raise SystemExit(f"  ✗ an unexpected challenge: {challenge!r}")


def call_the_api(app: AppClient, api: str) -> None:
    """A script that calls an API: the auth attaches tokens and keeps them fresh."""
    source = TokenSource(app, grants.Password("ann", PASSWORD, method="password"))
    with source, httpx.Client(base_url=api, auth=CognitoAuth(source, api)) as client:
        expect("the API says", client.get("/").json(), {"hello": "ann"})


async def call_the_api_async(app: AppClient, api: str, pool: FakeUserPool) -> None:
    """Twenty tasks at once share one sign-in."""
    before = pool.calls["InitiateAuth"]
    async with (
        AsyncTokenSource(app, grants.Password("ann", PASSWORD, method="password")) as source,
        httpx.AsyncClient(base_url=api, auth=CognitoAuth(source, api)) as client,
    ):
        answers = await asyncio.gather(*(client.get("/") for _ in range(20)))
    expect("answers to 20 tasks", {answer.text for answer in answers}, {'{"hello": "ann"}'})
    expect("sign-ins that they needed", pool.calls["InitiateAuth"] - before, 1)


def call_as_a_machine(app: AppClient, api: str) -> None:
    """A machine calls with client credentials: no user, only scopes."""
    source = TokenSource(app, grants.ClientCredentials(scopes={"orders/read"}))
    with source, httpx.Client(base_url=api, auth=CognitoAuth(source, api)) as client:
        expect("granted", set(source.tokens().scopes), {"orders/read"})
        expect("the API says", client.get("/").json(), {"hello": app.client_id})


def be_refused(api: str, refused: dict[str, tuple[str, str]]) -> None:
    """What the verifier does not trust, it says why."""
    for case, (token, reason) in refused.items():
        answer = httpx.get(api, headers={"Authorization": f"Bearer {token}"})
        expect(f"{case} token", (answer.status_code, answer.json()["refused"]), (401, reason))
        print(f"      {answer.json()['reason']}")


def stay_fresh(app: AppClient, api: str, pool: FakeUserPool) -> str:
    """Tokens that live three seconds are refreshed in passing; gives the first one, which is over."""
    source = TokenSource(app, grants.Password("ann", PASSWORD, method="password"))
    with source, httpx.Client(base_url=api, auth=CognitoAuth(source, api)) as client:
        before = pool.calls["GetTokensFromRefreshToken"]
        first = client.get("/").request.headers["Authorization"]
        expect("refreshes so far", pool.calls["GetTokensFromRefreshToken"] - before, 0)
        time.sleep(3.1)
        answer = client.get("/")
        expect("three seconds later, the API says", answer.json(), {"hello": "ann"})
        expect("with a new token", answer.request.headers["Authorization"] != first, expected=True)
        expect("refreshes", pool.calls["GetTokensFromRefreshToken"] - before, 1)
    return first.removeprefix("Bearer ")


def of_another_client(pool: FakeUserPool) -> str:
    """A good token of the same user and pool, made for another app client."""
    with UserPool(pool.app_client(pool.add_client("stranger"))) as users:
        tokens = users.sign_in("ann", PASSWORD, method="password")
    assert isinstance(tokens, TokenSet)
    return tokens.access_token


def tampered(token: str) -> str:
    """The token with another user's name in it."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = json.dumps({**claims, "username": "bob"}).encode()
    return f"{header}.{base64.urlsafe_b64encode(forged).decode().rstrip('=')}.{signature}"


def main() -> None:
    """Tell the story."""
    began = time.monotonic()
    pool = FakeUserPool(pool_id="eu-west-1_Demo00001")
    web = pool.add_client("web")
    brief = pool.add_client("brief", access_seconds=3, id_seconds=3)
    machine = pool.add_client("machine", secret=True, scopes={"orders/read"})
    with pool.serve() as url:
        app, app_brief, app_machine = (pool.app_client(client) for client in (web, brief, machine))
        allowed = [app.client_id, app_brief.client_id, app_machine.client_id]
        verifier = TokenVerifier(pool.pool_id, client_id=allowed, token_use="access", jwks_uri=app.jwks_uri)
        with verifier, serving(protected_api(verifier)) as api:
            print(f"A user pool is at {url}, a protected API at {api}.")

            tell("A new user signs up, confirms and signs in.")
            tokens = sign_up_and_in(app, pool)
            tell("A script calls the API with httpx.Client(auth=CognitoAuth(…)).")
            call_the_api(app, api)
            tell("The same with httpx.AsyncClient, from 20 tasks at once.")
            asyncio.run(call_the_api_async(app, api, pool))
            tell("A machine calls with client credentials.")
            call_as_a_machine(app_machine, api)
            tell("Tokens stay fresh: this client's live three seconds.")
            over = stay_fresh(app_brief, api, pool)
            tell("What should not be trusted is refused, with the reason.")
            be_refused(
                api,
                {
                    "an expired": (over, "TokenExpired"),
                    "another client's": (of_another_client(pool), "WrongClient"),
                    "a tampered": (tampered(tokens.access_token), "BadSignature"),
                },
            )
    print(f"\nAll as it should be, in {time.monotonic() - began:.1f} seconds.")


if __name__ == "__main__":
    main()
