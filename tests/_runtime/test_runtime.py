"""What an operation may ask of the world, answered blocking, on asyncio and on trio."""

import asyncio
import gc
import os
import threading
import time
from concurrent.futures import Future
from typing import Any

import anyio
import httpx
import pytest

from cognito_auth._runtime import http, runtime
from cognito_auth._runtime.http import Request
from cognito_auth._runtime.operation import run
from cognito_auth._runtime.runtime import AsyncRuntime, BlockingRuntime, Runtime
from support.faces import Face


def runtime_of(face: Face) -> Runtime:
    """The runtime of a face."""
    return BlockingRuntime() if face.is_blocking else AsyncRuntime()


async def test_the_clocks_are_this_machines(face: Face) -> None:
    """Wall time for expiry, monotonic time for deadlines; random bytes differ, jitter is a share."""
    world = runtime_of(face)
    assert abs(world.now() - time.time()) < 5
    assert abs(world.monotonic() - time.monotonic()) < 5
    assert len(world.random_bytes(32)) == 32
    assert world.random_bytes(32) != world.random_bytes(32)
    assert 0 <= world.jitter() < 1
    before = world.monotonic()
    await world.sleep(0.01)
    assert world.monotonic() - before >= 0.009


async def test_blocking_work_is_offloaded_where_there_is_a_loop(face: Face) -> None:
    """A thread under an event loop, the caller's own thread without one."""
    where = await runtime_of(face).offload(threading.get_ident)
    assert (where == threading.get_ident()) is face.is_blocking


async def test_waiting_gives_the_result_that_another_thread_sets(face: Face) -> None:
    """And its error, where it fails."""
    world = runtime_of(face)
    good: Future[str] = Future()
    bad: Future[str] = Future()
    bad.set_exception(ValueError("no"))
    setter = threading.Timer(0.02, good.set_result, ["done"])
    setter.start()
    assert await world.wait(good, 10) == "done"
    setter.join()
    with pytest.raises(ValueError, match="no"):
        await world.wait(bad, 10)


async def test_giving_up_waiting_leaves_the_future_alone(face: Face) -> None:
    """Others may still wait for it."""
    future: Future[str] = Future()
    future.set_running_or_notify_cancel()
    with pytest.raises(TimeoutError):
        await runtime_of(face).wait(future, 0.01)
    assert not future.cancelled()
    future.set_result("late")
    assert await runtime_of(face).wait(future, 0.01) == "late"


async def test_a_led_conversation_outlives_the_cancelling_of_its_caller(face: Face) -> None:
    """What has begun at the service is not abandoned half-way."""
    world = runtime_of(face)
    done: Future[str] = Future()

    async def conversation() -> None:
        await world.sleep(0.02)
        done.set_result("finished")

    if face.is_blocking:
        await world.lead(conversation)
    else:
        with anyio.CancelScope() as scope:
            await world.lead(conversation)
            scope.cancel()
            await anyio.sleep(1)
    assert await world.wait(done, 10) == "finished"


def test_a_wake_after_the_loop_has_ended_is_nothing() -> None:
    """The thread that answers late must not fail for it."""
    future: Future[str] = Future()

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            await AsyncRuntime().wait(future, 0.01)

    asyncio.run(impatient())
    future.set_result("late")


def default_clients(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The default clients that are made from now on, answering by themselves."""
    made: list[Any] = []

    def make(kind: str) -> Any:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
        made.append(getattr(httpx, kind)(transport=transport))
        return made[-1]

    monkeypatch.setattr(http, "default_client", make)
    return made


PING = Request(method="GET", url="https://example.com/", timeout=5)


def test_each_event_loop_has_its_own_default_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections belong to the loop that opened them; one that has ended is let go."""
    made = default_clients(monkeypatch)
    world = AsyncRuntime()

    async def twice() -> None:
        await world.exchange(PING)
        await world.exchange(PING)

    asyncio.run(twice())
    anyio.run(twice, backend="trio")
    assert len(made) == 2
    gc.collect()
    assert len(world._own) == 0


async def test_closing_closes_what_was_opened_and_a_later_call_opens_again(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing twice, or with nothing open, is nothing."""
    made = default_clients(monkeypatch)
    world: Any = runtime_of(face)
    for _ in range(2):
        await face(world.close() if face.is_blocking else world.aclose())
    await world.exchange(PING)
    await world.exchange(PING)
    await face(world.close() if face.is_blocking else world.aclose())
    assert [client.is_closed for client in made] == [True]
    await world.exchange(PING)
    await face(world.close() if face.is_blocking else world.aclose())
    assert [client.is_closed for client in made] == [True, True]


def test_threads_that_ask_together_open_one_default_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one waits for the first: a client more would never be closed."""
    made, world, queued = default_clients(monkeypatch), BlockingRuntime(), threading.Event()
    second = threading.Thread(target=lambda: run(world.exchange(PING)))
    plain = threading.Lock()

    class Told:
        """A lock that tells when somebody has to wait."""

        def __enter__(self) -> None:
            if plain.locked():
                queued.set()
            plain.acquire()

        def __exit__(self, *_: object) -> None:
            plain.release()

    make = http.default_client

    def make_slowly(kind: str) -> Any:
        second.start()
        assert queued.wait(10)
        return make(kind)

    monkeypatch.setattr(world, "_opening", {os.getpid(): Told()})
    monkeypatch.setattr(http, "default_client", make_slowly)
    run(world.exchange(PING))
    second.join()
    assert len(made) == 1
    world.close()


async def test_closing_leaves_a_given_client_open(face: Face) -> None:
    """Whoever made it closes it."""
    client = face.http_client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={})))
    world: Any = BlockingRuntime(client) if face.is_blocking else AsyncRuntime(client)
    await world.exchange(PING)
    await face(world.close() if face.is_blocking else world.aclose())
    assert not client.is_closed


def test_default_clients_share_one_ssl_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the authorities' certificates is what makes a client slow."""
    contexts: list[Any] = []
    monkeypatch.setattr(httpx, "Client", lambda *, verify: contexts.append(verify))
    http.default_client("Client")
    http.default_client("Client")
    assert contexts[0] is contexts[1]


def test_a_leader_is_kept_until_it_has_ended() -> None:
    """Asyncio itself would let a task vanish that nobody holds."""

    async def body() -> None:
        ended = anyio.Event()

        async def conversation() -> None:
            await anyio.sleep(0.01)
            ended.set()

        await AsyncRuntime().lead(conversation)
        assert len(runtime._leaders) == 1
        gc.collect()
        await ended.wait()

    asyncio.run(body())
    assert not runtime._leaders
