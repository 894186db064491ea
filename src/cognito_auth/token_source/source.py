"""A source of tokens: what it keeps in memory, and how callers share one exchange."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final, Literal

import attrs

from cognito_auth._runtime.flight import Flights
from cognito_auth._runtime.operation import Awaiting, Blocking, run
from cognito_auth._runtime.runtime import (
    DEFAULT_TIMEOUT,
    AsideRuntime,
    AsyncRuntime,
    BlockingRuntime,
    Runtime,
)
from cognito_auth.errors import CognitoAuthError, SignInRequired, UsageError
from cognito_auth.token_source.obtain import Obtainer
from cognito_auth.token_source.policy import Failure, Step, Times, decide
from cognito_auth.tokens import TokenSet

if TYPE_CHECKING:
    from cognito_auth import grants
    from cognito_auth._runtime.http import AwaitingClient, BlockingClient
    from cognito_auth._runtime.retry import Retry
    from cognito_auth.app_client import AppClient

Use = Literal["access", "id"]

REJECTION_PAUSE: Final = 5.0
"""Seconds in which an API's refusals lead to one refresh at most."""


@attrs.frozen
class Held:
    """Tokens at hand, and their times by this machine's clocks."""

    tokens: TokenSet
    access: Times
    id: Times | None

    def times(self, use: Use) -> Times | None:
        """The life of one of them."""
        return self.access if use == "access" else self.id


class Keeper:
    """What both faces share: the token at hand, and the way to the next one."""

    def __init__(
        self, runtime: Runtime, app: AppClient, grant: grants.Grant, *, legacy_refresh: bool
    ) -> None:
        self._runtime = runtime
        self._obtainer = Obtainer(app, grant, legacy_refresh=legacy_refresh)
        self._flights: Flights[Held] = Flights()
        self._held: Held | None = None
        self._failure: tuple[Failure, CognitoAuthError] | None = None
        self._rejected_at = float("-inf")

    def at_hand(self, use: Use) -> TokenSet | None:
        """The tokens in memory, while nothing is to be done about them."""
        held = self._held
        if held is None:
            return None
        times = held.access if use == "access" else held.id
        runtime = self._runtime
        if (
            times is not None
            and runtime.now() < times.wall.advisory
            and runtime.monotonic() < times.monotonic.advisory
        ):
            return held.tokens
        return None

    async def current(self, waiting: Runtime, use: Use, rejected: str | None = None) -> TokenSet:
        """Tokens that are good for a use now.

        Args:
            waiting: How this caller waits while another one leads.
            use: Which of them must be good.
            rejected: An access token that an API has refused.
        """
        held = self._held
        if rejected is not None and held is not None and held.tokens.access_token == rejected:
            return await self._replaced(waiting, held)
        step = self._step(held, use)
        if held is not None and (
            step is Step.SERVE or (step is Step.REFRESH_ASIDE and self._flights.is_under_way("tokens"))
        ):
            return held.tokens
        if step is Step.REFUSE and self._failure is not None:
            raise copy.copy(self._failure[1])
        try:
            renewed = await self._flights.join(waiting, "tokens", lambda: self._renew(held))
        except CognitoAuthError:
            if held is not None and step in {Step.REFRESH_ASIDE, Step.REFRESH_FIRST}:
                return held.tokens
            raise
        if renewed.times(use) is None:
            raise UsageError("token='id': these tokens hold no ID token: machines have none")
        return renewed.tokens

    def _step(self, held: Held | None, use: Use) -> Step:
        return decide(
            held.times(use) if held else None,
            self._failure[0] if self._failure else None,
            wall=self._runtime.now(),
            monotonic=self._runtime.monotonic(),
        )

    async def _replaced(self, waiting: Runtime, held: Held) -> TokenSet:
        """Other tokens than those that an API has refused; the same ones if that was asked a moment ago."""
        renewed = await self._flights.join(waiting, "tokens", lambda: self._renew(held, was_rejected=True))
        return renewed.tokens

    async def _renew(self, had: Held | None, *, was_rejected: bool = False) -> Held:
        """The next tokens. This is the flight: one at a time."""
        runtime, held = self._runtime, self._held
        if held is not None and held is not had:
            return held  # another flight has landed since the caller looked
        if held is not None and was_rejected:
            moment = runtime.monotonic()
            if moment < self._rejected_at + REJECTION_PAUSE:
                return held
            self._rejected_at = moment
        try:
            tokens = await self._obtainer.renew(runtime, held.tokens if held else None)
            renewed = self._hold(tokens)
        except CognitoAuthError as error:
            self._remember(error)
            raise
        self._held, self._failure = renewed, None
        return renewed

    def _remember(self, error: CognitoAuthError) -> None:
        count = self._failure[0].count + 1 if self._failure else 1
        self._failure = Failure(count, self._runtime.monotonic(), self._runtime.jitter()), error

    def _hold(self, tokens: TokenSet) -> Held:
        runtime = self._runtime
        wall, monotonic, spread = runtime.now(), runtime.monotonic(), runtime.jitter()

        def of(end: float) -> Times:
            return Times.of(
                lifetime=end - wall, remaining=end - wall, wall=wall, monotonic=monotonic, spread=spread
            )

        if tokens.expires_at.timestamp() <= wall:
            raise SignInRequired("the tokens that were obtained are expired already")
        return Held(
            tokens,
            of(tokens.expires_at.timestamp()),
            of(tokens.id_expires_at.timestamp()) if tokens.id_expires_at else None,
        )


