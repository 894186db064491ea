"""The JSON API on the wire: what is sent, whose error it is, and what becomes of answers that are none."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_auth import AppClient, Device, Retry, TokenSet, UserPool, errors
from cognito_auth._runtime.http import Reply
from cognito_auth.errors import TransportError
from cognito_auth.user_pool import wire
from cognito_auth.user_pool.fields import Fields
from cognito_auth.user_pool.wire import ClientProof, Facts
from support.scripted_runtime import START, Scripted, calls, error, reply

APP = AppClient(client_id="123abd", pool_id="eu-west-1_myPool", client_secret="clientSecret")
PUBLIC = AppClient(client_id="123abd", pool_id="eu-west-1_myPool")
RESULT = {"AccessToken": "access", "ExpiresIn": 300, "TokenType": "Bearer", "RefreshToken": "refresh"}
TOKENS = TokenSet.issued(access_token="access", refresh_token="refresh", expires_in=300, now=START)


def test_a_request_says_everything_and_nothing_more(scripted: Scripted) -> None:
    """The address, the operation in a header, no caching, and no member without a value."""
    runtime = scripted(calls("GetUser", {"AccessToken": "t"}, answer={"Username": "ann"}))
    runtime.under(UserPool(PUBLIC)).get_user("t")
    [request] = runtime.requests
    assert ("POST", "https://cognito-idp.eu-west-1.amazonaws.com/") == (request.method, request.url)
    assert {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSCognitoIdentityProviderService.GetUser",
        "cache-control": "no-store",
    } == request.headers


def test_the_secret_hash_is_the_published_one() -> None:
    """Over the name and the client id; a public client has none."""
    proof = ClientProof("123abd", "clientSecret")
    assert "LoIX/oPJWZzFYv8liJYRo+CHv16FNDY10JlZEDjL3Vg=" == proof.hash("test")
    assert ClientProof("123abd", None).hash("test") is None
    assert "clientSecret" not in repr(proof)


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        error("CodeMismatchException", "words"),
        error("com.amazonaws.cognito#CodeMismatchException", "words"),
        reply({"code": "CodeMismatchException", "Message": "words"}, status=400),
        reply(
            b"",
            status=400,
            headers={"x-amzn-errortype": "CodeMismatchException:", "x-amzn-errormessage": "words"},
        ),
        reply(
            {"message": "words"},
            status=400,
            headers={"x-amzn-errortype": "CodeMismatchException:http://internal.amazon.com/coral/"},
        ),
        reply({"__type": "CodeMismatchException, more", "message": "words"}, status=500),
    ],
)
def test_an_error_is_known_by_its_code_wherever_it_stands(scripted: Scripted, answer: Reply) -> None:
    """In the body or in a header, with a namespace before it or an address behind it; never by the status."""
    runtime = scripted(calls("ConfirmSignUp", _confirmation(), answer=answer))
    with pytest.raises(errors.CodeMismatch) as refused:
        runtime.under(UserPool(PUBLIC)).confirm_sign_up("ann", "123456")
    assert ("CodeMismatch", "words", answer.status) == (
        refused.value.code,
        refused.value.message,
        refused.value.status,
    )


def test_a_code_that_is_new_is_a_service_error(scripted: Scripted) -> None:
    """With everything that is known of it."""
    answer = error("BrandNewException", "words", headers={"x-amzn-requestid": "r-1"})
    runtime = scripted(calls("ConfirmSignUp", _confirmation(), answer=answer))
    with pytest.raises(errors.ServiceError) as refused:
        runtime.under(UserPool(PUBLIC)).confirm_sign_up("ann", "123456")
    assert type(refused.value) is errors.ServiceError
    assert ("BrandNew", "r-1") == (refused.value.code, refused.value.request_id)


def _confirmation() -> dict[str, str]:
    return {"ClientId": "123abd", "Username": "ann", "ConfirmationCode": "123456"}


# ── answers that are none ───────────────────────────────────────────────────────────────────────────────

NO_ANSWERS: dict[str, Reply] = {
    "a page": reply(b"<html>403 Forbidden: secret-token</html>", status=403),
    "a page that says it is well": reply(b"<html>secret-token</html>"),
    "half a text": reply(b'{"AuthenticationResult": {"AccessToken": "secret-token'),
    "a list": reply([]),
    "too deep": reply(b"[" * 100_000),
    "not text": reply(b"\xff\xfe\x00secret-token"),
    "an error without a code": reply({"message": "secret-token"}, status=502),
    "a code that is none": reply({"__type": "<script>secret-token", "message": "x"}, status=400),
    "nothing": reply(b""),
    "neither tokens nor a challenge": reply({}),
    "tokens of a wrong type": reply({"AuthenticationResult": "secret-token"}),
    "a token of a wrong type": reply({"AuthenticationResult": {"AccessToken": ["secret-token"]}}),
    "an empty token": reply({"AuthenticationResult": {**RESULT, "AccessToken": ""}}),
    "a token that breaks a header": reply(
        {"AuthenticationResult": {**RESULT, "AccessToken": "secret-token\r\nx: y"}}
    ),
    "a refresh token that is no ASCII": reply(
        {"AuthenticationResult": {**RESULT, "RefreshToken": "secret-token\xe9"}}
    ),
    "half of a surrogate pair": reply(
        {"AuthenticationResult": {**RESULT, "AccessToken": "secret-token\ud800"}}
    ),
    "half of a surrogate pair in raw bytes": reply(b'{"Session": "secret-token\xed\xa0\x80"}'),
    "a number of a wrong type": reply({"AuthenticationResult": {**RESULT, "ExpiresIn": "300"}}),
    "a flag in place of a number": reply({"AuthenticationResult": {**RESULT, "ExpiresIn": True}}),
    "tokens that nobody knows the life of": reply({"AuthenticationResult": {"AccessToken": "secret-token"}}),
    "half a device": reply({"AuthenticationResult": {**RESULT, "NewDeviceMetadata": {"DeviceKey": "k"}}}),
    "a challenge of a wrong type": reply({"ChallengeName": 7}),
    "parameters of a wrong type": reply({"ChallengeName": "SMS_MFA", "ChallengeParameters": {"a": 1}}),
    "choices of a wrong type": reply({"ChallengeName": "SELECT_CHALLENGE", "AvailableChallenges": [1]}),
    "options that are no JSON": reply(
        {"ChallengeName": "WEB_AUTHN", "ChallengeParameters": {"CREDENTIAL_REQUEST_OPTIONS": "secret-token"}}
    ),
}


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_an_answer_that_is_none_is_a_typed_error(scripted: Scripted, answer: Reply) -> None:
    """With its status and request id, and with nothing of its content."""
    answer = Reply(
        status=answer.status, headers={"x-amzn-requestid": "r-1", **answer.headers}, content=answer.content
    )
    parameters = {"USERNAME": "ann", "PASSWORD": "x"}
    body = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "123abd", "AuthParameters": parameters}
    runtime = scripted(calls("InitiateAuth", body, answer=answer), retry=Retry(attempts=1))
    with pytest.raises(errors.UnexpectedReply) as refused:
        runtime.under(UserPool(PUBLIC)).sign_in("ann", "x", method="password")
    assert ("r-1", answer.status) == (refused.value.request_id, refused.value.status)
    assert "InitiateAuth" in str(refused.value)
    assert "secret-token" not in str(refused.value)


ODD_ACCOUNTS: list[tuple[str, Callable[[UserPool], object], dict[str, Any], str]] = [
    ("GetUser", lambda pool: pool.get_user("t"), {}, "lacks Username"),
    (
        "GetUser",
        lambda pool: pool.get_user("t"),
        {"Username": "ann", "UserAttributes": [1]},
        r"UserAttributes\[0\] is not an object",
    ),
    (
        "GetUser",
        lambda pool: pool.get_user("t"),
        {"Username": "ann", "UserAttributes": [{"Value": "x"}]},
        r"lacks UserAttributes\[0\].Name",
    ),
    (
        "ListUserSessions",
        lambda pool: pool.list_user_sessions("t"),
        {"Sessions": [{"SessionId": "s", "CreateDate": 1e300}]},
        "CreateDate is not a moment",
    ),
    (
        "StartWebAuthnRegistration",
        lambda pool: pool.start_web_authn_registration("t"),
        {"CredentialCreationOptions": "x"},
        "CredentialCreationOptions is not an object",
    ),
]


@pytest.mark.parametrize("operation, call, answer, message", ODD_ACCOUNTS)
def test_a_member_of_the_wrong_type_is_named(
    scripted: Scripted,
    operation: str,
    call: Callable[[UserPool], object],
    answer: dict[str, Any],
    message: str,
) -> None:
    """With its place in the answer; never a KeyError."""
    runtime = scripted(calls(operation, {"AccessToken": "t"}, answer=answer))
    with pytest.raises(errors.UnexpectedReply, match=message):
        call(runtime.under(UserPool(PUBLIC)))


def test_an_answer_shows_its_members_names_alone() -> None:
    """Their values may be tokens."""
    assert "<Fields ['AccessToken']>" == repr(wire.read("GetUser", reply({"AccessToken": "secret-token"})))


@given(content=st.binary(max_size=300), status=st.sampled_from([200, 400, 403, 500]))
def test_whatever_comes_is_an_answer_or_a_typed_error(content: bytes, status: int) -> None:
    """Random bytes never get past the wire as anything else."""
    with suppress(errors.ServiceError):
        assert isinstance(wire.read("GetUser", Reply(status=status, content=content)), Fields)


# ── sending again ───────────────────────────────────────────────────────────────────────────────────────

THROTTLED = error("TooManyRequestsException", "slow down")
LOST = TransportError("lost", phase="waiting")


def test_throttling_is_told_by_code_and_waited_for(scripted: Scripted) -> None:
    """Cognito throttles with HTTP 400; a sign-in that the service refused to look at may come again."""
    body = _by_password()
    runtime = scripted(
        calls("InitiateAuth", body, answer=THROTTLED),
        calls("InitiateAuth", body, answer={"AuthenticationResult": RESULT}),
    )
    assert isinstance(runtime.under(UserPool(PUBLIC)).sign_in("ann", "x", method="password"), TokenSet)
    assert 1 == len(runtime.sleeps)


@pytest.mark.parametrize(
    "code", ["NotAuthorizedException", "LimitExceededException", "UserNotFoundException"]
)
def test_a_refusal_is_never_repeated(scripted: Scripted, code: str) -> None:
    """A wrong password would lock the user, and an hourly cap lasts."""
    runtime = scripted(calls("InitiateAuth", _by_password(), answer=error(code)))
    with pytest.raises(errors.ServiceError):
        runtime.under(UserPool(PUBLIC)).sign_in("ann", "x", method="password")
    assert [] == runtime.sleeps


def _by_password() -> dict[str, Any]:
    parameters = {"USERNAME": "ann", "PASSWORD": "x"}
    return {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "123abd", "AuthParameters": parameters}


@pytest.mark.parametrize("trouble", [THROTTLED, LOST, reply(b"<html>", status=500)])
def test_an_answer_to_a_challenge_is_sent_once(scripted: Scripted, trouble: Reply | TransportError) -> None:
    """Its session may be used up although no reply came."""
    runtime = scripted()
    pool = runtime.under(UserPool(PUBLIC))
    runtime.then(
        calls(
            "InitiateAuth",
            _by_password(),
            answer={"ChallengeName": "SMS_MFA", "Session": "s" * 20, "ChallengeParameters": {}},
        )
    )
    challenge = pool.sign_in("ann", "x", method="password")
    assert not isinstance(challenge, TokenSet)
    body = {
        "ClientId": "123abd",
        "ChallengeName": "SMS_MFA",
        "Session": "s" * 20,
        "ChallengeResponses": {"USERNAME": "ann", "SMS_MFA_CODE": "123456"},
    }
    runtime.then(calls("RespondToAuthChallenge", body, answer=trouble))
    with pytest.raises(errors.CognitoAuthError):
        pool.respond(challenge.answer_with({"SMS_MFA_CODE": "123456"}))
    assert [] == runtime.sleeps


def test_a_sign_up_over_the_limit_says_that_the_user_is_there(scripted: Scripted) -> None:
    """Only the message was not sent; signing up again would not help."""
    body = {"ClientId": "123abd", "Username": "ann", "Password": "x"}
    answer = error("LimitExceededException", "Attempt limit exceeded")
    runtime = scripted(calls("SignUp", body, answer=answer))
    with pytest.raises(errors.LimitExceeded, match="The user was created nevertheless") as refused:
        runtime.under(UserPool(PUBLIC)).sign_up("ann", "x")
    assert "counted by the hour" not in str(refused.value)
    assert "counted by the hour" in str(errors.LimitExceeded("elsewhere"))


# ── refresh ─────────────────────────────────────────────────────────────────────────────────────────────


def _refresh(answer: object) -> Any:
    body = {"ClientId": "123abd", "ClientSecret": "clientSecret", "RefreshToken": "refresh"}
    return calls("GetTokensFromRefreshToken", body, answer=answer)


def test_a_lost_refresh_is_repeated_once_rotation_is_known_to_be_off(scripted: Scripted) -> None:
    """An answer without a refresh token shows that twice is the same as once."""
    kept = {"AuthenticationResult": {**RESULT, "RefreshToken": None}}
    runtime = scripted(_refresh(kept), _refresh(LOST), _refresh(kept))
    pool = runtime.under(UserPool(APP))
    assert "refresh" == pool.refresh(TOKENS).refresh_token
    assert "refresh" == pool.refresh(TOKENS).refresh_token


def test_a_lost_refresh_is_not_repeated_where_rotation_may_be_on(scripted: Scripted) -> None:
    """The answer with the next refresh token may be the one that was lost."""
    runtime = scripted(_refresh(LOST))
    with pytest.raises(TransportError):
        runtime.under(UserPool(APP)).refresh(TOKENS)


def test_rotation_that_is_switched_on_is_noticed(scripted: Scripted) -> None:
    """From the first answer with a refresh token on, a lost refresh is not repeated."""
    facts = Facts(rotation_is_off=True)
    rotated = {"AuthenticationResult": {**RESULT, "RefreshToken": "next"}}
    runtime = scripted(_refresh(rotated), _refresh(LOST))
    pool = runtime.under(UserPool(APP))
    pool._facts = facts
    assert "next" == pool.refresh(TOKENS).refresh_token
    assert not facts.rotation_is_off
    with pytest.raises(TransportError):
        pool.refresh(TOKENS)


def test_a_refresh_sends_the_device_key(scripted: Scripted) -> None:
    """The one that the tokens remember, or another one that is given; the new tokens remember it too."""
    device = Device(key="k_3", group_key="-g", secret="hush", owner="")
    tokens = TokenSet.issued(
        access_token="a", refresh_token="refresh", expires_in=300, now=START, device_key="k_1"
    )
    body = {"ClientId": "123abd", "RefreshToken": "refresh"}
    answer = {"AuthenticationResult": RESULT}
    runtime = scripted(
        calls("GetTokensFromRefreshToken", {**body, "DeviceKey": "k_1"}, answer=answer),
        calls("GetTokensFromRefreshToken", {**body, "DeviceKey": "k_2"}, answer=answer),
        calls("GetTokensFromRefreshToken", {**body, "DeviceKey": "k_3"}, answer=answer),
    )
    pool = runtime.under(UserPool(PUBLIC))
    assert "k_1" == pool.refresh(tokens).device_key
    assert "k_2" == pool.refresh("refresh", device="k_2").device_key
    assert "k_3" == pool.refresh("refresh", device=device).device_key
    with pytest.raises(errors.UsageError, match="device: 'my phone'"):
        pool.refresh("refresh", device="my phone")


def test_the_older_refresh_needs_the_internal_name_with_a_secret(scripted: Scripted) -> None:
    """From the access token, or given; where neither is there, nothing is sent."""
    hashed = ClientProof("123abd", "clientSecret").hash("sub-1")
    body = {
        "ClientId": "123abd",
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": {"REFRESH_TOKEN": "refresh", "SECRET_HASH": hashed},
    }
    runtime = scripted(calls("InitiateAuth", body, answer={"AuthenticationResult": RESULT}))
    pool = runtime.under(UserPool(APP))
    pool.refresh("refresh", legacy=True, username="sub-1")
    with pytest.raises(errors.UsageError, match="username: legacy=True"):
        pool.refresh("refresh", legacy=True)
    with pytest.raises(errors.UsageError, match="username: legacy=True"):
        pool.refresh(TOKENS, legacy=True)


def test_a_refresh_without_a_result_is_an_error(scripted: Scripted) -> None:
    """As is a machine's token without one."""
    runtime = scripted(_refresh({}))
    with pytest.raises(errors.UnexpectedReply, match="no AuthenticationResult"):
        runtime.under(UserPool(APP)).refresh(TOKENS)
    runtime = scripted(calls("GetClientToken", {"ClientId": "123abd", "Secret": "clientSecret"}, answer={}))
    with pytest.raises(errors.UnexpectedReply, match="no ClientAuthenticationResult"):
        runtime.under(UserPool(APP)).get_client_token()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda pool: pool.refresh(None), "tokens: got NoneType"),
        (lambda pool: pool.refresh(""), "tokens: got an empty text"),
        (
            lambda pool: pool.refresh(TokenSet.issued(access_token="a", expires_in=1, now=START)),
            "no refresh token",
        ),
        (lambda pool: pool.get_client_token(), "client_secret: this app client has none"),
        (lambda pool: pool.get_user(7), "tokens: got int"),
        (lambda pool: pool.sign_up("ann lee", "x"), "username: got 'ann lee'"),
        (lambda pool: pool.sign_up("", "x"), "username: got ''"),
        (lambda pool: pool.sign_up("ann", ""), "password: got an empty text"),
        (lambda pool: pool.sign_up("ann", "x", attributes={"a" * 33: "x"}), "attributes: got"),
        (lambda pool: pool.sign_up("ann", "x", attributes={"email": "x" * 2049}), "2049 characters"),
        (lambda pool: pool.sign_up("ann", "x", attributes={"email": None}), "attributes\\['email'\\]"),
        (lambda pool: pool.sign_up("ann", "x", attributes=["email"]), "attributes: got list"),
        (lambda pool: pool.sign_up("ann", "x", validation_data={"": "x"}), "validation_data: got ''"),
        (lambda pool: pool.sign_up("ann", "x", client_metadata={"k": 1}), "client_metadata"),
        (lambda pool: pool.confirm_sign_up("ann", "12 34"), "code: got a text with spaces"),
        (lambda pool: pool.confirm_sign_up(7, "1234"), "username: got int"),
    ],
)
def test_what_cannot_be_right_is_refused_before_it_is_sent(
    scripted: Scripted, call: Callable[[Any], object], message: str
) -> None:
    """With the argument's name."""
    with pytest.raises(errors.UsageError, match=message):
        call(scripted().under(UserPool(PUBLIC)))


