"""What nearly every operation checks first: the client, its secret hash, the access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cognito_auth.testing.fake_user_pool import jws
from cognito_auth.testing.fake_user_pool.state import ADMIN_SCOPE
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.refresh_tokens import Sitting
    from cognito_auth.testing.fake_user_pool.state import Client, User


def client_of(pool: FakeUserPool, given: dict[str, Any]) -> Client:
    """The client that a call names.

    Raises:
        RefusalError: `ResourceNotFound` if there is none.
    """
    client = pool.clients.get(given["ClientId"])
    if client is None:
        raise RefusalError("ResourceNotFound", f"User pool client {given['ClientId']} does not exist.")
    return client


def secret_hash(client: Client, username: str, given: str | None) -> None:
    """Check the secret hash over a user name.

    Raises:
        RefusalError: `NotAuthorized` if it is missing, wrong, or given for a client that has no secret.
    """
    if given is None and client.secrets:
        message = f"Client {client.client_id} is configured with secret but SECRET_HASH was not received"
        raise RefusalError("NotAuthorized", message)
    if given is not None and not client.knows_hash(username, given):
        raise RefusalError("NotAuthorized", f"Unable to verify secret hash for client {client.client_id}")


def client_secret(client: Client, given: str | None) -> None:
    """Check a client secret that was sent as it is.

    Raises:
        RefusalError: `NotAuthorized` if it is missing, wrong, or given for a client that has none.
    """
    if given is None and client.secrets:
        raise RefusalError(
            "NotAuthorized", f"Client {client.client_id} is configured with secret but none was received"
        )
    if given is not None and not client.knows_secret(given):
        raise RefusalError("NotAuthorized", "Invalid client secret")


@attrs.frozen
class Caller:
    """Whose access token came with the call, and for which client and sign-in it is."""

    user: User
    client: Client
    sitting: Sitting
    scopes: frozenset[str]


def caller_of(pool: FakeUserPool, token: str, *, scope: str = ADMIN_SCOPE) -> Caller:
    """Who calls, by their access token.

    Raises:
        RefusalError: `NotAuthorized` for a token that is not ours, expired, revoked or lacks the scope;
            `PasswordResetRequired` and `UserNotConfirmed` for users who may not go on.
    """
    claims = jws.read(pool.keys, token)
    if claims is None or claims.get("token_use") != "access" or claims.get("iss") != pool.issuer:
        raise RefusalError("NotAuthorized", "Invalid Access Token")
    if pool.clock.now() >= claims["exp"]:
        raise RefusalError("NotAuthorized", "Access Token has expired")
    sitting = pool.sittings.find(str(claims.get("event_id", "")))
    user = pool.users.by_sub(claims["sub"])
    client = pool.clients.get(claims["client_id"])
    if sitting is None or user is None or client is None:
        raise RefusalError("NotAuthorized", "Invalid Access Token")
    if sitting.revoked:
        raise RefusalError("NotAuthorized", "Access Token has been revoked")
    scopes = frozenset(str(claims.get("scope", "")).split())
    if scope not in scopes:
        raise RefusalError("NotAuthorized", "Access Token does not have required scopes")
    may_go_on(user)
    sitting.used = pool.clock.now()
    return Caller(user, client, sitting, scopes)


def may_go_on(user: User) -> None:
    """Refuse a user who is disabled, not confirmed or has to reset the password first."""
    if not user.enabled:
        raise RefusalError("NotAuthorized", "User is disabled.")
    if user.status == "UNCONFIRMED":
        raise RefusalError("UserNotConfirmed", "User is not confirmed.")
    if user.status == "RESET_REQUIRED":
        raise RefusalError("PasswordResetRequired", "Password reset required for the user")


def required(given: dict[str, str], name: str) -> str:
    """One of the `AuthParameters` or `ChallengeResponses`.

    Raises:
        RefusalError: `InvalidParameter` if it is missing.
    """
    found = given.get(name)
    if not found:
        raise RefusalError("InvalidParameter", f"Missing required parameter {name}")
    return found


def attributes_of(given: list[dict[str, str]] | None) -> dict[str, str]:
    """A list of `Name` and `Value` as a mapping."""
    return {each["Name"]: each.get("Value", "") for each in given or ()}
