"""The sessions that hold a sign-in together, and the flows that begin one."""

from typing import Any

import pytest

from cognito_auth.testing import Callbacks, FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api

PASSWORD = "Correct-horse 1"
PHONE = {"phone_number": "+15550001234"}


def begin(api: Api, client: Client, password: str = PASSWORD, **more: str) -> Any:
    """A sign-in with the plain password."""
    return api.begin(client, "USER_PASSWORD_AUTH", PASSWORD=password, **more)


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
