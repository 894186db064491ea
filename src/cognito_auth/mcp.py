"""MCP: a token verifier for servers made with the MCP SDK, with the metadata that leads clients to the user pool.

::

    verifier = CognitoTokenVerifier(pool_id, client_id=…, resource="https://mcp.example.com/mcp")
    server = MCPServer("orders", token_verifier=verifier, auth=verifier.auth_settings())
    app = verifier.guard(server.streamable_http_app())

Needs the extra ``mcp``.

https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self, TypedDict, Unpack
from urllib.parse import urlsplit

from mcp.server.auth.provider import AccessToken
from mcp.server.auth.routes import build_resource_metadata_url
from mcp.server.auth.settings import AuthSettings
from mcp.shared.auth import ProtectedResourceMetadata
from pydantic import AnyHttpUrl

from cognito_auth._bearer import plain
from cognito_auth._credentials import Names
from cognito_auth._values import checked_url, required_text, scope_set
from cognito_auth.app_client import AppClient, issuers_of
from cognito_auth.asgi import BearerMiddleware
from cognito_auth.claims import AccessClaims
from cognito_auth.errors import TokenRejected, UsageError
from cognito_auth.token_verifier import AsyncTokenVerifier
from cognito_auth.token_verifier.settings import of_app

if TYPE_CHECKING:
    from types import TracebackType

    from cognito_auth._runtime.http import AwaitingClient
    from cognito_auth._runtime.retry import Retry
    from cognito_auth.asgi import App
    from cognito_auth.token_verifier import KeyPolicy

__all__ = ["CognitoTokenVerifier"]

_EXAMPLE: Final = "https://mcp.example.com/mcp"


class Settings(TypedDict, total=False):
    """The optional arguments, as ``AsyncTokenVerifier`` takes them."""

    all_groups: Names
    any_groups: Names
    acr: Names | None
    max_age: float | None
    leeway: float
    jwks: Mapping[str, Any] | str | bytes | None
    jwks_uri: str | None
    offline: bool
    remember: int
    check: Callable[[AccessClaims], object] | None
    is_revoked: Callable[[AccessClaims], object] | None
    key_policy: KeyPolicy | None
    http_client: AwaitingClient | None
    timeout: float
    retry: Retry | None


class CognitoTokenVerifier:
    """Verifies access tokens for an MCP server, as the SDK's ``token_verifier``.

    A token must be bound to this server: its ``aud`` is ``resource``, which Cognito puts there when a client asks for it
    at managed login (RFC 8707), as MCP clients do. Tokens from client credentials and from the user-pool API have no
    ``aud`` and are refused.

    Args:
        pool_id: The user pool's id.
        client_id: The app client, or clients, whose tokens are accepted; ``None`` accepts any on purpose.
        resource: The server's address, exactly as clients know it: ``"https://mcp.example.com/mcp"``.
        required_scopes: Scopes that every token needs. They are in the metadata; :meth:`auth_settings` makes the SDK, and
            :meth:`guard` this library, answer 403 where they lack.
        issuer: The pool's issuer, where it is not AWS's original form; clients are led to it.
        settings: What else ``AsyncTokenVerifier`` takes: ``all_groups``, ``any_groups``, ``acr``, ``max_age``,
            ``leeway``, ``jwks``, ``jwks_uri``, ``offline``, ``remember``, ``check``, ``is_revoked``, ``key_policy``,
            ``http_client``, ``timeout``, ``retry``.

    Raises:
        UsageError: An argument cannot be right.
    """

    def __init__(
        self,
        pool_id: str,
        *,
        client_id: Names | None,
        resource: str,
        required_scopes: Names = (),
        issuer: str | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        checked_url(required_text(resource, "resource", _EXAMPLE), "resource")
        self.resource = resource
        self.required_scopes = scope_set(required_scopes, "required_scopes")
        self._verifier = AsyncTokenVerifier(
            pool_id,
            client_id=client_id,
            token_use="access",  # noqa: S106 - a claim, not a password
            resource=resource,
            issuer=issuer,
            **settings,
        )
        self.issuer = issuer or issuers_of(pool_id)[0]
        self._check_spelling()

    @classmethod
    def for_app(
        cls, app: AppClient, *, resource: str, required_scopes: Names = (), **settings: Unpack[Settings]
    ) -> Self:
        """A verifier of the tokens that are issued to an app client, at the addresses that it names.

        Args:
            app: The app client, made with ``pool_id``.
            resource: The server's address, exactly as clients know it.
            required_scopes: Scopes that every token needs.
            settings: Any other argument of the class.
        """
        make: Any = cls  # what an app client says of its tokens fits the signature above
        verifier: Self = make(
            **{**of_app(app), **settings}, resource=resource, required_scopes=required_scopes
        )
        return verifier

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the SDK asks: the token's content, or ``None`` for a token that is not good.

        Raises:
            KeysUnavailable: It cannot be known now. The SDK answers 500; behind :meth:`guard` it is never asked.
        """
        try:
            claims = await self._verifier.verify(token)
        except TokenRejected:
            return None
        return AccessToken(
            token=token,
            client_id=claims.client_id,
            scopes=sorted(claims.scopes),
            expires_at=int(claims.expires_at.timestamp()),
            resource=self.resource,
            subject=claims.sub,
            claims=plain(claims.raw),
        )

    def auth_settings(self) -> AuthSettings:
        """The SDK's settings for this verifier: with them it serves the metadata, and asks for the scopes."""
        return AuthSettings(
            issuer_url=AnyHttpUrl(self.issuer),
            resource_server_url=AnyHttpUrl(self.resource),
            required_scopes=sorted(self.required_scopes) or None,
            validate_token_resource=True,
        )

    def metadata(self) -> ProtectedResourceMetadata:
        """The protected resource's metadata (RFC 9728 §2), for servers that the SDK does not serve it for."""
        return ProtectedResourceMetadata.model_validate(
            {
                "resource": self.resource,
                "authorization_servers": [self.issuer],
                "scopes_supported": sorted(self.required_scopes) or None,
                "bearer_methods_supported": ["header"],
            }
        )

    @property
    def metadata_url(self) -> str:
        """Where clients look for the metadata (RFC 9728 §3.1)."""
        return str(build_resource_metadata_url(AnyHttpUrl(self.resource)))

    def guard(self, app: App) -> BearerMiddleware:
        """The server's ASGI application behind a door of our own.

        The SDK knows two answers, 401 and 403. In front of it, a request with two credentials is answered with 400, a
        user who is in the wrong group with 403, and one whose token cannot be verified now with 503, so that no client
        throws a good token away.

        Args:
            app: What the SDK made: ``server.streamable_http_app()``.
        """
        return BearerMiddleware(
            app,
            self._verifier,
            all_scopes=self.required_scopes,
            exempt=urlsplit(self.metadata_url).path,
            resource_metadata=self.metadata_url,
        )

    async def warm(self) -> None:
        """Fetch the keys now, at start-up for instance.

        Raises:
            KeysUnavailable: No issuer's keys could be had.
        """
        await self._verifier.warm()

    async def aclose(self) -> None:
        """Close the connections that this object opened. A client that was passed in stays open."""
        await self._verifier.aclose()

    async def __aenter__(self) -> Self:
        """The object itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.aclose()

    def _check_spelling(self) -> None:
        """Clients ask for the address as the metadata spells it, so tokens name that one, and it is compared exactly."""
        spelled = str(self.metadata().resource)
        if spelled != self.resource:
            raise UsageError(
                f"resource: {self.resource!r} will be spelled {spelled!r} in tokens: expected it so"
            )
