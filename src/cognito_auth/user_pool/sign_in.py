"""Signing in, on both faces."""

from __future__ import annotations

from collections.abc import Mapping

from cognito_auth._runtime.operation import operation
from cognito_auth._values import NO_STRINGS
from cognito_auth.challenges import Challenge
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool import conversation
from cognito_auth.user_pool.base import Operations
from cognito_auth.users import UserContext


class SignIn(Operations):
    """Signing in and answering challenges."""

    @operation
    async def sign_in(
        self,
        username: str,
        password: str,
        *,
        method: conversation.Method = "password",
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> TokenSet | Challenge:
        """Tokens, or the first challenge that only the user can answer.

        Args:
            username: Any name that the pool lets users sign in with.
            password: The user's.
            method: How to prove the password: ``"password"`` sends it, encrypted by TLS alone.
            client_metadata: For the pool's Lambda triggers.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            ServiceError: The service refused: ``NotAuthorized`` for a wrong name or password, ``UserNotConfirmed``, …
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
        """
        return await conversation.sign_in(
            self._wire,
            username,
            password,
            method=method,
            client_metadata=client_metadata,
            user_context=user_context,
            analytics_endpoint_id=analytics_endpoint_id,
        )
