"""What the operations of an authorization server share."""

from __future__ import annotations

from cognito_auth._runtime.runtime import Runtime
from cognito_auth.app_client import AppClient
from cognito_auth.authorization_server.exchange import Exchanger
from cognito_auth.authorization_server.wire import ClientAuthentication


class Conversing:
    """Who asks whom, and over what."""

    _runtime: Runtime
    _app: AppClient
    _client_authentication: ClientAuthentication
    _exchanger: Exchanger
