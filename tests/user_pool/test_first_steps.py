"""Signing up, in, and on: against the fake pool, on every face, with and without a client secret."""

import pytest

from cognito_auth import AppClient, TokenSet, errors
from cognito_auth.testing import FakeUserPool
from support.faces import Face
from user_pool.conftest import PASSWORD, MakePool


async def test_a_user_signs_up_confirms_and_signs_in(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """From nobody to tokens."""
    pool = user_pool(app)
    receipt = await face(pool.sign_up("bob", PASSWORD, attributes={"email": "bob@example.com"}))
    assert (receipt.confirmed, receipt.user_id) == (False, fake.users["bob"].sub)
    assert receipt.delivery is not None
    assert receipt.delivery.attribute == "email"
    await face(pool.confirm_sign_up("bob", fake.codes["bob"]))
    tokens = await face(pool.sign_in("bob", PASSWORD, method="password"))
    assert isinstance(tokens, TokenSet)
    assert tokens.refresh_token is not None


async def test_a_wrong_password_is_refused_and_tried_once(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """Repeated failures lock a user out, so the library never repeats one."""
    with pytest.raises(errors.NotAuthorized) as refused:
        await face(user_pool(app).sign_in("ann", "wrong", method="password"))
    assert refused.value.remedy is errors.Remedy.SIGN_IN_AGAIN
    assert "wrong" not in str(refused.value)
    assert 1 == fake.calls["InitiateAuth"]


@pytest.mark.parametrize("legacy", [False, True])
async def test_a_refresh_gives_new_tokens_and_keeps_the_refresh_token(
    face: Face, user_pool: MakePool, app: AppClient, legacy: bool
) -> None:
    """Without rotation the answer has no refresh token, and the one there is goes on."""
    pool = user_pool(app)
    first = await face(pool.sign_in("ann", PASSWORD, method="password"))
    assert isinstance(first, TokenSet)
    second = await face(pool.refresh(first, legacy=legacy))
    assert second.access_token != first.access_token
    assert second.refresh_token == first.refresh_token


async def test_a_revoked_refresh_token_refreshes_nothing(
    face: Face, user_pool: MakePool, app: AppClient
) -> None:
    """After revoke_token the session is over."""
    pool = user_pool(app)
    tokens = await face(pool.sign_in("ann", PASSWORD, method="password"))
    assert isinstance(tokens, TokenSet)
    await face(pool.revoke_token(tokens))
    with pytest.raises(errors.NotAuthorized):
        await face(pool.refresh(tokens))


async def test_a_machine_gets_a_token_without_a_domain(
    face: Face, user_pool: MakePool, fake: FakeUserPool
) -> None:
    """GetClientToken, with the scopes that were asked for."""
    client = fake.add_client(secret=True, scopes={"orders/read"}, flows={"ALLOW_CLIENT_TOKEN_AUTH"})
    tokens = await face(user_pool(fake.app_client(client)).get_client_token(scopes="orders/read"))
    assert frozenset({"orders/read"}) == tokens.scopes
    assert tokens.refresh_token is None
