"""What users do with their account: attributes, passwords, MFA preferences, sign-out, sessions."""

from typing import Any

import pytest

from cognito_auth.testing import FakeUserPool, PasswordPolicy, Settings
from cognito_auth.testing.fake_user_pool import jws
from cognito_auth.testing.fake_user_pool.outbox import masked
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api

PASSWORD = "Correct-horse 1"
EMAIL = {"email": "ann@example.com"}


@pytest.fixture
def token(pool: FakeUserPool) -> str:
    """The access token of a user with a verified address."""
    pool.add_user("ann", PASSWORD, attributes=EMAIL)
    return pool.forge.access_token("ann")


def pairs(**attributes: str) -> list[dict[str, str]]:
    """Attributes as the wire has them."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


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


# -- names ------------------------------------------------------------------------------------------------------------


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


# -- sign-up ----------------------------------------------------------------------------------------------------------


def test_a_resent_code_replaces_the_first(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Only the newest one is worth anything."""
    api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD, UserAttributes=pairs(**EMAIL))
    pool.outbox[0].code = "111111"
    details = api("ResendConfirmationCode", ClientId=client.client_id, Username="ann")
    pool.outbox[1].code = "222222"
    call = {"ClientId": client.client_id, "Username": "ann"}
    old = api.refused("ConfirmSignUp", **call, ConfirmationCode="111111")
    api("ConfirmSignUp", **call, ConfirmationCode="222222")

    assert details["CodeDeliveryDetails"]["AttributeName"] == "email"
    assert old[0] == "CodeMismatch"
    assert api.refused("ConfirmSignUp", **call, ConfirmationCode="222222")[0] == "NotAuthorized"
    assert api.refused("ResendConfirmationCode", **call)[0] == "InvalidParameter"


def test_a_code_expires_and_guessing_ends(pool: FakeUserPool, api: Api, client: Client) -> None:
    """After a day, and after five wrong ones."""
    api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD, UserAttributes=pairs(**EMAIL))
    call = {"ClientId": client.client_id, "Username": "ann"}
    guesses = [api.refused("ConfirmSignUp", **call, ConfirmationCode="x")[0] for _ in range(6)]
    api("ResendConfirmationCode", **call)
    pool.clock.advance(86_400)
    late = api.refused("ConfirmSignUp", **call, ConfirmationCode=pool.codes["ann"])

    assert guesses == ["CodeMismatch"] * 5 + ["TooManyFailedAttempts"]
    assert late[0] == "ExpiredCode"


def test_without_an_address_no_code_goes_out(pool: FakeUserPool, api: Api, client: Client) -> None:
    """The answer has no delivery, resending is refused, and the test is told why there is no code."""
    answer = api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD)
    refused = api.refused("ResendConfirmationCode", ClientId=client.client_id, Username="ann")

    assert (set(answer), refused[0]) == ({"UserConfirmed", "UserSub"}, "InvalidParameter")
    with pytest.raises(
        KeyError, match="no code was sent to 'ann': a code needs an e-mail address or a phone number"
    ):
        pool.codes["ann"]


