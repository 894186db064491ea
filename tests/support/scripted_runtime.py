"""A runtime that plays a script, so that a conversation is checked as a list of requests and replies.

    def test_sign_up_says_who_was_made(scripted: Scripted) -> None:
        runtime = scripted(calls("SignUp", {"ClientId": "abc", "Username": "ann", ...}, answer={"UserSub": "1", ...}))
        receipt = runtime.under(UserPool(app)).sign_up("ann", "correct horse")

No socket, no waiting: sleeping moves the script's clock. What is left unsaid at the end fails the test.
"""

import hashlib
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import parse_qsl

import attrs
import pytest

from cognito_auth import Retry
from cognito_auth._runtime.http import Reply, Request

T = TypeVar("T")

START = 1_767_225_600.0
"""When a script begins: 2026-01-01T00:00:00Z."""


@attrs.frozen(kw_only=True)
class Turn:
    """One request that is expected, and what comes back.

    Attributes:
        expected: What the request must say: any of `target`, `json`, `form`, `method`, `url` and `headers`.
        answer: The reply, or the error that is raised in its place.
        takes: Seconds that the exchange lasts, by the script's clock.
    """

    expected: Mapping[str, Any]
    answer: Reply | Exception
    takes: float = 0.0


def reply(content: object = None, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply: JSON from a value, or the bytes as they are."""
    body = content if isinstance(content, bytes) else json.dumps({} if content is None else content).encode()
    return Reply(status=status, headers=dict(headers or {}), content=body)


def error(
    code: str, message: str = "", *, status: int = 400, headers: Mapping[str, str] | None = None
) -> Reply:
    """A refusal of the JSON API, as Cognito writes it."""
    return reply({"__type": code, "message": message}, status=status, headers=headers)


def calls(operation: str, body: Mapping[str, Any], *, answer: object = None, takes: float = 0.0) -> Turn:
    """An operation of the JSON API, with its whole body."""
    return Turn(expected={"target": operation, "json": dict(body)}, answer=_answer(answer), takes=takes)


def posts(
    url: str,
    form: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
    answer: object = None,
    takes: float = 0.0,
) -> Turn:
    """A form to an OAuth endpoint, with all its fields, and with these headers among others."""
    expected = {"method": "POST", "url": url, "form": dict(form), "headers": dict(headers or {})}
    return Turn(expected=expected, answer=_answer(answer), takes=takes)


def gets(
    url: str, *, headers: Mapping[str, str] | None = None, answer: object = None, takes: float = 0.0
) -> Turn:
    """A document, read."""
    expected = {"method": "GET", "url": url, "headers": dict(headers or {})}
    return Turn(expected=expected, answer=_answer(answer), takes=takes)


def _answer(answer: object) -> Reply | Exception:
    return answer if isinstance(answer, (Reply, Exception)) else reply(answer)


class _HasRuntime(Protocol):
    _runtime: Any


F = TypeVar("F")


class ScriptedRuntime:
    """Answers every question of a conversation from a script, at once."""

    blocks = True

    def __init__(self, *turns: Turn, timeout: float = 10.0, retry: Retry | None = None) -> None:
        self.timeout = timeout
        self.retry = retry or Retry()
        self.requests: list[Request] = []
        """What was sent, in order."""
        self.sleeps: list[float] = []
        """How long the conversation waited, in seconds."""
        self.elapsed = 0.0
        """Seconds since the script began. Add to it to let time pass."""
        self.clock_offset = 0.0
        """By how much the machine's clock is off. The monotonic clock is not."""
        self.spread = 0.5
        """What `jitter` answers."""
        self._turns = list(turns)
        self._drawn = 0

    def under(self, face: F) -> F:
        """The same object, now talking to the script."""
        cast("_HasRuntime", face)._runtime = self
        return face

    def then(self, *turns: Turn) -> None:
        """Go on with these turns."""
        self._turns.extend(turns)

    def check(self) -> None:
        """Fail if something that the script expects was never asked."""
        unsaid = [dict(turn.expected) for turn in self._turns]
        assert unsaid == [], f"never asked: {unsaid}"

    # -- the runtime's own methods ------------------------------------------------------------------------------

    async def exchange(self, request: Request) -> Reply:
        """The next turn's answer, if the request is what that turn expects."""
        self.requests.append(request)
        assert self._turns, f"the script is over, and this was asked: {said(request)}"
        turn = self._turns.pop(0)
        actual = said(request)
        actual["headers"] = {name: actual["headers"].get(name) for name in turn.expected.get("headers", {})}
        assert turn.expected == {part: actual.get(part) for part in turn.expected}
        self.elapsed += turn.takes
        if isinstance(turn.answer, Exception):
            raise turn.answer
        return turn.answer

    async def sleep(self, seconds: float) -> None:
        """Let the script's time pass."""
        self.sleeps.append(seconds)
        self.elapsed += seconds

    def now(self) -> float:
        """Seconds since the epoch."""
        return START + self.elapsed + self.clock_offset

    def monotonic(self) -> float:
        """Seconds since the script began."""
        return self.elapsed

    def random_bytes(self, count: int) -> bytes:
        """Other bytes at each call, the same ones in each run."""
        self._drawn += 1
        return hashlib.shake_256(b"draw %d" % self._drawn).digest(count)

    def jitter(self) -> float:
        """Always `spread`."""
        return self.spread

    async def offload(self, function: Callable[[], T]) -> T:
        """Call it."""
        return function()

    async def wait(self, future: Future[T], timeout: float) -> T:  # noqa: ASYNC109 (a future of threads, not a task)
        """The result, if it is there; nobody else can bring it."""
        if not future.done():
            self.elapsed += timeout
            raise TimeoutError
        return future.result()

    async def lead(self, conversation: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], bool]:
        """Run it to its end."""
        await conversation()
        return bool

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""


def said(request: Request) -> dict[str, Any]:
    """What a request says, in the words that a script uses."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    words: dict[str, Any] = {"method": request.method, "url": request.url, "headers": headers}
    if target := headers.get("x-amz-target"):
        words["target"] = target.rpartition(".")[2]
    kind = headers.get("content-type", "")
    if "json" in kind:
        words["json"] = json.loads(request.content)
    elif "form" in kind:
        pairs = parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)
        words["form"] = dict(pairs)
        assert len(pairs) == len(words["form"]), "a field stands twice in the form"
    return words


class Scripted(Protocol):
    """Makes a scripted runtime that is checked after the test."""

    def __call__(self, *turns: Turn, timeout: float = ..., retry: Retry | None = ...) -> ScriptedRuntime:
        """A runtime that plays these turns."""
        ...


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Scripted runtimes, each of which must have been played to its end when the test is over."""
    made: list[ScriptedRuntime] = []

    def make(*turns: Turn, **settings: Any) -> ScriptedRuntime:
        made.append(ScriptedRuntime(*turns, **settings))
        return made[-1]

    yield make
    for runtime in made:
        runtime.check()
