"""Signing in: from the first request to tokens, or to a challenge that only the user can answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from cognito_auth import _checks
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import NO_STRINGS
from cognito_auth.challenges import Challenge
from cognito_auth.errors import UsageError
from cognito_auth.user_pool.base import about_the_call
from cognito_auth.user_pool.results import tokens_of

if TYPE_CHECKING:
    from cognito_auth.tokens import TokenSet
    from cognito_auth.user_pool.fields import Fields
    from cognito_auth.user_pool.wire import Wire
    from cognito_auth.users import UserContext

Method = Literal["password"]


async def sign_in(
    wire: Wire,
    username: str,
    password: str,
    *,
    method: Method = "password",
    client_metadata: Mapping[str, str] = NO_STRINGS,
    user_context: UserContext | None = None,
    analytics_endpoint_id: str | None = None,
) -> TokenSet | Challenge:
    """The tokens of a user, or the first challenge that only the user can answer.

    Raises:
        UsageError: An argument cannot be right; nothing was sent.
        ServiceError: The service refused.
        TransportError: No whole answer came.
    """
    if method != "password":
        raise UsageError(f"method: got {method!r}: expected 'password'")
    _checks.checked_username(username)
    answer = await wire.call(
        "InitiateAuth",
        {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": wire.app.client_id,
            "AuthParameters": _texts(
                USERNAME=username,
                PASSWORD=_checks.checked_secret_text(password, "password"),
                SECRET_HASH=wire.secret_hash(username),
            ),
            **about_the_call(client_metadata, user_context, analytics_endpoint_id),
        },
        resend=Resend.REFUSED,
    )
    return outcome_of(wire, username, answer)


def outcome_of(wire: Wire, username: str, answer: Fields) -> TokenSet | Challenge:
    """What an answer of a sign-in holds."""
    result = answer.child("AuthenticationResult")
    if result is not None:
        return tokens_of(result, now=wire.runtime.now())
    parameters = answer.text_map("ChallengeParameters")
    return Challenge(
        name=answer.text("ChallengeName"),
        username=parameters.get("USERNAME") or parameters.get("USER_ID_FOR_SRP") or username,
        parameters=parameters,
        session=answer.optional_text("Session"),
    )


def _texts(**members: str | None) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
