"""One definition, two faces: what people and tools see of an operation."""

import asyncio
import inspect
import pydoc
import typing
from types import coroutine
from typing import Any
from unittest.mock import create_autospec

import pytest

from cognito_auth._runtime.operation import Awaiting, Blocking, checked_seconds, operation, run
from cognito_auth._runtime.runtime import AsyncRuntime, BlockingRuntime
from cognito_auth.errors import UsageError


class Greeting:
    @operation
    async def greet(self, name: str, *, times: int = 1) -> list[str]:
        """A greeting for each time.

        Args:
            name: Whom.
            times: How often.
        """
        return [f"hello {name}"] * times


class Greeter(Greeting, Blocking):
    """The blocking face."""

    def __init__(self) -> None:
        self._runtime = BlockingRuntime()


class AsyncGreeter(Greeting, Awaiting):
    """The async face."""

    def __init__(self) -> None:
        self._runtime = AsyncRuntime()


def test_the_blocking_face_returns_the_result() -> None:
    """No await, no event loop."""
    assert Greeter().greet("ann", times=2) == ["hello ann", "hello ann"]


def test_the_async_face_returns_a_coroutine_of_the_result() -> None:
    """The same definition, awaited."""
    assert asyncio.run(AsyncGreeter().greet("ann")) == ["hello ann"]


@pytest.mark.parametrize("face", [Greeter, AsyncGreeter])
def test_a_class_and_its_objects_show_a_plain_method(face: type[Any]) -> None:
    """Signature, name, module, docstring and type hints are the definition's own."""
    on_class, on_object = inspect.signature(face.greet), inspect.signature(face().greet)
    assert str(on_class) == "(self, name: str, *, times: int = 1) -> list[str]"
    assert str(on_object) == "(name: str, *, times: int = 1) -> list[str]"
    assert inspect.isfunction(face.greet)
    assert (face.greet.__name__, face.greet.__qualname__, face.greet.__module__) == (
        "greet",
        "Greeting.greet",
        __name__,
    )
    assert not hasattr(face.greet, "__wrapped__")
    assert typing.get_type_hints(face.greet) == {"name": str, "times": int, "return": list[str]}
    assert "A greeting for each time." in pydoc.plain(pydoc.render_doc(face))


def test_autospec_knows_which_face_is_awaited() -> None:
    """A mock of a class refuses what the class refuses, and is awaited where the class is."""
    blocking, awaiting = create_autospec(Greeter), create_autospec(AsyncGreeter)
    blocking.return_value.greet.return_value = ["hi"]
    assert blocking().greet("ann") == ["hi"]
    with pytest.raises(TypeError, match="name"):
        blocking().greet()
    awaiting.return_value.greet.return_value = ["hi"]
    assert asyncio.run(awaiting().greet("ann")) == ["hi"]


@pytest.mark.parametrize("face", [Greeter, AsyncGreeter])
def test_a_wrong_call_is_a_type_error(face: type[Any]) -> None:
    """As with any method."""
    with pytest.raises(TypeError, match="surname"):
        face().greet("ann", surname="lee")


def test_what_has_no_face_yet_holds_the_operation() -> None:
    """Go to definition, and the class that writes it, find the descriptor."""
    bare: Any = Greeting()
    assert isinstance(bare.greet, operation)
    assert Greeting.greet.__doc__ == Greeter.greet.__doc__


def test_a_subclass_of_a_face_may_override_an_operation() -> None:
    """A plain method over an inherited one stays what it is."""

    class Loud(Greeter):
        def greet(self, name: str, *, times: int = 1) -> list[str]:  # pyright: ignore[reportIncompatibleVariableOverride]
            return [line.upper() for line in super().greet(name, times=times)]

    assert Loud().greet("ann") == ["HELLO ANN"]


def test_a_conversation_that_suspends_is_an_error_on_the_blocking_face() -> None:
    """Something asynchronous was given to a blocking class; it must not hang or be lost."""

    @coroutine
    def suspend() -> Any:
        yield

    async def conversation() -> None:
        await suspend()

    with pytest.raises(RuntimeError, match="asynchronous was given to a blocking class"):
        run(conversation())


@pytest.mark.parametrize("value", [0, -1, True, "10", None, float("nan"), float("inf")])
def test_seconds_are_a_number_above_zero(value: Any) -> None:
    """A timeout that cannot be is refused at the door, by name."""
    with pytest.raises(UsageError, match=r"timeout: .* is not a number of seconds"):
        BlockingRuntime(timeout=value)
    assert checked_seconds(3, "timeout") == 3.0
