"""Chains of challenges: MFA of every kind, its set-up, and the new password."""

import json
from typing import Any

import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.state import Client
from support.srp_client import SrpClient

from .conftest import Api
from .test_srp import stamp

PASSWORD = "Correct-horse 1"
PHONE = {"phone_number": "+15550001234"}
EMAIL = {"email": "ann@example.com"}


def begin(api: Api, client: Client, password: str = PASSWORD, **more: str) -> Any:
    """A sign-in with the plain password."""
    return api.begin(client, "USER_PASSWORD_AUTH", PASSWORD=password, **more)


@pytest.mark.parametrize(
    "kind, challenge, medium", [("sms", "SMS_MFA", "SMS"), ("email", "EMAIL_OTP", "EMAIL")]
)
@pytest.mark.parametrize("secret", [True, False])
def test_the_code_of_a_message_is_the_second_factor(
    kind: Any, challenge: str, medium: str, *, secret: bool
) -> None:
    """A wrong code leaves the challenge open; the right one gives tokens; the session serves once."""
    pool = FakeUserPool()
    api, client = Api(pool), pool.add_client(secret=secret)
    pool.add_user("ann", PASSWORD, mfa=kind, attributes={**PHONE, **EMAIL})
    asked = begin(api, client)
    wrong = api.refused(
        "RespondToAuthChallenge", **api.answer(client, asked, **{f"{challenge}_CODE": "wrong"})
    )
    right = {f"{challenge}_CODE": pool.codes["ann"]}
    tokens = api.respond(client, asked, **right)
    again = api.refused("RespondToAuthChallenge", **api.answer(client, asked, **right))

    assert (asked["ChallengeName"], asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"]) == (
        challenge,
        medium,
    )
    assert asked["ChallengeParameters"]["USER_ID_FOR_SRP"] == "ann"
    assert (wrong[0], again[0]) == ("CodeMismatch", "NotAuthorized")
    assert "AccessToken" in tokens["AuthenticationResult"]


