"""Tokens without a user: an app client's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cognito_auth import _checks
from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import NO_STRINGS, scope_set
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.base import Operations
from cognito_auth.user_pool.results import tokens_of

if TYPE_CHECKING:
    from cognito_auth.user_pool.wire import Wire


async def get_client_token(
    wire: Wire, *, scopes: str | Iterable[str] = (), client_metadata: Mapping[str, str] = NO_STRINGS
) -> TokenSet:
    """A machine's token; see :meth:`Machines.get_client_token`."""
    if wire.app.client_secret is None:
        raise UsageError(
            "client_secret: this app client has none, and a machine's token needs one: expected AppClient(…, client_secret=…)"
        )
    content = {
        "Scopes": sorted(scope_set(scopes)) or None,
        "ClientMetadata": _checks.checked_texts(client_metadata, "client_metadata") or None,
    }
    answer = await wire.call_as_client(
        "GetClientToken",
        lambda proof: {"Secret": proof.secret, **content},
        # Each token is charged for: https://aws.amazon.com/cognito/pricing/
        resend=Resend.UNANSWERED,
    )
    result = answer.child("ClientAuthenticationResult")
    if result is None:
        raise answer.refused("the answer has no ClientAuthenticationResult")
    return tokens_of(result, now=wire.runtime.now())


class Machines(Operations):
    """Tokens for an app client itself."""

    @operation
    async def get_client_token(
        self, *, scopes: str | Iterable[str] = (), client_metadata: Mapping[str, str] = NO_STRINGS
    ) -> TokenSet:
        """An access token for a machine, without a domain. The app client's only flow must be ``ALLOW_CLIENT_TOKEN_AUTH``.

        Args:
            scopes: What to ask for; all that the app client may have, if not given. ``TokenSet.scopes`` has what was
                granted.
            client_metadata: For the pre-token-generation trigger.

        Raises:
            UsageError: The app client has no secret, or a scope cannot be one; nothing was sent.
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetClientToken.html
        """
        return await get_client_token(self._wire, scopes=scopes, client_metadata=client_metadata)
