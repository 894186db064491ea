"""``CognitoAuth`` for httpx2: ``httpx2.Client(auth=CognitoAuth(source, "https://api.example.com"))``."""

from __future__ import annotations

import httpx2

from cognito_auth.token_source.auth_flow import ANY_ORIGIN, AuthFlow

__all__ = ["ANY_ORIGIN", "CognitoAuth"]


class CognitoAuth(AuthFlow, httpx2.Auth):
    """Sends a source's token with each request to the given origins, and once more with a new one after a 401.

    >>> import httpx2
    >>> from cognito_auth import AppClient, TokenSource, grants
    >>> from cognito_auth.httpx2 import CognitoAuth
    >>> app = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", client_secret="…", region="eu-west-1", domain="my-prefix")
    >>> source = TokenSource(app, grants.ClientCredentials(scopes={"orders/read"}))
    >>> api = httpx2.Client(base_url="https://api.example.com", auth=CognitoAuth(source, "https://api.example.com"))
    >>> api.close(); source.close()

    Args:
        source: Where the tokens come from. A ``TokenSource`` works with ``Client`` and ``AsyncClient`` and never blocks
            the event loop; an ``AsyncTokenSource`` with ``AsyncClient``.
        origins: Who may receive the token: one origin (``"https://api.example.com"``), several, or ``ANY_ORIGIN``.
        token: ``"access"`` or ``"id"``.
        header: The header that carries it.
        scheme: What stands before it; ``None`` for the bare token, as API Gateway's Cognito authorizer takes it.
        retry_on_401: Whether a 401 leads to one more attempt with a new token, where the body can be sent again.
        buffer_streams: Read streamed bodies into memory first, so that they can be sent again.

    Raises:
        UsageError: An argument cannot be right.

    https://datatracker.ietf.org/doc/html/rfc6750#section-2.1
    """

    _library = httpx2
