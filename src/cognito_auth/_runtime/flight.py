"""Single flight: any number of callers of one thing share one conversation.

The first caller begins it; the others wait for its result. A future is set running at birth, because a pending one
can be cancelled by any waiter. The conversation runs apart from its caller (``Runtime.lead``), so cancelling any
caller cancels nobody else. Whoever waits past its patience takes the flight's place. Each waiter raises its own copy
of an error, since a traceback grows on the one that is raised. A fork begins with no flights: the threads and tasks
that led them are not in the child.
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

_led_here: ContextVar[frozenset[tuple[int, Hashable]]] = ContextVar(
    "cognito_auth_flights", default=frozenset()
)
_every: WeakSet[Flights[Any]] = WeakSet()

PATIENCE: Final = 60.0
"""Seconds after which a waiter no longer believes in the leader."""


class Abandoned(Exception):
    """The leader was interrupted or its event loop ended: somebody else must lead."""


class Flights(Generic[T]):
    """The conversations that are under way, by key."""

    def __init__(self) -> None:
        self.forget_all()
        _every.add(self)

    def forget_all(self) -> None:
        """Begin with none, as after a fork."""
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[T]] = {}

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
        if (id(self), key) in _led_here.get():
            raise UsageError(
                "this waits for itself: what obtains the tokens (a grant, a callback) asks the same source for them; "
                "use a client without this auth inside it"
            )
        while True:
            future, leading = self._board(key)
            if leading:
                await runtime.lead(lambda future=future: self._fly(key, conversation, future))  # type: ignore[misc]
            try:
                return await runtime.wait(future, patience)
            except TimeoutError:
                if future.done():  # the conversation's own, not this caller's patience
                    raise
                self._leave(key, future)
            except Abandoned:
                continue
            except CognitoAuthError as error:
                raise (error if leading else copy.copy(error)) from None

    def _board(self, key: Hashable) -> tuple[Future[T], bool]:
        with self._lock:
            future = self._under_way.get(key)
            if future is not None:
                return future, False
            future = self._under_way[key] = Future()
            future.set_running_or_notify_cancel()
            return future, True

    def _leave(self, key: Hashable, future: Future[T]) -> None:
        with self._lock:
            if self._under_way.get(key) is future:
                del self._under_way[key]

    async def _fly(
        self, key: Hashable, conversation: Callable[[], Coroutine[Any, Any, T]], future: Future[T]
    ) -> None:
        token = _led_here.set(_led_here.get() | {(id(self), key)})
        try:
            result = await conversation()
        except Exception as error:  # noqa: BLE001 - every waiter gets it
            self._leave(key, future)
            future.set_exception(error)
        except BaseException:
            # Cancelled with its loop, or interrupted from the keyboard: the others go on, the leader stops.
            self._leave(key, future)
            future.set_exception(Abandoned())
            raise
        else:
            self._leave(key, future)
            future.set_result(result)
        finally:
            _led_here.reset(token)


def _after_fork() -> None:
    for flights in _every:
        flights.forget_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