@pytest.mark.parametrize("password", ["with space", " leading", "Ω≈ç√", "x" * 300])
def test_passwords_are_never_looked_at(scripted: Scripted, password: str) -> None:
    """The service's own pages disagree about what they may hold."""
    body = {"ClientId": "123abd", "Username": "ann", "Password": password}
    runtime = scripted(calls("SignUp", body, answer={"UserConfirmed": True, "UserSub": "1"}))
    assert runtime.under(UserPool(PUBLIC)).sign_up("ann", password).confirmed


# ── secrets that change ─────────────────────────────────────────────────────────────────────────────────

WRONG_SECRET = error("NotAuthorizedException", "Unable to verify secret hash for client 123abd")


def changing(*secrets: str) -> AppClient:
    """An app client whose secret comes from a store, another one at each time."""
    store = iter(secrets)
    return AppClient(client_id="123abd", pool_id="eu-west-1_myPool", client_secret=lambda: next(store))


def revoking(secret: str, answer: object) -> Any:
    """A request that ends a refresh token."""
    body = {"ClientId": "123abd", "ClientSecret": secret, "Token": "refresh"}
    return calls("RevokeToken", body, answer=answer)


def test_a_secret_that_was_withdrawn_is_asked_for_again(scripted: Scripted) -> None:
    """Once: the callable has the present one by then, and no call fails while secrets change."""
    runtime = scripted(revoking("old", WRONG_SECRET), revoking("new", {}))
    runtime.under(UserPool(changing("old", "new"))).revoke_token("refresh")


