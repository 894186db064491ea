"""What keeps tokens fresh behind both faces: the tokens at hand, who renews them, and who waits for whom."""

from __future__ import annotations

import copy
import os
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, WeakSet

from cognito_auth import grants
from cognito_auth._runtime.flight import Flights
from cognito_auth.app_client import checked_app
from cognito_auth.caches.memory import MemoryCache
from cognito_auth.errors import CognitoAuthError, Remedy, UsageError
from cognito_auth.events import Listener, announce
from cognito_auth.token_source.held import Held, Holder, Use
from cognito_auth.token_source.identity import Credential, cache_key, checked_identity
from cognito_auth.token_source.obtain import Obtainer, check_plain
from cognito_auth.token_source.policy import Failure, Stage, Step, decide
from cognito_auth.token_source.renewal import REJECTION_PAUSE, Renewal, Wanted
from cognito_auth.token_source.shelf import Shelf
from cognito_auth.tokens import TokenSet

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime
    from cognito_auth.app_client import AppClient
    from cognito_auth.caches.entry import AnyCache

ASIDE_PAUSE = 1.0
"""Seconds before another look at a refresh that is another host's."""

_flights_by_cache: WeakKeyDictionary[Any, Flights[Held | None]] = WeakKeyDictionary()
_every: WeakSet[Keeper] = WeakSet()


def _flights_of(cache: AnyCache) -> Flights[Held | None]:
    """Sources on one cache share their flights."""
    return _flights_by_cache.setdefault(cache, Flights())


