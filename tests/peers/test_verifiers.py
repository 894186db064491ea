"""Verifiers that others wrote judge the fake pool's tokens: PyJWT, joserfc, and AWS's own aws-jwt-verify on Node.

What they accept, ours accepts; what ours refuses and they accept is told here, because it is why ours is stricter.
"""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import joserfc.errors
import joserfc.jwk
import joserfc.jwt
import jwt
import pytest

from cognito_auth import TokenVerifier, errors
from cognito_auth.testing import FakeUserPool
from support.tokens import CLIENT, POOL, access_claims, jwk, key_set, signed

NODE = Path(__file__).parent / "node"

Verdict = tuple[str, dict[str, Any]]
Judge = Callable[[str, str, dict[str, Any]], Verdict]
"""Takes token_use, token and key set; gives "accepted" and the claims, or the name of the refusal."""


@pytest.fixture(scope="module")
def pool() -> FakeUserPool:
    """A pool with a user and a client."""
    pool = FakeUserPool(pool_id=POOL)
    pool.add_client(client_id=CLIENT, scopes={"orders/read"})
    pool.add_user("ann", "correct horse", groups={"staff"})
    return pool


def keys_of(pool: FakeUserPool) -> dict[str, Any]:
    """The pool's key set, as it serves it."""
    keys: dict[str, Any] = json.loads(
        pool.handle("GET", f"https://pool.test/{pool.pool_id}/.well-known/jwks.json", []).body
    )
    return keys


def by_ours(use: str, token: str, keys: dict[str, Any]) -> Verdict:
    """This library's."""
    checked: TokenVerifier[Any] = TokenVerifier(
        POOL, client_id=CLIENT, token_use="id" if use == "id" else "access", jwks=keys, offline=True
    )
    try:
        return "accepted", dict(checked.verify(token).raw)
    except errors.TokenRejected as refusal:
        return type(refusal).__name__, {}


def by_pyjwt(use: str, token: str, keys: dict[str, Any]) -> Verdict:
    """PyJWT's."""
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    audience = CLIENT if use == "id" else None
    try:
        return "accepted", jwt.decode(token, key, algorithms=["RS256"], audience=audience)
    except jwt.PyJWTError as refusal:
        return type(refusal).__name__, {}


def by_joserfc(use: str, token: str, keys: dict[str, Any]) -> Verdict:
    """The one of joserfc."""
    registry = joserfc.jwt.JWTClaimsRegistry(exp={"essential": True})
    try:
        decoded = joserfc.jwt.decode(
            token, joserfc.jwk.KeySet.import_key_set(cast("Any", keys)), algorithms=["RS256"]
        )
        registry.validate(decoded.claims)
    except joserfc.errors.JoseError as refusal:
        return type(refusal).__name__, {}
    return "accepted", decoded.claims


def by_aws(use: str, token: str, keys: dict[str, Any]) -> Verdict:
    """The one that AWS wrote, on Node."""
    given = {"poolId": POOL, "clientId": CLIENT, "jwks": keys, "tokens": [[use, token]]}
    done = subprocess.run(
        ["node", NODE / "verify.cjs", json.dumps(given)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (verdict,) = json.loads(done.stdout)
    return ("accepted", verdict["claims"]) if "claims" in verdict else (verdict["error"], {})


on_node = pytest.param(by_aws, id="aws-jwt-verify", marks=pytest.mark.needs("node"))
each_judge = pytest.mark.parametrize(
    "judge", [pytest.param(by_pyjwt, id="PyJWT"), pytest.param(by_joserfc, id="joserfc"), on_node]
)


@each_judge
@pytest.mark.parametrize("use", ["access", "id"])
def test_the_fake_pools_tokens_are_good_ones(pool: FakeUserPool, judge: Judge, use: str) -> None:
    """Others accept them, and read the same claims as this library."""
    token = pool.forge.access_token("ann") if use == "access" else pool.forge.id_token("ann")
    verdict, claims = judge(use, token, keys_of(pool))
    assert ("accepted", claims["sub"]) == (verdict, claims["sub"])
    ours, read = by_ours(use, token, keys_of(pool))
    assert "accepted" == ours
    assert json.dumps(claims, sort_keys=True) == json.dumps(read, sort_keys=True)


@each_judge
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda token: token[:-8] + ("AAAAAAAA" if token[-8:] != "AAAAAAAA" else "BBBBBBBB"), id="tampered"
        ),
        pytest.param(lambda token: signed(access_claims(time.time() - 7200)), id="expired"),
        pytest.param(
            lambda token: signed(access_claims(time.time()), header={"alg": "RS512", "kid": "one"}),
            id="another algorithm",
        ),
    ],
)
def test_a_bad_token_is_refused_by_all(judge: Judge, change: Callable[[str], str]) -> None:
    """The same ones."""
    token = change(signed(access_claims(time.time())))
    assert "accepted" != judge("access", token, key_set())[0]
    assert "accepted" != by_ours("access", token, key_set())[0]


LAX: dict[str, tuple[str, str, dict[str, Any]]] = {
    # what it is: our refusal, the token, the keys
    "no end": ("MalformedToken", signed(access_claims(time.time(), exp=None)), key_set()),
    "an extension that must be understood": (
        "MalformedToken",
        signed(access_claims(time.time()), header={"alg": "RS256", "kid": "one", "crit": ["exp"]}),
        key_set(),
    ),
    "a key of 1024 bits": (
        "UnknownKey",
        signed(access_claims(time.time()), kid="short", bits=1024),
        {"keys": [jwk("short", bits=1024), jwk("one")]},
    ),
}


@pytest.mark.needs("node")
@pytest.mark.parametrize("refusal, token, keys", [pytest.param(*case, id=name) for name, case in LAX.items()])
def test_ours_refuses_what_awss_own_accepts(refusal: str, token: str, keys: dict[str, Any]) -> None:
    """If AWS's own becomes stricter, this says so."""
    assert "accepted" == by_aws("access", token, keys)[0]
    assert refusal == by_ours("access", token, keys)[0]
