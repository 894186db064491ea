"""The token endpoint's grants for users: a code from the login page, and a refresh token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool.wire import OAuthRefusalError, RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client
    from cognito_auth.testing.fake_user_pool.tokens import Minted


def authorization_code(pool: FakeUserPool, client: Client, form: Mapping[str, str]) -> Minted:
    """Tokens for a code, which is used up whether or not it is good."""
    if "code" not in client.oauth_flows:
        raise OAuthRefusalError("unauthorized_client")
    if not form.get("code") or not form.get("redirect_uri"):
        raise OAuthRefusalError("invalid_request")
    code = pool.browsers.take_code(form["code"])
    code.check(client, form, pool.clock.now())
    ask = code.ask
    sitting = pool.sittings.begin(
        code.user,
        client,
        scopes=ask.scopes,
        resource=ask.fields.get("resource"),
        nonce=ask.fields.get("nonce"),
    )
    return pool.sittings.tokens(sitting, code.user, client, trigger="HostedAuth")


def refresh_token(pool: FakeUserPool, client: Client, form: Mapping[str, str]) -> Minted:
    """New tokens for a refresh token, as the JSON API gives them."""
    if not form.get("refresh_token"):
        raise OAuthRefusalError("invalid_request")
    try:
        return pool.sittings.refresh(form["refresh_token"], client)
    except RefusalError as refusal:
        raise OAuthRefusalError("invalid_grant", refusal.message) from None


GRANTS = {
    "authorization_code": authorization_code,
    "refresh_token": refresh_token,
}
