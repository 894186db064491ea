"""`POST /oauth2/token`: one function for each grant.

<https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool import oauth_grants, tokens
from cognito_auth.testing.fake_user_pool.oauth_client import authenticate
from cognito_auth.testing.fake_user_pool.state import OIDC_SCOPES, Client
from cognito_auth.testing.fake_user_pool.tokens import Minted
from cognito_auth.testing.fake_user_pool.wire import OAuthRefusalError, Reply

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.wire import Request

Grant = Callable[["FakeUserPool", Client, Mapping[str, str]], Minted]


def token(pool: FakeUserPool, request: Request) -> Reply:
    """Tokens for a grant, or an error of RFC 6749, section 5.2."""
    form = request.form()
    grant = form.get("grant_type")
    if not grant:
        raise OAuthRefusalError("invalid_request")
    client = authenticate(pool, request, form)
    give = GRANTS.get(grant)
    if give is None:
        raise OAuthRefusalError("unsupported_grant_type")
    minted = give(pool, client, form)
    return Reply.json(minted.for_oauth(), Cache_Control="no-store", Pragma="no-cache")


def client_credentials(pool: FakeUserPool, client: Client, form: Mapping[str, str]) -> Minted:
    """A machine's access token; without `scope` it has every custom scope of the client."""
    if not client.secrets or "client_credentials" not in client.oauth_flows:
        raise OAuthRefusalError("unauthorized_client")
    if "resource" in form:
        raise OAuthRefusalError("invalid_request", "resource is not supported for this grant")
    _check_metadata(form.get("aws_client_metadata"))
    return tokens.issue_machine(pool, client, machine_scopes(pool, client, form.get("scope")))


def machine_scopes(pool: FakeUserPool, client: Client, asked: str | None) -> frozenset[str]:
    """The scopes that a machine gets: those asked for, or all custom ones of the client.

    Raises:
        OAuthRefusalError: `invalid_scope` for one that the client does not have (AWS's pages contradict each other:
            with the setting `unknown_scopes="ignore"` it is left out), or if none is left.
    """
    own = client.scopes - OIDC_SCOPES
    wanted = frozenset((asked or "").split()) or own
    if not wanted <= own and pool.settings.unknown_scopes == "refuse":
        raise OAuthRefusalError("invalid_scope")
    granted = wanted & own
    if not granted:
        raise OAuthRefusalError("invalid_scope")
    return granted


def _check_metadata(text: str | None) -> None:
    if text is None:
        return
    try:
        found = json.loads(text)
    except ValueError:
        raise OAuthRefusalError("invalid_request", "aws_client_metadata is not JSON") from None
    if not isinstance(found, dict):
        raise OAuthRefusalError("invalid_request", "aws_client_metadata is not a JSON object")


GRANTS: dict[str, Grant] = {
    "client_credentials": client_credentials,
    **oauth_grants.GRANTS,
}
