"""The service's clock, as far as this machine knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_auth.tokens import TokenSet, unverified_claims

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime


class ServiceClock:
    """Tells the service's time, from what its last answer said and what has passed since.

    An issued token names its end twice: ``exp`` by the service's clock, and ``expires_in`` seconds from its arrival
    here. The difference is how far the two clocks are apart. From then on both of this machine's clocks are followed,
    and the one that is further along is believed: a wall clock may be set back, a monotonic one stops while a laptop
    sleeps.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._ahead_of_wall: float | None = None
        self._ahead_of_monotonic = 0.0

    def observe(self, tokens: TokenSet) -> None:
        """Learn from tokens that this machine has just been given."""
        ends = unverified_claims(tokens.access_token).get("exp")
        if isinstance(ends, (int, float)) and not isinstance(ends, bool):
            self._ahead_of_wall = ends - tokens.expires_at.timestamp()
            service_time = self._runtime.now() + self._ahead_of_wall
            self._ahead_of_monotonic = service_time - self._runtime.monotonic()

    def now(self, at_least: float = 0.0) -> float:
        """The service's time now.

        Args:
            at_least: A moment that has certainly passed there, such as a token's issue.
        """
        wall = self._runtime.now()
        if self._ahead_of_wall is None:
            return max(wall, at_least)
        return max(wall + self._ahead_of_wall, self._runtime.monotonic() + self._ahead_of_monotonic, at_least)
