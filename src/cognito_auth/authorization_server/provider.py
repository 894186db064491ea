"""The operations of an OpenID provider: who a user is, and where everything is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import attrs

from cognito_auth._runtime import retry
from cognito_auth._runtime.http import Reply, Request
from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import origin_of
from cognito_auth.app_client import AppClient
from cognito_auth.authorization_server import wire
from cognito_auth.authorization_server.base import Conversing
from cognito_auth.authorization_server.callback import expected_issuers, same
from cognito_auth.authorization_server.user_info import UserInfo
from cognito_auth.errors import DiscoveryRejected, UsageError
from cognito_auth.tokens import TokenSet, unverified_claims

_KEYS: Final = "/.well-known/jwks.json"
_CONFIGURATION: Final = "/.well-known/openid-configuration"


@attrs.frozen(kw_only=True)
class ServerMetadata:
    """What a user pool publishes about itself (OpenID Connect Discovery §3), checked against the app client.

    Attributes:
        issuer: The ``iss`` of the pool's tokens.
        authorization_endpoint: Where a browser is sent.
        token_endpoint: Where tokens come from.
        jwks_uri: Where the keys are.
        userinfo_endpoint: Who a user is.
        revocation_endpoint: Where a sign-in ends.
        end_session_endpoint: Where a browser's session ends.
        raw: Everything, under its own name; read-only.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    revocation_endpoint: str | None
    end_session_endpoint: str | None
    raw: Mapping[str, Any] = attrs.field(repr=False, eq=False)

    @classmethod
    def from_wire(cls, reply: Reply, content: Mapping[str, Any]) -> Self:
        """The members of an answer.

        Raises:
            UnexpectedReply: One is missing or is not a text.
        """
        return cls(
            issuer=_required(reply, content, "issuer"),
            authorization_endpoint=_required(reply, content, "authorization_endpoint"),
            token_endpoint=_required(reply, content, "token_endpoint"),
            jwks_uri=_required(reply, content, "jwks_uri"),
            userinfo_endpoint=wire.text_member(reply, content, "userinfo_endpoint"),
            revocation_endpoint=wire.text_member(reply, content, "revocation_endpoint"),
            end_session_endpoint=wire.text_member(reply, content, "end_session_endpoint"),
            raw=MappingProxyType(dict(content)),
        )


def _bearer(token: object) -> str:
    """The token, if it can stand in a header (RFC 6750 §2.1). It is not quoted: it may be one that was only cut badly."""
    if not isinstance(token, str) or not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise UsageError(
            "tokens: this is no access token: expected a TokenSet, or its access token as it was issued"
        )
    return token


def _required(reply: Reply, content: Mapping[str, Any], name: str) -> str:
    value = wire.text_member(reply, content, name)
    if value is None:
        wire.unexpected(reply, f"the OpenID configuration has no {name!r}")
    return value


class OpenIdProvider(Conversing):
    """What OpenID Connect adds to OAuth."""

    _metadata: ServerMetadata | None = None

    @operation
    async def user_info(self, tokens: TokenSet | str) -> UserInfo:
        """Who the user of an access token is, asked of the service: a token that was revoked is refused here.

        Args:
            tokens: The set, or its access token. It needs the scope ``openid``, which only a login in a browser gives.

        Raises:
            InvalidToken: The access token is expired, revoked, or has no ``openid``.
            OAuthError: The service refused in another way.
            UnexpectedReply: The answer is about another user than the ID token.
            TransportError: No whole answer came.
            UsageError: The text cannot be an access token.

        https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
        """
        token = tokens.access_token if isinstance(tokens, TokenSet) else tokens
        headers = {"authorization": f"Bearer {_bearer(token)}"}
        reply = await self._get(f"{self._app.domain_url}/oauth2/userInfo", headers)
        info = UserInfo.from_wire(reply, wire.document(reply))
        known = unverified_claims(tokens.id_token).get("sub") if isinstance(tokens, TokenSet) else None
        if known is not None and not same(info.sub, str(known)):
            wire.unexpected(
                reply, "the answer is about another user than the ID token (OpenID Connect Core §5.3.2)"
            )
        return info

    @operation
    async def discover(self) -> ServerMetadata:
        """What the pool publishes about itself; fetched once.

        It is trusted only so far: its issuer must be the expected one, and its endpoints on hosts that the app client
        names. Nothing else in this library follows it.

        Raises:
            DiscoveryRejected: The issuer is another one's, or an endpoint is on a host that the app client does not
                name.
            UnexpectedReply: The answer is not an OpenID configuration.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
        """
        if self._metadata is None:
            reply = await self._get(configuration_url(self._app), {})
            metadata = ServerMetadata.from_wire(reply, wire.document(reply))
            check_metadata(metadata, self._app)
            self._metadata = metadata
        return self._metadata

    async def _get(self, url: str, headers: Mapping[str, str]) -> Reply:
        request = Request(method="GET", url=url, headers=headers, timeout=self._runtime.timeout)
        return await retry.send(self._runtime, request, resend=Resend.SAFE, throttled=wire.says_later)


def configuration_url(app: AppClient) -> str:
    """Where the OpenID configuration is: beside the keys."""
    if app.jwks_uri is not None and app.jwks_uri.endswith(_KEYS):
        return app.jwks_uri.removesuffix(_KEYS) + _CONFIGURATION
    if app.issuer is None and app.endpoint is not None:
        return f"{app.endpoint}/{app.required_pool_id('discovery')}{_CONFIGURATION}"
    return min(expected_issuers(app)) + _CONFIGURATION


def check_metadata(metadata: ServerMetadata, app: AppClient) -> None:
    """Nothing, if the configuration is this pool's and leads nowhere else.

    Raises:
        DiscoveryRejected: It is not, or it does.
    """
    issuers = expected_issuers(app)
    if metadata.issuer not in issuers:
        raise DiscoveryRejected("issuer", expected=issuers, actual=metadata.issuer)
    addresses = [*issuers, app.domain_url, app.endpoint_url, *([app.jwks_uri] if app.jwks_uri else [])]
    hosts = frozenset(origin_of(urlsplit(address)) for address in addresses)
    for field in attrs.fields(ServerMetadata):
        value = getattr(metadata, field.name)
        if isinstance(value, str) and field.name != "issuer" and _origin(value) not in hosts:
            raise DiscoveryRejected(field.name, expected=hosts, actual=value)


def _origin(url: str) -> str | None:
    try:
        return origin_of(urlsplit(url))
    except ValueError:
        return None
