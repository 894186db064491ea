"""The account of a user who has signed in: every operation here takes that user's tokens.

The access token needs the scope ``aws.cognito.signin.user.admin``: tokens of this API have it, those of the OAuth
endpoints only if it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from cognito_auth import _checks
from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import NO_STRINGS, required_text
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.base import (
    Operations,
    about_the_call,
    attributes_of,
    delivery_of,
    name_value_list,
)
from cognito_auth.users import AuthFactors, CodeDelivery, MfaOption, User


class Account(Operations):
    """A user's own attributes, settings and end."""

    @operation
    async def get_user(self, tokens: TokenSet | str) -> User:
        """The user whose tokens these are, with all attributes that the app client may read.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            NotAuthorized: The access token is expired, revoked, or lacks the scope.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html
        """
        answer = await self._as_user("GetUser", tokens, resend=Resend.SAFE)
        return User(
            username=answer.text("Username"),
            attributes=attributes_of(answer, "UserAttributes"),
            preferred_mfa=answer.optional_text("PreferredMfaSetting"),
            mfa_methods=answer.texts("UserMFASettingList"),
            mfa_options=tuple(
                MfaOption(
                    attribute=each.optional_text("AttributeName"), medium=each.optional_text("DeliveryMedium")
                )
                for each in answer.children("MFAOptions")
            ),
        )

    @operation
    async def get_user_auth_factors(self, tokens: TokenSet | str) -> AuthFactors:
        """What the user can sign in with.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            NotAuthorized: The access token is expired, revoked, or lacks the scope.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserAuthFactors.html
        """
        answer = await self._as_user("GetUserAuthFactors", tokens, resend=Resend.SAFE)
        return AuthFactors(
            username=answer.text("Username"),
            first_factors=answer.texts("ConfiguredUserAuthFactors"),
            preferred_mfa=answer.optional_text("PreferredMfaSetting"),
            mfa_methods=answer.texts("UserMFASettingList"),
        )

    @operation
    async def update_user_attributes(
        self,
        tokens: TokenSet | str,
        attributes: Mapping[str, str],
        *,
        client_metadata: Mapping[str, str] = NO_STRINGS,
    ) -> tuple[CodeDelivery, ...]:
        """Where codes were sent for addresses that changed and are to be verified; often nowhere.

        Args:
            tokens: The user's tokens, or the access token alone.
            attributes: What changes, such as ``{"email": "ann@example.org"}``.
            client_metadata: For the custom-message trigger.

        Raises:
            UsageError: There is no attribute, or one cannot be; nothing was sent.
            AliasExists: The address belongs to another user.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html
        """
        changes = name_value_list(_checks.checked_attributes(attributes))
        if changes is None:
            raise UsageError(
                "attributes: got none: expected at least one, such as {'email': 'ann@example.org'}"
            )
        content = {"UserAttributes": changes, **about_the_call(client_metadata)}
        answer = await self._as_user("UpdateUserAttributes", tokens, content)
        sent = (delivery_of(each) for each in answer.children("CodeDeliveryDetailsList"))
        return tuple(delivery for delivery in sent if delivery is not None)

    @operation
    async def delete_user_attributes(self, tokens: TokenSet | str, names: str | Iterable[str]) -> None:
        """Take attributes away from the user.

        Args:
            tokens: The user's tokens, or the access token alone.
            names: One name or several; ``"custom:"`` stands before those of the pool's own.

        Raises:
            UsageError: There is no name, or one cannot be; nothing was sent.
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserAttributes.html
        """
        content = {"UserAttributeNames": _checks.checked_attribute_names(names, "names")}
        await self._as_user("DeleteUserAttributes", tokens, content)

    @operation
    async def get_user_attribute_verification_code(
        self, tokens: TokenSet | str, attribute: str, *, client_metadata: Mapping[str, str] = NO_STRINGS
    ) -> CodeDelivery | None:
        """Where a code was sent that proves the address, for ``verify_user_attribute``.

        Args:
            tokens: The user's tokens, or the access token alone.
            attribute: ``"email"`` or ``"phone_number"``.
            client_metadata: For the custom-message trigger.

        Raises:
            UsageError: The attribute cannot be; nothing was sent.
            LimitExceeded: Too many codes within the hour.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserAttributeVerificationCode.html
        """
        content = {
            "AttributeName": _checks.checked_attribute_name(attribute, "attribute"),
            **about_the_call(client_metadata),
        }
        answer = await self._as_user("GetUserAttributeVerificationCode", tokens, content, resend=Resend.NEVER)
        return delivery_of(answer.child("CodeDeliveryDetails"))

    @operation
    async def verify_user_attribute(self, tokens: TokenSet | str, attribute: str, code: str) -> None:
        """Prove that an address is the user's, with the code that was sent there.

        Args:
            tokens: The user's tokens, or the access token alone.
            attribute: ``"email"`` or ``"phone_number"``.
            code: What the user was sent.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            CodeMismatch: The code is wrong.
            ExpiredCode: The code is too old.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifyUserAttribute.html
        """
        content = {
            "AttributeName": _checks.checked_attribute_name(attribute, "attribute"),
            "Code": _checks.checked_code(code),
        }
        await self._as_user("VerifyUserAttribute", tokens, content, resend=Resend.NEVER)

    @operation
    async def set_user_settings(self, tokens: TokenSet | str, mfa_options: Iterable[MfaOption]) -> None:
        """Set the older kind of text-message factor. ``set_user_mfa_preference`` has taken its place.

        Args:
            tokens: The user's tokens, or the access token alone.
            mfa_options: All of them; none switches it off.

        Raises:
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserSettings.html
        """
        options = [{"AttributeName": each.attribute, "DeliveryMedium": each.medium} for each in mfa_options]
        await self._as_user("SetUserSettings", tokens, {"MFAOptions": options})

    @operation
    async def global_sign_out(self, tokens: TokenSet | str) -> None:
        """Sign the user out everywhere: every refresh token ends, and the service refuses every access token.

        Whoever verifies tokens by their signature accepts them until they expire.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            NotAuthorized: The access token is expired or revoked.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GlobalSignOut.html
        """
        await self._as_user("GlobalSignOut", tokens, resend=Resend.SAFE)

    @operation
    async def delete_user(self, tokens: TokenSet | str) -> None:
        """The end of the user's account.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            NotAuthorized: The access token is expired or revoked.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came; whether the user is gone is not known.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUser.html
        """
        await self._as_user("DeleteUser", tokens)

    @operation
    async def update_auth_event_feedback(
        self, username: str, *, event_id: str, feedback_token: str, feedback: Literal["Valid", "Invalid"]
    ) -> None:
        """Tell the pool's threat protection whether a sign-in was the user's own.

        Args:
            username: Whose sign-in.
            event_id: From the message that the user was sent.
            feedback_token: From the same message.
            feedback: ``"Valid"`` if it was the user's own.

        Raises:
            UsageError: The app client has no pool id, or an argument cannot be right; nothing was sent.
            UserPoolAddOnNotEnabled: The pool has no threat protection.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateAuthEventFeedback.html
        """
        content = {
            "UserPoolId": self._app.required_pool_id("update_auth_event_feedback"),
            "Username": _checks.checked_username(username),
            "EventId": required_text(event_id, "event_id", "the event's id"),
            "FeedbackToken": _checks.checked_secret_text(feedback_token, "feedback_token"),
            "FeedbackValue": feedback,
        }
        await self._wire.call("UpdateAuthEventFeedback", content, resend=Resend.REFUSED)
