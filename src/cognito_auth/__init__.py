"""Amazon Cognito for Python: sign in, keep tokens fresh, verify them, and test it all without AWS.

The public names are loaded when they are first used (PEP 562): importing this package loads neither an HTTP library
nor any cryptography.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cognito_auth import challenges as challenges
    from cognito_auth import errors as errors
    from cognito_auth import grants as grants
    from cognito_auth._runtime.retry import Retry as Retry
    from cognito_auth.app_client import AppClient as AppClient
    from cognito_auth.authorization_server import AsyncAuthorizationServer as AsyncAuthorizationServer
    from cognito_auth.authorization_server import AuthorizationServer as AuthorizationServer
    from cognito_auth.challenges import Challenge as Challenge
    from cognito_auth.httpx import ANY_ORIGIN as ANY_ORIGIN
    from cognito_auth.httpx import CognitoAuth as CognitoAuth
    from cognito_auth.token_source import AsyncTokenSource as AsyncTokenSource
    from cognito_auth.token_source import TokenSource as TokenSource
    from cognito_auth.tokens import TokenSet as TokenSet
    from cognito_auth.user_pool import AsyncUserPool as AsyncUserPool
    from cognito_auth.user_pool import UserPool as UserPool

_HOMES = {
    "ANY_ORIGIN": "cognito_auth.httpx",
    "AppClient": "cognito_auth.app_client",
    "AsyncAuthorizationServer": "cognito_auth.authorization_server",
    "AsyncTokenSource": "cognito_auth.token_source",
    "AsyncUserPool": "cognito_auth.user_pool",
    "AuthorizationServer": "cognito_auth.authorization_server",
    "Challenge": "cognito_auth.challenges",
    "CognitoAuth": "cognito_auth.httpx",
    "Retry": "cognito_auth._runtime.retry",
    "TokenSet": "cognito_auth.tokens",
    "TokenSource": "cognito_auth.token_source",
    "UserPool": "cognito_auth.user_pool",
    "challenges": "cognito_auth",
    "errors": "cognito_auth",
    "grants": "cognito_auth",
}

__all__ = [
    "ANY_ORIGIN",
    "AppClient",
    "AsyncAuthorizationServer",
    "AsyncTokenSource",
    "AsyncUserPool",
    "AuthorizationServer",
    "Challenge",
    "CognitoAuth",
    "Retry",
    "TokenSet",
    "TokenSource",
    "UserPool",
    "challenges",
    "errors",
    "grants",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = import_module(f"{home}.{name}") if home == __name__ else getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *_HOMES})
