"""What a user who has signed in can do: each operation's exact request, and its answer as a value."""

import datetime
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from cognito_auth import AppClient, UserPool, errors
from cognito_auth._runtime.retry import Resend
from cognito_auth.user_pool.wire import ClientProof
from cognito_auth.users import (
    AuthenticatorSecret,
    AuthFactors,
    CodeDelivery,
    DerivedToken,
    MfaOption,
    RememberedDevice,
    User,
    UserSession,
    WebAuthnCredential,
)
from support.scripted_runtime import START, Scripted, calls, reply

APP = AppClient(client_id="abc", pool_id="eu-west-1_Fake00001", client_secret="s3cret-s3cret-s3cret-s3cret")
TOKEN = "access.token.text"
DEVICE = "eu-west-1_a1b2c3d4-5678-90ab-cdef-000011112222"
SESSION = "tkn" + "a1b2c" * 5
WHEN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
DELIVERY = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
SENT = CodeDelivery(destination="a***@e***", medium="EMAIL", attribute="email")


@attrs.frozen
class Case:
    """One operation: how it is called, what is sent, what comes back, and what that is as a value."""

    call: Callable[[UserPool], object]
    operation: str
    content: dict[str, Any]
    answer: dict[str, Any] = attrs.field(factory=dict)
    value: object = None


