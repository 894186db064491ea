"""Chains of challenges: new password, MFA of every kind, its set-up, and the sessions that hold them together."""

import json
from typing import Any

import jwt
import pytest

from cognito_auth.testing import Callbacks, FakeUserPool, PasswordPolicy, Settings
from cognito_auth.testing.fake_user_pool.callbacks import (
    ChallengeResult,
    CustomAuthEvent,
    SignUpEvent,
    TokenEvent,
)
from cognito_auth.testing.fake_user_pool.state import Client
from support.srp_client import SrpClient

from .conftest import Api
from .test_srp import someone, stamp

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


# -- sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_expires(pool: FakeUserPool, api: Api) -> None:
    """It lives as long as the client says, three minutes if it says nothing."""
    pool.add_user("ann", PASSWORD, mfa="totp")
    for client, seconds in ((pool.add_client(), 180), (pool.add_client(session_seconds=900), 900)):
        asked = begin(api, client)
        pool.clock.advance(seconds)
        refused = api.refused(
            "RespondToAuthChallenge", **api.answer(client, asked, SOFTWARE_TOKEN_MFA_CODE=pool.totp("ann"))
        )
        assert refused == ("NotAuthorized", "Invalid session for the user, session is expired.")


@pytest.mark.parametrize("fault", ["other client", "other challenge", "other user", "invented", "missing"])
def test_a_session_is_bound(pool: FakeUserPool, api: Api, client: Client, fault: str) -> None:
    """To its client, its challenge and its user."""
    for name in ("ann", "bob"):
        pool.add_user(name, PASSWORD, mfa="sms", attributes=PHONE)
    asked = begin(api, client)
    call = api.answer(client, asked, SMS_MFA_CODE=pool.codes["ann"])
    match fault:
        case "other client":
            call["ClientId"] = pool.add_client().client_id
        case "other challenge":
            call["ChallengeName"] = "SMS_OTP"
            call["ChallengeResponses"]["SMS_OTP_CODE"] = pool.codes["ann"]
        case "other user":
            call["ChallengeResponses"]["USERNAME"] = "bob"
        case "invented":
            call["Session"] = "x" * 100
        case _:
            del call["Session"]

    assert api.refused("RespondToAuthChallenge", **call)[0] == (
        "InvalidParameter" if fault == "missing" else "NotAuthorized"
    )


