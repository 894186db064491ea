"""The tokens that the pool signs, claim by claim as Cognito's.

<https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from cognito_auth.testing.fake_user_pool import jws
from cognito_auth.testing.fake_user_pool.keys import b64url

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.refresh_tokens import Sitting
    from cognito_auth.testing.fake_user_pool.state import Client, User

_BOOLEAN = frozenset({"email_verified", "phone_number_verified"})


@attrs.frozen(kw_only=True)
class Minted:
    """What one issue of tokens gives."""

    access_token: str = attrs.field(repr=False)
    id_token: str | None = attrs.field(default=None, repr=False)
    refresh_token: str | None = attrs.field(default=None, repr=False)
    expires_in: int

    def for_json_api(self) -> dict[str, Any]:
        """As the member `AuthenticationResult`."""
        found = {
            "AccessToken": self.access_token,
            "ExpiresIn": self.expires_in,
            "TokenType": "Bearer",
            "RefreshToken": self.refresh_token,
            "IdToken": self.id_token,
        }
        return {name: value for name, value in found.items() if value is not None}

    def for_oauth(self) -> dict[str, Any]:
        """As the token endpoint answers (RFC 6749, section 5.1; Cognito leaves `scope` out)."""
        found = {
            "id_token": self.id_token,
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_in": self.expires_in,
            "token_type": "Bearer",
        }
        return {name: value for name, value in found.items() if value is not None}


def access_claims(
    pool: FakeUserPool, client: Client, user: User, sitting: Sitting, scopes: Iterable[str] | None = None
) -> dict[str, Any]:
    """The claims of a user's access token."""
    now = pool.clock.seconds()
    claims: dict[str, Any] = {
        "sub": user.sub,
        "cognito:groups": list(user.groups) or None,
        "iss": pool.issuer,
        "version": 2,
        "client_id": client.client_id,
        "aud": sitting.resource,
        "acr": sitting.acr,
        "origin_jti": sitting.origin_jti if client.revocation else None,
        "event_id": sitting.event_id,
        "token_use": "access",
        "scope": " ".join(sorted(sitting.scopes if scopes is None else scopes)),
        "auth_time": sitting.auth_time,
        "exp": now + client.access_seconds,
        "iat": now,
        "jti": str(uuid.uuid4()),
        "username": user.username,
        "device_key": sitting.device_key,
    }
    return _given(claims)


def id_claims(pool: FakeUserPool, client: Client, user: User, sitting: Sitting) -> dict[str, Any]:
    """The claims of a user's ID token."""
    now = pool.clock.seconds()
    claims: dict[str, Any] = {
        "sub": user.sub,
        **{name: value == "true" if name in _BOOLEAN else value for name, value in user.attributes.items()},
        "cognito:groups": list(user.groups) or None,
        "iss": pool.issuer,
        "cognito:username": user.username,
        "nonce": sitting.nonce,
        "origin_jti": sitting.origin_jti if client.revocation else None,
        "aud": client.client_id,
        "event_id": sitting.event_id,
        "token_use": "id",
        "auth_time": sitting.auth_time,
        "exp": now + client.id_seconds,
        "iat": now,
        "jti": str(uuid.uuid4()),
    }
    return _given(claims)


def machine_claims(pool: FakeUserPool, client: Client, scopes: Iterable[str]) -> dict[str, Any]:
    """The claims of a machine's access token: no user name, no groups, `sub` is the client."""
    now = pool.clock.seconds()
    return {
        "sub": client.client_id,
        "token_use": "access",
        "scope": " ".join(sorted(scopes)),
        "auth_time": now,
        "iss": pool.issuer,
        "exp": now + client.access_seconds,
        "iat": now,
        "version": 2,
        "jti": str(uuid.uuid4()),
        "client_id": client.client_id,
    }


def issue(pool: FakeUserPool, client: Client, user: User, sitting: Sitting, *, trigger: str) -> Minted:
    """Access and ID token for a sitting; the caller adds a refresh token where one is due."""
    access = access_claims(pool, client, user, sitting)
    identity = id_claims(pool, client, user, sitting)
    pool.callbacks.before_tokens(trigger, user, access, identity)
    access_token = jws.sign(pool.keys.signing("access"), access)
    if sitting.oauth:
        identity["at_hash"] = at_hash(access_token)
    wants_id = "openid" in sitting.scopes or not sitting.oauth
    id_token = jws.sign(pool.keys.signing("id"), identity) if wants_id else None
    return Minted(access_token=access_token, id_token=id_token, expires_in=client.access_seconds)


def issue_machine(pool: FakeUserPool, client: Client, scopes: Iterable[str]) -> Minted:
    """A machine's access token."""
    token = jws.sign(pool.keys.signing("access"), machine_claims(pool, client, scopes))
    return Minted(access_token=token, expires_in=client.access_seconds)


def at_hash(access_token: str) -> str:
    """The access token's half hash (OpenID Connect Core, section 3.1.3.6)."""
    return b64url(hashlib.sha256(access_token.encode()).digest()[:16])


def _given(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}