CASES = [
    Case(
        lambda pool: pool.get_user(TOKEN),
        "GetUser",
        {},
        {
            "Username": "ann",
            "UserAttributes": [{"Name": "email", "Value": "ann@example.com"}, {"Name": "nickname"}],
            "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
            "UserMFASettingList": ["SOFTWARE_TOKEN_MFA", "SMS_MFA"],
            "MFAOptions": [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}],
        },
        User(
            username="ann",
            attributes={"email": "ann@example.com", "nickname": ""},
            preferred_mfa="SOFTWARE_TOKEN_MFA",
            mfa_methods=("SOFTWARE_TOKEN_MFA", "SMS_MFA"),
            mfa_options=(MfaOption(attribute="phone_number", medium="SMS"),),
        ),
    ),
    Case(
        lambda pool: pool.get_user_auth_factors(TOKEN),
        "GetUserAuthFactors",
        {},
        {"Username": "ann", "ConfiguredUserAuthFactors": ["PASSWORD", "WEB_AUTHN"], "UserMFASettingList": []},
        AuthFactors(username="ann", first_factors=("PASSWORD", "WEB_AUTHN")),
    ),
    Case(
        lambda pool: pool.update_user_attributes(TOKEN, {"email": "a@b.c"}, client_metadata={"k": "v"}),
        "UpdateUserAttributes",
        {"UserAttributes": [{"Name": "email", "Value": "a@b.c"}], "ClientMetadata": {"k": "v"}},
        {"CodeDeliveryDetailsList": [DELIVERY]},
        (SENT,),
    ),
    Case(
        lambda pool: pool.delete_user_attributes(TOKEN, ["nickname", "custom:tenant"]),
        "DeleteUserAttributes",
        {"UserAttributeNames": ["nickname", "custom:tenant"]},
    ),
    Case(
        lambda pool: pool.get_user_attribute_verification_code(TOKEN, "email"),
        "GetUserAttributeVerificationCode",
        {"AttributeName": "email"},
        {"CodeDeliveryDetails": DELIVERY},
        SENT,
    ),
    Case(
        lambda pool: pool.verify_user_attribute(TOKEN, "email", "123456"),
        "VerifyUserAttribute",
        {"AttributeName": "email", "Code": "123456"},
    ),
    Case(
        lambda pool: pool.set_user_settings(TOKEN, [MfaOption(attribute="phone_number")]),
        "SetUserSettings",
        {"MFAOptions": [{"AttributeName": "phone_number", "DeliveryMedium": "SMS"}]},
    ),
    Case(lambda pool: pool.global_sign_out(TOKEN), "GlobalSignOut", {}),
    Case(lambda pool: pool.delete_user(TOKEN), "DeleteUser", {}),
    Case(
        lambda pool: pool.change_password(TOKEN, previous_password="old one", proposed_password="new one"),
        "ChangePassword",
        {"PreviousPassword": "old one", "ProposedPassword": "new one"},
    ),
    Case(
        lambda pool: pool.change_password(TOKEN, proposed_password="first"),
        "ChangePassword",
        {"ProposedPassword": "first"},
    ),
    Case(
        lambda pool: pool.associate_software_token(TOKEN),
        "AssociateSoftwareToken",
        {},
        {"SecretCode": "ABCDEFGHIJKLMNOP"},
        AuthenticatorSecret(secret="ABCDEFGHIJKLMNOP"),
    ),
    Case(
        lambda pool: pool.verify_software_token(TOKEN, "012345", device_name="phone"),
        "VerifySoftwareToken",
        {"UserCode": "012345", "FriendlyDeviceName": "phone"},
        {"Status": "SUCCESS"},
    ),
    Case(
        lambda pool: pool.set_user_mfa_preference(
            TOKEN, sms=False, web_authn=True, preferred="software_token"
        ),
        "SetUserMFAPreference",
        {
            "SMSMfaSettings": {"Enabled": False},
            "WebAuthnMfaSettings": {"Enabled": True},
            "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True},
        },
    ),
    Case(
        lambda pool: pool.set_user_mfa_preference(TOKEN, email=True),
        "SetUserMFAPreference",
        {"EmailMfaSettings": {"Enabled": True}},
    ),
    Case(
        lambda pool: pool.start_web_authn_registration(TOKEN),
        "StartWebAuthnRegistration",
        {},
        {"CredentialCreationOptions": {"challenge": "abc", "rp": {"id": "localhost"}}},
        {"challenge": "abc", "rp": {"id": "localhost"}},
    ),
    Case(
        lambda pool: pool.complete_web_authn_registration(TOKEN, {"id": "x"}),
        "CompleteWebAuthnRegistration",
        {"Credential": {"id": "x"}},
    ),
    Case(
        lambda pool: pool.complete_web_authn_registration(TOKEN, '{"id": "x"}'),
        "CompleteWebAuthnRegistration",
        {"Credential": {"id": "x"}},
    ),
    Case(
        lambda pool: pool.list_web_authn_credentials(TOKEN),
        "ListWebAuthnCredentials",
        {"MaxResults": 20},
        {
            "Credentials": [
                {
                    "CredentialId": "x",
                    "FriendlyCredentialName": "phone",
                    "RelyingPartyId": "localhost",
                    "AuthenticatorAttachment": "platform",
                    "AuthenticatorTransports": ["internal"],
                    "CreatedAt": START,
                }
            ]
        },
        (
            WebAuthnCredential(
                credential_id="x",
                name="phone",
                relying_party_id="localhost",
                attachment="platform",
                transports=("internal",),
                created_at=WHEN,
            ),
        ),
    ),
    Case(
        lambda pool: pool.delete_web_authn_credential(TOKEN, "x"),
        "DeleteWebAuthnCredential",
        {"CredentialId": "x"},
    ),
    Case(
        lambda pool: pool.list_user_sessions(TOKEN),
        "ListUserSessions",
        {},
        {
            "Sessions": [
                {
                    "SessionId": SESSION,
                    "SessionType": "TOKEN",
                    "ClientId": "abc",
                    "CreateDate": START,
                    "LastActiveDate": START,
                    "DeviceType": "python",
                    "LastIPAddress": "127.0.0.1",
                    "LastLocation": {"City": "Dublin", "Country": "Ireland"},
                    "OriginSessionId": "sso" + "a1b2c" * 5,
                    "IsCurrentSession": True,
                },
                {"SessionId": SESSION},
            ]
        },
        (
            UserSession(
                session_id=SESSION,
                kind="TOKEN",
                client_id="abc",
                created_at=WHEN,
                last_active_at=WHEN,
                device_type="python",
                ip_address="127.0.0.1",
                city="Dublin",
                country="Ireland",
                origin_session_id="sso" + "a1b2c" * 5,
                is_current=True,
            ),
            UserSession(session_id=SESSION),
        ),
    ),
    Case(
        lambda pool: pool.revoke_user_session(TOKEN, SESSION, associated_sessions="LINKED"),
        "RevokeUserSession",
        {"SessionId": SESSION, "RevokeAssociatedSessions": "LINKED"},
    ),
    Case(
        lambda pool: pool.get_device(TOKEN, DEVICE),
        "GetDevice",
        {"DeviceKey": DEVICE},
        {
            "Device": {
                "DeviceKey": DEVICE,
                "DeviceAttributes": [{"Name": "device_name", "Value": "phone"}],
                "DeviceCreateDate": START,
                "DeviceLastModifiedDate": START,
                "DeviceLastAuthenticatedDate": START,
            }
        },
        RememberedDevice(
            key=DEVICE,
            attributes={"device_name": "phone"},
            created_at=WHEN,
            modified_at=WHEN,
            last_authenticated_at=WHEN,
        ),
    ),
    Case(
        lambda pool: pool.list_devices(TOKEN),
        "ListDevices",
        {"Limit": 60},
        {"Devices": [{"DeviceKey": DEVICE}]},
        (RememberedDevice(key=DEVICE, attributes={}),),
    ),
    Case(
        lambda pool: pool.update_device_status(TOKEN, DEVICE, remembered=True),
        "UpdateDeviceStatus",
        {"DeviceKey": DEVICE, "DeviceRememberedStatus": "remembered"},
    ),
    Case(
        lambda pool: pool.update_device_status(TOKEN, DEVICE, remembered=False),
        "UpdateDeviceStatus",
        {"DeviceKey": DEVICE, "DeviceRememberedStatus": "not_remembered"},
    ),
    Case(lambda pool: pool.forget_device(TOKEN, DEVICE), "ForgetDevice", {"DeviceKey": DEVICE}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation)
