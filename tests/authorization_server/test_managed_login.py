"""A login from its address to its tokens, against the fake pool, on both faces."""

import pytest

from cognito_auth import AppClient, errors
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from cognito_auth.tokens import unverified_claims
from support.faces import Face
from support.person import Person

from .conftest import CALLBACK, server_of, sign_in


async def test_a_user_signs_in_and_the_tokens_are_verified(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """PKCE, state, nonce and the ID token all hold, and the keys were fetched for it."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, scopes={"openid", "orders/read"})
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    claims = unverified_claims(tokens.id_token)
    assert frozenset({"openid", "orders/read"}) == tokens.scopes
    assert (login.nonce, "ann") == (claims["nonce"], claims["cognito:username"])
    assert tokens.refresh_token is not None
    assert pool.calls["jwks"] == 1


async def test_a_confidential_client_exchanges_with_its_secret(
    face: Face, pool: FakeUserPool, person: Person
) -> None:
    """A client of a web application has a secret beside PKCE."""
    client = pool.add_client(secret=True, scopes="openid", callback_urls=[CALLBACK])
    for how in ("basic", "body"):
        server = server_of(face, pool, pool.app_client(client), client_authentication=how)
        login = server.authorize(redirect_uri=CALLBACK)
        tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
        assert tokens.id_token


async def test_without_openid_there_is_no_id_token(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """The access token alone is what was asked for."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, scopes="orders/read")
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    assert tokens.id_token is None


async def test_without_scopes_everything_is_granted(
    face: Face, pool: FakeUserPool, app: AppClient, client: Client, person: Person
) -> None:
    """Cognito gives all scopes of the app client."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, scopes=())
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    assert client.scopes == tokens.scopes


async def test_a_resource_becomes_the_audience(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """RFC 8707: the access token is for one API; it stays so when refreshed."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, resource="https://api.example.com")
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    fresh = await face(server.refresh(tokens))
    for each in (tokens, fresh):
        assert unverified_claims(each.access_token)["aud"] == "https://api.example.com"


async def test_tokens_are_refreshed_and_revoked(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """After the end of the sign-in, its refresh token is worth nothing; ending it twice is no error."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    fresh = await face(server.refresh(tokens))
    assert tokens.refresh_token == fresh.refresh_token
    await face(server.revoke(fresh))
    await face(server.revoke(fresh))
    with pytest.raises(errors.InvalidGrant):
        await face(server.refresh(fresh))


async def test_a_rotated_token_serves_for_its_grace_and_no_longer(
    face: Face, pool: FakeUserPool, person: Person
) -> None:
    """The new refresh token takes over; the old one is refused afterwards."""
    client = pool.add_client(scopes="openid", callback_urls=[CALLBACK], refresh_rotation=30)
    server = server_of(face, pool, pool.app_client(client))
    login = server.authorize(redirect_uri=CALLBACK)
    old = await face(server.exchange(login, callback_url=sign_in(person, login)))
    new = await face(server.refresh(old))
    assert old.refresh_token != new.refresh_token
    await face(server.refresh(old))
    pool.clock.advance(31)
    with pytest.raises(errors.InvalidGrant):
        await face(server.refresh(old))
    await face(server.refresh(new))


async def test_only_a_refresh_token_can_be_revoked(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """RFC 7009 §2.2.1: an access token is refused with an error of its own."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    with pytest.raises(errors.UnsupportedRevocation):
        await face(server.revoke(tokens.access_token))
