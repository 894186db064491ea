"""Python functions in the place of Lambda triggers: custom sign-in, sign-up, tokens."""

from typing import Any

import jwt
import pytest

from cognito_auth.testing import Callbacks, FakeUserPool
from cognito_auth.testing.fake_user_pool.callbacks import (
    ChallengeResult,
    CustomAuthEvent,
    SignUpEvent,
    TokenEvent,
)
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api
from .test_srp import someone, stamp

PASSWORD = "Correct-horse 1"


def begin(api: Api, client: Client, password: str = PASSWORD, **more: str) -> Any:
    """A sign-in with the plain password."""
    return api.begin(client, "USER_PASSWORD_AUTH", PASSWORD=password, **more)


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
