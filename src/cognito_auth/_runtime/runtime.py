"""What an operation may ask of the world, and the two ways of answering.

:class:`BlockingRuntime` answers every question before it returns: its coroutines never suspend, so a plain loop
drives them. :class:`AsyncRuntime` really awaits, on asyncio or trio, through anyio.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from weakref import WeakKeyDictionary

from cognito_auth._runtime import http
from cognito_auth._runtime.operation import checked_seconds, run
from cognito_auth._runtime.retry import Retry

if TYPE_CHECKING:
    from types import ModuleType

    from cognito_auth._runtime.http import AwaitingClient, BlockingClient, Reply, Request

T = TypeVar("T")

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds for one exchange."""


class Runtime(Protocol):
    """Everything that an operation needs beside its arguments."""

    timeout: float
    retry: Retry

    @property
    def blocks(self) -> bool:
        """Whether waiting stops the whole thread, and so any event loop in it."""
        ...

    async def exchange(self, request: Request) -> Reply:
        """Do one HTTP exchange; TransportError where no whole answer came."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def now(self) -> float:
        """Seconds since the epoch, by this machine's clock."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that is never set."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """Unpredictable bytes."""
        ...

    def jitter(self) -> float:
        """A number in [0, 1), for spreading waits; not for secrets."""
        ...

    async def offload(self, function: Callable[[], T]) -> T:
        """Call what blocks or computes for long, without stopping an event loop."""
        ...

    async def wait(self, future: Future[T], timeout: float) -> T:  # noqa: ASYNC109 - a future of threads, not a task
        """The future's result; TimeoutError after ``timeout`` seconds. Giving up does not touch the future."""
        ...

    async def lead(self, conversation: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], bool]:
        """Begin a conversation that goes on although its caller is cancelled. It must not raise.

        The blocking runtime has run it to its end when this returns; an async one has only begun it. What comes back
        tells whether the conversation can never end any more, because its event loop is over.
        """
        ...


class _Clocks:
    """Clocks and randomness, the same under both runtimes."""

    timeout: float
    retry: Retry

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)

    def jitter(self) -> float:
        return random.random()  # noqa: S311 - spreads waits, guards nothing


class BlockingRuntime(_Clocks):
    """Answers at once, in the caller's thread.

    Args:
        http_client: An ``httpx.Client`` or ``httpx2.Client`` to carry requests; the caller closes it.
        timeout: Seconds for one exchange, over a given client too.
        retry: What to do after a passing failure.
    """

    blocks = True

    def __init__(
        self,
        http_client: BlockingClient | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self.timeout = checked_seconds(timeout, "timeout")
        self.retry = retry or Retry()
        self._given = http_client
        self._library = http.library_of(http_client, "Client") if http_client is not None else None
        # By process: connections and locks that a fork has copied are the parent's.
        self._own: dict[int, Any] = {}
        self._opening: dict[int, threading.Lock] = {}

    async def exchange(self, request: Request) -> Reply:
        if self._given is not None and self._library is not None:
            return http.exchange(http.detached(self._given), self._library, request, self.monotonic)
        client = self._default()
        return http.exchange(client, http.library_of(client, "Client"), request, self.monotonic)

    def _default(self) -> Any:
        """The one default client, however many threads ask first: another one would never be closed."""
        process = os.getpid()
        client = self._own.get(process)
        if client is None:
            with self._opening.setdefault(process, threading.Lock()):
                client = self._own.get(process)
                if client is None:
                    client = self._own[process] = http.default_client("Client")
        return client

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - this runtime is the blocking one

    async def offload(self, function: Callable[[], T]) -> T:
        return function()

    async def wait(self, future: Future[T], timeout: float) -> T:  # noqa: ASYNC109
        return future.result(timeout)

    async def lead(self, conversation: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], bool]:
        await conversation()
        return _never

    def close(self) -> None:
        """Close the default client, if one was opened."""
        own = self._own.pop(os.getpid(), None)
        if own is not None:
            own.close()


