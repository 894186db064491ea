"""Client authentication at the OAuth endpoints: the secret in the `Authorization` header or in the form, never both.

<https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>, RFC 6749, section 2.3.1.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from cognito_auth.testing.fake_user_pool.wire import OAuthRefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client
    from cognito_auth.testing.fake_user_pool.wire import Request


def authenticate(pool: FakeUserPool, request: Request, form: Mapping[str, str]) -> Client:
    """The client that a request to the token or the revocation endpoint comes from.

    Raises:
        OAuthRefusalError: `invalid_client` for an unknown client or a wrong or missing secret, `invalid_request`
            where no client or two different ones are named.
    """
    client_id, secret = _basic(request.headers.get("authorization"))
    if client_id is not None:
        if form.get("client_id", client_id) != client_id or "client_secret" in form:
            raise OAuthRefusalError("invalid_request")
    else:
        client_id, secret = form.get("client_id"), form.get("client_secret")
    if not client_id:
        raise OAuthRefusalError("invalid_request")
    client = pool.clients.get(client_id)
    if client is None or not _right(client, secret):
        raise OAuthRefusalError("invalid_client")
    return client


def _right(client: Client, secret: str | None) -> bool:
    if not client.secrets:
        return not secret
    return secret is not None and client.knows_secret(secret)


def _basic(header: str | None) -> tuple[str | None, str | None]:
    if header is None:
        return None, None
    scheme, _, credentials = header.partition(" ")
    try:
        name, colon, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthRefusalError("invalid_client") from None
    if scheme.lower() != "basic" or not colon:
        raise OAuthRefusalError("invalid_client")
    return unquote_plus(name), unquote_plus(secret)
