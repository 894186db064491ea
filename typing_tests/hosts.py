"""The hosts: the claims' type follows from the verifier, and what cannot work does not type-check."""

from typing import Any, assert_type

from fastapi import FastAPI
from mcp.server import MCPServer
from starlette.applications import Starlette

from cognito_auth import (
    AccessClaims,
    AlbTokenVerifier,
    AppClient,
    AsyncAlbTokenVerifier,
    AsyncTokenVerifier,
    IdClaims,
    TokenVerifier,
    asgi,
    wsgi,
)
from cognito_auth.aws_lambda import Requires, authorizer, behind_authorizer, claims_of, require_token
from cognito_auth.fastapi import RequireToken
from cognito_auth.mcp import CognitoTokenVerifier

POOL = "eu-west-1_AbCdEfGhI"
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
access = TokenVerifier(POOL, client_id="abc", token_use="access")
async_access = AsyncTokenVerifier(POOL, client_id="abc", token_use="access")
async_id = AsyncTokenVerifier(POOL, client_id="abc", token_use="id")
alb = AlbTokenVerifier(ARN, client_id="abc", issuer="https://issuer.example.com")
async_alb = AsyncAlbTokenVerifier(ARN, client_id="abc", issuer="https://issuer.example.com")

# -- ASGI and WSGI

app = Starlette()
asgi.BearerMiddleware(app, access)
asgi.BearerMiddleware(app, async_id, all_groups="admin", exempt={"/health"})
asgi.BearerMiddleware(app, async_alb, header="x-amzn-oidc-data", scheme=None)
asgi.BearerMiddleware(app, alb, header="x-amzn-oidc-data", scheme=None)
app.add_middleware(
    asgi.BearerMiddleware, verifier=async_access, cookie="c", origins="https://app.example.com"
)


def wsgi_app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    return []


wsgi.BearerMiddleware(wsgi_app, access)
wsgi.BearerMiddleware(wsgi_app, alb, header="x-amzn-oidc-data", scheme=None)

# -- FastAPI

assert_type(RequireToken(access), RequireToken[AccessClaims])
assert_type(RequireToken(async_access), RequireToken[AccessClaims])
assert_type(RequireToken(async_id, all_groups="admin"), RequireToken[IdClaims])
FastAPI(dependencies=[RequireToken(async_access).with_(all_scopes="a/b", any_groups={"x", "y"})])

# -- Lambda


@require_token(access, all_scopes="a/b")
def alone(event: dict[str, Any], context: Any, claims: AccessClaims) -> dict[str, Any]:
    return {}


@behind_authorizer(token_use="id")
def behind(event: dict[str, Any], context: Any, claims: IdClaims) -> dict[str, Any]:
    return {}


assert_type(alone({}, None), dict[str, Any])
assert_type(behind({}, None), dict[str, Any])
assert_type(claims_of({}), AccessClaims | IdClaims | None)
authorizer(
    access, routes={"GET /": Requires(all_scopes="a")}, context=lambda claims: {"name": claims.username or ""}
)

# -- MCP

checks = CognitoTokenVerifier(POOL, client_id="abc", resource="https://mcp.example.com", remember=100)
MCPServer("x", token_verifier=checks, auth=checks.auth_settings())
checks.guard(MCPServer("x").streamable_http_app())
assert_type(
    CognitoTokenVerifier.for_app(AppClient(client_id="abc", pool_id=POOL), resource="https://x"),
    CognitoTokenVerifier,
)


# What must not type-check:
def of_another_kind(event: dict[str, Any], context: Any, claims: IdClaims) -> None: ...


wsgi.BearerMiddleware(wsgi_app, async_access)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
asgi.BearerMiddleware(app, POOL)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
asgi.BearerMiddleware(app, access, scopes="a")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
RequireToken()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
authorizer(access)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
authorizer(async_access, routes={})  # type: ignore[type-var] # pyright: ignore[reportArgumentType]
authorizer(access, routes={"GET /": "a/b"})  # type: ignore[dict-item] # pyright: ignore[reportArgumentType]
require_token(access)(of_another_kind)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
behind_authorizer()  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
behind_authorizer(token_use="access")(of_another_kind)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
behind_authorizer(token_use="id", all_scopes="a")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
CognitoTokenVerifier(POOL, client_id="abc")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
CognitoTokenVerifier(POOL, resource="https://mcp.example.com")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
