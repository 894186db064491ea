"""The forge: good tokens that verify, and a bad one for every refusal of the verifier's, by name."""

import json

import httpx
import jwt
import pytest
from jwt.utils import base64url_decode

from cognito_auth import AccessClaims, AlbTokenVerifier, TokenVerifier, errors
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.alb import BAD_ALB_TOKENS
from cognito_auth.testing.bad_tokens import BAD

from .conftest import Api

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/0123456789abcdef"
SCOPE, LEVEL = "orders/read", "urn:strong"


@pytest.fixture
def strict() -> tuple[FakeUserPool, TokenVerifier[AccessClaims]]:
    """A pool, and a verifier that demands everything that can be demanded of an access token."""
    pool = FakeUserPool()
    pool.add_user("ann", groups={"staff"})
    verifier = TokenVerifier(
        pool.pool_id,
        client_id=pool.add_client().client_id,
        token_use="access",
        all_scopes={SCOPE},
        any_groups={"staff"},
        acr=LEVEL,
        max_age=3600,
        jwks=pool.keys.jwks(),
        offline=True,
        is_revoked=lambda claims: pool.is_revoked(claims.raw),
    )
    return pool, verifier


def test_a_good_token_passes_the_strictest_verifier(
    strict: tuple[FakeUserPool, TokenVerifier[AccessClaims]],
) -> None:
    """What the bad ones are made from is good: only their fault is why they are refused."""
    pool, verifier = strict
    claims = verifier.verify(pool.forge.access_token("ann", scopes=SCOPE, claims={"acr": LEVEL}))

    assert (claims.sub, claims.scopes, claims.groups) == (
        pool.users["ann"].sub,
        frozenset({SCOPE}),
        frozenset({"staff"}),
    )


@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_bad_token_meets_its_own_error(
    strict: tuple[FakeUserPool, TokenVerifier[AccessClaims]], kind: str
) -> None:
    """Each kind is refused with the class that it names, and no other."""
    pool, verifier = strict
    with pytest.raises(errors.TokenRejected) as refusal:
        verifier.verify(pool.forge.bad(kind, "ann", scopes=SCOPE, claims={"acr": LEVEL}))

    assert type(refusal.value).__name__ == pool.forge.refused_as(kind)


@pytest.mark.parametrize("kind", ["expired", "other-client", "other-use", "tampered", "foreign-signature"])
def test_id_tokens_are_bad_in_the_same_ways(
    strict: tuple[FakeUserPool, TokenVerifier[AccessClaims]], kind: str
) -> None:
    """`token_use="id"` makes a bad ID token."""
    pool, _ = strict
    verifier = TokenVerifier(
        pool.pool_id,
        client_id=pool.forge.client.client_id,
        token_use="id",
        jwks=pool.keys.jwks(),
        offline=True,
    )
    verifier.verify(pool.forge.id_token("ann"))
    with pytest.raises(errors.TokenRejected) as refusal:
        verifier.verify(pool.forge.bad(kind, token_use="id"))

    assert type(refusal.value).__name__ == pool.forge.refused_as(kind)


@pytest.mark.parametrize("kind", sorted(set(BAD) - {"missing-group", "revoked"}))
def test_machine_tokens_are_bad_in_the_same_ways(kind: str) -> None:
    """All but those that are about a user."""
    pool = FakeUserPool()
    verifier = TokenVerifier(
        pool.pool_id, client_id=pool.forge.client.client_id, token_use="access", all_scopes={SCOPE}, acr=LEVEL,
        max_age=3600, jwks=pool.keys.jwks(), offline=True,
    )  # fmt: skip
    verifier.verify(pool.forge.machine_token(scopes=SCOPE, claims={"acr": LEVEL}))
    with pytest.raises(errors.TokenRejected) as refusal:
        verifier.verify(pool.forge.bad(kind, token_use="machine", scopes=SCOPE, claims={"acr": LEVEL}))

    assert type(refusal.value).__name__ == pool.forge.refused_as(kind)


@pytest.mark.parametrize("kind", sorted(BAD_ALB_TOKENS))
def test_a_bad_token_of_a_load_balancer_meets_its_own_error(pool: FakeUserPool, kind: str) -> None:
    """Each kind is refused with the class that it names; a good one passes."""
    client_id = pool.forge.client.client_id
    with httpx.Client(transport=pool.transport()) as http:
        verifier = AlbTokenVerifier(ARN, client_id=client_id, issuer=pool.issuer, http_client=http)
        good = verifier.verify(pool.forge.alb_token("ann", load_balancer_arn=ARN))
        with pytest.raises(errors.TokenRejected) as refusal:
            verifier.verify(pool.forge.bad_alb_token(kind, load_balancer_arn=ARN))

    assert good.sub
    assert type(refusal.value).__name__ == BAD_ALB_TOKENS[kind].error


