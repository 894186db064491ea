"""When to refresh: pure functions of a token's times, the clocks, and the last failures.

A token's life has three parts. While it is *fresh* it is served. From about three quarters of its life the refresh
is *advisory*: one caller refreshes, and the others go on with what they have. In the last tenth, or the last minute
where that is shorter, it is *mandatory*: everybody waits. An *expired* token is never served.

Windows are shares of the lifetime, because Cognito's access tokens live from five minutes to a day: a fixed window
would fetch a short token again at every call. AWS advises to renew at 75 % of the lifetime:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-case-studies-m2m-authentication.html
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final

import attrs

ADVISORY_SHARE: Final = 0.70
ADVISORY_SPREAD: Final = 0.10
MANDATORY_SHARE: Final = 0.10
MANDATORY_AT_MOST: Final = 60.0

FIRST_BACK_OFF: Final = 1.0
LONGEST_BACK_OFF: Final = 60.0
LONGEST_BACK_OFF_WITHOUT_A_TOKEN: Final = 5.0


class Stage(IntEnum):
    """A part of a token's life, in order."""

    FRESH = 0
    ADVISORY = 1
    MANDATORY = 2
    EXPIRED = 3


class Step(Enum):
    """What a caller does."""

    SERVE = "take the token at hand"
    REFRESH_ASIDE = "refresh if nobody does so already, else take the token at hand"
    REFRESH_FIRST = "wait for a new token; take the one at hand only if none is to be had"
    OBTAIN = "wait for a new token"
    REFUSE = "raise the last error: it is too early to try again"


@attrs.frozen
class Milestones:
    """Where the parts of a life begin, on one clock."""

    advisory: float
    mandatory: float
    expiry: float

    def stage(self, moment: float) -> Stage:
        """The part of the life that a moment falls in."""
        if moment < self.advisory:
            return Stage.FRESH
        if moment < self.mandatory:
            return Stage.ADVISORY
        return Stage.MANDATORY if moment < self.expiry else Stage.EXPIRED


@attrs.frozen
class Times:
    """A token's life on both clocks of this machine; whichever is further along decides.

    The wall clock goes on while a laptop sleeps, the monotonic one is never set back.
    """

    wall: Milestones
    monotonic: Milestones

    @classmethod
    def of(cls, *, lifetime: float, remaining: float, wall: float, monotonic: float, spread: float) -> Times:
        """The times of a token.

        Args:
            lifetime: Seconds from its issue to its end.
            remaining: Seconds from now to its end.
            wall: Now, in seconds since the epoch.
            monotonic: Now, on the clock that is never set.
            spread: A number in [0, 1) that scatters the refreshes of many hosts.
        """
        mandatory = min(lifetime * MANDATORY_SHARE, MANDATORY_AT_MOST)
        advisory = lifetime * (1 - ADVISORY_SHARE - ADVISORY_SPREAD * spread)

        def milestones(now: float) -> Milestones:
            end = now + remaining
            return Milestones(end - advisory, end - mandatory, end)

        return cls(milestones(wall), milestones(monotonic))

    def stage(self, wall: float, monotonic: float) -> Stage:
        """The part of its life that the token is in."""
        return max(self.wall.stage(wall), self.monotonic.stage(monotonic))


@attrs.frozen
class Failure:
    """The last failures in a row, of one key.

    Attributes:
        count: How many.
        at: When the last one happened, on the monotonic clock.
        spread: A number in [0, 1) that scatters the next attempts of many hosts.
        is_final: Nothing but another sign-in helps. After the back-off the cache is looked at, and nobody else is asked.
    """

    count: int
    at: float
    spread: float
    is_final: bool = False

    def is_too_early(self, monotonic: float, stage: Stage) -> bool:
        """Whether the back-off still lasts."""
        longest = LONGEST_BACK_OFF_WITHOUT_A_TOKEN if stage is Stage.EXPIRED else LONGEST_BACK_OFF
        back_off = min(FIRST_BACK_OFF * 2.0 ** min(self.count - 1, 16), longest)
        return monotonic < self.at + back_off * (0.5 + self.spread / 2)


_STEPS: Final = {
    Stage.FRESH: (Step.SERVE, Step.SERVE),
    Stage.ADVISORY: (Step.REFRESH_ASIDE, Step.SERVE),
    Stage.MANDATORY: (Step.REFRESH_FIRST, Step.SERVE),
    Stage.EXPIRED: (Step.OBTAIN, Step.REFUSE),
}


def decide(times: Times | None, failure: Failure | None, *, wall: float, monotonic: float) -> Step:
    """What to do.

    Args:
        times: Those of the token at hand, if there is one.
        failure: The last failures since the last success, if there were any.
        wall: Now, in seconds since the epoch.
        monotonic: Now, on the clock that is never set.
    """
    stage = Stage.EXPIRED if times is None else times.stage(wall, monotonic)
    step, step_too_early = _STEPS[stage]
    if failure is not None and failure.is_too_early(monotonic, stage):
        return step_too_early
    return step
