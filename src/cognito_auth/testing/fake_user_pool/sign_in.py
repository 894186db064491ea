"""InitiateAuth: one function for each flow that begins a sign-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks, choice, custom_auth, password_sign_in, passwords
from cognito_auth.testing.fake_user_pool.checks import required
from cognito_auth.testing.fake_user_pool.sessions import Attempt
from cognito_auth.testing.fake_user_pool.step_up import read_step_up
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


def begin_attempt(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> Attempt:
    """A sign-in by a user name, whose secret hash is checked first."""
    parameters = _parameters(given)
    name = required(parameters, "USERNAME")
    checks.secret_hash(client, name, parameters.get("SECRET_HASH"))
    migrated = _migrated(pool, name, parameters.get("PASSWORD"))
    return Attempt(
        user=migrated or passwords.user_for_sign_in(pool, client, name),
        client=client,
        flow=given["AuthFlow"],
        name=name,
        begun=pool.clock.now(),
        device_key=parameters.get("DEVICE_KEY"),
        metadata=given.get("ClientMetadata") or {},
    )


def with_password(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """USER_PASSWORD_AUTH."""
    password = required(_parameters(given), "PASSWORD")
    return password_sign_in.with_password(pool, begin_attempt(pool, client, given), password)


def with_srp(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """USER_SRP_AUTH."""
    srp_a = required(_parameters(given), "SRP_A")
    return password_sign_in.begin_srp(pool, begin_attempt(pool, client, given), srp_a)


def with_custom_auth(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """CUSTOM_AUTH."""
    return custom_auth.begin(pool, begin_attempt(pool, client, given), _parameters(given))


def with_choice(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """USER_AUTH."""
    attempt = begin_attempt(pool, client, given)
    if given.get("Session") is not None:
        return choice.after_sign_up(pool, client, attempt.name, given["Session"])
    read_step_up(pool, attempt, _parameters(given))
    return choice.begin(pool, attempt, _parameters(given))


def with_refresh_token(pool: FakeUserPool, client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """REFRESH_TOKEN_AUTH, which rotation rules out; the secret hash is over the internal user name."""
    parameters = _parameters(given)
    text = required(parameters, "REFRESH_TOKEN")
    if client.refresh_rotation is not None:
        raise RefusalError(
            "NotAuthorized", "Refresh token rotation is enabled: use GetTokensFromRefreshToken."
        )
    owner = pool.sittings.owner(text)
    if owner is not None:
        checks.secret_hash(client, owner.username, parameters.get("SECRET_HASH"))
    minted = pool.sittings.refresh(text, client, device_key=parameters.get("DEVICE_KEY"))
    return {"ChallengeParameters": {}, "AuthenticationResult": minted.for_json_api()}


def _parameters(given: dict[str, Any]) -> dict[str, str]:
    return given.get("AuthParameters") or {}


def _migrated(pool: FakeUserPool, name: str, password: str | None) -> User | None:
    """A user whom the migration function knows and the pool does not: from now on it does, with this password."""
    if password is None or pool.users.find(name) is not None:
        return None
    attributes = pool.callbacks.migrate(name, password)
    return None if attributes is None else pool.users.add(name, password, attributes, "CONFIRMED")


FLOWS: dict[str, tuple[str, Flow]] = {
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", with_password),
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH", with_srp),
    "USER_AUTH": ("ALLOW_USER_AUTH", with_choice),
    "CUSTOM_AUTH": ("ALLOW_CUSTOM_AUTH", with_custom_auth),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH", with_refresh_token),
    "REFRESH_TOKEN": ("ALLOW_REFRESH_TOKEN_AUTH", with_refresh_token),
}

OPERATIONS = {"InitiateAuth": initiate_auth}