class TokenSource(Blocking):
    """Tokens that stay fresh, blocking; any number of threads share one request.

    >>> from cognito_auth import AppClient, TokenSource, grants
    >>> app = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", client_secret="…", region="eu-west-1", domain="my-prefix")
    >>> source = TokenSource(app, grants.ClientCredentials(scopes={"orders/read"}))

    Args:
        app: Which app client.
        grant: How the first tokens are obtained: a value of ``cognito_auth.grants``, or a callable that returns a
            TokenSet.
        legacy_refresh: Refresh with ``REFRESH_TOKEN_AUTH``, which some emulators need; it fails where rotation is on.
        http_client: An ``httpx.Client`` or ``httpx2.Client`` whose transport carries the token requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure.
    """

    _runtime: BlockingRuntime

    def __init__(
        self,
        app: AppClient,
        grant: grants.Grant,
        *,
        legacy_refresh: bool = False,
        http_client: BlockingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._runtime = BlockingRuntime(http_client, timeout=timeout, retry=retry)
        self._from_loops = AsideRuntime()
        self._keeper = Keeper(self._runtime, app, grant, legacy_refresh=legacy_refresh)

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
            at_hand = self._keeper.at_hand("access")
            if at_hand is not None:
                return at_hand
        return run(self._keeper.current(self._runtime, "access", rejected))


class AsyncTokenSource(Awaiting):
    """Tokens that stay fresh, awaited; any number of tasks and event loops share one request.

    Args:
        app: Which app client.
        grant: How the first tokens are obtained: a value of ``cognito_auth.grants``, or a callable that returns a
            TokenSet, asynchronous or not.
        legacy_refresh: Refresh with ``REFRESH_TOKEN_AUTH``, which some emulators need; it fails where rotation is on.
        http_client: An ``httpx.AsyncClient`` or ``httpx2.AsyncClient`` whose transport carries the token requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure.
    """

    _runtime: AsyncRuntime

    def __init__(
        self,
        app: AppClient,
        grant: grants.Grant,
        *,
        legacy_refresh: bool = False,
        http_client: AwaitingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._runtime = AsyncRuntime(http_client, timeout=timeout, retry=retry)
        self._from_loops = self._runtime
        self._keeper = Keeper(self._runtime, app, grant, legacy_refresh=legacy_refresh)

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
            at_hand = self._keeper.at_hand("access")
            if at_hand is not None:
                return at_hand
        return await self._keeper.current(self._runtime, "access", rejected)