def test_the_code_of_an_authenticator_app_serves_once(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A code that was used is refused in the same half minute; `totp` then gives the next."""
    pool.clock.freeze()
    pool.add_user("ann", PASSWORD, mfa="totp")
    first = pool.totp("ann")
    api.respond(client, begin(api, client), SOFTWARE_TOKEN_MFA_CODE=first)
    used = api.refused(
        "RespondToAuthChallenge", **api.answer(client, begin(api, client), SOFTWARE_TOKEN_MFA_CODE=first)
    )
    following = pool.totp("ann")
    api.respond(client, begin(api, client), SOFTWARE_TOKEN_MFA_CODE=following)

    assert used == ("ExpiredCode", "Your software token has already been used once.")
    assert first != following


def test_totp_is_the_rfcs() -> None:
    """RFC 6238's vectors for SHA-1 (appendix B), cut to six digits."""
    from cognito_auth.testing.fake_user_pool.totp import code_at

    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    vectors = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}

    assert {moment: code_at(secret, moment // 30) for moment in vectors} == vectors


def test_who_has_no_app_shows_no_code(pool: FakeUserPool) -> None:
    """The test is told what is missing."""
    pool.add_user("ann")

    with pytest.raises(ValueError, match="'ann' has no authenticator app"):
        pool.totp("ann")


def test_a_removed_app_cannot_be_answered_for(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A token that was taken away while its challenge was open."""
    user = pool.add_user("ann", PASSWORD, mfa="totp")
    asked = begin(api, client)
    user.totp_secret = None
    refused = api.refused(
        "RespondToAuthChallenge", **api.answer(client, asked, SOFTWARE_TOKEN_MFA_CODE="123456")
    )

    assert refused[0] == "SoftwareTokenMFANotFound"


def test_of_several_kinds_one_is_chosen(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Without a preference SELECT_MFA_TYPE asks; what is not offered cannot be chosen."""
    user = pool.add_user("ann", PASSWORD, mfa="totp", attributes={**PHONE, **EMAIL})
    user.mfa, user.preferred_mfa = ["SOFTWARE_TOKEN_MFA", "SMS_MFA"], None
    asked = begin(api, client)
    wrong = api.refused("RespondToAuthChallenge", **api.answer(client, asked, ANSWER="EMAIL_OTP"))
    chosen = api.respond(client, asked, ANSWER="SMS_MFA")
    tokens = api.respond(client, chosen, SMS_MFA_CODE=pool.codes["ann"])

    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == ["SOFTWARE_TOKEN_MFA", "SMS_MFA"]
    assert (wrong[0], chosen["ChallengeName"]) == ("InvalidParameter", "SMS_MFA")
    assert "AccessToken" in tokens["AuthenticationResult"]


def test_mfa_without_an_address_is_an_error_of_the_set_up(
    pool: FakeUserPool, api: Api, client: Client
) -> None:
    """A user who has MFA by message but no address cannot be asked."""
    pool.add_user("ann", PASSWORD, mfa="sms")
    refused = api.refused(
        "InitiateAuth", **api.initiate(client, "USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=PASSWORD)
    )

    assert refused == ("InvalidParameter", "User has no phone_number")


@pytest.mark.parametrize("mode, challenged", [("OFF", False), ("OPTIONAL", True), ("ON", True)])
def test_the_pool_decides_whether_mfa_is_asked(mode: Any, *, challenged: bool) -> None:
    """With MFA off nobody is asked, whatever they have set up."""
    pool = FakeUserPool(settings=Settings(mfa=mode))
    pool.add_user("ann", PASSWORD, mfa="totp")
    answer = begin(Api(pool), pool.add_client())

    assert ("ChallengeName" in answer) is challenged


def test_required_mfa_takes_a_verified_address(api: Api) -> None:
    """Where MFA is required, who has chosen none is asked by the verified phone number."""
    pool = FakeUserPool(settings=Settings(mfa="ON"))
    pool.add_user("ann", PASSWORD, attributes={**EMAIL, **PHONE})

    assert begin(Api(pool), pool.add_client())["ChallengeName"] == "SMS_MFA"


def test_mfa_is_set_up_by_e_mail(api: Api) -> None:
    """MFA_SETUP takes an address, to which a code goes at once."""
    pool = FakeUserPool(settings=Settings(mfa="ON"))
    api, client = Api(pool), pool.add_client()
    user = pool.add_user("ann", PASSWORD)
    asked = begin(api, client)
    empty = api.refused("RespondToAuthChallenge", **api.answer(client, asked))
    code_asked = api.respond(client, asked, EMAIL="ann@example.com")
    tokens = api.respond(client, code_asked, EMAIL_OTP_CODE=pool.codes["ann"])

    assert (asked["ChallengeName"], empty[0], code_asked["ChallengeName"]) == (
        "MFA_SETUP",
        "InvalidParameter",
        "EMAIL_OTP",
    )
    assert (user.verified("email"), "AccessToken" in tokens["AuthenticationResult"]) == (True, True)


def test_a_new_password_brings_the_required_attributes(api: Api) -> None:
    """What is required and missing must come, what is there must not; a weak password leaves the challenge open."""
    pool = FakeUserPool(settings=Settings(required_attributes=frozenset({"email", "name"})))
    api, client = Api(pool), pool.add_client()
    user = pool.add_user("ann", "Temporary-1", attributes=EMAIL, status="FORCE_CHANGE_PASSWORD")
    asked = begin(api, client, "Temporary-1")

    def refused(**responses: str) -> str:
        return api.refused("RespondToAuthChallenge", **api.answer(client, asked, **responses))[0]

    missing = refused(NEW_PASSWORD=PASSWORD)
    weak = refused(NEW_PASSWORD="weak", **{"userAttributes.name": "Ann"})
    nothing = refused(**{"userAttributes.name": "Ann"})
    tokens = api.respond(client, asked, NEW_PASSWORD=PASSWORD, **{"userAttributes.name": "Ann"})

    assert json.loads(asked["ChallengeParameters"]["requiredAttributes"]) == ["userAttributes.name"]
    assert json.loads(asked["ChallengeParameters"]["userAttributes"])["email"] == "ann@example.com"
    assert (missing, weak, nothing) == ("InvalidParameter", "InvalidPassword", "InvalidParameter")
    assert (user.attributes["name"], user.status, "AccessToken" in tokens["AuthenticationResult"]) == (
        "Ann",
        "CONFIRMED",
        True,
    )


def test_a_required_attribute_that_is_there_cannot_be_changed(api: Api) -> None:
    """Cognito refuses the whole answer, and the session is used up."""
    pool = FakeUserPool(settings=Settings(required_attributes=frozenset({"email"})))
    api, client = Api(pool), pool.add_client()
    pool.add_user("ann", "Temporary-1", attributes=EMAIL, status="FORCE_CHANGE_PASSWORD")
    asked = begin(api, client, "Temporary-1")
    answer = api.answer(client, asked, NEW_PASSWORD=PASSWORD, **{"userAttributes.email": "x@example.com"})
    refusals = [api.refused("RespondToAuthChallenge", **answer) for _ in range(2)]

    assert refusals == [
        ("NotAuthorized", "Cannot modify an already provided email"),
        ("NotAuthorized", "Invalid session for the user."),
    ]


def test_a_challenge_is_answered_by_alias_or_internal_name(api: Api) -> None:
    """Where the user name is an e-mail address the internal name is the `sub`; challenges take either, proofs only that."""
    pool = FakeUserPool(settings=Settings(username_attributes=frozenset({"email"})))
    api, client = Api(pool), pool.add_client(secret=True)
    user = pool.add_user("Ann@Example.com", PASSWORD, mfa="totp")
    ann = SrpClient(identity=pool.name + user.sub, password=PASSWORD)
    proof = api.begin(client, "USER_SRP_AUTH", "ann@example.COM", SRP_A=ann.public)
    answer = ann.answer(proof["ChallengeParameters"], stamp(pool.clock.today()))
    asked = api.respond(client, proof, user.sub, **answer)
    tokens = api.respond(
        client, asked, "ann@example.com", SOFTWARE_TOKEN_MFA_CODE=pool.totp("ann@example.com")
    )

    assert (
        proof["ChallengeParameters"]["USERNAME"]
        == proof["ChallengeParameters"]["USER_ID_FOR_SRP"]
        == user.sub
    )
    assert "AccessToken" in tokens["AuthenticationResult"]
