"""What every group of operations stands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cognito_auth import _checks
from cognito_auth._values import NO_STRINGS
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.wire import Facts, Wire
from cognito_auth.users import CodeDelivery, UserContext

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime
    from cognito_auth.app_client import AppClient
    from cognito_auth.user_pool.fields import Fields


class Operations:
    """The base of every group of operations: which app client, and what carries its requests."""

    _app: AppClient
    _runtime: Runtime
    _facts: Facts

    @property
    def _wire(self) -> Wire:
        return Wire(self._app, self._runtime, self._facts)


def access_token_of(tokens: TokenSet | str) -> str:
    """The access token.

    Raises:
        UsageError: It is neither a token set nor a text.
    """
    if isinstance(tokens, TokenSet):
        return tokens.access_token
    return _checks.checked_secret_text(tokens, "tokens")


def refresh_token_of(tokens: TokenSet | str) -> str:
    """The refresh token.

    Raises:
        UsageError: It is neither a token set with one, nor a text.
    """
    if not isinstance(tokens, TokenSet):
        return _checks.checked_secret_text(tokens, "tokens")
    if tokens.refresh_token is None:
        raise UsageError(
            "tokens: these have no refresh token: expected the tokens of a user's sign-in (a machine asks for new ones)"
        )
    return tokens.refresh_token


def name_value_list(attributes: Mapping[str, str]) -> list[dict[str, str]] | None:
    """``[{"Name": …, "Value": …}]``; ``None`` where there is nothing."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()] or None


def about_the_call(
    client_metadata: Mapping[str, str] = NO_STRINGS,
    user_context: UserContext | None = None,
    analytics_endpoint_id: str | None = None,
) -> dict[str, Any]:
    """What a call says beside its job: to Lambda triggers, to threat protection, to Amazon Pinpoint.

    Raises:
        UsageError: ``client_metadata`` is no mapping of texts to texts.
    """
    return {
        "ClientMetadata": _checks.checked_texts(client_metadata, "client_metadata") or None,
        "UserContextData": user_context.to_wire() if user_context else None,
        "AnalyticsMetadata": {"AnalyticsEndpointId": analytics_endpoint_id}
        if analytics_endpoint_id
        else None,
    }


def delivery_of(details: Fields | None) -> CodeDelivery | None:
    """Where a code was sent."""
    if details is None:
        return None
    return CodeDelivery(
        destination=details.optional_text("Destination"),
        medium=details.optional_text("DeliveryMedium"),
        attribute=details.optional_text("AttributeName"),
    )
