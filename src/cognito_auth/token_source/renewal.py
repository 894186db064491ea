"""From old tokens to new ones, in a fleet: one conversation, led by one caller of one host.

Look into the cache, and adopt what another host has stored. Else take the lease, look again, ask the service, and
store by compare-and-set. Who finds the lease taken goes on with the token at hand, or waits for the entry to change.
The lease only keeps the herd away; that no newer token is lost is the work of the versions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs

from cognito_auth import grants
from cognito_auth.errors import (
    CacheError,
    CognitoAuthError,
    InvalidGrant,
    NotAuthorized,
    RefreshTokenReuse,
    SignInRequired,
)
from cognito_auth.token_source.held import Held, Holder, Use
from cognito_auth.token_source.policy import Stage
from cognito_auth.token_source.record import Record, loads
from cognito_auth.tokens import TokenSet

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime
    from cognito_auth.caches.entry import Entry
    from cognito_auth.token_source.identity import Credential
    from cognito_auth.token_source.obtain import Obtainer
    from cognito_auth.token_source.shelf import Shelf

Announce = Callable[[str, dict[str, str]], None]

REJECTION_PAUSE: Final = 5.0
"""Seconds in which an API's refusals lead to one refresh at most."""

_SESSION_IS_DEAD: Final = (NotAuthorized, RefreshTokenReuse, InvalidGrant)
_FIRST_POLL: Final = 0.05
_LONGEST_POLL: Final = 0.5
_LAST_LOOKS: Final = 4
_WRITES: Final = 4


@attrs.frozen(kw_only=True)
class Wanted:
    """What a caller wants.

    Attributes:
        use: Which of the tokens must be good.
        rejected: An access token that an API has refused.
        may_wait: Whether to wait for another host; else the token at hand will do.
    """

    use: Use
    rejected: str | None
    may_wait: bool


@attrs.frozen(kw_only=True)
class Seen:
    """What the cache had.

    Attributes:
        version: The entry's; ``None`` where there was none.
        record: Its content, if this credential has earned it.
        other: Its content, if another credential has.
    """

    version: str | None = None
    record: Record | None = None
    other: Record | None = None