def test_a_session_bears_a_few_wrong_answers(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Five wrong codes use it up."""
    pool.add_user("ann", PASSWORD, mfa="sms", attributes=PHONE)
    asked = begin(api, client)
    wrong = api.answer(client, asked, SMS_MFA_CODE="000")
    codes = [api.refused("RespondToAuthChallenge", **wrong)[0] for _ in range(6)]

    assert codes == ["CodeMismatch"] * 5 + ["NotAuthorized"]


def test_an_unanswerable_challenge_is_refused(pool: FakeUserPool, api: Api, client: Client) -> None:
    """ADMIN_NO_SRP_AUTH is for administrators."""
    call = {"ClientId": client.client_id, "ChallengeName": "ADMIN_NO_SRP_AUTH", "Session": "x" * 20}

    assert api.refused("RespondToAuthChallenge", **call)[0] == "InvalidParameter"


# -- flows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "flow",
    [
        "USER_PASSWORD_AUTH",
        "USER_SRP_AUTH",
        "USER_AUTH",
        "CUSTOM_AUTH",
        "REFRESH_TOKEN_AUTH",
        "ADMIN_NO_SRP_AUTH",
    ],
)
def test_a_flow_that_is_not_enabled_is_refused(pool: FakeUserPool, api: Api, flow: str) -> None:
    """A client may do what its flows say."""
    client = pool.add_client(flows=())

    assert api.refused("InitiateAuth", **api.initiate(client, flow, USERNAME="ann"))[0] == "InvalidParameter"


@pytest.mark.parametrize(
    "status, refusal",
    [
        ("UNCONFIRMED", "UserNotConfirmed"),
        ("RESET_REQUIRED", "PasswordResetRequired"),
        ("disabled", "NotAuthorized"),
    ],
)
def test_who_may_not_sign_in_is_told_after_the_right_password(
    pool: FakeUserPool, api: Api, client: Client, status: Any, refusal: str
) -> None:
    """Only who knows the password learns the user's state."""
    user = pool.add_user("ann", PASSWORD, status="CONFIRMED" if status == "disabled" else status)
    user.enabled = status != "disabled"
    codes = [
        api.refused(
            "InitiateAuth", **api.initiate(client, "USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=password)
        )
        for password in (PASSWORD, "wrong")
    ]

    assert (codes[0][0], codes[1]) == (refusal, ("NotAuthorized", "Incorrect username or password."))


def test_an_unknown_user_is_migrated(api: Api) -> None:
    """The migration function is asked with the plain password only, and once."""
    asked: list[tuple[str, str]] = []

    def migrate(username: str, password: str) -> dict[str, str] | None:
        asked.append((username, password))
        return {"email": "old@example.com"} if username == "old" else None

    pool = FakeUserPool(callbacks=Callbacks(user_migration=migrate))
    api, client = Api(pool), pool.add_client()
    for _ in range(2):
        api.begin(client, "USER_PASSWORD_AUTH", "old", PASSWORD=PASSWORD)
    refused = api.refused(
        "InitiateAuth", **api.initiate(client, "USER_PASSWORD_AUTH", USERNAME="new", PASSWORD=PASSWORD)
    )

    assert asked == [("old", PASSWORD), ("new", PASSWORD)]
    assert (pool.users["old"].attributes["email"], refused[0]) == ("old@example.com", "NotAuthorized")


# -- custom challenges ------------------------------------------------------------------------------------------------


class Riddles:
    """Two riddles, then tokens; three wrong answers fail."""

    def __init__(self) -> None:
        self.metadata: list[Any] = []

    def define(self, event: CustomAuthEvent) -> str:
        """What comes next."""
        self.metadata.append(dict(event.client_metadata))
        if event.history[:1] == (ChallengeResult("SRP_A", passed=True),) and len(event.history) == 1:
            return "PASSWORD_VERIFIER"
        passed = [each for each in event.history if each.name == "CUSTOM_CHALLENGE" and each.passed]
        failed = [each for each in event.history if not each.passed]
        return "FAIL" if len(failed) == 3 else "ISSUE_TOKENS" if len(passed) == 2 else "CUSTOM_CHALLENGE"

    def create(self, event: CustomAuthEvent) -> tuple[dict[str, str], dict[str, str]]:
        """A riddle and its answer."""
        return {"riddle": f"number {len(event.history)}"}, {"answer": "42"}

    def verify(self, event: CustomAuthEvent, answer: str, private: Any) -> bool:
        """Whether it is 42."""
        return bool(answer == private["answer"])

    def pool(self) -> FakeUserPool:
        """A pool that asks them."""
        return FakeUserPool(
            callbacks=Callbacks(
                define_auth_challenge=self.define,
                create_auth_challenge=self.create,
                verify_auth_challenge=self.verify,
            )
        )


def test_functions_lead_a_custom_sign_in() -> None:
    """Define, create and verify are asked in turn until there are tokens; metadata of each call reaches them."""
    riddles = Riddles()
    pool = riddles.pool()
    api, client = Api(pool), pool.add_client(secret=True)
    pool.add_user("ann", PASSWORD)
    first = api(
        "InitiateAuth", **api.initiate(client, "CUSTOM_AUTH", USERNAME="ann"), ClientMetadata={"step": "1"}
    )
    second = api(
        "RespondToAuthChallenge", **api.answer(client, first, ANSWER="42"), ClientMetadata={"step": "2"}
    )
    last = api.respond(client, second, ANSWER="42")

    assert (first["ChallengeName"], first["ChallengeParameters"]) == (
        "CUSTOM_CHALLENGE",
        {"riddle": "number 0", "USERNAME": "ann"},
    )
    assert riddles.metadata == [{"step": "1"}, {"step": "2"}, {}]
    assert "AccessToken" in last["AuthenticationResult"]


def test_wrong_answers_end_a_custom_sign_in() -> None:
    """When define says FAIL, that is the end."""
    pool = Riddles().pool()
    api, client = Api(pool), pool.add_client()
    pool.add_user("ann", PASSWORD)
    challenge = api.begin(client, "CUSTOM_AUTH")
    for _ in range(2):
        challenge = api.respond(client, challenge, ANSWER="wrong")

    assert (
        api.refused("RespondToAuthChallenge", **api.answer(client, challenge, ANSWER="wrong"))[0]
        == "NotAuthorized"
    )


def test_a_custom_sign_in_may_begin_with_srp() -> None:
    """CHALLENGE_NAME=SRP_A asks for the proof of the password first, now with a session."""
    pool = Riddles().pool()
    api, client = Api(pool), pool.add_client()
    pool.add_user("ann", PASSWORD)
    ann = someone(pool)
    proof = api.begin(client, "CUSTOM_AUTH", CHALLENGE_NAME="SRP_A", SRP_A=ann.public)
    riddle = api.respond(client, proof, **ann.answer(proof["ChallengeParameters"], stamp(pool.clock.today())))

    assert (proof["ChallengeName"], "Session" in proof, riddle["ChallengeName"]) == (
        "PASSWORD_VERIFIER",
        True,
        "CUSTOM_CHALLENGE",
    )


@pytest.mark.parametrize(
    "callbacks, refusal",
    [
        (Callbacks(), "InvalidParameter"),
        (Callbacks(define_auth_challenge=lambda _: "MAGIC"), "InvalidLambdaResponse"),
        (Callbacks(define_auth_challenge=lambda _: "PASSWORD_VERIFIER"), "InvalidLambdaResponse"),
        (Callbacks(define_auth_challenge=lambda _: "CUSTOM_CHALLENGE"), "InvalidLambdaResponse"),
        (Callbacks(define_auth_challenge=lambda _: str(1 // 0)), "UserLambdaValidation"),
        (Callbacks(define_auth_challenge=lambda _: "FAIL"), "NotAuthorized"),
    ],
)
def test_functions_that_go_wrong_are_answered_as_triggers_that_do(callbacks: Callbacks, refusal: str) -> None:
    """Nothing configured, nonsense returned, an exception: each has its own error."""
    pool = FakeUserPool(callbacks=callbacks)
    pool.add_user("ann", PASSWORD)
    api = Api(pool)

    assert (
        api.refused("InitiateAuth", **api.initiate(pool.add_client(), "CUSTOM_AUTH", USERNAME="ann"))[0]
        == refusal
    )


def test_nobody_has_no_custom_sign_in() -> None:
    """A hidden name is refused as a wrong password is."""
    pool = Riddles().pool()
    api = Api(pool)

    assert api.refused("InitiateAuth", **api.initiate(pool.add_client(), "CUSTOM_AUTH", USERNAME="nobody")) == (
        "NotAuthorized", "Incorrect username or password.",
    )  # fmt: skip


def test_a_custom_sign_in_does_not_go_on_for_ever() -> None:
    """A define function that never comes to an end is stopped."""
    pool = FakeUserPool(
        callbacks=Callbacks(
            define_auth_challenge=lambda _: "CUSTOM_CHALLENGE",
            create_auth_challenge=lambda _: ({}, {}),
            verify_auth_challenge=lambda *_: True,
        )
    )
    api, client = Api(pool), pool.add_client()
    pool.add_user("ann", PASSWORD)
    challenge = api.begin(client, "CUSTOM_AUTH")
    for _ in range(15):
        challenge = api.respond(client, challenge, ANSWER="x")

    assert (
        api.refused("RespondToAuthChallenge", **api.answer(client, challenge, ANSWER="x"))[0]
        == "NotAuthorized"
    )


# -- the other triggers -----------------------------------------------------------------------------------------------


def test_a_function_confirms_at_sign_up_or_refuses() -> None:
    """Pre sign-up sees name, attributes and metadata; what it raises is told to the caller."""

    def pre_sign_up(event: SignUpEvent) -> None:
        if not event.attributes["email"].endswith("@example.com"):
            raise ValueError("only for us")
        event.confirm = event.verify_email = event.verify_phone_number = (
            event.client_metadata["invited"] == "yes"
        )

    pool = FakeUserPool(callbacks=Callbacks(pre_sign_up=pre_sign_up))
    api = Api(pool)
    call = {
        "ClientId": pool.add_client().client_id,
        "Password": PASSWORD,
        "ClientMetadata": {"invited": "yes"},
    }
    good = api("SignUp", **call, Username="ann", UserAttributes=[{"Name": "email", "Value": "a@example.com"}])
    bad = api.refused(
        "SignUp", **call, Username="bob", UserAttributes=[{"Name": "email", "Value": "b@other.com"}]
    )

    assert (good["UserConfirmed"], pool.users["ann"].verified("email"), len(pool.outbox)) == (True, True, 0)
    assert (bad, pool.users.find("bob")) == (
        ("UserLambdaValidation", "PreSignUp failed with error only for us."),
        None,
    )


def test_a_function_changes_the_claims(pool: FakeUserPool) -> None:
    """Pre token generation sees why tokens are made, and may change both."""
    triggers: list[str] = []

    def customise(event: TokenEvent) -> None:
        triggers.append(event.trigger)
        event.access_claims["scope"] += " orders/read"
        event.id_claims["tenant"] = event.user.username
        del event.id_claims["jti"]

    pool.callbacks.pre_token_generation = customise
    api, client = Api(pool), pool.add_client()
    pool.add_user("ann", PASSWORD)
    result = begin(api, client)["AuthenticationResult"]
    api("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=result["RefreshToken"])
    access, identity = (
        jwt.decode(result[name], options={"verify_signature": False}) for name in ("AccessToken", "IdToken")
    )

    assert triggers == ["TokenGeneration_Authentication", "TokenGeneration_RefreshTokens"]
    assert (access["scope"], identity["tenant"], "jti" in identity) == (
        "aws.cognito.signin.user.admin orders/read",
        "ann",
        False,
    )


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
