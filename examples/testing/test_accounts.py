"""Account operations, blocking and awaited; and what happens as time goes by."""

from datetime import timedelta

import pytest

from cognito_auth import AsyncUserPool, TokenSet, UserPool, challenges, errors
from cognito_auth.testing import FakeUserPool

PASSWORD = "Correct-horse 1"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the shop runs on."""
    return "asyncio"


def test_signing_up(user_pool: UserPool, fake_user_pool: FakeUserPool) -> None:
    user_pool.sign_up("carol", PASSWORD, attributes={"email": "carol@example.com"})
    with pytest.raises(errors.UserNotConfirmed):
        user_pool.sign_in("carol", PASSWORD)
    user_pool.confirm_sign_up("carol", fake_user_pool.codes["carol"])
    assert isinstance(user_pool.sign_in("carol", PASSWORD), TokenSet)


@pytest.mark.anyio
async def test_a_second_factor(async_user_pool: AsyncUserPool, fake_user_pool: FakeUserPool) -> None:
    fake_user_pool.add_user("bob", PASSWORD, mfa="totp")
    challenge = await async_user_pool.sign_in("bob", PASSWORD)
    assert isinstance(challenge, challenges.SoftwareTokenMfa)
    tokens = await async_user_pool.respond(challenge.answer(code=fake_user_pool.totp("bob")))
    assert isinstance(tokens, TokenSet)


@pytest.mark.anyio
async def test_a_session_ends_after_thirty_days(
    async_user_pool: AsyncUserPool, fake_user_pool: FakeUserPool
) -> None:
    fake_user_pool.add_user("ann", PASSWORD)
    tokens = await async_user_pool.sign_in("ann", PASSWORD)
    assert isinstance(tokens, TokenSet)

    fake_user_pool.clock.advance(timedelta(days=29).total_seconds())
    tokens = await async_user_pool.refresh(tokens)
    fake_user_pool.clock.advance(timedelta(days=2).total_seconds())
    with pytest.raises(errors.NotAuthorized, match="Refresh Token has expired"):
        await async_user_pool.refresh(tokens)


def test_a_lost_answer(user_pool: UserPool, fake_user_pool: FakeUserPool) -> None:
    """The service did it and the connection broke: signing up again must not be tried blindly."""
    fake_user_pool.faults.drop("SignUp", when="after")
    with pytest.raises(errors.TransportError):
        user_pool.sign_up("carol", PASSWORD, attributes={"email": "carol@example.com"})
    assert fake_user_pool.calls["SignUp"] == 1
    assert "carol" in [user.username for user in fake_user_pool.users]
