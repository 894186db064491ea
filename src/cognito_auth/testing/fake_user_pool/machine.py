"""GetClientToken: a machine's token without a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks, tokens
from cognito_auth.testing.fake_user_pool.oauth_token import machine_scopes
from cognito_auth.testing.fake_user_pool.wire import OAuthRefusalError, RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool

ONLY_FLOW = frozenset({"ALLOW_CLIENT_TOKEN_AUTH"})


def get_client_token(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """A machine's access token; a client with explicit flows must have this one and no other."""
    client = checks.client_of(pool, given)
    if client.flows not in {None, ONLY_FLOW}:
        raise RefusalError("NotAuthorized", "ALLOW_CLIENT_TOKEN_AUTH must be the only flow of this client.")
    if not client.secrets or not client.knows_secret(given["Secret"]):
        raise RefusalError("NotAuthorized", "Invalid client or client secret.")
    try:
        scopes = machine_scopes(pool, client, " ".join(given.get("Scopes") or ()))
    except OAuthRefusalError:
        raise RefusalError("InvalidParameter", "A scope is not enabled for this client.") from None
    minted = tokens.issue_machine(pool, client, scopes)
    result = {"AccessToken": minted.access_token, "ExpiresIn": minted.expires_in, "TokenType": "Bearer"}
    return {"ClientAuthenticationResult": result}


OPERATIONS = {"GetClientToken": get_client_token}