def test_a_signed_in_user_calls_an_operation(scripted: Scripted, case: Case) -> None:
    """The access token travels in the body; the answer comes out typed."""
    runtime = scripted(calls(case.operation, {"AccessToken": TOKEN, **case.content}, answer=case.answer))
    assert case.call(runtime.under(UserPool(APP))) == case.value


ABOUT: dict[str, Any] = {"client_metadata": {"k": "v"}, "analytics_endpoint_id": "e"}
SAID = {"ClientMetadata": {"k": "v"}, "AnalyticsMetadata": {"AnalyticsEndpointId": "e"}}
CLIENT_CASES = [
    Case(
        lambda pool: pool.forgot_password("ann", **ABOUT),
        "ForgotPassword",
        {"Username": "ann", "SecretHash": True, **SAID},
        {"CodeDeliveryDetails": DELIVERY},
        SENT,
    ),
    Case(lambda pool: pool.forgot_password("ann"), "ForgotPassword", {"Username": "ann", "SecretHash": True}),
    Case(
        lambda pool: pool.confirm_forgot_password("ann", "123456", "new one", **ABOUT),
        "ConfirmForgotPassword",
        {"Username": "ann", "SecretHash": True, "ConfirmationCode": "123456", "Password": "new one", **SAID},
    ),
    Case(
        lambda pool: pool.get_derived_token(
            "subject",
            subject_token_type="ID_TOKEN",
            subject_token_provider="Google",
            actor_token="actor",
            actor_token_type="ACCESS_TOKEN",
            actor_token_provider="Other",
            scopes="b a",
            audience="https://api.example.com",
            requested_token_type="ACCESS_TOKEN",
        ),
        "GetDerivedToken",
        {
            "ClientSecret": APP.client_secret,
            "SubjectToken": "subject",
            "SubjectTokenType": "ID_TOKEN",
            "SubjectTokenProviderName": "Google",
            "ActorToken": "actor",
            "ActorTokenType": "ACCESS_TOKEN",
            "ActorTokenProviderName": "Other",
            "Scopes": ["a", "b"],
            "Audiences": ["https://api.example.com"],
            "RequestedTokenType": "ACCESS_TOKEN",
        },
        {
            "IssuedToken": "new",
            "IssuedTokenType": "ACCESS_TOKEN",
            "TokenType": "Bearer",
            "ExpiresIn": 60,
            "Scopes": ["a"],
        },
        DerivedToken(
            token="new",
            kind="ACCESS_TOKEN",
            token_type="Bearer",
            expires_at=WHEN + datetime.timedelta(seconds=60),
            scopes=frozenset({"a"}),
        ),
    ),
    Case(
        lambda pool: pool.get_derived_token("subject", resource="https://api.example.com"),
        "GetDerivedToken",
        {
            "ClientSecret": APP.client_secret,
            "SubjectToken": "subject",
            "SubjectTokenType": "ACCESS_TOKEN",
            "Resources": ["https://api.example.com"],
        },
        {"IssuedToken": "new", "IssuedTokenType": "ID_TOKEN", "TokenType": "N_A"},
        DerivedToken(token="new", kind="ID_TOKEN", token_type="N_A"),
    ),
]