def test_codes_are_a_mapping_of_those_who_have_one(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Users without a message are not in it."""
    pool.add_user("bob")
    api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD, UserAttributes=pairs(**EMAIL))

    assert dict(pool.codes) == {"ann": pool.outbox[-1].code}
    assert len(pool.codes) == 1


@pytest.mark.parametrize(
    "operation", ["ConfirmSignUp", "ResendConfirmationCode", "ForgotPassword", "ConfirmForgotPassword"]
)
@pytest.mark.parametrize("hidden", [True, False])
def test_nobody_is_hidden_or_told(pool: FakeUserPool, api: Api, operation: str, *, hidden: bool) -> None:
    """Where the client hides names, an unknown one is answered as a known one would be."""
    client = pool.add_client(prevent_user_existence_errors=hidden)
    more = {"ConfirmationCode": "123456"} if operation.startswith("Confirm") else {}
    more |= {"Password": PASSWORD} if operation == "ConfirmForgotPassword" else {}
    reply = api.reply(operation, ClientId=client.client_id, Username="nobody", **more)

    assert (b"UserNotFound" in reply.body) is not hidden
    assert reply.status == (200 if hidden and not more else 400)


def test_a_pool_may_close_its_doors() -> None:
    """Sign-up can be left to administrators."""
    pool = FakeUserPool(settings=Settings(allow_sign_up=False))
    call = {"ClientId": pool.add_client().client_id, "Username": "ann", "Password": PASSWORD}

    assert Api(pool).refused("SignUp", **call)[0] == "NotAuthorized"


def test_required_attributes_come_at_sign_up() -> None:
    """What is missing is named; the address that is the user name counts."""
    required = frozenset({"email", "name"})
    pool = FakeUserPool(
        settings=Settings(required_attributes=required, username_attributes=frozenset({"email"}))
    )
    call = {"ClientId": pool.add_client().client_id, "Username": "a@b.c", "Password": PASSWORD}
    code, message = Api(pool).refused("SignUp", **call)

    assert (code, "name: The attribute name is required" in message, "email:" in message) == (
        "InvalidParameter",
        True,
        False,
    )


@pytest.mark.parametrize(
    "destination, shown", [("ann@example.com", "a***@e***"), ("+15550001234", "+*******1234")]
)
def test_destinations_are_masked(destination: str, shown: str) -> None:
    """As Cognito masks them."""
    assert masked(destination) == shown


def test_codes_do_not_get_mixed_up(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A code for somebody else, or for something else, is not taken, and does not make one's own worthless."""
    for name in ("ann", "bob"):
        api(
            "SignUp",
            ClientId=client.client_id,
            Username=name,
            Password=PASSWORD,
            UserAttributes=pairs(**EMAIL),
        )
    for message, code in zip(pool.outbox, ("111111", "222222"), strict=True):
        message.code = code
    call = {"ClientId": client.client_id, "Username": "ann"}
    wrong = api.refused("ConfirmSignUp", **call, ConfirmationCode="222222")
    other = api.refused("ConfirmForgotPassword", **call, ConfirmationCode="111111", Password=PASSWORD)
    api("ConfirmSignUp", **call, ConfirmationCode="111111")

    assert (wrong[0], other[0], pool.users["ann"].status) == ("CodeMismatch", "ExpiredCode", "CONFIRMED")


# -- passwords --------------------------------------------------------------------------------------------------------


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


# -- MFA preferences --------------------------------------------------------------------------------------------------


def test_an_authenticator_app_is_set_up_and_preferred(pool: FakeUserPool, api: Api, token: str) -> None:
    """Associate, verify, prefer; then it is asked for at sign-in."""
    secret = api("AssociateSoftwareToken", AccessToken=token)["SecretCode"]
    wrong = api.refused("VerifySoftwareToken", AccessToken=token, UserCode="000000")
    verified = api(
        "VerifySoftwareToken", AccessToken=token, UserCode=pool.totp("ann"), FriendlyDeviceName="phone"
    )
    api(
        "SetUserMFAPreference",
        AccessToken=token,
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    asked = api.sign_in(pool.forge.client.client_id, "ann", PASSWORD)

    assert (len(secret), wrong, verified) == (
        52,
        ("EnableSoftwareTokenMFA", "Code mismatch"),
        {"Status": "SUCCESS"},
    )
    assert asked["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"


@pytest.mark.parametrize(
    "operation, more, refusal",
    [
        ("AssociateSoftwareToken", {}, "InvalidParameter"),
        ("AssociateSoftwareToken", {"AccessToken": "own", "Session": "x" * 20}, "InvalidParameter"),
        ("AssociateSoftwareToken", {"Session": "x" * 20}, "NotAuthorized"),
        ("VerifySoftwareToken", {"AccessToken": "own", "UserCode": "123456"}, "InvalidParameter"),
    ],
)
def test_a_wrong_set_up_is_refused(
    api: Api, token: str, operation: str, more: dict[str, str], refusal: str
) -> None:
    """Either a token or a session; and nothing is verified that was not associated."""
    given = {name: token if value == "own" else value for name, value in more.items()}

    assert api.refused(operation, **given)[0] == refusal


def test_a_pool_without_authenticator_apps_says_so() -> None:
    """Only the kinds that the pool has can be set up."""
    pool = FakeUserPool(settings=Settings(mfa_kinds=frozenset({"SMS_MFA"})))
    pool.add_user("ann")

    assert Api(pool).refused("AssociateSoftwareToken", AccessToken=pool.forge.access_token("ann"))[0] == (
        "SoftwareTokenMFANotFound"
    )


@pytest.mark.parametrize(
    "wanted, mfa",
    [
        ({"SMSMfaSettings": {"Enabled": True}}, "OPTIONAL"),
        ({"SoftwareTokenMfaSettings": {"Enabled": True}}, "OPTIONAL"),
        ({"EmailMfaSettings": {"PreferredMfa": True}}, "OFF"),
        ({"EmailMfaSettings": {"PreferredMfa": True}, "SMSMfaSettings": {"PreferredMfa": True}}, "OPTIONAL"),
    ],
)
def test_what_is_not_ready_cannot_be_switched_on(wanted: dict[str, Any], mfa: Any) -> None:
    """No verified phone, no app, no MFA in the pool, two that come first."""
    pool = FakeUserPool(settings=Settings(mfa=mfa))
    pool.add_user("ann", attributes=EMAIL)
    token = pool.forge.access_token("ann")

    assert Api(pool).refused("SetUserMFAPreference", AccessToken=token, **wanted)[0] == "InvalidParameter"


def test_kinds_are_switched_on_and_off(pool: FakeUserPool, api: Api) -> None:
    """Also with the older operation; switching the preferred one off leaves none preferred."""
    user = pool.add_user("ann", attributes={**EMAIL, "phone_number": "+15550001234"})
    token = pool.forge.access_token("ann")
    sms = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    states = []
    for operation, given in (
        ("SetUserMFAPreference", {"EmailMfaSettings": {"Enabled": True, "PreferredMfa": True}}),
        ("SetUserSettings", {"MFAOptions": sms}),
        ("SetUserMFAPreference", {"EmailMfaSettings": {"Enabled": True}}),
        ("SetUserMFAPreference", {"EmailMfaSettings": {"Enabled": False}}),
        ("SetUserSettings", {"MFAOptions": []}),
    ):
        api(operation, AccessToken=token, **given)
        states.append((list(user.mfa), user.preferred_mfa))

    assert states == [
        (["EMAIL_OTP"], "EMAIL_OTP"),
        (["EMAIL_OTP", "SMS_MFA"], "EMAIL_OTP"),
        (["EMAIL_OTP", "SMS_MFA"], "EMAIL_OTP"),
        (["SMS_MFA"], None),
        ([], None),
    ]


def test_the_factors_of_a_user_are_told(pool: FakeUserPool, api: Api) -> None:
    """GetUserAuthFactors: first factors, and the app as a second one."""
    pool.add_user("ann", PASSWORD, attributes=EMAIL)
    pool.add_user("bob", PASSWORD, mfa="totp")

    assert [
        api("GetUserAuthFactors", AccessToken=pool.forge.access_token(name))["ConfiguredUserAuthFactors"]
        for name in ("ann", "bob")
    ] == [["PASSWORD", "EMAIL_OTP"], ["PASSWORD", "SOFTWARE_TOKEN"]]


# -- sign-ins ---------------------------------------------------------------------------------------------------------


def test_a_global_sign_out_ends_everything(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Access and refresh tokens of all sign-ins."""
    pool.add_user("ann", PASSWORD)
    first, second = (api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"] for _ in range(2))
    api("GlobalSignOut", AccessToken=first["AccessToken"])

    assert [api.refused("GetUser", AccessToken=each["AccessToken"])[0] for each in (first, second)] == [
        "NotAuthorized"
    ] * 2
    call = {"ClientId": client.client_id, "RefreshToken": second["RefreshToken"]}
    assert api.refused("GetTokensFromRefreshToken", **call) == (
        "NotAuthorized",
        "Refresh Token has been revoked",
    )


def test_sessions_are_listed_in_pages_and_ended(pool: FakeUserPool, api: Api, client: Client) -> None:
    """The newest first, the own one marked; another can be ended, the own one cannot."""
    pool.add_user("ann", PASSWORD)
    results = [api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"] for _ in range(12)]
    token = results[-1]["AccessToken"]
    first = api("ListUserSessions", AccessToken=token)
    rest = api("ListUserSessions", AccessToken=token, NextToken=first["NextToken"])
    sessions = [*first["Sessions"], *rest["Sessions"]]
    other = sessions[-1]["SessionId"]
    api("RevokeUserSession", AccessToken=token, SessionId=other)
    own = api.refused("RevokeUserSession", AccessToken=token, SessionId=sessions[0]["SessionId"])

    assert [each["IsCurrentSession"] for each in sessions] == [True] + [False] * 11
    assert (own[0], api.refused("RevokeUserSession", AccessToken=token, SessionId=other)[0]) == (
        "InvalidParameter", "ResourceNotFound",
    )  # fmt: skip
    assert api.refused("GetUser", AccessToken=results[0]["AccessToken"])[0] == "NotAuthorized"


def test_the_twenty_first_session_ends_the_least_recently_used(
    pool: FakeUserPool, api: Api, client: Client
) -> None:
    """A use keeps a session; the one that was not used longest goes."""
    pool.add_user("ann", PASSWORD)
    results = []
    for _ in range(20):
        pool.clock.advance(1)
        results.append(api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"])
    pool.clock.advance(1)
    api("GetUser", AccessToken=results[0]["AccessToken"])
    api.sign_in(client.client_id, "ann", PASSWORD)
    alive = [api.reply("GetUser", AccessToken=each["AccessToken"]).status == 200 for each in results]

    assert alive == [True, False] + [True] * 18


def test_a_pool_that_tracks_no_sessions_says_so() -> None:
    """Both operations are refused."""
    pool = FakeUserPool(settings=Settings(track_sessions=False))
    pool.add_user("ann")
    token = pool.forge.access_token("ann")
    codes = [
        Api(pool).refused("ListUserSessions", AccessToken=token)[0],
        Api(pool).refused("RevokeUserSession", AccessToken=token, SessionId=f"tkn{'a' * 25}")[0],
    ]

    assert codes == ["OperationNotEnabled"] * 2


@pytest.mark.parametrize(
    "change, refusal",
    [
        ({}, None),
        ({"FeedbackToken": "wrong"}, "NotAuthorized"),
        ({"EventId": "wrong"}, "NotAuthorized"),
        ({"Username": "bob"}, "NotAuthorized"),
        ({"Username": "nobody"}, "UserNotFound"),
        ({"UserPoolId": "eu-west-1_Other"}, "ResourceNotFound"),
    ],
)
def test_feedback_wants_the_token_of_the_message(
    pool: FakeUserPool, api: Api, change: dict[str, str], refusal: str | None
) -> None:
    """Only who got the message about an event can say what it was."""
    for name in ("ann", "bob"):
        pool.add_user(name)
    event = pool.suspect("ann")
    call = {
        "UserPoolId": pool.pool_id,
        "Username": "ann",
        "EventId": event.event_id,
        "FeedbackToken": event.feedback_token,
    }
    reply = api.reply("UpdateAuthEventFeedback", **{**call, **change}, FeedbackValue="Invalid")

    assert event.feedback == (None if refusal else "Invalid")
    assert (refusal or "").encode() in reply.body


def test_feedback_needs_threat_protection() -> None:
    """A pool without it says so."""
    pool = FakeUserPool(settings=Settings(threat_protection=False))
    call = {
        "UserPoolId": pool.pool_id,
        "Username": "ann",
        "EventId": "e",
        "FeedbackToken": "t",
        "FeedbackValue": "Valid",
    }

    assert Api(pool).refused("UpdateAuthEventFeedback", **call)[0] == "UserPoolAddOnNotEnabled"
