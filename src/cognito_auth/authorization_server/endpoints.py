"""The conversations with the token and revocation endpoints, over any runtime.

Each takes the runtime and the app client, so that both faces of
:class:`~cognito_auth.authorization_server.AuthorizationServer` and a token source share them.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import attrs

from cognito_auth._runtime import retry
from cognito_auth._runtime.http import Reply, Request
from cognito_auth._runtime.retry import Resend
from cognito_auth._runtime.runtime import Runtime
from cognito_auth._values import NO_STRINGS, required_text, scope_set
from cognito_auth.app_client import AppClient
from cognito_auth.authorization_server import wire
from cognito_auth.authorization_server.wire import ClientAuthentication
from cognito_auth.errors import InvalidClient, ScopeNotGranted, UnexpectedReply, UsageError
from cognito_auth.tokens import TokenSet


async def client_credentials(
    runtime: Runtime,
    app: AppClient,
    *,
    scopes: str | Iterable[str] = (),
    client_metadata: Mapping[str, str] = NO_STRINGS,
    client_authentication: ClientAuthentication = "basic",
) -> TokenSet:
    """A machine's access token (RFC 6749 §4.4); see ``AuthorizationServer.client_credentials``."""
    wanted = scope_set(scopes)
    if app.client_secret is None:
        raise UsageError(
            "client_secret: this app client has none, and client credentials need it: expected "
            "AppClient(…, client_secret=…), a confidential app client's"
        )
    fields = {
        "grant_type": "client_credentials",
        "scope": " ".join(sorted(wanted)) or None,
        "aws_client_metadata": json.dumps(dict(client_metadata)) if client_metadata else None,
    }
    # A repeated request is charged for again if the first one was answered.
    reply = await post(
        runtime, app, "/oauth2/token", fields, how=client_authentication, resend=Resend.UNANSWERED
    )
    tokens = token_set(reply, runtime.now())
    granted(wanted, tokens)
    return tokens


async def refresh(
    runtime: Runtime,
    app: AppClient,
    tokens: TokenSet | str,
    *,
    client_metadata: Mapping[str, str] = NO_STRINGS,
    client_authentication: ClientAuthentication = "basic",
) -> TokenSet:
    """New tokens for a refresh token (RFC 6749 §6); see ``AuthorizationServer.refresh``."""
    token = refresh_token_of(tokens)
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "aws_client_metadata": json.dumps(dict(client_metadata)) if client_metadata else None,
    }
    # With rotation the first request has replaced the token: sent again, it would look stolen.
    reply = await post(
        runtime, app, "/oauth2/token", fields, how=client_authentication, resend=Resend.REFUSED
    )
    fresh = token_set(reply, runtime.now())
    return attrs.evolve(
        fresh,
        refresh_token=fresh.refresh_token or token,
        device_key=tokens.device_key if isinstance(tokens, TokenSet) else None,
    )


async def revoke(
    runtime: Runtime,
    app: AppClient,
    tokens: TokenSet | str,
    *,
    client_authentication: ClientAuthentication = "basic",
) -> None:
    """The refresh token and all that was issued from it end (RFC 7009); see ``AuthorizationServer.revoke``."""
    fields = {"token": refresh_token_of(tokens)}
    reply = await post(runtime, app, "/oauth2/revoke", fields, how=client_authentication, resend=Resend.SAFE)
    wire.accepted(reply)


async def post(
    runtime: Runtime,
    app: AppClient,
    path: str,
    fields: Mapping[str, str | None],
    *,
    how: ClientAuthentication,
    resend: Resend,
) -> Reply:
    """The answer to a form. A secret that may change is asked for again, once, when it is refused.

    Two secrets of an app client may be live at once: while the old one is being withdrawn, whoever still has it in
    hand asks for the present one. The service refuses a client before it looks at the grant, so no code is used up.
    """
    secret = await _secret(runtime, app)
    reply = await _send(runtime, app, path, fields, how=how, resend=resend, secret=secret)
    if callable(app.client_secret) and _refused_the_client(reply):
        present = await _secret(runtime, app)
        if present != secret:
            return await _send(runtime, app, path, fields, how=how, resend=resend, secret=present)
    return reply


async def _secret(runtime: Runtime, app: AppClient) -> str | None:
    """The client secret. A callable may ask a secrets store, so it must not stop an event loop."""
    return await runtime.offload(app.secret) if callable(app.client_secret) else app.secret()


async def _send(
    runtime: Runtime,
    app: AppClient,
    path: str,
    fields: Mapping[str, str | None],
    *,
    how: ClientAuthentication,
    resend: Resend,
    secret: str | None,
) -> Reply:
    headers, identity = wire.identified(app.client_id, secret, how)
    request = Request(
        method="POST",
        url=app.domain_url + path,
        headers={**headers, "content-type": wire.FORM},
        content=wire.encoded({**fields, **identity}),
        timeout=runtime.timeout,
    )
    return await retry.send(runtime, request, resend=resend, throttled=wire.says_later)


def _refused_the_client(reply: Reply) -> bool:
    return (
        reply.status in {400, 401} and (wire.json_object(reply) or {}).get("error") == InvalidClient.wire_name
    )


def token_set(reply: Reply, now: float) -> TokenSet:
    """The tokens of an answer of the token endpoint (RFC 6749 §5.1).

    Raises:
        OAuthError: The answer is an error.
        UnexpectedReply: It is not an answer of a token endpoint.
    """
    content = wire.document(reply)
    access_token = wire.text_member(reply, content, "access_token")
    if access_token is None:
        wire.unexpected(reply, "the answer has no 'access_token'")
    if (wire.text_member(reply, content, "token_type") or "Bearer").lower() != "bearer":
        # RFC 6749 §7.1: a type that is not understood must not be used.
        wire.unexpected(reply, "the answer's 'token_type' is not 'Bearer'")
    try:
        return TokenSet.issued(
            access_token=access_token,
            id_token=wire.text_member(reply, content, "id_token"),
            refresh_token=wire.text_member(reply, content, "refresh_token"),
            expires_in=content.get("expires_in"),
            now=now,
        )
    except ValueError as error:
        why = str(error)
    raise UnexpectedReply(why, status=reply.status, request_id=reply.request_id)


def granted(wanted: frozenset[str], tokens: TokenSet) -> None:
    """Nothing, if the access token's own ``scope`` has all that was asked for: Cognito may leave some out silently.

    Raises:
        ScopeNotGranted: It has not.
    """
    if missing := wanted - tokens.scopes:
        raise ScopeNotGranted(missing, tokens.scopes)


def refresh_token_of(tokens: TokenSet | str) -> str:
    """The refresh token of a set, or the text itself.

    Raises:
        UsageError: There is none.
    """
    if isinstance(tokens, TokenSet):
        if tokens.refresh_token is None:
            raise UsageError(
                "tokens: these have no refresh token (a machine's never have): expected tokens of a user's sign-in"
            )
        return tokens.refresh_token
    return required_text(tokens, "tokens", "a TokenSet, or a refresh token")
