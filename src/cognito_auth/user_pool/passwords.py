"""Passwords that change, and passwords that were forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from cognito_auth import _checks
from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import NO_STRINGS
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.base import Operations, about_the_call, delivery_of
from cognito_auth.users import CodeDelivery, UserContext


class Passwords(Operations):
    """Changing a password, and setting a new one with a code."""

    @operation
    async def change_password(
        self, tokens: TokenSet | str, *, previous_password: str | None = None, proposed_password: str
    ) -> None:
        """Give the user who is signed in another password.

        Args:
            tokens: The user's tokens, or the access token alone.
            previous_password: The present one; a user who has none yet leaves it out.
            proposed_password: The new one.

        Raises:
            UsageError: A password is empty; nothing was sent.
            NotAuthorized: The present password is wrong, or the access token is no longer good.
            InvalidPassword: The new password does not meet the pool's policy.
            LimitExceeded: Too many changes within the hour.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came; which password counts is not known.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
        """
        present = previous_password
        content = {
            "PreviousPassword": None
            if present is None
            else _checks.checked_secret_text(present, "previous_password"),
            "ProposedPassword": _checks.checked_secret_text(proposed_password, "proposed_password"),
        }
        await self._as_user("ChangePassword", tokens, content, resend=Resend.NEVER)

    @operation
    async def forgot_password(
        self,
        username: str,
        *,
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> CodeDelivery | None:
        """Where a code was sent that allows a new password.

        A pool that hides which users exist answers in the same way for those who do not.

        Args:
            username: Whose password.
            client_metadata: For the pool's Lambda triggers.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: The name cannot be; nothing was sent.
            InvalidParameter: The user has no verified address to send a code to.
            LimitExceeded: Too many codes within the hour.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgotPassword.html
        """
        _checks.checked_username(username)
        content = {
            "Username": username,
            **about_the_call(client_metadata, user_context, analytics_endpoint_id),
        }
        answer = await self._wire.call_as_client(
            "ForgotPassword", lambda proof: {"SecretHash": proof.hash(username), **content}
        )
        return delivery_of(answer.child("CodeDeliveryDetails"))

    @operation
    async def confirm_forgot_password(
        self,
        username: str,
        code: str,
        password: str,
        *,
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> None:
        """Set a new password with the code that ``forgot_password`` sent.

        Args:
            username: Whose password.
            code: What the user was sent.
            password: The new one.
            client_metadata: For the pool's Lambda triggers.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            CodeMismatch: The code is wrong.
            ExpiredCode: The code is too old.
            InvalidPassword: The new password does not meet the pool's policy.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came; which password counts is not known.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html
        """
        _checks.checked_username(username)
        content = {
            "Username": username,
            "ConfirmationCode": _checks.checked_code(code),
            "Password": _checks.checked_secret_text(password, "password"),
            **about_the_call(client_metadata, user_context, analytics_endpoint_id),
        }
        await self._wire.call_as_client(
            "ConfirmForgotPassword", lambda proof: {"SecretHash": proof.hash(username), **content}
        )
