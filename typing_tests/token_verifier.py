"""The claims' type follows from token_use, on each face; what must be decided cannot be forgotten."""

from collections.abc import Mapping
from typing import Any, Literal, assert_type

from cognito_auth import (
    AccessClaims,
    AlbClaims,
    AlbTokenVerifier,
    AppClient,
    AsyncAlbTokenVerifier,
    AsyncTokenVerifier,
    IdClaims,
    TokenVerifier,
)

POOL = "eu-west-1_AbCdEfGhI"
app = AppClient(client_id="abc", pool_id=POOL)

assert_type(TokenVerifier(POOL, client_id="abc", token_use="access"), TokenVerifier[AccessClaims])
assert_type(TokenVerifier(POOL, client_id="abc", token_use="access").verify(""), AccessClaims)
assert_type(TokenVerifier(POOL, client_id=None, token_use="id").verify(""), IdClaims)
assert_type(TokenVerifier(POOL, client_id=["a", "b"], token_use=None).verify(""), AccessClaims | IdClaims)
assert_type(TokenVerifier.for_app(app, token_use="access").verify(""), AccessClaims)
assert_type(TokenVerifier.for_app(app, token_use="id").verify(""), IdClaims)


access = TokenVerifier(POOL, client_id="abc", token_use="access")
assert_type(TokenVerifier.any_of(access, access), TokenVerifier[AccessClaims])
assert_type(AlbTokenVerifier("arn", client_id=None, issuer="https://issuer").verify(""), AlbClaims)
assert_type(access.verify("").raw, Mapping[str, Any])
assert_type(IdClaims({}).token_use, Literal["id"])


async def awaited() -> None:
    assert_type(await AsyncTokenVerifier(POOL, client_id="abc", token_use="access").verify(""), AccessClaims)
    assert_type(await AsyncTokenVerifier(POOL, client_id=None, token_use="id").verify(""), IdClaims)
    assert_type(await AsyncTokenVerifier.for_app(app, token_use="access").verify(""), AccessClaims)
    assert_type(await AsyncTokenVerifier.for_app(app, token_use="id").verify(""), IdClaims)
    alb = AsyncAlbTokenVerifier("arn", client_id="abc", issuer="https://issuer")
    assert_type(await alb.verify(""), AlbClaims)
    alb.verify("").sub  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


def premium(claims: AccessClaims) -> bool:
    return "premium" in claims.scopes


TokenVerifier(POOL, client_id="abc", token_use="access", check=premium, all_scopes="orders/read")

# What must not type-check:
AlbTokenVerifier("arn", issuer="https://issuer")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
TokenVerifier(POOL, token_use="access")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
TokenVerifier(POOL, client_id="abc")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
TokenVerifier(POOL, client_id="abc", token_use="refresh")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType]
TokenVerifier(POOL, client_id="abc", token_use="access", scope="a")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
TokenVerifier(POOL, client_id="abc", token_use="id", check=premium)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType]


async def a_forgotten_await_is_an_error(verifier: AsyncTokenVerifier[AccessClaims], token: str) -> None:
    verifier.verify(token)  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    verifier.verify(token).sub  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def each_kind_of_claims_has_its_own_members(access: AccessClaims, identity: IdClaims) -> None:
    assert_type(access.scopes, frozenset[str])
    identity.scopes  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
