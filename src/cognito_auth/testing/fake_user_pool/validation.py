"""Checks an operation's input against its shape, and refuses in Cognito's words.

Lists are checked item by item. What the shape does not know is ignored, as AWS's JSON services do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool.schema import INPUTS, SCALARS, STRUCTURES
from cognito_auth.testing.fake_user_pool.shapes import Number
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator


def members(notation: str) -> Iterator[tuple[str, str, bool]]:
    """The name, the type and whether it is required, of each member of a shape."""
    for member in notation.split():
        name, _, kind = member.partition(":")
        yield name.rstrip("!"), kind, name.endswith("!")


def check(operation: str, given: dict[str, Any]) -> None:
    """Check an operation's whole input.

    Raises:
        RefusalError: `InvalidParameter` with every problem, or `Serialization` where a type is wrong.
    """
    problems = list(_structure(INPUTS[operation], given, ""))
    if problems:
        many = "error" if len(problems) == 1 else "errors"
        raise RefusalError(
            "InvalidParameter", f"{len(problems)} validation {many} detected: {'; '.join(problems)}"
        )


def _structure(notation: str, given: Any, path: str) -> Iterator[str]:
    _expect(given, dict, path)
    for name, kind, needed in members(notation):
        where = f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")
        value = given.get(name)
        if value is not None:
            yield from _value(kind, value, where)
        elif needed:
            yield f"Value at '{where}' failed to satisfy constraint: Member must not be null"


def _value(kind: str, value: Any, where: str) -> Iterator[str]:
    if kind.startswith("["):
        _expect(value, list, where)
        for number, each in enumerate(value, 1):
            yield from _value(kind[1:-1], each, f"{where}.{number}.member")
    elif kind.startswith("{"):
        _expect(value, dict, where)
        for name, each in value.items():
            yield from _value(kind[1:-1], each, f"{where}.{name}.member")
    elif kind == "Boolean":
        _expect(value, bool, where)
    elif kind in STRUCTURES:
        yield from _structure(STRUCTURES[kind], value, where)
    elif kind in SCALARS:
        scalar = SCALARS[kind]
        _expect(value, int if isinstance(scalar, Number) else str, where)
        problem = scalar.problem(value)
        if problem is not None:
            yield f"Value at '{where}' failed to satisfy constraint: {problem}"


def _expect(value: Any, kind: type, where: str) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise RefusalError("Serialization", f"Unexpected value type in payload at '{where}'")
