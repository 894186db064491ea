"""New tokens for a refresh token, and the end of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from cognito_auth import _checks
from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import NO_STRINGS
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet, unverified_claims
from cognito_auth.user_pool.base import Operations, refresh_token_of
from cognito_auth.user_pool.device_management import checked_device_key
from cognito_auth.user_pool.results import tokens_of
from cognito_auth.users import Device

if TYPE_CHECKING:
    from cognito_auth.user_pool.wire import ClientProof, Wire


async def refresh(
    wire: Wire,
    tokens: TokenSet | str,
    *,
    device: Device | str | None = None,
    username: str | None = None,
    legacy: bool = False,
    client_metadata: Mapping[str, str] = NO_STRINGS,
) -> TokenSet:
    """New tokens for a refresh token; see :meth:`Refreshing.refresh`."""
    refresh_token, device_key = refresh_token_of(tokens), _device_key(tokens, device)
    metadata = _checks.checked_texts(client_metadata, "client_metadata") or None
    name = _internal_name(tokens, username) if legacy and wire.app.client_secret is not None else ""

    def older(proof: ClientProof) -> dict[str, Any]:
        parameters = {
            "REFRESH_TOKEN": refresh_token,
            "DEVICE_KEY": device_key,
            "SECRET_HASH": proof.hash(name),
        }
        given = {key: value for key, value in parameters.items() if value is not None}
        return {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": given, "ClientMetadata": metadata}

    def newer(proof: ClientProof) -> dict[str, Any]:
        return {
            "ClientSecret": proof.secret,
            "RefreshToken": refresh_token,
            "DeviceKey": device_key,
            "ClientMetadata": metadata,
        }

    answer = await wire.call_as_client(
        "InitiateAuth" if legacy else "GetTokensFromRefreshToken",
        older if legacy else newer,
        # With rotation a repeated request may find its token used up, and the answer with the next one is lost.
        resend=Resend.SAFE if wire.facts.rotation_is_off else Resend.REFUSED,
    )
    result = answer.child("AuthenticationResult")
    if result is None:
        raise answer.refused("the answer has no AuthenticationResult")
    wire.facts.rotation_is_off = result.optional_text("RefreshToken") is None
    return tokens_of(result, now=wire.runtime.now(), refresh_token=refresh_token, device_key=device_key)


def _device_key(tokens: TokenSet | str, device: Device | str | None) -> str | None:
    if isinstance(device, Device):
        return device.key
    if device is not None:
        return checked_device_key(device, "device")
    return tokens.device_key if isinstance(tokens, TokenSet) else None


def _internal_name(tokens: TokenSet | str, username: str | None) -> str:
    """The ``username`` claim: the name that the secret hash of a refresh is made over, whatever signed in.

    Raises:
        UsageError: There is no access token, or it does not say.
    """
    claims = unverified_claims(tokens.access_token) if isinstance(tokens, TokenSet) else {}
    name = username or claims.get("username")
    if not isinstance(name, str):
        raise UsageError(
            "username: legacy=True with a client secret needs the internal user name: expected a TokenSet whose access "
            "token names it, or username= beside the refresh token (or leave legacy out: the newer operation needs none)"
        )
    return name


async def revoke_token(
    wire: Wire, tokens: TokenSet | str, *, associated_sessions: Literal["NONE", "LINKED"] | None = None
) -> None:
    """End a refresh token; see :meth:`Refreshing.revoke_token`."""
    content = {"Token": refresh_token_of(tokens), "RevokeAssociatedSessions": associated_sessions}
    await wire.call_as_client(
        "RevokeToken", lambda proof: {"ClientSecret": proof.secret, **content}, resend=Resend.SAFE
    )


class Refreshing(Operations):
    """Refresh tokens."""

    @operation
    async def refresh(
        self,
        tokens: TokenSet | str,
        *,
        device: Device | str | None = None,
        username: str | None = None,
        legacy: bool = False,
        client_metadata: Mapping[str, str] = NO_STRINGS,
    ) -> TokenSet:
        """New tokens. Without rotation the refresh token stays the same one.

        Args:
            tokens: The tokens of a sign-in, or a refresh token alone.
            device: The remembered device that they belong to, or its key; a ``TokenSet`` remembers it.
            username: The internal user name; only ``legacy`` with a client secret and a bare refresh token needs it.
            legacy: Use ``REFRESH_TOKEN_AUTH`` in place of ``GetTokensFromRefreshToken``. It cannot work where the
                app client rotates refresh tokens.
            client_metadata: For the pre-token-generation trigger.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            NotAuthorized: The refresh token is expired, revoked, or belongs to a device that was not named.
            RefreshTokenReuse: Rotation had replaced the refresh token already.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
        """
        return await refresh(
            self._wire,
            tokens,
            device=device,
            username=username,
            legacy=legacy,
            client_metadata=client_metadata,
        )

    @operation
    async def revoke_token(
        self, tokens: TokenSet | str, *, associated_sessions: Literal["NONE", "LINKED"] | None = None
    ) -> None:
        """End a refresh token, and every access token that came from it, where the app client has that enabled.

        Args:
            tokens: The tokens of a sign-in, or a refresh token alone.
            associated_sessions: ``"LINKED"`` ends the single sign-on session too, ``"NONE"`` only this one.

        Raises:
            UsageError: There is no refresh token.
            UnsupportedTokenType: It is not a refresh token.
            UnsupportedOperation: The app client has revocation switched off.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
        """
        await revoke_token(self._wire, tokens, associated_sessions=associated_sessions)
