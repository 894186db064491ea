"""Where a user is signed in, in a pool that tracks it."""

from __future__ import annotations

import re
from typing import Final, Literal

from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.base import Operations
from cognito_auth.user_pool.fields import Fields
from cognito_auth.users import UserSession

_SESSION_ID: Final = re.compile(r"(tkn|sso)[a-z0-9]{25}", re.ASCII)


class UserSessions(Operations):
    """Listing and ending the places where a user is signed in."""

    @operation
    async def list_user_sessions(self, tokens: TokenSet | str) -> tuple[UserSession, ...]:
        """Every place where the user is signed in. A pool keeps 20 of them by default; one more evicts the oldest.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            OperationNotEnabled: The pool does not track sessions here.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserSessions.html
        """
        members = await self._whole_list("ListUserSessions", tokens, members="Sessions", page="NextToken")
        return tuple(map(_session, members))

    @operation
    async def revoke_user_session(
        self,
        tokens: TokenSet | str,
        session_id: str,
        *,
        associated_sessions: Literal["NONE", "LINKED"] | None = None,
    ) -> None:
        """Sign the user out in one place. It cannot be the place that asks: use ``revoke_token`` there.

        Args:
            tokens: The user's tokens, or the access token alone.
            session_id: From ``list_user_sessions``.
            associated_sessions: ``"LINKED"`` ends the single sign-on session that it came from too.

        Raises:
            UsageError: The id cannot be one; nothing was sent.
            InvalidParameter: It is the session that asks.
            ResourceNotFound: There is no such session.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeUserSession.html
        """
        if not isinstance(session_id, str) or _SESSION_ID.fullmatch(session_id) is None:
            raise UsageError(
                f"session_id: {session_id!r} is not a session's id: expected 'tkn' or 'sso' and 25 letters or digits, "
                "from list_user_sessions"
            )
        content = {"SessionId": session_id, "RevokeAssociatedSessions": associated_sessions}
        await self._as_user("RevokeUserSession", tokens, content, resend=Resend.SAFE)


def _session(each: Fields) -> UserSession:
    place = each.child("LastLocation")
    return UserSession(
        session_id=each.text("SessionId"),
        kind=each.optional_text("SessionType"),
        client_id=each.optional_text("ClientId"),
        created_at=each.moment("CreateDate"),
        last_active_at=each.moment("LastActiveDate"),
        device_type=each.optional_text("DeviceType"),
        ip_address=each.optional_text("LastIPAddress"),
        city=place.optional_text("City") if place else None,
        country=place.optional_text("Country") if place else None,
        origin_session_id=each.optional_text("OriginSessionId"),
        is_current=each.flag("IsCurrentSession"),
    )
