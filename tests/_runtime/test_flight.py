"""Single flight: threads, asyncio tasks, trio tasks, several loops, forks, and what goes wrong with them."""

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import anyio
import pytest

from cognito_auth._runtime import flight as flight_module
from cognito_auth._runtime import runtime as runtime_module
from cognito_auth._runtime.flight import Abandoned, Flight, Flights
from cognito_auth._runtime.operation import run
from cognito_auth._runtime.runtime import AsideRuntime, AsyncRuntime, BlockingRuntime
from cognito_auth.errors import TransportError, UsageError
from support.faces import Face
from support.scripted_runtime import Scripted

BLOCKING = BlockingRuntime()
ASYNC = AsyncRuntime()
ASIDE = AsideRuntime()


def runtime_of(face: Face) -> Any:
    """The runtime of a face."""
    return BLOCKING if face.is_blocking else ASYNC


class Work:
    """A conversation that counts how often it was begun, and ends when it is told to."""

    def __init__(self, runtime: Any, *, is_free: bool = True) -> None:
        self.begun = 0
        self.ended = 0
        self.started = threading.Event()
        self.gate: Future[None] = Future()
        self._runtime = runtime
        if is_free:
            self.gate.set_result(None)

    async def __call__(self) -> int:
        """Do it."""
        self.begun += 1
        mine = self.begun
        self.started.set()
        await self._runtime.wait(self.gate, 30)
        self.ended += 1
        return mine


async def joined(face: Face, flights: Flights[int], work: Work, key: str = "key") -> int:
    """What a caller on a face gets."""
    runtime = runtime_of(face)
    return await flights.join(runtime, key, work)


