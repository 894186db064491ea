"""What users do with their account: look, change attributes, delete it."""

import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool import jws
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api, pairs

PASSWORD = "Correct-horse 1"
EMAIL = {"email": "ann@example.com"}


def test_a_user_sees_name_attributes_and_mfa(pool: FakeUserPool, api: Api, token: str) -> None:
    """GetUser: `sub` among the attributes, MFA only where there is some."""
    before = api("GetUser", AccessToken=token)
    pool.users["ann"].mfa, pool.users["ann"].preferred_mfa = ["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA"
    after = api("GetUser", AccessToken=token)

    assert before == {
        "Username": "ann",
        "UserAttributes": pairs(sub=pool.users["ann"].sub, email="ann@example.com", email_verified="true"),
    }
    assert (after["PreferredMfaSetting"], after["UserMFASettingList"]) == (
        "SOFTWARE_TOKEN_MFA",
        ["SOFTWARE_TOKEN_MFA"],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        "garbage",
        "tampered",
        "expired",
        "other pool",
        "id token",
        "no scope",
        "no user",
        "no client",
        "disabled",
        "machine",
    ],
)
def test_an_access_token_that_is_not_good_opens_nothing(
    pool: FakeUserPool, api: Api, token: str, wrong: str
) -> None:
    """Not ours, too old, of another kind, without the scope, or of somebody who is gone."""
    given = {
        "garbage": "a.b.c",
        "tampered": pool.forge.bad("tampered"),
        "expired": pool.forge.bad("expired"),
        "other pool": pool.forge.bad("other-pool"),
        "id token": pool.forge.id_token("ann"),
        "no scope": pool.forge.access_token("ann", scopes="openid"),
        "no user": token,
        "no client": pool.forge.access_token("ann", claims={"client_id": "gone"}),
        "disabled": token,
        "machine": pool.forge.machine_token(scopes="aws.cognito.signin.user.admin"),
        "no json": "e30.e30.e30",
        "no object": jws.sign(pool.keys.signing("access"), ["a list"]),
    }[wrong]
    if wrong == "no user":
        pool.users.remove(pool.users["ann"])
    if wrong == "disabled":
        pool.users["ann"].enabled = False

    assert api.refused("GetUser", AccessToken=given)[0] == "NotAuthorized"


def test_a_changed_address_is_verified_with_its_code(pool: FakeUserPool, api: Api, token: str) -> None:
    """The code goes out with the change; what stays the same is left alone."""
    changed = api(
        "UpdateUserAttributes", AccessToken=token, UserAttributes=pairs(email="new@example.com", name="Ann")
    )
    same = api("UpdateUserAttributes", AccessToken=token, UserAttributes=pairs(email="new@example.com"))
    verify = {"AccessToken": token, "AttributeName": "email"}
    wrong = api.refused("VerifyUserAttribute", **verify, Code="nope")
    before = pool.users["ann"].verified("email")
    api("VerifyUserAttribute", **verify, Code=pool.codes["ann"])

    assert changed["CodeDeliveryDetailsList"][0]["Destination"] == "n***@e***"
    assert same == {"CodeDeliveryDetailsList": []}
    assert (wrong[0], before, pool.users["ann"].verified("email")) == ("CodeMismatch", False, True)
    assert api.refused("VerifyUserAttribute", **verify, Code=pool.codes["ann"])[0] == "ExpiredCode"


def test_an_address_is_not_verified_where_the_pool_does_not(api: Api) -> None:
    """Without auto-verification no code goes out on a change; asking for one sends it."""
    pool = FakeUserPool(settings=Settings(auto_verified=frozenset()))
    api = Api(pool)
    pool.add_user("ann", PASSWORD)
    token = pool.forge.access_token("ann")
    api("UpdateUserAttributes", AccessToken=token, UserAttributes=pairs(email="new@example.com"))
    silent = len(pool.outbox)
    api("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")

    assert (silent, len(pool.outbox), [each.destination for each in pool.outbox]) == (
        0,
        1,
        ["new@example.com"],
    )


