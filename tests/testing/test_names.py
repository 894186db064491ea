"""The names that users answer to: user names, aliases, in any case."""

from typing import Any

import pytest

from cognito_auth.testing import FakeUserPool, Settings

from .conftest import Api, pairs

PASSWORD = "Correct-horse 1"
EMAIL = {"email": "ann@example.com"}


@pytest.mark.parametrize("name", ["ANN", "ann@example.com", "Ann@Example.com", "annie"])
def test_users_are_found_by_any_of_their_names(name: str) -> None:
    """User names and aliases, in any case; an alias must be verified (a preferred name need not)."""
    pool = FakeUserPool(settings=Settings(alias_attributes=frozenset({"email", "preferred_username"})))
    pool.add_user("ann", attributes={**EMAIL, "preferred_username": "Annie"})

    assert pool.users[name].username == "ann"


def test_names_may_be_told_apart_by_case(api: Api) -> None:
    """A case-sensitive pool has room for two."""
    pool = FakeUserPool(settings=Settings(case_sensitive=True))
    for name in ("ann", "Ann"):
        pool.add_user(name)

    assert (len(pool.users), [user.username for user in pool.users]) == (2, ["ann", "Ann"])
    with pytest.raises(KeyError, match="no user is called 'ANN'"):
        pool.users["ANN"]


@pytest.mark.parametrize(
    "settings, taken, name, refusal",
    [
        ({}, "ann", "ANN", "UsernameExists"),
        ({"username_attributes": {"email"}}, "a@b.c", "A@B.C", "UsernameExists"),
        ({"username_attributes": {"email"}}, "a@b.c", "plain", "InvalidParameter"),
        ({"username_attributes": {"phone_number"}}, "+15550001", "a@b.c", "InvalidParameter"),
        ({"username_attributes": {"phone_number", "email"}}, "+15550001", "12", "InvalidParameter"),
        ({"alias_attributes": {"email"}}, "ann", "a@b.c", "InvalidParameter"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    settings: dict[str, Any], taken: str, name: str, refusal: str
) -> None:
    """Taken ones, and those of the wrong kind."""
    pool = FakeUserPool(settings=Settings(**settings))
    pool.add_user(taken)
    call = {"ClientId": pool.add_client().client_id, "Username": name, "Password": PASSWORD}

    assert Api(pool).refused("SignUp", **call)[0] == refusal


@pytest.mark.parametrize("force", [True, False])
def test_an_alias_signs_one_user_in(*, force: bool) -> None:
    """Confirming with an address that is another's is refused, or takes it over by force."""
    pool = FakeUserPool(settings=Settings(alias_attributes=frozenset({"email"})))
    api, client = Api(pool), pool.add_client()
    first = pool.add_user("ann", attributes=EMAIL)
    api("SignUp", ClientId=client.client_id, Username="bob", Password=PASSWORD, UserAttributes=pairs(**EMAIL))
    call = {"ClientId": client.client_id, "Username": "bob", "ConfirmationCode": pool.codes["bob"]}
    reply = api.reply("ConfirmSignUp", **call, ForceAliasCreation=force)

    assert (reply.status, b"AliasExists" in reply.body) == ((200, False) if force else (400, True))
    assert pool.users["ann@example.com"].username == ("bob" if force else "ann")
    assert first.verified("email") is not force


@pytest.mark.parametrize("verified", ["true", "false"])
def test_confirming_ones_own_alias_is_no_conflict(verified: str) -> None:
    """Other users' addresses do not matter."""
    pool = FakeUserPool(settings=Settings(alias_attributes=frozenset({"email"})))
    api = Api(pool)
    pool.add_user("bob", attributes={"email": "bob@example.com"})
    user = pool.add_user("ann", attributes={**EMAIL, "email_verified": verified})
    token = pool.forge.access_token("ann")
    api("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
    api("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=pool.codes["ann"])

    assert pool.users["ann@example.com"] is user
