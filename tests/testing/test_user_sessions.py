"""Signing out, listing and ending sign-ins, feedback on suspicious ones."""

import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api

PASSWORD = "Correct-horse 1"


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
