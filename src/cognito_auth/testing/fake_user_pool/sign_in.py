"""InitiateAuth: one function for each flow that begins a sign-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks, passwords
from cognito_auth.testing.fake_user_pool.sessions import Attempt
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client, User

Flow = Callable[["FakeUserPool", "Client", dict[str, Any]], dict[str, Any]]


def initiate_auth(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """The first step of a sign-in, or a refresh in its older form."""
    client = checks.client_of(pool, given)
    flow = given["AuthFlow"]
    if flow not in FLOWS:
        raise RefusalError("InvalidParameter", f"Unsupported auth flow: {flow}")
    allowed, begin = FLOWS[flow]
    if not client.allows(allowed):
        raise RefusalError("InvalidParameter", f"{flow} flow not enabled for this client")
    return begin(pool, client, given)


def required(given: dict[str, Any], name: str) -> str:
    """One of the `AuthParameters`.

    Raises:
        RefusalError: `InvalidParameter` if it is missing.
    """
    found = (given.get("AuthParameters") or {}).get(name)
    if not found:
        raise RefusalError("InvalidParameter", f"Missing required parameter {name}")
    return str(found)


def begin_attempt(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> tuple[Attempt, User]:
    """A sign-in by a user name, whose secret hash is checked first."""
    parameters = given.get("AuthParameters") or {}
    name = required(given, "USERNAME")
    checks.secret_hash(client, name, parameters.get("SECRET_HASH"))
    user = passwords.user_for_sign_in(pool, client, name)
    attempt = Attempt(
        user=user,
        client=client,
        flow=given["AuthFlow"],
        name=name,
        begun=pool.clock.now(),
        device_key=parameters.get("DEVICE_KEY"),
    )
    return attempt, user


def with_password(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """USER_PASSWORD_AUTH."""
    attempt, user = begin_attempt(pool, client, given)
    passwords.check(pool, user, required(given, "PASSWORD"))
    return finish(pool, attempt, user)


def with_refresh_token(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """REFRESH_TOKEN_AUTH, which rotation rules out; the secret hash is over the internal user name."""
    if client.refresh_rotation is not None:
        raise RefusalError(
            "NotAuthorized", "Refresh token rotation is enabled: use GetTokensFromRefreshToken."
        )
    text = required(given, "REFRESH_TOKEN")
    parameters = given["AuthParameters"]
    owner = pool.sittings.owner(text)
    if owner is not None:
        checks.secret_hash(client, owner.username, parameters.get("SECRET_HASH"))
    minted = pool.sittings.refresh(text, client)
    return {"ChallengeParameters": {}, "AuthenticationResult": minted.for_json_api()}


def finish(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any]:
    """The sign-in is complete: its tokens."""
    sitting = pool.sittings.begin(user, attempt.client, acr=attempt.acr)
    minted = pool.sittings.tokens(sitting, user, attempt.client)
    return {"ChallengeParameters": {}, "AuthenticationResult": minted.for_json_api()}


FLOWS: dict[str, tuple[str, Flow]] = {
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", with_password),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH", with_refresh_token),
    "REFRESH_TOKEN": ("ALLOW_REFRESH_TOKEN_AUTH", with_refresh_token),
}

OPERATIONS = {"InitiateAuth": initiate_auth}