class Renewal:
    """The conversation's parts.

    Args:
        runtime: Carries it.
        grant: How to begin.
        obtainer: Asks the service.
        credential: What earns the tokens.
        shelf: The entry's place in the cache.
        holder: Turns records into tokens at hand.
        announce: Tells what happened.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        grant: grants.Grant,
        obtainer: Obtainer,
        credential: Credential,
        shelf: Shelf,
        holder: Holder,
        announce: Announce,
    ) -> None:
        self._runtime = runtime
        self._obtainer = obtainer
        self._credential = credential
        self._shelf = shelf
        self._holder = holder
        self._announce = announce
        self._lease_seconds = runtime.retry.deadline + runtime.timeout
        self._begins_alone = not isinstance(grant, (grants.RefreshToken, grants.BrowserLogin))
        self._asks_a_person = isinstance(grant, grants.BrowserLogin)
        self._given = grant.token if isinstance(grant, grants.RefreshToken) else None

    async def run(
        self, held: Held | None, wanted: Wanted, *, may_ask: Callable[[], None], keep: Callable[[Held], None]
    ) -> Held:
        """Tokens for what is wanted; the ones at hand where nothing better can be had now.

        Args:
            held: The tokens at hand.
            wanted: What the caller wants.
            may_ask: Raises where the service must not be asked.
            keep: Called with usable tokens that are found on the way.
        """
        try:
            seen = await self._look()
            adopted = self._adoptable(seen, held, wanted)
            if adopted is not None:
                return self._adopt(adopted)
            if held is None and seen.record is not None and self._is_usable(seen.record, wanted):
                held = self._holder.hold(seen.record, seen.version)
                keep(held)
            if wanted.rejected is not None and held is not None and self._is_too_soon(held):
                return held
            may_ask()
            is_mine, lease = await self._shelf.try_lease(ttl=self._lease_seconds)
        except CacheError as error:
            may_ask()
            return await self._alone(held, wanted, error)
        if is_mine:
            return await self._lead_with(lease, held, wanted)
        if held is not None and not wanted.may_wait:
            self._announce("served_stale", {"because": "another host refreshes"})
            return held
        return await self._follow(held, wanted)

    # -- the cache ----------------------------------------------------------------------------------------------

    async def _look(self) -> Seen:
        entry = await self._shelf.get()
        return Seen() if entry is None else await self._judged(entry)

    async def _judged(self, entry: Entry) -> Seen:
        record = loads(entry.value)
        if record is None:
            return Seen(version=entry.version)
        if await self._credential.passes(self._runtime, record.check):
            return Seen(version=entry.version, record=record)
        return Seen(version=entry.version, other=record)

    def _adoptable(self, seen: Seen, held: Held | None, wanted: Wanted) -> Held | None:
        """What another host has stored, if it is worth more than what is at hand."""
        record = seen.record
        if record is None or not self._is_usable(record, wanted):
            return None
        if held is not None and not _is_later(record, held):
            return None
        found = self._holder.hold(record, seen.version)
        return found if self._holder.stage(found, wanted.use) < Stage.MANDATORY else None

    def _is_usable(self, record: Record, wanted: Wanted) -> bool:
        if record.is_over or record.access_token == wanted.rejected:
            return False
        found = self._holder.hold(record, None)
        return found.times(wanted.use) is not None and self._holder.stage(found, wanted.use) < Stage.EXPIRED

    def _adopt(self, found: Held) -> Held:
        self._announce("adopted", {})
        return found

    def _is_too_soon(self, held: Held) -> bool:
        since = held.record.rejected_at
        return since is not None and self._holder.now() < since + REJECTION_PAUSE

    # -- leading and following ----------------------------------------------------------------------------------

    async def _follow(self, held: Held | None, wanted: Wanted) -> Held:
        """Wait for another host, and take its place if it does not arrive."""
        runtime = self._runtime
        ends, pause = runtime.monotonic() + self._lease_seconds, _FIRST_POLL
        try:
            while runtime.monotonic() < ends:
                await runtime.sleep(pause * (0.5 + runtime.jitter()))
                pause = min(pause * 1.5, _LONGEST_POLL)
                adopted = self._adoptable(await self._look(), held, wanted)
                if adopted is not None:
                    return self._adopt(adopted)
                is_mine, lease = await self._shelf.try_lease(ttl=self._lease_seconds)
                if is_mine:
                    return await self._lead_with(lease, held, wanted)
        except CacheError as error:
            return await self._alone(held, wanted, error)
        return await self._lead(held, wanted)

    async def _lead_with(self, lease: str | None, held: Held | None, wanted: Wanted) -> Held:
        try:
            return await self._lead(held, wanted)
        finally:
            await self._shelf.release(lease)

    async def _lead(self, held: Held | None, wanted: Wanted) -> Held:
        try:
            seen = await self._look()  # another host may have stored before it gave the lease back
        except CacheError as error:
            return await self._alone(held, wanted, error)
        adopted = self._adoptable(seen, held, wanted)
        if adopted is not None:
            return self._adopt(adopted)
        if held is not None and not held.is_saved and self._is_good_for_long(held, wanted):
            return await self._store(held.record, seen, spent=None)
        base = _latest(seen, held)
        if base is not None and base.is_over:
            raise SignInRequired("the session is over: sign in again")
        try:
            record = await self._next(base, seen, wanted)
        except _SESSION_IS_DEAD as error:
            return await self._after_the_end(base, seen, wanted, error)
        return await self._store(record, seen, spent=self._spent(base))

    def _is_good_for_long(self, held: Held, wanted: Wanted) -> bool:
        saved = self._holder.hold(held.record, "")
        is_fresh = self._holder.stage(saved, wanted.use) is Stage.FRESH
        return is_fresh and held.record.access_token != wanted.rejected

    def _spent(self, base: Record | None) -> str | None:
        return base.refresh_token if base is not None else self._given

    async def _next(self, base: Record | None, seen: Seen, wanted: Wanted) -> Record:
        """The service's next tokens for this session, or those of a new one where there is none to go on with."""
        spent = self._spent(base)
        if spent is None:
            return await self._begin(seen, wanted)
        tokens = await self._obtainer.refresh(self._runtime, spent if base is None else base.tokens(0.0))
        self._announce("refreshed", {})
        rotates = tokens.refresh_token is not None and tokens.refresh_token != spent
        return await self._record(tokens, seen, wanted, rotates=rotates)

    async def _begin(self, seen: Seen, wanted: Wanted) -> Record:
        tokens = await self._obtainer.begin(self._runtime, self._credential)
        self._announce("obtained", {})
        return await self._record(tokens, seen, wanted, rotates=None)

    async def _record(self, tokens: TokenSet, seen: Seen, wanted: Wanted, *, rotates: bool | None) -> Record:
        previous = seen.record or seen.other
        check = await self._credential.check(self._runtime, previous.check if previous else None)
        record = self._holder.record(tokens, check=check, rotates=rotates)
        if wanted.rejected is not None:
            record = attrs.evolve(record, rejected_at=self._holder.now())
        return record

    async def _after_the_end(
        self, base: Record | None, seen: Seen, wanted: Wanted, error: CognitoAuthError
    ) -> Held:
        """The service will not go on with this session: another host may have, and else it is over."""
        spent = self._spent(base)
        if spent is None:
            raise error  # that was a sign-in
        later = await self._successor(seen, spent, wanted)
        if isinstance(later, Held):
            return later
        if later.record is not None and not later.record.is_over and later.record.refresh_token != spent:
            try:
                record = await self._next(later.record, later, wanted)
            except _SESSION_IS_DEAD as again:
                error, spent = again, later.record.refresh_token or spent
            else:
                return await self._store(record, later, spent=later.record.refresh_token)
        if self._begins_alone or (self._asks_a_person and not self._is_still_good(base, wanted)):
            return await self._store(await self._begin(later, wanted), later, spent=spent)
        if not self._asks_a_person:
            await self._bury(base, later, spent)
        raise SignInRequired(f"the session is over ({type(error).__name__}): sign in again") from None

    def _is_still_good(self, base: Record | None, wanted: Wanted) -> bool:
        return base is not None and self._is_usable(base, wanted)

    async def _successor(self, seen: Seen, spent: str, wanted: Wanted) -> Held | Seen:
        """What another host has made of the refresh token that is spent, given a moment to store it."""
        runtime, later = self._runtime, seen
        for _ in range(_LAST_LOOKS):
            try:
                later = await self._look()
            except CacheError:
                return seen
            if later.record is not None and later.record.refresh_token != spent:
                adopted = self._adoptable(later, None, wanted)
                return later if adopted is None else self._adopt(adopted)
            await runtime.sleep(_FIRST_POLL * 2 * (0.5 + runtime.jitter()))
        return later

    async def _bury(self, base: Record | None, seen: Seen, spent: str) -> None:
        """Tell the other hosts, so that none of them asks again."""
        self._announce("session_over", {})
        moment = self._holder.now()
        check = await self._credential.check(self._runtime, seen.record.check if seen.record else None)
        over = Record(
            access_token="",
            refresh_token=spent,
            issued_at=moment,
            expires_at=base.expires_at if base else moment,
            check=check,
            is_over=True,
        )
        try:
            await self._shelf.put_if(over.dumps(), expected=seen.version, ttl=over.ttl)
        except CacheError:
            return

    async def forget(self, held: Held | None) -> str | None:
        """Remove the entry; the refresh token that is to be revoked."""
        known = held.record if held else None
        try:
            seen = await self._look()
            known = _latest(seen, held)
            refresh_token = known.refresh_token if known and not known.is_over else self._given
            if self._given is not None:
                await self._bury(known, seen, refresh_token or self._given)
            elif seen.version is not None:
                await self._shelf.delete_if(expected=seen.version)
        except CacheError:
            refresh_token = known.refresh_token if known else self._given
        return refresh_token

    # -- storing ------------------------------------------------------------------------------------------------

    async def _store(self, record: Record, seen: Seen, *, spent: str | None) -> Held:
        """Store new tokens; adopt newer ones that another host has stored meanwhile."""
        value, expected = record.dumps(), seen.version
        try:
            for _ in range(_WRITES):
                entry = await self._shelf.put_if(value, expected=expected, ttl=record.ttl)
                if entry.value == value:
                    return self._holder.hold(record, entry.version)
                winner = (await self._judged(entry)).record
                if winner is not None and not _outlives(record, winner, spent):
                    return self._adopt(self._holder.hold(winner, entry.version))
                expected = entry.version
        except CacheError:
            pass  # told already; kept in memory, and stored when the cache is back
        return self._holder.hold(record, None)

    async def _alone(self, held: Held | None, wanted: Wanted, trouble: CacheError) -> Held:
        """Go on without the cache, as long as that spends no refresh token that other hosts hold too."""
        if held is not None and self._is_good_for_long(held, wanted):
            return self._holder.hold(held.record, None)
        base = held.record if held else None
        nothing = Seen(record=base)
        if base is not None and (base.rotates is False or base.refresh_token is None):
            try:
                return self._holder.hold(await self._next(base, nothing, wanted), None)
            except _SESSION_IS_DEAD:
                if base.refresh_token is None:
                    raise
        if self._begins_alone:
            return self._holder.hold(await self._begin(nothing, wanted), None)
        raise trouble


def _is_later(record: Record, held: Held) -> bool:
    """Whether another host's tokens came after the ones at hand."""
    if record.access_token == held.record.access_token:
        return False
    # What the cache has taken from here, only a later write has replaced; what it has not, may be later itself.
    return held.is_saved or record.issued_at > held.record.issued_at


def _latest(seen: Seen, held: Held | None) -> Record | None:
    """The record to go on from."""
    if held is None or (seen.record is not None and _is_later(seen.record, held)):
        return seen.record
    return held.record


def _outlives(record: Record, winner: Record, spent: str | None) -> bool:
    """Whether new tokens must replace what somebody else has stored meanwhile."""
    if spent is not None and winner.refresh_token == spent and record.refresh_token != spent:
        return True  # rotation has ended theirs: only this one lives
    return winner.is_over or record.issued_at > winner.issued_at