@pytest.mark.parametrize("case", CLIENT_CASES, ids=lambda case: case.operation)
def test_an_app_client_calls_an_operation(scripted: Scripted, case: Case) -> None:
    """The client id travels with it, and a proof of the secret or the secret itself."""
    content = {"ClientId": "abc", **case.content}
    runtime = scripted()
    if "SecretHash" in content:
        content["SecretHash"] = ClientProof("abc", "s3cret-s3cret-s3cret-s3cret").hash("ann")
    runtime.then(calls(case.operation, content, answer=case.answer))
    assert case.call(runtime.under(UserPool(APP))) == case.value


def test_feedback_goes_to_the_pool(scripted: Scripted) -> None:
    """The one operation that names the pool; without a pool id it says so."""
    content = {
        "UserPoolId": "eu-west-1_Fake00001",
        "Username": "ann",
        "EventId": "e-1",
        "FeedbackToken": "token",
        "FeedbackValue": "Invalid",
    }
    runtime = scripted(calls("UpdateAuthEventFeedback", content))
    arguments: dict[str, Any] = {"event_id": "e-1", "feedback_token": "token", "feedback": "Invalid"}
    runtime.under(UserPool(APP)).update_auth_event_feedback("ann", **arguments)
    poolless = AppClient(client_id="abc", region="eu-west-1")
    with pytest.raises(errors.UsageError, match=r"pool_id: .* update_auth_event_feedback needs it"):
        UserPool(poolless).update_auth_event_feedback("ann", **arguments)


REFUSED: list[tuple[Callable[[UserPool], object], str]] = [
    (lambda pool: pool.get_user(""), "tokens: got an empty text"),
    (lambda pool: pool.update_user_attributes(TOKEN, {}), "attributes: got none"),
    (lambda pool: pool.update_user_attributes(TOKEN, {"e\x00": "a"}), "attributes: "),
    (lambda pool: pool.delete_user_attributes(TOKEN, []), "names: got none"),
    (lambda pool: pool.verify_user_attribute(TOKEN, "email", "123 456"), "code: got a text with spaces"),
    (lambda pool: pool.verify_software_token(TOKEN, "12345"), "code: got a text of 5 characters"),
    (lambda pool: pool.verify_software_token(TOKEN, "１２３４５６"), "code: got a text of 6 characters"),
    (lambda pool: pool.change_password(TOKEN, proposed_password=""), "proposed_password: got an empty text"),
    (lambda pool: pool.set_user_mfa_preference(TOKEN), "all left out"),
    (
        lambda pool: pool.set_user_mfa_preference(TOKEN, sms=False, preferred="sms"),
        "preferred: 'sms' is switched off",
    ),
    (lambda pool: pool.complete_web_authn_registration(TOKEN, "{"), "credential: expected"),
    (lambda pool: pool.complete_web_authn_registration(TOKEN, "[]"), "credential: expected"),
    (lambda pool: pool.delete_web_authn_credential(TOKEN, ""), "credential_id: got an empty text"),
    (lambda pool: pool.revoke_user_session(TOKEN, "tkn1"), "session_id: 'tkn1' is not"),
    (lambda pool: pool.get_device(TOKEN, "phone"), "device_key: 'phone' is not a device key"),
    (lambda pool: pool.forget_device(TOKEN, DEVICE + "\n"), "device_key: "),
    (lambda pool: pool.forgot_password("ann lee"), "username: "),
    (lambda pool: pool.confirm_forgot_password("ann", "", "x"), "code: "),
    (lambda pool: pool.get_derived_token("s", actor_token="a"), "one without the other"),
    (lambda pool: pool.get_derived_token("s", audience="a", resource="b"), "both given"),
    (lambda pool: pool.get_derived_token("s", scopes=["a b"]), "scopes: 'a b' is not a scope"),
]


@pytest.mark.parametrize("call,message", REFUSED)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    scripted: Scripted, call: Callable[[UserPool], object], message: str
) -> None:
    """By the argument's name, with what was expected."""
    with pytest.raises(errors.UsageError, match=message):
        call(scripted().under(UserPool(APP)))


