"""USER_AUTH: choosing a way to sign in, one-time passwords, sign-in right after sign-up, step-up."""

from typing import Any

import jwt
import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api
from .test_srp import someone, stamp

PASSWORD = "Correct-horse 1"
BOTH = {"email": "ann@example.com", "phone_number": "+15550001234"}


def test_the_user_is_told_the_ways(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Without a preference SELECT_CHALLENGE comes with what this user has."""
    pool.add_user("ann", PASSWORD, attributes=BOTH)
    asked = api.begin(client, "USER_AUTH")

    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"] == ["EMAIL_OTP", "SMS_OTP", "PASSWORD_SRP", "PASSWORD"]


@pytest.mark.parametrize("way, answer", [("EMAIL_OTP", "EMAIL_OTP_CODE"), ("SMS_OTP", "SMS_OTP_CODE")])
@pytest.mark.parametrize("preferred", [True, False])
def test_a_one_time_password_signs_in(
    pool: FakeUserPool, api: Api, client: Client, way: str, answer: str, *, preferred: bool
) -> None:
    """The preferred way is begun at once, another one after it was chosen."""
    pool.add_user("ann", attributes=BOTH)
    if preferred:
        asked = api.begin(client, "USER_AUTH", PREFERRED_CHALLENGE=way)
    else:
        asked = api.respond(client, api.begin(client, "USER_AUTH"), ANSWER=way)
    tokens = api.respond(client, asked, **{answer: pool.codes["ann"]})

    assert (asked["ChallengeName"], "AccessToken" in tokens["AuthenticationResult"]) == (way, True)


@pytest.mark.parametrize("when", ["with the preference", "with the choice", "after the choice"])
@pytest.mark.parametrize("secret", [True, False])
def test_the_password_may_come_at_once_or_later(
    pool: FakeUserPool, api: Api, when: str, *, secret: bool
) -> None:
    """PASSWORD in the first call, in the choice, or as a challenge of its own."""
    client = pool.add_client(secret=secret)
    pool.add_user("ann", PASSWORD)
    if when == "with the preference":
        last = api.begin(client, "USER_AUTH", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    elif when == "with the choice":
        last = api.respond(client, api.begin(client, "USER_AUTH"), ANSWER="PASSWORD", PASSWORD=PASSWORD)
    else:
        asked = api.begin(client, "USER_AUTH", PREFERRED_CHALLENGE="PASSWORD")
        last = api.respond(client, asked, PASSWORD=PASSWORD)

    assert "AccessToken" in last["AuthenticationResult"]


@pytest.mark.parametrize("when", ["with the preference", "with the choice", "after the choice"])
def test_the_proof_may_begin_at_once_or_later(
    pool: FakeUserPool, api: Api, client: Client, when: str
) -> None:
    """SRP_A in the first call, in the choice, or as a challenge of its own; its verifier has a session."""
    pool.add_user("ann", PASSWORD)
    ann = someone(pool)
    if when == "with the preference":
        proof = api.begin(client, "USER_AUTH", PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=ann.public)
    elif when == "with the choice":
        proof = api.respond(client, api.begin(client, "USER_AUTH"), ANSWER="PASSWORD_SRP", SRP_A=ann.public)
    else:
        asked = api.begin(client, "USER_AUTH", PREFERRED_CHALLENGE="PASSWORD_SRP")
        proof = api.respond(client, asked, SRP_A=ann.public)
    answer = ann.answer(proof["ChallengeParameters"], stamp(pool.clock.today()))

    assert (proof["ChallengeName"], "Session" in proof) == ("PASSWORD_VERIFIER", True)
    assert "AccessToken" in api.respond(client, proof, **answer)["AuthenticationResult"]


def test_a_proof_is_about_the_block_that_was_given(pool: FakeUserPool, api: Api, client: Client) -> None:
    """With a session too, another secret block is refused."""
    pool.add_user("ann", PASSWORD)
    ann = someone(pool)
    proof = api.begin(client, "USER_AUTH", PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=ann.public)
    answer = ann.answer(proof["ChallengeParameters"], stamp(pool.clock.today()))
    answer["PASSWORD_CLAIM_SECRET_BLOCK"] = "b3RoZXI="

    assert api.refused("RespondToAuthChallenge", **api.answer(client, proof, **answer))[0] == "NotAuthorized"


def test_what_is_not_offered_cannot_be_chosen(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A way that the user does not have."""
    pool.add_user("ann", PASSWORD)
    asked = api.begin(client, "USER_AUTH")

    assert (
        api.refused("RespondToAuthChallenge", **api.answer(client, asked, ANSWER="SMS_OTP"))[0]
        == "InvalidParameter"
    )


@pytest.mark.parametrize(
    "settings, user, ways",
    [
        (Settings(), {"password": PASSWORD, "attributes": BOTH, "mfa": "totp"}, ["PASSWORD_SRP", "PASSWORD"]),
        (Settings(mfa="ON"), {"password": PASSWORD, "attributes": BOTH}, ["PASSWORD_SRP", "PASSWORD"]),
        (Settings(first_factors=frozenset({"EMAIL_OTP"})), {"attributes": BOTH}, ["EMAIL_OTP"]),
        (Settings(), {"password": PASSWORD, "attributes": {**BOTH, "email_verified": "false"}}, ["SMS_OTP", "PASSWORD_SRP", "PASSWORD"]),
    ],
)  # fmt: skip
def test_the_ways_follow_from_user_and_pool(
    settings: Settings, user: dict[str, Any], ways: list[str]
) -> None:
    """With MFA only the password leads in; addresses must be verified; the pool names its first factors."""
    pool = FakeUserPool(settings=settings)
    pool.add_user("ann", **user)

    assert (
        Api(pool).begin(pool.add_client(), "USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")[
            "AvailableChallenges"
        ]
        == ways
    )


def test_a_user_without_any_way_is_refused(pool: FakeUserPool, api: Api, client: Client) -> None:
    """No password, no address, no passkey."""
    pool.add_user("ann")

    assert (
        api.refused("InitiateAuth", **api.initiate(client, "USER_AUTH", USERNAME="ann"))[0] == "NotAuthorized"
    )


def test_nobody_seems_to_have_a_password(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A hidden name gets the choice of a user with a password, and is refused like a wrong one."""
    asked = api.begin(client, "USER_AUTH", "nobody")
    call = api.answer(client, asked, "nobody", ANSWER="PASSWORD", PASSWORD=PASSWORD)
    other = api.answer(client, api.begin(client, "USER_AUTH", "nobody"), "somebody", ANSWER="PASSWORD")

    assert asked["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD"]
    assert api.refused("RespondToAuthChallenge", **call) == (
        "NotAuthorized",
        "Incorrect username or password.",
    )
    assert api.refused("RespondToAuthChallenge", **other) == (
        "NotAuthorized",
        "Invalid session for the user.",
    )


def sign_up(pool: FakeUserPool, api: Api, client: Client) -> str:
    """The session of a confirmation."""
    attributes = [{"Name": "email", "Value": "ann@example.com"}]
    api("SignUp", ClientId=client.client_id, Username="ann", UserAttributes=attributes)
    answer = api(
        "ConfirmSignUp", ClientId=client.client_id, Username="ann", ConfirmationCode=pool.codes["ann"]
    )
    return str(answer["Session"])


def test_the_session_of_the_confirmation_signs_in(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Who has just confirmed needs no further challenge; it works once."""
    call = {**api.initiate(client, "USER_AUTH", USERNAME="ann"), "Session": sign_up(pool, api, client)}
    first = api("InitiateAuth", **call)

    assert "AccessToken" in first["AuthenticationResult"]
    assert api.refused("InitiateAuth", **call)[0] == "NotAuthorized"


def test_the_session_of_the_confirmation_is_for_that_user(
    pool: FakeUserPool, api: Api, client: Client
) -> None:
    """Another name cannot use it."""
    session = sign_up(pool, api, client)
    pool.add_user("bob", PASSWORD)

    assert (
        api.refused("InitiateAuth", **api.initiate(client, "USER_AUTH", USERNAME="bob"), Session=session)[0]
        == "NotAuthorized"
    )


def test_without_choice_sign_up_needs_a_password_and_gives_no_session(pool: FakeUserPool, api: Api) -> None:
    """Passwordless sign-up goes with USER_AUTH."""
    client = pool.add_client(flows={"ALLOW_USER_PASSWORD_AUTH"})
    refused = api.refused("SignUp", ClientId=client.client_id, Username="ann")
    attributes = [{"Name": "email", "Value": "ann@example.com"}]
    api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD, UserAttributes=attributes)

    assert refused[0] == "InvalidParameter"
    assert (
        api("ConfirmSignUp", ClientId=client.client_id, Username="ann", ConfirmationCode=pool.codes["ann"])
        == {}
    )


# -- step-up ----------------------------------------------------------------------------------------------------------


def test_tokens_say_which_level_was_reached(pool: FakeUserPool, api: Api, client: Client) -> None:
    """TARGET_ACR_VALUES with the user's present token: the new access token carries `acr`."""
    pool.add_user("ann", PASSWORD)
    way = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    token = api.begin(client, "USER_AUTH", **way)["AuthenticationResult"]["AccessToken"]
    step_up = {"TARGET_ACR_VALUES": "urn:two urn:one", "ACCESS_TOKEN": token, "MAX_AGE": "60"}
    better = api.begin(client, "USER_AUTH", **way, **step_up)["AuthenticationResult"]["AccessToken"]

    assert jwt.decode(better, options={"verify_signature": False})["acr"] == "urn:two"


def test_unknown_levels_are_passed_over(api: Api) -> None:
    """The first level that the pool knows is the one."""
    pool = FakeUserPool(settings=Settings(acr_values=frozenset({"urn:one"})))
    api, client = Api(pool), pool.add_client()
    pool.add_user("ann", PASSWORD)
    way = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    result = api.begin(client, "USER_AUTH", **way, TARGET_ACR_VALUES="urn:two urn:one")[
        "AuthenticationResult"
    ]
    none = api.refused(
        "InitiateAuth", **api.initiate(client, "USER_AUTH", USERNAME="ann", TARGET_ACR_VALUES="urn:two")
    )

    assert jwt.decode(result["AccessToken"], options={"verify_signature": False})["acr"] == "urn:one"
    assert none[0] == "InvalidParameter"


@pytest.mark.parametrize(
    "wrong, refusal",
    [
        ({"ACCESS_TOKEN": "own"}, "InvalidParameter"),
        ({"ACCESS_TOKEN": "other", "TARGET_ACR_VALUES": "urn:two"}, "NotAuthorized"),
        ({"ACCESS_TOKEN": "a.b.c", "TARGET_ACR_VALUES": "urn:two"}, "NotAuthorized"),
        ({"MAX_AGE": "soon"}, "InvalidParameter"),
    ],
)
def test_a_wrong_step_up_is_refused(
    pool: FakeUserPool, api: Api, client: Client, wrong: dict[str, str], refusal: str
) -> None:
    """A token without levels, another user's token, an age that is no number."""
    for name in ("ann", "bob"):
        pool.add_user(name, PASSWORD)
    tokens = {"own": pool.forge.access_token("ann"), "other": pool.forge.access_token("bob")}
    given = {name: tokens.get(value, value) for name, value in wrong.items()}

    assert (
        api.refused("InitiateAuth", **api.initiate(client, "USER_AUTH", USERNAME="ann", **given))[0]
        == refusal
    )
