"""What every group of operations stands on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cognito_auth import _checks
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import NO_STRINGS
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.wire import Facts, Wire
from cognito_auth.users import CodeDelivery, UserContext

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime
    from cognito_auth.app_client import AppClient
    from cognito_auth.user_pool.fields import Fields

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_LONGEST_LIST: Final = 10_000


class Operations:
    """The base of every group of operations: which app client, and what carries its requests."""

    _app: AppClient
    _runtime: Runtime
    _facts: Facts

    @property
    def _wire(self) -> Wire:
        return Wire(self._app, self._runtime, self._facts)

    async def _as_user(
        self,
        operation: str,
        tokens: TokenSet | str,
        content: Mapping[str, Any] = NOTHING,
        *,
        resend: Resend = Resend.REFUSED,
    ) -> Fields:
        """The answer of an operation that takes the user's access token, in the body."""
        given = {"AccessToken": access_token_of(tokens), **content}
        return await self._wire.call(operation, given, resend=resend)

    async def _whole_list(
        self,
        operation: str,
        tokens: TokenSet | str,
        *,
        members: str,
        page: str,
        size: Mapping[str, int] = NOTHING,
    ) -> tuple[Fields, ...]:
        """Every member of a list that comes in pages.

        Args:
            operation: Its name.
            tokens: The user's.
            members: The answer's member that holds a part of the list.
            page: The member that names the next page, in the answer and in the next input.
            size: The input that asks for the largest pages.

        Raises:
            UnexpectedReply: The pages do not end.
        """
        found: list[Fields] = []
        content: dict[str, Any] = dict(size)
        while True:
            answer = await self._as_user(operation, tokens, content, resend=Resend.SAFE)
            found.extend(answer.children(members))
            following = answer.optional_text(page)
            if not following:
                return tuple(found)
            if following == content.get(page) or len(found) > _LONGEST_LIST:
                raise answer.refused("the list does not end: its pages repeat, or are too many")
            content[page] = following


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


def attributes_of(answer: Fields, member: str) -> Mapping[str, str]:
    """``[{"Name": …, "Value": …}]`` as a read-only mapping; an attribute without a value is an empty text."""
    found = {each.text("Name"): each.optional_text("Value") or "" for each in answer.children(member)}
    return MappingProxyType(found)
