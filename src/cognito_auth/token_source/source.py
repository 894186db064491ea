"""The two faces of a token source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_auth._runtime.operation import Awaiting, Blocking, run
from cognito_auth._runtime.runtime import DEFAULT_TIMEOUT, AsideRuntime, AsyncRuntime, BlockingRuntime
from cognito_auth.token_source.keeper import Keeper

if TYPE_CHECKING:
    from cognito_auth import grants
    from cognito_auth._runtime.http import AwaitingClient, BlockingClient
    from cognito_auth._runtime.retry import Retry
    from cognito_auth.app_client import AppClient
    from cognito_auth.caches.entry import AnyCache, Cache
    from cognito_auth.events import Listener
    from cognito_auth.tokens import TokenSet


class TokenSource(Blocking):
    """Tokens that stay fresh, blocking; any number of threads share one request.

    >>> from cognito_auth import AppClient, TokenSource, grants
    >>> app = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", client_secret="…", region="eu-west-1", domain="my-prefix")
    >>> source = TokenSource(app, grants.ClientCredentials(scopes={"orders/read"}))

    Args:
        app: Which app client.
        grant: How the first tokens are obtained: a value of ``cognito_auth.grants``, or a callable that returns a
            TokenSet.
        cache: Where tokens are shared, such as ``caches.RedisCache``; without one they stay in this object. It must
            block, as the source does.
        identity: Your own name for the user. With a cache it is needed for grants that do not say whose tokens they
            bring (a refresh token, a browser login, a callable): two users must never share an entry.
        legacy_refresh: Refresh with ``REFRESH_TOKEN_AUTH``, which some emulators need; it fails where rotation is on.
        on_event: Called with an :class:`~cognito_auth.events.Event` for each thing that happens.
        http_client: An ``httpx.Client`` or ``httpx2.Client`` whose transport carries the token requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure.

    Raises:
        UsageError: An argument cannot be right.
    """

    _runtime: BlockingRuntime

    def __init__(
        self,
        app: AppClient,
        grant: grants.Grant,
        *,
        cache: Cache | None = None,
        identity: str | None = None,
        legacy_refresh: bool = False,
        on_event: Listener | None = None,
        http_client: BlockingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._runtime = BlockingRuntime(http_client, timeout=timeout, retry=retry)
        self._from_loops = AsideRuntime()
        self._keeper = Keeper(
            self._runtime,
            app,
            grant,
            cache=cache,
            identity=identity,
            legacy_refresh=legacy_refresh,
            on_event=on_event,
        )

    def tokens(self, *, rejected: str | None = None) -> TokenSet:
        """The tokens, never expired.

        Args:
            rejected: An access token that an API has refused. Tokens that differ from it are returned, unless that
                was asked a moment ago.

        Raises:
            SignInRequired: The session is over.
            CognitoAuthError: There is no usable token, and the service gave none.
        """
        if rejected is None:
            wall, monotonic, tokens = self._keeper.fresh_access
            runtime = self._runtime
            if runtime.now() < wall and runtime.monotonic() < monotonic:
                return tokens
        return run(self._keeper.current(self._runtime, "access", rejected))

    def sign_out(self) -> None:
        """Revoke the session, and forget its tokens, here and in the cache.

        Raises:
            CognitoAuthError: The service could not be told; the tokens are forgotten all the same.
        """
        run(self._keeper.sign_out(self._runtime))


class AsyncTokenSource(Awaiting):
    """Tokens that stay fresh, awaited; any number of tasks and event loops share one request.

    Args:
        app: Which app client.
        grant: How the first tokens are obtained: a value of ``cognito_auth.grants``, or a callable that returns a
            TokenSet, asynchronous or not.
        cache: Where tokens are shared, such as ``caches.RedisCache``; without one they stay in this object. It may
            block or be asynchronous.
        identity: Your own name for the user. With a cache it is needed for grants that do not say whose tokens they
            bring (a refresh token, a browser login, a callable): two users must never share an entry.
        legacy_refresh: Refresh with ``REFRESH_TOKEN_AUTH``, which some emulators need; it fails where rotation is on.
        on_event: Called with an :class:`~cognito_auth.events.Event` for each thing that happens.
        http_client: An ``httpx.AsyncClient`` or ``httpx2.AsyncClient`` whose transport carries the token requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure.

    Raises:
        UsageError: An argument cannot be right.
    """

    _runtime: AsyncRuntime

    def __init__(
        self,
        app: AppClient,
        grant: grants.Grant,
        *,
        cache: AnyCache | None = None,
        identity: str | None = None,
        legacy_refresh: bool = False,
        on_event: Listener | None = None,
        http_client: AwaitingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._runtime = AsyncRuntime(http_client, timeout=timeout, retry=retry)
        self._from_loops = self._runtime
        self._keeper = Keeper(
            self._runtime,
            app,
            grant,
            cache=cache,
            identity=identity,
            legacy_refresh=legacy_refresh,
            on_event=on_event,
        )

    async def tokens(self, *, rejected: str | None = None) -> TokenSet:
        """The tokens, never expired.

        Args:
            rejected: An access token that an API has refused. Tokens that differ from it are returned, unless that
                was asked a moment ago.

        Raises:
            SignInRequired: The session is over.
            CognitoAuthError: There is no usable token, and the service gave none.
        """
        if rejected is None:
            wall, monotonic, tokens = self._keeper.fresh_access
            runtime = self._runtime
            if runtime.now() < wall and runtime.monotonic() < monotonic:
                return tokens
        return await self._keeper.current(self._runtime, "access", rejected)

    async def sign_out(self) -> None:
        """Revoke the session, and forget its tokens, here and in the cache.

        Raises:
            CognitoAuthError: The service could not be told; the tokens are forgotten all the same.
        """
        await self._keeper.sign_out(self._runtime)
