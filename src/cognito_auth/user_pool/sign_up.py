"""Becoming a user."""

from __future__ import annotations

from collections.abc import Mapping

from cognito_auth import _checks
from cognito_auth._runtime.operation import operation
from cognito_auth._values import NO_STRINGS
from cognito_auth.errors import LimitExceeded
from cognito_auth.user_pool.base import Operations, about_the_call, delivery_of, name_value_list
from cognito_auth.users import CodeDelivery, SignUpReceipt, UserContext

CREATED_ANYWAY = (
    "The user was created nevertheless, unconfirmed; only the message was not sent. Wait, then use "
    "resend_confirmation_code; do not sign up again."
)


class SignUp(Operations):
    """Signing up and confirming."""

    @operation
    async def sign_up(
        self,
        username: str,
        password: str | None = None,
        *,
        attributes: Mapping[str, str] = NO_STRINGS,
        validation_data: Mapping[str, str] = NO_STRINGS,
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> SignUpReceipt:
        """A receipt for a new user, who is to be confirmed unless it says otherwise.

        Args:
            username: The name to be; an e-mail address or a telephone number where the pool has those as names.
            password: Not needed where the pool signs users in without one.
            attributes: Such as ``{"email": "ann@example.com"}``.
            validation_data: For the pre-sign-up trigger alone; not kept.
            client_metadata: For the pool's Lambda triggers.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            UsernameExists: The name is taken.
            InvalidPassword: The password does not meet the pool's policy.
            LimitExceeded: The user was created, but the pool may send no more messages for now.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came; whether the user was created is not known.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html
        """
        _checks.checked_username(username)
        content = {
            "Username": username,
            "Password": None if password is None else _checks.checked_secret_text(password, "password"),
            "UserAttributes": name_value_list(_checks.checked_attributes(attributes)),
            "ValidationData": name_value_list(_checks.checked_attributes(validation_data, "validation_data")),
            **about_the_call(client_metadata, user_context, analytics_endpoint_id),
        }
        try:
            answer = await self._wire.call_as_client(
                "SignUp", lambda proof: {"SecretHash": proof.hash(username), **content}
            )
        except LimitExceeded as error:
            error.advice = CREATED_ANYWAY
            raise
        return SignUpReceipt(
            user_id=answer.text("UserSub"),
            confirmed=answer.flag("UserConfirmed"),
            delivery=delivery_of(answer.child("CodeDeliveryDetails")),
            session=answer.optional_text("Session"),
        )

    @operation
    async def confirm_sign_up(
        self,
        username: str,
        code: str,
        *,
        session: str | None = None,
        force_alias_creation: bool = False,
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> str | None:
        """A session that signs the user in at once (``sign_in(method="choice", session=…)``), where the pool gives one.

        Args:
            username: As it was signed up.
            code: What the user was sent.
            session: ``SignUpReceipt.session``, where there is one.
            force_alias_creation: Take the e-mail address or telephone number over from another user who has it.
            client_metadata: For the pool's Lambda triggers.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            CodeMismatch: The code is wrong.
            ExpiredCode: The code is too old.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came; whether the user was confirmed is not known.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmSignUp.html
        """
        _checks.checked_username(username)
        content = {
            "Username": username,
            "ConfirmationCode": _checks.checked_code(code),
            "ForceAliasCreation": force_alias_creation or None,
            "Session": session,
            **about_the_call(client_metadata, user_context, analytics_endpoint_id),
        }
        answer = await self._wire.call_as_client(
            "ConfirmSignUp", lambda proof: {"SecretHash": proof.hash(username), **content}
        )
        return answer.optional_text("Session")

    @operation
    async def resend_confirmation_code(
        self,
        username: str,
        *,
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> CodeDelivery | None:
        """Where a new confirmation code was sent; the one before is worth nothing from now on.

        Args:
            username: As it was signed up.
            client_metadata: For the pool's Lambda triggers.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            LimitExceeded: Too many codes within the hour.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came; whether a code was sent is not known.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ResendConfirmationCode.html
        """
        _checks.checked_username(username)
        content = {
            "Username": username,
            **about_the_call(client_metadata, user_context, analytics_endpoint_id),
        }
        answer = await self._wire.call_as_client(
            "ResendConfirmationCode", lambda proof: {"SecretHash": proof.hash(username), **content}
        )
        return delivery_of(answer.child("CodeDeliveryDetails"))
