"""One test body, three ways: blocking, on asyncio, and on trio.

A test that asks for `face` is written once, as the asynchronous face would be used, and run three times:

    async def test_a_confirmed_user_signs_in(face: Face, app: AppClient) -> None:
        pool = face.user_pool(app)
        tokens = await face(pool.sign_in("ann", "correct horse"))

`face.user_pool` makes the class of that face (`UserPool`, or `AsyncUserPool`), and closes it after the body.
`face(...)` gives what an operation returned: as it is on the blocking face, awaited on the others. The blocking body
runs in no event loop at all: it is sent to its end in one step, and a body that would suspend fails.

Type checkers see the asynchronous classes, so results have their types in all three.
"""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import anyio
import pytest

if TYPE_CHECKING:
    from cognito_auth import AsyncAuthorizationServer, AsyncTokenSource, AsyncUserPool

T = TypeVar("T")
Name = Literal["blocking", "asyncio", "trio"]


class Face:
    """One of the three ways to run a test body."""

    def __init__(self, name: Name) -> None:
        self.name: Name = name
        self.is_blocking = name == "blocking"
        self._opened: list[Any] = []

    def __repr__(self) -> str:
        return f"<Face {self.name}>"

    async def __call__(self, outcome: Awaitable[T]) -> T:
        """What an operation gives: it must be there at once on the blocking face, and be awaitable on the others."""
        assert inspect.isawaitable(outcome) is not self.is_blocking, f"{outcome!r} on the {self.name} face"
        return cast("T", outcome) if self.is_blocking else await outcome

    # -- making the library's classes, closed after the body ---------------------------------------------------

    def user_pool(self, *arguments: Any, **settings: Any) -> "AsyncUserPool":
        """`UserPool` or `AsyncUserPool`."""
        made: AsyncUserPool = self.make("UserPool", *arguments, **settings)
        return made

    def authorization_server(self, *arguments: Any, **settings: Any) -> "AsyncAuthorizationServer":
        """`AuthorizationServer` or `AsyncAuthorizationServer`."""
        made: AsyncAuthorizationServer = self.make("AuthorizationServer", *arguments, **settings)
        return made

    def token_source(self, *arguments: Any, **settings: Any) -> "AsyncTokenSource":
        """`TokenSource` or `AsyncTokenSource`."""
        made: AsyncTokenSource = self.make("TokenSource", *arguments, **settings)
        return made

    def verifier(self, *arguments: Any, **settings: Any) -> Any:
        """`TokenVerifier` or `AsyncTokenVerifier`."""
        return self.make("TokenVerifier", *arguments, **settings)

    def make(self, name: str, *arguments: Any, **settings: Any) -> Any:
        """The class of this face that has this name, made and closed after the body."""
        return self.closing(self.its(name)(*arguments, **settings))

    def closing(self, made: T) -> T:
        """The same object, closed after the body."""
        self._opened.append(made)
        return made

    def its(self, name: str) -> Any:
        """The class of this face: `TokenVerifier` is `AsyncTokenVerifier` on the asynchronous ones."""
        return getattr(import_module("cognito_auth"), name if self.is_blocking else f"Async{name}")

    def http_client(self, *, library: Literal["httpx", "httpx2"] = "httpx", **settings: Any) -> Any:
        """A client of httpx or httpx2, blocking or asynchronous as the face is, closed after the body."""
        kind = "Client" if self.is_blocking else "AsyncClient"
        return self.closing(getattr(import_module(library), kind)(**settings))

    # -- what differs by face, and no test should care ---------------------------------------------------------

    @asynccontextmanager
    async def within(self, manager: T) -> AsyncIterator[T]:
        """Enter and leave a context manager: `with` on the blocking face, `async with` on the others."""
        if self.is_blocking:
            with cast("Any", manager) as entered:
                yield entered
        else:
            async with cast("Any", manager) as entered:
                yield entered

    async def together(self, *calls: Callable[[], Awaitable[T]]) -> list[T]:
        """What calls give that run at the same time, in threads or in tasks; the first failure is raised after all end."""
        outcomes: dict[int, T] = {}
        failures: list[BaseException] = []

        async def gather(position: int) -> None:
            try:
                outcomes[position] = await self(calls[position]())
            except Exception as failure:  # noqa: BLE001 (raised below, when the others have ended)
                failures.append(failure)

        if self.is_blocking:
            _in_threads([gather(position) for position in range(len(calls))])
        else:
            async with anyio.create_task_group() as tasks:
                for position in range(len(calls)):
                    tasks.start_soon(gather, position)
        if failures:
            raise failures[0]
        return [outcomes[position] for position in range(len(calls))]

    # -- running a body ----------------------------------------------------------------------------------------

    def run(self, body: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a body to its end, close what it made, and fail if a task of it is still there."""
        if self.is_blocking:
            _send_to_its_end(self._run_and_close(body))
        else:
            anyio.run(self._run_and_close, body, backend=self.name)

    async def _run_and_close(self, body: Callable[[], Coroutine[Any, Any, None]]) -> None:
        before = self._tasks()
        try:
            await body()
        finally:
            await self._close()
        if left := self._tasks().keys() - before.keys():
            await self._settle()
            left &= self._tasks().keys()
        assert not left, (
            f"the test left tasks behind: {[task for key, task in self._tasks().items() if key in left]}"
        )

    def _tasks(self) -> dict[int, str]:
        """The running tasks by identity, each with what it is called."""
        if self.is_blocking:
            return {}
        if self.name == "asyncio":  # anyio leaves out which coroutine a task runs
            return {id(task): repr(task) for task in asyncio.all_tasks()}
        return {task.id: repr(task) for task in anyio.get_running_tasks()}

    async def _settle(self) -> None:
        """What was answered or cancelled a moment ago gets the chance to end."""
        for _ in range(10):
            await anyio.sleep(0.001)

    async def _close(self) -> None:
        while self._opened:
            made = self._opened.pop()
            await self(made.close() if self.is_blocking else made.aclose())


def _send_to_its_end(body: Coroutine[Any, Any, T]) -> T:
    """Drive a body that never suspends. There is no event loop here, so there is nothing that could hide one."""
    try:
        body.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    body.close()
    raise AssertionError("the blocking body suspended")


def _in_threads(bodies: list[Coroutine[Any, Any, None]]) -> None:
    """Drive each body in a thread of its own, all of them starting at the same moment."""
    start = threading.Barrier(len(bodies))

    def drive(body: Coroutine[Any, Any, None]) -> None:
        start.wait()
        _send_to_its_end(body)

    threads = [threading.Thread(target=drive, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def face(request: pytest.FixtureRequest) -> Face:
    """The way this test is run: each test with a face is run three times."""
    return Face(request.param)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the body of a test with a face the way that its face says."""
    its_face = pyfuncitem.funcargs.get("face")
    if not isinstance(its_face, Face) or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    its_face.run(lambda: pyfuncitem.obj(**arguments))
    return True
