"""New tokens for old, and the end of them."""

import datetime
from typing import Any

import attrs
import pytest

from cognito_auth import AppClient, AuthorizationServer, TokenSet, errors
from cognito_auth.tokens import aware
from support.scripted_runtime import START, Scripted, Turn, posts, reply

PUBLIC = AppClient(client_id="web1", region="eu-west-1", domain="auth.example.com")
OLD = TokenSet(
    access_token="a1",
    id_token="i1",
    refresh_token="r1",
    expires_at=datetime.datetime.now(datetime.UTC),
    id_expires_at=datetime.datetime.now(datetime.UTC),
    device_key="eu-west-1_device",
)
REFRESH = {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "web1"}
REVOKE = {"token": "r1", "client_id": "web1"}


def refreshing(answer: object, **fields: str) -> Turn:
    """The request for new tokens, and its answer."""
    return posts("https://auth.example.com/oauth2/token", {**REFRESH, **fields}, answer=answer)


def revoking(answer: object) -> Turn:
    """The request that ends a sign-in, and its answer."""
    return posts("https://auth.example.com/oauth2/revoke", REVOKE, answer=answer)


def test_an_answer_without_a_refresh_token_keeps_the_old_one(scripted: Scripted) -> None:
    """Without rotation none comes; the device that the tokens belong to is kept too."""
    runtime = scripted(refreshing({"access_token": "a2", "id_token": "i2", "expires_in": 60}))
    tokens = runtime.under(AuthorizationServer(PUBLIC)).refresh(OLD)
    expected = attrs.evolve(
        OLD,
        access_token="a2",
        id_token="i2",
        expires_at=aware(START + 60),
        id_expires_at=aware(START + 60),
    )
    assert expected == tokens


def test_a_rotated_refresh_token_takes_the_place_of_the_old_one(scripted: Scripted) -> None:
    """A refresh token alone can be given too; client metadata goes along."""
    runtime = scripted(
        refreshing(
            {"access_token": "a2", "refresh_token": "r2", "expires_in": 60}, aws_client_metadata='{"a": "b"}'
        )
    )
    tokens = runtime.under(AuthorizationServer(PUBLIC)).refresh("r1", client_metadata={"a": "b"})
    assert ("r2", None) == (tokens.refresh_token, tokens.device_key)


def test_a_public_client_sends_its_id_and_no_credentials(scripted: Scripted) -> None:
    """RFC 6749 §3.2.1."""
    runtime = scripted(refreshing({"access_token": "a2", "expires_in": 60}))
    runtime.under(AuthorizationServer(PUBLIC)).refresh(OLD)
    assert "authorization" not in runtime.requests[0].headers


def test_a_lost_answer_to_a_refresh_is_not_asked_for_again(scripted: Scripted) -> None:
    """With rotation the second request would look like a stolen token, and end the session."""
    runtime = scripted(refreshing(errors.TransportError("lost", phase="waiting")))
    with pytest.raises(errors.TransportError):
        runtime.under(AuthorizationServer(PUBLIC)).refresh(OLD)


def test_a_failing_server_is_not_asked_to_refresh_again(scripted: Scripted) -> None:
    """Nobody knows what it did before it failed."""
    runtime = scripted(refreshing(reply(b"", status=500)))
    with pytest.raises(errors.UnexpectedReply):
        runtime.under(AuthorizationServer(PUBLIC)).refresh(OLD)


def test_an_ended_session_says_to_sign_in_again(scripted: Scripted) -> None:
    """The remedy is on the class."""
    runtime = scripted(refreshing(reply({"error": "invalid_grant"}, status=400)))
    with pytest.raises(errors.InvalidGrant) as caught:
        runtime.under(AuthorizationServer(PUBLIC)).refresh(OLD)
    assert errors.Remedy.SIGN_IN_AGAIN is caught.value.remedy


@pytest.mark.parametrize("tokens", [OLD, "r1"], ids=["set", "text"])
def test_revoking_sends_the_refresh_token(scripted: Scripted, tokens: TokenSet | str) -> None:
    """Cognito answers 200 with nothing."""
    runtime = scripted(revoking(reply(b"")))
    runtime.under(AuthorizationServer(PUBLIC)).revoke(tokens)
    assert "authorization" not in runtime.requests[0].headers


def test_a_lost_revocation_is_sent_again(scripted: Scripted) -> None:
    """Doing it twice is the same as once."""
    runtime = scripted(revoking(errors.TransportError("lost", phase="reading")), revoking(reply(b"")))
    runtime.under(AuthorizationServer(PUBLIC)).revoke(OLD)


@pytest.mark.parametrize("operation", ["refresh", "revoke"])
@pytest.mark.parametrize(
    "tokens", [attrs.evolve(OLD, refresh_token=None), "", None], ids=["set", "empty", "none"]
)
def test_without_a_refresh_token_nothing_is_sent(scripted: Scripted, operation: str, tokens: Any) -> None:
    """A machine's tokens have none."""
    with pytest.raises(errors.UsageError, match=r"^tokens: "):
        getattr(scripted().under(AuthorizationServer(PUBLIC)), operation)(tokens)
