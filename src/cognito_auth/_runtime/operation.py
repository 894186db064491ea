"""One definition, two faces.

An operation is a coroutine function that never waits by itself: it asks ``self._runtime``. A class that inherits
:class:`Blocking` turns each inherited operation into a plain method that drives the coroutine to its end; a class
that inherits :class:`Awaiting` has the coroutine function itself. Both happen when the class is made, so ``help``,
``inspect.signature``, ``create_autospec`` and Sphinx see ordinary methods. The descriptor's overloads exist for
type checkers, which see the right type on either face.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from types import FunctionType, TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload

from cognito_auth.errors import UsageError

P = ParamSpec("P")
T = TypeVar("T")


def run(conversation: Coroutine[Any, Any, T]) -> T:
    """Drive a conversation over a blocking runtime, which never suspends, and return its result."""
    try:
        conversation.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    conversation.close()
    raise RuntimeError("a blocking runtime suspended: something asynchronous was given to a blocking class")


class operation(Generic[P, T]):  # noqa: N801 - used as a decorator, like property
    """A coroutine function that each face offers in its own way."""

    def __init__(self, conversation: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> None:
        self.conversation = cast("FunctionType", conversation)
        self.__doc__ = conversation.__doc__

    @overload
    def __get__(self, face: None, owner: type) -> operation[P, T]: ...
    @overload
    def __get__(self, face: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, face: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, face: object, owner: type) -> Any:
        """The operation itself: only a class that has no face yet still holds one."""
        return self


def _awaiting(conversation: FunctionType) -> Callable[..., Any]:
    """The coroutine function itself: it is a plain method already."""
    return conversation


def _blocking(conversation: FunctionType) -> Callable[..., Any]:
    """A plain method that runs the conversation to its end."""
    drive = run  # a closure's variable: the method below has the conversation's globals, not this module's

    def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return drive(conversation(self, *args, **kwargs))

    # Made over the conversation's globals, so that typing.get_type_hints resolves its annotations.
    plain = FunctionType(
        method.__code__, conversation.__globals__, conversation.__name__, None, method.__closure__
    )
    plain.__qualname__ = conversation.__qualname__
    plain.__module__ = conversation.__module__
    plain.__doc__ = conversation.__doc__
    plain.__annotations__ = conversation.__annotations__
    plain.__signature__ = inspect.signature(conversation)  # type: ignore[attr-defined]
    return plain


def _plain_methods(cls: type, make: Callable[[FunctionType], Callable[..., Any]]) -> None:
    for name in dir(cls):
        member = inspect.getattr_static(
            cls, name
        )  # what the class would use: an override hides the operation
        if isinstance(member, operation):
            setattr(cls, name, make(member.conversation))


class Blocking:
    """The face whose methods return results. Also a context manager that closes what the library opened."""

    _runtime: Any  # a BlockingRuntime; the mixins of operations see the Runtime that both are

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Inherited operations become plain methods."""
        super().__init_subclass__(**kwargs)
        _plain_methods(cls, _blocking)

    def close(self) -> None:
        """Close the connections that this object opened. A client that was passed in stays open."""
        self._runtime.close()

    def __enter__(self) -> Self:
        """The object itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


class Awaiting:
    """The face whose methods are awaited. Also an async context manager that closes what the library opened."""

    _runtime: Any  # an AsyncRuntime; the mixins of operations see the Runtime that both are

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Inherited operations become coroutine methods."""
        super().__init_subclass__(**kwargs)
        _plain_methods(cls, _awaiting)

    async def aclose(self) -> None:
        """Close the connections that this object opened. A client that was passed in stays open."""
        await self._runtime.aclose()

    async def __aenter__(self) -> Self:
        """The object itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.aclose()


def checked_seconds(value: float, argument: str) -> float:
    """A number of seconds above zero.

    Raises:
        UsageError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise UsageError(
            f"{argument}: {value!r} is not a number of seconds: expected one above 0, such as 10.0"
        )
    return float(value)
