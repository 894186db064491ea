"""Passkeys of a user who has signed in (https://www.w3.org/TR/webauthn-3/)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_auth import _checks
from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import required_text
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.base import Operations
from cognito_auth.users import WebAuthnCredential


class Passkeys(Operations):
    """Registering, listing and deleting passkeys."""

    @operation
    async def start_web_authn_registration(self, tokens: TokenSet | str) -> dict[str, Any]:
        """The options for ``navigator.credentials.create``, as ``parseCreationOptionsFromJSON`` takes them.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            WebAuthnNotEnabled: The pool does not offer passkeys.
            WebAuthnConfigurationMissing: The pool has no relying-party id.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StartWebAuthnRegistration.html
        """
        answer = await self._as_user("StartWebAuthnRegistration", tokens)
        return answer.document("CredentialCreationOptions")

    @operation
    async def complete_web_authn_registration(
        self, tokens: TokenSet | str, credential: Mapping[str, Any] | str
    ) -> None:
        """Register the passkey that the user's device has made.

        Args:
            tokens: The tokens that the registration was begun with, or the access token alone.
            credential: What ``PublicKeyCredential.toJSON()`` gives, as an object or its JSON text.

        Raises:
            UsageError: The credential is not JSON; nothing was sent.
            WebAuthnChallengeNotFound: The registration took too long.
            WebAuthnOriginNotAllowed: The page's origin does not match the relying party.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came; whether it is registered is not known.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CompleteWebAuthnRegistration.html
        """
        content = {"Credential": _checks.credential_document(credential)}
        await self._as_user("CompleteWebAuthnRegistration", tokens, content, resend=Resend.NEVER)

    @operation
    async def list_web_authn_credentials(self, tokens: TokenSet | str) -> tuple[WebAuthnCredential, ...]:
        """Every passkey of the user.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListWebAuthnCredentials.html
        """
        members = await self._whole_list(
            "ListWebAuthnCredentials",
            tokens,
            members="Credentials",
            page="NextToken",
            size={"MaxResults": 20},
        )
        return tuple(
            WebAuthnCredential(
                credential_id=each.text("CredentialId"),
                name=each.optional_text("FriendlyCredentialName"),
                relying_party_id=each.optional_text("RelyingPartyId"),
                attachment=each.optional_text("AuthenticatorAttachment"),
                transports=each.texts("AuthenticatorTransports"),
                created_at=each.moment("CreatedAt"),
            )
            for each in members
        )

    @operation
    async def delete_web_authn_credential(self, tokens: TokenSet | str, credential_id: str) -> None:
        """The end of a passkey at this pool; the user's device may keep its half.

        Args:
            tokens: The user's tokens, or the access token alone.
            credential_id: From ``list_web_authn_credentials``.

        Raises:
            UsageError: The id is empty; nothing was sent.
            ResourceNotFound: The user has no such passkey.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteWebAuthnCredential.html
        """
        content = {"CredentialId": required_text(credential_id, "credential_id", "the passkey's id")}
        await self._as_user("DeleteWebAuthnCredential", tokens, content)
