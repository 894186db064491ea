"""Sittings and their refresh tokens: what a sign-in leaves behind until it is signed out, revoked or too old.

A *sitting* is one sign-in and everything that was refreshed from it; its tokens share `origin_jti`. (Cognito says
"user session"; in this package a session is an unfinished sign-in.) With rotation a refresh token is retired by its
successor and then lives on for the client's grace period only.
<https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html>
"""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

import attrs

from cognito_auth.testing.fake_user_pool import device_sign_in, tokens
from cognito_auth.testing.fake_user_pool.state import ADMIN_SCOPE, random_text
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client, User
    from cognito_auth.testing.fake_user_pool.tokens import Minted

SITTINGS_PER_USER = 20
_JWE_HEADER = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"


@attrs.define(kw_only=True, eq=False)
class Sitting:
    """One sign-in of a user at a client."""

    sub: str
    client_id: str
    auth_time: int
    used: float
    scopes: frozenset[str] = frozenset({ADMIN_SCOPE})
    oauth: bool = False
    resource: str | None = None
    nonce: str | None = None
    acr: str | None = None
    device_key: str | None = None
    origin_jti: str = attrs.field(factory=lambda: str(uuid.uuid4()))
    event_id: str = attrs.field(factory=lambda: str(uuid.uuid4()))
    session_id: str = attrs.field(factory=lambda: f"tkn{random_text(25)}")
    revoked: bool = False


@attrs.define(kw_only=True, eq=False)
class RefreshToken:
    """One refresh token and, once it was used under rotation, when."""

    text: str = attrs.field(repr=False)
    event_id: str
    expires_at: float
    retired_at: float | None = None


class Sittings:
    """All sittings of a pool and their refresh tokens."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool
        self._by_event: dict[str, Sitting] = {}
        self._tokens: dict[str, RefreshToken] = {}

    def begin(
        self,
        user: User,
        client: Client,
        *,
        scopes: Iterable[str] | None = None,
        resource: str | None = None,
        nonce: str | None = None,
        acr: str | None = None,
        device_key: str | None = None,
    ) -> Sitting:
        """A new sitting; with `scopes` one that began at the authorization server."""
        now = self._pool.clock.now()
        sitting = Sitting(
            sub=user.sub,
            client_id=client.client_id,
            auth_time=int(now),
            used=now,
            scopes=frozenset({ADMIN_SCOPE}) if scopes is None else frozenset(scopes),
            oauth=scopes is not None,
            resource=resource,
            nonce=nonce,
            acr=acr,
            device_key=device_key,
        )
        self._by_event[sitting.event_id] = sitting
        self._evict(user)
        return sitting

    def __iter__(self) -> Iterator[Sitting]:
        return iter(list(self._by_event.values()))

    def refresh_tokens(self) -> list[RefreshToken]:
        """Every refresh token, good or not."""
        return list(self._tokens.values())

    def put(self, sitting: Sitting) -> None:
        """A sitting as a dump has it."""
        self._by_event[sitting.event_id] = sitting

    def put_token(self, token: RefreshToken) -> None:
        """A refresh token as a dump has it."""
        self._tokens[token.text] = token

    def find(self, event_id: str) -> Sitting | None:
        """The sitting that a token's `event_id` names, revoked or not."""
        return self._by_event.get(event_id)

    def owner(self, text: str) -> User | None:
        """Whose refresh token this is."""
        token = self._tokens.get(text)
        return None if token is None else self._pool.users.by_sub(self._by_event[token.event_id].sub)

    def of_user(self, user: User) -> list[Sitting]:
        """The user's live sittings, oldest first."""
        return [found for found in self._by_event.values() if found.sub == user.sub and not found.revoked]

    def end_all(self, user: User) -> None:
        """Sign the user out everywhere."""
        for sitting in self.of_user(user):
            sitting.revoked = True

    def tokens(
        self, sitting: Sitting, user: User, client: Client, *, trigger: str = "Authentication"
    ) -> Minted:
        """The first tokens of a sitting, with a refresh token."""
        lasts = self._pool.clock.now() + client.refresh_seconds
        minted = tokens.issue(self._pool, client, user, sitting, trigger=f"TokenGeneration_{trigger}")
        return attrs.evolve(minted, refresh_token=self._new(sitting, lasts))

    def refresh(self, text: str, client: Client, *, device_key: str | None = None) -> Minted:
        """New tokens for a refresh token; with rotation the next refresh token is among them.

        The JSON API and the token endpoint share this. Reuse of a retired token after its grace is refused with
        `RefreshTokenReuse`, and leaves its successor alive.
        """
        token, sitting = self._live(text, client)
        user = self._pool.users.by_sub(sitting.sub)
        if user is None:
            raise RefusalError("UserNotFound", "User does not exist.")
        device_sign_in.check_refresh(self._pool, user, sitting, device_key)
        if not user.enabled:
            raise RefusalError("NotAuthorized", "User is disabled.")
        now = self._pool.clock.now()
        successor = None
        if client.refresh_rotation is not None:
            if token.retired_at is None:
                token.retired_at = now
            successor = self._new(sitting, token.expires_at)
        sitting.used = now
        minted = tokens.issue(self._pool, client, user, sitting, trigger="TokenGeneration_RefreshTokens")
        return attrs.evolve(minted, refresh_token=successor)

    def revoke(self, text: str, client: Client) -> None:
        """End the sitting of a refresh token; one that is unknown or ended already is no error.

        Raises:
            RefusalError: The token belongs to another client, or is not a refresh token.
        """
        token = self._tokens.get(text)
        if token is None:
            if text.count(".") == 2:  # three segments: a signed token, not a refresh token
                raise RefusalError("UnsupportedTokenType", "Cannot revoke this token type.")
            return
        sitting = self._by_event[token.event_id]
        if sitting.client_id != client.client_id:
            raise RefusalError("Unauthorized", "Client is not authorized to revoke this token.")
        sitting.revoked = True

    def _new(self, sitting: Sitting, expires_at: float) -> str:
        text = ".".join([_JWE_HEADER, *(secrets.token_urlsafe(size) for size in (256, 12, 700, 16))])
        self._tokens[text] = RefreshToken(text=text, event_id=sitting.event_id, expires_at=expires_at)
        return text

    def _live(self, text: str, client: Client) -> tuple[RefreshToken, Sitting]:
        token = self._tokens.get(text)
        sitting = None if token is None else self._by_event[token.event_id]
        if token is None or sitting is None or sitting.client_id != client.client_id:
            raise RefusalError("NotAuthorized", "Invalid Refresh Token")
        if sitting.revoked:
            raise RefusalError("NotAuthorized", "Refresh Token has been revoked")
        now = self._pool.clock.now()
        if now >= token.expires_at:
            raise RefusalError("NotAuthorized", "Refresh Token has expired")
        grace = client.refresh_rotation or 0
        if token.retired_at is not None and now >= token.retired_at + grace:
            raise RefusalError("RefreshTokenReuse", "Refresh token reuse detected.")
        return token, sitting

    def _evict(self, user: User) -> None:
        """A user keeps so many sittings; one more ends the least recently used."""
        live = sorted(self.of_user(user), key=lambda sitting: sitting.used)
        for sitting in live[: max(0, len(live) - SITTINGS_PER_USER)]:
            sitting.revoked = True
