"""The operations of the token and revocation endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cognito_auth._runtime.operation import operation
from cognito_auth._values import NO_STRINGS
from cognito_auth.authorization_server import endpoints
from cognito_auth.authorization_server.base import Conversing
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet


class TokenEndpoint(Conversing):
    """Tokens for machines, new tokens for old, and the end of them."""

    @operation
    async def client_credentials(
        self,
        *,
        scopes: str | Iterable[str] = (),
        client_metadata: Mapping[str, str] = NO_STRINGS,
        resource: None = None,
    ) -> TokenSet:
        """An access token for a machine: the app client itself, no user (RFC 6749 §4.4).

        AWS charges for each token. A :class:`~cognito_auth.TokenSource` keeps one until shortly before it ends.

        Args:
            scopes: Resource-server scopes, such as ``{"orders/read"}``; none for all that the app client has. An
                identifier may be an address: ``"https://api.example.com/prod/orders.read"``.
            client_metadata: Given to the pool's pre token generation trigger (version 3 or later).
            resource: Not available for this grant; it is here to say so.

        Returns:
            A set with an access token alone.

        Raises:
            UsageError: The app client has no secret or no domain, a scope cannot be one, or ``resource`` is given.
            ScopeNotGranted: The token lacks a scope that was asked for.
            InvalidClient: The client id is unknown or its secret is wrong.
            OAuthError: The service refused in another way.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
        """
        if resource is not None:
            raise UsageError(
                "resource: not available for client credentials, where Cognito ignores it: use scopes of a resource "
                "server; a login takes it, authorize(…, resource=…)"
            )
        return await endpoints.client_credentials(
            self._runtime,
            self._app,
            scopes=scopes,
            client_metadata=client_metadata,
            client_authentication=self._client_authentication,
        )

    @operation
    async def refresh(
        self, tokens: TokenSet | str, *, client_metadata: Mapping[str, str] = NO_STRINGS
    ) -> TokenSet:
        """New tokens of the same sign-in (RFC 6749 §6).

        With rotation the answer has a new refresh token and the old one ends after a grace of at most 60 seconds;
        without, the set keeps the one it had. Where the pool remembers devices, tokens of the JSON API are
        refreshed there: ``UserPool.refresh``.

        Args:
            tokens: The present set, or a refresh token.
            client_metadata: Given to the pool's triggers.

        Raises:
            UsageError: There is no refresh token in the set.
            InvalidGrant: The refresh token is expired, revoked, used up or another client's: sign in again.
            OAuthError: The service refused in another way.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
        """
        return await endpoints.refresh(
            self._runtime,
            self._app,
            tokens,
            client_metadata=client_metadata,
            client_authentication=self._client_authentication,
        )

    @operation
    async def revoke(self, tokens: TokenSet | str) -> None:
        """The end of a sign-in: its refresh token, and every access and ID token from it (RFC 7009).

        Who verifies tokens without asking the service accepts an access token until it expires.

        Args:
            tokens: The set, or its refresh token. One that is revoked or unknown already is no error.

        Raises:
            UsageError: There is no refresh token in the set.
            UnsupportedRevocation: The text is not a refresh token.
            OAuthError: The service refused in another way.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
        """
        await endpoints.revoke(
            self._runtime, self._app, tokens, client_authentication=self._client_authentication
        )
