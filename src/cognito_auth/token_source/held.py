"""Tokens at hand: a record, as this machine's clocks see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import attrs

from cognito_auth._values import Secretive
from cognito_auth.errors import SignInRequired
from cognito_auth.token_source.clock import ServiceClock
from cognito_auth.token_source.policy import Milestones, Stage, Times
from cognito_auth.token_source.record import Record
from cognito_auth.tokens import TokenSet, unverified_claims

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cognito_auth._runtime.runtime import Runtime

Use = Literal["access", "id"]

SAVE_AGAIN: Final = 5.0
"""Seconds after which tokens that the cache did not take are offered to it again."""


@attrs.frozen
class Held(Secretive):
    """Tokens at hand.

    Attributes:
        record: As they are shared.
        tokens: As the user sees them.
        version: The cache entry's; ``None`` while the cache has not taken them.
        access: The access token's life.
        id: The ID token's.
    """

    record: Record
    tokens: TokenSet
    version: str | None
    access: Times
    id: Times | None

    @property
    def is_saved(self) -> bool:
        """Whether the cache has them."""
        return self.version is not None

    def times(self, use: Use) -> Times | None:
        """The life of one of them."""
        return self.access if use == "access" else self.id


class Holder:
    """Turns what the service gives into records, and records into tokens at hand.

    Args:
        runtime: Whose clocks to follow.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clock = ServiceClock(runtime)
        self._spread = runtime.jitter()

    def now(self) -> float:
        """The service's time."""
        return self._clock.now()

    def record(self, tokens: TokenSet, *, check: Mapping[str, Any] | None, rotates: bool | None) -> Record:
        """The record of tokens that have just come in.

        Raises:
            SignInRequired: They are expired already.
        """
        self._clock.observe(tokens)
        ahead = self._clock.now() - self._runtime.now()
        issued = _moment(unverified_claims(tokens.access_token).get("iat"))
        device = tokens.new_device
        record = Record(
            access_token=tokens.access_token,
            id_token=tokens.id_token,
            refresh_token=tokens.refresh_token,
            token_type=tokens.token_type,
            issued_at=self._clock.now() if issued is None else issued,
            expires_at=tokens.expires_at.timestamp() + ahead,
            id_expires_at=None if tokens.id_expires_at is None else tokens.id_expires_at.timestamp() + ahead,
            scopes=tuple(sorted(tokens.scopes)),
            device_key=tokens.device_key,
            new_device=None if device is None else (device.key, device.group_key),
            check=check,
            rotates=rotates,
        )
        if record.expires_at <= self._clock.now():
            raise SignInRequired("the tokens that were obtained are expired already")
        return record

    def hold(self, record: Record, version: str | None) -> Held:
        """The tokens of a record."""
        service = self._clock.now(at_least=record.issued_at)
        ahead = service - self._runtime.now()

        def times(expiry: float) -> Times:
            found = Times.of(
                lifetime=max(expiry - record.issued_at, 0.0),
                remaining=expiry - service,
                wall=self._runtime.now(),
                monotonic=self._runtime.monotonic(),
                spread=self._spread,
            )
            return found if version is not None else self._soon(found)

        return Held(
            record,
            record.tokens(ahead),
            version,
            times(record.expires_at),
            None if record.id_expires_at is None else times(record.id_expires_at),
        )

    def _soon(self, times: Times) -> Times:
        """The same life, to be looked at again in a few seconds."""

        def sooner(milestones: Milestones, now: float) -> Milestones:
            return attrs.evolve(milestones, advisory=min(milestones.advisory, now + SAVE_AGAIN))

        return Times(
            sooner(times.wall, self._runtime.now()), sooner(times.monotonic, self._runtime.monotonic())
        )

    def stage(self, held: Held, use: Use) -> Stage:
        """The part of its life that a token is in now."""
        times = held.times(use)
        moment = self._runtime.now(), self._runtime.monotonic()
        return Stage.EXPIRED if times is None else times.stage(*moment)


def _moment(value: object) -> float | None:
    """Seconds since the epoch, where they are sane."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 < value < 253_402_300_800 else None
