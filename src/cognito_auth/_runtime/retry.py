"""What is sent again after a passing failure, how often, and after what wait.

The first attempt is sent plainly; only a failure enters the machinery. tenacity keeps the policy; waiting and time
come from the runtime. Waits have full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

import attrs

from cognito_auth._runtime.http import seconds_of
from cognito_auth._runtime.operation import checked_seconds
from cognito_auth.errors import TransportError, UsageError

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from cognito_auth._runtime.http import Reply, Request
    from cognito_auth._runtime.runtime import Runtime

_FIRST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 5.0


def _checked_attempts(_: object, __: object, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:
        raise UsageError(f"attempts: {value!r} is not a number of attempts: expected 1 (never again) to 100")


def _checked_deadline(value: float) -> float:
    return checked_seconds(value, "deadline")


@attrs.frozen(kw_only=True)
class Retry:
    """How passing failures are met: throttling, 5xx answers and lost connections.

    >>> Retry(attempts=5, deadline=30.0)
    Retry(attempts=5, deadline=30.0)

    Args:
        attempts: How often a request is sent at most, the first time included; 1 for never again.
        deadline: Seconds for all attempts and the waits between them.

    Raises:
        UsageError: A number is out of range.
    """

    attempts: int = attrs.field(default=4, validator=_checked_attempts)
    deadline: float = attrs.field(default=20.0, converter=_checked_deadline)


class Resend(Enum):
    """When the same request may be sent once more."""

    SAFE = "after any passing failure: it reads, or doing it twice is the same as once"
    UNANSWERED = "unless an answer had begun: the service may have charged for it"
    REFUSED = "only if the service said that it did nothing, or nothing reached it"
    NEVER = "never: it uses up a code or a session, or makes something new"


# The phases of a failed exchange after which it may be repeated.
_FOLLOWED: Final = {
    Resend.SAFE: {"connecting", "waiting", "reading"},
    Resend.UNANSWERED: {"connecting", "waiting"},
    Resend.REFUSED: {"connecting"},
    Resend.NEVER: set[str](),
}

Passing = Callable[["Reply"], bool]
"""Whether an answer says "later" (throttling), whatever its status."""


async def send(runtime: Runtime, request: Request, *, resend: Resend, throttled: Passing) -> Reply:
    """The answer to a request, which is sent again as far as that is safe.

    Args:
        runtime: Carries it.
        request: What to send.
        resend: What the caller's room knows of the request.
        throttled: Whether an answer says that the service did nothing, and to come again later.

    Raises:
        TransportError: No attempt was answered.
    """
    started = runtime.monotonic()
    try:
        reply = await runtime.exchange(request)
    except TransportError as error:
        if runtime.retry.attempts == 1 or not _may_follow(error, resend):
            raise
        first: Reply | TransportError = error
    else:
        if runtime.retry.attempts == 1 or not _may_come_again(reply, resend, throttled):
            return reply
        first = reply
    return await _Again(runtime, request, resend, throttled, first=first, started=started).send()


def _may_follow(error: TransportError, resend: Resend) -> bool:
    """Whether a request may be sent again after no whole answer came."""
    if error.status is not None and 300 <= error.status < 400:
        return False  # a redirect is a setting, not a passing failure
    return error.phase in _FOLLOWED[resend]


def _may_come_again(reply: Reply, resend: Resend, throttled: Passing) -> bool:
    """Whether a whole answer is worth another attempt."""
    if resend is Resend.NEVER:
        return False
    if throttled(reply) or reply.status == 429:
        return True
    return reply.status >= 500 and resend is not Resend.REFUSED


class _Again:
    """The attempts after the first, whose outcome is known."""

    def __init__(
        self,
        runtime: Runtime,
        request: Request,
        resend: Resend,
        throttled: Passing,
        *,
        first: Reply | TransportError,
        started: float,
    ) -> None:
        self._runtime = runtime
        self._request = request
        self._resend = resend
        self._throttled = throttled
        self._first: Reply | TransportError | None = first
        self._ends = started + runtime.retry.deadline

    async def send(self) -> Reply:
        from tenacity import AsyncRetrying

        retrying = AsyncRetrying(
            sleep=self._runtime.sleep,
            stop=self._stop,
            wait=self._wait,
            retry=self._worth,
            retry_error_callback=_last_outcome,
        )
        reply: Reply = await retrying(self._attempt)
        return reply

    async def _attempt(self) -> Reply:
        outcome, self._first = self._first, None
        if outcome is None:
            left = max(self._ends - self._runtime.monotonic(), 0.001)
            request = attrs.evolve(self._request, timeout=min(self._request.timeout, left))
            return await self._runtime.exchange(request)
        if isinstance(outcome, TransportError):
            raise outcome
        return outcome

    def _worth(self, state: RetryCallState) -> bool:
        outcome = state.outcome
        assert outcome is not None, "tenacity asks after an attempt"  # noqa: S101 - for type checkers
        error = outcome.exception()
        if error is not None:
            return isinstance(error, TransportError) and _may_follow(error, self._resend)
        return _may_come_again(outcome.result(), self._resend, self._throttled)

    def _wait(self, state: RetryCallState) -> float:
        ceiling = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0**state.attempt_number)
        outcome = state.outcome
        asked = (
            0.0 if outcome is None or outcome.failed else retry_after(outcome.result(), self._runtime.now())
        )
        return asked + self._runtime.jitter() * ceiling

    def _stop(self, state: RetryCallState) -> bool:
        too_often = state.attempt_number >= self._runtime.retry.attempts
        return too_often or self._runtime.monotonic() + state.upcoming_sleep >= self._ends


def _last_outcome(state: RetryCallState) -> Reply:
    """After the last attempt, its own answer or error, not one of tenacity's."""
    assert state.outcome is not None, "tenacity asks after an attempt"  # noqa: S101 - for type checkers
    reply: Reply = state.outcome.result()
    return reply


def retry_after(reply: Reply, now: float) -> float:
    """Seconds that the service asks to wait (RFC 9110 §10.2.3), 0.0 where it asks nothing."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    moment = seconds_of(text)
    return 0.0 if moment is None else max(0.0, moment - now)
