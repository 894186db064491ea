"""From a grant to tokens, from old tokens to new ones, and to none: conversations over any runtime."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from cognito_auth import grants
from cognito_auth.errors import SignInRequired, UsageError
from cognito_auth.tokens import TokenSet

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime
    from cognito_auth.app_client import AppClient
    from cognito_auth.token_source.identity import Credential
    from cognito_auth.user_pool.wire import Facts, Wire


class Obtainer:
    """Does what a grant says.

    Args:
        app: Which app client.
        grant: What to do.
        legacy_refresh: Refresh with ``REFRESH_TOKEN_AUTH``.
    """

    def __init__(self, app: AppClient, grant: grants.Grant, *, legacy_refresh: bool) -> None:
        self._app = app
        self._grant = grant
        self._legacy_refresh = legacy_refresh
        self._facts: Facts | None = None

    async def begin(self, runtime: Runtime, credential: Credential) -> TokenSet:
        """The first tokens, or those of another sign-in."""
        match self._grant:
            case grants.Password() as password:
                return await self._sign_in(runtime, password, await credential.secret(runtime))
            case grants.ClientCredentials() as machine:
                return await self._client_credentials(runtime, machine)
            case grants.BrowserLogin() as login:
                return await self._log_in(runtime, login)
            case other:
                return await self._call(runtime, other)

    async def refresh(self, runtime: Runtime, tokens: TokenSet | str) -> TokenSet:
        """The session's next tokens.

        Args:
            runtime: Carries the request.
            tokens: The present ones, or a refresh token alone.
        """
        if self._is_of_the_domain_alone:
            from cognito_auth.authorization_server import endpoints

            return await endpoints.refresh(runtime, self._app, tokens)
        from cognito_auth.user_pool import refreshing

        # The tokens of a sign-in remember their device; a refresh token alone does not.
        device = self._grant.device if isinstance(self._grant, grants.RefreshToken) else None
        wire = self._wire(runtime)
        return await refreshing.refresh(wire, tokens, device=device, legacy=self._legacy_refresh)

    async def revoke(self, runtime: Runtime, refresh_token: str) -> None:
        """End a session."""
        if self._is_of_the_domain_alone:
            from cognito_auth.authorization_server import endpoints

            return await endpoints.revoke(runtime, self._app, refresh_token)
        from cognito_auth.user_pool import refreshing

        return await refreshing.revoke_token(self._wire(runtime), refresh_token)

    @property
    def _is_of_the_domain_alone(self) -> bool:
        """Whether the app client's JSON API is not known, or the pool's login pages are in use anyway."""
        has_no_api = not self._app.region and self._app.endpoint is None
        return has_no_api or isinstance(self._grant, grants.BrowserLogin)

    async def _sign_in(self, runtime: Runtime, grant: grants.Password, password: str) -> TokenSet:
        from cognito_auth.user_pool import conversation

        wire, method, device = self._wire(runtime), grant.method, grant.device
        outcome = await conversation.sign_in(wire, grant.username, password, method=method, device=device)
        while not isinstance(outcome, TokenSet):
            if grant.answer is None:
                raise SignInRequired(
                    f"the service asks {type(outcome).__name__} of {grant.username!r}: give grants.Password(…, answer=…), "
                    "or sign in with UserPool and hand the session over with grants.RefreshToken"
                )
            outcome = await conversation.respond(wire, await _answered(runtime, grant.answer, outcome))
        return outcome

    async def _log_in(self, runtime: Runtime, grant: grants.BrowserLogin) -> TokenSet:
        from cognito_auth.authorization_server import login, managed_login
        from cognito_auth.authorization_server.exchange import Exchanger

        begun = login.begin(runtime, self._app, redirect_uri=grant.redirect_uri, scopes=grant.scopes)
        return await managed_login.browser_login(
            runtime,
            Exchanger(self._app),
            begun,
            timeout=grant.timeout,
            open_browser=grant.open_browser,
        )

    async def _client_credentials(self, runtime: Runtime, grant: grants.ClientCredentials) -> TokenSet:
        if grant.via == "api":
            from cognito_auth.user_pool import machines

            return await machines.get_client_token(
                self._wire(runtime), scopes=grant.scopes, client_metadata=grant.client_metadata
            )
        from cognito_auth.authorization_server import endpoints

        return await endpoints.client_credentials(
            runtime, self._app, scopes=grant.scopes, client_metadata=grant.client_metadata
        )

    async def _call(self, runtime: Runtime, grant: Any) -> TokenSet:
        tokens = await _answered(runtime, grant)
        if not isinstance(tokens, TokenSet):
            raise UsageError(f"grant: the callable returned {type(tokens).__name__}: expected a TokenSet")
        return tokens

    def _wire(self, runtime: Runtime) -> Wire:
        from cognito_auth.user_pool.wire import Facts, Wire

        if self._facts is None:
            self._facts = Facts()
        return Wire(self._app, runtime, self._facts)


def check_plain(grant: grants.Grant) -> None:
    """Refuse what only an event loop could wait for.

    Raises:
        UsageError: A callable of the grant is a coroutine function.
    """
    function = grant.answer if isinstance(grant, grants.Password) else grant
    called = getattr(function, "__call__", None)  # noqa: B004 - an object may have a coroutine method there
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called):
        raise UsageError(_ASYNCHRONOUS)


_ASYNCHRONOUS = "grant: a callable of it is asynchronous: use AsyncTokenSource, or a plain callable"


async def _answered(runtime: Runtime, function: Any, *arguments: Any) -> Any:
    """What a callable of the user's gives, called where it may block, and awaited where it is asynchronous."""
    if inspect.iscoroutinefunction(function):
        answer = function(*arguments)
    else:
        # In a tuple: trio refuses a thread's answer that is a coroutine, and this one is awaited below.
        (answer,) = await runtime.offload(lambda: (function(*arguments),))
    if not inspect.isawaitable(answer):
        return answer
    if runtime.blocks:
        if inspect.iscoroutine(answer):
            answer.close()
        raise UsageError(
            "a callable of this grant is asynchronous: use AsyncTokenSource, or a plain callable"
        )
    return await answer