def test_a_secret_that_stays_wrong_is_an_error(scripted: Scripted) -> None:
    """The same secret is not sent twice, nor a third one after the second."""
    runtime = scripted(revoking("old", WRONG_SECRET))
    with pytest.raises(errors.NotAuthorized):
        runtime.under(UserPool(changing("old", "old"))).revoke_token("refresh")
    runtime = scripted(revoking("old", WRONG_SECRET), revoking("new", WRONG_SECRET))
    with pytest.raises(errors.NotAuthorized):
        runtime.under(UserPool(changing("old", "new", "newer"))).revoke_token("refresh")


def test_a_secret_that_is_a_text_is_sent_once(scripted: Scripted) -> None:
    """There is no other one to ask for."""
    runtime = scripted(revoking("clientSecret", WRONG_SECRET))
    with pytest.raises(errors.NotAuthorized):
        runtime.under(UserPool(APP)).revoke_token("refresh")


def test_a_wrong_password_is_no_wrong_secret(scripted: Scripted) -> None:
    """Nobody is asked for another secret, and the user is not locked out."""
    runtime = scripted(revoking("old", error("NotAuthorizedException", "Incorrect username or password.")))
    with pytest.raises(errors.NotAuthorized):
        runtime.under(UserPool(changing("old", "new"))).revoke_token("refresh")


# ── the service's time ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "date, expected",
    [
        (None, START),
        ("Thu, 01 Jan 2026 00:00:01 GMT", START),
        ("Thu, 01 Jan 2026 01:00:00 GMT", START + 3600),
        ("Wed, 31 Dec 2025 23:59:00 GMT", START - 60),
        ("yesterday", START),
        ("Mon, 99999999999999999999 Jan 2020 00:00:00 GMT", START),
        ("Fri, 31 Dec 9999 23:59:59 -2359", START),
    ],
)
def test_the_services_date_counts_where_this_clock_is_off(
    scripted: Scripted, date: str | None, expected: float
) -> None:
    """By more than dates and networks are."""
    headers = {} if date is None else {"date": date}
    runtime = scripted(
        calls("GetUser", {"AccessToken": "t"}, answer=reply({"Username": "a"}, headers=headers))
    )
    pool = runtime.under(UserPool(PUBLIC))
    pool.get_user("t")
    assert expected == pool._wire.service_now()
