"""GetTokensFromRefreshToken, RevokeToken, GlobalSignOut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool


def get_tokens_from_refresh_token(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """New tokens, and with rotation the next refresh token."""
    client = checks.client_of(pool, given)
    checks.client_secret(client, given.get("ClientSecret"))
    minted = pool.sittings.refresh(given["RefreshToken"], client, device_key=given.get("DeviceKey"))
    return {"AuthenticationResult": minted.for_json_api()}


def revoke_token(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """End the sign-in that a refresh token belongs to."""
    client = pool.clients.get(given["ClientId"])
    if client is None:
        raise RefusalError("InvalidParameter", "Invalid client.")
    if not client.revocation:
        raise RefusalError("UnsupportedOperation", "Token revocation is not enabled for this client.")
    secret = given.get("ClientSecret")
    if (secret is None and client.secrets) or (secret is not None and not client.knows_secret(secret)):
        raise RefusalError("Unauthorized", "Invalid client or client secret.")
    pool.sittings.revoke(given["Token"], client)
    return {}


def global_sign_out(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """Sign the user out everywhere: no token of theirs is worth anything from now on."""
    pool.sittings.end_all(checks.caller_of(pool, given["AccessToken"]).user)
    return {}


OPERATIONS = {
    "GetTokensFromRefreshToken": get_tokens_from_refresh_token,
    "RevokeToken": revoke_token,
    "GlobalSignOut": global_sign_out,
}
