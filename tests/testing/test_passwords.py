"""Passwords: their policy, forgetting, changing, and those of old."""

from typing import Any

import pytest

from cognito_auth.testing import FakeUserPool, PasswordPolicy, Settings
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api

PASSWORD = "Correct-horse 1"
EMAIL = {"email": "ann@example.com"}


@pytest.mark.parametrize(
    "password, missing",
    [
        ("Short-1", "Password not long enough"),
        ("ALLCAPS-1", "Password must have lowercase characters"),
        ("nocaps-1", "Password must have uppercase characters"),
        ("NoNumber-", "Password must have numeric characters"),
        ("NoSymbol1", "Password must have symbol characters"),
        (" Spaces-1", "Password must not begin or end with a space"),
    ],
)
def test_a_weak_password_is_refused_with_what_it_lacks(
    pool: FakeUserPool, api: Api, client: Client, password: str, missing: str
) -> None:
    """The policy of a new pool, in Cognito's words."""
    refused = api.refused("SignUp", ClientId=client.client_id, Username="bob", Password=password)

    assert refused == ("InvalidPassword", f"Password did not conform with policy: {missing}")


def test_a_pool_may_ask_for_less() -> None:
    """A policy of one's own; a space inside counts as a symbol anyway."""
    pool = FakeUserPool(settings=Settings(password_policy=PasswordPolicy(uppercase=False, numbers=False)))
    answer = Api(pool)(
        "SignUp", ClientId=pool.add_client().client_id, Username="bob", Password="correct horse"
    )

    assert answer["UserConfirmed"] is False


def test_a_forgotten_password_is_replaced_with_a_code(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A weak one leaves the code good; the new one signs in, also a user who had to reset it."""
    user = pool.add_user("ann", PASSWORD, attributes=EMAIL, status="RESET_REQUIRED")
    details = api("ForgotPassword", ClientId=client.client_id, Username="ann")
    call = {"ClientId": client.client_id, "Username": "ann", "ConfirmationCode": pool.codes["ann"]}
    weak = api.refused("ConfirmForgotPassword", **call, Password="weak")
    api("ConfirmForgotPassword", **call, Password="Other-horse 2")
    api.sign_in(client.client_id, "ann", "Other-horse 2")

    assert (details["CodeDeliveryDetails"]["DeliveryMedium"], weak[0]) == ("EMAIL", "InvalidPassword")
    assert (user.status, user.password) == ("CONFIRMED", "Other-horse 2")


@pytest.mark.parametrize(
    "user, refusal",
    [
        ({}, "InvalidParameter"),
        ({"attributes": {**EMAIL, "email_verified": "false"}}, "InvalidParameter"),
        ({"attributes": EMAIL, "status": "FORCE_CHANGE_PASSWORD"}, "NotAuthorized"),
    ],
)
def test_not_everybody_can_reset(
    pool: FakeUserPool, api: Api, client: Client, user: dict[str, Any], refusal: str
) -> None:
    """Not without a verified address, nor with a temporary password."""
    pool.add_user("ann", PASSWORD, **user)

    assert api.refused("ForgotPassword", ClientId=client.client_id, Username="ann")[0] == refusal


def test_who_is_disabled_cannot_reset(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Nor can who has been shut out."""
    pool.add_user("ann", PASSWORD, attributes=EMAIL).enabled = False

    assert api.refused("ForgotPassword", ClientId=client.client_id, Username="ann")[0] == "NotAuthorized"


def test_a_password_is_changed_with_the_old_one(pool: FakeUserPool, api: Api, token: str) -> None:
    """The old one has to be right; users without one set their first."""
    change = {"AccessToken": token, "ProposedPassword": "Other-horse 2"}
    wrong = api.refused("ChangePassword", **change, PreviousPassword="wrong")
    none = api.refused("ChangePassword", **change)
    api("ChangePassword", **change, PreviousPassword=PASSWORD)
    pool.add_user("bob")
    api("ChangePassword", AccessToken=pool.forge.access_token("bob"), ProposedPassword="Third-horse 3")

    assert (wrong[0], none[0]) == ("NotAuthorized", "NotAuthorized")
    assert (pool.users["ann"].password, pool.users["bob"].password) == ("Other-horse 2", "Third-horse 3")


def test_former_passwords_are_refused(api: Api) -> None:
    """A pool that remembers two: neither the present nor the last one; a reset keeps its code then."""
    pool = FakeUserPool(settings=Settings(password_policy=PasswordPolicy(history=2)))
    api, client = Api(pool), pool.add_client()
    pool.add_user("ann", "First-horse 1", attributes=EMAIL)
    token = pool.forge.access_token("ann")

    def change(previous: str, proposed: str) -> str:
        reply = api.reply(
            "ChangePassword", AccessToken=token, PreviousPassword=previous, ProposedPassword=proposed
        )
        return "" if reply.status == 200 else reply.body.decode()

    changes = [
        change("First-horse 1", "First-horse 1"),
        change("First-horse 1", "Second-horse 2"),
        change("Second-horse 2", "First-horse 1"),
        change("Second-horse 2", "Third-horse 3"),
        change("Third-horse 3", "First-horse 1"),
    ]
    api("ForgotPassword", ClientId=client.client_id, Username="ann")
    call = {"ClientId": client.client_id, "Username": "ann", "ConfirmationCode": pool.codes["ann"]}
    reset = api.refused("ConfirmForgotPassword", **call, Password="First-horse 1")
    api("ConfirmForgotPassword", **call, Password="Fourth-horse 4")

    assert ["PasswordHistoryPolicyViolation" in each for each in changes] == [True, False, True, False, False]
    assert reset[0] == "PasswordHistoryPolicyViolation"
