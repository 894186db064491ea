"""Single flight: any number of callers of one thing share one conversation.

The first caller begins it; the others wait for its result. A future is set running at birth, because a pending one
can be cancelled by any waiter. The conversation runs apart from its caller (``Runtime.lead``), so cancelling any
caller cancels nobody else. Whoever waits past its patience takes the flight's place, and so does whoever would wait
for ever: for an event loop that is closed, or for one that it holds up itself. Each waiter raises its own copy of an
error, since a traceback grows on the one that is raised. A fork begins with no flights: the threads and tasks that
led them are not in the child.
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from weakref import WeakSet

from cognito_auth.errors import CognitoAuthError, UsageError

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime

T = TypeVar("T")

PATIENCE: Final = 60.0
"""Seconds after which a waiter no longer believes in the leader."""

_GLANCE: Final = 1.0
"""Seconds between two looks at whether a leader can still arrive."""

_led_here: ContextVar[frozenset[Flight[Any]]] = ContextVar("cognito_auth_flights", default=frozenset())
_every: WeakSet[Flights[Any]] = WeakSet()


class Abandoned(Exception):
    """The leader was interrupted or its event loop ended: somebody else must lead."""


class Flight(Generic[T]):
    """One conversation under way.

    Attributes:
        landing: Its result, once there is one.
        thread: The thread that leads it, by its ident.
        is_stranded: Whether it can never land.
    """

    def __init__(self) -> None:
        self.landing: Future[T] = Future()
        self.landing.set_running_or_notify_cancel()
        self.thread: int | None = None
        self.is_stranded: Callable[[], bool] = bool

    async def fly(
        self, conversation: Callable[[], Coroutine[Any, Any, T]], leave: Callable[[], None]
    ) -> None:
        """Run the conversation, and tell everybody who waits."""
        self.thread = threading.get_ident()
        token = _led_here.set(_led_here.get() | {self})
        try:
            result = await conversation()
        except Exception as error:  # noqa: BLE001 - every waiter gets it
            leave()
            self._fail(error)
        except BaseException:
            # Cancelled with its loop, or interrupted from the keyboard: the others go on, the leader stops.
            leave()
            self.abandon()
            raise
        else:
            leave()
            if not self.landing.done():
                self.landing.set_result(result)
        finally:
            _led_here.reset(token)

    def abandon(self) -> None:
        """Let somebody else lead."""
        self._fail(Abandoned())

    def _fail(self, error: Exception) -> None:
        if not self.landing.done():  # else it had been given up, and arrives after all
            self.landing.set_exception(error)


class Flights(Generic[T]):
    """The conversations that are under way, by key."""

    def __init__(self) -> None:
        self.forget_all()
        _every.add(self)

    def forget_all(self) -> None:
        """Begin with none, as after a fork."""
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Flight[T]] = {}

    def is_under_way(self, key: Hashable) -> bool:
        """Whether somebody leads a conversation under this key at this moment."""
        return key in self._under_way

    async def join(
        self,
        runtime: Runtime,
        key: Hashable,
        conversation: Callable[[], Coroutine[Any, Any, T]],
        *,
        patience: float = PATIENCE,
    ) -> T:
        """The result of the conversation under this key, begun here if nobody has begun it.

        Args:
            runtime: The caller's.
            key: Callers with equal keys share.
            conversation: What to run; it may run elsewhere than in the caller's task.
            patience: Seconds to wait for another caller's conversation before taking its place.

        Raises:
            UsageError: The conversation waits for itself.
        """
        while True:
            flight, leading = self._board(key)
            if leading:
                await self._lead(runtime, key, flight, conversation)
            elif flight in _led_here.get():
                raise UsageError(
                    "this waits for itself: what obtains the tokens (a grant, a callback) asks the same source for "
                    "them; use a client without this auth inside it"
                )
            elif runtime.blocks and flight.thread == threading.get_ident():
                # A task of this very thread leads, and cannot go on while the thread waits for it.
                self._leave(key, flight)
                if flight.is_stranded():
                    flight.abandon()
                continue
            try:
                return await self._land(runtime, flight, patience)
            except Abandoned:
                self._leave(key, flight)
            except TimeoutError:
                if flight.landing.done():  # the conversation's own, not this caller's patience
                    raise
                self._leave(key, flight)
            except CognitoAuthError as error:
                raise (error if leading else copy.copy(error)) from None

    def _board(self, key: Hashable) -> tuple[Flight[T], bool]:
        with self._lock:
            flight = self._under_way.get(key)
            if flight is not None:
                return flight, False
            flight = self._under_way[key] = Flight()
            return flight, True

    def _leave(self, key: Hashable, flight: Flight[T]) -> None:
        with self._lock:
            if self._under_way.get(key) is flight:
                del self._under_way[key]

    async def _lead(
        self,
        runtime: Runtime,
        key: Hashable,
        flight: Flight[T],
        conversation: Callable[[], Coroutine[Any, Any, T]],
    ) -> None:
        try:
            flight.is_stranded = await runtime.lead(
                lambda: flight.fly(conversation, lambda: self._leave(key, flight))
            )
        except BaseException:
            # Nothing has begun (no thread could be started), or the keyboard interrupted a blocking leader.
            self._leave(key, flight)
            flight.abandon()
            raise

    @staticmethod
    async def _land(runtime: Runtime, flight: Flight[T], patience: float) -> T:
        ends = runtime.monotonic() + patience
        while True:
            left = ends - runtime.monotonic()
            try:
                return await runtime.wait(flight.landing, max(min(left, _GLANCE), 0.0))
            except TimeoutError:
                if flight.landing.done() or left <= _GLANCE:
                    raise
                if flight.is_stranded():
                    flight.abandon()


def _after_fork() -> None:  # pragma: no cover - it runs in a forked child, which tells no coverage
    for flights in _every:
        flights.forget_all()


if hasattr(os, "register_at_fork"):  # pragma: no branch - there are no forks on Windows
    os.register_at_fork(after_in_child=_after_fork)
