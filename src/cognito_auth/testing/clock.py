"""A clock that tests move: it ticks like the real one, and jumps when it is told to."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import format_datetime


class Clock:
    """The time as the fake user pool sees it.

    It starts at the real time and goes on with it, so that tokens made now are good for clients that look at their
    own watch. `advance` moves it; every lifetime in the pool follows.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return (time.time() if self._frozen is None else self._frozen) + self._offset

    def seconds(self) -> int:
        """The same in whole seconds, as tokens carry it."""
        return int(self.now())

    def today(self) -> datetime:
        """The same as an aware datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    @property
    def moved(self) -> float:
        """How far the clock is from the real time, in seconds."""
        return self._offset if self._frozen is None else self.now() - time.time()

    def advance(self, seconds: float) -> None:
        """Move the clock by so many seconds (a negative number moves it back)."""
        self._offset += seconds

    def freeze(self, at: datetime | None = None) -> None:
        """Stop the clock, at the given aware moment or at this one; `advance` still moves it."""
        self._frozen, self._offset = (self.now() if at is None else at.timestamp()), 0.0

    def unfreeze(self) -> None:
        """Let the clock tick again, from the moment that it shows."""
        self._offset, self._frozen = self.now() - time.time(), None

    def http_date(self) -> str:
        """The moment as the `Date` header has it (RFC 9110, section 5.6.7)."""
        return format_datetime(self.today(), usegmt=True)
