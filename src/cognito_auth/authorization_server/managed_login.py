"""The operations of a login in a browser: begin it, take it back, end it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from cognito_auth._runtime.operation import checked_seconds, operation
from cognito_auth._runtime.runtime import Runtime
from cognito_auth.authorization_server import login as logins
from cognito_auth.authorization_server.base import Conversing
from cognito_auth.authorization_server.exchange import Exchanger
from cognito_auth.authorization_server.login import LIFETIME, Login
from cognito_auth.errors import LoginExpired, UsageError
from cognito_auth.tokens import TokenSet

if TYPE_CHECKING:
    from cognito_auth.authorization_server.browser import Listener


class ManagedLogin(Conversing):
    """Users who sign in at the user pool's own pages, with a social provider, SAML or a passkey."""

    def authorize(
        self,
        *,
        redirect_uri: str,
        scopes: str | Iterable[str] = ("openid",),
        identity_provider: str | None = None,
        idp_identifier: str | None = None,
        login_hint: str | None = None,
        lang: str | None = None,
        prompt: str | Iterable[str] | None = None,
        resource: str | None = None,
    ) -> Login:
        """A new login: send the browser to its ``url``, and keep it for :meth:`exchange`. Nothing is sent.

        >>> from cognito_auth import AppClient, AuthorizationServer
        >>> app = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", pool_id="eu-west-1_AbCdEfGhI", domain="my-prefix")
        >>> login = AuthorizationServer(app).authorize(redirect_uri="https://me.example.com/callback")
        >>> login.url.partition("?")[0]
        'https://my-prefix.auth.eu-west-1.amazoncognito.com/oauth2/authorize'

        Args:
            redirect_uri: Where the browser comes back to, exactly as it is registered with the app client.
            scopes: What the access token is for; none for everything that the app client has. With ``openid`` there
                is an ID token.
            identity_provider: Skip the choice: ``"Google"``, ``"COGNITO"``, or a provider's name in the pool.
            idp_identifier: The same by an identifier of the provider, such as a mail domain.
            login_hint: The user name to fill in.
            lang: The language of the pages, such as ``"fr"`` (managed login only).
            prompt: ``"none"`` (fail if nobody is signed in), ``"login"``, ``"select_account"``, ``"consent"``, or
                several of the last three (managed login only).
            resource: The one API that the access token is for: its ``aud`` (RFC 8707; managed login only).

        Raises:
            UsageError: An argument cannot be right, or the app client has no ``pool_id``.

        https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
        """
        return logins.begin(
            self._runtime,
            self._app,
            redirect_uri=redirect_uri,
            scopes=scopes,
            identity_provider=identity_provider,
            idp_identifier=idp_identifier,
            login_hint=login_hint,
            lang=lang,
            prompt=prompt,
            resource=resource,
        )

    @operation
    async def exchange(self, login: Login, *, callback_url: str) -> TokenSet:
        """The tokens of a login that has come back (RFC 6749 §4.1, RFC 7636).

        Before anything is sent, the address, ``state`` and ``iss`` (RFC 9207, where present) are checked; before
        anything is returned, the ID token is: signature, issuer, audience, expiry, ``nonce`` and ``at_hash``; and the
        access token has every scope that was asked for. A login is exchanged once.

        Args:
            login: What :meth:`authorize` returned, or ``Login.loads(…)``.
            callback_url: The whole address that the browser came back to, as the browser sees it.

        Raises:
            RedirectMismatch: The address is not the login's redirect address.
            StateMismatch: The ``state`` is missing or another login's: perhaps a forged link.
            IssuerMismatch: The ``iss`` is another issuer's.
            LoginExpired: The login was begun more than 10 minutes ago.
            LoginReplayed: This object has exchanged the login already.
            AccessDenied: The user or the provider said no; other refusals are other classes of OAuthError.
            InvalidGrant: The code is used, expired or another client's: begin a new login.
            NonceMismatch: The ID token was made for another login.
            TokenRejected: The ID token must not be trusted.
            ScopeNotGranted: The access token lacks a scope that was asked for.
            KeysUnavailable: The pool's keys could not be had.
            TransportError: No whole answer came. The code may be used up: begin a new login.
            UsageError: The login was made for another app client.

        https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
        """
        return await self._exchanger.exchange(self._runtime, login, callback_url)

    @operation
    async def sign_in_with_browser(
        self,
        *,
        redirect_uri: str = "http://localhost:8400/callback",
        scopes: str | Iterable[str] = ("openid",),
        timeout: float = 300.0,  # noqa: ASYNC109 - how long the user may take, not a limit on awaiting
        open_browser: Callable[[str], object] | None = None,
        identity_provider: str | None = None,
        idp_identifier: str | None = None,
        login_hint: str | None = None,
        lang: str | None = None,
        prompt: str | Iterable[str] | None = None,
        resource: str | None = None,
    ) -> TokenSet:
        """The tokens of the user at this machine, who signs in with their own browser (RFC 8252).

        Listens on loopback, opens the browser (or prints the address where there is none), and waits for it to come
        back. For command-line tools and scripts, with a public app client.

        Args:
            redirect_uri: An http address of loopback with a port, registered with the app client.
            scopes: As for :meth:`authorize`.
            timeout: Seconds that the user may take.
            open_browser: What opens an address, instead of the standard library's ``webbrowser``.
            identity_provider: As for :meth:`authorize`.
            idp_identifier: As for :meth:`authorize`.
            login_hint: As for :meth:`authorize`.
            lang: As for :meth:`authorize`.
            prompt: As for :meth:`authorize`.
            resource: As for :meth:`authorize`.

        Raises:
            UsageError: The port is taken, or an argument cannot be right.
            LoginExpired: Nobody signed in in time.
            CognitoAuthError: As for :meth:`exchange`.
        """
        login = logins.begin(
            self._runtime,
            self._app,
            redirect_uri=redirect_uri,
            scopes=scopes,
            identity_provider=identity_provider,
            idp_identifier=idp_identifier,
            login_hint=login_hint,
            lang=lang,
            prompt=prompt,
            resource=resource,
        )
        return await browser_login(
            self._runtime, self._exchanger, login, timeout=timeout, open_browser=open_browser
        )

    def logout_url(self, *, logout_uri: str | None = None, login: Login | None = None) -> str:
        """Where to send the browser to end its session at the user pool. Nothing is sent.

        It ends neither the session at a social provider nor the tokens: see :meth:`revoke`.

        Args:
            logout_uri: Where the browser goes then, exactly as registered with the app client.
            login: Or the login that begins then, with its redirect address.

        Raises:
            UsageError: Both or neither are given, or the address cannot be right.

        https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
        """
        if (logout_uri is None) == (login is None):
            raise UsageError(
                "logout_uri: expected an address to go to, such as 'https://app.example.com/', or login= to sign in "
                "anew, and not both"
            )
        if login is not None:
            return f"{self._app.domain_url}/logout?{urlsplit(login.url).query}"
        query = {
            "client_id": self._app.client_id,
            "logout_uri": logins.checked_redirect_uri(logout_uri, "logout_uri"),
        }
        return f"{self._app.domain_url}/logout?{urlencode(query)}"


async def browser_login(
    runtime: Runtime,
    exchanger: Exchanger,
    login: Login,
    *,
    timeout: float = 300.0,  # noqa: ASYNC109 - how long the user may take, not a limit on awaiting
    open_browser: Callable[[str], object] | None = None,
) -> TokenSet:
    """The tokens of a login in the user's own browser; see ``ManagedLogin.sign_in_with_browser``."""
    from cognito_auth.authorization_server.browser import Listener, show

    patience = checked_seconds(timeout, "timeout")
    opener = open_browser or show
    listener = await runtime.offload(lambda: Listener(login))
    try:
        await runtime.offload(lambda: opener(login.url))
        callback_url = await _answer(runtime, listener, patience)
    finally:
        listener.close()
    return await exchanger.exchange(runtime, login, callback_url, lifetime=max(LIFETIME, patience))


async def _answer(runtime: Runtime, listener: Listener, patience: float) -> str:
    """The address that the browser came back to. The wait is one that can be cancelled, so no thread sits in it."""
    try:
        return await runtime.wait(listener.callback, patience)
    except TimeoutError:
        pass
    raise LoginExpired(f"nobody came back from the browser within {patience:g} seconds")
