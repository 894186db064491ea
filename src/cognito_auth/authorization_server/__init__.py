"""The authorization server of a user pool: client credentials, managed login, and what belongs to them.

:class:`AuthorizationServer` and :class:`AsyncAuthorizationServer` are the two faces. Rooms above this one that bring
their own runtime (a token source) call the same conversations as plain coroutines of ``endpoints``::

    from cognito_auth.authorization_server import endpoints

    tokens = await endpoints.client_credentials(runtime, app, scopes=…, client_metadata=…, client_authentication=…)
    tokens = await endpoints.refresh(runtime, app, tokens_or_refresh_token, client_metadata=…, client_authentication=…)
    await endpoints.revoke(runtime, app, tokens_or_refresh_token, client_authentication=…)

    exchanger = Exchanger(app, client_authentication)  # of exchange.py: remembers which logins and keys it has seen
    login = begin(runtime, app, redirect_uri=…, scopes=…)  # of login.py
    tokens = await browser_login(runtime, exchanger, login, timeout=…)  # of managed_login.py

``wire.py`` is the form and its answer as pure functions; ``token_endpoint.py``, ``managed_login.py`` and
``provider.py`` are the operations; ``login.py`` is a login under way, ``callback.py`` and ``exchange.py`` what becomes
of it; ``browser.py`` listens on loopback for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_auth._runtime.operation import Awaiting, Blocking
from cognito_auth._runtime.runtime import DEFAULT_TIMEOUT, AsyncRuntime, BlockingRuntime
from cognito_auth.app_client import AppClient, checked_app
from cognito_auth.authorization_server.exchange import Exchanger
from cognito_auth.authorization_server.login import Login
from cognito_auth.authorization_server.managed_login import ManagedLogin
from cognito_auth.authorization_server.provider import OpenIdProvider, ServerMetadata
from cognito_auth.authorization_server.token_endpoint import TokenEndpoint
from cognito_auth.authorization_server.user_info import UserInfo
from cognito_auth.authorization_server.wire import ClientAuthentication, checked_client_authentication

if TYPE_CHECKING:
    from cognito_auth._runtime.http import AwaitingClient, BlockingClient
    from cognito_auth._runtime.retry import Retry

__all__ = ["AsyncAuthorizationServer", "AuthorizationServer", "Login", "ServerMetadata", "UserInfo"]


class AuthorizationServer(TokenEndpoint, ManagedLogin, OpenIdProvider, Blocking):
    """The OAuth 2.0 and OpenID Connect endpoints of a user pool's domain, blocking.

    >>> from cognito_auth import AppClient, AuthorizationServer
    >>> app = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", pool_id="eu-west-1_AbCdEfGhI", domain="my-prefix")
    >>> server = AuthorizationServer(app)

    Args:
        app: Which app client, with its ``domain``.
        client_authentication: Where a client secret goes: ``"basic"`` for a header, ``"body"`` for the form.
        http_client: An ``httpx.Client`` or ``httpx2.Client`` whose transport carries the requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure.

    Raises:
        UsageError: The app client has no domain, or an argument cannot be right.

    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
    """

    def __init__(
        self,
        app: AppClient,
        *,
        client_authentication: ClientAuthentication = "basic",
        http_client: BlockingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._app = app_with_domain(app)
        self._client_authentication = checked_client_authentication(client_authentication)
        self._exchanger = Exchanger(app, self._client_authentication)
        self._runtime = BlockingRuntime(http_client, timeout=timeout, retry=retry)


class AsyncAuthorizationServer(TokenEndpoint, ManagedLogin, OpenIdProvider, Awaiting):
    """The OAuth 2.0 and OpenID Connect endpoints of a user pool's domain, awaited.

    Args:
        app: Which app client, with its ``domain``.
        client_authentication: Where a client secret goes: ``"basic"`` for a header, ``"body"`` for the form.
        http_client: An ``httpx.AsyncClient`` or ``httpx2.AsyncClient`` whose transport carries the requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure.

    Raises:
        UsageError: The app client has no domain, or an argument cannot be right.

    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
    """

    def __init__(
        self,
        app: AppClient,
        *,
        client_authentication: ClientAuthentication = "basic",
        http_client: AwaitingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._app = app_with_domain(app)
        self._client_authentication = checked_client_authentication(client_authentication)
        self._exchanger = Exchanger(app, self._client_authentication)
        self._runtime = AsyncRuntime(http_client, timeout=timeout, retry=retry)


def app_with_domain(app: AppClient) -> AppClient:
    """The app client itself.

    Raises:
        UsageError: It has no domain.
    """
    _ = checked_app(app).domain_url
    return app
