"""The fake pool's authorization server: codes, refresh, revocation, user info, as strict as Cognito's."""

import json
from typing import Any

import pytest

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from support.person import Person

from .conftest import Api
from .managed_login import PASSWORD, code_for, exchange


@pytest.fixture
def client(web_client: Client) -> Client:
    """The client that sends people here."""
    return web_client


def test_a_code_serves_once(pool: FakeUserPool, client: Client, person: Person, api: Api) -> None:
    """The three tokens of a user's sign-in, and the second time nothing."""
    code = code_for(pool, client, person)
    status, tokens = exchange(api, client, code)
    assert (200, {"access_token", "id_token", "refresh_token", "expires_in", "token_type"}) == (
        status,
        set(tokens),
    )
    assert (400, {"error": "invalid_grant"}) == exchange(api, client, code)


@pytest.mark.parametrize(
    "fields",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"redirect_uri": "https://me.example.com/other"},
        {"code": "guessed"},
    ],
    ids=repr,
)
def test_a_code_is_bound_to_its_login(
    *, pool: FakeUserPool, client: Client, person: Person, api: Api, fields: dict[str, Any]
) -> None:
    """To its verifier, its address and its client."""
    code = code_for(pool, client, person)
    assert (400, {"error": "invalid_grant"}) == exchange(api, client, **{"code": code, **fields})


def test_a_code_of_another_client_is_refused(
    pool: FakeUserPool, client: Client, person: Person, api: Api
) -> None:
    """Though that client is good."""
    code = code_for(pool, client, person)
    assert (400, {"error": "invalid_grant"}) == exchange(api, pool.add_client(), code)


def test_without_a_challenge_no_verifier_is_taken(
    pool: FakeUserPool, client: Client, person: Person, api: Api
) -> None:
    """PKCE is for both steps or for neither."""
    plain: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
    assert 400 == exchange(api, client, code_for(pool, client, person, **plain))[0]
    assert 200 == exchange(api, client, code_for(pool, client, person, **plain), code_verifier=None)[0]


@pytest.mark.parametrize("missing", ["code", "redirect_uri"])
def test_a_code_and_its_address_are_needed(
    pool: FakeUserPool, client: Client, api: Api, missing: str
) -> None:
    """Nothing can be looked up without them."""
    given: dict[str, Any] = {"code": "c", missing: ""}
    assert (400, {"error": "invalid_request"}) == exchange(api, client, **given)


def test_a_code_lives_five_minutes(pool: FakeUserPool, client: Client, person: Person, api: Api) -> None:
    """As Cognito's."""
    code = code_for(pool, client, person)
    pool.clock.advance(300)
    assert (400, {"error": "invalid_grant"}) == exchange(api, client, code)


# -- the other endpoints -------------------------------------------------------------------------------------------


def signed_in(pool: FakeUserPool, client: Client, person: Person, api: Api, scope: str = "openid") -> Any:
    """Ann's tokens."""
    return exchange(api, client, code_for(pool, client, person, scope=scope))[1]


def test_a_refresh_needs_a_token_that_is_good(
    pool: FakeUserPool, client: Client, person: Person, api: Api
) -> None:
    """The reasons of the JSON API stand in the description."""
    form = {"grant_type": "refresh_token", "client_id": client.client_id}
    assert (400, {"error": "invalid_request"}) == api.token(form)
    status, content = api.token({**form, "refresh_token": "guessed"})
    assert (400, "invalid_grant", "Invalid Refresh Token") == (
        status,
        content["error"],
        content["error_description"],
    )


def test_revocation_ends_a_sign_in(pool: FakeUserPool, client: Client, person: Person, api: Api) -> None:
    """Once or twice; a token of another kind, of another client, or none at all is refused."""
    tokens = signed_in(pool, client, person, api)
    form = {"client_id": client.client_id, "token": tokens["refresh_token"]}
    other = pool.add_client()
    refused = {
        "unsupported_token_type": {**form, "token": tokens["access_token"]},
        "unauthorized_client": {**form, "client_id": other.client_id},
        "invalid_request": {**form, "token": ""},
        "invalid_client": {**form, "client_id": "nobody"},
    }
    for error, wrong in refused.items():
        assert (400, {"error": error}) == api.form("/oauth2/revoke", wrong)
    for _ in range(2):
        assert (200, None) == api.form("/oauth2/revoke", form)
    client.revocation = False
    assert (400, {"error": "invalid_request"}) == api.form("/oauth2/revoke", form)


@pytest.mark.parametrize(
    "scope, names",
    [
        ("openid", {"email", "email_verified", "phone_number", "phone_number_verified", "name"}),
        ("openid email", {"email", "email_verified"}),
        ("openid phone", {"phone_number", "phone_number_verified"}),
        ("openid profile", {"name"}),
        ("openid profile email", {"name", "email", "email_verified"}),
    ],
)
def test_user_info_shows_what_the_scopes_open(
    *, pool: FakeUserPool, client: Client, person: Person, api: Api, scope: str, names: set[str]
) -> None:
    """Flags are texts here."""
    tokens = signed_in(pool, client, person, api, scope)
    headers = [("Authorization", f"Bearer {tokens['access_token']}")]
    for method in ("GET", "POST"):
        reply = pool.handle(method, "https://cognito.test/oauth2/userInfo", headers)
        content = json_of(reply.body)
        assert names | {"sub", "username"} == set(content)
        assert {"true"} >= {content.get("email_verified", "true")}


def json_of(body: bytes) -> Any:
    """The content of an answer."""
    return json.loads(body)


@pytest.mark.parametrize(
    "header, status, error",
    [
        (None, 400, "invalid_request"),
        ("Basic abc", 400, "invalid_request"),
        ("Bearer", 400, "invalid_request"),
        ("Bearer guessed", 401, "invalid_token"),
    ],
)
def test_user_info_is_for_bearers(
    *, pool: FakeUserPool, client: Client, header: str | None, status: int, error: str
) -> None:
    """The challenge says why (RFC 6750 §3)."""
    headers = [] if header is None else [("Authorization", header)]
    reply = pool.handle("GET", "https://cognito.test/oauth2/userInfo", headers)
    assert (status, error) == (reply.status, json_of(reply.body)["error"])
    assert f'error="{error}"' in dict(reply.headers)["WWW-Authenticate"]


def test_tokens_of_the_json_api_have_no_user_info(pool: FakeUserPool, client: Client, api: Api) -> None:
    """Their only scope is another."""
    result = api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"]
    headers = [("Authorization", f"Bearer {result['AccessToken']}")]
    assert 401 == pool.handle("GET", "https://cognito.test/oauth2/userInfo", headers).status