def test_every_rejection_of_a_users_token_has_a_bad_token() -> None:
    """The table covers each class under `TokenRejected` but the caller's own check and the load balancer's."""
    known = {each.__name__ for each in errors.TokenRejected.__subclasses__()}

    assert known - {bad.error for bad in BAD.values()} == {"RefusedByCheck", "WrongSigner"}


def test_an_unknown_kind_is_told_with_those_that_there_are(pool: FakeUserPool) -> None:
    """A slip of the pen does not give a good token."""
    with pytest.raises(ValueError, match="'expird' is not a kind of bad token: not-a-token, "):
        pool.forge.bad_alb_token("expird", load_balancer_arn=ARN)
    with pytest.raises(
        ValueError, match=r"'expird' is not a kind of bad token: empty, not-a-token, .*expired"
    ):
        pool.forge.bad("expird")


def test_a_revoked_token_may_be_of_a_sign_in_that_the_pool_does_not_know(pool: FakeUserPool) -> None:
    """Then it is only a token."""
    token = pool.forge.bad("revoked", claims={"event_id": "elsewhere"})

    assert pool.is_revoked(jwt.decode(token, options={"verify_signature": False})) is False


def test_forged_tokens_serve_where_signed_in_ones_do(pool: FakeUserPool, api: Api) -> None:
    """The pool's own operations take a forged token of a user that it has."""
    pool.add_user("ann")

    assert api("GetUser", AccessToken=pool.forge.access_token("ann"))["Username"] == "ann"
    assert api.refused("GetUser", AccessToken=pool.forge.bad("expired"))[0] == "NotAuthorized"
    assert api.refused("GetUser", AccessToken=pool.forge.access_token("nobody"))[0] == "NotAuthorized"


def test_options_shape_the_token(pool: FakeUserPool) -> None:
    """Groups, lifetimes and extra claims are taken; a claim that is `None` is left out."""
    forge = pool.forge

    def read(token: str) -> dict[str, object]:
        return jwt.decode(token, options={"verify_signature": False})

    user = read(
        forge.access_token("zoe", groups="a b", expires_in=60, claims={"device_key": "d", "origin_jti": None})
    )
    machine = read(forge.machine_token(scopes={"x/y"}, expires_in=5))
    known = pool.add_user("ann", attributes={"email": "ann@example.com"})
    identity = read(forge.id_token("ann", groups={"g"}))

    assert (user["cognito:groups"], user["exp"], user["device_key"], "origin_jti" in user) == (
        ["a", "b"], int(str(user["iat"])) + 60, "d", False,
    )  # fmt: skip
    assert user["sub"] == read(forge.access_token("zoe"))["sub"]
    assert (machine["sub"], machine["scope"], "username" in machine) == (forge.client.client_id, "x/y", False)
    assert (identity["sub"], identity["email"], identity["cognito:groups"]) == (
        known.sub,
        "ann@example.com",
        ["g"],
    )


def test_a_load_balancers_token_is_padded_and_signed_with_its_own_key(pool: FakeUserPool) -> None:
    """ES256 over padded segments, the key as PEM under its id on any host."""
    token = pool.forge.alb_token("ann", load_balancer_arn=ARN, claims={"email": "ann@example.com"})
    head, body, signature = token.split(".")
    with httpx.Client(transport=pool.transport()) as client:
        pem = client.get(
            f"https://public-keys.auth.elb.eu-west-1.amazonaws.com/{pool.forge.alb_key.kid}"
        ).content
    algorithm = jwt.get_algorithm_by_name("ES256")
    raw = base64url_decode(signature.rstrip("=").encode())
    header = json.loads(base64url_decode(head.rstrip("=").encode()))

    assert algorithm.verify(f"{head}.{body}".encode(), algorithm.prepare_key(pem), raw)
    assert (header["signer"], header["kid"], header["alg"]) == (ARN, pool.forge.alb_key.kid, "ES256")
    assert all(len(segment) % 4 == 0 for segment in (head, body, signature))