@pytest.mark.parametrize("name", ["phone_number", "name"])
def test_no_code_for_what_cannot_be_verified(api: Api, token: str, name: str) -> None:
    """An attribute that the user lacks, or that is no address."""
    call = {"AccessToken": token, "AttributeName": name}

    assert api.refused("GetUserAttributeVerificationCode", **call)[0] == "InvalidParameter"


@pytest.mark.parametrize("name", ["sub", "email_verified"])
def test_some_attributes_are_the_pools_alone(api: Api, token: str, client: Client, name: str) -> None:
    """Neither at sign-up, nor later, nor by deleting."""
    refusals = [
        api.refused("UpdateUserAttributes", AccessToken=token, UserAttributes=pairs(**{name: "true"})),
        api.refused("DeleteUserAttributes", AccessToken=token, UserAttributeNames=[name]),
        api.refused(
            "SignUp",
            ClientId=client.client_id,
            Username="x",
            Password=PASSWORD,
            UserAttributes=pairs(**{name: "true"}),
        ),
    ]

    assert {code for code, _ in refusals} == {"NotAuthorized"}


@pytest.mark.parametrize(
    "attributes, message",
    [
        ({"email": "ann"}, "Invalid email address format."),
        ({"phone_number": "555 1234"}, "Invalid phone number format."),
        (
            {"shoe_size": "42"},
            "Attributes did not conform to the schema: Type for attribute {shoe_size} could not be determined\n",
        ),
    ],
)
def test_an_attribute_that_cannot_be_is_refused(
    api: Api, token: str, client: Client, attributes: dict[str, str], message: str
) -> None:
    """Addresses that are none, and names that neither OpenID Connect nor `custom:` has; at sign-up and later."""
    given = pairs(**attributes)
    later = api.refused("UpdateUserAttributes", AccessToken=token, UserAttributes=given)
    first = api.refused(
        "SignUp", ClientId=client.client_id, Username="x", Password=PASSWORD, UserAttributes=given
    )

    assert later == first == ("InvalidParameter", message)


def test_custom_attributes_are_the_pools_business(pool: FakeUserPool, api: Api, token: str) -> None:
    """With their prefix they are taken as they are."""
    api(
        "UpdateUserAttributes",
        AccessToken=token,
        UserAttributes=[{"Name": "custom:shoe_size", "Value": "42"}],
    )

    assert pool.users["ann"].attributes["custom:shoe_size"] == "42"


@pytest.mark.parametrize("value, refusal", [("bob@example.com", "AliasExists"), ("new@example.com", None)])
def test_a_user_name_of_somebody_elses_is_not_taken_over(value: str, refusal: str | None) -> None:
    """Where the address is the user name, a change to another user's is refused; one's own, or a new one, is not."""
    pool = FakeUserPool(settings=Settings(username_attributes={"email"}))
    for name in ("ann@example.com", "bob@example.com"):
        pool.add_user(name)
    token = pool.forge.access_token("ann@example.com")
    replies = [
        Api(pool).reply("UpdateUserAttributes", AccessToken=token, UserAttributes=pairs(email=each))
        for each in ("ann@example.com", value)
    ]

    assert (replies[0].status, (refusal or "").encode() in replies[1].body, replies[1].status) == (
        200, True, 400 if refusal else 200,
    )  # fmt: skip


def test_attributes_are_deleted_unless_required(api: Api) -> None:
    """A deleted address is no longer verified either."""
    pool = FakeUserPool(settings=Settings(required_attributes=frozenset({"name"})))
    api = Api(pool)
    user = pool.add_user("ann", attributes={**EMAIL, "name": "Ann"})
    token = pool.forge.access_token("ann")
    api("DeleteUserAttributes", AccessToken=token, UserAttributeNames=["email"])

    assert user.attributes == {"name": "Ann"}
    assert (
        api.refused("DeleteUserAttributes", AccessToken=token, UserAttributeNames=["name"])[0]
        == "InvalidParameter"
    )


def test_a_deleted_user_is_gone(pool: FakeUserPool, api: Api, token: str) -> None:
    """Their tokens open nothing any more."""
    api("DeleteUser", AccessToken=token)

    assert (pool.users.find("ann"), api.refused("GetUser", AccessToken=token)[0]) == (None, "NotAuthorized")
