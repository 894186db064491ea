"""The verifier on its faces: good tokens give typed claims, keys are fetched once."""

import time
from typing import Any

import pytest

from cognito_auth import AccessClaims, AppClient, IdClaims, errors
from support.faces import Face
from support.tokens import CLIENT, ISSUER, NEW_ISSUER, POOL, KeyEndpoint, access_claims, id_claims, signed


@pytest.fixture
def endpoint() -> KeyEndpoint:
    """Where the keys are."""
    return KeyEndpoint()


def verifier(face: Face, endpoint: KeyEndpoint, **settings: Any) -> Any:
    """A verifier for access tokens of the one client, with these settings."""
    client = face.http_client(transport=endpoint.transport())
    return face.verifier(
        POOL, **{"client_id": CLIENT, "token_use": "access", "http_client": client, **settings}
    )


async def test_a_good_access_token_gives_its_claims(face: Face, endpoint: KeyEndpoint) -> None:
    """The main job, from a cold start."""
    checked = verifier(face, endpoint)
    claims = await face(checked.verify(signed(access_claims(time.time()))))
    assert isinstance(claims, AccessClaims)
    assert claims.username == "ann"
    assert claims.scopes == {"orders/read", "orders/write"}
    assert endpoint.calls == [f"{ISSUER}/.well-known/jwks.json"]


async def test_a_good_id_token_gives_its_claims(face: Face, endpoint: KeyEndpoint) -> None:
    """The same for the other kind."""
    checked = verifier(face, endpoint, token_use="id")
    claims = await face(checked.verify(signed(id_claims(time.time()))))
    assert isinstance(claims, IdClaims)
    assert claims.email == "ann@example.com"


async def test_both_forms_of_the_issuer_are_accepted(face: Face, endpoint: KeyEndpoint) -> None:
    """A pool may be switched to the other form while tokens of the first are alive."""
    checked = verifier(face, endpoint)
    for issuer in (ISSUER, NEW_ISSUER):
        claims = await face(checked.verify(signed(access_claims(time.time(), iss=issuer))))
        assert issuer == claims.issuer
    assert endpoint.calls == [
        f"{ISSUER}/.well-known/jwks.json",
        f"{NEW_ISSUER}/.well-known/jwks.json",
    ]


async def test_keys_are_fetched_once_for_many_tokens(face: Face, endpoint: KeyEndpoint) -> None:
    """Threads or tasks share one fetch."""
    checked = verifier(face, endpoint)
    token = signed(access_claims(time.time()))
    await face.together(*[lambda: checked.verify(token)] * 8)
    await face(checked.verify(token))
    assert len(endpoint.calls) == 1


async def test_an_app_client_says_where_the_keys_are(face: Face, endpoint: KeyEndpoint) -> None:
    """With an endpoint of its own the keys are there, though the issuer is AWS's."""
    app = AppClient(client_id=CLIENT, pool_id=POOL, endpoint="http://127.0.0.1:9000")
    client = face.http_client(transport=endpoint.transport())
    checked = face.its("TokenVerifier").for_app(app, token_use="access", http_client=client)
    await face(checked.verify(signed(access_claims(time.time()))))
    assert endpoint.calls == [f"http://127.0.0.1:9000/{POOL}/.well-known/jwks.json"]


async def test_a_token_of_another_client_is_refused(face: Face, endpoint: KeyEndpoint) -> None:
    """Before any key is asked for."""
    checked = verifier(face, endpoint)
    with pytest.raises(errors.WrongClient) as caught:
        await face(checked.verify(signed(access_claims(time.time(), client_id="another"))))
    assert caught.value.actual == "another"
    assert endpoint.calls == []


async def test_a_tampered_token_is_refused(face: Face, endpoint: KeyEndpoint) -> None:
    """Another payload under the same signature."""
    checked = verifier(face, endpoint)
    good = signed(access_claims(time.time())).split(".")
    other = signed(access_claims(time.time(), username="eve")).split(".")
    with pytest.raises(errors.BadSignature):
        await face(checked.verify(".".join([other[0], other[1], good[2]])))
