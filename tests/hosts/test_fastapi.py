"""The FastAPI dependency behind uvicorn, and in the OpenAPI document."""

from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Security, WebSocket, WebSocketException
from fastapi.exceptions import HTTPException
from fastapi.requests import HTTPConnection
from fastapi.security import SecurityScopes
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cognito_auth import AccessClaims
from cognito_auth.fastapi import RequireToken
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

require = RequireToken(async_verifier())
inner = RequireToken(verifier(), scheme_name="Orders", all_scopes="orders/read")
app = FastAPI()


@app.get("/whoami")
async def whoami(request: Request, claims: Annotated[AccessClaims, Depends(require)]) -> list[str | None]:
    """Any good token; the claims are the result, and in the state."""
    return [claims.username, request.state.claims.username]


@app.get("/scopes")
async def scopes(claims: Annotated[AccessClaims, Security(inner, scopes=["orders/write"])]) -> str | None:
    """FastAPI's own way to ask for scopes, beside what the dependency asks for anyway."""
    return claims.username


@app.get(
    "/reports", dependencies=[require.with_(any_scopes={"a/b", "orders/read"}, any_groups={"x", "admin"})]
)
async def reports() -> str:
    """One of several."""
    return "reports"


@app.delete("/orders")
async def delete(
    claims: Annotated[AccessClaims, require.with_(all_scopes="orders/write", all_groups="owners")],
) -> str | None:
    """Scopes and groups, which ann is not in."""
    return claims.username


@app.get("/strict")
async def strict(claims: Annotated[AccessClaims, inner.with_(all_groups="admin")]) -> str | None:
    """What the dependency asks for anyway, and more."""
    return claims.username


async def nested(claims: Annotated[AccessClaims, require.with_(all_groups="admin")]) -> AccessClaims:
    """A dependency of one's own, over ours."""
    return claims


@app.get("/nested")
async def over_nested(
    claims: Annotated[AccessClaims, Security(nested, scopes=["orders/delete"])],
) -> str | None:
    """What stands above counts below."""
    return claims.username


@app.websocket("/feed")
async def feed(
    socket: WebSocket, claims: Annotated[AccessClaims, require.with_(all_scopes="orders/read")]
) -> None:
    """A WebSocket under the same rules."""
    await socket.accept()
    await socket.send_text(claims.username or "")
    await socket.close()


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Uvicorn with the application."""
    with uvicorn_serves(app) as address:
        yield address


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "path, answer",
    [("/whoami", ["ann", "ann"]), ("/scopes", "ann"), ("/reports", "reports"), ("/strict", "ann")],
)
def test_a_good_token_is_let_in(host: str, path: str, answer: object) -> None:
    """With its claims as the dependency's result."""
    reply = httpx.get(f"http://{host}{path}", headers=bearer(good_token()))
    assert answer == reply.json()


@pytest.mark.parametrize(
    "route, token, status, expected",
    [
        ("GET /whoami", None, 401, {}),
        ("GET /whoami", expired_token(), 401, {"error": "invalid_token"}),
        ("GET /scopes", None, 401, {"scope": "orders/read orders/write"}),
        ("GET /scopes", good_token(scope="orders/read"), 403, {"error": "insufficient_scope", "scope": "orders/write"}),
        ("GET /scopes", good_token(scope="orders/write"), 403, {"error": "insufficient_scope", "scope": "orders/read"}),
        ("GET /reports", good_token(scope="openid"), 403, {"scope": "a/b orders/read"}),
        ("GET /reports", good_token(**{"cognito:groups": ["staff"]}), 403, {"error": "insufficient_scope"}),
        ("DELETE /orders", good_token(), 403, {"error": "insufficient_scope"}),
        ("GET /strict", good_token(scope="openid"), 403, {"scope": "orders/read"}),
        ("GET /nested", good_token(), 403, {"scope": "orders/delete"}),
    ],
)  # fmt: skip
def test_any_other_request_is_refused(
    host: str, route: str, token: str | None, status: int, expected: dict[str, str]
) -> None:
    """As FastAPI refuses, with the challenge of RFC 6750."""
    method, path = route.split()
    reply = httpx.request(method, f"http://{host}{path}", headers=bearer(token) if token else {})
    assert status == reply.status_code
    assert expected.items() <= challenge(reply.headers["WWW-Authenticate"]).items()
    assert isinstance(reply.json()["detail"], str)


