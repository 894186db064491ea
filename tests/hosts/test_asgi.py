"""The ASGI middleware behind uvicorn: requests and WebSockets alike."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cognito_auth import AlbTokenVerifier, AsyncTokenVerifier, UserPool, errors
from cognito_auth.asgi import BearerMiddleware
from cognito_auth.testing import FakeUserPool
from cognito_auth.tokens import TokenSet
from support.bearers import (
    async_verifier,
    blind_verifier,
    challenge,
    expired_token,
    good_token,
    no_keys,
    verifier,
)
from support.servers import uvicorn_serves

PAGE = "https://app.example.com"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Tell who is there, over either protocol."""
    if scope["type"] == "lifespan":
        assert (await receive())["type"] == "lifespan.startup"
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        await send({"type": "lifespan.shutdown.complete"})
        return
    claims = scope.get("state", {}).get("claims")
    name = json.dumps(claims.username if claims else None)
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": name})
        await send({"type": "websocket.close"})
    else:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(name))],
            }
        )
        await send({"type": "http.response.body", "body": name.encode()})


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Uvicorn with the middleware around the application."""
    guarded = BearerMiddleware(
        app, async_verifier(), all_scopes="orders/read", cookie="session", origins=PAGE, exempt="/health"
    )
    with uvicorn_serves(guarded) as address:
        yield address


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def test_a_good_token_is_let_in_with_its_claims(host: str) -> None:
    """They are in the state, where Starlette's `request.state` looks."""
    assert "ann" == httpx.get(f"http://{host}/orders", headers=bearer(good_token())).json()


@pytest.mark.parametrize(
    "headers, status, code",
    [
        ({}, 401, None),
        (bearer("rubbish"), 401, "invalid_token"),
        (bearer(expired_token()), 401, "invalid_token"),
        (bearer(good_token(scope="openid")), 403, "insufficient_scope"),
        ({"Authorization": "Bearer a b"}, 400, "invalid_request"),
        (
            {**bearer(good_token()), "Cookie": f"session={good_token()}", "Origin": PAGE},
            400,
            "invalid_request",
        ),
        ({"Cookie": f"session={good_token()}", "Origin": "https://evil.example"}, 403, "invalid_request"),
    ],
)
def test_any_other_request_is_answered_with_a_challenge(
    host: str, headers: dict[str, str], status: int, code: str | None
) -> None:
    """The status tells what is wrong, the challenge says it to machines."""
    reply = httpx.post(f"http://{host}/orders", headers=headers)
    assert status == reply.status_code
    assert code == challenge(reply.headers["WWW-Authenticate"]).get("error")
    assert (code or "unauthorized") == reply.json()["error"]


def test_a_cookie_counts_for_safe_requests_and_those_of_our_own_pages(host: str) -> None:
    """So a link works, and a form of our page does."""
    cookie = {"Cookie": f"session={good_token()}"}
    assert 200 == httpx.get(f"http://{host}/orders", headers=cookie).status_code
    assert 200 == httpx.post(f"http://{host}/orders", headers={**cookie, "Origin": PAGE}).status_code


@pytest.mark.parametrize(
    "path, status", [("/health", 200), ("/health/", 401), ("/Health", 401), ("/health/../x", 401)]
)
def test_an_exempt_path_is_exempt_and_no_other(host: str, path: str, status: int) -> None:
    """Its spelling is compared as it came."""
    assert status == httpx.get(f"http://{host}{path}").status_code


def test_keys_that_cannot_be_had_are_503() -> None:
    """And the token is not called bad."""
    with (
        httpx.Client(transport=no_keys()) as client,
        blind_verifier(client) as blind,
        uvicorn_serves(BearerMiddleware(app, blind)) as host,
    ):
        reply = httpx.get(f"http://{host}/", headers=bearer(good_token()))
    assert 503 == reply.status_code
    assert "10" == reply.headers["Retry-After"]
    assert "WWW-Authenticate" not in reply.headers


# -- WebSockets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [bearer(good_token()), {"Cookie": f"session={good_token()}", "Origin": PAGE}]
)
def test_a_websocket_with_a_good_token_is_let_in(host: str, headers: dict[str, str]) -> None:
    """A program sends the header; a page sends the cookie, and the browser says which page."""
    with connect(f"ws://{host}/feed", additional_headers=headers) as socket:
        assert '"ann"' == socket.recv()


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 401),
        (bearer(expired_token()), 401),
        (bearer(good_token(scope="openid")), 403),
        ({"Cookie": f"session={good_token()}"}, 403),
        ({"Cookie": f"session={good_token()}", "Origin": "https://evil.example"}, 403),
    ],
)
def test_any_other_websocket_is_refused_before_it_opens(
    host: str, headers: dict[str, str], status: int
) -> None:
    """With the same answer as a request. Opening one with a cookie is never safe: no browser asks first."""
    with pytest.raises(InvalidStatus) as caught, connect(f"ws://{host}/feed", additional_headers=headers):
        pass
    assert status == caught.value.response.status_code
    assert challenge(caught.value.response.headers["WWW-Authenticate"])


