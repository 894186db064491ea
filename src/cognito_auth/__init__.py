"""Amazon Cognito for Python: sign in, keep tokens fresh, verify them, and test it all without AWS.

The public names are loaded when they are first used (PEP 562): importing this package loads neither an HTTP library
nor any cryptography.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cognito_auth import caches as caches
    from cognito_auth import challenges as challenges
    from cognito_auth import errors as errors
    from cognito_auth import grants as grants
    from cognito_auth._runtime.retry import Retry as Retry
    from cognito_auth.app_client import AppClient as AppClient
    from cognito_auth.authorization_server import AsyncAuthorizationServer as AsyncAuthorizationServer
    from cognito_auth.authorization_server import AuthorizationServer as AuthorizationServer
    from cognito_auth.authorization_server.login import Login as Login
    from cognito_auth.challenges import Challenge as Challenge
    from cognito_auth.claims import AccessClaims as AccessClaims
    from cognito_auth.claims import AlbClaims as AlbClaims
    from cognito_auth.claims import IdClaims as IdClaims
    from cognito_auth.httpx import ANY_ORIGIN as ANY_ORIGIN
    from cognito_auth.httpx import CognitoAuth as CognitoAuth
    from cognito_auth.token_source import AsyncTokenSource as AsyncTokenSource
    from cognito_auth.token_source import TokenSource as TokenSource
    from cognito_auth.token_verifier import AlbTokenVerifier as AlbTokenVerifier
    from cognito_auth.token_verifier import AsyncAlbTokenVerifier as AsyncAlbTokenVerifier
    from cognito_auth.token_verifier import AsyncTokenVerifier as AsyncTokenVerifier
    from cognito_auth.token_verifier import KeyPolicy as KeyPolicy
    from cognito_auth.token_verifier import TokenVerifier as TokenVerifier
    from cognito_auth.tokens import TokenSet as TokenSet
    from cognito_auth.user_pool import AsyncUserPool as AsyncUserPool
    from cognito_auth.user_pool import UserPool as UserPool
    from cognito_auth.users import Device as Device

_HOMES = {
    "ANY_ORIGIN": "cognito_auth.httpx",
    "AccessClaims": "cognito_auth.claims",
    "AlbClaims": "cognito_auth.claims",
    "AlbTokenVerifier": "cognito_auth.token_verifier",
    "AppClient": "cognito_auth.app_client",
    "AsyncAlbTokenVerifier": "cognito_auth.token_verifier",
    "AsyncAuthorizationServer": "cognito_auth.authorization_server",
    "AsyncTokenSource": "cognito_auth.token_source",
    "AsyncTokenVerifier": "cognito_auth.token_verifier",
    "AsyncUserPool": "cognito_auth.user_pool",
    "AuthorizationServer": "cognito_auth.authorization_server",
    "Challenge": "cognito_auth.challenges",
    "CognitoAuth": "cognito_auth.httpx",
    "Device": "cognito_auth.users",
    "IdClaims": "cognito_auth.claims",
    "KeyPolicy": "cognito_auth.token_verifier",
    "Login": "cognito_auth.authorization_server.login",
    "Retry": "cognito_auth._runtime.retry",
    "TokenSet": "cognito_auth.tokens",
    "TokenSource": "cognito_auth.token_source",
    "TokenVerifier": "cognito_auth.token_verifier",
    "UserPool": "cognito_auth.user_pool",
    "caches": "cognito_auth",
    "challenges": "cognito_auth",
    "errors": "cognito_auth",
    "grants": "cognito_auth",
}

__all__ = [
    "ANY_ORIGIN",
    "AccessClaims",
    "AlbClaims",
    "AlbTokenVerifier",
    "AppClient",
    "AsyncAlbTokenVerifier",
    "AsyncAuthorizationServer",
    "AsyncTokenSource",
    "AsyncTokenVerifier",
    "AsyncUserPool",
    "AuthorizationServer",
    "Challenge",
    "CognitoAuth",
    "Device",
    "IdClaims",
    "KeyPolicy",
    "Login",
    "Retry",
    "TokenSet",
    "TokenSource",
    "TokenVerifier",
    "UserPool",
    "caches",
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
    """The public names, loaded or not, and nothing of how they are loaded."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