def test_what_stands_above_and_below_are_both_met(host: str) -> None:
    """A scope asked for above, a group below."""
    reply = httpx.get(f"http://{host}/nested", headers=bearer(good_token(scope="orders/delete")))
    assert "ann" == reply.json()


def test_keys_that_cannot_be_had_are_503() -> None:
    """And the token is not called bad."""
    with httpx.Client(transport=no_keys()) as client, blind_verifier(client) as blind:
        blind_app = FastAPI(dependencies=[Depends(RequireToken(blind))])
        blind_app.get("/")(lambda: None)
        with uvicorn_serves(blind_app) as host:
            reply = httpx.get(f"http://{host}/", headers=bearer(good_token()))
    assert 503 == reply.status_code
    assert "10" == reply.headers["Retry-After"]


def test_a_websocket_is_let_in_with_a_good_token(host: str) -> None:
    """The dependency serves it as it serves routes."""
    with connect(f"ws://{host}/feed", additional_headers=bearer(good_token())) as socket:
        assert "ann" == socket.recv()


@pytest.mark.parametrize("headers, status", [({}, 401), (bearer(good_token(scope="openid")), 403)])
def test_a_websocket_is_refused_before_it_opens(host: str, headers: dict[str, str], status: int) -> None:
    """With the same answer as a request."""
    with pytest.raises(InvalidStatus) as caught, connect(f"ws://{host}/feed", additional_headers=headers):
        pass
    assert status == caught.value.response.status_code
    assert challenge(caught.value.response.headers["WWW-Authenticate"])


@pytest.mark.anyio
@pytest.mark.parametrize(
    "scope, error",
    [
        ({"type": "websocket"}, WebSocketException),
        ({"type": "websocket", "extensions": {"websocket.http.response": {}}}, HTTPException),
        ({"type": "http", "method": "GET"}, HTTPException),
    ],
)
async def test_a_server_that_cannot_answer_a_websocket_closes_it(
    scope: dict[str, Any], error: type[Exception]
) -> None:
    """Which clients see as 403."""
    with pytest.raises(error):
        await require(HTTPConnection({"headers": [], **scope}), SecurityScopes())


# -- OpenAPI ----------------------------------------------------------------------------------------------------


def test_the_document_shows_the_scheme() -> None:
    """A JWT in the usual header; clients and the page at /docs know what to do."""
    schemes = app.openapi()["components"]["securitySchemes"]
    bearer_jwt = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    needs = {"description": "A token needs orders/read."}
    assert {"Cognito": bearer_jwt, "Orders": bearer_jwt | needs} == schemes


@pytest.mark.parametrize(
    "path, method, needs",
    [
        ("/whoami", "get", []),
        ("/scopes", "get", ["orders/write"]),
        ("/strict", "get", ["group: admin", "orders/read"]),
        ("/reports", "get", ["any of: a/b orders/read", "any group of: admin x"]),
        ("/orders", "delete", ["group: owners", "orders/write"]),
        ("/nested", "get", ["group: admin", "orders/delete"]),
    ],
)
def test_the_document_shows_what_each_route_needs(path: str, method: str, needs: list[str]) -> None:
    """Scopes and groups, as OpenAPI 3.1 lists roles."""
    security = app.openapi()["paths"][path][method]["security"]
    [scheme] = security
    [listed] = scheme.values()
    assert sorted(needs) == sorted(listed)


@pytest.mark.parametrize(
    "settings, scheme",
    [
        ({"header": "X-Token", "scheme": None}, {"type": "apiKey", "in": "header", "name": "x-token"}),
        ({"scheme": None, "description": "An ID token."},
         {"type": "apiKey", "in": "header", "name": "authorization", "description": "An ID token."}),
        ({"header": None, "cookie": "__Host-session", "origins": "https://app.example.com"},
         {"type": "apiKey", "in": "cookie", "name": "__Host-session"}),
    ],
)  # fmt: skip
def test_the_document_shows_another_place_of_the_token(
    settings: dict[str, Any], scheme: dict[str, str]
) -> None:
    """Where the token was asked to stand."""
    other = FastAPI(dependencies=[Depends(RequireToken(verifier(), scheme_name="Token", **settings))])
    other.get("/")(lambda: None)
    assert {"Token": scheme} == other.openapi()["components"]["securitySchemes"]