async def opened(*received: str, **scope: Any) -> list[dict[str, Any]]:
    """What the middleware sends for a WebSocket without a token."""
    sent: list[dict[str, Any]] = []
    waiting = [{"type": kind} for kind in received]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": [], **scope}
    await BearerMiddleware(app, verifier())(scope, receive, send)
    return sent


@pytest.mark.anyio
@pytest.mark.parametrize("scope", [{}, {"extensions": None}, {"extensions": {"tls": {}}}])
async def test_a_server_that_cannot_answer_a_websocket_closes_it(scope: dict[str, Any]) -> None:
    """Which clients see as 403 (ASGI, "Close - send event")."""
    closed = {"type": "websocket.close", "code": 1008, "reason": "the request carries no token"}
    assert [closed] == await opened("websocket.connect", **scope)


@pytest.mark.anyio
async def test_a_websocket_that_has_gone_is_not_answered() -> None:
    """Nobody would hear."""
    assert [] == await opened("websocket.disconnect")


@pytest.mark.anyio
async def test_a_connection_of_another_kind_is_let_through_to_nobody() -> None:
    """Whatever ASGI may have one day: deny by default."""
    unreachable: Any = None
    with pytest.raises(RuntimeError, match="unknown type 'webtransport'"):
        await BearerMiddleware(app, verifier())(
            {"type": "webtransport", "path": "/"}, unreachable, unreachable
        )


def test_a_middleware_that_cannot_be_right_is_refused_at_once() -> None:
    """Not at the first request."""
    with pytest.raises(errors.UsageError, match=r"^origins: "):
        BearerMiddleware(app, verifier(), cookie="session")


def test_a_user_of_the_fake_pool_is_let_in() -> None:
    """The whole way: sign in, call, and the keys fetched by the middleware's own verifier."""
    pool = FakeUserPool()
    client = pool.add_client()
    pool.add_user("ann", "correct horse")
    with pool.serve(), UserPool(pool.app_client(client)) as users:
        tokens = users.sign_in("ann", "correct horse")
        assert isinstance(tokens, TokenSet)
        guard = AsyncTokenVerifier.for_app(pool.app_client(client), token_use="access")
        with uvicorn_serves(BearerMiddleware(closing(guard), guard)) as host:
            replies = [httpx.get(f"http://{host}/", headers=bearer(tokens.access_token)) for _ in range(2)]
    assert ["ann", "ann"] == [reply.json() for reply in replies]
    assert 1 == pool.calls["jwks"]


def test_starlette_takes_it_as_one_of_its_middlewares() -> None:
    """The claims are in the state of its request."""

    async def whoami(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.state.claims.username)

    starlette = Starlette(routes=[Route("/", whoami)])
    starlette.add_middleware(BearerMiddleware, verifier=async_verifier(), all_groups="admin")
    with uvicorn_serves(starlette) as host:
        assert "ann" == httpx.get(f"http://{host}/", headers=bearer(good_token())).text
        assert 401 == httpx.get(f"http://{host}/nowhere").status_code


def test_what_a_load_balancer_says_of_a_user_is_taken_from_its_own_header() -> None:
    """Its segments are padded, and its keys elsewhere."""
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
    pool = FakeUserPool()
    client = pool.add_client()
    said = pool.forge.alb_token("ann", load_balancer_arn=arn)
    with httpx.Client(transport=pool.transport()) as keys:
        balancer = AlbTokenVerifier(arn, client_id=client.client_id, issuer=pool.issuer, http_client=keys)
        with uvicorn_serves(BearerMiddleware(app, balancer, header="X-Amzn-Oidc-Data", scheme=None)) as host:
            assert "=" in said
            assert "ann" == httpx.get(f"http://{host}/", headers={"x-amzn-oidc-data": said}).json()
            assert 401 == httpx.get(f"http://{host}/", headers=bearer(said)).status_code


def closing(guard: AsyncTokenVerifier[Any]) -> Any:
    """The application, which closes the verifier when it ends."""

    async def with_lifespan(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        if scope["type"] == "lifespan":
            await guard.aclose()

    return with_lifespan
