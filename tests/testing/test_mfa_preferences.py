"""Setting up MFA, and saying which kind comes first."""

from typing import Any

import pytest

from cognito_auth.testing import FakeUserPool, Settings

from .conftest import Api

PASSWORD = "Correct-horse 1"
EMAIL = {"email": "ann@example.com"}


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