def test_a_good_status_that_says_error_raises(scripted: Scripted) -> None:
    """VerifySoftwareToken can answer 200 and mean no."""
    content = {"AccessToken": TOKEN, "UserCode": "123456"}
    runtime = scripted(calls("VerifySoftwareToken", content, answer={"Status": "ERROR"}))
    with pytest.raises(errors.EnableSoftwareTokenMFA) as refused:
        runtime.under(UserPool(APP)).verify_software_token(TOKEN, "123456")
    assert refused.value.status == 200


def test_lists_come_whole(scripted: Scripted) -> None:
    """Page after page; the next page's name is sent back as it came."""
    first = {"Devices": [{"DeviceKey": "a_1"}], "PaginationToken": "more"}
    runtime = scripted(
        calls("ListDevices", {"AccessToken": TOKEN, "Limit": 60}, answer=first),
        calls(
            "ListDevices",
            {"AccessToken": TOKEN, "Limit": 60, "PaginationToken": "more"},
            answer={"Devices": [{"DeviceKey": "a_2"}]},
        ),
    )
    devices = runtime.under(UserPool(APP)).list_devices(TOKEN)
    assert [device.key for device in devices] == ["a_1", "a_2"]


def test_a_list_whose_pages_repeat_is_an_error(scripted: Scripted) -> None:
    """Not an endless loop."""
    page = {"NextToken": "again"}
    runtime = scripted(
        calls("ListUserSessions", {"AccessToken": TOKEN}, answer=page),
        calls("ListUserSessions", {"AccessToken": TOKEN, "NextToken": "again"}, answer=page),
    )
    with pytest.raises(errors.UnexpectedReply, match="ListUserSessions: the list does not end"):
        runtime.under(UserPool(APP)).list_user_sessions(TOKEN)


def test_an_answer_without_its_device_is_an_error(scripted: Scripted) -> None:
    """A typed one, never a KeyError."""
    runtime = scripted(calls("GetDevice", {"AccessToken": TOKEN, "DeviceKey": DEVICE}, answer={}))
    with pytest.raises(errors.UnexpectedReply, match="GetDevice: the answer lacks Device"):
        runtime.under(UserPool(APP)).get_device(TOKEN, DEVICE)


AGAIN = {
    Resend.SAFE: {
        "GetUser",
        "GetUserAuthFactors",
        "GetDevice",
        "ListDevices",
        "ListUserSessions",
        "ListWebAuthnCredentials",
        "GlobalSignOut",
        "RevokeUserSession",
    },
    Resend.NEVER: {
        "VerifyUserAttribute",
        "VerifySoftwareToken",
        "ChangePassword",
        "CompleteWebAuthnRegistration",
        "GetUserAttributeVerificationCode",
    },
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation)
def test_only_what_is_safe_is_sent_again(scripted: Scripted, case: Case) -> None:
    """Reads and sign-outs after a failure of the service; codes never, not even when throttled."""
    content = {"AccessToken": TOKEN, **case.content}
    throttled = reply({"__type": "TooManyRequestsException"}, status=400)
    broken = reply({"__type": "InternalErrorException"}, status=500)
    trouble = broken if case.operation in AGAIN[Resend.SAFE] else throttled
    turns = [calls(case.operation, content, answer=trouble)]
    if case.operation in AGAIN[Resend.NEVER]:
        with pytest.raises(errors.TooManyRequests):
            case.call(scripted(*turns).under(UserPool(APP)))
    else:
        runtime = scripted(*turns, calls(case.operation, content, answer=case.answer))
        assert case.call(runtime.under(UserPool(APP))) == case.value


def test_an_authenticators_address_can_be_shown_as_a_qr_code() -> None:
    """Names are escaped; a colon would end the issuer's part. The secret is in the address and nowhere else."""
    made = AuthenticatorSecret(secret="ABCDEFGHIJKLMNOP")
    assert made.uri(account="ann@example.com", issuer="Acme: Ltd & Co") == (
        "otpauth://totp/Acme%20Ltd%20%26%20Co:ann@example.com?secret=ABCDEFGHIJKLMNOP&issuer=Acme%3A%20Ltd%20%26%20Co"
    )
    assert "ABCDEFGHIJKLMNOP" not in repr(made)
