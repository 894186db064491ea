"""Several pools at one address."""

import base64
import json
from typing import Any

import httpx
import pytest

from cognito_auth import TokenVerifier
from cognito_auth.testing import FakeCognito, FakeUserPool

SECRET = "s" * 30


@pytest.fixture
def pools() -> tuple[FakeUserPool, FakeUserPool]:
    """Two pools with different keys, each with a client."""
    first, second = FakeUserPool("eu-west-1_Fake00001"), FakeUserPool("eu-west-1_Fake00002")
    second.keys.rotate()
    for pool in (first, second):
        pool.add_client(secret=SECRET, scopes={"a/b"})
    return first, second


def test_each_pool_is_found(pools: tuple[FakeUserPool, FakeUserPool]) -> None:
    """By path, client in form, header, query or JSON, pool id, and token; what says nothing goes to the first."""
    first, second = pools
    second.add_user("ann")
    client = second.forge.client.client_id
    token = second.forge.access_token("ann", scopes="aws.cognito.signin.user.admin openid")
    basic = "Basic " + base64.b64encode(f"{client}:{SECRET}".encode()).decode()
    form = {"grant_type": "client_credentials"}

    def call(operation: str, **given: str) -> dict[str, Any]:
        target = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        return {"method": "POST", "url": "/", "headers": target, "content": json.dumps(given)}

    with httpx.Client(
        transport=FakeCognito(first, second).transport(), base_url="https://cognito.test"
    ) as http:
        about_second: list[dict[str, Any]] = [
            {"method": "GET", "url": f"/{second.pool_id}/.well-known/jwks.json"},
            {
                "method": "POST",
                "url": "/oauth2/token",
                "data": {**form, "client_id": client, "client_secret": SECRET},
            },
            {"method": "POST", "url": "/oauth2/token", "data": form, "headers": {"Authorization": basic}},
            {"method": "GET", "url": "/oauth2/userInfo", "headers": {"Authorization": f"Bearer {token}"}},
            call("InitiateAuth", ClientId=client, AuthFlow="USER_AUTH"),
            call("ListUsers", UserPoolId=second.pool_id),
            call("GetUser", AccessToken=token),
        ]
        for request in about_second:
            http.request(**request)
        reached = sum(second.calls.values())
        about_none: list[dict[str, Any]] = [
            {"method": "GET", "url": "/.well-known/jwks.json"},
            {"method": "GET", "url": "/", "headers": {"Authorization": "Bearer a.b.c"}},
            {"method": "GET", "url": "/", "headers": {"Authorization": "Basic /w=="}},
            {"method": "POST", "url": "/", "content": b"[]"},
        ]
        for request in about_none:
            http.request(**request)

    assert (reached, sum(second.calls.values()), sum(first.calls.values())) == (7, 7, 4)


def test_one_verifier_takes_tokens_of_both(pools: tuple[FakeUserPool, FakeUserPool]) -> None:
    """Through one server, with each pool's own keys; neither pool's key serves for the other."""
    with FakeCognito(*pools).serve() as url, httpx.Client() as http:
        verifier = TokenVerifier.any_of(
            *(
                TokenVerifier.for_app(
                    pool.app_client(pool.forge.client), token_use="access", http_client=http
                )
                for pool in pools
            )
        )
        subs = [verifier.verify(pool.forge.machine_token(scopes="a/b")).sub for pool in pools]
        bases = {pool.base_url for pool in pools}

    assert (subs, bases) == ([pool.forge.client.client_id for pool in pools], {url})
    assert {pool.base_url for pool in pools} == {"https://fake-user-pool.invalid"}


def test_pools_have_ids_of_their_own() -> None:
    """Otherwise requests could not be told apart."""
    for pools in ((), (FakeUserPool(), FakeUserPool())):
        with pytest.raises(ValueError, match="each with a pool_id of its own"):
            FakeCognito(*pools)