class Keeper:
    """Keeps one identity's tokens.

    Args:
        runtime: Carries its requests.
        app: Which app client.
        grant: How to begin.
        cache: Where tokens are shared; ``None`` for nowhere.
        identity: The caller's own name for the user.
        legacy_refresh: Refresh with ``REFRESH_TOKEN_AUTH``.
        on_event: Told what happens.

    Raises:
        UsageError: An argument cannot be right.
    """

    def __init__(
        self,
        runtime: Runtime,
        app: AppClient,
        grant: grants.Grant,
        *,
        cache: AnyCache | None,
        identity: str | None,
        legacy_refresh: bool,
        on_event: Listener | None,
    ) -> None:
        if not callable(grant) and not isinstance(grant, grants.KINDS):
            raise UsageError(
                f"grant: got {type(grant).__name__}: expected a value of cognito_auth.grants, or a callable that returns "
                "a TokenSet"
            )
        if runtime.blocks:
            check_plain(grant)
        checked_identity(identity, grant, is_shared=cache is not None)
        checked_app(app)
        self._runtime = runtime
        self._key = cache_key(app, grant, identity)
        self._on_event = on_event
        self._obtainer = Obtainer(app, grant, legacy_refresh=legacy_refresh)
        self._credential = Credential(app, grant, is_shared=cache is not None)
        store: AnyCache = MemoryCache() if cache is None else cache
        self._shelf = Shelf(store, self._key, runtime, self._announce)
        self._is_private = getattr(store, "never_blocks", False)
        self._flights = _flights_of(store)
        self._flight_key = self._key, self._credential.share
        self._patience = grants.patience_of(grant) + 2 * (runtime.retry.deadline + runtime.timeout)
        self._asks_a_person = isinstance(grant, grants.BrowserLogin)
        self._holder = Holder(runtime)
        self._renewal = Renewal(
            runtime,
            grant=grant,
            obtainer=self._obtainer,
            credential=self._credential,
            shelf=self._shelf,
            holder=self._holder,
            announce=self._announce,
        )
        self._held = None
        self._failure: Failure | None = None
        self._error: CognitoAuthError | None = None
        self._final_secret: str | None = None
        self._no_look_before = float("-inf")
        self._rejection_at = float("-inf")
        _every.add(self)

    # -- serving ------------------------------------------------------------------------------------------------

    def at_hand(self, use: Use) -> TokenSet | None:
        """The tokens in memory, while nothing is to be done about them."""
        wall, monotonic, tokens = self.fresh_access if use == "access" else self._fresh_id
        runtime = self._runtime
        return tokens if runtime.now() < wall and runtime.monotonic() < monotonic else None

    @property
    def _held(self) -> Held | None:
        return self._at_hand

    @_held.setter
    def _held(self, held: Held | None) -> None:
        self._at_hand = held
        self.fresh_access, self._fresh_id = _fresh(held, "access"), _fresh(held, "id")

    async def current(self, waiting: Runtime, use: Use, rejected: str | None = None) -> TokenSet:
        """Tokens that are good for a use now.

        Args:
            waiting: How this caller waits while another one leads.
            use: Which of them must be good.
            rejected: An access token that an API has refused.
        """
        held = self._held
        is_refused = held is not None and held.tokens.access_token == rejected
        step = Step.OBTAIN if is_refused else self._step(held, use)
        if held is not None and self._serves(held, step, use):
            return held.tokens
        if step is Step.REFUSE and self._error is not None:
            raise copy.copy(self._error)
        wanted = Wanted(use=use, rejected=rejected, may_wait=step is not Step.REFRESH_ASIDE)
        try:
            landed = await self._join(waiting, held, wanted)
        except CognitoAuthError:
            held = self._held
            if is_refused or held is None or self._holder.stage(held, use) is Stage.EXPIRED:
                raise
            self._announce("served_stale", {"because": "a refresh failed"})
            return held.tokens
        if landed.times(use) is None:
            raise _no_id_token()
        return landed.tokens

    def _serves(self, held: Held, step: Step, use: Use) -> bool:
        """Whether the tokens at hand will do as they are."""
        if held.times(use) is None:
            raise _no_id_token()
        if step is Step.SERVE:
            return True
        return step is Step.REFRESH_ASIDE and (
            self._flights.is_under_way(self._flight_key) or self._runtime.monotonic() < self._no_look_before
        )

    def _step(self, held: Held | None, use: Use) -> Step:
        return decide(
            held.times(use) if held else None,
            self._failure,
            wall=self._runtime.now(),
            monotonic=self._runtime.monotonic(),
        )

    # -- renewing -----------------------------------------------------------------------------------------------

    async def _join(self, waiting: Runtime, held: Held | None, wanted: Wanted) -> Held:
        while True:
            conversation = partial(self._renew, held, wanted)
            landed = await self._flights.join(
                waiting, self._flight_key, conversation, patience=self._patience
            )
            if landed is not None:
                self._held = landed
                return landed
            held = self._held  # somebody signed out meanwhile

    async def _renew(self, had: Held | None, wanted: Wanted) -> Held:
        """The next tokens. This is the flight: one at a time."""
        held, runtime = self._held, self._runtime
        if held is not None and held is not had:
            return held  # another flight has landed since the caller looked
        if wanted.rejected is not None and held is not None:
            if runtime.monotonic() < self._rejection_at + REJECTION_PAUSE:
                return held
            self._rejection_at = runtime.monotonic()
        final_secret = await self._secret_that_failed()
        try:
            renewed = await self._renewal.run(
                held, wanted, may_ask=lambda: self._may_ask(final_secret), keep=self._keep
            )
        except CognitoAuthError as error:
            await self._note(error)
            raise
        if renewed is held:
            self._no_look_before = runtime.monotonic() + ASIDE_PAUSE
        elif renewed.record.access_token != (held.record.access_token if held else None):
            self._failure = self._error = self._final_secret = None
        self._held = renewed
        return renewed

    def _keep(self, found: Held) -> None:
        self._held = found

    async def _secret_that_failed(self) -> bool:
        """Whether the last failure was final, and the credential is still the one that failed."""
        if self._failure is None or not self._failure.is_final:
            return False
        return self._final_secret == await self._credential.secret(self._runtime)

    def _may_ask(self, is_hopeless: bool) -> None:  # noqa: FBT001 - a closure's one argument
        """Refuse to ask the service again what it has refused for good: repeated failures lock users out."""
        if is_hopeless and self._error is not None:
            raise copy.copy(self._error)

    async def _note(self, error: CognitoAuthError) -> None:
        """Remember a failure, for the back-off."""
        if isinstance(error, UsageError):
            return
        is_final = error.remedy is Remedy.SIGN_IN_AGAIN and not self._asks_a_person
        if is_final and (self._failure is None or not self._failure.is_final):
            self._final_secret = await self._credential.secret(self._runtime)
        count = self._failure.count + 1 if self._failure else 1
        self._failure = Failure(count, self._runtime.monotonic(), self._runtime.jitter(), is_final=is_final)
        self._error = copy.copy(error)  # without its traceback, whose frames hold tokens
        self._announce("refresh_failed", {"error": type(error).__name__})

    def _announce(self, name: str, detail: dict[str, str]) -> None:
        announce(self._on_event, name, self._key, self._runtime.now(), detail)

    # -- the end ------------------------------------------------------------------------------------------------

    async def sign_out(self, waiting: Runtime) -> None:
        """Revoke the session and forget it."""
        is_done = False

        async def end() -> None:
            nonlocal is_done
            is_done = True
            await self._end()

        while not is_done:
            try:
                await self._flights.join(waiting, self._flight_key, end, patience=self._patience)
            except CognitoAuthError:
                if is_done:
                    raise

    async def _end(self) -> None:
        held = self._held
        self._held = None
        self._failure = self._error = self._final_secret = None
        refresh_token = await self._renewal.forget(held)
        if refresh_token is not None:
            await self._obtainer.revoke(self._runtime, refresh_token)
        self._announce("signed_out", {})

    def after_fork(self) -> None:
        """A session that only the parent's memory held is the parent's: both would refresh it."""
        held = self._held
        if self._is_private and held is not None and held.record.refresh_token is not None:
            self._held = None


def _fresh(held: Held | None, use: Use) -> tuple[float, float, TokenSet]:
    """Until when nothing is to be done, by the wall clock and the monotonic one, and the tokens: all that most calls need."""
    times = None if held is None else held.times(use)
    if held is None or times is None:
        return _NOTHING_FRESH
    return times.wall.advisory, times.monotonic.advisory, held.tokens


_NEVER: Final = float("-inf")
_NOBODYS: Any = None
_NOTHING_FRESH: Final[tuple[float, float, TokenSet]] = (_NEVER, _NEVER, _NOBODYS)


def _no_id_token() -> UsageError:
    return UsageError("token='id': these tokens hold no ID token: machines have none")


def _after_fork() -> None:  # pragma: no cover - it runs in a forked child, which tells no coverage
    for keeper in _every:
        keeper.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - there are no forks on Windows
    os.register_at_fork(after_in_child=_after_fork)