def in_threads(count: int, function: Callable[[], object]) -> list[threading.Thread]:
    """Threads that have begun."""
    threads = [threading.Thread(target=function) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


async def test_callers_together_share_one_conversation(face: Face) -> None:
    """And all get its result."""
    flights, work = Flights[int](), Work(runtime_of(face), is_free=False)
    runtime = runtime_of(face)

    async def call() -> int:
        return await flights.join(runtime, "key", work)

    if face.is_blocking:
        outcomes: list[int] = []
        threads = in_threads(10, lambda: outcomes.append(run(call())))
        work.started.wait()
        work.gate.set_result(None)
        for thread in threads:
            thread.join()
        # A thread that comes after the landing leads a flight of its own.
        assert work.begun == len(set(outcomes))
    else:
        gathered: list[int] = []

        async def gather() -> None:
            gathered.append(await call())

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(gather)
            await anyio.wait_all_tasks_blocked()
            work.gate.set_result(None)
        assert [1] * 10 == gathered


async def test_callers_one_after_another_do_not(face: Face) -> None:
    """A flight that has landed is over."""
    flights, work = Flights[int](), Work(runtime_of(face))
    assert [1, 2] == [await joined(face, flights, work), await joined(face, flights, work)]
    assert not flights.is_under_way("key")


def test_different_keys_never_wait_for_one_another() -> None:
    """One user's slow sign-in is nobody else's."""
    flights, slow, quick = Flights[int](), Work(BLOCKING, is_free=False), Work(BLOCKING)
    (thread,) = in_threads(1, lambda: run(flights.join(BLOCKING, "slow", slow)))
    slow.started.wait()
    assert 1 == run(flights.join(BLOCKING, "quick", quick))
    assert flights.is_under_way("slow")
    slow.gate.set_result(None)
    thread.join()


async def test_an_error_reaches_everybody_as_a_copy_of_its_own(face: Face) -> None:
    """A traceback grows on an error that is raised twice."""
    flights, runtime = Flights[int](), runtime_of(face)
    gate, waiting = Future[None](), threading.Semaphore(0)
    errors: list[TransportError] = []

    async def fail() -> int:
        await runtime.wait(gate, 30)
        raise TransportError("no answer", phase="waiting", request_id="r-1")

    async def call() -> None:
        waiting.release()
        try:
            await flights.join(runtime, "key", fail)
        except TransportError as error:
            errors.append(error)

    if face.is_blocking:
        threads = in_threads(3, lambda: run(call()))
        while not flights.is_under_way("key"):
            time.sleep(0.001)  # noqa: ASYNC251 - the blocking face has no event loop
        gate.set_result(None)
        for thread in threads:
            thread.join()
    else:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            gate.set_result(None)
    assert 3 == len({id(error) for error in errors})
    assert {("no answer", "waiting", "r-1")} == {(str(e), e.phase, e.request_id) for e in errors}


async def test_a_conversation_that_waits_for_itself_is_an_error(face: Face) -> None:
    """Not a deadlock."""
    flights, runtime = Flights[int](), runtime_of(face)

    async def itself() -> int:
        return await flights.join(runtime, "key", itself)

    with pytest.raises(UsageError, match="waits for itself"):
        await flights.join(runtime, "key", itself)


async def test_what_a_flight_has_started_may_fly_again_when_it_is_over(face: Face) -> None:
    """A task begun by a grant outlives it, and is no part of it then."""
    if face.is_blocking:
        return
    flights, work = Flights[int](), Work(ASYNC)
    later: list[int] = []
    landed = anyio.Event()

    async with anyio.create_task_group() as tasks:

        async def afterwards() -> None:
            await landed.wait()
            later.append(await flights.join(ASYNC, "key", work))

        async def first() -> int:
            tasks.start_soon(afterwards)
            return 0

        assert 0 == await flights.join(ASYNC, "key", first)
        landed.set()
    assert [1] == later


# -- cancellation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_caller_cancels_neither_the_conversation_nor_anybody_else(backend: str) -> None:
    """Whoever began it."""
    flights, work = Flights[int](), Work(ASYNC, is_free=False)

    async def main() -> None:
        outcomes: list[int] = []

        async def call() -> None:
            outcomes.append(await flights.join(ASYNC, "key", work))

        async with anyio.create_task_group() as others:
            async with anyio.create_task_group() as leaders:
                leaders.start_soon(call)
                await anyio.wait_all_tasks_blocked()
                others.start_soon(call)
                await anyio.wait_all_tasks_blocked()
                leaders.cancel_scope.cancel()
            work.gate.set_result(None)
        assert [1] == outcomes
        assert 1 == work.ended

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_that_ends_releases_those_who_wait_elsewhere(backend: str) -> None:
    """Its leader is cancelled with it; a thread that waits takes its place."""
    flights, lost, found = Flights[int](), Work(ASYNC, is_free=False), Work(BLOCKING)
    outcomes: list[int] = []

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(flights.join, ASYNC, "key", lost)
            await anyio.wait_all_tasks_blocked()
            waiter.start()
            await anyio.to_thread.run_sync(asked.wait)
            tasks.cancel_scope.cancel()

    asked = threading.Event()

    def wait_for_it() -> None:
        asked.set()
        outcomes.append(run(flights.join(BLOCKING, "key", found)))

    waiter = threading.Thread(target=wait_for_it)
    anyio.run(main, backend=backend)
    waiter.join()
    assert [1] == outcomes
    assert 0 == lost.ended


@pytest.mark.parametrize("where", ["its own thread", "another thread"])
def test_a_loop_that_is_closed_without_a_word_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Nobody cancelled the leader, and it will never go on."""
    monkeypatch.setattr(flight_module, "_GLANCE", 0.02)
    flights, lost, found = Flights[int](), Work(ASYNC, is_free=False), Work(BLOCKING)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)

    async def give_up() -> None:
        with anyio.move_on_after(0.01):
            await flights.join(ASYNC, "key", lost)

    loop.run_until_complete(give_up())
    loop.close()
    assert flights.is_under_way("key")
    outcomes: list[int] = []
    if where == "its own thread":
        outcomes.append(run(flights.join(BLOCKING, "key", found)))
    else:
        (thread,) = in_threads(1, lambda: outcomes.append(run(flights.join(BLOCKING, "key", found))))
        thread.join()
    assert [1] == outcomes
    assert not flights.is_under_way("key")
    assert set() == {task for task in runtime_module._leaders if task.get_loop() is loop}


def test_a_leader_that_is_interrupted_releases_the_others() -> None:
    """Control-C in one thread, while another one waits."""
    flights, found = Flights[int](), Work(BLOCKING)
    began, outcomes = threading.Event(), list[int]()

    async def interrupted() -> int:
        began.set()
        waiter.start()
        while not asked.is_set():
            time.sleep(0.001)  # noqa: ASYNC251 - the same
        raise KeyboardInterrupt

    asked = threading.Event()

    def wait_for_it() -> None:
        asked.set()
        outcomes.append(run(flights.join(BLOCKING, "key", found)))

    waiter = threading.Thread(target=wait_for_it)
    with pytest.raises(KeyboardInterrupt):
        run(flights.join(BLOCKING, "key", interrupted))
    waiter.join()
    assert [1] == outcomes


# -- threads and loops together -------------------------------------------------------------------------------------


def test_event_loops_in_threads_share_one_conversation() -> None:
    """Two of asyncio, two of trio, and a plain thread."""
    flights, work = Flights[int](), Work(ASIDE, is_free=False)
    outcomes: list[int] = []

    async def in_loop() -> None:
        outcomes.append(await flights.join(ASIDE, "key", leading))

    async def leading() -> int:
        work.begun += 1
        work.started.set()
        while not go.is_set():
            time.sleep(0.001)  # noqa: ASYNC251 - it runs in a thread of the library
        return work.begun

    go = threading.Event()
    threads = [
        threading.Thread(target=lambda backend=backend: anyio.run(in_loop, backend=backend))
        for backend in ("asyncio", "asyncio", "trio", "trio")
    ]
    for thread in threads:
        thread.start()
    work.started.wait()
    while len(_waiters(flights)) < 4:
        time.sleep(0.001)
    blocking = Arriving()
    last = threading.Thread(target=lambda: outcomes.append(run(flights.join(blocking, "key", leading))))
    last.start()
    blocking.arrived.wait()
    go.set()
    last.join()
    for thread in threads:
        thread.join()
    assert [1] * 5 == outcomes


class Arriving(BlockingRuntime):
    """Tells when somebody begins to wait: futures do not show a thread that waits with a time limit."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = threading.Event()

    async def wait(self, future: Future[Any], timeout: float) -> Any:  # noqa: ASYNC109 - as the runtime has it
        """Tell, and wait."""
        self.arrived.set()
        return await super().wait(future, timeout)


def test_a_leader_that_was_given_up_and_arrives_after_all_disturbs_nobody() -> None:
    """Its place was taken; its result is nobody's."""
    flight = Flight[int]()
    flight.abandon()

    async def conversation() -> int:
        return 1

    run(flight.fly(conversation, lambda: None))
    with pytest.raises(Abandoned):
        flight.landing.result(0)


def test_a_waiter_looks_again_until_its_patience_ends(scripted: Scripted) -> None:
    """A leader that is alive and slow is waited for, a second at a time."""
    runtime = scripted()
    with pytest.raises(TimeoutError):
        run(Flights[int]._land(runtime, Flight[int](), 3.0))
    assert runtime.elapsed == 3.0


def _waiters(flights: Any) -> list[object]:
    """Who waits for the landing, as far as futures tell: loops by callback, threads by condition."""
    return [
        waiter
        for flight in flights._under_way.values()
        for waiter in (*flight.landing._done_callbacks, *flight.landing._condition._waiters)
    ]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_blocking_call_on_the_loops_own_thread_cannot_deadlock(backend: str) -> None:
    """The task that leads could not go on while its thread waits for it: the call leads a flight of its own."""
    flights, slow, quick = Flights[int](), Work(ASYNC, is_free=False), Work(BLOCKING)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(flights.join, ASYNC, "key", slow)
            await anyio.wait_all_tasks_blocked()
            assert 1 == run(flights.join(BLOCKING, "key", quick))
            slow.gate.set_result(None)

    anyio.run(main, backend=backend)
    assert 1 == slow.ended


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_thread_of_the_library_brings_its_conversation_to_an_end(backend: str) -> None:
    """Though the task that began it is cancelled, and its loop is over."""
    flights, ended, go = Flights[int](), threading.Event(), threading.Event()

    async def leading() -> int:
        go.wait()
        ended.set()
        return 1

    async def main() -> None:
        with anyio.move_on_after(0.01):
            await flights.join(ASIDE, "key", leading)

    anyio.run(main, backend=backend)
    assert not ended.is_set()
    go.set()
    assert ended.wait(10)


def test_a_thread_that_cannot_be_started_leaves_no_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next caller begins anew."""
    flights, work = Flights[int](), Work(BLOCKING)

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError, match="new thread"):
                await flights.join(ASIDE, "key", work)
        assert 1 == await flights.join(ASIDE, "key", work)

    anyio.run(main)


def test_who_waits_too_long_takes_the_leaders_place(face: Face) -> None:
    """A leader that hangs does not hang everybody."""
    flights, slow, quick = Flights[int](), Work(BLOCKING, is_free=False), Work(runtime_of(face))
    (thread,) = in_threads(1, lambda: run(flights.join(BLOCKING, "key", slow)))
    slow.started.wait()

    async def wait_briefly() -> int:
        return await flights.join(runtime_of(face), "key", quick, patience=0.01)

    outcome = run(wait_briefly()) if face.is_blocking else anyio.run(wait_briefly, backend=face.name)
    assert 1 == outcome
    slow.gate.set_result(None)
    thread.join()


async def test_a_conversations_own_timeout_is_its_error(face: Face) -> None:
    """It is not taken for the waiter's patience."""
    flights, runtime = Flights[int](), runtime_of(face)

    async def late() -> int:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        await flights.join(runtime, "key", late)


# -- forks ----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_begins_with_no_flights() -> None:
    """The thread that leads is not in the child."""
    flights, slow = Flights[int](), Work(BLOCKING, is_free=False)
    (thread,) = in_threads(1, lambda: run(flights.join(BLOCKING, "key", slow)))
    slow.started.wait()

    def child() -> None:
        quick = Work(BLOCKING)
        os._exit(run(flights.join(BLOCKING, "key", quick)) + 41)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(20)
    assert 42 == process.exitcode
    process.close()
    slow.gate.set_result(None)
    thread.join()