class AsyncRuntime(_Clocks):
    """Really awaits, on whichever event loop runs: asyncio or trio.

    Args:
        http_client: An ``httpx.AsyncClient`` or ``httpx2.AsyncClient`` to carry requests; the caller closes it.
        timeout: Seconds for one exchange, over a given client too.
        retry: What to do after a passing failure.
    """

    blocks = False

    def __init__(
        self,
        http_client: AwaitingClient | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self.timeout = checked_seconds(timeout, "timeout")
        self.retry = retry or Retry()
        self._given = http_client
        self._library = http.library_of(http_client, "AsyncClient") if http_client is not None else None
        # Connections belong to the event loop that opened them: one default client for each.
        self._own: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def _client(self) -> tuple[Any, ModuleType]:
        if self._given is not None and self._library is not None:
            return http.detached(self._given), self._library
        loop = event_loop()
        client = self._own.get(loop)
        if client is None:
            client = self._own[loop] = http.default_client("AsyncClient")
        return client, http.library_of(client, "AsyncClient")

    async def exchange(self, request: Request) -> Reply:
        client, library = self._client()
        return await http.exchange_async(client, library, request)

    async def sleep(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)

    async def offload(self, function: Callable[[], T]) -> T:
        import anyio.to_thread

        return await anyio.to_thread.run_sync(function)

    async def wait(self, future: Future[T], timeout: float) -> T:  # noqa: ASYNC109
        import anyio

        if not future.done():
            done, wake = anyio.Event(), waker()
            future.add_done_callback(lambda _: wake(done.set))
            with anyio.move_on_after(timeout):
                await done.wait()
        if not future.done():
            raise TimeoutError
        return future.result()

    async def lead(self, conversation: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], bool]:
        loop = event_loop()
        if hasattr(loop, "create_task"):
            return _lead_in_task(loop, conversation)
        import trio

        # trio cancels what is left of its system tasks: they always end.
        trio.lowlevel.spawn_system_task(conversation, context=copy_context())
        return _never

    async def aclose(self) -> None:
        """Close this event loop's default client, if one was opened."""
        own = self._own.pop(event_loop(), None)
        if own is not None:
            await own.aclose()


class AsideRuntime(AsyncRuntime):
    """Waits on an event loop, and leads in a thread of the library, by a blocking runtime.

    Whatever becomes of the loop and its tasks, the thread brings its conversation to an end.
    """

    async def lead(self, conversation: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], bool]:
        # Not a daemon: a token that the service has replaced is stored before the process ends.
        thread = Thread(target=copy_context().run, args=(lambda: run(conversation()),), name="cognito-auth")
        thread.start()
        return _never


def _never() -> bool:
    """A conversation that always ends."""
    return False


# asyncio keeps only weak references to tasks: a leader must not vanish half-way.
_leaders: set[Any] = set()


def _lead_in_task(loop: Any, conversation: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], bool]:
    task = loop.create_task(conversation())
    _leaders.add(task)
    task.add_done_callback(_leaders.discard)

    def is_stranded() -> bool:
        stranded: bool = task.done() or loop.is_closed()
        if stranded:
            _leaders.discard(task)
        return stranded

    return is_stranded


def event_loop() -> Any:
    """The running event loop: asyncio's loop, or trio's token."""
    from anyio.lowlevel import current_token

    return current_token().native_token


def waker() -> Callable[[Callable[[], Any]], None]:
    """What calls a function in this event loop from any thread; nothing happens once the loop is over."""
    loop = event_loop()
    schedule = loop.call_soon_threadsafe if hasattr(loop, "call_soon_threadsafe") else loop.run_sync_soon

    def wake(function: Callable[[], Any]) -> None:
        try:
            schedule(function)
        except RuntimeError:  # the loop is closed: nobody waits there any more
            return

    return wake
