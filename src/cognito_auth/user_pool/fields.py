"""Reading an answer without trusting it: each member comes out with the type that is asked for, or as an error.

The errors name the member and what was found in its place, never a value: answers hold tokens.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from cognito_auth.errors import UnexpectedReply
from cognito_auth.tokens import aware

T = TypeVar("T")


class Fields:
    """The members of a JSON object.

    Args:
        content: The object.
        refuse: Makes the error for what is wrong.
        where: Where the object stands in the answer, as a prefix of member names.
    """

    def __init__(
        self, content: Mapping[str, Any], refuse: Callable[[str], UnexpectedReply], where: str = ""
    ) -> None:
        self._content = content
        self._refuse = refuse
        self._where = where

    def __repr__(self) -> str:
        return f"<Fields {sorted(self._content)}>"

    def __iter__(self) -> Iterator[str]:
        """The names of the members that are there."""
        return (name for name, value in self._content.items() if value is not None)

    def refused(self, why: str) -> UnexpectedReply:
        """The error for an answer that cannot be right."""
        return self._refuse(why)

    def text(self, name: str) -> str:
        """A text that must be there."""
        return self._there(name, self.optional_text(name))

    def optional_text(self, name: str) -> str | None:
        """A text, or ``None`` where the member is missing."""
        return self._typed(name, str, "a text")

    def flag(self, name: str) -> bool:
        """True or false; false where the member is missing."""
        return self._typed(name, bool, "true or false") or False

    def number(self, name: str) -> int | float | None:
        """A number, or ``None`` where the member is missing."""
        if isinstance(self._content.get(name), bool):
            raise self._wrong(name, "a number")
        return self._typed(name, (int, float), "a number")

    def moment(self, name: str, *, after: float = 0.0) -> datetime.datetime | None:
        """A moment from seconds since the epoch (or another time), or ``None`` where the member is missing."""
        seconds = self.number(name)
        if seconds is None:
            return None
        try:
            return aware(after + seconds)
        except (OverflowError, ValueError, OSError):
            raise self._wrong(name, "a moment between the years 1 and 9999") from None

    def child(self, name: str) -> Fields | None:
        """An object, or ``None`` where the member is missing."""
        found = self._typed(name, dict, "an object")
        return None if found is None else self._inside(found, name)

    def children(self, name: str) -> tuple[Fields, ...]:
        """A list of objects, empty where the member is missing."""
        members = self._members(name, dict, "an object")
        return tuple(self._inside(each, f"{name}[{index}]") for index, each in enumerate(members))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty where the member is missing."""
        return tuple(self._members(name, str, "a text"))

    def text_map(self, name: str) -> dict[str, str]:
        """An object whose members are texts, empty where it is missing; null members are left out."""
        inside = self.child(name)
        if inside is None:
            return {}
        return {key: inside.text(key) for key in inside}

    def document(self, name: str) -> dict[str, Any]:
        """A JSON object that must be there, as it is."""
        return self._there(name, self._typed(name, dict, "an object"))

    def _members(self, name: str, kind: type[T], expected: str) -> list[T]:
        members = self._typed(name, list, "a list") or []
        for index, each in enumerate(members):
            if not isinstance(each, kind):
                raise self._wrong(f"{name}[{index}]", expected, each)
        return members

    def _inside(self, content: Mapping[str, Any], name: str) -> Fields:
        return Fields(content, self._refuse, f"{self._where}{name}.")

    def _there(self, name: str, value: T | None) -> T:
        if value is None:
            raise self._refuse(f"the answer lacks {self._where}{name}")
        return value

    def _typed(self, name: str, kind: type[T] | tuple[type[T], ...], expected: str) -> T | None:
        value = self._content.get(name)
        if value is None or isinstance(value, kind):
            return value
        raise self._wrong(name, expected)

    def _wrong(self, name: str, expected: str, value: object = None) -> UnexpectedReply:
        found = type(self._content.get(name) if value is None else value).__name__
        return self._refuse(f"{self._where}{name} is not {expected} (found: {found})")
