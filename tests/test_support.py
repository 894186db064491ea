"""The machinery of the tests keeps its own promises: a check that never fires would be worse than none."""

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from cognito_auth._runtime.http import Reply, Request
from cognito_auth._runtime.operation import run
from cognito_auth._runtime.runtime import Runtime
from support import guards
from support.faces import Face
from support.peer_matrix import Cell, Matrix, table
from support.scripted_runtime import START, Scripted, ScriptedRuntime, calls, error, gets

# -- no network but loopback ------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "cognito-idp.eu-west-1.amazonaws.com"])
def test_a_test_cannot_reach_another_machine(host: str) -> None:
    """Neither by address nor by name, and no `except Exception` on the way hides it."""
    with pytest.raises(pytest.fail.Exception, match="only loopback"):
        http.client.HTTPSConnection(host, timeout=1).connect()


async def test_a_test_cannot_reach_another_machine_from_an_event_loop(face: Face) -> None:
    """The asynchronous libraries have their own ways to a socket, and end at the same guard."""
    with pytest.raises(BaseException, match=r"only loopback|unhandled errors") as caught:
        await face(face.http_client().get("http://192.0.2.1/"))
    assert not isinstance(caught.value, OSError)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_allowed(host: str) -> None:
    """Real servers on this machine are what many tests talk to."""
    assert guards.is_loopback(host)


