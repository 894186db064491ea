"""From a browser's answer to tokens: the code is exchanged, and what comes is checked before anybody gets it."""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from cognito_auth._runtime.http import Reply
from cognito_auth._runtime.retry import Resend
from cognito_auth._runtime.runtime import Runtime
from cognito_auth.app_client import AppClient
from cognito_auth.authorization_server import endpoints, wire
from cognito_auth.authorization_server.callback import code_in, same
from cognito_auth.authorization_server.login import LIFETIME, Login
from cognito_auth.authorization_server.wire import ClientAuthentication
from cognito_auth.errors import BadSignature, LoginExpired, LoginReplayed, NonceMismatch, UsageError
from cognito_auth.tokens import TokenSet

if TYPE_CHECKING:
    from cognito_auth.authorization_server.id_tokens import IdTokens

REMEMBERED: Final = 10_000
"""How many exchanged logins a server object remembers. The service's codes serve once in any case."""


class Exchanged:
    """The logins that one object has exchanged, the newest of them."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._states: OrderedDict[str, object] = OrderedDict()

    def claim(self, login: Login) -> None:
        """Take the login for this exchange. Each step is one call of a built-in: of two threads, one is refused.

        Raises:
            LoginReplayed: It was taken already.
        """
        mine = object()
        if self._states.setdefault(login.state, mine) is not mine:
            raise LoginReplayed("this login was exchanged already, and a code serves once: begin a new login")
        if len(self._states) > self._remembered:
            self._states.popitem(last=False)


class Exchanger:
    """Exchanges codes for one app client, over any runtime, and remembers which logins and keys it has seen.

    Args:
        app: The app client.
        client_authentication: Where its secret goes.
    """

    def __init__(self, app: AppClient, client_authentication: ClientAuthentication = "basic") -> None:
        self._app = app
        self._client_authentication: ClientAuthentication = client_authentication
        self._exchanged = Exchanged()
        self._id_tokens: IdTokens | None = None

    async def exchange(
        self, runtime: Runtime, login: Login, callback_url: str, *, lifetime: float = LIFETIME
    ) -> TokenSet:
        """The tokens of a login; see ``AuthorizationServer.exchange``."""
        if (login.client_id, login.pool_id) != (self._app.client_id, self._app.pool_id):
            raise UsageError("login: it was made for another app client or user pool")
        code = code_in(login, callback_url, self._app)
        if runtime.now() - login.begun_at.timestamp() > lifetime:
            raise LoginExpired(
                f"this login was begun more than {lifetime / 60:.0f} minutes ago: begin a new one"
            )
        self._exchanged.claim(login)
        reply = await self._redeem(runtime, login, code)
        tokens = endpoints.token_set(reply, runtime.now())
        if tokens.id_token is not None:
            await self._check_id_token(runtime, login, tokens.access_token, tokens.id_token)
        elif "openid" in login.scopes:
            wire.unexpected(reply, "'openid' was asked for, and the answer has no 'id_token'")
        endpoints.granted(login.scopes, tokens)
        return tokens

    async def _redeem(self, runtime: Runtime, login: Login, code: str) -> Reply:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": login.redirect_uri,
            "code_verifier": login.code_verifier,
        }
        how = self._client_authentication
        return await endpoints.post(runtime, self._app, "/oauth2/token", fields, how=how, resend=Resend.NEVER)

    async def _check_id_token(self, runtime: Runtime, login: Login, access_token: str, id_token: str) -> None:
        """The ID token is the pool's, for this client and this login, and goes with this access token."""
        if self._id_tokens is None:
            from cognito_auth.authorization_server.id_tokens import IdTokens

            self._id_tokens = IdTokens(runtime, self._app)
        claims = (await self._id_tokens.claims(id_token)).raw
        if not same(_text(claims.get("nonce")), login.nonce):
            raise NonceMismatch("the ID token's 'nonce' is not this login's: it was made for another one")
        if "at_hash" in claims and not same(_text(claims["at_hash"]), half_hash(access_token)):
            raise BadSignature("the ID token's 'at_hash' does not fit the access token that came with it")


def half_hash(access_token: str) -> str:
    """``at_hash`` of an RS256 ID token: the left half of the access token's SHA-256 (OpenID Connect Core §3.1.3.6)."""
    digest = hashlib.sha256(access_token.encode("utf-8")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode("ascii").rstrip("=")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