# -- nothing left behind ----------------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard gives up at once."""
    monkeypatch.setattr(guards, "_GRACE", 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_forgotten_thread_is_named() -> None:
    """The message says which thread, so that its owner is found."""
    before = guards.present()
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten")
    thread.start()
    try:
        (left,) = guards.leftovers(before)
        assert "forgotten" in left
    finally:
        release.set()
        thread.join()
    assert guards.leftovers(before) == []


@pytest.mark.usefixtures("impatient")
def test_a_forgotten_socket_is_named() -> None:
    """The message says where it is bound."""
    before = guards.present()
    with socket.create_server(("127.0.0.1", 0)) as server:
        (left,) = guards.leftovers(before)
        assert str(server.getsockname()[1]) in left
    assert guards.leftovers(before) == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists a process's children")
def test_a_forgotten_child_process_is_named() -> None:
    """The message says what it runs."""
    before = guards.present()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        (left,) = guards.leftovers(before)
        assert str(child.pid) in left
        assert "input()" in left
    assert guards.leftovers(before) == []


# -- one body, three ways ---------------------------------------------------------------------------------------


async def number() -> int:
    """Stand for an operation."""
    return 7


async def test_a_face_gives_what_an_operation_returned(face: Face) -> None:
    """A value on the blocking face, an awaited one on the others."""
    given: Any = 7 if face.is_blocking else number()
    assert await face(given) == 7


async def test_a_face_refuses_an_operation_of_another(face: Face) -> None:
    """A blocking method that returns an awaitable is wrong, and so is an asynchronous one that returns a value."""
    given: Any = anyio.Path("/") if not face.is_blocking else iter_once()
    with pytest.raises(AssertionError, match="face"):
        await face(given)


class iter_once:  # noqa: N801 (stands for a function)
    """An awaitable that nobody has to await."""

    def __await__(self) -> Any:
        return iter(())


def test_a_blocking_body_may_not_suspend() -> None:
    """No event loop stands behind the blocking face, so waiting for one is a failure."""

    class Forever:
        def __await__(self) -> Any:
            yield

    async def body() -> None:
        await Forever()

    with pytest.raises(AssertionError, match="suspended"):
        Face("blocking").run(body)


@pytest.mark.parametrize("name", ["asyncio", "trio"])
def test_a_task_that_a_body_leaves_is_named(name: Any) -> None:
    """Also one that the library started behind its back."""

    async def forgotten_task() -> None:
        await anyio.sleep_forever()

    async def body() -> None:
        if name == "trio":
            import trio

            trio.lowlevel.spawn_system_task(forgotten_task)
        else:
            import asyncio

            kept.append(asyncio.ensure_future(forgotten_task()))

    kept: list[Any] = []
    with pytest.raises(AssertionError, match="forgotten_task"):
        Face(name).run(body)


async def test_calls_run_together(face: Face) -> None:
    """Each waits until all have come, which only calls that run at the same time can do."""
    meeting: Any = threading.Barrier(3, timeout=10) if face.is_blocking else AsyncBarrier(3)
    results = await face.together(*[meeting.wait] * 3)
    assert sorted(results) == [0, 1, 2]


class AsyncBarrier:
    def __init__(self, parties: int) -> None:
        self.missing = parties
        self.full = anyio.Event()

    async def wait(self) -> int:
        """Wait for the others."""
        self.missing -= 1
        place = self.missing
        if not self.missing:
            self.full.set()
        await self.full.wait()
        return place


async def test_a_failure_of_one_of_many_calls_is_raised(face: Face) -> None:
    """A failure in a thread or a task is the test's own."""

    def fail() -> Any:
        raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        await face.together(fail, fail)


async def test_what_a_face_makes_is_closed_after_the_body(face: Face) -> None:
    """So a test body need not say it."""
    clients = []

    async def body() -> None:
        clients.append(inner.http_client())
        clients.append(inner.http_client(library="httpx2"))
        assert not any(client.is_closed for client in clients)

    inner = Face(face.name)
    if face.is_blocking:
        inner.run(body)
    else:
        await anyio.to_thread.run_sync(inner.run, body)
    assert all(client.is_closed for client in clients)


# -- the scripted runtime ---------------------------------------------------------------------------------------


def ask(runtime: Runtime, target: str, body: object) -> Reply:
    """One operation of the JSON API, over a runtime."""
    request = Request(
        method="POST",
        url="https://cognito-idp.eu-west-1.amazonaws.com/",
        headers={"x-amz-target": f"Service.{target}", "content-type": "application/x-amz-json-1.1"},
        content=json.dumps(body).encode(),
        timeout=1.0,
    )
    return run(runtime.exchange(request))


def test_a_script_answers_what_it_expects(scripted: Scripted) -> None:
    """Turn by turn, with time passing as the script says."""
    runtime = scripted(
        calls("SignUp", {"Username": "ann"}, answer={"UserSub": "1"}, takes=0.25),
        calls("SignUp", {"Username": "bob"}, answer=error("UsernameExistsException")),
    )
    assert ask(runtime, "SignUp", {"Username": "ann"}).content == b'{"UserSub": "1"}'
    assert runtime.monotonic() == 0.25
    assert ask(runtime, "SignUp", {"Username": "bob"}).status == 400


@pytest.mark.parametrize(
    "target, body", [("SignUp", {"Username": "eve"}), ("ConfirmSignUp", {"Username": "ann"})]
)
def test_a_script_refuses_what_it_does_not_expect(target: str, body: dict[str, str]) -> None:
    """Another operation, another body, or one request too many."""
    runtime = ScriptedRuntime(calls("SignUp", {"Username": "ann"}))
    with pytest.raises(AssertionError):
        ask(runtime, target, body)
    with pytest.raises(AssertionError, match="the script is over"):
        ask(runtime, "SignUp", {"Username": "ann"})


def test_a_script_that_was_not_played_to_its_end_fails() -> None:
    """A conversation that forgets a step is found."""
    runtime = ScriptedRuntime(gets("https://example.com/keys"))
    with pytest.raises(AssertionError, match="never asked"):
        runtime.check()


def test_a_scripts_time_passes_only_by_sleeping() -> None:
    """So no test waits, and waits can be compared."""
    runtime = ScriptedRuntime()
    run(runtime.sleep(3600))
    assert runtime.sleeps == [3600]
    assert runtime.now() == START + 3600


def test_a_scripts_randomness_is_the_same_in_each_run() -> None:
    """Yet no two draws are alike."""
    first, second = ScriptedRuntime(), ScriptedRuntime()
    draws = [first.random_bytes(16), first.random_bytes(16)]
    assert draws == [second.random_bytes(16), second.random_bytes(16)]
    assert draws[0] != draws[1]


# -- programs that are no Python packages -----------------------------------------------------------------------


@pytest.fixture
def suite_that_needs_a_server(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Two tests that need a program which cannot be found, and one that does not."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.needs("redis-server")
        @pytest.mark.parametrize("number", [1, 2])
        def test_with_a_server(number): ...

        def test_without(): ...
        """
    )
    return pytester


def test_a_missing_program_skips_and_says_how_much(
    suite_that_needs_a_server: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names the package and how many tests it would have run."""
    monkeypatch.delenv("COGNITO_AUTH_REQUIRE_PEERS", raising=False)
    result = suite_that_needs_a_server.runpytest_inprocess("-p", "support.programs", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(
        ["redis-server is missing: 2 tests were not run. *package redis-server has it."]
    )


def test_a_missing_program_fails_where_all_are_required(
    suite_that_needs_a_server: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Continuous integration must not be green because something was left out."""
    monkeypatch.setenv("COGNITO_AUTH_REQUIRE_PEERS", "1")
    result = suite_that_needs_a_server.runpytest_inprocess("-p", "support.programs", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=2)


# -- the matrix of peers ----------------------------------------------------------------------------------------


def test_the_matrix_shows_what_was_found_and_why_not() -> None:
    """A reason stands below the table once; what nobody tried says so."""
    cells = [
        Cell("moto", "sign up", "blocking", True, "yes"),
        Cell("moto", "refresh", "blocking", True, "it lacks that"),
        Cell("moto", "refresh", "trio", True, "it lacks that"),
    ]
    head, sign_up, refresh, *notes = table(cells)
    assert ["blocking+secret", "blocking", "asyncio+secret", "asyncio", "trio+secret", "trio"] == head.split()
    assert ["moto", "sign", "up", "yes", "[1]", "[1]", "[1]", "[1]", "[1]"] == sign_up.split()
    assert ["moto", "refresh", "[2]", "[1]", "[1]", "[1]", "[2]", "[1]"] == refresh.split()
    assert ["[1] no test tried this", "[2] it lacks that"] == notes


@pytest.mark.parametrize("works, expected", [(True, "yes"), (False, "FAILED")])
def test_a_cell_is_what_its_body_did(request: pytest.FixtureRequest, works: bool, expected: str) -> None:
    """So no mark is written by hand."""
    told = Matrix(request.node)
    with contextlib.suppress(LookupError), told.cell("moto", "sign up", "trio", secret=True):
        if not works:
            raise LookupError
    (_, cell) = request.node.user_properties.pop()
    assert ["moto", "sign up", "trio", True, expected] == cell


def test_a_refusal_that_does_not_come_fails(request: pytest.FixtureRequest) -> None:
    """A peer that has learnt something new turns its test red."""
    refusal = Matrix(request.node).refusal("moto", "refresh", "trio", secret=True, expected=LookupError)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"), refusal:
        """Nothing is refused."""
    assert [] == request.node.user_properties
